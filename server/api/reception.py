"""Where sync messages wait. Rule: first come, first served, and those that wait together are served together.

Small messages are checked in groups by one thread, each group out of one look at the database; what they push
goes to the writer as one group too. So the more phones there are at once, the less each costs. A large
message is checked, and an answer of many rows is read, by a thread of its own, so that no small one waits
behind it; of these a few are under work at once.

What is pushed is answered in the transaction that took it in: the writer has at hand what comes back. Only
where there is more to tell than that, a reader answers.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from schemas.base import Data
from schemas.ids import ChangeId, DeviceId
from schemas.problem import Problem
from schemas.wire import PROTOCOL, Cursor, Result, SyncRequest, SyncResponse
from server.api.messages import Wrapping, read_wrapped
from server.deps import Deps
from server.engine import Reader, Writer
from server.hearing import Hearing
from server.office import Push
from sync.intake import Run
from sync.server import PAGE_ROWS
from sync.thin_links import SESSIONS_DEVICE, fill_request, thin_results

WRITERS_ROWS = 100
"""Most rows that an answer has which is made for others too."""
ROWS_A_CHANGE = 2
"""As many come back of each change that is pushed, where its author has a task: the desa's, and their own."""
LARGE_BYTES = 32 * 1024
"""A body that is larger is checked alone."""
MOST_CHECKED = 64
"""Most messages in one look, so that the first of them does not wait without end."""
LARGE_AT_ONCE = 4
"""Large messages and answers under work: more only take the interpreter from each other and the writer."""

T = TypeVar("T")

NOTHING_ASKED = SyncRequest(protocol=PROTOCOL, device=DeviceId(""), cursor=Cursor())
Answer = SyncResponse | Problem
_Work = Callable[[Writer, Sequence[Push]], "Sequence[Answer]"]


class _Read(Protocol):
    """A way of the engine to read."""

    def __call__(self, work: Callable[[Reader], T]) -> T: ...


class Asked(Data, frozen=True, kw_only=True):
    """A message as it came: its body, how that is wrapped, and the token of who sent it."""

    body: bytes
    wrapping: Wrapping
    token: str | None


class _Waiter:
    """Someone who waits for an answer, and as much of their message as was read so far."""

    def __init__(self, asked: Asked, answer: "asyncio.Future[Answer]") -> None:
        self.asked, self.answer = asked, answer
        self.wrapping = asked.wrapping
        self.request: SyncRequest = NOTHING_ASKED
        self.run: Run | None = None
        self.is_thin = False
        """Whether not all links travelled: then the results need not name their changes."""

    def read(self, device: DeviceId | None) -> Problem | None:
        """Decode the message, which must be that of a device; what an earlier look found is forgotten."""
        self.run = None
        if device is None:
            return Problem(code="perlu_masuk")
        read = read_wrapped(self.asked.body, self.asked.wrapping)
        if isinstance(read, Problem):
            return read
        message, self.wrapping = read
        if message.device not in (device, SESSIONS_DEVICE):
            return Problem(code="perangkat_berbeda")
        whole = fill_request(message, device)
        if whole is None:
            return Problem(code="tautan_tidak_terbaca")
        self.request, self.is_thin = whole, whole.links != message.links
        return None

    @property
    def is_small(self) -> bool:
        """Whether it goes to the writer among others: not where many rows come back, as changes came."""
        return self.run is None or len(self.run.entries) <= WRITERS_ROWS

    @property
    def changes(self) -> list[ChangeId]:
        """The changes that are pushed, in order."""
        return [entry.link.change for entry in self.run.entries] if self.run else []


