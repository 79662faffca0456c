"""Places for the invented cards. Rule: near the middle of a real desa, never at anybody's house."""

from field_app.task_map import GROUPS, Pin, TaskMap
from field_app.ui.sample_data import CARDS
from schemas.wilayah import Wilayah

NEAR = {"t1": (0.004, -0.006), "t2": (-0.003, 0.002), "t3": (-0.005, 0.004), "t5": (0.006, 0.001)}
"""Degrees from the middle of the desa; what is not here stands in the middle itself."""
NOBODY_KNOWS = "t6"
KECAMATAN = "33.14.05"


def sample_map(wilayah: Wilayah, empty: bool) -> TaskMap:
    """Return where the sample cards are."""
    pins: list[Pin] = []
    cards = [] if empty else [(group, card) for group in GROUPS for card in CARDS[group]]
    for group, card in cards:
        if card.tugas == NOBODY_KNOWS:
            continue
        region = next(iter(wilayah.find(card.desa)), None) or wilayah.desa(KECAMATAN)[0]
        lat, lng = NEAR.get(card.tugas or "", (0.0, 0.0))
        status = "terlambat" if group == "overdue" else card.status
        exact = (card.tugas or "") in NEAR
        pins.append(Pin(card=card, status=status, lat=region.lat + lat, lng=region.lng + lng, exact=exact))
    nowhere = tuple(card for _group, card in cards if card.tugas == NOBODY_KNOWS)
    return TaskMap(pins=tuple(pins), nowhere=nowhere)
