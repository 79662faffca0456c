"""How often phones may call. Rule: a phone that is known is counted by itself, whoever stands beside it in
its network; strangers are counted by network, and a token that opens nothing makes nobody known.

In memory, before a body is read or a row looked up: a call costs nothing to count, and a restart forgets only
calls, never failures (server/limits.py).
"""

from collections.abc import Callable

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from schemas.problem import MEDIA_TYPE, Problem
from schemas.text import Text
from server.api.messages import bearer
from server.limits import Allowance, Buckets, network_of, too_often
from server.problems import headers_of, problem_json, status_of

STRANGERS = Allowance(at_once=4_000, each_s=50)
"""Of one network: 400 phones that log in and are new to us at one instant, and 100 that wait to be let in."""
PHONE = Allowance(at_once=3_000, each_s=30)
"""Of one phone: a day of 200 visits with 1,200 photos goes up without a pause on the fastest line."""
WITH_TOKEN = ("/api/sync", "/api/device", "/tus")
"""Where a token is asked for: elsewhere it says nothing about who calls."""
UNCOUNTED = "/api/health"
FIRST_FAILURE = 300


class Calls:
    """The counts of one running office."""

    def __init__(
        self,
        text: Text,
        elapsed_ms: Callable[[], int],
        strangers: Allowance = STRANGERS,
        phone: Allowance = PHONE,
    ) -> None:
        self._text, self._elapsed_ms = text, elapsed_ms
        self._strangers, self._phones = Buckets(strangers), Buckets(phone)

    def guard(self, app: ASGIApp) -> ASGIApp:
        """Wrap the application: whoever calls too often is told when to come again."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not is_counted(scope["path"]):
                await app(scope, receive, send)
                return
            token = _token(scope)
            problem = self._count(scope, token)
            if problem is not None:
                await _refuse(send, problem, self._text)
                return
            await app(scope, receive, self._watched(send, token) if token else send)

        return guarded

    def _count(self, scope: HTTPScope, token: str) -> Problem | None:
        now = self._elapsed_ms()
        if token and self._phones.knows(token):
            wait_ms = self._phones.take(token, now)
        else:
            client = scope["client"]
            wait_ms = self._strangers.take(network_of(client[0] if client else ""), now)
        return too_often(wait_ms, "terlalu_ramai") if wait_ms else None

    def _watched(self, send: Send, token: str) -> Send:
        """Learn from the answer whether a token is good."""

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 401:
                    self._phones.forget(token)
                elif message["status"] < FIRST_FAILURE and not self._phones.knows(token):
                    self._phones.take(token, self._elapsed_ms())
            await send(message)

        return watched


def is_counted(path: str) -> bool:
    """Whether a path is one that phones call."""
    return path.startswith(("/api/", "/tus")) and path != UNCOUNTED


def _token(scope: HTTPScope) -> str:
    """Return the token where one is asked for; OPTIONS asks for none."""
    path = scope["path"]
    if scope["method"] == "OPTIONS" or not (path in WITH_TOKEN or path.startswith("/tus/")):
        return ""
    given = dict(scope["headers"]).get(b"authorization", b"")
    return bearer(given.decode("latin-1")) or ""


async def _refuse(send: Send, problem: Problem, text: Text) -> None:
    body = problem_json(problem, text)
    headers = {
        "content-type": MEDIA_TYPE,
        "cache-control": "no-store",
        "content-length": str(len(body)),
        **headers_of(problem),
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status_of(problem), "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})
