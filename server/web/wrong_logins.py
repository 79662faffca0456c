"""Percobaan masuk: failed logins of every account, and what of them looks like guessing."""

from typing import Any

from litestar import Response, get, post

from server.access import may
from server.services.handling import MOST_NOTE
from server.services.wrong_logins import PAGE
from server.web.errors import ForbiddenError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor


def wrong_login_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def allowed(request: Asking) -> Visitor:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_logins"):
            raise ForbiddenError
        return visitor

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
        visitor = await allowed(request)
        marked = request.query_params.get("alarm", "") == "ditandai"
        done = site.text("kantor.alarm.ditandai")
        return await draw(visitor, Notice(tone="good", icon="done", title=done) if marked else None)

    @post(PAGE)
    async def mark(request: Asking) -> Response[Any]:
        visitor = await allowed(request)
        given = await site.form(request, visitor.csrf)
        key, note = given.get("alarm", ""), given.get("catatan", "").strip()
        if not 0 < len(note) <= MOST_NOTE:
            wrong = site.text("kantor.alarm.catatan_kosong", jumlah=MOST_NOTE)
            return await draw(visitor, Notice(tone="bad", icon="error", title=wrong), 422)
        if not await site.work(lambda: site.alarms.mark(visitor.person, key, note)):
            moved = Notice(tone="notice", icon="info", title=site.text("kantor.alarm.berubah"))
            return await draw(visitor, moved, 409)
        return onward(f"{PAGE}?alarm=ditandai")

    return [page, mark]
