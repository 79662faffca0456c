"""Answers that are not for who asked: one late, somebody else's, cut with a length that fits, or trickling.

Rule: what does not fit is not believed, and once the line is sound again all is as it should be.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from field_app import transport
from tests.faults.conftest import Make
from tests.faults.middleman import Answer
from tests.faults.test_between import Stand, between, fails  # noqa: F401 - who stands on the line
from tests.faults.test_proxies import sync_on
from tests.faults.world import pending, sync, visit, words


def test_answers_that_come_one_request_late_are_not_taken_for_those_that_were_asked_for(
    regency: Make,
    between: Stand,  # noqa: F811
) -> None:
    """Row 60. A proxy lost count on a connection that it keeps: each request gets the answer of the last."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2, 3)
    proxy = between(world)
    late = [Answer(200)]

    def back(_method: str, _path: str, answer: Answer) -> Answer:
        late.append(answer)
        return late[-2]

    proxy.back = back
    for _ in range(4):
        fails(phone)
        assert not world.lacks() or words(phone) != ["diterima"], "never better than the truth"
    proxy.back = lambda _method, _path, answer: answer
    sync_on(phone)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])


def swapped(answers: dict[str, Answer], both: threading.Barrier) -> Callable[[str, str, Answer], Answer]:
    """Give each of two who ask at once the answer of the other, as long as both do."""

    def back(_method: str, path: str, answer: Answer) -> Answer:
        if path != "/api/sync":
            return answer
        me = threading.current_thread().name
        answers[me] = answer
        try:
            both.wait(5)
            other = next(each for name, each in answers.items() if name != me)
            both.wait(5)
        except threading.BrokenBarrierError:
            return answer
        del answers[me]
        return other

    return back


def test_two_phones_that_get_each_others_answers_lose_nothing_and_come_right(
    regency: Make,
    between: Stand,  # noqa: F811
) -> None:
    """Row 61. Without TLS nothing keeps a broken proxy from it."""
    world = regency(2)
    phones = [world.phone(number) for number in range(2)]
    for phone in phones:
        sync(phone)
    done = [visit(phone, beat, n) for n, (phone, beat) in enumerate(zip(phones, world.beats, strict=True))]
    proxy, both = between(world), threading.Barrier(2)
    proxy.back = swapped({}, both)
    syncing = [threading.Thread(target=phone.worker.run_once) for phone in phones]
    for each in syncing:
        each.start()
    for each in syncing:
        each.join(60)
    both.abort()
    for phone in phones * 2:
        sync(phone)
    for phone in phones:
        assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])


@pytest.mark.parametrize("is_old", [False, True], ids=["with a length that fits", "by hanging up"])
def test_an_answer_that_was_cut_and_seems_whole_is_not_taken(
    regency: Make,
    between: Stand,  # noqa: F811
    is_old: bool,
) -> None:
    """Row 62. A proxy that stores what it passes on, and a gateway of HTTP/1.0 that says no length at all."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2)
    gateway = between(world)
    gateway.is_old = is_old
    for ninths in range(9):
        gateway.back = lambda _method, path, answer, ninths=ninths: (
            replace(answer, body=answer.body[: len(answer.body) * ninths // 9])
            if path == "/api/sync"
            else answer
        )
        fails(phone)
        assert (words(phone), pending(phone)) == (["menunggu_kirim"], (1, 2))
    gateway.back = lambda _method, _path, answer: answer
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks(), world.faults()) == ([done.change.hex()], [], [])


class Trickle:
    """Says at once that an answer comes, and then a byte of it now and then."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        asking, _ = self._listener.accept()
        with asking:
            asking.recv(65_536)
            asking.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            with suppress(OSError):  # until she hangs up
                while True:
                    asking.sendall(b"x")
                    time.sleep(0.05)

    def close(self) -> None:
        self._thread.join(20)
        self._listener.close()


def test_an_answer_that_only_trickles_is_given_up_and_asked_for_again(
    regency: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 63. It would be there in an hour; another line may be there by then."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    monkeypatch.setattr(transport, "WINDOW_S", 0.5)
    trickle, office = Trickle(), world.line.office
    world.line.office = trickle.address
    world.line.hang_up()
    failure = phone.worker.run_once()
    assert failure is not None and failure.say == "lapangan.kantor_lambat"
    trickle.close()
    world.line.office = office
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks(), world.faults()) == ([done.change.hex()], [], [])
