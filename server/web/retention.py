"""Masa simpan: how long things are kept, what is due, and the way from there to a proposal.

Rule: what is due is named by number and day; nothing of what it says is shown, and nothing is destroyed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response, get, post

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from schemas.protection import MOST_YEARS
from server.access import may
from server.services.destroying import MOST_REASON
from server.services.retention import MOST_BASIS, NotDone
from server.web.protection import protector
from server.web.register_form import count_of
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

CHOSEN = "pilih."


class RuleRow(Data, frozen=True, kw_only=True):
    """How long a service keeps its things, with what was said before."""

    service: str
    label: str
    years: int
    basis: str
    past: tuple[str, ...]


def retention_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def draw(visitor: Visitor, notice: Notice | None, status: int = 200) -> Response[str]:
        due = await site.work(lambda: site.retention.due(visitor.person))
        values = {
            "rules": await site.work(lambda: _rules(site)),
            "due": [
                (each, written.short_date(each.ended), written.short_date(each.until)) for each in due.shown
            ],
            "total": due.total,
            "may_edit": may(visitor.person, "keep_registers"),
            "most_years": MOST_YEARS,
            "most": MOST_REASON,
            "most_basis": MOST_BASIS,
            "notice": notice,
        }
        return await site.page("registers/retention.html", visitor, "pelindungan", values, status=status)

    @get("/masa-simpan")
    async def page(request: Asking) -> Response[str]:
        return await draw(await protector(site, request), None)

    @post("/masa-simpan")
    async def change(request: Asking) -> Response[Any]:
        visitor = await protector(site, request, "keep_registers")
        given = await site.form(request, visitor.csrf)
        years = count_of(given.get("tahun", ""), MOST_YEARS)
        refused = await site.work(
            lambda: site.retention.change(
                visitor.person, given.get("layanan", ""), years, given.get("dasar", "")
            )
        )
        if isinstance(refused, NotDone):
            return await draw(visitor, _notice(site, f"masa_simpan.masalah.{refused.why}"), 422)
        return onward("/masa-simpan")

    @post("/masa-simpan/usul")
    async def propose(request: Asking) -> Response[Any]:
        visitor = await protector(site, request, "propose_destruction")
        given = await site.form(request, visitor.csrf)
        chosen = [RecordId(name.removeprefix(CHOSEN)) for name in given if name.startswith(CHOSEN)]
        if not chosen:
            return await draw(visitor, _notice(site, "masa_simpan.masalah.pilih"), 422)
        refusals: dict[str, list[RecordId]] = {}
        for target in chosen:  # what one of them cannot holds up no other
            refused = await site.work(
                lambda target=target: site.destroying.propose(visitor.person, target, given.get("alasan", ""))
            )
            if refused is not None:
                refusals.setdefault(refused.why, []).append(target)
        if not refusals:
            return onward("/pemusnahan?selesai")
        done = len(chosen) - sum(map(len, refusals.values()))
        if not done and len(refusals) == 1:
            return await draw(visitor, _notice(site, f"pemusnahan.tolak.{next(iter(refusals))}"), 422)
        # what was proposed stands: only where nothing was, the page refuses
        return await draw(visitor, _partly(site, done, refusals), 200 if done else 422)

    return [page, change, propose]


def _notice(site: Site, key: str) -> Notice:
    return Notice(tone="bad", icon="error", title=site.text(f"kantor.{key}"))


def _partly(site: Site, done: int, refusals: Mapping[str, Sequence[RecordId]]) -> Notice:
    """Say how much was proposed, and what was not and why."""
    left = sum(map(len, refusals.values()))
    title = site.text("kantor.masa_simpan.diusulkan_sebagian", jumlah=done, tidak=left)
    said = [
        f"{site.text(f'kantor.pemusnahan.tolak.{why}')} ({', '.join(targets)})"
        for why, targets in refusals.items()
    ]
    return Notice(tone="notice" if done else "bad", icon="error", title=title, text=" ".join(said))


def _rules(site: Site) -> list[RuleRow]:
    rows: list[RuleRow] = []
    for rule in site.retention.rules():
        past = site.retention.history(rule.service)
        people = {each.by for each in past}
        known = site.names(people)
        said = tuple(
            site.text(
                "kantor.masa_simpan.riwayat_isi",
                tahun=each.years,
                nama=known.get(each.by, "–"),
                waktu=written.date_and_clock(each.at_ms),
                dasar=each.basis,
            )
            for each in past
        )
        label = site.text(f"layanan.{rule.service}")
        rows.append(RuleRow(service=rule.service, label=label, years=rule.years, basis=rule.basis, past=said))
    return rows
