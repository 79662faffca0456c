"""POST /api/device and /api/device/wipe: what a phone says of itself. Rule: a report needs a login, a word on
wiping only its signature, as the last one comes from a phone that has nothing left to log in with.
"""

import asyncio
from typing import Any

from litestar import Request, Response, post

from schemas.device_word import DeviceReport, WipeWord
from schemas.problem import Problem
from server.api.messages import answer, bearer, of_device, received
from server.deps import Deps

MAX_BYTES = 4096


def device_word_routes(deps: Deps) -> list[Any]:
    """Return the handlers of reports and words."""

    @post("/api/device", request_max_body_size=MAX_BYTES)
    async def report(request: Request[Any, Any, Any]) -> Response[bytes]:
        token = bearer(request.headers.get("authorization"))
        loop = asyncio.get_running_loop()
        device = await loop.run_in_executor(deps.pool, deps.devices.device_of, token) if token else None
        if device is None:
            return answer(request, Problem(code="perlu_masuk"), deps.text)
        message = await received(request, DeviceReport)
        if isinstance(message, Problem):
            return answer(request, message, deps.text)
        orders = await asyncio.wrap_future(deps.device_words.report(device, message))
        return answer(request, orders, deps.text)

    @post("/api/device/wipe", request_max_body_size=MAX_BYTES)
    async def wipe(request: Request[Any, Any, Any]) -> Response[bytes]:
        message = await of_device(request, WipeWord)
        if isinstance(message, Problem):
            return answer(request, message, deps.text)
        return answer(request, await asyncio.wrap_future(deps.device_words.wiping(message)), deps.text)

    return [report, wipe]
