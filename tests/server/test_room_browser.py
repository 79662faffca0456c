"""The sealed room in a real browser: prepared by two, opened, read, decided, and kept from every printer."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.server.room_office import (
    BUDI,
    FIELD,
    NIK,
    PHRASES,
    PURPOSE,
    SECRET,
    SITI,
    STORY,
    Sealer,
    add_officers,
    serving_cheaply,
)
from tests.server.test_web_browser import (  # noqa: F401 - the browser as a fixture
    AXE,
    CONTRAST,
    LAPTOP,
    PHONE,
    STANDARD,
    Served,
    barriers,
    browser,
)
from tests.server.web_office import PASSWORD, open_at, shut


@pytest.fixture(scope="module")
def room(
    tmp_path_factory: pytest.TempPathFactory,
    browser: Browser,  # noqa: F811
) -> Iterator[Served]:
    office = open_at(tmp_path_factory.mktemp("ruang"))
    add_officers(office)
    with serving_cheaply(office) as address:
        served = Served(office, address, browser)
        page = served.page(SITI)
        prepare(served, page)
        page.context.close()
        yield served
        for context in browser.contexts:
            context.close()
        assert served.complaints == []
    shut(office)


def choose(page: Page, name: str) -> None:
    page.get_by_label("Frasa sandi baru").fill(PHRASES[name])
    page.get_by_label("Ketik sekali lagi").fill(PHRASES[name])
    page.get_by_role("button", name="Simpan dan lanjut").click()


def prepare(served: Served, page: Page) -> None:
    """Two officers, one screen."""
    page.get_by_role("link", name="Ruang tertutup").click()
    page.get_by_role("link", name="Siapkan ruang").click()
    choose(page, SITI)
    expect(page.get_by_text("Giliran petugas kedua")).to_be_visible()
    page.get_by_role("button", name="Keluar untuk petugas kedua").click()
    page.get_by_label("Nama pengguna").fill(BUDI)
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    choose(page, BUDI)
    for number in (1, 2):
        expect(page.get_by_role("heading", name=f"Kertas pemulihan {number} dari 2")).to_be_visible()
        lines = page.locator(".half code").all_text_contents()
        assert len(lines) == 8
        page.emulate_media(media="print")
        assert page.locator(".half code").first.is_visible(), "this one is made to be printed"
        assert not page.get_by_role("button", name="Sudah dicatat").is_visible()
        page.emulate_media(media="screen")
        page.get_by_role("button", name="Sudah dicatat").click()
        expect(page.locator(".half code")).to_have_count(0)
        page.locator("textarea").fill("\n".join(lines))
        page.get_by_role("button", name="Periksa").click()
    expect(page.get_by_text("Ruang tertutup siap")).to_be_visible()
    assert page.locator(".words li").count() == 8
    assert served.complaints == []


def opened(served: Served, page: Page, **more: Any) -> tuple[str, str]:
    """Open a fresh case; returns its id and that of its visit."""
    sealer = Sealer(served.office, served.office.people[FIELD])
    kasus, kode = sealer.case()
    visit, _ = sealer.visit(kasus, **more)
    page.goto("/ruang")
    page.get_by_role("link", name=kode).click()
    page.get_by_label("Untuk keperluan apa?").fill(PURPOSE)
    page.get_by_label("Frasa sandi ruang").fill(PHRASES[SITI])
    page.get_by_role("button", name="Buka ruang").click()
    expect(page.get_by_role("button", name="Tutup ruang")).to_be_visible()
    return kasus, visit


def test_an_officer_opens_reads_returns_and_closes_without_javascript(room: Served) -> None:
    page = room.page(SITI, java_script_enabled=False)
    kasus, visit = opened(room, page)
    expect(page.get_by_text(SECRET).first).to_be_visible()
    expect(page.get_by_text(STORY)).to_be_visible()
    page.locator("a.shot").first.click()
    expect(page.locator(".whole img")).to_be_visible()
    page.get_by_role("link", name="KS-").click()
    page.get_by_title("Minta perbaikan").first.click()
    page.locator("details[open] textarea").first.fill("Tanyakan lagi dengan tenang")
    page.get_by_role("button", name="Kembalikan").click()
    expect(page.get_by_text("Keputusan disimpan.")).to_be_visible()
    assert room.office.fields(visit)["state"] == "dikembalikan"  # type: ignore[arg-type]
    page.get_by_role("button", name="Tutup ruang").click()
    page.goto(f"/ruang/kasus/{kasus}")
    expect(page.get_by_text(STORY)).to_have_count(0)
    page.go_back()
    page.go_back()
    expect(page.get_by_text(STORY)).to_have_count(0)


def test_nothing_of_a_case_comes_out_of_a_printer_without_a_reason(room: Served) -> None:
    page = room.page(SITI)
    kasus, _ = opened(room, page)
    for path in (f"/ruang/kasus/{kasus}", page.locator("a.shot").first.get_attribute("href") or ""):
        page.goto(path)
        page.emulate_media(media="print")
        words = page.locator("body").inner_text()
        assert "Halaman ini tidak dicetak" in words and "Siti Uji SI" in words
        assert [each for each in (SECRET, STORY, NIK, "Korban Uji") if each in words] == []
        assert not any(shown.is_visible() for shown in page.locator("main img:not(.stamp)").all())
        page.emulate_media(media="screen")
    page.goto(f"/ruang/kasus/{kasus}")
    form = page.locator("form:has(input[value=cetak])")
    form.get_by_label("Untuk keperluan apa?").fill("Lampiran untuk SK Bupati")
    form.get_by_role("button").click()
    page.emulate_media(media="print")
    expect(page.locator("img.stamp")).to_be_visible()
    page.wait_for_load_state()
    words = page.locator("body").inner_text()
    assert STORY in words and "Dicetak oleh Siti Uji SI" in words


def test_the_browser_leaves_by_itself_when_the_time_is_over(room: Served) -> None:
    page = room.page(SITI)
    kasus, _ = opened(room, page)
    response = page.goto(f"/ruang/kasus/{kasus}")
    assert response is not None
    seconds, target = response.headers["refresh"].split("; url=")
    assert 0 < int(seconds) <= 601 and target == f"/ruang/kasus/{kasus}"


def test_no_page_of_the_room_shuts_anybody_out_in_light_or_dark_wide_or_narrow(room: Served) -> None:
    page = room.page(SITI, bypass_csp=True, reduced_motion="reduce")
    kasus, _ = opened(room, page)
    photo = page.locator("a.shot").first.get_attribute("href") or ""
    closed, _ = Sealer(room.office, room.office.people[FIELD]).case()
    found: list[str] = []

    def look(path: str) -> None:
        page.set_viewport_size(LAPTOP)
        page.emulate_media(color_scheme="light")
        page.goto(path)
        page.add_script_tag(path=str(AXE))
        page.evaluate("document.querySelectorAll('details:not(.more)').forEach(each => each.open = true)")
        found.extend(barriers(page, STANDARD))
        page.emulate_media(color_scheme="dark")
        found.extend(barriers(page, CONTRAST))
        page.set_viewport_size(PHONE)
        found.extend(barriers(page, STANDARD))
        wide = page.evaluate("document.documentElement.scrollWidth") - PHONE["width"]
        if wide > 0:
            found.append(f"{path}: {wide} px wider than the screen")

    paths = (
        "/ruang", "/ruang/kunci", "/ruang/kunci/tanda", f"/ruang/kasus/{kasus}", photo,
        f"/ruang/kasus/{closed}", "/ruang/darurat",
    )  # fmt: skip
    for path in paths:
        look(path)
    for button, path in (("Buat kertas baru", "/ruang/siapkan"), ("Lanjut", "/ruang/petugas-baru")):
        page.goto("/ruang/kunci")
        form = page.locator(f"form:has(button:text-is('{button}'))")
        page.evaluate("document.querySelectorAll('details:not(.more)').forEach(each => each.open = true)")
        if form.locator("select").count():
            form.locator("select").select_option(index=1)
        form.get_by_label("Frasa sandi ruang").fill(PHRASES[SITI])
        form.get_by_role("button", name=button).click()
        page.wait_for_url(f"**{path}")
        look(path)
    page.goto("/ruang/siapkan")
    page.get_by_role("button", name="Sudah dicatat").click()
    look("/ruang/siapkan")
    page.get_by_role("button", name="Batalkan").click()
    assert found == []
