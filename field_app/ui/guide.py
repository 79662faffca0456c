"""Draws the pictures of the worker's guide, docs/panduan/lapangan.md, from the real screens.

Rule: the guide names its pictures, and exactly those are drawn: `python -m field_app.ui.guide`. They are few
colours and one size, for a phone's data plan.
"""

import re
from pathlib import Path

from field_app.ui.environment import prepare
from schemas.folders import listed

GUIDE = Path("docs/panduan/lapangan.md")
NAMED = re.compile(r"\(gambar/([a-z0-9_]+)\.png\)")
SIZE, DENSITY, COLOURS = (360, 640), 1.5, 160


def named(guide: str) -> list[str]:
    """Return the pictures that a guide shows, in its order, each once."""
    return list(dict.fromkeys(NAMED.findall(guide)))


def main() -> None:
    """Draw what the guide names, and take away what it names no more."""
    prepare(SIZE, DENSITY, offscreen=True)
    from field_app.ui.pictures import draw_scene, scenes

    folder = GUIDE.parent / "gambar"
    folder.mkdir(exist_ok=True)
    wanted = named(GUIDE.read_text("utf-8"))
    drawn = {name: draw for name, draw in scenes() if name in wanted}
    for old in listed(folder, "*.png"):
        if old.stem not in drawn:
            old.unlink()
    for name, draw in drawn.items():
        draw_scene(draw, 1.0, False).quantize(COLOURS).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
