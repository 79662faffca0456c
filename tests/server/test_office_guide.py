"""The office's guide shows the pages as they are."""

import re
from pathlib import Path

from tests.server.office_guide import FOLDER, named, pictures

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "panduan" / "kantor.md"
MOST_BYTES = 1_000_000


def test_every_picture_of_the_guide_is_drawn_from_a_page_and_there() -> None:
    wanted = named(GUIDE.read_text("utf-8"))
    assert wanted and set(wanted) == pictures().keys()
    folder = GUIDE.parent / FOLDER
    assert {path.stem for path in folder.iterdir()} == set(wanted)
    assert sum(path.stat().st_size for path in folder.iterdir()) < MOST_BYTES


def test_what_the_guide_calls_a_page_or_button_is_called_so() -> None:
    texts = "\n".join(
        path.read_text("utf-8") for path in (GUIDE.parents[2] / "schemas" / "text" / "id").glob("*.toml")
    )
    guide = " ".join(GUIDE.read_text("utf-8").split())
    buttons = (
        "Setujui bersama", "Kumpulkan", "Serahkan kepada rekan", "Diserahkan", "Jejak audit", "Penugasan",
        "Ruang tertutup", "Cetak laporan", "Pelindungan data", "Laporkan hilang", "Pengguna", "Karantina",
        "Lembar harian",
    )  # fmt: skip
    said = re.findall(r'= "([^"]*)"', texts)
    assert [word for word in buttons if word not in guide or word not in said] == []
