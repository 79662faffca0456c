"""Where the work is: each task, draft and returned visit with its place. Rule: a place that is only a guess
is said to be one, and what is sealed has none.

A place is what the office or an earlier visit of this phone recorded for the very subject; without one it is
the middle of the desa.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

from field_app.bench import Bench
from field_app.devices.places import on_earth
from field_app.home import home
from field_app.records import text_of
from field_app.views import Card, SyncStatus
from schemas.base import Data
from schemas.ids import RecordId
from schemas.sealed import SEALED_FORM

GROUPS = ("returned", "overdue", "today", "upcoming", "drafts")
"""Of the first screen, the most pressing first. What is finished asks for no way there."""


class Pin(Data, frozen=True, kw_only=True):
    """One thing to do, at a point in degrees (WGS 84). `status` is a word of the status texts;
    `exact` says whether the point is the subject's own and not the middle of its desa.
    """

    card: Card
    status: str
    lat: float
    lng: float
    exact: bool


class TaskMap(Data, frozen=True, kw_only=True):
    """All pins, the most pressing first, and the cards whose place nobody knows."""

    pins: tuple[Pin, ...]
    nowhere: tuple[Card, ...]


def task_map(bench: Bench) -> TaskMap:
    """Return where the work is."""
    return laid_out(bench, list(_cards(bench)))


def laid_out(bench: Bench, cards: list[tuple[Card, str]]) -> TaskMap:
    """Return these cards, each with its status word, at their places."""
    visited = _visited(bench, {card.subjek for card, _ in cards if card.subjek})
    pins: list[Pin] = []
    nowhere: list[Card] = []
    for card, status in cards:
        own = visited.get(card.subjek) if card.subjek else None
        lat, lng, exact = (*own, True) if own else _known(bench, card)
        if on_earth(lat, lng):
            pins.append(Pin(card=card, status=status, lat=lat, lng=lng, exact=exact))
        else:
            nowhere.append(card)
    return TaskMap(pins=tuple(pins), nowhere=tuple(nowhere))


def _cards(bench: Bench) -> Iterator[tuple[Card, str]]:
    """Yield what is to be done, but nothing sealed: where such a case is must stand nowhere."""
    groups = home(bench, SyncStatus())
    for group in GROUPS:
        for card in getattr(groups, group):
            if card.form != SEALED_FORM:
                yield card, "terlambat" if group == "overdue" else card.status


def _visited(bench: Bench, subjects: set[RecordId]) -> dict[RecordId, tuple[float, float]]:
    """Return where this phone's last visit to each of these found its place."""
    found: dict[RecordId, tuple[float, float]] = {}
    for subject in subjects:
        answered = (bench.drafts.answers(one.id).get(one.form, {}) for one in bench.history.to(subject))
        points = (point_of(answers.get("lokasi")) for answers in answered)
        point = next((point for point in points if point is not None), None)
        if point is not None:
            found[subject] = point
    return found


def _known(bench: Bench, card: Card) -> tuple[float, float, bool]:
    subject = bench.records.get(card.subjek)
    if subject is not None:
        point = home_of(subject.fields)
        if point is not None:
            return *point, True
    task = bench.records.get(card.tugas)
    records = [record.fields for record in (subject, task) if record is not None]
    kode = next((kode for fields in records if (kode := text_of(fields, "kode_desa"))), "")
    if not kode and card.draft:
        kode = bench.known(card.draft).seen.kode_desa
    region = bench.region(kode)
    return (region.lat, region.lng, False) if region else (math.nan, math.nan, False)


def home_of(fields: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the degrees that stand for somebody's home, or for an e-warong; None when none is known."""
    return point_of(fields.get("rumah")) or point_of(fields.get("titik"))


def point_of(value: Any) -> tuple[float, float] | None:
    """Return the degrees of an answer or a field that holds a place, None for anything else."""
    if not isinstance(value, dict):
        return None
    place = cast("dict[str, Any]", value)
    lat, lng = place.get("lat"), place.get("lng")
    if isinstance(lat, (int, float)) and isinstance(lng, (int, float)) and on_earth(lat, lng):
        return float(lat), float(lng)
    return None
