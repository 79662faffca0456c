"""While photos are sent the process is kept alive, and not a moment longer."""

from collections.abc import Iterator

import pytest

from field_app.link import Failure
from tests.field_app.conftest import SetTime
from tests.field_app.field import MINE, Field
from tests.field_app.test_worker import AWAY, Sending


class Kept:
    """Notes when it began and ended, and what had been sent by then."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.sent = lambda: 0

    def begin(self) -> None:
        self.told.append(("begin", self.sent()))

    def end(self) -> None:
        self.told.append(("end", self.sent()))


@pytest.fixture
def sending(field: Field, time: SetTime) -> Iterator[Sending]:
    field.visit()
    field.pull({}, cleared=[MINE])
    made = Sending(field, time)
    yield made
    made.worker.close()


@pytest.fixture
def kept(sending: Sending) -> Kept:
    staying = Kept()
    staying.sent = lambda: len(sending.office.uploads)
    sending.worker._staying = staying
    return staying


def test_it_is_kept_from_the_first_photo_to_the_last(sending: Sending, kept: Kept) -> None:
    assert sending.worker.run_once() is None
    assert kept.told == [("begin", 0), ("end", len(sending.office.uploads))] and sending.office.uploads


def test_it_is_not_kept_where_nothing_is_to_be_sent(sending: Sending, kept: Kept) -> None:
    assert sending.worker.run_once() is None
    kept.told.clear()
    assert sending.worker.run_once() is None
    assert kept.told == []


def test_a_line_that_breaks_ends_it(sending: Sending, kept: Kept) -> None:
    sending.office.upload_trouble = [AWAY] * 20
    assert isinstance(sending.worker.run_once(), Failure)
    assert [what for what, _ in kept.told] == ["begin", "end"]
