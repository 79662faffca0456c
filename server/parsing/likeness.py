"""A photo's likeness: what its picture has in common with copies of it. Rule: no picture comes back from it.

A likeness is the signs of the 255 lowest frequencies of the grey picture (a discrete cosine transform,
"pHash"), 32 bytes. What people do to a copy (another quality or size, brighter, darker, a screen or a print
photographed) leaves most of them; a border that is cut off or added does not, and so a picture has several:
of all of it, and of its middle. server/likeness.py says when two are alike. Runs in the child only.
"""

from functools import cache
from math import cos, pi
from operator import mul

from PIL import Image

SIDE = 32
"""Pixels of the grey picture, each way."""
FREQUENCIES = 16
"""Of each way, from the lowest."""
BYTES = FREQUENCIES * FREQUENCIES // 8
MIDDLES = (1.0, 0.95, 0.9, 0.85)
"""Of which part of width and height a likeness is made."""
FAINT = 20.0
"""A picture of which half the frequencies are weaker says nothing: bare walls and the dark have 5 to 9,
photos 70 to 1,000, and the same in a third of the light 20 to 300.
"""


def likenesses(picture: Image.Image) -> tuple[bytes, ...]:
    """Return the likenesses of a picture's middles; none of one in which there is nothing to see."""
    grey = picture.convert("L")
    whole = _frequencies(grey, 1.0)
    if sorted(map(abs, whole))[len(whole) // 2] < FAINT:
        return ()
    return (_signs(whole), *(_signs(_frequencies(grey, part)) for part in MIDDLES[1:]))


def _frequencies(grey: Image.Image, part: float) -> list[float]:
    """Return the low frequencies of a picture's middle, row by row; the mean, which is the first, as 0."""
    edge_x, edge_y = grey.width * (1 - part) / 2, grey.height * (1 - part) / 2
    box = (edge_x, edge_y, grey.width - edge_x, grey.height - edge_y)
    small = grey.resize((SIDE, SIDE), Image.Resampling.BOX, box=box)  # pyright: ignore[reportUnknownMemberType]
    pixels = small.tobytes()
    waves = _waves()
    rows = [pixels[at : at + SIDE] for at in range(0, SIDE * SIDE, SIDE)]
    across = [[sum(map(mul, wave, row)) for row in rows] for wave in waves]
    found = [sum(map(mul, wave, column)) for wave in waves for column in across]
    return [0.0, *found[1:]]


def _signs(frequencies: list[float]) -> bytes:
    bits = 0
    for each in frequencies:
        bits = bits << 1 | (each > 0)
    return bits.to_bytes(BYTES)


@cache
def _waves() -> list[list[float]]:
    return [
        [cos(pi * (2 * at + 1) * frequency / (2 * SIDE)) for at in range(SIDE)]
        for frequency in range(FREQUENCIES)
    ]
