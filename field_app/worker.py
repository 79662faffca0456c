"""Sending and fetching, in one thread of its own. Rule: never two at once, and never a word better than
the truth.

Records go first, then photos, then a last look for receipts and decisions. What fails is tried again after
a pause that grows, with some chance in it so that phones do not all come at once; asking by hand ends the
pause.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import sqlcipher3.dbapi2 as sqlcipher

from field_app.blobs import DITERIMA, LOKAL, TERKIRIM, Blobs, Stored
from field_app.devices import Network, Timepiece
from field_app.drafts import Drafts
from field_app.items import Label, data_items, pending_data, photo_items
from field_app.link import UNAUTHORISED, Failure, Link
from field_app.pen import Pen
from field_app.store import Store
from field_app.tus import Upload
from field_app.vault import StorageFullError, Vault
from field_app.views import SyncItem, SyncStatus
from schemas.wire import SyncResponse
from sync.change import Gap
from sync.client import Broken, Missing, Session, next_request, receive

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 15 * 60.0
REGULAR_S = 15 * 60.0
LAST_SYNC = "terakhir_ms"


class Worker:
    """One vault's worker, on a connection of its own that it closes. `chance()` gives a number from 0 to
    1, `label` names the field of a photo, `after()` is done when a sync went well.
    """

    def __init__(
        self,
        *,
        vault: Vault,
        store: Store,
        pen: Pen,
        link: Link,
        network: Network,
        time: Timepiece,
        wifi_only: Callable[[], bool],
        chance: Callable[[], float],
        label: Label,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._vault = vault
        self._store = store
        self._pen = pen
        self._link = link
        self._upload = Upload(link)
        self._network = network
        self._time = time
        self._wifi_only = wifi_only
        self._chance = chance
        self._label = label
        self._after = after
        self._blobs = Blobs(vault)
        self._drafts = Drafts(vault)
        self._running = threading.Lock()
        self._state = threading.Condition()
        self._asked = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._phase = "diam"
        self._problem = ""
        self._progress = (0, 0)
        self._failures = 0
        self._pause_s = 0.0
        self.listener: Callable[[SyncStatus], None] | None = None

    def start(self) -> None:
        """Start the thread; it syncs at once, and then from time to time."""
        with self._state:
            if self._thread is None:
                self._asked = True
                self._thread = threading.Thread(target=self._loop, name="sambang-sync", daemon=True)
                self._thread.start()

    def sync_now(self) -> None:
        """Ask for a sync. Asking while one runs starts no second, but one more round after it."""
        with self._state:
            self._asked = True
            self._state.notify_all()

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
        return SyncStatus(
            data_pending=pending_data(self._store, self._drafts),
            photos_pending=len(self._blobs.unsent()),
            last_ms=self._store.get(LAST_SYNC, int, 0) or None,
            state=self._phase,
            problem=self._problem,
            done=done,
            total=total,
            wait_s=int(self._pause_s),
        )

    def items(self) -> tuple[SyncItem, ...]:
        """Return every visit and photo on its way, the newest visits first."""
        return data_items(self._store, self._drafts) + photo_items(self._blobs, self._drafts, self._label)

    def run_once(self) -> Failure | None:
        """Sync until nothing is left to say, in the caller's thread; None when all went well.

        A second caller waits for the first: there are never two syncs at once.
        """
        with self._running:
            self._tell("jalan", "")
            try:
                failure = self._sync()
                if failure is None:
                    self._after()
            except StorageFullError:
                failure = Failure(kind="rusak", say="lapangan.penyimpanan_penuh")
            except sqlcipher.Error:
                failure = Failure(kind="rusak", say="lapangan.penyimpanan_rusak")
            except Exception:  # noqa: BLE001 - whatever it was, she is told, and the thread tries again later
                failure = Failure(kind="rusak", say="lapangan.sinkron_terganggu")
            self._progress = (0, 0)
            if failure is not None:
                self._tell("gagal", failure.say)
                return failure
            self._store.put(LAST_SYNC, self._time.now_ms())
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
            while True:
                with self._state:
                    if not self._asked and not self._stopping:
                        self._state.wait(self._pause_s or REGULAR_S)
                    if self._stopping:
                        return
                    self._asked = False
                failure = self.run_once()
                self._failures = self._failures + 1 if failure else 0
                self._pause_s = pause_s(self._failures, self._chance())
        finally:
            self._vault.close()

    def _sync(self) -> Failure | None:
        failure = self._exchange()
        if failure is not None:
            return failure
        waiting = self._blobs.unsent()
        if not waiting or self._photos_wait():
            return None
        failure = self._send_photos(waiting)
        # also after a failure: what did arrive is confirmed, and decisions come all the same
        return self._exchange() or failure

    def _photos_wait(self) -> bool:
        """Say whether photos stay on the phone until the link costs nothing by the byte."""
        return self._wifi_only() and self._network.metered() and bool(self._blobs.unsent())

    def _exchange(self) -> Failure | None:
        """Push and pull until the office and this phone have nothing left to say to each other.

        Anything short of that is no success: cut short, or two ends that do not agree.
        """
        session, diverged = Session(), False
        while not self._stopping and (request := next_request(self._store, session)) is not None:
            if isinstance(request, Missing):
                self._pen.write(Gap(first=request.first, last=request.last), self._time.now_ms())
                continue
            response = self._with_login(lambda request=request: self._link.sync(request))
            if isinstance(response, Failure):
                return response
            effects = receive(self._store, session, request, response)
            if isinstance(effects, Broken):
                return Failure(kind="rusak", say="lapangan.jawaban_rusak")
            session, diverged = effects.session, effects.diverged
            self._tell("jalan", "")
        if not session.quiet:
            return Failure(kind="rusak", say="lapangan.sinkron_belum_selesai")
        return Failure(kind="kantor", say="lapangan.data_belum_cocok") if diverged else None

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
        return answer

    def _send_photos(self, waiting: list[Stored]) -> Failure | None:
        """Send each blob; one that the office refuses does not hold up the others."""
        total = sum(blob.size_bytes for blob in waiting)
        before = 0
        refused: Failure | None = None
        for blob in waiting:
            if self._stopping:
                return Failure(kind="rusak", say="lapangan.sinkron_belum_selesai")
            outcome = self._send_photo(blob, before, total)
            before += blob.size_bytes
            if isinstance(outcome, Failure):
                refused = outcome
                if outcome.kind == "jaringan":
                    return outcome
        return refused

    def _send_photo(self, blob: Stored, before: int, total: int) -> Failure | None:
        latest = [blob.sent_bytes, blob.upload_url]

        def progress(sent_bytes: int, url: str) -> None:
            latest[:] = [sent_bytes, url]
            self._blobs.progress(blob.id, sent_bytes=sent_bytes, upload_url=url)
            self._progress = (before + sent_bytes, total)
            self._tell("jalan", "")

        data = self._blobs.read(blob.id)
        outcome = self._upload.run(blob.id, data, blob.upload_url, progress)
        if isinstance(outcome, Failure) and outcome.status == UNAUTHORISED:
            self._link.forget_token()
            login = self._link.login(self._store.device(), self._store.sign)
            outcome = login or self._upload.run(blob.id, data, str(latest[1]), progress)
        sent_bytes, url = int(latest[0]), str(latest[1])
        if isinstance(outcome, Failure):
            state = TERKIRIM if sent_bytes == blob.size_bytes else LOKAL
            self._blobs.progress(
                blob.id, state=state, sent_bytes=sent_bytes, upload_url=url, problem=outcome.say
            )
            return outcome
        self._blobs.progress(blob.id, state=DITERIMA, sent_bytes=blob.size_bytes, upload_url="")
        return None

    def _tell(self, phase: str, problem: str) -> None:
        self._phase, self._problem = phase, problem
        listener = self.listener
        if listener is not None:
            listener(self.status())


def pause_s(failures: int, chance: float) -> float:
    """Return how long to wait after so many failures in a row: doubling, between half and all of it by
    chance.
    """
    if failures == 0:
        return 0.0
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 16))
    return longest * (0.5 + 0.5 * chance)
