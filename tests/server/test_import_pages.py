"""The pages of lists: upload, match, check, apply, mend; who may, and what they show of numbers."""

import io
import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qsl

import httpx
import pytest
from python_calamine import CalamineWorkbook

from server.web import import_views
from sync.change import Accessed, read
from tests.server.lists import HEADS, NIK, person, workbook
from tests.server.room_office import csrf, log_in
from tests.server.web_office import Office, open_at, serving, shut


class Pages:
    """A served office and an officer's browser."""

    def __init__(self, office: Office, address: str, username: str = "petugas") -> None:
        self.office, self.address = office, address
        self.browser = httpx.Client(base_url=address, timeout=20)
        log_in(self.browser, username)

    def send(self, data: bytes, name: str = "danom.xlsx") -> httpx.Response:
        token = csrf(self.browser.get("/impor"))
        return self.browser.post("/impor", data={"csrf": token}, files={"berkas": (name, data)})

    def step(self, page: str, **form: str) -> httpx.Response:
        return self.browser.post(page, data={"csrf": csrf(self.browser.get(page)), **form})

    def mend(self, page: str) -> httpx.Response:
        return self.browser.post(f"{page}/masalah.xlsx", data={"csrf": csrf(self.browser.get(page))})

    def looks(self) -> list[tuple[str, str]]:
        """Who looked at what for what, as far as it is about lists, the newest last."""
        asked = "SELECT raw FROM changes WHERE raw IS NOT NULL ORDER BY seq"
        contents = [read(raw) for (raw,) in self.office.deps.engine.read(lambda tx: tx.query(asked))]
        looks = [(each.author, each.body) for each in contents if isinstance(each.body, Accessed)]
        return [(author, body.purpose) for author, body in looks if "daftar" in body.purpose]

    def matched(self, page: str) -> dict[str, str]:
        """The matching that a page shows, as its form would send it."""
        text = self.browser.get(page).text
        found: dict[str, str] = {}
        for name, body in re.findall(r'<select id="k-\d+" name="([\w.]+)">(.*?)</select>', text, re.S):
            chosen = re.search(r'value="(\w*)" selected', body)
            found[name] = chosen[1] if chosen else ""
        return found

    def settled(self, page: str) -> str:
        """The page, once no step is under way."""
        for _ in range(1_000):
            answer = self.browser.get(page)
            if "refresh" not in answer.headers:
                return answer.text
            time.sleep(0.05)
        raise AssertionError("the step did not end")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    office = open_at(tmp_path_factory.mktemp("lists"))
    with serving(office) as address:
        pages = Pages(office, address)
        yield pages
        pages.browser.close()
    shut(office)


def test_a_list_goes_in_by_the_pages_alone(pages: Pages) -> None:
    sent = pages.send(workbook([person(31), person(32, NIK="33149901"), person(33, **{"Ket.": "?"})]))
    assert sent.status_code == 303
    page = sent.headers["location"]
    shown = pages.browser.get(page).text
    assert "Cocokkan kolom" in shown and NIK.format(31) not in shown and "••••0031" in shown
    given = pages.matched(page)
    assert "nik" in given.values() and "desa" in given.values()
    assert pages.step(page, langkah="periksa", layanan="bpnt", **given).status_code == 303
    checked = pages.settled(page)
    assert "Terapkan 2 baris" in checked and "Nomor ini harus 16 angka" in checked
    assert "Diambil, tetapi ada yang janggal" in checked and ">2</span>" in checked
    assert "Status di SIKS-NG: &#34;?&#34; tidak ada di pilihan. Tidak diambil." in checked
    mend = pages.mend(page)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(mend.content)).get_sheet_by_index(0).to_python()
    assert rows[1][1] == "33149901" and "16 angka" in str(rows[1][-1])
    assert pages.step(page, langkah="terapkan").status_code == 303
    applied = pages.settled(page)
    assert "Sudah diterapkan" in applied and "Jetiskarangpung, 2 baris" in applied
    onward = re.search(r'href="(/penugasan\?[^"]+)"', applied)
    assert onward and NIK.format(31)[-4:] in pages.browser.get(onward[1].replace("&amp;", "&")).text
    assert pages.browser.get("/impor").text.count("Sudah diterapkan") == 1


