"""Dasbor: the state of the regency as charts, each with its table. Rule: what tells of few people is covered.

Where a chart tells what people have or did, counts of one to four are hidden, and where only one of a row
would be, another with it, so that no total gives it away. Counts of the office's own work stand as they are.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from schemas import format as written
from schemas.base import Data
from schemas.form import Form, Multi, Pilihan
from schemas.skm import ikm
from schemas.wilayah import Region
from schemas.workflow import Workflows
from server import alarm_store, device_store
from server.access import Person, may, scope, within
from server.engine import Engine, Reader
from server.services.figures import AGES, DAY_MS, SIX, Figures, sheets
from server.services.people import Denied
from server.services.seen_sums import Here
from server.services.visit_page import Words

FEW = 5
CLOSED = "•"
"""Stands where a number is closed because another would be told by it."""
MOST_RETURNS = 10
SEEN_DAYS = (1, 3, 7)
STAGES = (
    ("kis", "kis"),
    ("masalah_tahap", "bpnt_masalah"),
    ("temuan_tahap", "ewarong_temuan"),
    ("pengaduan", "pengaduan"),
)
"""Charts of cases by stage, each with the steps that its cases take."""


class Cell(Data, frozen=True, kw_only=True):
    """One figure: in words, its count (None where it is hidden), and where its bar lies, in percent."""

    text: str
    count: int | None
    start: float = 0
    width: float = 0


class Line(Data, frozen=True, kw_only=True):
    """One row of a chart; `href` leads to what it counts, empty where there is no such page."""

    label: str
    cells: tuple[Cell, ...]
    href: str = ""


class Chart(Data, frozen=True, kw_only=True):
    """A chart and the table behind it: columns with their tones, and rows. `said` is it in one sentence."""

    key: str
    title: str
    said: str
    columns: tuple[str, ...]
    tones: tuple[str, ...]
    lines: tuple[Line, ...]
    covered: bool = False


class Board(Data, frozen=True, kw_only=True):
    """All charts of a quarter for one reader; `made_ms` is UTC milliseconds."""

    quarter: str
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


class Dashboard:
    """The use cases of *Dasbor* and *Peta*. Blocks its thread."""

    def __init__(
        self, engine: Engine, figures: Figures, words: Words, workflows: Workflows, now_ms: Callable[[], int]
    ) -> None:
        self._engine, self._figures, self._words = engine, figures, words
        self._workflows, self._now_ms = workflows, now_ms

    def quarters(self, quarter: str) -> tuple[str, ...]:
        """Return the quarters that can be shown beside one, newest first."""
        return self._figures.sums(quarter).quarters

    def board(self, person: Person, quarter: str, region: str) -> Board | Denied:
        """Draw the charts of a quarter, of a region (empty: all of the reader's)."""
        reach = scope(person, "see_dashboard")
        if reach is None:
            return Denied(why="role")
        sums = self._figures.sums(quarter)
        here = Here(sums, reach, region)
        charts = [
            self._progress(here, region, quarter),
            self._ages(here),
            self._returns(here),
            self._problems(here),
            self._six(here),
            self._forbidden(here),
            self._paths(here),
            *(self._cases(here, key, workflow) for key, workflow in STAGES),
            self._survey(here),
        ]
        if may(person, "see_devices"):
            charts.append(self._devices())
        return Board(quarter=quarter, charts=tuple(charts), made_ms=sums.made_ms)

    def progress(self, person: Person, quarter: str) -> dict[str, Progress] | Denied:
        """Return how far the tugas of each kecamatan and desa in reach are done, by code."""
        reach = scope(person, "see_dashboard")
        if reach is None:
            return Denied(why="role")
        found = Here(self._figures.sums(quarter), reach, "").by_region()
        return {each.kode: _done(found, each) for each in self._words.wilayah if each.level != "kabupaten"}

    def _progress(self, here: Here, region: str, quarter: str) -> Chart:
        wilayah, states = self._words.wilayah, ("selesai", "terbuka", "terlambat")
        inner = wilayah.desa(region) if region and region.count(".") == 2 else wilayah.kecamatan()
        told = here.by_region()
        found = [(each, _done(told, each)) for each in inner if within(each.kode, (region,)) or not region]
        rows = [
            (each.nama, [done.done, done.open, done.late], _down(each, quarter))
            for each, done in found
            if done.all
        ]
        done, every = sum(one.done for _, one in found), sum(one.all for _, one in found)
        share = round(100 * done / every) if every else 0
        said = self._say("capaian_kata", selesai=done, semua=every, persen=share)
        return self._chart("capaian", said, states, ("good", "info", "bad"), rows)

    def _ages(self, here: Here) -> Chart:
        found = here.total(here.sums.waiting)
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
        return self._chart("umur", said, ("kunjungan",), ("info",), rows)

    def _returns(self, here: Here) -> Chart:
        found = here.total(here.sums.returns)
        rows = [(self._field(name), [count], "") for name, count in found.most_common(MOST_RETURNS)]
        said = self._say("kembali_kata", jumlah=sum(found.values()))
        return self._chart("kembali", said, ("alasan",), ("notice",), rows)

    def _problems(self, here: Here) -> Chart:
        found = here.pairs("masalah")
        payers = sorted({which.partition("|")[2] for which in found})
        problems = Counter[str]()
        for which, count in found.items():
            problems[which.partition("|")[0]] += count
        rows = [
            (
                self._option("kks_masalah", "jenis_masalah", name),
                [found[f"{name}|{payer}"] for payer in payers],
                "",
            )
            for name, _ in problems.most_common()
        ]
        columns = [
            self._option("bpnt_kpm", "penyalur", payer) if payer else self._say("penyalur_tidak_dicatat")
            for payer in payers
        ]
        said = self._say("masalah_kata", jumlah=sum(problems.values()))
        tones = ("info", "notice", "good", "quiet")
        return self._chart("masalah", said, columns, tones, rows, covered=True)

    def _six(self, here: Here) -> Chart:
        answers = ("ya", "sebagian", "tidak")
        rows = [
            (self._label("ewarong", name), [here.pairs(name)[answer] for answer in answers], "")
            for name in SIX
        ]
        columns = [self._option("ewarong", SIX[0], answer) for answer in answers]
        rows = [row for row in rows if sum(row[1])]
        wrong = sum(counts[2] for _, counts, _ in rows)
        said = self._say("tepat_kata", jumlah=_hidden(wrong))
        return self._chart("tepat", said, columns, ("good", "notice", "bad"), rows, covered=True)

    def _forbidden(self, here: Here) -> Chart:
        found = here.pairs("larangan")
        rows = [
            (self._option("ewarong", "larangan", name), [count], "") for name, count in found.most_common()
        ]
        said = self._say("larangan_kata", jumlah=_hidden(sum(found.values())))
        return self._chart("larangan", said, ("temuan",), ("bad",), rows, covered=True)

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
        return self._chart(key, said, ("berjalan", "lewat"), ("info", "bad"), rows)

    def _paths(self, here: Here) -> Chart:
        found = here.pairs("jalur")
        rows = [(self._option("kis", "cabang_petugas", name), [found[name]], "") for name in sorted(found)]
        said = self._say("jalur_kata", jumlah=_hidden(sum(found.values())))
        return self._chart("jalur", said, ("kunjungan",), ("info",), rows, covered=True)

    def _survey(self, here: Here) -> Chart:
        lines: list[Line] = []
        for service in ("bpnt", "kis", "ktkpm"):
            marks = here.marks(service)
            index = ikm(sheets(marks)) if len(marks) >= FEW else None
            if not marks:
                continue
            text = (
                self._say(
                    "skm_nilai", nilai=str(index.value).replace(".", ","), mutu=index.mutu, jumlah=len(marks)
                )
                if index
                else self._say("skm_sedikit")
            )
            width = float(index.value) if index else 0
            cell = Cell(text=text, count=len(marks) if index else None, width=width)
            lines.append(Line(label=self._words.text(f"layanan.{service}"), cells=(cell,)))
        return Chart(
            key="skm",
            title=self._say("skm"),
            said=self._say("skm_kata"),
            columns=(self._word("ikm"),),
            tones=("good",),
            lines=tuple(lines),
            covered=True,
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
        return self._chart("hp", said, ("hp",), ("info",), rows)

    def _chart(
        self,
        key: str,
        said: str,
        columns: Sequence[str],
        tones: Sequence[str],
        rows: Sequence[tuple[str, list[int], str]],
        *,
        covered: bool = False,
    ) -> Chart:
        shown = [
            (label, counts, cover(counts) if covered else list[int | None](counts), href)
            for label, counts, href in rows
        ]
        most = max((sum(count or 0 for count in seen) for _, _, seen, _ in shown), default=0)
        return Chart(
            key=key,
            title=self._say(key),
            said=said,
            columns=tuple(self._word(name) for name in columns),
            tones=tuple(tones[: len(columns)]),
            lines=tuple(
                Line(label=label, cells=cells_of(counts, seen, most), href=href)
                for label, counts, seen, href in shown
            ),
            covered=covered,
        )

    def _say(self, key: str, **values: object) -> str:
        return self._words.text(f"dasbor.{key}", **values)

    def _word(self, name: str) -> str:
        key = f"dasbor.kolom.{name}"
        return self._words.text(key) if key in self._words.text else name

    def _form(self, form: str) -> Form | None:
        return self._words.forms.get(form) if form in self._words.forms.ids() else None

    def _label(self, form: str, name: str) -> str:
        found = self._form(form)
        return found.fields[name].short if found and name in found.fields else name

    def _option(self, form: str, name: str, code: str) -> str:
        found = self._form(form)
        field = found.fields.get(name) if found else None
        options = field.options if isinstance(field, Pilihan | Multi) else ()
        return next((option.label for option in options if option.code == code), code)

    def _field(self, name: str) -> str:
        form, dot, field = name.partition(".")
        return self._label(form, field) if dot else self._say(f"alasan_{name}")


def _down(region: Region, quarter: str) -> str:
    """Return where more is told of a region: of a kecamatan here, of a desa on the map."""
    page = "dasbor" if region.level == "kecamatan" else "peta"
    return f"/{page}?triwulan={quarter}&wilayah={region.kode}"


def _done(told: Mapping[str, Counter[str]], region: Region) -> Progress:
    found = told.get(region.kode, Counter[str]())
    return Progress(region=region, done=found["selesai"], open=found["terbuka"], late=found["terlambat"])


def cover(counts: Sequence[int]) -> list[int | None]:
    """Hide counts of one to four; where only one is, the next smallest too, or the sum would tell it."""
    hidden = {at for at, count in enumerate(counts) if 0 < count < FEW}
    others = [at for at, count in enumerate(counts) if count >= FEW]
    if len(hidden) == 1 and others:
        hidden.add(min(others, key=lambda at: counts[at]))
    return [None if at in hidden else count for at, count in enumerate(counts)]


def _hidden(count: int) -> str:
    return f"<{FEW}" if 0 < count < FEW else written.number(count)


def closed(count: int) -> str:
    """What stands for a count that is not told: that it is small, or that another would be told by it."""
    return f"<{FEW}" if 0 < count < FEW else CLOSED


def cells_of(counts: Sequence[int], shown: Sequence[int | None], most: int) -> tuple[Cell, ...]:
    """Write counts as the parts of one bar that is as long as `most`; `shown` has None for what is closed."""
    cells: list[Cell] = []
    start = 0.0
    for count, seen in zip(counts, shown, strict=True):
        width = 100 * (seen or 0) / most if most else 0.0
        text = closed(count) if seen is None else written.number(seen)
        cells.append(Cell(text=text, count=seen, start=round(start, 2), width=round(width, 2)))
        start += width
    return tuple(cells)
