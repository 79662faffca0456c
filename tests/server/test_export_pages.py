"""The pages of lists that go out: chosen, asked for, waited for, fetched; who may, and what is refused."""

import io
import time
from collections.abc import Iterator

import httpx
import pytest
from python_calamine import CalamineWorkbook

from tests.server.room_office import csrf, log_in
from tests.server.web_office import DESA, Office, open_at, serving, shut

COLUMNS = {"kolom.nama": "1", "kolom.nik": "1", "kolom.desa": "1"}
NIK = "3314990101800001"


class Pages:
    """A served office, with a browser for each who asks."""

    def __init__(self, office: Office, address: str) -> None:
        self.office, self.address = office, address
        self._browsers: dict[str, httpx.Client] = {}

    def browser(self, name: str) -> httpx.Client:
        if name not in self._browsers:
            self._browsers[name] = httpx.Client(base_url=self.address, timeout=20)
            log_in(self._browsers[name], name)
        return self._browsers[name]

    def ask(self, name: str = "petugas", **more: str) -> httpx.Response:
        browser = self.browser(name)
        form = {"data": "warga", "keperluan": "Bahan rapat", "bentuk": "xlsx", **COLUMNS, **more}
        return browser.post("/ekspor", data={"csrf": csrf(browser.get("/ekspor")), **form})

    def waited_for(self, name: str, page: str) -> str:
        """The page of a list, once it is written."""
        for _ in range(1_000):
            answer = self.browser(name).get(page)
            if "refresh" not in answer.headers:
                return answer.text
            time.sleep(0.05)
        raise AssertionError("the list was not written")

    def close(self) -> None:
        for browser in self._browsers.values():
            browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    office = open_at(tmp_path_factory.mktemp("pages"))
    with serving(office) as address:
        pages = Pages(office, address)
        yield pages
        pages.close()
    shut(office)


def test_a_list_goes_out_by_the_pages_alone(pages: Pages) -> None:
    form = pages.browser("petugas").get("/ekspor?data=warga").text
    assert 'name="kolom.nama"' in form and 'name="kolom.no_hp"' not in form and "Lengkap:" not in form
    page = pages.ask(wilayah=DESA, kode="1").headers["location"]
    shown = pages.waited_for("petugas", page)
    assert "Daftar siap" in shown and "Bahan rapat" in shown and "Unduh XLSX" in shown
    fetched = pages.browser("petugas").get(f"{page}/berkas")
    assert fetched.status_code == 200 and fetched.headers["cache-control"] == "no-store"
    assert "ekspor-warga-tersamar-" in fetched.headers["content-disposition"]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(fetched.content)).get_sheet_by_index(0).to_python()
    assert rows[:2] == [["Desa/kelurahan", "NIK", "Nama"], ["desa", "nik", "nama"]]
    assert rows[2][1:] == ["•••• 0001", "S."]
    assert "Bahan rapat" in pages.browser("petugas").get("/ekspor").text


def test_a_kecamatan_that_is_chosen_as_a_whole_is_named(pages: Pages) -> None:
    form = pages.browser("petugas").get("/ekspor?data=warga").text
    assert ">Seluruh Kec. Kalijambe</option>" in form and "Seluruh kecamatan" not in form


def test_a_kabid_has_the_whole_and_the_trail_says_what_for(pages: Pages) -> None:
    page = pages.ask("kabid", lengkap="1", keperluan="Rekomendasi ke bank", bentuk="csv").headers["location"]
    assert "Lengkap" in pages.waited_for("kabid", page)
    fetched = pages.browser("kabid").get(f"{page}/berkas")
    assert NIK in fetched.text and fetched.headers["content-type"].startswith("text/csv")
    trail = pages.browser("pengawas").get("/jejak").text
    assert "membuat daftar keluar" in trail and "Rekomendasi ke bank" in trail
    assert "Rekomendasi ke bank" in pages.browser("pengawas").get("/ekspor").text
    seen = pages.browser("pengawas").get(page)
    assert seen.status_code == 200 and "Hanya yang membuat" in seen.text
    assert pages.browser("pengawas").get(f"{page}/berkas").status_code == 404
    assert pages.browser("petugas").get(page).status_code == 404


def test_what_only_whole_lists_have_is_left_out_without_the_word_for_it(pages: Pages) -> None:
    page = pages.ask("kabid", **{"kolom.no_hp": "1"}).headers["location"]
    pages.waited_for("kabid", page)
    fetched = pages.browser("kabid").get(f"{page}/berkas").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(fetched)).get_sheet_by_index(0).to_python()
    assert "Nomor HP" not in rows[0] and NIK not in str(rows)
    assert pages.ask("petugas", lengkap="1").status_code == 422


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"keperluan": "uji"}, "Tulis keperluannya"),
        ({"kolom.nama": "1", "layanan": "ktkpm"}, "Saringan tidak dikenal"),
        ({"wilayah": "99.99"}, "Saringan tidak dikenal"),
        ({"data": "bpnt_kpm", "dari": "kemarin"}, "Tanggal tidak terbaca"),
        ({"penerima": "bni"}, "isi penerima, nomor surat"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stands(
    pages: Pages, wrong: dict[str, str], said: str
) -> None:
    answer = pages.ask(**{"keperluan": "Bahan rapat penyaluran", **wrong})
    assert answer.status_code == 422 and said in answer.text
    assert f'value="{wrong.get("keperluan", "Bahan rapat penyaluran")}"' in answer.text
    assert 'name="kolom.desa" value="1" checked' in answer.text


def test_nothing_sealed_or_unknown_is_a_source(pages: Pages) -> None:
    shown = pages.browser("kabid").get("/ekspor?data=ktk")
    assert (
        shown.status_code == 200 and 'value="ktk"' not in shown.text and 'name="keperluan"' not in shown.text
    )
    for name in ("ktk", "pm", "petugas", "../x"):
        assert pages.ask("kabid", data=name).status_code == 404


def test_a_file_that_was_thrown_away_is_gone_and_its_record_stands(pages: Pages) -> None:
    page = pages.ask().headers["location"]
    pages.waited_for("petugas", page)
    browser = pages.browser("petugas")
    browser.post(page, data={"csrf": csrf(browser.get(page)), "langkah": "buang"})
    assert browser.get(f"{page}/berkas").status_code == 404
    shown = browser.get(page)
    assert "tidak menunggu lagi" in shown.text and "Bahan rapat" in shown.text
