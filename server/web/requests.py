"""Permintaan warga: what people ask about their data, with its 3 × 24 hours, and the copy of it all.

Rule: somebody is searched for by POST, so that no name or number stands in an address; a copy is made only
with a purpose, which is recorded first.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from server.access import may
from server.services.found_looks import is_on_record
from server.services.incident_clock import Deadline
from server.services.person_export import Dossier, packed
from server.services.requests import APPLICANTS, KINDS, MOST_TEXT, OUTCOMES, Found, NotDone, Request
from server.web.errors import ForbiddenError, MissingError
from server.web.paper import Paper, paper_page
from server.web.protection import protector
from server.web.register_form import moment_of
from server.web.replies import download, onward
from server.web.site import Asking, Notice, Site, Visitor

LONGEST = 120
"""Of what is searched for so many letters are taken: names are no longer, and each word costs."""


class Clock(Data, frozen=True, kw_only=True):
    """A deadline as it is shown: never by colour alone."""

    tone: str
    icon: str
    word: str


def clock_of(site: Site, deadline: Deadline) -> Clock:
    """Say in words how near a deadline is."""
    tone, icon = {
        "berjalan": ("quiet", "clock"),
        "segera": ("notice", "clock"),
        "lewat": ("bad", "late"),
        "selesai": ("good", "done"),
    }[deadline.urgency]
    return Clock(tone=tone, icon=icon, word=site.text(f"kantor.batas.{deadline.urgency}", jam=deadline.hours))


def request_routes(site: Site) -> list[Any]:
    """Return the handlers of the list, of searching and of taking a request down."""

    def sought(visitor: Visitor, wanted: str) -> tuple[list[tuple[Found, str]], bool]:
        found = site.requests.find(visitor.person, wanted, site.text("kantor.permintaan.mencari"))
        return [(each, site.words.region(each.desa)) for each in found.shown], found.more

    async def draw_list(
        visitor: Visitor, notice: Notice | None, status: int = 200, wanted: str | None = None
    ) -> Response[str]:
        wanted = wanted if wanted is None else wanted[:LONGEST]
        found = await site.work(lambda: site.requests.all(visitor.person))
        people, more = (None, False) if wanted is None else await site.work(lambda: sought(visitor, wanted))
        values = {
            "rows": [(each, clock_of(site, each.clock), _received(each)) for each in found],
            "may_handle": may(visitor.person, "handle_requests"),
            "notice": notice,
            "found": people,
            "more": more,
            "wanted": wanted or "",
            "longest": LONGEST,
            "on_record": is_on_record(visitor.person),
            "kinds": KINDS,
            "applicants": APPLICANTS,
            "most": MOST_TEXT,
            "now": written.local(site.deps.now_ms()).strftime("%Y-%m-%dT%H:%M"),
        }
        return await site.page("requests/list.html", visitor, "pelindungan", values, status=status)

    @get("/permintaan")
    async def page(request: Asking) -> Response[str]:
        visitor = await protector(site, request)
        # a request that was being written stands below those who were searched for: they are searched again
        unsent = site.typing.unsent.on(visitor.person.id, "/permintaan")
        return await draw_list(visitor, None, wanted=unsent[0].given.get("dicari") if unsent else None)

    @post("/permintaan/cari")
    async def search(request: Asking) -> Response[str]:
        visitor = await protector(site, request, "handle_requests")
        given = await site.form(request, visitor.csrf)
        return await draw_list(visitor, None, wanted=given.get("dicari", ""))

    @post("/permintaan")
    async def take_down(request: Asking) -> Response[Any]:
        visitor = await protector(site, request, "handle_requests")
        given = await site.form(request, visitor.csrf)
        received = moment_of(given.get("diterima", ""))
        if received is None:
            return await draw_list(visitor, _problem(site, NotDone(why="waktu")), 422, given.get("dicari"))
        answer = await site.work(
            lambda: site.requests.open(
                visitor.person,
                RecordId(given.get("warga", "")),
                given.get("jenis", ""),
                given.get("pemohon", ""),
                given.get("isi", ""),
                received,
            )
        )
        if isinstance(answer, NotDone):
            return await draw_list(visitor, _problem(site, answer), 422, given.get("dicari"))
        return onward(f"/permintaan/{answer}")

    return [page, search, take_down]


def one_request_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages of one request."""

    async def draw_one(
        visitor: Visitor, name: str, notice: Notice | None, status: int = 200
    ) -> Response[str]:
        found = await site.work(lambda: site.requests.one(visitor.person, RecordId(name)))
        if found is None:
            raise MissingError
        known = await site.work(lambda: _names(site, found))
        values = {
            "one": found,
            "clock": clock_of(site, found.clock),
            "until": written.date_and_clock(found.clock.until_ms),
            "received": _received(found),
            "by": known.get(found.by, "–"),
            "withdrawn": written.date_and_clock(found.withdrawn_ms),
            "withdrawn_by": known.get(found.withdrawn_by, "–"),
            "outcomes": OUTCOMES,
            "most": MOST_TEXT,
            "may_close": may(visitor.person, "handle_requests"),
            "may_export": may(visitor.person, "export_person"),
            "notice": notice,
        }
        return await site.page("requests/one.html", visitor, "pelindungan", values, status=status)

    @get("/permintaan/{name:str}")
    async def one(request: Asking, name: FromPath[str]) -> Response[str]:
        return await draw_one(await protector(site, request), name, None)

    @post("/permintaan/{name:str}")
    async def close(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await protector(site, request, "handle_requests")
        given = await site.form(request, visitor.csrf)
        refused = await site.work(
            lambda: site.requests.close(
                visitor.person, RecordId(name), given.get("hasil", ""), given.get("jawaban", "")
            )
        )
        if refused is not None:
            return await draw_one(visitor, name, _problem(site, refused), 422)
        return onward(f"/permintaan/{name}")

    @post("/permintaan/{name:str}/tarik")
    async def withdraw(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await protector(site, request, "handle_requests")
        given = await site.form(request, visitor.csrf)
        refused = await site.work(
            lambda: site.requests.withdraw(visitor.person, RecordId(name), given.get("penarikan", ""))
        )
        if refused is not None:
            return await draw_one(visitor, name, _problem(site, refused), 422)
        return onward(f"/permintaan/{name}")

    @get("/permintaan/{name:str}/surat")
    async def letter(request: Asking, name: FromPath[str]) -> Response[str]:
        visitor = await protector(site, request)
        found = await site.work(lambda: site.requests.one(visitor.person, RecordId(name)))
        if found is None or found.is_open:
            raise MissingError
        known = await site.work(lambda: _names(site, found))
        return await paper_page(site, visitor, _letter(site, found, known.get(found.closed_by, "–")))

    @post("/permintaan/{name:str}/salinan")
    async def copy(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await protector(site, request, "export_person")
        given = await site.form(request, visitor.csrf)
        found = await site.work(lambda: site.requests.one(visitor.person, RecordId(name)))
        if found is None:
            raise MissingError
        if found.kind != "akses" or not found.is_open:
            raise ForbiddenError
        made = await site.work(
            lambda: site.exports.make(
                visitor.person,
                found.warga,
                given.get("tujuan", ""),
                site.deps.office_name,
                site.deps.now_ms(),
            )
        )
        if isinstance(made, NotDone):
            return await draw_one(visitor, name, _problem(site, made), 422)
        return await site.work(lambda: _download(site, made))

    return [one, close, withdraw, letter, copy]


def _download(site: Site, made: Dossier) -> Response[Any]:
    page = site.templates.get_template("requests/dossier.html").render(dossier=made)
    return download(packed(made, page), "application/zip", "data-diri.zip")


def _received(each: Request) -> str:
    return written.date_and_clock(each.received_ms)


def _names(site: Site, found: Request) -> dict[str, str]:
    ids = {each for each in (found.by, found.closed_by, found.withdrawn_by) if each}
    return site.names(ids)


def _problem(site: Site, refused: NotDone) -> Notice:
    return Notice(tone="bad", icon="error", title=site.text(f"kantor.permintaan.masalah.{refused.why}"))


def _letter(site: Site, found: Request, officer: str) -> Paper:
    text = site.text
    when = written.date_and_clock(found.withdrawn_ms)
    withdrawn = f" ({text('kantor.permintaan.hasil_ditarik', waktu=when)})" if found.withdrawn_ms else ""
    facts = {
        "nama": found.nama or "–",
        "yang_diminta": text(f"kantor.permintaan.jenis.{found.kind}"),
        "diterima": _received(found),
        "hasil": text(f"kantor.permintaan.hasil.{found.outcome}") + withdrawn,
        "jawaban": found.answer,
    }
    return Paper(
        back=f"/permintaan/{found.id}",
        title=text("kantor.permintaan.surat.judul"),
        opening=(text("kantor.permintaan.surat.pembuka"),),
        facts=tuple((text(f"kantor.permintaan.surat.{name}"), value) for name, value in facts.items()),
        closing=(text("kantor.permintaan.surat.penutup"),),
        signs=((text("kantor.permintaan.surat.petugas"), officer),),
    )
