"""Whatever befalls an office, what it keeps beside its records and its log is what these come to.

More lives by hand: `python -m tests.server.test_derived FIRST LAST STEPS`, each with its seed.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.format import local_date
from schemas.ids import RecordId
from server import page_store
from server.engine import Reader, SqlRow, Writer
from server.page_store import QueueFilter
from server.shelves import stage, stages_under_way
from server.sign_store import EXAMINED
from server.visit_counts import STANDS
from sync.change import Submit
from tests.server.derived import OPEN, Kept, differences, gone, kept, text, visits
from tests.server.office_life import Life, life

STEPS = 220
INDEX = ("subjects", "subject_words", "subject_cases", "subject_pairs", "subject_shelves", "subject_end")
FIGURES = ("figure_counts", "figure_sums", "figure_days", "figure_months", "figure_end")
TRAIL = ("trail", "trail_about", "trail_codes", "trail_end")


class Silent:
    """Tells nobody how far it is."""

    def step(self, name: str, total: int) -> None:
        """Nothing."""

    def advance(self, count: int = 1) -> None:
        """Nothing."""


@pytest.fixture(name="lived", scope="module", params=range(1, 5))
def lived_fixture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with life(tmp_path_factory.mktemp("life"), request.param) as made:
        made.go(STEPS)
        made.settle()
        yield made


def test_every_table_is_what_its_records_and_the_log_come_to(lived: Life) -> None:
    assert lived.deps.engine.read(lambda tx: differences(tx, lived.deps.office.device)) == {}


def test_the_office_verifies_after_such_a_life(lived: Life) -> None:
    assert lived.deps.verify(Silent()).found == []


def rows(lived: Life, *tables: str) -> dict[str, list[SqlRow]]:
    return {
        table: sorted(lived.deps.engine.read(lambda tx, table=table: tx.query(f"SELECT * FROM {table}")))
        for table in tables
    }


def empty(lived: Life, *tables: str) -> None:
    def work(tx: Writer) -> None:
        for table in tables:
            tx.execute(f"DELETE FROM {table}")

    lived.deps.engine.write(work).result()


def test_what_can_be_thrown_away_comes_to_the_same_when_it_is_made_again(lived: Life) -> None:
    before = rows(lived, *FIGURES, "trail")
    signs = _signs(lived)
    empty(lived, *INDEX, *FIGURES, *TRAIL, "tanda")
    lived.settle()
    # what was destroyed since the trail went by keeps in it who did it, which the log no longer says
    again = rows(lived, *FIGURES, "trail")
    emptied = {row[1] for row in lived.deps.engine.read(_without_content)}
    assert {table: again[table] for table in FIGURES} == {table: before[table] for table in FIGURES}
    assert [r for r in again["trail"] if r[1] not in emptied] == [
        r for r in before["trail"] if r[1] not in emptied
    ]
    assert lived.deps.engine.read(lambda tx: differences(tx, lived.deps.office.device)) == {}
    assert _signs(lived) == signs


def _without_content(tx: Reader) -> list[SqlRow]:
    return tx.query("SELECT kabupaten, id FROM changes WHERE raw IS NULL")


def _signs(lived: Life) -> list[SqlRow]:
    """What examining found of the visits that wait: of the others it stays as their reviewer saw it."""
    found = lived.deps.engine.read(
        lambda tx: tx.query(
            "SELECT t.visit, t.versions, t.flags FROM tanda t JOIN kunjungan k ON k.visit = t.visit"
            f" AND k.versions = t.versions WHERE {STANDS} IN :stands",
            {"stands": list(EXAMINED)},
        )
    )
    return sorted(found)


def test_pages_tell_the_numbers_that_counting_by_hand_gives(lived: Life) -> None:
    site, person = lived.site, lived.office.person("semua")
    visits, cases = lived.records("kunjungan"), lived.records("kasus")
    stands = Counter(each.fields["state"] for each in visits)
    for state in ("diterima", "ditahan", "dikembalikan", "disetujui", "ditolak"):
        assert site.queue.count(person, state) == stands[state]
    under_way = stages_under_way(lived.deps.workflows)
    running, today = [each for each in cases if stage(each.fields) in under_way], local_date(lived.now_ms)
    late = [each for each in running if "" < (each.fields["due"] or "") < today.isoformat()]
    assert site.cases.count(person, today) == (len(running), len(late))
    conflicts = lived.records("konflik")
    assert site.conflicts.count(person) == sum(each.fields["state"] == "menunggu" for each in conflicts)
    tasks = [each for each in lived.records("tugas") if each.fields["state"] in OPEN]
    loads = {load.person.id: load.open for load in site.assigning.loads(person) if load.open}
    assert loads == Counter(each.fields["petugas"] for each in tasks)
    standing = lived.figures.standing()
    assert sum(count.total() for count in standing.waiting.values()) == stands["diterima"]
    told = sum(standing.tasks.values(), Counter[str]())
    assert told["terlambat"] + told["terbuka"] == len(tasks)
    assert site.matching.pair_count(person) == len(rows(lived, "subject_pairs")["subject_pairs"])


@pytest.mark.parametrize("sign", ["dua_kunjungan", "foto_pernah_ada"])
def test_the_queue_finds_by_a_sign_the_visits_that_bear_it(lived: Life, sign: str) -> None:
    def work(tx: Reader) -> tuple[set[str], set[str]]:
        all_of_it = kept(tx, lived.deps.office.device)
        anew = _visited_twice(all_of_it) if sign == "dua_kunjungan" else _reused(tx, all_of_it)
        found = [
            name
            for state in ("diterima", "ditahan", "dikembalikan", "disetujui", "ditolak")
            for name in page_store.visit_ids(
                tx, QueueFilter(state=state, sign=sign), author=None, desa=None, limit=1_000, offset=0
            )
        ]
        return set(found), anew

    found, anew = lived.deps.engine.read(work)
    assert found == anew


def _visited_twice(all_of_it: Kept) -> set[str]:
    """Return the visits beside which another of the same form stands to one target in one quarter."""
    quarters: dict[str, tuple[object, ...]] = {}
    merged = {each.id: text(each, "digabung_ke") for each in all_of_it.of("warga", "ewarong")}
    for visit in visits(all_of_it):
        newest = local_date(visit.fields["versions"][0]["received_ms"])
        quarter = (newest.year, (newest.month - 1) // 3)
        if subject := text(visit, "subjek"):
            while merged.get(RecordId(subject)):
                subject = merged[RecordId(subject)]
            quarters[visit.id] = (subject, text(visit, "form"), quarter)
    stands = [name for name in quarters if all_of_it.records[RecordId(name)].fields["state"] != "ditolak"]
    return {
        name
        for name, about in quarters.items()
        if any(other != name and quarters[other] == about for other in stands)
    }


def _reused(tx: Reader, all_of_it: Kept) -> set[str]:
    """Return the visits with a photo, or the shot of one, that came before in a visit to somebody else."""
    destroyed, whose = gone(tx), {str(visit.id): text(visit, "subjek") for visit in visits(all_of_it)}
    came: dict[tuple[str, str], tuple[int, str]] = {}
    for number, said in enumerate(all_of_it.log):
        if isinstance(said.body, Submit):
            for shot in said.body.evidence:
                came.setdefault((said.body.visit, shot.blob), (number, shot.camera_sha256))
    there = {at: when for at, when in came.items() if at[0] in whose and at[1] not in destroyed}
    return {
        visit
        for (visit, blob), (number, camera) in there.items()
        for (other, theirs), (before, theirs_camera) in there.items()
        if before < number
        and (blob == theirs or camera == theirs_camera)
        and (whose[other] != whose[visit] or not whose[visit])
    }


def main(first: int, last: int, steps: int) -> None:
    """Let lives pass, and say what differs after each."""
    for seed in range(first, last + 1):
        with tempfile.TemporaryDirectory() as folder, life(Path(folder), seed) as lived:
            lived.go(steps)
            lived.settle()
            found = lived.deps.engine.read(lambda tx, one=lived: differences(tx, one.deps.office.device))
            print(seed, found, lived.deps.verify(Silent()).found)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
