"""A list is taken in for one's own work: of other regions nothing is taken, others' lists do not show."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from server.queries import records_of_kind
from server.services.importing import areas_of, may_see, services_of
from server.tables.job import Job
from sync.change import Patch
from tests.server import test_conflict_pages
from tests.server.lists import NIK, person, workbook
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.test_import_pages import Pages
from tests.server.web_office import Office, open_at, shut

PLUPUH, KALIJAMBE = "33.14.02", "33.14.01"
HERE = {"Desa/Kelurahan": "Ngrombo", "Kecamatan": "Plupuh"}


class Desk(test_conflict_pages.Desk):
    """An office with an officer of one kecamatan, one of one service, and one of everything."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.lists = self.site.importing
        office.add_person("sempit", "Sempit Uji", "U90", ("petugas",), (PLUPUH,))
        office.add_person("kis", "Kis Uji", "U91", ("petugas",), services=("kis",))

    def checked(self, name: str, rows: list[list[object]]) -> Job:
        who = self.person(name)
        job = self.lists.take(who.id, "danom.xlsx", workbook(rows))
        assert isinstance(job, Job)
        assert self.lists.check(job.id, "bpnt", job.matched, areas_of(who)) == ()
        return self.after(job)

    def after(self, job: Job) -> Job:
        self.lists.wait()
        found = self.lists.job(job.id)
        assert found is not None
        return found

    def apply(self, name: str, job: Job) -> bool:
        who = self.person(name)
        return self.lists.apply(job.id, who.id, areas_of(who))

    def desa(self) -> dict[str, str]:
        """Where everybody of these lists lives now."""
        found = self.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
        fields = [record.fields for record in found]
        return {each["nik"]: each["kode_desa"] for each in fields if each["nik"].startswith("331499010180")}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_at(tmp_path)
    desk = Desk(office)
    yield desk
    desk.lists.close()
    shut(office)


def test_of_rows_about_other_regions_nothing_is_taken_and_each_says_so(desk: Desk) -> None:
    job = desk.checked("sempit", [person(31, **HERE), person(32)])
    assert (job.counts["baru"], job.counts["masalah"]) == (1, 1)
    [(_, row, notes)] = desk.lists.problems(job, 9)
    assert NIK.format(32) in row and [note.code for note in notes] == ["luar_wilayah"]
    assert desk.apply("sempit", job)
    assert desk.after(job).state == "selesai"
    assert desk.desa().keys() & {NIK.format(31), NIK.format(32)} == {NIK.format(31)}


def test_nobody_is_drawn_over_from_another_region_by_their_number(desk: Desk) -> None:
    whole = desk.checked("petugas", [person(33)])
    assert desk.apply("petugas", whole) and desk.after(whole).counts["baru"] == 1
    there = desk.desa()[NIK.format(33)]
    assert there.startswith(KALIJAMBE)
    job = desk.checked("sempit", [person(33, **HERE)])
    assert job.counts == {"kosong": job.counts["kosong"], "masalah": 1}
    desk.apply("sempit", job)
    desk.after(job)
    assert desk.desa()[NIK.format(33)] == there


def test_who_moved_away_between_check_and_apply_is_left_alone_and_told(desk: Desk) -> None:
    whole = desk.checked("petugas", [person(34, **HERE)])
    assert desk.apply("petugas", whole)
    desk.after(whole)
    job = desk.checked("sempit", [person(34, **HERE, Alamat="Dukuh Baru")])
    assert job.counts["berubah"] == 1
    records = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    [record] = [each for each in records if each.fields["nik"] == NIK.format(34)]
    base = {"kode_desa": record.fields["kode_desa"]}
    moved = Patch(record=record.id, kind="warga", base=base, new={"kode_desa": f"{KALIJAMBE}.2001"})
    desk.office.deps.office.act(desk.office.people["kabid"], moved)
    assert desk.apply("sempit", job)
    done = desk.after(job)
    assert (done.counts["berubah"], done.counts["masalah"]) == (0, 1)
    [(_, row, notes)] = desk.lists.problems(done, 9)
    assert NIK.format(34) in row and [note.code for note in notes] == ["luar_wilayah"]
    records = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    [after] = [each for each in records if each.id == record.id]
    assert after.fields["alamat"] == record.fields["alamat"]


