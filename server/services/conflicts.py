"""Conflicts: what differed, side by side, until somebody chooses. Rule: nothing is guessed."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Literal, cast

from schemas import format as written
from schemas.base import Data, encode
from schemas.form_types import Privacy
from schemas.ids import RecordId
from schemas.wire import Applied
from server import page_store
from server.access import Action, Person, Thing, Why, may, refused
from server.engine import Engine, Reader, Writer
from server.projections import finder
from server.services.answers import covered
from server.services.people import Actor, Denied
from server.services.review import Decided, NotThere, Stale
from server.services.visit_page import Words
from server.services.visits import names
from server.shelves import Shelf, about, conflict_shelf, read_shelf
from server.store import SqlOfficeStore
from sync.change import Resolve
from sync.merge import TOGETHER
from sync.store import Record

MOST = 200
NUMBERS = frozenset({"nik", "no_kk", "no_kks", "no_rekening", "no_hp"})
SEALED = frozenset({"ktkpm"})
"""Services whose records open nowhere but in the sealed room."""
Side = Literal["base", "theirs", "mine"]
STALE_STATE = "mundur"
"""A state, decision or choice that came too late: there is no value to choose, only something to know."""


class Difference(Data, frozen=True, kw_only=True):
    """One field that differs, in words."""

    name: str
    label: str
    base: str
    theirs: str
    mine: str


class Choice(Data, frozen=True, kw_only=True):
    """What is chosen at once: one field, or fields that mean something only together.

    `has_base`: the author said what they saw before; where they did not, nothing may be set back to it.
    """

    key: str
    fields: tuple[Difference, ...]
    has_base: bool


class ConflictView(Data, frozen=True, kw_only=True):
    """A conflict as a page shows it. `seen` names the state that was read, office values and all, as hex.

    `asks`: there are values to choose from; else the conflict can only be noted.
    """

    id: RecordId
    title: str
    kind: str
    reason: str
    said: str
    region: str
    choices: tuple[Choice, ...]
    labels: tuple[str, ...]
    seen: str
    asks: bool
    resolvable: bool


class ConflictList(Data, frozen=True, kw_only=True):
    """The oldest open conflicts that somebody may see, of how many in all.

    `sealed` counts those of their work that nobody may open outside the sealed room.
    """

    shown: tuple[ConflictView, ...]
    total: int
    sealed: int


class Conflicts:
    """The use cases of the conflict pages. Blocks its thread."""

    def __init__(self, engine: Engine, office: Actor, words: Words) -> None:
        self._engine, self._office, self._words = engine, office, words

    def count(self, person: Person) -> int:
        """Count the open conflicts that this person may see."""
        if not may(person, "see_conflicts"):
            return 0
        return self._engine.read(lambda tx: sum(self._shelves(tx, person, None).values()))

    def all(self, person: Person) -> ConflictList:
        """List the open conflicts that this person may see, oldest first, at most 200."""

        def work(tx: Reader) -> ConflictList:
            store, find = SqlOfficeStore.reading(tx), finder(tx)
            shelves = self._shelves(tx, person, None)
            ids = page_store.conflicts_on(tx, shelves, MOST)
            found = store.records(ids)
            known = names(store, {str(each.fields["petugas"]) for each in found.values()})
            targets = {name: about(found[name], find)[1] for name in ids}
            views = [self._view(found[name], targets[name], person, known) for name in ids]
            sealed = sum(self._shelves(tx, person, "sealed").values())
            return ConflictList(shown=tuple(views), total=sum(shelves.values()), sealed=sealed)

        return self._engine.read(work)

    def open(self, person: Person, conflict: RecordId) -> ConflictView | NotThere | Denied:
        """Show one conflict."""
        return self._engine.read(lambda tx: self._open(tx, person, conflict))

    def resolve(
        self, person: Person, conflict: RecordId, seen: str, choices: Mapping[str, str]
    ) -> Decided | Stale | NotThere | Denied:
        """Take one side of each choice, by its key. What keeps the office's value is not written at all."""

        def work(tx: Writer) -> Decided | Stale | NotThere | Denied:
            store = SqlOfficeStore.writing(tx)
            found = self._open(tx, person, conflict)
            if not isinstance(found, ConflictView):
                return found
            record = store.records([conflict])[conflict]
            if not found.resolvable:
                return Denied(why="role")
            if record.head is None or found.seen != seen:
                return Stale()
            body = Resolve(conflict=conflict, follows=record.head, values=_chosen(record, found, choices))
            outcome = self._office.act_in(tx, person.id, [body])[0]
            return Decided() if isinstance(outcome, Applied) else Stale()

        return self._engine.write(work).result()

    def _open(self, tx: Reader, person: Person, conflict: RecordId) -> ConflictView | NotThere | Denied:
        store = SqlOfficeStore.reading(tx)
        record = store.records([conflict]).get(conflict)
        if record is None or record.kind != "konflik":
            return NotThere()
        target = about(record, finder(tx))[1]
        why = self._why(person, "see_conflicts", conflict_shelf(record, target))
        if why is not None:
            return NotThere() if why == "row" else Denied(why=why)
        return self._view(record, target, person, names(store, [str(record.fields["petugas"])]))

    def _shelves(self, tx: Reader, person: Person, why: Why | None) -> dict[str, int]:
        """Return the shelves of open conflicts that this person may see, or may not for this reason."""
        found = page_store.conflict_shelves(tx).items()
        return {
            text: count
            for text, count in found
            if self._why(person, "see_conflicts", read_shelf(text)) == why
        }

    def _why(self, person: Person, action: Action, shelf: Shelf) -> Why | None:
        """Return why this person may not. One service of the record that lets them is enough."""
        whys: set[Why | None] = {
            self._refused(person, action, shelf.desa, *each) for each in self._served(shelf)
        }
        if None in whys:
            return None
        return "sealed" if "sealed" in whys else next(iter(whys))

    def _refused(
        self, person: Person, action: Action, region: str, service: str, privacy: Privacy
    ) -> Why | None:
        # asked twice, so that only those whose work it is learn that there is something sealed
        open_thing = Thing(author=None, region=region, service=service)
        why = refused(person, action, open_thing)
        sealed = Thing(author=None, region=region, service=service, privacy=privacy)
        return why or refused(person, action, sealed)

    def _served(self, shelf: Shelf) -> Iterable[tuple[str, Privacy]]:
        if shelf.form in self._words.forms.ids():
            form = self._words.forms.get(shelf.form)
            return [(form.service, form.privacy)]
        return [(name, "rahasia" if name in SEALED else "spesifik") for name in shelf.services or ("",)]

    def _view(
        self, conflict: Record, target: Record | None, person: Person, authors: Mapping[str, str]
    ) -> ConflictView:
        text, fields = self._words.text, conflict.fields
        known: dict[str, Any] = target.fields if target else {}
        kind = f"kantor.jenis.{fields['kind']}"
        shelf = conflict_shelf(conflict, target)
        open_still, own = fields["state"] == "menunggu", fields["petugas"] == person.id
        allowed = self._why(person, "resolve_conflicts", shelf) is None
        said = written.date_and_clock(fields["at_ms"])
        choices = tuple(self._choices(conflict, known))
        return ConflictView(
            id=conflict.id,
            title=str(known.get("nama") or known.get("nama_ewarong") or text("kantor.antrean.tanpa_nama")),
            kind=text(kind if kind in text else "kantor.jenis.lain"),
            reason=text(f"kantor.konflik.{fields['reason']}"),
            said=text("kantor.konflik.ditulis", nama=authors.get(fields["petugas"], "–"), waktu=said),
            region=self._words.region(shelf.desa),
            choices=choices,
            labels=tuple(each.label for choice in choices for each in choice.fields),
            seen=_seen(conflict, known),
            asks=fields["reason"] != STALE_STATE,
            resolvable=open_still and not own and allowed,
        )

    def _choices(self, conflict: Record, present: Mapping[str, Any]) -> Iterable[Choice]:
        kind, cases = str(conflict.fields["kind"]), _cases(conflict)
        for group in _groups(kind, cases):
            fields = tuple(
                Difference(
                    name=name,
                    label=self._label(name),
                    base=self._show(name, cases[name].get("base")),
                    theirs=self._show(name, present.get(name)),
                    mine=self._show(name, cases[name].get("mine")),
                )
                for name in group
            )
            has_base = all(cases[name].get("base") is not None for name in group)
            yield Choice(key=group[0], fields=fields, has_base=has_base)

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


