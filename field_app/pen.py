"""Writing own changes into this phone's chain. Rule: author, clock and salt are fixed when it is written."""

from collections.abc import Callable

from field_app.devices import Timepiece
from field_app.owner import Owner
from field_app.store import Store
from schemas.ids import ChangeId
from sync.change import SALT_BYTES, Body, Clock, Content, seal


class Pen:
    """One owner's pen over one store. `randomness(n)` gives n random bytes."""

    def __init__(
        self, store: Store, owner: Owner, time: Timepiece, randomness: Callable[[int], bytes]
    ) -> None:
        self._store, self._owner = store, owner
        self._time, self._randomness = time, randomness

    def sealed(self, body: Body, now_ms: int) -> tuple[ChangeId, bytes]:
        """Return a change's id and content bytes without writing it. `now_ms`: UTC milliseconds."""
        clock = Clock(
            wall_ms=now_ms,
            elapsed_ms=self._time.elapsed_ms(),
            boot=self._time.boot(),
            server_ms=self._store.server_ms(),
        )
        salt = self._randomness(SALT_BYTES)
        return seal(Content(salt=salt, author=self._owner.person, clock=clock, body=body))

    def write(self, body: Body, now_ms: int) -> ChangeId:
        """Append a change to the chain and return its id. `now_ms`: UTC milliseconds."""
        change, raw = self.sealed(body, now_ms)
        self._store.append(change, raw)
        return change
