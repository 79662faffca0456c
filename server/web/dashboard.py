"""Dasbor: the regency at a glance, on a page and as a paper. Rule: behind each chart stands its table.

Targets come first, then what came in the period, then its charts.
"""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get

from schemas import format as written
from schemas.base import Data
from server.access import is_inside, may, scope
from server.parsing.paper import Paper, Section, Table
from server.periods import LENGTHS, Kind, Period, period_of, read_period
from server.services.charts import Chart
from server.services.dashboard import Board
from server.services.people import Denied
from server.services.target_progress import TargetBoard
from server.services.target_words import COLUMNS, Card, TargetWords
from server.tables.writing import MEDIA_TYPES, table_writer
from server.web.errors import ForbiddenError, PageError
from server.web.filters import Filter, Group, Option
from server.web.replies import download
from server.web.site import Asking, Site, Visitor

MOST_PERIODS: dict[Kind, int] = {"bulan": 13, "triwulan": 9, "tahun": 5}
"""Of each kind the newest that can be chosen: a year of months, and the one a year ago."""
MOST_WORKERS = 8
"""Workers that stand on the page at once, those with most to do; the others open below."""


class Looked(Data, frozen=True, kw_only=True):
    """What is looked at: a period, and a kecamatan's code, empty for the whole regency."""

    period: Period
    region: str


def dashboard_routes(site: Site) -> list[Any]:
    """Return the handlers of the page, of its paper and of the table of targets."""

    words = TargetWords(site.words)

    async def asked(request: Asking) -> tuple[Visitor, Looked]:
        return await site.allowed(request, "see_dashboard"), looked_at(site, request)

    async def charts(visitor: Visitor, looked: Looked) -> Board:
        board = await site.work(lambda: site.dashboard.board(visitor.person, looked.period, looked.region))
        if isinstance(board, Denied):
            raise ForbiddenError
        return board

    async def targets(visitor: Visitor, looked: Looked) -> tuple[TargetBoard, list[Card]]:
        board = await site.work(lambda: site.progress.board(visitor.person, looked.period, looked.region))
        if isinstance(board, Denied):
            raise ForbiddenError
        return board, [words.card(each, looked.region, looked.period) for each in board.goals]

    @get("/dasbor")
    async def page(request: Asking) -> Response[str]:
        visitor, looked = await asked(request)
        board = await charts(visitor, looked)
        aims, cards = await targets(visitor, looked)
        values = {
            "board": board,
            "targets": cards,
            "received": words.received(aims.received),
            "is_set": aims.is_set,
            "workers": aims.workers,
            "most_workers": MOST_WORKERS,
            "may_set": may(visitor.person, "set_targets"),
            "may_assign": may(visitor.person, "assign_tasks"),
            "filters": [
                await site.work(lambda: _periods(site, looked)),
                regions_of(site, visitor, looked.region),
            ],
            "made": written.date_and_clock(board.made_ms),
            "query": f"masa={looked.period.code}&wilayah={looked.region}",
            "region": looked.region,
        }
        return await site.page("dashboard/board.html", visitor, "dasbor", values)

    @get("/dasbor/laporan.pdf")
    async def report(request: Asking) -> Response[Any]:
        visitor, looked = await asked(request)
        board = await charts(visitor, looked)
        aims, cards = await targets(visitor, looked)
        paper = _paper(site, looked, words.received(aims.received), board, cards)
        pdf = await site.work(lambda: site.deps.typesetter.pdf(paper))
        if pdf is None:
            raise PageError
        return download(pdf, "application/pdf", f"dasbor-{_file_part(looked.period)}.pdf")

    @get("/dasbor/target.xlsx")
    async def table(request: Asking) -> Response[Any]:
        visitor, looked = await asked(request)
        _, cards = await targets(visitor, looked)
        made = await site.work(lambda: _workbook(site, cards))
        return download(made, MEDIA_TYPES["xlsx"], f"target-{_file_part(looked.period)}.xlsx")

    return [page, report, table]


def looked_at(site: Site, request: Asking) -> Looked:
    """Read what an address asks for; what cannot be is the present month, and the whole regency."""
    period = read_period(request.query_params.get("masa", ""))
    today = written.local_date(site.deps.now_ms())
    return Looked(period=period or period_of("bulan", today), region=region_of(site, request))


def region_of(site: Site, request: Asking) -> str:
    """Read the region that an address asks for: empty for the whole regency, and for what is none."""
    found = site.words.wilayah.get(request.query_params.get("wilayah", ""))
    return found.kode if found is not None and found.level != "kabupaten" else ""


