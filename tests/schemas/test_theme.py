"""The tokens: both looks are whole, every pair that is read has its contrast, every font and icon exists."""

import struct
from collections.abc import Iterator

import pytest

from schemas.theme import Theme, contrast, load_theme, rgba

THEME = load_theme()


def test_light_and_dark_name_the_same_tokens() -> None:
    assert THEME.light.keys() == THEME.dark.keys()
    assert all(len(rgba(colour)) == 4 for colour in [*THEME.light.values(), *THEME.dark.values()])


def _pairs(theme: Theme) -> Iterator[tuple[str, str, str, float]]:
    for look in ("light", "dark"):
        for rule in theme.contrast:
            for ink in rule.inks:
                for ground in rule.grounds:
                    yield look, ink, ground, rule.least


@pytest.mark.parametrize(("look", "ink", "ground", "least"), list(_pairs(THEME)))
def test_what_is_read_stands_out_from_its_ground(look: str, ink: str, ground: str, least: float) -> None:
    colours = {"light": THEME.light, "dark": THEME.dark}[look]
    assert contrast(colours[ink], colours[ground]) >= least


def test_contrast_agrees_with_known_values() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == pytest.approx(1)


def test_every_ink_of_a_status_has_its_tone_and_icon() -> None:
    for look in THEME.status.values():
        assert look.icon in THEME.icons
        assert {look.tone, f"{look.tone}_soft", f"{look.tone}_ink"} <= THEME.light.keys()


def test_every_font_is_shipped() -> None:
    for name in THEME.font:
        assert THEME.font_path(name).read_bytes()[:4] == b"\x00\x01\x00\x00", name


def test_every_icon_has_a_glyph_in_the_subset() -> None:
    codes = _code_points(THEME.font_path("icon").read_bytes())
    missing = [name for name, glyph in THEME.icons.items() if glyph.code not in codes]
    assert missing == []


def _code_points(font: bytes) -> set[int]:
    """Code points of a TrueType font's cmap, format 4 (OpenType spec, cmap)."""
    tables = struct.unpack(">H", font[4:6])[0]
    directory = {
        font[at : at + 4]: struct.unpack(">II", font[at + 8 : at + 16])
        for at in range(12, 12 + 16 * tables, 16)
    }
    start, _length = directory[b"cmap"]
    for index in range(struct.unpack(">H", font[start + 2 : start + 4])[0]):
        offset = struct.unpack(">I", font[start + 8 + 8 * index : start + 12 + 8 * index])[0]
        at = start + offset
        if struct.unpack(">H", font[at : at + 2])[0] != 4:
            continue
        count = struct.unpack(">H", font[at + 6 : at + 8])[0] // 2
        ends = struct.unpack(f">{count}H", font[at + 14 : at + 14 + 2 * count])
        begins = struct.unpack(f">{count}H", font[at + 16 + 2 * count : at + 16 + 4 * count])
        return {code for first, last in zip(begins, ends, strict=True) for code in range(first, last + 1)}
    raise AssertionError("no cmap of format 4")
