"""Who is silent where it is their turn to speak is hung up on; nobody else is."""

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from server.app import create_app
from server.commands.run import listen
from server.compose import Refused, close_office
from server.patience import (
    KEEPALIVE,
    MOST_FILES,
    NO_FILE_LEFT,
    SILENCE_S,
    PatientProtocol,
    open_all_files,
    tell_seldom,
)
from tests.server.conftest import make_office
from tests.server.threaded import in_thread

BEGUN = b"POST /api/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
LONG = b"POST /api/sync HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


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
        self.said = b""

    def write(self, data: Any) -> None:
        self.said += data

    def is_closing(self) -> bool:
        return self.is_closed

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
        hear(protocol, data)
    return protocol, wire


def hear(protocol: PatientProtocol, data: bytes) -> None:
    """Let the office hear something, and take what of a body is in it, as one that has time does."""
    protocol.data_received(data)
    if protocol.cycle is not None and not protocol.cycle.response_complete:
        protocol.cycle.body.clear()
        protocol.flow.resume_reading()


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


def drip(hours: Hours, protocol: PatientProtocol, wire: Wire, data: bytes, every_s: float) -> float:
    """Say one thing again and again, until the office hangs up or a day is over; return how long it took."""
    begun = hours.now
    while not wire.is_closed and hours.now < begun + 24 * 3_600:
        hours.pass_by(every_s)
        if not wire.is_closed:
            hear(protocol, data)
    return hours.now - begun


