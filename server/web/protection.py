"""Pelindungan data: the way to the pages of protecting people's data. Rule: only counts stand here."""

from typing import Any

from litestar import Response, get

from schemas.base import Data
from server.access import Action, may
from server.web.site import Asking, Site, Visitor


class Way(Data, frozen=True, kw_only=True):
    """A way to another page, and what is there."""

    href: str
    icon: str
    label: str
    hint: str


WAYS: tuple[tuple[str, str, str, Action], ...] = (
    ("permintaan", "/permintaan", "person", "see_protection"),
    ("insiden", "/insiden", "warning", "see_protection"),
    ("masa_simpan", "/masa-simpan", "calendar", "see_protection"),
    ("pemusnahan", "/pemusnahan", "delete", "see_protection"),
    ("pemrosesan", "/pemrosesan", "file", "see_protection"),
    ("penerima", "/penerima", "sent", "see_protection"),
)


def protection_routes(site: Site) -> list[Any]:
    """Return the handler of the page."""

    @get("/pelindungan")
    async def page(request: Asking) -> Response[str]:
        visitor = await protector(site, request)
        ways = [
            Way(
                href=href,
                icon=icon,
                label=site.text(f"kantor.{name}.judul"),
                hint=site.text(f"kantor.{name}.arti"),
            )
            for name, href, icon, action in WAYS
            if may(visitor.person, action)
        ]
        return await site.page("protection/protection.html", visitor, "pelindungan", {"ways": ways})

    return [page]


async def protector(site: Site, request: Asking, action: Action = "see_protection") -> Visitor:
    """Say who is asking, if they may. Raises what `Site.allowed` raises."""
    return await site.allowed(request, action)
