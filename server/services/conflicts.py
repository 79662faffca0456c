"""Conflicts: what differed, side by side, until somebody chooses. Rule: nothing is guessed.

A choice names the state that was read, office values and all. If that moved on meanwhile nothing is written,
and what was typed is shown again beside what stands now.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schemas.base import Data
from schemas.form_types import Privacy
from schemas.format import local_date
from schemas.ids import PersonId, RecordId
from schemas.reopening import reopening_event
from schemas.wire import Applied
from schemas.workflow import Workflows
from server import conflict_store
from server.access import Person, Thing, Why, may, refused
from server.engine import Engine, Reader, Writer
from server.projections import finder
from server.services.conflict_facts import Facts, VisitAround, gather
from server.services.conflict_story import Story, story
from server.services.conflict_view import Choice, ConflictView, cases_of, conflict_view, subject_of
from server.services.looks import note_looks
from server.services.nik_regions import nik_prefixes
from server.services.people import Actor, Denied
from server.services.review import Decided, NotThere, Stale
from server.services.shelf_rights import ShelfRights
from server.services.visit_page import Words
from server.services.visits import names
from server.services.written_value import Wrong, field_of, read_written
from server.shelves import about, conflict_shelf, read_shelf
from server.store import SqlOfficeStore
from sync.change import Accessed, Resolve
from sync.merge import NO_FIELDS, SETS
from sync.store import Record

MOST = 50
WRITTEN = "lain"
"""The choice of a value that the officer writes."""


class ConflictFilter(Data, frozen=True, kw_only=True):
    """Which open conflicts to list; empty members do not narrow."""

    desa: str = ""
    service: str = ""
    kind: str = ""


EVERYTHING = ConflictFilter()


class ConflictList(Data, frozen=True, kw_only=True):
    """Open conflicts that somebody may see, oldest first, from the `first`-th on of `total` in the filter.

    `sealed` counts those of their work that nobody may open outside the sealed room; `desa`, `services` and
    `kinds` are those of all that may be seen, for the filters.
    """

    shown: tuple[ConflictView, ...]
    total: int
    first: int
    sealed: int
    desa: tuple[str, ...]
    services: tuple[str, ...]
    kinds: tuple[str, ...]


class ConflictPage(Data, frozen=True, kw_only=True):
    """One conflict with all around it, and its neighbours; `may_open`: numbers, with a purpose."""

    view: ConflictView
    story: Story
    next: RecordId | None
    previous: RecordId | None
    may_open: bool


class Mistyped(Data, frozen=True, kw_only=True):
    """What was written cannot stand: the text key of what is wrong, by field. Nothing was decided."""

    wrong: dict[str, str]


class Conflicts:
    """The use cases of the conflict pages. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        words: Words,
        workflows: Workflows,
        now_ms: Callable[[], int],
    ) -> None:
        self._engine, self._office, self._words = engine, office, words
        self._workflows, self._now_ms, self._rights = workflows, now_ms, ShelfRights(words.forms)
        self._desa = frozenset(r.kode for r in words.wilayah if r.is_desa)

    def count(self, person: Person, before_ms: int = 2**62) -> int:
        """Count the open conflicts that this person may see, of those from before a moment (UTC ms)."""
        if not may(person, "see_conflicts"):
            return 0
        return self._engine.read(
            lambda tx: sum(pile.count for pile in self._piles(tx, person, None, before_ms))
        )

    def all(
        self,
        person: Person,
        wanted: ConflictFilter = EVERYTHING,
        number: int = 1,
    ) -> ConflictList:
        """List the open conflicts that this person may see, oldest first, a page at a time."""
        offset = (max(1, number) - 1) * MOST

        def work(tx: Reader) -> ConflictList:
            store, find = SqlOfficeStore.reading(tx), finder(tx)
            piles = self._piles(tx, person, None)
            shelves = [read_shelf(pile.shelf) for pile in piles]
            chosen = self._narrowed(piles, wanted)
            total = sum(p.count for p in piles if p.shelf in chosen and wanted.kind in ("", p.kind))
            ids = conflict_store.oldest(tx, chosen, wanted.kind, MOST, offset)
            found = store.records(ids)
            targets = {name: about(found[name], find)[1] for name in ids}
            people = {str(each.fields["petugas"]) for each in found.values()}
            known = names(store, (people | set(map(subject_of, targets.values()))) - {""})
            views = [self._view(found[name], targets[name], person, known) for name in ids]
            return ConflictList(
                shown=tuple(views),
                total=total,
                first=offset + 1,
                sealed=sum(pile.count for pile in self._piles(tx, person, "sealed")),
                desa=tuple(sorted({shelf.desa for shelf in shelves if shelf.desa})),
                services=tuple(sorted({name for shelf in shelves for name in self._rights.services(shelf)})),
                kinds=tuple(sorted({pile.kind for pile in piles})),
            )

        return self._engine.read(work)

    def open(self, person: Person, conflict: RecordId) -> ConflictView | NotThere | Denied:
        """Show one conflict, without what stands around it."""
        return self._engine.read(lambda tx: self._open(tx, person, conflict, opened=False))

    def open_on(self, person: Person, subject: str | None) -> tuple[ConflictView, ...]:
        """Show the open conflicts about a warga or e-warong that this person may see, oldest first."""
        if not subject or not may(person, "see_conflicts"):
            return ()

        def work(tx: Reader) -> tuple[ConflictView, ...]:
            ids = conflict_store.open_about(tx, [RecordId(subject)])
            found = (self._open(tx, person, each, opened=False) for each in ids)
            return tuple(each for each in found if isinstance(each, ConflictView))

        return self._engine.read(work)

    def page(
        self, person: Person, conflict: RecordId, wanted: ConflictFilter, *, opened: bool = False
    ) -> ConflictPage | NotThere | Denied:
        """Show one conflict with all around it. `opened` shows numbers; record it first by `look`."""

        def work(tx: Reader) -> ConflictPage | NotThere | Denied:
            view = self._open(tx, person, conflict, opened=opened)
            if not isinstance(view, ConflictView):
                return view
            record, target = self._both(tx, conflict)
            may_open = self._rights.why(person, "open_numbers", conflict_shelf(record, target)) is None
            shelves = self._narrowed(self._piles(tx, person, None), wanted)
            at_ms = int(record.fields["at_ms"])
            return ConflictPage(
                view=view,
                story=self._story(tx, person, record, target, opened=opened),
                next=conflict_store.after(tx, shelves, wanted.kind, at_ms, conflict),
                previous=conflict_store.before(tx, shelves, wanted.kind, at_ms, conflict),
                may_open=may_open,
            )

        return self._engine.read(work)

    def look(self, person: Person, conflict: RecordId, purpose: str) -> bool:
        """Record in the office's chain why numbers are opened; returns whether this person may."""

        def work(tx: Reader) -> bool:
            if not isinstance(self._open(tx, person, conflict, opened=False), ConflictView):
                return False
            return self._rights.why(person, "open_numbers", conflict_shelf(*self._both(tx, conflict))) is None

        if not self._engine.read(work):
            return False
        looked = Accessed(subject=conflict, purpose=purpose)
        self._engine.write(lambda tx: note_looks(tx, self._office, person.id, looked)).result()
        return True

    def resolve(
        self,
        person: Person,
        conflict: RecordId,
        seen: str,
        choices: Mapping[str, str],
        typed: Mapping[str, str] | None = None,
    ) -> Decided | Stale | Mistyped | NotThere | Denied:
        """Take one side of each choice, by its key, or what was `typed` for its fields.

        What keeps the office's value is not written at all.
        """

        def work(tx: Writer) -> Decided | Stale | Mistyped | NotThere | Denied:
            found = self._open(tx, person, conflict, opened=False)
            if not isinstance(found, ConflictView):
                return found
            if not may(person, "resolve_conflicts"):
                return Denied(why="role")
            record, _ = self._both(tx, conflict)
            if record.head is None or found.seen != seen or record.fields["state"] != "menunggu":
                return Stale()
            if not found.resolvable:
                return Denied(why="role")
            values = self._chosen(tx, record, found, choices, typed or {})
            if isinstance(values, Mistyped):
                return values
            body = Resolve(conflict=conflict, follows=record.head, values=values)
            outcome = self._office.act_in(tx, person.id, [body])[0]
            return Decided() if isinstance(outcome, Applied) else Stale()

        return self._engine.write(work).result()

    def _open(
        self, tx: Reader, person: Person, conflict: RecordId, *, opened: bool
    ) -> ConflictView | NotThere | Denied:
        store = SqlOfficeStore.reading(tx)
        record = store.records([conflict]).get(conflict)
        if record is None or record.kind != "konflik" or "record" not in record.fields:
            return NotThere()
        target = about(record, finder(tx))[1]
        why = self._rights.why(person, "see_conflicts", conflict_shelf(record, target))
        if why is not None:
            return NotThere() if why == "row" else Denied(why=why)
        known = names(store, {str(record.fields["petugas"]), subject_of(target)} - {""})
        return self._view(record, target, person, known, opened=opened)

    def _both(self, tx: Reader, conflict: RecordId) -> tuple[Record, Record | None]:
        record = SqlOfficeStore.reading(tx).records([conflict])[conflict]
        return record, about(record, finder(tx))[1]

    def _view(
        self,
        conflict: Record,
        target: Record | None,
        person: Person,
        known: Mapping[str, str],
        *,
        opened: bool = False,
    ) -> ConflictView:
        open_still, own = conflict.fields["state"] == "menunggu", conflict.fields["petugas"] == person.id
        allowed = self._rights.why(person, "resolve_conflicts", conflict_shelf(conflict, target)) is None
        resolvable = open_still and not own and allowed
        spoken = self._spoken(target)
        return conflict_view(
            conflict, target, self._words, known, spoken, resolvable=resolvable, opened=opened
        )

    def _spoken(self, target: Record | None) -> dict[str, str]:
        """Return the labels of a case's states and steps."""
        if (
            target is None
            or target.kind != "kasus"
            or target.fields.get("workflow") not in self._workflows.ids()
        ):
            return {}
        workflow = self._workflows.get(target.fields["workflow"], target.fields["workflow_version"])
        labels = {code: state.label for code, state in workflow.states.items()}
        return labels | {event.code: event.label for event in (*workflow.events, reopening_event())}

    def _story(
        self, tx: Reader, person: Person, conflict: Record, target: Record | None, *, opened: bool
    ) -> Story:
        store, facts = SqlOfficeStore.reading(tx), gather(tx, conflict, target)
        shown = Facts(
            mine=facts.mine,
            theirs=facts.theirs,
            place=facts.place,
            evidence_mine=tuple(each for each in facts.evidence_mine if self._may_see(person, each)),
            evidence_theirs=tuple(each for each in facts.evidence_theirs if self._may_see(person, each)),
            merged=facts.merged,
            moved=facts.moved,
        )
        people = {str(conflict.fields["petugas"]), str(conflict.fields.get("resolved_by") or "")}
        if facts.theirs is not None:
            people.add(facts.theirs.author)
        known = names(store, people - {""})
        return story(conflict, target, shown, self._words, known, opened=opened)

    def _may_see(self, person: Person, around: VisitAround) -> bool:
        """Whether a visit's photos may be shown to whoever sees the conflict."""
        forms = [self._words.forms.get(f, given.version) for f, given in around.version.submit.forms.items()]
        main = self._words.forms.get(around.version.submit.form)
        privacy: Privacy = "rahasia" if any(form.privacy == "rahasia" for form in forms) else "spesifik"
        author = PersonId(around.version.content.author)
        thing = Thing(author=author, region=around.region, service=main.service, privacy=privacy)
        return refused(person, "see_visits", thing) is None

    def _piles(
        self, tx: Reader, person: Person, why: Why | None, before_ms: int = 2**62
    ) -> list[conflict_store.Pile]:
        """Return the piles of open conflicts that this person may see, or may not for this reason."""
        found = conflict_store.piles(tx, before_ms)
        shelves = {pile.shelf for pile in found}
        judged = {shelf: self._rights.why(person, "see_conflicts", read_shelf(shelf)) for shelf in shelves}
        return [pile for pile in found if judged[pile.shelf] == why]

    def _narrowed(self, piles: Iterable[conflict_store.Pile], wanted: ConflictFilter) -> set[str]:
        """Return the shelves that a filter leaves."""
        found = {pile.shelf: read_shelf(pile.shelf) for pile in piles}
        return {
            text
            for text, shelf in found.items()
            if wanted.desa in ("", shelf.desa)
            and (not wanted.service or wanted.service in self._rights.services(shelf))
        }

    def _chosen(
        self,
        tx: Reader,
        conflict: Record,
        view: ConflictView,
        choices: Mapping[str, str],
        typed: Mapping[str, str],
    ) -> dict[str, Any] | Mistyped:
        """Return what to write. The office's value is what stands when nothing is written."""
        cases, values, wrong = cases_of(conflict), dict[str, Any](), dict[str, str]()
        for choice in view.choices if view.asks else ():
            side = choices.get(choice.key)
            if side == "mine" or (side == "base" and choice.has_base):
                values |= {field.name: cases[field.name].get(side) for field in choice.fields}
            elif side == WRITTEN and choice.writable:
                read, mistakes = self._typed(tx, str(conflict.fields["kind"]), choice, typed)
                values |= read
                wrong |= mistakes
        return Mistyped(wrong=wrong) if wrong else values

    def _typed(
        self, tx: Reader, kind: str, choice: Choice, typed: Mapping[str, str]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        values, wrong = dict[str, Any](), dict[str, str]()
        for each in choice.fields:
            if each.ask is None:
                continue
            is_set = each.name in SETS.get(kind, NO_FIELDS)
            read = read_written(
                each.ask,
                None if is_set else field_of(self._words.forms, kind, each.name),
                each.name,
                typed,
                today=local_date(self._now_ms()),
                kecamatan=self._words.kecamatan | nik_prefixes(tx),
                desa=self._desa,
            )
            if isinstance(read, Wrong):
                wrong[each.name] = read.say
            else:
                values[each.name] = read.value
        return values, wrong
