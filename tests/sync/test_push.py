"""What a phone pushes: each change with its own outcome, and none of them lost."""

import pytest

from schemas.ids import BlobId
from schemas.wire import Applied, Held, Rejected
from sync.chain import Tip
from sync.change import Accessed, Decide, Patch, Resolve, change_id
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Regency, change_fields, garbage, outcome_of, push_of, visit


def test_an_offline_change_is_applied_and_acknowledged(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    entry = phone.do(change_fields(1, {"rt": None}, rt="003"))
    town.sync(phone)
    assert town.office.record_table[record_id(1)].fields["rt"] == "003"
    assert phone.store.acknowledged() == Tip(counter=1, hash=entry.hash)
    assert isinstance(phone.store.outcomes[entry.link.change], Applied)


def test_a_lost_answer_creates_no_duplicate(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    entry = phone.do(visit(20, record_id(1)))
    town.sync(phone, lose_answers=2)
    assert town.office.record_table[record_id(20)].fields["versi"] == 1
    assert isinstance(phone.store.outcomes[entry.link.change], Applied)


def test_an_office_that_forgot_is_simply_sent_everything_again(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    entry = phone.do(visit(20, record_id(1)))
    town.sync(phone)
    fresh = Regency()
    fresh.enrol(10, KEDEN)
    fresh.phones[phone.writer.device] = phone
    fresh.warga(1)
    fresh.sync(phone)
    assert fresh.office.record_table[record_id(20)].fields["versions"][0]["change"] == (
        entry.link.change.hex()
    )


def test_one_bad_change_never_blocks_the_rest(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    unreadable = phone.store.append(*garbage())
    good = phone.do(change_fields(1, {"rt": None}, rt="003"))
    town.sync(phone)
    assert outcome_of(town, unreadable) == Rejected(problem="isi_tidak_terbaca")
    assert isinstance(outcome_of(town, good), Applied)
    assert town.office.contents([unreadable.link.change]) != {}


def test_a_change_with_text_that_is_no_text_blocks_no_other(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    _, raw = phone.writer.content(change_fields(1, {"rt": None}, rt="zzz"))
    raw = raw.replace(b"zzz", b"\xff\xfe\xfd")
    unreadable = phone.store.append(change_id(raw), raw)
    good = phone.do(change_fields(1, {"rt": None}, rt="003"))
    town.sync(phone)
    assert outcome_of(town, unreadable) == Rejected(problem="isi_tidak_terbaca")
    assert isinstance(outcome_of(town, good), Applied)


def test_what_depends_on_a_refused_change_waits(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    refused = phone.do(visit(20, form="tertutup"))
    waits = phone.do(visit(20, follows=refused.link.change))
    town.sync(phone)
    assert outcome_of(town, refused) == Rejected(problem="harus_tersegel", field="tertutup")
    assert outcome_of(town, waits) == Held(waiting=refused.link.change.hex())


def test_a_change_written_in_another_persons_name_is_refused(town: Regency) -> None:
    phone, other = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    town.warga(1)
    entry = phone.do(change_fields(1, {}, rt="003"), author=other.writer.person)
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="penulis_bukan_pemilik_perangkat")


@pytest.mark.parametrize(
    "body",
    [
        Patch(record=record_id(30), kind="petugas", base={}, new={"peran": ["admin"]}),
        Decide(visit=record_id(20), follows=bytes(32), decision="setujui", reasons={}, note=""),
        Resolve(conflict=record_id(20), follows=bytes(32), values={}),
        Accessed(subject=record_id(1), purpose="x"),
    ],
)
def test_what_only_the_office_may_do_is_refused_from_a_phone(town: Regency, body) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(body)
    town.sync(phone)
    assert outcome_of(town, entry) == Rejected(problem="hanya_kantor")


def test_blobs_named_by_a_visit_are_wanted_until_they_arrive(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    photo = "a" * 64
    phone.do(visit(20, blobs=(photo,)))
    town.sync(phone)
    assert phone.store.wanted_blobs == [photo]
    town.office.blob_received(BlobId(photo), 10, phone.writer.device, town.now)
    town.sync(phone)
    assert phone.store.wanted_blobs == []


def test_blobs_of_a_visit_that_waits_or_is_refused_are_wanted_too(town: Regency) -> None:
    """A restored office asks for them again: nobody else would."""
    phone = town.enrol(10, KEDEN)
    waits, refused, above = ("a" * 64, "b" * 64, "c" * 64)
    entries = [
        phone.do(visit(20, follows=b"x" * 32, blobs=(waits,))),
        phone.do(visit(21, blobs=(refused,), form="tertutup")),
    ]
    town.sync(phone)
    assert isinstance(outcome_of(town, entries[0]), Held)
    assert isinstance(outcome_of(town, entries[1]), Rejected)
    assert phone.store.wanted_blobs == [waits, refused]
    entries = [phone.do(visit(22)), phone.do(visit(23, blobs=(above,)))]
    assert push_of(town, phone, entries[1:]).wanted == [waits, refused, above]


def test_many_changes_go_in_several_requests(town: Regency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.client.PUSH_BYTES", 600)
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    for number in range(12):
        phone.do(change_fields(1, {"rt": str(number - 1) if number else None}, rt=str(number)))
    effects = town.sync(phone)
    assert len(effects) > 2
    assert town.office.record_table[record_id(1)].fields["rt"] == "11"
