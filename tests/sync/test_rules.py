"""The domain's rules as the sync core hears them: the real forms and workflows."""

from datetime import date

import pytest

from schemas.form import load_forms
from schemas.ids import PersonId
from schemas.wire import Rejected
from schemas.workflow import load_workflows
from sync.change import Advance, FormAnswers, Submit
from sync.rules import DomainRules, Step, Today
from tests.contract.people import record_id

SATURDAY = Today(day=date(2026, 11, 21), off=())


@pytest.fixture(scope="module")
def rules() -> DomainRules:
    return DomainRules(load_forms(), load_workflows())


def submit(main: str, **versions: int) -> Submit:
    forms = {name: FormAnswers(version=version, answers={}) for name, version in versions.items()}
    return Submit(
        visit=record_id(1),
        follows=None,
        subject=None,
        form=main,
        forms=forms,
        evidence=[],
        place=None,
        tugas=None,
    )


def advance(event: str, **answers: object) -> Advance:
    return Advance(kasus=record_id(1), follows=None, event=event, answers=answers)


def test_a_form_of_a_published_version_is_taken(rules: DomainRules) -> None:
    assert rules.check_submit(submit("bpnt_kpm", bpnt_kpm=1, kks_masalah=1)) is None


def test_an_unknown_form_or_version_is_refused(rules: DomainRules) -> None:
    assert rules.check_submit(submit("lain", lain=1)) == Rejected(problem="form_tidak_dikenal", field="lain")
    refused = rules.check_submit(submit("bpnt_kpm", bpnt_kpm=99))
    assert refused == Rejected(problem="form_tidak_dikenal", field="bpnt_kpm")


def test_a_visit_without_its_main_form_is_refused(rules: DomainRules) -> None:
    refused = rules.check_submit(submit("bpnt_kpm", kks_masalah=1))
    assert refused == Rejected(problem="form_utama_kurang", field="bpnt_kpm")


@pytest.mark.parametrize("form", ["ktk", "pm"])
def test_plaintext_of_a_secret_form_is_refused(rules: DomainRules, form: str) -> None:
    assert rules.check_submit(submit(form, **{form: 1})) == Rejected(problem="harus_tersegel", field=form)
    hidden = rules.check_submit(submit("bpnt_kpm", bpnt_kpm=1, **{form: 1}))
    assert hidden == Rejected(problem="harus_tersegel", field=form)


def test_a_case_begins_and_moves_as_its_workflow_says(rules: DomainRules) -> None:
    first = rules.begin("bpnt_masalah", 1, SATURDAY)
    assert isinstance(first, Step)
    fields = {"workflow": "bpnt_masalah", "workflow_version": first.version, "state": first.state}
    author = PersonId("a" * 32)
    step = rules.step(fields, advance("tangani"), author, frozenset({"pendamping"}), SATURDAY)
    assert isinstance(step, Step)
    assert step.state != first.state


def test_an_unknown_workflow_begins_nowhere(rules: DomainRules) -> None:
    assert rules.begin("lain", 1, SATURDAY) is None
    assert rules.begin("bpnt_masalah", 99, SATURDAY) is None
    assert rules.begin("bpnt_masalah", "1", SATURDAY) is None


def test_a_role_that_may_not_is_told_so(rules: DomainRules) -> None:
    first = rules.begin("bpnt_masalah", 1, SATURDAY)
    assert first is not None
    fields = {"workflow": "bpnt_masalah", "workflow_version": first.version, "state": first.state}
    for roles in (frozenset({"pengawas"}), frozenset[str]()):
        refused = rules.step(fields, advance("tangani"), PersonId("a" * 32), roles, SATURDAY)
        assert isinstance(refused, Rejected)
        assert refused.problem == "workflow_role"


def test_days_off_are_not_counted_in_a_deadline_of_working_days(rules: DomainRules) -> None:
    plain = rules.begin("pengaduan", 2, SATURDAY)
    off = rules.begin("pengaduan", 2, Today(day=SATURDAY.day, off={date(2026, 11, 23), date(2026, 11, 25)}))
    assert plain and off and (plain.due, off.due) == ("2026-11-25", "2026-11-27")
