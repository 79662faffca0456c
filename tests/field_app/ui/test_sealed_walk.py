"""A sealed case as it is walked through by touch on a small phone in large text: the next step is in sight,
no word is broken or too small, and nothing lies over what comes next.
"""

from threading import Event
from typing import Any

import pytest
from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView
from msgspec.structs import replace

from field_app.ui.guard import QuickExit
from field_app.ui.photo_place import MOST_WAIT_S
from field_app.ui.pictures import scenes
from field_app.ui.sample_sealed import KODE, PIN, sealed_cards, sealed_draft
from field_app.ui.theme import Look
from field_app.ui.widgets.buttons import Choice, Link
from field_app.ui.widgets.facts import FindingRow
from field_app.ui.widgets.pin import KEY_HEIGHT, Key
from field_app.ui.widgets.words import Words
from field_app.views import Refused
from schemas.ids import RecordId
from schemas.sealed_notes import Assignment, Reasons
from schemas.theme import load_theme
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.hurry import rest
from tests.field_app.ui.test_form_screen import FilmCamera

SCENES = {name: draw for name, draw in scenes(rest) if name[:2] in ("31", "32", "33", "34", "35")}
MANY = {
    f"ktk.{name}": "Tulis lebih jelas, ini belum lengkap." for name in ("nama", "alamat", "rt", "rw", "bank")
}


def _scene(driver: Driver, name: str, scale: float = 1.6) -> None:
    driver.open(scale=scale)
    SCENES[name](driver.phone, driver.app)
    driver.settle()


def _opened(driver: Driver, name: str, **more: Any) -> None:
    """A screen of a sealed case, opened already."""
    driver.phone.sealed.open_s = 60
    driver.phone.visits.unit_problem = ""
    driver.shell.go(name, **more)
    driver.settle()


def _is_in_sight(driver: Driver, text: str) -> bool:
    """Whether what says this stands beside what is scrolled, whole within the window."""
    pill = driver.find(text)
    above = list(driver._parents(pill))
    low = pill.to_window(pill.x, pill.y)[1]
    return (
        low >= 0
        and low + pill.height <= driver.shell.height
        and not any(isinstance(a, ScrollView) for a in above)
    )


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_code_breaks_only_behind_its_hyphens(scale: float) -> None:
    look = Look(load_theme(), scale=scale)
    whole = look.words(KODE, "question")
    room = int(whole.width * 0.8)
    broken = look.words("KS-2026-\nKTRMBW", "question", room)
    assert look.words(KODE, "question", room).pixels == broken.pixels
    assert look.words(KODE, "question", whole.width + 1).height == whole.height, "and only where it must"


@pytest.mark.parametrize("name", ["31_kunci_kedua", "32_ktk_1", "32_ktk_segera_terkunci", "34_pernyataan"])
def test_the_strip_of_a_sealed_screen_says_what_it_is_in_letters_that_can_be_read(
    driver: Driver, name: str
) -> None:
    _scene(driver, name)
    strip = next(w for w in driver.walk() if isinstance(w, QuickExit))
    words = next(w for w in driver.walk(strip) if isinstance(w, Words))
    line = driver.app.theme.words("X", "caption").height
    assert [piece.height >= line - 1 for piece in words.pieces] == [True]
    assert words.height <= strip.height


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_the_second_lock_has_keys_as_large_as_the_first_where_there_is_room(
    driver: Driver, scale: float
) -> None:
    _scene(driver, "31_kunci_kedua", scale)
    keys = [widget for widget in driver.walk() if isinstance(widget, Key)]
    assert len(keys) == 12 and min(key.height for key in keys) >= dp(KEY_HEIGHT)


def test_what_comes_next_is_in_sight_however_much_the_office_wrote(driver: Driver) -> None:
    driver.open(scale=1.6)
    phone = driver.phone
    phone.sealed.reasons = lambda _visit: Reasons(form="ktk", reasons=MANY, note="Selain itu baik.")  # type: ignore[method-assign]
    phone.sealed.assignment = lambda _tugas: Assignment(forms=["ktk"], text="Temui di balai desa. " * 30)  # type: ignore[method-assign]
    cards = sealed_cards()
    _opened(driver, "closed", card=cards["returned"][0])
    assert _is_in_sight(driver, "Mulai perbaikan")
    _opened(driver, "closed", card=cards["today"][0])
    assert _is_in_sight(driver, "Mulai kunjungan") and driver.sees("Verifikasi KTK")
    driver.press("Mulai kunjungan")
    assert driver.shell.name == "form"


