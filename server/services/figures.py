"""What visits, tugas and cases count for, over the whole regency. Rule: numbers only; nobody who was
visited is in them.

What each visit and each tugas counts for is kept beside it and added up as it changes: the sums of a month
are read, not counted, at most once a minute, and only when they changed; those of longer periods are added
up from them. Nothing sealed is counted.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from schemas.base import Data
from schemas.form import Forms
from schemas.format import local_date
from schemas.ids import RecordId
from schemas.sealed import SEALED_FORM
from schemas.skm import ELEMENTS
from server import figure_store
from server.engine import Engine, Reader, Writer
from server.figure_store import DUE, MONTH, OPEN, Count, Counted, Day
from server.periods import Period
from server.services.visits import Version, load_newest
from server.slices import Slices
from server.store import SqlOfficeStore
from server.task_store import due_of
from sync.applying import readable
from sync.change import Decide
from sync.neutral import is_sealed
from sync.scope import OPEN_TUGAS
from sync.store import Record

FIRST, LEAST, MOST = 100, 20, 2_000
"""Records counted in one transaction."""
FRESH_MS = 60_000
MOST_KEPT = 6
"""Years, and periods, whose sums are kept."""
DAY_MS = 86_400_000
AGES = (1, 3, 7)
"""Days after which a visit that waits stands in the next band."""
SIX = ("tepat_sasaran", "tepat_jumlah", "tepat_harga", "tepat_waktu", "tepat_kualitas", "tepat_administrasi")
STAGES = {
    "kis": "kis",
    "masalah_tahap": "bpnt_masalah",
    "temuan_tahap": "ewarong_temuan",
    "pengaduan": "pengaduan",
}
"""Charts of cases by stage, each with the steps that its cases take."""
NO_MARK = "0"
"""Stands for an element of the questionnaire that was not answered."""
Pairs = list[tuple[str, str]]
"""What a visit counts for: what, and which."""
Place = tuple[str, str]
"""A desa and a service."""
Key = TypeVar("Key")
Value = TypeVar("Value")


class Sums(Data, frozen=True, kw_only=True):
    """What the visits of a period count for that needs no closing, each by place.

    `returns` counts the fields that came back, `survey` the answers to the questionnaire: element and score.
    """

    returns: Mapping[Place, Counter[str]]
    survey: Mapping[Place, Counter[tuple[str, int]]]


class Made(Sums, frozen=True, kw_only=True):
    """All that the visits of a month count for; `of` has pairs of what and which, each by place."""

    of: Mapping[Place, Counter[tuple[str, str]]]


Year = tuple[Made, ...]
"""The twelve months of a year."""


class _Read(Data, frozen=True, kw_only=True):
    """A year as it was read, and the stamps of its months (see `figure_store.stamps`)."""

    made_ms: int
    stamps: Mapping[str, int]
    months: Year


class Standing(Data, frozen=True, kw_only=True):
    """What is counted as it stands, each by place: visits that wait by age, tugas by state, cases by stage
    and whether they are late. `months` are those in which visits came, newest first; `made_ms` is UTC
    milliseconds.
    """

    months: tuple[str, ...]
    made_ms: int
    waiting: Mapping[Place, Counter[str]]
    tasks: Mapping[Place, Counter[str]]
    cases: Mapping[Place, Counter[tuple[str, bool]]]


class Figures:
    """Counts, and keeps the sums, at most a minute. Blocks its thread. `now_ms` gives UTC milliseconds."""

    def __init__(self, engine: Engine, forms: Forms, now_ms: Callable[[], int]) -> None:
        self._engine, self._forms, self._now_ms = engine, forms, now_ms
        self._lock = threading.RLock()
        self._slices = Slices(FIRST, least=LEAST, most=MOST)
        self._standing: Standing | None = None
        self._years: dict[int, _Read] = {}
        self._made: dict[str, tuple[Year, Sums]] = {}

    def standing(self) -> Standing:
        """Return what is counted as it stands."""
        with self._lock:  # one counts, the others wait for what it finds
            found, now = self._standing, self._now_ms()
            if found is None or not _is_fresh(found.made_ms, now):
                self.catch_up()
                found = self._standing = self._engine.read(lambda tx: self._stands(tx, now))
            return found

    def year(self, year: int) -> Year:
        """Return what the visits of each month of a year count for.

        Each month, and the year, is the same object until something in it changes.
        """
        with self._lock:
            kept, now = self._years.get(year), self._now_ms()
            if kept is None or not _is_fresh(kept.made_ms, now):
                self.catch_up()
                kept = self._engine.read(lambda tx: self._read(tx, year, now))
                self._years = with_newest(self._years, year, kept, MOST_KEPT)
            return kept.months

    def made(self, period: Period) -> Sums:
        """Return what the visits of a period count for."""
        with self._lock:
            first = period.start.month - 1
            months = self.year(period.start.year)[first : first + len(period.months)]
            of, found = self._made.get(period.code, ((), None))
            if found is None or any(old is not new for old, new in zip(of, months, strict=True)):
                found = _added_up(months)
                self._made = with_newest(self._made, period.code, (months, found), MOST_KEPT)
            return found

    def services(self) -> Mapping[str, str]:
        """Return the service of each form."""
        return {form.id: form.service for form in self._forms.all()}

    def forms_of(self, services: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return the forms of some services, None for all."""
        if services is None:
            return None
        return tuple(form.id for form in self._forms.all() if form.service in services)

    def catch_up(self, slices: int | None = None) -> None:
        """Count what changed since, at most so many slices of it: others write in between."""
        while slices != 0 and self._engine.read(figure_store.is_behind):
            self._engine.write(self._count).result()
            slices = None if slices is None else slices - 1

    def _count(self, tx: Writer) -> None:
        self._slices.do(lambda most: _counted(tx, most))

    def _stands(self, tx: Reader, now: int) -> Standing:
        tasks: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        services = self.services()
        today = local_date(now).isoformat()
        for each, count in figure_store.sums(tx, [""]):
            is_late = each.what == OPEN and "" < each.which < today
            state = "terlambat" if is_late else "terbuka" if each.what == OPEN else "selesai"
            tasks[each.desa, services.get(each.form, "")][state] += count
        return Standing(
            months=tuple(figure_store.months(tx)),
            made_ms=now,
            waiting=self._waiting(tx, now),
            tasks=tasks,
            cases=_cases(tx, now),
        )

    def _read(self, tx: Reader, year: int, now: int) -> _Read:
        """Read a year: of its months those that changed since it was read before."""
        names = [f"{year:04}-{month:02}" for month in range(1, 13)]
        stamps, before = figure_store.stamps(tx, names), self._years.get(year)
        if before is None:
            found = self._months(tx, names)
        elif changed := [name for name in names if stamps.get(name) != before.stamps.get(name)]:
            found = dict(zip(names, before.months, strict=True)) | self._months(tx, changed)
        else:
            return replace(before, made_ms=now)
        return _Read(made_ms=now, stamps=stamps, months=tuple(found[name] for name in names))

    def _months(self, tx: Reader, names: Sequence[str]) -> dict[str, Made]:
        found, services = {name: nothing() for name in names}, self.services()
        for each, count in figure_store.sums(tx, names):
            place, month = (each.desa, services.get(each.form, "")), found[each.month]
            match each.what:
                case "skm":
                    asked, _, marks = each.which.partition("|")
                    month.of[each.desa, asked][each.what, asked] += count
                    for element, mark in zip(ELEMENTS, marks, strict=True):
                        if mark != NO_MARK:
                            month.survey[each.desa, asked][element, int(mark)] += count
                case "kembali":
                    month.returns[place][each.which] += count
                case "kunjungan":
                    pass  # that it came: for the months there are
                case _:
                    month.of[place][each.what, each.which] += count
        return found

    def _waiting(self, tx: Reader, now: int) -> Mapping[Place, Counter[str]]:
        found: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        services = self.services()
        for form, desa, at_ms in figure_store.waiting(tx):
            days = (now - at_ms) / DAY_MS
            band = next((str(limit) for limit in AGES if days <= limit), "")
            found[desa, services.get(form, "")][band] += 1
        return found


