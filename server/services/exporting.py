"""Lists that go out: asked for, written, waiting to be fetched. Rule: on record before a line is written.

A record of kind `ekspor` in the office's chain says who, why, what was asked for and, once it is written, how
many rows and which hash. The file waits in the database, encrypted as all of it, for seven days, for whoever
asked; it is forgotten at once when anything of the office is destroyed, for it may tell of that.
"""

import logging
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from schemas.base import Data
from schemas.format import local_date
from schemas.ids import RecordId, uuid7
from schemas.workflow import Workflows
from server import export_store
from server.access import SHORTEST_PURPOSE, Action, Person, may, scope
from server.engine import ClosedError, Engine, Writer
from server.queries import records_of_kind
from server.services.chain_record import record_of, write_record
from server.services.export_file import FilePieces, ForgottenError, still_wanted
from server.services.export_rows import RECORD_KINDS, ExportRows, form_of_source, open_states, source_of_form
from server.services.handouts import MOST_TEXT, RECIPIENTS, Handout, note_handout
from server.services.objections import objections
from server.services.one_by_one import OneByOne
from server.services.people import Actor, load_person
from server.services.visit_page import Words
from server.tables.columns import Kind as ListKind
from server.tables.order import Asked, Given, Order
from server.tables.outgoing import CASES, Column, case_columns, form_columns, record_columns
from server.tables.writing import MOST_ROWS, table_writer
from sync.store import Fields, Record

logger = logging.getLogger("server.exporting")
EXPORT = "ekspor"
OPEN_SERVICES = ("bpnt", "kis")
"""What a list of people may be of: sealed services have none."""
STATES = ("diterima", "disetujui", "dikembalikan", "ditahan", "ditolak")
LIST_KINDS: dict[str, ListKind] = {"warga": "warga", "ewarong": "ewarong"}
MOST_DROPPED = 40
"""Pieces forgotten in one transaction: ten megabytes, so that the writer is soon free again."""
PIECES_A_NOTE = 4


class Source(Data, frozen=True, kw_only=True):
    """What a list can be of: records of a kind, or the visits with a form."""

    name: str
    title: str
    service: str
    columns: tuple[Column, ...]

    @property
    def is_visits(self) -> bool:
        """Whether its rows are visits, which have a state and came in on a day."""
        return self.name not in RECORD_KINDS


