"""The pages in a real browser: the day's work, by keyboard, without JavaScript, for everybody, and light."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from schemas.ids import RecordId
from server.access import Person
from server.services.handouts import Handout
from server.services.incident_clock import HOUR_MS
from server.services.incidents import Said
from server.services.lost_phones import LostPhones
from server.services.people import load_person
from server.web.building import build_site
from sync.change import Decide, FormAnswers, Gap, Patch
from tests.server.lists import person, workbook
from tests.server.web_office import DESA, PASSWORD, Office, Phone, open_at, serving, shut

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
    "--disable-gpu",
]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 640}
HEAVIEST_BYTES = 300_000
PATIENCE_MS = 30_000
"""Playwright's five seconds are too few where four browsers start at once."""
expect.set_options(timeout=PATIENCE_MS)


class Served:
    """A served office and a browser; every context is closed with it."""

    def __init__(self, office: Office, address: str, browser: Browser) -> None:
        self.office, self.address, self._browser = office, address, browser
        self.complaints: list[str] = []

    def page(self, username: str = "", **options: Any) -> Page:
        """Open a page, logged in when a name is given; what the console complains of is kept."""
        options.setdefault("viewport", LAPTOP)
        context: BrowserContext = self._browser.new_context(base_url=self.address, **options)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if "Policy" in said.text else None)
        if username:
            page.goto("/masuk")
            page.get_by_label("Nama pengguna").fill(username)
            page.get_by_label("Kata sandi").fill(PASSWORD)
            page.get_by_role("button", name="Masuk").click()
            page.wait_for_url(f"{self.address}/")
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    office = open_at(tmp_path_factory.mktemp("browser"))
    with serving(office) as address:
        yield office, address
    shut(office)


@pytest.fixture
def served(office: tuple[Office, str], browser: Browser) -> Iterator[Served]:
    served = Served(*office, browser)
    yield served
    for context in browser.contexts:
        context.close()
    assert served.complaints == []


def queued(served: Served, name: str, **more: Any) -> RecordId:
    visit, _ = served.office.add_visit(
        warga=served.office.add_warga(name, DESA), answers={"nama": name, **more}
    )
    return visit


def test_an_officer_finds_a_visit_in_the_queue_and_approves_it(served: Served) -> None:
    visit = queued(served, "Warga Setuju")
    page = served.page("verifikator")
    page.get_by_role("link", name="Antrean").click()
    page.get_by_role("link", name="Warga Setuju").click()
    expect(page.get_by_role("heading", name="Warga Setuju")).to_be_visible()
    expect(page.locator("#peta path.pin").first).to_be_attached()
    page.get_by_role("button", name="Setujui").click()
    expect(page.get_by_text("Kunjungan disetujui.")).to_be_visible()
    expect(page.get_by_role("link", name="Warga Setuju")).to_have_count(0)
    assert served.office.fields(visit)["state"] == "disetujui"


def test_a_return_is_written_beside_the_answer_and_the_photo(served: Served) -> None:
    visit = queued(served, "Warga Kembali")
    page = served.page("verifikator")
    page.goto(f"/kunjungan/{visit}")
    page.get_by_title("Minta perbaikan").first.click()
    page.locator("details[open] textarea").first.fill("Pilih hasil yang benar")
    page.get_by_title("Minta foto ulang").first.click()
    page.locator("figure details[open] textarea").fill("Terlalu gelap")
    page.get_by_role("button", name="Kembalikan").click()
    expect(page.get_by_text("Kunjungan dikembalikan.")).to_be_visible()
    reasons = served.office.fields(visit)["reasons"]
    assert sorted(reasons.values()) == ["Pilih hasil yang benar", "Terlalu gelap"]
    assert "bpnt_kpm.hasil_kunjungan" in reasons


