"""All that is known of a visit, read in one snapshot. Rule: nothing is judged or worded here."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace

from schemas.base import Data
from schemas.boundary import is_on_earth
from schemas.ids import BlobId, ChangeId, DeviceId, PersonId, RecordId
from server import device_store, page_store, sign_store
from server.engine import Reader
from server.services.differing import differing, replaced
from server.services.nik_regions import nik_prefixes
from server.services.people import left_of
from server.settings import Limits, settings
from server.store import SqlOfficeStore
from sync.chain import head_message, link_hash, read_link
from sync.change import Content, Decide, Evidence, Place, Submit, read
from sync.losses import is_destroyed
from sync.store import Record
from sync.versions import APPROVED, counted_versions

STATES = ("diterima", "ditahan", "dikembalikan", APPROVED, "ditolak")
"""How a visit may stand, in the order in which pages and letters show it."""
MOST_LINKS_TO_A_HEAD = 1_000


class Version(Data, frozen=True, kw_only=True):
    """One version of a visit as it was sent. `intact`: its bytes still have the hash that names them.

    `submit` is what it says, without places that are none; `content` has them as they were sent.
    """

    change: ChangeId
    device: DeviceId
    received_ms: int
    content: Content
    submit: Submit
    intact: bool
    held: frozenset[BlobId]

    @property
    def photos(self) -> list[Evidence]:
        """The evidence, in the order in which it was named."""
        return self.submit.evidence


class PastDecision(Data, frozen=True, kw_only=True):
    """A decision that the visit met."""

    at_ms: int
    by: PersonId
    decide: Decide


class Proof(Data, frozen=True, kw_only=True):
    """What the chain says of a version: its counter, whether unbroken, and whether a signature covers it."""

    counter: int
    known: bool
    signed: bool


class Visit(Data, frozen=True, kw_only=True):
    """A visit with its versions (oldest first), its subject, and the names that occur in it.

    `kecamatan_nik` holds beginnings of NIKs that this office knows besides those of its own regions.
    `visited_twice`: another visit to the target stands in the same quarter; `reused` and `alike`: photos that
    came before, or look like one that did, in a visit to somebody else. `limits`: by what its newest version
    is judged. `differs`: what the record said where the newest version says otherwise, by field. `left`: the
    name of whoever made that version, where they work here no more.
    """

    record: Record
    versions: tuple[Version, ...]
    subject: Record | None
    names: dict[str, str]
    decisions: tuple[PastDecision, ...]
    proof: Proof | None
    limits: Limits
    kecamatan_nik: frozenset[str] = frozenset()
    visited_twice: bool = False
    reused: frozenset[BlobId] = frozenset()
    alike: frozenset[BlobId] = frozenset()
    differs: dict[str, Any] = {}
    left: str = ""

    @property
    def newest(self) -> Version:
        """The version that is to be decided."""
        return self.versions[-1]

    @property
    def counted(self) -> Version:
        """The version by which letters go, as lists and figures do: what came after an approval is nobody's
        word yet.
        """
        change = counted_change(self.record)
        return next((version for version in self.versions if version.change == change), self.newest)

    @property
    def authors(self) -> frozenset[PersonId]:
        """Everybody who wrote a version."""
        return frozenset(version.content.author for version in self.versions)


def load_visit(tx: Reader, visit: RecordId) -> Visit | None:
    """Read a visit with all that its page shows; None when there is no such visit, or not any more."""
    store = SqlOfficeStore.reading(tx)
    record = store.records([visit]).get(visit)
    if record is None or record.kind != "kunjungan" or is_destroyed(record):
        return None
    versions = load_versions(tx, [ChangeId(bytes.fromhex(v["change"])) for v in record.fields["versions"]])
    if not versions:
        return None
    past = _decisions(store, _met(tx, record))
    subject = _subject(store, record)
    people = {PersonId(record.fields["petugas"]), *(decision.by for decision in past)}
    people |= {version.content.author for version in versions}
    if record.fields.get("decided_by"):
        people.add(PersonId(record.fields["decided_by"]))
    named = people | _referred(versions)
    return Visit(
        record=record,
        versions=tuple(versions),
        subject=subject,
        names=names(store, named),
        decisions=tuple(past),
        proof=prove(tx, versions[-1]),
        limits=settings(tx).limits(versions[-1].received_ms),
        kecamatan_nik=nik_prefixes(tx),
        visited_twice=visit in sign_store.visited_twice(tx, [visit]),
        reused=frozenset(blob for _, blob in sign_store.reused_photos(tx, [visit])),
        alike=frozenset(blob for _, blob in sign_store.alike_photos(tx, [visit])),
        differs=differs_of(tx, versions, subject.id if subject else None),
        left=who_left(store, versions[-1].content.author),
    )


def who_left(store: SqlOfficeStore, author: str) -> str:
    """Return the name of somebody who works here no more; empty for anybody else."""
    record = store.records([RecordId(author)]).get(RecordId(author))
    gone = left_of(record) if record is not None else None
    return gone.nama if gone is not None else ""


def differs_of(tx: Reader, versions: Sequence[Version], subject: RecordId | None) -> dict[str, Any]:
    """Return what a record said, by field, where the last of these versions, oldest first, contradicts it."""
    before = replaced(tx, [(version.device, version.change) for version in versions], subject)
    return differing(versions[-1].submit, before)


def load_newest(tx: Reader, visits: Iterable[Record]) -> list[Version]:
    """Read the newest version that counts of each of these visits, of those that are there."""
    return load_versions(tx, [change for visit in visits if (change := counted_change(visit)) is not None])


def counted_change(visit: Record) -> ChangeId | None:
    """Return the change of a visit's newest version, of an approved one the newest that was there to be
    approved; None for a visit that has none.
    """
    versions = counted_versions(visit)
    return ChangeId(bytes.fromhex(versions[-1]["change"])) if versions and "change" in versions[-1] else None


def load_versions(tx: Reader, changes: Sequence[ChangeId]) -> list[Version]:
    """Read the versions of these changes that are there, in the order asked."""
    store = SqlOfficeStore.reading(tx)
    raws, arrived = store.contents(changes), store.changes(changes)
    held = page_store.held_blobs(tx, changes)
    found: list[Version] = []
    for change in changes:
        if change not in raws or change not in arrived:
            continue
        content = read(raws[change])
        if isinstance(content.body, Submit):
            found.append(
                Version(
                    change=change,
                    device=arrived[change].device,
                    received_ms=arrived[change].received_ms,
                    content=content,
                    submit=_placed(content.body),
                    intact=sha256(raws[change]).digest() == change,
                    held=frozenset(blob for of, blob in held if of == change),
                )
            )
    return found


def _placed(submit: Submit) -> Submit:
    """Leave out places that are nowhere on earth: nothing can be measured from them, and no page drawn."""
    if all(_is_place(one) for one in (submit.place, *(item.place for item in submit.evidence))):
        return submit
    evidence = [item if _is_place(item.place) else replace(item, place=None) for item in submit.evidence]
    return replace(submit, place=submit.place if _is_place(submit.place) else None, evidence=evidence)


def _is_place(place: Place | None) -> bool:
    return place is None or is_on_earth(place.lat, place.lng, place.accuracy_m)


def names(store: SqlOfficeStore, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of people, warga and e-warong by id."""
    found = store.records([RecordId(name) for name in ids])
    return {name: str(_name(record.fields)) for name, record in found.items() if _name(record.fields)}


