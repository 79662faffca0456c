"""Taking in a list of people or shops: read, matched, checked, applied. Rule: only the last changes anything.

The long steps run in a thread of their own, a piece of rows at a time; each piece is committed together with
how far it came, so that a step that was cut off goes on where it stopped, and nobody waits for a whole list.
"""

import logging
from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from schemas.form import Forms
from schemas.ids import PersonId, RecordId, uuid7
from schemas.wilayah import Wilayah
from server import table_store
from server.access import Person, may, scope
from server.engine import ClosedError, Engine, Reader, Writer
from server.parsing.messages import NoSheet, Sheet
from server.parsing.pool import Parsers
from server.services.import_fates import TAKEN
from server.services.import_steps import (
    ImportSteps,
    Row,
    choices_of,
    piece_count,
    row_number,
    rows_and_fates,
    rows_of,
)
from server.services.looks import note_looks
from server.services.one_by_one import OneByOne
from server.services.people import Actor
from server.tables.columns import COLUMNS, Kind, guess, lacking, plain
from server.tables.entries import Note
from server.tables.heading import find_heading, heading_at
from server.tables.job import Job, SheetPlace, State, Told, is_noted
from sync.change import Accessed

logger = logging.getLogger("server.importing")
MOST_SHEETS = 24
MOST_CELL_BYTES = 64 * 1024 * 1024
"""Of all sheets together, as they are kept: five lists of the whole kabupaten."""
MOST_NAME = 80
SERVICES = ("bpnt", "kis")
"""What a list may be of: sealed services take none."""
HEAD_ROWS = 200
UNCHANGED: tuple[State, ...] = ("dicocokkan", "memeriksa", "diperiksa")
"""States of a list that has changed nothing yet."""


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
        self._engine, self._office, self._parsers = engine, office, parsers
        self._now_ms, self._randomness = now_ms, randomness
        self._steps = ImportSteps(
            engine, office, choices_of(forms), wilayah, now_ms=now_ms, randomness=randomness
        )
        self._lists = OneByOne("daftar", self._step)

    def take(self, by: PersonId, name: str, data: bytes) -> Job | str:
        """Read a file and guess its header and columns; a key under `impor.berkas` when it cannot be read."""
        sheets: list[Sheet] = []
        names, left_out = tuple[str, ...](), dict[str, str]()
        for number in range(MOST_SHEETS):
            if number and number >= len(names):
                break
            found = self._parsers.sheet(data, number)
            names = found.names or names
            if isinstance(found, NoSheet):
                if not names or found.why == "terlalu_lama":
                    return found.why
                if found.why != "tidak_terbaca":  # which a sheet that is a chart is
                    left_out[names[number]] = found.why
                continue
            sheets.append(found)
            if sum(len(piece) for sheet in sheets for piece in sheet.pieces) > MOST_CELL_BYTES:
                return "terlalu_besar"
        if not any(sheet.count > 1 for sheet in sheets):
            return next(iter(left_out.values()), "kosong" if sheets else "tidak_terbaca")
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
            service=SERVICES[0],
            left_out=(*left_out, *names[MOST_SHEETS:]),
        )

        def work(tx: Writer) -> Job:
            for number, sheet in enumerate(sheets):
                for place, piece in enumerate(sheet.pieces):
                    table_store.put_piece(tx, job.id, number, place, piece)
            made = max(
                (
                    self._headed(tx, replace(job, kind=kind, sheet=place), None)
                    for place in range(len(sheets))
                    for kind in COLUMNS
                ),
                key=_likeness,
            )
            table_store.put_job(tx, made)
            return made

        return self._engine.write(work).result()

    def forget_old(self) -> None:
        """Forget the lists whose time is over, taken in or not."""
        self._engine.write(lambda tx: table_store.drop_old(tx, self._now_ms())).result()

    def jobs(self, person: Person) -> list[Job]:
        """Return the lists that this person may see, the newest first."""
        found = self._engine.read(table_store.jobs)
        return [job for job in found if may_see(person, job)]

    def job(self, name: RecordId) -> Job | None:
        """Return a list; None when there is no such."""
        return self._engine.read(lambda tx: table_store.job(tx, name))

    def standing(self, name: RecordId) -> tuple[Job | None, bool]:
        """Return a list, and whether a step of it is under way in this process."""
        # asked first: a step that ends in between would seem to be cut off
        running = self._lists.is_begun(name)
        return self.job(name), running

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

    def check(
        self, name: RecordId, service: str, matched: Sequence[str], areas: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """Remember how columns are matched and begin to check every row. Returns fields that are lacking.

        Of rows about somebody outside of `areas` nothing is taken; empty is the whole kabupaten. While rows
        are checked nothing changes: what was found of them holds for one matching only.
        """

        def work(tx: Writer) -> tuple[str, ...]:
            job = table_store.job(tx, name)
            if self._lists.is_begun(name) or job is None or job.state not in UNCHANGED:
                return ()
            if lack := lacking(job.kind, matched):
                return lack
            heads = {plain(head): field for head, field in zip(job.heads, matched, strict=False) if head}
            table_store.put_matches(tx, job.kind, heads)
            given = tuple(matched[: len(job.heads)])
            begun = replace(
                job,
                service=service,
                matched=given,
                areas=areas,
                state="memeriksa",
                done=0,
                counts={},
                noted=0,
            )
            table_store.put_job(tx, begun)
            return ()

        lack = self._engine.write(work).result()
        if not lack:
            self._lists.begin(name)
        return lack

    def apply(self, name: RecordId, by: PersonId, areas: tuple[str, ...] = ()) -> bool:
        """Begin to carry a checked list out, or go on with it. Returns whether it is under way.

        Whoever is bound to `areas` carries out only what was checked for these.
        """

        def work(tx: Writer) -> bool:
            job = table_store.job(tx, name)
            if job is None or job.state not in ("diperiksa", "menerapkan"):
                return False
            if areas and job.areas != areas:
                return False
            if job.state == "diperiksa":
                table_store.put_job(tx, replace(job, state="menerapkan", done=0, by=by))
            return True

        begun = self._engine.write(work).result()
        if begun:
            self._lists.begin(name)
        return begun

    def go_on(self, name: RecordId) -> None:
        """Go on with a step that was cut off."""
        job = self.job(name)
        if job is not None and job.state in ("memeriksa", "menerapkan"):
            self._lists.begin(name)

    def drop(self, name: RecordId) -> bool:
        """Forget a list that changed nothing yet, unless a step of it is under way."""

        def work(tx: Writer) -> bool:
            job = table_store.job(tx, name)
            if job is None or self._lists.is_begun(name) or job.state not in UNCHANGED:
                return False
            table_store.drop(tx, name)
            return True

        return self._engine.write(work).result()

    def taken(self, job: Job) -> frozenset[RecordId]:
        """Return whom the rows of a list are about that were taken, or said what was there already."""
        found: set[RecordId] = set()
        for place in range(piece_count(job)):
            fates = self._engine.read(lambda tx, at=place: table_store.fates(tx, job.id, job.sheet, at))
            found |= {fate.lives_in or fate.record for fate in fates if fate.fate in ("sama", *TAKEN)}
        return frozenset(found)

    def problems(self, job: Job, most: int) -> Iterator[tuple[int, Row, tuple[Note, ...]]]:
        """Yield the rows that are not taken, with their number in the sheet (from 1) and why."""
        return self._told(job, most, "masalah")

    def odd(self, job: Job, most: int) -> Iterator[tuple[int, Row, tuple[Note, ...]]]:
        """Yield the rows that are taken though something in them was left out or looks odd, and what."""
        return self._told(job, most, "janggal")

    def _told(self, job: Job, most: int, told: Told) -> Iterator[tuple[int, Row, tuple[Note, ...]]]:
        """Yield rows, reading no more pieces than have any of these."""
        for place in self._engine.read(lambda tx: table_store.told_places(tx, job.id, job.sheet, told)):
            if most <= 0:
                return
            rows, fates = self._engine.read(lambda tx, at=place: rows_and_fates(tx, job, at))
            for offset, fate in enumerate(fates):
                if most > 0 and (fate.fate == "masalah" if told == "masalah" else is_noted(fate)):
                    most -= 1
                    yield row_number(job, place, offset), rows[offset], fate.notes

    def taken_along(
        self, job: Job, by: PersonId, purpose: str, most: int
    ) -> Iterator[tuple[int, Row, tuple[Note, ...]]]:
        """Put on record that somebody takes the rows that are not taken along, whole; then yield them."""
        looked = Accessed(subject=job.id, purpose=purpose)
        self._engine.write(lambda tx: note_looks(tx, self._office, by, looked)).result()
        return self.problems(job, most)

    def wait(self) -> None:
        """Wait until what was begun has ended."""
        self._lists.wait()

    def close(self) -> None:
        """Let the step that is under way end; it goes on from there another day."""
        self._lists.close()

    def _step(self, name: RecordId) -> None:
        try:
            job = self.job(name)
            if job is not None and job.state == "memeriksa":
                self._steps.check(job)
            elif job is not None and job.state == "menerapkan":
                self._steps.apply(job)
        except ClosedError:
            pass  # the office ends; whoever opens the page next lets it go on
        except Exception as error:  # noqa: BLE001 - the page says that it stopped, and offers to go on
            # the kind only: a message may hold what a list says
            logger.error("%s while taking a list in", type(error).__name__)

    def _headed(self, tx: Reader, job: Job, heading: int | None) -> Job:
        """Return a list with its header, and its columns as they are guessed."""
        top = _top(tx, job)
        found = find_heading(top) if heading is None else heading_at(top, heading)
        matched = guess(job.kind, found.names, table_store.matches(tx, job.kind))
        return replace(job, heading=found.row, heads=found.names, matched=matched)


def areas_of(person: Person) -> tuple[str, ...]:
    """Return the regions to which somebody's lists are bound; empty for the whole kabupaten."""
    reach = scope(person, "import_lists")
    return (reach.areas or ()) if reach else ()


def services_of(person: Person) -> tuple[str, ...]:
    """Return the services of which somebody takes lists in."""
    reach = scope(person, "import_lists")
    if reach is None:
        return ()
    return tuple(name for name in SERVICES if reach.services is None or name in reach.services)


def may_see(person: Person, job: Job) -> bool:
    """Whether a list is one's own, or of a service that one serves in the whole kabupaten."""
    if not may(person, "import_lists"):
        return False
    return job.by == person.id or (not areas_of(person) and job.service in services_of(person))


def _likeness(job: Job) -> tuple[bool, int, int]:
    """Return how much like a list of its kind a sheet looks: by what its columns say, then by its rows."""
    return not lacking(job.kind, job.matched), sum(map(bool, job.matched)), job.rows


def _top(tx: Reader, job: Job) -> list[Row]:
    return rows_of(tx, job, 0)[:HEAD_ROWS]