def pairs_of(version: Version) -> Pairs:
    """Return what a version counts for. Fields are named here: what the office reports is its own choice."""
    forms = {name: given.answers for name, given in version.submit.forms.items()}
    found: Pairs = []
    for answers in forms.values():
        if isinstance(result := answers.get("hasil_kunjungan"), str):
            found.append(("hasil", result))
    problem = forms.get("kks_masalah", {}).get("jenis_masalah")
    if isinstance(problem, str):
        found.append(("masalah", f"{problem}|{_text(forms.get('bpnt_kpm', {}).get('penyalur'))}"))
    card = forms.get("kis", {})
    if path := _text(card.get("cabang_petugas")) or _text(card.get("cabang")):
        found.append(("jalur", path))
    shop = forms.get("ewarong", {})
    found += [(name, value) for name in SIX if isinstance(value := shop.get(name), str)]
    forbidden = cast("list[Any]", shop.get("larangan")) if isinstance(shop.get("larangan"), list) else []
    found += [("larangan", each) for each in forbidden if isinstance(each, str) and each != "tidak_ada"]
    if survey := forms.get("skm"):
        marks = "".join(_mark(survey.get(name)) for name in ELEMENTS)
        found.append(("skm", f"{_text(survey.get('layanan'))}|{marks}"))
    return found


