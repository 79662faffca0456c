"""What the office sets: within its range, by a kabid, on record; what came in before keeps what held then."""

from collections.abc import Iterator

import httpx
import pytest

from schemas.ids import PersonId, RecordId
from server import queries
from server.page_store import QueueFilter
from server.services.alarms import Alarms
from server.services.assigning import DAY_MS
from server.services.queue import Asked, Queue, QueuePage
from server.services.review import Open
from server.services.settings import NotSet, OfficeSettings
from server.services.visits import load_visit
from server.settings import (
    CLOCK_OFF,
    FAR_FROM_HOME,
    FAR_PHOTO,
    IDLE,
    KIND,
    LONGEST,
    OUTSIDE,
    SETTINGS,
    SILENT,
    TOO_SHORT,
    Settings,
    Word,
    is_tiles,
    settings,
)
from server.web.building import build_site
from sync.change import Patch
from sync.scope import views
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, place, shut

PAGE = "/pengaturan"
FAR = "Jauh dari rumah"
NAME = FAR_FROM_HOME.name
TILES = "https://peta.contoh.test/{z}/{x}/{y}.png"


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = open_at(tmp_path_factory.mktemp("settings"))
    yield office
    shut(office)


@pytest.fixture
def work(office: Office) -> OfficeSettings:
    return OfficeSettings(office.deps.engine, office.deps.office, office.deps.now_ms, office.deps.randomness)


def flags(office: Office, visit: RecordId) -> tuple[str, ...]:
    """Return the signs that the queue shows beside a visit."""
    queue = Queue(office.deps.engine, build_site(office.deps).words)
    found = queue.page(office.person("kabid"), Asked(wanted=QueueFilter(state="diterima")))
    assert isinstance(found, QueuePage)
    return next(row.flags for row in found.rows if row.id == visit)


def test_as_long_as_nobody_says_anything_each_value_is_the_built_in_one(work: OfficeSettings) -> None:
    known = work.now()
    assert known.words == () and known.tiles is None
    assert {name: known.value(each) for name, each in SETTINGS.items()} == {
        "jauh_dari_rumah": 500, "luar_desa": 200, "foto_jauh": 200, "jam_meleset": 10, "terlalu_singkat": 5,
        "hp_diam": 7, "konflik_lama": 7, "lama_tanpa_kunjungan": 90, "sesi_diam": 30, "sesi_terlama": 12,
    }  # fmt: skip
    assert all(each.least <= each.default <= each.most for each in SETTINGS.values())


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "pengawas", "pdp", "admin"])
def test_only_a_kabid_sets_anything(office: Office, work: OfficeSettings, role: str) -> None:
    assert work.change(office.person(role), NAME, 600, 500) == NotSet(why="peran")
    assert work.set_tiles(office.person(role), TILES, "Dinas", "") == NotSet(why="peran")
    assert work.now().words == ()


@pytest.mark.parametrize("value", [None, 49, 5_001, -1])
def test_what_is_out_of_its_range_is_not_set(office: Office, work: OfficeSettings, value: int | None) -> None:
    assert work.change(office.person("kabid"), NAME, value, 500) == NotSet(why="rentang")
    assert work.change(office.person("kabid"), "tidak_ada", 5, 5) == NotSet(why="rentang")
    assert work.now().words == ()


def test_each_word_stands_in_the_chain_and_the_newest_counts(office: Office, work: OfficeSettings) -> None:
    kabid = office.person("kabid")
    assert work.change(kabid, NAME, 300, 500) is None
    assert work.change(kabid, NAME, 300, 500) is None, "it is so already: nothing is written"
    assert work.change(kabid, NAME, 800, 300) is None
    known = work.now()
    assert [(each.value, each.by) for each in known.words] == [(300, kabid.id), (800, kabid.id)]
    assert known.value(FAR_FROM_HOME) == 800 and known.value(CLOCK_OFF) == 10
    assert len(office.deps.engine.read(lambda tx: queries.records_of_kind(tx, KIND))) == 2


