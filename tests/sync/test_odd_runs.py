"""Runs of links that fit in all but one thing, and declarations of a gap that say one thing wrong.

Rule: each differs from a good one in a single point, so that no other check can refuse it in its stead.
"""

import pytest
from msgspec.structs import replace

from schemas.base import encode
from schemas.ids import LinkHash
from schemas.wire import Applied, Declared, Held, SyncRequest
from sync.chain import Link, head_message, link_hash, read_link, seal_link
from sync.change import Gap
from sync.intake import Malformed
from sync.losses import LOST
from sync.server import check
from sync.store import Entry
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Phone, Regency, outcome_of, push_of, refusal, request_of, visit

BROKEN = Malformed(problem="rantai_putus")


def link_after(phone: Phone, number: int, counter: int, prev: LinkHash) -> Entry:
    """A link of this phone's that says of its place whatever it is told."""
    change, content = phone.writer.content(visit(number))
    link = Link(
        device=phone.writer.device, counter=counter, prev=prev, change=change, seen=LinkHash(bytes(32))
    )
    name, raw = seal_link(link)
    return Entry(link=link, hash=name, raw_link=raw, content=content)


@pytest.mark.parametrize("wrong", ["counter", "prev"])
def test_within_a_run_each_link_is_one_further_and_names_the_one_before(town: Regency, wrong: str) -> None:
    phone = town.enrol(10, KEDEN)
    first = phone.do(visit(20))
    other = phone.writer.content(visit(21))[0]
    counter, prev = (3, first.hash) if wrong == "counter" else (2, LinkHash(other))
    assert refusal(town, request_of(phone, [first, link_after(phone, 22, counter, prev)])) == BROKEN
    assert town.office.entries(phone.writer.device, 0, 9) == []


@pytest.mark.parametrize(("counter", "prev"), [(1, bytes([1]) * 32), (2, bytes(32))])
def test_only_the_first_link_follows_nothing(town: Regency, counter: int, prev: bytes) -> None:
    phone = town.enrol(10, KEDEN)
    assert refusal(town, request_of(phone, [link_after(phone, 20, counter, LinkHash(prev))])) == BROKEN


def test_a_run_that_says_it_stands_elsewhere_than_the_link_it_follows_is_refused(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    first = phone.do(visit(20))
    push_of(town, phone, [first])
    assert refusal(town, request_of(phone, [link_after(phone, 21, 7, first.hash)])) == BROKEN
    assert [tip.hash for tip in town.office.tips(phone.writer.device)] == [first.hash]


def test_what_follows_a_link_that_is_held_is_held_too(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    first, *held, last = [phone.do(visit(number)) for number in (20, 21, 22)]
    push_of(town, phone, held)
    answer = push_of(town, phone, [last])
    assert answer.results[0].outcome == Held(waiting=held[0].hash.hex())
    assert answer.known == [] and record_id(22) not in town.office.record_table
    push_of(town, phone, [first])
    assert isinstance(outcome_of(town, last), Applied)


def test_a_held_link_of_another_place_is_not_let_through_with_the_gap(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    first = phone.do(visit(20))
    strange = link_after(phone, 22, 7, first.hash)
    assert isinstance(push_of(town, phone, [strange]).results[0].outcome, Held)
    push_of(town, phone, [first])
    assert isinstance(outcome_of(town, strange), Held)
    assert [tip.hash for tip in town.office.tips(phone.writer.device)] == [first.hash]


def test_who_sent_above_a_gap_is_told_what_became_of_it_when_the_gap_is_filled(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(19))
    town.sync(phone)
    first, *above = [phone.do(visit(number)) for number in (20, 21, 22)]
    push_of(town, phone, above)
    told = {result.change: result.outcome for result in push_of(town, phone, [first]).news}
    assert told == {entry.link.change: outcome_of(town, entry) for entry in above}
    assert all(isinstance(outcome, Applied) for outcome in told.values())


def test_a_message_in_another_devices_name_is_refused(town: Regency) -> None:
    phone, thief = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    request = request_of(phone, [])
    refused = check(request, town.caller(thief.writer.device))
    assert refused == Malformed(problem="perangkat_berbeda")


def test_the_signature_over_a_run_is_kept(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21)]
    request = request_of(phone, entries)
    town.answer(request)
    signed = town.office.signatures[phone.writer.device, entries[-1].hash]
    assert (signed.signature, signed.counter) == (request.signature, 2)


# declarations -----------------------------------------------------------------------------------------------


def declaring(phone: Phone, body: object, entry: Entry | None = None) -> Declared:
    """A declaration that this phone signed, whatever it says."""
    entry = entry or phone.do(body)  # type: ignore[arg-type]
    assert entry.content is not None
    return Declared(
        link=entry.raw_link, content=entry.content, signature=phone.store.sign(head_message(entry.hash))
    )


@pytest.mark.parametrize(
    ("first", "last"), [(2, 1), (1, 2), (1, 3)], ids=["ends before it begins", "itself", "beyond itself"]
)
def test_a_gap_lies_below_the_link_that_declares_it(town: Regency, first: int, last: int) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(20))
    request = replace(request_of(phone, []), gap=declaring(phone, Gap(first=first, last=last)))
    assert check(request, town.caller(phone.writer.device)) == Malformed(problem="celah_salah")


def test_a_change_that_is_no_gap_declares_none(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(20))
    request = replace(request_of(phone, []), gap=declaring(phone, visit(21)))
    assert check(request, town.caller(phone.writer.device)) == Malformed(problem="celah_salah")


def test_a_declaration_is_the_content_that_its_own_link_names(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(20))
    entry = phone.do(Gap(first=1, last=1))
    other = phone.writer.content(Gap(first=1, last=1))[1]
    request = replace(request_of(phone, []), gap=replace(declaring(phone, None, entry), content=other))
    assert check(request, town.caller(phone.writer.device)) == Malformed(problem="celah_salah")


def test_a_declaration_in_another_devices_chain_opens_no_hole_in_this_one(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(20))
    declared = declaring(phone, Gap(first=1, last=1))
    strange = encode(replace(read_link(declared.link), device=town.enrol(11, KEDEN).writer.device))
    signature = phone.store.sign(head_message(link_hash(strange)))
    request = replace(
        request_of(phone, []), gap=Declared(link=strange, content=declared.content, signature=signature)
    )
    assert check(request, town.caller(phone.writer.device)) == Malformed(problem="celah_salah")


def test_a_hole_elsewhere_lets_nothing_through(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22, 23)]
    push_of(town, phone, entries[:1])
    gap = declaring(phone, Gap(first=2, last=2))
    above = replace(request_of(phone, entries[3:]), gap=gap)
    assert isinstance(town.answer(above).results[0].outcome, Held)
    below = replace(request_of(phone, entries[2:3]), gap=gap)
    assert isinstance(town.answer(below).results[0].outcome, Applied)


