"""Deciding visits in a real browser: by keyboard alone, on paper, and with what was typed kept."""

from hashlib import sha256

from playwright.sync_api import expect

from server import people_store
from server.settings import Settings
from server.web.site import SESSION_COOKIE, THEME_COOKIE
from tests.server.test_web_browser import (  # noqa: F401 - the browser and the served office as fixtures
    LAPTOP,
    PHONE,
    Served,
    browser,
    office,
    queued,
    served,
)

ON_PAPER = {"width": 1123, "height": 794}
"""A4 across, in CSS pixels."""


def test_a_visit_is_decided_by_two_keys_and_one_alone_decides_nothing(served: Served) -> None:  # noqa: F811
    first, second = queued(served, "Warga Tombol Satu"), queued(served, "Warga Tombol Dua")
    page = served.page("verifikator")
    page.goto(f"/kunjungan/{first}?status=diterima")
    page.keyboard.press("1")
    expect(page.get_by_role("button", name="Setujui")).to_be_focused()
    assert served.office.fields(first)["state"] == "diterima"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/kunjungan/{second}?*")
    assert served.office.fields(first)["state"] == "disetujui"
    # a key typed into a note is a letter of it
    page.keyboard.press("c")
    page.keyboard.type("c1 tulis RT")
    expect(page.get_by_label("Catatan untuk petugas")).to_have_value("c1 tulis RT")
    page.locator("h1").click()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/antrean?*")
    assert served.office.fields(second)["state"] == "dikembalikan"


def test_photos_are_opened_by_a_key(served: Served) -> None:  # noqa: F811
    visit = queued(served, "Warga Tombol Foto")
    page = served.page("verifikator")
    page.goto(f"/kunjungan/{visit}")
    page.keyboard.press("f")
    expect(page.locator("dialog[open] img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_what_is_printed_is_dark_on_light_and_whole_whatever_the_screen_looks_like(
    served: Served,  # noqa: F811
) -> None:
    visit = queued(served, "Warga Cetak")
    page = served.page("verifikator", viewport=ON_PAPER, color_scheme="dark")
    for theme in ("", "dark"):
        if theme:
            page.context.add_cookies([{"name": THEME_COOKIE, "value": "gelap", "url": served.address}])
        page.goto(f"/kunjungan/{visit}")
        ink = "getComputedStyle(document.body).color"
        on_screen = page.evaluate(ink)
        page.emulate_media(media="print")
        printed = page.evaluate(ink)
        assert on_screen != printed and max(map(int, printed.strip("rgb()").split(","))) < 90, printed
        # the right column is no window to scroll in, and nothing to press is drawn
        height = "(which => document.querySelector('.side')[which])"
        assert page.evaluate(height, "scrollHeight") <= page.evaluate(height, "clientHeight") + 1
        expect(page.locator("#putus")).to_be_hidden()
        page.emulate_media(media="screen")


def test_a_phone_among_the_devices_is_a_card_like_all_others(served: Served) -> None:  # noqa: F811
    page = served.page("admin")
    page.goto("/perangkat")
    style = "(which => getComputedStyle(document.querySelector('article.card'))[which])"
    assert page.evaluate(style, "borderTopWidth") == "0px"
    assert float(page.evaluate(style, "paddingLeft").removesuffix("px")) >= 16


def test_ones_own_account_is_reached_on_a_phone_too(served: Served) -> None:  # noqa: F811
    page = served.page("verifikator", viewport=PHONE)
    page.get_by_role("link", name="Verifikator Uji").click()
    page.wait_for_url("**/akun")


def test_a_page_left_open_keeps_what_was_typed_when_its_session_ends(served: Served) -> None:  # noqa: F811
    visit = queued(served, "Warga Ditinggal")
    page = served.page("verifikator", viewport=LAPTOP)
    page.goto(f"/kunjungan/{visit}?status=diterima")
    page.get_by_label("Catatan untuk petugas").fill("Sudah panjang ditulis")
    token = next(each["value"] for each in page.context.cookies() if each["name"] == SESSION_COOKIE)  # type: ignore[typeddict-item]
    hashed, engine = sha256(token.encode()).digest(), served.office.deps.engine
    then = served.office.deps.now_ms() - Settings().idle_ms - 1
    engine.write(lambda tx: people_store.touch_session(tx, hashed, then)).result()
    page.evaluate("htmx.ajax('GET', document.getElementById('siapa').getAttribute('hx-get'), '#siapa')")
    expect(page.get_by_text("Tulisan di halaman ini tidak hilang")).to_be_visible()
    expect(page.get_by_label("Catatan untuk petugas")).to_have_value("Sudah panjang ditulis")
    page.get_by_role("button", name="Kembalikan").click()
    expect(page.get_by_text("yang Anda tulis dikembalikan")).to_be_visible()
    page.get_by_label("Nama pengguna").fill("verifikator")
    page.get_by_label("Kata sandi").fill("rahasia-untuk-uji")
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url(f"**/kunjungan/{visit}?status=diterima")
    expect(page.get_by_label("Catatan untuk petugas")).to_have_value("Sudah panjang ditulis")