def test_the_queue_is_walked_by_keyboard(served: Served) -> None:
    queued(served, "Warga Pertama")
    queued(served, "Warga Kedua")
    page = served.page("kabid")
    page.goto("/antrean")
    names = page.locator(".row h3 a")
    expect(names.nth(1)).to_be_visible()
    page.keyboard.press("j")
    expect(names.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(names.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(names.nth(0)).to_be_focused()
    target = names.nth(0).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{target}")


def test_a_return_is_written_and_sent_by_keyboard_alone(served: Served) -> None:
    visit = queued(served, "Warga Papan Ketik")
    page = served.page("kabid")
    page.goto(f"/kunjungan/{visit}")
    asks = page.locator(".answer details.ask")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(asks.nth(1).locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(asks.nth(1).locator("textarea")).to_be_focused()
    # a blank reason is folded up again, and the walk goes on from there
    page.keyboard.press("Escape")
    expect(asks.nth(1).locator("summary")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.keyboard.type("Tulis lengkap")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.get_by_role("button", name="Kembalikan")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kunjungan dikembalikan.")).to_be_visible()
    assert list(served.office.fields(visit)["reasons"].values()) == ["Tulis lengkap"]


def test_a_decision_that_lacks_its_reason_leads_to_where_it_is_written(served: Served) -> None:
    visit = queued(served, "Warga Tanpa Sebab")
    for script in (True, False):
        page = served.page("kabid", java_script_enabled=script)
        page.goto(f"/kunjungan/{visit}")
        page.get_by_role("button", name="Tolak").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        expect(page.get_by_label("Catatan")).to_be_focused()


def test_without_javascript_a_decision_is_a_few_keys_from_the_top(served: Served) -> None:
    visit = queued(served, "Warga Enam Tombol")
    page = served.page("petugas", java_script_enabled=False)
    page.goto(f"/kunjungan/{visit}")
    for key in ("Tab", "Tab", "Enter", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("Kunjungan disetujui.")).to_be_visible()
    assert served.office.fields(visit)["state"] == "disetujui"


def test_on_a_phone_the_first_screen_of_the_queue_shows_visits_and_the_filter_says_what_it_holds(
    served: Served,
) -> None:
    queued(served, "Warga Layar Kecil")
    page = served.page("kabid", viewport={"width": 390, "height": 844})
    page.goto("/antrean?status=diterima&layanan=bpnt")
    box = page.locator(".row h3 a").first.bounding_box()
    assert box is not None and box["y"] < 844
    fold = page.locator("details.fold > summary")
    expect(fold).to_contain_text("BPNT/Sembako")
    expect(page.get_by_label("Lama menunggu")).to_be_hidden()
    fold.click()
    page.get_by_role("combobox", name="Layanan").select_option("kis")
    expect(fold).to_contain_text("KIS")
    wide = served.page("kabid")
    wide.goto("/antrean")
    expect(wide.get_by_label("Lama menunggu")).to_be_visible()
    expect(wide.locator("details.fold > summary")).to_be_hidden()


def test_a_filter_changes_the_list_without_leaving_the_page(served: Served) -> None:
    queued(served, "Warga Layanan")
    page = served.page("kabid")
    page.goto("/antrean")
    expect(page.get_by_role("link", name="Warga Layanan")).to_be_visible()
    page.get_by_role("combobox", name="Layanan").select_option("kis")
    expect(page.get_by_text("Tidak ada yang cocok")).to_be_visible()
    assert "layanan=kis" in page.url


def test_photos_are_seen_large_without_leaving_the_page(served: Served) -> None:
    visit = queued(served, "Warga Foto")
    page = served.page("verifikator")
    page.goto(f"/kunjungan/{visit}")
    page.locator("a.shot").first.click()
    picture = page.locator("dialog[open] img")
    expect(picture).to_be_visible()
    first = picture.get_attribute("src")
    page.keyboard.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", first or "")
    picture.click()
    expect(page.locator(".viewer-stage.near")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_everything_can_be_read_and_decided_without_javascript(served: Served) -> None:
    visit = queued(served, "Warga Polos")
    page = served.page("petugas", java_script_enabled=False)
    page.goto("/antrean")
    page.get_by_role("combobox", name="Wilayah").select_option(DESA)
    page.get_by_role("button", name="Terapkan").click()
    page.get_by_role("link", name="Warga Polos").click()
    page.get_by_title("Minta perbaikan").first.click()
    expect(page.locator("details[open] textarea").first).to_be_visible()
    page.get_by_role("link", name="Rincian").first.click()
    expect(page.get_by_role("heading", name="Fakta foto")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Setujui").click()
    expect(page.get_by_text("Kunjungan disetujui.")).to_be_visible()
    assert served.office.fields(visit)["state"] == "disetujui"


def two_dates(served: Served, name: str) -> tuple[RecordId, Phone]:
    """Two phones see a date of birth differently, each on a visit with photos."""
    office = served.office
    second = Phone(office.deps, office.people["pendamping"])
    warga = office.add_warga(name, DESA)
    for phone, day in ((second, "1980-11-01"), (office.phone, "1980-01-11")):
        office.add_visit(warga=warga, phone=phone)
        base = {"tanggal_lahir": None if phone is second else "1980-01-01"}
        phone.push(Patch(record=warga, kind="warga", base=base, new={"tanggal_lahir": day}))
    return warga, second


def until(page: Page, holds: str) -> None:
    """Wait until this holds on a page; what Playwright has for it evaluates text, which our pages forbid."""
    for _ in range(600):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(holds)


def test_a_conflict_is_found_looked_into_and_ended_with_a_third_value(served: Served) -> None:
    warga, second = two_dates(served, "Warga Beda Tanggal")
    page = served.page("kabid")
    page.get_by_role("link", name="Konflik").first.click()
    page.get_by_label("Jenis data").select_option("warga")
    page.wait_for_url("**jenis=warga*")  # the list has been drawn anew: nothing is on its way any more
    page.get_by_role("link", name="Warga Beda Tanggal").click()
    expect(page.get_by_text("Kantor dan petugas lapangan mengisi nilai yang berbeda")).to_be_visible()
    expect(page.locator(".strip img").first).to_be_visible()
    page.locator(".strip img").first.scroll_into_view_if_needed()
    until(page, "document.querySelector('.strip img').naturalWidth > 0")
    expect(page.get_by_role("radio", name="Di kantor")).to_be_checked()
    # whoever types another value means it
    page.get_by_label("Nilai lain untuk Tanggal lahir").fill("1980-01-21")
    expect(page.get_by_role("radio", name="Tulis nilai lain")).to_be_checked()
    # meanwhile the office's value moves: nothing is saved, and what was typed is still there
    second.push(
        Patch(
            record=warga,
            kind="warga",
            base={"tanggal_lahir": "1980-11-01"},
            new={"tanggal_lahir": "1980-12-01"},
        )
    )
    page.locator("p.act button").last.click()
    expect(page.get_by_text("Konflik ini sudah berubah sejak Anda membukanya")).to_be_visible()
    expect(page.get_by_text("Yang berubah sejak Anda buka")).to_be_visible()
    expect(page.get_by_label("Nilai lain untuk Tanggal lahir")).to_have_value("1980-01-21")
    page.locator("p.act button").last.click()
    expect(page.get_by_text("Pilihan disimpan.")).to_be_visible()
    assert served.office.fields(warga)["tanggal_lahir"] == "1980-01-21"
    expect(page.get_by_role("link", name="Warga Beda Tanggal")).to_have_count(0)


def test_conflicts_are_walked_by_keyboard(served: Served) -> None:
    for number in range(3):
        two_dates(served, f"Warga Urut {number}")
    page = served.page("petugas")
    page.goto("/konflik")
    expect(page.locator(".row-title a").nth(2)).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".row-title a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/konflik/*")
    first = page.url
    page.keyboard.press("n")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("p")
    page.wait_for_url(first)
    # what is typed into a field is no command
    page.locator(".typed input").first.focus()
    page.keyboard.press("n")
    expect(page.locator(".typed input").first).to_be_focused()
    assert page.url == first


def test_a_conflict_is_ended_without_javascript(served: Served) -> None:
    warga, _ = two_dates(served, "Warga Tanpa Skrip")
    page = served.page("kabid", java_script_enabled=False)
    page.goto("/konflik")
    page.get_by_label("Desa").select_option(DESA)
    page.get_by_role("button", name="Terapkan").click()
    page.get_by_role("link", name="Warga Tanpa Skrip").click()
    page.get_by_role("radio", name="Dari lapangan").check()
    page.locator("p.act button").last.click()
    expect(page.get_by_text("Pilihan disimpan.")).to_be_visible()
    assert served.office.fields(warga)["tanggal_lahir"] == "1980-01-11"


def test_the_look_is_chosen_and_kept(served: Served) -> None:
    page = served.page("kabid")
    page.get_by_role("button", name="Tampilan gelap").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/antrean")
    expect(page.get_by_role("button", name="Tampilan terang")).to_be_visible()


def every_page(served: Served) -> dict[str, list[str]]:
    """Fill each page with something to judge; return the addresses by who may see them."""
    office = served.office
    problem = FormAnswers(version=1, answers={"jenis_masalah": "kks_hilang"})
    visit, _ = office.add_visit(more={"kks_masalah": problem})
    warga = office.add_warga("Warga Beda", DESA)
    new = {"nama": "Dari Lapangan"}
    office.phone.push(Patch(record=warga, kind="warga", base={"nama": "Dulu"}, new=new))
    refused = office.phone.push(Patch(record=warga, kind="warga", base={"nama": "Dulu"}, new={"desil": 3}))
    office.phone.push(Gap(first=1, last=1))
    blob = office.blobs_of(visit)[0]
    page = served.page("kabid")
    page.goto(f"/kunjungan/{visit}")
    page.get_by_role("button", name="Setujui").click()
    page.goto("/konflik")
    conflict = page.locator(".row a").first.get_attribute("href") or ""
    page.goto("/kasus")
    case = page.locator(".row a").first.get_attribute("href") or ""
    page.context.close()
    lost = lost_phones(served)
    waiting = queued(served, "Tukiyem binti Kartodimejo Sastrowidjoyo")
    asked, granted, failure, minutes = protected(office)
    made = RecordId("f" * 32)
    fields = {"nama": "Warga Beda", "kode_desa": DESA, "layanan": ["bpnt"]}
    office.phone.push(Patch(record=made, kind="warga", base={}, new=fields))
    shop = RecordId("e" * 32)
    fields = {"nama_ewarong": "Warung Berkah", "kode_desa": DESA, "layanan": ["bpnt"]}
    office.deps.office.act(office.people["petugas"], Patch(record=shop, kind="ewarong", base={}, new=fields))
    letters = letter_pages(served, case, visit)
    for number in range(5):
        office.accounts.log_in(f"tebakan{number}", "sandi yang salah", "203.0.113.77")
    return {
        "verifikator": [
            "/", "/antrean", f"/kunjungan/{waiting}?status=diterima", f"/kunjungan/{visit}",
            "/antrean/bersama",
            f"/kunjungan/{visit}/foto/{blob}", "/konflik", conflict, "/kasus", case, "/tidak-ada",
            "/karantina", f"/karantina/{refused.hex()}",
        ],
        "petugas": [
            "/pemusnahan", f"/pemusnahan?nomor={office.warga}", *lost, "/impor", *lists_taken(served),
            "/penugasan", f"/penugasan?desa={DESA}", "/penugasan/petugas",
            f"/penugasan/petugas/{office.people['pendamping']}",
            f"/penugasan/petugas/{office.people['pendamping']}?kode=ya",
            "/permintaan", asked, granted, minutes, "/masa-simpan", "/penerima",
            "/warga", f"/warga?desa={DESA}",
            f"/warga/{office.warga}", f"/warga/{shop}", "/kemungkinan-ganda", "/orang-baru",
            f"/kemungkinan-ganda/{made}/{warga}", case, *letters,
            "/ekspor", "/ekspor?data=bpnt_kpm", *lists_made(served),
        ],
        "pdp": [
            "/", "/pelindungan", "/insiden", failure, f"{failure}/surat/warga", "/pemrosesan",
            "/pemrosesan/cetak",
        ],
        "kabid": [
            "/", *lost, "/dasbor", "/target", "/peta", f"/peta?wilayah={DESA}",
            "/formulir",
            "/formulir/bpnt_kpm", "/formulir/baru?dari=ewarong", "/pengguna", "/pengguna/langkah-kedua",
            "/pengguna/percobaan",
            "/ekspor?data=warga", "/kunci-data", "/pengaturan", "/hari-libur", "/hari-libur?tahun=2027",
        ],
        "pengawas": ["/jejak", "/jejak/lembar", f"/kunjungan/{visit}"],
        "admin": [
            "/", "/perangkat", "/karantina", "/cadangan", "/serah-terima", "/akun",
            "/pengguna", f"/pengguna/{office.people['verifikator']}",
        ],
        "": ["/masuk"],
    }  # fmt: skip


def letter_pages(served: Served, case: str, visit: str) -> list[str]:
    """Take a block of numbers, make a letter and cancel another; return the pages about letters."""
    page, new = served.page("petugas"), f"/surat/baru?jenis=rekomendasi_bni&kasus={case.split('/')[-1]}"
    page.goto("/surat/nomor")
    for number, name in (("101", "Nomor awal"), ("150", "Nomor akhir")):
        page.get_by_label(name).first.fill(number)
    page.get_by_role("button", name="Simpan blok").click()
    page.get_by_label("Nomor awal").last.fill("140")
    page.get_by_label("Nomor akhir").last.fill("150")
    page.get_by_label("Alasan").fill("Dipakai surat di luar aplikasi")
    page.get_by_role("button", name="Lewati").click()
    found: list[str] = []
    for cancelled in (False, True):
        page.goto(new)
        page.get_by_label("Yang dimohonkan").fill("Pencetakan ulang KKS")
        page.get_by_role("button", name="Terbitkan surat").click()
        if cancelled:
            page.get_by_label("Alasan pembatalan").fill("Salah cetak")
            page.get_by_role("button", name="Batalkan surat").click()
        found.append(page.url.removeprefix(served.address).partition("?")[0])
    page.goto("/surat/templat/rekomendasi_bni")
    page.get_by_label("Sifat").fill("Biasa")
    page.get_by_role("button", name="Simpan versi baru").click()
    page.context.close()
    return [
        "/surat", *found, new, f"/surat/baru?jenis=berita_acara&kunjungan={visit}",
        "/surat/baru?jenis=rekap&wilayah=33.14.01", "/surat/templat", "/surat/templat/rekomendasi_bni",
        "/surat/templat/kop", "/surat/nomor",
    ]  # fmt: skip


def lists_taken(served: Served) -> list[str]:
    """Take two lists in: one is still to be matched, one was checked and has rows to mend."""
    rows = [person(number) for number in range(2, 9)] + [person(9, NIK="1")]
    page = served.page("petugas")
    found: list[str] = []
    for checked in (False, True):
        page.goto("/impor")
        file = {"name": "danom.xlsx", "mimeType": "application/octet-stream", "buffer": workbook(rows)}
        page.locator("input[type=file]").set_input_files(files=[file])  # type: ignore[list-item]
        page.get_by_role("button", name="Baca daftar").click()
        if checked:
            page.get_by_role("button", name="Periksa semua baris").click()
            page.get_by_role("button", name="Terapkan").wait_for()
        found.append(page.url.removeprefix(served.address))
    page.context.close()
    return found


def lists_made(served: Served) -> list[str]:
    """Let a list go out; return its page, once its file waits."""
    page = served.page("petugas")
    page.goto("/ekspor?data=warga")
    page.get_by_label("Keperluan").fill("Bahan rapat penyaluran")
    page.get_by_role("button", name="Buat daftar").click()
    page.get_by_role("link", name="Unduh XLSX").wait_for()
    found = page.url.removeprefix(served.address)
    page.context.close()
    return [found]


def lost_phones(served: Served) -> list[str]:
    """Report one phone lost long ago and order it wiped, and leave another; return the pages of both."""
    office, clock = served.office, served.office.deps.now_ms
    lost = LostPhones(office.deps.engine, office.deps.office, clock, office.deps.randomness)
    gone = Phone(office.deps, office.people["pendamping"]).device
    admin = Person(id=office.people["admin"], nama="Admin", roles=("admin",))
    assert isinstance(lost.report(admin, gone, clock() - 80 * HOUR_MS, "Dicuri di pasar"), str)
    assert isinstance(lost.order(admin, gone, "Dicuri di pasar"), str)
    return [f"/perangkat/hp/{gone}", f"/perangkat/hp/{office.phone.device}"]


def protected(office: Office) -> tuple[str, str, str, str]:
    """Fill the pages of data protection; return those of a request, of an objection that was granted, of an
    incident and of minutes.
    """
    site, now = build_site(office.deps), office.deps.now_ms()

    def who(name: str) -> Person:
        found = office.deps.engine.read(lambda tx: load_person(tx, office.people[name]))
        assert found is not None
        return found

    asked = site.requests.open(who("petugas"), office.warga, "akses", "sendiri", "Data apa saja?", now - 1)
    objector = office.add_warga("Warga Keberatan", DESA)
    granted = site.requests.open(
        who("petugas"), objector, "keberatan", "sendiri", "Jangan dibagikan", now - 1
    )
    assert isinstance(granted, str)
    assert site.requests.close(who("kabid"), RecordId(granted), "dipenuhi", "Tidak dibagikan lagi") is None
    said = Said(story="Daftar terkirim keliru", data="Nama dan desil", people=40, handling="Ditarik")
    failure = site.incidents.report(who("pdp"), "salah_kirim", now - 80 * HOUR_MS, said)
    gone, change = office.add_visit()
    office.deps.office.act(
        office.people["verifikator"],
        Decide(visit=gone, follows=change, decision="tolak", reasons={}, note="Keliru"),
    )
    assert site.destroying.propose(who("petugas"), gone, "BA 7/2026") is None
    assert site.destroying.approve(who("kabid"), gone) is None
    kept, _ = office.add_visit()
    assert site.destroying.hold(who("kabid"), kept, "Perkara 12/Pdt/2026") is None
    given = Handout(
        recipient="bni", day="2026-11-20", what="Daftar KKS", people=9, letter="S-1", basis="Permensos"
    )
    assert site.handouts.add(who("petugas"), given) is None
    return f"/permintaan/{asked}", f"/permintaan/{granted}", f"/insiden/{failure}", f"/pemusnahan/{gone}"


CONTRAST = {"type": "rule", "values": ["color-contrast"]}
STANDARD = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def barriers(page: Page, rules: dict[str, Any]) -> list[str]:
    """Return what axe finds serious on a page as it is now."""
    result = page.evaluate("rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules})", rules)
    assert result["passes"] or result["violations"] or result["inapplicable"]
    return [
        f"{page.url}: {each['id']} {[node['html'][:90] for node in each['nodes'][:3]]}"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_no_page_shuts_anybody_out_in_light_or_dark_wide_or_narrow(served: Served) -> None:
    found: list[str] = []
    for username, paths in every_page(served).items():
        page = served.page(username, bypass_csp=True, reduced_motion="reduce")
        for path in paths:
            page.set_viewport_size(LAPTOP)
            page.emulate_media(color_scheme="light")
            page.goto(path)
            page.add_script_tag(path=str(AXE))
            found += barriers(page, STANDARD)
            page.emulate_media(color_scheme="dark")
            found += barriers(page, CONTRAST)
            page.set_viewport_size(PHONE)
            found += barriers(page, STANDARD)
            wide = page.evaluate("document.documentElement.scrollWidth") - PHONE["width"]
            if wide > 0:
                found.append(f"{path}: {wide} px wider than the screen")
    assert found == []


def test_tables_of_a_name_and_numbers_are_seen_whole_on_a_phone(served: Served) -> None:
    queued(served, "Warga Beban")  # who was never sent anything has no load
    page = served.page("kabid", viewport=PHONE)
    for path in ("/dasbor", "/peta"):
        page.goto(path)
        tables = page.locator(".scroll.named")
        expect(tables.first).to_be_visible()
        beyond = tables.evaluate_all("all => all.map(each => each.scrollWidth - each.clientWidth)")
        assert max(beyond) == 0, path
        # the words above the numbers stand over them
        head, row = (tables.first.locator(part).first for part in ("thead .number", "tbody .number"))
        boxes = head.bounding_box(), row.bounding_box()
        assert boxes[0] and boxes[1] and boxes[0]["x"] == boxes[1]["x"], path


def test_two_records_stand_side_by_side_on_a_phone_without_broken_words(served: Served) -> None:
    office = served.office
    made = RecordId("c" * 32)
    fields = {"nama": "Warga Sebelah", "kode_desa": DESA, "layanan": ["bpnt"]}
    office.phone.push(Patch(record=made, kind="warga", base={}, new=fields))
    page = served.page("petugas", viewport=PHONE)
    page.goto("/orang-baru")  # which takes into the index whom the phone made
    page.goto(f"/kemungkinan-ganda/{made}/{office.warga}")
    for words in ("BPNT/Sembako", "Belum dicocokkan"):
        each = page.locator(".beside").get_by_text(words).first
        expect(each).to_be_visible()
        whole = "each => { each.style.overflowWrap = 'normal'; return each.scrollWidth <= each.clientWidth }"
        assert each.evaluate(whole), words
    cells = page.locator(".beside tbody tr").first.locator("td")
    first, second = cells.nth(0).bounding_box(), cells.nth(1).bounding_box()
    assert first and second and first["y"] == second["y"] and first["x"] < second["x"]


def test_a_printed_list_of_tasks_holds_tasks_and_no_word_about_the_screen(served: Served) -> None:
    office = served.office
    whom = office.people["pendamping"]
    fields = {"petugas": whom, "sasaran": office.warga, "sasaran_kind": "warga", "form": "bpnt_kpm"}
    task = Patch(
        record=RecordId("d" * 32), kind="tugas", base={}, new={**fields, "state": "baru", "kode_desa": DESA}
    )
    office.deps.office.act(office.people["petugas"], task)
    page = served.page("petugas")
    page.goto(f"/penugasan/petugas/{whom}?kode=ya")
    for on_paper in (False, True):
        page.emulate_media(media="print" if on_paper else "screen")
        expect(page.locator(".picks .qr")).to_be_visible()
        expect(page.locator(".picks strong")).to_be_visible()
        for words in ("Cetak dari peramban", "Tugas yang dipindahkan hilang", "Pindahkan yang dicentang"):
            expect(page.get_by_text(words)).to_be_visible(visible=not on_paper)
        expect(page.locator(".picks input")).to_be_visible(visible=not on_paper)


def test_the_decision_stays_in_sight_however_far_the_answers_are_read(served: Served) -> None:
    visit = queued(served, "Warga Panjang")
    page = served.page("verifikator")
    page.goto(f"/kunjungan/{visit}")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert page.evaluate("scrollY") > LAPTOP["height"] / 2
    for name in ("Setujui", "Kembalikan", "Tahan", "Tolak"):
        box = page.locator("#keputusan").get_by_role("button", name=name).bounding_box()
        assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= LAPTOP["height"], name


def test_pages_stay_light_apart_from_photos(served: Served) -> None:
    visit = queued(served, "Warga Ringan")
    weights: dict[str, int] = {}
    page = served.page("verifikator")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds: dict[str, str] = {}
    session.on(
        "Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["response"]["url"]})
    )

    def weigh(event: dict[str, Any]) -> None:
        address = kinds.get(event["requestId"], "")
        if "/foto/" not in address:
            weights[page.url] = weights.get(page.url, 0) + int(event["encodedDataLength"])

    session.on("Network.loadingFinished", weigh)
    for path in ("/", "/antrean", f"/kunjungan/{visit}"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert len(weights) == 3
    assert {path: weight for path, weight in weights.items() if weight > HEAVIEST_BYTES} == {}
    assert all(weight > 20_000 for weight in weights.values())
