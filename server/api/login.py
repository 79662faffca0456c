"""POST /api/login/nonce and /api/login: a device proves its key. Rule: a nonce is good once, for a minute."""

import asyncio
from typing import Any

from litestar import Request, Response, post

from schemas.problem import Problem
from schemas.wire import LoginRequest, NonceRequest
from server.api.messages import answer, network, of_device
from server.deps import Deps

MAX_BYTES = 4096


def login_routes(deps: Deps) -> list[Any]:
    """Return the handlers of login."""

    @post("/api/login/nonce", request_max_body_size=MAX_BYTES)
    async def nonce(request: Request[Any, Any, Any]) -> Response[bytes]:
        message = await of_device(request, NonceRequest)
        if isinstance(message, Problem):
            return answer(request, message, deps.text)
        return answer(
            request, await asyncio.wrap_future(deps.devices.nonce(message, network(request))), deps.text
        )

    @post("/api/login", request_max_body_size=MAX_BYTES)
    async def login(request: Request[Any, Any, Any]) -> Response[bytes]:
        message = await of_device(request, LoginRequest)
        if isinstance(message, Problem):
            return answer(request, message, deps.text)
        return answer(
            request, await asyncio.wrap_future(deps.devices.login(message, network(request))), deps.text
        )

    return [nonce, login]
