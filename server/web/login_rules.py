"""Langkah kedua: whose login needs a code, and who said so when. Rule: what is always asked has no box."""

from typing import Any

from litestar import Response, get, post

from schemas import format as written
from server.access import ALWAYS_CODE, ROLES, Role, may
from server.services.login_rules import Past
from server.web.errors import ForbiddenError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

PAGE = "/pengguna/langkah-kedua"
ROLE, CHOSEN = "peran.", "ya"


def login_rule_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""
    rules = site.login_rules

    async def draw(visitor: Visitor, notice: Notice | None = None, status: int = 200) -> Response[str]:
        held = await site.work(rules.roles)
        chosen = [(f"{ROLE}{role}", _said(site, (role,)), role in held) for role in ROLES if _is_free(role)]
        values = {
            "always": [_said(site, (role,)) for role in ROLES if not _is_free(role)],
            "roles": chosen,
            "may_set": may(visitor.person, "set_second_step"),
            "past": await site.work(lambda: _past(site, rules.history())),
            "notice": notice,
        }
        return await site.page("people/second_step.html", visitor, "pengguna", values, status=status)

    @get(PAGE)
    async def page(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_people"):
            raise ForbiddenError
        saved = request.query_params.get("hasil", "") == "tersimpan"
        done = site.text("kantor.langkah_kedua.tersimpan")
        return await draw(visitor, Notice(tone="good", icon="done", title=done) if saved else None)

    @post(PAGE)
    async def change(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "set_second_step"):
            raise ForbiddenError
        given = await site.form(request, visitor.csrf)
        roles: list[Role] = [role for role in ROLES if given.get(ROLE + role) == CHOSEN]
        if await site.work(lambda: rules.change(visitor.person, roles)) is None:
            return onward(f"{PAGE}?hasil=tersimpan")
        title = site.text("kantor.langkah_kedua.berubah")
        return await draw(visitor, Notice(tone="bad", icon="error", title=title), 422)

    return [page, change]


def _is_free(role: Role) -> bool:
    return role not in ALWAYS_CODE


def _said(site: Site, roles: tuple[Role, ...]) -> str:
    return ", ".join(site.text(f"peran.{role}") for role in roles)


def _past(site: Site, past: list[Past]) -> list[str]:
    people = {each.by for each in past}
    known = site.names(people)
    return [
        site.text(
            "kantor.langkah_kedua.riwayat_isi",
            waktu=written.date_and_clock(each.at_ms),
            nama=known.get(each.by, "–"),
            peran=_said(site, each.roles),
        )
        for each in past
    ]