class Exporting:
    """The use cases. Blocks its thread; `wait` is for tests and benchmarks."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        words: Words,
        workflows: Workflows,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._words, self._workflows = engine, office, words, workflows
        self._now_ms, self._randomness = now_ms, randomness
        self._lists = OneByOne("ekspor", self._make)

    def sources(self, person: Person) -> list[Source]:
        """Return what this person may have lists of: people and shops first, then forms by title."""
        reach = scope(person, "export_data")
        if reach is None:
            return []
        forms = [form for form in self._words.forms.all() if form.privacy != "rahasia"]
        names = [
            *LIST_KINDS,
            CASES,
            *(source_of_form(form.id) for form in sorted(forms, key=lambda form: form.title)),
        ]
        found = [self.source(name) for name in names]
        return [each for each in found if reach.services is None or self._reached(each, reach.services)]

    def source(self, name: str) -> Source:
        """Return one source. Raises KeyError for one that is not known, or sealed."""
        forms, text = self._words.forms, self._words.text
        if name in LIST_KINDS:
            columns = record_columns(forms, LIST_KINDS[name], text)
            service = "bpnt" if name == "ewarong" else ""
            return Source(name=name, title=text(f"impor.jenis.{name}"), service=service, columns=columns)
        if name == CASES:
            title = text(f"ekspor.{CASES}")
            return Source(name=name, title=title, service="", columns=case_columns(text))
        form = forms.get(form_of_source(name))
        if form.privacy == "rahasia" or name != source_of_form(form.id):
            raise KeyError(name)
        columns = form_columns(forms, form.id, text)
        return Source(name=name, title=form.title, service=form.service, columns=columns)

    def states(self, source: Source) -> dict[str, str]:
        """Return the states that a source can be narrowed to, each with its words."""
        if source.name == CASES:
            return open_states(self._workflows)
        return {each: self._words.text(f"status.{each}") for each in STATES} if source.is_visits else {}

    def start(self, person: Person, asked: Asked, given: Given) -> Order | str:
        """Put on record who wants which list and why, and begin it.

        Returns a key under `ekspor.masalah` when it is refused.
        """
        refused = self._refused(person, asked, given)
        if refused is not None:
            return refused
        now = self._now_ms()
        order = Order(id=uuid7(now, self._randomness(10)), by=person.id, at_ms=now, asked=asked, given=given)

        def work(tx: Writer) -> bool:
            if not write_record(tx, self._office, person.id, EXPORT, order.id, _noted(order)):
                return False
            export_store.put_order(tx, order)
            return True

        if not self._engine.write(work).result():
            raise RuntimeError("the office's own chain did not take a record of an export")
        self._lists.begin(order.id)
        return order

    def again(self, person: Person, name: RecordId) -> bool:
        """Begin a list anew that was cut off or failed. Returns whether it is under way."""
        order = self.order(person, name)
        if order is None or order.state == "selesai":
            return False
        self._lists.begin(name)
        return True

    def drop(self, person: Person, name: RecordId) -> bool:
        """Forget a file; that it was made stays on record."""
        if self.order(person, name) is None:
            return False
        self._forget(name)
        return True

    def order(self, person: Person, name: RecordId) -> Order | None:
        """Return a list of this person's that waits or is being written, if they may still have it."""
        order = self._engine.read(lambda tx: export_store.order(tx, name))
        if order is None or order.by != person.id or self._is_over(order):
            return None
        return order if may(person, _action(order)) else None

    def standing(self, person: Person, name: RecordId) -> tuple[Order | None, bool]:
        """Return a list, and whether it is being written in this process."""
        running = self._lists.is_begun(name)  # asked first: what ends in between would seem to be cut off
        return self.order(person, name), running

    def made(self, person: Person, most: int) -> list[Record]:
        """Return the newest records of lists: one's own, and all for whoever sees the trail of cases."""
        every = may(person, "see_case_trail")
        found = self._engine.read(lambda tx: records_of_kind(tx, EXPORT))
        mine = [each for each in found if every or each.fields.get("oleh") == person.id]
        return sorted(mine, key=lambda each: int(each.fields.get("at_ms") or 0), reverse=True)[:most]

    def record(self, person: Person, name: RecordId) -> Record | None:
        """Return what stands on record of a list that this person may know of."""
        found = self._engine.read(lambda tx: record_of(tx, name, EXPORT))
        own = found is not None and found.fields.get("oleh") == person.id
        return found if own or may(person, "see_case_trail") else None

    def file(self, order: Order) -> Iterator[bytes]:
        """Give a file that is written; it ends early where it is forgotten meanwhile."""
        place = 0
        while (data := self._engine.read(lambda tx: export_store.piece(tx, order.id, place))) is not None:  # noqa: B023
            yield data
            place += 1

    def forget_old(self) -> None:
        """Forget the files whose time is over."""
        for name in self._engine.read(lambda tx: export_store.too_old(tx, self._now_ms())):
            self._forget(name)

    def wait(self) -> None:
        """Wait until what was begun has ended."""
        self._lists.wait()

    def close(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        self._lists.close()

    def _reached(self, source: Source, services: tuple[str, ...]) -> bool:
        if not source.service:
            return not set(OPEN_SERVICES).isdisjoint(services)
        return source.service in services

    def _refused(self, person: Person, asked: Asked, given: Given) -> str | None:
        known = {each.name: each for each in self.sources(person)}
        source = known.get(asked.source)
        if source is None or (asked.whole and not may(person, "export_full")):
            return "peran"
        if not SHORTEST_PURPOSE <= len(asked.purpose.strip()) <= MOST_TEXT:
            return "keperluan"
        open_to = {column.name for column in source.columns if asked.whole or not column.whole}
        if not asked.columns or not open_to.issuperset(asked.columns):
            return "kolom"
        if asked.service not in ("", *OPEN_SERVICES) or asked.state not in ("", *self.states(source)):
            return "saringan"
        if asked.region and self._words.wilayah.get(asked.region) is None:
            return "saringan"
        return _given_wrong(person, given)

    def _is_over(self, order: Order) -> bool:
        return order.id in self._engine.read(lambda tx: export_store.too_old(tx, self._now_ms()))

    def _make(self, name: RecordId) -> None:
        try:
            self.forget_old()
            self._write(name)
        except (ClosedError, ForgottenError):
            pass  # the office ends, or nobody wants it any more
        except Exception as error:  # noqa: BLE001 - the page says that it failed, and offers to begin anew
            logger.error("%s while writing a list", type(error).__name__)
            self._fail(name)

    def _write(self, name: RecordId) -> None:
        order = self._engine.read(lambda tx: export_store.order(tx, name))
        if order is None:
            return
        author = order.by
        person = self._engine.read(lambda tx: load_person(tx, author))
        reach = scope(person, _action(order)) if person else None
        if reach is None:
            raise PermissionError("whoever asked may not any more")
        self._empty(name)
        source, asked = self.source(order.asked.source), order.asked
        columns = [column for column in source.columns if column.name in asked.columns]
        held = self._engine.read(objections)
        rows = ExportRows(self._engine, self._words, self._workflows, asked, reach, columns, held)
        order = replace(order, state="menulis", done=0, rows=0, held=0, count=rows.count())
        self._note(order)
        sink = FilePieces(self._engine, name)
        widths = [column.width for column in columns]
        table = table_writer(asked.kind, sink, source.title, widths, 2 if asked.codes else 1)
        table.head([column.head for column in columns])
        if asked.codes:
            table.head([column.name for column in columns])
        for number, piece in enumerate(rows.pieces(), 1):
            for row in piece.rows:
                table.row(row)
            done = order.done + piece.looked
            order = replace(order, done=done, rows=order.rows + len(piece.rows), held=order.held + piece.held)
            if order.rows > MOST_ROWS and asked.kind == "xlsx":
                raise ValueError("more rows than a sheet has")
            if number % PIECES_A_NOTE == 0:
                self._note(order)
        table.close()
        size_bytes, digest = sink.finish()
        ended = replace(order, state="selesai", size_bytes=size_bytes, sha256=digest, ended_ms=self._now_ms())
        self._engine.write(lambda tx: self._end(tx, ended)).result()

    def _end(self, tx: Writer, order: Order) -> None:
        """Keep a list as written, and put on record what came of it, and to whom it is given."""
        still_wanted(tx, order.id)
        export_store.put_order(tx, order)
        fields: Fields = {"baris": order.rows, "sha256": order.sha256, "ukuran": order.size_bytes}
        fields |= {"selesai_ms": order.ended_ms, "ditahan": order.held}
        if not write_record(tx, self._office, order.by, EXPORT, order.id, fields):
            raise RuntimeError("the office's own chain did not take the end of an export")
        if order.given.recipient:
            given = Handout(
                recipient=order.given.recipient,
                day=local_date(order.ended_ms).isoformat(),
                what=f"{self.source(order.asked.source).title} ({order.id[:8]})",
                people=order.rows,
                letter=order.given.letter,
                basis=order.given.basis,
                by=order.by,
                at_ms=order.ended_ms,
            )
            note_handout(tx, self._office, RecordId(self._randomness(16).hex()), given)

    def _note(self, order: Order) -> None:
        def work(tx: Writer) -> None:
            still_wanted(tx, order.id)
            export_store.put_order(tx, order)

        self._engine.write(work).result()

    def _fail(self, name: RecordId) -> None:
        def work(tx: Writer) -> None:
            order = export_store.order(tx, name)
            if order is not None:
                export_store.put_order(tx, replace(order, state="gagal"))

        self._engine.write(work).result()
        self._empty(name)

    def _empty(self, name: RecordId) -> None:
        while self._engine.write(lambda tx: export_store.drop_pieces(tx, name, MOST_DROPPED)).result():
            pass

    def _forget(self, name: RecordId) -> None:
        # the order first: whoever still writes it then stops
        self._engine.write(lambda tx: export_store.drop_order(tx, name)).result()
        self._empty(name)


def _action(order: Order) -> Action:
    return "export_full" if order.asked.whole else "export_data"


def _given_wrong(person: Person, given: Given) -> str | None:
    if not given.recipient:
        return None
    whole = all(0 < len(each.strip()) <= MOST_TEXT for each in (given.letter, given.basis))
    return None if may(person, "handle_requests") and given.recipient in RECIPIENTS and whole else "penerima"


def _noted(order: Order) -> Fields:
    """Return what the chain says of a list before it is written."""
    asked = order.asked
    fields: Fields = {"apa": asked.source, "bentuk": asked.kind, "layanan": asked.service}
    fields |= {"wilayah": asked.region, "keadaan": asked.state, "dari_ms": asked.first_ms}
    fields |= {"sampai_ms": asked.before_ms, "kolom": list(asked.columns), "lengkap": asked.whole}
    fields |= {"keperluan": asked.purpose.strip(), "penerima": order.given.recipient}
    return fields | {"oleh": order.by, "at_ms": order.at_ms}
