"""What can be proved of a visit, as badges. Rule: a badge is good only for what was checked just now."""

import math
from datetime import time

from schemas import format as written
from schemas.base import Data
from schemas.boundary import metres_per_degree
from schemas.form_values import time_of
from schemas.text import Text
from schemas.wilayah import Wilayah
from server.services.visits import Version, Visit
from server.settings import Limits

DAY_MIN = 24 * 60
LONGEST_MIN = DAY_MIN // 2
LATEST_END = time(23, 59)
"""What a phone writes for any visit that went on over midnight: how long it took is not to be seen there."""


class Badge(Data, frozen=True, kw_only=True):
    """One statement about the evidence."""

    tone: str
    icon: str
    title: str
    text: str


def badges(
    visit: Visit, text: Text, wilayah: Wilayah, region: str, home: tuple[float, float] | None
) -> tuple[Badge, ...]:
    """Say of the newest version what holds: content, chain, signature, photos, clock, place."""
    return (
        _content(visit, text),
        _chain(visit, text),
        _signature(visit, text),
        *_photos(visit, text),
        _clock(visit, text),
        *_length(visit, text),
        _place(visit, text, wilayah, region, home),
    )


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two near points, each (lat, lng) in degrees."""
    east, north = metres_per_degree((one[0] + other[0]) / 2)
    return math.hypot((one[1] - other[1]) * east, (one[0] - other[0]) * north)


def clock_is_wrong(version: Version, limits: Limits) -> bool:
    """Whether the phone's clock lay outside what the office knows: last office time seen … received."""
    clock = version.content.clock
    late = clock.wall_ms > version.received_ms + limits.clock_off_ms
    return late or clock.wall_ms < clock.server_ms - limits.clock_off_ms


def is_far_from_home(version: Version, home: tuple[float, float] | None, limits: Limits) -> bool:
    """Whether a version was made far from the recorded home; False where either point is not known."""
    place = version.submit.place
    if place is None or home is None:
        return False
    return distance_m((place.lat, place.lng), home) > limits.far_from_home_m


def outside_m(version: Version, wilayah: Wilayah, region: str) -> float:
    """Return how far outside the desa it was meant to be a version was made, 0 inside or where unknown."""
    place = version.submit.place
    if place is None or wilayah.get(region) is None:
        return 0.0
    return wilayah.outside_m(region, place.lat, place.lng)


def is_outside(version: Version, wilayah: Wilayah, region: str, limits: Limits) -> bool:
    """Whether a version was made outside its desa, further than the map may be wrong."""
    return outside_m(version, wilayah, region) > limits.outside_m


def lasted_min(version: Version) -> int | None:
    """Minutes that a visit took, as the phone noted its beginning and end; None where that tells none.

    Of a correction nothing is told: what she had asked at the door is there already. An end before the
    beginning is after midnight, unless that makes half a day: then one of both is a mistake.
    """
    if version.submit.follows is not None:
        return None
    for filled in version.submit.forms.values():
        begun, ended = (time_of(filled.answers.get(name)) for name in ("jam_mulai", "jam_selesai"))
        if begun is not None and ended is not None and ended != LATEST_END:
            minutes = (ended.hour - begun.hour) * 60 + ended.minute - begun.minute
            minutes %= DAY_MIN
            return minutes if minutes <= LONGEST_MIN else None
    return None


def is_too_short(version: Version, limits: Limits) -> bool:
    """Whether a visit took less time than its questions need; False where its length is not known."""
    lasted = lasted_min(version)
    return lasted is not None and lasted < limits.too_short_min


def _badge(text: Text, tone: str, icon: str, key: str, **values: object) -> Badge:
    return Badge(
        tone=tone,
        icon=icon,
        title=text(f"kantor.bukti.{key}"),
        text=text(f"kantor.bukti.{key}_arti", **values),
    )


def _content(visit: Visit, text: Text) -> Badge:
    if visit.newest.intact:
        return _badge(text, "good", "done", "isi_utuh")
    return _badge(text, "bad", "error", "isi_rusak")


def _chain(visit: Visit, text: Text) -> Badge:
    if visit.proof and visit.proof.known:
        return _badge(text, "good", "chain", "rantai_utuh", urut=written.number(visit.proof.counter))
    return _badge(text, "bad", "link_off", "rantai_celah")


def _signature(visit: Visit, text: Text) -> Badge:
    if visit.proof and visit.proof.signed:
        author = visit.names.get(visit.newest.content.author, "–")
        return _badge(text, "good", "signature", "tanda_sah", nama=author)
    return _badge(text, "bad", "error", "tanda_belum")


def _photos(visit: Visit, text: Text) -> list[Badge]:
    blobs = {item.blob for item in visit.newest.photos}
    held = len(blobs & visit.newest.held)
    if not blobs:
        return []
    if held == len(blobs):
        return [_badge(text, "good", "camera", "foto_lengkap", jumlah=held)]
    return [_badge(text, "notice", "hourglass", "foto_kurang", ada=held, jumlah=len(blobs))]


def _clock(visit: Visit, text: Text) -> Badge:
    if clock_is_wrong(visit.newest, visit.limits):
        said = written.date_and_clock(visit.newest.content.clock.wall_ms)
        return _badge(text, "notice", "late", "waktu_salah", jam=said)
    return _badge(text, "good", "clock", "waktu_wajar")


def _length(visit: Visit, text: Text) -> list[Badge]:
    lasted = lasted_min(visit.newest)
    if lasted is None:
        return []
    if is_too_short(visit.newest, visit.limits):
        least = visit.limits.too_short_min
        return [_badge(text, "notice", "hourglass", "lama_singkat", menit=lasted, batas=least)]
    return [_badge(text, "good", "hourglass", "lama_wajar", menit=lasted)]


def _place(
    visit: Visit, text: Text, wilayah: Wilayah, region: str, home: tuple[float, float] | None
) -> Badge:
    place = visit.newest.submit.place
    if place is None:
        return _badge(text, "quiet", "location_off", "lokasi_tidak_ada")
    if place.mock:
        return _badge(text, "bad", "wrong_place", "lokasi_tiruan")
    point = (place.lat, place.lng)
    if is_outside(visit.newest, wilayah, region, visit.limits):
        outside = outside_m(visit.newest, wilayah, region)
        return _badge(text, "notice", "wrong_place", "lokasi_luar", jarak=written.distance(outside))
    badge = _badge(text, "good", "location", "lokasi_wajar", meter=written.number(place.accuracy_m))
    if home is None:
        return badge
    apart = distance_m(point, home)
    said = f"{badge.text} {text('kantor.bukti.jarak_rumah', jarak=written.distance(apart))}"
    far = is_far_from_home(visit.newest, home, visit.limits)
    tone, icon = ("notice", "wrong_place") if far else (badge.tone, badge.icon)
    return Badge(tone=tone, icon=icon, title=badge.title, text=said)
