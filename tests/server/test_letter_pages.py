"""Pages of letters: what cannot be used is refused by name and stays typed; no page shows a whole NIK."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server import letter_store
from server.blobs import BlobStore
from server.queries import records_of_kind
from server.services.letter_facts import MOST_PHOTOS
from tests.server.pdf_text import pdf_text
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.test_letters import NIK, Desk
from tests.server.web_office import shut

TEMPLATE = "/surat/templat/rekomendasi_bni"


class Screen:
    """A browser of a petugas at a desk with one case."""

    def __init__(self, desk: Desk, client: httpx.Client) -> None:
        self.desk, self.client = desk, client

    def send(self, path: str, shown: str, **fields: str) -> httpx.Response:
        token = csrf(self.client.get(shown))
        return self.client.post(path, data={"csrf": token, **fields})

    @property
    def new(self) -> str:
        return f"/surat/baru?jenis=rekomendasi_bni&kasus={self.desk.case}"

    def letter(self, **fields: str) -> httpx.Response:
        given = {"jenis": "rekomendasi_bni", "kasus": self.desk.case, "tanda": "a", "isi.masalah": "Hilang"}
        return self.send("/surat", self.new, **{**given, **fields})


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    desk = Desk(tmp_path)
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=30) as client:
        log_in(client, "petugas")
        yield Screen(desk, client)
    shut(desk.office)


def test_a_letter_is_begun_at_the_case_and_at_the_visit_and_printed_again(screen: Screen) -> None:
    screen.desk.block()
    for page in (f"/kasus/{screen.desk.case}", f"/kunjungan/{screen.desk.visit}"):
        assert "/surat/baru?jenis=rekomendasi_bni" in screen.client.get(page).text, page
    begun = screen.client.get(screen.new).text
    assert "KKS tertelan ATM" in begun and "400.9/101/09/" in begun and NIK not in begun
    made = screen.letter(**{"isi.permohonan": "cetak ulang"})
    assert made.status_code == 303
    page = screen.client.get(made.headers["location"])
    assert "400.9/101/09/" in page.text and NIK not in page.text
    path = made.headers["location"].partition("?")[0]
    pdf = screen.send(f"{path}/berkas", path)
    assert pdf.headers["content-type"] == "application/pdf" and NIK in pdf_text(pdf.content)
    assert pdf.headers["content-disposition"] == f'attachment; filename="surat-{path[7:15]}.pdf"'
    assert screen.send(f"{path}/berkas", path).content == pdf.content
    assert screen.letter(**{"isi.permohonan": "cetak ulang"}).headers["location"].startswith(path)
    for sought, is_found in (("sutarmi", True), ("101/09", True), ("wagiman", False)):
        answer = screen.send("/surat/cari", "/surat", cari=sought)
        assert ("400.9/101/09/" in answer.text) == is_found and answer.status_code == 200, sought
    assert f'href="{path}"' in screen.client.get(f"/kasus/{screen.desk.case}").text
    shown = screen.client.get("/surat").text
    assert 'method="post" action="/surat/cari"' in shown and "400.9/101/09/" in shown


def test_letters_that_a_search_does_not_reach_are_spoken_of(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen.desk.block()
    for token, most, is_told in (("a", 1, False), ("b", 1, True), ("c", 3, False)):
        monkeypatch.setattr(letter_store, "MOST_LISTED", most)
        assert screen.letter(tanda=token, **{"isi.permohonan": "cetak ulang"}).status_code == 303
        assert ("surat terbaru dari tanggal ini" in screen.client.get("/surat").text) is is_told


def test_more_photos_than_a_letter_takes_are_refused(screen: Screen) -> None:
    screen.desk.block()
    ticked = {f"foto.{number:064x}": "ya" for number in range(MOST_PHOTOS + 1)}
    refused = screen.letter(**ticked, **{"isi.permohonan": "cetak ulang"})
    assert (
        refused.status_code == 422 and f"Paling banyak {MOST_PHOTOS} foto dalam satu surat." in refused.text
    )
    ticked.popitem()
    assert screen.letter(**ticked, **{"isi.permohonan": "cetak ulang"}).status_code == 303


def test_what_was_typed_stays_when_a_letter_was_not_made(screen: Screen) -> None:
    lacking = screen.letter(**{"isi.permohonan": "tulisan panjang yang tidak boleh hilang"})
    assert lacking.status_code == 422
    assert "tulisan panjang yang tidak boleh hilang" in lacking.text and "Minta blok" in lacking.text
    assert screen.letter().status_code == 422
    sample = screen.letter(**{"isi.permohonan": "cetak", "langkah": "contoh"})
    assert sample.headers["content-type"] == "application/pdf" and NIK not in pdf_text(sample.content)


def test_a_template_with_an_unknown_field_is_refused_by_its_name_and_stays_typed(screen: Screen) -> None:
    texts = {"kode": "400.9", "hal": "Hal", "isi": "Bu {nama_ibu} yth.", "dilihat": "0"}
    refused = screen.send(TEMPLATE, TEMPLATE, **texts)
    assert refused.status_code == 422
    assert "Isian {nama_ibu} tidak dikenal di sini." in refused.text and "Bu {nama_ibu} yth." in refused.text
    assert screen.send(TEMPLATE, TEMPLATE, **texts, langkah="contoh").status_code == 422
    good = {**texts, "isi": 'Bu {nama} yth. #read("/etc/passwd")'}
    sample = screen.send(TEMPLATE, TEMPLATE, **good, langkah="contoh")
    assert '#read("/etc/passwd")' in pdf_text(sample.content) and "CONTOH" in pdf_text(sample.content)
    assert screen.send(TEMPLATE, TEMPLATE, **good).status_code == 303
    stale = screen.send(TEMPLATE, TEMPLATE, **{**good, "isi": "Yang kedua"})
    assert stale.status_code == 409 and "Yang kedua" in stale.text
    assert screen.client.get(f"{TEMPLATE}?versi=1").text.count("#read") == 1
    assert screen.client.get(f"{TEMPLATE}?versi=7").status_code == 404
    assert screen.client.get("/surat/templat/tidak_ada").status_code == 404
    assert screen.client.get("/surat/templat").text.count("/surat/templat/") == 8


def test_a_letterhead_is_saved_with_who_signs_and_stands_on_the_next_letter(screen: Screen) -> None:
    screen.desk.block()
    kop = "/surat/templat/kop"
    head = {"baris": "PEMERINTAH UJI\nDINAS UJI", "tempat": "Uji", "jabatan": "Kepala", "dilihat": "0"}
    refused = screen.send(kop, kop, **head, nomor="{kode}/{tahun}")
    assert refused.status_code == 422 and "harus memuat {nomor}" in refused.text
    assert (
        screen.send(kop, kop, **head, nomor="{nomor}/UJI/{bulan}/{tahun}", pejabat="Nama Uji").status_code
        == 303
    )
    path = screen.letter(**{"isi.permohonan": "cetak"}).headers["location"].partition("?")[0]
    told = pdf_text(screen.send(f"{path}/berkas", path).content)
    assert "DINASUJI" in told and "NamaUji" in told and re.search(r"101/UJI/[IVX]+/20", told)


def test_numbers_are_kept_in_a_book_that_names_its_gaps(screen: Screen) -> None:
    page, year = "/surat/nomor", str(screen.desk.year)
    assert "Tidak ada nomor tersisa" in screen.client.get(page).text
    assert screen.send(page, page, langkah="blok", tahun=year, awal="1", akhir="9").status_code == 303
    again = screen.send(page, page, langkah="blok", tahun=year, awal="9", akhir="12")
    assert again.status_code == 422 and "sudah ada di blok lain" in again.text
    assert screen.send(page, page, langkah="lompat", awal="1", akhir="3", alasan="Agenda").status_code == 303
    shown = screen.client.get(page).text
    assert "1–3 · Agenda" in shown and "Nomor berikutnya: 4" in shown and "Sisa 6 nomor" in shown
    assert screen.send(page, page, langkah="pulih", akhir="4").status_code == 422
    assert screen.send(page, page, langkah="apa").status_code == 422


def test_who_came_for_numbers_from_a_letter_goes_on_with_it(screen: Screen) -> None:
    begun = f"jenis=rekomendasi_bni&amp;kasus={screen.desk.case}&amp;kunjungan=&amp;wilayah="
    assert f'href="/surat/nomor?{begun}"' in screen.client.get(screen.new).text
    page, year = f"/surat/nomor?{begun.replace('&amp;', '&')}", str(screen.desk.year)
    assert f'href="/surat/baru?{begun}"' in screen.client.get(page).text
    saved = screen.send(page, page, langkah="blok", tahun=year, awal="1", akhir="9")
    assert f'href="/surat/baru?{begun}"' in screen.client.get(saved.headers["location"]).text
    for other in ("", "?jenis=apa", "?jenis=//luar.example"):
        assert "/surat/baru?" not in screen.client.get(f"/surat/nomor{other}").text


def test_a_letter_whose_file_is_broken_says_so(screen: Screen) -> None:
    screen.desk.block()
    path = screen.letter(**{"isi.permohonan": "cetak"}).headers["location"].partition("?")[0]
    [kept] = screen.desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "surat"))
    blobs: BlobStore = screen.desk.office.deps.blobs
    blobs.path(kept.fields["berkas"]).write_bytes(b"x" * 100)
    broken = screen.send(f"{path}/berkas", path)
    assert broken.status_code == 410 and "rusak" in broken.text


def test_only_letters_that_one_may_make_are_offered(screen: Screen) -> None:
    offered = re.findall(r'href="(/surat/baru\?jenis=\w+)"', screen.client.get("/surat").text)
    assert all("ktk" not in path for path in offered)
    assert all(screen.client.get(path).status_code == 200 for path in offered)
    screen.desk.office.add_person("ktk", "Petugas KTK", "K7", ("petugas",), services=("ktkpm",))
    with httpx.Client(base_url=str(screen.client.base_url), timeout=30) as client:
        log_in(client, "ktk")
        offered = re.findall(r'href="(/surat/baru\?jenis=\w+)"', client.get("/surat").text)
        assert set(offered) == {f"/surat/baru?jenis={kind}" for kind in ("pernyataan_ktk", "lampiran_sk")}
        assert all(client.get(path).status_code == 200 for path in offered)
