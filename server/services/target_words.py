"""Targets in words: what a target is called, how it stands in one sentence, its bar and its table.

Rule: page and paper say the same; where a row tells of a desa, counts of one to four are closed.
"""

from schemas import format as written
from schemas.base import Data
from server.periods import Period, with_days
from server.services.charts import CLOSED, Cell, Chart, Line, cells_of, down
from server.services.target_progress import Goal, Parts, Received, Told
from server.services.visit_page import Words
from server.suppression import closed_in_row, is_few
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
        """Name the days: a month, a quarter or a year by its name."""
        period = with_days(aim.start, aim.end)
        if period is not None:
            return self._words.period(period)
        return self._say("rentang", dari=written.short_date(aim.start), sampai=written.short_date(aim.end))

    def received(self, told: Received) -> Chart:
        """Say how many visits came in a period, and in the one before."""
        before = told.period.moved(-1)
        found = [(told.period, told.now), *([(before, told.before)] if told.before is not None else [])]
        most = max(sum(parts) for _, parts in found)
        said = self._say("diterima_kata", jumlah=_number(sum(told.now)))
        if told.before is not None:
            key = "diterima_sampai" if told.days else "diterima_sebelumnya"
            named = self._words.period(before)
            said += " " + self._say(key, masa=named, jumlah=_number(sum(told.before)), hari=told.days)
        return Chart(
            key="diterima",
            title=self._say("diterima"),
            said=said,
            columns=tuple(self._say(f"kolom.{name}") for _, name in PARTS),
            tones=tuple(tone for tone, _ in PARTS),
            lines=tuple(
                Line(label=self._words.period(period), cells=cells_of(parts, most)) for period, parts in found
            ),
        )

    def card(self, goal: Goal, region: str, period: Period) -> Card:
        """Say how a target stands."""
        here, aim = goal.here, goal.aim
        is_desa = self._is_desa(region)
        hidden = is_desa and is_few(here.done)
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
            whole=self._row(region, here, period),
            rows=tuple(self._row(kode, told, period) for kode, told in goal.inner),
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

    def _row(self, kode: str, told: Told, period: Period) -> Row:
        region = self._words.wilayah.get(kode)
        is_desa = self._is_desa(kode)
        alone = is_desa and is_few(told.done)  # what is left would tell what is done
        cells = [
            "–" if told.target is None else _number(told.target),
            CLOSED if alone else _number(told.done),
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
            href=down(kode, period, is_desa=is_desa),
            cells=tuple(cells),
        )

    def _is_desa(self, kode: str) -> bool:
        region = self._words.wilayah.get(kode) if kode else None
        return region is not None and region.is_desa

    def _say(self, key: str, **values: object) -> str:
        return self._words.text(f"target.{key}", **values)


def _cells(told: Told, most: int, *, is_desa: bool) -> tuple[Cell, ...]:
    return cells_of(_shown(told.parts) if is_desa else told.parts, most)


def _shown(parts: Parts) -> list[int | None]:
    closed = closed_in_row(parts)
    return [None if at in closed else count for at, count in enumerate(parts)]


def _number(count: int) -> str:
    return written.number(count)


def _week(told: Told, *, is_desa: bool) -> str:
    return CLOSED if is_desa and is_few(told.week) else _number(told.week)


def _share(told: Told) -> int:
    """Return the share that is done, in whole percent: never 100 while one is left."""
    if not told.target:
        return 0
    return 100 * told.done // told.target
