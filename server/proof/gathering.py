"""Gather a custody report in one snapshot. Rule: what is told is read from chains, not from lists."""

from base64 import b64encode
from collections.abc import Container, Iterable, Mapping

from schemas.base import UNREADABLE, Data
from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash, RecordId
from server import act_store, alarm_store, backup_store, page_store
from server.engine import Reader, SqlRow
from server.proof.report import (
    Act,
    Chain,
    Contradiction,
    CopyOf,
    DeviceOf,
    OfficeOf,
    PhotoOf,
    Report,
    Witness,
)
from server.store import SqlOfficeStore
from sync.chain import Link, read_link
from sync.change import (
    Accessed,
    Content,
    Decide,
    Enrolled,
    SealedDecide,
    SealedSubmit,
    Submit,
    read,
)
from sync.neutral import is_sealed

FOREVER_MS = 2**62
LAST_COUNTER = 2**62
MOST_WITNESSES = 5
FORMAT = 2


class Asked(Data, frozen=True, kw_only=True):
    """Which report: of what visit, with contents or their hashes only, by which office, when (UTC ms)."""

    visit: RecordId
    with_contents: bool
    office: OfficeOf
    now_ms: int


class _Path(Data, frozen=True, kw_only=True):
    """A chain's links from one place to a signed head, with what each says."""

    chain: Chain
    links: tuple[Link, ...]
    counters: dict[LinkHash, int]


class _Found(Data, frozen=True, kw_only=True):
    """A change that belongs in the report. `link` is its place's name, None for the office's own."""

    kind: str
    change: ChangeId
    device: DeviceId
    counter: int
    received_ms: int
    raw: bytes
    content: Content
    link: LinkHash | None = None


def gather(tx: Reader, asked: Asked) -> Report | None:
    """Return the report of a visit, None where there is no such visit."""
    store = SqlOfficeStore.reading(tx)
    record = store.records([asked.visit]).get(asked.visit)
    if record is None or record.kind != "kunjungan":
        return None
    office = DeviceId(asked.office.device)
    versions = _versions(tx, store, [ChangeId(bytes.fromhex(v["change"])) for v in record.fields["versions"]])
    deeds, joined, walls = _office_deeds(tx, office, asked.visit)
    after = max((found.counter for found in deeds), default=1)
    paths = _paths(tx, versions, joined, _witness_places(tx, office, after))
    branches = _branches(tx, [found for found in versions if found.device in joined], paths)
    ways = [*branches, *paths.values()]
    enrolments = [joined[device] for device in sorted(paths)]
    chain = _office_chain(tx, store, office, [*enrolments, *deeds], ways)
    sealed = is_sealed(record)
    with_contents = asked.with_contents and not sealed
    found = [*enrolments, *versions, *deeds]
    people = {str(one.content.author) for one in found} | {_joined(one).person for one in enrolments}
    return Report(
        format=FORMAT,
        office=asked.office,
        visit=asked.visit,
        state=str(record.fields.get("state") or ""),
        contents="tersegel" if sealed else "isi" if with_contents else "sidik",
        made_ms=asked.now_ms,
        people=_names(store, people),
        acts=tuple(_act(one, ways, chain, walls, asked.visit, with_contents) for one in found),
        devices=tuple(
            DeviceOf(device=body.device, person=body.person, key=body.public_key.hex())
            for body in (_joined(one) for one in enrolments)
        ),
        chains=tuple(path.chain for path in (*ways, chain)),
        witnesses=_witnesses(paths, chain, after),
        contradictions=tuple(
            Contradiction(device=one.device, head=one.head.hex(), noticed_ms=one.at_ms)
            for one in alarm_store.unknown_heads(tx)
            if one.device in paths
        ),
        backups=_backups(tx, max((found.received_ms for found in versions), default=0)),
    )


def _paths(
    tx: Reader, versions: list[_Found], joined: Container[DeviceId], witnessed: Mapping[DeviceId, int]
) -> dict[DeviceId, _Path]:
    """Return the ways of the phones that wrote versions or bear witness, those that joined this office.

    Each goes from its first version, or else from where it bears witness, to a signed head beyond both.
    """
    paths: dict[DeviceId, _Path] = {}
    for device in sorted({found.device for found in versions} | witnessed.keys()):
        written = [found.counter for found in versions if found.device == device]
        first = min(written) if written else witnessed[device]
        path = _path(tx, device, first, max(first, witnessed.get(device, 0)))
        if path is not None and device in joined:
            paths[device] = path
    return paths


