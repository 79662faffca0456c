"""What a browser would say in its own language, said in ours; and lists on paper and on half a screen."""

from typing import Any

import pytest
from playwright.sync_api import expect

from schemas.ids import RecordId
from server.web.agents import browser_of
from sync.change import Patch
from tests.server.test_web_browser import (  # noqa: F401 - the browser and the served office as fixtures
    DESA,
    LAPTOP,
    Served,
    browser,
    office,
    served,
)

FILE: Any = {"name": "danom tahap 4.xlsx", "mimeType": "application/octet-stream", "buffer": b"x"}


def test_a_file_is_chosen_by_our_words_and_dropped_where_the_browsers_field_lies(
    served: Served,  # noqa: F811
) -> None:
    page = served.page("petugas", locale="en-US")
    page.goto("/impor")
    expect(page.get_by_text("Belum ada berkas dipilih")).to_be_visible()
    over, under = page.locator("input[type=file]").bounding_box(), page.locator(".file-shown").bounding_box()
    assert (
        over and under and abs(over["width"] - under["width"]) < 2 and over["height"] >= under["height"] - 6
    )
    page.get_by_role("button", name="Baca daftar").click()
    assert page.locator("input[type=file]").evaluate("each => each.validationMessage") == (
        "Pilih berkasnya dulu."
    )
    page.locator("input[type=file]").set_input_files(files=[FILE])
    expect(page.get_by_text("danom tahap 4.xlsx")).to_be_visible()
    assert page.locator("input[type=file]").evaluate("each => each.validity.valid")


def test_without_javascript_the_browsers_own_field_is_seen(served: Served) -> None:  # noqa: F811
    page = served.page("petugas", java_script_enabled=False)
    page.goto("/impor")
    field = page.locator("input[type=file]")
    expect(field).to_be_visible()
    expect(page.locator(".file-shown")).to_have_count(0)


def test_why_a_form_is_not_sent_yet_is_said_in_our_words_until_it_is_mended(
    served: Served,  # noqa: F811
) -> None:
    page = served.page("kabid", locale="en-US")
    page.goto(f"/warga/{served.office.warga}")
    purpose, said = page.get_by_label("Keperluan membuka nomor"), "each => each.validationMessage"
    opening = page.get_by_role("button", name="Buka nomor")
    opening.click()
    assert purpose.evaluate(said) == "Isi bagian ini dulu."
    purpose.press_sequentially("cek")
    assert purpose.evaluate(said) != "Isi bagian ini dulu."
    opening.click()
    assert purpose.evaluate(said) == "Tulis paling sedikit 5 huruf."
    purpose.press_sequentially(" data")
    opening.click()
    expect(page.get_by_text("3314990101800001").first).to_be_visible()


@pytest.mark.parametrize(("locale", "said"), [("en-US", " · 1 Nov 2026"), ("id-ID", "")])
def test_a_day_is_said_as_we_do_where_the_browser_writes_it_otherwise(
    served: Served,  # noqa: F811
    locale: str,
    said: str,
) -> None:
    page = served.page("kabid", locale=locale)
    page.goto("/jejak")
    page.get_by_label("Dari tanggal").fill("2026-11-01")
    label = page.locator("label:has(input[type=date])").first
    assert (label.text_content() or "").strip().endswith(f"Dari tanggal{said}".strip())


@pytest.mark.parametrize("width", [794, 960])
def test_a_list_of_names_keeps_its_width_on_paper_and_on_half_a_screen(
    served: Served,  # noqa: F811
    width: int,
) -> None:
    page = served.page("kabid", viewport={"width": width, "height": 900})
    page.goto("/pengguna")
    if width == 794:
        page.emulate_media(media="print")
    row = page.locator(".plain-row").first
    whole, name = row.bounding_box(), row.locator("> div").first.bounding_box()
    assert whole and name and name["width"] > whole["width"] / 2


def test_what_is_ticked_is_seen_on_paper_too(served: Served) -> None:  # noqa: F811
    page = served.page("petugas")
    page.goto("/ekspor?data=warga")
    page.emulate_media(media="print")
    box = page.locator("input[type=checkbox]:checked").first
    assert box.evaluate("each => getComputedStyle(each).printColorAdjust") == "exact"


def test_the_move_of_many_tugas_is_at_hand_however_long_the_list_is(served: Served) -> None:  # noqa: F811
    office_, whom = served.office, served.office.people["pendamping"]
    for number in range(12):
        fields = {"petugas": whom, "sasaran": office_.warga, "sasaran_kind": "warga", "form": "bpnt_kpm"}
        new = {**fields, "state": "baru", "kode_desa": DESA}
        record = RecordId(f"{number:032x}")
        office_.deps.office.act(
            office_.people["petugas"], Patch(record=record, kind="tugas", base={}, new=new)
        )
    page = served.page("petugas")
    page.goto(f"/penugasan/petugas/{whom}")
    box = page.get_by_role("button", name="Pindahkan yang dicentang").bounding_box()
    assert box and box["y"] + box["height"] <= LAPTOP["height"]


def test_the_menu_stays_on_one_line_for_who_has_long_names_and_two_roles(served: Served) -> None:  # noqa: F811
    name = "Raden Ayu Kusumaningtyas Wulandari Hadiningrat"
    served.office.add_person("panjang", name, "RP", ("petugas", "verifikator"))
    page = served.page("panjang")
    heading = page.locator("header.top").bounding_box()
    assert heading and heading["height"] < 70
    expect(page.locator(".who-name")).to_have_attribute("title", f"{name}, Verifikator, Petugas kantor")


def test_the_map_of_the_regency_is_as_high_as_the_screen_allows(served: Served) -> None:  # noqa: F811
    page = served.page("kabid")
    page.goto("/peta")
    box = page.locator("#peta").bounding_box()
    assert box and box["height"] > LAPTOP["height"] * 0.6


def test_a_session_tells_its_browser_in_words(served: Served) -> None:  # noqa: F811
    page = served.page("pengawas")
    page.goto("/akun")
    expect(page.get_by_text("Chrome di Linux")).to_be_visible()
    expect(page.get_by_text("Mozilla")).to_have_count(0)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 "
         "Safari/537.36 Edg/130.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", ("Firefox", "Linux")),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile "
         "Safari/537.36", ("Chrome", "Android")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 "
         "Safari/604.1", ("Safari", "iPhone")),
        ("curl/8.0", ("curl/8.0", "")),
    ],
    ids=["edge", "firefox", "android", "iphone", "unknown"],
)  # fmt: skip
def test_a_browser_is_known_by_what_it_calls_itself(agent: str, said: tuple[str, str]) -> None:
    assert browser_of(agent) == said
