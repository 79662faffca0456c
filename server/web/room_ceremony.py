"""Siapkan ruang: the ceremony of two officers on one screen. Rule: what is shown once, no browser stores."""

from typing import Any

from litestar import Response, get, post

from schemas import format as written
from server.access import Person
from server.services.room_ceremony import LASTS_MS, Ceremonies, Done
from server.services.room_held import Refusal
from server.web.errors import MissingError
from server.web.replies import onward
from server.web.room_frame import (
    CEREMONY_COOKIE,
    change_person,
    forget,
    in_turn,
    officer,
    phrases,
    refused,
    room_cookie,
)
from server.web.site import Asking, Site, Visitor

PAGE = "/ruang/siapkan"
LONGEST_HALF = 2_000


def ceremony_routes(site: Site) -> list[Any]:
    """Return the handlers of the ceremony."""
    room = site.room

    async def draw(request: Asking, visitor: Visitor, refusal: Refusal | None = None) -> Response[str]:
        token = request.cookies.get(CEREMONY_COOKIE, "")
        ceremony = await site.work(lambda: room.ceremonies.look(visitor.person, token))
        if ceremony is None and await site.work(room.custodian.current) is not None:
            raise MissingError
        values = {
            "ceremony": ceremony,
            "proposal": await site.work(room.ceremonies.proposal),
            "notice": refused(site, refusal),
            "office": site.deps.office_name,
            "today": written.long_date(written.local_date(site.deps.now_ms())),
        }
        status = refusal.status if refusal else 200
        return await site.page("room/ceremony.html", visitor, "ruang", values, status=status)

    @get(PAGE)
    async def ceremony(request: Asking) -> Response[str]:
        return await draw(request, await officer(site, request))

    @post(PAGE)
    async def step(request: Asking) -> Response[Any]:
        visitor = await officer(site, request)
        given = await site.form(request, visitor.csrf)
        token, person = request.cookies.get(CEREMONY_COOKIE, ""), visitor.person
        match given.get("langkah", ""):
            case "mulai":
                begun = await in_turn(site, lambda: room.ceremonies.begin(person, *phrases(given)))
                if isinstance(begun, Refusal):
                    return await draw(request, visitor, begun)
                response = onward(PAGE)
                response.set_cookie(room_cookie(request, CEREMONY_COOKIE, begun, LASTS_MS))
                return response
            case "ganti":
                return await change_person(site, request, PAGE)
            case "batal":
                await site.work(lambda: room.ceremonies.cancel(token))
                return forget(onward("/ruang"), CEREMONY_COOKIE)
            case "kedua":
                outcome = await in_turn(site, lambda: room.ceremonies.second(person, token, *phrases(given)))
            case name:
                outcome = await site.work(lambda: _take(room.ceremonies, person, token, name, given))
        match outcome:
            case Refusal():
                return await draw(request, visitor, outcome)
            case Done():
                how = "kertas" if outcome.renewed else "ya"
                return forget(onward(f"/ruang/kunci/tanda?selesai={how}"), CEREMONY_COOKIE)
            case None:
                return onward(PAGE)

    return [ceremony, step]


def _take(
    ceremonies: Ceremonies, person: Person, token: str, name: str, given: dict[str, str]
) -> Done | Refusal | None:
    """Take one step of a ceremony that is under way."""
    match name:
        case "dicatat":
            return ceremonies.noted(person, token)
        case "lihat":
            return ceremonies.show_again(person, token)
        case "ketik":
            return ceremonies.type_back(person, token, given.get("baris", "")[:LONGEST_HALF])
        case _:
            return Refusal(say="upacara_lewat", status=409)
