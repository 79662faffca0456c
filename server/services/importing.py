"""Taking in a list of people or shops: read, matched, checked, applied. Rule: only the last changes anything.

The long steps run in a thread of their own, a piece of rows at a time; each piece is committed together with
how far it came, so that a step that was cut off goes on where it stopped, and nobody waits for a whole list.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from msgspec.structs import replace

from schemas.base import encode
from schemas.form import Forms
from schemas.form_types import Pilihan
from schemas.format import local_date
from schemas.ids import PersonId, RecordId, uuid7
from schemas.wilayah import Wilayah
from schemas.wire import Conflict
from server import table_store
from server.engine import ClosedError, Engine, Reader, Writer
from server.parsing.messages import PIECE, Cell, NoSheet, Sheet
from server.parsing.pool import Parsers
from server.services.people import Actor
from server.store import SqlOfficeStore
from server.tables import entries
from server.tables.columns import Kind, guess, lacking, plain
from server.tables.entries import Note
from server.tables.heading import find_heading, heading_at
from server.tables.job import Job, RowFate, SheetPlace, State
from server.tables.judging import NO_RECORD, Known, Match, news
from sync.change import Body, Patch
from sync.store import Record

MOST_SHEETS = 8
MOST_NAME = 80
SERVICES = ("bpnt", "kis")
"""What a list may be of: sealed services take none."""
HEAD_ROWS = 200
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


class Importing:
    """The use cases of lists. Blocks its thread; `wait` is for tests and commands."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        parsers: Parsers,
        forms: Forms,
        wilayah: Wilayah,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._parsers, self._wilayah = engine, office, parsers, wilayah
        self._now_ms, self._randomness = now_ms, randomness
        self._options = choices_of(forms)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="daftar")
        self._running: set[RecordId] = set()
        self._lock = threading.Lock()

    def take(self, by: PersonId, name: str, data: bytes) -> Job | str:
        """Read a file and guess its header and columns; a key under `impor.berkas` when it cannot be read."""
        sheets: list[Sheet] = []
        for number in range(MOST_SHEETS):
            found = self._parsers.sheet(data, number)
            if isinstance(found, NoSheet):
                if number == 0:
                    return found.why
                break
            sheets.append(found)
            if number + 1 >= len(found.names):
                break
        if not any(sheet.count > 1 for sheet in sheets):
            return "kosong"
        now = self._now_ms()
        job = Job(
            id=uuid7(now, self._randomness(10)),
            by=by,
            at_ms=now,
            name=name[-MOST_NAME:],
            sheets=tuple(
                SheetPlace(name=sheet.names[sheet.number], rows=sheet.count, before=sheet.before)
                for sheet in sheets
            ),
            sheet=max(range(len(sheets)), key=lambda place: sheets[place].count),
            service=SERVICES[0],
        )

        def work(tx: Writer) -> Job:
            table_store.drop_old(tx, now)
            for number, sheet in enumerate(sheets):
                for place, piece in enumerate(sheet.pieces):
                    table_store.put_piece(tx, job.id, number, place, piece)
            made = self._headed(tx, job, None)
            table_store.put_job(tx, made)
            return made

        return self._engine.write(work).result()

    def jobs(self) -> list[Job]:
        """Return the newest lists."""
        return self._engine.read(lambda tx: table_store.jobs(tx, 50))

    def job(self, name: RecordId) -> Job | None:
        """Return a list; None when there is no such."""
        return self._engine.read(lambda tx: table_store.job(tx, name))

    def is_running(self, name: RecordId) -> bool:
        """Say whether a step of this list is under way in this process."""
        return name in self._running

    def top(self, job: Job, count: int) -> list[Row]:
        """Return the first rows of a list's sheet, the header among them."""
        return self._engine.read(lambda tx: _top(tx, job))[:count]

    def look_at(self, name: RecordId, kind: Kind, sheet: int, heading: int | None) -> Job | None:
        """Take another sheet, header row (from 0; None: guess) or kind, and guess the columns anew."""

        def work(tx: Writer) -> Job | None:
            job = table_store.job(tx, name)
            if (
                job is None
                or job.state not in ("dicocokkan", "diperiksa")
                or not 0 <= sheet < len(job.sheets)
            ):
                return None
            made = self._headed(tx, replace(job, kind=kind, sheet=sheet, state="dicocokkan"), heading)
            table_store.put_job(tx, made)
            return made

        return self._engine.write(work).result()

    def check(self, name: RecordId, service: str, matched: Sequence[str]) -> tuple[str, ...]:
        """Remember how columns are matched and begin to check every row. Returns fields that are lacking."""

        def work(tx: Writer) -> tuple[str, ...]:
            job = table_store.job(tx, name)
            if job is None or job.state not in ("dicocokkan", "diperiksa", "memeriksa"):
                return ()
            if lack := lacking(job.kind, matched):
                return lack
            heads = {plain(head): field for head, field in zip(job.heads, matched, strict=False) if head}
            table_store.put_matches(tx, job.kind, heads)
            given = tuple(matched[: len(job.heads)])
            begun = replace(
                job, service=service, matched=given, state="memeriksa", done=0, counts={}, noted=0
            )
            table_store.put_job(tx, begun)
            return ()

        lack = self._engine.write(work).result()
        if not lack:
            self._start(name)
        return lack

    def apply(self, name: RecordId, by: PersonId) -> bool:
        """Begin to carry a checked list out, or go on with it. Returns whether it is under way."""

        def work(tx: Writer) -> bool:
            job = table_store.job(tx, name)
            if job is None or job.state not in ("diperiksa", "menerapkan"):
                return False
            if job.state == "diperiksa":
                table_store.put_job(tx, replace(job, state="menerapkan", done=0, by=by))
            return True

        begun = self._engine.write(work).result()
        if begun:
            self._start(name)
        return begun

    def go_on(self, name: RecordId) -> None:
        """Go on with a step that was cut off."""
        job = self.job(name)
        if job is not None and job.state in ("memeriksa", "menerapkan"):
            self._start(name)

    def drop(self, name: RecordId) -> bool:
        """Forget a list that changed nothing yet."""
        job = self.job(name)
        if job is None or job.state in ("menerapkan", "memeriksa"):
            return False
        self._engine.write(lambda tx: table_store.drop(tx, name)).result()
        return True

    def problems(self, job: Job, most: int) -> Iterator[tuple[int, Row, tuple[Note, ...]]]:
        """Yield the rows that are not taken, with their number in the sheet (from 1) and why."""
        for place in range(_piece_count(job)):
            rows, fates = self._engine.read(lambda tx, at=place: _both(tx, job, at))
            for offset, fate in enumerate(fates):
                if fate.fate == "masalah" and most > 0:
                    most -= 1
                    yield _number(job, place, offset), rows[offset], fate.notes

    def wait(self) -> None:
        """Wait until what was begun has ended."""
        self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Let the step that is under way end; it goes on from there another day."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _start(self, name: RecordId) -> None:
        with self._lock:
            if name in self._running:
                return
            self._running.add(name)
        self._thread.submit(self._run, name)

    def _run(self, name: RecordId) -> None:
        try:
            job = self.job(name)
            if job is not None and job.state == "memeriksa":
                self._check(job)
            elif job is not None and job.state == "menerapkan":
                self._apply(job)
        except ClosedError:
            pass  # the office ends; whoever opens the page next lets it go on
        finally:
            self._running.discard(name)

    def _headed(self, tx: Reader, job: Job, heading: int | None) -> Job:
        """Return a list with its header, and its columns as they are guessed."""
        top = _top(tx, job)
        found = find_heading(top) if heading is None else heading_at(top, heading)
        matched = guess(job.kind, found.names, table_store.matches(tx, job.kind))
        return replace(job, heading=found.row, heads=found.names, matched=matched)

    def _check(self, job: Job) -> None:
        """Say of every row what is to become of it. Begins anew after a crash: nothing was changed."""
        known = Known(job.kind)
        after = ""
        while records := self._engine.read(
            lambda tx: table_store.records_after(tx, job.kind, after, 2_000)  # noqa: B023 - called at once
        ):
            known.add(records)
            after = records[-1].id
        reader = entries.Reader(
            job.kind,
            job.matched,
            wilayah=self._wilayah,
            kecamatan=self._wilayah.kecamatan_nik_prefixes(),
            options=self._options,
            today=local_date(self._now_ms()),
        )
        counts: dict[str, int] = {}
        noted = 0
        for place in range(_piece_count(job)):
            rows = self._engine.read(lambda tx, at=place: _cells(tx, job, at))
            found = self._judge(job, reader, known, place, rows)
            for fate in found:
                counts[fate.fate] = counts.get(fate.fate, 0) + 1
                noted += fate.fate != "masalah" and bool(fate.notes)
            done = min(job.rows, (place + 1) * PIECE)
            now = replace(job, counts=dict(counts), noted=noted, done=done)
            self._engine.write(
                lambda tx, at=place, fates=found, kept=now: (
                    table_store.put_fates(tx, job.id, job.sheet, at, fates),
                    table_store.put_job(tx, kept),
                )
            ).result()
        self._end(job.id, "diperiksa")

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
            match = known.find(entry, _number(job, place, offset)) if not entry.blocked else Match()
            why = entry.blocked or match.why or (() if match.record else _too_little(job.kind, entry))
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
        stand, said = self._engine.read(
            lambda tx: (SqlOfficeStore.reading(tx).records(names), table_store.said(tx, names))
        )
        return [
            replace(fate, fate=news(entry, job.service, stand[fate.record], said.get(fate.record, {})).fate)
            if entry is not None and fate.fate == "sama" and fate.record in stand
            else fate
            for entry, fate in zip(read, found, strict=True)
        ]

    def _apply(self, job: Job) -> None:
        """Carry out, piece by piece, what was found; a row whose record moved on meanwhile is judged anew."""
        reader = entries.Reader(
            job.kind,
            job.matched,
            wilayah=self._wilayah,
            kecamatan=self._wilayah.kecamatan_nik_prefixes(),
            options=self._options,
            today=local_date(self._now_ms()),
        )
        conflicts = job.conflicts
        for place in range(job.done // PIECE, _piece_count(job)):
            now = replace(job, done=min(job.rows, (place + 1) * PIECE))
            conflicts = self._engine.write(
                lambda tx, at=place, kept=now, before=conflicts: self._apply_piece(
                    tx, kept, reader, at, before
                )
            ).result()
        self._end(job.id, "selesai")

    def _apply_piece(self, tx: Writer, job: Job, reader: entries.Reader, place: int, before: int) -> int:
        rows, fates = _both(tx, job, place)
        wanted = [
            (fate, entry)
            for row, fate in zip(rows, fates, strict=True)
            if fate.fate in ("baru", "berubah") and (entry := reader.read(row)) is not None
        ]
        names = [fate.record for fate, _ in wanted]
        stand: dict[RecordId, Record] = SqlOfficeStore.writing(tx).records(names)
        said = table_store.said(tx, names)
        bodies: list[Body] = []
        for fate, entry in wanted:
            found = news(entry, job.service, stand.get(fate.record), said.get(fate.record, {}))
            if found.new:
                bodies.append(Patch(record=fate.record, kind=job.kind, base=found.base, new=found.new))
            said[fate.record] = {**said.get(fate.record, {}), **entry.fields}
        outcomes = self._office.act_in(tx, job.by, bodies)
        table_store.put_said(tx, {name: said[name] for name in names})
        conflicts = before + sum(isinstance(outcome, Conflict) for outcome in outcomes)
        kept = [row if fate.fate == "masalah" else [] for row, fate in zip(rows, fates, strict=True)]
        table_store.put_cells(tx, job.id, job.sheet, place, encode(kept))
        table_store.put_job(tx, replace(job, conflicts=conflicts))
        return conflicts

    def _end(self, name: RecordId, state: State) -> None:
        def work(tx: Writer) -> None:
            job = table_store.job(tx, name)
            if job is not None:
                table_store.put_job(tx, replace(job, state=state, ended_ms=self._now_ms()))

        self._engine.write(work).result()


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


def _too_little(kind: Kind, entry: entries.Entry) -> tuple[Note, ...]:
    """Say what is lacking to make somebody new of a row."""
    named = "nama_ewarong" if kind == "ewarong" else "nama"
    lack = [] if named in entry.fields else [Note(code="tanpa_nama", field=named)]
    if "kode_desa" not in entry.fields:
        lack.append(Note(code="tanpa_desa", field="desa"))
    return tuple(lack)


def _piece_count(job: Job) -> int:
    return -(-job.sheets[job.sheet].rows // PIECE)


def _number(job: Job, place: int, offset: int) -> int:
    """Return the number that a row has in the program that wrote the list, from 1."""
    return job.sheets[job.sheet].before + place * PIECE + offset + 1


def _cells(tx: Reader, job: Job, place: int) -> list[Row]:
    found = table_store.piece(tx, job.id, job.sheet, place)
    return _rows.decode(found) if found is not None else []


def _both(tx: Reader, job: Job, place: int) -> tuple[list[Row], list[RowFate]]:
    return _cells(tx, job, place), table_store.fates(tx, job.id, job.sheet, place)


def _top(tx: Reader, job: Job) -> list[Row]:
    return _cells(tx, job, 0)[:HEAD_ROWS]