def with_newest(kept: Mapping[Key, Value], key: Key, value: Value, most: int) -> dict[Key, Value]:
    """Return what is kept with one more, and at most so many others: those that were put in last."""
    others = {each: held for each, held in kept.items() if each != key}
    return {**dict(list(others.items())[-most:]), key: value}


def _is_fresh(made_ms: int, now: int) -> bool:
    return 0 <= now - made_ms < FRESH_MS


def nothing() -> Made:
    """Return what no visit counts for."""
    return Made(of=defaultdict(Counter), returns=defaultdict(Counter), survey=defaultdict(Counter))


def _added_up(months: Sequence[Made]) -> Sums:
    if len(months) == 1:
        return months[0]
    found = nothing()
    for each in months:
        for place, fields in each.returns.items():
            found.returns[place].update(fields)
        for place, answers in each.survey.items():
            found.survey[place].update(answers)
    return found


def _counted(tx: Writer, most: int) -> None:
    """Count the next records as they stand."""
    records, end = figure_store.following(tx, most)
    if not records:
        return
    visits = [each for each in records if each.kind == "kunjungan" and _is_counted(each)]
    versions = {version.submit.visit: version for version in load_newest(tx, visits)}
    returns = _returns(tx, [visit.id for visit in visits])
    counted = {each.id: Counted() for each in records}
    for each in records:
        if each.kind == "tugas":
            counted[each.id] = _of_task(each)
    for visit in visits:
        counted[visit.id] = Counted(
            sums=_of_visit(visit, versions.get(visit.id), returns[visit.id]), days=[_day_of_visit(visit)]
        )
    figure_store.put(tx, counted, end)


def _is_counted(visit: Record) -> bool:
    return bool(visit.fields.get("versions")) and visit.fields.get("form") != SEALED_FORM


def _of_visit(visit: Record, version: Version | None, returned: Iterable[str]) -> list[Count]:
    fields = visit.fields
    about = {
        "month": _first_day(visit).isoformat()[:MONTH],
        "desa": _text(fields.get("kode_desa")),
        "form": _text(fields.get("form")),
    }
    pairs: Pairs = [("kunjungan", "")]
    if version is not None and fields.get("state") != "ditolak":
        pairs += pairs_of(version)
    pairs += [("kembali", field) for field in returned]
    return [Count(**about, what=what, which=which) for what, which in pairs]


def _day_of_visit(visit: Record) -> Day:
    """A visit counts on the day on which it first came in, wherever it stands since."""
    fields = visit.fields
    return Day(
        what=_text(fields.get("state")),
        day=_first_day(visit).isoformat(),
        form=_text(fields.get("form")),
        desa=_text(fields.get("kode_desa")),
        petugas=_text(fields.get("petugas")),
    )


def _first_day(visit: Record) -> date:
    return local_date(int(visit.fields["versions"][0].get("received_ms") or 0))


def _of_task(task: Record) -> Counted:
    fields = task.fields
    if is_sealed(task) or fields.get("dihapus"):
        return Counted()
    is_open, due = fields.get("state") in OPEN_TUGAS, due_of(fields)
    desa, form, petugas = (_text(fields.get(name)) for name in ("kode_desa", "form", "petugas"))
    found = Count(desa=desa, form=form, what=OPEN if is_open else "selesai", which=due if is_open else "")
    whats = [what for what, counts in ((OPEN, is_open), (DUE, fields.get("state") != "batal")) if counts]
    days = [Day(what=what, day=due, form=form, desa=desa, petugas=petugas) for what in whats]
    return Counted(sums=[found], days=days)


def _returns(tx: Reader, visits: Sequence[RecordId]) -> Mapping[RecordId, list[str]]:
    """Return the fields that were to be mended, of each visit, once for each return."""
    found: defaultdict[RecordId, list[str]] = defaultdict(list)
    decided = figure_store.decisions(tx, visits)
    raw = SqlOfficeStore.reading(tx).contents(change for _, change in decided)
    for visit, change in decided:
        found[visit] += _asked(raw.get(change))
    return found


def _cases(tx: Reader, now: int) -> Mapping[Place, Counter[tuple[str, bool]]]:
    today, found = local_date(now).isoformat(), defaultdict[Place, Counter[tuple[str, bool]]](Counter)
    for stage, desa, due, count in figure_store.cases(tx, STAGES.values()):
        workflow, _, state = stage.partition(":")
        found[desa, workflow][state.partition(":")[2], bool(due) and due < today] += count
    return found


def _asked(raw: bytes | None) -> list[str]:
    """Return the fields that a return asked to mend, as form.field; a photo is counted as one."""
    content = readable(raw) if raw else None
    if content is None or not isinstance(content.body, Decide) or content.body.decision != "kembalikan":
        return []
    reasons = content.body.reasons
    return [key if "." in key else "foto" for key in reasons] or ["catatan"]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mark(value: Any) -> str:
    text = str(value)
    return text if text in ("1", "2", "3", "4") else NO_MARK
