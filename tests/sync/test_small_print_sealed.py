"""The small print of conflicts, sealed visits, files and chunks: one clause of a rule for each test."""

import pytest

from schemas.handover import CHUNK_BYTES, TAG_BYTES, Answered
from schemas.wire import Applied, Conflict, Cursor, Rejected
from sync.change import Advance, Patch, Resolve
from sync.chunks import AlteredError, exactly, from_bytes, read_chunks, sealed_size, some, write_chunks
from sync.handover import fits
from tests.contract.people import record_id
from tests.sync import sealed_things as sealed
from tests.sync.regency import KEDEN, NOW, Phone, Regency, change_fields, outcome_of, visit
from tests.sync.test_handover import answer, hand_over, take_in


class Plain:
    """A cipher that seals nothing: a tag of zeros."""

    def encrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes:
        return data + bytes(TAG_BYTES)

    def decrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes | None:
        return data[:-TAG_BYTES]


# conflicts --------------------------------------------------------------------------------------------------


def parked(town: Regency) -> tuple[Phone, Conflict]:
    """A phone and the office gave one field two values."""
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    town.act(change_fields(1, {"nama": "Warga 1"}, nama="Dari kantor"))
    entry = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Dari lapangan"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    return phone, outcome


def resolve(town: Regency, outcome: Conflict, **values: object) -> object:
    (name,) = outcome.ids
    head = town.office.record_table[name].head
    assert head is not None
    return town.act(Resolve(conflict=name, follows=head, values=values))


def test_a_conflict_that_is_closed_is_not_resolved_once_more(town: Regency) -> None:
    _, outcome = parked(town)
    assert isinstance(resolve(town, outcome, nama="Satu"), Applied)
    second = resolve(town, outcome, nama="Dua")
    assert isinstance(second, Conflict)
    assert town.office.record_table[record_id(1)].fields["nama"] == "Satu"
    cases = town.office.record_table[second.ids[0]].fields["fields"]
    assert {name: case["mine"] for name, case in cases.items()} == {"state": "selesai", "nama": "Dua"}


def test_choosing_in_a_conflict_of_states_writes_no_field(town: Regency) -> None:
    new = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": KEDEN, "subjek": record_id(1)}
    town.act(Patch(record=record_id(40), kind="kasus", base={}, new=new))
    before = town.office.record_table[record_id(40)]
    assert before.fields["since_ms"] == NOW
    stale = Advance(kasus=record_id(40), follows=bytes(32), event="tangani", answers={"subjek": "lain"})  # type: ignore[arg-type]
    outcome = town.act(stale)
    assert isinstance(outcome, Conflict)
    cases = town.office.record_table[outcome.ids[0]].fields["fields"]
    assert cases["state"]["theirs"] == "dicatat"
    assert cases["subjek"]["theirs"] is None, "of all else the office's value goes into no conflict"
    assert isinstance(resolve(town, outcome, state="ditangani"), Applied)
    assert town.office.record_table[record_id(40)].fields == before.fields


# sealed visits ----------------------------------------------------------------------------------------------


def test_a_version_by_somebody_else_opens_no_decided_sealed_visit(town: Regency) -> None:
    _, change = sealed.worked(town)
    sealed.decide(town, change)
    other = sealed.worker(town, 11)
    entry = other.do(sealed.submit(follows=change, version=2, about="dua"))
    town.sync(other)
    assert isinstance(outcome_of(town, entry), Applied)
    fields = sealed.fields_of(town, sealed.VISIT)
    assert (fields["state"], fields["versi"]) == ("disetujui", 2)


def test_a_task_of_a_sealed_case_is_no_case(town: Regency) -> None:
    phone, _ = sealed.worked(town)
    town.act(sealed.task(phone))
    entry = phone.do(sealed.submit(number=70, kasus=sealed.TASK))
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="bukan_kasus_tersegel")


def test_a_sealed_visit_begins_undecided_and_names_its_service_and_person(town: Regency) -> None:
    phone, _ = sealed.worked(town)
    fields = sealed.fields_of(town, sealed.VISIT)
    assert (fields["service"], fields["petugas"], fields["decided_by"]) == ("ktkpm", phone.writer.person, "")
    assert fields["notes"] == {} and sealed.fields_of(town, sealed.CASE)["notes"] == {}


# files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_an_answer_tells_all_outcomes_however_few_fit_one_message(
    town: Regency, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    phone = town.enrol(10, KEDEN)
    entries = [phone.do(visit(20 + number)) for number in range(count)]
    written = hand_over(phone)
    take_in(town, written)
    monkeypatch.setattr("sync.answering.MAX_LINKS", 2)
    told = [each.response for each in answer(town, written) if isinstance(each, Answered)]
    changes = [result.change for response in told for result in response.results]
    assert dict.fromkeys(changes) == dict.fromkeys(entry.link.change for entry in entries)


def test_an_answer_of_this_history_that_ends_before_the_phone_does_not_fit(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.sync(phone)
    written = hand_over(phone)
    take_in(town, written)
    answering, first, *_ = answer(town, written)
    here = phone.store.cursor()
    for seq, is_fit in ((here.seq, True), (here.seq + 1, False)):
        phone.store._cursor = Cursor(seq=seq, tag=here.tag, scope=b"another")
        assert fits(phone.store, answering, first.response, 0) == is_fit  # type: ignore[union-attr, arg-type]


# chunks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_how_many_bytes_so_many_become_is_what_is_written(size: int) -> None:
    whole = b"".join(write_chunks(Plain(), [bytes(size)]))
    assert len(whole) == sealed_size(size)
    assert sum(map(len, read_chunks(from_bytes(whole), Plain()))) == size


@pytest.mark.parametrize("length", [0, TAG_BYTES - 1, CHUNK_BYTES + TAG_BYTES + 1, 2**31 - 1])
def test_a_chunk_of_a_length_that_none_has_is_refused_before_it_is_read(length: int) -> None:
    asked: list[int] = []
    whole = from_bytes(length.to_bytes(4, "big") + bytes(CHUNK_BYTES * 2))

    def read(size: int) -> bytes:
        asked.append(size)
        return whole(size)

    with pytest.raises(AlteredError):
        list(read_chunks(read, Plain()))
    assert asked == [4]


def test_what_comes_in_drops_is_read_to_the_byte_and_no_further() -> None:
    whole = from_bytes(b"abcdef")

    def drops(size: int) -> bytes:
        return whole(min(size, 2))

    assert (exactly(drops, 3), some(drops, 2), some(drops, 9)) == (b"abc", b"de", b"f")
