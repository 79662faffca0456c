"""The people, homes, visits and edits of the simulation, made from numbers. Rule: same number, same thing."""

from hashlib import blake2b, sha256
from typing import Any, Literal, TypeVar

from schemas.ids import BlobId, RecordId
from sync.change import Body, Patch, SealedSubmit, Submit
from sync.merge import with_partners
from tests.simulation import story

WARGA_IN_DESA = 12
DEVICES_IN_DESA = 4
SERVICES = ("bpnt", "kis")
OFFICERS = 3
SHARED_PHOTOS = 5
"""Photos that several phones take alike, such as an empty page."""
REVIEWED = 40
"""Officers look at the newest so many of visits, conflicts, tugas and cases."""
FILES = 3
"""Of a phone's hand-over files, and of the answers to them, the newest so many are still at hand."""
FORM = "bpnt_kpm"
T = TypeVar("T")
ANSWERS: dict[str, Any] = {"penyalur": "bni", "kks_ada": True, "jumlah": 3, "catatan": "ada di rumah"}
STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "dicatat": ("tangani", {}),
    "ditangani_pendamping": ("ajukan", {"tindakan_pendamping": "didampingi ke bank"}),
    "menunggu_dinas": ("kembalikan", {"alasan": "bukti kurang"}),
}
"""The step that is next from each state of the case's workflow: it goes round and round."""


def officer(number: int) -> str:
    """Return an officer's id."""
    return f"{number + 1:016x}{'f' * 16}"


def warga(number: int) -> RecordId:
    """Return the id of a warga who was there from the beginning."""
    return RecordId(f"a{number + 1:031x}")


def id_of(kind: str, n: int) -> RecordId:
    """Return the id of what an event makes."""
    return RecordId(blake2b(f"{kind}/{n}".encode(), digest_size=16).hexdigest())


def recent(things: list[T], pick: int) -> T:
    """Return one of the last few."""
    return things[-1 - pick % min(len(things), FILES)]


def newest(names: list[RecordId], pick: int) -> RecordId:
    """Return one of the newest."""
    return names[-1 - pick % min(len(names), REVIEWED)]


def photos_of(event: story.Visit) -> list[tuple[BlobId, bytes]]:
    """Return a visit's photos; now and then one that looks like another phone's."""
    photos: list[tuple[BlobId, bytes]] = []
    for number in range(event.photos):
        about = f"{event.n}/{number}"
        if number == 0 and event.pick % 7 == 0:
            about = f"shared/{event.pick % SHARED_PHOTOS}"
        data = blake2b(about.encode()).digest() * (1 + (event.pick + number) % 3)
        photos.append((BlobId(sha256(data).hexdigest()), data))
    return photos


def blobs_in(body: Body | None) -> list[BlobId]:
    """Return the blobs that a change names: photos, or the container of a sealed visit."""
    match body:
        case Submit(evidence=evidence):
            return [item.blob for item in evidence]
        case SealedSubmit(blob=blob):
            return [blob]
        case _:
            return []


def edit_of(record: RecordId, seen: dict[str, Any], field: str, value: str) -> Patch:
    """Return an edit by someone who sees `seen`, as field_app/finalise.py makes it."""
    new: dict[str, Any] = {field: value}
    if field == "layanan":
        now = set(seen.get("layanan") or ())
        new[field] = sorted(now ^ {SERVICES[ord(value) % 2]}) or [SERVICES[0]]
    base = {name: seen[name] for name in sorted(with_partners("warga", new)) if name in seen}
    return Patch(record=record, kind="warga", base=base, new=new)


def chosen(name: str, case: dict[str, Any], choice: Literal["mine", "theirs", "third"]) -> Any:
    """Return what an officer sets for one field of a conflict."""
    if choice == "third" and name not in ("layanan", "kode_desa", "state", "digabung_ke", "dihapus"):
        return "ketiga"
    return case["theirs" if choice == "theirs" else "mine"]
