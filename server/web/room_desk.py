"""The desk of a sealed case: whether this browser has it open, and what the page shows then. Rule: nothing is
ever stored, and a browser leaves the page by itself when the ten minutes are over.
"""

from datetime import date

from litestar import Response

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from server.services.room_held import Refusal
from server.services.room_opening import Opened
from server.services.room_work import Key
from server.web.errors import ForbiddenError, MissingError
from server.web.review import Typed
from server.web.room import stamp_words
from server.web.room_frame import OPEN_COOKIE, officer, refused
from server.web.site import SESSION_COOKIE, Asking, Notice, Site, Visitor


class Kept(Data, frozen=True, kw_only=True):
    """What the reader had typed, to be shown again when something was not done."""

    reasons: Typed = Typed()
    step: str = ""
    answers: dict[str, str] = {}
    purpose: str = ""
    task: str = ""


class Desk:
    """What the handlers of a sealed case share."""

    def __init__(self, site: Site) -> None:
        self._site, self._room = site, site.room

    async def key(self, request: Asking, visitor: Visitor, kasus: str) -> Key | None:
        """Return what this browser has open of a case; None when it is closed."""
        token, session = request.cookies.get(OPEN_COOKIE, ""), request.cookies.get(SESSION_COOKIE, "")
        current, person = self._room.openings.current, visitor.person.id
        found = await self._site.work(lambda: current(token, session, person, RecordId(kasus)))
        return Key(token=token, session=session, opened=found) if found is not None else None

    async def opened(self, request: Asking, kasus: str) -> tuple[Visitor, Key]:
        """Say who has this case open. Raises MissingError where it is closed."""
        visitor = await officer(self._site, request)
        key = await self.key(request, visitor, kasus)
        if key is None:
            raise MissingError
        return visitor, key

    async def door(
        self, visitor: Visitor, kasus: str, refusal: Refusal | None = None, purpose: str = ""
    ) -> Response[str]:
        """Show what stands outside, and ask for passphrase and purpose."""
        site, room = self._site, self._room
        if not await site.work(lambda: room.custodian.is_officer(visitor.person)):
            raise ForbiddenError
        outside = await site.work(lambda: room.cases.one(RecordId(kasus), today(site)))
        if outside is None:
            raise MissingError
        values = {"case": outside, "notice": refused(site, refusal), "purpose": purpose}
        status = refusal.status if refusal else 200
        return await site.page("room/door.html", visitor, "ruang", values, status=status)

    async def inside(
        self,
        request: Asking,
        visitor: Visitor,
        key: Key,
        *,
        template: str = "room/case.html",
        refusal: Refusal | None = None,
        notice: Notice | None = None,
        kept: Kept | None = None,
    ) -> Response[str]:
        """Show the open case, with what was typed."""
        site, room, person = self._site, self._room, visitor.person
        chosen = request.query_params.get("kunjungan")
        stamp, visit = stamp_words(site, visitor), RecordId(chosen) if chosen else None
        case, people, late = await site.work(
            lambda: (
                room.cases.inside(person, key.opened.case, visit, stamp, today(site)),
                room.work.reachable(),
                room.late.waiting(key.kasus),
            )
        )
        if case is None:
            raise MissingError
        values = {
            "case": case,
            "notice": refused(site, refusal) or notice,
            "kept": kept or Kept(),
            "people": people,
            "late": late,
            "forms": room.work.sealed_forms(),
            "until": written.clock(key.opened.until_ms),
            "stamp": stamp,
        }
        status = refusal.status if refusal else 200
        return self.closing(await site.page(template, visitor, "ruang", values, status=status), key)

    def closing(self, page: Response[str], key: Key) -> Response[str]:
        """Let the browser leave a page when the room closes."""
        page.headers["refresh"] = f"{_left(self._site, key.opened)}; url=/ruang/kasus/{key.kasus}"
        return page


def today(site: Site) -> date:
    """Return the day at the office."""
    return written.local_date(site.deps.now_ms())


def _left(site: Site, opened: Opened) -> int:
    """Seconds until the room closes by itself."""
    return max(0, (opened.until_ms - site.deps.now_ms()) // 1000) + 1
