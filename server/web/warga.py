"""Warga and e-warong: searching them, and one of them. Rule: what is searched for stands in no address.

Kind and desa may, and ids; a name or a number is sent as a form. Everything works without JavaScript.
"""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.ids import RecordId
from schemas.printed import printed_code
from server.access import LONGEST_PURPOSE, SHORTEST_PURPOSE, may
from server.services.finding import KINDS, MOST, Hits
from server.services.importing import SERVICES
from server.services.people import Denied
from server.services.profile import Profile
from server.services.review import NotThere
from server.web.errors import ForbiddenError, MissingError
from server.web.filters import Filter, Group, Option, choices
from server.web.qr import qr_svg
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

LONGEST = 100
DONE = ("gabung", "pisah")
NOT_DONE = {"usang": "warga.ganda.usang", "konflik": "warga.ganda.konflik_pisah"}


def warga_routes(site: Site) -> list[Any]:
    """Return the handlers of both pages."""
    text = site.text

    async def draw(visitor: Visitor, kind: str, desa: str, typed: str, number: int = 1) -> Response[str]:
        found: Hits | None = None
        if typed or desa:
            outcome = await site.work(lambda: site.finding.search(visitor.person, kind, typed, desa, number))
            if isinstance(outcome, Denied):
                raise ForbiddenError
            found = outcome
        waiting = await site.work(lambda: site.matching.counts(visitor.person))
        values = {
            "filters": _filters(site, kind, desa),
            "kind": kind,
            "desa": desa,
            "typed": typed,
            "found": found,
            "most": MOST,
            "previous": _page(kind, desa, number - 1) if number > 1 else "",
            "next": _page(kind, desa, number + 1) if found and found.more and not typed else "",
            "waiting": waiting,
        }
        return await site.page("warga/list.html", visitor, "warga", values)

    @get("/warga")
    async def listed(request: Asking) -> Response[str]:
        visitor = await _allowed(site, request)
        asked = request.query_params
        number = asked.get("hal", "1")
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
        return await draw(visitor, _kind(asked.get("jenis", "")), asked.get("desa", "")[:20], "", max(1, at))

    @post("/warga")
    async def search(request: Asking) -> Response[Any]:
        visitor = await _allowed(site, request)
        given = await site.form(request, visitor.csrf)
        typed = " ".join(given.get("dicari", "").split())[:LONGEST]
        kind, desa = _kind(given.get("jenis", "")), given.get("desa", "")[:20]
        # without a name or a number nothing of anybody is asked: then the address may say all of it
        return await draw(visitor, kind, desa, typed) if typed else onward(_page(kind, desa, 1))

    async def draw_one(
        visitor: Visitor, found: Profile | NotThere | Denied, notice: Notice | None, status: int = 200
    ) -> Response[str]:
        match found:
            case Profile():
                since = written.date_and_clock(found.objection.received_ms) if found.objection else ""
                may_answer = may(visitor.person, "see_protection")
                # who was merged lives on in another row, whose code is the one to scan
                code = qr_svg(printed_code("warga", found.hit.id), scale=3) if found.into is None else ""
                values = {
                    "one": found,
                    "notice": notice,
                    "since": since,
                    "may_answer": may_answer,
                    "code": code,
                    "closed": closed_words(site, found.closed),
                    "assign": _assign(site, visitor, found),
                    "destroying": site.to_destroy.called(visitor.person) if found.hit.kind == "warga" else "",
                }
                return await site.page("warga/one.html", visitor, "warga", values, status=status)
            case NotThere():
                raise MissingError
            case Denied():
                raise ForbiddenError

    @get("/warga/{subject:str}")
    async def one(request: Asking, subject: FromPath[str]) -> Response[str]:
        visitor = await site.visitor(request)
        found = await site.work(lambda: site.profiles.open(visitor.person, RecordId(subject)))
        return await draw_one(visitor, found, _said(site, request.query_params.get("selesai", "")))

    @post("/warga/{subject:str}/buka")
    async def open_numbers(request: Asking, subject: FromPath[str]) -> Response[str]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        purpose = given.get("keperluan", "").strip()[:LONGEST_PURPOSE]
        if len(purpose) < SHORTEST_PURPOSE:
            found = await site.work(lambda: site.profiles.open(visitor.person, RecordId(subject)))
            notice = Notice(tone="bad", icon="error", title=text("kantor.tinjau.perlu_keperluan"))
            return await draw_one(visitor, found, notice, 422)
        found = await site.work(lambda: site.profiles.look(visitor.person, RecordId(subject), purpose))
        notice = Notice(tone="notice", icon="show", title=text("kantor.tinjau.terbuka"))
        return await draw_one(visitor, found, notice)

    return [listed, search, one, open_numbers]


async def _allowed(site: Site, request: Asking) -> Visitor:
    visitor = await site.visitor(request)
    if not may(visitor.person, "see_warga"):
        raise ForbiddenError
    return visitor


def _said(site: Site, done: str) -> Notice | None:
    if done in NOT_DONE:
        return Notice(tone="notice", icon="warning", title=site.text(NOT_DONE[done]))
    return Notice(tone="good", icon="done", title=site.text(f"warga.sudah.{done}")) if done in DONE else None


def _page(kind: str, desa: str, number: int) -> str:
    return f"/warga?{urlencode({'jenis': kind, 'desa': desa, **({'hal': number} if number > 1 else {})})}"


def _kind(asked: str) -> str:
    return asked if asked in KINDS else KINDS[0]


def closed_words(site: Site, since: str) -> str:
    """Say since when (ISO) a shop is closed; nothing of one that is not."""
    return site.text("warga.tutup_sejak", hari=written.long_date(date.fromisoformat(since))) if since else ""


def _assign(site: Site, visitor: Visitor, found: Profile) -> str:
    """Return where a visit to somebody is given out; empty for who may not, and of who was merged."""
    service = next((each for each in SERVICES if each in found.served), "")
    if not service or found.into or not site.assigning.reaches(visitor.person, service, found.desa):
        return ""
    asked = {"layanan": service, "desa": found.desa, "siapa": found.hit.kind, "satu": found.hit.id}
    return f"/penugasan?{urlencode(asked)}"


def _filters(site: Site, kind: str, desa: str) -> list[Filter]:
    every = Group(label="", options=(Option(value="", label=site.text("warga.semua_desa")),))
    kinds = [(name, site.text(f"kantor.jenis.{name}")) for name in KINDS]
    return [
        choices("jenis", site.text("warga.jenis"), kind, kinds),
        Filter(name="desa", label=site.text("warga.desa"), value=desa, groups=(every, *site.regions)),
    ]
