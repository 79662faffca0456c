"""Tinjau kunjungan: one visit and the decision on it. Rule: everything here works without JavaScript.

Whoever comes from the queue brings its filter along in the address, and after a decision is led to the next
visit of it.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from server.access import LONGEST_PURPOSE, SHORTEST_PURPOSE, may
from server.services.deciding import came_after, is_passed_over
from server.services.left_cases import joined_cases, left_cases, lost
from server.services.people import Denied
from server.services.review import Decided, Incomplete, NotThere, Open, Stale
from server.services.tugas_after import others_sent, sent_in_vain
from server.web.beside import hand_view, here_words, just_done, kept, trip_of
from server.web.errors import ForbiddenError, MissingError
from server.web.letters import letter_card, letter_links, letters_out
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor
from sync.visits import LEAVE

STATE_AFTER = {"setujui": "disetujui", "kembalikan": "dikembalikan", "tolak": "ditolak", "tahan": "ditahan"}
REASON, NOTE = "alasan.", "catatan"
LONGEST_REASON = 500
LONGEST_NOTE = 1000
"""What a phone shows whole, in characters: longer words are told of, never cut without a word."""
LONGEST_KEPT = 20_000
"""Of each text so much is given back to whoever has to shorten it."""
NEED_A_NOTE = ("kantor.tinjau.perlu_alasan", "kantor.tinjau.perlu_catatan")
"""What is said of a decision that lacks words, and of no other."""


class Typed(Data, frozen=True, kw_only=True):
    """What somebody typed on a visit's page: reasons by `form.field` or blob, and the note."""

    reasons: dict[str, str] = {}
    note: str = ""


class PageRights(Data, frozen=True, kw_only=True):
    """What the page offers; `why` says in words why it offers no decision."""

    decide: bool
    reveal: bool
    report: bool
    profile: bool
    why: str
    why_icon: str
    reopen: bool
    leave: bool


def review_routes(site: Site) -> list[Any]:
    """Return the handlers of a visit's page."""
    engine, workflows = site.deps.engine, site.deps.workflows

    async def draw(
        request: Asking,
        visitor: Visitor,
        found: Open,
        *,
        notice: Notice | None = None,
        typed: Typed | None = None,
        problem: str = "",
        wrong: str = "",
        status: int = 200,
    ) -> Response[str]:
        rights = PageRights(
            decide=found.rights.decide,
            reveal=found.rights.open_numbers,
            report=found.rights.report,
            profile=found.page.subject is not None
            and not found.page.destroyed
            and may(visitor.person, "see_warga"),
            why=site.text(found.rights.why) if found.rights.why else "",
            reopen=found.rights.reopen,
            leave=found.rights.leave,
            why_icon="person" if found.rights.why.endswith("milik_sendiri") else "info",
        )
        params, visit = request.query_params, found.page.id
        service = found.page.service if found.page.is_of_warga else ""
        begin = letter_links(site, visitor, "kunjungan", visit, service)
        acts = rights.decide or may(visitor.person, "assign_tasks")

        def sent_too() -> tuple[str, ...]:
            return others_sent(engine, visitor.person, found.visit, site.words)

        batch = await site.work(lambda: site.together.current(visitor.person))
        values = {
            "visit": found.page,
            "merged": found.merged,
            "conflicts": await site.work(lambda: site.conflicts.open_on(visitor.person, found.page.subject)),
            "rights": rights,
            "trip": await site.work(lambda: trip_of(site, visitor, params, visit)),
            "hand": await site.work(lambda: hand_view(site, visitor, found)),
            "here": here_words(site, visitor, visit) if rights.decide else (),
            "ended": "",
            "left": await site.work(lambda: left_cases(engine, workflows, visitor.person, visit)),
            "joined": await site.work(lambda: joined_cases(engine, workflows, visitor.person, found.visit)),
            "lost": await site.work(lambda: lost(engine, workflows, visitor.person, found.visit)),
            "came_after": came_after(found.visit.record.fields),
            "passed_over": is_passed_over(found.visit.record.fields),
            "in_vain": await site.work(lambda: sent_in_vain(engine, found.visit.record)) if acts else "",
            "others_sent": await site.work(sent_too) if acts else (),
            "meant": await site.work(lambda: site.reviews.meant(visitor.person, found.visit)),
            "sampled": batch is not None and visit in batch.left,
            "notice": notice or just_done(site, params),
            "typed": typed or Typed(),
            "problem": problem,
            "wrong": wrong,
            "destroying": site.to_destroy.called(visitor.person),
            **letter_card(site, begin, await site.work(lambda: letters_out(site, visitor, visit))),
        }
        return await site.map_page("review/review.html", visitor, "antrean", values, status=status)

    @get("/kunjungan/{visit:str}")
    async def review(request: Asking, visit: FromPath[str]) -> Response[str]:
        visitor = await site.visitor(request)
        found = await site.work(lambda: site.reviews.open(visitor.person, RecordId(visit)))
        return await draw(request, visitor, _there(found))

    @post("/kunjungan/{visit:str}/buka")
    async def open_numbers(request: Asking, visit: FromPath[str]) -> Response[str]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        purpose = given.get("keperluan", "").strip()[:LONGEST_PURPOSE]
        if len(purpose) < SHORTEST_PURPOSE:
            found = await site.work(lambda: site.reviews.open(visitor.person, RecordId(visit)))
            notice = _notice(site, "bad", "error", "perlu_keperluan")
            return await draw(request, visitor, _there(found), notice=notice, status=422)
        found = await site.work(lambda: site.reviews.look(visitor.person, RecordId(visit), purpose))
        return await draw(request, visitor, _there(found), notice=_notice(site, "notice", "show", "terbuka"))

    @post("/kunjungan/{visit:str}/keputusan")
    async def decide(request: Asking, visit: FromPath[str]) -> Response[Any]:
        visitor = await site.visitor(request)
        given = await site.form(request, visitor.csrf)
        typed = typed_of(given)
        decision = given.get("keputusan", "")
        wrong = longest_in(typed)
        if wrong:
            found = await site.work(lambda: site.reviews.open(visitor.person, RecordId(visit)))
            problem = too_long(site, typed, wrong)
            return await draw(
                request, visitor, _there(found), typed=typed, problem=problem, wrong=wrong, status=422
            )
        outcome = await site.work(
            lambda: site.reviews.decide(
                visitor.person, RecordId(visit), given.get("dilihat", ""), decision, typed.reasons, typed.note
            )
        )
        match outcome:
            case Decided(case=case):
                if decision == LEAVE:
                    return onward(f"/kunjungan/{visit}?hasil=dibiarkan")
                done = STATE_AFTER[decision] + ("_kasus" if case else "")
                if given.get("buka") == "ya":
                    return onward(f"/kunjungan/{visit}?hasil=dibuka")
                site.presence.leave(visitor.person, RecordId(visit))
                trip = await site.work(
                    lambda: trip_of(
                        site, visitor, request.query_params, RecordId(visit), kasus=case or "", selesai=done
                    )
                )
                rest = kept(request.query_params, kasus=case or "", selesai=done)
                return onward(trip.next if trip and trip.next else f"/antrean?{rest}")
            case Denied():
                raise ForbiddenError
            case NotThere():
                raise MissingError
            case Stale():
                # said beside the decision too: what comes back takes the focus, far below the notice
                notice, status, wrong = _notice(site, "notice", "warning", "usang"), 409, ""
                problem = site.text("kantor.tinjau.usang")
            case Incomplete(say=say):
                notice, problem, status, wrong = None, site.text(say), 422, NOTE if say in NEED_A_NOTE else ""
        found = await site.work(lambda: site.reviews.open(visitor.person, RecordId(visit)))
        return await draw(
            request,
            visitor,
            _there(found),
            notice=notice,
            typed=typed,
            problem=problem,
            wrong=wrong,
            status=status,
        )

    return [review, open_numbers, decide]


