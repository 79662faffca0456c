"""Konflik: what differed, side by side, and the choice. Rule: without a choice the office's value stays."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from schemas.base import Data
from schemas.ids import RecordId
from server.access import LONGEST_PURPOSE, SHORTEST_PURPOSE, may
from server.services.answers import covered
from server.services.conflict_view import NUMBERS, ConflictView
from server.services.conflicts import MOST, ConflictFilter, ConflictList, ConflictPage, Mistyped
from server.services.people import Denied
from server.services.review import Decided, NotThere, Stale
from server.web.errors import ForbiddenError, MissingError
from server.web.filters import Filter, choices
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

CHOICE, TYPED, BEFORE = "pilih.", "tulis.", "tadi."
LONGEST_TYPED = 500


class Moved(Data, frozen=True, kw_only=True):
    """A value that is another than when the page was opened."""

    label: str
    column: str
    before: str
    now: str


class Typed(Data, frozen=True, kw_only=True):
    """What somebody had chosen and typed, so that a page drawn again keeps it."""

    choices: dict[str, str] = {}
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}


class Listing(Data, frozen=True, kw_only=True):
    """A page of the list with the addresses of its neighbours, and what its links carry along."""

    last: int
    previous: str
    next: str
    query: str
    filtered: bool


def conflict_routes(site: Site) -> list[Any]:
    """Return the handlers of the conflict pages."""

    @get("/konflik")
    async def conflicts(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_conflicts"):
            raise ForbiddenError
        wanted, number = _wanted(request), _number(request.query_params.get("hal", "1"))
        found = await site.work(lambda: site.conflicts.all(visitor.person, wanted, number))
        values = {
            "found": found,
            "page": _listing(found, wanted, number),
            "filters": _filters(site, found, wanted),
            "notice": _done(site, request),
        }
        return await site.page("conflicts/list.html", visitor, "konflik", values)

    async def draw(
        request: Asking,
        visitor: Visitor,
        conflict: str,
        *,
        notice: Notice | None = None,
        typed: Typed | None = None,
        before: dict[str, str] | None = None,
        opened: bool = False,
        status: int = 200,
    ) -> Response[str]:
        wanted = _wanted(request)
        found = _there(
            await site.work(
                lambda: site.conflicts.page(visitor.person, RecordId(conflict), wanted, opened=opened)
            )
        )
        values = {
            "conflict": found.view,
            "story": found.story,
            "next": found.next,
            "previous": found.previous,
            "may_open": found.may_open,
            "query": _query(wanted),
            "notice": notice,
            "typed": typed or Typed(),
            "moved": _moved(site, found.view, before or {}),
            "regions": site.regions,
        }
        return await site.page("conflicts/one.html", visitor, "konflik", values, status=status)

    @get("/konflik/{conflict:str}")
    async def one(request: Asking, conflict: FromPath[str]) -> Response[str]:
        return await draw(request, await site.visitor(request), conflict, notice=_done(site, request))

    @post("/konflik/{conflict:str}/buka")
    async def open_numbers(request: Asking, conflict: FromPath[str]) -> Response[str]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        purpose = given.get("keperluan", "").strip()[:LONGEST_PURPOSE]
        if len(purpose) < SHORTEST_PURPOSE:
            said = Notice(tone="bad", icon="error", title=site.text("kantor.tinjau.perlu_keperluan"))
            return await draw(request, visitor, conflict, notice=said, status=422)
        if not await site.work(lambda: site.conflicts.look(visitor.person, RecordId(conflict), purpose)):
            raise ForbiddenError
        said = Notice(
            tone="notice",
            icon="show",
            title=site.text("kantor.tinjau.terbuka"),
            text=site.text("kantor.tinjau.terbuka_arti"),
        )
        return await draw(request, visitor, conflict, notice=said, opened=True)

    @post("/konflik/{conflict:str}")
    async def resolve(request: Asking, conflict: FromPath[str]) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        typed = Typed(choices=_under(CHOICE, given), values=_under(TYPED, given))
        outcome = await site.work(
            lambda: site.conflicts.resolve(
                visitor.person, RecordId(conflict), given.get("dilihat", ""), typed.choices, typed.values
            )
        )
        match outcome:
            case Decided():
                following = RecordId(given.get("lalu", ""))
                place = f"/konflik/{following}" if following.isalnum() else "/konflik"
                query = _query(_wanted(request), selesai="ya")
                return onward(place + query)
            case Denied():
                raise ForbiddenError
            case NotThere():
                raise MissingError
            case Mistyped(wrong=wrong):
                said = Notice(tone="bad", icon="error", title=site.text("kantor.konflik.salah_tulis"))
                said_of = {name: site.text(key) for name, key in wrong.items()}
                kept = Typed(choices=typed.choices, values=typed.values, wrong=said_of)
                return await draw(request, visitor, conflict, notice=said, typed=kept, status=422)
            case Stale():
                said = Notice(
                    tone="notice",
                    icon="warning",
                    title=site.text("kantor.konflik.usang"),
                    text=site.text("kantor.konflik.usang_arti"),
                )
                before = _under(BEFORE, given)
                return await draw(
                    request, visitor, conflict, notice=said, typed=typed, before=before, status=409
                )

    return [conflicts, one, open_numbers, resolve]


def _there(found: ConflictPage | NotThere | Denied) -> ConflictPage:
    match found:
        case ConflictPage():
            return found
        case NotThere():
            raise MissingError
        case Denied():
            raise ForbiddenError


def _under(beginning: str, given: dict[str, str]) -> dict[str, str]:
    """Return the fields of a form whose names begin so, without that beginning."""
    return {
        name.removeprefix(beginning): value[:LONGEST_TYPED]
        for name, value in given.items()
        if name.startswith(beginning)
    }


def _moved(site: Site, view: ConflictView, before: dict[str, str]) -> list[Moved]:
    """Return what is shown otherwise now than it was when the choice was made."""
    sides = (("theirs", "kantor.konflik.kantor"), ("mine", "kantor.konflik.lapangan"))
    found: list[Moved] = []
    for field in (field for choice in view.choices for field in choice.fields):
        for side, column in sides:
            now, was = str(getattr(field, side)), before.get(f"{side}.{field.name}")
            if was is not None and field.name in NUMBERS:
                was, now = covered(was), covered(now)
            if was is not None and was != now:
                found.append(Moved(label=field.label, column=site.text(column), before=was, now=now))
    return found


def _done(site: Site, request: Asking) -> Notice | None:
    if request.query_params.get("selesai") != "ya":
        return None
    return Notice(tone="good", icon="done", title=site.text("kantor.konflik.terpilih"))


def _wanted(request: Asking) -> ConflictFilter:
    asked = request.query_params
    return ConflictFilter(
        desa=asked.get("desa", "")[:20],
        service=asked.get("layanan", "")[:20],
        kind=asked.get("jenis", "")[:20],
    )


def _number(given: str) -> int:
    return max(1, min(int(given), 10_000)) if given.isascii() and given.isdigit() else 1


def _query(wanted: ConflictFilter, **more: object) -> str:
    """Return what an address carries along: the filter, and what is given besides."""
    named = {"desa": wanted.desa, "layanan": wanted.service, "jenis": wanted.kind, **more}
    kept = {name: value for name, value in named.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def _listing(found: ConflictList, wanted: ConflictFilter, number: int) -> Listing:
    last = found.first - 1 + len(found.shown)
    return Listing(
        last=last,
        previous=f"/konflik{_query(wanted, hal=number - 1)}" if number > 1 else "",
        next=f"/konflik{_query(wanted, hal=number + 1)}" if found.first - 1 + MOST < found.total else "",
        query=_query(wanted),
        filtered=wanted != ConflictFilter(),
    )


def _filters(site: Site, found: ConflictList, wanted: ConflictFilter) -> list[Filter]:
    text = site.text

    def filter_of(name: str, label: str, value: str, pairs: list[tuple[str, str]]) -> Filter:
        every = ("", text("kantor.antrean.semua_wilayah"))
        return choices(name, text(label), value, [every, *pairs])

    kinds = [(kind, f"kantor.jenis.{kind}") for kind in found.kinds]
    return [
        filter_of(
            "desa",
            "kantor.konflik.saring_desa",
            wanted.desa,
            [(kode, site.words.region(kode)) for kode in found.desa],
        ),
        filter_of(
            "layanan",
            "kantor.konflik.saring_layanan",
            wanted.service,
            [(name, text(f"layanan.{name}")) for name in found.services],
        ),
        filter_of(
            "jenis",
            "kantor.konflik.saring_jenis",
            wanted.kind,
            [(kind, text(key if key in text else "kantor.jenis.lain")) for kind, key in kinds],
        ),
    ]
