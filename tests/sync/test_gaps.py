"""What a phone lost for good is declared, signed and shown; what follows proceeds."""

from copy import deepcopy

import pytest
from msgspec.structs import replace

from schemas.ids import RecordId
from schemas.wire import Applied, Held, Rejected
from sync.chain import head_message
from sync.change import Decide, Gap
from sync.client import Missing, Session, next_request
from sync.intake import Malformed
from sync.memory import MemoryDevice
from sync.server import check, push
from tests.contract.people import OpenRules, record_id
from tests.sync.regency import KEDEN, Phone, Regency, outcome_of, visit
from tests.sync.sealed_things import VISIT, case, submit


def forget_contents(phone: Phone, *counters: int) -> None:
    for entry in phone.store.entries(phone.writer.device, 0, 99):
        if entry.link.counter in counters:
            del phone.store.content_table[entry.link.change]


def lose_links(phone: Phone, *counters: int) -> None:
    forget_contents(phone, *counters)
    phone.store.lose([name for name, entry in phone.store.links.items() if entry.link.counter in counters])


def holes(town: Regency) -> list[tuple[int, int]]:
    found = [record for record in town.office.record_table.values() if record.kind == "celah"]
    return [(record.fields["awal"], record.fields["akhir"]) for record in found]


def versions_at(town: Regency) -> set[int]:
    return {number for number in range(20, 40) if record_id(number) in town.office.record_table}


def test_contents_that_were_lost_are_declared_and_the_rest_arrives(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in range(20, 26)]
    forget_contents(phone, 2, 3)
    town.sync(phone)
    assert versions_at(town) == {20, 23, 24, 25}
    assert outcome_of(town, entries[1]) == Rejected(problem="isi_hilang")
    assert holes(town) == [(2, 3)]
    assert phone.store.acknowledged().counter == 7
    assert len(town.office.tips(phone.writer.device)) == 1


def test_links_that_were_lost_are_declared_and_the_rest_arrives(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(20))
    town.sync(phone)
    for number in range(21, 26):
        phone.do(visit(number))
    lose_links(phone, 2, 3)
    town.sync(phone)
    assert versions_at(town) == {20, 23, 24, 25}
    assert holes(town) == [(2, 3)]
    assert phone.store.acknowledged().counter == 7


@pytest.mark.parametrize("lose", [lose_links, forget_contents])
def test_a_hole_that_grew_after_it_was_declared_is_declared_anew(town: Regency, lose) -> None:
    """An office that was restored has to be told of it all again."""
    phone = town.enrol(10, KEDEN)
    for number in (20, 21, 22):
        phone.do(visit(number))
    lose_links(phone, 1)
    town.sync(phone)
    lose(phone, 2)
    restored = Regency()
    restored.enrol(10, KEDEN)
    restored.phones[phone.writer.device] = phone
    restored.office._make_tag = lambda: b"restored"
    restored.sync(phone)
    assert versions_at(restored) == {22}
    assert (1, 2) in holes(restored)
    assert phone.store.acknowledged().counter == 5


def test_two_holes_are_declared_one_after_the_other(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in range(20, 30):
        phone.do(visit(number))
    lose_links(phone, 1, 2)
    forget_contents(phone, 3, 6)
    town.sync(phone)
    assert versions_at(town) == {23, 24, 26, 27, 28, 29}
    assert sorted(holes(town)) == [(1, 3), (6, 6)]
    assert phone.store.acknowledged() == phone.store.tips(phone.writer.device)[0]


def test_a_hole_wider_than_one_request_is_passed(town: Regency, monkeypatch) -> None:
    monkeypatch.setattr("sync.client.MAX_LINKS", 3)
    phone = town.enrol(10, KEDEN)
    for number in range(20, 32):
        phone.do(visit(number))
    forget_contents(phone, *range(2, 10))
    town.sync(phone)
    assert versions_at(town) == {20, 29, 30, 31}
    assert holes(town) == [(2, 9)]


def twin_of(phone: Phone) -> Phone:
    """Return a phone that holds what this one holds now, and the same key."""
    twin = Phone(phone.writer, MemoryDevice(phone.writer.device, phone.writer.key.sign))
    twin.store.add_entries(phone.store.entries(phone.writer.device, 0, 99))
    return twin


def versions_of(town: Regency, number: int) -> list[str]:
    return [version["change"] for version in town.office.record_table[record_id(number)].fields["versions"]]


@pytest.mark.parametrize("lose", [lose_links, forget_contents])
def test_what_was_declared_lost_is_taken_in_when_a_copy_of_the_phone_brings_it(town: Regency, lose) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number, blobs=(f"{number:064x}",))) for number in range(20, 24)]
    twin = twin_of(phone)
    lose(phone, 2, 3)
    town.sync(phone)
    assert versions_at(town) == {20, 23} and holes(town) == [(2, 3)]
    town.sync(twin)
    assert versions_at(town) == {20, 21, 22, 23}
    assert all(isinstance(outcome_of(town, entry), Applied) for entry in entries)
    assert town.office.contents([entries[1].link.change]) == {entries[1].link.change: entries[1].content}
    assert len(town.office.wanted(phone.writer.device, 9)) == 4
    assert len(town.office.tips(phone.writer.device)) == 1, "its place in the chain was waiting for it"
    town.sync(phone)
    assert phone.store.outcomes.get(entries[3].link.change) == outcome_of(town, entries[3])
    if lose is forget_contents:
        assert phone.store.outcomes[entries[1].link.change] == outcome_of(town, entries[1])


