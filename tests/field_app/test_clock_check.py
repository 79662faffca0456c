"""A phone whose clock is wrong says so, and stops saying it as soon as the clock is mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_app.clock_check import ClockCheck
from field_app.store import Store
from field_app.vault import Vault, open_vault
from schemas.ids import DeviceId
from tests.field_app.conftest import KEY, SetTime

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    vault: Vault = open_vault(tmp_path / "vault.db", KEY)
    yield Store(vault, DeviceId("a" * 32), lambda _message: bytes(64))
    vault.close()


@pytest.fixture
def check(store: Store, time: SetTime) -> ClockCheck:
    return ClockCheck(store, time)


@pytest.mark.parametrize("wall_ms", [0, 50 * 365 * DAY_MS])
def test_before_the_office_was_heard_nothing_is_said(check: ClockCheck, time: SetTime, wall_ms: int) -> None:
    time.wall_ms = wall_ms
    assert check.off_ms() == 0


@pytest.mark.parametrize("off_ms", [3 * HOUR_MS, -3 * HOUR_MS, -50 * 365 * DAY_MS])
def test_a_wrong_clock_is_known_from_the_answer_on_and_right_again_when_mended(
    check: ClockCheck, time: SetTime, off_ms: int
) -> None:
    office_ms = time.wall_ms
    time.wall_ms += off_ms
    check.heard(office_ms)
    assert check.off_ms() == off_ms
    time.pass_s(7200)  # with no network since
    assert check.off_ms() == off_ms
    time.wall_ms -= off_ms
    assert check.off_ms() == 0


def test_a_clock_that_is_set_wrong_in_the_field_is_noticed_without_a_network(
    check: ClockCheck, time: SetTime
) -> None:
    check.heard(time.wall_ms)
    assert check.off_ms() == 0
    time.pass_s(3600)
    time.wall_ms += 2 * DAY_MS
    assert check.off_ms() == 2 * DAY_MS


def test_nine_minutes_are_let_be(check: ClockCheck, time: SetTime) -> None:
    check.heard(time.wall_ms - 9 * 60_000)
    assert check.off_ms() == 0


def test_after_a_restart_only_a_clock_behind_the_last_answer_is_known_to_be_wrong(
    check: ClockCheck, store: Store, time: SetTime
) -> None:
    check.heard(time.wall_ms)
    store.put("server_ms", time.wall_ms)  # as a page of an answer keeps it
    time.boot_name, time.running_ms = "boot-2", 5
    time.wall_ms += 30 * DAY_MS  # it may have lain in a drawer for a month
    assert check.off_ms() == 0
    time.wall_ms -= 31 * DAY_MS
    assert check.off_ms() == -DAY_MS


def test_answers_that_say_the_same_are_written_down_once(
    check: ClockCheck, store: Store, time: SetTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    monkeypatch.setattr(store, "put", lambda _name, value: written.append(value))
    check.heard(time.wall_ms)
    monkeypatch.undo()
    check.heard(time.wall_ms)
    monkeypatch.setattr(store, "put", lambda _name, value: written.append(value))
    time.pass_s(600)
    check.heard(time.wall_ms + 20_000)
    assert len(written) == 1
    check.heard(time.wall_ms + 5 * 60_000)
    assert len(written) == 2