def test_what_was_checked_for_all_is_not_applied_by_who_is_bound_to_a_region(desk: Desk) -> None:
    job = desk.checked("petugas", [person(35)])
    assert not desk.apply("sempit", job)
    assert desk.after(job).state == "diperiksa" and NIK.format(35) not in desk.desa()


def test_others_lists_show_to_who_serves_the_same_everywhere_and_to_no_one_else(desk: Desk) -> None:
    job = desk.checked("sempit", [person(36)])
    seen = {
        name for name in ("sempit", "petugas", "kabid", "kis", "pengawas") if may_see(desk.person(name), job)
    }
    assert seen == {"sempit", "petugas", "kabid"}
    whole = desk.checked("petugas", [person(37)])
    assert [each.id for each in desk.lists.jobs(desk.person("sempit"))] == [job.id]
    assert {each.id for each in desk.lists.jobs(desk.person("kabid"))} == {job.id, whole.id}
    assert desk.lists.jobs(desk.person("kis")) == []
    assert services_of(desk.person("kis")) == ("kis",) and services_of(desk.person("pengawas")) == ()
    # nor does a list stay its taker's who may take none in any more
    assert not may_see(replace(desk.person("sempit"), roles=("pengawas",)), job)


def test_by_the_pages_others_lists_are_not_there_to_see_to_apply_or_to_drop(desk: Desk) -> None:
    job = desk.checked("petugas", [person(38, NIK="1")])
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "sempit")
        page = client.get("/impor")
        assert job.id not in page.text and client.get(f"/impor/{job.id}").status_code == 404
        token = {"csrf": csrf(page)}
        assert client.post(f"/impor/{job.id}/masalah.xlsx", data=token).status_code == 404
        for step in ("buang", "terapkan", "periksa"):
            assert client.post(f"/impor/{job.id}", data={**token, "langkah": step}).status_code == 404
    assert desk.after(job).state == "diperiksa"


def test_by_the_pages_one_takes_in_what_is_of_ones_own_region(desk: Desk) -> None:
    with serving_cheaply(desk.office) as address:
        pages = Pages(desk.office, address, "sempit")
        with closing(pages.browser):
            page = pages.send(workbook([person(39, **HERE), person(40)])).headers["location"]
            pages.step(page, langkah="periksa", layanan="bpnt", **pages.matched(page))
            assert "Terapkan 1 baris" in pages.settled(page)
            pages.step(page, langkah="terapkan")
            assert "Sudah diterapkan" in pages.settled(page)
            # what stands as checked for the whole kabupaten is to be checked again, one's own list too
            who = desk.person("sempit")
            job = desk.lists.take(who.id, "danom.xlsx", workbook([person(41)]))
            assert isinstance(job, Job) and desk.lists.check(job.id, "bpnt", job.matched) == ()
            desk.after(job)
            refused = pages.step(f"/impor/{job.id}", langkah="terapkan")
            assert refused.status_code == 422 and "Periksa lagi, lalu terapkan" in refused.text
    assert desk.after(job).state == "diperiksa"
    assert desk.desa().keys() & {NIK.format(number) for number in (39, 40, 41)} == {NIK.format(39)}


def test_by_the_pages_no_list_is_taken_in_for_a_service_that_one_does_not_serve(desk: Desk) -> None:
    with serving_cheaply(desk.office) as address:
        pages = Pages(desk.office, address, "kis")
        with closing(pages.browser):
            page = pages.send(workbook([person(42)])).headers["location"]
            given = pages.matched(page)
            assert pages.step(page, langkah="periksa", layanan="bpnt", **given).status_code == 404
            assert pages.step(page, langkah="periksa", layanan="kis", **given).status_code == 303
