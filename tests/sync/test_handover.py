"""Hand-over files between memory stores: what is asked, what is answered, and which answers fit by then."""

from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
import pytest
from msgspec.structs import replace

from schemas.handover import Answered, Answering, BlobHead, BlobPiece, Header, Question, Record
from schemas.ids import DeviceId
from schemas.wire import PROTOCOL, Cursor, SyncRequest, SyncResponse
from sync import answering, handover
from sync.client import Broken, Effects, Missing, Outgoing, Session
from sync.memory import MemoryDevice
from sync.sealed_file import Cipher, UnfitFileError, read_header, read_records, write_file
from tests.sync.regency import KEDEN, NOW, TROBAYAN, Phone, Regency, change_fields, held_on, visit

OFFICE = DeviceId("0f" * 16)


class Masked:
    """Stands in for AES-GCM where only the frame is tried: a keyed hash as the tag."""

    def encrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes:
        return data + sha256(nonce + about + data).digest()[:16]

    def decrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes | None:
        return data[:-16] if self.encrypt(nonce, data[:-16], about) == data else None


CIPHER: Cipher = Masked()


def sign(message: bytes) -> bytes:
    return sha256(message).digest() * 2


def verify(signature: bytes, message: bytes) -> bool:
    return signature == sign(message)


@dataclass
class Written:
    """One file: what it asks, and what it brings."""

    question: Question
    messages: list = field(default_factory=list)
    name: bytes = bytes(16)


def sent(phone: Phone, *, check: bool) -> list[SyncRequest]:
    found = list(handover.messages(phone.store, check=check))
    assert not any(isinstance(each, Missing) for each in found)
    return [each.request for each in found if isinstance(each, Outgoing)]


def hand_over(phone: Phone, name: int = 1) -> Written:
    messages = sent(phone, check=False)
    asked = handover.asked(phone.store, bytes(32))
    return Written(
        Question(request=replace(messages[0], links=[], contents=[]), asked=asked),
        messages,
        bytes([name]) * 16,
    )


def take_in(town: Regency, written: Written) -> list[SyncResponse]:
    return [town.answer(message) for message in written.messages]


def answer(town: Regency, written: Written, now_ms: int = NOW) -> list[Answering | Answered]:
    device = written.question.request.device
    head = next(iter(town.office.tips(town.desk.device)))
    return list(
        answering.answer(
            town.office,
            written.question,
            file=written.name,
            caller=town.caller(device),
            office_head=head.hash,
            now_ms=now_ms,
        )
    )


def read(phone: Phone, records: list[Answering | Answered]) -> bool:
    """Let a phone read an answer; False where it does not fit."""
    answering, *answers = records
    assert isinstance(answering, Answering)
    responses = [each.response for each in answers if isinstance(each, Answered)]
    if not handover.fits(phone.store, answering, responses[0], phone.store.server_ms):
        return False
    session, before = Session(), None
    for response in responses:
        effects = handover.take(phone.store, session, before, response)
        assert isinstance(effects, Effects), effects
        assert not effects.diverged
        session, before = effects.session, response
    return True


def agree(town: Regency, phone: Phone) -> bool:
    """Whether a phone holds exactly what the office would show it."""
    parts = sorted(town.caller(phone.writer.device).parts)
    return phone.store.parts() == parts and phone.store.digests(parts) == town.office.digests(parts)


@pytest.fixture
def town() -> Regency:
    return Regency()


def test_a_phone_reaches_by_file_what_it_reaches_online(town: Regency) -> None:
    phone, twin = town.enrol(7, KEDEN), town.enrol(8, KEDEN)
    for number in range(1, 30):
        town.warga(number)
    entries = [phone.do(visit(100 + number)) for number in range(1, 4)]
    written = hand_over(phone)
    take_in(town, written)
    assert read(phone, answer(town, written))
    town.sync(twin)
    assert agree(town, phone) and agree(town, twin)
    assert phone.store.acknowledged().counter == 3
    assert set(phone.store.outcomes) == {entry.link.change for entry in entries}