def prove(tx: Reader, version: Version) -> Proof | None:
    """Follow a version's link to the next signed head and check that signature; None when it has no link."""
    link = page_store.link_of(tx, version.device, version.change)
    if link is None:
        return None
    own, counter, known = bytes(link[0]), int(link[1]), bool(link[2])
    signed = page_store.next_signature(tx, version.device, counter)
    device = device_store.device(tx, version.device)
    key = device.public_key if device else None
    good = False
    if signed is not None and key is not None and int(signed[2]) - counter <= MOST_LINKS_TO_A_HEAD:
        head = bytes(signed[0])
        run = page_store.links_between(tx, version.device, counter, int(signed[2]))
        good = _leads(own, head, dict(run)) and _signed(key, bytes(signed[1]), head)
    return Proof(counter=counter, known=known, signed=good)


def _leads(own: bytes, head: bytes, links: dict[Any, bytes]) -> bool:
    """Whether walking back from the head by `prev` meets this link, each one hashing to its name."""
    at = head
    while at in links:
        if link_hash(links[at]) != at:
            return False
        if at == own:
            return True
        at = read_link(links[at]).prev
    return False


def _signed(key: bytes, signature: bytes, head: Any) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, head_message(head))
    except (InvalidSignature, ValueError):
        return False
    return True


def _met(tx: Reader, record: Record) -> list[tuple[int, ChangeId]]:
    """When a visit was decided and by which changes; the newest is known from the visit itself."""
    met = page_store.decisions(tx, record.id)
    if record.fields.get("decided_by") and record.head is not None:
        is_known = any(change == record.head for _, change in met)
        return met if is_known else [*met, (int(record.fields["decided_ms"]), record.head)]
    return met


def _decisions(store: SqlOfficeStore, met: list[tuple[int, ChangeId]]) -> list[PastDecision]:
    raws = store.contents([change for _, change in met])
    found: list[PastDecision] = []
    for at_ms, change in met:
        content = read(raws[change]) if change in raws else None
        if content is not None and isinstance(content.body, Decide):
            found.append(PastDecision(at_ms=at_ms, by=content.author, decide=content.body))
    return found


def _subject(store: SqlOfficeStore, record: Record) -> Record | None:
    subject = record.fields.get("subjek")
    return store.records([RecordId(subject)]).get(RecordId(subject)) if subject else None


def _referred(versions: Iterable[Version]) -> set[PersonId]:
    """Ids that answers may refer to: any text of 32 hexadecimal digits."""
    found: set[PersonId] = set()
    for version in versions:
        for form in version.submit.forms.values():
            for value in form.answers.values():
                if isinstance(value, str) and len(value) == 32:
                    found.add(PersonId(value))
    return found


def _name(fields: dict[str, Any]) -> Any:
    return fields.get("nama") or fields.get("nama_ewarong")


def place_of(value: Any) -> tuple[float, float] | None:
    """Read a point of a record, `{"lat", "lng"}`; None when there is none."""
    try:
        lat, lng = float(value["lat"]), float(value["lng"])
    except (TypeError, KeyError, ValueError, OverflowError, msgspec.ValidationError):
        return None
    return (lat, lng) if is_on_earth(lat, lng) else None
