"""Dropping what was kept of a form that never came through. Rule: only its writer can, by its name."""

from typing import Any

from litestar import Response, post

from server.web.login import own_page
from server.web.replies import onward
from server.web.site import Asking, Site


def unsent_routes(site: Site) -> list[Any]:
    """Return the handler of dropping."""

    @post("/tulisan/buang")
    async def drop(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request)
        # the name of what is dropped is read, and so dropped, with every form that carries one
        unsent = site.typing.unsent.all(visitor.person.id)
        given = await site.form(request, visitor.csrf)
        kept = next((each.target for each in unsent if each.id == given.get("tulisan")), "/")
        return onward(own_page(kept))

    return [drop]