def _office_chain(
    tx: Reader, store: SqlOfficeStore, office: DeviceId, own: list[_Found], ways: list[_Path]
) -> _Path:
    """Return the office's chain from the first of its `own` changes in the report, or the first head that a
    phone on these ways was shown, to its newest signed head.
    """
    seen = {link.seen for way in ways for link in way.links if link.seen != NO_LINK}
    shown = [place for head in seen if (place := store.counter_of(office, head)) is not None]
    chain = _path(tx, office, min([*(found.counter for found in own), *shown], default=1), None)
    if chain is None:
        raise RuntimeError("the office's own chain has no signed head")
    return chain


def _versions(tx: Reader, store: SqlOfficeStore, changes: list[ChangeId]) -> list[_Found]:
    raws, arrived = store.contents(changes), store.changes(changes)
    found: list[_Found] = []
    for change in changes:
        if change not in raws or change not in arrived:
            continue
        device, raw = arrived[change].device, raws[change]
        link = page_store.link_of(tx, device, change)
        if link is None:
            continue
        found.append(
            _Found(
                kind="versi",
                change=change,
                device=device,
                counter=int(link[1]),
                received_ms=arrived[change].received_ms,
                raw=raw,
                content=read(raw),
                link=LinkHash(link[0]),
            )
        )
    return found


def _office_deeds(
    tx: Reader, office: DeviceId, visit: RecordId
) -> tuple[list[_Found], dict[DeviceId, _Found], dict[int, int]]:
    """Read the office's chain once: what it did to this visit, who joined, and its clock at each place."""
    deeds: list[_Found] = []
    joined: dict[DeviceId, _Found] = {}
    walls: dict[int, int] = {}
    for name, _, counter, received_ms, raw in act_store.acts(tx, office, 0, FOREVER_MS):
        try:
            if raw is None:
                continue
            content = read(raw)
        except UNREADABLE:
            continue
        walls[int(counter)] = content.clock.wall_ms
        body = content.body
        kind = ""
        if isinstance(body, Enrolled):
            kind = "pendaftaran"
        elif isinstance(body, Decide | SealedDecide) and body.visit == visit:
            kind = "keputusan"
        elif isinstance(body, Accessed) and body.subject == visit:
            kind = "dilihat"
        if not kind:
            continue
        one = _Found(
            kind=kind,
            change=ChangeId(name),
            device=office,
            counter=int(counter),
            received_ms=int(received_ms),
            raw=raw,
            content=content,
        )
        if isinstance(body, Enrolled):
            joined[body.device] = one
        else:
            deeds.append(one)
    return deeds, joined, walls


def _witness_places(tx: Reader, office: DeviceId, after: int) -> dict[DeviceId, int]:
    """Return phones whose newest link names an office head at `after` or later, with that link's place."""
    store, found = SqlOfficeStore.reading(tx), dict[DeviceId, int]()
    for device, counters in sorted(alarm_store.tips(tx).items()):
        if device == office or len(found) == MOST_WITNESSES:
            continue
        newest = max(counters)
        for _, raw in page_store.links_between(tx, device, newest, newest):
            place = store.counter_of(office, read_link(raw).seen)
            if place is not None and place >= after:
                found[device] = newest
    return found


def _path(tx: Reader, device: DeviceId, first: int, last: int | None) -> _Path | None:
    """Return the links from `first` to the first signed head at `last` or later (None: the newest)."""
    if last is None:
        last = max(alarm_store.tips(tx).get(device, [0]))
    signed = page_store.next_signature(tx, device, last)
    if signed is None:
        return None
    return _way(device, dict(page_store.links_between(tx, device, first, int(signed[2]))), signed)


