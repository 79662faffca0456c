"""Making room: only what is safe at the office leaves the phone, whole visits, never what is open still."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from field_app.forgetting import DAY_MS, Forgetting, Keeping
from field_app.vault import open_vault
from field_app.views import DraftView, Finalised
from schemas.ids import RecordId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected, Removed
from sync.chain import Tip
from sync.conflicts import OPEN
from tests.field_app.conftest import KEY
from tests.field_app.field import DEVICE, MINE, PERSON, Field

TINY = Keeping(most_bytes=0, keep_days=30)


def forgetting(field: Field) -> Forgetting:
    bench = field.bench
    return Forgetting(field.store, bench.drafts, bench.blobs, bench.records)


def tip_at(field: Field, counter: int) -> Tip:
    entries = field.store.entries(DEVICE, 0, 100)
    return next(Tip(counter=e.link.counter, hash=e.hash) for e in entries if e.link.counter == counter)


def decided(field: Field, done: Finalised, state: str = "disetujui", days: int = 31, **more: Any) -> None:
    field.decided(done, state, decided_ms=field.time.now_ms() - days * DAY_MS, **more)


def safe_visit(field: Field) -> Finalised:
    """A visit that the office approved a month ago, all of it in its backups."""
    done = field.visit()
    field.receive_photos()
    field.acknowledge()
    decided(field, done)
    head = field.store.head()
    field.pull({}, backed_up=head)
    return done


def whole(field: Field) -> list[int]:
    """The places of the chain whose contents are here."""
    return [e.link.counter for e in field.store.entries(DEVICE, 0, 100) if e.content is not None]


def bytes_here(field: Field) -> int:
    with field.vault.read() as connection:
        return connection.execute("SELECT sum(length(bytes)) FROM blob_bytes").fetchone()[0]


def thumbnails(field: Field) -> int:
    with field.vault.read() as connection:
        return connection.execute("SELECT count(*) FROM blob_bytes WHERE length(thumbnail) > 0").fetchone()[0]


def test_a_safe_visit_loses_its_bytes_and_keeps_links_answers_and_thumbnails(field: Field) -> None:
    done = safe_visit(field)
    small = thumbnails(field)
    assert whole(field) == [1, 2] and bytes_here(field) > 0 and small > 0
    assert forgetting(field).step(TINY) is True
    assert (whole(field), bytes_here(field), thumbnails(field)) == ([], 0, small)
    assert [entry.link.counter for entry in field.store.entries(DEVICE, 0, 9)] == [1, 2]
    view = field.visits.visit(done.visit)
    assert view.status == "disetujui"
    assert view.photos and all(photo.kept for photo in view.photos)
    assert field.bench.drafts.answers(view.version)["bpnt_kpm"]["nama"]
    assert forgetting(field).step(TINY) is False


@pytest.mark.parametrize(
    "state", ["diterima", "dikembalikan", "ditahan"], ids=["undecided", "returned", "put_off"]
)
def test_what_the_office_has_not_closed_stays(field: Field, state: str) -> None:
    done = safe_visit(field)
    decided(field, done, state)
    field.pull({}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False
    assert whole(field) == [1, 2]


@pytest.mark.parametrize(
    "outcome",
    [Held(waiting="aa"), Rejected(problem="isi_tidak_terbaca"), Conflict(ids=[RecordId("9" * 32)])],
    ids=["held", "refused", "in conflict"],
)
def test_what_is_held_refused_or_in_conflict_stays(field: Field, outcome: Outcome) -> None:
    safe_visit(field)
    patch = field.bench.history.latest(0, 9)[0].patch
    assert patch is not None
    field.pull({}, outcomes={patch: outcome}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False


def test_a_conflict_that_was_resolved_lets_go(field: Field) -> None:
    safe_visit(field)
    patch = field.bench.history.latest(0, 9)[0].patch
    assert patch is not None
    name = RecordId("9" * 32)
    resolved = {"state": "selesai", "petugas": PERSON, "fields": {}, "change": patch.hex()}
    field.pull(
        {name: ("konflik", resolved)}, outcomes={patch: Conflict(ids=[name])}, backed_up=field.store.head()
    )
    assert forgetting(field).step(TINY) is True


@pytest.mark.parametrize("still", [OPEN, None], ids=["open", "not shown"])
def test_one_conflict_of_two_that_is_open_keeps_the_visit(field: Field, still: str | None) -> None:
    safe_visit(field)
    patch = field.bench.history.latest(0, 9)[0].patch
    assert patch is not None
    settled, other = RecordId("8" * 32), RecordId("9" * 32)
    about = {"petugas": PERSON, "fields": {}, "change": patch.hex()}
    rows = {settled: ("konflik", about | {"state": "selesai"})}
    if still:
        rows[other] = ("konflik", about | {"state": still})
    raised = Conflict(ids=[settled, other])
    field.pull(rows, outcomes={patch: raised}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False


def test_a_visit_of_which_the_phone_lost_the_place_stays(field: Field) -> None:
    safe_visit(field)
    with field.vault.write() as connection:
        connection.execute("DELETE FROM links WHERE counter = 1")
    assert forgetting(field).step(TINY) is False


def test_what_is_not_wholly_in_the_backups_stays(field: Field) -> None:
    safe_visit(field)
    field.pull({}, backed_up=tip_at(field, 1))
    assert forgetting(field).step(TINY) is False
    field.pull({}, backed_up=None)
    assert forgetting(field).step(TINY) is False


def test_a_photo_without_a_receipt_keeps_the_whole_visit(field: Field) -> None:
    safe_visit(field)
    blob = next(iter(field.bench.drafts.blobs_of(field.bench.history.latest(0, 9)[0].id)))
    field.pull({}, wanted=[blob], backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False
    assert whole(field) == [1, 2]


def test_what_was_decided_lately_stays_by_the_clock_of_the_office(field: Field) -> None:
    done = safe_visit(field)
    decided(field, done, days=29)
    field.pull({}, backed_up=field.store.head())
    field.time.pass_s(400 * 86_400)  # the phone's own clock says nothing
    assert forgetting(field).step(TINY) is False
    assert forgetting(field).step(Keeping(most_bytes=0, keep_days=28)) is True


def test_a_version_that_the_office_passed_over_goes_in_time_and_nothing_is_told_of_it(field: Field) -> None:
    done = safe_visit(field)
    then = field.time.now_ms() - 40 * DAY_MS
    late = {"versions": [{"change": done.change.hex(), "follows": None, "received_ms": then + 1}]}

    def shown(**left: int) -> tuple[object, ...]:
        decided(field, done, days=40, **late, **left)
        field.pull({}, backed_up=field.store.head())
        return field.visits.home(), field.visits.visit(done.visit), field.status()

    before = shown()
    assert before[2] == ["diterima"] and forgetting(field).step(TINY) is False
    assert shown(left_ms=then) == before and forgetting(field).step(TINY) is False, "it came afterwards"
    assert shown(left_ms=then + 20 * DAY_MS) == before and forgetting(field).step(TINY) is False, "lately"
    assert shown(left_ms=then + DAY_MS) == before and forgetting(field).step(TINY) is True
    assert field.status() == ["diterima"]


@pytest.mark.parametrize("when", [None, 0], ids=["unsaid", "at zero"])
def test_what_the_office_does_not_say_when_it_decided_stays(field: Field, when: int | None) -> None:
    field.decided(safe_visit(field), "disetujui", decided_ms=when)
    field.pull({}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False


def test_a_visit_that_the_office_shows_no_more_stays_and_hinders_no_other(field: Field) -> None:
    done = safe_visit(field)
    field.seq += 1
    field.pull({}, removed=[Removed(part=MINE, id=done.visit, seq=field.seq)], backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False
    safe_visit(field)
    assert forgetting(field).step(TINY) is True and whole(field) == [1, 2]


def test_a_correction_stays_until_the_office_has_decided_on_it(field: Field) -> None:
    first = safe_visit(field)
    decided(field, first, "dikembalikan")
    draft = field.visits.start_correction(first.visit)
    assert isinstance(draft, DraftView)
    field.finish(draft.id)
    field.receive_photos()
    field.acknowledge()
    decided(field, first)
    field.pull({}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False, "that was said of the version before"


def test_a_draft_that_carries_a_photo_on_keeps_it(field: Field) -> None:
    done = safe_visit(field)
    decided(field, done, "dikembalikan")
    draft = field.visits.start_correction(done.visit)
    assert isinstance(draft, DraftView)
    field.visits.discard(draft.id)
    decided(field, done)
    field.pull({}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False, "a draft that was put away may be brought back"


def test_all_versions_of_a_visit_go_together_and_the_oldest_visit_first(field: Field) -> None:
    first = safe_visit(field)
    decided(field, first, "dikembalikan")
    draft = field.visits.start_correction(first.visit)
    assert isinstance(draft, DraftView)
    corrected = field.finish(draft.id)
    second = field.visit()
    field.receive_photos()
    field.acknowledge()
    decided(field, corrected)
    decided(field, second)
    field.pull({}, backed_up=field.store.head())
    places = whole(field)
    assert forgetting(field).step(TINY) is True
    left = whole(field)
    assert left and left == places[-len(left) :], "the newest stays"
    assert {corrected.change, first.change} <= set(field.store.gone([corrected.change, first.change]))
    assert forgetting(field).step(TINY) is True and whole(field) == []


def test_nothing_is_forgotten_while_there_is_room(field: Field) -> None:
    safe_visit(field)
    plenty = Keeping(most_bytes=field.vault.used_bytes() * 2, keep_days=30)
    assert forgetting(field).needed(plenty) is False
    assert forgetting(field).needed(TINY) is True


def test_little_room_on_the_phone_counts_however_small_the_vault_is(
    field: Field,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plenty = Keeping(most_bytes=2**40, keep_days=30)
    monkeypatch.setattr(field.vault, "free_bytes", lambda: 100 * 1024 * 1024)
    assert forgetting(field).needed(plenty) is True


def test_the_file_gets_smaller_in_bounded_steps(field: Field) -> None:
    safe_visit(field)
    with field.vault.write() as connection:
        connection.execute(
            "UPDATE blob_bytes SET bytes = zeroblob(3000000)"
            " WHERE id = (SELECT id FROM blobs WHERE number = 1)"
        )
    field.vault.checkpoint()
    before = field.path.stat().st_size
    forgetting(field).step(TINY)
    unused = field.vault.shrink(100)
    assert unused > 400, "one step gives back no more than it was asked to"
    while field.vault.shrink(100):
        pass
    field.vault.checkpoint()
    assert field.path.stat().st_size < before - 2_900_000


CHILD = """
import sys
from pathlib import Path
from field_app.blobs import Blobs
from field_app.drafts import Drafts
from field_app import forgetting
from field_app.records import Records
from field_app.store import Store
from field_app.vault import open_vault

