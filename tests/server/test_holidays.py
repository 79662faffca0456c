"""Days off: who records them, what they do to deadlines, and where they are told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from schemas.deadline import working_days
from schemas.format import local_date
from schemas.holidays import Days, Holidays, proposed
from schemas.ids import RecordId
from server.services.alarms import DAY_MS
from server.services.holidays import Kept, NotKept, OfficeHolidays, as_seen, missing_year
from server.store import SqlOfficeStore
from server.web.building import build_site
from server.web.pages import page_routes
from sync.scope import HOLIDAYS, REFERENCE, views
from tests.server.backup_office import faults
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.test_letters import add_case
from tests.server.web_office import DESA, Office, open_at, serving, shut

PAGE = "/hari-libur"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = open_at(tmp_path)
    office.add_person("aduan", "Aduan Uji", "U61", ("petugas",), services=("bpnt", "pengaduan"))
    yield office
    shut(office)


@pytest.fixture
def work(office: Office) -> OfficeHolidays:
    return OfficeHolidays(office.deps.engine, office.deps.office, office.deps.workflows)


def stands(office: Office, name: RecordId) -> dict[str, object]:
    [record] = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([name])).values()
    return record.fields


@contextmanager
def entered(address: str, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as client:
        log_in(client, name)
        yield client


def weekdays(first: date, count: int) -> Days:
    """Return the next weekdays after a day."""
    days = (first + timedelta(days=each) for each in range(1, 30))
    return dict.fromkeys([day for day in days if day.weekday() < 5][:count], "Libur uji")


def complaint(office: Office) -> tuple[RecordId, date, date]:
    """Open a case with a deadline in working days: it, the day of it, the deadline."""
    case = add_case(office, office.warga, DESA, office.add_visit(photos=())[0], "pengaduan")
    fields = stands(office, case)
    return case, local_date(int(str(fields["since_ms"]))), date.fromisoformat(str(fields["due"]))


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "pengawas", "pdp", "admin"])
def test_only_petugas_and_kabid_record_days_off(office: Office, work: OfficeHolidays, role: str) -> None:
    assert work.change(office.person(role), 2026, weekdays(date(2026, 1, 1), 1), as_seen({})) == NotKept(
        why="peran"
    )
    assert not work.now().knows(2026)


def test_a_case_that_begins_later_goes_over_the_days_off(office: Office, work: OfficeHolidays) -> None:
    _, day, due = complaint(office)
    off = weekdays(day, 2)
    assert work.change(office.person("petugas"), day.year, off, as_seen({})) == Kept(moved=1)
    later, _, new = complaint(office)
    assert new > due and not set(off) & {new}
    assert working_days(due, new) == 1 + len(off)
    assert stands(office, later)["due"] == new.isoformat()


def test_a_deadline_that_stands_moves_with_the_days_off_and_back(
    office: Office, work: OfficeHolidays
) -> None:
    case, day, due = complaint(office)
    other = add_case(office, office.warga, DESA, office.add_visit(photos=())[0], "bpnt_masalah")
    before, head = stands(office, other), _head(office, case)
    off, kabid = weekdays(day, 3), office.person("kabid")
    assert work.change(kabid, day.year, off, as_seen({})) == Kept(moved=1)
    assert str(stands(office, case)["due"]) > due.isoformat()
    assert _head(office, case) == head, "whoever has its page open may go on"
    assert stands(office, other) == before, "its deadline is in days"
    assert work.change(kabid, day.year, {}, as_seen(off)) == Kept(moved=1)
    assert stands(office, case)["due"] == due.isoformat()


def test_the_log_comes_to_the_same_deadlines_again(
    office: Office, work: OfficeHolidays, tmp_path: Path
) -> None:
    _, day, _ = complaint(office)
    for count, seen in ((3, 0), (1, 3)):
        work.change(office.person("kabid"), day.year, weekdays(day, count), as_seen(weekdays(day, seen)))
        complaint(office)
    assert faults(office.deps, tmp_path / "office", office.deps.key_file.path) == []


def test_what_another_recorded_meanwhile_stays(office: Office, work: OfficeHolidays) -> None:
    kabid, first = office.person("kabid"), weekdays(date(2026, 1, 1), 2)
    assert work.change(kabid, 2026, first, as_seen({})) == Kept(moved=0)
    assert work.change(kabid, 2026, weekdays(date(2026, 1, 1), 3), as_seen({})) == NotKept(why="berubah")
    assert work.now().of(2026) == first
    assert work.change(kabid, 2027, weekdays(date(2027, 1, 1), 1), as_seen({})) == Kept(moved=0)
    assert work.now().of(2026) == first, "the other year stays as it is"
    word = work.last_word(2026)
    assert word is not None and word.by == kabid.id


def test_phones_get_them_with_the_reference(office: Office, work: OfficeHolidays) -> None:
    days = weekdays(date(2026, 1, 1), 2)
    work.change(office.person("kabid"), 2026, days, as_seen({}))
    [record] = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([HOLIDAYS])).values()
    assert Holidays(views(record)[REFERENCE]).of(2026) == days


def test_a_year_is_missed_in_time() -> None:
    known = Holidays({"2026": {"2026-12-25": "Natal"}})
    assert missing_year(known, date(2026, 10, 31)) is None
    assert missing_year(known, date(2026, 11, 1)) == 2027
    assert missing_year(known, date(2027, 1, 1)) == 2027


def rows(page: str) -> list[tuple[str, str, str]]:
    found = re.findall(r'name="(dari|sampai|nama)_(\d+)"[^>]* value="([^"]*)"', page)
    return [tuple(value for _, n, value in found if n == str(number)) for number in range(len(found) // 3)]  # pyright: ignore[reportReturnType]


def test_a_year_is_taken_over_from_its_decree_and_what_is_wrong_stays_as_typed(
    office: Office,
) -> None:
    with serving_cheaply(office) as address, entered(address, "aduan") as client:
        page = client.get(f"{PAGE}?tahun=2026").text
        assert "keputusan bersama" in page and len([each for each in rows(page) if each[1]]) == 23
        given = {"csrf": csrf(client.get("/akun")), "tahun": "2026", "dilihat": as_seen({})}
        for number, span in enumerate(proposed(2026)):
            assert span.first and span.last
            given |= {
                f"dari_{number}": span.first.isoformat(),
                f"sampai_{number}": span.last.isoformat(),
                f"nama_{number}": span.name,
            }
        wrong = given | {
            "dari_2": "2027-02-16", "dari_5": "16 Maret", "sampai_7": "2026-01-01", "nama_9": " ",
            "sampai_14": "2026-08-14", "dari_21": "2026-12-25", "sampai_21": "2026-12-25",
        }  # fmt: skip
        refused = client.post(PAGE, data=wrong)
        assert refused.status_code == 422
        said = [
            re.sub(r"<span.*?</span>", "", each) for each in re.findall(r'id="s-\d+">(.*?)</p>', refused.text)
        ]
        assert [each.split(".")[0].split(",")[0] for each in said] == [
            "Tanggal ini bukan dalam tahun 2026",
            "Tanggal ini tidak terbaca",
            "Tanggal sampai lebih dulu daripada tanggal dari",
            "Tulis nama libur ini",
            "Lebih dari 31 hari dalam satu baris",
            "Hari ini sudah ada di baris lain",
        ]
        assert 'value="16 Maret"' in refused.text and "Belum tersimpan" in refused.text
        done = client.post(PAGE, data=given)
        assert done.status_code == 303
        page = client.get(done.headers["location"]).text
        assert "Hari libur 2026 tersimpan" in page and "25 hari, 21 di antaranya" in page
        assert "Terakhir diisi oleh Aduan Uji" in page


def test_who_comes_second_sees_what_the_other_recorded_before_it_is_replaced(
    office: Office, work: OfficeHolidays
) -> None:
    with serving_cheaply(office) as address, entered(address, "aduan") as client:
        given = {"csrf": csrf(client.get("/akun")), "tahun": "2027", "dilihat": as_seen({})}
        given |= {"dari_0": "2027-01-01", "nama_0": "Tahun Baru Masehi"}
        work.change(office.person("kabid"), 2027, {date(2027, 9, 9): "Libur daerah"}, as_seen({}))
        page = client.post(PAGE, data=given)
        assert page.status_code == 422 and "orang lain baru saja mengubah" in page.text
        stands, own = page.text.split("Isian Anda, belum tersimpan")
        assert "9 September 2027" in stands and "Libur daerah" in stands and 'value="2027-01-01"' in own
        assert "Yang tersimpan sekarang" not in client.get(f"{PAGE}?tahun=2027").text


def test_a_name_without_a_day_is_asked_for_again_and_counts_for_nothing(office: Office) -> None:
    with serving_cheaply(office) as address, entered(address, "aduan") as client:
        given = {
            "csrf": csrf(client.get("/akun")), "tahun": "2027", "dilihat": as_seen({}),
            "dari_0": "2027-01-01", "nama_0": "Tahun Baru Masehi", "nama_1": "Idulfitri",
        }  # fmt: skip
        page = client.get(client.post(PAGE, data=given).headers["location"]).text
    assert "1 hari, 1 di antaranya" in page and ("Idulfitri", "", "") in rows(page)
    assert ("Tahun Baru Masehi", "2027-01-01", "") in rows(page)


def test_a_year_far_off_is_not_recorded_in_passing(office: Office) -> None:
    with serving_cheaply(office) as address, entered(address, "aduan") as client:
        given = {
            "csrf": csrf(client.get("/akun")),
            "tahun": "1999",
            "dilihat": "",
            "dari_0": "1999-01-01",
            "nama_0": "x",
        }
        assert client.post(PAGE, data=given).status_code == 422
        assert client.get(f"{PAGE}?tahun=zzz").status_code == 200
    assert build_site(office.deps).holidays.now().years() == []


def test_the_first_page_tells_whoever_may_record_that_a_year_is_missing(office: Office) -> None:
    site = build_site(replace(office.deps, now_ms=lambda: office.deps.now_ms() + 40 * DAY_MS))
    year = local_date(site.deps.now_ms()).year
    for name, told in (("petugas", True), ("kabid", True), ("verifikator", False)):
        with serving(office, page_routes(site)) as address, entered(address, name) as client:
            assert (f"Hari libur {year} belum diisi" in client.get("/").text) is told


def test_who_may_not_record_them_reads_them(office: Office, work: OfficeHolidays) -> None:
    year = local_date(office.deps.now_ms()).year
    work.change(office.person("kabid"), year, {date(year, 8, 17): "Proklamasi"}, as_seen({}))
    with serving_cheaply(office) as address, entered(address, "verifikator") as client:
        page = client.get(PAGE)
        assert (
            f"17 Agustus {year}" in page.text
            and "<form" not in page.text.split("<main")[1].split("</main")[0]
        )
        assert post(client, year).status_code == 403


def post(client: httpx.Client, year: int) -> httpx.Response:
    return client.post(PAGE, data={"csrf": csrf(client.get("/akun")), "tahun": str(year), "dilihat": ""})


def _head(office: Office, name: RecordId) -> object:
    [record] = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([name])).values()
    return record.head
