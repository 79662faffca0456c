"""Chains: every hash, counter and signature. Rule: keys come from the office's own chain, not from rows."""

from collections.abc import Container, Iterator, Mapping, Sequence
from hashlib import sha256

from schemas.base import UNREADABLE, Data
from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash
from server.engine import Reader, SqlRow, batches
from server.office import verifier
from server.verifying.findings import Notes, Progress
from server.verifying.turning import Turning
from sync.chain import Tip, head_message, read_link
from sync.change import Destroyed, Enrolled, Gap, read

BATCH = 2_000
GAP_MARK = b"gap"
OFFICE_MARKS = (b"enrolled", b"destroyed")
"""Tags of bodies stand in their bytes as they are: a content without one need not be read for it."""


class OfficeWord(Data, frozen=True, kw_only=True):
    """What the office's own chain says: the key of each device that joined, and what was destroyed.

    Of each change that was destroyed, what was kept of it.
    """

    keys: dict[DeviceId, bytes]
    destroyed: dict[ChangeId, bytes]


def check_chains(
    reader: Reader,
    office: DeviceId,
    office_keys: Sequence[bytes],
    findings: Notes,
    progress: Progress,
) -> None:
    """Check all links, contents, tips and signatures. `office_keys` come from the key file, oldest first."""
    [(links,)] = reader.query("SELECT count(*) FROM links WHERE kabupaten = :kabupaten")
    [(signed,)] = reader.query("SELECT count(*) FROM signatures WHERE kabupaten = :kabupaten")
    progress.step("rantai", links + signed)
    word = office_word(reader, office)
    destroyed = word.destroyed
    keys = {**word.keys, office: office_keys[-1]}
    _check_devices(reader, keys, findings)
    devices = [
        DeviceId(name)
        for (name,) in reader.query("SELECT DISTINCT device FROM links WHERE kabupaten = :kabupaten")
    ]
    for device in devices:
        turning = Turning(office, office_keys) if device == office else None
        leaves = _check_links(reader, device, destroyed, turning, findings, progress)
        if turning is not None:
            leaves |= turning.check(reader, findings)
        _check_signatures(reader, device, keys.get(device), turning, leaves, findings, progress)
        findings.counts["rantai"] += 1
    orphans = reader.query(
        "SELECT id FROM changes WHERE kabupaten = :kabupaten"
        # no index leads from a change to its links, so that they are gathered once
        " AND id NOT IN (SELECT change FROM links WHERE kabupaten = :kabupaten)"
    )
    for (change,) in orphans:
        if change not in destroyed:
            findings.fault("hasil_tanpa_tautan", catatan=change.hex())


def office_word(reader: Reader, office: DeviceId) -> OfficeWord:
    """Read what the office's chain says of devices and of what was destroyed."""
    keys: dict[DeviceId, bytes] = {}
    destroyed: dict[ChangeId, bytes] = {}
    for raw in _office_contents(reader, office):
        if raw is None or not any(mark in raw for mark in OFFICE_MARKS):
            continue
        try:
            body = read(raw).body
        except UNREADABLE:
            continue
        if isinstance(body, Enrolled):
            keys[body.device] = body.public_key
        elif isinstance(body, Destroyed):
            destroyed |= body.changes
    return OfficeWord(keys=keys, destroyed=destroyed)


def _office_contents(reader: Reader, office: DeviceId) -> Iterator[bytes | None]:
    """Give the contents that the office's chain names, in the order of their seqs."""
    for found in batches(
        reader,
        "SELECT c.raw, c.seq FROM changes c JOIN links l ON l.kabupaten = c.kabupaten"
        " AND l.device = :office AND l.counter = c.counter AND l.change = c.id"
        " WHERE c.kabupaten = :kabupaten AND c.device = :office AND c.seq > :seq"
        " ORDER BY c.seq LIMIT :limit",
        BATCH,
        {"seq": (1, 0)},
        {"office": office},
    ):
        yield from (raw for raw, _ in found)


def _check_devices(reader: Reader, keys: Mapping[DeviceId, bytes], findings: Notes) -> None:
    found = reader.query("SELECT device, public_key FROM devices WHERE kabupaten = :kabupaten")
    for device, key in found:
        if keys.get(device) != key:
            findings.fault("perangkat_tidak_terdaftar", perangkat=device)