def typed_of(given: Mapping[str, str]) -> Typed:
    """Return what a form says beside its decision."""
    reasons = {
        name.removeprefix(REASON): value.strip()[:LONGEST_KEPT]
        for name, value in given.items()
        if name.startswith(REASON)
    }
    return Typed(reasons=reasons, note=given.get(NOTE, "").strip()[:LONGEST_KEPT])


def shortened(typed: Typed) -> Typed:
    """Cut to what a phone shows, where a form lets nobody type more."""
    reasons = {name: reason[:LONGEST_REASON] for name, reason in typed.reasons.items()}
    return Typed(reasons=reasons, note=typed.note[:LONGEST_NOTE])


def longest_in(typed: Typed) -> str:
    """Return the text that is longer than a phone shows: the note, or a reason's key; empty for none."""
    if len(typed.note) > LONGEST_NOTE:
        return NOTE
    longest = max(typed.reasons, key=lambda key: len(typed.reasons[key]), default="")
    return longest if len(typed.reasons.get(longest, "")) > LONGEST_REASON else ""


def too_long(site: Site, typed: Typed, which: str) -> str:
    """Say by how much one of the texts is longer than a phone shows."""
    text, most = (typed.note, LONGEST_NOTE) if which == NOTE else (typed.reasons[which], LONGEST_REASON)
    key = "catatan_panjang" if which == NOTE else "alasan_panjang"
    over = written.number(len(text) - most)
    return site.text(f"kantor.tinjau.{key}", paling=written.number(most), lebih=over)


def _there(found: Open | NotThere | Denied) -> Open:
    match found:
        case Open():
            return found
        case NotThere():
            raise MissingError
        case Denied():
            raise ForbiddenError


def _notice(site: Site, tone: str, icon: str, key: str) -> Notice:
    full = f"kantor.tinjau.{key}_arti"
    return Notice(
        tone=tone,
        icon=icon,
        title=site.text(f"kantor.tinjau.{key}"),
        text=site.text(full) if full in site.text else "",
    )
