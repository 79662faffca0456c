"""The notice of what was put back, in a real browser: it shuts nobody out, folded and opened, and fits."""

from playwright.sync_api import Page, expect

from tests.server.test_large_text import CUT
from tests.server.test_web_browser import (
    AXE,
    CONTRAST,
    LAPTOP,
    PASSWORD,
    PHONE,
    STANDARD,
    Served,
    barriers,
    browser,
    office,
    queued,
    served,
)

__all__ = ["browser", "office", "served"]
LONG = "Tulis alamat lengkap dengan RT dan RW. " * 20


def shut_out(page: Page) -> list[str]:
    """Return what axe finds on a page as it is, and what is cut off at large text on a narrow screen."""
    page.wait_for_load_state()
    page.add_script_tag(path=str(AXE))
    found: list[str] = []
    for size in (LAPTOP, PHONE):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        page.emulate_media(color_scheme="light")
        found += barriers(page, STANDARD)
        page.emulate_media(color_scheme="dark")
        found += barriers(page, CONTRAST)
    page.evaluate("document.documentElement.style.fontSize = '160%'")
    found += page.evaluate(CUT)
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": LAPTOP["width"], "height": LAPTOP["height"]})
    return found


def test_what_was_put_back_is_read_by_everybody_folded_and_opened_and_is_cut_off_nowhere(
    served: Served,
) -> None:
    visit = queued(served, "Warga Ditulis Ulang")
    page = served.page("verifikator", bypass_csp=True, reduced_motion="reduce", viewport=LAPTOP)
    page.goto(f"/kunjungan/{visit}")
    page.get_by_title("Minta perbaikan").first.click()
    page.locator("details[open] textarea").first.fill("Tulis " + "x" * 200)
    page.get_by_label("Catatan").fill(LONG)
    # a login beside the page gives the session another token: what stands on the page is kept, not sent
    beside = page.context.new_page()
    beside.goto("/masuk")
    beside.get_by_label("Nama pengguna").fill("verifikator")
    beside.get_by_label("Kata sandi").fill(PASSWORD)
    beside.get_by_role("button", name="Masuk").click()
    beside.wait_for_url(f"{served.address}/")
    beside.close()
    page.get_by_role("button", name="Kembalikan").click()
    found = shut_out(page)
    page.goto(f"/kunjungan/{visit}")
    expect(page.locator(".put-back")).to_be_visible()
    found += shut_out(page)
    page.locator(".put-back summary").click()
    expect(page.locator(".as-written")).to_have_count(2)
    found += shut_out(page)
    assert found == []
    expect(page.get_by_label("Catatan")).to_have_value(LONG)
