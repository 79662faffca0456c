"""A phone after years of work: what a screen shows costs no more than it did in the first weeks."""

from collections.abc import Callable
from typing import Any

import pytest

from field_app.forgetting import Forgetting, Keeping
from field_app.items import again_helps, data_items, labels, photo_items
from field_app.put_away import sweep
from field_app.sent import MOST_SENT
from field_app.views import DraftView, SyncStatus
from schemas.ids import RecordId
from schemas.wire import Conflict, Held, Rejected
from tests.field_app.conftest import FORMS
from tests.field_app.field import PERSON, TASK, TEXT, Field
from tests.field_app.years import cost_of, decided, live_on, subject_of, tugas_of, visit_of

FEW, MANY = 60, 460
LEAST = 9
"""Steps of SQLite's machine that each visit ever made may cost: to count one takes seven."""
OPEN = RecordId("f" * 32)


@pytest.fixture
def years(field: Field) -> Field:
    field.visit()
    live_on(field, range(FEW))
    field.pull({OPEN: ("tugas", TASK | {"sasaran": subject_of(1)}), visit_of(7): decided(7, "dikembalikan")})
    return field


def _asks(field: Field) -> dict[str, Callable[[], object]]:
    visits, bench, store = field.visits, field.bench, field.store
    return {
        "unlock": lambda: sweep(bench),
        "home": visits.home,
        "map": visits.on_map,
        "search": lambda: visits.search("warga 5"),
        "task": lambda: visits.task(OPEN),
        "visit": lambda: visits.visit(visit_of(9)),
        "standing": lambda: visits.standing(visit_of(9)),
        "why": lambda: visits.why_returned(visit_of(7)),
        "conflicts": visits.conflicts,
        "losses": visits.losses,
        "startable": lambda: visits.startable(subject_of(3)),
        "data": lambda: data_items(store, bench.drafts),
        "photos": lambda: photo_items(store, bench.blobs, bench.drafts, labels(FORMS, TEXT)),
        "lost photos": bench.blobs.count_lost,
        "again": lambda: again_helps(store, None),
        "cases": bench.history.sealed,
        "an empty answer": lambda: field.pull({}),
    }


def test_nothing_that_is_shown_grows_with_what_was_ever_done(years: Field) -> None:
    before = {name: cost_of(years, ask) for name, ask in _asks(years).items()}
    live_on(years, range(FEW, MANY))
    after = {name: cost_of(years, ask) for name, ask in _asks(years).items()}
    more = {name: after[name][0] - before[name][0] for name in before}
    assert more == dict.fromkeys(before, 0), "statements"
    grown = {name: (after[name][1] - before[name][1]) / (MANY - FEW) for name in before}
    assert {name: each for name, each in grown.items() if each > LEAST} == {}, "steps for each visit"


def test_beginning_and_mending_a_visit_cost_no_more_either(years: Field) -> None:
    def begin(number: int) -> None:
        assert isinstance(years.visits.start("bpnt_kpm", subject_of(number), None), DraftView)

    def mend() -> None:
        begun = years.visits.start_correction(visit_of(7))
        assert isinstance(begun, DraftView)
        years.visits.discard(begun.id)

    mend()
    begin(2)
    before = [cost_of(years, lambda: begin(3)), cost_of(years, mend)]
    live_on(years, range(FEW, MANY))
    after = [cost_of(years, lambda: begin(4)), cost_of(years, mend)]
    grown = [(now - was) / (MANY - FEW) for (_, was), (_, now) in zip(before, after, strict=True)]
    assert max(grown) < 1


def test_making_room_looks_only_at_what_is_still_whole(years: Field) -> None:
    bench = years.bench
    room = Forgetting(years.store, bench.drafts, bench.blobs, bench.records)

    def step() -> None:
        with years.vault.write() as connection:
            connection.execute("DELETE FROM contents WHERE raw = x'00'")  # those of `live_on`: forgotten
        years.pull({}, backed_up=years.store.head())
        assert not room.step(Keeping(most_bytes=0, keep_days=30))

    step()
    before = cost_of(years, step)
    live_on(years, range(FEW, MANY))
    step()
    after = cost_of(years, step)
    assert after[0] == before[0] and (after[1] - before[1]) / (MANY - FEW) < 1


