"""What a picture of a paper (KTP, KK, KIS, a passport photo) lacks, measured from its pixels. Rule: pure, and
where the pixels do not tell, nothing is said: advice that is wrong teaches to pass over advice.

The sides of a paper are lines along which the picture steps, nearly all the way, in a frame that is calmer
than the paper. A glare is a solid patch without any colour left on a paper that has some.
"""

from typing import NamedTuple

from PIL import Image, ImageChops, ImageFilter

from field_app.draft import Paper
from schemas.form_types import Field

CARD, LYING, STANDING, PORTRAIT, BOOKLET = 85.6 / 54, 297 / 210, 210 / 297, 3 / 4, 125 / 88
SHAPES = {
    "fc_ktp": CARD, "fc_kis": CARD, "pas_foto": PORTRAIT, "paspor": BOOKLET, "visa": BOOKLET,
    "fc_kk": LYING, "foto_kk": LYING,
}  # fmt: skip
MEASURED = 192
"""Pixels of the longer side of what is looked at."""
STEP, STEP_WIDTH = 22, 3
"""How far grey must change, over how many pixels, to be a step."""
SWAY = 4
"""How many pixels to both sides a line may lean, and still be one."""
WHOLE = 0.7
"""The part of a side along which a step must be seen."""
FAR_BELOW = 0.25
"""The part of the picture that a paper should cover at least."""
BLOWN, PATCH = 246, 5
"""From which value a pixel holds nothing any more; how many of them, each way, are a patch."""
WHITE_PAPER = 240
"""A paper whose middle is as bright as this may be white without any glare."""


class _Sides(NamedTuple):
    box: tuple[int, int, int, int]
    seen: tuple[bool, bool, bool, bool]
    """Left, upper, right, lower."""


def shape_of(field: Field) -> float:
    """Return width by height of the frame that a paper should fill."""
    return SHAPES.get(field.name, STANDING)


def look_at(picture: Image.Image) -> Paper:
    """Measure a picture of a paper."""
    small = picture.convert("RGB")
    small.thumbnail((MEASURED, MEASURED), Image.Resampling.BILINEAR, reducing_gap=2.0)
    sides = _sides(small.convert("L").filter(ImageFilter.GaussianBlur(1)))
    count = sum(sides.seen) if sides else 0
    if sides is None or count < 2:
        wide, high = small.size
        middle = (wide // 10, high // 10, wide - wide // 10, high - high // 10)
        return Paper(glare=_has_glare(small.crop(middle)))
    left, upper, right, lower = sides.box
    covered = (right - left) * (lower - upper) / (small.width * small.height)
    return Paper(
        glare=_has_glare(small.crop(sides.box)),
        cut=_is_cut(sides, small.size),
        far=count == 4 and covered < FAR_BELOW,
    )


def _sides(grey: Image.Image) -> _Sides | None:
    """Find the box that holds all steps, and which of its sides are lines; None where nothing steps."""
    across, down = _steps(grey, across=True), _steps(grey, across=False)
    box = ImageChops.lighter(across, down).filter(ImageFilter.MedianFilter(3)).getbbox()
    if box is None or box[2] - box[0] < 2 * SWAY or box[3] - box[1] < 2 * SWAY:
        return None
    left, upper, right, lower = box
    inset_x, inset_y = (right - left) // 5, (lower - upper) // 5
    columns = _covered(across.crop((0, upper + inset_y, grey.width, lower - inset_y)), across=True)
    rows = _covered(down.crop((left + inset_x, 0, right - inset_x, grey.height)), across=False)
    return _Sides(
        box,
        (
            _is_line(columns, left, 1),
            _is_line(rows, upper, 1),
            _is_line(columns, right - 1, -1),
            _is_line(rows, lower - 1, -1),
        ),
    )


def _steps(grey: Image.Image, *, across: bool) -> Image.Image:
    """Return white where grey changes in this direction, wide enough for a line that leans."""
    by = (STEP_WIDTH, 0) if across else (0, STEP_WIDTH)
    change = ImageChops.difference(grey, ImageChops.offset(grey, *by))
    wide, high = (STEP_WIDTH, grey.height) if across else (grey.width, STEP_WIDTH)
    change.paste(0, (0, 0, wide, high))  # here one edge of the picture was compared with the other
    return Image.eval(change, lambda value: 255 if value >= STEP else 0)


def _covered(steps: Image.Image, *, across: bool) -> list[float]:
    """Return for each column (or row) along which part of it a step is near."""
    near = steps
    for sway in range(1, SWAY + 1):
        for way in (sway, -sway):
            near = ImageChops.lighter(near, ImageChops.offset(steps, *((way, 0) if across else (0, way))))
    mean = near.reduce((1, near.height) if across else (near.width, 1))
    return [value / 255 for value in mean.tobytes()]


def _is_line(covered: list[float], at: int, inward: int) -> bool:
    """Say whether a step runs along a side of the box, and not along the edge of the picture."""
    if min(at, len(covered) - 1 - at) <= STEP_WIDTH:
        return False
    there = [at + inward * by for by in range(-SWAY, 2 * SWAY)]
    return max(covered[place] for place in there if 0 <= place < len(covered)) >= WHOLE


def _is_cut(sides: _Sides, size: tuple[int, int]) -> bool:
    """Say whether a side that is not seen lies beyond the edge of the picture."""
    left, upper, right, lower = sides.box
    gaps = (left, upper, size[0] - right, size[1] - lower)
    return any(not seen and gap <= STEP_WIDTH for seen, gap in zip(sides.seen, gaps, strict=True))


def _has_glare(paper: Image.Image) -> bool:
    red, green, blue = paper.split()
    least = ImageChops.darker(ImageChops.darker(red, green), blue)
    histogram = least.histogram()
    below, middle, pixels = 0, 0, sum(histogram)
    while below * 2 < pixels:
        below += histogram[middle]
        middle += 1
    if middle >= WHITE_PAPER or min(paper.size) < PATCH:
        return False
    blown = Image.eval(least, lambda value: 255 if value >= BLOWN else 0)
    return blown.filter(ImageFilter.MinFilter(PATCH)).getbbox() is not None
