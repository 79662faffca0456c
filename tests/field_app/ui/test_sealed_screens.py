"""Screens of sealed cases: the PIN again, *Keluar cepat*, the minute, and nothing left behind on the
screen.
"""

import gc
import weakref
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kivy.cache import Cache

from field_app.ui.fields.card import FieldCard
from field_app.ui.fields.evidence import Pad
from field_app.ui.guard import TEXT_CACHES, QuickExit
from field_app.ui.pictures import scenes
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_sealed import KODE, PIN, sealed_cards, sealed_draft
from field_app.ui.widgets.pin import Key
from field_app.ui.widgets.rows import TaskRow
from field_app.views import Home, SyncStatus
from schemas.base import encode
from schemas.ids import NO_LINK, Part
from schemas.wire import Cursor, Row
from schemas.words import unit_words
from sync.change import Place
from sync.scope import UNIT_KEYS
from sync.store import Answered
from tests.field_app.conftest import SetTime, make_phone
from tests.field_app.sealed_field import SealedField, unit_key
from tests.field_app.test_phone import PIN as PHONE_PIN
from tests.field_app.test_phone import WELCOME, Office, join
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.hurry import rest
from tests.field_app.ui.test_form_screen import FilmCamera

MARK = "Penanda Rahasia"
SCENES = {name: draw for name, draw in scenes(rest) if name[:2] in ("31", "32", "33", "34", "35")}


def _pin(driver: Driver, pin: str) -> None:
    for digit in pin:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))


def _open(driver: Driver, **more: Any) -> SamplePhone:
    """A phone with a sealed draft, behind the second unlock."""
    driver.open(**more)
    driver.phone.visits.unit_problem = ""
    sealed_draft(driver.phone.visits, "ds").answers["ktk"]["aman_dihubungi"] = MARK
    driver.shell.go("form", draft="ds")
    driver.settle()
    return driver.phone


def _enter(driver: Driver, **more: Any) -> SamplePhone:
    phone = _open(driver, **more)
    _pin(driver, PIN)
    assert driver.shell.name == "form"
    return phone


def _is_row(widget: Any, name: str) -> bool:
    return isinstance(widget, TaskRow) and any(piece.text == name for piece in widget.pieces)


def _traces(driver: Driver) -> list[str]:
    """Where the mark, or anything that was drawn before, is still kept."""
    found = [] if driver.app.theme.words.cache_info().currsize < 60 else ["drawn words"]
    kept = [repr(key) for name in TEXT_CACHES for key in Cache._objects.get(name, {})]
    return found + [key for key in kept if MARK in key]


def test_a_sealed_draft_is_shown_only_after_the_pin_was_given_again(driver: Driver) -> None:
    phone = _open(driver)
    assert driver.shell.name == "second" and not driver.sees(MARK) and not driver.sees("KTK")
    _pin(driver, "111111")
    assert driver.shell.name == "second" and driver.sees("PIN salah. Sisa 9 kali coba.")
    _pin(driver, PIN)
    assert driver.shell.name == "form" and driver.sees("Keamanan dulu")
    driver.shell.back_to("home")
    driver.shell.go("form", draft="ds")
    driver.settle()
    assert driver.shell.name == "form", "the minute is not over"
    phone.sealed.open_s = 0
    driver.shell.back_to("home")
    driver.shell.go("review", draft="ds")
    assert driver.shell.name == "second"


@pytest.mark.parametrize("name", SCENES)
def test_keluar_cepat_is_on_every_screen_and_leads_to_a_neutral_one(driver: Driver, name: str) -> None:
    driver.open()
    SCENES[name](driver.phone, driver.app)
    driver.settle()
    strip = next(w for w in driver.walk() if isinstance(w, QuickExit))
    assert strip.top == driver.screen.top == driver.shell.height
    driver.press("Keluar cepat")
    assert driver.shell.name == "search" and driver.phone.sealed.left_s() == 0
    assert not any("KS-2026" in text or "KTK" in text for text in driver.texts())
    driver.shell.back()
    assert driver.shell.name == "home"
    assert driver.shell.back() is False, "nothing lies behind"


