"""Whatever befalls a phone, its first screen and *Sinkronisasi* tell what its chain and its office come to.

More lives by hand: `python -m tests.field_app.test_told_truly FIRST LAST STEPS`, each with its seed.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from schemas.ids import RecordId
from schemas.wire import Conflict, Held, Rejected
from tests.field_app.field import PERSON
from tests.field_app.phone_life import PhoneLife, Version

STEPS = 200
DECIDED = {"disetujui", "dikembalikan", "ditolak", "ditahan"}


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_phone_tells_what_its_chain_and_its_office_come_to(seed: int, tmp_path: Path) -> None:
    life = PhoneLife(tmp_path, seed)
    try:
        life.go(STEPS, look)
    finally:
        life.close()


def look(life: PhoneLife) -> None:
    """Count anew all that is told."""
    standings(life)
    counts(life)
    first_screen(life)


def newest(life: PhoneLife) -> dict[RecordId, Version]:
    return {each.body.visit: each for each in life.versions}


def standing(life: PhoneLife, version: Version) -> str:
    """Return where a version stands, by what the office held when it was last heard."""
    if version.counter > life.reached:
        return "menunggu_kirim"
    if version.change in life.spoiled:
        return "hilang"
    outcomes = [life.outcomes[name] for name in (version.patch, version.change) if name is not None]
    if isinstance(outcomes[-1], Rejected) and outcomes[-1].problem == "dimusnahkan":
        return "dimusnahkan"
    record = life.heard.get(version.body.visit)
    if record is not None and record.kind == "kunjungan" and record.fields.get("state") in DECIDED:
        last = record.fields["versions"][-1]
        if last["change"] == version.change.hex() and not (
            0 < (record.fields.get("decided_ms") or 0) < (last.get("received_ms") or 0)
        ):
            return record.fields["state"]
    if any(isinstance(each, Rejected) and each.problem != "dimusnahkan" for each in outcomes):
        return "tidak_diterima"
    raised = [
        name
        for other in life.versions
        if other.body.visit == version.body.visit
        for change in (other.patch, other.change)
        if isinstance(outcome := life.outcomes.get(change), Conflict)  # type: ignore[arg-type]
        for name in outcome.ids
    ]
    if any(name not in life.heard or life.heard[name].fields.get("state") != "selesai" for name in raised):
        return "konflik"
    if any(isinstance(each, Held) for each in outcomes):
        return "terkirim"
    return "diterima" if life.received.issuperset(version.blobs) else "terkirim"


def standings(life: PhoneLife) -> None:
    """Each visit stands where the office's tables put it, on both screens."""
    should = {visit: standing(life, version) for visit, version in newest(life).items()}
    home = life.field.visits.home()
    has = {card.visit: card.status for card in (*home.returned, *home.sent)}
    assert has == should
    listed = {item.visit: item.status for item in reversed(life.near.worker.items()) if item.kind == "data"}
    assert listed == should


def counts(life: PhoneLife) -> None:
    """What waits is counted as the chain has it, and as many are listed as are counted."""
    status, items = life.near.worker.status(), life.near.worker.items()
    waiting = [each for each in life.versions if each.counter > life.reached]
    assert status.data_pending == len(waiting)
    gone = {each.change for each in life.versions if standing(life, each) == "dimusnahkan"}
    photos = {blob for each in life.versions if each.change not in gone for blob in each.blobs}
    assert status.photos_pending == len(photos - life.received)
    conflicts = [each.fields for each in life.heard.values() if each.kind == "konflik"]
    own = [each["state"] for each in conflicts if each["petugas"] == PERSON]
    assert status.conflicts == own.count("menunggu")
    lost = [each for each in life.lost() if not life.is_recorded_again(each)]
    assert (status.lost, status.photos_lost) == (len(lost), 0)
    listed = Counter((item.kind, item.status) for item in items)
    assert listed["data", "menunggu_kirim"] == status.data_pending
    assert sum(item.kind == "foto" and item.status != "diterima" for item in items) == status.photos_pending


def first_screen(life: PhoneLife) -> None:
    """Each thing stands in one group of the first screen, and the month is counted as the tasks stand."""
    home, today = life.field.visits.home(), life.today().isoformat()
    drafts = life.field.bench.drafts.open()
    tasks = {
        name: each.fields
        for name, each in life.heard.items()
        if each.kind == "tugas" and each.fields.get("petugas") == PERSON and not each.fields.get("dihapus")
    }
    finished = {version.body.tugas for version in newest(life).values()}
    begun = finished | {draft.tugas for draft in drafts}
    left = {
        name: fields["jatuh_tempo"]
        for name, fields in tasks.items()
        if name not in begun and fields["state"] in ("baru", "dikembalikan")
    }
    assert {card.tugas for card in home.overdue} == {name for name, due in left.items() if "" < due < today}
    assert {card.tugas for card in home.today} == {name for name, due in left.items() if due == today}
    upcoming = {name for name, due in left.items() if not due or due > today}
    assert {card.tugas for card in home.upcoming} == upcoming
    back = {visit for visit, each in newest(life).items() if standing(life, each) == "dikembalikan"}
    mending = {draft.visit for draft in drafts}
    asked = {each for each in back if each in mending or not withdrawn(tasks, newest(life)[each].body.tugas)}
    recorded = {each.body.visit for each in life.lost() if life.is_recorded_again(each)}
    lost = {visit for visit, each in newest(life).items() if standing(life, each) == "hilang"} - recorded
    assert {card.visit for card in home.returned} == asked | lost
    in_hand = {card.draft for card in home.returned}
    assert {card.draft for card in home.drafts} == {one.id for one in drafts} - in_hand
    due = {
        name: fields["state"]
        for name, fields in tasks.items()
        if fields["state"] != "batal" and fields["jatuh_tempo"][:7] == today[:7]
    }
    still = {
        name
        for name, state in due.items()
        if state == "dikembalikan" or (state == "baru" and name not in finished)
    }
    month = home.month
    assert (month.done, month.left) == (len(due) - len(still), len(still)) if month else not due


def withdrawn(tasks: dict[RecordId, dict[str, object]], tugas: RecordId | None) -> bool:
    """Whether a task that she had is not hers any more."""
    return tugas is not None and (tugas not in tasks or tasks[tugas]["state"] == "batal")


def main(first: int, last: int, steps: int) -> None:
    """Let lives pass, and say where each went wrong."""
    for seed in range(first, last + 1):
        with tempfile.TemporaryDirectory() as folder:
            life = PhoneLife(Path(folder), seed)
            try:
                life.go(steps, look)
                print(seed, Counter(standing(life, each) for each in newest(life).values()), flush=True)
            finally:
                life.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
