"""The long steps of a list: judging every row, and carrying out what was found. Rule: a piece at a time.

A row is judged before anything changes; while a list is applied, each row is compared once more, and one that
is not as it was then is not taken.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from schemas.base import encode
from schemas.form import Forms
from schemas.form_types import Pilihan
from schemas.format import local_date
from schemas.ids import RecordId, uuid7
from schemas.wilayah import Wilayah
from schemas.wire import Applied, Conflict
from server import table_store
from server.engine import Engine, Reader, Writer
from server.parsing.messages import PIECE, Cell
from server.services.finding import survivors
from server.services.import_fates import (
    DESTROYED,
    REFUSED,
    TAKEN,
    as_it_stands,
    by_desa,
    compared,
    judged_anew,
    news_of,
    not_taken,
    outside,
    recounted,
    to_keep,
    too_little,
)
from server.services.nik_regions import nik_prefixes
from server.services.people import Actor
from server.store import SqlOfficeStore
from server.tables import entries
from server.tables.columns import Kind
from server.tables.job import Job, RowFate, State, noted_count
from server.tables.judging import NO_RECORD, Known, Match
from sync.change import Patch
from sync.losses import is_destroyed

CHOICES = {"penyalur": "bpnt_kpm", "status_kpm": "bpnt_kpm"}
"""The form whose choices a column's words are read by."""
MORE_WORDS = {
    "penyalur": {
        **dict.fromkeys(("bankbni", "bni46"), "bni"),
        **dict.fromkeys(("pos", "posindonesia", "ptposindonesia"), "pt_pos"),
    }
}
Row = list[Cell]
_rows: msgspec.msgpack.Decoder[list[Row]] = msgspec.msgpack.Decoder(list[Row])


