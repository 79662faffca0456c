"""What an office keeps of lists, targets and refusals, and what its phones were told, is what these come to.

More lives by hand: `python -m tests.server.test_derived_more FIRST LAST STEPS`, each with its seed.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from schemas.base import decode
from schemas.format import local_date
from schemas.ids import ChangeId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
from schemas.workflow import allowed
from server import table_store
from server.access import is_inside
from server.periods import period_of
from server.services.deciding import REJECTED, RETURNED, came_after
from server.services.left_cases import joined_cases, joined_visits
from server.services.people import Denied
from server.services.quarantine import LONG_HELD_MS
from server.services.requests import NotDone
from server.services.target_progress import STANDS, TargetBoard
from server.services.visits import load_visit
from server.shelves import stage, stages_under_way
from server.targets import Aim
from sync.neutral import is_sealed
from sync.scope import bodies, views
from sync.store import Record
from tests.server.derived import OPEN, Kept, differences, kept, text, visits
from tests.server.fuller_life import FullerLife
from tests.server.life_town import BEGUN_MS
from tests.server.office_life import life
from tests.server.test_derived import Silent

STEPS = 260

LATE = (RETURNED, REJECTED)
"""What was decided once and waits all the same, where a version came since."""


@pytest.fixture(name="lived", scope="module", params=range(1, 4))
def lived_fixture(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FullerLife]:
    with life(tmp_path_factory.mktemp("life"), request.param, FullerLife) as made:
        made.go(STEPS)
        made.settle()
        yield made


def test_the_office_is_sound_after_such_a_life(lived: FullerLife) -> None:
    assert wrong(lived) == []


def wrong(lived: FullerLife) -> list[str]:
    """Return what is not as it should be."""
    device = lived.deps.office.device
    found = [
        *lived.deps.engine.read(lambda tx: differences(tx, device)).items(),
        *lived.deps.verify(Silent()).found,
    ]
    checks = (lists, told, rows_of_phones, refusals, of_sealed_cases, boards, deadlines, copies, joined)
    for check in checks:
        found += [f"{check.__name__}: {each}" for each in check(lived)]
    return [str(each) for each in found]


def all_of_it(lived: FullerLife) -> Kept:
    return lived.deps.engine.read(lambda tx: kept(tx, lived.deps.office.device))


def deadlines(lived: FullerLife) -> Iterator[str]:
    """Every case under way is due when its steps and the days off as they stand now say."""
    off, under_way = lived.site.holidays.now(), stages_under_way(lived.deps.workflows)
    for case in lived.records("kasus"):
        if not is_sealed(case) and (found := under_way.get(stage(case.fields))) is not None:
            stands = allowed(found[0], case.fields["state"], case.fields.get("history", []))
            due = stands.due(local_date(case.fields["since_ms"]), off)
            if case.fields["due"] != (due.isoformat() if due else None):
                yield f"{case.id} is due on {case.fields['due']}, not {due}"


def copies(lived: FullerLife) -> Iterator[str]:
    """Whoever asks for it gets a copy of their data."""
    person = lived.office.person("petugas")
    for warga in lived.records("warga"):
        made = lived.site.exports.make(person, warga.id, "Diminta", "Dinas Uji", lived.now_ms)
        if isinstance(made, NotDone) and made.why != "bukan_semua":
            yield f"{warga.id}: {made.why}"


def joined(lived: FullerLife) -> Iterator[str]:
    """A visit names the cases that it joined, and each of these names the visit."""
    engine, workflows, person = lived.deps.engine, lived.deps.workflows, lived.office.person("semua")
    cases = [each for each in lived.records("kasus") if not is_sealed(each)]
    under_way = stages_under_way(workflows)
    running = [each.id for each in cases if stage(each.fields) in under_way]
    by_case = {(visit, name) for name in running for visit in joined_visits(engine, workflows, name)}
    found = [engine.read(lambda tx, one=each.id: load_visit(tx, one)) for each in lived.records("kunjungan")]
    by_visit = {
        (visit.record.id, left.id)
        for visit in found
        if visit is not None
        for left in joined_cases(engine, workflows, person, visit)
    }
    yield from (f"{visit} and {case}" for visit, case in sorted(by_case ^ by_visit))


def lists(lived: FullerLife) -> Iterator[str]:
    """What lists said last is kept of whom it was said, and of nobody who was destroyed."""
    held = lived.deps.engine.read(lambda tx: table_store.said(tx, list(all_of_it(lived).records)))
    for name in held.keys() | lived.said.keys():
        if held.get(name) != lived.said.get(name):
            yield f"{name}: {held.get(name)} is not {lived.said.get(name)}"


def _outcomes(lived: FullerLife) -> dict[ChangeId, tuple[str, Outcome]]:
    rows = lived.deps.engine.read(lambda tx: tx.query("SELECT id, device, outcome FROM changes"))
    return {ChangeId(name): (device, decode(raw, Outcome)) for name, device, raw in rows}  # type: ignore[arg-type]


def told(lived: FullerLife) -> Iterator[str]:
    """Every phone knows what became of each of its changes."""
    stands = _outcomes(lived)
    for phone in lived.phones.values():
        known = lived.heard[phone.device].outcomes
        own = {name: outcome for name, (device, outcome) in stands.items() if device == phone.device}
        for name in own.keys() | known.keys():
            if _as_told(known.get(name)) != _as_told(own.get(name)):
                yield f"{name.hex()}: {known.get(name)} is not {own.get(name)}"


def _as_told(outcome: Outcome | None) -> object:
    match outcome:
        case Applied():
            return "applied"
        case Conflict(ids=ids):
            return "conflict", tuple(ids)
        case _:
            return outcome


def rows_of_phones(lived: FullerLife) -> Iterator[str]:
    """Every phone has of each record what its parts see of it."""
    shown = {
        (part, record.id): body
        for record in all_of_it(lived).records.values()
        for part, body in bodies(views(record)).items()
    }
    for phone in lived.phones.values():
        heard = lived.heard[phone.device]
        should = {key: body for key, body in shown.items() if key[0] in heard.parts}
        has = {key: row.body for key, row in heard.rows.items()}
        for key in should.keys() | has.keys():
            if should.get(key) != has.get(key):
                yield f"{key}: {has.get(key)!r} is not {should.get(key)!r}"


def refusals(lived: FullerLife) -> Iterator[str]:
    """What is kept and not applied is counted, and nothing is refused or waits that need not."""
    everything, person = all_of_it(lived), lived.office.person("semua")
    outcomes = _outcomes(lived)
    destroyed = lived.deps.engine.read(
        lambda tx: {ChangeId(name) for (name,) in tx.query("SELECT id FROM changes WHERE raw IS NULL")}
    )
    refused = [name for name, (_, one) in outcomes.items() if isinstance(one, Rejected)]
    refused = [name for name in refused if name not in destroyed]
    came = dict(lived.deps.engine.read(lambda tx: tx.query("SELECT id, received_ms FROM changes")))
    held = {name: one for name, (_, one) in outcomes.items() if isinstance(one, Held)}
    long = [name for name in held if came[name] < lived.now_ms - LONG_HELD_MS]
    if lived.site.quarantine.count(person) != len(refused) + len(long):
        yield f"counted {lived.site.quarantine.count(person)}, not {len(refused)} + {len(long)}"
    listed = lived.site.quarantine.all(person)
    assert not isinstance(listed, Denied)
    if (listed.refused, listed.held) != (len(refused), len(long)):
        yield f"listed {listed.refused} and {listed.held}, not {len(refused)} and {len(long)}"
    known = set(everything.records) | {name.hex() for name in outcomes}
    for name, one in held.items():
        if one.waiting in known:
            yield f"{name.hex()} waits for {one.waiting}, which is there"
    for name in refused:
        one = outcomes[name][1]
        if isinstance(one, Rejected) and one.problem == "form_tidak_dikenal":
            [body] = [said.body for said in everything.log if said.change == name]
            forms = {form: given.version for form, given in body.forms.items()}  # type: ignore[union-attr]
            if all(version in lived.deps.forms.versions(form) for form, version in forms.items()):
                yield f"{name.hex()} is refused, but {forms} are known"


def of_sealed_cases(lived: FullerLife) -> Iterator[str]:
    """The room counts the sealed cases that are under way, and the queue their visits as others."""
    everything, running = all_of_it(lived), stages_under_way(lived.deps.workflows)
    cases = [each for each in everything.of("kasus") if each.fields.get("service") == "ktkpm"]
    should = sum(stage(each.fields) in running for each in cases)
    if lived.site.room.cases.count() != should:
        yield f"{lived.site.room.cases.count()} cases, not {should}"
    person, both = lived.office.person("semua"), list(everything.of("kunjungan"))
    for state in ("diterima", "ditahan", "dikembalikan", "disetujui", "ditolak"):
        stand = sum(each.fields["state"] == state for each in both)
        if state == "diterima":  # what came after a return or a refusal waits, too
            stand += sum(bool(each.fields["versions"]) and came_after(each.fields) in LATE for each in both)
        if lived.site.queue.count(person, state) != stand:
            yield f"{lived.site.queue.count(person, state)} {state}, not {stand}"


def boards(lived: FullerLife) -> Iterator[str]:
    """A board tells of each target what counting all visits by hand gives, and of each worker their load."""
    everything, person, today = all_of_it(lived), lived.office.person("semua"), local_date(lived.now_ms)
    days = [*(_day(visit) for visit in visits(everything)), *_due_days(everything), today]
    days += [local_date(BEGUN_MS), *(each.aim.start for each in lived.site.targeting.now().words)]
    for period in sorted({period_of("triwulan", day) for day in days}, key=lambda each: each.start):
        lived.now_ms += 120_000  # what was read a minute ago is read again
        for region in ("", "33.14.01", "33.14.02"):
            board = lived.site.progress.board(person, period, region)
            assert isinstance(board, TargetBoard)
            yield from _aims(lived, board, everything, region, period.start, period.end)
            yield from _goals(lived, board, everything, region)
            yield from _workers(board, everything, region, today, period.start, period.end)


def _aims(
    lived: FullerLife, board: TargetBoard, everything: Kept, region: str, start: date, end: date
) -> Iterator[str]:
    """A target stands until it is taken back; where none speaks of a form, its tugas that are due are one."""
    newest = {
        (text(each, "layanan"), text(each, "formulir"), text(each, "dari"), text(each, "sampai")): each.fields
        for each in sorted(everything.of("target"), key=lambda each: each.fields["sejak_ms"])
    }
    standing = [
        key
        for key, fields in newest.items()
        if fields["jumlah"] and key[2] <= end.isoformat() and start.isoformat() <= key[3]
    ]
    due = {
        (form.service, form.id)
        for task in everything.of("tugas")
        if not text(task, "kode")  # of a sealed one nothing is counted
        for form in [lived.deps.forms.get(text(task, "form"))]
        if task.fields["state"] != "batal"
        and start.isoformat() <= text(task, "jatuh_tempo") <= end.isoformat()
        and text(task, "kode_desa")
        and (not region or is_inside(text(task, "kode_desa"), region))
    }
    span = (start.isoformat(), end.isoformat())
    alone = {
        (service, form, *span)
        for service, form in due
        if not any(key[0] == service and key[1] in ("", form) for key in standing)
    }
    has = [
        (goal.aim.service, goal.aim.form, goal.aim.start.isoformat(), goal.aim.end.isoformat())
        for goal in board.goals
    ]
    if Counter(has) != Counter([*standing, *alone]):
        yield f"{start} in {region}: {has} is not {[*standing, *alone]}"


def _goals(lived: FullerLife, board: TargetBoard, everything: Kept, region: str) -> Iterator[str]:
    for goal in board.goals:
        forms = {form.id for form in lived.deps.forms.all() if form.service == goal.aim.service}
        forms = {goal.aim.form} if goal.aim.form else forms
        made = [
            visit
            for visit in visits(everything)
            if text(visit, "form") in forms
            and goal.aim.start <= _day(visit) <= goal.aim.end
            and visit.fields["state"] in STANDS
        ]
        here = region or "33.14"
        numbers = _numbers(goal.aim, everything) if not goal.from_tasks else _due(everything, goal.aim)
        of = [here] if here in numbers else _outer([each for each in numbers if is_inside(each, here)])
        where = of or [here]
        inside = [
            visit
            for visit in made
            if any(is_inside(text(visit, "kode_desa") or "33.14", each) for each in where)
        ]
        states = Counter(visit.fields["state"] for visit in inside)
        should = (
            sum(numbers[each] for each in of) if of else None,
            states["disetujui"],
            states["diterima"] + states["ditahan"],
            states["dikembalikan"],
        )
        has = (goal.here.target, goal.here.approved, goal.here.waiting, goal.here.returned)
        if has != should:
            yield f"{goal.aim} in {region}: {has} is not {should}"


def _numbers(aim: Aim, everything: Kept) -> dict[str, int]:
    words = [
        each.fields
        for each in everything.of("target")
        if (each.fields["layanan"], each.fields["formulir"]) == (aim.service, aim.form)
        and (each.fields["dari"], each.fields["sampai"]) == (aim.start.isoformat(), aim.end.isoformat())
    ]
    return dict(max(words, key=lambda each: each["sejak_ms"])["jumlah"])


def _due(everything: Kept, aim: Aim) -> dict[str, int]:
    found = Counter[str]()
    for task in everything.of("tugas"):
        due = text(task, "jatuh_tempo")
        if (
            text(task, "form") == aim.form
            and task.fields["state"] != "batal"
            and aim.start.isoformat() <= due <= aim.end.isoformat()
            and text(task, "kode_desa")
        ):
            found[text(task, "kode_desa")] += 1
    return dict(found)


def _outer(regions: list[str]) -> list[str]:
    return [one for one in regions if not any(one != each and is_inside(one, each) for each in regions)]


def _due_days(everything: Kept) -> list[date]:
    dues = {text(task, "jatuh_tempo") for task in everything.of("tugas")} - {""}
    return [date.fromisoformat(each) for each in sorted(dues)]


def _day(visit: Record) -> date:
    return local_date(visit.fields["versions"][0]["received_ms"])


def _workers(
    board: TargetBoard, everything: Kept, region: str, today: date, start: date, end: date
) -> Iterator[str]:
    def lies(record: Record) -> bool:
        return not region or is_inside(text(record, "kode_desa"), region)

    open_tasks, late, made = Counter[str](), Counter[str](), Counter[str]()
    for task in everything.of("tugas"):
        if task.fields["state"] in OPEN and lies(task) and not text(task, "kode"):
            open_tasks[task.fields["petugas"]] += 1
            late[task.fields["petugas"]] += "" < text(task, "jatuh_tempo") < today.isoformat()
    for visit in visits(everything):
        if visit.fields["state"] in STANDS and lies(visit) and start <= _day(visit) <= end:
            made[visit.fields["petugas"]] += 1
    has = {each.id: (each.open, each.late, each.made) for each in board.workers}
    for who in has.keys() | open_tasks.keys() | made.keys():
        should = (open_tasks[who], late[who], made[who])
        if has.get(who, (0, 0, 0)) != should:  # type: ignore[call-overload]
            yield f"{who} in {region}: {has.get(who)} is not {should}"  # type: ignore[call-overload]


def main(first: int, last: int, steps: int) -> None:
    """Let lives pass, and say what is wrong after each."""
    for seed in range(first, last + 1):
        with tempfile.TemporaryDirectory() as folder, life(Path(folder), seed, FullerLife) as lived:
            lived.go(steps)
            lived.settle()
            print(seed, *wrong(lived)[:6], sep="\n  ", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
