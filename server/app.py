"""The office over HTTP. Rule: every answer that is not a success is a coded problem, whatever went wrong."""

import logging
from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from schemas.packing import PACKED_TYPE
from schemas.problem import Problem
from server.api.calls import Calls
from server.api.data import data_routes
from server.api.device import device_word_routes
from server.api.enrol import enrol_routes
from server.api.handover import handover_routes
from server.api.health import health_routes
from server.api.login import login_routes
from server.api.messages import problem_response
from server.api.sync import sync_routes
from server.api.tus import tus_routes
from server.compose import elapsed_ms
from server.deps import Deps
from server.disk import is_failing, is_full
from server.engine import ClosedError, LockedError
from server.problems import WAIT_S, code_for_status

GUARDS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"cache-control", b"no-store"),
)
"""What an answer carries that says nothing else of these."""
OURS = PACKED_TYPE.encode()
"""How all our own media types begin."""
logger = logging.getLogger("server")
LOCKED, LOCKED_RETRY_S = "basis_data_terkunci", 30
"""As what it is told that another program holds the database, and after how long to come again."""


def create_app(deps: Deps, pages: Sequence[Any] = (), calls: Calls | None = None) -> Litestar:
    """Put the API together, and beside it the pages, which answer their own errors.

    `calls` counts how often phones call; without, as much is allowed as no honest phone needs.
    """
    counted = calls or Calls(deps.text, elapsed_ms)

    def refuse(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        code = _code(error)
        values = {WAIT_S: str(LOCKED_RETRY_S)} if code == LOCKED else {}
        return problem_response(Problem(code=code, values=values), deps.text)

    routes = [
        *sync_routes(deps),
        *enrol_routes(deps),
        *login_routes(deps),
        *device_word_routes(deps),
        *handover_routes(deps),
        *health_routes(deps),
        *tus_routes(deps),
        *data_routes(deps),
        *pages,
    ]
    return Litestar(
        route_handlers=routes,
        exception_handlers={HTTPException: refuse, Exception: refuse},
        middleware=[counted.guard],
        before_send=[_guard],
        openapi_config=None,
        logging_config=None,
    )


async def _guard(message: Message, scope: Scope) -> None:
    """Give whatever a browser can be led to the headers that keep it from guessing and framing.

    What a phone sent is answered in our own media types, or without a body, and is spared these bytes.
    """
    if message["type"] != "http.response.start" or scope["type"] != "http":
        return
    headers = message["headers"]
    there = {name.lower(): value for name, value in headers}
    if scope["method"] != "GET" and there.get(b"content-type", OURS).startswith(OURS):
        return
    message["headers"] = [*headers, *(pair for pair in GUARDS if pair[0] not in there)]


def _code(error: Exception) -> str:
    """Return the code of the problem that an error is told as; what nobody expected is logged as well."""
    if isinstance(error, HTTPException):
        return code_for_status(error.status_code)
    if isinstance(error, ClosedError):
        return "berhenti"
    if isinstance(error, LockedError):
        return LOCKED
    if is_full(error):
        return "penyimpanan_penuh"
    # The kind and the place only: a message may hold what a person wrote.
    logger.error("%s at %s", type(error).__name__, _place(error))
    return "disk_gagal" if is_failing(error) else "gangguan"


def _place(error: Exception) -> str:
    """Name the innermost functions that an error went through, at most six, each with its line."""
    trace = error.__traceback__
    places: list[str] = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-6:])
