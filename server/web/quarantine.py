"""Karantina: what was kept and not applied, and having it judged again. Rule: nothing is thrown away here."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from server.access import may
from server.services.people import Denied
from server.services.quarantine import KeptList, KeptPage
from server.services.review import NotThere
from server.web.errors import ForbiddenError, MissingError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site


def quarantine_routes(site: Site) -> list[Any]:
    """Return the handlers of the quarantine pages."""

    @get("/karantina")
    async def kept(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        found = await site.work(lambda: site.quarantine.all(visitor.person))
        match found:
            case KeptList():
                values = {"found": found, "notice": _judged(site, request.query_params.get("dinilai", ""))}
                return await site.page("quarantine/list.html", visitor, "karantina", values)
            case Denied():
                raise ForbiddenError

    @get("/karantina/{change:str}")
    async def one(request: Asking, change: FromPath[str]) -> Response[str]:
        visitor = await site.visitor(request)
        found = await site.work(lambda: site.quarantine.open(visitor.person, change))
        match found:
            case KeptPage():
                values = {"kept": found, "closed": site.text(found.closed) if found.closed else ""}
                return await site.page("quarantine/one.html", visitor, "karantina", values)
            case NotThere():
                raise MissingError
            case Denied():
                raise ForbiddenError

    @post("/karantina")
    async def judge_again(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "judge_again"):
            raise ForbiddenError
        await site.form(request, visitor.csrf)
        mended = await site.work(site.quarantine.judge)
        return onward(f"/karantina?dinilai={mended}")

    return [kept, one, judge_again]


def _judged(site: Site, count: str) -> Notice | None:
    if not (count.isascii() and count.isdigit()):
        return None
    if int(count) == 0:
        return Notice(tone="info", icon="info", title=site.text("kantor.karantina.dinilai_tetap"))
    said = site.text("kantor.karantina.dinilai", jumlah=int(count))
    return Notice(tone="good", icon="done", title=said)
