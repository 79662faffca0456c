"""Somebody of the office is called otherwise: asked by one, allowed by another, and known by both names."""

from collections.abc import Iterator

import httpx
import pytest

from server.services.permits import Asked, Done, Refused
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.test_permits import Desk
from tests.server.web_office import open_at, shut


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    office = open_at(tmp_path_factory.mktemp("renaming"))
    yield Desk(office)
    shut(office)


def test_a_name_is_changed_by_two_and_rights_and_code_stay(desk: Desk) -> None:
    admin, kabid, before = desk.who("admin"), desk.who("kabid"), desk.who("pendamping")
    assert desk.permits.ask_name(admin, before.id, "  Rini Astuti ") == Asked()
    [asked] = desk.permits.waiting()
    assert desk.who("pendamping") == before
    assert desk.permits.approve(kabid, asked.id) == Done()
    after = desk.who("pendamping")
    assert (after.nama, after.kode) == ("Rini Astuti", before.kode)
    assert (after.roles, after.areas, after.services) == (before.roles, before.areas, before.services)


@pytest.mark.parametrize(
    ("by", "whom", "nama", "why"),
    [
        ("kabid", "pendamping", "Rini", "peran"),
        ("admin", "admin", "Rini", "diri"),
        ("admin", "pendamping", " ", "nama_sama"),
        ("admin", "pendamping", "Pendamping Uji", "nama_sama"),
    ],
)
def test_a_name_that_cannot_be_given_is_told(desk: Desk, by: str, whom: str, nama: str, why: str) -> None:
    about = desk.office.people[whom]
    assert desk.permits.ask_name(desk.who(by), about, nama) == Refused(why=why)


def test_the_pages_say_both_names_before_it_is_allowed(desk: Desk) -> None:
    person = desk.office.people["pendamping"]
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "admin")
        page = client.get(f"/pengguna/{person}")
        form = {"csrf": csrf(page), "langkah": "nama", "nama": "Rini Astuti"}
        asked = client.post(f"/pengguna/{person}", data=form)
        said = client.get(asked.headers["location"]).text
        assert "Ganti nama Pendamping Uji (U00) menjadi Rini Astuti" in said
