"""What becomes of one row of a list, and how many rows have which fate. Rule: nothing is read or written.

A row of whose person something else became since it was checked is not taken, is not counted as taken, and
says why.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from schemas.ids import RecordId
from server.access import within
from server.tables.columns import Kind
from server.tables.entries import Entry, Note, Value
from server.tables.job import Fate, Job, RowFate
from server.tables.judging import NO_RECORD, Known, News, news
from sync.losses import is_destroyed
from sync.store import Record

TAKEN: tuple[Fate, ...] = ("baru", "berubah")
DESTROYED, MERGED, REFUSED = "musnah", "digabung", "ditolak"
"""Why a row is not taken that was to be: what happened since it was checked."""


def news_of(
    job: Job,
    entry: Entry,
    about: RecordId,
    stand: Mapping[RecordId, Record],
    said: Mapping[RecordId, Mapping[str, Value]],
) -> News:
    """Return what a row about a record changes, in the one that it lives on in."""
    record = stand.get(about)
    merged = record is not None and record.id != about
    return news(entry, job.service, record, said.get(about, {}), merged=merged)


def compared(
    job: Job,
    entry: Entry,
    fate: RowFate,
    stand: Mapping[RecordId, Record],
    said: Mapping[RecordId, Mapping[str, Value]],
) -> RowFate:
    """Say of a row about somebody who is known whether they would change; not where they live elsewhere."""
    living = stand[fate.record]
    if why := outside(job, living.fields):
        return _problem(why)
    return replace(fate, fate=news_of(job, entry, fate.record, stand, said).fate, lives_in=living.id)


def outside(job: Job, fields: Mapping[str, Any]) -> tuple[Note, ...]:
    """Say that somebody lives where whoever takes the list in has no work; no more than that."""
    desa = fields.get("kode_desa")
    is_outside = bool(job.areas) and isinstance(desa, str) and not within(desa, job.areas)
    return (Note(code="luar_wilayah", field="desa"),) if is_outside else ()


def too_little(kind: Kind, entry: Entry) -> tuple[Note, ...]:
    """Say what is lacking to make somebody new of a row."""
    named = _named(kind)
    lack = [] if named in entry.fields else [Note(code="tanpa_nama", field=named)]
    if "kode_desa" not in entry.fields:
        lack.append(Note(code="tanpa_desa", field="desa"))
    return tuple(lack)


def judged_anew(known: Known, entry: Entry | None, fate: RowFate, row: int) -> RowFate:
    """Return the fate of a row, or another where who was to be made is there by now."""
    if fate.fate != "baru" or entry is None:
        return fate
    match = known.find(entry, row)
    if match.why:
        return _problem(match.why)
    if match.record in (NO_RECORD, fate.record):
        return fate
    return replace(fate, fate="berubah", record=match.record)


def as_it_stands(
    job: Job, entry: Entry | None, fate: RowFate, row: int, stand: Mapping[RecordId, Record]
) -> RowFate:
    """Return the fate of a row, or why it cannot be taken as it was checked.

    Its person is destroyed, was merged or told apart, or moved to where whoever takes it in has no work.
    """
    if fate.fate not in TAKEN:
        return fate
    living = stand.get(fate.record)
    if entry is None or is_destroyed(living):  # with a person what lists say of them is blanked
        return not_taken(job, DESTROYED, row)
    if living is None:
        return fate
    if fate.lives_in and fate.lives_in != living.id:
        return not_taken(job, MERGED, row)
    if why := outside(job, living.fields):
        return _problem(why)
    return fate


def not_taken(job: Job, code: str, row: int) -> RowFate:
    """Say that a row was not taken though it was to be; of whom it is about nothing stays but its number."""
    return _problem((Note(code=code, field=_named(job.kind), value=str(row)),))


def to_keep(fate: RowFate) -> bool:
    """Whether the cells of a row are kept to be mended: not those of somebody who was destroyed."""
    return fate.fate == "masalah" and all(note.code != DESTROYED for note in fate.notes)


def by_desa(
    before: Mapping[str, int], read: Sequence[Entry | None], fates: Sequence[RowFate]
) -> dict[str, int]:
    """Add those who were taken to how many there were of each desa."""
    found = dict(before)
    for entry, fate in zip(read, fates, strict=True):
        desa = entry.fields.get("kode_desa") if entry is not None and fate.fate != "masalah" else None
        if desa:
            found[str(desa)] = found.get(str(desa), 0) + 1
    return found


def recounted(counts: Mapping[str, int], before: Sequence[RowFate], now: Sequence[RowFate]) -> dict[str, int]:
    """Return the rows of each fate, where some of these have another by now."""
    found = dict(counts)
    for old, new in zip(before, now, strict=True):
        if old.fate != new.fate:
            found[old.fate] -= 1
            found[new.fate] = found.get(new.fate, 0) + 1
    return found


def _problem(why: tuple[Note, ...]) -> RowFate:
    return RowFate(fate="masalah", record=NO_RECORD, notes=why)


def _named(kind: Kind) -> str:
    return "nama_ewarong" if kind == "ewarong" else "nama"
