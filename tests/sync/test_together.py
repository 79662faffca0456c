"""Runs that are taken in together leave what they would leave one after another, and are answered alike."""

import random
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.ids import NO_LINK
from schemas.wire import PROTOCOL, Applied, Cursor, SyncRequest
from sync import glance
from sync.chain import Tip
from sync.change import Patch
from sync.glance import Glance
from sync.intake import Malformed
from sync.memory import MemoryOffice
from sync.scope import mine
from sync.server import pull, pull_all, push, push_all
from sync.store import DESTROYED
from sync.tray import Tray
from tests.contract.people import OpenRules, record_id
from tests.contract.together import DESA, Town
from tests.simulation.state import office_state
from tests.sync.regency import visit

NOW = 1_764_000_000_000
ROUNDS = 6


def office() -> MemoryOffice:
    return MemoryOffice(_tags(3))


def _tags(seed: int):
    rng = random.Random(seed)
    return lambda: rng.randbytes(8)


def everything(store: MemoryOffice, town: Town) -> Any:
    devices = [phone.device for phone in town.phones]
    return (
        office_state(store),
        store.commits(100),
        {device: store.tips(device) for device in devices},
        {device: store.news(device, 0, store.last_seq()) for device in devices},
        {device: store.wanted(device, 100) for device in devices},
        store.digests([part for phone in town.phones for part in phone.parts]),
        sorted((name, sorted(there)) for name, there in store._waiting.items() if there),
    )


def both(seed: int):
    """Give two offices that were told the same, round by round: one together, one run after another."""
    town = Town(random.Random(seed))
    alone, together = office(), office()
    rules = OpenRules()
    first, desk = town.begin()
    for store in (alone, together):
        push(store, first, caller=desk, callers=town.caller, rules=rules, now_ms=NOW)
        store.commit()
    for number in range(1, ROUNDS + 1):
        group, now = town.group(), NOW + number
        one_by_one = [
            push(alone, run, caller=caller, callers=town.caller, rules=rules, now_ms=now)
            for run, caller in group
        ]
        at_once = push_all(together, group, callers=town.caller, rules=rules, now_ms=now)
        alone.commit()
        together.commit()
        yield town, (alone, one_by_one), (together, at_once)


@pytest.mark.parametrize("seed", range(120))
def test_a_group_leaves_what_its_runs_leave_one_after_another(seed: int) -> None:
    for town, (alone, one_by_one), (together, at_once) in both(seed):
        assert at_once == one_by_one
        assert everything(together, town) == everything(alone, town)


@pytest.mark.parametrize("seed", range(30))
def test_a_tray_knows_the_tips_as_they_would_stand_in_the_store(seed: int) -> None:
    town, rules = Town(random.Random(seed)), OpenRules()
    alone, together = office(), office()
    tray = Tray(together)
    for _ in range(ROUNDS):
        group = town.group()
        devices = {caller.device for _, caller in group}
        tray.fetch([run for run, _ in group], together.standings(devices, 0))
        for run, caller in group:
            for store in (alone, tray):
                push(store, run, caller=caller, callers=town.caller, rules=rules, now_ms=NOW)
            assert tray.tips(caller.device) == alone.tips(caller.device)
        tray.settle()


@pytest.mark.parametrize(("rows_each", "far_behind"), [(40, 50_000), (1, 50_000), (40, 10)])
@pytest.mark.parametrize("seed", range(30))
def test_phones_that_are_answered_together_are_told_what_each_would_be_told_alone(
    seed: int, rows_each: int, far_behind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance, "ROWS_EACH", rows_each)
    monkeypatch.setattr(glance, "FAR_BEHIND", far_behind)
    rng = random.Random(seed)
    for town, _, (store, _) in both(seed):
        marks = [(0, b""), *store.commits(100)]
        asked = []
        for phone in town.phones:
            seq, tag = rng.choice(marks)
            cursor = Cursor(seq=seq, tag=tag if rng.random() < 0.9 else b"another!")
            asked.append(
                (SyncRequest(protocol=PROTOCOL, device=phone.device, cursor=cursor), [], phone.caller())
            )
        for most in (None, 3):
            told: dict[str, Any] = {"office_head": NO_LINK, "now_ms": NOW, "most_rows": most}
            alone = [pull(store, request, [], caller=caller, **told) for request, _, caller in asked]
            assert pull_all(store, asked, **told) == alone