@pytest.mark.parametrize("lose", [lose_links, forget_contents])
def test_a_correction_of_a_version_that_was_lost_goes_on_without_it(town: Regency, lose) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(20))
    first = phone.do(visit(21))
    second = phone.do(visit(21, follows=first.link.change))
    twin = twin_of(phone)
    lose(phone, 2)
    town.sync(phone)
    assert isinstance(phone.store.outcomes[second.link.change], Applied)
    assert versions_of(town, 21) == [second.link.change.hex()]

    town.sync(twin)
    assert versions_of(town, 21) == [first.link.change.hex(), second.link.change.hex()]
    visited = town.office.record_table[record_id(21)]
    assert visited.head == second.link.change, "what came late is not what the office decides on"
    assert visited.fields["flags"] == []


@pytest.mark.parametrize("lose", [lose_links, forget_contents])
def test_a_sealed_correction_of_a_version_that_was_lost_goes_on_without_it(town: Regency, lose) -> None:
    phone = town.enrol(10, KEDEN, layanan=("ktkpm",))
    phone.do(case())
    first = phone.do(submit())
    second = phone.do(submit(follows=first.link.change, version=2, about="dua"))
    twin = twin_of(phone)
    lose(phone, 2)
    town.sync(phone)
    assert isinstance(phone.store.outcomes[second.link.change], Applied)
    assert versions_of(town, VISIT) == [second.link.change.hex()]

    town.sync(twin)
    assert versions_of(town, VISIT) == [first.link.change.hex(), second.link.change.hex()]
    visited = town.office.record_table[record_id(VISIT)]
    assert visited.head == second.link.change, "what came late is not what the office decides on"


