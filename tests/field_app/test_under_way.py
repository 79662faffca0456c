"""One message under way: in a thread of its own, or in its sender's."""

import threading

import pytest

from field_app.under_way import UnderWay


def names() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_what_is_sent_at_once_runs_while_its_sender_does_something_else() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def call() -> str:
        begun.set()
        assert may_end.wait(30)
        return threading.current_thread().name

    under_way = UnderWay(call, at_once=True)
    assert begun.wait(30)
    may_end.set()
    assert under_way.answer() == "sambang-line"
    assert "sambang-line" not in names()


def test_what_nothing_can_be_done_beside_runs_in_its_senders_thread() -> None:
    calls: list[threading.Thread] = []
    under_way = UnderWay(lambda: calls.append(threading.current_thread()), at_once=False)
    assert calls == []
    under_way.answer()
    under_way.answer()
    assert calls == [threading.current_thread()], "and only once"


@pytest.mark.parametrize("at_once", [False, True])
def test_what_a_call_raises_is_raised_where_its_answer_is_waited_for(at_once: bool) -> None:
    def call() -> None:
        raise LookupError("nobody there")

    with pytest.raises(LookupError, match="nobody there"):
        UnderWay(call, at_once=at_once).answer()


def test_giving_up_waits_for_the_end_whatever_comes_of_it() -> None:
    ended: list[str] = []

    def call() -> None:
        ended.append("x")
        raise LookupError("nobody there")

    UnderWay(call, at_once=True).give_up()
    assert ended == ["x"]
    UnderWay(call, at_once=False).give_up()
    assert ended == ["x"], "what had not begun never begins"
