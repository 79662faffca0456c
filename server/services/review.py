"""Reviewing a visit: its page, its photos, the decision. Rule: each call asks for the right it needs.

A decision follows the newest change that the officer saw, checked in the transaction that makes it: if the
visit has moved on, nothing is recorded and the newest state is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import cast

from schemas.base import Data
from schemas.form_types import Privacy
from schemas.ids import BlobId, PersonId, RecordId
from schemas.wire import Applied
from schemas.workflow import Workflows
from server import handed_store, page_store
from server.access import ROLES, Person, Thing, Why, refused
from server.engine import DiskError, Engine, Reader, Writer
from server.handed_store import Handed
from server.services.conflict_facts import merged_beside
from server.services.conflict_view import label_of_field
from server.services.deciding import RETURNED, Decision, fits, lacking_in, waits
from server.services.looks import note_looks
from server.services.meant import Others, meant
from server.services.opening_cases import Opens, open_case, opened_by
from server.services.people import Actor, Denied, people
from server.services.signs import examine_beside
from server.services.tugas_after import settling
from server.services.visit_page import VisitPage, Words, label_of, name_of, visit_page
from server.services.visits import Version, Visit, load_visit, names
from server.store import SqlOfficeStore
from sync.change import Accessed, Decide, Evidence
from sync.neutral import is_sealed
from sync.visits import LEAVE, said_ms

_SECRECY: dict[Privacy, int] = {"biasa": 0, "spesifik": 1, "rahasia": 2}


class Rights(Data, frozen=True, kw_only=True):
    """What the reader may do on a visit's page; `why` is a text key when they may not decide.

    `reopen`: a decision that stands may be taken back by them. `leave`: they may say that it stands, though a
    version came since.
    """

    decide: bool
    open_numbers: bool
    report: bool
    why: str = ""
    reopen: bool = False
    leave: bool = False


class HandedTo(Data, frozen=True, kw_only=True):
    """Whom a colleague asked to decide a visit, in names; `at_ms` is UTC milliseconds."""

    person: PersonId
    to: str
    by: str
    note: str
    at_ms: int


class Open(Data, frozen=True, kw_only=True):
    """A visit's page with the reader's rights on it.

    `merged` are fields of its subject that others had changed meanwhile, and that now stand beside its own;
    `handed` says whom a colleague asked to decide it, `visit` is what the page was drawn from.
    """

    page: VisitPage
    rights: Rights
    merged: tuple[str, ...] = ()
    handed: HandedTo | None = None
    visit: Visit


class Shown(Data, frozen=True, kw_only=True):
    """One photo of a visit that the reader may see."""

    evidence: Evidence
    label: str
    name: str
    held: bool
    visit_place: tuple[float, float] | None


class NotThere(Data, frozen=True, kw_only=True):
    """No such thing, or none that this person may know of."""


class Incomplete(Data, frozen=True, kw_only=True):
    """The decision lacks something; `say` is a text key."""

    say: str


class Stale(Data, frozen=True, kw_only=True):
    """The visit has moved on since it was read; nothing was decided."""


class Decided(Data, frozen=True, kw_only=True):
    """It stands. `case` is the kasus that the approval opened, the first of several."""

    case: RecordId | None = None


class HandedOver(Data, frozen=True, kw_only=True):
    """The colleague is asked, or nobody is any more."""


class Reviews:
    """The use cases of the review page. Blocks its thread. `now_ms` gives UTC milliseconds."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        words: Words,
        workflows: Workflows,
        now_ms: Callable[[], int],
    ) -> None:
        self._engine, self._office, self._words, self._now_ms = engine, office, words, now_ms
        self._workflows = workflows

    def open(self, person: Person, visit: RecordId, *, opened: bool = False) -> Open | NotThere | Denied:
        """Show a visit. `opened` shows numbers in full and needs that right; record it first by `look`."""
        found = self._load(person, visit)
        if isinstance(found, Visit) and self._examined(visit):
            found = self._load(person, visit)
        if not isinstance(found, Visit):
            return found
        rights = self._rights(person, found)
        shown = opened and rights.open_numbers
        return Open(
            page=visit_page(found, self._words, opened=shown),
            rights=rights,
            merged=self._merged(found),
            handed=self._engine.read(lambda tx: _handed_to(tx, visit)),
            visit=found,
        )

    def _examined(self, visit: RecordId) -> bool:
        """Let the signs be there also for who comes past the queue; if the disk cannot, they come later."""
        with suppress(DiskError):
            return examine_beside(self._engine, visit, self._words.wilayah)
        return False

    def meant(self, person: Person, visit: Visit) -> Others:
        """Return the other visits that the signs of one mean, of those that this person may see."""
        if not (visit.visited_twice or visit.reused or visit.alike):
            return Others(shown=(), more=False)

        def readable(other: RecordId) -> Visit | None:
            found = self._load(person, other)
            return found if isinstance(found, Visit) else None

        return meant(self._engine, self._words, visit, readable)

    def may_decide(self, person: Person, visit: RecordId) -> bool | NotThere | Denied:
        """Say whether this person may decide a visit as it stands now."""
        found = self._load(person, visit)
        return self._rights(person, found).decide if isinstance(found, Visit) else found

    def look(self, person: Person, visit: RecordId, purpose: str) -> Open | NotThere | Denied:
        """Record why numbers are opened, in the office's chain, and then show the visit with them."""
        found = self._load(person, visit)
        if not isinstance(found, Visit):
            return found
        why = refused(person, "open_numbers", self._thing(found))
        if why is not None:
            return Denied(why=why)
        looked = Accessed(subject=visit, purpose=purpose)
        self._engine.write(lambda tx: note_looks(tx, self._office, person.id, looked)).result()
        return self.open(person, visit, opened=True)

    def photo(self, person: Person, visit: RecordId, blob: BlobId) -> Shown | NotThere | Denied:
        """Say what a photo of a visit is, in any of its versions, if this person may see it."""
        found = self._load(person, visit)
        if not isinstance(found, Visit):
            return found
        for version in reversed(found.versions):
            for item in version.photos:
                if item.blob == blob:
                    return self._shown(found, version, item)
        return NotThere()

    def decide(
        self,
        person: Person,
        visit: RecordId,
        seen: str,
        decision: str,
        reasons: Mapping[str, str],
        note: str,
    ) -> Decided | Stale | Incomplete | NotThere | Denied:
        """Decide a visit after the change `seen` (hex). Reasons are by `form.field` or blob.

        To hold one that is decided takes the decision back: whoever made it may, and the kabid. To leave one
        as approved passes over the version that came since.
        """
        found = self._load_to_decide(person, visit)
        if not isinstance(found, Visit):
            return found
        if found.record.head is None or found.record.head.hex() != seen:
            return Stale()
        if not fits(decision, found.record.fields, person):
            return Stale()
        asked = {key: text.strip() for key, text in reasons.items() if text.strip()}
        lacking = lacking_in(decision, asked, note.strip())
        if lacking or not asked.keys() <= self._keys(found):
            return Incomplete(say=lacking or "kantor.tinjau.tidak_dikenal")
        body = Decide(
            visit=visit,
            follows=found.record.head,
            decision=cast("Decision", decision),
            reasons=asked,
            note=note.strip(),
        )
        opens = opened_by(found, person.id, self._workflows) if decision == "setujui" else ()
        return self._engine.write(lambda tx: self._carry_out(tx, person.id, body, opens)).result()

    def colleagues(self, person: Person, visit: Visit) -> list[Person]:
        """Return who else may decide a visit, by name; nobody where this person may not."""
        if self._may_decide(person, visit) is not None:
            return []
        everybody = self._engine.read(lambda tx: people(tx, *ROLES))
        return [each for each in everybody if each.id != person.id and self._may_decide(each, visit) is None]

    def hand(
        self, person: Person, visit: RecordId, whom: PersonId, note: str
    ) -> HandedOver | Incomplete | NotThere | Denied:
        """Ask a colleague to decide a visit; without one, take back what was asked."""
        found = self._load_to_decide(person, visit)
        if not isinstance(found, Visit):
            return found
        if not waits(found.record.fields):
            return Incomplete(say="kantor.tinjau.sudah_selesai")
        if not whom:
            self._engine.write(lambda tx: handed_store.drop(tx, [visit])).result()
            return HandedOver()
        if whom not in {each.id for each in self.colleagues(person, found)}:
            return Incomplete(say="kantor.tinjau.rekan_tidak_dapat")
        handed = Handed(visit=visit, person=whom, by=person.id, note=note.strip(), at_ms=self._now_ms())
        self._engine.write(lambda tx: handed_store.put(tx, handed)).result()
        return HandedOver()

    def _load(self, person: Person, visit: RecordId) -> Visit | NotThere | Denied:
        found = self._engine.read(lambda tx: load_visit(tx, visit))
        if found is None:
            return self._closed(person, visit)
        why = refused(person, "see_visits", self._thing(found))
        if why == "row":
            return NotThere()
        return Denied(why=why) if why else found

    def _load_to_decide(self, person: Person, visit: RecordId) -> Visit | NotThere | Denied:
        found = self._load(person, visit)
        why = self._may_decide(person, found) if isinstance(found, Visit) else None
        return Denied(why=why) if why is not None else found

    def _closed(self, person: Person, visit: RecordId) -> NotThere | Denied:
        """Say that a sealed visit does not open here, to those who see it in their lists."""
        record = self._engine.read(lambda tx: SqlOfficeStore.reading(tx).records([visit])).get(visit)
        if record is None or record.kind != "kunjungan" or not is_sealed(record):
            return NotThere()
        author = PersonId(str(record.fields.get("petugas") or ""))
        listed = Thing(author=author, region="", service=str(record.fields.get("service") or ""))
        return NotThere() if refused(person, "see_visits", listed) else Denied(why="sealed")

    def _keys(self, visit: Visit) -> set[str]:
        """Everything in the newest version that a reason may be pinned to, what was left blank too."""
        submit, forms = visit.newest.submit, self._words.forms
        fields = {
            f"{name}.{field}"
            for name, given in submit.forms.items()
            for field in forms.get(name, given.version).fields
        }
        return fields | {item.blob for item in submit.evidence}

    def _thing(self, visit: Visit) -> Thing:
        forms = [
            self._words.forms.get(name, given.version) for name, given in visit.newest.submit.forms.items()
        ]
        main = self._words.forms.get(visit.newest.submit.form)
        return Thing(
            author=PersonId(visit.record.fields["petugas"]),
            region=str(visit.record.fields.get("kode_desa") or ""),
            service=main.service,
            privacy=max((form.privacy for form in forms), key=lambda each: _SECRECY[each]),
        )

    def _may_decide(self, person: Person, visit: Visit) -> Why | None:
        # whoever wrote any version of it is its author
        thing = self._thing(visit)
        return refused(person, "decide_visits", thing) or ("own" if person.id in visit.authors else None)

    def _merged(self, visit: Visit) -> tuple[str, ...]:
        subject = visit.subject
        if subject is None:
            return ()
        found = self._engine.read(lambda tx: merged_beside(tx, visit.newest, subject.id))
        return tuple(label_of_field(subject.kind, name, self._words) for name in found)

    def _rights(self, person: Person, visit: Visit) -> Rights:
        numbers = refused(person, "open_numbers", self._thing(visit)) is None
        report = refused(person, "make_reports", self._thing(visit)) is None
        why, state = self._may_decide(person, visit), visit.record.fields["state"]
        if why is not None:
            say = "kantor.tinjau.milik_sendiri" if why == "own" else "kantor.tinjau.hanya_baca"
        elif waits(visit.record.fields):
            return Rights(decide=True, open_numbers=numbers, report=report)
        else:
            returned = state == RETURNED
            say = "kantor.tinjau.menunggu_perbaikan" if returned else "kantor.tinjau.sudah_selesai"
        reopen, leave = (why is None and fits(word, visit.record.fields, person) for word in ("tahan", LEAVE))
        return Rights(decide=False, open_numbers=numbers, report=report, why=say, reopen=reopen, leave=leave)

    def _shown(self, visit: Visit, version: Version, item: Evidence) -> Shown:
        place = version.submit.place
        return Shown(
            evidence=item,
            label=label_of(item, version, self._words.forms),
            name=name_of(visit),
            held=item.blob in version.held,
            visit_place=(place.lat, place.lng) if place else None,
        )

    def _carry_out(
        self, tx: Writer, author: PersonId, body: Decide, opens: Sequence[Opens]
    ) -> Decided | Stale:
        """Decide in one transaction, with the cases that an approval opens."""
        store = SqlOfficeStore.writing(tx)
        now = store.records([body.visit])[body.visit]
        settle = settling(tx, self._office, author, now, body.decision)
        if now.head != body.follows or not isinstance(self._office.act_in(tx, author, [body])[0], Applied):
            return Stale()
        handed_store.drop(tx, [body.visit])
        settle()
        after = store.records([body.visit])[body.visit]
        if after.head is not None:
            page_store.add_decision(tx, body.visit, said_ms(after, body.decision), after.head)
        cases = [open_case(tx, self._office, author, each, self._workflows) for each in opens]
        return Decided(case=next(iter(cases), None))


def _handed_to(tx: Reader, visit: RecordId) -> HandedTo | None:
    found = handed_store.handed(tx, [visit]).get(visit)
    if found is None:
        return None
    known = names(SqlOfficeStore.reading(tx), {found.person, found.by})
    return HandedTo(
        person=found.person,
        to=known.get(found.person, "–"),
        by=known.get(found.by, "–"),
        note=found.note,
        at_ms=found.at_ms,
    )
