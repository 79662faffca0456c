"""Setujui bersama: clean visits, one in ten of them looked at first, approved with one press."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post

from schemas.base import Data
from schemas.ids import RecordId
from server.access import may
from server.services.queue import QueueRow
from server.services.together import MOST, Batch, Done, NotYet, Spoiled
from server.web.errors import ForbiddenError
from server.web.filters import Filter, Group, Option, choices, whole_regions
from server.web.queue import SERVICES
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

PAGE = "/antrean/bersama"


class RowView(Data, frozen=True, kw_only=True):
    """One visit of the batch; `sampled`: to be looked at, `looked`: somebody has."""

    row: QueueRow
    sampled: bool
    looked: bool


def together_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""
    work = site.together

    async def allowed(request: Asking) -> Visitor:
        visitor = await site.visitor(request)
        if not may(visitor.person, "decide_visits"):
            raise ForbiddenError
        return visitor

    async def draw(visitor: Visitor, notice: Notice | None, status: int = 200) -> Response[str]:
        batch = await site.work(lambda: work.current(visitor.person))
        rows = await site.work(lambda: _rows(site, visitor, batch))
        values = {
            "batch": batch,
            "rows": rows,
            "left": len(batch.left) if batch else 0,
            "most": MOST,
            "filters": _filters(site),
            "notice": notice,
        }
        return await site.page("queue/together.html", visitor, "antrean", values, status=status)

    @get(PAGE)
    async def page(request: Asking) -> Response[str]:
        return await draw(await allowed(request), None)

    @post(PAGE)
    async def answer(request: Asking) -> Response[Any]:
        visitor = await allowed(request)
        given = await site.form(request, visitor.csrf)
        match given.get("langkah"):
            case "mulai":
                service, region = given.get("layanan", ""), given.get("wilayah", "")
                begun = await site.work(lambda: work.begin(visitor.person, service, region))
                return (
                    onward(PAGE)
                    if begun
                    else await draw(visitor, _notice(site, "info", "received", "tidak_ada"))
                )
            case "dilihat":
                visit = RecordId(given.get("kunjungan", ""))
                batch = await site.work(lambda: work.looked(visitor.person, visit))
                return onward(f"/kunjungan/{batch.left[0]}" if batch and batch.left else PAGE)
            case "setujui":
                outcome = await site.work(lambda: work.approve(visitor.person))
                return await draw(visitor, *_told(site, outcome))
            case _:
                await site.work(lambda: work.drop(visitor.person))
                return onward(PAGE)

    return [page, answer]


def _rows(site: Site, visitor: Visitor, batch: Batch | None) -> tuple[RowView, ...]:
    if batch is None:
        return ()
    found: Sequence[QueueRow] = site.queue.rows(visitor.person, list(batch.visits))
    views = [RowView(row=row, sampled=row.id in batch.sample, looked=row.id in batch.looked) for row in found]
    return tuple(sorted(views, key=lambda view: (not view.sampled, view.looked)))


def _filters(site: Site) -> list[Filter]:
    text = site.text
    every = Option(value="", label=text("kantor.antrean.semua_wilayah"))
    services = [
        ("", text("kantor.antrean.semua_layanan")),
        *((name, text(f"layanan.{name}")) for name in SERVICES),
    ]
    groups = (Group(label="", options=(every,)), *whole_regions(site.words))
    return [
        choices("layanan", text("kantor.antrean.layanan"), "", services),
        Filter(name="wilayah", label=text("kantor.antrean.wilayah"), value="", groups=groups),
    ]


def _told(site: Site, outcome: Done | NotYet | Spoiled) -> tuple[Notice, int]:
    match outcome:
        case Done(approved=approved, moved_on=moved_on):
            title = site.text("kantor.bersama.disetujui", jumlah=approved)
            text = site.text("kantor.bersama.sudah_bergerak", jumlah=moved_on) if moved_on else ""
            return Notice(tone="good", icon="approved", title=title, text=text), 200
        case NotYet():
            return _notice(site, "notice", "warning", "belum_dilihat"), 409
        case Spoiled():
            return _notice(site, "notice", "warning", "contoh_keliru"), 409


def _notice(site: Site, tone: str, icon: str, key: str) -> Notice:
    text = site.text(f"kantor.bersama.{key}_arti")
    return Notice(tone=tone, icon=icon, title=site.text(f"kantor.bersama.{key}"), text=text)
