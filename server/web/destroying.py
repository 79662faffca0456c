"""Pemusnahan: proposals to destroy, the second person's word, legal holds, and the minutes to print.

Rule: what is proposed or held is named by its id only. To choose it, it is found by name, by POST, and
named to whoever may propose or hold it.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from server.access import may
from server.services.destroying import MOST_REASON, Holding, Proposal, Refused
from server.services.found_looks import is_on_record
from server.services.to_destroy import Choices
from server.web.errors import ForbiddenError, MissingError
from server.web.paper import Paper, paper_page
from server.web.protection import protector
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

TONES = {"diusulkan": "notice", "disetujui": "bad", "selesai": "quiet", "dibatalkan": "quiet"}
ENDED = ("selesai", "dibatalkan")
LONGEST = 200
"""Characters of what is searched for: an address fits."""
MOST = 50
"""Proposals on one page: first those that wait for somebody, then the others, the newest before."""
SHORT = 16
"""Hexadecimal digits by which minutes name a content: enough to find it in the chain."""


class ProposalRow(Data, frozen=True, kw_only=True):
    """One proposal in words. `may_approve`: the reader may be its second person."""

    target: RecordId
    called: str
    kind: str
    basis: str
    said: str
    tone: str
    state: str
    may_approve: bool
    may_withdraw: bool
    has_minutes: bool


class Listed(Data, frozen=True, kw_only=True):
    """A page of proposals, with the addresses of its neighbours, empty at an end."""

    rows: tuple[ProposalRow, ...]
    previous: str
    next: str


class HoldRow(Data, frozen=True, kw_only=True):
    """One legal hold in words."""

    target: RecordId
    called: str
    reason: str
    said: str


def destroying_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages."""

    async def draw(
        visitor: Visitor,
        notice: Notice | None,
        status: int = 200,
        given: dict[str, str] | None = None,
        found: Choices | None = None,
        number: int = 1,
    ) -> Response[str]:
        listed = await site.work(lambda: _listed(site, visitor, number))
        values = {
            "choices": found.shown if found else None,
            "more": found is not None and found.more,
            "behind": found is not None and found.behind,
            "called": site.to_destroy.called(visitor.person),
            "rows": listed.rows,
            "previous": listed.previous,
            "next": listed.next,
            "holds": await site.work(lambda: _holds(site, visitor)),
            "may_propose": may(visitor.person, "propose_destruction"),
            "may_hold": may(visitor.person, "hold_data"),
            "on_record": is_on_record(visitor.person),
            "most": MOST_REASON,
            "given": given or {},
            "notice": notice,
        }
        return await site.page("destroying/destroying.html", visitor, "pelindungan", values, status=status)

    @get("/pemusnahan")
    async def page(request: Asking) -> Response[str]:
        visitor = await protector(site, request)
        chosen = RecordId(request.query_params.get("nomor", "")[:32])
        done = "selesai" in request.query_params
        notice = (
            Notice(tone="good", icon="done", title=site.text("kantor.pemusnahan.selesai")) if done else None
        )
        given = request.query_params.get("hal", "1")[:6]
        number = max(1, int(given)) if given.isascii() and given.isdigit() else 1
        named = await chosen_of(visitor, chosen) if chosen else None
        return await draw(visitor, notice, found=named, number=number)

    async def chosen_of(visitor: Visitor, name: RecordId) -> Choices:
        found = await site.work(lambda: site.to_destroy.one(visitor.person, name))
        return Choices(shown=(found,) if found else ())

    @post("/pemusnahan/cari")
    async def search(request: Asking) -> Response[str]:
        visitor = await protector(site, request)
        given = await site.form(request, visitor.csrf)
        typed = given.get("dicari", "")[:LONGEST]
        found = await site.work(lambda: site.to_destroy.find(visitor.person, typed))
        return await draw(visitor, None, given={"dicari": typed}, found=found)

    @post("/pemusnahan")
    async def act(request: Asking) -> Response[Any]:
        visitor = await protector(site, request)
        given = await site.form(request, visitor.csrf)
        answer = await site.work(lambda: _done(site, visitor, given))
        if isinstance(answer, Refused):
            if answer.why == "peran":
                raise ForbiddenError
            said = site.text(f"kantor.pemusnahan.tolak.{answer.why}")
            problem = Notice(tone="bad", icon="error", title=said)
            kept = await chosen_of(visitor, RecordId(given.get("nomor", "")[:32]))
            return await draw(visitor, problem, 422, given, kept if kept.shown else None)
        return onward("/pemusnahan?selesai")

    @get("/pemusnahan/{target:str}")
    async def minutes(request: Asking, target: FromPath[str]) -> Response[str]:
        visitor = await protector(site, request)
        found = await site.work(lambda: site.destroying.proposal(visitor.person, RecordId(target)))
        if found is None or found.state != "selesai":
            raise MissingError
        known = await site.work(lambda: site.names({found.by, found.approved_by}))
        return await paper_page(site, visitor, _minutes(site, found, known))

    return [page, act, search, minutes]