def regions_of(site: Site, visitor: Visitor, region: str) -> Filter:
    """Return the kecamatan that can be chosen: those of the reader's work."""
    reach = scope(visitor.person, "see_dashboard")
    areas = reach.areas if reach else ()
    every = Option(value="", label=site.text("kantor.antrean.semua_wilayah"))
    known = tuple(
        Option(value=each.kode, label=each.nama)
        for each in site.words.wilayah.kecamatan()
        if areas is None or any(is_inside(each.kode, area) or is_inside(area, each.kode) for area in areas)
    )
    return Filter(
        name="wilayah",
        label=site.text("tingkat_wilayah.kecamatan"),
        value=region,
        groups=(Group(label="", options=(every, *known)),),
    )


def _periods(site: Site, looked: Looked) -> Filter:
    """Return what can be chosen: the periods in which visits came, the present ones, the one looked at."""
    today = written.local_date(site.deps.now_ms())
    days = [today, *(date.fromisoformat(f"{month}-01") for month in site.dashboard.months())]
    groups: list[Group] = []
    for kind in LENGTHS:
        there = list(dict.fromkeys(period_of(kind, day) for day in days))[: MOST_PERIODS[kind]]
        if looked.period.kind == kind and looked.period not in there:
            there.append(looked.period)
        options = (Option(value=each.code, label=site.words.period(each)) for each in there)
        groups.append(Group(label=site.text(f"dasbor.{kind}"), options=tuple(options)))
    return Filter(name="masa", label=site.text("dasbor.masa"), value=looked.period.code, groups=tuple(groups))


def _file_part(period: Period) -> str:
    return period.code.replace(":", "-")


def _paper(site: Site, looked: Looked, received: Chart, board: Board, cards: Sequence[Card]) -> Paper:
    region = site.words.region(looked.region) if looked.region else site.text("dasbor.seluruh")
    title = site.text("dasbor.judul_laporan", masa=site.words.period(looked.period))
    return Paper(
        title=title,
        office=site.deps.office_name,
        made=site.text("dasbor.keadaan", kapan=written.date_and_clock(board.made_ms), wilayah=region),
        made_ms=board.made_ms,
        footer=title,
        note=f"{site.text('target.cara')} {site.text('dasbor.tertutup')}",
        sections=(
            *(_target(card, site) for card in cards),
            *(_section(chart, site) for chart in (received, *board.charts)),
        ),
        signers=(site.text("dasbor.pengesah"),),
    )


def _target(card: Card, site: Site) -> Section:
    head = (site.text("target.wilayah"), *card.columns)
    rows = tuple((row.label, *row.cells) for row in card.rows)
    widths = (2.2, *(1.0 for _ in card.columns))
    table = Table(head=head, widths=widths, rows=rows, numbers=True) if rows else None
    said = " ".join(each for each in (card.said, card.note) if each)
    return Section(
        title=site.text("target.laporan", judul=card.title, masa=card.span), text=said, table=table
    )


def _workbook(site: Site, cards: Sequence[Card]) -> bytes:
    """Return the targets with their regions as a workbook: what the page shows, closed where it is closed.

    Behind the numbers of a whole target stands how it is on its way, as its card says it.
    """
    text, file = site.text, io.BytesIO()
    heads = [text("target.untuk"), text("target.masa"), text("target.wilayah")]
    heads += [*(text(f"target.kolom.{name}") for name in COLUMNS), text("target.keadaan")]
    widths = [28, 24, 24, *(14 for _ in COLUMNS), 60]
    writer = table_writer("xlsx", file, text("target.judul"), widths, 1)
    writer.head(heads)
    for card in cards:
        mark = f"{card.mark[2]}." if card.mark else ""
        stands = " ".join(each for each in (mark, card.said, card.note) if each)
        for row, more in ((card.whole, stands), *((each, "") for each in card.rows)):
            writer.row([card.title, card.span, row.label, *(_told(cell) for cell in row.cells), more])
    writer.close()
    return file.getvalue()


def _told(cell: str) -> str | int:
    """Return a number as one, so that it can be added up; what is closed as it stands."""
    digits = cell.replace(".", "")
    return int(digits) if digits.isascii() and digits.isdigit() else cell


def _section(chart: Chart, site: Site) -> Section:
    rows: Sequence[tuple[str, ...]] = [
        (line.label, *(cell.text for cell in line.cells)) for line in chart.lines
    ]
    head = (site.text("dasbor.uraian"), *chart.columns)
    widths = (3.0, *(1.0 for _ in chart.columns))
    table = Table(head=head, widths=widths, rows=tuple(rows), numbers=True) if rows else None
    return Section(title=chart.title, text=chart.said, table=table)
