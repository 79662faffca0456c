"""The tags that a photo of evidence carries. Rule: an allow-list, written from what we know, never copied
over.

Place, accuracy, direction, time (UTC and local with its offset), visit and device, make and model of the
camera. Numbers of tags: EXIF 2.32.
"""

import re
import struct
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import isfinite
from typing import Any

import piexif

from field_app.devices.places import FoundPlace, on_earth
from schemas.base import Data
from schemas.format import local
from schemas.ids import DeviceId, RecordId
from sync.change import Place

SOFTWARE = b"Sambang"

OFFSET_TIME, OFFSET_TIME_ORIGINAL = 36880, 36881
LOCAL_OFFSET = b"+07:00"
ASCII = b"ASCII\0\0\0"
NAME = re.compile(rb"[^A-Za-z0-9 ._()+/-]")


class Stamp(Data, frozen=True, kw_only=True):
    """What a photo belongs to. `taken_ms` is UTC; `direction_deg` is where the camera looked, from true
    north.
    """

    visit: RecordId
    device: DeviceId
    taken_ms: int
    direction_deg: float | None = None


class MadeBy(Data, frozen=True, kw_only=True):
    """Make and model of the camera as bytes for EXIF, empty where unknown."""

    make: bytes = b""
    model: bytes = b""


def camera_of(camera: bytes) -> MadeBy:
    """Read make and model from a camera's file; whatever is broken or odd there reads as unknown."""
    if camera[:2] != b"\xff\xd8":
        return MadeBy()
    try:
        first = piexif.load(camera).get("0th", {})
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, struct.error, MemoryError):
        return MadeBy()
    return MadeBy(make=_name(first.get(piexif.ImageIFD.Make)), model=_name(first.get(piexif.ImageIFD.Model)))


def place_in(camera: bytes) -> FoundPlace | None:
    """Read where a camera's file says it was taken; None without a place, or where that part is broken.

    It is only ever offered: whoever has the file could have written anything there.
    """
    if camera[:2] != b"\xff\xd8":
        return None
    try:
        gps = piexif.load(camera).get("GPS", {})
        lat = _signed(gps, piexif.GPSIFD.GPSLatitude, piexif.GPSIFD.GPSLatitudeRef, b"S")
        lng = _signed(gps, piexif.GPSIFD.GPSLongitude, piexif.GPSIFD.GPSLongitudeRef, b"W")
        error = gps.get(piexif.GPSIFD.GPSHPositioningError)
        accuracy = _quotient(error) if error else None
        at_ms = _time_of_fix(gps)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, ZeroDivisionError):
        return None
    except (struct.error, MemoryError):
        return None
    if not on_earth(lat, lng):
        return None
    return FoundPlace(lat=lat, lng=lng, accuracy_m=accuracy if accuracy else None, at_ms=at_ms)


def _signed(gps: "piexif.Ifd", value: int, ref: int, negative: bytes) -> float:
    parts: Any = gps[value]
    degrees, minutes, seconds = (_quotient(part) for part in parts)
    size = degrees + minutes / 60 + seconds / 3600
    return -size if gps.get(ref, b"") == negative else size


def _quotient(part: Any) -> float:
    over, under = part
    return over / under


def _time_of_fix(gps: "piexif.Ifd") -> int | None:
    day, clock = gps.get(piexif.GPSIFD.GPSDateStamp), gps.get(piexif.GPSIFD.GPSTimeStamp)
    if not isinstance(day, bytes) or not isinstance(clock, tuple):
        return None
    hour, minute, second = (int(_quotient(part)) for part in clock)
    at = datetime.strptime(day.decode("ascii", "replace").strip("\0"), "%Y:%m:%d").replace(
        hour=hour, minute=minute, second=second, tzinfo=UTC
    )
    return max(0, round(at.timestamp() * 1000))


