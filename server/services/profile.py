"""All that the office knows of a warga or an e-warong, on one page. Rule: opening it is a recorded look.

Numbers are covered until somebody opens them with a purpose. A visit and a case are listed for whom their own
pages would open; what was merged into a record is shown with it.
"""

from collections.abc import Callable, Iterable, Sequence

from schemas import format as written
from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.workflow import Workflows
from server import subject_store
from server.access import Action, Person, Thing, may, refused
from server.engine import Engine, Reader
from server.services.cases import tone_of
from server.services.closed_shops import closed_shops
from server.services.conflict_view import NUMBERS, label_of_field
from server.services.finding import Finding, Hit, hit_of, open_services
from server.services.indexing import Indexing
from server.services.looks import note_looks
from server.services.merging import GROUPS, told
from server.services.objections import Objection, objections
from server.services.people import Actor, Denied
from server.services.record_history import Act, Look, acts, field_words, has_looked, looks
from server.services.review import NotThere
from server.services.six_rights import Checked, checked
from server.services.trail import Trail
from server.services.visit_page import Words
from server.services.visits import load_newest, names
from server.shelves import thing_of_case
from server.store import SqlOfficeStore
from server.subjects import MERGED
from sync.change import Accessed
from sync.scope import SUBJECT_KINDS
from sync.store import Record

LOOK_MS = 15 * 60_000
"""Within this time a look by the same person is the same look."""
MOST_VISITS = 50


class FieldLine(Data, frozen=True, kw_only=True):
    """One field in words."""

    label: str
    value: str
    number: bool


class FieldGroup(Data, frozen=True, kw_only=True):
    """Fields that are read together; `key` names the group."""

    key: str
    lines: tuple[FieldLine, ...]


class VisitLine(Data, frozen=True, kw_only=True):
    """A visit in the list of a profile."""

    id: RecordId
    title: str
    when: str
    author: str
    state: str


class CaseLine(Data, frozen=True, kw_only=True):
    """A case in the list of a profile."""

    id: RecordId
    title: str
    state: str
    tone: str
    since: str


class Profile(Data, frozen=True, kw_only=True):
    """The page. `masked`: there are numbers that may be opened; `into`: the record that it lives on in;
    `doubles` are the others of pairs with it; `hidden_visits` those of other people's work; `undoable` those
    merged into this very record; `objection` is one that holds their data back. `desa`
    and `served` are codes; `closed` is since when (ISO) a shop trades no longer, empty otherwise.
    """

    hit: Hit
    groups: tuple[FieldGroup, ...]
    household: tuple[Hit, ...]
    visits: tuple[VisitLine, ...]
    hidden_visits: int
    has_older_visits: bool
    cases: tuple[CaseLine, ...]
    checked: tuple[Checked, ...]
    closed: str
    acts: tuple[Act, ...]
    older_acts: int
    looks: tuple[Look, ...]
    older_looks: int
    into: Hit | None
    merged: tuple[Hit, ...]
    undoable: frozenset[RecordId]
    doubles: tuple[Hit, ...]
    masked: bool
    may_match: bool
    objection: Objection | None
    desa: str
    served: tuple[str, ...]


