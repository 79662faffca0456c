"""Who is silent where it is their turn to speak is hung up on; nobody else is."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from server.app import create_app
from server.commands.run import listen
from server.compose import Refused, close_office
from server.patience import KEEPALIVE, SILENCE_S, PatientProtocol
from tests.server.conftest import make_office

BEGUN = b"POST /api/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"


class Timer:
    def __init__(self, due: float, act: Callable[[], None]) -> None:
        self.due, self.act, self.is_cancelled = due, act, False

    def cancel(self) -> None:
        self.is_cancelled = True


class Hours:
    """A loop whose time passes when the test says so."""

    def __init__(self) -> None:
        self.now, self.timers = 0.0, list[Timer]()

    def time(self) -> float:
        return self.now

    def call_later(self, after: float, act: Callable[[], None]) -> Timer:
        return self.call_at(self.now + after, act)

    def call_at(self, due: float, act: Callable[[], None]) -> Timer:
        self.timers.append(Timer(due, act))
        return self.timers[-1]

    def create_task(self, work: Coroutine[Any, Any, None], **_: Any) -> "asyncio.Future[None]":
        work.close()
        return asyncio.Future(loop=QUIET)

    def pass_by(self, seconds: float) -> None:
        until = self.now + seconds
        while due := [timer for timer in self.timers if timer.due <= until and not timer.is_cancelled]:
            first = min(due, key=lambda timer: timer.due)
            self.timers.remove(first)
            self.now = first.due
            first.act()
        self.now = until


QUIET = asyncio.new_event_loop()
QUIET.close()


class Wire(asyncio.Transport):
    """The office's end of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


@pytest.fixture
def hours() -> Hours:
    return Hours()


def connected(hours: Hours, *said: bytes) -> tuple[PatientProtocol, Wire]:
    """Connect, and say something."""
    config = uvicorn.Config(lambda scope: None, access_log=False, log_level="warning")  # type: ignore[arg-type]
    protocol, wire = PatientProtocol(config, ServerState(), {}, hours), Wire()  # type: ignore[arg-type]
    protocol.connection_made(wire)
    for data in said:
        protocol.data_received(data)
    return protocol, wire


@pytest.mark.parametrize(
    "said",
    [b"", b"POST /api/sync HTTP/1.1\r\nHost:", BEGUN, BEGUN + b"x" * 499],
    ids=["no", "head", "no-body", "body"],
)
def test_who_says_nothing_more_is_hung_up_on(hours: Hours, said: bytes) -> None:
    """Row 44. Of a request, or at all."""
    _, wire = connected(hours, *([said] if said else []))
    hours.pass_by(SILENCE_S - 1)
    assert not wire.is_closed
    hours.pass_by(SILENCE_S)
    assert wire.is_closed


def test_who_goes_on_however_slowly_is_heard_to_the_end(hours: Hours) -> None:
    protocol, wire = connected(hours, BEGUN)
    for _ in range(499):
        hours.pass_by(SILENCE_S - 1)
        protocol.data_received(b"x")
    assert not wire.is_closed


def test_who_waits_for_the_offices_answer_may_be_silent(hours: Hours) -> None:
    _, wire = connected(hours, BEGUN, b"x" * 500)
    hours.pass_by(20 * SILENCE_S)
    assert not wire.is_closed


def test_who_waits_until_the_office_reads_on_may_be_silent(hours: Hours) -> None:
    protocol, wire = connected(hours, BEGUN, b"x")
    protocol.flow.pause_reading()
    hours.pass_by(20 * SILENCE_S)
    assert not wire.is_closed
    protocol.flow.resume_reading()
    hours.pass_by(SILENCE_S)
    assert wire.is_closed


def test_nobody_watches_a_connection_that_is_gone(hours: Hours) -> None:
    protocol, _ = connected(hours)
    protocol.connection_lost(None)
    assert all(timer.is_cancelled for timer in hours.timers)


class Hasty(PatientProtocol):
    silence_s = 0.05


@pytest.fixture
def hasty(tmp_path: Any) -> Iterator[tuple[socket.socket, uvicorn.Server]]:
    """A real office that waits for hardly anybody."""
    deps = make_office(tmp_path)
    listener = listen("127.0.0.1", 0)
    assert not isinstance(listener, Refused)
    config = uvicorn.Config(
        create_app(deps), http=Hasty, access_log=False, log_level="warning", lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield listener, server
    server.should_exit = True
    thread.join(timeout=20)
    listener.close()
    close_office(deps)


def test_a_real_office_lets_go_of_those_who_left_in_the_midst_of_a_word(
    hasty: tuple[socket.socket, uvicorn.Server],
) -> None:
    """Row 44. Twenty phones that say one byte of their message."""
    listener, server = hasty
    lines = [socket.create_connection(listener.getsockname(), timeout=20) for _ in range(20)]
    for line in lines:
        line.sendall(BEGUN + b"x")
    for line in lines:
        assert line.recv(1) == b"", "the office hung up"
        line.close()
    while server.server_state.connections:
        time.sleep(0.005)


def test_the_system_asks_whoever_is_silent_for_a_sign() -> None:
    """Row 44."""
    listener = listen("127.0.0.1", 0)
    assert not isinstance(listener, Refused)
    with listener, socket.create_connection(listener.getsockname()):
        line, _ = listener.accept()
        with line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            for name, value in KEEPALIVE.items():
                assert line.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value
