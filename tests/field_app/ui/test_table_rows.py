"""Rows of a table on a small phone: in sight when they come, and where the review sends somebody."""

import time
from typing import Any

import pytest
from kivy.base import EventLoop

from field_app.ui.fields.table import TabelEditor
from field_app.ui.widgets.facts import FindingRow
from tests.field_app.ui.driver import Driver

PRICES = [{"barang": "Beras", "harga": 14500, "harga_pasar": 13500}, {"barang": "Telur"}]


def _open(driver: Driver, rows: list[dict[str, Any]], scale: float = 1.0) -> TabelEditor:
    driver.open(scale=scale)
    driver.phone.visits.start("ewarong", "e1", None)
    driver.phone.visits.drafts["d10"].answers["ewarong"] |= {
        "hasil_kunjungan": "terisi_lengkap",
        "harga": rows,
    }
    driver.shell.go("form", draft="d10")
    driver.settle()
    return driver.turn_to("harga").editor


def _top_of(driver: Driver, card: Any) -> float:
    """How far below the page's top the card begins."""
    return driver.screen.ids.page.top - card.to_window(card.x, card.top)[1]


def _to_the_missing_price(driver: Driver) -> TabelEditor:
    driver.shell.go("review", draft="d10")
    driver.settle()
    driver.tap(next(w for w in driver.walk() if isinstance(w, FindingRow) and "Baris 2" in w.text))
    assert driver.shell.name == "form"
    return driver.card("harga").editor


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_row_that_was_added_comes_into_sight_with_its_first_field(driver: Driver, scale: float) -> None:
    editor = _open(driver, PRICES, scale)
    driver.tap(editor.more)
    driver.wait_for(lambda: 0 <= _top_of(driver, editor.cards[-1]) < 40)
    first = editor.editors["barang"]
    assert first.to_window(first.x, first.y)[1] >= driver.screen.ids.page.y


def test_who_turns_the_page_while_a_row_comes_into_sight_sees_the_next_one_from_its_top(
    driver: Driver,
) -> None:
    editor = _open(driver, PRICES, 1.6)
    editor.more.dispatch("on_release")
    for _ in range(3):
        EventLoop.idle()
    driver.screen.turn(1)
    page, until = driver.screen.ids.page, time.monotonic() + 0.6
    while time.monotonic() < until:
        EventLoop.idle()
    assert page.scroll_y == 1


def test_the_review_opens_the_row_in_which_something_is_missing(driver: Driver) -> None:
    _open(driver, PRICES)
    editor = _to_the_missing_price(driver)
    assert editor.opened == 1
    driver.wait_for(lambda: 0 <= _top_of(driver, editor.cards[1]) < 40)
    driver.type(editor.editors["harga"].entry, "28000")
    assert driver.screen.answers["ewarong"]["harga"][1] == {"barang": "Telur", "harga": 28000}


def test_from_what_the_review_sent_her_to_one_tap_leads_to_the_review_again(driver: Driver) -> None:
    _open(driver, PRICES)
    _to_the_missing_price(driver)
    driver.press("Tinjau")
    assert driver.shell.name == "review"


def test_whoever_turns_to_another_page_meanwhile_goes_on_page_by_page(driver: Driver) -> None:
    _open(driver, PRICES)
    _to_the_missing_price(driver)
    page = driver.screen.at
    driver.tap(driver.screen.ids.previous)
    assert driver.screen.at == page - 1
    driver.press("Lanjut")
    assert driver.shell.name == "form" and driver.screen.at == page


def test_a_row_says_what_may_stay_blank_and_which_figure_was_computed(driver: Driver) -> None:
    editor = _open(driver, [PRICES[0] | {"selisih": 1000}])
    assert driver.sees("Rp14.500 · Rp13.500 · Selisih 1.000")
    blank = driver.texts().count("Boleh kosong")
    driver.tap(editor.cards[0].head)
    assert driver.texts().count("Boleh kosong") == blank + 2, "satuan and harga_pasar, not the computed one"
