"""A profile tells all that is known, to whom it may be told, and every look at it is recorded."""

import re
from collections.abc import Iterator

import httpx
import pytest

from schemas.ids import RecordId
from server import trail_store
from server.services.people import Denied
from server.services.profile import LOOK_MS, Profile, Profiles
from server.services.review import NotThere
from server.web.building import build_site
from server.web.site import Site
from sync.change import FormAnswers, Patch, Submit
from tests.server.test_subject_index import add, change
from tests.server.web_office import DESA, ELSEWHERE, PASSWORD, Office, open_at, serving, shut

NIK, KK = "3314990202800012", "3314990101100077"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_at(tmp_path_factory.mktemp("warga"))
    yield made
    shut(made)


@pytest.fixture(scope="module")
def site(office: Office) -> Site:
    return build_site(office.deps)


@pytest.fixture(scope="module")
def warga(office: Office) -> RecordId:
    made = add(office, "Ngatinem Uji", nik=NIK, no_kk=KK, alamat="Dukuh Lama", jenis_kelamin="perempuan")
    change(office, made, {"alamat": "Dukuh Lama"}, alamat="Dukuh Baru")
    add(office, "Anak Ngatinem", no_kk=KK)
    office.add_visit(warga=made)
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": made, "kode_desa": DESA}
    case = Patch(record=RecordId("c" * 32), kind="kasus", base={}, new=fields)
    office.deps.office.act(office.people["kabid"], case)
    return made


def opened(site: Site, office: Office, warga: RecordId, who: str = "petugas") -> Profile:
    found = site.profiles.open(office.person(who), warga)
    assert isinstance(found, Profile)
    return found


def test_it_shows_fields_household_visits_and_cases_in_words(
    office: Office, site: Site, warga: RecordId
) -> None:
    profile = opened(site, office, warga)
    lines = {line.label: line.value for group in profile.groups for line in group.lines}
    assert lines["Jenis kelamin"] == "Perempuan" and lines["Alamat (dukuh/jalan)"] == "Dukuh Baru"
    assert [hit.name for hit in profile.household] == ["Anak Ngatinem"]
    assert [visit.state for visit in profile.visits] == ["diterima"]
    assert [case.id for case in profile.cases] == [RecordId("c" * 32)]


def test_history_tells_who_changed_what_from_what_to_what(
    office: Office, site: Site, warga: RecordId
) -> None:
    newest, first = opened(site, office, warga).acts
    assert newest.author == first.author == "Petugas Uji"
    assert [(each.before, each.after) for each in newest.differences] == [("Dukuh Lama", "Dukuh Baru")]
    assert "" in {each.before for each in first.differences}


def test_numbers_stay_covered_until_opened_with_a_purpose_that_is_recorded(
    office: Office, site: Site, warga: RecordId
) -> None:
    assert NIK not in str(opened(site, office, warga))
    found = site.profiles.look(office.person("petugas"), warga, "Mencocokkan kartu")
    assert isinstance(found, Profile) and NIK in str(found.groups) and NIK in str(found.acts)
    assert found.looks[0].purpose == "Mencocokkan kartu"


def test_each_look_is_recorded_once_within_a_quarter_of_an_hour(office: Office, site: Site) -> None:
    seen = add(office, "Yang Dilihat")
    for _ in range(3):
        opened(site, office, seen, "kabid")
    opened(site, office, seen, "pengawas")
    looks = opened(site, office, seen, "pengawas").looks
    assert sorted(look.author for look in looks) == ["Kabid Uji", "Pengawas Uji"]
    late = Profiles(
        office.deps.engine,
        office.deps.office,
        site.words,
        office.deps.workflows,
        finding=site.finding,
        indexing=site.indexing,
        trail=site.trail,
        now_ms=lambda: office.deps.now_ms() + LOOK_MS + 1_000,
    )
    found = late.open(office.person("kabid"), seen)
    assert isinstance(found, Profile) and len(found.looks) == 3


def test_who_may_not_see_somebody_learns_nothing_and_leaves_no_look(office: Office, site: Site) -> None:
    far = add(office, "Orang Jauh", kode_desa=ELSEWHERE)
    office.add_person("dekat", "Dekat Uji", "U80", ("verifikator",), (DESA,))
    assert site.profiles.open(office.person("dekat"), far) == NotThere()
    assert site.profiles.open(office.person("admin"), far) == Denied(why="role")
    assert site.profiles.open(office.person("dekat"), RecordId("e" * 32)) == NotThere()
    site.trail.catch_up()
    wanted = trail_store.Wanted(about=(far,), kind="dilihat")
    assert office.deps.engine.read(lambda tx: trail_store.page(tx, wanted, trail_store.Place(), 9)) == []


def test_visits_of_a_service_that_is_not_ones_own_are_counted_only(office: Office, site: Site) -> None:
    shared = add(office, "Dua Layanan", layanan=["bpnt", "kis"])
    office.add_visit(warga=shared)
    office.add_person("hanya-kis", "Kis Uji", "U81", ("verifikator",), (), ("kis",))
    profile = opened(site, office, shared, "hanya-kis")
    assert profile.visits == () and profile.hidden_visits == 1


def test_an_ewarong_shows_what_visits_found_of_the_six(office: Office, site: Site) -> None:
    shop = add(office, "Warung Uji", kind="ewarong", pemilik="Sarmi")
    answers = {"tepat_sasaran": "ya", "tepat_jumlah": "sebagian", "tepat_harga": "tidak"}
    body = Submit(
        visit=RecordId("d" * 32),
        follows=None,
        subject=shop,
        form="ewarong",
        forms={"ewarong": FormAnswers(version=1, answers=answers)},
        evidence=[],
        place=None,
        tugas=None,
    )
    office.phone.push(body)
    (checked,) = opened(site, office, shop).checked
    assert [finding.value for finding in checked.findings] == ["Sebagian", "Tidak"] and checked.missing == 3


def test_a_name_is_searched_on_the_page_and_stands_in_no_address(
    office: Office, site: Site, warga: RecordId
) -> None:
    with (
        serving(office) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=20) as client,
    ):

        def token(page: httpx.Response) -> str:
            found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
            assert found is not None
            return found[1]

        form = {"csrf": token(client.get("/masuk")), "nama": "petugas", "sandi": PASSWORD}
        client.post("/masuk", data=form)
        page = client.get("/warga")
        assert "Siapa yang dicari?" in page.text
        hit = client.post("/warga", data={"csrf": token(page), "dicari": "ngatinem uji", "jenis": "warga"})
        assert "Ngatinem Uji" in hit.text and NIK not in hit.text and "ngatinem" not in str(hit.url).lower()
        assert "331499••••••0012" in hit.text
        profile = client.get(f"/warga/{warga}")
        short = client.post(f"/warga/{warga}/buka", data={"csrf": token(profile), "keperluan": "x"})
        assert short.status_code == 422 and NIK not in short.text
        asked = {"csrf": token(profile), "keperluan": "Mencocokkan kartu"}
        assert NIK in client.post(f"/warga/{warga}/buka", data=asked).text
        assert client.get(f"/warga?desa={ELSEWHERE}").status_code == 200
