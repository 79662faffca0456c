"""Lists that what was chosen leaves empty: each has a way out, and one that is empty anyway has none."""

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.web_office import DESA, ELSEWHERE, open_at, shut


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    office = open_at(tmp_path_factory.mktemp("lists"))
    office.add_warga("Warga Sini", DESA)
    try:
        with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as client:
            log_in(client, "kabid")
            yield client
    finally:
        shut(office)


def way_out(page: str) -> tuple[str, str] | None:
    """Return where the button below an empty list leads, and what it is called."""
    found = re.search(r'<a class="button plain" href="([^"]*)">(Hapus [^<]*)</a>', page)
    return (unescape(found[1]), found[2]) if found else None


@pytest.mark.parametrize(
    ("asked", "bare"),
    [
        ("/konflik?layanan=kis", "/konflik"),
        ("/kasus?layanan=kis", "/kasus"),
        ("/antrean?layanan=kis", "/antrean"),
        ("/jejak?kode=ffffffffffff", "/jejak"),
        (f"/warga?jenis=warga&desa={ELSEWHERE}", "/warga"),
    ],
)
def test_a_list_that_filters_leave_empty_has_a_link_that_lifts_them(
    client: httpx.Client, asked: str, bare: str
) -> None:
    assert way_out(client.get(asked).text) == (bare, "Hapus saringan")
    assert way_out(client.get(bare).text) is None


def test_who_is_given_no_tugas_any_more_can_be_listed_all_the_same(client: httpx.Client) -> None:
    found = way_out(client.get(f"/penugasan?layanan=bpnt&desa={DESA}&siapa=warga&tampil=lama").text)
    assert found is None, "nobody was visited"
    found = way_out(client.get(f"/penugasan?layanan=bpnt&desa={ELSEWHERE}&siapa=warga&tampil=lama").text)
    everyone = f"/penugasan?layanan=bpnt&desa={ELSEWHERE}&siapa=warga&tampil=semua"
    assert found == (everyone, "Hapus saringan")
    assert way_out(client.get(everyone).text) is None


def test_what_was_searched_and_chosen_is_lifted_together(client: httpx.Client) -> None:
    def sent(to: str, at: str, **given: str) -> tuple[str, str] | None:
        return way_out(client.post(to, data={"csrf": csrf(client.get(at)), **given}).text)

    assert way_out(client.get("/surat").text) is None
    assert sent("/surat/cari", "/surat", cari="wagiman") == ("/surat", "Hapus saringan dan pencarian")
    assert sent("/surat/cari", "/surat", dari="2020-01-01") == ("/surat", "Hapus saringan dan pencarian")
    both = sent("/warga", "/warga", dicari="tidak ada", jenis="warga", desa=DESA)
    assert both == ("/warga", "Hapus saringan dan pencarian")
    assert sent("/warga", "/warga", dicari="tidak ada", jenis="warga", desa="") is None