def _cases(conflict: Record) -> dict[str, dict[str, Any]]:
    """Return what differs, by field; that a conflict was to be closed is no value of the record."""
    fields: dict[str, dict[str, Any]] = conflict.fields["fields"]
    closes = conflict.fields["kind"] == "konflik"
    return {name: case for name, case in fields.items() if not (closes and name == "state")}


def _groups(kind: str, cases: Mapping[str, Any]) -> list[list[str]]:
    """Split the fields of a conflict into what is chosen at once, in the order of the conflict."""
    left: list[str] = list(cases)
    groups: list[list[str]] = []
    while left:
        alone: frozenset[str] = frozenset({left[0]})
        together = next((group for group in TOGETHER.get(kind, ()) if left[0] in group), alone)
        groups.append([name for name in left if name in together])
        left = [name for name in left if name not in together]
    return groups


def _chosen(conflict: Record, view: ConflictView, choices: Mapping[str, str]) -> dict[str, Any]:
    """Return what to write. The office's value is what stands when nothing is written."""
    cases = _cases(conflict)
    values: dict[str, Any] = {}
    for choice in view.choices if view.asks else ():
        side = choices.get(choice.key)
        if side == "mine" or (side == "base" and choice.has_base):
            values |= {field.name: cases[field.name].get(side) for field in choice.fields}
    return values


def _seen(conflict: Record, present: Mapping[str, Any]) -> str:
    """Name what a reader saw: the conflict's head, and the office's values beside it."""
    shown = {name: present.get(name) for name in conflict.fields["fields"]}
    head = conflict.head.hex() if conflict.head else ""
    return head + sha256(encode(shown)).hexdigest()[:16]
