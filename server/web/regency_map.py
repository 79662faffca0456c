"""Peta: how far the work is, from the kabupaten down to a desa. Rule: nothing of sealed cases is on it.

Outlines are our own, with tiles below only where the office names some; without JavaScript the table says the
same.
"""

import json
from collections import Counter
from typing import Any

from litestar import Response, get

from schemas.base import Data
from schemas.wilayah import Region
from server.services.dashboard import Progress
from server.services.map_pins import MOST_EACH, STATES, Pin, Pinned
from server.services.people import Denied
from server.web.dashboard import region_of, regions_of
from server.web.errors import ForbiddenError
from server.web.site import Asking, Site

BANDS = (25, 50, 75, 100)
"""Percent of tugas done, up to which a region has the next deeper colour."""


class Row(Data, frozen=True, kw_only=True):
    """One region in the table beside the map; `band` is its colour, 0 where nothing is to be done."""

    code: str
    name: str
    href: str
    done: int
    open: int
    late: int
    share: str
    band: int


def map_routes(site: Site) -> list[Any]:
    """Return the handler of the map."""

    @get("/peta")
    async def page(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_dashboard")
        region = region_of(site, request)
        found = await site.work(lambda: site.dashboard.progress(visitor.person))
        if isinstance(found, Denied):
            raise ForbiddenError
        here = site.words.wilayah.get(region) if region else None
        inner = site.words.wilayah.inner(region)
        rows = [_row(found[each.kode]) for each in inner if each.kode in found]
        is_desa = here is not None and here.is_desa
        pinned = await site.work(lambda: site.pins.of(visitor.person, region)) if is_desa else Pinned()
        pins = list(pinned.shown)
        values = {
            "rows": rows,
            "filters": [regions_of(site, visitor, region)],
            "title": site.words.region(region) if here else site.text("dasbor.seluruh"),
            "above": _above(here),
            "data": _data(site, here, rows, pins),
            "pins": pins,
            "most": MOST_EACH if pinned.more else 0,
            "here": _standing(pins, region) if is_desa else [],
        }
        return await site.map_page("dashboard/map.html", visitor, "peta", values)

    return [page]


def _above(here: Region | None) -> str:
    if here is None:
        return ""
    above = here.parent if here.is_desa else ""
    return f"/peta?wilayah={above}"


def _row(progress: Progress) -> Row:
    share = round(100 * progress.done / progress.all) if progress.all else 0
    band = 1 + next(at for at, most in enumerate(BANDS) if share <= most) if progress.all else 0
    return Row(
        code=progress.region.kode,
        name=progress.region.nama,
        href=f"/peta?wilayah={progress.region.kode}",
        done=progress.done,
        open=progress.open,
        late=progress.late,
        share=f"{share}%" if progress.all else "–",
        band=band,
    )


def _standing(pins: list[Pin], desa: str) -> list[tuple[str, int, str]]:
    """Return how many of the visits on the map stand how, each with the list of them."""
    counts = Counter(pin.state for pin in pins if pin.state)
    return [
        (state, counts[state], f"/antrean?status={state}&wilayah={desa}") for state in STATES if counts[state]
    ]


def _data(site: Site, here: Region | None, rows: list[Row], pins: list[Pin]) -> str:
    """Return what the script draws, as JSON that holds no end of a script."""
    wilayah, text = site.words.wilayah, site.text
    data = {
        "areas": [
            {
                "points": wilayah.outline(row.code),
                "band": row.band,
                "label": f"{row.name}: {row.share}",
                "href": row.href if here is None or row.code != here.kode else "",
            }
            for row in rows
        ],
        "pins": [
            {
                "lat": pin.lat,
                "lng": pin.lng,
                "kind": pin.state or pin.kind,
                "label": pin.name or text(f"status.{pin.state}"),
                "href": pin.href,
            }
            for pin in pins
        ],
        "credit": text("kantor.tinjau.peta_batas"),
    }
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
