"""Every seal that a change carries, and what binds it. Rule: found here once, for opening and rotating."""

from collections.abc import Iterable, Iterator

from schemas.base import Data
from schemas.ids import RecordId, Regency
from schemas.sealed import Note, Role
from sync.change import Content, SealedAccess, SealedAdvance, SealedDecide, SealedNote, SealedSubmit
from sync.sealed_case import info_of

MOST_VERSIONS = 50
"""A decision does not say which version it judged: so many are tried where nothing tells."""


class Seal(Data, frozen=True, kw_only=True):
    """One seal: its place in the change, the reader's key that it names, and what it is bound to.

    `numbers` are the versions it may be about, the likeliest first.
    """

    place: int
    key: bytes
    data: bytes
    role: Role
    subject: RecordId
    numbers: tuple[int, ...] = (0,)

    def infos(self, regency: Regency, public_key: bytes) -> Iterator[tuple[int, bytes]]:
        """Give each number with the info that the seal has if it is about that."""
        for number in self.numbers:
            yield number, info_of(regency, self.role, self.subject, number, public_key)


def seals_of(content: Content, versions: Iterable[int] = range(1, MOST_VERSIONS + 1)) -> list[Seal]:
    """Return the seals of a change; `versions` are the numbers that those of its visit may have."""
    match content.body:
        case SealedSubmit() as body:
            sealed = Seal(
                place=0,
                key=body.key,
                data=body.opened,
                role="isi",
                subject=body.visit,
                numbers=(body.number,),
            )
            return [sealed]
        case SealedAdvance(kasus=kasus, note=note):
            return _seals([note], "langkah", kasus)
        case SealedAccess(kasus=kasus, note=note):
            return _seals([note], "tujuan", kasus)
        case SealedDecide(visit=visit, notes=notes):
            return _seals(notes, "alasan", visit, tuple(sorted(versions, reverse=True)))
        case SealedNote(record=record, name=name, notes=notes):
            return _seals(notes, role_of(name), record)
        case _:
            return []


def role_of(name: str) -> Role:
    """Return the role that a note's name begins with."""
    match name.partition(".")[0]:
        case "tugas":
            return "tugas"
        case "surat":
            return "surat"
        case _:
            return "catatan"


def _seals(notes: list[Note], role: Role, subject: RecordId, numbers: tuple[int, ...] = (0,)) -> list[Seal]:
    return [
        Seal(place=place, key=note.key, data=note.data, role=role, subject=subject, numbers=numbers)
        for place, note in enumerate(notes)
    ]
