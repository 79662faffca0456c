"""Bodies of the API: deflated or packed MessagePack in, the same or a problem out.

Rule: nothing is decoded twice, and an answer has the form in which it was asked.
"""

import re
import zlib
from typing import Any, Protocol, TypeVar

import msgspec
from litestar import Request, Response
from msgspec.structs import replace

from schemas.base import UNREADABLE, Data, Message, encode
from schemas.ids import DeviceId
from schemas.packing import PACKED_TYPE, Packing, Refused
from schemas.problem import MEDIA_TYPE as PROBLEM_TYPE
from schemas.problem import Problem
from schemas.text import Text
from schemas.wire import MAX_BODY_BYTES, MEDIA_TYPE, PROTOCOL, SyncRequest
from server.devices import is_device_id
from server.limits import network_of
from server.problems import MEMBER, headers_of, problem_json, status_of


class Named(Protocol):
    """A message that says which device it is of."""

    @property
    def device(self) -> DeviceId:
        """The device."""
        ...


T = TypeVar("T")
D = TypeVar("D", bound=Named)

NO_STORE = {"cache-control": "no-store"}
PLAIN = (None, "", "identity")
WORTH_DEFLATING = 200
"""Bytes below which deflating costs more than it saves."""
LEVEL = 6
SMALL_WINDOW = 8_192
"""Bytes (a power of two) up to which a body needs no larger window; filling that of 32 KB would cost more."""
SMALL_MEMORY = 6
_NEVER = "0"
_NO_WEIGHT = re.compile(r"0(\.0*)?")
"""A weight of `Accept-Encoding` that refuses (RFC 9110, section 12.4.2)."""
_PLACE = re.compile(r"\$\[(?P<member>\d+)\](?P<within>(\[\d+\])*)")
"""Where msgspec found what it could not read, in a message that is an array."""


class Wrapping(Data, frozen=True, kw_only=True):
    """How a message travels, by its headers; `dictionary`: what it was packed with, once that is known."""

    media_type: str | None
    encoding: str | None
    packing: Packing
    dictionary: int | None = None


def read_wrapped(body: bytes, wrapping: Wrapping) -> tuple[SyncRequest, Wrapping] | Problem:
    """Read a sync message, packed or plain, and say with which dictionary it may be answered."""
    if (wrapping.media_type or "").partition(";")[0].strip().lower() != PACKED_TYPE:
        read = read_message(body, wrapping.encoding, SyncRequest)
        return read if isinstance(read, Problem) else (read, wrapping)
    if wrapping.encoding not in PLAIN:
        return Problem(code="jenis_isi_salah")
    unpacked = wrapping.packing.unpack(body, MAX_BODY_BYTES)
    if isinstance(unpacked, Refused):
        return Problem(code=unpacked.problem)
    read = read_message(unpacked.data, None, SyncRequest)
    return read if isinstance(read, Problem) else (read, replace(wrapping, dictionary=unpacked.dictionary))


def read_message(body: bytes, encoding: str | None, kind: type[T]) -> T | Problem:
    """Inflate and decode a body strictly; one that would grow beyond the limit is not inflated."""
    if encoding == "deflate":
        inflated = _inflate(body)
        if isinstance(inflated, Problem):
            return inflated
        body = inflated
    elif encoding not in PLAIN:
        return Problem(code="jenis_isi_salah")
    if len(body) > MAX_BODY_BYTES:
        return Problem(code="pesan_terlalu_besar")
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except UNREADABLE as error:
        if kind is SyncRequest and _is_newer(body):
            return Problem(code="versi_protokol")
        member = _member_of(kind, str(error))
        return Problem(code="pesan_tidak_terbaca", values={MEMBER: member} if member else {})


async def received(request: Request[Any, Any, Any], kind: type[T]) -> T | Problem:
    """Read the message that a request carries."""
    return read_message(await request.body(), request.headers.get("content-encoding"), kind)


async def of_device(request: Request[Any, Any, Any], kind: type[D]) -> D | Problem:
    """Read a message in which a device names itself; what cannot be the name of one is not looked for."""
    message = await received(request, kind)
    if isinstance(message, Problem) or is_device_id(message.device):
        return message
    return Problem(code="perangkat_tidak_dikenal")


def write_message(message: Message | tuple[Any, ...], accepted: str | None) -> tuple[bytes, dict[str, str]]:
    """Encode a message, deflated where that pays and the caller takes it; return it with its headers."""
    body = encode(message)
    headers = dict(NO_STORE)
    if len(body) > WORTH_DEFLATING and _takes_deflate(accepted):
        headers["content-encoding"] = "deflate"
        body = deflated(body)
    return body, headers


def deflated(body: bytes) -> bytes:
    """Deflate a body as zlib does; a small one in a window that fits it, which is made sooner."""
    if len(body) > SMALL_WINDOW:
        return zlib.compress(body, LEVEL)
    deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, SMALL_WINDOW.bit_length() - 1, SMALL_MEMORY)
    return deflater.compress(body) + deflater.flush()


def write_wrapped(
    message: Message | tuple[Any, ...], wrapping: Wrapping, accepted: str | None
) -> tuple[bytes, dict[str, str]]:
    """Encode the answer to a sync message, packed if it was asked so; return it with its headers."""
    if wrapping.dictionary is not None:
        packed = wrapping.packing.pack(encode(message), wrapping.dictionary)
        return packed, {"content-type": PACKED_TYPE, **NO_STORE}
    body, headers = write_message(message, accepted)
    return body, {"content-type": MEDIA_TYPE, **headers}


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
        headers={**NO_STORE, **headers_of(problem)},
    )


def _takes_deflate(accepted: str | None) -> bool:
    """Say whether a caller named deflate, and not to refuse it; one that names nothing may not inflate."""
    weights: dict[str, str] = {}
    for named in (accepted or "").lower().split(","):
        coding, _, weight = named.replace(" ", "").partition(";q=")
        weights[coding] = weight
    weight = weights.get("deflate", weights.get("*", _NEVER))
    return not _NO_WEIGHT.fullmatch(weight)


def _member_of(kind: type[Any], said: str) -> str:
    """Name the member of a message that an error is about, by its place; empty where it is the whole."""
    found = _PLACE.search(said)
    names: tuple[str, ...] = getattr(kind, "__struct_fields__", ())
    return names[int(found["member"])] + found["within"] if found else ""


def _is_newer(body: bytes) -> bool:
    """Say whether a message that cannot be read is of a later protocol: it may have more members."""
    try:
        members = msgspec.msgpack.decode(body, type=list[msgspec.Raw])
        return bool(members) and msgspec.msgpack.decode(members[0], type=int) > PROTOCOL
    except UNREADABLE:
        return False


def network(request: Request[Any, Any, Any]) -> str:
    """Return the network that a request came from."""
    return network_of(request.client.host if request.client else "")


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
