"""What a picture of a paper lacks, on pictures made here: a card whole, cut, far, or under a lamp."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter

from field_app.drawing import drawn_photo
from field_app.paper import CARD, LYING, Paper, look_at, shape_of
from field_app.views import PhotoView
from schemas.form import load_forms
from schemas.papers import is_paper
from tests.field_app.conftest import SetTime
from tests.field_app.field import Field
from tests.field_app.sealed_field import SealedField

FINE = Paper()
SIZE = (1200, 900)
TABLES = {"wood": (96, 66, 40), "cloth": (150, 140, 160), "tile": (70, 84, 92)}


def table(ground: tuple[int, int, int], seed: int = 1) -> Image.Image:
    """A plain table with the grain and the noise of a camera."""
    noise = Image.effect_noise(SIZE, 18).filter(ImageFilter.GaussianBlur(1.5))
    grain = Image.merge("RGB", [noise.point(lambda value: value - 128 + 24)] * 3)
    return Image.blend(Image.new("RGB", SIZE, ground), grain, 0.12)


def card(size: tuple[int, int], paper: tuple[int, int, int] = (168, 200, 222)) -> Image.Image:
    """A card with a portrait and lines of writing."""
    drawn = Image.new("RGBA", size, paper)
    draw = ImageDraw.Draw(drawn)
    wide, high = size
    draw.rectangle((wide * 0.72, high * 0.25, wide * 0.93, high * 0.75), fill=(150, 60, 60))
    chance = random.Random(4)
    for line in range(9):
        y = high * (0.14 + line * 0.08)
        x = wide * 0.06
        while x < wide * 0.62:
            word = wide * chance.uniform(0.03, 0.09)
            draw.rectangle((x, y, x + word, y + high * 0.028), fill=(40, 44, 60))
            x += word + wide * 0.02
    return drawn


def photographed(
    share: float = 0.62,
    shift: tuple[float, float] = (0, 0),
    lean: float = 0.0,
    ground: tuple[int, int, int] = TABLES["wood"],
    paper: tuple[int, int, int] = (168, 200, 222),
    ratio: float = CARD,
) -> Image.Image:
    """A card so wide, so far from the middle (both as parts of the picture), leaning by some degrees."""
    wide = round(SIZE[0] * share)
    turned = card((wide, round(wide / ratio)), paper).rotate(lean, Image.Resampling.BICUBIC, expand=True)
    picture = table(ground)
    place = (
        round((SIZE[0] - turned.width) / 2 + shift[0] * SIZE[0]),
        round((SIZE[1] - turned.height) / 2 + shift[1] * SIZE[1]),
    )
    picture.paste(turned, place, turned)
    return picture


def under_a_lamp(
    picture: Image.Image, at: tuple[float, float] = (0.5, 0.5), wide: float = 0.07
) -> Image.Image:
    """The same with the reflection of a lamp."""
    glow = Image.new("L", picture.size, 0)
    x, y, radius = at[0] * picture.width, at[1] * picture.height, wide * picture.width
    ImageDraw.Draw(glow).ellipse((x - radius, y - radius * 0.7, x + radius, y + radius * 0.7), fill=255)
    glow = glow.filter(ImageFilter.GaussianBlur(radius / 4))
    return Image.composite(Image.new("RGB", picture.size, "white"), picture, glow)


@pytest.mark.parametrize("ground", TABLES)
@pytest.mark.parametrize("lean", [-4, -1.5, 0, 2, 4])
def test_a_card_that_lies_whole_on_a_table_is_fine(ground: str, lean: float) -> None:
    assert look_at(photographed(ground=TABLES[ground], lean=lean)) == FINE


@pytest.mark.parametrize(("x", "y"), [(0.3, 0), (-0.3, 0), (0, 0.35), (0, -0.35), (0.28, 0.33)])
def test_a_card_of_which_a_side_is_outside_the_picture_is_cut(x: float, y: float) -> None:
    assert look_at(photographed(shift=(x, y))) == Paper(cut=True)


@pytest.mark.parametrize("share", [0.2, 0.3, 0.4])
def test_a_card_that_is_small_in_the_picture_is_too_far(share: float) -> None:
    assert look_at(photographed(share)) == Paper(far=True)


@pytest.mark.parametrize("at", [(0.5, 0.5), (0.3, 0.4), (0.65, 0.62)])
@pytest.mark.parametrize("wide", [0.05, 0.08, 0.12])
def test_the_reflection_of_a_lamp_on_a_card_is_a_glare(at: tuple[float, float], wide: float) -> None:
    assert look_at(under_a_lamp(photographed(), at, wide)) == Paper(glare=True)


def test_a_lamp_beside_the_card_covers_nothing_of_it() -> None:
    assert not look_at(under_a_lamp(photographed(0.55), (0.94, 0.08), 0.04)).glare


def test_a_white_paper_in_good_light_has_no_glare() -> None:
    assert look_at(photographed(paper=(252, 252, 250), ratio=LYING)) == FINE


def test_a_glare_is_seen_also_where_the_sides_are_not() -> None:
    filling = card(SIZE).convert("RGB")
    assert look_at(filling) == FINE
    assert look_at(under_a_lamp(filling)) == Paper(glare=True)


def test_of_a_card_on_a_woven_mat_nothing_is_claimed() -> None:
    picture = photographed()
    mat = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(mat)
    for y in range(0, SIZE[1], 36):
        for x in range(0, SIZE[0], 36):
            draw.rectangle((x, y, x + 36, y + 36), fill=(190, 160, 90) if (x + y) // 36 % 2 else (70, 46, 30))
    mat.paste(picture.crop((228, 216, 972, 684)), (228, 216))
    assert look_at(mat) == FINE


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_of_no_paper_at_all_breaks_nothing(seed: int) -> None:
    with Image.open(io.BytesIO(drawn_photo(random.Random(seed), (640, 480)))) as picture:
        assert isinstance(look_at(picture), Paper)
    for size in ((1, 1), (4, 300), (300, 4)):
        assert look_at(Image.new("RGB", size, "white")) == FINE


def test_scans_and_photos_of_papers_are_looked_at_and_homes_are_not() -> None:
    forms = load_forms()
    kis, bpnt = forms.get("kis").fields, forms.get("bpnt_kpm").fields
    assert is_paper(kis["fc_ktp"]) and is_paper(kis["foto_kk"]) and is_paper(bpnt["foto_kk"])
    assert not is_paper(bpnt["foto_rumah_depan"]) and not is_paper(bpnt["nik"])
    assert shape_of(kis["fc_ktp"]) == CARD and shape_of(kis["fc_kk"]) == LYING


def test_a_picture_of_a_paper_is_kept_with_its_advice_and_one_of_a_home_without(
    tmp_path: Path, time: SetTime
) -> None:
    field = Field(tmp_path, time)
    draft = field.start().id
    out = io.BytesIO()
    under_a_lamp(photographed(shift=(0.3, 0)), (0.75, 0.5)).save(out, "JPEG", quality=90)
    for name in ("foto_kk", "foto_rumah_depan"):
        assert isinstance(field.visits.add_photo(draft, "bpnt_kpm", name, out.getvalue(), None), PhotoView)
    field.die()
    shown = {photo.field: photo.warnings for photo in field.visits.draft(draft).photos}
    advice = ("lapangan.kertas_memantul", "lapangan.kertas_terpotong")
    assert shown == {"foto_kk": advice, "foto_rumah_depan": ()}
    field.vault.close()


def test_a_sealed_picture_of_a_paper_is_kept_with_its_advice(tmp_path: Path, time: SetTime) -> None:
    field = SealedField(tmp_path, time)
    field.ready()
    draft = field.begin().id
    out = io.BytesIO()
    photographed(0.3).save(out, "JPEG", quality=90)
    assert isinstance(field.visits.add_photo(draft, "ktk", "fc_ktp", out.getvalue(), None), PhotoView)
    assert field.visits.draft(draft).photos[0].warnings == ("lapangan.kertas_jauh",)
    field.vault.close()
