"""Konflik: what differed, side by side, and the choice. Rule: without a choice the office's value stays."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from schemas.ids import RecordId
from server.access import may
from server.services.conflicts import ConflictView
from server.services.people import Denied
from server.services.review import Decided, NotThere, Stale
from server.web.errors import ForbiddenError, MissingError
from server.web.site import SECURITY_HEADERS, Asking, Notice, Site, Visitor

CHOICE = "pilih."


def conflict_routes(site: Site) -> list[Any]:
    """Return the handlers of the conflict pages."""

    @get("/konflik")
    async def conflicts(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_conflicts"):
            raise ForbiddenError
        done = request.query_params.get("selesai") == "ya"
        said = site.text("kantor.konflik.terpilih")
        values = {
            "found": await site.work(lambda: site.conflicts.all(visitor.person)),
            "notice": Notice(tone="good", icon="done", title=said) if done else None,
        }
        return await site.page("conflicts/list.html", visitor, "konflik", values)

    async def draw(visitor: Visitor, conflict: str, notice: Notice | None, status: int) -> Response[str]:
        found = await site.work(lambda: site.conflicts.open(visitor.person, RecordId(conflict)))
        match found:
            case ConflictView():
                values = {"conflict": found, "notice": notice}
                return await site.page("conflicts/one.html", visitor, "konflik", values, status=status)
            case NotThere():
                raise MissingError
            case Denied():
                raise ForbiddenError

    @get("/konflik/{conflict:str}")
    async def one(request: Asking, conflict: FromPath[str]) -> Response[str]:
        return await draw(await site.visitor(request), conflict, None, 200)

    @post("/konflik/{conflict:str}")
    async def resolve(request: Asking, conflict: FromPath[str]) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        choices = {
            name.removeprefix(CHOICE): value for name, value in given.items() if name.startswith(CHOICE)
        }
        outcome = await site.work(
            lambda: site.conflicts.resolve(
                visitor.person, RecordId(conflict), given.get("dilihat", ""), choices
            )
        )
        match outcome:
            case Decided():
                return Redirect("/konflik?selesai=ya", status_code=303, headers=SECURITY_HEADERS)
            case Denied():
                raise ForbiddenError
            case NotThere():
                raise MissingError
            case Stale():
                said = site.text("kantor.konflik.usang")
                return await draw(visitor, conflict, Notice(tone="notice", icon="warning", title=said), 409)

    return [conflicts, one, resolve]
