"""Chains as two peers meet them: branches, gaps, forgeries."""

from msgspec.structs import replace

from schemas.wire import Applied, Cursor, Held
from sync.client import Broken, Session, next_request, receive
from sync.intake import Malformed
from sync.memory import MemoryDevice
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Regency, push_of, refusal, request_of, visit


def test_a_restored_phone_goes_on_as_a_branch_and_both_stand(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    first = phone.do(visit(20, record_id(1)))
    second = phone.do(visit(21, record_id(1)))
    town.sync(phone)
    phone.store = MemoryDevice(phone.writer.device, phone.writer.key.sign)
    phone.store.add_entries([first])
    third = phone.do(visit(22, record_id(1)))
    town.sync(phone)
    assert third.link.prev == second.link.prev == first.hash
    tips = {tip.hash for tip in town.office.tips(phone.writer.device)}
    assert tips == {second.hash, third.hash}
    assert all(record_id(number) in town.office.record_table for number in (20, 21, 22))


def test_links_above_a_gap_are_held_and_applied_when_it_is_filled(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    entries = [phone.do(visit(number, record_id(1))) for number in (20, 21, 22)]
    late = push_of(town, phone, entries[1:])
    assert [result.outcome for result in late.results] == [Held(waiting=entries[0].hash.hex())] * 2
    assert late.known == []
    push_of(town, phone, entries[:1])
    assert all(record_id(number) in town.office.record_table for number in (20, 21, 22))
    assert [tip.hash for tip in town.office.tips(phone.writer.device)] == [entries[2].hash]


def test_a_repeat_answers_the_outcome_as_it_now_stands(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21)]
    push_of(town, phone, entries[1:])
    push_of(town, phone, entries[:1])
    again = push_of(town, phone, entries[1:])
    assert isinstance(again.results[0].outcome, Applied)


def test_a_change_that_two_links_name_happens_once(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    content = phone.writer.content(visit(20))
    for _ in range(2):
        phone.store.append(*content)
    town.sync(phone)
    phone.store.append(*content)
    town.sync(phone)
    assert town.office.record_table[record_id(20)].fields["versi"] == 1
    assert phone.store.acknowledged().counter == 3


def test_a_wrong_signature_is_refused_whole(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    phone.do(visit(20))
    request = next_request(phone.store, Session())
    assert request is not None
    assert refusal(town, replace(request, signature=bytes(64))) == Malformed(problem="tanda_tangan_salah")
    assert town.office.entries(phone.writer.device, 0, 9) == []


def test_links_that_do_not_follow_each_other_are_refused(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22)]
    request = request_of(phone, [entries[0], entries[2]])
    assert refusal(town, request) == Malformed(problem="rantai_putus")


def test_another_devices_link_is_refused(town: Regency) -> None:
    phone, thief = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    entry = phone.do(visit(20))
    request = replace(request_of(phone, [entry]), device=thief.writer.device)
    assert refusal(town, request) == Malformed(problem="tautan_perangkat_lain")


def test_a_link_without_its_content_is_refused(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    request = replace(request_of(phone, [phone.do(visit(20))]), contents=[])
    assert refusal(town, request) == Malformed(problem="isi_kurang")


def test_another_protocol_is_refused_by_name(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    request = replace(request_of(phone, []), protocol=99)
    assert refusal(town, request) == Malformed(problem="versi_protokol")


def test_an_answer_to_another_question_is_not_stored(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    request = next_request(phone.store, Session())
    assert request is not None
    response = replace(town.answer(request), start=Cursor(seq=3, tag=b"x" * 8))
    assert receive(phone.store, Session(), request, response) == Broken(problem="jawaban_tidak_cocok")
    assert phone.sees(1) is None
