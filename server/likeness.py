"""Whether two photos show one picture, by their likenesses. Rule: pure; the numbers here were measured.

Of each photo the likenesses of the whole picture and of a smaller middle are kept, and a new photo asks with
three of its own: so a copy is found of which up to 8 % was cut off at each side, or to which a border was
added. To find some among hundreds of thousands, the 96 signs of the lowest frequencies are laid in four bands
of 24: likenesses that differ in at most eleven of these agree in one band but for two signs.
"""

from collections.abc import Iterable

from server.parsing.likeness import BYTES, FREQUENCIES

KEPT, ASKED = (0, 3), (0, 1, 2)
"""Which of a picture's likenesses are kept, and with which a new photo asks."""
MOST_APART = 40
"""In so many of 256 signs two likenesses of one picture differ at most. Copies in another quality, size or
light differ in up to 30, cut ones in up to 33, a screen that was photographed in 30 to 60; photos of
different things in 98 and more, drawn houses of one plan in 41 and more, one thing seen from a hand's breadth
beside in 69. A photo is compared with all of a regency, so hardly any stranger may come so near.
"""
BANDS, WIDTH = 4, 24
_LOWEST = sorted(
    ((down, across) for down in range(FREQUENCIES) for across in range(FREQUENCIES)),
    key=lambda at: (sum(at), at),
)[1 : BANDS * WIDTH + 1]
_PLACES = tuple(
    tuple(
        FREQUENCIES * FREQUENCIES - 1 - (down * FREQUENCIES + across) for down, across in _LOWEST[band::BANDS]
    )
    for band in range(BANDS)
)
"""Which bits of a likeness make each band, in turn: so that none is only of what most pictures share."""
_FLIPS = tuple(1 << one | 1 << two for one in range(WIDTH) for two in range(one, WIDTH))
"""One or two signs of a band."""


def kept(likenesses: tuple[bytes, ...]) -> bytes:
    """Return what is kept of a picture's likenesses."""
    return b"".join(likenesses[each] for each in KEPT)


def bands(signs: bytes) -> set[int]:
    """Return the bands of what is kept of a picture, each with its number in front."""
    return {each for one in _split(signs) for each in _bands(one)}


def near(likenesses: tuple[bytes, ...]) -> set[int]:
    """Return the bands that a copy of a picture may have: its own, and those with one or two other signs."""
    own = {each for number in ASKED for each in _bands(int.from_bytes(likenesses[number]))}
    return own | {band ^ flip for band in own for flip in _FLIPS}


def apart(likenesses: tuple[bytes, ...], signs: bytes) -> int:
    """Return in how many signs a picture differs from what is kept of another, seen as they fit best."""
    asked = [int.from_bytes(likenesses[number]) for number in ASKED]
    return min((one ^ other).bit_count() for other in _split(signs) for one in asked)


def _split(signs: bytes) -> Iterable[int]:
    return (int.from_bytes(signs[at : at + BYTES]) for at in range(0, len(signs), BYTES))


def _bands(likeness: int) -> Iterable[int]:
    for number, places in enumerate(_PLACES):
        band = number
        for place in places:
            band = band << 1 | (likeness >> place & 1)
        yield band
