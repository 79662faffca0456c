"""POST /api/sync: one message in, one out. Rule: what is pushed is answered only after it is durable.

A message is read, checked and, where it pushes nothing, answered in one look at the database, which never
waits for the writer. One that pushes is answered by the writer in the transaction that took it in, where what
it touches is at hand; only an answer of many rows is left to a reader, so that nobody waits behind it.
"""

import asyncio
from typing import Any

from litestar import Request, Response, post

from schemas.base import Data
from schemas.ids import DeviceId
from schemas.packing import load_packing
from schemas.problem import Problem
from schemas.wire import MAX_BODY_BYTES, Result, SyncRequest, SyncResponse, for_protocol
from server.api.messages import Wrapping, answer, bearer, read_wrapped
from server.deps import Deps
from server.engine import Reader, Writer
from server.hearing import Hearing
from sync.intake import Run
from sync.thin_links import SESSIONS_DEVICE, fill_request, thin_results

WRITERS_ROWS = 100
"""Most rows that the writer itself reads for an answer."""


class _Pushes(Data, frozen=True, kw_only=True):
    """A message whose run was checked and waits for the writer; `is_thin`: not all its links travelled."""

    message: SyncRequest
    run: Run
    is_thin: bool


class _Understood(Data, frozen=True, kw_only=True):
    """What a message comes to, and the form in which its sender takes the answer."""

    found: SyncResponse | _Pushes | Problem
    wrapping: Wrapping


def sync_routes(deps: Deps) -> list[Any]:
    """Return the handler of sync messages."""
    hearing = Hearing(deps.engine, deps.now_ms)
    packing = load_packing()

    def read(body: bytes, wrapping: Wrapping, token: str | None) -> _Understood:
        return deps.engine.read(lambda reader: _understood(deps, hearing, reader, body, wrapping, token))

    def take_in(writer: Writer, message: SyncRequest, run: Run) -> list[Result] | SyncResponse | Problem:
        """Take in a run; answer it too, unless as many rows come back as changes came."""
        if len(run.entries) > WRITERS_ROWS:
            return deps.office.push(writer, message.device, run, message.protocol)
        return deps.office.receive(writer, message, run, WRITERS_ROWS)

    async def push(given: _Pushes) -> SyncResponse | Problem:
        """Have the writer take in a run, and a reader answer where the writer did not."""
        message, run = given.message, given.run
        taken = await asyncio.wrap_future(deps.engine.write(lambda writer: take_in(writer, message, run)))
        if isinstance(taken, Problem):
            return taken
        response = taken if isinstance(taken, SyncResponse) else None
        if response is None or response.more:
            results = taken if isinstance(taken, list) else taken.results
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(deps.pool, pull, message, results)
        if not given.is_thin:
            return response
        return thin_results(response, [entry.link.change for entry in run.entries])

    def pull(message: SyncRequest, results: list[Result]) -> SyncResponse:
        """Answer a push whose answer has many rows."""
        return deps.engine.read(lambda reader: deps.office.pull(reader, message, results))

    @post("/api/sync", request_max_body_size=MAX_BODY_BYTES)
    async def sync(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = await request.body()
        headers = request.headers
        loop = asyncio.get_running_loop()
        asked = Wrapping(
            media_type=headers.get("content-type"), encoding=headers.get("content-encoding"), packing=packing
        )
        given = await loop.run_in_executor(deps.pool, read, body, asked, bearer(headers.get("authorization")))
        result = await push(given.found) if isinstance(given.found, _Pushes) else given.found
        if isinstance(result, Problem):
            return answer(request, result, deps.text)
        shaped = for_protocol(result)
        if len(result.rows) > WRITERS_ROWS:
            return await loop.run_in_executor(deps.pool, answer, request, shaped, deps.text, given.wrapping)
        return answer(request, shaped, deps.text, given.wrapping)

    return [sync]


def _understood(
    deps: Deps, hearing: Hearing, reader: Reader, body: bytes, wrapping: Wrapping, token: str | None
) -> _Understood:
    """Say who speaks, decode the message and check what it pushes; answer it if that is nothing."""
    device = deps.devices.device_in(reader, token) if token else None
    if device is None:
        return _Understood(found=Problem(code="perlu_masuk"), wrapping=wrapping)
    read = read_wrapped(body, wrapping)
    if isinstance(read, Problem):
        return _Understood(found=read, wrapping=wrapping)
    message, wrapping = read
    return _Understood(found=_found(deps, hearing, reader, message, device), wrapping=wrapping)


def _found(
    deps: Deps, hearing: Hearing, reader: Reader, message: SyncRequest, device: DeviceId
) -> SyncResponse | _Pushes | Problem:
    if message.device not in (device, SESSIONS_DEVICE):
        return Problem(code="perangkat_berbeda")
    whole = fill_request(message, device)
    if whole is None:
        return Problem(code="tautan_tidak_terbaca")
    found = deps.office.look(reader, whole)
    if isinstance(found, Run):
        return _Pushes(message=whole, run=found, is_thin=whole.links != message.links)
    if isinstance(found, SyncResponse):
        hearing.quiet(whole)
    return found
