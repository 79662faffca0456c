"""A place out of a file: GPX, GeoJSON, or a line "lat, lng". Rule: what the file does not say stays unknown.

Files are what others made: read as data only, small, without entities, and whatever is wrong with one is a
sentence, never an exception.
"""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any, cast
from xml.etree import ElementTree as ET

from field_app.views import Refused
from schemas.base import Data
from schemas.boundary import is_on_earth

MOST_BYTES = 5 * 1024 * 1024
MOST_DEPTH = 12
NUMBER = re.compile(r"[+-]?\d{1,3}(?:[.,]\d+)?")
UNKNOWN = Refused(say="lapangan.lokasi_berkas_tidak_dikenal")
BROKEN = Refused(say="lapangan.lokasi_berkas_rusak")


class FoundPlace(Data, frozen=True, kw_only=True):
    """A point of a file (degrees, WGS 84). `accuracy_m` and `at_ms` (UTC) are None where it is silent;
    `count` is how many points the file has, of which this is the last.
    """

    lat: float
    lng: float
    accuracy_m: float | None = None
    at_ms: int | None = None
    count: int = 1


def read_place(data: bytes) -> FoundPlace | Refused:
    """Read the last point of a file, or say why there is none."""
    if len(data) > MOST_BYTES:
        return Refused(say="lapangan.lokasi_berkas_besar", values={"mb": str(MOST_BYTES // 1024 // 1024)})
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return UNKNOWN
    if text.startswith("<"):
        found = _of_gpx(text)
    elif text.startswith(("{", "[")):
        found = _of_geojson(text)
    else:
        found = _of_line(text)
    if isinstance(found, FoundPlace) and not on_earth(found.lat, found.lng):
        return Refused(say="lapangan.lokasi_berkas_di_luar_bumi")
    return found


def on_earth(lat: float, lng: float) -> bool:
    """Say whether degrees are a place; 0, 0 is what devices without a fix write."""
    return (lat, lng) != (0, 0) and is_on_earth(lat, lng)


def _of_gpx(text: str) -> FoundPlace | Refused:
    if "<!" in re.sub(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>", "", text, flags=re.DOTALL):
        return BROKEN  # entities and document types have no use in a GPX file, but can blow up a parser
    try:
        root = ET.fromstring(text)  # noqa: S314 - without entities there is nothing to expand
    except (ET.ParseError, ValueError, RecursionError):
        return BROKEN
    points: dict[str, list[ET.Element]] = {"wpt": [], "trkpt": [], "rtept": []}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name in points:
            points[name].append(element)
    chosen = points["wpt"] or points["trkpt"] or points["rtept"]
    if not chosen:
        return UNKNOWN
    last = chosen[-1]
    lat, lng = _number(last.get("lat")), _number(last.get("lon"))
    if lat is None or lng is None:
        return BROKEN
    times = [child.text for child in last if child.tag.rpartition("}")[2] == "time"]
    return FoundPlace(lat=lat, lng=lng, at_ms=_time(times[0] if times else None), count=len(chosen))


def _of_geojson(text: str) -> FoundPlace | Refused:
    try:
        points = list(_points(json.loads(text), {}, 0))
    except (ValueError, RecursionError):
        return BROKEN
    if not points:
        return UNKNOWN
    coordinates, properties = points[-1]
    lng, lat = (_number(part) for part in coordinates[:2])
    if lat is None or lng is None:
        return BROKEN
    said = (_number(properties.get(name)) for name in ("accuracy_m", "accuracy", "akurasi"))
    accuracy = next((metres for metres in said if metres is not None and metres > 0), None)
    at = _time(properties.get("time") or properties.get("timestamp"))
    return FoundPlace(lat=lat, lng=lng, accuracy_m=accuracy, at_ms=at, count=len(points))


def _points(value: Any, properties: dict[str, Any], depth: int) -> list[tuple[list[Any], dict[str, Any]]]:
    """Return the points of a GeoJSON object, each with the properties of its feature."""
    if not isinstance(value, dict) or depth > MOST_DEPTH:
        return []
    thing = cast("dict[str, Any]", value)
    match thing.get("type"):
        case "Point":
            coordinates = thing.get("coordinates")
            known = isinstance(coordinates, list) and len(cast("list[Any]", coordinates)) >= 2
            return [(cast("list[Any]", coordinates), properties)] if known else []
        case "Feature":
            own = thing.get("properties")
            named = cast("dict[str, Any]", own) if isinstance(own, dict) else {}
            return _points(thing.get("geometry"), named, depth + 1)
        case "FeatureCollection" | "GeometryCollection" as kind:
            inner = thing.get("features" if kind == "FeatureCollection" else "geometries")
            each = cast("list[Any]", inner) if isinstance(inner, list) else []
            return [point for one in each for point in _points(one, properties, depth + 1)]
        case _:
            return []


def _of_line(text: str) -> FoundPlace | Refused:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        return UNKNOWN
    parts = [part for part in re.split(r"[;\s]+|,(?=\s)", lines[0].replace("−", "-")) if part]
    if len(parts) == 1:
        parts = parts[0].split(",")
    if len(parts) not in (2, 3) or not all(NUMBER.fullmatch(part) for part in parts[:2]):
        return UNKNOWN
    lat, lng, *rest = (_number(part.replace(",", ".")) for part in parts)
    if lat is None or lng is None:
        return UNKNOWN
    accuracy = rest[0] if rest and rest[0] is not None and rest[0] > 0 else None
    return FoundPlace(lat=lat, lng=lng, accuracy_m=accuracy, count=len(lines))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _time(text: Any) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return max(0, round(since.total_seconds() * 1000))
