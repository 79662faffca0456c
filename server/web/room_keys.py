"""Kunci dan petugas: who can open the room, and how old its key is. Rule: each change asks the passphrase."""

from typing import Any

from litestar import Response, get, post

from schemas import format as written
from schemas.ids import PersonId
from schemas.words import unit_words
from server.services.room_ceremony import LASTS_MS
from server.services.room_held import Refusal
from server.services.room_officers import ADDING_MS
from server.web.errors import ForbiddenError, MissingError
from server.web.replies import onward
from server.web.room_frame import (
    ADDING_COOKIE,
    CEREMONY_COOKIE,
    LONGEST_PHRASE,
    change_person,
    forget,
    good,
    in_turn,
    names,
    officer,
    phrases,
    refused,
    room_cookie,
)
from server.web.site import Asking, Notice, Site, Visitor

NEW_OFFICER = "/ruang/petugas-baru"


def key_routes(site: Site) -> list[Any]:
    """Return the handlers of the room's keys and officers."""
    room = site.room

    async def draw(visitor: Visitor, notice: Notice | None = None, status: int = 200) -> Response[str]:
        found = await site.work(room.officers.all)
        if found is None or not await site.work(lambda: room.custodian.is_officer(visitor.person)):
            raise ForbiddenError
        values = {
            "found": found,
            "gone": await site.work(lambda: names(site, found.gone)),
            "made": written.long_date(written.local_date(found.made_ms)),
            "proposal": await site.work(room.ceremonies.proposal),
            "notice": notice,
        }
        return await site.page("room/keys.html", visitor, "ruang", values, status=status)

    @get("/ruang/kunci")
    async def keys(request: Asking) -> Response[str]:
        visitor = await officer(site, request)
        added = request.query_params.get("ditambah") == "ya"
        return await draw(visitor, good(site, "tambah", nama=visitor.person.nama) if added else None)

    @post("/ruang/kunci")
    async def step(request: Asking) -> Response[Any]:
        visitor = await officer(site, request)
        given = await site.form(request, visitor.csrf)
        person, phrase = visitor.person, given.get("frasa", "")[:LONGEST_PHRASE]
        whom = PersonId(given.get("petugas", "")[:32])
        match given.get("langkah", ""):
            case "kertas":
                begun = await in_turn(site, lambda: room.ceremonies.renew(person, phrase))
                return await go_on(request, visitor, begun, (CEREMONY_COOKIE, "/ruang/siapkan", LASTS_MS))
            case "tambah":
                begun = await in_turn(site, lambda: room.officers.begin_adding(person, phrase, whom))
                return await go_on(request, visitor, begun, (ADDING_COOKIE, NEW_OFFICER, ADDING_MS))
            case "putar":
                outcome = await in_turn(site, lambda: room.officers.rotate(person, phrase))
                done = good(site, "putar", nomor=outcome)
            case "cabut":
                outcome = await in_turn(site, lambda: room.officers.remove(person, phrase, whom))
                done = good(site, "cabut")
            case "frasa":
                change = room.officers.change_passphrase
                outcome = await in_turn(site, lambda: change(person, phrase, *phrases(given)))
                done = good(site, "frasa")
            case _:
                raise MissingError
        if isinstance(outcome, Refusal):
            return await draw(visitor, refused(site, outcome), outcome.status)
        return await draw(visitor, done)

    async def go_on(
        request: Asking, visitor: Visitor, begun: str | Refusal, onto: tuple[str, str, int]
    ) -> Response[Any]:
        """Set the cookie that a screen with two people needs, and go to its page."""
        if isinstance(begun, Refusal):
            return await draw(visitor, refused(site, begun), begun.status)
        cookie, target, lasts_ms = onto
        response = onward(target)
        response.set_cookie(room_cookie(request, cookie, begun, lasts_ms))
        return response

    @get("/ruang/kunci/tanda")
    async def sign(request: Asking) -> Response[str]:
        visitor = await officer(site, request)
        found = await site.work(room.custodian.current)
        if found is None:
            raise MissingError
        values = {
            "words": unit_words(found.identity),
            "done": request.query_params.get("selesai", ""),
            "office": site.deps.office_name,
        }
        return await site.page("room/sign.html", visitor, "ruang", values)

    return [keys, step, sign]


def new_officer_routes(site: Site) -> list[Any]:
    """Return the handlers of the page on which a new officer chooses a passphrase."""
    room = site.room

    async def draw(request: Asking, visitor: Visitor, refusal: Refusal | None = None) -> Response[str]:
        token = request.cookies.get(ADDING_COOKIE, "")
        asked = await site.work(lambda: room.officers.adding(token))
        if asked is None:
            raise MissingError
        values = {
            "name": (await site.work(lambda: names(site, (asked.person,))))[0][1],
            "mine": asked.person == visitor.person.id,
            "vouched": asked.by == visitor.person.id,
            "proposal": await site.work(room.ceremonies.proposal),
            "notice": refused(site, refusal),
        }
        status = refusal.status if refusal else 200
        return await site.page("room/new_officer.html", visitor, "ruang", values, status=status)

    @get(NEW_OFFICER)
    async def page(request: Asking) -> Response[str]:
        return await draw(request, await officer(site, request))

    @post(NEW_OFFICER)
    async def take_in(request: Asking) -> Response[Any]:
        visitor = await officer(site, request)
        given = await site.form(request, visitor.csrf)
        if given.get("langkah") == "ganti":
            return await change_person(site, request, NEW_OFFICER)
        token = request.cookies.get(ADDING_COOKIE, "")
        finish = room.officers.finish_adding
        outcome = await in_turn(site, lambda: finish(visitor.person, token, *phrases(given)))
        if outcome is not None:
            return await draw(request, visitor, outcome)
        return forget(onward("/ruang/kunci?ditambah=ya"), ADDING_COOKIE)

    return [page, take_in]