def test_a_task_of_a_form_that_this_app_does_not_know_says_what_to_do(driver: Driver) -> None:
    driver.open()
    driver.phone.sealed.assignment = lambda _tugas: Assignment(forms=["besok"], text="Temui.")  # type: ignore[method-assign]
    _opened(driver, "closed", card=sealed_cards()["today"][0])
    assert driver.sees("Perbarui aplikasi, lalu coba lagi.") and not driver.sees("Mulai kunjungan")


def test_a_finished_case_does_not_say_that_nobody_was_ever_visited(driver: Driver) -> None:
    driver.open()
    card = sealed_cards()["sent"][0]
    visits = driver.phone.visits
    task = visits.home().today[0].tugas
    about = replace(visits.task(task), subject={}, why="", last_visit=None)
    visits.task = lambda _tugas: about
    _opened(driver, "task", card=replace(card, tugas=task, visit=RecordId("k3")))
    assert driver.sees(card.nama) and not driver.sees("Belum pernah dari HP ini")


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("status", ["ditolak", "ditahan"])
def test_what_the_office_said_of_a_case_that_it_refused_or_holds_is_read_behind_the_second_unlock(
    driver: Driver, scale: float, status: str
) -> None:
    driver.open(scale=scale)
    phone = driver.phone
    view = replace(phone.visits.visit("k2"), status=status, sealed=True, told=True)
    phone.visits.visit = lambda _visit: view
    driver.shell.go("task", card=replace(sealed_cards()["sent"][0], status=status))
    driver.settle()
    driver.press("Baca catatan kantor")
    assert driver.shell.name == "second" and not driver.sees("Selain dua hal ini")
    for digit in PIN:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))
    driver.wait_for(lambda: driver.shell.name == "closed")
    assert driver.sees("Selain dua hal ini sudah baik.") and driver.sees("Jam berapa yang aman?")
    assert not driver.sees("Mulai perbaikan") and not driver.sees("Perbaiki isian")
    phone.sealed.reasons = lambda _visit: Reasons(form="ktk", reasons={}, note="")  # type: ignore[method-assign]
    driver.shell.replace("closed", card=replace(sealed_cards()["sent"][0], status=status))
    driver.settle()
    assert driver.sees("Kantor tidak menulis catatan.")


def test_that_a_photo_is_worked_on_is_said_until_it_is_kept_and_no_longer(driver: Driver) -> None:
    ready = Event()

    class SlowCamera(FilmCamera):
        def frame(self, guide: Any = None) -> bytes:
            assert ready.wait(20)
            return super().frame(guide)

    driver.open(camera=SlowCamera())
    sealed_draft(driver.phone.visits, "ds")
    _opened(driver, "camera", draft="ds", form="ktk", field="fc_ktp")
    toast, stays_s = driver.shell.toast, list[float]()
    driver.shell.toast = lambda *said: stays_s.append(said[-1]) or toast(*said)
    driver.screen.shoot()
    assert driver.sees("Memproses foto…")
    assert stays_s[0] > MOST_WAIT_S, "it does not go by itself while the shot waits for its place"
    ready.set()
    driver.settle()
    assert driver.phone.visits.drafts["ds"].photos and not driver.sees("Memproses foto…")


def _back(driver: Driver) -> None:
    driver.shell.back()
    driver.settle()


def test_a_reason_leads_to_its_field_and_the_way_on_is_by_what_was_asked_again(driver: Driver) -> None:
    driver.open(scale=1.6)
    _opened(driver, "closed", card=sealed_cards()["returned"][0])
    reason = next(w for w in driver.walk() if isinstance(w, Link) and w.text == "Perbaiki isian")
    driver.tap(reason)
    driver.wait_for(lambda: driver.sees("Kantor: Tulis apa yang belum lengkap."))
    assert driver.shell.name == "form" and "alasan_hasil" in driver.screen.step.fields
    assert driver.screen.ids.next.text == "Tinjau", "nothing behind it was asked again"
    _back(driver)
    assert driver.sees("Keamanan dulu") and driver.sees("Kantor: Jam berapa yang aman?")
    cards = {card.field.name: card.required for card in driver.screen._shown_cards()}
    assert cards["aman_dihubungi"] and not cards["aman_dikunjungi"]
    assert driver.screen.ids.next.text == "Lanjut" and driver.screen.ids.previous.disabled
    _back(driver)
    assert driver.shell.name == "closed" and driver.sees("Jam berapa yang aman?"), "and then to the reasons"