def test_where_another_was_quicker_nothing_is_set(office: Office, work: OfficeSettings) -> None:
    kabid = office.person("kabid")
    assert work.change(kabid, NAME, 300, 500) is None
    assert work.change(kabid, NAME, 900, 500) == NotSet(why="berubah")
    assert work.set_tiles(kabid, TILES, "Dinas", "") is None
    assert work.set_tiles(kabid, TILES.replace("peta", "lain"), "Dinas", "") == NotSet(why="berubah")
    assert work.now().value(FAR_FROM_HOME) == 300


def test_what_was_written_otherwise_lifts_no_bound() -> None:
    words = (
        Word(name=NAME, value=9_999_999, by=who_knows(), at_ms=1),
        Word(name=IDLE.name, value="lama", by=who_knows(), at_ms=2),
    )
    known = Settings(words=words)
    assert known.value(FAR_FROM_HOME) == FAR_FROM_HOME.most and known.value(IDLE) == IDLE.default


def who_knows() -> PersonId:
    return PersonId("a" * 32)


def test_a_visit_keeps_the_values_under_which_it_came_in(office: Office, work: OfficeSettings) -> None:
    """About 900 m from the recorded home: odd by the built-in 500 m, and nothing odd by 2,000 m."""
    now = office.deps.now_ms()
    before, _ = office.add_visit(at=place(now, -7.4480))
    assert FAR in flags(office, before)
    unseen, _ = office.add_visit(at=place(now, -7.4480))
    office.deps.engine.write(lambda tx: tx.execute("DELETE FROM tanda", {})).result()
    assert work.change(office.person("kabid"), NAME, 2_000, 500) is None
    after, _ = office.add_visit(at=place(now, -7.4480))
    assert FAR in flags(office, before) and FAR in flags(office, unseen)
    assert FAR not in flags(office, after)
    limits = [
        found.limits.far_from_home_m
        for visit in (before, after)
        if (found := office.deps.engine.read(lambda tx, visit=visit: load_visit(tx, visit)))
    ]
    assert limits == [500, 2_000]


def test_both_lists_and_the_page_of_a_visit_say_the_same_of_it(office: Office, work: OfficeSettings) -> None:
    now = office.deps.now_ms()
    before, _ = office.add_visit(at=place(now, -7.4480))
    assert work.change(office.person("kabid"), NAME, 2_000, 500) is None
    after, _ = office.add_visit(at=place(now, -7.4480))
    reviews = build_site(office.deps).reviews
    said: list[bool] = []
    for visit in (before, after):
        found = reviews.open(office.person("kabid"), visit)
        assert isinstance(found, Open)
        badges = [each for each in found.page.badges if each.icon in ("location", "wrong_place")]
        assert (FAR in found.page.flags) == (badges[0].icon == "wrong_place")
        said.append(FAR in found.page.flags)
    assert said == [True, False]


def test_a_clock_is_odd_by_as_much_as_the_office_says(office: Office, work: OfficeSettings) -> None:
    ahead = office.deps.now_ms() + 20 * 60_000
    odd, _ = office.add_visit(wall_ms=ahead)
    assert work.change(office.person("kabid"), CLOCK_OFF.name, 60, 10) is None
    usual, _ = office.add_visit(wall_ms=ahead)
    name = build_site(office.deps).words.flag("jam_salah")
    assert name in flags(office, odd) and name not in flags(office, usual)


def test_border_photos_and_length_of_a_visit_are_judged_by_what_the_office_says(
    office: Office, work: OfficeSettings
) -> None:
    kabid, reviews = office.person("kabid"), build_site(office.deps).reviews

    def shown() -> tuple[bool, bool, bool]:
        """Of a visit 310 m outside, 1.8 km from its photos, of five minutes."""
        times = {"jam_mulai": "09:10", "jam_selesai": "09:15"}
        visit, _ = office.add_visit(at=place(office.deps.now_ms(), -7.4560), answers=times)
        found = reviews.open(kabid, visit)
        assert isinstance(found, Open)
        titles = {badge.title for badge in found.page.badges}
        warnings = " ".join(each for photo in found.page.photos for each in photo.warnings)
        return "Di luar desa" in titles, "dari titik kunjungan" in warnings, "Terlalu singkat" in titles

    assert shown() == (True, True, False)
    assert work.change(kabid, OUTSIDE.name, 400, 200) is None
    assert work.change(kabid, FAR_PHOTO.name, 5_000, 200) is None
    assert work.change(kabid, TOO_SHORT.name, 6, 5) is None
    assert shown() == (False, False, True)


