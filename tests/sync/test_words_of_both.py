"""What the office says in one answer, and what a phone concludes from it, word by word.

Rule: an answer is looked at by itself, since a whole sync makes good what one answer left out.
"""

from msgspec.structs import replace

from schemas.ids import LinkHash, Part
from schemas.wire import PROTOCOL, Applied, Cursor, Held, Removed, SyncRequest, SyncResponse, WireTip
from sync.chain import START, Tip
from sync.change import Gap
from sync.client import MAX_STALLED, Broken, Effects, Session, caught_up, next_request, receive
from sync.digest import EMPTY
from tests.contract.people import record_id
from tests.sync.regency import (
    KEDEN,
    TROBAYAN,
    Phone,
    Regency,
    change_fields,
    mine_part,
    outcome_of,
    push_of,
    request_of,
    visit,
)


def ask(phone: Phone, session: Session | None = None) -> SyncRequest:
    request = next_request(phone.store, session or Session())
    assert isinstance(request, SyncRequest)
    return request


def heard(
    phone: Phone, request: SyncRequest, response: SyncResponse, session: Session | None = None
) -> Effects:
    effects = receive(phone.store, session or Session(), request, response)
    assert isinstance(effects, Effects)
    return effects


def tips(response: SyncResponse) -> list[tuple[int, LinkHash]]:
    return [(tip.counter, tip.hash) for tip in response.known]


# what the office says ---------------------------------------------------------------------------------------


def test_a_position_beyond_the_commit_that_it_names_is_of_another_history(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.sync(phone)
    here = phone.store.cursor()
    town.warga(1)
    for seq, start in ((here.seq, here.seq), (here.seq + 1, 0)):
        answer = town.answer(replace(ask(phone), cursor=replace(here, seq=seq)))
        assert answer.start.seq == start


def test_only_the_part_that_differs_is_sent_anew(town: Regency) -> None:
    phone = town.enrol(10, KEDEN, TROBAYAN)
    town.warga(1, KEDEN)
    town.warga(2, TROBAYAN)
    town.sync(phone)
    (row,) = [row for row in phone.store.rows([record_id(1)]) if "desa" in row.part]
    phone.store.put_rows([], [Removed(part=row.part, id=row.id, seq=row.seq)])
    assert town.answer(ask(phone, Session(check=True))).resend == [row.part]


def test_parts_are_told_once_and_in_order(town: Regency) -> None:
    phone = town.enrol(10, TROBAYAN, KEDEN, layanan=("pkh", "bpnt"))
    first = town.answer(ask(phone))
    assert first.parts is not None and first.parts == sorted(first.parts)
    town.sync(phone)
    assert town.answer(ask(phone)).parts is None


def test_one_outcome_is_said_once(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21)]
    push_of(town, phone, entries[:1])
    answer = push_of(town, phone, entries[1:])
    assert answer.start == Cursor(), "it begins at zero, where all its outcomes are told"
    assert [result.change for result in answer.results] == [entries[1].link.change]
    assert [result.change for result in answer.news] == [entries[0].link.change]


def test_outcomes_that_were_told_are_not_told_at_each_sync(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(20))
    town.sync(phone)
    assert town.answer(ask(phone)).news == []


def test_a_phone_at_the_tip_is_told_of_nothing_below(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21)]
    push_of(town, phone, entries[:1])
    below = WireTip(counter=1, hash=entries[0].hash)
    request = replace(request_of(phone, entries[1:]), received=below)
    assert tips(town.answer(request)) == [(2, entries[1].hash)]
    quiet = replace(request_of(phone, []), received=below)
    assert sorted(tips(town.answer(quiet))) == [(1, entries[0].hash), (2, entries[1].hash)]


def test_who_begins_at_zero_is_told_of_the_chain_up_to_its_first_hole(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22, 23)]
    push_of(town, phone, [*entries, phone.do(Gap(first=3, last=3))])
    zero = request_of(phone, [])
    assert tips(town.answer(zero)) == [(2, entries[1].hash)]
    push_of(town, phone, [phone.do(Gap(first=2, last=2))])
    assert tips(town.answer(zero)) == [(1, entries[0].hash)]
    push_of(town, phone, [phone.do(Gap(first=1, last=1))])
    assert tips(town.answer(zero)) == []


def test_who_begins_at_zero_is_told_neither_of_a_branch_that_ends_in_the_hole_nor_of_what_is_held(
    town: Regency,
) -> None:
    phone = town.enrol(10, KEDEN)
    writer = phone.writer
    entries = [writer.write(visit(number)) for number in (20, 21, 22)]
    push_of(town, phone, [*entries, writer.write(Gap(first=3, last=3))])
    writer.tip = Tip(counter=2, hash=entries[1].hash)
    push_of(town, phone, [writer.write(visit(30))])
    writer.tip = START
    writer.write(visit(31))
    held = writer.write(visit(32))
    push_of(town, phone, [held])
    assert held.link.counter == 2 and isinstance(outcome_of(town, held), Held)
    assert tips(town.answer(request_of(phone, []))) == [(2, entries[1].hash)]


# what a phone concludes -------------------------------------------------------------------------------------


