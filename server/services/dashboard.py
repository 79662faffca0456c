"""Dasbor: the state of the regency as charts, each with its table. Rule: what tells of few people is covered.

Where a chart tells what people have or did, its numbers come from `told_counts` and some of them are closed;
of a desa alone there is no such chart. Counts of the office's own work stand as they are.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from schemas import format as written
from schemas.base import Data
from schemas.skm import ikm_of
from schemas.wilayah import Region
from schemas.workflow import Workflows
from server import alarm_store, device_store
from server.access import Person, Scope, may, scope
from server.engine import Engine, Reader
from server.periods import Period
from server.services.charts import Cell, Chart, Drawing, Line, down, most_first, said_of
from server.services.figures import AGES, DAY_MS, SIX, STAGES, Figures, nothing
from server.services.people import Denied
from server.services.seen_sums import Here
from server.services.told_counts import Told, ToldCounts
from server.services.visit_page import Words
from server.suppression import ALL

MOST_RETURNS = 10
SEEN_DAYS = (1, 3, 7)


class Board(Data, frozen=True, kw_only=True):
    """All charts of a period for one reader; `made_ms` is UTC milliseconds."""

    period: Period
    charts: tuple[Chart, ...]
    made_ms: int


class Progress(Data, frozen=True, kw_only=True):
    """How far the tugas of one region are done."""

    region: Region
    done: int
    open: int
    late: int

    @property
    def all(self) -> int:
        """All tugas there."""
        return self.done + self.open + self.late


class Looking(Data, frozen=True, kw_only=True):
    """What a board is drawn from. `place` is a kecamatan or `ALL`, empty where nothing is told of people."""

    period: Period
    region: str
    here: Here
    place: str
    reach: Scope


class Dashboard:
    """The use cases of *Dasbor* and *Peta*. Blocks its thread."""

    def __init__(
        self, engine: Engine, figures: Figures, words: Words, workflows: Workflows, now_ms: Callable[[], int]
    ) -> None:
        self._engine, self._figures, self._words = engine, figures, words
        self._workflows, self._now_ms = workflows, now_ms
        self._told = ToldCounts(figures)
        self._draw = Drawing(words)
        self._say = self._draw.say

    def months(self) -> tuple[str, ...]:
        """Return the months in which visits came, newest first."""
        return self._figures.standing().months

    def board(self, person: Person, period: Period, region: str) -> Board | Denied:
        """Draw the charts of a period, of a region (empty: all of the reader's)."""
        reach = scope(person, "see_dashboard")
        if reach is None:
            return Denied(why="role")
        looking = self._looking(reach, period, region)
        here = looking.here
        charts = [self._progress(here, region, period), self._ages(here), self._returns(looking)]
        if looking.place:
            charts += [
                self._problems(looking),
                self._six(looking),
                self._forbidden(looking),
                self._paths(looking),
            ]
        charts += [self._cases(here, key, workflow) for key, workflow in STAGES.items()]
        if looking.place:
            charts.append(self._survey(looking))
        if may(person, "see_devices"):
            charts.append(self._devices())
        return Board(period=period, charts=tuple(charts), made_ms=here.standing.made_ms)

    def progress(self, person: Person) -> dict[str, Progress] | Denied:
        """Return how far the tugas of each kecamatan and desa in reach are done, by code."""
        reach = scope(person, "see_dashboard")
        if reach is None:
            return Denied(why="role")
        found = Here(self._figures.standing(), nothing(), reach, "").by_region()
        return {each.kode: _done(found, each) for each in self._words.wilayah if each.level != "kabupaten"}

    def _looking(self, reach: Scope, period: Period, region: str) -> Looking:
        chosen = self._words.wilayah.get(region) if region else None
        level = chosen.level if chosen else "kabupaten"
        return Looking(
            period=period,
            region=region,
            here=Here(self._figures.standing(), self._figures.made(period), reach, region),
            place={"kabupaten": ALL, "kecamatan": region}.get(level, ""),
            reach=reach,
        )

    def _people(self, chart: str, looking: Looking) -> Told:
        """Return what a chart of people tells."""
        period = looking.period
        return self._told.year(looking.reach, period.start.year).of(chart, period, looking.place)

    def _before(self, looking: Looking) -> Looking | None:
        """Return the same of the period before, None where the two cannot be compared.

        A period that is under way is not held against a whole one, nor one of before the first visits came.
        """
        before, months = looking.period.moved(-1), looking.here.standing.months
        today = written.local_date(self._now_ms())
        if looking.period.end >= today or not months or before.months[0] < months[-1]:
            return None
        return self._looking(looking.reach, before, looking.region)

    def _with_before(self, said: str, looking: Looking, count: Callable[[Looking], int | None]) -> str:
        """Return a sentence with the sum of the period before."""
        before = self._before(looking)
        if before is None:
            return said
        more = self._say("sebelumnya", masa=self._words.period(before.period), jumlah=said_of(count(before)))
        return f"{said} {more}"

    def _said_of_people(self, chart: str, told: Told, looking: Looking) -> str:
        """Return the sentence of a chart of people: the sum, and that of the period before."""
        said = self._say(f"{chart}_kata", jumlah=said_of(told.total))
        return self._with_before(said, looking, lambda each: self._people(chart, each).total)

    def _progress(self, here: Here, region: str, period: Period) -> Chart:
        states, told = ("selesai", "terbuka", "terlambat"), here.by_region()
        found = [(each, _done(told, each)) for each in self._words.wilayah.inner(region)]
        rows = [
            (each.nama, [done.done, done.open, done.late], down(each.kode, period, is_desa=each.is_desa))
            for each, done in found
            if done.all
        ]
        done, every = sum(one.done for _, one in found), sum(one.all for _, one in found)
        share = round(100 * done / every) if every else 0
        said = self._say("capaian_kata", selesai=done, semua=every, persen=share)
        return self._draw.chart("capaian", said, states, ("good", "info", "bad"), rows)

    def _ages(self, here: Here) -> Chart:
        found = here.total(here.standing.waiting)
        bands = [*map(str, AGES), ""]
        rows = [
            (
                self._say(f"umur_{band or 'lebih'}"),
                [found[band]],
                "/antrean" + (f"?umur={AGES[at - 1]}" if at else ""),
            )
            for at, band in enumerate(bands)
        ]
        said = self._say("umur_kata", jumlah=sum(found.values()), lama=found[""])
        return self._draw.chart("umur", said, ("kunjungan",), ("info",), rows)

    def _returns(self, looking: Looking) -> Chart:
        def counted(each: Looking) -> Counter[str]:
            return each.here.total(each.here.made.returns)

        found = counted(looking)
        rows = [(self._draw.field(name), [count], "") for name, count in found.most_common(MOST_RETURNS)]
        said = self._say("kembali_kata", jumlah=sum(found.values()))
        said = self._with_before(said, looking, lambda each: counted(each).total())
        return self._draw.chart("kembali", said, ("alasan",), ("notice",), rows)

    def _problems(self, looking: Looking) -> Chart:
        told = self._people("masalah", looking)
        counts = told.counts
        payers = sorted({which.partition("|")[2] for which in counts})
        rows = [
            (
                self._draw.option("kks_masalah", "jenis_masalah", name),
                [counts.get(f"{name}|{payer}", 0) for payer in payers],
                "",
            )
            for name in most_first({which.partition("|")[0] for which in counts}, counts)
        ]
        columns = [
            self._draw.option("bpnt_kpm", "penyalur", payer) if payer else self._say("penyalur_tidak_dicatat")
            for payer in payers
        ]
        tones = ("info", "notice", "good", "quiet")
        said = self._said_of_people("masalah", told, looking)
        return self._draw.chart("masalah", said, columns, tones, rows)

    def _six(self, looking: Looking) -> Chart:
        answers = ("ya", "sebagian", "tidak")
        told = [(name, self._people(name, looking).counts) for name in SIX]
        rows = [
            (self._draw.label("ewarong", name), [counts.get(answer, 0) for answer in answers], "")
            for name, counts in told
            if counts
        ]
        columns = [self._draw.option("ewarong", SIX[0], answer) for answer in answers]
        return self._draw.chart("tepat", self._say("tepat_kata"), columns, ("good", "notice", "bad"), rows)

    def _forbidden(self, looking: Looking) -> Chart:
        told = self._people("larangan", looking)
        counts = told.counts
        rows = [
            (self._draw.option("ewarong", "larangan", name), [counts[name]], "")
            for name in most_first(counts, counts)
        ]
        said = self._said_of_people("larangan", told, looking)
        return self._draw.chart("larangan", said, ("temuan",), ("bad",), rows)

    def _cases(self, here: Here, key: str, workflow: str) -> Chart:
        steps = self._workflows.get(workflow)
        found = here.cases(workflow, steps.service)
        rows = [
            (state.label, [found[name, False], found[name, True]], "/kasus")
            for name, state in steps.states.items()
            if found[name, False] or found[name, True]
        ]
        late = sum(count for (_, is_late), count in found.items() if is_late)
        said = self._say("kasus_kata", jumlah=sum(found.values()), lewat=late)
        return self._draw.chart(key, said, ("berjalan", "lewat"), ("info", "bad"), rows)

    def _paths(self, looking: Looking) -> Chart:
        told = self._people("jalur", looking)
        counts = told.counts
        rows = [
            (self._draw.option("kis", "cabang_petugas", name), [counts[name]], "") for name in sorted(counts)
        ]
        said = self._said_of_people("jalur", told, looking)
        return self._draw.chart("jalur", said, ("kunjungan",), ("info",), rows)

    def _survey(self, looking: Looking) -> Chart:
        counts, lines = self._people("skm", looking).counts, list[Line]()
        for service in ("bpnt", "kis", "ktkpm"):
            if service not in counts:
                continue
            count = counts[service]
            index = None if count is None else ikm_of(looking.here.survey(service))
            text = self._say("skm_ditutup")
            if index:
                value = str(index.value).replace(".", ",")
                text = self._say("skm_nilai", nilai=value, mutu=index.mutu, jumlah=count)
            cell = Cell(text=text, count=count, width=float(index.value) if index else 0)
            lines.append(Line(label=self._words.text(f"layanan.{service}"), cells=(cell,)))
        return Chart(
            key="skm",
            title=self._say("skm"),
            said=self._say("skm_kata"),
            columns=(self._draw.word("ikm"),),
            tones=("good",),
            lines=tuple(lines),
        )

    def _devices(self) -> Chart:
        now = self._now_ms()

        def look(tx: Reader) -> Counter[str]:
            heard, bands = alarm_store.heard(tx), Counter[str]()
            for device in device_store.devices(tx):
                if device.revoked_ms is None:
                    at_ms = heard[device.id].at_ms if device.id in heard else 0
                    days = (now - at_ms) / DAY_MS
                    band = next((str(limit) for limit in SEEN_DAYS if days <= limit), "lebih")
                    bands[band if at_ms else "belum"] += 1
            return bands

        found = self._engine.read(look)
        rows = [
            (self._say(f"hp_{band}"), [found[band]], "/perangkat")
            for band in (*map(str, SEEN_DAYS), "lebih", "belum")
        ]
        said = self._say("hp_kata", jumlah=sum(found.values()), lama=found["lebih"] + found["belum"])
        return self._draw.chart("hp", said, ("hp",), ("info",), rows)


def _done(told: Mapping[str, Counter[str]], region: Region) -> Progress:
    found = told.get(region.kode, Counter[str]())
    return Progress(region=region, done=found["selesai"], open=found["terbuka"], late=found["terlambat"])
