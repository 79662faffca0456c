"""A whole day of an office and one phone: from somebody else's list to a letter and a list that goes out."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from python_calamine import CalamineWorkbook

from field_app.phone import Phone
from field_app.views import Card, DraftView, Waiting, Welcomed
from schemas.format import local_date
from schemas.ids import RecordId
from tests.e2e.office_day import OfficeDay, beyond_a_small_screen, fetched, turn_to
from tests.faults.conftest import Make, nursery, regency  # noqa: F401 - fixtures
from tests.faults.world import FORM, PIN, answer, finish, photograph, sync, words
from tests.field_app.conftest import SetTime
from tests.server.lists import NIK, person, workbook
from tests.server.pdf_text import pdf_text
from tests.server.test_web_browser import ARGUMENTS, CHROMIUM

DESA, NAMA = "Jetiskarangpung", "Sutarmi C"
"""The desa as Kemendagri writes it; the list writes it otherwise. Whom the day is about."""
DAYS = 14
ANSWER = "[id='i-bpnt_kpm.keberadaan_kpm']"


@dataclass
class Field:
    """Parjo with his phone, who was on the way while the office took in a newer list."""

    phone: Phone
    clock: SetTime

    def tasks(self) -> list[Card]:
        home = self.phone.visits.home()
        return [*home.overdue, *home.today, *home.upcoming]

    def visit(self, task: Card) -> RecordId:
        """Find a KKS swallowed by a machine, and another address than on the list."""
        draft = self.phone.visits.start(FORM, task.subjek, task.tugas)
        assert isinstance(draft, DraftView)
        answer(self.phone, draft.id, hasil_kunjungan="terisi_sebagian", nama=NAMA, alamat="Dukuh Karang")
        answer(self.phone, draft.id, penyalur="bni", kks_kondisi="tertelan_atm")
        assert "kks_masalah" in self.phone.visits.draft(draft.id).forms
        self.phone.visits.save(draft.id, "kks_masalah", "jenis_masalah", "kks_tertelan")
        for seed, field in enumerate(("foto_rumah_depan", "foto_rumah_dalam")):
            photograph(self.phone, draft.id, seed, field)
        return finish(self.phone, draft.id).visit

    def correct(self, visit: RecordId) -> None:
        """Do what the reasons ask for: one answer, one photo."""
        draft = self.phone.visits.start_correction(visit)
        assert isinstance(draft, DraftView)
        answer(self.phone, draft.id, keberadaan_kpm="ditemukan")
        photograph(self.phone, draft.id, 9, "foto_rumah_depan")
        finish(self.phone, draft.id)


@pytest.fixture
def day(regency: Make) -> Iterator[OfficeDay]:  # noqa: F811 - the fixture above
    world = regency(0, served=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        made = OfficeDay(world, browser)
        world.serve()
        yield made
        made.close()
        browser.close()


def test_an_office_gets_through_a_whole_day_by_its_pages_alone(day: OfficeDay) -> None:
    somebody_new_is_asked_for_and_approved(day.at("rini"), day.at("sri"))
    field = a_phone_joins(day, day.at("rini"))
    a_list_is_taken_in(day.at("wahyu"))
    the_work_is_given_out(day.at("wahyu"), field)
    sync(field.phone)
    tasks = field.tasks()
    assert [task.nama for task in tasks] == [NAMA, "Sutarmi D", "Sutarmi F", "Sutarmi G"]
    assert field.phone.visits.task(RecordId(tasks[0].tugas or "")).why == "Danom November"
    visit = field.visit(tasks[0])
    a_newer_list_says_otherwise(day.at("wahyu"))
    sync(field.phone)
    assert words(field.phone) == ["konflik"] and day.world.lacks() == []

    it_is_returned_with_reasons(day.at("dewi"))
    sync(field.phone)
    shown = field.phone.visits.visit(visit)
    assert sorted(shown.reasons.values()) == ["Apakah orangnya ditemukan?", "Potret seluruh rumah"]
    [conflict] = shown.conflicts
    assert (conflict.fields[0].theirs, conflict.fields[0].mine) == ("Dukuh Baru", "Dukuh Karang")
    field.correct(visit)
    sync(field.phone)
    the_conflict_is_ended(day.at("dewi"))
    it_is_approved_by_keyboard(day.at("joko"))
    sync(field.phone)
    assert words(field.phone) == ["disetujui"]
    assert [each.open for each in field.phone.visits.visit(visit).conflicts] == [False]

    the_case_goes_to_the_office(day.at("joko"))
    number = a_letter_goes_out(day.at("wahyu"))
    the_case_is_decided(day.at("sri"), number)
    a_list_goes_out(day.at("wahyu"))
    assert day.complaints == []
    assert day.world.faults() == []


def somebody_new_is_asked_for_and_approved(admin: Page, kabid: Page) -> None:
    turn_to(admin, "Pengguna")
    admin.get_by_label("Nama lengkap").fill("Parjo Utomo")
    admin.get_by_label("Kode pendek").fill("P07")
    admin.get_by_label("Nama pengguna untuk masuk").fill("parjo")
    admin.get_by_label("Pendamping sosial").check()
    admin.get_by_label("BPNT/Sembako").check()
    admin.get_by_text("Kecamatan Kalijambe").click()
    admin.get_by_label(DESA, exact=True).check()
    admin.get_by_role("button", name="Minta persetujuan").click()
    expect(admin.get_by_text("menunggu kepala bidang")).to_be_visible()
    turn_to(kabid, "Beranda")
    kabid.get_by_role("link", name="Permintaan tentang pengguna: 1").click()
    kabid.get_by_role("button", name="Setujui").click()
    expect(kabid.get_by_text("Sandi awal, tampil sekali")).to_be_visible()


def a_phone_joins(day: OfficeDay, admin: Page) -> Field:
    turn_to(admin, "Perangkat")
    admin.get_by_label("Untuk siapa?").select_option(label="Parjo Utomo (P07)")
    admin.get_by_role("button", name="Buat kode").click()
    code, address = admin.locator("p.code").inner_text(), admin.locator("p:has-text('Alamat kantor') strong")
    clock = SetTime()
    with day.world.hand() as deps:
        clock.wall_ms = deps.now_ms()
    phone = day.world.phone_at(day.world.folder / "hp", clock)
    assert isinstance(phone.join(address.inner_text(), code), Waiting)
    waiting = phone.ask_joined()
    assert isinstance(waiting, Waiting)
    # the page asks by itself whether somebody waits
    shown = admin.locator("#menunggu ol.compared li")
    expect(shown).to_have_text(list(waiting.words))
    admin.get_by_role("button", name="Sama, daftarkan").click()
    assert isinstance(phone.ask_joined(), Welcomed)
    phone.finish(PIN)
    return Field(phone, clock)


def a_list_is_taken_in(office: Page) -> None:
    """As it is exported elsewhere: a title over merged cells, NIK of three kinds, a desa spelt otherwise, a
    row twice, and a NIK that is none.
    """
    rows = [
        person(1, NIK="'" + NIK.format(1)),
        person(2, NIK=int(NIK.format(2))),
        person(3),
        person(4, **{"Ket.": "BELUM JELAS"}),
        person(3),
        person(5, NIK="12345"),
    ]
    turn_to(office, "Impor")
    sent(office, "DANOM NOV 2026.xlsx", workbook(rows, other_sheets=("Catatan",)))
    expect(office.get_by_label("Nama Penerima")).to_have_value("nama")
    expect(office.get_by_label("Desa/Kelurahan")).to_have_value("desa")
    office.get_by_role("button", name="Periksa semua baris").click()
    office.get_by_role("button", name="Terapkan 4 baris").click()
    expect(office.get_by_text("Sudah diterapkan")).to_be_visible()
    expect(office.get_by_text('"BELUM JELAS" tidak ada di pilihan.')).to_be_visible()
    assert beyond_a_small_screen(office) == 0
    name, mend = fetched(office, "Unduh baris yang perlu diperbaiki")
    book = CalamineWorkbook.from_filelike(io.BytesIO(mend)).get_sheet_by_index(0).to_python()
    assert name.endswith(".xlsx") and book[1][1] == "12345" and "16 angka" in str(book[1][-1])


def sent(office: Page, name: str, data: bytes) -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    office.get_by_label("Berkas").set_input_files({"name": name, "mimeType": kind, "buffer": data})
    office.get_by_role("button", name="Baca daftar").click()


def the_work_is_given_out(office: Page, field: Field) -> None:
    office.get_by_role("link", name=f"{DESA}, 5 baris").click()
    office.get_by_label("Semua yang belum bertugas di daftar ini (4)").check()
    office.get_by_label("Petugas").select_option(label="Parjo Utomo (0 tugas)")
    due = local_date(field.clock.now_ms()) + timedelta(days=DAYS)
    office.get_by_label("Paling lambat").fill(due.isoformat())
    office.get_by_label("Alasan atau pesan singkat").fill("Danom November")
    office.get_by_role("button", name="Beri tugas").click()
    expect(office.get_by_text("4 tugas diberikan.")).to_be_visible()
    expect(office.get_by_text("Tidak ada lagi yang belum punya tugas di wilayah ini")).to_be_visible()


def a_newer_list_says_otherwise(office: Page) -> None:
    turn_to(office, "Impor")
    sent(office, "DANOM DES 2026.xlsx", workbook([person(1, Alamat="Dukuh Baru")]))
    office.get_by_role("button", name="Periksa semua baris").click()
    office.get_by_role("button", name="Terapkan 1 baris").click()
    expect(office.get_by_text("Sudah diterapkan")).to_be_visible()


def it_is_returned_with_reasons(verifikator: Page) -> None:
    turn_to(verifikator, "Beranda")
    verifikator.get_by_role("link", name="Menunggu ditinjau").click()
    verifikator.get_by_role("link", name=NAMA).click()
    blank = verifikator.locator(ANSWER)
    blank.get_by_title("Minta perbaikan").click()
    blank.locator("textarea").fill("Apakah orangnya ditemukan?")
    verifikator.get_by_title("Minta foto ulang").first.click()
    verifikator.locator("figure details[open] textarea").fill("Potret seluruh rumah")
    verifikator.get_by_role("button", name="Kembalikan").click()
    expect(verifikator.get_by_text("Kunjungan dikembalikan.")).to_be_visible()


def the_conflict_is_ended(verifikator: Page) -> None:
    """It is told of on the visit's page, where she looks at the correction."""
    turn_to(verifikator, "Antrean")
    verifikator.get_by_role("link", name=NAMA).click()
    verifikator.get_by_role("link", name="Alamat (dukuh/jalan)").first.click()
    verifikator.get_by_role("radio", name="Dari lapangan").check()
    verifikator.get_by_role("button", name="Simpan pilihan").click()
    expect(verifikator.get_by_text("Pilihan disimpan.")).to_be_visible()