class Reception:
    """Answers sync messages; used from one event loop."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._hearing = Hearing(deps.engine, deps.now_ms)
        self._waiting: list[_Waiter] = []
        self._is_checking = False
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def ask(self, asked: Asked) -> tuple[Answer, Wrapping]:
        """Check a message, let the writer take in what it pushes, and answer once that is durable.

        With the answer comes the form in which its sender takes it.
        """
        loop, engine = asyncio.get_running_loop(), self._deps.engine
        waiter = _Waiter(asked, loop.create_future())
        if len(asked.body) > LARGE_BYTES:
            await self.apart(lambda: self._check(loop, [waiter], engine.read_in_turn))
        else:
            self._waiting.append(waiter)
            self._check_next(loop)
        answer = await waiter.answer
        if isinstance(answer, Problem):
            return answer, waiter.wrapping
        if answer.more and _is_cut(answer, waiter.run):
            results = answer.results
            answer = await self.apart(lambda: self._pull(waiter.request, results))
        return thin_results(answer, waiter.changes) if waiter.is_thin else answer, waiter.wrapping

    async def apart(self, work: Callable[[], T]) -> T:
        """Do what is large in a thread, a few at once."""
        async with self._large:
            return await asyncio.get_running_loop().run_in_executor(self._deps.pool, work)

    def _check_next(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting and not self._is_checking:
            self._is_checking = True
            group, self._waiting = self._waiting[:MOST_CHECKED], self._waiting[MOST_CHECKED:]
            loop.run_in_executor(self._deps.pool, self._check_group, loop, group)

    def _check_group(self, loop: asyncio.AbstractEventLoop, group: list[_Waiter]) -> None:
        try:
            self._check(loop, group, self._deps.engine.read)
        finally:
            _tell(loop, self._checked, loop)

    def _checked(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_checking = False
        self._check_next(loop)

    def _check(self, loop: asyncio.AbstractEventLoop, group: list[_Waiter], read: _Read) -> None:
        """Answer those who push nothing, or wrongly, and queue the others for the writer; in a thread."""
        try:
            answers = read(lambda reader: self._understood(reader, group))
            pushing = [waiter for waiter in group if waiter.run is not None]
            self._queue(loop, self._take_in, [waiter for waiter in pushing if waiter.is_small])
            self._queue(loop, self._take_in_large, [waiter for waiter in pushing if not waiter.is_small])
        except Exception as error:  # noqa: BLE001 - whatever broke the look, who waits must hear of it
            if len(group) > 1:  # it may be about one of them
                for waiter in group:
                    self._check(loop, [waiter], read)
                return
            answers = [(waiter, error) for waiter in group]
        _tell(loop, _hand_out, answers)

    def _queue(self, loop: asyncio.AbstractEventLoop, work: "_Work", waiters: list[_Waiter]) -> None:
        """Give the writer what some push, all at once."""
        if not waiters:
            return
        self._deps.calm.disturb()
        pushes = [Push(request=waiter.request, run=waiter.run) for waiter in waiters if waiter.run]

        def answer(done: "Future[list[Answer | Exception]]") -> None:
            error = done.exception()
            given = [error] * len(waiters) if error is not None else done.result()
            _tell(loop, _hand_out, list(zip(waiters, given, strict=True)))

        self._deps.engine.write_each(work, pushes).add_done_callback(answer)

    def _understood(self, reader: Reader, group: Sequence[_Waiter]) -> "list[tuple[_Waiter, Answer]]":
        """Say who speaks, decode the messages and check what they push; return the answers that are ready."""
        answers: list[tuple[_Waiter, Answer]] = []
        asking: list[_Waiter] = []
        devices = self._deps.devices.devices_in(reader, [waiter.asked.token or "" for waiter in group])
        for waiter, device in zip(group, devices, strict=True):
            problem = waiter.read(device)
            if problem is None:
                asking.append(waiter)
            else:
                answers.append((waiter, problem))
        requests = [waiter.request for waiter in asking]
        for waiter, found in zip(
            asking, self._deps.office.look_all(reader, requests, WRITERS_ROWS), strict=True
        ):
            if isinstance(found, Run):
                waiter.run = found
                continue
            answers.append((waiter, found))
            if isinstance(found, SyncResponse):
                self._hearing.quiet(waiter.request)
        return answers

    def _take_in(self, writer: Writer, pushes: Sequence[Push]) -> "Sequence[Answer]":
        """Take in small runs and answer them."""
        return self._deps.office.receive_all(writer, pushes, WRITERS_ROWS)

    def _take_in_large(self, writer: Writer, pushes: Sequence[Push]) -> "Sequence[Answer]":
        """Take in large runs, and answer each as long as it tells little else than what they brought."""
        receive = self._deps.office.receive_all
        return [answer for one in pushes for answer in receive(writer, [one], _rows_of(one.run))]

    def _pull(self, message: SyncRequest, results: list[Result]) -> SyncResponse:
        """Answer with as many rows as a page has."""
        return self._deps.engine.read(lambda reader: self._deps.office.pull(reader, message, results))


def _rows_of(run: Run | None) -> int:
    """Return how many rows a first answer has at most; to a large run as many as it may bring itself."""
    changes = len(run.entries) if run else 0
    return WRITERS_ROWS if changes <= WRITERS_ROWS else min(ROWS_A_CHANGE * changes, PAGE_ROWS)


def _is_cut(answer: SyncResponse, run: Run | None) -> bool:
    """Say whether a page has room for more rows than these, which were all that a first answer may have."""
    return len(answer.rows) + len(answer.removed) == _rows_of(run) < PAGE_ROWS


def _tell(loop: asyncio.AbstractEventLoop, work: Callable[..., None], *values: Any) -> None:
    """Have the loop do something, unless it ended meanwhile: then nobody waits any more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(work, *values)


def _hand_out(answers: "list[tuple[_Waiter, Answer | BaseException]]") -> None:
    for waiter, given in answers:
        if waiter.answer.done():  # who asked is gone
            continue
        if isinstance(given, BaseException):
            waiter.answer.set_exception(given)
        else:
            waiter.answer.set_result(given)