def test_an_honest_upload_on_the_worst_of_lines_is_heard_to_the_end(hours: Hours) -> None:
    """A photo of 300 KB at 40 bytes a second, a packet at a time, with a pause between."""
    size = 300_000
    protocol, wire = connected(hours, LONG % size)
    for _ in range(size // 1_400):
        hours.pass_by(1_400 / 40)
        hear(protocol, b"x" * 1_400)
    assert not wire.is_closed
    hear(protocol, b"x" * (size % 1_400))
    hours.pass_by(20 * SILENCE_S)
    assert not wire.is_closed, "the office has all of it, and has not answered"


def test_a_byte_now_and_then_holds_no_place_in_a_body(hours: Hours) -> None:
    protocol, wire = connected(hours, LONG % 300_000)
    assert drip(hours, protocol, wire, b"x", SILENCE_S - 1) <= 300


def test_a_byte_now_and_then_holds_no_place_in_a_head(hours: Hours) -> None:
    protocol, wire = connected(hours, b"POST /api/sync HTTP/1.1\r\nHost:")
    assert drip(hours, protocol, wire, b"x", SILENCE_S - 1) <= 300


def test_empty_lines_before_a_head_hold_no_place(hours: Hours) -> None:
    protocol, wire = connected(hours)
    assert drip(hours, protocol, wire, b"\r\n", SILENCE_S - 1) <= 300


def test_chunks_that_say_nothing_but_their_own_notes_hold_no_place(hours: Hours) -> None:
    head = b"POST /api/sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;"
    protocol, wire = connected(hours, head)
    assert drip(hours, protocol, wire, b"a" * 900, 30) <= 300


def test_whoever_was_answered_before_the_end_may_finish_at_a_pace_and_no_slower(hours: Hours) -> None:
    protocol, wire = connected(hours, LONG % 100_000)
    protocol.cycle.response_complete = True
    for _ in range(20):
        hours.pass_by(35)
        protocol.data_received(b"x" * 1_400)
    assert not wire.is_closed
    assert drip(hours, protocol, wire, b"x", SILENCE_S - 1) <= 300


def test_whoever_was_answered_while_a_piece_waited_holds_no_place_either(hours: Hours) -> None:
    protocol, wire = connected(hours, LONG % 100_000)
    protocol.data_received(b"x" * 1_400)
    protocol.cycle.response_complete = True
    protocol.flow.resume_reading()
    assert drip(hours, protocol, wire, b"x", SILENCE_S - 1) <= 300


def test_a_body_has_its_pace_from_its_own_beginning_on_a_line_that_was_used_before(hours: Hours) -> None:
    protocol, wire = connected(hours, BEGUN, b"x" * 500)
    protocol.cycle.response_complete = True
    hours.pass_by(SILENCE_S - 1)
    hear(protocol, BEGUN)
    hours.pass_by(60)
    assert not wire.is_closed


def test_who_was_slow_only_because_the_office_was_is_not_hung_up_on(hours: Hours) -> None:
    protocol, wire = connected(hours, LONG % 100_000)
    protocol.data_received(b"x" * 1_400)
    hours.pass_by(200)
    protocol.flow.resume_reading()
    hear(protocol, b"x" * 1_400)
    hours.pass_by(60)
    assert not wire.is_closed


@pytest.mark.parametrize("piece", [1_000, 200_000])
@pytest.mark.parametrize(
    "begun",
    [b"GET /", b"GET / HTTP/1.1\r\nHost: ", b"GET / HTTP/1.1\r\n"],
    ids=["target", "header", "headers"],
)
def test_a_head_without_end_is_refused_before_it_fills_the_memory(
    hours: Hours, begun: bytes, piece: int
) -> None:
    protocol, wire = connected(hours, begun)
    line = b"x: y\r\n" if begun.endswith(b"\r\n") else b"xxxxxx"
    said = 0
    while not wire.is_closed and said < 10 * 64_000:
        protocol.data_received(line * (piece // len(line)))
        said += piece
    assert said <= 64_000 + piece and wire.is_closed and wire.said.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1\r\nHost: x\r\nCookie: %b\r\n\r\n", b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["header", "target"],
)
def test_a_whole_head_that_came_at_once_is_measured_too(hours: Hours, head: bytes) -> None:
    _, wire = connected(hours, head % (b"c" * 64_000))
    assert wire.is_closed and wire.said.startswith(b"HTTP/1.1 400")


def test_lines_after_the_last_chunk_are_measured_too(hours: Hours) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    protocol, wire = connected(hours, head)
    for _ in range(10):
        if not wire.is_closed:
            protocol.data_received(b"t: x\r\n" * 1_000)
    assert wire.is_closed


@pytest.mark.parametrize("pieces", [1, 2])
def test_each_request_of_a_connection_is_measured_by_itself(hours: Hours, pieces: int) -> None:
    protocol, wire = connected(hours)
    head = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"c" * 2_000 + b"\r\n\r\n"
    for _ in range(40):
        for at in range(0, len(head), size := -(-len(head) // pieces)):
            protocol.data_received(head[at : at + size])
        protocol.cycle.response_complete = True
        hours.pass_by(SILENCE_S - 1)
    assert not wire.is_closed


def test_who_waits_for_the_offices_answer_may_be_silent(hours: Hours) -> None:
    _, wire = connected(hours, BEGUN, b"x" * 500)
    hours.pass_by(20 * SILENCE_S)
    assert not wire.is_closed


def test_who_waits_until_the_office_reads_on_may_be_silent(hours: Hours) -> None:
    protocol, wire = connected(hours, BEGUN)
    protocol.data_received(b"x")
    assert protocol.flow.read_paused
    hours.pass_by(20 * SILENCE_S)
    assert not wire.is_closed
    protocol.flow.resume_reading()
    hours.pass_by(SILENCE_S)
    assert wire.is_closed


def test_nobody_watches_a_connection_that_is_gone(hours: Hours) -> None:
    protocol, _ = connected(hours)
    protocol.connection_lost(None)
    assert all(timer.is_cancelled for timer in hours.timers)


def test_that_no_file_is_left_is_said_once_a_minute_and_all_else_each_time(
    hours: Hours, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that cannot be accepted is told of two thousand times a second."""
    handlers: list[Callable[[Any, dict[str, Any]], None]] = []
    others: list[dict[str, Any]] = []
    hours.set_exception_handler = handlers.append  # type: ignore[attr-defined]
    hours.default_exception_handler = others.append  # type: ignore[attr-defined]
    tell_seldom(hours)  # type: ignore[arg-type]
    (handle,) = handlers
    for expected in (1, 2):
        for _ in range(3):
            handle(hours, {"message": NO_FILE_LEFT})
            hours.pass_by(19)
        assert len(caplog.records) == expected
        hours.pass_by(3)
    handle(hours, {"message": "another"})
    assert others == [{"message": "another"}] and len(caplog.records) == 2


@pytest.mark.parametrize(
    ("granted", "most", "asked"),
    [
        (1_024, 4_096, [(4_096, 4_096)]),
        (1_024, 1 << 20, [(MOST_FILES, 1 << 20)]),
        (4_096, 4_096, []),
        (1 << 20, 1 << 20, []),
    ],
    ids=["all that is granted", "enough", "has all", "has more"],
)
def test_the_office_takes_as_many_files_as_it_may_and_gives_none_back(
    granted: int, most: int, asked: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (granted, most))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: set_to.append(both))
    open_all_files()
    assert set_to == asked


class Hasty(PatientProtocol):
    silence_s = 1.0


class Brisk(PatientProtocol):
    """An hour's patience in a moment: a head within a second, and 4 KiB of a body in each."""

    silence_s, head_s, window_s = 2.0, 1.0, 1.0


class Lenient(PatientProtocol):
    """As brisk as a machine allows on which a thread may stand still for some seconds."""

    silence_s, window_s = 6.0, 3.0


@contextmanager
def real_office(folder: Path, http: type[PatientProtocol]) -> Generator[tuple[Any, uvicorn.Server]]:
    """Serve a real office; gives its address, and the server."""
    deps = make_office(folder)
    listener = listen("127.0.0.1", 0)
    assert not isinstance(listener, Refused)
    with in_thread(create_app(deps), listener, http=http, lifespan="on") as server:
        yield listener.getsockname(), server
    close_office(deps)


def test_a_real_office_lets_go_of_those_who_left_in_the_midst_of_a_word(tmp_path: Path) -> None:
    """Row 44. Twenty phones that say one byte of their message."""
    with real_office(tmp_path, Hasty) as (address, server):
        lines: list[socket.socket] = []
        for _ in range(20):
            lines.append(socket.create_connection(address, timeout=20))
            lines[-1].sendall(BEGUN + b"x")
        for line in lines:
            with line, suppress(ConnectionResetError):  # where it did not hear all of it
                assert line.recv(1) == b"", "the office hung up"
        while server.server_state.connections:
            time.sleep(0.005)


@pytest.mark.parametrize("begun", [b"POST /api/sync HTTP/1.1\r\nX: ", LONG % 300_000], ids=["head", "body"])
def test_a_real_office_lets_go_of_who_says_a_byte_now_and_then(tmp_path: Path, begun: bytes) -> None:
    with real_office(tmp_path, Brisk) as (address, _), socket.create_connection(address) as line:
        line.sendall(begun)
        with pytest.raises(OSError, match=r"reset|pipe|abort"):
            for _ in range(300):  # half a minute
                time.sleep(0.1)
                line.sendall(b"x")


def test_a_real_office_hears_a_slow_upload_to_its_end(tmp_path: Path) -> None:
    """At ten times the least pace, for longer than two windows."""
    size = 91_000
    with (
        real_office(tmp_path, Lenient) as (address, _),
        socket.create_connection(address, timeout=20) as line,
    ):
        line.sendall(LONG % size)
        for _ in range(size // 1_400):
            time.sleep(0.1)
            line.sendall(b"x" * 1_400)
        line.sendall(b"GET /api/authority HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        heard = b"".join(iter(lambda: line.recv(65_536), b""))
        assert heard.count(b"HTTP/1.1 ") == 2, "both were answered"


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
