"""POST /api/sync: one message in, one out. Rule: what is pushed is answered only after it is durable."""

import asyncio
from typing import Any

from litestar import Request, Response, post

from schemas.problem import Problem
from schemas.wire import MAX_BODY_BYTES, Result, SyncRequest, for_protocol
from server.api.messages import answer, bearer, read_message
from server.deps import Deps
from sync.intake import Run


def sync_routes(deps: Deps) -> list[Any]:
    """Return the handler of sync messages. A message that pushes nothing never waits for the writer."""

    def read(body: bytes, encoding: str | None, token: str | None) -> tuple[SyncRequest, Run] | Problem:
        """Decode a message and check the run it pushes."""
        device = deps.devices.device_of(token) if token else None
        if device is None:
            return Problem(code="perlu_masuk")
        message = read_message(body, encoding, SyncRequest)
        if isinstance(message, Problem):
            return message
        if message.device != device:
            return Problem(code="perangkat_berbeda")
        run = deps.engine.read(lambda reader: deps.office.check(reader, message))
        return run if isinstance(run, Problem) else (message, run)

    async def push(message: SyncRequest, run: Run) -> list[Result] | Problem:
        """Have the writer take in a run; nothing to take in never waits for it."""
        if not run.entries:
            return []
        return await asyncio.wrap_future(
            deps.engine.write(lambda writer: deps.office.push(writer, message.device, run))
        )

    def pull(request: Request[Any, Any, Any], message: SyncRequest, results: list[Result]) -> Response[bytes]:
        response = deps.engine.read(lambda reader: deps.office.pull(reader, message, results))
        return answer(request, for_protocol(response), deps.text)

    @post("/api/sync", request_max_body_size=MAX_BODY_BYTES)
    async def sync(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = await request.body()
        headers = request.headers
        loop = asyncio.get_running_loop()
        given = await loop.run_in_executor(
            deps.pool, read, body, headers.get("content-encoding"), bearer(headers.get("authorization"))
        )
        if isinstance(given, Problem):
            return answer(request, given, deps.text)
        message, run = given
        results = await push(message, run)
        if isinstance(results, Problem):
            return answer(request, results, deps.text)
        return await loop.run_in_executor(deps.pool, pull, request, message, results)

    return [sync]
