"""POST /api/sync: one message in, one out. Rule: what is pushed is answered only after it is durable.

Phones ask nothing more often than this, so it is served by the plain ASGI protocol: what a framework does for
a request with parameters would cost as much as taking in a small push.
"""

from typing import Any, cast

from litestar import asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.types import Receive, Scope, Send
from zlib_ng import zlib_ng

from schemas.packing import Codec, Packing, read_dictionaries
from schemas.problem import MEDIA_TYPE as PROBLEM_TYPE
from schemas.problem import Problem
from schemas.wire import MAX_BODY_BYTES, SyncResponse, for_protocol
from server.api.messages import NO_STORE, Wrapping, bearer, write_wrapped
from server.api.reception import WRITERS_ROWS, Asked, Reception
from server.deps import Deps
from server.problems import problem_json, status_of


class GoneError(Exception):
    """The phone hung up before its message was whole."""


def sync_routes(deps: Deps) -> list[Any]:
    """Return the handler of sync messages."""
    reception = Reception(deps)
    packing = Packing(read_dictionaries(), cast(Codec, zlib_ng))  # its stubs lack what it has

    async def answer(headers: dict[bytes, bytes], receive: Receive) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers."""
        body = await _body(headers, receive)
        if isinstance(body, Problem):
            return _problem(body, deps)
        token = bearer(_text(headers, b"authorization"))
        wrapping = Wrapping(
            media_type=_text(headers, b"content-type"),
            encoding=_text(headers, b"content-encoding"),
            packing=packing,
        )
        result, wrapping = await reception.ask(Asked(body=body, wrapping=wrapping, token=token))
        if isinstance(result, Problem):
            return _problem(result, deps)
        accepted = _text(headers, b"accept-encoding")
        if len(result.rows) > WRITERS_ROWS:
            return await reception.apart(lambda: _written(result, wrapping, accepted))
        return _written(result, wrapping, accepted)

    @asgi("/api/sync", copy_scope=False)
    async def sync(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            raise MethodNotAllowedException
        try:
            status, body, headers = await answer(dict(scope["headers"]), receive)
        except GoneError:
            return
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        raw.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return [sync]


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes | Problem:
    """Return the whole body, unless it is or says that it is larger than any message. Raises GoneError."""
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > MAX_BODY_BYTES:
        return Problem(code="pesan_terlalu_besar")
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise GoneError
        chunks.append(event["body"])
        size += len(event["body"])
        if size > MAX_BODY_BYTES:
            return Problem(code="pesan_terlalu_besar")
        if not event["more_body"]:
            return b"".join(chunks)


def _written(
    result: SyncResponse, wrapping: Wrapping, accepted: str | None
) -> tuple[int, bytes, dict[str, str]]:
    body, headers = write_wrapped(for_protocol(result), wrapping, accepted)
    return 200, body, headers


def _problem(problem: Problem, deps: Deps) -> tuple[int, bytes, dict[str, str]]:
    headers = {"content-type": PROBLEM_TYPE, **NO_STORE}
    return status_of(problem), problem_json(problem, deps.text), headers


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    found = headers.get(name)
    return found.decode("latin-1") if found is not None else None
