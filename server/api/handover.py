"""POST /api/handover/key: the office's key for hand-over files. Rule: public, and signed by the chain's key.

Only phones ask that joined before there were such files; the others were given it then.
"""

from typing import Any

from litestar import Request, Response, post

from schemas.handover import OfficeKeyRequest
from schemas.problem import Problem
from server.api.messages import answer, received
from server.deps import Deps

MAX_BYTES = 1024


def handover_routes(deps: Deps) -> list[Any]:
    """Return the handler of the question."""

    @post("/api/handover/key", request_max_body_size=MAX_BYTES)
    async def key(request: Request[Any, Any, Any]) -> Response[bytes]:
        message = await received(request, OfficeKeyRequest)
        if isinstance(message, Problem):
            return answer(request, message, deps.text)
        return answer(request, deps.handovers.office_key(), deps.text)

    return [key]
