"""A visit beside others: where it stands in the queue, who else has it open, to whom it was handed.

Rule: what stands in an address is a filter and a word of what was done, never personal data.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.ids import PersonId, RecordId
from server.services.people import Denied
from server.services.queue import Standing
from server.services.review import HandedOver, Incomplete, NotThere, Open
from server.web.errors import ForbiddenError, MissingError, NotLoggedInError
from server.web.filters import written_in
from server.web.queue import asked_in, done_notice, wanted_of
from server.web.replies import onward
from server.web.site import SESSION_COOKIE, Asking, Notice, Site, Visitor

LONGEST_WORD = 500
ENDED, ENDED_UNKNOWN = "kantor.tinjau.sesi_berakhir", "kantor.tinjau.sesi_berakhir_lain"
HANDED = {
    "diserahkan": ("good", "forward"),
    "ditarik": ("info", "undo"),
    "dibuka": ("good", "undo"),
    "dibiarkan": ("good", "done"),
    "rekan_tidak_dapat": ("bad", "error"),
    "sudah_selesai": ("notice", "warning"),
}


class Trip(Data, frozen=True, kw_only=True):
    """A way through the queue: the filter as an address has it, and where this visit stands in it.

    `previous` and `next` are addresses, empty at an end.
    """

    query: str
    words: str
    previous: str
    next: str


class HandView(Data, frozen=True, kw_only=True):
    """To whom a visit may be handed, and what is said of whom it was handed to; `mine`: to its reader."""

    colleagues: tuple[tuple[str, str], ...]
    title: str
    note: str
    mine: bool


def beside_routes(site: Site) -> list[Any]:
    """Return the handlers beside those of a visit's page."""

    @get("/kunjungan/{visit:str}/siapa")
    async def who(request: Asking, visit: FromPath[str]) -> Response[str]:
        try:
            visitor = await site.visitor(request)
        except NotLoggedInError:
            if not request.headers.get("hx-request"):
                raise
            # whoever is writing must not lose it to a login page: the page stays, and says what to do
            return await site.work(lambda: _ended(site, request))
        may = await site.work(lambda: site.reviews.may_decide(visitor.person, RecordId(visit)))
        if isinstance(may, Denied):
            raise ForbiddenError
        if isinstance(may, NotThere):
            raise MissingError
        here = here_words(site, visitor, RecordId(visit)) if may else ()
        frame = site.frame(None, "antrean", visitor.theme)
        values = {"visit": {"id": visit}, "here": here, "ended": ""}
        return await site.work(lambda: site.show("review/_here.html", frame, values))

    @post("/kunjungan/{visit:str}/serahkan")
    async def hand(request: Asking, visit: FromPath[str]) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        whom, note = PersonId(given.get("kepada", "")), given.get("pesan", "")[:LONGEST_WORD]
        outcome = await site.work(lambda: site.reviews.hand(visitor.person, RecordId(visit), whom, note))
        match outcome:
            case HandedOver():
                done = "diserahkan" if whom else "ditarik"
            case Incomplete(say=say):
                done = say.rpartition(".")[2]
            case Denied():
                raise ForbiddenError
            case NotThere():
                raise MissingError
        return onward(f"/kunjungan/{visit}?{kept(request.query_params, hasil=done)}")

    return [who, hand]


def _ended(site: Site, request: Asking) -> Response[str]:
    """Say on a page that stays open that its session is over, and whether what is typed comes back."""
    known = site.accounts.whose(request.cookies.get(SESSION_COOKIE, ""))
    values = {"here": (), "ended": site.text(ENDED if known else ENDED_UNKNOWN)}
    return site.show("review/_here.html", site.frame(None, "antrean", ""), values)


def kept(params: Mapping[str, str], **more: str) -> str:
    """Return the filter that an address carries, with more, as the query of another."""
    asked = asked_in(params) if "status" in params else {}
    return written_in({**asked, **more})


def trip_of(
    site: Site, visitor: Visitor, params: Mapping[str, str], visit: RecordId, **more: str
) -> Trip | None:
    """Return the way through the queue that an address asks for; None where it asks for none."""
    if "status" not in params:
        return None
    asked = asked_in(params)
    wanted = wanted_of(site, asked, visitor.person)
    standing = site.queue.standing(visitor.person, wanted, visit)
    if standing is None:
        return None
    query, onwards = written_in(asked), written_in({**asked, **more})
    return Trip(
        query=query,
        words=_stands(site, standing),
        previous=f"/kunjungan/{standing.previous}?{query}" if standing.previous else "",
        next=f"/kunjungan/{standing.next}?{onwards}" if standing.next else "",
    )


def _stands(site: Site, standing: Standing) -> str:
    number = min(standing.number, standing.total)
    return site.text("kantor.tinjau.ke_dari", nomor=number, jumlah=standing.total) if standing.total else ""


def hand_view(site: Site, visitor: Visitor, found: Open) -> HandView:
    """Say to whom a visit was handed, and to whom it may be. Blocks its thread."""
    people = site.reviews.colleagues(visitor.person, found.visit) if found.rights.decide else []
    handed = found.handed
    said = (
        site.text(
            "kantor.tinjau.diserahkan_oleh",
            nama=handed.to,
            oleh=handed.by,
            kapan=written.date_and_clock(handed.at_ms),
        )
        if handed
        else ""
    )
    return HandView(
        colleagues=tuple((person.id, person.nama) for person in people),
        title=said,
        note=handed.note if handed else "",
        mine=handed is not None and handed.person == visitor.person.id,
    )


def here_words(site: Site, visitor: Visitor, visit: RecordId) -> tuple[str, ...]:
    """Say who else has a visit open."""
    return tuple(
        site.text("kantor.tinjau.juga_membuka", nama=here.name, jam=written.clock(here.since_ms))
        for here in site.presence.look(visitor.person, visit)
    )


def just_done(site: Site, params: Mapping[str, str]) -> Notice | None:
    """Say what was done just before, as an address tells it."""
    done = params.get("hasil", "")
    if done not in HANDED:
        return done_notice(site, params)
    tone, icon = HANDED[done]
    return Notice(tone=tone, icon=icon, title=site.text(f"kantor.tinjau.{done}"))