class ImportSteps:
    """What runs in the thread of lists. Blocks it."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        choices: Mapping[str, Mapping[str, str]],
        wilayah: Wilayah,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._choices, self._wilayah = engine, office, choices, wilayah
        self._now_ms, self._randomness = now_ms, randomness

    def check(self, job: Job) -> None:
        """Say of every row what is to become of it. Begins anew after a crash: nothing was changed."""
        known, reader = self._everybody(job.kind), self._reader(job)
        so_far = replace(job, counts={}, noted=0)
        for place in range(piece_count(job)):
            rows = self._engine.read(lambda tx, at=place: rows_of(tx, job, at))
            found = self._judge(job, reader, known, place, rows)
            now = replace(so_far, done=min(job.rows, (place + 1) * PIECE))
            so_far = self._engine.write(
                lambda tx, at=place, fates=found, kept=now: self._keep(tx, kept, at, fates)
            ).result()
        self._end(job.id, "diperiksa")

    def _keep(self, tx: Writer, job: Job, place: int, found: Sequence[RowFate]) -> Job:
        """Keep what was found of a piece; of who was destroyed since it was read not even the cells."""
        stand = SqlOfficeStore.writing(tx).records(each.lives_in or each.record for each in found)
        fates = [
            not_taken(job, DESTROYED, row_number(job, place, offset))
            if is_destroyed(stand.get(fate.lives_in or fate.record))
            else fate
            for offset, fate in enumerate(found)
        ]
        if fates != found:
            rows = zip(rows_of(tx, job, place), fates, found, strict=True)
            kept = [row if fate is before else [] for row, fate, before in rows]
            table_store.put_cells(tx, job.id, job.sheet, place, encode(kept))
        table_store.put_fates(tx, job.id, job.sheet, place, fates)
        counts = Counter(job.counts) + Counter(fate.fate for fate in fates)
        job = replace(job, counts=dict(counts), noted=job.noted + noted_count(fates))
        table_store.put_job(tx, job)
        return job

    def _everybody(self, kind: Kind) -> Known:
        known, after = Known(kind), ""
        while records := self._engine.read(
            lambda tx: table_store.records_after(tx, kind, after, 2_000)  # noqa: B023 - called at once
        ):
            known.add(records)
            after = records[-1].id
        return known

    def _judge(
        self, job: Job, reader: entries.Reader, known: Known, place: int, rows: Sequence[Row]
    ) -> list[RowFate]:
        """Judge the rows of a piece."""
        read = [
            reader.read(row) if place * PIECE + offset > job.heading else None
            for offset, row in enumerate(rows)
        ]
        found: list[RowFate] = []
        for offset, entry in enumerate(read):
            if entry is None:
                found.append(RowFate(fate="kosong", record=NO_RECORD, notes=()))
                continue
            match = known.find(entry, row_number(job, place, offset)) if not entry.blocked else Match()
            lack = () if match.record else too_little(job.kind, entry)
            why = entry.blocked or outside(job, entry.fields) or match.why or lack
            if why:
                found.append(RowFate(fate="masalah", record=NO_RECORD, notes=why))
            elif match.record:
                found.append(RowFate(fate="sama", record=match.record, notes=entry.notes))
            else:
                record = uuid7(self._now_ms(), self._randomness(10))
                known.learn(record, entry.fields)
                found.append(RowFate(fate="baru", record=record, notes=entry.notes))
        return self._compared(job, read, found)

    def _compared(
        self, job: Job, read: Sequence[entries.Entry | None], found: Sequence[RowFate]
    ) -> list[RowFate]:
        """Tell those who would change from those of whom all is known; who is new is not there yet."""
        names = [fate.record for fate in found if fate.fate == "sama"]
        stand, said = self._engine.read(lambda tx: (survivors(tx, names), table_store.said(tx, names)))
        return [
            compared(job, entry, fate, stand, said)
            if entry is not None and fate.fate == "sama" and fate.record in stand
            else fate
            for entry, fate in zip(read, found, strict=True)
        ]

    def apply(self, job: Job) -> None:
        """Carry out, piece by piece, what was found; a row whose record moved on meanwhile is judged anew."""
        known, reader = self._everybody(job.kind), self._reader(job)
        # `done` is of whole pieces here: none is applied twice, whose rows would seem to be destroyed
        for place in range(-(-job.done // PIECE), piece_count(job)):
            now = replace(job, done=min(job.sheets[job.sheet].rows, (place + 1) * PIECE))
            job = self._engine.write(
                lambda tx, at=place, kept=now: self._apply_piece(tx, kept, reader, known, at)
            ).result()
        self._end(job.id, "selesai")

    def _apply_piece(self, tx: Writer, job: Job, reader: entries.Reader, known: Known, place: int) -> Job:
        rows, checked = rows_and_fates(tx, job, place)
        read = [reader.read(row) for row in rows]
        judged = [
            judged_anew(known, entry, fate, row_number(job, place, offset))
            for offset, (entry, fate) in enumerate(zip(read, checked, strict=True))
        ]
        names = [fate.record for fate in judged if fate.fate in TAKEN]
        stand, said = survivors(tx, names), table_store.said(tx, names)
        fates = [
            as_it_stands(job, entry, fate, row_number(job, place, offset), stand)
            for offset, (entry, fate) in enumerate(zip(read, judged, strict=True))
        ]
        bodies: list[Patch] = []
        about: list[int] = []
        heard: list[RecordId] = []
        for offset, (entry, fate) in enumerate(zip(read, fates, strict=True)):
            if fate.fate not in TAKEN or entry is None:
                continue
            name, living = fate.record, stand.get(fate.record)
            found = news_of(job, entry, name, stand, said)
            fates[offset] = replace(fate, fate=found.fate)  # somebody may have set the same meanwhile
            if found.new:
                record = living.id if living is not None else name
                bodies.append(Patch(record=record, kind=job.kind, base=found.base, new=found.new))
                about.append(offset)
            said[name] = {**said.get(name, {}), **entry.fields}
            heard.append(name)
        outcomes = self._office.act_in(tx, job.by, bodies)
        refused: set[RecordId] = set()
        for offset, outcome in zip(about, outcomes, strict=True):
            if not isinstance(outcome, Applied | Conflict):
                refused.add(fates[offset].record)
                fates[offset] = not_taken(job, REFUSED, row_number(job, place, offset))
        # what was refused was not said: the next list tries it again
        table_store.put_said(tx, {name: said[name] for name in heard if name not in refused})
        done = replace(
            job,
            conflicts=job.conflicts + sum(isinstance(outcome, Conflict) for outcome in outcomes),
            counts=recounted(job.counts, checked, fates),
            noted=job.noted + noted_count(fates) - noted_count(checked),
            desa=by_desa(job.desa, read, fates),
        )
        kept = [row if to_keep(fate) else [] for row, fate in zip(rows, fates, strict=True)]
        table_store.put_cells(tx, job.id, job.sheet, place, encode(kept))
        if fates != checked:
            table_store.put_fates(tx, job.id, job.sheet, place, fates)
        table_store.put_job(tx, done)
        return done

    def _end(self, name: RecordId, state: State) -> None:
        def work(tx: Writer) -> None:
            job = table_store.job(tx, name)
            if job is None:
                return
            table_store.put_job(tx, replace(job, state=state, done=job.rows, ended_ms=self._now_ms()))
            if state == "selesai":
                table_store.forget_other_sheets(tx, name, job.sheet)

        self._engine.write(work).result()

    def _reader(self, job: Job) -> entries.Reader:
        return entries.Reader(
            job.kind,
            job.matched,
            wilayah=self._wilayah,
            kecamatan=self._wilayah.kecamatan_nik_prefixes(self._engine.read(nik_prefixes)),
            options=self._choices,
            today=local_date(self._now_ms()),
        )


def choices_of(forms: Forms) -> dict[str, dict[str, str]]:
    """Return the choices of a form's fields by their words, and by what else is written for them."""
    found: dict[str, dict[str, str]] = {}
    for field, form in CHOICES.items():
        asked = forms.get(form).fields[field]
        if isinstance(asked, Pilihan):
            words = {entries.plain_choice(each.label): each.code for each in asked.options}
            codes = {entries.plain_choice(each.code): each.code for each in asked.options}
            found[field] = {**codes, **words, **MORE_WORDS.get(field, {})}
    return found


def piece_count(job: Job) -> int:
    """Return how many pieces the sheet of a list has."""
    return -(-job.sheets[job.sheet].rows // PIECE)


def row_number(job: Job, place: int, offset: int) -> int:
    """Return the number that a row has in the program that wrote the list, from 1."""
    return job.sheets[job.sheet].before + place * PIECE + offset + 1


def rows_of(tx: Reader, job: Job, place: int) -> list[Row]:
    """Return the rows of a piece."""
    found = table_store.piece(tx, job.id, job.sheet, place)
    return _rows.decode(found) if found is not None else []


def rows_and_fates(tx: Reader, job: Job, place: int) -> tuple[list[Row], list[RowFate]]:
    """Return the rows of a piece, and what is to become of each."""
    return rows_of(tx, job, place), table_store.fates(tx, job.id, job.sheet, place)
