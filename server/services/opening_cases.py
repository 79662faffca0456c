"""Which cases the approval of a visit opens. Rule: one for a form and a visit, however often it is approved.

What is asked for again while a case about the same is under way opens no second one: a card, or one problem
of it. Who was merged is one person with the other. What was called off does not count, and is not taken up
again once another case stands for it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.workflow import Workflow, Workflows
from server import assign_store, page_store, subject_store, task_store
from server.engine import Reader, Writer
from server.services.finding import one_person, same_people
from server.services.people import Actor
from server.services.visits import APPROVED, Visit, load_newest
from server.shelves import stage, stages_under_way
from server.store import SqlOfficeStore
from sync.change import Patch
from sync.losses import is_destroyed
from sync.neutral import is_sealed
from sync.places import place_of
from sync.store import Fields, Record

PROBLEM_FORM, CARD, SHOP, COMPLAINT = "kks_masalah", "kis", "ewarong", "pengaduan"
WORKFLOWS = {PROBLEM_FORM: "bpnt_masalah", CARD: "kis", SHOP: "ewarong_temuan", COMPLAINT: "pengaduan"}
"""What steps a case takes that begins with such a form."""
ONCE: dict[str, tuple[str, ...]] = {"kis": (), "bpnt_masalah": ("jenis_masalah",)}
"""Workflows of which one case about somebody is enough while it is under way, and what tells two apart."""
OTHER = "lainnya"
"""A problem that the list does not name: two of these may be two."""
CALL_OFF, CALLED_OFF = "gugurkan", "gugur"
"""The step by which somebody says that a case does not stand, and the state that it leads to."""
MET = frozenset({"terisi_lengkap", "terisi_sebagian"})
"""How a visit ended at which somebody was asked."""


class Opens(Data, frozen=True, kw_only=True):
    """A case that an approval opens: of what form, and how it begins."""

    visit: RecordId
    form: str
    fields: Fields


def opened_by(visit: Visit, officer: PersonId, workflows: Workflows) -> tuple[Opens, ...]:
    """Return the cases that the approval of a visit opens, or opened."""
    about: Fields = {
        "subjek": visit.record.fields.get("subjek"),
        "kode_desa": visit.record.fields.get("kode_desa"),
        "kunjungan": visit.record.id,
        "officer": officer,
    }
    found: list[Opens] = []
    for form, given in visit.counted.submit.forms.items():
        if form not in WORKFLOWS or not _calls_for(form, given.answers):
            continue
        workflow = workflows.get(WORKFLOWS[form])
        begins = {
            "workflow": workflow.id,
            "workflow_version": workflow.version,
            "service": workflow.service,
        }
        more = {"jenis_masalah": given.answers.get("jenis_masalah")} if form == PROBLEM_FORM else {}
        found.append(Opens(visit=visit.record.id, form=form, fields={**begins, **about, **more}))
    return tuple(found)


def open_case(tx: Writer, office: Actor, author: PersonId, opens: Opens, workflows: Workflows) -> RecordId:
    """Open a case unless it is there, and return it; also one that is under way about the same."""
    store = SqlOfficeStore.writing(tx)
    name, there = _place(store, opens.visit, opens.form)
    if there is not None:
        return name
    running = _under_way(tx, store, opens.fields, workflows)
    if running is not None:
        return running
    office.act_in(tx, author, [Patch(record=name, kind="kasus", base={}, new=opens.fields)])
    return name


def cases_left(store: SqlOfficeStore, visit: Record, workflows: Workflows) -> list[Record]:
    """Return the cases under way that an approval of this visit opened, which does not stand any more."""
    if visit.fields["state"] == APPROVED:
        return []
    found = [_place(store, visit.id, form)[1] for form in WORKFLOWS]
    stages = stages_under_way(workflows)
    return [each for each in found if each is not None and stage(each.fields) in stages]


def joined_by(tx: Reader, store: SqlOfficeStore, case: Record, workflows: Workflows) -> list[RecordId]:
    """Return the approved visits that ask for a case under way which another opened, and have none of theirs.

    What was decided before anything was of the visit of this one asked for another, which has ended.
    """
    return _asking(tx, store, case) if stage(case.fields) in stages_under_way(workflows) else []


def left_without(tx: Reader, store: SqlOfficeStore, case: Record, workflows: Workflows) -> list[RecordId]:
    """Return the approved visits that had joined a case which was called off, where none stands for it."""
    fields = case.fields
    if fields.get("state") != CALLED_OFF or str(fields.get("workflow")) not in ONCE:
        return []
    if stands_instead(tx, store, case, workflows) is not None:
        return []
    visits = store.records(_asking(tx, store, case))
    left = [name for name, visit in visits.items() if visit.fields["decided_ms"] <= fields["since_ms"]]
    same = ("workflow", *ONCE[str(fields["workflow"])])
    stood = (
        each.fields.get("state") != CALLED_OFF and each.fields.get("since_ms", 0) >= fields["since_ms"]
        for each in (_cases_about(tx, store, case) if left else ())
        if all(each.fields.get(name) == fields.get(name) for name in same)
    )
    return [] if any(stood) else left


def lost_cases(tx: Reader, store: SqlOfficeStore, visit: Record, workflows: Workflows) -> list[Record]:
    """Return the cases that an approved visit had joined and that were called off, where no other stands."""
    if visit.fields["state"] != APPROVED or not visit.fields.get("subjek"):
        return []
    called_off = [each for each in _cases_about(tx, store, visit) if each.fields.get("state") == CALLED_OFF]
    return [each for each in called_off if visit.id in left_without(tx, store, each, workflows)]


def _cases_about(tx: Reader, store: SqlOfficeStore, thing: Record) -> list[Record]:
    """Return every case about whom a visit or a case is about."""
    about = one_person(tx, RecordId(str(thing.fields["subjek"])))
    found = store.records(subject_store.cases_of(tx, about)).values()
    return [each for each in found if each.kind == "kasus" and not is_sealed(each)]


def _asking(tx: Reader, store: SqlOfficeStore, case: Record) -> list[RecordId]:
    """Return the approved visits that ask for what a case is about, since that of the case was decided."""
    fields, own = case.fields, _visit_of(case)
    same = ONCE.get(str(fields.get("workflow")))
    if same is None or not fields.get("subjek"):
        return []
    form = _form_of(case)
    since_ms = min((at_ms for at_ms, _ in page_store.decisions(tx, own)), default=0)
    came = assign_store.approved_visits(tx, one_person(tx, RecordId(str(fields["subjek"]))), {})
    visits = store.records(each.visit for found in came.values() for each in found if each.visit != own)
    late = [each for each in visits.values() if each.fields["decided_ms"] >= since_ms]
    asking = ((version.submit.visit, version.submit.forms.get(form)) for version in load_newest(tx, late))
    return [
        visit
        for visit, given in asking
        if given is not None
        and _calls_for(form, given.answers)
        and all(given.answers.get(name) == fields.get(name) != OTHER for name in same)
        and _place(store, visit, form)[1] is None
    ]


def joins(tx: Reader, store: SqlOfficeStore, visit: Visit, workflows: Workflows) -> list[Record]:
    """Return the cases under way that an approved visit asks for, and that another opened."""
    if visit.record.fields["state"] != APPROVED:
        return []
    asked = opened_by(visit, PersonId(""), workflows)
    names = {_under_way(tx, store, each.fields, workflows) for each in asked} - {None}
    found = store.records(name for name in names if name is not None).values()
    return [each for each in found if visit.record.id in joined_by(tx, store, each, workflows)]


def cases_joined(tx: Reader, visits: Iterable[Record], workflows: Workflows) -> dict[RecordId, Record]:
    """Return those of these visits that joined a case under way, each with it."""
    asked = [each for each in visits if each.kind == "kunjungan" and each.fields.get("state") == APPROVED]
    people = {RecordId(str(each.fields["subjek"])) for each in asked if each.fields.get("subjek")}
    if not people:
        return {}
    store, about = SqlOfficeStore.reading(tx), same_people(tx, people)
    under_way = stages_under_way(workflows).items()
    stages = [stage for stage, (workflow, _) in under_way if workflow.id in ONCE]
    known = task_store.is_filled(tx)
    names = assign_store.cases_about(tx, about, stages) if known else page_store.cases_in(tx, stages)
    cases = store.records(names).values()
    joined = {
        visit: case
        for case in cases
        if case.fields.get("subjek") in about
        for visit in joined_by(tx, store, case, workflows)
    }
    return {each.id: joined[each.id] for each in asked if each.id in joined}


def falls_from(workflow: Workflow, state: str) -> bool:
    """Whether a case can be called off in this state, by whoever may."""
    event = workflow.event(CALL_OFF)
    return event is not None and state in event.from_


def is_withdrawn(visit: Record | None) -> bool:
    """Whether the visit of a case is there and not approved any more."""
    return visit is not None and visit.fields["state"] != APPROVED


def visit_of(store: SqlOfficeStore, case: Record) -> Record | None:
    """Return the visit of a case, if it was not destroyed: a case that had ended may be taken up again."""
    name = _visit_of(case)
    visit = store.records([name]).get(name)
    return None if visit is None or visit.kind != "kunjungan" or is_destroyed(visit) else visit


def stands_instead(tx: Reader, store: SqlOfficeStore, case: Record, workflows: Workflows) -> RecordId | None:
    """Return the case that stands for one that was called off: of its visit, or about the same."""
    if case.kind != "kasus" or case.fields.get("state") != CALLED_OFF:
        return None
    name, there = _place(store, _visit_of(case), _form_of(case))
    if there is not None:
        return name
    return _under_way(tx, store, case.fields, workflows)


def _form_of(case: Record) -> str:
    return next(form for form, workflow in WORKFLOWS.items() if workflow == case.fields["workflow"])


def _visit_of(case: Record) -> RecordId:
    return RecordId(str(case.fields.get("kunjungan") or ""))


def _place(store: SqlOfficeStore, visit: RecordId, form: str) -> tuple[RecordId, Record | None]:
    return place_of(
        f"kasus\0{visit}\0{form}".encode(),
        lambda each: store.records([each]).get(each),
        # one that is sealed is a phone's
        lambda record: (
            record.kind == "kasus" and not is_sealed(record) and record.fields.get("state") != CALLED_OFF
        ),
    )


def _calls_for(form: str, answers: Mapping[str, Any]) -> bool:
    """Whether what was answered is to be followed up."""
    if form == CARD:
        return answers.get("hasil_kunjungan") in MET
    if form == SHOP:
        said = answers.get("larangan")
        return isinstance(said, list) and any(each != "tidak_ada" for each in cast("list[Any]", said))
    return True


def _under_way(tx: Reader, store: SqlOfficeStore, begins: Fields, workflows: Workflows) -> RecordId | None:
    same = ONCE.get(begins["workflow"])
    if same is None or not begins.get("subjek") or any(begins.get(name) == OTHER for name in same):
        return None
    about = one_person(tx, RecordId(str(begins["subjek"])))
    under_way = stages_under_way(workflows).items()
    stages = [stage for stage, (workflow, _) in under_way if workflow.id == begins["workflow"]]
    names = assign_store.cases(tx, [str(begins.get("kode_desa") or "")], about, stages)
    cases: Mapping[RecordId, Record] = store.records(names)
    found = (
        each.id
        for each in cases.values()
        if each.fields.get("subjek") in about
        and all(each.fields.get(name) == begins.get(name) for name in same)
    )
    return min(found, default=None)
