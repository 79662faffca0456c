"""The worker's guide shows the app as it is."""

import time
from pathlib import Path

from field_app.ui.guide import named
from field_app.ui.pictures import FADED_S, scenes, settle
from field_app.ui.widgets.containers import Sheet
from tests.field_app.ui.driver import Driver

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "panduan" / "lapangan.md"
MOST_BYTES = 1_500_000


def test_every_picture_of_the_guide_is_drawn_by_the_app_and_there() -> None:
    wanted = named(GUIDE.read_text("utf-8"))
    known = {name for name, _ in scenes()}
    assert wanted and set(wanted) <= known
    there = {path.stem for path in (GUIDE.parent / "gambar").iterdir()}
    assert there == set(wanted)


def test_the_guide_can_be_loaded_on_a_bad_line() -> None:
    pictures = (GUIDE.parent / "gambar").iterdir()
    assert GUIDE.stat().st_size + sum(path.stat().st_size for path in pictures) < MOST_BYTES


def test_words_in_bold_are_words_on_the_screens() -> None:
    """A guide that names a button which is called otherwise helps nobody."""
    texts = "\n".join(
        path.read_text("utf-8") for path in (GUIDE.parents[2] / "schemas" / "text" / "id").glob("*.toml")
    )
    buttons = (
        "Petunjuk arah", "Semua desa", "Tidak ada di daftar", "Lanjut", "Masih sama", "Tambah baris",
        "Selesaikan", "Serahkan tanpa internet", "Lupa PIN?", "Ruang di HP", "Perlu diperbaiki",
    )  # fmt: skip
    guide = " ".join(GUIDE.read_text("utf-8").split())
    assert [word for word in buttons if word not in guide or f'"{word}"' not in texts] == []


def test_what_a_slow_answer_brings_is_in_sight_before_a_picture_is_taken(driver: Driver) -> None:
    driver.open()
    sheet = Sheet("Kabar")

    def slow(_none: None) -> None:
        time.sleep(2 * FADED_S)
        driver.shell.present(sheet)

    driver.app.background.run(lambda: None, slow)
    settle(driver.app, 0)
    assert sheet.opacity == 1
