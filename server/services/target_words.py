"""Targets in words: what a target is called, how it stands in one sentence, its bar and its table.

Rule: page and paper say the same; where a row tells of a desa, counts of one to four are hidden.
"""

from calendar import monthrange
from datetime import date

from schemas import format as written
from schemas.base import Data
from server.projections import quarter_with
from server.services.dashboard import CLOSED, FEW, Cell, cells_of, closed, cover
from server.services.target_progress import Goal, Told, days_of
from server.services.visit_page import Words
from server.targets import Aim

COLUMNS = ("target", "sudah", "disetujui", "menunggu", "perbaikan", "sisa", "persen", "laju", "minggu")
PARTS = (("good", "disetujui"), ("info", "menunggu"), ("notice", "perbaikan"))


class Part(Data, frozen=True, kw_only=True):
    """One part of a bar: its tone, what it counts, and where it lies, in percent of the bar."""

    tone: str
    label: str
    text: str
    start: float
    width: float


class Row(Data, frozen=True, kw_only=True):
    """One region of a target's table; `href` leads down."""

    label: str
    href: str
    cells: tuple[str, ...]


class Card(Data, frozen=True, kw_only=True):
    """One target in words. `tick` is where it should be by today, in percent; None where nothing is due.

    `mark` is a tone, an icon and a word: how it stands.
    """

    key: str
    title: str
    span: str
    said: str
    note: str
    mark: tuple[str, str, str] | None
    bar: tuple[Part, ...]
    tick: float | None
    columns: tuple[str, ...]
    whole: Row
    rows: tuple[Row, ...]


class TargetWords:
    """Says targets. `region` is what a page looks at, empty for all."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def title(self, aim: Aim) -> str:
        """Name what is counted."""
        service = self._words.text(f"layanan.{aim.service}")
        if not aim.form:
            return self._say("semua_formulir", layanan=service)
        forms = self._words.forms
        return forms.get(aim.form).title if aim.form in forms.ids() else aim.form

    def span(self, aim: Aim) -> str:
        """Name the days: a month or a quarter by its name."""
        start, end = aim.start, aim.end
        quarter = quarter_with(start)
        if (start, end) == month_of(start):
            return written.month_name(start)
        if (start, end) == days_of(quarter):
            return self._words.quarter(quarter)
        return self._say("rentang", dari=written.short_date(start), sampai=written.short_date(end))

    def card(self, goal: Goal, region: str, quarter: str) -> Card:
        """Say how a target stands."""
        here, aim = goal.here, goal.aim
        is_desa = self._is_desa(region)
        hidden = is_desa and 0 < here.done < FEW
        running = goal.phase == "berjalan" and here.target is not None and not hidden
        most = max(here.done, here.target or 0)
        return Card(
            key=f"{aim.service}-{aim.form}-{aim.start.isoformat()}-{aim.end.isoformat()}",
            title=self.title(aim),
            span=self.span(aim),
            said=self._say("kata_sedikit") if hidden else self._sentence(goal, is_desa=is_desa),
            note=self._say("dari_tugas") if goal.from_tasks else "",
            mark=None if here.target is None or hidden else self._mark(goal),
            bar=() if hidden or not most else self._bar(here, most, is_desa=is_desa),
            tick=100 * (here.target or 0) / most * goal.by_now / 100 if running and most else None,
            columns=tuple(self._say(f"kolom.{name}") for name in COLUMNS),
            whole=self._row(region, here, quarter),
            rows=tuple(self._row(kode, told, quarter) for kode, told in goal.inner),
        )

    def _sentence(self, goal: Goal, *, is_desa: bool) -> str:
        here = goal.here
        if here.target is None:
            return self._say("kata_tanpa", sudah=_number(here.done))
        said = self._say(
            "kata",
            sudah=_number(here.done),
            target=_number(here.target),
            persen=_share(here),
        )
        match goal.phase:
            case "tercapai":
                more = self._say("kata_tercapai")
            case "belum":
                more = self._say("kata_belum", mulai=written.long_date(goal.aim.start))
            case "lewat":
                more = self._say(
                    "kata_lewat", sampai=written.long_date(goal.aim.end), sisa=_number(here.left)
                )
            case "berjalan":
                more = self._say(
                    "kata_berjalan" if goal.days_left else "kata_habis",
                    sisa=_number(here.left),
                    hari=goal.days_left,
                    laju=_number(here.pace),
                    minggu=_week(here, is_desa=is_desa),
                )
        return f"{said} {more}"

    def _mark(self, goal: Goal) -> tuple[str, str, str]:
        here = goal.here
        match goal.phase:
            case "tercapai":
                look = ("good", "done", "tercapai")
            case "belum":
                look = ("quiet", "calendar", "belum")
            case "lewat":
                look = ("bad", "late", "lewat")
            case "berjalan":
                behind = 100 * here.done < goal.by_now * (here.target or 0)
                look = ("notice", "late", "tertinggal") if behind else ("good", "done", "sesuai")
        tone, icon, name = look
        return tone, icon, self._say(f"tanda.{name}")

    def _bar(self, told: Told, most: int, *, is_desa: bool) -> tuple[Part, ...]:
        return tuple(
            Part(
                tone=tone,
                label=self._say(f"kolom.{name}"),
                text=cell.text,
                start=cell.start,
                width=cell.width,
            )
            for (tone, name), cell in zip(PARTS, _cells(told, most, is_desa=is_desa), strict=True)
        )

    def _row(self, kode: str, told: Told, quarter: str) -> Row:
        region = self._words.wilayah.get(kode)
        is_desa = self._is_desa(kode)
        page = "peta" if is_desa else "dasbor"
        alone = is_desa and 0 < told.done < FEW  # what is left would tell what is done
        cells = [
            "–" if told.target is None else _number(told.target),
            closed(told.done) if alone else _number(told.done),
            *(cell.text for cell in _cells(told, told.done, is_desa=is_desa)),
        ]
        if told.target is None:
            cells += ["–", "–", "–"]
        elif alone:
            cells += [CLOSED, CLOSED, CLOSED]
        else:
            cells += [_number(told.left), f"{_share(told)}%", _number(told.pace)]
        cells.append(_week(told, is_desa=is_desa))
        return Row(
            label=region.nama if region else self._say("seluruhnya"),
            href=f"/{page}?triwulan={quarter}&wilayah={kode}",
            cells=tuple(cells),
        )

    def _is_desa(self, kode: str) -> bool:
        region = self._words.wilayah.get(kode) if kode else None
        return region is not None and region.level in ("desa", "kelurahan")

    def _say(self, key: str, **values: object) -> str:
        return self._words.text(f"target.{key}", **values)


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of a day's month."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def _cells(told: Told, most: int, *, is_desa: bool) -> tuple[Cell, ...]:
    return cells_of(told.parts, cover(told.parts) if is_desa else told.parts, most)


def _number(count: int) -> str:
    return written.number(count)


def _week(told: Told, *, is_desa: bool) -> str:
    return closed(told.week) if is_desa and 0 < told.week < FEW else _number(told.week)


def _share(told: Told) -> int:
    """Return the share that is done, in whole percent: never 100 while one is left."""
    if not told.target:
        return 0
    return 100 * told.done // told.target
