"""Jejak audit: search the chain, and check it. Rule: codes and ids stand in the address, never names."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post

from schemas import format as written
from schemas.base import Data
from server.access import SHORTEST_PURPOSE, may
from server.check_store import Check
from server.services.people import Denied
from server.services.trail import Asked, Lines
from server.services.trail_export import NotPrinted
from server.trail_store import Place
from server.web.errors import ForbiddenError, PageError
from server.web.replies import download, onward
from server.web.site import Asking, Notice, Site, Visitor
from server.web.spans import span

TEXTS = "kantor.jejak"
FIELDS = ("orang", "jenis", "kode", "dari", "sampai")
SHOWN_FAULTS = 12


class CheckView(Data, frozen=True, kw_only=True):
    """How the newest check stands, in words; `step` is empty unless one runs."""

    tone: str
    icon: str
    title: str
    text: str
    faults: tuple[str, ...] = ()
    step: str = ""
    amount: str = ""
    done: int = 0
    total: int = 0


def trail_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    @get("/jejak")
    async def page(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_trail")
        asked = {name: request.query_params.get(name, "")[:60].strip() for name in FIELDS}
        return await draw_trail(site, visitor, asked, _place(request.query_params.get("di", "")))

    @get("/jejak/keadaan")
    async def standing(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_trail")
        view = await site.work(lambda: check_view(site))
        return await site.page("trail/_check.html", visitor, "jejak", {"check": view})

    @post("/jejak/periksa")
    async def check(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "see_trail")
        await site.form(request, visitor.csrf)
        await site.work(lambda: site.checks.start(visitor.person.id))
        return onward("/jejak#periksa")

    @post("/jejak/ekspor")
    async def export(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "export_trail")
        given = await site.form(request, visitor.csrf)
        asked = {name: given.get(name, "")[:60].strip() for name in FIELDS}
        purpose = given.get("keperluan", "").strip()
        if len(purpose) < SHORTEST_PURPOSE or span(asked["dari"], asked["sampai"])[2]:
            said = site.text(f"{TEXTS}.ekspor.perlu_keperluan")
            notice = Notice(tone="bad", icon="error", title=said)
            return await draw_trail(site, visitor, asked, Place(), notice=notice, status=422)
        search = await site.work(lambda: _in_words(site, asked))
        made = await site.work(lambda: site.trail_export.make(visitor.person, _asked(asked), purpose, search))
        if isinstance(made, Denied):
            raise ForbiddenError
        if isinstance(made, NotPrinted):
            raise PageError
        day = written.local_date(site.deps.now_ms()).isoformat()
        return download(made, "application/zip", f"jejak-{day}.zip")

    return [page, standing, check, export]


async def draw_trail(
    site: Site,
    visitor: Visitor,
    asked: dict[str, str],
    behind: Place,
    *,
    notice: Notice | None = None,
    status: int = 200,
) -> Response[str]:
    """Draw the page with what was asked for."""
    if span(asked["dari"], asked["sampai"])[2]:
        notice, status = Notice(tone="bad", icon="error", title=site.text(f"{TEXTS}.tanggal_salah")), 422
    found = await site.work(lambda: site.trail.search(visitor.person, _asked(asked), behind))
    if isinstance(found, Denied):
        raise ForbiddenError
    values = {
        "asked": asked,
        "page": found,
        "older": _older(asked, found),
        "newest": "/jejak" if behind != Place() else "",
        "people": await site.work(site.trail.people),
        "kinds": site.trail.kinds(visitor.person),
        "check": await site.work(lambda: check_view(site)),
        "may_see_cases": may(visitor.person, "see_case_trail"),
        "may_export": may(visitor.person, "export_trail"),
        "notice": notice,
    }
    return await site.page("trail/trail.html", visitor, "jejak", values, status=status)


def _asked(asked: dict[str, str]) -> Asked:
    first_ms, before_ms, _ = span(asked["dari"], asked["sampai"])
    return Asked(
        author=asked["orang"],
        kind=asked["jenis"],
        code=asked["kode"],
        first_ms=first_ms,
        before_ms=before_ms,
    )


def _in_words(site: Site, asked: dict[str, str]) -> str:
    """Say in words what is asked for."""
    shown = {**asked, "orang": dict(site.trail.people()).get(asked["orang"], asked["orang"])}
    kind = f"{TEXTS}.jenis_nama.{asked['jenis']}"
    if kind in site.text:
        shown["jenis"] = site.text(kind)
    parts = [
        site.text(f"{TEXTS}.ekspor.saring_{name}", nilai=value) for name, value in shown.items() if value
    ]
    return ", ".join(parts) or site.text(f"{TEXTS}.ekspor.saring_semua")


def check_view(site: Site) -> CheckView:
    """Say how the newest check stands, or how far the one is that runs."""
    say, running = site.text, site.checks.running
    if running is not None:
        step = say(f"periksa.{running.step}")
        amount = say(
            f"{TEXTS}.periksa.kemajuan",
            langkah=step,
            selesai=written.number(running.done),
            semua=written.number(running.total),
        )
        return CheckView(
            tone="info",
            icon="sync",
            title=say(f"{TEXTS}.periksa.berjalan"),
            text="",
            step=step,
            amount=amount if running.total else step,
            done=min(running.done, running.total),
            total=running.total,
        )
    if site.checks.failed:
        return CheckView(tone="bad", icon="error", title=say(f"{TEXTS}.periksa.gagal"), text="")
    newest = site.checks.newest()
    if newest is None:
        return CheckView(tone="quiet", icon="info", title=say(f"{TEXTS}.periksa.belum"), text="")
    return _came_to(site, newest)


def _came_to(site: Site, check: Check) -> CheckView:
    known = site.names([check.person])
    way = "rusak" if check.fault_count else "baik"
    return CheckView(
        tone="bad" if check.fault_count else "good",
        icon="error" if check.fault_count else "approved",
        title=site.text(f"{TEXTS}.periksa.{way}", jumlah=written.number(check.fault_count)),
        text=site.text(
            f"{TEXTS}.periksa.{way}_arti",
            nama=known.get(check.person, "–"),
            waktu=written.date_and_clock(check.at_ms),
            detik=written.number(check.took_ms / 1000, 1),
            catatan=written.number(check.changes),
            tautan=written.number(check.links),
            tanda=written.number(check.signatures),
        ),
        faults=check.faults[:SHOWN_FAULTS],
    )


def _place(said: str) -> Place:
    """Read where a page begins; the newest for what is none."""
    at, _, seq = said.partition("-")
    if not (at + seq).isdigit() or not (at + seq).isascii() or not at or not seq or len(said) > 40:
        return Place()
    limit = 2**62
    return Place(at_ms=min(int(at), limit), seq=min(int(seq), limit))


def _older(asked: dict[str, str], found: Lines) -> str:
    if found.behind is None:
        return ""
    kept = {name: value for name, value in asked.items() if value}
    return f"/jejak?{urlencode({**kept, 'di': f'{found.behind.at_ms}-{found.behind.seq}'})}"