def _branches(tx: Reader, versions: list[_Found], paths: dict[DeviceId, _Path]) -> list[_Path]:
    """Return the ways through versions that the paths lack: a phone put back from a copy goes on as a branch
    beside what it had sent.
    """
    found: list[_Path] = []
    for one in versions:
        if one.link is None or any(one.link in path.counters for path in (*found, *paths.values())):
            continue
        links = dict(page_store.links_between(tx, one.device, one.counter, LAST_COUNTER))
        after = {one.link}
        for name, raw in links.items():  # by counter: what a link follows came before it
            if read_link(raw).prev in after:
                after.add(name)
        signed = next(
            (row for row in page_store.signatures_from(tx, one.device, one.counter) if row[0] in after), None
        )
        if signed is not None:
            found.append(_way(one.device, links, signed))
    return found


def _way(device: DeviceId, links: dict[LinkHash, bytes], signed: SqlRow) -> _Path:
    """Return the links that lead to a signed head, as far back as they are among these."""
    head, signature = LinkHash(signed[0]), bytes(signed[1])
    way: list[tuple[LinkHash, bytes, Link]] = []
    at = head
    while at in links:
        link = read_link(links[at])
        way.append((at, links[at], link))
        at = link.prev
    way.reverse()
    return _Path(
        chain=Chain(
            device=device,
            links=tuple(_base64(raw) for _, raw, _ in way),
            head=head.hex(),
            signature=signature.hex(),
        ),
        links=tuple(link for _, _, link in way),
        counters={name: link.counter for name, _, link in way},
    )


def _act(
    one: _Found,
    ways: list[_Path],
    office: _Path,
    walls: dict[int, int],
    visit: RecordId,
    with_contents: bool,
) -> Act:
    body = one.content.body
    mine = (link for path in ways if path.chain.device == one.device for link in path.links)
    own = next((link for link in mine if (link.counter, link.change) == (one.counter, one.change)), None)
    before = walls.get(office.counters.get(own.seen, 0), 0) if own is not None else 0
    shown = with_contents or isinstance(body, Enrolled)
    return Act(
        kind=one.kind,
        change=one.change.hex(),
        device=one.device,
        counter=one.counter,
        about=body.device if isinstance(body, Enrolled) else visit,
        by=one.content.author,
        not_before_ms=before,
        not_after_ms=one.received_ms,
        content=_base64(one.raw) if shown else "",
        photos=_photos(one.content),
    )


def _photos(content: Content) -> tuple[PhotoOf, ...]:
    match content.body:
        case Submit(evidence=evidence):
            return tuple(
                PhotoOf(
                    sha256=item.blob,
                    size_bytes=item.size_bytes,
                    media_type=item.media_type,
                    field=f"{item.form}.{item.field}",
                )
                for item in evidence
            )
        case SealedSubmit(blob=blob, size_bytes=size_bytes):
            sealed = PhotoOf(
                sha256=blob, size_bytes=size_bytes, media_type="application/octet-stream", field="tersegel"
            )
            return (sealed,)
        case _:
            return ()


def _witnesses(paths: dict[DeviceId, _Path], chain: _Path, after: int) -> tuple[Witness, ...]:
    found: list[Witness] = []
    for device, path in paths.items():
        known = [link for link in path.links if chain.counters.get(link.seen, 0) >= after]
        if known:
            link = known[-1]
            found.append(
                Witness(
                    device=device,
                    counter=link.counter,
                    seen=link.seen.hex(),
                    office_counter=chain.counters[link.seen],
                )
            )
    return tuple(found)


def _backups(tx: Reader, after_ms: int) -> tuple[CopyOf, ...]:
    return tuple(
        CopyOf(medium=copy.medium, number=copy.number, begun_ms=copy.begun_ms, verified_ms=copy.verified_ms)
        for copy in backup_store.all_copies(tx)
        if copy.begun_ms >= after_ms > 0 and not copy.problem
    )


def _joined(one: _Found) -> Enrolled:
    if not isinstance(one.content.body, Enrolled):
        raise TypeError("no enrolment")
    return one.content.body


def _names(store: SqlOfficeStore, people: Iterable[str]) -> dict[str, str]:
    found = store.records([RecordId(name) for name in people])
    return {name: str(record.fields.get("nama") or "") for name, record in found.items()}


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