class Profiles:
    """The use cases of the page. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        words: Words,
        workflows: Workflows,
        *,
        finding: Finding,
        indexing: Indexing,
        trail: Trail,
        now_ms: Callable[[], int],
    ) -> None:
        self._engine, self._office, self._words, self._workflows = engine, office, words, workflows
        self._finding, self._indexing, self._trail, self._now_ms = finding, indexing, trail, now_ms

    def open(self, person: Person, subject: RecordId) -> Profile | NotThere | Denied:
        """Show somebody or a shop, and record that it was looked at."""
        return self._show(person, subject, "see_warga", self._words.text("warga.dilihat"), opened=False)

    def look(self, person: Person, subject: RecordId, purpose: str) -> Profile | NotThere | Denied:
        """Record why numbers are opened, and then show them in full."""
        return self._show(person, subject, "open_numbers", purpose, opened=True)

    def _show(
        self, person: Person, subject: RecordId, action: Action, purpose: str, *, opened: bool
    ) -> Profile | NotThere | Denied:
        if not may(person, action):
            return Denied(why="role")
        record = self._engine.read(lambda tx: self._record(tx, person, action, subject))
        if record is None:
            return NotThere()
        self._indexing.catch_up(1)
        self._trail.catch_up()
        since = self._now_ms() - LOOK_MS
        if opened or not self._engine.read(lambda tx: has_looked(tx, person.id, subject, since)):
            looked = Accessed(subject=subject, purpose=purpose)
            self._engine.write(lambda tx: note_looks(tx, self._office, person.id, looked)).result()
            self._trail.catch_up()

        def work(tx: Reader) -> Profile | NotThere:
            now = self._record(tx, person, action, subject)
            return NotThere() if now is None else self._profile(tx, person, now, opened=opened)

        return self._engine.read(work)

    def _record(self, tx: Reader, person: Person, action: Action, subject: RecordId) -> Record | None:
        """Return the record if the reader may see it, and do this with it."""
        record = SqlOfficeStore.reading(tx).records([subject]).get(subject)
        if record is None or record.kind not in SUBJECT_KINDS:
            return None
        allowed = self._finding.may(person, "see_warga", record) and self._finding.may(person, action, record)
        return record if allowed else None

    def _profile(self, tx: Reader, person: Person, record: Record, *, opened: bool) -> Profile:
        fields, words = record.fields, self._words
        about = [record.id, *subject_store.merged_into(tx, record.id)]
        known = SqlOfficeStore.reading(tx).records(about)
        fresh = bool(subject_store.is_fresh(tx, [record.id]))
        may_open = self._finding.may(person, "open_numbers", record)
        newest = subject_store.visits_of(tx, about, MOST_VISITS + 1)
        visits = SqlOfficeStore.reading(tx).records(newest[:MOST_VISITS])
        seen = [visit for visit in visits.values() if self._may_see_visit(person, visit)]
        seen.sort(key=_received_ms, reverse=True)
        pairs = subject_store.pairs_of(tx, record.id)
        others = [pair.other if pair.one == record.id else pair.one for pair in pairs]
        into = fields.get(MERGED)
        told, older_acts = acts(tx, self._trail, words, record.kind, about, opened=opened and may_open)
        looked, older_looks = looks(tx, self._trail, about)
        return Profile(
            hit=hit_of(record, words, fresh=fresh),
            groups=tuple(_groups(record, words, opened=opened and may_open)),
            household=self._household(tx, person, record),
            visits=self._visits(tx, seen),
            hidden_visits=len(visits) - len(seen),
            has_older_visits=len(newest) > MOST_VISITS,
            cases=tuple(self._cases(tx, person, about)),
            checked=self._checked(tx, seen) if record.kind == "ewarong" else (),
            closed=closed_shops(tx, [record.id]).get(record.id, "") if record.kind == "ewarong" else "",
            acts=told,
            older_acts=older_acts,
            looks=looked,
            older_looks=older_looks,
            into=next(iter(self._finding.hits(tx, person, [RecordId(into)])), None) if into else None,
            merged=tuple(hit_of(known[name], words) for name in about[1:] if name in known),
            undoable=frozenset(
                name
                for name in about
                if name in known and known[name].fields.get(MERGED) == record.id and not into
            ),
            doubles=tuple(self._finding.hits(tx, person, others)),
            masked=may_open and not opened and any(fields.get(name) for name in NUMBERS),
            may_match=self._finding.may(person, "match_warga", record),
            objection=objections(tx).get(record.id),
            desa=str(fields.get("kode_desa") or ""),
            served=tuple(open_services(fields)),
        )

    def _household(self, tx: Reader, person: Person, record: Record) -> tuple[Hit, ...]:
        number = record.fields.get("no_kk")
        if not isinstance(number, str) or not number:
            return ()
        same = [name for name in subject_store.same_kk(tx, number) if name != record.id]
        return tuple(hit for hit in self._finding.hits(tx, person, same) if hit.id != record.id)

    def _may_see_visit(self, person: Person, visit: Record) -> bool:
        form = str(visit.fields.get("form") or "")
        if form not in self._words.forms.ids():
            return False
        kind = self._words.forms.get(form)
        thing = Thing(
            author=PersonId(str(visit.fields.get("petugas") or "")),
            region=str(visit.fields.get("kode_desa") or ""),
            service=kind.service,
            privacy=kind.privacy,
        )
        return refused(person, "see_visits", thing) is None

    def _visits(self, tx: Reader, visits: Sequence[Record]) -> tuple[VisitLine, ...]:
        known = names(SqlOfficeStore.reading(tx), {str(visit.fields["petugas"]) for visit in visits})
        return tuple(
            VisitLine(
                id=visit.id,
                title=self._words.forms.get(str(visit.fields["form"])).title,
                when=written.long_date(written.local_date(visit.fields["versions"][-1]["received_ms"])),
                author=known.get(str(visit.fields["petugas"]), "–"),
                state=str(visit.fields["state"]),
            )
            for visit in visits
        )

    def _checked(self, tx: Reader, visits: Iterable[Record]) -> tuple[Checked, ...]:
        return checked(load_newest(tx, visits), self._words)

    def _cases(self, tx: Reader, person: Person, about: Sequence[RecordId]) -> Iterable[CaseLine]:
        found = SqlOfficeStore.reading(tx).records(subject_store.cases_of(tx, about))
        for case in sorted(found.values(), key=lambda each: int(each.fields["since_ms"]), reverse=True):
            workflow = self._workflows.get(case.fields["workflow"], case.fields["workflow_version"])
            if refused(person, "see_cases", thing_of_case(workflow, case.fields)) is None:
                state = workflow.states[case.fields["state"]]
                yield CaseLine(
                    id=case.id,
                    title=workflow.title,
                    state=state.label,
                    tone=tone_of(workflow, case.fields["state"]),
                    since=written.long_date(written.local_date(case.fields["since_ms"])),
                )


def _received_ms(visit: Record) -> int:
    return int(visit.fields["versions"][-1]["received_ms"])


def _groups(record: Record, words: Words, *, opened: bool) -> Iterable[FieldGroup]:
    """Lay out the fields that are filled; a name stands above the page already, and stays in its group."""
    left = told(record)
    groups = [*GROUPS, ("lain", tuple(name for name in left if not any(name in each for _, each in GROUPS)))]
    for key, group in groups:
        lines = tuple(
            FieldLine(
                label=label_of_field(record.kind, name, words),
                value=field_words(record.kind, name, left[name], words, opened=opened),
                number=name in NUMBERS,
            )
            for name in group
            if name in left
        )
        if lines:
            yield FieldGroup(key=key, lines=lines)
