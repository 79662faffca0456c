"""Ruang tertutup: its list, the stamp on its pages, and the recovery key's alarm. Rule: outside, only codes.

Whoever is not named gets no list; to be taken in, or to break the glass, they learn how.
"""

from html import escape
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.ids import RecordId
from server.access import may
from server.services.room_held import Refusal
from server.services.room_opening import OPEN_MS
from server.web.errors import ForbiddenError, MissingError
from server.web.replies import onward
from server.web.room_frame import (
    CEREMONY_COOKIE,
    OPEN_COOKIE,
    officer,
    refused,
    room_cookie,
)
from server.web.site import SECURITY_HEADERS, SESSION_COOKIE, Asking, Site, Visitor

LONGEST_PURPOSE = 500
LONGEST_HALF = 2_000
LONGEST_CODE = 24


def room_routes(site: Site) -> list[Any]:
    """Return the handlers of the room's own pages."""
    room = site.room

    @get("/ruang")
    async def home(request: Asking) -> Response[Any]:
        return await _home(site, request, await officer(site, request))

    @post("/ruang")
    async def search(request: Asking) -> Response[Any]:
        visitor = await officer(site, request)
        given = await site.form(request, visitor.csrf)
        return await _home(site, request, visitor, given.get("kode", "").strip().upper()[:LONGEST_CODE])

    @get("/ruang/kunjungan/{visit:str}")
    async def case_of(request: Asking, visit: FromPath[str]) -> Response[Any]:
        visitor = await officer(site, request)
        if not await site.work(lambda: room.custodian.is_officer(visitor.person)):
            raise ForbiddenError
        kasus = await site.work(lambda: room.cases.case_of(RecordId(visit)))
        if kasus is None:
            raise MissingError
        return onward(f"/ruang/kasus/{kasus}?kunjungan={visit}")

    @get("/ruang/cap.svg")
    async def stamp(request: Asking) -> Response[str]:
        visitor = await officer(site, request)
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        return Response(
            content=stamp_svg(stamp_words(site, visitor)), media_type="image/svg+xml", headers=headers
        )

    async def draw_glass(
        visitor: Visitor, refusal: Refusal | None = None, kode: str = "", purpose: str = ""
    ) -> Response[str]:
        values = {"notice": refused(site, refusal), "kode": kode, "purpose": purpose}
        status = refusal.status if refusal else 200
        return await site.page("room/glass.html", visitor, "ruang", values, status=status)

    @get("/ruang/darurat")
    async def glass(request: Asking) -> Response[str]:
        return await draw_glass(await officer(site, request))

    @post("/ruang/darurat")
    async def break_glass(request: Asking) -> Response[Any]:
        visitor = await officer(site, request)
        given = await site.form(request, visitor.csrf)
        kode = given.get("kode", "").strip().upper()[:LONGEST_CODE]
        purpose = given.get("keperluan", "").strip()[:LONGEST_PURPOSE]
        halves = given.get("kertas_1", "")[:LONGEST_HALF], given.get("kertas_2", "")[:LONGEST_HALF]
        session = request.cookies.get(SESSION_COOKIE, "")
        kasus = await site.work(lambda: room.cases.by_code(kode))
        if kasus is None:
            return await draw_glass(visitor, Refusal(say="kode_tidak_ada"), kode, purpose)
        begun = await site.work(
            lambda: room.openings.break_glass(visitor.person, session, kasus, halves, purpose)
        )
        if isinstance(begun, Refusal):
            return await draw_glass(visitor, begun, kode, purpose)
        response = onward(f"/ruang/kasus/{kasus}")
        response.set_cookie(room_cookie(request, OPEN_COOKIE, begun, OPEN_MS))
        return response

    return [home, search, case_of, stamp, glass, break_glass, *_alarm_routes(site)]


def _alarm_routes(site: Site) -> list[Any]:
    """Return the handlers of what tells that glass was broken."""
    room = site.room

    @get("/ruang/alarm")
    async def alarms(request: Asking) -> Response[str]:
        visitor = await watcher(request)
        values = {"found": await site.work(lambda: room.alarms.unseen(visitor.person))}
        return await site.page("room/alarms.html", visitor, "beranda", values)

    @post("/ruang/alarm")
    async def seen(request: Asking) -> Response[Any]:
        visitor = await watcher(request)
        given = await site.form(request, visitor.csrf)
        await site.work(lambda: room.alarms.mark(visitor.person, given.get("alarm", "")[:32]))
        return onward("/ruang/alarm")

    async def watcher(request: Asking) -> Visitor:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_broken_glass"):
            raise ForbiddenError
        return visitor

    return [alarms, seen]


async def _home(site: Site, request: Asking, visitor: Visitor, kode: str = "") -> Response[Any]:
    """Show the cases to who is named, or lead to the one whose code was typed; no address has the code."""
    room = site.room
    today = written.local_date(site.deps.now_ms())
    is_there = await site.work(room.custodian.current) is not None
    named = is_there and await site.work(lambda: room.custodian.is_officer(visitor.person))
    token = request.cookies.get(CEREMONY_COOKIE, "")
    if named and kode and (sought := await site.work(lambda: room.cases.by_code(kode))):
        return onward(f"/ruang/kasus/{sought}")
    late = await site.work(room.late.counts) if named else {}
    values = {
        "kode": kode,
        "notice": refused(site, Refusal(say="kode_tidak_ada") if named and kode else None),
        "is_there": is_there,
        "named": named,
        "found": await site.work(lambda: room.cases.all(today, late)) if named else None,
        "ceremony": await site.work(lambda: room.ceremonies.look(visitor.person, token)),
        "late": late,
        "due": named and await site.work(room.officers.is_due),
    }
    return await site.page("room/list.html", visitor, "ruang", values)


def stamp_words(site: Site, visitor: Visitor) -> str:
    """Return what is written across pages and pictures: who looks, and when."""
    person, now = visitor.person, site.deps.now_ms()
    who = f"{person.nama} {person.kode}".strip()
    return f"{who} - {written.short_date(written.local_date(now))} {written.clock(now)}"


def stamp_svg(words: str) -> str:
    """Draw words across a whole page, faint enough to read what lies under them."""
    wide = 9 * len(words) + 60
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"><defs>'
        f'<pattern id="p" width="{wide}" height="140" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(-24)">'
        '<text x="10" y="60" font-family="sans-serif" font-size="15" font-weight="600" fill="#7a8a85"'
        f' fill-opacity="0.28">{escape(words)}</text></pattern></defs>'
        '<rect width="100%" height="100%" fill="url(#p)"/></svg>'
    )
