"""Handing over by touch: to a folder and back, on the real phone, its vault and a real office's keys."""

from pathlib import Path
from typing import Any

import pytest

from field_app.devices.desktop import MountedMedia
from field_app.phone import Phone
from field_app.ui.handover import RefusedSheet
from field_app.ui.widgets.head import counted
from field_app.ui.widgets.rows import PickRow
from field_app.views import Refused
from schemas.ids import DeviceId
from server.services.handover import Taken, Written
from tests.field_app.conftest import SetTime
from tests.field_app.test_handover_round import (
    phone,  # noqa: F401 - a phone that has joined it
    visit,
    waiting,
)
from tests.field_app.ui.driver import Driver
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture


class Stick:
    """One stick is plugged in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def places(self) -> list[Path]:
        return [self._folder]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "FLASHDISK"
    folder.mkdir()
    return folder


def pick(driver: Driver, name: str) -> None:
    rows = (widget for widget in driver.walk() if isinstance(widget, PickRow))
    driver.tap(next(row for row in rows if row.item.get("name") == name))


def test_a_visit_is_handed_over_and_answered_by_touch(
    driver: Driver,
    office: Running,  # noqa: F811
    phone: Phone,  # noqa: F811
    stick: Path,
    time: SetTime,
) -> None:
    visit(phone)
    driver.open(phone, now_ms=time.now_ms, media=Stick(stick))
    driver.shell.go("sync")
    driver.settle()
    driver.press("Serahkan tanpa internet")
    assert driver.sees("Folder: FLASHDISK")
    driver.press("Simpan di sini")
    driver.wait_for(lambda: driver.sees("Berkas siap diserahkan"))
    [path] = stick.iterdir()
    assert driver.sees(path.name) and driver.sees("tetap Menunggu kirim")
    waits = counted(*waiting(phone), phone.text)
    assert waits.startswith("1 data, ") and driver.texts().count(waits) == 1, "as the line above counts"
    driver.press("Mengerti")
    assert driver.sees("Ada di berkas serah-terima, tanggal 21-11-2026")
    assert driver.sees("Menunggu kirim")

    with path.open("rb") as file:
        assert isinstance(office.deps.handovers.take(file, office.deps.office.person), Taken)
    answer = stick / "jawaban.smb"
    with answer.open("wb") as out:
        made = office.deps.handovers.answer(DeviceId(phone.owner.device), None, out)
    assert isinstance(made, Written)
    (stick / "lain.smb").write_bytes(path.read_bytes())

    driver.press("Baca jawaban kantor")
    assert driver.sees("jawaban.smb") and not driver.sees(path.name), "what this phone wrote is no answer"
    pick(driver, "lain.smb")
    driver.wait_for(lambda: driver.sees("Belum berhasil"))
    assert driver.sees("Ini berkas dari HP untuk kantor")
    driver.press("Pilih berkas lain")
    pick(driver, "jawaban.smb")
    driver.wait_for(lambda: driver.sees("Jawaban kantor terbaca"))
    assert driver.sees(f"Kantor sudah menerima {waits} dari HP ini.")
    driver.press("Tutup")
    assert driver.sees("Diterima") and not driver.sees("Ada di berkas serah-terima")

    driver.press("Baca jawaban kantor")
    pick(driver, "jawaban.smb")
    driver.wait_for(lambda: driver.sees("isi jawaban ini sudah ada di HP"))
    assert not driver.sees("pembaruan")
    driver.press("Tutup")
    driver.press("Serahkan tanpa internet")
    driver.press("Simpan di sini")
    driver.wait_for(lambda: driver.sees("Berkas siap diserahkan"))
    assert driver.sees("Tidak ada data atau foto yang menunggu.") and not driver.sees("tetap Menunggu kirim")


def test_where_nothing_can_be_written_one_tap_leads_to_another_place(
    driver: Driver,
    phone: Phone,  # noqa: F811
    stick: Path,
    time: SetTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit(phone)
    driver.open(phone, now_ms=time.now_ms, media=Stick(stick))
    driver.shell.go("sync")
    driver.settle()

    def no_room(_handle: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr("os.fsync", no_room)
    driver.press("Serahkan tanpa internet")
    driver.press("Simpan di sini")
    driver.wait_for(lambda: driver.sees("Tempat itu penuh"))
    monkeypatch.undo()
    driver.press("Pilih tempat lain")
    driver.press("Simpan di sini")
    driver.wait_for(lambda: driver.sees("Berkas siap diserahkan"))


def test_what_no_other_file_would_help_is_only_told(driver: Driver, phone: Phone, time: SetTime) -> None:  # noqa: F811
    driver.open(phone, now_ms=time.now_ms)
    refused = Refused(say="lapangan.serah.sedang_kirim")
    driver.shell.present(RefusedSheet(phone.text, refused, "membaca", lambda: None))
    driver.settle()
    assert driver.find("Tutup") and not driver.sees("Pilih berkas lain")


def test_news_of_the_worker_that_come_while_the_phone_is_locked_disturb_nobody(
    driver: Driver,
    phone: Phone,  # noqa: F811
    time: SetTime,
) -> None:
    driver.open(phone, now_ms=time.now_ms)
    driver.shell.go("sync")
    listener: Any = phone.worker.listener
    listener(None)
    phone.lock()
    driver.wait_for(lambda: not driver.shell._news.is_triggered)
    assert driver.shell.name == "sync"


def test_media_of_a_desktop_are_the_folders_that_can_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "retno" / "FLASHDISK").mkdir(parents=True)
    (tmp_path / "retno" / "catatan.txt").write_text("bukan media")
    assert MountedMedia((tmp_path, tmp_path / "tidak-ada")).places() == [tmp_path / "retno" / "FLASHDISK"]
    assert MountedMedia((tmp_path / "tidak-ada",)).places() == []
