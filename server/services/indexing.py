"""The index of warga and e-warong kept up beside all else. Rule: a batch at a time; others write between.

It follows in a thread of its own while the server runs, in the pauses of phones that push; a page that asks
in between takes in what is new.
"""

import logging
import threading
from collections.abc import Callable

from schemas.ids import DeviceId
from server import subject_index
from server.calm import Calm
from server.engine import ClosedError, DiskError, Engine, Writer
from server.slices import Slices
from server.store import SqlOfficeStore

LOOK_S = 1.0
FIRST, LEAST, MOST = 100, 20, 1_000
"""Records in one transaction."""
PAGE_WAITS_S = 0.1
"""So long a page waits for the writer; then it shows what the index has, and says that there is more."""
logger = logging.getLogger("server.index")


class Indexing:
    """Brings the index up to the records. `office` is the office's own device. Blocks its thread.

    `also` brings up what else follows the log or the records, for which the thread looks as well; `calm`
    knows when phones push.
    """

    def __init__(
        self,
        engine: Engine,
        office: DeviceId,
        also: Callable[[], None] = lambda: None,
        calm: Calm | None = None,
    ) -> None:
        self._engine, self._office, self._also = engine, office, also
        self._calm = calm or Calm()
        self._slices = Slices(FIRST, least=LEAST, most=MOST)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self, batches: int | None = None, wait_s: float | None = None) -> bool:
        """Take in what is new, at most so many batches of it; return whether there is more.

        Each batch waits for the writer at most so long, where it is said. On a full or failing disk there is
        more.
        """
        while self._engine.read(subject_index.is_behind):
            if batches == 0 or self._stop.is_set():
                return True
            batch = self._engine.write(self._take_in)
            try:
                batch.result(wait_s)
            except TimeoutError:
                batch.cancel()
                return True
            except DiskError:
                return True
            batches = None if batches is None else batches - 1
        return False

    def for_a_page(self) -> bool:
        """Take in a batch, if the writer has a moment for it; return whether there is more."""
        return self.catch_up(1, PAGE_WAITS_S)

    def come_to_now(self) -> None:
        """Take in all that is there by now, whatever else comes meanwhile."""
        now = self._engine.read(lambda tx: SqlOfficeStore.reading(tx).last_seq())
        while not self._stop.is_set() and self._engine.read(lambda tx: subject_index.is_behind(tx, now)):
            self._engine.write(self._take_in).result()

    def _take_in(self, tx: Writer) -> None:
        self._slices.do(lambda most: subject_index.catch_up(tx, self._office, most))

    def start(self) -> None:
        """Begin to follow."""
        self._thread = threading.Thread(target=self._follow, name="index", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the batch that is under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _follow(self) -> None:
        while not self._stop.is_set():
            self._calm.wait(self._stop)
            try:
                self.catch_up()
                self._also()
            except ClosedError:
                return
            except Exception as error:  # noqa: BLE001 - the next look may find the disk well again
                # the kind only: a message may hold what a person wrote
                logger.error("%s while indexing", type(error).__name__)
            self._stop.wait(LOOK_S)
