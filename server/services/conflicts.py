"""Conflicts: what differed, side by side, until somebody chooses. Rule: nothing is guessed."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from schemas import format as written
from schemas.base import Data
from schemas.form_types import Privacy
from schemas.ids import PersonId, RecordId
from schemas.wire import Applied
from server import page_store
from server.access import Person, Thing, may, refused
from server.engine import Engine, Reader, Writer
from server.services.answers import covered
from server.services.people import Actor, Denied
from server.services.review import Decided, NotThere, Stale
from server.services.visit_page import Words
from server.services.visits import names
from server.store import SqlOfficeStore
from sync.change import Resolve
from sync.store import Record

MOST = 200
NUMBERS = frozenset({"nik", "no_kk", "no_kks", "no_rekening", "no_hp"})
Side = Literal["base", "theirs", "mine"]
SIDES: tuple[Side, ...] = ("base", "theirs", "mine")


class Difference(Data, frozen=True, kw_only=True):
    """One field that differs, in words."""

    name: str
    label: str
    base: str
    theirs: str
    mine: str


class ConflictView(Data, frozen=True, kw_only=True):
    """A conflict as a page shows it. `seen` is the change that a choice made here follows, as hex."""

    id: RecordId
    title: str
    kind: str
    reason: str
    said: str
    region: str
    differences: tuple[Difference, ...]
    seen: str
    resolvable: bool


class Conflicts:
    """The use cases of the conflict pages. Blocks its thread."""

    def __init__(self, engine: Engine, office: Actor, words: Words) -> None:
        self._engine, self._office, self._words = engine, office, words

    def count(self, person: Person) -> int:
        """Count the open conflicts that this person may see, up to 200."""
        return len(self.all(person)) if may(person, "see_conflicts") else 0

    def all(self, person: Person) -> list[ConflictView]:
        """List the open conflicts that this person may see, oldest first."""

        def work(tx: Reader) -> list[ConflictView]:
            store = SqlOfficeStore.reading(tx)
            ids = page_store.conflict_ids(tx, "menunggu", MOST)
            found = store.records(ids)
            targets = store.records({RecordId(each.fields["record"]) for each in found.values()})
            views: list[ConflictView] = []
            for name in ids:
                target = targets.get(RecordId(found[name].fields["record"]))
                if refused(person, "see_conflicts", self._thing(found[name], target, person)) is None:
                    views.append(self._view(store, found[name], target, person))
            return views

        return self._engine.read(work)

    def open(self, person: Person, conflict: RecordId) -> ConflictView | NotThere | Denied:
        """Show one conflict."""
        return self._engine.read(lambda tx: self._open(tx, person, conflict))

    def resolve(
        self, person: Person, conflict: RecordId, seen: str, choices: Mapping[str, str]
    ) -> Decided | Stale | NotThere | Denied:
        """Take one side of each field named; a field without a choice keeps the office's value."""

        def work(tx: Writer) -> Decided | Stale | NotThere | Denied:
            store = SqlOfficeStore.writing(tx)
            found = self._open(tx, person, conflict)
            if not isinstance(found, ConflictView):
                return found
            record = store.records([conflict])[conflict]
            if not found.resolvable:
                return Denied(why="role")
            if record.head is None or found.seen != seen or record.fields["state"] != "menunggu":
                return Stale()
            body = Resolve(conflict=conflict, follows=record.head, values=_chosen(record, choices))
            outcome = self._office.act_in(tx, person.id, [body])[0]
            return Decided() if isinstance(outcome, Applied) else Stale()

        return self._engine.write(work).result()

    def _open(self, tx: Reader, person: Person, conflict: RecordId) -> ConflictView | NotThere | Denied:
        store = SqlOfficeStore.reading(tx)
        record = store.records([conflict]).get(conflict)
        if record is None or record.kind != "konflik":
            return NotThere()
        about = RecordId(record.fields["record"])
        target = store.records([about]).get(about)
        why = refused(person, "see_conflicts", self._thing(record, target, person))
        if why is not None:
            return NotThere() if why == "row" else Denied(why=why)
        return self._view(store, record, target, person)

    def _thing(self, conflict: Record, target: Record | None, person: Person) -> Thing:
        fields: dict[str, Any] = target.fields if target else {}
        proposed: dict[str, Any] = conflict.fields["fields"].get("kode_desa") or {}
        region = fields.get("kode_desa") or proposed.get("mine") or ""
        offered: list[str] = list(fields.get("layanan") or [fields.get("service") or ""])
        service = next((name for name in offered if name in person.services), offered[0])
        privacy: Privacy = "rahasia" if service == "ktkpm" else "spesifik"
        return Thing(
            author=PersonId(conflict.fields["petugas"]), region=str(region), service=service, privacy=privacy
        )

    def _view(
        self, store: SqlOfficeStore, conflict: Record, target: Record | None, person: Person
    ) -> ConflictView:
        text, fields = self._words.text, conflict.fields
        author = names(store, [fields["petugas"]]).get(fields["petugas"], "–")
        known: dict[str, Any] = target.fields if target else {}
        kind = f"kantor.jenis.{fields['kind']}"
        own = fields["petugas"] == person.id
        thing = self._thing(conflict, target, person)
        open_still = fields["state"] == "menunggu"
        may_choose = open_still and not own and refused(person, "resolve_conflicts", thing) is None
        return ConflictView(
            id=conflict.id,
            title=str(known.get("nama") or known.get("nama_ewarong") or text("kantor.antrean.tanpa_nama")),
            kind=text(kind if kind in text else "kantor.jenis.lain"),
            reason=text(f"kantor.konflik.{fields['reason']}"),
            said=text("kantor.konflik.ditulis", nama=author, waktu=written.date_and_clock(fields["at_ms"])),
            region=self._words.region(thing.region),
            differences=tuple(self._difference(name, case) for name, case in fields["fields"].items()),
            seen=conflict.head.hex() if conflict.head else "",
            resolvable=may_choose,
        )

    def _difference(self, name: str, case: Mapping[str, Any]) -> Difference:
        return Difference(
            name=name,
            label=self._label(name),
            **{side: self._show(name, case.get(side)) for side in SIDES},
        )

    def _label(self, name: str) -> str:
        key = f"kantor.isian.{name}"
        if key in self._words.text:
            return self._words.text(key)
        forms = self._words.forms.all()
        return next((form.fields[name].short for form in forms if name in form.fields), name)

    def _show(self, name: str, value: Any) -> str:
        if value is None or value in ("", []):
            return self._words.text("kantor.konflik.kosongkan")
        if name in NUMBERS:
            return covered(str(value))
        if name == "kode_desa":
            return self._words.region(str(value))
        if isinstance(value, list):
            return ", ".join(str(each) for each in cast("list[Any]", value))
        if isinstance(value, dict):
            return "; ".join(str(each) for each in cast("dict[str, Any]", value).values())
        return str(value)


def _chosen(conflict: Record, choices: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, dict[str, Any]] = conflict.fields["fields"]
    if conflict.fields["reason"] == "mundur":
        return {}
    return {
        name: fields[name].get(side) for name, side in choices.items() if name in fields and side in SIDES
    }