def _check_links(
    reader: Reader,
    device: DeviceId,
    destroyed: Container[ChangeId],
    turning: Turning | None,
    findings: Notes,
    progress: Progress,
) -> set[LinkHash]:
    """Check one chain; return its leaves, which must be signed. Holes must be declared in it."""
    torn: list[int] = []
    empty: list[tuple[int, ChangeId]] = []
    holes: list[Gap] = []
    seen: dict[LinkHash, tuple[int, bool]] = {}
    followed: set[LinkHash] = set()
    followed_known: set[LinkHash] = set()
    for row in _links(reader, device):
        name, counter, prev, change, known, _, content, has_outcome = row
        progress.advance()
        findings.counts["tautan"] += 1
        if not _is_itself(row, device):
            findings.fault("tautan_berubah", nomor=counter, perangkat=device)
            continue
        before = (0, True) if prev == NO_LINK else seen.get(prev)
        # what is not known has no place in the chain yet, and may never fit: it is kept as it came
        if known and before != (counter - 1, True):
            torn.append(counter)
        seen[name] = (counter, bool(known))
        if turning is not None:
            turning.link(Tip(counter=counter, hash=name), prev, content or b"", findings)
        followed.add(prev)
        if known:
            followed_known.add(prev)
        if content is None:
            empty.append((counter, change))
        elif sha256(content).digest() != change:
            findings.fault("isi_berubah", catatan=change.hex())
        else:
            holes += _holes(content)
        if not has_outcome:
            findings.fault("hasil_hilang", catatan=change.hex())
    for counter in torn:
        if not any(hole.first <= counter - 1 <= hole.last for hole in holes):
            findings.fault("tautan_terputus", nomor=counter, perangkat=device)
    for counter, change in empty:
        if change not in destroyed and not any(hole.first <= counter <= hole.last for hole in holes):
            findings.fault("isi_hilang", catatan=change.hex())
    tips = {(n, c) for n, (c, known) in seen.items() if known and n not in followed_known}
    stored = reader.query(
        "SELECT hash, counter FROM tips WHERE kabupaten = :kabupaten AND device = :device",
        {"device": device},
    )
    if set(stored) != tips:
        findings.fault("ujung_salah", perangkat=device)
    return {name for name in seen if name not in followed}


def _holes(content: bytes) -> list[Gap]:
    if GAP_MARK not in content:
        return []
    try:
        body = read(content).body
    except UNREADABLE:
        return []
    return [body] if isinstance(body, Gap) else []


def _is_itself(row: SqlRow, device: DeviceId) -> bool:
    name, counter, prev, change, _, raw, _, _ = row
    if sha256(raw).digest() != name:
        return False
    try:
        link = read_link(raw)
    except UNREADABLE:
        return False
    return (link.device, link.counter, link.prev, link.change) == (device, counter, prev, change)


def _check_signatures(
    reader: Reader,
    device: DeviceId,
    key: bytes | None,
    turning: Turning | None,
    leaves: set[LinkHash],
    findings: Notes,
    progress: Progress,
) -> None:
    if key is None:
        findings.fault("perangkat_tidak_terdaftar", perangkat=device)
        return
    verify = verifier(key)
    signed: set[LinkHash] = set()
    found = reader.query(
        "SELECT head, signature FROM signatures WHERE kabupaten = :kabupaten AND device = :device",
        {"device": device},
    )
    for head, signature in found:
        progress.advance()
        findings.counts["tanda_tangan"] += 1
        if turning is not None and (number := turning.signed_by(head, signature)) is not None:
            valid = turning.valid_at(head)
            if valid is None or valid == number:  # where no link is that is itself, that is what was told
                signed.add(head)
            elif number < valid:
                findings.fault("kunci_berakhir", nomor=number + 1)
            else:
                findings.fault("tanda_tangan_salah", perangkat=device)
        elif verify(signature, head_message(head)):
            signed.add(head)
        else:
            findings.fault("tanda_tangan_salah", perangkat=device)
    if not leaves <= signed:
        findings.fault("tanpa_tanda_tangan", perangkat=device)


def _links(reader: Reader, device: DeviceId) -> Iterator[SqlRow]:
    """Give a chain by counter: hash, counter, prev, change, known, raw, content, if it has an outcome."""
    for found in batches(
        reader,
        "SELECT l.hash, l.counter, l.prev, l.change, l.known, l.raw, c.raw, c.id IS NOT NULL"
        " FROM links l LEFT JOIN changes c ON c.kabupaten = l.kabupaten AND c.id = l.change"
        " WHERE l.kabupaten = :kabupaten AND l.device = :device"
        " AND l.counter >= :counter AND (l.counter > :counter OR l.hash > :name)"
        " ORDER BY l.counter, l.hash LIMIT :limit",
        BATCH,
        {"counter": (1, 0), "name": (0, b"")},
        {"device": device},
    ):
        yield from found
