"""Rings on the map: is a point inside, and how far outside is it.

One rule: coordinates are whole multiples of a unit of degrees, as stored; only a distance is turned into
metres, on a plane that touches the earth at the point asked for: good near a kabupaten, not across the globe.
"""

import math
from array import array
from pathlib import Path

import msgspec


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    unit_degrees: float
    rings: dict[str, list[int]]


class Ring:
    """One closed outline, with its bounding box, in units of degrees."""

    __slots__ = ("east", "north", "south", "west", "xs", "ys")

    def __init__(self, deltas: list[int]) -> None:
        self.xs, self.ys = array("i"), array("i")
        x = y = 0
        for index in range(0, len(deltas), 2):
            x += deltas[index]
            y += deltas[index + 1]
            self.xs.append(x)
            self.ys.append(y)
        self.west, self.east = min(self.xs), max(self.xs)
        self.south, self.north = min(self.ys), max(self.ys)

    def contains(self, x: float, y: float) -> bool:
        """Whether the point is inside; a point on a shared border belongs to exactly one side of it."""
        if not (self.west <= x <= self.east and self.south <= y <= self.north):
            return False
        inside = False
        before_x, before_y = self.xs[-1], self.ys[-1]
        for here_x, here_y in zip(self.xs, self.ys, strict=True):
            if (here_y > y) != (before_y > y):
                # The lower end first, so that two neighbours compute one crossing alike.
                low_x, low_y, high_x, high_y = here_x, here_y, before_x, before_y
                if here_y > before_y:
                    low_x, low_y, high_x, high_y = before_x, before_y, here_x, here_y
                if x < low_x + (high_x - low_x) * (y - low_y) / (high_y - low_y):
                    inside = not inside
            before_x, before_y = here_x, here_y
        return inside

    def distance(self, x: float, y: float, x_metres: float, y_metres: float) -> float:
        """Metres from the point to the outline, where a unit is `x_metres` wide and `y_metres` high."""
        nearest = math.inf
        before_x, before_y = (self.xs[-1] - x) * x_metres, (self.ys[-1] - y) * y_metres
        for unit_x, unit_y in zip(self.xs, self.ys, strict=True):
            here_x, here_y = (unit_x - x) * x_metres, (unit_y - y) * y_metres
            along_x, along_y = here_x - before_x, here_y - before_y
            length = along_x * along_x + along_y * along_y
            part = -(before_x * along_x + before_y * along_y) / length if length else 0.0
            part = min(1.0, max(0.0, part))
            foot_x, foot_y = before_x + part * along_x, before_y + part * along_y
            nearest = min(nearest, foot_x * foot_x + foot_y * foot_y)
            before_x, before_y = here_x, here_y
        return math.sqrt(nearest)


class Boundaries:
    """The outlines of all regions, by code."""

    def __init__(self, rings: dict[str, Ring], unit_degrees: float) -> None:
        self._rings = rings
        self._unit = unit_degrees

    def first_containing(self, codes: tuple[str, ...], lat: float, lng: float) -> str | None:
        """Give the first of `codes` whose outline holds the point."""
        x, y = lng / self._unit, lat / self._unit
        return next((code for code in codes if self._rings[code].contains(x, y)), None)

    def outside_m(self, code: str, lat: float, lng: float) -> float:
        """Metres from the point to the outline of `code`, 0 inside. Raises KeyError for an unknown code."""
        ring = self._rings[code]
        x, y = lng / self._unit, lat / self._unit
        if ring.contains(x, y):
            return 0.0
        x_metres, y_metres = metres_per_degree(lat)
        return ring.distance(x, y, x_metres * self._unit, y_metres * self._unit)

    def outline(self, code: str) -> tuple[tuple[float, float], ...]:
        """Vertices as (lat, lng), not closed. Raises KeyError for an unknown code."""
        ring = self._rings[code]
        return tuple(
            (round(y * self._unit, 6), round(x * self._unit, 6))
            for x, y in zip(ring.xs, ring.ys, strict=True)
        )


def is_on_earth(lat: float, lng: float, accuracy_m: float = 0.0) -> bool:
    """Whether these are degrees of a point, and an accuracy: a device may say any number, and none at all."""
    return abs(lat) <= 90 and abs(lng) <= 180 and 0 <= accuracy_m < math.inf


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres of one degree of longitude and of latitude at a latitude, on the WGS 84 ellipsoid."""
    angle = math.radians(lat)
    longitude = 111412.84 * math.cos(angle) - 93.5 * math.cos(3 * angle) + 0.118 * math.cos(5 * angle)
    latitude = 111132.92 - 559.82 * math.cos(2 * angle) + 1.175 * math.cos(4 * angle)
    return longitude, latitude


def load_boundaries(path: Path) -> Boundaries:
    """Read outlines from the project's compact file (its form is told in data/LICENSE-wilayah.txt)."""
    file = msgspec.json.decode(path.read_bytes(), type=_File)
    return Boundaries({code: Ring(deltas) for code, deltas in file.rings.items()}, file.unit_degrees)
