"""The steps of a list: one under way, one that was cut off, one that is dropped."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.ids import RecordId
from server import table_store
from server.engine import ClosedError
from server.parsing.messages import PIECE
from server.services.import_steps import ImportSteps
from server.services.one_by_one import OneByOne
from server.tables.job import Job
from tests.server.import_desk import Desk, opened_desk
from tests.server.lists import CARD, NIK, person, workbook


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from opened_desk(tmp_path)


def test_a_step_that_was_cut_off_goes_on_where_it_stopped(desk: Desk) -> None:
    rows = [person(number) for number in range(2, 1202)]
    checked = desk.check(desk.take(rows))
    engine = desk.office.deps.engine
    begun = replace(checked, state="menerapkan", done=2 * PIECE)
    engine.write(lambda tx: table_store.put_job(tx, begun)).result()
    desk.importing.go_on(checked.id)
    done = desk.after(checked)
    assert done.state == "selesai" and done.done == done.rows
    found = {nik for nik in desk.warga() if nik.startswith(NIK[:12])}
    assert NIK.format(2) not in found and NIK.format(1201) in found, "the first piece was said to be done"


def test_a_matching_that_is_sent_while_rows_are_checked_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, put, said = desk.take([person(11)]), table_store.put_fates, list[tuple[str, ...]]()
    other = tuple("" if field == "alamat" else field for field in job.matched)

    def put_as_another_sends(*given: Any) -> None:
        put(*given)
        monkeypatch.setattr(table_store, "put_fates", put)
        ask = threading.Thread(target=lambda: said.append(desk.importing.check(job.id, "kis", other)))
        ask.start()
        asked.append(ask)

    asked = list[threading.Thread]()
    monkeypatch.setattr(table_store, "put_fates", put_as_another_sends)
    checked = desk.check(job)
    asked[0].join()
    checked = desk.after(job)
    assert said == [()] and (checked.service, checked.matched) == ("bpnt", job.matched)


def test_a_row_of_somebody_who_is_destroyed_while_rows_are_checked_goes_and_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.all_in([person(11), person(12)])
    # with the number of a card that nobody knows: only the check finds whom it is about
    job = desk.take([person(11, No=CARD, NIK=None, Alamat="Dukuh Dua"), person(12, Alamat="Dukuh Tiga")])
    judge = ImportSteps._judge  # pyright: ignore[reportPrivateUsage]

    def judged_as_somebody_goes(*given: Any) -> Any:
        found = judge(*given)
        desk.destroy(11)
        return found

    monkeypatch.setattr(ImportSteps, "_judge", judged_as_somebody_goes)
    checked = desk.check(job)
    cells = desk.office.deps.engine.read(lambda tx: table_store.piece(tx, job.id, 0, 0)) or b""
    assert b"Dukuh Dua" not in cells and b"Dukuh Tiga" in cells
    assert (checked.counts["masalah"], checked.counts["berubah"]) == (1, 1)
    [(_, row, [note])] = desk.importing.problems(checked, 9)
    assert (row, note.code) == ([], "musnah")


def test_a_list_whose_check_was_cut_off_can_be_dropped_and_one_under_way_cannot(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = desk.take([person(11)])
    engine = desk.office.deps.engine
    engine.write(lambda tx: table_store.put_job(tx, replace(job, state="memeriksa"))).result()
    with monkeypatch.context() as patched:
        patched.setattr(OneByOne, "is_begun", lambda _lists, name: name == job.id)
        assert not desk.importing.drop(job.id)
    engine.write(lambda tx: table_store.put_job(tx, replace(job, state="menerapkan"))).result()
    with monkeypatch.context() as patched:
        patched.setattr(desk.importing, "job", lambda _name: job)  # as it was read before somebody applied it
        assert not desk.importing.drop(job.id)
    engine.write(lambda tx: table_store.put_job(tx, replace(job, state="memeriksa"))).result()
    assert desk.importing.drop(job.id) and desk.importing.job(job.id) is None


def test_a_list_that_changed_nothing_can_be_dropped(desk: Desk) -> None:
    job = desk.take([person(11)])
    assert desk.importing.drop(job.id) and desk.importing.job(job.id) is None
    assert isinstance(desk.importing.take(desk.by, "x", workbook([person(11)])), Job)


def test_a_step_that_ends_while_it_is_looked_at_does_not_seem_cut_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = desk.take([person(11)])
    under_way = {job.id}
    monkeypatch.setattr(OneByOne, "is_begun", lambda _lists, name: name in under_way)
    read = desk.importing.job

    def ends(name: RecordId) -> Job | None:
        under_way.discard(name)
        return read(name)

    monkeypatch.setattr(desk.importing, "job", ends)
    assert desk.importing.standing(job.id)[1]
    assert not desk.importing.standing(job.id)[1]


def test_a_list_whose_last_rows_were_in_when_the_office_ended_has_the_same_counts_afterwards(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = desk.check(desk.take([person(number) for number in range(2, 2 + PIECE + 10)]))
    with monkeypatch.context() as cut:
        cut.setattr(ImportSteps, "_end", ending)
        cut_off = desk.apply(checked)
    told = list(desk.importing.problems(cut_off, PIECE))
    assert cut_off.state == "menerapkan"
    desk.importing.go_on(checked.id)
    done = desk.after(checked)
    assert done.state == "selesai"
    assert (done.counts, done.desa, done.done) == (cut_off.counts, cut_off.desa, done.rows)
    assert list(desk.importing.problems(done, PIECE)) == told


def ending(*_: object) -> None:
    """The office ends before a step does."""
    raise ClosedError