vault = open_vault(Path(sys.argv[1]), bytes(range(32)))
store = Store(vault, "d" * 32, lambda message: bytes(64))
real = forgetting.forget

def half(connection, changes, blobs):
    real(connection, changes, blobs)
    print("half", flush=True)
    sys.stdin.read()

forgetting.forget = half
forgetting.Forgetting(store, Drafts(vault), Blobs(vault), Records(store)).step(
    forgetting.Keeping(most_bytes=0, keep_days=30)
)
"""


def test_a_kill_in_the_middle_of_forgetting_leaves_the_visit_whole(field: Field, tmp_path: Path) -> None:
    safe_visit(field)
    here = bytes_here(field)
    field.vault.checkpoint()
    copy = tmp_path / "killed.db"
    shutil.copy(field.path, copy)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(copy)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None and child.stdin is not None
    assert child.stdout.readline() == b"half\n"
    child.send_signal(signal.SIGKILL)
    assert child.wait(20) == -signal.SIGKILL
    child.stdout.close()
    child.stdin.close()
    killed = open_vault(copy, KEY)
    with killed.read() as connection:
        assert connection.execute("SELECT sum(length(bytes)) FROM blob_bytes").fetchone()[0] == here
        assert connection.execute("SELECT count(*) FROM contents").fetchone()[0] == 2
        assert connection.execute("SELECT count(*) FROM gone_contents").fetchone()[0] == 0
    killed.close()


def test_a_vault_from_before_it_could_shrink_is_rewritten_once(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    open_vault(path, KEY).close()
    old = open_vault(path, KEY)
    with old.read() as connection:
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")
        assert connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 0
    old.close()
    again = open_vault(path, KEY)
    with again.read() as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 2
    again.close()


def test_a_forgotten_photo_that_the_office_wants_again_is_lost_and_not_sent_empty(field: Field) -> None:
    done = safe_visit(field)
    assert forgetting(field).step(TINY)
    blob = field.visits.visit(done.visit).photos[0].blob
    field.pull({}, wanted=[blob])
    assert field.bench.blobs.unsent() == []
    assert field.bench.blobs.of([blob])[blob].gone == "hilang"
    shown = {photo.blob: photo for photo in field.visits.visit(done.visit).photos}[blob]
    assert (shown.status, shown.kept) == ("hilang", False)


def test_an_outcome_of_each_change_is_needed(field: Field) -> None:
    done = field.visit()
    field.receive_photos()
    entries = field.store.entries(DEVICE, 0, 100)
    tip = Tip(counter=entries[-1].link.counter, hash=entries[-1].hash)
    field.pull({}, acknowledged=tip, outcomes={done.change: Applied(seq=1)})
    decided(field, done)
    field.pull({}, backed_up=tip)
    assert forgetting(field).step(TINY) is False


def test_a_correction_that_was_begun_keeps_a_visit_without_photos(field: Field) -> None:
    view = field.start()
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "tidak_ada")
    done = field.finish(view.id)
    field.acknowledge()
    field.decided(done, "dikembalikan")
    draft = field.visits.start_correction(done.visit)
    assert isinstance(draft, DraftView)
    field.visits.discard(draft.id)
    decided(field, done)
    field.pull({}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False, "a draft that was put away may be brought back"


def test_bytes_that_an_open_visit_names_too_stay(field: Field) -> None:
    first = safe_visit(field)
    second = field.visit()
    field.receive_photos()
    field.acknowledge()
    newer, older = field.bench.history.latest(0, 9)
    field.bench.drafts.add_photo(newer.id, field.bench.drafts.photos(older.id)[0])
    decided(field, first)
    decided(field, second, "diterima")
    field.pull({}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is False
    decided(field, second)
    field.pull({}, backed_up=field.store.head())
    assert forgetting(field).step(TINY) is True
