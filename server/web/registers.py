"""Catatan pemrosesan and penerima data: two registers the law asks for. Rule: no person is named in them."""

from datetime import date
from typing import Any

from litestar import Response, get, post

from schemas import format as written
from server.access import may
from server.services.handouts import MOST_PEOPLE, MOST_TEXT, RECIPIENTS, Handout
from server.services.processing import MOST_TEXT as MOST_NOTE
from server.services.processing import Activity
from server.web.paper import Paper, Table, paper_page
from server.web.protection import protector
from server.web.register_form import count_of, day_of
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor


def processing_routes(site: Site) -> list[Any]:
    """Return the handlers of the register of processing."""

    async def draw(visitor: Visitor, notice: Notice | None, status: int = 200) -> Response[str]:
        found = await site.work(site.processing.all)
        values = {
            "rows": [(each, _classes(site, each)) for each in found],
            "may_edit": may(visitor.person, "keep_registers"),
            "most": MOST_NOTE,
            "notice": notice,
        }
        return await site.page("registers/processing.html", visitor, "pelindungan", values, status=status)

    @get("/pemrosesan")
    async def page(request: Asking) -> Response[str]:
        return await draw(await protector(site, request), None)

    @post("/pemrosesan")
    async def note(request: Asking) -> Response[Any]:
        visitor = await protector(site, request, "keep_registers")
        given = await site.form(request, visitor.csrf)
        refused = await site.work(
            lambda: site.processing.note(
                visitor.person,
                given.get("formulir", ""),
                given.get("tujuan", ""),
                given.get("dasar", ""),
                given.get("catatan", ""),
            )
        )
        if refused is not None:
            return await draw(visitor, _problem(site, "pemrosesan"), 422)
        return onward("/pemrosesan")

    @get("/pemrosesan/cetak")
    async def paper(request: Asking) -> Response[str]:
        visitor = await protector(site, request)
        found = await site.work(site.processing.all)
        years = {rule.service: rule.years for rule in await site.work(site.retention.rules)}
        return await paper_page(site, visitor, _register(site, found, years))

    return [page, note, paper]


def handout_routes(site: Site) -> list[Any]:
    """Return the handlers of the register of recipients."""

    async def draw(visitor: Visitor, notice: Notice | None, status: int = 200) -> Response[str]:
        values = {
            "rows": await site.work(lambda: _handouts(site)),
            "may_add": may(visitor.person, "handle_requests"),
            "recipients": RECIPIENTS,
            "today": written.local_date(site.deps.now_ms()).isoformat(),
            "most": MOST_TEXT,
            "notice": notice,
        }
        return await site.page("registers/handouts.html", visitor, "pelindungan", values, status=status)

    @get("/penerima")
    async def page(request: Asking) -> Response[str]:
        return await draw(await protector(site, request), None)

    @post("/penerima")
    async def add(request: Asking) -> Response[Any]:
        visitor = await protector(site, request, "handle_requests")
        given = await site.form(request, visitor.csrf)
        day, people = day_of(given.get("tanggal", "")), count_of(given.get("jumlah", ""), MOST_PEOPLE)
        if day is None or people is None:
            return await draw(visitor, _problem(site, "penerima"), 422)
        handout = Handout(
            recipient=given.get("penerima", ""),
            day=day,
            what=given.get("apa", ""),
            people=people,
            letter=given.get("surat", ""),
            basis=given.get("dasar", ""),
        )
        refused = await site.work(lambda: site.handouts.add(visitor.person, handout))
        if refused is not None:
            return await draw(visitor, _problem(site, "penerima"), 422)
        return onward("/penerima")

    @get("/penerima/cetak")
    async def paper(request: Asking) -> Response[str]:
        visitor = await protector(site, request)
        rows = await site.work(lambda: _handouts(site))
        heads = ("tanggal", "penerima", "apa", "jumlah", "surat", "dasar", "dicatat")
        return await paper_page(site, visitor, _paper(site, "penerima", heads, tuple(rows)))

    return [page, add, paper]


def _problem(site: Site, page: str) -> Notice:
    return Notice(tone="bad", icon="error", title=site.text(f"kantor.{page}.masalah.isi"))


def _handouts(site: Site) -> list[tuple[str, ...]]:
    found = site.handouts.all()
    people = {each.by for each in found}
    known = site.names(people)
    return [
        (
            written.short_date(date.fromisoformat(each.day)),
            site.text(f"kantor.penerima.pihak.{each.recipient}"),
            each.what,
            written.number(each.people),
            each.letter,
            each.basis,
            known.get(each.by, "–"),
        )
        for each in found
    ]


def _classes(site: Site, each: Activity) -> str:
    said = (
        site.text("kantor.pemrosesan.isian", jumlah=count, kelas=site.text(f"kantor.pemrosesan.{privacy}"))
        for privacy, count in each.counts.items()
        if count
    )
    return ", ".join(said)


def _register(site: Site, found: list[Activity], years: dict[str, int]) -> Paper:
    heads = ("kegiatan", "layanan", "data", "tujuan", "dasar", "penerima", "simpan", "catatan")
    rows = tuple(
        (
            each.title,
            site.text(f"layanan.{each.service}"),
            _classes(site, each),
            each.purpose,
            each.basis,
            each.recipients,
            site.text("kantor.masa_simpan.tahun_isi", tahun=years[each.service]),
            each.note or "–",
        )
        for each in found
    )
    return _paper(site, "pemrosesan", heads, rows)


def _paper(site: Site, page: str, heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Paper:
    return Paper(
        back=f"/{page}",
        title=site.text(f"kantor.{page}.judul"),
        opening=(site.text(f"kantor.{page}.arti"),),
        table=Table(head=tuple(site.text(f"kantor.{page}.{head}") for head in heads), rows=rows),
        signs=((site.text("peran.pdp"), ""),),
    )