def test_the_list_of_pages_marks_what_was_asked_again_and_leads_to_all(driver: Driver) -> None:
    driver.open()
    _opened(driver, "closed", card=sealed_cards()["returned"][0])
    driver.press("Mulai perbaikan")
    assert driver.sees("Keamanan dulu"), "it begins at the first that was asked again"
    driver.screen.pages()
    driver.settle()
    pages = [widget for widget in driver.walk() if isinstance(widget, Choice)]
    assert [page.text[3:].strip() for page in pages if page.earlier] == ["Keamanan dulu", "Hasil verifikasi"]
    driver.tap(pages[1])
    assert driver.screen.at == 1


def test_a_correction_begins_at_the_first_page_that_was_asked_again_though_others_lie_before_it(
    driver: Driver,
) -> None:
    driver.open()
    driver.phone.visits.unit_problem = ""
    driver.phone.visits.start_correction("ks")
    driver.phone.visits.drafts["dks"].returned = {"ktk.alasan_hasil": "Tulis apa yang belum lengkap."}
    _opened(driver, "form", draft="dks")
    assert driver.screen.at > 0 and "alasan_hasil" in driver.screen.step.fields


def test_after_a_lock_a_correction_is_come_back_to_at_the_reason_that_led_into_it(driver: Driver) -> None:
    driver.open(scale=1.6)
    _opened(driver, "closed", card=sealed_cards()["returned"][0])
    driver.tap(next(w for w in driver.walk() if isinstance(w, Link) and w.text == "Perbaiki isian"))
    driver.wait_for(lambda: driver.shell.name == "form" and driver.sees("Tulis apa yang belum lengkap."))
    driver.app.lock()
    driver.settle()
    for digit in driver.phone.pin:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))
    driver.wait_for(lambda: driver.shell.name == "form")
    assert "alasan_hasil" in driver.screen.step.fields


def test_beside_the_picture_that_was_asked_again_no_other_is_called_needed(driver: Driver) -> None:
    driver.open(camera=FilmCamera())
    driver.phone.visits.unit_problem = ""
    driver.phone.visits.start_correction("ks")
    driver.phone.visits.drafts["dks"].returned = {"ktk.fc_ktp": "Buram.", "ktk.fc_kk": "Terpotong."}
    _opened(driver, "camera", draft="dks", form="ktk", field="fc_ktp")
    listed = [widget.text for widget in driver.walk() if isinstance(widget, FindingRow)]
    assert listed == ["Fotokopi KTP", "Fotokopi KK"]
    del sealed_draft(driver.phone.visits, "ds").answers["ktk"]["setuju_dokumen"]
    _opened(driver, "camera", draft="ds", form="ktk", field="fc_ktp")
    assert len([widget for widget in driver.walk() if isinstance(widget, FindingRow)]) > 2


def test_a_correction_that_was_begun_leads_to_its_reasons_and_goes_on(driver: Driver) -> None:
    driver.open()
    driver.phone.visits.unit_problem = ""
    driver.phone.visits.start_correction("ks")
    begun = replace(sealed_cards()["returned"][0], draft="dks")
    driver.phone.sealed.open_s = 60
    driver.screen.open(begun)
    driver.settle()
    assert driver.shell.name == "closed"
    assert driver.sees("Jam berapa yang aman?")
    driver.press("Lanjutkan draf")
    assert driver.shell.name == "form"


def test_a_correction_goes_on_though_its_reasons_cannot_be_read_any_more(driver: Driver) -> None:
    driver.open()
    driver.phone.visits.unit_problem = ""
    driver.phone.visits.start_correction("ks")
    driver.phone.sealed.reasons = lambda _visit: Refused(say="lapangan.tersegel.alasan_tidak_terbaca")  # type: ignore[method-assign]
    _opened(driver, "closed", card=replace(sealed_cards()["returned"][0], draft="dks"))
    driver.press("Lanjutkan draf")
    assert driver.shell.name == "form"


def test_a_reason_about_a_row_of_a_sealed_visit_leads_to_that_row(driver: Driver) -> None:
    driver.open()
    phone, key = driver.phone, "ktk.rencana_uep[1].kebutuhan"
    phone.sealed.reasons = lambda _visit: Reasons(form="ktk", reasons={key: "Sebutkan."}, note="")  # type: ignore[method-assign]
    _opened(driver, "closed", card=sealed_cards()["returned"][0])
    phone.visits.start_correction("ks")
    phone.visits.save("dks", "ktk", "rencana_uep", [{"kebutuhan": "Terpal"}, {"kebutuhan": "Kompor"}])
    driver.press("Perbaiki isian")
    table = next(card for card in driver.screen._shown_cards() if card.field.name == "rencana_uep")
    assert table.editor.opened == 1
