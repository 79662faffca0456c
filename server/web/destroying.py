"""Pemusnahan: proposals to destroy a visit, the second person's word, and legal holds.

Rule: a visit is named by its id only; nothing of what it says is shown here.
"""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from server.access import may
from server.services.destroying import MOST_REASON, Proposal, Refused
from server.services.visits import names
from server.store import SqlOfficeStore
from server.web.errors import ForbiddenError
from server.web.site import SECURITY_HEADERS, Asking, Notice, Site, Visitor

TONES = {"diusulkan": "notice", "disetujui": "bad", "selesai": "quiet", "dibatalkan": "quiet"}


class ProposalRow(Data, frozen=True, kw_only=True):
    """One proposal in words. `may_approve`: the reader may be its second person."""

    visit: RecordId
    basis: str
    said: str
    tone: str
    state: str
    may_approve: bool
    may_withdraw: bool


def destroying_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def draw(visitor: Visitor, notice: Notice | None, status: int = 200) -> Response[str]:
        values = {
            "rows": await site.work(lambda: _rows(site, visitor)),
            "may_hold": may(visitor.person, "hold_data"),
            "most": MOST_REASON,
            "notice": notice,
        }
        return await site.page("destroying/destroying.html", visitor, "pemusnahan", values, status=status)

    @get("/pemusnahan")
    async def page(request: Asking) -> Response[str]:
        visitor = await _allowed(site, request)
        done = "selesai" in request.query_params
        notice = (
            Notice(tone="good", icon="done", title=site.text("kantor.pemusnahan.selesai")) if done else None
        )
        return await draw(visitor, notice)

    @post("/pemusnahan")
    async def act(request: Asking) -> Response[Any]:
        visitor = await _allowed(site, request)
        given = await site.form(request, visitor.csrf)
        answer = await site.work(lambda: _done(site, visitor, given))
        if isinstance(answer, Refused):
            if answer.why == "peran":
                raise ForbiddenError
            said = site.text(f"kantor.pemusnahan.tolak.{answer.why}")
            return await draw(visitor, Notice(tone="bad", icon="error", title=said), 422)
        return Redirect("/pemusnahan?selesai", status_code=303, headers=SECURITY_HEADERS)

    return [page, act]


def _done(site: Site, visitor: Visitor, given: dict[str, str]) -> Refused | None:
    work, person = site.destroying, visitor.person
    visit, reason = RecordId(given.get("kunjungan", "").strip()), given.get("alasan", "")
    match given.get("langkah"):
        case "usul":
            return work.propose(person, visit, reason)
        case "setuju":
            return work.approve(person, visit)
        case "batal":
            return work.withdraw(person, visit)
        case "tahan":
            return work.hold(person, visit, reason)
        case "lepas":
            return work.release(person, visit, reason)
        case _:
            return Refused(why="berubah")


def _rows(site: Site, visitor: Visitor) -> list[ProposalRow]:
    found = site.destroying.proposals()
    ids = {each.by for each in found} | {each.approved_by for each in found if each.approved_by}
    known = site.deps.engine.read(lambda tx: names(SqlOfficeStore.reading(tx), ids))
    return [_row(site, visitor, each, known) for each in found]


def _row(site: Site, visitor: Visitor, each: Proposal, known: dict[str, str]) -> ProposalRow:
    person = visitor.person
    said = site.text(
        "kantor.pemusnahan.oleh_dua" if each.approved_by else "kantor.pemusnahan.oleh",
        nama=known.get(each.by, "–"),
        waktu=written.date_and_clock(each.at_ms),
        kedua=known.get(each.approved_by, "–"),
    )
    approvable = each.state in ("diusulkan", "disetujui") and each.by != person.id
    return ProposalRow(
        visit=each.visit,
        basis=each.basis,
        said=said,
        tone=TONES[each.state],
        state=site.text(f"kantor.pemusnahan.keadaan.{each.state}"),
        may_approve=approvable and may(person, "approve_destruction"),
        may_withdraw=each.state == "diusulkan",
    )


async def _allowed(site: Site, request: Asking) -> Visitor:
    visitor = await site.visitor(request)
    if not may(visitor.person, "propose_destruction"):
        raise ForbiddenError
    return visitor
