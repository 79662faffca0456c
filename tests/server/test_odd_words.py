"""A phone may say any time and any place: whoever looks at what it sent sees the rest of it, and decides."""

from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from schemas import format as written
from schemas.text import load_text
from server.hearing import MOST_OFF_MS, clock_off_ms
from server.services.visit_page import between
from server.services.visits import load_versions, place_of
from sync.change import Clock, Evidence, Place
from tests.server.room_office import csrf
from tests.server.test_lost_pages import Desk, desk  # noqa: F401 - the fixture
from tests.server.trail_office import login
from tests.server.web_office import Office, open_at, serving, shut

ODD = (2**62, -(2**62), 2**63 - 1, -(2**63), 2**64 - 1)
PAGES = ("/", "/antrean", "/perangkat", "/jejak")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_at(tmp_path_factory.mktemp("odd"))
    yield made
    shut(made)


@pytest.fixture(scope="module")
def kabid(office: Office) -> Iterator[httpx.Client]:
    with (
        serving(office) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=20) as http,
    ):
        login(http, "kabid")
        yield http


@pytest.mark.parametrize("wall_ms", ODD)
def test_a_visit_of_an_impossible_time_can_be_opened(
    office: Office, kabid: httpx.Client, wall_ms: int
) -> None:
    visit, _ = office.add_visit(wall_ms=wall_ms)
    for page in (*PAGES, f"/kunjungan/{visit}"):
        assert kabid.get(page).status_code == 200, page


@pytest.mark.parametrize("utc_ms", [*ODD, written.FIRST_MS - 1, written.LAST_MS + 1])
def test_every_number_is_some_time(utc_ms: int) -> None:
    assert written.local(utc_ms).year in (1, 9999)
    assert written.date_and_clock(utc_ms).endswith("WIB")


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "said"),
    [
        (0, 59_999, "Kamis, 26 November 2026, pukul 15.40 WIB"),
        (0, 60_000, "Kamis, 26 November 2026, antara 15.40 dan 15.41 WIB"),
        (-86_400_000, 0, "Antara Rabu, 25 November 2026, 15.40 WIB dan Kamis, 26 November 2026, 15.40 WIB"),
    ],
)
def test_a_moment_that_is_known_to_the_minute_is_told_as_one_time(
    start_ms: int, end_ms: int, said: str
) -> None:
    at_ms = written.moment_ms(date(2026, 11, 26), 15, 40)
    assert between(at_ms + start_ms, at_ms + end_ms, load_text()) == said


@pytest.mark.parametrize("wall_ms", ODD)
def test_how_far_a_clock_is_off_can_always_be_kept(wall_ms: int) -> None:
    clock = Clock(wall_ms=wall_ms, elapsed_ms=1, boot="b", server_ms=1_790_000_000_000)
    assert abs(clock_off_ms(clock, 1_790_000_000_000)) == MOST_OFF_MS


def test_a_loss_known_since_the_first_day_of_the_calendar_leaves_the_first_page_standing(desk: Desk) -> None:  # noqa: F811
    assert desk.post("petugas", "lapor", tanggal="0001-01-01", jam="00:00", cerita="x").status_code == 303
    assert desk.client("kabid").get("/").status_code == 200
    assert desk.client("kabid").get(desk.page).status_code == 200


NOT_A_NUMBER, BEYOND = float("nan"), float("inf")
NOWHERE = {
    "no number": (NOT_A_NUMBER, NOT_A_NUMBER, 5.0),
    "infinite": (BEYOND, -BEYOND, 5.0),
    "enormous": (1e308, 1e308, 5.0),
    "off the globe": (97.0, 110.0, 5.0),
    "of no accuracy": (-7.44, 110.78, NOT_A_NUMBER),
    "of endless accuracy": (-7.44, 110.78, BEYOND),
}


@pytest.mark.parametrize("where", NOWHERE)
def test_a_place_that_is_none_stands_for_no_place(office: Office, kabid: httpx.Client, where: str) -> None:
    lat, lng, accuracy_m = NOWHERE[where]
    place = Place(lat=lat, lng=lng, accuracy_m=accuracy_m, at_ms=1)
    blob = office.phone.send_blob(where.encode())
    photo = Evidence(
        blob=blob,
        form="bpnt_kpm",
        field="foto_kk",
        size_bytes=9,
        media_type="image/jpeg",
        camera_sha256="0" * 64,
        taken_ms=2**63,
        place=place,
    )
    visit, change = office.add_visit(evidence=[photo], at=place)
    for page in (*PAGES, f"/kunjungan/{visit}", f"/kunjungan/{visit}/foto/{blob}"):
        assert kabid.get(page).status_code == 200, page
    [version] = office.deps.engine.read(lambda tx: load_versions(tx, [change]))
    assert version.submit.place is None and version.photos[0].place is None
    assert version.intact


@pytest.mark.parametrize("lat", [NOT_A_NUMBER, BEYOND, 1e308, "x", None, 10**400])
def test_a_home_that_is_nowhere_is_none(lat: object) -> None:
    assert place_of({"lat": lat, "lng": 110.78}) is None
    assert place_of({"lat": -7.44, "lng": 110.78}) == (-7.44, 110.78)


@pytest.mark.parametrize("value", [BEYOND, True, 2**64 - 1, b"\xff", [[], {}, None], {"a": [1]}], ids=repr)
def test_an_answer_of_an_odd_shape_is_shown_and_printed_as_it_came(
    office: Office, kabid: httpx.Client, value: object
) -> None:
    fields = office.deps.forms.get("bpnt_kpm").fields
    visit, _ = office.add_visit(photos=(), answers=dict.fromkeys(fields, value))
    page = kabid.get(f"/kunjungan/{visit}")
    assert page.status_code == 200
    form = {"csrf": csrf(page), "keperluan": "Pemeriksaan", "isi": "ya"}
    assert kabid.post(f"/kunjungan/{visit}/laporan", data=form).status_code == 200