def test_a_phone_is_silent_after_as_many_days_as_the_office_says(
    office: Office, work: OfficeSettings
) -> None:
    deps, fields = office.deps, {"petugas": office.people["pendamping"], "sasaran": office.warga}
    task = {**fields, "form": "bpnt_kpm", "state": "baru"}
    deps.office.act(deps.office.person, Patch(record=RecordId("c" * 32), kind="tugas", base={}, new=task))
    in_8_days = Alarms(deps.engine, deps.text, lambda: deps.now_ms() + 8 * DAY_MS)
    assert "8 hari tidak terhubung" in in_8_days.attention()[0].title
    assert work.change(office.person("kabid"), SILENT.name, 9, 7) is None
    assert in_8_days.attention() == []


def test_no_phone_sees_or_writes_what_the_office_set(office: Office, work: OfficeSettings) -> None:
    assert work.change(office.person("kabid"), NAME, 300, 500) is None
    [record] = office.deps.engine.read(lambda tx: queries.records_of_kind(tx, KIND))
    assert views(record) == {}
    fields = {**record.fields, "nilai": 5_000, "sejak_ms": office.deps.now_ms()}
    office.phone.push(Patch(record=RecordId("b" * 32), kind=KIND, base={}, new=fields))
    office.phone.push(Patch(record=record.id, kind=KIND, base={"nilai": 300}, new={"nilai": 5_000}))
    assert work.now().value(FAR_FROM_HOME) == 300


def test_a_login_ends_after_as_long_as_the_office_says(office: Office, work: OfficeSettings) -> None:
    kabid = office.person("kabid")
    assert work.change(kabid, IDLE.name, 5, 30) is None
    assert work.change(kabid, LONGEST.name, 1, 12) is None
    known = office.deps.engine.read(settings)
    assert (known.idle_ms, known.longest_ms) == (5 * 60_000, 3_600_000)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        assert client.get("/").status_code == 200
        back = "UPDATE sessions SET seen_ms = seen_ms - :span WHERE kabupaten = :kabupaten"
        office.deps.engine.write(lambda tx: tx.execute(back, {"span": 6 * 60_000})).result()
        assert client.get("/").headers["location"].startswith("/masuk")
        accounts = build_site(office.deps).accounts
        assert accounts.sessions(kabid.id, "") == []
        log_in(client, "kabid")
        assert len(accounts.sessions(kabid.id, "")) == 1
        begun = "UPDATE sessions SET created_ms = created_ms - :span WHERE kabupaten = :kabupaten"
        office.deps.engine.write(lambda tx: tx.execute(begun, {"span": 61 * 60_000})).result()
        assert client.get("/").headers["location"].startswith("/masuk")
        assert accounts.sessions(kabid.id, "") == []


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        (TILES, True),
        ("https://peta.contoh.test:8443/a/{z}/{x}/{y}.png?kunci=Ab-1", True),
        ("", False),
        ("http://peta.contoh.test/{z}/{x}/{y}.png", False),
        ("https://peta.contoh.test/{z}/{x}.png", False),
        ("https://peta.contoh.test/{z}/{x}/{y}/{s}.png", False),
        ("https://{s}.contoh.test/{z}/{x}/{y}.png", False),
        ("https://siapa:sandi@contoh.test/{z}/{x}/{y}.png", False),
        ("https://contoh.test; script-src */{z}/{x}/{y}.png", False),
        ("https://*/{z}/{x}/{y}.png", False),
        ("https://contoh.test/{z}/{x}/{y}.png\n", False),
        ("https://contoh.test/{z}/{x}/{y}{", False),
        (f"https://contoh.test/{'a' * 300}/{{z}}/{{x}}/{{y}}", False),
    ],
)
def test_an_address_of_tiles_is_one_host_by_tls_and_nothing_else(address: str, fits: bool) -> None:
    assert is_tiles(address) == fits


