"""Sending and fetching, in one thread of its own. Rule: never two at once, and never a word better than
the truth.

Records go first, then photos, each with the office's receipt in its answer; a last look for decisions follows
where that took long or failed. When all went well and room is short, what is safe at the office is forgotten.
It syncs when the phone is opened, when a visit is finalised, when the network comes back, from time to time
(pace.py), and when she asks.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

import sqlcipher3.dbapi2 as sqlcipher

from field_app.blobs import Blobs, Stored
from field_app.clock_check import ClockCheck
from field_app.devices import Network, Staying, Timepiece
from field_app.devices.desktop import DesktopStaying
from field_app.drafts import Drafts
from field_app.erasing import EMPTY_WAL
from field_app.exchange import UNFINISHED, Exchange
from field_app.forgetting import Forgetting, Keeping
from field_app.items import Label, again_helps, data_items, pending_data, photo_items
from field_app.link import Failure, Link
from field_app.pace import Pace
from field_app.pen import Pen
from field_app.records import Records
from field_app.sending import Sending
from field_app.store import Store
from field_app.unstored import unstored
from field_app.vault import StorageFailedError, StorageFullError
from field_app.views import SyncItem, SyncStatus
from schemas.ids import BlobId, ChangeId, RecordId
from sync.client import Effects
from sync.conflicts import OPEN
from sync.scope import MINE

LAST_SYNC = "terakhir_ms"
LOOK_S = 5.0
"""How often a waiting worker looks whether the network has come back."""
NEWS_MS = 30_000
"""Photos that took so long are followed by a last look: there may be decisions by then."""
FORGOTTEN_AT_ONCE = 20
"""Visits forgotten after one sync; the rest after the next."""
SPARE_PAGES = 1024
"""Unused pages that may stay in the file: the next visit fills them."""
SHRINK_PAGES = 256
"""Pages given back in one step: about 1 MB, so that nobody waits long for the vault."""


class Wishes(Protocol):
    """What she set that sending heeds; asked anew each time."""

    @property
    def wifi_only(self) -> bool:
        """Whether photos wait for a link that costs nothing by the byte."""
        ...

    @property
    def keeping(self) -> Keeping:
        """How large the vault may be before old visits are forgotten, and how long they stay at least."""
        ...


class Worker:
    """One vault's worker: `store` is on a connection of its own, which it closes. `chance()` gives a number
    from 0 to 1, `label` names the field of a photo, `first()` is done before each sync and says whether
    there was anything to do, `after()` after one that went well.
    """

    def __init__(
        self,
        *,
        store: Store,
        pen: Pen,
        link: Link,
        network: Network,
        time: Timepiece,
        wishes: Wishes,
        chance: Callable[[], float],
        label: Label,
        staying: Staying | None = None,
        first: Callable[[], bool] = lambda: False,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._vault = store.vault
        self._store = store
        self._network = network
        self._time = time
        self._wishes = wishes
        self._label, self._staying = label, staying or DesktopStaying()
        self._first, self._after = first, after
        self._blobs = Blobs(store.vault)
        self._drafts = Drafts(store.vault)
        self._records = Records(store)
        self._forgetting = Forgetting(store, self._drafts, self._blobs, self._records)
        self._clock = ClockCheck(store, time)
        self._exchange = Exchange(
            store=store,
            pen=pen,
            link=link,
            network=network,
            time=time,
            clock=self._clock,
            may_go_on=lambda: not self._stopping,
            stored=self._stored,
        )
        self._sending = Sending(
            self._blobs, link, self._exchange.log_in, self._may_send_photos, self._photos_moved
        )
        self._pace = Pace(chance)
        self._moved = False
        self._lacking: frozenset[BlobId] = frozenset()
        self._again: set[ChangeId] = set()
        self._running = threading.Lock()
        self._state = threading.Condition()
        self._asked = self._at_once = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._phase = "diam"
        self._problem = ""
        self._progress = (0, 0)
        self.listener: Callable[[SyncStatus], None] | None = None

    def start(self) -> None:
        """Start the thread; it syncs at once, and then from time to time."""
        with self._state:
            if self._thread is None:
                self._asked = True
                self._thread = threading.Thread(target=self._loop, name="sambang-sync", daemon=True)
                self._thread.start()

    def sync_now(self) -> None:
        """She asks for a sync. Asking while one runs starts no second, but one more round after it."""
        self._pace.start_over()
        self.sync_soon()

    def sync_soon(self) -> None:
        """There is something new to send; how often it failed before still counts."""
        with self._state:
            self._asked = True
            self._state.notify_all()

    def sync_at_once(self) -> None:
        """There is another address to look at: no pause that was asked for at the old one holds that up."""
        with self._state:
            self._at_once = True
            self._state.notify_all()

    def ask_again(self, visit: RecordId | None = None) -> None:
        """Have the office say anew what it thinks of refused work: of one visit, or of all."""
        refused = again_helps(self._store, visit)
        with self._state:
            self._again |= refused
        self.sync_now()

    def close(self, timeout_s: float = 5.0) -> None:
        """End the thread after the step it is in, and close this worker's connection.

        A step may wait for a slow office longer than `timeout_s`: then the thread closes when it is
        through.
        """
        with self._state:
            self._stopping = True
            self._state.notify_all()
            thread = self._thread
        if thread is None:
            self._vault.close()
        elif thread is not threading.current_thread():
            thread.join(timeout_s)

    def status(self) -> SyncStatus:
        """Return where sending stands."""
        done, total = self._progress
        last_ms = self._store.get(LAST_SYNC, int, 0) or None
        return SyncStatus(
            data_pending=pending_data(self._store),
            photos_pending=len(self._blobs.unsent()),
            lost=sum(again is None for _, _, again in self._drafts.lost()),
            photos_lost=self._blobs.count_lost(),
            conflicts=self._open_conflicts(),
            last_ms=last_ms,
            state=self._phase,
            problem=self._problem,
            done=done,
            total=total,
            wait_s=self._wait_s(),
            clock_off_ms=self._clock.off_ms(),
            ended=last_ms is not None and not any(part.startswith(MINE) for part in self._store.parts()),
        )

    def items(self) -> tuple[SyncItem, ...]:
        """Return every visit and photo on its way, the newest visits first."""
        photos = photo_items(self._store, self._blobs, self._drafts, self._label)
        return data_items(self._store, self._drafts) + photos

    def run_once(self) -> Failure | None:
        """Sync until nothing is left to say, in the caller's thread; None when all went well.

        A second caller waits for the first: there are never two syncs at once.
        """
        with self._running:
            self._tell("jalan", "")
            try:
                if self._first():
                    self._tell("jalan", "")
                failure = self._sync()
                if failure is None:
                    self._after()
                    self._store.put(LAST_SYNC, self._time.now_ms())
            except (sqlcipher.Error, StorageFullError, StorageFailedError) as error:
                failure = Failure(kind="rusak", say=unstored(error).say)
            except Exception:  # noqa: BLE001 - whatever it was, she is told, and the thread tries again later
                failure = Failure(kind="rusak", say="lapangan.sinkron_terganggu")
            self._progress = (0, 0)
            if failure is not None:
                self._tell("gagal", failure.say)
                return failure
            self._tell("diam", "lapangan.menunggu_wifi" if self._photos_wait() else "")
            return None

    @contextmanager
    def alone(self) -> Generator[bool]:
        """Keep syncs waiting meanwhile; gives False, and keeps nobody, when one is under way."""
        free = self._running.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._running.release()
                self._tell(self._phase, self._problem)

    def _loop(self) -> None:
        try:
            while self._wait_for_turn():
                failure = self.run_once()
                self._pace.ended(failure, moved=self._moved, now_ms=self._time.elapsed_ms())
                self._tell(self._phase, self._problem)
        finally:
            self._vault.close()

    def _wait_for_turn(self) -> bool:
        """Wait until it is time for a sync; False when the worker is to end."""
        with self._state:
            was_there = self._network.available()
            while not self._stopping:
                left_s = self._pace.left_s(self._time.elapsed_ms(), asked=self._asked)
                if left_s <= 0 or self._at_once:
                    self._asked = self._at_once = False
                    return True
                self._state.wait(min(left_s, LOOK_S))
                is_there = self._network.available()
                if is_there and not was_there:
                    self._pace.start_over()
                    self._asked = True
                was_there = is_there
        return False

    def _wait_s(self) -> int:
        """Return the seconds to the next try after a failure, 0 without one."""
        if self._phase != "gagal" or not self._pace.is_waiting():
            return 0
        return round(self._pace.left_s(self._time.elapsed_ms(), asked=self._asked))

    def _sync(self) -> Failure | None:
        self._moved = False
        failure = self._exchange.run(self._places_again())
        if failure is not None:
            return failure
        waiting = self._blobs.unsent()
        if waiting and not self._photos_wait():
            begun_ms = self._time.elapsed_ms()
            failure = self._send(waiting)
            took_long = self._time.elapsed_ms() - begun_ms >= NEWS_MS
            if took_long if failure is None else not failure.retry_s:
                # also after a failure: decisions come all the same
                failure = self._exchange.run(self._places_again()) or failure
            if failure is None and self._stopping and self._blobs.unsent():
                return Failure(kind="rusak", say=UNFINISHED)
        if failure is None:
            self._make_room()
        return failure

    def _send(self, waiting: list[Stored]) -> Failure | None:
        """Send photos; the device is asked to let the process live meanwhile."""
        self._staying.begin()
        try:
            return self._sending.run(waiting, self._lacking)
        finally:
            self._staying.end()

    def _photos_wait(self) -> bool:
        """Say whether photos stay on the phone until the link costs nothing by the byte."""
        return self._wishes.wifi_only and self._network.metered() and bool(self._blobs.unsent())

    def _may_send_photos(self) -> bool:
        return not self._stopping and not (self._wishes.wifi_only and self._network.metered())

    def _photos_moved(self, done: int, total: int, moved: bool) -> None:
        self._progress = (done, total)
        self._moved = self._moved or moved
        self._tell("jalan", "")

    def _make_room(self) -> None:
        """Forget what is safe at the office while room is short, and give free pages back, step by step."""
        keeping = self._wishes.keeping
        for _ in range(FORGOTTEN_AT_ONCE):
            if self._stopping or not self._forgetting.needed(keeping) or not self._forgetting.step(keeping):
                break
        unused, before = self._vault.shrink(SHRINK_PAGES), 0
        while unused > SPARE_PAGES and unused != before and not self._stopping:
            unused, before = self._vault.shrink(SHRINK_PAGES), unused
            self._vault.checkpoint()

    def _stored(self, effects: Effects, moved: bool) -> None:
        """An answer was stored; `moved`: it took or brought something."""
        self._lacking = frozenset(effects.wanted)
        self._moved = self._moved or moved
        self._empty_wal()
        self._tell("jalan", "")

    def _empty_wal(self) -> None:
        """Empty the WAL of what was destroyed; tried again after the next answer while someone reads."""
        if self._store.get(EMPTY_WAL, bool, False) and self._vault.checkpoint():
            self._store.put(EMPTY_WAL, False)
            self._vault.checkpoint()

    def _places_again(self) -> tuple[int, ...]:
        """Return the places in the chain that the office is to judge anew, and ask for them once."""
        with self._state:
            changes, self._again = self._again, set()
        places = (self._store.place_of(change) for change in changes)
        return tuple(sorted(place for place in places if place is not None))

    def _open_conflicts(self) -> int:
        return len(self._records.in_state("konflik", OPEN))

    def _tell(self, phase: str, problem: str) -> None:
        self._phase, self._problem = phase, problem
        listener = self.listener
        if listener is not None:
            listener(self.status())