def test_a_hole_above_what_the_office_has_lets_nothing_through(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    request = replace(request_of(phone, entries[2:]), gap=declaring(phone, Gap(first=2, last=2)))
    assert isinstance(town.answer(request).results[0].outcome, Held), (
        "the first link is missing, and not lost"
    )


def test_a_hole_further_on_lets_no_branch_through_that_follows_nothing_here(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    push_of(town, phone, entries[:2])
    branch = link_after(phone, 30, 2, LinkHash(bytes([1]) * 32))
    request = replace(request_of(phone, [branch]), gap=declaring(phone, Gap(first=3, last=3)))
    assert isinstance(town.answer(request).results[0].outcome, Held), "nobody said that its first is lost"


def test_a_declaration_is_kept_with_its_signature_before_its_own_link_comes(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    first, second, _ = [phone.do(visit(number)) for number in (20, 21, 22)]
    entry = phone.do(Gap(first=1, last=1))
    gap = declaring(phone, None, entry)
    for _ in range(2):
        town.answer(replace(request_of(phone, [second]), gap=gap))
    assert isinstance(outcome_of(town, second), Applied)
    assert isinstance(outcome_of(town, entry), Held), "it waits for its place in the chain"
    assert town.office.signatures[phone.writer.device, entry.hash].signature == gap.signature
    assert town.office.entries(phone.writer.device, 3, 9)[0].hash == entry.hash
    town.sync(phone)
    assert all(isinstance(outcome_of(town, each), Applied) for each in (first, entry))
    town.answer(replace(request_of(phone, [second]), gap=gap))
    assert isinstance(outcome_of(town, entry), Applied), "said once more, it waits for nothing again"


def bare(request: SyncRequest) -> SyncRequest:
    """The same links, of which no content came."""
    return replace(request, contents=[])


def test_only_what_lies_in_the_hole_may_lack_its_content(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    gap = declaring(phone, Gap(first=2, last=2))
    lacking = Malformed(problem="isi_kurang")
    assert refusal(town, bare(replace(request_of(phone, entries[:2]), gap=gap))) == lacking
    push_of(town, phone, entries[:1])
    assert refusal(town, bare(replace(request_of(phone, entries[1:]), gap=gap))) == lacking
    assert town.answer(bare(replace(request_of(phone, entries[1:2]), gap=gap))).results[0].outcome == LOST


def test_what_the_office_has_is_not_lost_whatever_its_phone_declares(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21)]
    push_of(town, phone, entries)
    stands = outcome_of(town, entries[1])
    gap = declaring(phone, Gap(first=2, last=2))
    for declared in (None, gap):
        again = bare(replace(request_of(phone, entries[1:]), gap=declared))
        assert town.answer(again).results[0].outcome == stands == outcome_of(town, entries[1])
    assert isinstance(stands, Applied) and town.office.contents([entries[1].link.change])


def test_what_came_above_a_gap_takes_effect_though_its_phone_lost_it_since(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    push_of(town, phone, entries[2:])
    gap = declaring(phone, Gap(first=2, last=3))
    request = replace(request_of(phone, entries), gap=gap, contents=[entries[0].content])
    answers = [result.outcome for result in town.answer(request).results]
    assert isinstance(answers[2], Applied) and answers[1] == LOST
    assert record_id(22) in town.office.record_table


def test_a_lost_content_that_turns_up_above_another_gap_waits_and_is_not_called_lost(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    gap = declaring(phone, Gap(first=3, last=3))
    town.answer(bare(replace(request_of(phone, entries[2:]), gap=gap)))
    held = Held(waiting=entries[1].hash.hex())
    assert push_of(town, phone, entries[2:]).results[0].outcome == held == outcome_of(town, entries[2])


def test_a_lost_content_above_another_gap_is_not_there_when_its_link_is_held(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    gap = declaring(phone, Gap(first=3, last=3))
    town.answer(bare(replace(request_of(phone, entries[2:]), gap=gap)))
    lost = entries[2].link.change
    assert town.office.contents([lost]) == {}
    push_of(town, phone, entries[:2])
    assert (outcome_of(town, entries[2]), town.office.contents([lost])) == (LOST, {})


def test_a_hole_is_measured_by_the_longest_branch(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22, 23, 24)]
    push_of(town, phone, entries[:3])
    push_of(town, phone, [link_after(phone, 30, 2, entries[0].hash)])
    assert len(town.office.tips(phone.writer.device)) == 2
    request = replace(request_of(phone, entries[4:]), gap=declaring(phone, Gap(first=4, last=4)))
    assert isinstance(town.answer(request).results[0].outcome, Applied)