def test_pages_with_a_map_take_pictures_from_that_host_and_no_other_page_does(
    office: Office, work: OfficeSettings
) -> None:
    visit, _ = office.add_visit()
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as kabid:
        log_in(kabid, "kabid")
        maps = ("/peta", f"/peta?wilayah={DESA}", f"/kunjungan/{visit}")
        own = "img-src 'self' data:;"
        assert all(own in kabid.get(path).headers["content-security-policy"] for path in maps)
        form = {
            "csrf": csrf(kabid.get(PAGE)),
            "peta_latar": TILES,
            "peta_sumber": "<img src=x> Dinas & Co",
            "dilihat": "",
        }
        assert kabid.post(f"{PAGE}/peta", data=form).status_code == 303
        for path in maps:
            page = kabid.get(path)
            policy = page.headers["content-security-policy"]
            assert "img-src 'self' data: https://peta.contoh.test; font-src" in policy
            assert f'data-tiles="{TILES}"' in page.text
            assert 'data-credit="&amp;lt;img src=x&amp;gt; Dinas &amp;amp; Co"' in page.text
        for path in ("/", "/antrean", PAGE):
            assert own in kabid.get(path).headers["content-security-policy"]
        gone = {**form, "csrf": csrf(kabid.get(PAGE)), "peta_latar": "", "dilihat": TILES}
        assert kabid.post(f"{PAGE}/peta", data=gone).status_code == 303
        assert own in kabid.get("/peta").headers["content-security-policy"]
        assert "data-tiles" not in kabid.get("/peta").text


def test_a_page_says_what_each_value_is_its_range_and_who_set_it(office: Office) -> None:
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as kabid:
        log_in(kabid, "kabid")
        first = kabid.get(PAGE).text
        assert "Bawaan 500 meter. Boleh 50 sampai 5.000 meter." in first and "Terakhir diubah" not in first
        form = {"csrf": csrf(kabid.get(PAGE)), "nama": NAME, "nilai": "1250", "dilihat": "500"}
        assert kabid.post(PAGE, data=form).headers["location"] == f"{PAGE}?hasil=tersimpan"
        said = kabid.get(f"{PAGE}?hasil=tersimpan").text
        assert "Tersimpan dan tercatat." in said
        assert "oleh Kabid Uji: 1.250 meter" in said
        wrong = kabid.post(PAGE, data={**form, "nilai": "banyak"})
        assert wrong.status_code == 422 and "bilangan bulat di dalam rentang" in wrong.text
        bad = {**form, "peta_latar": "http://salah", "peta_sumber": "Dinas", "dilihat": ""}
        told = kabid.post(f"{PAGE}/peta", data=bad)
        assert told.status_code == 422 and 'value="http://salah"' in told.text


@pytest.mark.parametrize("role", ["pengawas", "admin"])
def test_who_only_looks_has_nothing_to_press(office: Office, role: str) -> None:
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, role)
        page = client.get(PAGE)
        assert page.status_code == 200 and "Kepala bidang yang dapat mengubahnya." in page.text
        assert 'name="nilai"' not in page.text and 'name="peta_latar"' not in page.text


def test_assigning_lists_as_long_unvisited_whom_the_office_says(office: Office, work: OfficeSettings) -> None:
    assigning = build_site(office.deps).assigning
    visited = office.add_warga("Warga Dikunjungi", DESA)
    office.add_visit(warga=visited)
    old = "UPDATE kunjungan SET counted_ms = counted_ms - :span WHERE kabupaten = :kabupaten"
    office.deps.engine.write(lambda tx: tx.execute(old, {"span": 45 * DAY_MS})).result()

    def listed() -> set[str]:
        found = assigning.candidates(office.person("kabid"), "bpnt", DESA, "warga", "lama")
        assert isinstance(found, list)
        return {each.name for each in found}

    assert "Warga Dikunjungi" not in listed()
    assert work.change(office.person("kabid"), "lama_tanpa_kunjungan", 30, 90) is None
    assert "Warga Dikunjungi" in listed()


def test_where_nobody_is_long_unvisited_the_page_names_the_days_that_the_office_says(
    office: Office, work: OfficeSettings
) -> None:
    asked = {"desa": ELSEWHERE, "layanan": "bpnt", "siapa": "warga", "tampil": "lama"}
    assert work.change(office.person("kabid"), "lama_tanpa_kunjungan", 45, 90) is None
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        page = client.get("/penugasan", params=asked)
        assert page.status_code == 200 and "sudah dikunjungi dalam 45 hari" in page.text
