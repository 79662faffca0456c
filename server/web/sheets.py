"""Lembar harian: the head of the chain to print, and the check against an older one. Rule: no case data."""

from typing import Any

from litestar import Response, get, post

from schemas import format as written
from server.engine import Reader
from server.proof.head import Mistyped, Same, Sheet, check, sheet, sheet_paper
from server.proof.verdicts import said
from server.web.errors import PageError
from server.web.replies import download
from server.web.site import Asking, Notice, Site, Visitor


def sheet_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""
    deps = site.deps

    def now() -> Sheet:
        def look(tx: Reader) -> Sheet | None:
            return sheet(tx, deps.office.device, deps.office.public_keys, deps.now_ms())

        made = deps.engine.read(look)
        if made is None:
            raise PageError
        return made

    async def draw(
        visitor: Visitor, notice: Notice | None, typed: dict[str, str], status: int = 200
    ) -> Response[str]:
        made = await site.work(now)
        values = {
            "sheet": made,
            "number": written.number(made.number),
            "head": made.head.hex(),
            "notice": notice,
            "typed": typed,
        }
        return await site.page("trail/sheet.html", visitor, "jejak", values, status=status)

    @get("/jejak/lembar")
    async def page(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_trail")
        return await draw(visitor, None, {"jumlah": "", "ujung": ""})

    @get("/jejak/lembar/cetak")
    async def paper(request: Asking) -> Response[Any]:
        await site.allowed(request, "see_trail")

        def work() -> bytes | None:
            return deps.typesetter.pdf(sheet_paper(now(), deps.office_name, site.text))

        pdf = await site.work(work)
        if pdf is None:
            raise PageError
        day = written.local_date(deps.now_ms()).isoformat()
        return download(pdf, "application/pdf", f"lembar-{day}.pdf")

    @post("/jejak/lembar")
    async def compare(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_trail")
        given = await site.form(request, visitor.csrf)
        typed = {
            "jumlah": given.get("jumlah", "").strip()[:20],
            "ujung": given.get("ujung", "").strip()[:400],
        }
        digits = typed["jumlah"][:20].replace(".", "")
        number = int(digits) if digits.isascii() and digits.isdigit() else 0
        verdict = await site.work(
            lambda: deps.engine.read(lambda tx: check(tx, deps.office.device, typed["ujung"], number))
        )
        title, text = said(verdict, site.text)
        good = isinstance(verdict, Same)
        tone, icon = ("good", "approved") if good else ("bad", "error")
        notice = Notice(tone=tone, icon=icon, title=title, text=text)
        return await draw(visitor, notice, typed, 422 if isinstance(verdict, Mistyped) else 200)

    return [page, paper, compare]
