"""A returned visit by touch, on the real phone: from the notice to the corrected one that waits to go."""

from typing import Any

import pytest

from field_app.phone import Phone
from field_app.ui.sample_data import picture
from field_app.ui.widgets.buttons import Link
from field_app.ui.widgets.facts import FindingRow
from schemas.ids import RecordId
from tests.field_app.conftest import SetTime
from tests.field_app.test_phone_and_office import (
    enrolled,  # noqa: F401 - a phone with one task
    status,
)
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.returning import correction, rows, send_back, sent_visit
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture

NOTE, NIK, BLURRED = "Siapa yang ditemui?", "Tidak cocok dengan foto KTP.", "Nomor rumah tidak terbaca."


def returned(phone: Phone, office: Running, **reasons: str) -> RecordId:  # noqa: F811
    """A visit that came back for these reasons; `foto_rumah_depan` is that photo."""
    done = sent_visit(phone)
    shots = {one.field: one.blob for one in phone.visits.visit(done.visit).photos}
    keys = {shots.get(key, key if key == "umum" else f"bpnt_kpm.{key}"): why for key, why in reasons.items()}
    send_back(office, phone, done.visit, **keys)
    return done.visit


def open_repair(driver: Driver, phone: Phone, time: SetTime, scale: float = 1.0) -> None:
    driver.open(phone, now_ms=time.now_ms, scale=scale)
    driver.tap(rows(driver)[0])
    assert driver.shell.name == "repair"


def onward(driver: Driver) -> list[str]:
    """Tap *Lanjut* to the review; the pages that were seen."""
    pages: list[str] = []
    while driver.shell.name == "form":
        pages.append(driver.screen.step.title)
        assert len(pages) < 30
        driver.tap(driver.screen.ids.next)
    return pages


def in_sight(driver: Driver, field: str) -> bool:
    """Whether the card of this field begins within the page, once it came to rest."""

    def seen() -> bool:
        page, card = driver.screen.ids.page, driver.card(field)
        return bool(page.y < card.to_window(card.x, card.top)[1] <= page.top)

    return bool(driver.wait_for(seen, 3))


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_the_way_through_a_correction_leads_by_what_came_back_alone(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
    scale: float,
) -> None:
    visit = returned(enrolled, office, catatan=NOTE, foto_rumah_depan=BLURRED, nik=NIK)
    open_repair(driver, enrolled, time, scale)
    places = [driver.texts().index(reason) for reason in (BLURRED, NIK, NOTE)]
    assert places == sorted(places), "as one meets them in the form"
    driver.press("Mulai perbaikan")
    assert driver.sees(f"Kantor: {BLURRED}"), "the photo's reason stands beside the photo"
    assert in_sight(driver, "foto_rumah_depan")
    driver.tap(driver.screen.ids.next)
    assert driver.sees(f"Kantor: {NIK}") and in_sight(driver, "nik")
    driver.tap(driver.screen.ids.next)
    assert driver.screen.ids.next.text == "Tinjau"
    driver.type(driver.card("catatan").editor.entry, "Istrinya, di rumah")
    driver.screen.quit()
    driver.settle()

    assert driver.sees(f"Sudah Anda ubah. Permintaan kantor: {NOTE}") and driver.sees(NIK)
    view = correction(enrolled, visit)
    [shot] = [one for one in view.photos if one.field == "foto_rumah_depan"]
    enrolled.visits.add_photo(view.id, shot.form, shot.field, picture(7), None, replaces=shot.number)
    driver.screen.enter()
    driver.settle()
    assert driver.sees(f"Sudah Anda ubah. Permintaan kantor: {BLURRED}")
    driver.press("Lanjutkan perbaikan")
    assert driver.sees(f"Kantor: {NIK}"), "to what is not mended yet"
    assert onward(driver) == ["Kartu identitas", "Penutup"]

    assert driver.sees("Diminta kantor, belum diubah (1)") and driver.sees(NIK)
    driver.tap(next(w for w in driver.walk() if isinstance(w, FindingRow) and w.under == NIK))
    assert driver.shell.name == "form" and in_sight(driver, "nik")
    driver.type(driver.card("nik").editor.entry, "3314990101900002")
    onward(driver)
    assert not driver.sees("belum diubah")
    driver.press("Selesaikan")
    assert driver.shell.name == "done" and status(enrolled) == ["menunggu_kirim"]


def test_once_all_is_mended_one_tap_leads_from_the_reasons_to_the_end(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
) -> None:
    returned(enrolled, office, catatan=NOTE)
    open_repair(driver, enrolled, time)
    driver.tap(next(w for w in driver.walk() if isinstance(w, Link) and w.text == "Perbaiki isian"))
    driver.type(driver.card("catatan").editor.entry, "Istrinya, di rumah")
    driver.screen.quit()
    driver.settle()
    driver.press("Tinjau dan selesaikan")
    assert driver.shell.name == "review"


def test_a_visit_that_came_back_as_a_whole_is_gone_through_as_a_whole(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
) -> None:
    visit = returned(enrolled, office, catatan=NOTE, umum="Ulangi kunjungan ini.")
    open_repair(driver, enrolled, time)
    places = [driver.texts().index(reason) for reason in ("Ulangi kunjungan ini.", NOTE)]
    assert places == sorted(places)
    driver.shell.go("form", draft=correction(enrolled, visit).id)
    driver.settle()
    screen: Any = driver.screen
    assert screen.at == 0 and screen._neighbour(1) == 1
    assert any(card.required for card in screen._shown_cards())