def test_an_answer_in_another_protocol_is_not_stored(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    request = ask(phone)
    answer = replace(town.answer(request), protocol=PROTOCOL - 1)
    assert receive(phone.store, Session(), request, answer) == Broken(problem="versi_protokol")
    assert phone.sees(1) is None


def test_a_phone_asks_until_it_stalled_so_often(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    assert next_request(phone.store, Session(stalled=MAX_STALLED - 1)) is not None
    assert next_request(phone.store, Session(stalled=MAX_STALLED)) is None


def test_each_place_that_is_said_again_is_a_step_further(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(20 + number)) for number in range(MAX_STALLED + 2)]
    town.sync(phone)
    session, said = Session(again=tuple(entry.link.counter for entry in entries)), list[bytes]()
    while session.again and isinstance(request := next_request(phone.store, session), SyncRequest):
        said += request.links
        session = heard(phone, request, town.answer(request), session).session
    assert said == [entry.raw_link for entry in entries]


def test_a_position_and_a_receipt_are_a_step_further_and_rows_alone_are_none(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    entry = phone.do(visit(20))
    here = phone.store.cursor()
    (row, *_) = phone.store.rows([record_id(1)])
    nothing = SyncResponse(
        protocol=PROTOCOL, results=[], known=[], wanted=[], rows=[], removed=[], start=here, cursor=here,
        more=True, parts=None, digest=EMPTY, resend=[], office_head=LinkHash(bytes(32)), server_ms=town.now,
        news=[], backed_up=None,
    )  # fmt: skip
    further = replace(here, seq=here.seq + 1)
    received = [WireTip(counter=1, hash=entry.hash)]
    bare = replace(ask(phone), links=[], contents=[])
    told = replace(
        push_of(town, phone, [entry]), start=here, cursor=here, rows=[], removed=[], parts=None, more=True
    )
    for answer, stalled in (
        (nothing, 2),
        (replace(nothing, rows=[row]), 2),
        (replace(nothing, cursor=further), 0),
        (replace(told, known=received), 0),
    ):
        request = replace(bare, cursor=phone.store.cursor(), links=[entry.raw_link] if answer.results else [])
        answer = replace(answer, start=phone.store.cursor())
        if answer.cursor == here:
            answer = replace(answer, cursor=phone.store.cursor())
        assert heard(phone, request, answer, Session(stalled=1)).session.stalled == stalled


def test_what_the_office_has_without_a_word_on_it_does_not_count_as_answered(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    request = request_of(phone, entries)
    answer = town.answer(request)
    silent = replace(answer, results=[answer.results[0], answer.results[2]], news=[])
    heard(phone, request, silent)
    assert phone.store.acknowledged().counter == 1, (
        "of the second it knows nothing, so all after the first go"
    )
    assert isinstance(phone.store.outcomes[entries[2].link.change], Applied)
    town.sync(phone)
    assert phone.store.acknowledged().counter == 3


def test_a_receipt_reaches_no_further_than_what_is_known(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    request = request_of(phone, entries)
    answer = town.answer(request)
    heard(phone, request, replace(answer, known=[WireTip(counter=2, hash=entries[1].hash)]))
    assert phone.store.acknowledged().counter == 2


def test_a_pull_that_is_not_at_its_end_compares_nothing(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    request = ask(phone)
    answer = town.answer(request)
    wrong = replace(answer, digest=b"x" * len(EMPTY))
    unfinished = heard(phone, request, replace(wrong, more=True))
    assert (unfinished.diverged, unfinished.session.check) == (False, False)
    request = ask(phone)
    ended = heard(phone, request, replace(wrong, start=request.cursor, rows=[]))
    assert (ended.diverged, ended.session.check, ended.session.quiet) == (True, True, False)


def test_a_part_that_a_phone_does_not_name_is_sent_again_unless_it_is_empty(town: Regency) -> None:
    phone = town.enrol(10, KEDEN, TROBAYAN)
    town.warga(1)
    town.sync(phone)
    ours = phone.store.digests(phone.store.parts())
    full = {part for part, digest in ours.items() if digest != EMPTY}
    assert town.answer(replace(ask(phone), check=ours)).resend == []
    for part in ours:
        unnamed = {name: digest for name, digest in ours.items() if name != part}
        assert town.answer(replace(ask(phone), check=unnamed)).resend == [part] * (part in full)
    assert 0 < len(full) < len(ours)


def test_catching_up_is_remembered_for_parts_that_are_held_and_for_no_others(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    own, old, new = mine_part(phone), Part("desa/lama"), Part("desa/baru")
    town.sync(phone)
    answer = town.answer(ask(phone))
    behind = replace(answer, cursor=replace(answer.cursor, catching={own: 3, old: 2}))
    assert caught_up(behind, [own, old], [own, new]).catching == {own: 3, new: 0}
    assert caught_up(replace(behind, resend=[own]), [own], [own]).catching == {own: 0}
    from_zero = replace(answer, start=Cursor())
    assert caught_up(from_zero, [], [own, new]).catching == {}, "a pull from zero brings every part"


def test_a_field_set_by_both_in_the_same_way_is_no_step_at_all(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    town.act(change_fields(1, {"nama": "Warga 1"}, nama="Bu Sri"))
    before = town.office.record_table[record_id(1)].seq
    phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Bu Sri"))
    town.sync(phone)
    assert town.office.record_table[record_id(1)].seq == before
