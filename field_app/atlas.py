"""The map as numbers: ground in metres, the part of it that is seen, and what stands too close to tell apart.

Rule: pure; no Kivy, no files. Ground is a plane that touches the earth at one point: x metres to its east,
y to its north. A screen's (0, 0) is its lower left corner, in pixels.
"""

import math
from collections.abc import Iterable, Sequence

from schemas.base import Data
from schemas.boundary import metres_per_degree

Point = tuple[float, float]
"""(x, y): metres on the ground, or pixels on the screen."""
CLOSEST, WIDEST = 0.5, 400.0
"""Metres that a dp may stand for: a yard, and more than a whole kabupaten."""
SMALLEST_M = 2_000.0
"""However near to each other things lie, so much ground is shown with them."""


class Ground:
    """Turns degrees (WGS 84) into metres and back, near one point: within a kabupaten, to a few metres."""

    def __init__(self, lat: float, lng: float) -> None:
        self._lat, self._lng = lat, lng
        self._east, self._north = metres_per_degree(lat)

    def metres(self, lat: float, lng: float) -> Point:
        """Return a place as metres."""
        return (lng - self._lng) * self._east, (lat - self._lat) * self._north


class Seen(Data, frozen=True, kw_only=True):
    """The part of the ground that a screen of `width` x `height` pixels shows round (x, y)."""

    x: float
    y: float
    metres_per_pixel: float
    width: float
    height: float

    def on_screen(self, x: float, y: float) -> Point:
        """Return where a point of the ground is drawn; beyond the edges too."""
        return (
            self.width / 2 + (x - self.x) / self.metres_per_pixel,
            self.height / 2 + (y - self.y) / self.metres_per_pixel,
        )

    def dragged(self, right: float, up: float) -> "Seen":
        """Return what is seen after a drag of so many pixels."""
        return self._with(self.x - right * self.metres_per_pixel, self.y - up * self.metres_per_pixel)

    def closer(self, factor: float, at: Point | None = None, pixels_per_dp: float = 1.0) -> "Seen":
        """Return what is seen `factor` times closer; what is drawn at `at` (the middle) stays there."""
        left, low = at or (self.width / 2, self.height / 2)
        wanted = self.metres_per_pixel / factor
        scale = min(WIDEST / pixels_per_dp, max(CLOSEST / pixels_per_dp, wanted))
        right, up = left - self.width / 2, low - self.height / 2
        grown = self.metres_per_pixel - scale
        return self._with(self.x + right * grown, self.y + up * grown, scale)

    def moved_to(self, x: float, y: float) -> "Seen":
        """Return what is seen with a point of the ground in the middle."""
        return self._with(x, y)

    def resized(self, width: float, height: float) -> "Seen":
        """Return what a screen of another size shows round the same middle."""
        return Seen(x=self.x, y=self.y, metres_per_pixel=self.metres_per_pixel, width=width, height=height)

    def shows(self, west: float, south: float, east: float, north: float) -> bool:
        """Say whether any of this box of ground can be seen."""
        left, low = self.on_screen(west, south)
        right, top = self.on_screen(east, north)
        return left <= self.width and right >= 0 and low <= self.height and top >= 0

    def _with(self, x: float, y: float, scale: float = 0.0) -> "Seen":
        return Seen(
            x=x, y=y, metres_per_pixel=scale or self.metres_per_pixel, width=self.width, height=self.height
        )


def fitted(points: Iterable[Point], width: float, height: float, edge: float) -> Seen:
    """Return a view that shows all points, `edge` pixels away from the rim. Raises ValueError without any."""
    all_x, all_y = zip(*points, strict=True)
    wide = max(max(all_x) - min(all_x), SMALLEST_M)
    high = max(max(all_y) - min(all_y), SMALLEST_M)
    scale = max(wide / max(1.0, width - 2 * edge), high / max(1.0, height - 2 * edge))
    return Seen(
        x=(max(all_x) + min(all_x)) / 2,
        y=(max(all_y) + min(all_y)) / 2,
        metres_per_pixel=scale,
        width=width,
        height=height,
    )


def gathered(places: Sequence[Point], apart: float) -> list[tuple[int, ...]]:
    """Return groups of indices of places on the screen: whatever stands nearer than `apart` pixels to the
    first of a group belongs to it. In the order given, so the most pressing first keeps its place.
    """
    groups: list[list[int]] = []
    for index, (x, y) in enumerate(places):
        for group in groups:
            first_x, first_y = places[group[0]]
            if math.hypot(x - first_x, y - first_y) < apart:
                group.append(index)
                break
        else:
            groups.append([index])
    return [tuple(group) for group in groups]


def thinned(outline: Sequence[Point], step: float) -> list[Point]:
    """Return an outline without the points that lie less than `step` from the last one that was kept."""
    kept = [outline[0]]
    for x, y in outline[1:]:
        if abs(x - kept[-1][0]) >= step or abs(y - kept[-1][1]) >= step:
            kept.append((x, y))
    return kept


def apart_m(one: Point, other: Point) -> float:
    """Return the metres between two points of the ground, as the crow flies."""
    return math.hypot(one[0] - other[0], one[1] - other[1])
