"""The worker sends what follows while it stores the last answer: one at a time, and nothing is lost by it."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from field_app.link import Failure
from field_app.under_way import UnderWay
from field_app.vault import StorageFullError
from schemas.wire import SyncRequest, SyncResponse
from sync.store import Answered
from tests.field_app.conftest import SetTime
from tests.field_app.field import Field
from tests.field_app.near_office import NearOffice
from tests.field_app.test_losses import visits
from tests.field_app.test_worker import Sending

WAIT_S = 30
"""How long a test waits for what happens at once, before it fails."""


class Watched(NearOffice):
    """An office that notes which threads ask, how many at once, and that one asked."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[str] = []
        self.at_once = self.most_at_once = 0
        self.asked = threading.Semaphore(0)
        self.prepared: list[SyncRequest] = []

    def prepare(self, request: SyncRequest) -> None:
        self.prepared.append(request)

    def sync(self, request: SyncRequest) -> SyncResponse | Failure:
        self.threads.append(threading.current_thread().name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.asked.release()
        try:
            return super().sync(request)
        finally:
            self.at_once -= 1


@pytest.fixture
def near(field: Field, time: SetTime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sending]:
    """A phone with three visits to send, one in each request."""
    monkeypatch.setattr("sync.client.PUSH_BYTES", 1)
    made = Sending(field, time, office=Watched())
    assert made.worker.run_once() is None
    visits(made, 3)
    yield made
    made.worker.close()


def pages(near: Sending, before: Any) -> None:
    """Have `before(n)` done before the n-th page is stored, counted from 1."""
    store, count = near.worker._store, iter(range(1, 100))
    real = store.store_page

    def store_page(page: Answered) -> None:
        before(next(count))
        real(page)

    store.store_page = store_page  # type: ignore[method-assign]


def test_what_follows_is_under_way_before_the_last_answer_is_stored(near: Sending) -> None:
    near.office.asked = threading.Semaphore(0)
    # the first pulls from zero, so that nothing goes ahead of it; behind the second there is the third
    asked_before = {1: 1, 2: 2}
    seen: list[bool] = []

    def before(page: int) -> None:
        seen.extend(near.office.asked.acquire(timeout=WAIT_S) for _ in range(asked_before.get(page, 0)))

    pages(near, before)
    assert near.worker.run_once() is None
    assert seen == [True] * 3
    assert len(near.office.visits()) == 3
    assert near.field.status() == ["diterima"] * 3


def test_a_run_is_prepared_while_the_one_before_it_is_under_way(near: Sending) -> None:
    assert near.worker.run_once() is None
    sent = [request for request in near.office.requests if request.links]
    assert [request.links for request in near.office.prepared] == [request.links for request in sent[-2:]]
    assert sent[-1].links is near.office.prepared[-1].links, "what goes is what was prepared"
    assert sent[-1].cursor != near.office.prepared[-1].cursor, "but for its cursor"


def test_never_are_two_messages_under_way(near: Sending) -> None:
    assert near.worker.run_once() is None
    assert (near.office.most_at_once, near.office.at_once) == (1, 0)
    assert "sambang-line" in near.office.threads


def test_a_sync_that_has_one_thing_to_say_needs_no_other_thread(near: Sending) -> None:
    assert near.worker.run_once() is None
    near.office.threads.clear()
    visits(near, 1)
    assert near.worker.run_once() is None
    assert set(near.office.threads) == {threading.current_thread().name}


def test_a_phone_that_is_closed_meanwhile_sends_nothing_more(near: Sending) -> None:
    real, links = near.office.sync, list[int]()

    def sync(request: SyncRequest) -> SyncResponse | Failure:
        links.append(len(request.links))
        near.worker._stopping = len(links) == 2
        return real(request)

    near.office.sync = sync
    assert near.worker.run_once() is not None
    assert links == [1, 1] and len(near.office.visits()) == 2
    near.worker._stopping = False
    assert near.worker.run_once() is None
    assert len(near.office.visits()) == 3


@pytest.mark.parametrize("full_at", [1, 2, 3])
def test_a_full_disk_with_a_run_under_way_loses_nothing_and_leaves_nothing_under_way(
    near: Sending, full_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, end, asked = threading.Event(), UnderWay.give_up, near.office.sync

    def before(page: int) -> None:
        if page == full_at:
            raise StorageFullError

    def give_up(under_way: UnderWay[Any]) -> None:
        may_end.set()
        end(under_way)

    def sync(request: SyncRequest) -> SyncResponse | Failure:
        """The office is so slow that what went ahead is still there when the disk is full."""
        answer = asked(request)
        if len(near.office.requests) - first > full_at:
            may_end.wait(WAIT_S)
        return answer

    pages(near, before)
    first = len(near.office.requests)
    monkeypatch.setattr(near.office, "sync", sync)
    monkeypatch.setattr(UnderWay, "give_up", give_up)
    failure = near.worker.run_once()
    assert failure is not None and failure.say == "lapangan.penyimpanan_penuh"
    assert "sambang-line" not in {thread.name for thread in threading.enumerate()}
    assert may_end.is_set() == (full_at == 2), "behind the second page the third run is under way"
    may_end.set()
    assert near.worker.run_once() is None
    assert near.field.status() == ["diterima"] * 3
    kept = [record for record in near.office.office.record_table.values() if record.kind == "kunjungan"]
    assert [len(record.fields["versions"]) for record in kept] == [1, 1, 1]


CUT = Failure(kind="jaringan", say="lapangan.sambungan_putus")
BUSY = Failure(kind="kantor", say="lapangan.kantor_sibuk", status=503)


@pytest.mark.parametrize("trouble", [CUT, BUSY], ids=["cut", "busy"])
def test_after_a_cut_runs_are_small_until_the_line_proves_good(
    near: Sending, monkeypatch: pytest.MonkeyPatch, trouble: Failure
) -> None:
    visits(near, 3)
    monkeypatch.setattr("sync.client.PUSH_BYTES", 1024 * 1024)
    monkeypatch.setattr("field_app.runs.LEAST_BYTES", 500)
    real, said = near.office.sync, [trouble]
    sizes: list[int] = []

    def sync(request: SyncRequest) -> SyncResponse | Failure:
        sizes.append(len(request.links))
        return said.pop() if said else real(request)

    near.office.sync = sync  # type: ignore[method-assign]
    assert near.worker.run_once() == trouble
    assert near.worker.run_once() is None
    first, second, third, *_ = sizes
    assert first == 6
    if trouble is CUT:
        assert second == 1 < third, "in the same sync already"
    else:
        assert second == 6, "an office that has no time says nothing of the line"


@pytest.mark.parametrize("taken", [0, 1])
def test_a_sync_that_failed_is_known_to_have_brought_something_or_nothing(near: Sending, taken: int) -> None:
    real, asked = near.office.sync, list[SyncRequest]()

    def sync(request: SyncRequest) -> SyncResponse | Failure:
        asked.append(request)
        return real(request) if len(asked) <= taken else CUT

    near.office.sync = sync  # type: ignore[method-assign]
    assert near.worker.run_once() == CUT
    assert near.worker._moved is (taken > 0)
    near.office.sync = real  # type: ignore[method-assign]
    for moved in (True, False):
        assert near.worker.run_once() is None
        assert near.worker._moved is moved


def test_a_login_that_is_refused_is_told_as_it_is_and_nothing_is_sent(near: Sending) -> None:
    refused = Failure(kind="kantor", say="masalah.perangkat_dicabut", status=403)
    asked = len(near.office.requests)
    near.office.logged_in, near.office.login = False, lambda *_: refused
    assert near.worker.run_once() == refused
    assert len(near.office.requests) == asked
