"""Hari libur: the days off of a year, which deadlines in working days leave out.

Rule: a year is one form, begun with what is known of it; what was typed stays there when it cannot be taken.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post

from schemas import format as written
from schemas.base import Data
from schemas.deadline import is_working_day
from schemas.holidays import Days, Holidays, Span, has_decree, proposed, spans
from server.access import may
from server.services.holidays import NotKept, as_seen
from server.web.register_form import count_of
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

PAGE = "/hari-libur"
YEARS_BEFORE, YEARS_AHEAD = 1, 2
MOST_ROWS, BLANK_ROWS = 60, 4
MOST_DAYS = 31
"""In one row: the longest holiday, with cuti bersama on both sides, has a third of that."""
MOST_NAME = 80


class Row(Data, frozen=True, kw_only=True):
    """One row of the form as it was typed, and what is wrong with it."""

    first: str = ""
    last: str = ""
    name: str = ""
    wrong: str = ""


def holiday_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def draw(
        visitor: Visitor,
        known: Holidays,
        year: int,
        notice: Notice | None,
        typed: Sequence[Row] | None = None,
        seen: str = "",
    ) -> Response[str]:
        """Draw a year; where rows were `typed` from what is `seen` no more, with what stands beside them."""
        days, may_set = known.of(year), may(visitor.person, "set_holidays")
        rows = [_row(each) for each in _begun(year, days)] if typed is None else list(typed)
        values = {
            "year": year,
            "years": [(each, known.knows(each)) for each in _years(site, known)],
            "days": [(_named(each), each.name) for each in spans(days)],
            "compares": typed is not None and not seen,
            "count": len(days),
            "working": sum(is_working_day(day) for day in days),
            "by_decree": has_decree(year),
            "rows": [*rows, *[Row()] * BLANK_ROWS][:MOST_ROWS],
            "may_set": may_set,
            "most_name": MOST_NAME,
            "seen": seen or as_seen(days),
            "last": await site.work(lambda: _last(site, year)) if days else "",
            "notice": notice,
        }
        status = 200 if typed is None else 422
        return await site.page("settings/holidays.html", visitor, "hari_libur", values, status=status)

    @get(PAGE)
    async def page(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_holidays")
        known = await site.work(site.holidays.now)
        year = _year(site, known, request.query_params.get("tahun", ""))
        moved = count_of(request.query_params.get("tenggat", ""), 1_000_000)
        if moved is None:
            return await draw(visitor, known, year, None)
        said = site.text("hari_libur.tersimpan", tahun=year)
        more = site.text("hari_libur.tenggat", jumlah=written.number(moved)) if moved else ""
        done = Notice(tone="good", icon="done", title=f"{said} {more}".strip())
        return await draw(visitor, known, year, done)

    @post(PAGE)
    async def change(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "set_holidays")
        given = await site.form(request, visitor.csrf)
        known = await site.work(site.holidays.now)
        year, seen = _year(site, known, given.get("tahun", "")), given.get("dilihat", "")
        rows, days = _read(site, year, given)
        if any(row.wrong for row in rows):
            title = site.text("hari_libur.periksa")
            return await draw(visitor, known, year, Notice(tone="bad", icon="error", title=title), rows, seen)
        kept = await site.work(lambda: site.holidays.change(visitor.person, year, days, seen))
        if isinstance(kept, NotKept):
            title = site.text(f"hari_libur.masalah.{kept.why}")
            known = await site.work(site.holidays.now)
            return await draw(visitor, known, year, Notice(tone="bad", icon="error", title=title), rows)
        return onward(f"{PAGE}?tahun={year}&tenggat={kept.moved}")

    return [page, change]


def _years(site: Site, known: Holidays) -> list[int]:
    this = written.local_date(site.deps.now_ms()).year
    return sorted({*known.years(), *range(this - YEARS_BEFORE, this + YEARS_AHEAD)})


def _year(site: Site, known: Holidays, text: str) -> int:
    """Return a year that was asked for, this one if it is none of those that can be recorded."""
    this = written.local_date(site.deps.now_ms()).year
    year = count_of(text, 9_999) or this
    return year if year in _years(site, known) else this


def _begun(year: int, days: Days) -> list[Span]:
    """Return what is recorded of a year, and of what every year has whatever has no day yet."""
    recorded = spans(days)
    if not recorded:
        return proposed(year)
    names = {each.name for each in recorded}
    return [*recorded, *(each for each in proposed(year) if each.first is None and each.name not in names)]


def _row(span: Span) -> Row:
    first, last = (day.isoformat() if day else "" for day in (span.first, span.last))
    return Row(first=first, last=last if last != first else "", name=span.name)


def _named(span: Span) -> str:
    assert span.first and span.last, "what is recorded has its days"
    if span.first == span.last:
        return written.long_date(span.first)
    return f"{written.long_date(span.first)} – {written.long_date(span.last)}"


def _read(site: Site, year: int, given: Mapping[str, str]) -> tuple[list[Row], dict[date, str]]:
    """Return the rows with what is wrong in each, and the days of those that are right."""
    rows, days = list[Row](), dict[date, str]()
    for number in range(MOST_ROWS):
        first, last, name = (given.get(f"{key}_{number}", "").strip() for key in ("dari", "sampai", "nama"))
        row = Row(first=first, last=last, name=name[:MOST_NAME])
        if not (first or last):  # a name that has no day yet, or nothing
            rows += [row] if name else []
            continue
        found = _days(row, year, days)
        if isinstance(found, str):
            row = Row(
                first=first,
                last=last,
                name=row.name,
                wrong=site.text(f"hari_libur.salah.{found}", tahun=year),
            )
        else:
            days |= dict.fromkeys(found, row.name)
        rows.append(row)
    return rows, days


def _days(row: Row, year: int, taken: Days) -> list[date] | str:
    """Return the days of a row, or what is wrong: a key under `hari_libur.salah`."""
    try:
        first = date.fromisoformat(row.first or row.last)
        last = date.fromisoformat(row.last or row.first)
    except ValueError:
        return "tanggal"
    if first.year != year or last.year != year:
        return "tahun"
    count = (last - first).days + 1
    if not 0 < count <= MOST_DAYS:
        return "urutan" if count < 1 else "panjang"
    if not row.name:
        return "nama"
    days = Span(first=first, last=last, name=row.name).days()
    return "ganda" if any(day in taken for day in days) else days


def _last(site: Site, year: int) -> str:
    """Say who set a year last, and when."""
    word = site.holidays.last_word(year)
    if word is None:
        return ""
    who = site.names([word.by]).get(word.by, "–")
    return site.text("hari_libur.terakhir", nama=who, waktu=written.date_and_clock(word.at_ms))