def test_a_version_that_came_late_opens_no_decided_visit_again(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    first = phone.do(visit(21))
    second = phone.do(visit(21, follows=first.link.change))
    twin = twin_of(phone)
    forget_contents(phone, 1)
    town.sync(phone)
    decided = Decide(
        visit=record_id(21), follows=second.link.change, decision="setujui", reasons={}, note="baik"
    )
    assert isinstance(town.act(decided), Applied)
    town.sync(twin)
    fields = town.office.record_table[record_id(21)].fields
    assert (fields["state"], fields["versi"]) == ("disetujui", 2)


def test_a_correction_of_what_another_has_yet_to_send_waits_for_it(town: Regency) -> None:
    phone, other = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    parent = other.do(visit(20))
    own = phone.do(visit(20, follows=parent.link.change))
    town.sync(phone)
    assert phone.store.outcomes[own.link.change] == Held(waiting=parent.link.change.hex())


def test_what_one_phone_lost_lets_no_other_go_on_without_what_it_waits_for(town: Regency) -> None:
    loser, phone, other = (town.enrol(seed, KEDEN) for seed in (10, 11, 12))
    loser.do(visit(30))
    forget_contents(loser, 1)
    town.sync(loser)
    assert holes(town) == [(1, 1)]
    parent = other.do(visit(20))
    own = phone.do(visit(20, follows=parent.link.change))
    town.sync(phone)
    assert phone.store.outcomes[own.link.change] == Held(waiting=parent.link.change.hex())


@pytest.mark.parametrize("lose", [lose_links, forget_contents])
def test_a_copy_that_believed_all_received_before_a_restore_sends_what_was_lost_since(
    town: Regency, lose
) -> None:
    phone = town.enrol(10, KEDEN)
    before = deepcopy(town.office)
    entries = [phone.do(visit(number)) for number in range(20, 24)]
    town.sync(phone)
    twin = Phone(phone.writer, deepcopy(phone.store))
    town.office = before
    town.warga(1)
    lose(phone, 2, 3)
    town.sync(phone)
    assert versions_at(town) == {20, 23}
    town.sync(twin)
    assert versions_at(town) == {20, 21, 22, 23}
    assert all(isinstance(outcome_of(town, entry), Applied) for entry in entries)
    for each in (phone, twin):
        assert len(town.sync(each)) == 1, "and then it is quiet"


def test_an_office_that_holds_what_the_phone_lost_is_told_of_no_hole(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21):
        phone.do(visit(number))
    town.sync(phone)
    forget_contents(phone, 1, 2)
    phone.do(visit(22))
    town.sync(phone)
    assert versions_at(town) == {20, 21, 22}
    assert holes(town) == []


def test_nothing_passes_a_hole_that_nobody_declared(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21, 22):
        phone.do(visit(number))
    forget_contents(phone, 2)
    assert next_request(phone.store, Session()) is not None  # the first change goes by itself
    town.answer(next_request(phone.store, Session()))  # type: ignore[arg-type]
    phone.do(Gap(first=2, last=2))
    town.sync(phone)
    request = next_request(phone.store, Session())
    assert not isinstance(request, Missing)
    caller = town.caller(phone.writer.device)
    entries = phone.store.entries(phone.writer.device, 0, 3)
    assert request is not None
    bare = replace(
        request,
        links=[entry.raw_link for entry in entries],
        contents=[entry.content for entry in entries if entry.content],
        signature=phone.store.sign(head_message(entries[-1].hash)),
    )
    fresh = Regency()
    fresh.phones[phone.writer.device] = phone
    fresh.enrol(10, KEDEN)
    run = check(bare, caller)
    assert not isinstance(run, Malformed)
    refused = push(fresh.office, run, caller=caller, callers=town.caller, rules=OpenRules(), now_ms=town.now)
    assert refused == Malformed(problem="isi_kurang")
    assert fresh.office.entries(phone.writer.device, 0, 9) == []


def test_a_declaration_that_another_signed_is_refused(town: Regency) -> None:
    phone, thief = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    for number in (20, 21):
        phone.do(visit(number))
    forget_contents(phone, 1)
    phone.do(Gap(first=1, last=1))
    request = next_request(phone.store, Session())
    assert request is not None and not isinstance(request, Missing) and request.gap is not None
    caller = town.caller(phone.writer.device)
    forged = replace(request.gap, signature=thief.store.sign(b"x"))
    assert check(replace(request, gap=forged), caller) == Malformed(problem="tanda_tangan_salah")
    answer = replace(request.gap, content=phone.writer.content(visit(30))[1])
    assert check(replace(request, gap=answer), caller) == Malformed(problem="celah_salah")
    assert check(replace(request, gap=replace(request.gap, link=b"\xc1")), caller) == Malformed(
        problem="celah_salah"
    )


def test_what_was_held_is_told_of_when_it_is_applied(town: Regency) -> None:
    first, second = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    parent = first.writer.content(visit(20))
    waits = second.do(visit(20, follows=parent[0]))
    town.sync(second)
    assert second.store.outcomes[waits.link.change] == Held(waiting=parent[0].hex())
    first.store.append(*parent)
    town.sync(first)
    town.sync(second)
    assert isinstance(second.store.outcomes[waits.link.change], Applied)


def test_news_is_told_again_when_its_answer_was_lost(town: Regency) -> None:
    first, second = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    parent = first.writer.content(visit(20))
    waits = second.do(visit(20, follows=parent[0]))
    town.sync(second)
    first.store.append(*parent)
    town.sync(first)
    town.sync(second, lose_answers=1)
    assert isinstance(second.store.outcomes[waits.link.change], Applied)


def test_up_to_where_backups_reach_is_told_only_for_this_chain(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(visit(20))
    town.sync(phone)
    tip = phone.store.tips(phone.writer.device)[0]
    town.office.backups[phone.writer.device] = tip
    town.sync(phone)
    assert phone.store.backed_up == tip
    town.office.backups[phone.writer.device] = replace(tip, hash=bytes(32))
    town.sync(phone)
    assert phone.store.backed_up is None
    assert RecordId(record_id(20)) in town.office.record_table and entry.link.counter == 1
