"""GET /api/v1/data: what other systems read. Rule: a key says how far, and each call is counted.

The description of it all (OpenAPI 3.1) is made of the types that are sent, in server/api/data_schema.py.
"""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from schemas.problem import Problem
from schemas.wilayah import load_wilayah
from server.api.data_schema import described
from server.api.messages import NO_STORE, bearer, problem_response
from server.deps import Deps
from server.services.api_keys import ApiKey, ApiKeys
from server.services.data_api import CALLS_A_MINUTE, KINDS, MOST_ROWS, ROWS, START, DataApi, Kind, Pace, Page

T = TypeVar("T")
JSON = "application/json"


def data_routes(deps: Deps) -> list[Any]:
    """Return the handlers."""
    wilayah = load_wilayah()
    keys = ApiKeys(
        deps.engine,
        deps.office,
        deps.office.person,
        deps.text,
        wilayah,
        now_ms=deps.now_ms,
        randomness=deps.randomness,
    )
    api, pace = DataApi(deps.engine, wilayah, deps.workflows, deps.forms, deps.text), Pace(deps.now_ms)
    document = msgspec.json.format(msgspec.json.encode(described(deps.text)), indent=1)

    async def work(job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(deps.pool, job)

    def refuse(problem: Problem, **headers: str) -> Response[bytes]:
        answer = problem_response(problem, deps.text)
        answer.headers.update(headers)
        return answer

    @get("/api/v1/openapi.json")
    async def schema() -> Response[bytes]:
        return Response(content=document, media_type=JSON, headers=NO_STORE)

    @get("/api/v1/data/{kind:str}")
    async def data(request: Request[Any, Any, Any], kind: FromPath[str]) -> Response[bytes]:
        text = bearer(request.headers.get("authorization"))
        key = await work(lambda: keys.find(text)) if text else None
        if key is None:
            return refuse(Problem(code="kunci_data_salah"), **{"www-authenticate": "Bearer"})
        if wait_s := pace.wait_s(key.id):
            values = {"batas": str(CALLS_A_MINUTE), "detik": str(wait_s)}
            problem = Problem(code="kunci_data_terlalu_sering", values=values)
            return refuse(problem, **{"retry-after": str(wait_s)})
        known: Kind | None = next((each for each in KINDS if each == kind), None)
        if known is None:
            return refuse(Problem(code="tidak_ada"))
        asked = _asked(request)
        if isinstance(asked, Problem):
            return refuse(asked)
        page = await work(lambda: _counted(keys, api, key, known, asked))
        if isinstance(page, Problem):
            return refuse(page)
        return _answer(request, msgspec.json.encode(page))

    return [schema, data]


def _counted(keys: ApiKeys, api: DataApi, key: ApiKey, kind: Kind, asked: tuple[str, int]) -> Page | Problem:
    """Read a page, and count the call before it is answered."""
    page = api.page(key, kind, *asked)
    keys.count(key, 0 if isinstance(page, Problem) else len(page.data))
    return page


def _asked(request: Request[Any, Any, Any]) -> tuple[str, int] | Problem:
    """Read the cursor and how many rows are wanted; every name and value is one that is described."""
    given: list[tuple[str, str]] = list(request.query_params.multi_items())
    named = [name for name, _ in given]
    wrong = next((name for name in named if name not in ("sesudah", "jumlah") or named.count(name) > 1), None)
    if wrong is not None:
        return Problem(code="parameter_salah", values={"nama": wrong[:40]})
    values = dict(given)
    digits = values.get("jumlah", str(ROWS))
    is_count = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MOST_ROWS))
    if not is_count or not 1 <= int(digits) <= MOST_ROWS:
        return Problem(code="parameter_salah", values={"nama": "jumlah"})
    return values.get("sesudah", START), int(digits)


def _answer(request: Request[Any, Any, Any], body: bytes) -> Response[bytes]:
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {**NO_STORE, "etag": tag}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(content=b"", status_code=304, headers=headers, media_type=JSON)
    return Response(content=body, media_type=JSON, headers=headers)
