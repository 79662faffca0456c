"""Sums that are kept: of a month until it changes, and never a number that counting anew would not give."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from pathlib import Path
from typing import Literal

import pytest

from schemas.format import moment_ms
from schemas.ids import ChangeId, RecordId
from server import figure_store, page_store
from server.access import scope
from server.engine import Writer
from server.figure_store import Count, Counted
from server.periods import period_of
from server.services.figures import FRESH_MS, MOST_KEPT, Figures
from server.services.people import load_person
from server.services.told_counts import CHARTS, ToldCounts
from server.store import SqlOfficeStore
from server.suppression import ALL
from sync.change import Decide, FormAnswers, Patch
from tests.contract.people import record_id
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, shut

YEAR = 2026
QUARTERS = [period_of("triwulan", date(YEAR, month, 1)) for month in (1, 4, 7, 10)]
PERIODS = [period_of("tahun", date(YEAR, 1, 1)), *QUARTERS, period_of("bulan", date(YEAR, 6, 1))]
PROBLEMS = ("saldo_0", "lupa_pin", "kks_hilang")
SERVICES = ("bpnt", "kis")
DECISIONS: tuple[Literal["setujui", "tolak", "kembalikan"], ...] = ("setujui", "tolak", "kembalikan")


@dataclass
class Town:
    """An office whose clock goes where it is told to, and the figures that it keeps all the while."""

    office: Office
    rng: random.Random
    month: int = 0
    office_ms: int = 0
    read_ms: int = 0
    people: list[RecordId] = field(default_factory=list[RecordId])
    visits: list[RecordId] = field(default_factory=list[RecordId])
    made_up: int = 0

    def __post_init__(self) -> None:
        self.read_ms = self.office.deps.now_ms()
        self.office.deps.office._now_ms = lambda: self.office_ms
        self.kept = self.figures()
        self.told = ToldCounts(self.kept)

    def figures(self) -> Figures:
        return Figures(self.office.deps.engine, self.office.deps.forms, lambda: self.read_ms)

    def visit(self) -> None:
        """Let a visit come in, in any month: before or after those that came until now."""
        self.month = self.rng.randrange(1, 13)
        self.office_ms = moment_ms(date(YEAR, self.month, 5), 9, 0)
        about = {"jenis_masalah": self.rng.choice(PROBLEMS)}
        marks = {"layanan": self.rng.choice(SERVICES), "u1": self.rng.choice("1234")}
        forms = {"kks_masalah": about, "skm": marks}
        more = {name: FormAnswers(version=1, answers=dict(given)) for name, given in forms.items()}
        self.people.append(self.office.add_warga("Suparti", self.rng.choice((DESA, ELSEWHERE))))
        self.visits.append(self.office.add_visit(warga=self.people[-1], photos=(), more=more)[0])

    def decide(self) -> None:
        """Let somebody decide on a visit, also on one that was decided on before."""
        visit, decision = self.rng.choice(self.visits), self.rng.choice(DECISIONS)
        reasons = {"foto_kk": "Kabur"} if decision == "kembalikan" else {}
        body = Decide(
            visit=visit, follows=self.newest(visit), decision=decision, reasons=reasons, note="Keliru"
        )

        def work(tx: Writer) -> None:
            self.office.deps.office.act_in(tx, self.office.people["kabid"], [body])
            head = SqlOfficeStore.writing(tx).records([visit])[visit].head
            assert head is not None
            page_store.add_decision(tx, visit, self.office_ms, head)

        self.office.deps.engine.write(work).result()

    def mend(self) -> None:
        """Let a visit come in once more, with other answers."""
        visit = self.rng.choice(self.visits)
        about = FormAnswers(version=1, answers={"jenis_masalah": self.rng.choice(PROBLEMS)})
        self.office.add_visit(visit=visit, follows=self.newest(visit), photos=(), more={"kks_masalah": about})

    def destroy(self) -> None:
        """Destroy all contents of a visit."""
        visit = self.visits.pop(self.rng.randrange(len(self.visits)))
        changes = [ChangeId(bytes.fromhex(each["change"])) for each in self.office.fields(visit)["versions"]]
        self.office.deps.destruction.destroy(self.office.people["kabid"], changes, [visit], "BA 9/2026")

    def merge(self) -> None:
        """Merge whom a visit is about into somebody else."""
        merged = {"digabung_ke": self.office.warga}
        body = Patch(record=self.rng.choice(self.people), kind="warga", base={}, new=merged)
        self.office.deps.office.act(self.office.people["kabid"], body)

    def many(self) -> None:
        """Let many visits of one place and month count, or count for something else than before."""
        about = {
            "month": f"{YEAR}-{self.rng.randrange(1, 13):02}",
            "desa": self.rng.choice((DESA, ELSEWHERE, "")),
            "form": "bpnt_kpm",
        }
        what = Count(**about, what="masalah", which=f"{self.rng.choice(PROBLEMS)}|bni")
        first = self.rng.choice((0, self.made_up))
        names = [RecordId(record_id(50_000 + first + at)) for at in range(self.rng.randrange(1, 12))]
        self.made_up = max(self.made_up, first + len(names))
        counted = {name: Counted(sums=[what]) for name in names}
        self.office.deps.engine.write(lambda tx: figure_store.put(tx, counted, 0)).result()

    def newest(self, visit: RecordId) -> ChangeId:
        return ChangeId(bytes.fromhex(self.office.fields(visit)["versions"][-1]["change"]))


@pytest.fixture
def town(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Town]:
    office = open_at(tmp_path)
    try:
        yield Town(office, random.Random(getattr(request, "param", 0)))
    finally:
        shut(office)


@pytest.mark.parametrize("town", range(4), indirect=True)
def test_kept_sums_are_what_counting_anew_gives(town: Town) -> None:
    person = town.office.deps.engine.read(lambda tx: load_person(tx, town.office.people["kabid"]))
    assert person is not None
    reach = scope(person, "see_dashboard")
    assert reach is not None
    assert len(PERIODS) <= MOST_KEPT, "else none is kept"
    steps = (town.visit, town.decide, town.mend, town.destroy, town.merge, town.many)
    for step in town.rng.choices(steps, weights=(4, 3, 2, 1, 1, 3), k=30):
        if not town.visits:
            town.visit()
        step()
        town.read_ms += FRESH_MS
        anew = town.figures()
        assert town.kept.year(YEAR) == anew.year(YEAR), step.__name__
        told, told_anew = town.told.year(reach, YEAR), ToldCounts(anew).year(reach, YEAR)
        for period in PERIODS:
            assert town.kept.made(period) == anew.made(period), step.__name__
            for chart, place in product(CHARTS, (ALL, DESA.rpartition(".")[0])):
                assert told.of(chart, period, place) == told_anew.of(chart, period, place), step.__name__


def test_only_the_months_that_changed_are_read_again(town: Town) -> None:
    town.visit()
    before = town.kept.year(YEAR)
    town.read_ms += FRESH_MS
    assert town.kept.year(YEAR) is before, "nothing came"
    town.visit()
    town.read_ms += FRESH_MS
    after = town.kept.year(YEAR)
    changed = [at + 1 for at, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]
    assert changed == [town.month]
