"""POST /api/enrol: a phone joins with a one-use code. Rule: the answer is the same if the first was lost."""

import asyncio
from typing import Any

from litestar import Request, Response, post

from schemas.problem import Problem
from schemas.wire import EarlyEnrolment, Enrolment, EnrolRequest
from server.api.messages import answer, read_message
from server.deps import Deps

MAX_BYTES = 4096


def enrol_routes(deps: Deps) -> list[Any]:
    """Return the handler of enrolment."""

    @post("/api/enrol", request_max_body_size=MAX_BYTES)
    async def enrol(request: Request[Any, Any, Any]) -> Response[bytes]:
        message = read_message(await request.body(), request.headers.get("content-encoding"), EnrolRequest)
        if isinstance(message, Problem):
            return answer(request, message, deps.text)
        joined = await asyncio.wrap_future(deps.devices.enrol(message))
        if isinstance(joined, Enrolment) and not message.handover_key:
            # a phone of before reads only what it knows
            early = {name: getattr(joined, name) for name in EarlyEnrolment.__struct_fields__}
            joined = EarlyEnrolment(**early)
        return answer(request, joined, deps.text)

    return [enrol]
