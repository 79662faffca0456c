"""The rows of a list that goes out, some hundred at a time. Rule: the reader's own scope bounds every row.

Each piece is read in a snapshot of its own, and nothing is kept of it, so a list of any length takes the
memory of a piece and no writer waits for it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from schemas.base import UNREADABLE, Data
from schemas.form import Forms
from schemas.form_conditions import visible_among
from schemas.form_types import Field, Rujukan
from schemas.form_values import day_of
from schemas.format import local_date
from schemas.ids import RecordId
from schemas.sealed import SEALED_SERVICES
from schemas.workflow import Workflows
from server import export_store, table_store
from server.access import Scope, is_inside
from server.engine import Engine, Reader
from server.services.answers import Reading
from server.services.visit_page import Words
from server.services.visits import counted_change, names
from server.store import SqlOfficeStore
from server.tables.order import Asked
from server.tables.outgoing import CASES, Column, Writing, cell_writer, initials
from server.tables.writing import Cell
from sync.change import Content, Submit
from sync.losses import is_destroyed
from sync.neutral import is_sealed
from sync.store import Record
from sync.versions import counted_versions

PIECE = 500
RECORD_KINDS = ("warga", "ewarong", CASES)
VISITS = "kunjungan_"
"""Begins the name of a source of visits whose form is called as a kind of record is."""
_contents = msgspec.msgpack.Decoder(Content)


class Piece(Data, frozen=True, kw_only=True):
    """Some rows, how many things were looked at for them, and how many rows are held (objections.py)."""

    looked: int
    held: int
    rows: list[list[Cell]]


class _Plan(Data, frozen=True, kw_only=True):
    """One version of the form, and those of its chosen fields that are not always seen."""

    fields: dict[str, Field]
    conditional: tuple[str, ...]
    writers: dict[str, tuple[int, Writing]]


class ExportRows:
    """Reads what one list asks for. `columns` are those that it has, in order; nobody in `held` is in it."""

    def __init__(
        self,
        engine: Engine,
        words: Words,
        workflows: Workflows,
        asked: Asked,
        reach: Scope,
        columns: Sequence[Column],
        held: Collection[RecordId] = (),
    ) -> None:
        self._engine, self._words, self._asked, self._reach = engine, words, asked, reach
        self._columns, self._held, self._form = columns, held, form_of_source(asked.source)
        self._references = [each.name for each in columns if isinstance(each.field, Rujukan)]
        self._states = open_states(workflows)
        self._titles = {flow.id: flow.title for flow in workflows.all()}
        self._plans: dict[int, _Plan] = {}
        self._places = {each.kode: each for each in words.wilayah}
        self._names: dict[str, str] = {}
        self._told = [(place, each.name) for place, each in enumerate(columns) if each.field is None]
        self._writers = [(each.name, self._writer(each.field) if each.field else None) for each in columns]

    def pieces(self) -> Iterator[Piece]:
        """Give everything, a piece at a time."""
        if self._asked.source in RECORD_KINDS:
            yield from self._records()
        else:
            yield from self._visits()

    def count(self) -> int:
        """Return how many things will be looked at."""
        if self._asked.source in RECORD_KINDS:
            return self._engine.read(lambda tx: export_store.count_of_kind(tx, self._asked.source))
        return len(self._visits_wanted)

    def _records(self) -> Iterator[Piece]:
        kind, after = self._asked.source, ""
        while found := self._engine.read(
            lambda tx: table_store.records_after(tx, kind, after, PIECE)  # noqa: B023 - called at once
        ):
            after = found[-1].id
            reached = [each for each in found if self._is_wanted(each)]
            wanted = [each for each in reached if self._about(each) not in self._held]
            if kind == CASES:
                self._names = self._engine.read(lambda tx: _names_of(tx, wanted))  # noqa: B023
            rows = [self._record(each) for each in wanted]
            yield Piece(looked=len(found), held=len(reached) - len(wanted), rows=rows)

    def _about(self, record: Record) -> str:
        """Return whom a record is about: a case is about somebody else."""
        return str(record.fields.get("subjek") or "") if record.kind == CASES else record.id

    def _is_wanted(self, record: Record) -> bool:
        fields = record.fields
        if is_destroyed(record) or fields.get("dihapus") or fields.get("digabung_ke"):
            return False
        desa = str(fields.get("kode_desa") or "")
        asked, reach = self._asked, self._reach
        if asked.region and not is_inside(desa, asked.region):
            return False
        if not reach.has(desa):
            return False
        services = _services(fields)
        if record.kind == CASES and (is_sealed(record) or asked.state not in ("", _state(fields))):
            return False
        if asked.service and asked.service not in services:
            return False
        if not services:
            # whoever is known for a sealed service alone is not known here at all
            return not (fields.get("layanan") or fields.get("service"))
        return reach.services is None or not services.isdisjoint(reach.services)

    def _record(self, record: Record) -> list[Cell]:
        return [
            write(record.fields.get(name)) if write is not None else self._of_record(record, name)
            for name, write in self._writers
        ]

    def _of_record(self, record: Record, name: str) -> Cell:
        match name:
            case "id":
                return record.id
            case "alur":
                flow = str(record.fields.get("workflow") or "")
                return self._titles.get(flow, flow)
            case "keadaan":
                return self._states.get(_state(record.fields), str(record.fields.get("state") or ""))
            case "sejak":
                since = record.fields.get("since_ms")
                return local_date(since) if isinstance(since, int) and since > 0 else None
            case "batas":
                return day_of(record.fields.get("due"))
            case "petugas":
                return self._names.get(str(record.fields.get("petugas") or ""), "")
            case "sasaran":
                named = self._names.get(str(record.fields.get("subjek") or ""), "")
                return named if self._asked.whole else initials(named)
            case "layanan":
                return "; ".join(
                    self._words.text(f"layanan.{each}") for each in sorted(_services(record.fields))
                )
            case _:
                return self._place(str(record.fields.get("kode_desa") or ""), name)

    @cached_property
    def _visits_wanted(self) -> list[RecordId]:
        return self._engine.read(self._visit_ids)

    def _visit_ids(self, tx: Reader) -> list[RecordId]:
        forms, wanted = self._words.forms, self._form
        opening = [name for name in forms.ids() if wanted in _opened_by(forms, name)]
        return export_store.visits_of_forms(
            tx,
            (wanted, *opening),
            state=self._asked.state,
            desa=self._reach.desa(self._places.values(), self._asked.region),
            first_ms=self._asked.first_ms,
            before_ms=self._asked.before_ms,
        )

    def _visits(self) -> Iterator[Piece]:
        ids = self._visits_wanted
        for start in range(0, len(ids), PIECE):
            some = ids[start : start + PIECE]
            yield self._engine.read(lambda tx, these=some: self._read(tx, these))

    def _read(self, tx: Reader, ids: Sequence[RecordId]) -> Piece:
        store = SqlOfficeStore.reading(tx)
        records = store.records(ids)
        found = [
            each
            for each in newest_submits(store, [records[name] for name in ids if name in records])
            if self._form in each[2].forms and self._is_open(each[2])
        ]
        wanted = [each for each in found if each[2].subject not in self._held]
        self._learn(store, wanted)
        rows = [self._visit(record, content, body) for record, content, body in wanted]
        return Piece(looked=len(ids), held=len(found) - len(wanted), rows=rows)

    def _is_open(self, body: Submit) -> bool:
        forms = self._words.forms
        return all(forms.get(name, each.version).privacy != "rahasia" for name, each in body.forms.items())

    def _learn(self, store: SqlOfficeStore, found: Sequence[tuple[Record, Content, Submit]]) -> None:
        """Look up the names that these rows will need."""
        wanted = {str(record.fields.get("petugas") or "") for record, _, _ in found}
        wanted |= {str(body.subject or "") for _, _, body in found}
        for _, _, body in found:
            answers = body.forms[self._form].answers
            wanted |= {value for name in self._references if isinstance(value := answers.get(name), str)}
        self._names = names(store, wanted - {""})

    def _visit(self, record: Record, content: Content, body: Submit) -> list[Cell]:
        filled = body.forms[self._form]
        plan, answers = self._plan(filled.version), filled.answers
        # a field with no answer is blank, seen or not, and most have none
        asked = [name for name in plan.conditional if answers.get(name) is not None]
        hidden = set(asked).difference(visible_among(plan.fields, answers, asked)) if asked else ()
        row: list[Cell] = [None] * len(self._columns)
        for place, name in self._told:
            row[place] = self._of_visit(record, body, name)
        for name, value in answers.items():
            written = plan.writers.get(name)
            if written is not None and value is not None and name not in hidden:
                place, write = written
                row[place] = write(value)
        return row

    def _plan(self, version: int) -> _Plan:
        """Return what is to be known of a version of the form for each of its visits."""
        if version not in self._plans:
            fields = self._words.forms.get(self._form, version).fields
            places = {
                column.name: place
                for place, column in enumerate(self._columns)
                if column.field is not None and column.name in fields
            }
            self._plans[version] = _Plan(
                fields=fields,
                conditional=tuple(name for name in places if fields[name].visible_when is not None),
                writers={name: (place, self._writer(fields[name])) for name, place in places.items()},
            )
        return self._plans[version]

    def _writer(self, field: Field) -> Writing:
        reading = Reading(
            text=self._words.text,
            name_of=lambda name: self._names.get(name, ""),
            region_of=self._words.region,
            opened=self._asked.whole,
        )
        return cell_writer(field, reading, whole=self._asked.whole)

    def _of_visit(self, record: Record, body: Submit, name: str) -> Cell:
        fields, text = record.fields, self._words.text
        versions = counted_versions(record)
        match name:
            case "kunjungan":
                return record.id
            case "versi":
                return len(versions)
            case "diterima":
                return local_date(int(versions[-1].get("received_ms") or 0))
            case "keadaan":
                key = f"status.{fields.get('state')}"
                return text(key) if key in text else str(fields.get("state") or "")
            case "petugas":
                return self._names.get(str(fields.get("petugas") or ""), "")
            case "sasaran":
                named = self._names.get(str(body.subject or ""), "")
                return named if self._asked.whole or fields.get("form") == "ewarong" else initials(named)
            case _:
                return self._place(str(fields.get("kode_desa") or ""), name)

    def _place(self, kode: str, name: str) -> Cell:
        desa = self._places.get(kode)
        if name == "kode_desa" or desa is None:
            return kode if name == "kode_desa" else ""
        above = self._places.get(desa.parent or "")
        return desa.nama if name == "desa" else above.nama if above else ""


def source_of_form(form: str) -> str:
    """Name the source of the visits with a form."""
    return VISITS + form if form in RECORD_KINDS else form


def form_of_source(source: str) -> str:
    """Return the form whose visits a source has."""
    return source.removeprefix(VISITS)


def _opened_by(forms: Forms, name: str) -> set[str]:
    """Return the forms that some version of a form opens."""
    versions = (forms.get(name, version) for version in forms.versions(name))
    return {opened.form for form in versions for opened in form.opens}


def newest_submits(
    store: SqlOfficeStore, visits: Iterable[Record]
) -> Iterator[tuple[Record, Content, Submit]]:
    """Yield these visits, each with the version that counts; none that was destroyed or cannot be read.

    Nothing else of a version is read, and nothing is proved of it: `load_newest` does that.
    """
    newest = [
        (visit, change)
        for visit in visits
        if not is_destroyed(visit) and (change := counted_change(visit)) is not None
    ]
    raws = store.contents([change for _, change in newest])
    for visit, change in newest:
        content = _content(raws[change]) if change in raws else None
        if content is not None and isinstance(content.body, Submit):
            yield visit, content, content.body


def _content(raw: bytes) -> Content | None:
    """Read a content that was looked through when it was taken in; None for one that nobody can read."""
    try:
        return _contents.decode(raw)
    except UNREADABLE:
        return None


def open_states(workflows: Workflows) -> dict[str, str]:
    """Return the states of cases that are not sealed, each as `workflow:state`, in words."""
    return {
        f"{flow.id}:{code}": f"{flow.title}: {state.label}"
        for flow in workflows.all()
        if flow.service not in SEALED_SERVICES
        for code, state in flow.states.items()
    }


def _state(fields: Mapping[str, Any]) -> str:
    return f"{fields.get('workflow')}:{fields.get('state')}"


def _names_of(tx: Reader, cases: Sequence[Record]) -> dict[str, str]:
    wanted = {str(each.fields.get(name) or "") for each in cases for name in ("subjek", "petugas")}
    return names(SqlOfficeStore.reading(tx), wanted - {""})


def _services(fields: Mapping[str, Any]) -> set[str]:
    """Return the services of a record, but for those whose cases are sealed."""
    named = fields.get("layanan") or [fields.get("service")]
    return {str(each) for each in named if each and each not in SEALED_SERVICES}