def tags(place: Place | None, stamp: Stamp, made_by: MadeBy, size: tuple[int, int]) -> "piexif.ExifDict":
    """Return the whole EXIF of a photo, ready for piexif.dump. `size` is width and height in pixels."""
    taken = local(stamp.taken_ms).strftime("%Y:%m:%d %H:%M:%S").encode()
    first: piexif.Ifd = {
        piexif.ImageIFD.Orientation: 1,
        piexif.ImageIFD.Software: SOFTWARE,
        piexif.ImageIFD.DateTime: taken,
    }
    if made_by.make:
        first[piexif.ImageIFD.Make] = made_by.make
    if made_by.model:
        first[piexif.ImageIFD.Model] = made_by.model
    named = f"sambang kunjungan={stamp.visit} perangkat={stamp.device}".encode()
    exif: piexif.Ifd = {
        piexif.ExifIFD.ExifVersion: b"0232",
        piexif.ExifIFD.DateTimeOriginal: taken,
        piexif.ExifIFD.DateTimeDigitized: taken,
        piexif.ExifIFD.SubSecTimeOriginal: f"{stamp.taken_ms % 1000:03}".encode(),
        OFFSET_TIME: LOCAL_OFFSET,
        OFFSET_TIME_ORIGINAL: LOCAL_OFFSET,
        piexif.ExifIFD.UserComment: ASCII + named,
        piexif.ExifIFD.ImageUniqueID: stamp.visit.encode(),
        piexif.ExifIFD.PixelXDimension: size[0],
        piexif.ExifIFD.PixelYDimension: size[1],
        piexif.ExifIFD.ColorSpace: 1,
    }
    return {"0th": first, "Exif": exif, "GPS": _gps(place, stamp)}


def _gps(place: Place | None, stamp: Stamp) -> "piexif.Ifd":
    if place is None or not (isfinite(place.lat) and isfinite(place.lng)):
        return {}
    fixed = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=place.at_ms)
    gps: piexif.Ifd = {
        piexif.GPSIFD.GPSVersionID: (2, 3, 0, 0),
        piexif.GPSIFD.GPSLatitudeRef: b"N" if place.lat >= 0 else b"S",
        piexif.GPSIFD.GPSLatitude: _degrees(place.lat),
        piexif.GPSIFD.GPSLongitudeRef: b"E" if place.lng >= 0 else b"W",
        piexif.GPSIFD.GPSLongitude: _degrees(place.lng),
        piexif.GPSIFD.GPSMapDatum: b"WGS-84",
        piexif.GPSIFD.GPSDateStamp: fixed.strftime("%Y:%m:%d").encode(),
        piexif.GPSIFD.GPSTimeStamp: ((fixed.hour, 1), (fixed.minute, 1), (fixed.second, 1)),
    }
    if isfinite(place.accuracy_m) and place.accuracy_m >= 0:
        gps[piexif.GPSIFD.GPSHPositioningError] = _ratio(place.accuracy_m)
    if stamp.direction_deg is not None and isfinite(stamp.direction_deg):
        gps[piexif.GPSIFD.GPSImgDirectionRef] = b"T"
        gps[piexif.GPSIFD.GPSImgDirection] = _ratio(stamp.direction_deg % 360)
    return gps


def _degrees(value: float) -> tuple[tuple[int, int], ...]:
    """Write degrees as degrees, minutes and seconds to 0.0001 second, about 3 mm."""
    total = round(abs(value) * 3600 * 10_000)
    minutes, seconds = divmod(total, 60 * 10_000)
    degrees, minutes = divmod(minutes, 60)
    return (degrees, 1), (minutes, 1), (seconds, 10_000)


def _ratio(value: float) -> tuple[int, int]:
    ratio = Fraction(min(value, 1_000_000.0)).limit_denominator(100)
    return ratio.numerator, ratio.denominator


def _name(value: object) -> bytes:
    """Keep the printable letters of a camera's name; a name that was made to carry more is cut."""
    return NAME.sub(b"", value.split(b"\0")[0])[:40].strip() if isinstance(value, bytes) else b""
