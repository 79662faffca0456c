"""Who searches the whole regency for requests and holds leaves a look on each whom they are shown."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server.services.people import load_person
from server.services.trail import Asked
from server.trail_store import Place
from server.web.building import build_site
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.web_office import DESA, Office, open_at, shut


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    yield made
    shut(made)


def looks(office: Office, subject: RecordId) -> list[str]:
    """Who looked at somebody, by what the trail says."""
    kabid = office.deps.engine.read(lambda tx: load_person(tx, office.people["kabid"]))
    assert kabid is not None
    asked = Asked(author="", kind="dilihat", code=subject, first_ms=0, before_ms=2**62)
    found = build_site(office.deps).trail.search(kabid, asked, Place())
    return [line.purpose for line in found.lines if line.purpose]  # type: ignore[union-attr]


def search(office: Office, user: str, page: str, wanted: str) -> str:
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, user)
        form = {"csrf": csrf(client.get(page)), "dicari": wanted}
        return client.post(f"{page}/cari", data=form).text


@pytest.mark.parametrize(
    ("page", "purpose"),
    [
        ("/permintaan", "Mencari pemohon permintaan data"),
        ("/pemusnahan", "Mencari data untuk ditahan atau dimusnahkan"),
    ],
)
def test_whom_an_officer_of_data_protection_finds_is_looked_at_on_record(
    office: Office, page: str, purpose: str
) -> None:
    found, other = office.add_warga("Wagiyem Lestari", DESA), office.add_warga("Suparno", DESA)
    said = search(office, "pdp", page, "Wagiyem")
    assert "Wagiyem Lestari" in said and "tercatat pernah Anda lihat" in said
    assert looks(office, found) == [purpose] and looks(office, other) == []
    search(office, "pdp", page, "Nobody At All")
    assert looks(office, found) == [purpose]


def test_who_has_a_role_with_areas_too_is_on_record_all_the_same(office: Office) -> None:
    office.add_person("rangkap", "Rangkap Uji", "U91", ("petugas", "pdp"), ("33.14.02",))
    found = office.add_warga("Wagiyem Lestari", DESA)
    assert "Wagiyem" in search(office, "rangkap", "/permintaan", "Wagiyem") and len(looks(office, found)) == 1


@pytest.mark.parametrize("page", ["/permintaan", "/pemusnahan"])
def test_who_searches_in_their_own_area_leaves_no_look_there(office: Office, page: str) -> None:
    found = office.add_warga("Wagiyem Lestari", DESA)
    said = search(office, "petugas", page, "Wagiyem")
    assert "Wagiyem Lestari" in said and "tercatat pernah" not in said and looks(office, found) == []
