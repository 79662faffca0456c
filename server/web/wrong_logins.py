"""Percobaan masuk: failed logins of every account, and what of them looks like guessing."""

from typing import Any

from litestar import Response, get, post

from server.services.handling import MOST_NOTE
from server.services.wrong_logins import PAGE
from server.web.devices import mark_alarm, marked_notice
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor


def wrong_login_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def draw(visitor: Visitor, notice: Notice | None = None, status: int = 200) -> Response[str]:
        values = {
            "rows": await site.work(site.wrong_logins.newest),
            "alarms": await site.work(lambda: site.alarms.guessing(visitor.person)),
            "most_note": MOST_NOTE,
            "notice": notice,
        }
        return await site.page("people/wrong_logins.html", visitor, "pengguna", values, status=status)

    @get(PAGE)
    async def page(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_logins")
        return await draw(visitor, marked_notice(site, request.query_params.get("alarm", "")))

    @post(PAGE)
    async def mark(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "see_logins")
        given = await site.form(request, visitor.csrf)
        if refused := await mark_alarm(site, visitor, given):
            return await draw(visitor, *refused)
        return onward(f"{PAGE}?alarm=ditandai")

    return [page, mark]
