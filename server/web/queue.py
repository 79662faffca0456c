"""Antrean: the visits that wait. Rule: a filter stands in the address, personal data never does."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Literal
from urllib.parse import urlencode

from litestar import Response, get, post

from schemas.base import Data
from schemas.ids import PersonId
from server.access import Person, may
from server.page_store import LATE, QueueFilter
from server.services.people import Denied
from server.services.queue import ROWS_PER_PAGE, Asked, QueuePage, QueueRow, older_than
from server.services.visits import STATES
from server.web.errors import ForbiddenError
from server.web.filters import Filter, Group, Option, choices, whole_regions, written_in
from server.web.replies import onward
from server.web.site import Asking, Notice, Site

ASKED = ("status", "layanan", "wilayah", "petugas", "umur", "tanda", "untuk", "urut", "cari")
MINE, NEWEST = "saya", "terbaru"
LISTS = (*STATES, LATE)
SERVICES = ("bpnt", "kis", "ktkpm")
AGES = {"": 0, "1": 1, "3": 3, "7": 7}
SIGNS = (
    "lokasi_tiruan", "jauh_dari_rumah", "di_luar_desa", "terlalu_singkat", "jam_salah", "foto_pernah_ada",
    "foto_mirip", "beda_catatan", "dua_kunjungan", "anak_tanpa_wali", "di_luar_wilayah", "di_luar_layanan",
    "petugas_berbeda", "cabang",
)  # fmt: skip
"""The flags that can be asked for one by one, those of fraud first."""
FLAGGED: dict[str, Literal["", "ya", "tidak"]] = {"": "", "ya": "ya", "tidak": "tidak"}
RECORD = r"[0-9a-f]{32}"
DONE = {
    "disetujui": ("good", "approved"),
    "disetujui_kasus": ("good", "approved"),
    "dikembalikan": ("notice", "returned"),
    "ditolak": ("bad", "rejected"),
    "ditahan": ("info", "pause"),
}


NARROWED = {
    (False, False): "",
    (True, False): "hapus_saring",
    (False, True): "hapus_cari",
    (True, True): "hapus_keduanya",
}
"""What leaves visits out, filters and a search, by what lifts all of it."""


class Listing(Data, frozen=True, kw_only=True):
    """One page of the queue with the addresses of its neighbours.

    `narrowed`: what leaves visits out, as the words of what lifts it (empty, `hapus_saring`, `hapus_cari`,
    `hapus_keduanya`), and `bare` the address without the filters, `unsought` the one without the search.
    """

    rows: tuple[QueueRow, ...]
    total: int
    first: int
    last: int
    narrowed: str
    state: str
    previous: str
    next: str
    newest_first: bool
    turned: str
    bare: str
    unsought: str
    unexamined: bool


def queue_routes(site: Site) -> list[Any]:
    """Return the handler of the queue."""
    regions = whole_regions(site.words)

    @get("/antrean")
    async def queue(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        asked = asked_in(request.query_params)
        number = request.query_params.get("hal", "1")
        at = min(int(number), 10_000) if number.isascii() and number.isdigit() else 1
        sought = site.sought.text(visitor.person.id, asked["cari"])
        forgotten = bool(asked["cari"]) and not sought
        if forgotten:
            asked["cari"] = ""
        behind = bool(sought) and await site.work(site.indexing.for_a_page)
        wanted = wanted_of(site, asked, visitor.person)
        found = await site.work(lambda: site.queue.page(visitor.person, wanted, at))
        if isinstance(found, Denied):
            raise ForbiddenError
        decides = may(visitor.person, "decide_visits")
        is_told = decides and asked["status"] != LATE
        late = await site.work(lambda: site.queue.count(visitor.person, LATE)) if is_told else 0
        values = {
            "page": _listing(found, asked, max(1, at)),
            "filters": _filters(
                site, asked, regions, await site.work(lambda: site.queue.authors(visitor.person))
            ),
            "asked": asked,
            "sought": sought,
            "behind": behind,
            "notice": _forgotten(site) if forgotten else done_notice(site, request.query_params),
            "trip": written_in(asked),
            "may_decide": decides,
            "late": late,
            "late_state": LATE,
        }
        return await site.page("queue/queue.html", visitor, "antrean", values)

    @post("/antrean/cari")
    async def search(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "see_visits")
        given = await site.form(request, visitor.csrf)
        asked = asked_in(given) | {"cari": site.sought.keep(visitor.person.id, given.get("dicari", ""))}
        return onward(f"/antrean?{written_in(asked)}")

    return [queue, search]


def asked_in(params: Mapping[str, str]) -> dict[str, str]:
    """Return what an address asks to be listed; the state is one that there is."""
    asked = {name: params.get(name, "") for name in ASKED}
    return asked | {"status": asked["status"] if asked["status"] in LISTS else "diterima"}


def wanted_of(site: Site, asked: Mapping[str, str], reader: Person) -> Asked:
    """Return what that means for one reader now."""
    now_ms = site.deps.now_ms()
    return Asked(
        wanted=QueueFilter(
            state=asked["status"],
            received_before_ms=older_than(AGES.get(asked["umur"], 0), now_ms),
            flagged=FLAGGED.get(asked["tanda"], ""),
            handed_to=reader.id if asked["untuk"] == MINE else "",
            petugas=asked["petugas"],
            sign=asked["tanda"] if asked["tanda"] in SIGNS else "",
            newest_first=asked["urut"] == NEWEST,
        ),
        service=asked["layanan"],
        region=asked["wilayah"],
        sought=site.sought.text(reader.id, asked["cari"]),
    )


def _listing(found: QueuePage, asked: dict[str, str], number: int) -> Listing:
    kept = {name: value for name, value in asked.items() if value}
    more = found.first - 1 + ROWS_PER_PAGE < found.total
    turned = "" if asked["urut"] == NEWEST else NEWEST
    is_filtered = set(kept) - {"urut", "cari"} != {"status"} or asked["status"] != "diterima"
    return Listing(
        rows=found.rows,
        total=found.total,
        first=found.first,
        last=found.first - 1 + len(found.rows),
        narrowed=NARROWED[is_filtered, bool(asked["cari"])],
        state=asked["status"],
        previous=f"/antrean?{urlencode({**kept, 'hal': number - 1})}" if number > 1 else "",
        next=f"/antrean?{urlencode({**kept, 'hal': number + 1})}" if more else "",
        newest_first=asked["urut"] == NEWEST,
        turned=f"/antrean?{written_in({**kept, 'urut': turned})}",
        unexamined=found.unexamined,
        bare=_without(asked, set(asked) - {"urut", "cari"}),
        unsought=_without(asked, {"cari"}),
    )


def _without(asked: Mapping[str, str], lifted: AbstractSet[str]) -> str:
    query = written_in({name: value for name, value in asked.items() if name not in lifted})
    return f"/antrean?{query}" if query else "/antrean"


def done_notice(site: Site, params: Mapping[str, str]) -> Notice | None:
    """Say what was decided just now, as an address tells it, and lead to the case that it opened."""
    done, case = params.get("selesai", ""), params.get("kasus", "")
    if done not in DONE:
        return None
    tone, icon = DONE[done]
    title = site.text(f"kantor.antrean.sudah_{done}")
    if re.fullmatch(RECORD, case) is None:
        return Notice(tone=tone, icon=icon, title=title)
    label = site.text("kantor.konflik.ke_kasus")
    return Notice(tone=tone, icon=icon, title=title, href=f"/kasus/{case}", label=label)


def _forgotten(site: Site) -> Notice:
    """Say that what was searched for is not known any more, so that nobody takes the whole list for it."""
    return Notice(tone="notice", icon="search", title=site.text("kantor.antrean.cari_lagi"))


def _filters(
    site: Site, asked: dict[str, str], regions: tuple[Group, ...], authors: list[tuple[PersonId, str]]
) -> list[Filter]:
    text = site.text

    def plain(name: str, pairs: list[tuple[str, str]]) -> Filter:
        return choices(name, text(f"kantor.antrean.{name}"), asked[name], pairs)

    every = Option(value="", label=text("kantor.antrean.semua_wilayah"))
    states = [(state, text(f"kantor.antrean.status_{state}")) for state in LISTS]
    services = [("", text("kantor.antrean.semua_layanan"))] + [
        (name, text(f"layanan.{name}")) for name in SERVICES
    ]
    ages = [(days, text(f"kantor.antrean.{f'umur_{days}' if days else 'semua_umur'}")) for days in AGES]
    flags = [
        ("", text("kantor.antrean.semua_tanda")),
        ("ya", text("kantor.antrean.bertanda")),
        ("tidak", text("kantor.antrean.tanpa_tanda")),
        *((sign, text(f"kantor.tanda.{sign}")) for sign in SIGNS),
    ]
    by = [("", text("kantor.antrean.semua_petugas")), *authors]
    region = Filter(
        name="wilayah",
        label=text("kantor.antrean.wilayah"),
        value=asked["wilayah"],
        groups=(Group(label="", options=(every,)), *regions),
    )
    return [
        plain("status", states),
        plain("layanan", services),
        region,
        *([plain("petugas", by)] if authors else ()),
        plain("umur", ages),
        plain("tanda", flags),
        plain("untuk", [("", text("kantor.antrean.semua_untuk")), (MINE, text("kantor.antrean.untuk_saya"))]),
    ]
