"""POST /api/sync: one message in, one out. Rule: what is pushed is answered only after it is durable."""

import asyncio
from typing import Any

from litestar import Request, Response, post

from schemas.problem import Problem
from schemas.wire import MAX_BODY_BYTES, SyncRequest, SyncResponse
from server.api.messages import answer, bearer, read_message
from server.deps import Deps
from server.engine import Reader, Writer
from server.store import SqlOfficeStore


def sync_routes(deps: Deps) -> list[Any]:
    """Return the handler of sync messages. A message that pushes nothing never waits for the writer."""

    def read(body: bytes, encoding: str | None, token: str | None) -> SyncRequest | Problem:
        device = deps.devices.device_of(token) if token else None
        if device is None:
            return Problem(code="perlu_masuk")
        message = read_message(body, encoding, SyncRequest)
        if isinstance(message, SyncRequest) and message.device != device:
            return Problem(code="perangkat_berbeda")
        return message

    def pull(message: SyncRequest) -> SyncResponse | Problem:
        def work(reader: Reader) -> SyncResponse | Problem:
            return deps.office.receive(SqlOfficeStore.reading(reader), reader, message)

        return deps.engine.read(work)

    async def push(message: SyncRequest) -> SyncResponse | Problem:
        def work(writer: Writer) -> SyncResponse | Problem:
            return deps.office.receive(SqlOfficeStore.writing(writer), writer, message)

        return await asyncio.wrap_future(deps.engine.write(work))

    @post("/api/sync", request_max_body_size=MAX_BODY_BYTES)
    async def sync(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = await request.body()
        headers = request.headers
        token = bearer(headers.get("authorization"))
        loop = asyncio.get_running_loop()
        message = await loop.run_in_executor(deps.pool, read, body, headers.get("content-encoding"), token)
        if isinstance(message, Problem):
            result: SyncResponse | Problem = message
        elif message.links:
            result = await push(message)
        else:
            result = await loop.run_in_executor(deps.pool, pull, message)
        return await loop.run_in_executor(deps.pool, answer, request, result, deps.text)

    return [sync]
