"""When an open phone is due to lock, on a clock that is set by hand."""

from field_app.autolock import GRACE_MS, AutoLock
from tests.field_app.conftest import SetTime


def test_each_touch_begins_the_minutes_anew(time: SetTime) -> None:
    lock = AutoLock(time.elapsed_ms, lambda: 2)
    time.pass_s(119)
    assert not lock.due()
    lock.touched()
    time.pass_s(119)
    assert not lock.due()
    time.pass_s(1)
    assert lock.due()


def test_a_shorter_setting_counts_at_once(time: SetTime) -> None:
    minutes = [5]
    lock = AutoLock(time.elapsed_ms, lambda: minutes[0])
    time.pass_s(60)
    assert not lock.due()
    minutes[0] = 1
    assert lock.due()


def test_the_wall_clock_decides_nothing(time: SetTime) -> None:
    lock = AutoLock(time.elapsed_ms, lambda: 1)
    time.wall_ms += 10**12
    assert not lock.due()
    time.wall_ms -= 10**13
    time.running_ms += 60_000
    assert lock.due()


def test_being_left_twice_counts_from_the_first_time(time: SetTime) -> None:
    lock = AutoLock(time.elapsed_ms, lambda: 5)
    lock.left()
    time.pass_s(GRACE_MS // 2000)
    lock.left()
    time.pass_s(GRACE_MS // 2000)
    assert lock.due()
    lock.back()
    assert not lock.due()
