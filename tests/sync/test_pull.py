"""What a phone pulls: its area, by pages, by tasks, and nothing else."""

import pytest
from msgspec.structs import replace

from schemas.ids import RecordId
from schemas.wire import Applied, Removed, Result, SyncRequest, SyncResponse
from sync.change import Patch
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, TROBAYAN, Phone, Regency, change_fields, held_on, visit


def move(town: Regency, phone: Phone, before: list[str], area: list[str]) -> None:
    """Give the owner of a phone another area."""
    base, new = {"wilayah": before}, {"wilayah": area}
    town.act(Patch(record=RecordId(phone.writer.person), kind="petugas", base=base, new=new))


def test_a_first_sync_brings_the_area_and_ends_in_equal_digests(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.warga(2, TROBAYAN)
    effects = town.sync(phone)
    assert phone.sees(1) is not None
    assert phone.sees(2) is None
    assert not any(effect.diverged for effect in effects)
    ours = town.office.digests(phone.store.parts())
    assert ours == phone.store.digests(phone.store.parts())


def test_a_quiet_sync_is_one_round_trip(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    assert len(town.sync(phone)) == 1


def test_a_phone_without_a_task_sees_only_the_end_of_a_nik(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    names = ("no_kk", "no_kks", "no_rekening", "bank", "no_hp", "desil")
    town.warga(1, **{name: f"rahasia {name}" for name in names})
    town.sync(phone)
    seen = phone.sees(1)
    assert seen is not None
    assert seen["nik_akhir"] == "0001"
    assert seen.keys().isdisjoint({"nik", *names})
    assert b"rahasia" not in held_on(phone)


def test_a_task_opens_the_full_record_and_its_end_closes_it_again(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    target = town.warga(1)
    tugas = town.tugas(5, phone, target)
    town.sync(phone)
    assert (phone.sees(1) or {}).get("nik") == "3314994107900001"
    for old, new in (("baru", "dikirim"), ("dikirim", "dikembalikan")):
        town.act(Patch(record=tugas, kind="tugas", base={"state": old}, new={"state": new}))
        town.sync(phone)
        assert "nik" in (phone.sees(1) or {}), new
    town.act(Patch(record=tugas, kind="tugas", base={"state": "dikembalikan"}, new={"state": "selesai"}))
    town.sync(phone)
    assert "nik" not in (phone.sees(1) or {})


def test_a_task_moved_to_a_colleague_moves_the_full_record_too(town: Regency) -> None:
    first, second = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    tugas = town.tugas(5, first, town.warga(1))
    town.sync(first)
    person = {"petugas": first.writer.person}
    moved = {"petugas": second.writer.person}
    town.act(Patch(record=tugas, kind="tugas", base=person, new=moved))
    town.sync(first)
    town.sync(second)
    assert first.sees(5) is None
    assert "nik" not in (first.sees(1) or {})
    assert "nik" in (second.sees(1) or {})


def test_a_new_desa_is_caught_up_from_its_beginning(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.warga(2, TROBAYAN)
    town.sync(phone)
    move(town, phone, [KEDEN], [KEDEN, TROBAYAN])
    town.sync(phone)
    assert phone.sees(2) is not None


def test_a_desa_taken_away_leaves_the_phone(town: Regency) -> None:
    phone = town.enrol(10, KEDEN, TROBAYAN)
    town.warga(1)
    town.warga(2, TROBAYAN)
    town.sync(phone)
    move(town, phone, [KEDEN, TROBAYAN], [KEDEN])
    town.sync(phone)
    assert phone.sees(1) is not None
    assert phone.sees(2) is None


def test_someone_who_moves_to_another_desa_leaves_a_tombstone(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    town.act(change_fields(1, {"kode_desa": KEDEN}, kode_desa=TROBAYAN))
    town.sync(phone)
    assert phone.sees(1) is None


@pytest.mark.parametrize("why", [{"dihapus": True}, {"digabung_ke": record_id(2)}], ids=["deleted", "merged"])
def test_who_was_deleted_or_merged_leaves_the_phone_also_where_a_task_is_open(town: Regency, why) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(2)
    town.tugas(5, phone, town.warga(1))
    town.sync(phone)
    assert "nik" in (phone.sees(1) or {})
    town.act(change_fields(1, {}, **why))
    town.sync(phone)
    assert phone.sees(1) is None and phone.sees(2) is not None


def test_of_a_shop_the_whole_is_shown_to_its_desa(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    shop = {"nama": "Toko", "kode_desa": KEDEN, "layanan": ["bpnt"], "no_hp": "08000000001", "bank": "bni"}
    town.act(Patch(record=record_id(7), kind="ewarong", base={}, new=shop))
    town.sync(phone)
    assert phone.sees(7) == shop


def test_a_phone_holds_each_service_that_its_person_works_for_and_no_other(town: Regency) -> None:
    phone = town.enrol(10, KEDEN, layanan=("bpnt", "kis"))
    for number, service in enumerate(("bpnt", "kis", "ktkpm"), 1):
        town.warga(number, layanan=[service])
    town.sync(phone)
    assert [phone.sees(number) is not None for number in (1, 2, 3)] == [True, True, False]


def test_of_a_colleague_a_phone_holds_the_name_and_whether_they_are_on_duty(town: Regency) -> None:
    phone, other = town.enrol(10, KEDEN), RecordId(town.enrol(11, TROBAYAN).writer.person)
    town.act(Patch(record=other, kind="petugas", base={}, new={"aktif": False, "no_hp": "08000000001"}))
    town.sync(phone)
    assert phone.sees(other) == {"nama": "Uji", "kode": "P11", "peran": ["pendamping"], "aktif": False}


def test_small_pages_bring_the_same_as_one(town: Regency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.server.PAGE_ROWS", 2)
    phone = town.enrol(10, KEDEN)
    for number in range(1, 8):
        town.warga(number)
    effects = town.sync(phone)
    assert len(effects) > 3
    assert all(phone.sees(number) for number in range(1, 8))


def test_what_became_of_a_change_is_told_once_with_the_page_that_reaches_it(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.server.PAGE_ROWS", 2)
    first, second = town.enrol(10, KEDEN), town.enrol(11, KEDEN)
    parent = first.writer.content(visit(20))
    waits = second.do(visit(20, follows=parent[0]))
    town.sync(second)
    for number in range(1, 8):
        town.warga(number)
    first.store.append(*parent)
    town.sync(first)
    told: list[list[Result]] = []
    answer = town.answer

    def answered(request: SyncRequest) -> SyncResponse:
        response = answer(request)
        told.append(response.news)
        return response

    monkeypatch.setattr(town, "answer", answered)
    town.sync(second)
    assert len(told) > 2 and told[0] == []
    assert [result.change for news in told for result in news] == [waits.link.change]


def test_the_first_page_is_a_shorter_one(town: Regency, monkeypatch: pytest.MonkeyPatch) -> None:
    """The phone stores it while the office reads the next."""
    monkeypatch.setattr("sync.server.FIRST_ROWS", 2)
    phone = town.enrol(10, KEDEN)
    for number in range(1, 8):
        town.warga(number)
    first, rest = town.sync(phone)
    assert (first.rows, rest.rows > 4) == (2, True)
    assert all(phone.sees(number) for number in range(1, 8))


def test_a_row_that_went_astray_is_found_and_fetched_again(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.warga(2)
    town.sync(phone)
    lost = phone.store.rows([record_id(1)])[0]
    phone.store.put_rows([], [Removed(part=lost.part, id=lost.id, seq=lost.seq)])
    effects = town.sync(phone)
    assert any(effect.diverged for effect in effects)
    assert phone.sees(1) is not None
    assert len(town.sync(phone)) == 1


def test_a_row_that_the_office_does_not_have_goes_again(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    town.sync(phone)
    row = phone.store.rows([record_id(1)])[0]
    phone.store.put_rows([replace(row, id=record_id(2))], [])
    effects = town.sync(phone)
    assert any(effect.diverged for effect in effects) and not effects[-1].diverged
    assert phone.sees(1) is not None and phone.sees(2) is None
    assert len(town.sync(phone)) == 1


def test_a_cursor_of_another_history_pulls_from_zero_and_keeps_own_work(town: Regency) -> None:
    phone = town.enrol(10, KEDEN)
    town.warga(1)
    entry = phone.do(change_fields(1, {"nama": "Warga 1"}, pekerjaan="tani"))
    town.sync(phone)
    other = Regency()
    other.desk.rng.seed(5)
    again = other.enrol(10, KEDEN)
    other.office._make_tag = lambda: b"another!"
    for number in (1, 2, 3, 4, 5, 6):
        other.warga(number)
    again.store = phone.store
    other.phones[phone.writer.device] = phone
    other.sync(phone)
    assert all(phone.sees(number) for number in (1, 2, 3, 4, 5, 6))
    assert other.office.change_table[entry.link.change].outcome == Applied(
        seq=other.office.change_table[entry.link.change].seq
    )


def test_a_new_desa_is_caught_up_page_by_page_while_no_row_comes_twice(
    town: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = town.enrol(10, KEDEN)
    for number in range(1, 7):
        town.warga(number, TROBAYAN if number % 2 else KEDEN)
    town.sync(phone)
    before = phone.store.cursor().seq
    move(town, phone, [KEDEN], [KEDEN, TROBAYAN])
    monkeypatch.setattr("sync.server.PAGE_ROWS", 1)
    effects = town.sync(phone)
    assert all(phone.sees(number) for number in range(1, 7))
    assert not any(effect.diverged for effect in effects)
    assert (len(effects), sum(effect.rows for effect in effects)) == (4, 3), "the area, then a row a page"
    assert phone.store.cursor().catching == {} and phone.store.cursor().seq > before