def _done(site: Site, visitor: Visitor, given: dict[str, str]) -> Refused | None:
    work, person = site.destroying, visitor.person
    target, reason = RecordId(given.get("nomor", "").strip()), given.get("alasan", "")
    match given.get("langkah"):
        case "usul":
            return work.propose(person, target, reason)
        case "setuju":
            return work.approve(person, target)
        case "batal":
            return work.withdraw(person, target)
        case "tahan":
            return work.hold(person, target, reason)
        case "lepas":
            return work.release(person, target, reason)
        case _:
            return Refused(why="berubah")


def _listed(site: Site, visitor: Visitor, number: int) -> Listed:
    found = site.destroying.proposals(visitor.person)
    found.sort(key=lambda each: each.state in ENDED)  # which leaves the newest before, in both
    number = min(number, max(1, -(-len(found) // MOST)))
    first = (number - 1) * MOST
    shown = found[first : first + MOST]
    known = site.names({each.by for each in shown} | {each.approved_by for each in shown if each.approved_by})
    codes = site.to_destroy.codes(each.target for each in shown)
    return Listed(
        rows=tuple(_row(site, visitor, each, known, codes.get(each.target, each.target)) for each in shown),
        previous=f"/pemusnahan?hal={number - 1}" if number > 1 else "",
        next=f"/pemusnahan?hal={number + 1}" if first + MOST < len(found) else "",
    )


def _holds(site: Site, visitor: Visitor) -> list[HoldRow]:
    found = site.destroying.holds(visitor.person)
    known = site.names({each.by for each in found})
    codes = site.to_destroy.codes(each.target for each in found)
    return [_hold(site, each, known, codes.get(each.target, each.target)) for each in found]


def _hold(site: Site, each: Holding, known: dict[str, str], called: str) -> HoldRow:
    said = site.text(
        "kantor.pemusnahan.ditahan_oleh",
        nama=known.get(each.by, "–"),
        waktu=written.date_and_clock(each.at_ms),
    )
    return HoldRow(target=each.target, called=called, reason=each.reason, said=said)


def _row(site: Site, visitor: Visitor, each: Proposal, known: dict[str, str], called: str) -> ProposalRow:
    person = visitor.person
    said = site.text(
        "kantor.pemusnahan.oleh_dua" if each.approved_by else "kantor.pemusnahan.oleh",
        nama=known.get(each.by, "–"),
        waktu=written.date_and_clock(each.at_ms),
        kedua=known.get(each.approved_by, "–"),
    )
    approvable = each.state in ("diusulkan", "disetujui") and each.by != person.id
    approves = may(person, "approve_destruction")
    withdraws = each.by == person.id and may(person, "propose_destruction")
    return ProposalRow(
        target=each.target,
        called=called,
        kind=site.text(f"kantor.pemusnahan.jenis.{each.kind}"),
        basis=each.basis,
        said=said,
        tone=TONES[each.state],
        state=site.text(f"kantor.pemusnahan.keadaan.{each.state}"),
        may_approve=approvable and approves,
        may_withdraw=each.state == "diusulkan" and (withdraws or approves),
        has_minutes=each.state == "selesai",
    )


def _minutes(site: Site, done: Proposal, known: dict[str, str]) -> Paper:
    text = site.text
    first, second = known.get(done.by, "–"), known.get(done.approved_by, "–")
    facts = {
        "jenis_data": text(f"kantor.pemusnahan.jenis.{done.kind}"),
        "nomor_data": done.target,
        "diusulkan": f"{first}, {written.date_and_clock(done.at_ms)}",
        "disetujui": second,
        "dimusnahkan": written.date_and_clock(done.done_ms) if done.done_ms else "–",
        "isi": str(len(done.contents)),
        "berkas": str(done.blobs),
        "sidik": " ".join(name.hex()[:SHORT] for name in done.contents) or "–",
    }
    return Paper(
        back="/pemusnahan",
        title=text("kantor.pemusnahan.ba.judul"),
        number=done.basis,
        opening=(text("kantor.pemusnahan.ba.pembuka"),),
        facts=tuple((text(f"kantor.pemusnahan.ba.{name}"), value) for name, value in facts.items()),
        closing=(text("kantor.pemusnahan.ba.penutup"),),
        signs=(
            (text("kantor.pemusnahan.ba.pengusul"), first),
            (text("kantor.pemusnahan.ba.penyetuju"), second),
        ),
    )
