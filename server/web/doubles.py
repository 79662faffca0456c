"""Possible doubles and people whom phones made: merged, told apart, or found new. Rule: a person decides."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas.ids import RecordId
from server.services.matching import Blocked, Outcome, PairPage
from server.services.people import Denied
from server.services.review import Decided, NotThere, Stale
from server.web.errors import ForbiddenError, MissingError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

DONE = ("beda", "gabung", "baru")


def double_routes(site: Site) -> list[Any]:
    """Return the handlers of the two lists."""

    @get("/kemungkinan-ganda")
    async def doubles(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        found = await site.work(lambda: site.matching.pairs(visitor.person))
        if isinstance(found, Denied):
            raise ForbiddenError
        total = await site.work(lambda: site.matching.pair_count(visitor.person))
        values = {"rows": found.rows, "behind": found.behind, "total": total, "notice": _said(site, request)}
        return await site.page("warga/doubles.html", visitor, "warga", values)

    @get("/orang-baru")
    async def fresh(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        return await draw_fresh(visitor, _said(site, request), 200)

    async def draw_fresh(visitor: Visitor, notice: Notice | None, status: int) -> Response[str]:
        found = await site.work(lambda: site.matching.fresh(visitor.person))
        if isinstance(found, Denied):
            raise ForbiddenError
        total = await site.work(lambda: site.matching.fresh_count(visitor.person))
        values = {"rows": found.rows, "behind": found.behind, "total": total, "notice": notice}
        return await site.page("warga/fresh.html", visitor, "warga", values, status=status)

    @post("/orang-baru")
    async def confirm(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        name = RecordId(given.get("orang", ""))
        outcome = await site.work(lambda: site.matching.confirm_new(visitor.person, name))
        if isinstance(outcome, Decided):
            return onward("/orang-baru?selesai=baru")
        return await draw_fresh(visitor, _problem(site, outcome), 409)

    return [doubles, fresh, confirm]


def pair_routes(site: Site) -> list[Any]:
    """Return the handlers of two records side by side, and of what undoes a merge."""

    async def draw_pair(
        visitor: Visitor, one: str, other: str, notice: Notice | None, status: int
    ) -> Response[str]:
        found = await site.work(lambda: site.matching.compare(visitor.person, RecordId(one), RecordId(other)))
        match found:
            case PairPage():
                values = {"pair": found, "notice": notice}
                return await site.page("warga/pair.html", visitor, "warga", values, status=status)
            case NotThere():
                raise MissingError
            case Denied():
                raise ForbiddenError

    @get("/kemungkinan-ganda/{one:str}/{other:str}")
    async def pair(request: Asking, one: FromPath[str], other: FromPath[str]) -> Response[str]:
        visitor = await site.visitor(request)
        return await draw_pair(visitor, one, other, None, 200)

    @post("/kemungkinan-ganda/{one:str}/{other:str}")
    async def decide(request: Asking, one: FromPath[str], other: FromPath[str]) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        seen, keep = given.get("dilihat", ""), given.get("dipertahankan", "")
        first, second = RecordId(one), RecordId(other)
        if given.get("putusan") == "beda":
            outcome = await site.work(lambda: site.matching.tell_apart(visitor.person, first, second, seen))
            if isinstance(outcome, Decided):
                return onward("/kemungkinan-ganda?selesai=beda")
        elif keep in (one, other):
            gone = second if keep == one else first
            outcome = await site.work(lambda: site.matching.merge(visitor.person, RecordId(keep), gone, seen))
            if isinstance(outcome, Decided):
                return onward(f"/warga/{keep}?selesai=gabung")
        else:
            outcome = Blocked(say="warga.ganda.pilih")
        return await draw_pair(visitor, one, other, _problem(site, outcome), 409)

    @post("/warga/{subject:str}/pisah")
    async def split(request: Asking, subject: FromPath[str]) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        keep, gone = RecordId(subject), RecordId(given.get("orang", ""))
        outcome = await site.work(lambda: site.matching.split(visitor.person, keep, gone))
        if not isinstance(outcome, Decided):
            _problem(site, outcome)
        said = (
            "pisah" if isinstance(outcome, Decided) else "usang" if isinstance(outcome, Stale) else "konflik"
        )
        return onward(f"/warga/{subject}?selesai={said}")

    return [pair, decide, split]


def _said(site: Site, request: Asking) -> Notice | None:
    done = request.query_params.get("selesai", "")
    return Notice(tone="good", icon="done", title=site.text(f"warga.sudah.{done}")) if done in DONE else None


def _problem(site: Site, outcome: Outcome) -> Notice:
    """Say why nothing was decided. Raises MissingError, ForbiddenError."""
    match outcome:
        case NotThere():
            raise MissingError
        case Denied():
            raise ForbiddenError
        case Blocked(say=say):
            return Notice(tone="bad", icon="error", title=site.text(say))
        case Stale() | Decided():
            return Notice(tone="notice", icon="warning", title=site.text("warga.ganda.usang"))
