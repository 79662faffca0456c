"""Kasus: those under way, one of them, its next step. Rule: the workflow file says what a step asks."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.ids import RecordId
from server.access import may
from server.letter_store import LetterRow
from server.services.cases import EVERY_CASE, CaseView
from server.services.left_cases import joined_visits
from server.services.people import Denied
from server.services.review import Decided, Incomplete, NotThere, Stale
from server.web.case_filters import asked_in, case_filters, wanted_of
from server.web.errors import ForbiddenError, MissingError
from server.web.filters import written_in
from server.web.letters import letter_card, letter_links, letters_out
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor
from server.web.step_form import LARGEST_STEP_BYTES, read_step

NEED = "isi."


def case_routes(site: Site) -> list[Any]:
    """Return the handlers of the case pages."""
    engine, workflows = site.deps.engine, site.deps.workflows

    def today() -> date:
        return written.local_date(site.deps.now_ms())

    @get("/kasus")
    async def cases(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_cases"):
            raise ForbiddenError
        asked = asked_in(request.query_params)
        wanted = wanted_of(asked)
        found = await site.work(lambda: site.cases.all(visitor.person, today(), wanted))
        values = {
            "found": found,
            "filters": case_filters(site, found, asked),
            "query": written_in(asked),
            "filtered": wanted != EVERY_CASE,
        }
        return await site.page("cases/list.html", visitor, "kasus", values)

    async def draw(
        visitor: Visitor,
        case: str,
        query: str,
        notice: Notice | None,
        status: int,
        chosen: str = "",
        typed: dict[str, str] | None = None,
    ) -> Response[str]:
        found = await site.work(lambda: site.cases.open(visitor.person, RecordId(case), today()))
        match found:
            case CaseView():
                begin = letter_links(site, visitor, "kasus", found.id, found.service)
                out = await site.work(lambda: letters_out(site, visitor, found.id))
                answer = await site.work(lambda: site.letter_shelf.answering(visitor.person, found.id))
                values = {
                    "case": found,
                    "joined": await site.work(lambda: joined_visits(engine, workflows, found.id)),
                    "notice": notice,
                    "chosen": chosen,
                    "typed": typed or {},
                    "proposed": _proposed(answer),
                    "destroying": site.to_destroy.called(visitor.person),
                    "query": query,
                    **letter_card(site, begin, out),
                }
                return await site.page("cases/one.html", visitor, "kasus", values, status=status)
            case NotThere():
                raise MissingError
            case Denied():
                raise ForbiddenError

    @get("/kasus/{case:str}")
    async def one(request: Asking, case: FromPath[str]) -> Response[str]:
        visitor = await site.visitor(request)
        done = request.query_params.get("selesai") == "ya"
        said = Notice(tone="good", icon="done", title=site.text("kantor.kasus.tersimpan")) if done else None
        return await draw(visitor, case, written_in(asked_in(request.query_params)), said, 200)

    @post("/kasus/{case:str}", request_max_body_size=LARGEST_STEP_BYTES)
    async def step(request: Asking, case: FromPath[str]) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await read_step(site, visitor, request)
        answers = {name.removeprefix(NEED): value for name, value in given.items() if name.startswith(NEED)}
        event, query = given.get("langkah", ""), written_in(asked_in(request.query_params))
        outcome = await site.work(
            lambda: site.cases.advance(
                visitor.person, RecordId(case), given.get("dilihat", ""), event, answers
            )
        )
        match outcome:
            case Decided():
                return onward(f"/kasus/{case}?selesai=ya{f'&{query}' if query else ''}")
            case Denied():
                raise ForbiddenError
            case NotThere():
                raise MissingError
            case Stale():
                said, status = (
                    Notice(tone="notice", icon="warning", title=site.text("kantor.kasus.usang")),
                    409,
                )
            case Incomplete(say=say):
                said, status = Notice(tone="bad", icon="error", title=site.text(say)), 422
        return await draw(visitor, case, query, said, status, event, answers)

    return [cases, one, step]


def _proposed(answer: LetterRow | None) -> dict[str, str]:
    """What a step asks of a letter, as it stands on the one that answers where the case stands."""
    return {"nomor_surat": answer.written, "tanggal_surat": answer.day} if answer else {}
