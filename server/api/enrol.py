"""POST /api/enrol and /api/enrol/joined: a phone joins with a one-use code, and asks whether it has.

Rule: an answer that was lost is the same when it is asked for again. /api/authority is public: whoever reads
it compares it with the code that a person brought, or, having joined before, checks its signature. So are the
turns of the office's key, each signed by the key before, and the office's addresses; that this is one of
them now is said to whoever asks, by a signature over what they made up.
"""

import asyncio
from typing import Any

from litestar import Request, Response, get, post

from schemas.addresses import AddressProof, AddressQuestion, OfficeAddresses, signed_address
from schemas.office_keys import OfficeKeys
from schemas.problem import Problem
from schemas.wire import EnrolRequest, JoinedRequest
from server.api.messages import answer, network, received
from server.deps import Deps
from server.hosts import host_of

MAX_BYTES = 4096
CERTIFICATE_TYPE = "application/pkix-cert"
"""RFC 2585: a browser offers to trust it."""


def enrol_routes(deps: Deps) -> list[Any]:
    """Return the handlers of joining."""

    @post("/api/enrol", request_max_body_size=MAX_BYTES)
    async def enrol(request: Request[Any, Any, Any]) -> Response[bytes]:
        message = await received(request, EnrolRequest)
        if isinstance(message, Problem):
            return answer(request, message, deps.text)
        return answer(
            request, await asyncio.wrap_future(deps.joinings.join(message, network(request))), deps.text
        )

    @post("/api/enrol/joined", request_max_body_size=MAX_BYTES)
    async def joined(request: Request[Any, Any, Any]) -> Response[bytes]:
        message = await received(request, JoinedRequest)
        if isinstance(message, Problem):
            return answer(request, message, deps.text)
        return answer(
            request, await asyncio.wrap_future(deps.joinings.joined(message, network(request))), deps.text
        )

    @get("/api/authority")
    async def authority(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not deps.joinings.authority:
            return answer(request, Problem(code="tidak_ada"), deps.text)
        return Response(
            content=deps.joinings.authority,
            media_type=CERTIFICATE_TYPE,
            headers={"content-disposition": 'attachment; filename="sambang-kantor.crt"'},
        )

    @get("/api/authority/signed")
    async def signed(request: Request[Any, Any, Any]) -> Response[bytes]:
        found = deps.joinings.signed
        return answer(request, found if found.certificate else Problem(code="tidak_ada"), deps.text)

    @get("/api/authority/keys")
    async def keys(request: Request[Any, Any, Any]) -> Response[bytes]:
        turns = await asyncio.get_running_loop().run_in_executor(
            deps.pool, deps.engine.read, deps.office.turns
        )
        return answer(request, OfficeKeys(turns=turns), deps.text)

    @get("/api/addresses")
    async def addresses(request: Request[Any, Any, Any]) -> Response[bytes]:
        told = [signed_address(address, deps.office.sign) for address in deps.addresses]
        return answer(request, OfficeAddresses(addresses=told), deps.text)

    @post("/api/addresses", request_max_body_size=MAX_BYTES)
    async def proof(request: Request[Any, Any, Any]) -> Response[bytes]:
        question = await received(request, AddressQuestion)
        if isinstance(question, Problem):
            return answer(request, question, deps.text)
        # by Host it may be asked for at a name that only a proxy knows; that one is ours was seen before
        ours = {request.headers.get("host", ""), *map(_authority_of, deps.addresses)}
        if host_of(_authority_of(question.address)) not in set(map(host_of, ours)) - {""}:
            return answer(request, Problem(code="alamat_lain"), deps.text)
        return answer(request, AddressProof(signature=deps.office.sign(question.message())), deps.text)

    return [enrol, joined, authority, signed, keys, addresses, proof]


def _authority_of(address: str) -> str:
    return address.partition("://")[2]
