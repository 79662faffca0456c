"""Pushing and pulling until the office and this phone have nothing left to say. Rule: one message at a time.

What follows an answer is under way while that is stored (sync/ahead.py), and whatever ends an exchange,
nothing is left under way. Photos go by sending.py; when to exchange at all is the worker's.
"""

from collections.abc import Callable

from msgspec.structs import replace

from field_app.clock_check import ClockCheck
from field_app.devices import Network, Timepiece
from field_app.link import UNAUTHORISED, Failure, Link, refused_again
from field_app.losses import declare, mend
from field_app.pen import Pen
from field_app.runs import Runs
from field_app.store import Store
from field_app.under_way import UnderWay
from schemas.wire import SyncRequest, SyncResponse
from sync.ahead import follow_up, read_ahead
from sync.chain import read_link
from sync.client import Broken, Effects, Missing, Session, next_request, receive

UNFINISHED = "lapangan.sinkron_belum_selesai"
"""What is said of a sync that was stopped before its end."""

Answering = UnderWay[SyncResponse | Failure]


class Exchange:
    """Of one worker. `may_go_on()` is asked before each message; `stored(effects, moved)` is called after
    each answer that was stored; `moved`: it took or brought something.
    """

    def __init__(
        self,
        *,
        store: Store,
        pen: Pen,
        link: Link,
        network: Network,
        time: Timepiece,
        clock: ClockCheck,
        may_go_on: Callable[[], bool],
        stored: Callable[[Effects, bool], None],
    ) -> None:
        self._store, self._pen, self._link = store, pen, link
        self._network, self._time = network, time
        self._clock = clock
        self._may_go_on, self._stored = may_go_on, stored
        self._runs = Runs()

    def run(self, again: tuple[int, ...]) -> Failure | None:
        """Exchange messages until both ends agree; anything short of that is no success.

        `again` are places of the own chain that the office is to judge anew.
        """
        mend(self._store)
        self._runs.starts(metered=self._network.metered())
        session, diverged = Session(again=again, most_bytes=self._runs.most_bytes), False
        request, under_way = self._next(session)
        try:
            while request is not None and under_way is not None:
                ahead = read_ahead(self._store, session, request) if under_way.has_begun else None
                if ahead is not None and ahead.links:
                    self._link.prepare(ahead)
                response = under_way.answer()
                if isinstance(response, Failure):
                    return response
                if ahead is None and response.more:
                    ahead = read_ahead(self._store, session, request)
                answered, request, under_way = request, None, None
                following = follow_up(self._store, answered, response, ahead)
                if following is not None and self._may_go_on():
                    request, under_way = following, self._send(following, at_once=True)
                effects = receive(self._store, session, answered, response)
                if isinstance(effects, Broken):
                    return Failure(kind="rusak", say="lapangan.jawaban_rusak")
                self._clock.heard(response.server_ms)
                session = replace(effects.session, most_bytes=self._runs.most_bytes)
                diverged = effects.diverged
                self._stored(effects, bool(answered.links or effects.rows))
                if request is None:
                    request, under_way = self._next(session)
        finally:
            if under_way is not None:
                under_way.give_up()
        if not session.quiet:
            return Failure(kind="rusak", say=UNFINISHED)
        return Failure(kind="kantor", say="lapangan.data_belum_cocok") if diverged else None

    def log_in(self) -> Failure | None:
        """Get a new token."""
        self._link.forget_token()
        return self._link.login(self._store.device(), self._store.sign)

    def _next(self, session: Session) -> tuple[SyncRequest, Answering] | tuple[None, None]:
        """Send the next message, if there is one; declare first what this phone can no longer send."""
        while self._may_go_on() and (request := next_request(self._store, session)) is not None:
            if not isinstance(request, Missing):
                return request, self._send(request, at_once=self._is_not_all(request))
            declare(self._store, self._pen, request, self._time.now_ms())
        return None, None

    def _is_not_all(self, request: SyncRequest) -> bool:
        """Say whether another run lies behind what a request pushes: it is read meanwhile."""
        links = request.links
        return bool(links) and read_link(links[-1]).counter < self._store.head().counter

    def _send(self, request: SyncRequest, *, at_once: bool) -> Answering:
        def call() -> SyncResponse | Failure:
            began_ms = self._time.elapsed_ms()
            answer = self._with_login(lambda: self._link.sync(request))
            if isinstance(answer, Failure):
                if answer.kind == "jaringan":
                    self._runs.failed()
            elif request.links:
                sent_bytes = sum(map(len, request.links)) + sum(map(len, request.contents))
                self._runs.answered(sent_bytes, self._time.elapsed_ms() - began_ms)
            return answer

        return UnderWay(call, at_once=at_once)

    def _with_login(self, call: Callable[[], SyncResponse | Failure]) -> SyncResponse | Failure:
        """Log in when there is no token, and once more when it is no longer good."""
        for fresh in (False, True):
            if fresh or not self._link.logged_in:
                refused = self._link.login(self._store.device(), self._store.sign)
                if refused is not None:
                    return refused
            answer = call()
            if not (isinstance(answer, Failure) and answer.status == UNAUTHORISED):
                return answer
            self._link.forget_token()
        return refused_again(answer)
