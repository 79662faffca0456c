"""Bodies of the API: deflated MessagePack in, the same or a problem out. Rule: nothing is decoded twice."""

import zlib
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from schemas.base import UNREADABLE, Message, encode
from schemas.problem import MEDIA_TYPE as PROBLEM_TYPE
from schemas.problem import Problem
from schemas.text import Text
from schemas.wire import MAX_BODY_BYTES, MEDIA_TYPE
from server.problems import problem_json, status_of

T = TypeVar("T")

WORTH_DEFLATING = 200
"""Bytes below which deflating costs more than it saves."""
LEVEL = 6


def read_message(body: bytes, encoding: str | None, kind: type[T]) -> T | Problem:
    """Inflate and decode a body strictly; one that would grow beyond the limit is not inflated."""
    if encoding == "deflate":
        inflated = _inflate(body)
        if isinstance(inflated, Problem):
            return inflated
        body = inflated
    elif encoding not in (None, "", "identity"):
        return Problem(code="jenis_isi_salah")
    if len(body) > MAX_BODY_BYTES:
        return Problem(code="pesan_terlalu_besar")
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except UNREADABLE:
        return Problem(code="pesan_tidak_terbaca")


def write_message(message: Message | tuple[Any, ...], accepted: str | None) -> tuple[bytes, dict[str, str]]:
    """Encode a message, deflated where that pays and the caller takes it; return it with its headers."""
    body = encode(message)
    headers = {"cache-control": "no-store"}
    if len(body) > WORTH_DEFLATING and (accepted is None or "deflate" in accepted or "*" in accepted):
        headers["content-encoding"] = "deflate"
        body = zlib.compress(body, LEVEL)
    return body, headers


def answer(
    request: Request[Any, Any, Any], result: Message | tuple[Any, ...] | Problem, text: Text
) -> Response[bytes]:
    """Return a message, whole or in an older shape, or a problem as a response."""
    if isinstance(result, Problem):
        return problem_response(result, text)
    body, headers = write_message(result, request.headers.get("accept-encoding"))
    return Response(content=body, media_type=MEDIA_TYPE, status_code=200, headers=headers)


def problem_response(problem: Problem, text: Text) -> Response[bytes]:
    """Return a problem as RFC 9457 asks."""
    return Response(
        content=problem_json(problem, text),
        media_type=PROBLEM_TYPE,
        status_code=status_of(problem),
        headers={"cache-control": "no-store"},
    )


def bearer(header: str | None) -> str | None:
    """Return the token of an Authorization header."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _inflate(body: bytes) -> bytes | Problem:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        return Problem(code="pesan_tidak_terbaca")
    if len(data) > MAX_BODY_BYTES:
        return Problem(code="pesan_terlalu_besar")
    if not inflater.eof or inflater.unused_data:
        return Problem(code="pesan_tidak_terbaca")
    return data