def it_is_approved_by_keyboard(verifikator: Page) -> None:
    """Another verifikator sees what was asked, what changed, and that it did."""
    turn_to(verifikator, "Antrean")
    expect(verifikator.get_by_role("link", name=NAMA)).to_be_visible()
    verifikator.keyboard.press("j")
    verifikator.keyboard.press("Enter")
    expect(verifikator.locator(".page-head .chips")).to_contain_text("Perbaikan ke-1")
    expect(verifikator.locator(ANSWER)).to_contain_text("Apakah orangnya ditemukan?")
    expect(verifikator.locator(ANSWER)).to_contain_text("Ditemukan")
    button = verifikator.get_by_role("button", name="Setujui")
    button.focus()
    verifikator.keyboard.press("Enter")
    expect(verifikator.get_by_text("Kunjungan disetujui, dan kasusnya berjalan.")).to_be_visible()


def the_case_goes_to_the_office(verifikator: Page) -> None:
    verifikator.get_by_role("link", name="Buka kasusnya").click()
    verifikator.get_by_role("button", name="Mulai tangani").click()
    verifikator.get_by_label("Apa yang sudah dilakukan?").fill("Sudah ke BNI, kartu tertelan di ATM")
    verifikator.get_by_role("button", name="Ajukan ke Dinas").click()
    expect(verifikator.get_by_text("Langkah disimpan.")).to_be_visible()