def test_what_was_typed_is_kept_before_it_closes_and_nothing_of_it_stays(driver: Driver) -> None:
    phone = _enter(driver)
    card = next(c for c in driver.screen._shown_cards() if c.field.name == "aman_dihubungi")
    entry = card.editor.entry
    driver.tap(entry)
    entry.text = MARK + " lagi"
    driver.settle()
    gone = weakref.ref(driver.screen)
    del card, entry
    phone.sealed.open_s = 0
    order: list[str] = []
    save, lock = phone.visits.save, phone.sealed.lock
    phone.visits.save = lambda *given: (order.append("save"), save(*given))[1]  # type: ignore[method-assign]
    phone.sealed.lock = lambda: (order.append("lock"), lock())[1]  # type: ignore[method-assign,func-returns-value]
    driver.shell.guard.look()
    driver.settle()
    assert driver.shell.name == "second" and driver.sees("Bagian tertutup terkunci lagi.")
    assert ("ktk", "aman_dihubungi", MARK + " lagi") in phone.visits.saves
    assert order == ["save", "lock"]
    driver.wait_for(lambda: not _traces(driver))
    # Kivy hands a touch on a moment later, and holds the page until then
    driver.wait_for(lambda: gc.collect() >= 0 and gone() is None)
    _pin(driver, PIN)
    assert driver.shell.name == "form", "and it goes on where it was"


def test_a_touch_or_a_key_keeps_it_open_and_the_last_seconds_are_shown(driver: Driver) -> None:
    phone = _enter(driver)
    phone.sealed.open_s = 12
    driver.shell.guard.look()
    driver.settle()
    assert driver.sees("12 detik lagi")
    driver.touch(180, 300)
    assert phone.sealed.left_s() == 60
    phone.sealed.open_s = 9
    from kivy.core.window import Window

    Window.dispatch("on_textinput", "a")
    assert phone.sealed.left_s() == 60
    driver.shell.guard.look()
    driver.settle()
    assert not driver.sees("detik lagi")


def test_a_pin_given_at_once_is_not_closed_again_by_the_minute_that_was_over(driver: Driver) -> None:
    phone = _enter(driver)
    driver.shell.only("home")
    phone.sealed.open_s = 0
    driver.shell.go("form", draft="ds")
    for key in PIN:
        driver.screen.ids.pad.press(key)
    driver.shell.guard.look()  # the second that comes while the key is derived
    driver.settle()
    assert driver.shell.name == "form" and phone.sealed.left_s() == 60


def test_it_closes_also_when_something_else_is_in_front(driver: Driver) -> None:
    phone = _enter(driver)
    driver.shell.only("home")
    driver.settle()
    phone.sealed.open_s = 0
    driver.shell.guard.look()
    driver.settle()
    assert driver.shell.name == "home" and _traces(driver) == []


def test_locking_the_phone_lets_go_of_what_was_drawn_too(driver: Driver) -> None:
    phone = _enter(driver)
    phone.lock()
    driver.shell.only("unlock")
    driver.shell.guard.look()
    driver.wait_for(lambda: not _traces(driver))


def test_no_place_is_asked_for_or_shown_with_a_photo_of_a_sealed_case(driver: Driver) -> None:
    class Location:
        asked = 0

        def fix(self) -> Place:
            self.asked += 1
            return Place(lat=-7.4, lng=111.0, accuracy_m=5, at_ms=1)

    location = Location()
    phone = _enter(driver, camera=FilmCamera(), location=location)
    driver.shell.go("camera", draft="ds", form="ktk", field="surat_pernyataan")
    driver.settle()
    driver.press("Jepret")
    assert location.asked == 0 and not driver.sees("Lokasi foto")
    assert [photo.place for photo in phone.visits.drafts["ds"].photos] == [None]


def test_a_statement_takes_a_signature_only_after_it_was_read_out(driver: Driver) -> None:
    phone = _enter(driver)
    driver.turn_to("tanda_tangan_pernyataan")
    assert not any(isinstance(widget, Pad) for widget in driver.walk())
    driver.press("Bacakan dan tanda tangani")
    assert driver.shell.name == "statement" and driver.sees("Nama saya Warga Uji")
    pad = next(widget for widget in driver.walk() if isinstance(widget, Pad))
    driver._bring(pad)
    x, y = pad.to_window(*pad.center)
    driver.touch(x - 40, y, (x, y + 20), (x + 40, y))
    assert pad.strokes == [], "not before it was read"
    driver.press("Sudah dibacakan sampai habis, dan isinya benar")
    driver._bring(pad)
    x, y = pad.to_window(*pad.center)
    driver.touch(x - 40, y, (x, y + 20), (x + 40, y))
    driver.press("Hapus")
    assert pad.strokes == [] and driver.screen.keep.disabled, "a stroke that went wrong is drawn anew"
    driver.touch(x - 40, y, (x, y + 20), (x + 40, y))
    driver.press("Simpan")
    assert driver.shell.name == "form"
    assert phone.visits.drafts["ds"].answers["ktk"]["tanda_tangan_pernyataan"] in phone.visits.blobs


