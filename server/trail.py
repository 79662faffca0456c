"""What a change is in the audit trail: who, what kind, about what. Rule: from its bytes alone, no values.

The trail is an index that can be thrown away: `verify` makes each row again from the log and compares.
"""

from typing import Literal, assert_never, get_args

from schemas.base import Data
from schemas.ids import RecordId
from sync.applying import readable
from sync.change import (
    Accessed,
    Advance,
    Body,
    Decide,
    Destroyed,
    Enrolled,
    Gap,
    Patch,
    Resolve,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
    Submit,
)

TRAIL = RecordId("0" * 31 + "4")
"""What an export of the trail is a look at."""
OPEN_RECORDS = frozenset({"petugas", "referensi", "ruang", "aturan_masuk", "pengaturan", "target"})
"""Kinds of records that hold no case."""
CODED = ("kasus", "petugas")
"""Kinds of records that people call by a code."""

Kind = Literal[
    "kunjungan", "keputusan", "langkah", "data", "konflik", "dilihat", "petugas", "perangkat", "kantor",
    "musnah", "celah", "jejak", "lain",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
OPEN_KINDS: frozenset[Kind] = frozenset({"petugas", "perangkat", "kantor", "celah", "jejak"})
"""Kinds of acts that tell nothing of any case: these an admin may see."""


class Trace(Data, frozen=True, kw_only=True):
    """One change as the trail has it. `code` is what people call the first of `about`, mostly empty."""

    author: str
    kind: Kind
    about: tuple[RecordId, ...] = ()
    code: str = ""

    @property
    def open(self) -> bool:
        """Whether it tells nothing of any case."""
        return self.kind in OPEN_KINDS


GONE = Trace(author="", kind="lain")
"""What was destroyed before the trail came to it, or what nobody can read."""


def trace(raw: bytes | None) -> Trace:
    """Return what a content is in the trail."""
    content = readable(raw) if raw else None
    if content is None:
        return GONE
    kind, about = _told(content.body)
    code = ""
    if isinstance(content.body, Patch) and content.body.kind in CODED:
        code = str(content.body.new.get("kode") or "")[:40].upper()
    return Trace(author=content.author, kind=kind, about=tuple(dict.fromkeys(about)), code=code)


def _told(body: Body) -> tuple[Kind, tuple[RecordId, ...]]:
    match body:
        case Submit(visit=visit, subject=subject, tugas=tugas):
            return "kunjungan", tuple(each for each in (visit, subject, tugas) if each)
        case SealedSubmit(visit=visit, kasus=kasus, tugas=tugas):
            return "kunjungan", tuple(RecordId(each) for each in (visit, kasus, tugas) if each)
        case Decide(visit=visit) | SealedDecide(visit=visit):
            return "keputusan", (RecordId(visit),)
        case Advance(kasus=kasus) | SealedAdvance(kasus=kasus):
            return "langkah", (RecordId(kasus),)
        case Patch(record=record, kind="petugas"):
            return "petugas", (record,)
        case Patch(record=record, kind=kind):
            return ("kantor" if kind in OPEN_RECORDS else "data"), (record,)
        case SealedNote(record=record):
            return "data", (RecordId(record),)
        case Resolve(conflict=conflict):
            return "konflik", (conflict,)
        case Accessed(subject=subject):
            return ("jejak" if subject == TRAIL else "dilihat"), (subject,)
        case SealedAccess(kasus=kasus):
            return "dilihat", (RecordId(kasus),)
        case Enrolled(device=device, person=person):
            return "perangkat", (RecordId(device), RecordId(person))
        case Destroyed(records=records):
            return "musnah", tuple(records)
        case Gap():
            return "celah", ()
        case _:
            assert_never(body)
