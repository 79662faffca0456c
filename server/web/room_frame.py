"""What the room's pages have in common. Rule: whoever has no role for the room gets nothing of it.

Cookies of the room go to its pages only, and with no request from elsewhere; what they hold is the key of a
row in the database (services/room_held.py) and stands nowhere else.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Response
from litestar.datastructures import Cookie

from schemas.ids import PersonId
from server.access import may
from server.services.people import load_person
from server.services.room_held import Refusal
from server.web.errors import ForbiddenError
from server.web.login import end_session
from server.web.replies import onward
from server.web.site import SESSION_COOKIE, Asking, Notice, Site, Visitor
from server.web.turns import BUSY, Busy

T = TypeVar("T")

PATH = "/ruang"
OPEN_COOKIE, CEREMONY_COOKIE, ADDING_COOKIE = "sambang_ruang", "sambang_upacara", "sambang_petugas"
LONGEST_PHRASE = 300


async def officer(site: Site, request: Asking) -> Visitor:
    """Say who is asking, if their role may open the room. Raises ForbiddenError, NotLoggedInError."""
    visitor = await site.visitor(request)
    if not may(visitor.person, "open_room"):
        raise ForbiddenError
    return visitor


async def change_person(site: Site, request: Asking, target: str) -> Response[Any]:
    """End this login, and let the other person log in on the same screen."""
    await site.work(lambda: end_session(site, request))
    response = onward(f"/masuk?ke={target}")
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


async def in_turn(site: Site, job: Callable[[], T]) -> T | Refusal:
    """Do what derives a key from a passphrase when its turn comes, beside the logins: each derivation takes
    64 MiB. Refused, with nothing done or counted, when too many wait.
    """
    outcome = await site.turns.work(job)
    return Refusal(say="kantor.masuk.ramai", status=BUSY) if isinstance(outcome, Busy) else outcome


def room_cookie(request: Asking, name: str, value: str, lasts_ms: int) -> Cookie:
    """Make a cookie of the room; over HTTPS it stays there."""
    return Cookie(
        key=name,
        value=value,
        max_age=lasts_ms // 1000,
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def forget(response: Response[Any], name: str) -> Response[Any]:
    """Take a cookie of the room away from the browser."""
    response.delete_cookie(name, path=PATH)
    return response


def refused(site: Site, refusal: Refusal | None) -> Notice | None:
    """Say a refusal above a page."""
    if refusal is None:
        return None
    key = refusal.say if "." in refusal.say else f"ruang.tolak.{refusal.say}"
    return Notice(tone="bad", icon="error", title=site.text(key, **refusal.values))


def good(site: Site, key: str, **values: object) -> Notice:
    """Say that something was done."""
    return Notice(tone="good", icon="done", title=site.text(f"ruang.sudah.{key}", **values))


def names(site: Site, ids: tuple[PersonId, ...]) -> list[tuple[PersonId, str]]:
    """Return people with their names; of one who is not active, the beginning of the id."""
    found = [site.deps.engine.read(lambda tx, name=name: load_person(tx, name)) for name in ids]
    return [(name, person.nama if person else name[:8]) for name, person in zip(ids, found, strict=True)]


def phrases(given: dict[str, str]) -> tuple[str, str]:
    """Return a new passphrase as it was typed twice."""
    return given.get("frasa_baru", "")[:LONGEST_PHRASE], given.get("frasa_ulang", "")[:LONGEST_PHRASE]