def test_beranda_shows_the_newest_and_counts_the_rest(years: Field) -> None:
    home = years.visits.home()
    assert [card.visit for card in home.returned] == [visit_of(7)]
    shown = [visit_of(number) for number in range(FEW - 1, -1, -1) if number != 7]
    assert [card.visit for card in home.sent] == shown[:MOST_SENT]
    assert len(home.sent) + home.rest + len(home.returned) == FEW + 1
    wide = years.visits.home(FEW + 5)
    assert wide.rest == 0 and len(wide.sent) == FEW and wide.sent[: FEW - 1] == home.sent + wide.sent[50:-1]


def test_what_came_back_stands_first_however_old_it_is(years: Field) -> None:
    live_on(years, range(FEW, MANY))
    home = years.visits.home()
    assert [card.visit for card in home.returned] == [visit_of(7)] and len(home.sent) == MOST_SENT
    assert years.visits.visit(visit_of(7)).reasons == {"bpnt_kpm.catatan": "Kurang jelas"}


def test_what_waits_and_what_it_waits_for_are_named_however_old_they_are(years: Field) -> None:
    old = years.bench.history.newest_of(visit_of(3))
    young = years.bench.history.newest_of(visit_of(FEW - 1))
    assert old is not None and young is not None and young.change is not None and old.patch is not None
    held = {young.change: Held(waiting=old.patch.hex())}
    years.pull({visit_of(FEW - 1): decided(FEW - 1, "dikirim")}, outcomes=held)
    live_on(years, range(FEW, MANY))
    assert years.visits.visit(visit_of(3)).held_up == ("Warga Uji · P017-59",)
    assert years.visits.visit(visit_of(FEW - 1)).waits_for == "Warga Uji · P017-3"


def test_a_refusal_that_may_be_judged_otherwise_is_asked_of_again_however_old(years: Field) -> None:
    old, other = (years.bench.history.newest_of(visit_of(number)) for number in (3, 4))
    assert old is not None and other is not None and old.change and other.patch
    refused = Rejected(problem="form_tidak_dikenal")
    years.pull({}, outcomes={old.change: refused, other.patch: refused})
    assert again_helps(years.store, None) == {old.change, other.patch}
    assert again_helps(years.store, visit_of(4)) == {other.patch}
    assert again_helps(years.store, visit_of(5)) == set()


def test_a_conflict_is_told_with_the_visit_that_it_came_with(years: Field) -> None:
    old = years.bench.history.newest_of(visit_of(3))
    assert old is not None and old.patch is not None
    fields: dict[str, Any] = {"petugas": PERSON, "state": "terbuka", "change": old.patch.hex(), "fields": {}}
    name = RecordId("9" * 32)
    years.pull({name: ("konflik", fields)}, outcomes={old.patch: Conflict(ids=(name,))})
    assert [one.visit for one in years.visits.conflicts()] == [visit_of(3)]
    more = {
        RecordId(f"e{number:031x}"): ("konflik", fields | {"change": f"{number:064x}"})
        for number in range(99)
    }
    before = cost_of(years, lambda: years.visits.visit(visit_of(3)))
    years.pull(more)
    after = cost_of(years, lambda: years.visits.visit(visit_of(3)))
    assert before[0] == after[0] and [one.id for one in years.visits.visit(visit_of(3)).conflicts] == [name]
    resolved = fields | {"state": "selesai"}
    years.pull({name: ("konflik", resolved)})
    assert [one.id for one in years.visits.visit(visit_of(3)).conflicts] == [name], "one that is over too"


def test_a_tugas_that_was_recorded_here_is_asked_for_no_more(years: Field) -> None:
    years.pull({tugas_of(5): ("tugas", TASK | {"sasaran": subject_of(5)})})
    tasks = years.visits.home()
    assert [card.tugas for card in tasks.today] == [OPEN]
    assert years.visits.task(tugas_of(5)).last_visit is not None
    assert SyncStatus() == tasks.sync
