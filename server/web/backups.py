"""Cadangan: how the backups stand, a copy now, how to restore. Rule: for admins, and without case data."""

from typing import Any

from litestar import Response, get, post

from server.access import may
from server.web.errors import ForbiddenError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

ANSWERS = {"diminta": "good", "tidak_jalan": "bad", "tanpa_tujuan": "bad"}
"""How a press of the button may end, and the tone of its sentence."""
COMMANDS = (
    ("cara_siap", "python -m server backup --data DIR --prepare /media/usb1/sambang"),
    (
        "cara_jadwal",
        "python -m server backup --data DIR --every 24 --to /media/usb1/sambang --to /media/usb2/sambang"
        " --stream /media/usb3/sambang",
    ),
    ("cara_periksa", "python -m server verify --data DIR --medium /media/usb1/sambang"),
    (
        "cara_pulih",
        "python -m server restore --from /media/usb1/sambang --also /media/usb3/sambang --data DIR_BARU"
        " --key BERKAS_KUNCI",
    ),
)


def backup_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def visitor_who_may(request: Asking) -> Visitor:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_backups"):
            raise ForbiddenError
        return visitor

    @get("/cadangan")
    async def backups(request: Asking) -> Response[str]:
        visitor = await visitor_who_may(request)
        answer = request.query_params.get("hasil", "")
        notice = None
        if answer in ANSWERS:
            tone = ANSWERS[answer]
            icon = "info" if tone == "good" else "error"
            notice = Notice(tone=tone, icon=icon, title=site.text(f"kantor.cadangan.{answer}"))
        values: dict[str, Any] = {
            "view": await site.work(site.backups.view),
            "notice": notice,
            "commands": [(site.text(f"kantor.cadangan.{key}"), command) for key, command in COMMANDS],
        }
        return await site.page("backups/backups.html", visitor, "cadangan", values)

    @post("/cadangan")
    async def start(request: Asking) -> Response[Any]:
        visitor = await visitor_who_may(request)
        if not may(visitor.person, "make_backups"):
            raise ForbiddenError
        await site.form(request, visitor.csrf)
        answer = await site.work(site.backups.ask)
        return onward(f"/cadangan?hasil={answer}")

    return [backups, start]
