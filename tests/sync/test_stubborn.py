"""Changes, answers and stores that are not as they should be: the rest goes on, and every sync ends."""

import msgspec
import pytest
from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import LinkHash, Part
from schemas.wire import Applied, Cursor, Held, Rejected, SyncRequest, WireTip
from sync.change import MOST_NESTED, Patch, change_id
from sync.client import Broken, Session, next_request, receive
from sync.memory import MemoryDevice
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Phone, Regency, change_fields, outcome_of, visit


@pytest.mark.parametrize(
    "new",
    [{"layanan": 5}, {"layanan": [["a"]]}, {"kode_desa": 7}, {"layanan": {"bpnt": True}}],
)
def test_a_value_of_the_wrong_shape_is_refused_alone(town: Regency, new: dict) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    entry = phone.do(change_fields(1, {"layanan": ["bpnt"]}, **new))
    phone.do(Patch(record=record_id(7), kind="warga", base={}, new={"kode_desa": KEDEN, **new}))
    phone.do(visit(20, record_id(1)))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="isi_tidak_terbaca", field=next(iter(new)))
    assert record_id(20) in town.office.record_table


@pytest.mark.parametrize("depth", [MOST_NESTED, 5000, 100_000])
def test_a_content_nested_without_end_is_refused_alone(town: Regency, depth: int) -> None:
    phone = town.enrol(10, KEDEN)
    good = phone.writer.content(visit(21))[1]
    bad = good.replace(b"\xa3bni", b"\x91" * depth + b"\xc0")
    entry = phone.store.append(change_id(bad), bad)
    phone.do(visit(20))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="isi_tidak_terbaca")
    assert record_id(20) in town.office.record_table


def test_a_content_nested_as_deep_as_may_be_is_taken(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    good = phone.writer.content(visit(21))[1]
    deep = good.replace(b"\xa3bni", b"\x91" * (MOST_NESTED - 1) + b"\xc0")
    entry = phone.store.append(change_id(deep), deep)
    town.sync(phone)
    assert isinstance(outcome_of(town, entry), Applied)


def test_a_restored_phone_with_nothing_new_comes_to_rest(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21, 22):
        phone.do(visit(number))
    town.sync(phone)
    restored = MemoryDevice(phone.writer.device, phone.writer.key.sign)
    restored.add_entries(phone.store.entries(phone.writer.device, 0, 2))
    effects = town.sync(Phone(phone.writer, restored))
    assert len(effects) <= 3
    assert restored.acknowledged().counter == 2


def test_a_restored_phone_with_nothing_new_sends_its_chain_only_once(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    for number in (20, 21, 22):
        phone.do(visit(number))
    town.sync(phone)
    restored = Phone(phone.writer, MemoryDevice(phone.writer.device, phone.writer.key.sign))
    restored.store.add_entries(phone.store.entries(phone.writer.device, 0, 2))
    town.sync(restored)
    before = town.office.last_seq()
    request = next_request(restored.store, Session())
    assert request is not None and request.links == []
    assert len(town.sync(restored)) == 1
    assert restored.store.acknowledged().counter == 2
    assert town.office.last_seq() == before


def test_what_became_of_changes_that_came_another_way_is_asked_for(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A twin sent them, or somebody carried them there in a file: the office knows all, the phone little."""
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(number)) for number in (20, 21, 22, 23)]
    twin = Phone(phone.writer, MemoryDevice(phone.writer.device, phone.writer.key.sign))
    twin.store.add_entries(entries)
    town.sync(twin)
    monkeypatch.setattr("sync.client.PUSH_BYTES", 1)
    town.sync(phone)
    assert phone.store.acknowledged().counter == 4
    assert phone.store.outcomes.keys() == {entry.link.change for entry in entries}


def test_a_held_change_that_a_twin_sends_again_is_news_to_the_phone(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    parent = phone.writer.content(visit(20))
    content = phone.writer.content(visit(20, follows=parent[0]))
    twin = Phone(phone.writer, MemoryDevice(phone.writer.device, phone.writer.key.sign))
    twin.store.append(*parent)
    twin.store.append(*content)
    second = phone.store.append(*content)
    town.sync(phone)
    assert isinstance(phone.store.outcomes[second.link.change], Held)
    town.sync(twin)
    town.sync(phone)
    assert isinstance(phone.store.outcomes[second.link.change], Applied)


def test_a_link_named_as_received_is_believed_only_where_the_office_holds_it(town: Regency) -> None:
    phone, other = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    entry = other.do(visit(20))
    town.sync(other)
    request = next_request(phone.store, Session())
    assert request is not None
    for name in (entry.hash, LinkHash(b"x" * 32)):
        tip = WireTip(counter=1, hash=name)
        assert town.answer(replace(request, received=tip)).known == []


def test_a_digest_that_never_agrees_is_asked_about_once(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    honest = town.office.digests
    town.office.digests = lambda parts: {
        part: bytes(15) + b"\1" if part.startswith("desa") else digest
        for part, digest in honest(parts).items()
    }
    effects = town.sync(phone)
    assert len(effects) <= 5
    assert effects[-1].diverged


def test_an_office_that_never_moves_on_does_not_keep_the_phone_asking(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    session, rounds = Session(), 0
    while (request := next_request(phone.store, session)) is not None:
        answered = replace(town.answer(request), more=True, rows=[], removed=[], cursor=request.cursor)
        effects = receive(phone.store, session, request, answered)
        assert not isinstance(effects, Broken)
        session, rounds = effects.session, rounds + 1
        assert rounds < 10
    assert not session.quiet


def test_a_row_that_is_none_breaks_the_answer_and_stores_nothing(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    request = next_request(phone.store, Session())
    assert request is not None
    response = town.answer(request)
    broken = replace(response, rows=[replace(row, body=b"\xc1") for row in response.rows])
    assert receive(phone.store, Session(), request, broken) == Broken(problem="jawaban_tidak_cocok")
    assert phone.store.cursor() == Cursor()


@pytest.mark.parametrize(
    "cursor", [Cursor(seq=2**63), Cursor(catching={Part("ref"): 2**64 - 1}), Cursor(seq=-1)]
)
def test_a_position_beyond_any_database_is_no_message(cursor: Cursor) -> None:
    raw = encode(SyncRequest(protocol=1, device="d" * 32, cursor=cursor))
    with pytest.raises(msgspec.ValidationError):
        decode(raw, SyncRequest)


def test_fields_that_belong_together_park_with_one_that_is_parked_already(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1, penyalur="bni", no_kks="1111")
    town.act(change_fields(1, {"penyalur": "bni"}, penyalur="bri"))
    phone.do(change_fields(1, {"penyalur": "bni"}, penyalur="pt_pos"))
    town.sync(phone)
    phone.do(change_fields(1, {"penyalur": "bri", "no_kks": "1111"}, penyalur="pt_pos", no_kks="9999"))
    town.sync(phone)
    fields = town.office.record_table[record_id(1)].fields
    assert (fields["penyalur"], fields["no_kks"]) == ("bri", "1111")


def test_a_field_parks_when_its_partner_was_changed_unseen(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1, bank="bni", no_rekening="1111")
    town.act(change_fields(1, {"bank": "bni"}, bank="bri"))
    phone.do(change_fields(1, {"bank": "bni", "no_rekening": "1111"}, no_rekening="2222"))
    town.sync(phone)
    fields = town.office.record_table[record_id(1)].fields
    assert (fields["bank"], fields["no_rekening"]) == ("bri", "1111")
