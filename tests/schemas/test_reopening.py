"""The end of a kasus taken back: by whom, whereto, and who may go on from there."""

from typing import Any

import pytest

from schemas.reopening import REOPEN, reopening, reopening_event, standing, step_named
from schemas.workflow import Advanced, Refused, advance_as, load_workflows

WORKFLOWS = load_workflows()
KTKPM = WORKFLOWS.get("ktkpm", 1)
ANI, BUDI, CITRA = "a" * 32, "b" * 32, "c" * 32
VERIFIER = frozenset({"verifikator"})
WHY = {"alasan": "Salah tekan"}


def taken(event: str, start: str, end: str, by: str) -> dict[str, Any]:
    return {"event": event, "from": start, "to": end, "by": by}


REFUSED = [
    taken("tidak_memenuhi", "verifikasi", "persetujuan_tolak", BUDI),
    taken("setujui_penolakan", "persetujuan_tolak", "ditolak", ANI),
]
REOPENED = [*REFUSED, taken(REOPEN, "ditolak", "persetujuan_tolak", ANI)]


def back(history: list[dict[str, Any]], author: str, roles: frozenset[str], **answers: str) -> object:
    return advance_as(KTKPM, "ditolak", history, REOPEN, author, roles, answers)


def test_who_ended_a_case_takes_it_back_to_where_it_stood_with_the_time_of_that_state() -> None:
    assert back(REFUSED, ANI, VERIFIER, **WHY) == Advanced(state="persetujuan_tolak", deadline_days=3)


def test_the_kabid_takes_back_what_another_ended() -> None:
    assert isinstance(back(REFUSED, CITRA, frozenset({"kabid"}), **WHY), Advanced)


@pytest.mark.parametrize("roles", [VERIFIER, frozenset({"petugas"}), frozenset({"pengawas", "admin"})])
def test_nobody_else_takes_it_back(roles: frozenset[str]) -> None:
    assert back(REFUSED, CITRA, roles, **WHY) == Refused(problem="workflow_role")


def test_who_ended_it_may_not_any_more_in_a_role_that_could_not_have() -> None:
    assert back(REFUSED, ANI, frozenset({"petugas"}), **WHY) == Refused(problem="workflow_role")


def test_a_reason_is_asked_for() -> None:
    assert back(REFUSED, ANI, VERIFIER) == Refused(problem="workflow_need_missing", missing=("alasan",))


def test_a_case_under_way_has_no_end_to_take_back() -> None:
    history = REFUSED[:1]
    assert reopening(KTKPM, "persetujuan_tolak", history, BUDI, "kabid") is None
    assert reopening(KTKPM, "ditolak", [], BUDI, "kabid") is None, "nor one whose steps are not known"
    assert reopening(KTKPM, "ditolak", history, BUDI, "kabid") is None, "nor where they led elsewhere"


def test_the_second_person_is_still_a_second_one_when_an_end_was_taken_back() -> None:
    def approves(author: str) -> object:
        state, event = "persetujuan_tolak", "setujui_penolakan"
        return advance_as(KTKPM, state, REOPENED, event, author, VERIFIER, {})

    assert approves(BUDI) == Refused(problem="workflow_two_people"), "who proposed the refusal"
    assert isinstance(approves(ANI), Advanced), "who only took their own word back"


def test_what_was_taken_back_counts_for_nothing_however_often() -> None:
    again = [*REOPENED, taken("setujui_penolakan", "persetujuan_tolak", "ditolak", CITRA)]
    assert standing(REOPENED) == REFUSED[:1]
    assert [step["by"] for step in standing(again)] == [BUDI, CITRA]
    assert reopening(KTKPM, "ditolak", again, ANI, "verifikator") is None, "it is another's word now"


def test_every_end_of_every_workflow_can_be_taken_back() -> None:
    for workflow in WORKFLOWS.all():
        for event in workflow.events:
            if workflow.states[event.to].final:
                history = [taken(event.code, event.from_[0], event.to, ANI)]
                by_role = {role: reopening(workflow, event.to, history, ANI, role) for role in event.who}
                assert by_role.pop("pendamping", None) is None, "who has no pages"
                led = {found.to if found else "" for found in by_role.values()}
                assert led <= {event.from_[0]}, (workflow.id, event.code)
        assert step_named(workflow, REOPEN) == reopening_event()
