"""The custody report of a visit, from its page. Rule: a purpose first, and the request is on record."""

from typing import IO, Any

from litestar import Response, post
from litestar.params import FromPath

from schemas.ids import RecordId
from server.access import SHORTEST_PURPOSE, Person, may
from server.parsing.paper import Fact, Section
from server.proof.making import Maker, pack
from server.services.people import Denied
from server.services.review import NotThere, Open
from server.web.errors import ForbiddenError, MissingError, PageError
from server.web.replies import download
from server.web.site import Asking, Site


def report_routes(site: Site) -> list[Any]:
    """Return the handler of the report."""

    @post("/kunjungan/{visit:str}/laporan")
    async def report(request: Asking, visit: FromPath[str]) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        found = await site.work(lambda: site.reviews.open(visitor.person, RecordId(visit)))
        if isinstance(found, NotThere):
            raise MissingError
        if isinstance(found, Denied) or not found.rights.report:
            raise ForbiddenError
        purpose, answers = given.get("keperluan", "").strip(), given.get("isi") == "ya"
        if len(purpose) < SHORTEST_PURPOSE:
            values = {"visit": found.page, "problem": site.text("kantor.laporan.perlu_keperluan")}
            return await site.page("review/report.html", visitor, "antrean", values, status=422)
        out = await site.work(lambda: _made(site, visitor.person, found, purpose, answers))
        return download(out, "application/zip", f"laporan-{found.page.id[:8]}.zip")

    return [report]


def _made(site: Site, person: Person, found: Open, purpose: str, answers: bool) -> IO[bytes]:
    deps = site.deps
    maker = Maker.of(deps)
    visit = found.page.id
    first = maker.report(visit, with_contents=False)
    if first is None:
        raise MissingError
    maker.record(person.id, first, purpose)
    report = maker.report(visit, with_contents=answers) or first
    file = maker.write(report)
    sections = _answers(site, person, visit) if report.contents == "isi" else ()
    paper = maker.paper(report, file, sections)
    if paper is None:
        raise PageError
    out = deps.uploads.scratch()  # closed by who sends it
    pack(maker, report, file, paper, out)
    return out


def _answers(site: Site, person: Person, visit: RecordId) -> tuple[Section, ...]:
    """Return what was answered, as the page shows it to this person with its numbers open."""
    found = site.reviews.open(person, visit, opened=may(person, "open_numbers"))
    if not isinstance(found, Open):
        return ()
    return tuple(
        Section(title=page.title, facts=tuple(Fact(label=one.label, value=one.value) for one in page.given))
        for page in found.page.pages
        if page.given
    )