def test_more_changes_than_one_message_holds_go_as_one_run_after_another(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.client.MAX_LINKS", 500)
    phone = town.enrol(7, KEDEN)
    for number in range(1, 1202):
        phone.do(visit(10_000 + number))
    written = hand_over(phone)
    assert [len(message.links) for message in written.messages] == [500, 500, 201]
    take_in(town, written)
    assert read(phone, answer(town, written))
    assert (phone.store.acknowledged().counter, len(phone.store.outcomes)) == (1201, 1201)


def test_writing_a_file_makes_nothing_count_as_received(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    town.sync(phone)
    phone.do(visit(100))
    hand_over(phone)
    assert phone.store.acknowledged().counter == 0
    assert phone.store.outcomes == {}


def test_a_file_taken_twice_and_a_sync_in_between_change_nothing(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    town.warga(1)
    town.sync(phone)
    phone.do(change_fields(1, {"alamat": None}, alamat="Dukuh Baru"))
    written = hand_over(phone)
    take_in(town, written)
    before = dict(town.office.record_table)
    take_in(town, written)
    town.sync(phone)
    take_in(town, written)
    assert dict(town.office.record_table) == before
    assert agree(town, phone)


def test_files_in_any_order_end_alike(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    town.sync(phone)
    phone.do(visit(100))
    first = hand_over(phone, 1)
    phone.do(visit(101))
    second = hand_over(phone, 2)
    take_in(town, second)
    take_in(town, first)
    assert read(phone, answer(town, first))
    assert phone.store.acknowledged().counter == 2
    assert agree(town, phone)


def test_an_old_answer_is_not_taken_over_a_newer_one(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    town.warga(1, nama="Lama")
    phone.do(visit(100))
    written = hand_over(phone)
    take_in(town, written)
    old = answer(town, written)
    town.act(change_fields(1, {"nama": "Lama"}, nama="Baru"))
    assert read(phone, answer(town, written))
    assert not read(phone, old)
    assert phone.sees(1)["nama"] == "Baru"  # type: ignore[index]


def test_an_old_answer_is_not_taken_after_a_sync(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    town.warga(1, nama="Lama")
    written = hand_over(phone)
    old = answer(town, written)
    town.act(change_fields(1, {"nama": "Lama"}, nama="Baru"))
    town.sync(phone)
    assert not read(phone, old)
    assert phone.sees(1)["nama"] == "Baru"  # type: ignore[index]


def test_an_answer_to_an_older_file_is_taken_where_it_reaches_further(town: Regency) -> None:
    """The second file was written before the first answer was read, as when a courier comes once a week."""
    phone = town.enrol(7, KEDEN)
    town.warga(1, nama="Satu")
    first = hand_over(phone, 1)
    second = hand_over(phone, 2)
    answered = answer(town, first)
    town.act(change_fields(1, {"nama": "Satu"}, nama="Dua"))
    later = answer(town, second)
    assert read(phone, answered)
    town.act(change_fields(1, {"nama": "Dua"}, nama="Tiga"))
    assert read(phone, later)
    assert phone.sees(1)["nama"] == "Dua"  # type: ignore[index]
    town.sync(phone)
    assert agree(town, phone)


def test_an_answer_of_another_history_is_not_mixed_in(town: Regency) -> None:
    """Two offices go on from one copy; a phone that met one leaves the other's answer to an old file."""
    other = Regency()
    for office in (town, other):
        office.enrol(7, KEDEN)
        office.warga(1, nama="Satu")
    phone = town.phones[next(iter(town.phones))]
    written = hand_over(phone)
    town.office._make_tag = lambda: b"sesudah!"
    town.warga(2)
    town.sync(phone)
    other.office._make_tag = lambda: b"lainnya!"
    other.warga(3)
    answered = answer(other, written)
    assert not read(phone, answered)
    assert phone.sees(3) is None


def test_an_answer_that_lacks_a_part_the_phone_got_meanwhile_waits_for_a_new_file(town: Regency) -> None:
    """The area was taken away and given back: an answer that builds on rows from before would leave holes."""
    phone = town.enrol(7, KEDEN, TROBAYAN)
    person = phone.writer.person
    town.warga(1)
    town.warga(2, TROBAYAN)
    town.sync(phone)
    written = hand_over(phone)
    base = {"wilayah": [KEDEN, TROBAYAN]}
    move = change_fields(0, base, wilayah=[KEDEN])
    town.act(replace(move, record=person, kind="petugas"))
    town.sync(phone)
    assert phone.sees(2) is None
    town.act(replace(move, record=person, kind="petugas", base={"wilayah": [KEDEN]}, new=base))
    answered = answer(town, written)
    assert not read(phone, answered)
    again = hand_over(phone, 2)
    assert read(phone, answer(town, again))
    assert phone.sees(2) is not None and agree(town, phone)


def test_an_answer_that_was_cut_off_by_a_dead_phone_is_read_again(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.server.PAGE_ROWS", 10)
    phone = town.enrol(7, KEDEN)
    town.sync(phone)
    move = replace(change_fields(0, {"wilayah": [KEDEN]}, wilayah=[KEDEN, TROBAYAN]), kind="petugas")
    for number in range(1, 41):
        town.warga(number, TROBAYAN if number % 2 else KEDEN)
    town.act(replace(move, record=phone.writer.person))
    records = answer(town, hand_over(phone))
    assert len(records) > 4
    assert read(phone, records[:3])
    assert read(phone, records)
    assert agree(town, phone) and not phone.store.cursor().catching


def test_an_answer_that_skips_a_message_is_not_taken(town: Regency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.server.PAGE_ROWS", 10)
    phone = town.enrol(7, KEDEN)
    for number in range(1, 41):
        town.warga(number)
    _, first, _, third, *_ = answer(town, hand_over(phone))
    assert isinstance(first, Answered) and isinstance(third, Answered)
    effects = handover.take(phone.store, Session(), None, first.response)
    assert isinstance(effects, Effects)
    stood = phone.store.cursor()
    assert isinstance(handover.take(phone.store, effects.session, first.response, third.response), Broken)
    assert phone.store.cursor() == stood


def test_a_restored_phone_with_nothing_new_finds_itself_below_the_branch_of_before(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    phone.do(visit(100))
    town.sync(phone)
    restored = MemoryDevice(phone.writer.device, phone.writer.key.sign)
    restored.add_entries(phone.store.entries(phone.writer.device, 0, 10))
    phone.do(visit(101))
    town.sync(phone)
    phone.store = restored
    written = hand_over(phone)
    take_in(town, written)
    assert read(phone, answer(town, written))
    assert phone.store.acknowledged().counter == 1
    assert handed_over_again(phone) == []


def handed_over_again(phone: Phone) -> list[bytes]:
    """Return the links that the next file would hold."""
    return [link for message in sent(phone, check=False) for link in message.links]


def test_a_restored_office_is_told_again_by_file_and_believed_from_zero(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    phone.do(visit(100))
    town.sync(phone)
    restored = Regency()
    restored.office._make_tag = lambda: b"pulihan!"
    restored.enrol(7, KEDEN)
    restored.warga(5)
    written = hand_over(phone)
    assert written.messages[0].links == []
    assert read(phone, answer(restored, written))
    assert phone.store.acknowledged().counter == 0
    again = hand_over(phone, 2)
    take_in(restored, again)
    assert read(phone, answer(restored, again))
    assert phone.store.acknowledged().counter == 1 and agree(restored, phone)


def test_an_answer_without_any_question_brings_everything(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    town.warga(1)
    nothing = hand_over(phone)
    assert nothing.question.request.cursor == Cursor()
    town.warga(2)
    assert read(phone, answer(town, nothing))
    assert agree(town, phone)


@pytest.mark.parametrize(("later_ms", "fits"), [(0, False), (1, True)])
def test_what_answers_no_question_reaches_a_phone_however_far_it_is_behind(
    town: Regency, monkeypatch: pytest.MonkeyPatch, later_ms: int, fits: bool
) -> None:
    """Its commit is none of those that an answer names; one from before it last heard is no news to it."""
    monkeypatch.setattr(answering, "MOST_MARKS", 2)
    phone = town.enrol(7, KEDEN)
    town.warga(1)
    town.sync(phone)
    for number in (2, 3, 4):
        town.warga(number)
    asked = handover.asked(MemoryDevice(phone.writer.device, phone.writer.key.sign), bytes(32))
    request = SyncRequest(protocol=PROTOCOL, device=phone.writer.device, cursor=Cursor())
    news = answer(town, Written(Question(request=request, asked=asked), name=b""), NOW + later_ms)
    assert read(phone, news) is fits
    assert (phone.sees(4) is not None) is agree(town, phone) is fits


@pytest.mark.parametrize("foreign", [True, False], ids=["another history", "older than the phone"])
def test_what_answers_no_question_is_not_taken_where_the_phone_is_not_behind_all_it_names(
    town: Regency, foreign: bool
) -> None:
    """A copy of the office that went its own way, or a clock that was set back, has a later clock too."""
    phone = town.enrol(7, KEDEN)
    town.warga(1)
    town.sync(phone)
    asked = handover.asked(MemoryDevice(phone.writer.device, phone.writer.key.sign), bytes(32))
    request = SyncRequest(protocol=PROTOCOL, device=phone.writer.device, cursor=Cursor())
    town.warga(2)
    said, *news = answer(town, Written(Question(request=request, asked=asked), name=b""), NOW + 1)
    assert isinstance(said, Answering)
    if foreign:
        said = replace(said, marks=[replace(mark, tag=bytes(8)) for mark in said.marks])
    else:
        town.warga(3)
        town.sync(phone)
    assert not read(phone, [said, *news])
    assert (phone.sees(2) is None) is foreign


def test_a_phone_out_of_step_asks_part_by_part_and_is_mended(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    town.warga(1)
    town.sync(phone)
    key = next(iter(phone.store.table))
    phone.store.table[key] = replace(phone.store.table[key], body=b"\x80")
    messages = sent(phone, check=True)
    question = Question(request=messages[0], asked=handover.asked(phone.store, bytes(32)))
    assert read(phone, answer(town, Written(question)))
    assert agree(town, phone)


def test_a_revoked_phone_is_answered_without_a_row(town: Regency) -> None:
    phone = town.enrol(7, KEDEN)
    town.warga(1)
    town.sync(phone)
    written = hand_over(phone)
    town.revoked.add(phone.writer.device)
    assert read(phone, answer(town, written))
    assert held_on(phone) == b""


HEADER = Header(
    direction="to_office",
    office=OFFICE,
    key=bytes(16),
    device=DeviceId("a" * 32),
    file=bytes(16),
    number=3,
    made_ms=NOW,
)


def sealed(records: list[Record]) -> bytes:
    return b"".join(write_file(HEADER, CIPHER, records, sign))


def opened(data: bytes) -> list[Record]:
    view = memoryview(data)
    place = 0

    def some(size: int) -> bytes:
        nonlocal place
        piece = bytes(view[place : place + size])
        place += len(piece)
        return piece

    return list(read_records(some, read_header(some), CIPHER, verify))


def some_records() -> list[Record]:
    pieces: list[Record] = [BlobPiece(data=bytes([number]) * 50_000) for number in range(5)]
    return [BlobHead(blob="b" * 64, size_bytes=250_000), *pieces]  # type: ignore[arg-type]


def test_records_come_back_as_they_went_in_also_across_chunks() -> None:
    records = some_records()
    assert opened(sealed(records)) == records
    assert opened(sealed([])) == []


def test_a_file_cut_anywhere_is_refused() -> None:
    data = sealed(some_records())
    for length in (*range(400), *range(400, len(data), 997), len(data) - 1):
        with pytest.raises(UnfitFileError) as refused:
            opened(data[:length])
        assert refused.value.problem in ("serah_terpotong", "serah_bukan_berkas")


def test_a_file_with_any_byte_changed_or_added_is_refused() -> None:
    data = sealed(some_records())
    for place in (*range(400), *range(400, len(data), 499), *range(len(data) - 70, len(data))):
        changed = bytearray(data)
        changed[place] ^= 0x10
        with pytest.raises(UnfitFileError):
            opened(bytes(changed))
    with pytest.raises(UnfitFileError):
        opened(data + b"\0")


def test_a_header_that_is_written_in_another_way_is_refused() -> None:
    """One content, one encoding: else the signature would be over something else than what stands there."""
    data = sealed([])
    plain = msgspec.msgpack.encode(HEADER.number) + msgspec.msgpack.encode(HEADER.made_ms)
    wide = b"\xcd\x00\x03" + msgspec.msgpack.encode(HEADER.made_ms)
    assert data.count(plain) == 1
    size = int.from_bytes(data[10:12], "big") + 2
    with pytest.raises(UnfitFileError):
        opened(data[:10] + size.to_bytes(2, "big") + data[12:].replace(plain, wide, 1))


def test_a_newer_format_is_told_apart_from_a_damaged_file() -> None:
    data = bytearray(sealed([]))
    data[9] = 2
    with pytest.raises(UnfitFileError) as refused:
        opened(bytes(data))
    assert refused.value.problem == "serah_versi"
