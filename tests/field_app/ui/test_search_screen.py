"""Cari warga by finger: a desa, a pasted QR text, and somebody who is in no list."""

from typing import Any

import pytest
from kivy.core.clipboard import Clipboard
from msgspec.structs import replace

from field_app.ui.fields.pick import PickSheet
from field_app.ui.new_person import NewPersonSheet
from field_app.ui.widgets.rows import TaskRow
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_screens_fit import cut_off, overlapping


def _names(driver: Driver) -> list[str]:
    return sorted(
        widget.item["name"] for widget in driver.walk(driver.screen.ids.list) if isinstance(widget, TaskRow)
    )


def _open(driver: Driver, **arguments: Any) -> Any:
    driver.open()
    driver.shell.go("search", **arguments)
    driver.settle()
    return driver.screen


def _pick(driver: Driver, name: str) -> None:
    sheet = driver.shell.sheets()[0]
    assert isinstance(sheet, PickSheet)
    driver.type(sheet.line, name.lower())
    row = driver.wait_for(
        lambda: next((w for w in driver.walk(sheet) if getattr(w, "item", {}).get("name") == name), None)
    )
    driver.tap(row)


def test_only_those_of_one_desa_and_then_all_again(driver: Driver) -> None:
    screen = _open(driver)
    driver.press("Semua desa")
    _pick(driver, "Banaran")
    driver.wait_for(lambda: _names(driver) == ["Sugeng Raharjo", "Sutarmi"])
    driver.type(screen.line, "sug")
    driver.wait_for(lambda: _names(driver) == ["Sugeng Raharjo"])
    driver.press("Semua desa")  # the cross beside it
    driver.type(screen.line, "suta")
    driver.wait_for(lambda: _names(driver) == ["Sutarmi", "Sutarno"])


def test_a_copied_qr_text_is_looked_for(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    _open(driver)
    copied = ["", "sugeng\n raharjo"]
    monkeypatch.setattr(Clipboard, "paste", lambda: copied.pop(0))
    driver.press("Tempel teks QR")
    assert driver.sees(driver.phone.text("aplikasi.cari.tempel_kosong"))
    driver.press("Tempel teks QR")
    driver.wait_for(lambda: _names(driver) == ["Sugeng Raharjo"])


def test_somebody_in_no_list_is_begun_with_by_name_and_desa(driver: Driver) -> None:
    screen = _open(driver, form="bpnt_kpm", title="Kunjungan KPM BPNT")
    driver.type(screen.line, "Bu Baru")
    driver.press("Tidak ada di daftar")
    sheet = driver.shell.sheets()[0]
    assert isinstance(sheet, NewPersonSheet) and sheet.line.text == "Bu Baru"
    driver.press("Mulai kunjungan")
    assert driver.sees("Tulis nama dan pilih desanya dulu."), "no desa yet"
    driver.tap(sheet.box)
    _pick(driver, "Kedungwaduk")
    driver.press("Mulai kunjungan")
    assert driver.shell.name == "form"
    (draft,) = driver.phone.visits.drafts.values()
    region = driver.phone.wilayah.find("Kedungwaduk")[0]
    assert draft.answers["bpnt_kpm"] == {"nama": "Bu Baru", "kode_desa": region.kode}


def test_from_the_first_screen_the_form_is_chosen_then(driver: Driver) -> None:
    screen = _open(driver)
    screen.keep_desa(driver.phone.wilayah.find("Banaran")[0].kode)
    driver.type(screen.line, "Bu Baru")
    driver.press("Tidak ada di daftar")
    driver.press("Mulai kunjungan")
    assert driver.shell.name == "start"
    assert not driver.sees("Survei kepuasan masyarakat"), "only forms about somebody"
    row = next(w for w in driver.walk() if getattr(w, "item", {}).get("name") == "Kunjungan KPM BPNT")
    driver.tap(row)
    assert driver.shell.name == "form" and driver.screen.view.nama == "Bu Baru"


def _form(driver: Driver, title: str) -> None:
    driver.tap(next(w for w in driver.walk() if getattr(w, "item", {}).get("name") == title))


def test_for_a_visit_to_an_ewarong_only_ewarong_are_found_and_spoken_of(driver: Driver) -> None:
    driver.open()
    driver.press("Kunjungan baru")
    _form(driver, "Monev e-warong")
    assert driver.shell.name == "search" and driver.sees("Cari e-warong") and not driver.sees("Untuk siapa")
    driver.type(driver.screen.line, "su")
    driver.wait_for(lambda: _names(driver) == ["e-warong Sumber Rejeki"])
    driver.press("Tidak ada di daftar")
    assert driver.sees("Catat e-warong baru") and driver.sees("Nama e-warong")
    driver.shell.back()
    driver.shell.back()
    _form(driver, "Kunjungan KPM BPNT")
    driver.type(driver.screen.line, "su")
    driver.wait_for(lambda: _names(driver) == ["Sugeng Raharjo", "Sutarmi", "Sutarno"])


@pytest.mark.parametrize(("kind", "icon"), [("ewarong", "store"), ("warga", "person"), ("", "person")])
def test_somebody_in_no_list_is_shown_as_what_is_looked_for(driver: Driver, kind: str, icon: str) -> None:
    form = {"form": "ewarong" if kind == "ewarong" else "bpnt_kpm"} if kind else {}
    _open(driver, kind=kind, **form)
    assert driver.find("Tidak ada di daftar").icon == icon


def test_a_visit_on_a_pendamping_begins_without_asking_for_a_warga(driver: Driver) -> None:
    driver.open()
    driver.press("Kunjungan baru")
    _form(driver, "Monev pendamping sosial")
    assert driver.shell.name == "form"
    assert driver.phone.visits.drafts["d10"].form == "pendamping"


@pytest.mark.parametrize("kind", ["", "ewarong"], ids=["warga", "ewarong"])
def test_nobody_is_said_not_to_be_there_before_the_first_sync_has_ended(driver: Driver, kind: str) -> None:
    screen = _open(driver, kind=kind)
    driver.type(screen.line, "tiada orang")
    driver.wait_for(lambda: driver.sees("Tidak ditemukan"))
    driver.phone.visits.status = replace(driver.phone.visits.status, last_ms=None)
    driver.screen.find()
    driver.wait_for(lambda: driver.sees("Belum ditemukan"))
    assert driver.sees("Data dari kantor belum selesai masuk") and not driver.sees("Tidak ditemukan")
    assert cut_off(driver) == [] and overlapping(driver) == []