def test_only_who_is_far_behind_is_asked_for_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of who begins at zero would fill what is read for all; who is near needs no question more."""
    monkeypatch.setattr(glance, "FAR_BEHIND", 10)
    *_, (town, _, (store, _)) = both(1)
    last, caller = store.last_seq(), town.phones[0].caller()
    [part] = [part for part in caller.parts if part != mine(caller.person)]
    counting: Any = Counting(store)
    seqs = (0, last - 11, last - 10, last, last + 5)
    seen = Glance(counting, [(caller, Cursor(seq=seq, tag=b"")) for seq in seqs], 100)
    for seq, alone in zip(seqs, (1, 1, 0, 0, 0), strict=True):
        counting.calls.clear()
        assert seen.page({part: seq}, 100, 100_000) == store.page({part: seq}, 100, 100_000)
        assert counting.calls.count("page") == alone, seq


def test_a_part_that_is_catching_up_is_told_from_its_beginning_beside_phones_that_are_near() -> None:
    """What was read for all begins where the phones stand, and not where the new part of one of them does."""
    *_, (town, _, (store, _)) = both(1)
    last, caller = store.last_seq(), town.phones[0].caller()
    near = Cursor(seq=last, tag=store.tag_at(last) or b"")
    behind = replace(near, catching=dict.fromkeys(caller.parts, 0))
    [part] = [part for part in caller.parts if part != mine(caller.person)]
    for cursor in (behind, replace(near, catching={part: 0})):
        request = SyncRequest(protocol=PROTOCOL, device=caller.device, cursor=cursor)
        told: dict[str, Any] = {"office_head": NO_LINK, "now_ms": NOW}
        alone = pull(store, request, [], caller=caller, **told)
        assert pull_all(store, [(request, [], caller)], **told) == [alone] and alone.rows


def test_what_a_glance_did_not_foresee_is_put_to_the_store() -> None:
    *_, (town, _, (store, _)) = both(1)
    one, other = town.phones[:2]
    for phone in (one, other):
        store.tell(phone.device, store.newest_changes(phone.device, 1))
    store.commit()
    last = store.last_seq()
    seen = Glance(store, [(one.caller(), Cursor(seq=last))], 2)
    (seq, tag), *_ = store.commits(100)
    assert seen.tag_at(seq) == store.tag_at(seq) != seen.tag_at(last)
    assert seen.commit_end(tag) == store.commit_end(tag) is not None
    for parts in (other.parts, one.parts | other.parts):
        assert seen.digests(parts) == store.digests(parts) != {}
    early = Glance(store, [(one.caller(), Cursor(seq=seq))], 2)
    assert early.news(other.device, seq, last) == store.news(other.device, seq, last) != []
    for phone in (one, other):
        assert seen.tips(phone.device) == store.tips(phone.device) != []
        assert seen.news(phone.device, 0, last) == store.news(phone.device, 0, last) != []
        for limit in (1, 2, 3):
            assert seen.wanted(phone.device, limit) == store.wanted(phone.device, limit) != []


def new_warga(number: int) -> Patch:
    fields = {"nama": f"Warga {number}", "kode_desa": DESA[0], "layanan": ["bpnt"]}
    return Patch(record=record_id(500 + number), kind="warga", base={}, new=fields)


class Counting:
    """A store that counts what it is asked and told."""

    def __init__(self, store: MemoryOffice) -> None:
        self.store, self.calls = store, list[str]()

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self.store, name)


def test_the_store_is_asked_and_written_once_for_a_group_of_plain_runs() -> None:
    town = Town(random.Random(1))
    store = office()
    group = [
        (town.run_of(phone, [phone.write(new_warga(n)), phone.write(visit(600 + n))]), phone.caller())
        for n, phone in enumerate((*town.phones, *town.phones))
    ]
    counting: Any = Counting(store)
    push_all(counting, group, callers=town.caller, rules=OpenRules(), now_ms=NOW)
    asked = ("changes", "followed_by_held", "waiting_on")
    for name in (*asked, "add_links", "add_signatures", "put_records", "put_rows", "put_changes"):
        assert counting.calls.count(name) == 1, name


def test_the_records_of_a_group_are_read_all_at_once() -> None:
    town = Town(random.Random(1))
    phone = town.phones[1]
    group = [(town.run_of(phone, [phone.write(new_warga(n))]), phone.caller()) for n in range(3)]
    counting: Any = Counting(office())
    push_all(counting, group, callers=town.caller, rules=OpenRules(), now_ms=NOW)
    assert counting.calls.count("records") == 1


def test_what_lies_on_a_tray_is_stored_before_a_question_that_was_not_foreseen() -> None:
    town = Town(random.Random(1))
    store = office()
    tray = Tray(store)
    run, caller = town.goes_on(town.phones[0]), town.phones[0].caller()
    push(tray, run, caller=caller, callers=town.caller, rules=OpenRules(), now_ms=NOW)
    names = [entry.link.change for entry in run.entries]
    assert tray.contents(names) == store.contents(names) == {e.link.change: e.content for e in run.entries}


def test_what_waits_on_a_tray_is_freed_by_a_later_run_of_its_group() -> None:
    town, store = Town(random.Random(1)), office()
    late, first = town.phones[0], town.phones[1]
    before = first.write(visit(700))
    follows = late.write(visit(700, follows=before.link.change))
    group = [(town.run_of(who, [entry]), who.caller()) for who, entry in ((late, follows), (first, before))]
    push_all(store, group, callers=town.caller, rules=OpenRules(), now_ms=NOW)
    assert isinstance(store.changes([follows.link.change])[follows.link.change].outcome, Applied)
    assert store.records([record_id(700)])[record_id(700)].fields["versi"] == 2


def test_both_branches_above_a_gap_are_tips_once_a_run_of_their_group_fills_it() -> None:
    town, store = Town(random.Random(1)), office()
    phone = town.phones[0]
    first = phone.write(visit(700))
    tip = phone.tip
    branches = []
    for number in (701, 702):
        phone.tip = tip
        branches.append(phone.write(visit(number)))
    tray = Tray(store)
    runs = [town.run_of(phone, [entry]) for entry in (*branches, first)]
    tray.fetch(runs, store.standings({phone.device}, 0))
    for run in runs:
        push(tray, run, caller=phone.caller(), callers=town.caller, rules=OpenRules(), now_ms=NOW)
    tips = tray.tips(phone.device)
    assert {tip.hash for tip in tips} == {entry.hash for entry in branches}
    assert tray.settle().tips(phone.device) == tips


def test_a_run_that_names_a_known_link_at_another_place_is_refused_in_a_group_too() -> None:
    town, store = Town(random.Random(1)), office()
    phone = town.phones[0]
    good = town.run_of(phone, [phone.write(visit(700)), phone.write(visit(701))])
    phone.tip = Tip(counter=7, hash=good.entries[0].hash)
    odd = town.run_of(phone, [phone.write(visit(702))])
    group = [(run, phone.caller()) for run in (good, odd)]
    told = push_all(store, group, callers=town.caller, rules=OpenRules(), now_ms=NOW)
    assert told[1] == Malformed(problem="rantai_putus")
    assert record_id(702) not in store.record_table
    assert store.waiting_of(phone.device) == []


def test_what_is_destroyed_while_it_lies_on_a_tray_does_not_come_back() -> None:
    town = Town(random.Random(1))
    store = office()
    tray = Tray(store)
    run, caller = town.goes_on(town.phones[0]), town.phones[0].caller()
    tray.fetch([run], store.standings({caller.device}, 0))
    push(tray, run, caller=caller, callers=town.caller, rules=OpenRules(), now_ms=NOW)
    names = [entry.link.change for entry in run.entries]
    tray.destroy(names, [])
    tray.settle()
    assert store.contents(names) == tray.contents(names) == {}
    assert {change.outcome for change in tray.changes(names).values()} == {DESTROYED}