def test_from_a_list_work_is_given_out_about_those_in_it_alone_in_the_whole_kabupaten(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = {"Desa/Kelurahan": "Pungsari", "Kecamatan": "Plupuh"}
    page = pages.send(workbook([person(71), person(72, **far)])).headers["location"]
    pages.step(page, langkah="periksa", layanan="bpnt", **pages.matched(page))
    pages.settled(page)
    pages.step(page, langkah="terapkan")
    links = [
        (link.replace("&amp;", "&"), title)
        for link, title in re.findall(r'href="(/penugasan\?[^"]+)">([^<]+)<', pages.settled(page))
    ]
    assert links[0][1] == "Semua di daftar ini, 2 baris" and len(links) == 3
    every = pages.browser.get(links[0][0]).text
    assert "Hanya yang ada di daftar danom.xlsx" in every and every.count('name="orang.') == 2
    assert all(pages.browser.get(link).text.count('name="orang.') == 1 for link, _ in links[1:])
    asked = dict(parse_qsl(links[0][0].partition("?")[2]))
    form = {"csrf": csrf(pages.browser.get("/")), **asked, "semua": "ya", "form": "bpnt_kpm"}
    whom = pages.office.people["pendamping"]
    done = pages.browser.post("/penugasan", data={**form, "petugas": whom})
    assert "2 tugas diberikan" in pages.browser.get(done.headers["location"]).text
    other = pages.browser.get(links[0][0].replace("daftar=", "daftar=0"))
    assert other.status_code == 404
    for most, offered in ((2, 3), (1, 2)):  # about more than that, by desa alone
        monkeypatch.setattr(import_views, "MOST_AT_ONCE", most)
        assert pages.browser.get(page).text.count('href="/penugasan?') == offered


def test_a_number_that_is_written_in_groups_is_covered_as_well(pages: Pages) -> None:
    rows = [person(34, NIK="3314 9901 0180 0034"), person(35, NIK="331499.010180.0035")]
    shown = pages.browser.get(pages.send(workbook(rows)).headers["location"]).text
    assert "•••• 0034" in shown and "••••.0035" in shown
    assert "3314 99" not in shown and "331499" not in shown


def test_a_matching_that_lacks_something_is_shown_again_as_it_was_chosen(pages: Pages) -> None:
    page = pages.send(workbook([person(41)])).headers["location"]
    given = {name: "" if field == "nama" else field for name, field in pages.matched(page).items()}
    refused = pages.step(page, langkah="periksa", layanan="bpnt", **given)
    assert refused.status_code == 422 and "Belum ada kolom untuk: Nama" in refused.text
    assert 'value="nik" selected' in refused.text
    twice = dict.fromkeys(given, "nik")
    assert "Dua kolom dicocokkan ke NIK" in pages.step(page, langkah="periksa", layanan="bpnt", **twice).text
    assert pages.step(page, langkah="periksa", layanan="ktkpm", **given).status_code == 404


def test_a_list_without_a_column_of_niks_says_so_before_it_is_checked(pages: Pages) -> None:
    said = "Belum ada kolom untuk NIK"
    page = pages.send(workbook([person(42)])).headers["location"]
    assert said not in pages.browser.get(page).text
    heads = [head if head != "NIK" else "ID" for head in HEADS]
    assert said in pages.browser.get(pages.send(workbook([person(42)], heads=heads)).headers["location"]).text


def test_the_header_can_be_said_to_stand_elsewhere(pages: Pages) -> None:
    page = pages.send(workbook([person(51)])).headers["location"]
    assert 'name="judul" inputmode="numeric" pattern="[0-9]+" value="3"' in pages.browser.get(page).text
    pages.step(page, langkah="lihat", jenis="warga", lembar="0", judul="1")
    assert "DATA NOMINATIF PENERIMA" in pages.browser.get(page).text
    assert pages.step(page, langkah="buang").headers["location"] == "/impor"
    assert pages.browser.get(page).status_code == 404


@pytest.mark.parametrize(
    ("data", "said"), [(b"", "bukan daftar"), (b"<svg/>", "bukan daftar"), (b"PK\x03\x04", "bukan daftar")]
)
def test_what_is_no_list_is_told_with_what_to_do(pages: Pages, data: bytes, said: str) -> None:
    answer = pages.send(data, "x.xlsx")
    assert answer.status_code == 422 and said in answer.text and "simpan sebagai" in answer.text.lower()


@pytest.mark.parametrize("name", ["pendamping", "verifikator", "pengawas", "admin"])
def test_only_who_keeps_the_lists_takes_any_in(pages: Pages, name: str) -> None:
    with httpx.Client(base_url=pages.address, timeout=20) as client:
        log_in(client, name)
        assert client.get("/impor").status_code == 403
        assert "/impor" not in client.get("/").text


def test_formulas_in_what_comes_back_to_mend_are_text(pages: Pages) -> None:
    page = pages.send(workbook([person(61, NIK="1", Alamat="=cmd|' /C calc'!A0")])).headers["location"]
    pages.step(page, langkah="periksa", layanan="bpnt", **pages.matched(page))
    pages.settled(page)
    mend = pages.mend(page).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(mend)).get_sheet_by_index(0).to_python()
    assert "=cmd|' /C calc'!A0" in book[1]


def test_who_takes_rows_to_mend_stands_on_record_before_they_have_them(pages: Pages) -> None:
    page = pages.send(workbook([person(71, NIK="1"), person(72, NIK="2")])).headers["location"]
    pages.step(page, langkah="periksa", layanan="bpnt", **pages.matched(page))
    pages.settled(page)
    before = pages.looks()
    assert pages.browser.get(f"{page}/masalah.xlsx").status_code == 405
    assert pages.browser.post(f"{page}/masalah.xlsx", data={"csrf": "0" * 64}).status_code == 403
    assert pages.looks() == before
    assert pages.mend(page).status_code == 200
    mine = (pages.office.people["petugas"], "Mengunduh 2 baris yang perlu diperbaiki dari daftar impor")
    assert pages.looks() == [*before, mine]
