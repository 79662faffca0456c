"""What visits, tugas and cases count for, over the whole regency. Rule: numbers only; nobody is in them.

Each visit is counted once, when somebody first asks after it came, and what it counts for is kept beside it.
The sums are made anew at most once a minute. Nothing sealed is counted.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from schemas.base import Data
from schemas.form import Forms
from schemas.format import local_date
from schemas.ids import RecordId
from schemas.skm import ELEMENTS
from schemas.workflow import Workflows
from server import figure_store, queries
from server.engine import Engine, Reader
from server.figure_store import Pairs
from server.services.visits import Version, load_newest
from server.store import SqlOfficeStore
from sync.applying import readable
from sync.change import Decide
from sync.neutral import is_sealed
from sync.scope import OPEN_TUGAS

BATCH = 250
FRESH_MS = 60_000
MOST_KEPT = 4
DAY_MS = 86_400_000
AGES = (1, 3, 7)
"""Days after which a visit that waits stands in the next band."""
SIX = ("tepat_sasaran", "tepat_jumlah", "tepat_harga", "tepat_waktu", "tepat_kualitas", "tepat_administrasi")
WORKFLOWS = ("kis",)
Place = tuple[str, str]
"""A desa and a service."""


class Sums(Data, frozen=True, kw_only=True):
    """All that is counted, each by place: `of` has pairs of what and which, of the visits of one quarter.

    `returns` counts the fields that came back, `survey` has the answers of each questionnaire; `waiting`
    counts visits by age, `tasks` tugas by state, `cases` cases by stage and whether they are late. `quarters`
    are those in which visits came, newest first; `made_ms` is UTC milliseconds.
    """

    quarters: tuple[str, ...]
    made_ms: int
    of: Mapping[Place, Counter[tuple[str, str]]]
    returns: Mapping[Place, Counter[str]]
    survey: Mapping[Place, list[str]]
    waiting: Mapping[Place, Counter[str]]
    tasks: Mapping[Place, Counter[str]]
    cases: Mapping[Place, Counter[tuple[str, bool]]]


class Figures:
    """Counts, and keeps the sums. Blocks its thread. `now_ms` gives UTC milliseconds."""

    def __init__(self, engine: Engine, forms: Forms, workflows: Workflows, now_ms: Callable[[], int]) -> None:
        self._engine, self._forms, self._workflows, self._now_ms = engine, forms, workflows, now_ms
        self._lock = threading.Lock()
        self._sums: dict[str, Sums] = {}

    def sums(self, quarter: str) -> Sums:
        """Return the sums of a quarter, at most a minute old."""
        with self._lock:  # one counts, the others wait for what it finds
            found = self._sums.get(quarter)
            now = self._now_ms()
            if found is None or not 0 <= now - found.made_ms < FRESH_MS:
                self._count()
                found = self._engine.read(lambda tx: self._summed(tx, quarter, now))
                self._sums = {**dict(list(self._sums.items())[-MOST_KEPT:]), quarter: found}
            return found

    def forms_of(self, services: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return the forms of some services, None for all."""
        if services is None:
            return None
        return tuple(form.id for form in self._forms.all() if form.service in services)

    def _count(self) -> None:
        """Count what came since: a batch at a time, so that others write in between."""
        while waiting := self._engine.read(lambda tx: figure_store.uncounted(tx, BATCH)):
            found = self._engine.read(lambda tx, waiting=waiting: _pairs_of(tx, waiting))
            self._engine.write(lambda tx, found=found: figure_store.put(tx, found)).result()

    def _summed(self, tx: Reader, quarter: str, now: int) -> Sums:
        of: defaultdict[Place, Counter[tuple[str, str]]] = defaultdict(Counter)
        survey: defaultdict[Place, list[str]] = defaultdict(list)
        for visit in figure_store.counted(tx, quarter):
            place = (visit.desa, self._service(visit.form))
            if visit.state == "ditolak":
                continue
            for what, which in visit.pairs:
                if what == "skm":
                    service, _, marks = which.partition("|")
                    survey[visit.desa, service].append(marks)
                else:
                    of[place][what, which] += 1
        return Sums(
            quarters=tuple(figure_store.quarters(tx)),
            made_ms=now,
            of=of,
            survey=survey,
            returns=self._returns(tx, quarter),
            waiting=self._waiting(tx, now),
            tasks=self._tasks(tx, now),
            cases=_cases(tx, now),
        )

    def _service(self, form: str) -> str:
        return self._forms.get(form).service if form in self._forms.ids() else ""

    def _waiting(self, tx: Reader, now: int) -> Mapping[Place, Counter[str]]:
        found: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        for form, desa, at_ms in figure_store.waiting(tx):
            days = (now - at_ms) / DAY_MS
            band = next((str(limit) for limit in AGES if days <= limit), "")
            found[desa, self._service(form)][band] += 1
        return found

    def _tasks(self, tx: Reader, now: int) -> Mapping[Place, Counter[str]]:
        today, found = local_date(now).isoformat(), defaultdict[Place, Counter[str]](Counter)
        for record in queries.records_of_kind(tx, "tugas"):
            fields = record.fields
            if is_sealed(record) or fields.get("dihapus"):
                continue
            place = (str(fields.get("kode_desa") or ""), self._service(str(fields.get("form") or "")))
            is_open, due = fields.get("state") in OPEN_TUGAS, str(fields.get("due") or "")
            late = "terlambat" if due and due < today else "terbuka"
            found[place][late if is_open else "selesai"] += 1
        return found

    def _returns(self, tx: Reader, quarter: str) -> Mapping[Place, Counter[str]]:
        found: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        rows = figure_store.returned(tx, quarter)
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            raw = SqlOfficeStore.reading(tx).contents(change for _, _, change in batch)
            for form, desa, change in batch:
                for field in _asked(raw.get(change)):
                    found[desa, self._service(form)][field] += 1
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
    shop = forms.get("ewarong", {})
    found += [(name, value) for name in SIX if isinstance(value := shop.get(name), str)]
    forbidden = cast("list[Any]", shop.get("larangan")) if isinstance(shop.get("larangan"), list) else []
    found += [("larangan", each) for each in forbidden if isinstance(each, str) and each != "tidak_ada"]
    if survey := forms.get("skm"):
        marks = "".join(_mark(survey.get(name)) for name in ELEMENTS)
        found.append(("skm", f"{_text(survey.get('layanan'))}|{marks}"))
    return found


def sheets(marks: list[str]) -> Iterator[dict[str, str]]:
    """Return the answers of questionnaires as `schemas.skm.ikm` takes them."""
    return (dict(zip(ELEMENTS, each, strict=True)) for each in marks)


def _pairs_of(tx: Reader, waiting: list[tuple[RecordId, int]]) -> list[tuple[RecordId, int, Pairs]]:
    records = SqlOfficeStore.reading(tx).records(visit for visit, _ in waiting)
    versions = {version.submit.visit: version for version in load_newest(tx, records.values())}
    return [
        (visit, count, pairs_of(versions[visit]) if visit in versions else []) for visit, count in waiting
    ]


def _cases(tx: Reader, now: int) -> Mapping[Place, Counter[tuple[str, bool]]]:
    today, found = local_date(now).isoformat(), defaultdict[Place, Counter[tuple[str, bool]]](Counter)
    for stage, desa, due, count in figure_store.cases(tx, WORKFLOWS):
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
    return text if text in ("1", "2", "3", "4") else "0"
