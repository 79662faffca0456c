"""The screens on the real phone: vault, use cases and worker, from joining to a sealed visit, by touch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_app.phone import Phone
from field_app.ui.widgets.pin import Key
from field_app.ui.widgets.rows import TaskRow
from schemas.base import encode
from schemas.ids import NO_LINK, Part, RecordId
from schemas.wire import Cursor, Row
from sync.store import Answered
from tests.field_app.conftest import SetTime, make_phone
from tests.field_app.test_phone import CODE, PIN, WELCOME, WRONG, Office
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_form_screen import FilmCamera, answer

PERSON, WARGA, TUGAS = "a" * 32, RecordId("1" * 32), RecordId("2" * 32)
FIELDS = {
    "nama": "Warga Uji", "nik": "3314994107680002", "no_kk": "3314990101150003", "kode_desa": "33.14.01.2001",
    "layanan": ["bpnt"], "alamat": "Dukuh Uji", "rt": "001", "rw": "002", "penyalur": "bni",
}  # fmt: skip
TASK = {
    "petugas": PERSON, "sasaran": WARGA, "sasaran_kind": "warga", "form": "bpnt_kpm", "state": "baru",
    "jatuh_tempo": "2026-11-21", "alasan": "Daftar November", "kode_desa": "33.14.01.2001",
}  # fmt: skip


@pytest.fixture
def phone(tmp_path: Path, time: SetTime) -> Iterator[Phone]:
    office = Office()
    made = make_phone(tmp_path / "hp", time, office.at)  # type: ignore[arg-type,return-value]
    yield made
    made.lock()


def _pin(driver: Driver, pin: str) -> None:
    for digit in pin:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))


def receive(phone: Phone, time: SetTime) -> None:
    """One page of rows, as the office would have sent it."""
    store: Any = phone.visits._bench.store
    mine = Part(f"mine/{PERSON}")
    rows = [
        Row(part=mine, id=name, seq=seq, kind=kind, body=encode(fields))
        for seq, (name, kind, fields) in enumerate(((WARGA, "warga", FIELDS), (TUGAS, "tugas", TASK)), 1)
    ]
    page = Answered(
        rows=rows, cursor=Cursor(seq=2), parts=[mine], acknowledged=store.acknowledged(),
        office_head=NO_LINK, server_ms=time.now_ms(),
    )  # fmt: skip
    store.store_page(page)


def test_a_field_day_by_touch_on_the_real_phone(driver: Driver, phone: Phone, time: SetTime) -> None:
    driver.open(phone, now_ms=time.now_ms, camera=FilmCamera())
    driver.type(driver.screen.address, "http://kantor.test")
    driver.type(driver.screen.code, CODE)
    driver.press("Lanjut")
    waiting = phone.waiting()
    assert waiting is not None and all(driver.sees(word) for word in waiting.words)
    phone._connect.__self__.lets_in = WELCOME  # type: ignore[attr-defined]
    driver.wait_for(lambda: driver.sees("Buat PIN"))
    _pin(driver, PIN)
    _pin(driver, PIN)
    assert driver.sees("Dinas Uji")
    driver.press("Mulai bekerja")
    assert driver.sees("Belum ada tugas")

    receive(phone, time)
    driver.screen.heard()
    driver.settle()
    assert driver.sees("Hari ini") and driver.sees("Warga Uji")
    driver.tap(next(w for w in driver.walk() if isinstance(w, TaskRow)))
    assert driver.sees("Daftar November") and driver.sees("3314 9941 0768 0002")
    driver.press("Mulai kunjungan")
    assert driver.shell.name == "form"
    while driver.shell.name == "form":
        for name in driver.screen.step.fields:
            card = next((c for c in driver.screen._shown_cards() if c.field.name == name), None)
            if card:
                answer(driver, card)
        driver.tap(driver.screen.ids.next)
    assert driver.shell.name == "review"
    draft = driver.screen._draft
    review = phone.visits.review(draft)
    assert [(one.field, one.say) for one in (*review.missing, *review.blocked)] == []
    driver.press("Selesaikan")
    assert driver.shell.name == "done" and driver.sees("P017-2026-0001")
    driver.press("Ke tugas saya")
    assert driver.sees("Menunggu kirim")
    assert "1 data, 2 foto" in " ".join(driver.texts())

    driver.press("Pengaturan")
    driver.press("Perbesar huruf")
    driver.press("Gelap")
    driver.press("Kunci sekarang")
    assert phone.state() == "terkunci"
    _pin(driver, WRONG)
    assert driver.sees("PIN salah. Sisa 9 kali coba.")
    _pin(driver, PIN)
    assert driver.shell.name == "home"
    assert driver.app.theme.dark and driver.app.theme.scale == pytest.approx(1.15)
