"""Photos of a table's rows, taken by touch from the row itself."""

from types import SimpleNamespace
from typing import Any

from field_app.ui.fields.evidence import PhotoTile
from field_app.ui.sample import SamplePhone
from field_app.ui.widgets.facts import FindingRow
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_form_screen import FilmCamera

ROWS: list[dict[str, Any]] = [{"jenis": "surat_sakit"}, {"jenis": "sktm"}]


def _open(driver: Driver) -> SamplePhone:
    """A KIS visit on the page of its papers, the second row open."""
    driver.open(camera=FilmCamera())
    visits = driver.phone.visits
    visits.start("kis", "w1", None)
    visits.save("d10", "kis", "syarat_lain", ROWS)
    driver.shell.go("form", draft="d10")
    driver.settle()
    driver.turn_to("syarat_lain")
    driver.tap(_table(driver).cards[1].head)
    return driver.phone


def _table(driver: Driver) -> Any:
    return next(c for c in driver.screen._shown_cards() if c.field.name == "syarat_lain").editor


def _rows(driver: Driver) -> list[dict[str, Any]]:
    return driver.phone.visits.drafts["d10"].answers["kis"]["syarat_lain"]


def _shoot(driver: Driver) -> None:
    driver.tap(_table(driver).editors["berkas"].take)
    assert driver.sees("Ada berkas lain? · Baris 2")
    driver.press("Jepret")
    driver.press("Selesai")


def _tiles(driver: Driver) -> int:
    return sum(isinstance(w, PhotoTile) for w in driver.walk(_table(driver)))


def test_a_row_takes_its_own_photo(driver: Driver) -> None:
    _open(driver)
    assert _tiles(driver) == 0
    _shoot(driver)
    blob = driver.phone.visits.drafts["d10"].photos[0].blob
    assert _rows(driver) == [{"jenis": "surat_sakit"}, {"jenis": "sktm", "berkas": [blob]}]
    assert _tiles(driver) == 1 and driver.sees("1 berkas")
    assert _table(driver).opened == 1, "she comes back to the row that she left"


def test_the_photo_stays_with_its_row_when_the_row_before_it_goes(driver: Driver) -> None:
    _open(driver)
    _shoot(driver)
    blob = driver.phone.visits.drafts["d10"].photos[0].blob
    driver.tap(_table(driver).cards[0].head)
    assert _tiles(driver) == 0, "the first row has no photo of its own"
    driver.press("Hapus baris ini")
    assert _rows(driver) == [{"jenis": "sktm", "berkas": [blob]}]
    driver.tap(_table(driver).cards[0].head)
    assert _tiles(driver) == 1


def test_a_photo_of_a_row_can_be_taken_again_and_taken_out(driver: Driver) -> None:
    _open(driver)
    _shoot(driver)
    first = driver.phone.visits.drafts["d10"].photos[0].blob
    driver.tap(next(w for w in driver.walk(_table(driver)) if isinstance(w, PhotoTile)))
    assert driver.shell.name == "photo" and driver.sees("Berkas")
    driver.press("Ulangi foto")
    driver.press("Jepret")
    driver.press("Selesai")
    second = _rows(driver)[1]["berkas"][0]
    assert second != first and len(_rows(driver)[1]["berkas"]) == 1
    driver.tap(next(w for w in driver.walk(_table(driver)) if isinstance(w, PhotoTile)))
    driver.press("Keluarkan foto ini")
    assert _rows(driver)[1] == {"jenis": "sktm"} and _tiles(driver) == 0


def test_the_camera_and_the_review_name_each_row(driver: Driver) -> None:
    _open(driver)
    driver.tap(_table(driver).editors["berkas"].take)
    wanted = [w.text for w in driver.walk() if isinstance(w, FindingRow)]
    assert "Ada berkas lain? · Baris 1 · Berkas" in wanted and "Ada berkas lain? · Baris 2 · Berkas" in wanted
    driver.press("Jepret")
    driver.shell.go("review", draft="d10")
    driver.settle()
    row = next(w for w in driver.walk() if isinstance(w, FindingRow) and "Baris" in w.text)
    assert row.text == "Ada berkas lain? · Baris 1 · Berkas"
    driver.tap(row)
    assert driver.shell.name == "form" and "syarat_lain" in driver.screen.step.fields


def _sent_back(driver: Driver) -> SamplePhone:
    """The same visit with its second row's papers asked again."""
    phone = _open(driver)
    phone.visits.drafts["d10"].returned = {"kis.syarat_lain[1].berkas": "Tidak terbaca."}
    driver.shell.only("home")
    return phone


def test_a_reason_leads_to_the_very_row_and_so_does_the_review(driver: Driver) -> None:
    phone = _sent_back(driver)
    card = SimpleNamespace(nama="", desa="", draft="d10", visit="k10", hint="")
    driver.shell.go("repair", card=card)
    driver.settle()
    driver.press("Perbaiki isian")
    assert driver.shell.name == "form" and _table(driver).opened == 1
    driver.shell.only("home")
    driver.shell.go("repair", card=card)
    driver.settle()
    driver.press("Lanjutkan perbaikan")
    assert _table(driver).opened == 1
    phone.visits.save("d10", "kis", "syarat_lain", [{**row, "berkas": ["a" * 64]} for row in ROWS])
    driver.shell.go("review", draft="d10")
    driver.settle()
    driver.tap(next(w for w in driver.walk() if isinstance(w, FindingRow) and w.under == "Tidak terbaca."))
    assert driver.shell.name == "form" and _table(driver).opened == 1
