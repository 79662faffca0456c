"""What nobody gets or changes beyond their part, whatever their phone sends."""

import pytest
from msgspec.structs import replace

from schemas.ids import DeviceId, RecordId
from schemas.wire import Applied, Conflict, Rejected
from sync.change import Accessed, Advance, Decide, Enrolled, Gap, Patch, Resolve
from sync.merge import conflict_seed
from sync.places import place_at
from sync.scope import NIK_PREFIXES, UNIT_KEYS, mine, views
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, TROBAYAN, Regency, change_fields, held_on, outcome_of, visit

NIK = b"3314994107900001"


def approve(town: Regency, number: int, follows: bytes) -> object:
    return town.act(Decide(visit=record_id(number), follows=follows, decision="setujui", reasons={}, note=""))


def close(town: Regency, tugas: RecordId) -> object:
    return town.act(Patch(record=tugas, kind="tugas", base={"state": "baru"}, new={"state": "batal"}))


def test_a_conflict_never_tells_a_number_that_the_author_may_not_see(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1, no_hp="08000000001", no_kk="9900000000000001")
    town.sync(phone)
    entry = phone.do(change_fields(1, {}, nik="1", no_hp="1", no_kk="1"))
    town.sync(phone)
    assert isinstance(outcome_of(town, entry), Conflict)
    assert NIK not in held_on(phone)
    assert b"08000000001" not in held_on(phone)
    assert b"9900000000000001" not in held_on(phone)
    assert b"\xe2\x80\xa60001" in held_on(phone), "the ending is shown"


@pytest.mark.parametrize(
    ("name", "blob"),
    [("a/b", "a" * 64), ("A" * 32, "a" * 64), ("a" * 32 + "\n", "a" * 64), ("a" * 32, "../a")],
    ids=["a path", "upper case", "a line", "a blob's path"],
)
def test_a_phone_makes_nothing_that_no_page_or_upload_can_name(town: Regency, name: str, blob: str) -> None:
    phone = town.enrol(10, KEDEN)
    odd = phone.do(replace(visit(20, blobs=(blob,)), visit=RecordId(name)))
    town.sync(phone)
    assert outcome_of(town, odd) == Rejected(problem="isi_tidak_terbaca")
    assert RecordId(name) not in town.office.record_table
    assert phone.store.wanted_blobs == ([] if "/" in blob else [blob])


