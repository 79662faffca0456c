"""Perangkat, phones that wait: the four words to compare, and the officer's answer.

Rule: the words are shown to whoever may enrol, and nothing is sent to the phone before they are confirmed.
"""

from hashlib import sha256
from typing import Any

from litestar import Response, get, post

from schemas import format as written
from schemas.base import Data
from schemas.problem import Problem
from server.access import may
from server.services.people import load_person
from server.web.errors import ForbiddenError, UnreadableError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

NO_NEWS = 204
STOP_ASKING = 286
"""By which htmx ends its asking: no code is out any more, and nobody waits."""


class WaitingRow(Data, frozen=True, kw_only=True):
    """A phone that waits, as the page shows it."""

    id: str
    owner: str
    model: str
    words: tuple[str, ...]
    until: str


class JoiningView(Data, frozen=True, kw_only=True):
    """All that wait. `seen` is their mark: as long as it is the same there is nothing new to draw."""

    rows: tuple[WaitingRow, ...]
    seen: str
    asks: bool


def joining_view(site: Site) -> JoiningView:
    """Read who waits."""
    found = site.deps.joinings.waiting()
    people = site.deps.engine.read(lambda tx: {each.person: load_person(tx, each.person) for each in found})
    rows = tuple(
        WaitingRow(
            id=each.id,
            owner=person.nama if (person := people[each.person]) else "",
            model=each.model,
            words=each.words,
            until=written.clock(each.until_ms),
        )
        for each in found
    )
    mark = sha256(" ".join(f"{row.id} {len(row.words)}" for row in rows).encode()).hexdigest()[:16]
    return JoiningView(rows=rows, seen=mark, asks=site.deps.joinings.expects())


OUTCOMES = {"sama": ("good", "check"), "beda": ("notice", "rejected"), "lewat": ("bad", "error")}


def outcome_notice(site: Site, said: str) -> Notice | None:
    """Return the sentence for what became of a phone that waited."""
    if said not in OUTCOMES:
        return None
    tone, icon = OUTCOMES[said]
    return Notice(tone=tone, icon=icon, title=site.text(f"kantor.pendaftaran.{said}_selesai"))


def joining_routes(site: Site) -> list[Any]:
    """Return the handlers of comparing words."""

    async def officer(request: Asking) -> Visitor:
        visitor = await site.visitor(request)
        if not may(visitor.person, "enrol_devices"):
            raise ForbiddenError
        return visitor

    @get("/perangkat/menunggu")
    async def waiting(request: Asking) -> Response[Any]:
        visitor = await officer(request)
        view = await site.work(lambda: joining_view(site))
        if view.seen == request.query_params.get("lihat"):
            status = NO_NEWS if view.asks else STOP_ASKING
            return Response(content=b"", status_code=status, headers={"cache-control": "no-store"})
        values = {"joining": view}
        return await site.page("devices/_joining.html", visitor, "perangkat", values)

    @post("/perangkat/menunggu")
    async def decide(request: Asking) -> Response[Any]:
        visitor = await officer(request)
        given = await site.form(request, visitor.csrf)
        name, by = given.get("hp", ""), visitor.person.id
        answer = given.get("jawab")
        joinings = site.deps.joinings
        if answer == "sama":
            done = await site.work(lambda: joinings.confirm(name, by))
        elif answer == "beda":
            done = await site.work(lambda: joinings.refuse(name, by))
        else:
            raise UnreadableError
        said = "lewat" if isinstance(done, Problem) else answer
        return onward(f"/perangkat?hasil={said}")

    return [waiting, decide]