def a_letter_goes_out(office: Page) -> str:
    """Return its number; the block of numbers is still to be filled in when the letter is begun."""
    turn_to(office, "Kasus")
    office.get_by_role("link", name=NAMA).click()
    expect(office.locator(".say .meant")).to_contain_text("Terbitkan rekomendasi")
    office.get_by_role("link", name="Rekomendasi ke BNI").click()
    office.get_by_text("Tidak ada nomor tersisa").locator("..").get_by_role("link").click()
    office.get_by_label("Nomor awal").fill("101")
    office.get_by_label("Nomor akhir").fill("150")
    office.get_by_role("button", name="Simpan blok").click()
    office.get_by_role("link", name="Lanjutkan surat yang sedang dibuat").last.click()
    expect(office.get_by_label("Kendala")).to_have_value("KKS tertelan ATM")
    office.get_by_label("Yang dimohonkan").fill("Pencetakan ulang KKS")
    office.get_by_role("button", name="Terbitkan surat").click()
    expect(office.get_by_text("Surat sudah terbit")).to_be_visible()
    number = office.locator(".page-head p.number").inner_text()
    name, pdf = fetched(office, "Unduh PDF")
    told = pdf_text(pdf)
    assert name.endswith(".pdf") and number.split("/")[1] == "101"
    for word in (number, NIK.format(1), "SutarmiC", "DukuhKarang", "KKStertelanATM", "PencetakanulangKKS"):
        assert word in told, word
    return number


def the_case_is_decided(kabid: Page, number: str) -> None:
    turn_to(kabid, "Kasus")
    kabid.get_by_role("link", name=NAMA).click()
    kabid.get_by_label("Rekomendasi Dinas").select_option(label="Cetak ulang KKS")
    kabid.get_by_label("Ditujukan kepada").select_option(label="BNI")
    expect(kabid.get_by_label("Nomor surat rekomendasi")).to_have_value(number)
    kabid.get_by_role("button", name="Terbitkan rekomendasi").click()
    expect(kabid.locator(".page-head .chips")).to_contain_text("Rekomendasi terbit")
    expect(kabid.get_by_role("link", name=number)).to_be_visible()


def a_list_goes_out(office: Page) -> None:
    turn_to(office, "Ekspor")
    office.get_by_label("Pilih isinya dulu").select_option(label="Kunjungan: Kunjungan KPM BPNT")
    office.get_by_role("button", name="Pilih kolom").click()
    office.get_by_label("Keperluan").fill("Laporan bulanan")
    office.get_by_role("button", name="Buat daftar").click()
    name, data = fetched(office, "Unduh XLSX")
    heads, row = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    shown = dict(zip(map(str, heads), map(str, row), strict=True))
    assert name.startswith("ekspor-bpnt_kpm-tersamar-")
    said = [shown[name] for name in ("Keadaan", "Sasaran", "Keberadaan KPM")]
    assert said == ["Disetujui", "S. C.", "Ditemukan"]