def test_a_phone_adds_nobody_under_what_is_no_id(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    new = {"nama": "Warga", "kode_desa": KEDEN, "layanan": ["bpnt"]}
    odd = phone.do(Patch(record=RecordId("warga/1"), kind="warga", base={}, new=new))
    town.sync(phone)
    assert outcome_of(town, odd) == Rejected(problem="isi_tidak_terbaca")
    assert RecordId("warga/1") not in town.office.record_table


def test_a_conflict_tells_nothing_new_to_someone_who_lost_the_area(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    tugas = town.tugas(50, phone, town.warga(1, pekerjaan="a"))
    town.act(change_fields(1, {"pekerjaan": "a"}, pekerjaan="b"))
    phone.do(change_fields(1, {"pekerjaan": "a"}, pekerjaan="c"))
    town.sync(phone)
    me = RecordId(phone.writer.person)
    town.act(Patch(record=me, kind="petugas", base={"wilayah": [KEDEN]}, new={"wilayah": [TROBAYAN]}))
    close(town, tugas)
    town.act(change_fields(1, {"pekerjaan": "b"}, pekerjaan="sesudah pindah"))
    town.sync(phone)
    assert b"sesudah pindah" not in held_on(phone)


def test_a_step_from_outside_the_area_learns_nothing_of_the_case(town: Regency) -> None:
    phone = town.enrol(10, TROBAYAN)
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": KEDEN, "subjek": "seseorang"}
    town.act(Patch(record=record_id(40), kind="kasus", base={}, new=fields))
    phone.do(Advance(kasus=record_id(40), follows=None, event="tangani", answers={"subjek": "x"}))
    town.sync(phone)
    assert b"seseorang" not in held_on(phone)


def test_a_list_of_cases_leaves_the_answers_at_the_office(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": KEDEN, "nomor_surat": "rahasia"}
    town.act(Patch(record=record_id(40), kind="kasus", base={}, new=fields))
    town.sync(phone)
    assert (phone.sees(40) or {})["state"] == "dicatat"
    assert b"rahasia" not in held_on(phone)


def test_a_task_lets_its_own_person_change_somebody_elsewhere_and_nobody_else(town: Regency) -> None:
    sent, other = town.enrol(10, TROBAYAN), town.enrol(11, TROBAYAN)
    town.tugas(50, sent, town.warga(1))
    for phone, said, kind in ((other, "Orang Lain", Conflict), (sent, "Petugasnya", Applied)):
        entry = phone.do(change_fields(1, {"nama": "Warga 1"}, nama=said))
        town.sync(phone)
        assert isinstance(outcome_of(town, entry), kind)
    assert town.office.record_table[record_id(1)].fields["nama"] == "Petugasnya"


def test_a_revoked_phone_changes_nothing_by_itself_even_with_an_open_task(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.tugas(50, phone, town.warga(1))
    town.sync(phone)
    town.revoked.add(phone.writer.device)
    entry = phone.do(change_fields(1, {"nama": "Warga 1"}, nama="Diubah"))
    town.sync(phone)
    assert isinstance(outcome_of(town, entry), Conflict)
    assert town.office.record_table[record_id(1)].fields["nama"] == "Warga 1"


def test_a_revoked_phones_conflict_tells_its_author_nothing_of_what_the_office_holds(town: Regency) -> None:
    """The area is still the author's: it is the phone that counts for nothing."""
    phone = town.enrol(10, KEDEN)
    town.warga(1, pekerjaan="b")
    town.sync(phone)
    town.revoked.add(phone.writer.device)
    entry = phone.do(change_fields(1, {"pekerjaan": "a"}, pekerjaan="c"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    conflict = town.office.record_table[outcome.ids[0]]
    assert conflict.fields["fields"]["pekerjaan"]["theirs"] == "b", "the office sees it"
    shown = views(conflict)[mine(phone.writer.person)]
    assert shown["fields"]["pekerjaan"] == {"base": "a", "theirs": None, "mine": "c"}


def test_a_conflict_tells_somebody_off_duty_nothing_of_what_the_office_holds(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1, pekerjaan="b")
    town.sync(phone)
    me = RecordId(phone.writer.person)
    town.act(Patch(record=me, kind="petugas", base={}, new={"aktif": False}))
    entry = phone.do(change_fields(1, {"pekerjaan": "a"}, pekerjaan="c"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    shown = views(town.office.record_table[outcome.ids[0]])[mine(phone.writer.person)]
    assert shown["fields"]["pekerjaan"] == {"base": "a", "theirs": None, "mine": "c"}


def test_a_revoked_phones_version_is_kept_and_opens_nothing_again(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    tugas = town.tugas(50, phone, town.warga(1))
    entry = phone.do(visit(20, record_id(1), tugas))
    town.sync(phone)
    approve(town, 20, entry.link.change)
    town.revoked.add(phone.writer.device)
    phone.do(visit(20, record_id(1), tugas, follows=entry.link.change))
    town.sync(phone)
    fields = town.office.record_table[record_id(20)].fields
    assert (fields["state"], fields["versi"]) == ("disetujui", 2)
    assert "perangkat_dicabut" in fields["flags"]


def test_a_revoked_phones_correction_leaves_its_task_returned(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    tugas = town.tugas(50, phone, town.warga(1))
    entry = phone.do(visit(20, record_id(1), tugas))
    town.sync(phone)
    change = entry.link.change
    town.act(Decide(visit=record_id(20), follows=change, decision="kembalikan", reasons={}, note="ulangi"))
    town.revoked.add(phone.writer.device)
    phone.do(visit(20, record_id(1), tugas, follows=change))
    town.sync(phone)
    assert [town.office.record_table[name].fields["state"] for name in (record_id(20), tugas)] == [
        "dikembalikan", "dikembalikan",
    ]  # fmt: skip


def test_a_revoked_phones_first_visit_waits_for_the_office_with_its_task(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    tugas = town.tugas(50, phone, town.warga(1))
    town.revoked.add(phone.writer.device)
    phone.do(visit(20, record_id(1), tugas))
    town.sync(phone)
    assert [town.office.record_table[name].fields["state"] for name in (record_id(20), tugas)] == [
        "diterima", "dikirim",
    ]  # fmt: skip


def test_another_persons_version_does_not_undo_a_decision(town: Regency) -> None:
    first, other = town.enrol(10, KEDEN), town.enrol(11, TROBAYAN)
    entry = first.do(visit(20, town.warga(1)))
    town.sync(first)
    approve(town, 20, entry.link.change)
    other.do(visit(20, record_id(1)))
    town.sync(other)
    fields = town.office.record_table[record_id(20)].fields
    assert (fields["state"], fields["versi"]) == ("disetujui", 2)
    assert fields["flags"] == ["cabang", "di_luar_wilayah", "petugas_berbeda"], "in one order on every replay"


def test_a_visit_that_is_named_as_a_task_is_not_moved(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    entry = phone.do(visit(20, town.warga(1)))
    town.sync(phone)
    follows = entry.link.change
    town.act(Decide(visit=record_id(20), follows=follows, decision="kembalikan", reasons={}, note="ulangi"))
    phone.do(visit(21, record_id(1), record_id(20)))
    town.sync(phone)
    assert town.office.record_table[record_id(20)].fields["state"] == "dikembalikan"


def test_a_colleague_who_was_given_the_task_may_correct_the_visit(town: Regency) -> None:
    first, second = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    tugas = town.tugas(50, first, town.warga(1))
    entry = first.do(visit(20, record_id(1), tugas))
    town.sync(first)
    body = Decide(
        visit=record_id(20), follows=entry.link.change, decision="kembalikan", reasons={}, note="ulangi"
    )
    town.act(body)
    base, new = {"petugas": first.writer.person}, {"petugas": second.writer.person}
    town.act(Patch(record=tugas, kind="tugas", base=base, new=new))
    second.do(visit(20, record_id(1), tugas, follows=entry.link.change))
    town.sync(second)
    assert town.office.record_table[record_id(20)].fields["state"] == "diterima"


def test_whoever_wrote_a_version_never_decides_the_visit(town: Regency) -> None:
    first, second = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    entry = first.do(visit(20, town.warga(1)))
    town.sync(first)
    later = second.do(visit(20, record_id(1), follows=entry.link.change))
    town.sync(second)
    body = Decide(visit=record_id(20), follows=later.link.change, decision="setujui", reasons={}, note="")
    for author in (first.writer.person, second.writer.person):
        assert town.act(body, author) == Rejected(problem="kunjungan_sendiri")


def test_nobody_moves_a_task_that_is_not_theirs(town: Regency) -> None:
    owner, other = town.enrol(10, KEDEN), town.enrol(11, TROBAYAN)
    tugas = town.tugas(50, owner, town.warga(1))
    other.do(visit(21, None, tugas))
    town.sync(other)
    assert town.office.record_table[tugas].fields["state"] == "baru"


def test_a_task_that_is_closed_is_not_opened_again_by_a_further_visit(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    tugas = town.tugas(50, phone, town.warga(1))
    entry = phone.do(visit(20, record_id(1), tugas))
    town.sync(phone)
    approve(town, 20, entry.link.change)
    phone.do(visit(21, record_id(1), tugas))
    town.sync(phone)
    assert town.office.record_table[tugas].fields["state"] == "selesai"
    assert "nik" not in (phone.sees(1) or {})


def test_resolving_a_task_takes_the_rights_along(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    tugas = town.tugas(50, phone, town.warga(1))
    phone.do(visit(20, record_id(1), tugas))
    town.sync(phone)
    parked = close(town, tugas)
    assert isinstance(parked, Conflict)
    conflict = town.office.record_table[parked.ids[0]]
    assert conflict.head is not None
    town.act(Resolve(conflict=conflict.id, follows=conflict.head, values={"state": "batal"}))
    town.sync(phone)
    assert "nik" not in (phone.sees(1) or {})


def test_a_phone_sets_only_what_can_be_seen_at_the_door(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    for field, value in (("dihapus", True), ("digabung_ke", record_id(2)), ("desil", 1)):
        entry = phone.do(change_fields(1, {}, **{field: value}))
        town.sync(phone)
        assert outcome_of(town, entry) == Rejected(problem="hanya_kantor", field=field)


def test_only_the_office_lets_devices_in_and_writes_down_who_looked(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    joined = Enrolled(device=DeviceId("f" * 32), person=phone.writer.person, public_key=bytes(32))
    for body in (joined, Accessed(subject=town.warga(1), purpose="tindak lanjut")):
        entry = phone.do(body)
        town.sync(phone)
        assert outcome_of(town, entry) == Rejected(problem="hanya_kantor")
        assert isinstance(town.act(body), Applied)


def test_a_person_found_outside_the_area_is_made_when_the_office_agrees(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    new = {"nama": "Baru", "kode_desa": TROBAYAN, "layanan": ["bpnt"]}
    entry = phone.do(Patch(record=record_id(7), kind="warga", base={}, new=new))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    assert record_id(7) not in town.office.record_table
    conflict = town.office.record_table[outcome.ids[0]]
    assert conflict.head is not None
    assert isinstance(town.act(Resolve(conflict=conflict.id, follows=conflict.head, values=new)), Applied)
    assert town.office.record_table[record_id(7)].fields == new


def test_choosing_the_offices_side_writes_nothing(town: Regency) -> None:
    phone = town.enrol(10, TROBAYAN)
    town.warga(1)
    entry = phone.do(change_fields(1, {}, nama="X"))
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict)
    town.act(change_fields(1, {"nama": "Warga 1"}, nama="Sutarmi"))
    conflict = town.office.record_table[outcome.ids[0]]
    assert conflict.fields["fields"]["nama"]["theirs"] == "Sutarmi", "the office sees its present value"
    assert conflict.head is not None
    town.act(Resolve(conflict=conflict.id, follows=conflict.head, values={}))
    record = town.office.record_table[record_id(1)]
    assert (record.fields["nama"], record.parked) == ("Sutarmi", {})


def test_a_value_that_an_officer_writes_is_told_only_to_who_may_hold_it(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    near, far = town.warga(1, nama="Dekat"), town.warga(2, TROBAYAN, nama="Jauh")
    ids = []
    for name, number in ((near, 1), (far, 2)):
        entry = phone.do(
            change_fields(number, {"nama": "X", "nik": "Y"}, nama="Dari HP", nik="3314990101800009")
        )
        town.sync(phone)
        outcome = outcome_of(town, entry)
        assert isinstance(outcome, Conflict), name
        ids.append(outcome.ids)
    for conflict in (each for of in ids for each in of):
        record = town.office.record_table[conflict]
        written = {"nama": "Nama Kantor", "nik": "3314990101807777"}
        values = {field: written[field] for field in record.fields["fields"]}
        assert isinstance(town.act(Resolve(conflict=conflict, follows=record.head, values=values)), Applied)
    town.sync(phone)
    seen = [{name: value for each in of for name, value in phone.sees(each)["values"].items()} for of in ids]
    assert seen[0] == {"nama": "Nama Kantor", "nik": "…7777"}
    assert seen[1] == {"nama": None, "nik": None}
    assert b"3314990101807777" not in held_on(phone)


@pytest.mark.parametrize("chosen", ["3314990101800009", "Y"], ids=["theirs", "what they saw"])
def test_an_author_is_told_that_a_value_was_chosen_which_they_know(town: Regency, chosen: str) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(2, TROBAYAN)
    entry = phone.do(change_fields(2, {"nik": "Y"}, nik="3314990101800009"))
    town.sync(phone)
    [conflict] = outcome_of(town, entry).ids
    head = town.office.record_table[conflict].head
    town.act(Resolve(conflict=conflict, follows=head, values={"nik": chosen}))
    town.sync(phone)
    assert phone.sees(conflict)["values"] == {"nik": chosen}


@pytest.mark.parametrize("reserved", [NIK_PREFIXES, UNIT_KEYS])
def test_no_phone_puts_anything_where_the_office_keeps_its_own(town: Regency, reserved: RecordId) -> None:
    phone = town.enrol(10, KEDEN)
    somebody = {"nama": "Siapa Saja", "kode_desa": KEDEN, "layanan": ["bpnt"]}
    entries = [
        phone.do(Patch(record=reserved, kind="warga", base={}, new=somebody)),
        phone.do(replace(visit(1), visit=reserved)),
    ]
    town.sync(phone)
    refused = Rejected(problem="hanya_kantor")
    assert [outcome_of(town, entry) for entry in entries] == [refused, refused]
    own = Patch(record=reserved, kind="referensi", base={}, new={"kecamatan_nik": ["331499"]})
    assert isinstance(town.act(own), Applied), "its place is still free"


SOMEBODY = {"nama": "Siapa Saja", "kode_desa": KEDEN, "layanan": ["bpnt"]}


def test_somebody_put_where_a_conflict_will_stand_stays_and_the_conflict_is_beside_them(
    town: Regency,
) -> None:
    phone, accomplice = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    town.warga(1)
    entry = phone.do(change_fields(1, {"nama": "Lama"}, nama="X"))
    name = place_at(conflict_seed(entry.link.change, "nama"))
    accomplice.do(Patch(record=name, kind="warga", base={}, new=SOMEBODY))
    town.sync(accomplice)
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Conflict) and outcome.ids != [name]
    conflict, squatter = (town.office.record_table[each] for each in (outcome.ids[0], name))
    assert (conflict.kind, squatter.kind, squatter.fields["nama"]) == ("konflik", "warga", "Siapa Saja")
    assert conflict.head is not None
    assert isinstance(town.act(Resolve(conflict=conflict.id, follows=conflict.head, values={})), Applied)


def test_somebody_put_where_a_gap_will_stand_stays_and_hinders_nothing(town: Regency) -> None:
    phone, accomplice = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    phone.do(visit(1))
    town.sync(phone)
    entry = phone.do(Gap(first=1, last=1))
    seeds = [b"rantai" + phone.writer.device.encode(), conflict_seed(entry.link.change, "celah")]
    names = [place_at(seed) for seed in seeds]
    for name in names:
        accomplice.do(Patch(record=name, kind="warga", base={}, new=SOMEBODY))
    town.sync(accomplice)
    town.sync(phone)
    assert isinstance(outcome_of(town, entry), Applied)
    assert [town.office.record_table[name].kind for name in names] == ["warga", "warga"]
    made = [record.kind for record in town.office.record_table.values()]
    assert (made.count("celah"), made.count("rantai")) == (1, 1)
    copy = town.enrol(12, KEDEN)  # whoever begins at zero is answered from the first hole on
    copy.do(visit(2))
    town.sync(copy)
