"""What the office could not take in: shown with its reason, and asked about again when that may help."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from schemas.wire import Applied, Held, Rejected
from sync.chain import read_link
from tests.field_app.conftest import SetTime
from tests.field_app.field import Field
from tests.field_app.near_office import NearOffice
from tests.field_app.test_losses import visits
from tests.field_app.test_worker import Sending

OLD = Rejected(problem="form_tidak_dikenal")


@pytest.fixture
def near(field: Field, time: SetTime) -> Iterator[Sending]:
    made = Sending(field, time, office=NearOffice())
    yield made
    made.worker.close()


def judged(near: Sending, change: bytes, outcome: object) -> None:
    """Let the office stand otherwise to a change, without telling anybody."""
    table = near.office.office.change_table
    table[change] = replace(table[change], outcome=outcome)


def test_refused_work_is_asked_about_again_by_its_own_link_alone(near: Sending) -> None:
    first, second, third = visits(near, 3)
    assert near.worker.run_once() is None
    # by its own cursor: who comes from another history is told all anew
    store = near.field.store
    near.field.pull({}, cursor=store.cursor(), parts=store.parts(), outcomes={second.change: OLD})
    view = near.field.visits.visit(second.visit)
    assert (view.status, view.problem, view.again) == (
        "tidak_diterima", "masalah.form_tidak_dikenal", True,
    )  # fmt: skip
    judged(near, second.change, Applied(seq=9))
    assert near.worker.run_once() is None
    assert near.field.visits.visit(second.visit).status == "tidak_diterima", "nobody asked"

    near.office.requests.clear()
    near.worker.ask_again(second.visit)
    assert near.worker.run_once() is None
    sent = [[read_link(raw).change for raw in request.links] for request in near.office.requests]
    assert [links for links in sent if links] == [[second.change]]
    assert near.field.visits.visit(second.visit).status == "diterima"
    assert near.field.visits.visit(first.visit).status == near.field.visits.visit(third.visit).status


def test_all_refused_work_is_asked_about_at_once(near: Sending) -> None:
    made = visits(near, 5)
    assert near.worker.run_once() is None
    acknowledged = near.field.store.acknowledged()
    near.field.pull({}, acknowledged=acknowledged, outcomes={done.change: OLD for done in made})
    near.worker.ask_again()
    assert near.worker.run_once() is None
    assert [item.status for item in near.worker.items()] == ["diterima"] * 5


def test_what_is_new_goes_before_what_is_said_once_more(near: Sending) -> None:
    [old] = visits(near, 1)
    assert near.worker.run_once() is None
    near.field.pull({}, acknowledged=near.field.store.acknowledged(), outcomes={old.change: OLD})
    [new] = visits(near, 1)
    near.office.requests.clear()
    near.worker.ask_again(old.visit)
    assert near.worker.run_once() is None
    sent = [read_link(raw).change for request in near.office.requests for raw in request.links]
    assert sent == [new.change, old.change]


def test_a_refusal_that_no_upgrade_cures_offers_no_asking_again(near: Sending) -> None:
    [done] = visits(near, 1)
    assert near.worker.run_once() is None
    refused = Rejected(problem="hanya_kantor")
    near.field.pull({}, acknowledged=near.field.store.acknowledged(), outcomes={done.change: refused})
    assert near.field.visits.visit(done.visit).again is False
    near.office.requests.clear()
    near.worker.ask_again()
    near.worker.run_once()
    assert all(request.links == [] for request in near.office.requests)


def test_what_waits_names_what_it_waits_for_and_the_other_way_round(near: Sending) -> None:
    first, second = visits(near, 2)
    assert near.worker.run_once() is None
    near.field.pull(
        {},
        acknowledged=near.field.store.acknowledged(),
        outcomes={first.change: OLD, second.change: Held(waiting=first.change.hex())},
    )
    waiting = near.field.visits.visit(second.visit)
    assert (waiting.status, waiting.problem) == ("terkirim", "lapangan.menunggu_lain")
    assert waiting.waits_for == f"Warga Uji · {first.number}"
    assert near.field.visits.visit(first.visit).held_up == (f"Warga Uji · {second.number}",)
    items = {item.visit: item for item in near.worker.items()}
    assert items[second.visit].waits_for == f"Warga Uji · {first.number}"
    assert items[first.visit].held_up == (f"Warga Uji · {second.number}",)