def test_a_returned_case_and_a_task_lead_through_what_the_office_sealed(driver: Driver) -> None:
    driver.open()
    phone = driver.phone
    phone.visits.unit_problem = ""
    phone.visits.home = lambda *_: Home(sync=SyncStatus(), **sealed_cards())  # type: ignore[method-assign]
    driver.shell.only("home")
    driver.settle()
    driver.tap(next(w for w in driver.walk() if _is_row(w, "KS-2026-DFKPRL")))
    _pin(driver, PIN)
    assert driver.sees("Jam berapa yang aman?") and driver.sees("Bagaimana dan kapan aman dihubungi?")
    driver.press("Mulai perbaikan")
    assert driver.shell.name == "form"
    driver.shell.only("home")
    driver.settle()
    driver.tap(next(w for w in driver.walk() if _is_row(w, KODE)))
    assert driver.sees("Temui di balai desa, Selasa pagi. Jangan datang ke rumah.")
    assert driver.sees("Verifikasi KTK")
    driver.press("Mulai kunjungan")
    assert driver.shell.name == "form"


def test_a_secret_form_asks_for_which_case_and_begins_a_new_one(driver: Driver) -> None:
    driver.open()
    driver.phone.visits.unit_problem = ""
    driver.press("Kunjungan baru")
    next(item for _kind, item in driver.screen.ids.list._items if item["name"] == "Verifikasi KTK")["open"]()
    driver.settle()
    _pin(driver, PIN)
    assert driver.sees(KODE)
    driver.press("Kasus baru")
    assert driver.shell.name == "form" and driver.sees("Keamanan dulu")


def test_the_units_words_are_believed_only_after_they_were_compared(driver: Driver) -> None:
    driver.open()
    driver.shell.go("settings")
    driver.press("Kunci unit")
    words = unit_words(bytes(32))
    assert all(driver.sees(f"{number}. {word}") for number, word in enumerate(words, 1))
    driver.press("Ada yang berbeda")
    assert driver.sees("Jangan lanjutkan. Telepon kantor") and driver.phone.sealed.pinned == ()
    driver.shell.back()
    driver.press("Sama persis")
    assert driver.phone.sealed.pinned == words and driver.sees("Sudah dicocokkan.")


def test_a_new_case_by_touch_on_the_real_phone(driver: Driver, tmp_path: Path, time: SetTime) -> None:
    phone = make_phone(tmp_path / "hp", time, Office().at)  # type: ignore[arg-type,return-value]
    join(phone, msgspec.structs.replace(WELCOME, unit_identity=b""))
    phone.owner.roles[:] = ["verifikator"]
    keys = SealedField(tmp_path / "kunci", time) if (tmp_path / "kunci").mkdir() is None else None
    assert keys is not None
    fields = {"identity": keys.identity_bytes, "keys": [encode(unit_key(keys.identity, keys.unit_private))]}
    part = Part("ref")
    store: Any = phone.visits._bench.store
    page = Answered(
        rows=[Row(part=part, id=UNIT_KEYS, seq=1, kind="referensi", body=encode(fields))],
        cursor=Cursor(seq=1), parts=[part], acknowledged=store.acknowledged(),
        office_head=NO_LINK, server_ms=time.now_ms(),
    )  # fmt: skip
    store.store_page(page)
    driver.open(phone, now_ms=time.now_ms, camera=FilmCamera())
    driver.shell.go("unit_key")
    driver.settle()
    driver.press("Sama persis")
    driver.shell.go("cases", form="ktk", title="Verifikasi KTK")
    _pin(driver, PHONE_PIN)
    driver.press("Kasus baru")
    card = next(w for w in driver.walk() if isinstance(w, FieldCard) and w.field.name == "aman_dihubungi")
    driver.type(card.editor.entry, MARK)
    driver.shell.go("review", draft=driver.screen.view.id)
    driver.settle()
    driver.press("Selesaikan")
    assert driver.shell.name == "done" and driver.sees("Nomor KS-2026-")
    assert not list((tmp_path / "hp").glob("draf-*"))
    phone.lock()
