"""The schedule inside the server. Rule: never two copies at once, and none that fails stops anything else.

What is due follows from what was verified, so a run that was missed while the server was off is made up for
at its start. One folder lock keeps this process and the `backup` command apart. A second thread streams.
A third looks where media lie: one that is dead holds whoever touches it, and must hold no page and no copy.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import DeviceId
from server import backup_store, reach_store
from server.backup_store import Copy, Plan, Try
from server.backups.bringing_back import BroughtBack, mend_office
from server.backups.making import Made, Progress, Source, StoppedError, make_copy
from server.backups.manifest import copy_at
from server.backups.medium import Medium, Trouble, beside_key
from server.backups.streaming import LogState, Streamer
from server.disk import ensure_folder, held_alone
from server.engine import ClosedError, DiskError, Writer
from sync.chain import Tip

T = TypeVar("T")

LOOK_S = 30
"""How often it is looked what is due, and where media lie."""
STOP_S = 1
"""How long it is waited at the end for a look at media, which one that is dead may hold for good."""
STREAM_S = 0.4
"""How long commits wait at most to be streamed; five times that where the medium is in trouble."""
RETRY_MS = 15 * 60_000
"""How long after a copy that failed the next is made by itself."""
DAY_MS = 24 * 3_600_000
AGE_DAYS = 90
"""How old a change must be before a phone may forget its bytes; see reach_store.py."""
logger = logging.getLogger("server.backups")


class Running(Data, frozen=True, kw_only=True):
    """A copy that is being made: where, which step, how far."""

    path: str
    step: str = ""
    done: int = 0
    total: int = 0


class Ended(Data, frozen=True, kw_only=True):
    """How a try at a place ended: with a verified copy, and up to where that reaches, or without one."""

    tried: Try
    copy: Copy | None = None
    reach: Mapping[DeviceId, Tip] = {}

    def note(self, writer: Writer) -> None:
        """Put it on record."""
        if self.copy is not None:
            backup_store.add_copy(writer, self.copy)
            reach_store.put_reach(writer, self.copy.medium, self.reach)
        backup_store.put_try(writer, self.tried)


class _Watched:
    """Shows a copy's progress on the page as well, and ends the copy when the server stops."""

    def __init__(self, keeper: "Keeper", path: str, shown: Progress | None) -> None:
        self._keeper, self._shown = keeper, shown
        self._running = Running(path=path)

    def step(self, name: str, total: int) -> None:
        self._show(Running(path=self._running.path, step=name, total=total))
        if self._shown is not None:
            self._shown.step(name, total)

    def advance(self, count: int = 1) -> None:
        running = self._running
        done = running.done + count
        self._show(Running(path=running.path, step=running.step, done=done, total=running.total))
        if self._shown is not None:
            self._shown.advance(count)

    def _show(self, running: Running) -> None:
        if self._keeper.is_stopping:
            raise StoppedError
        self._running = self._keeper.running = running


class Keeper:
    """Makes copies when they are due or asked for, and streams. `age_days` see AGE_DAYS."""

    def __init__(self, source: Source, *, age_days: int = AGE_DAYS) -> None:
        self._source, self._age_days = source, age_days
        self._stop, self._wake = threading.Event(), threading.Event()
        self._asked = False
        self._worked_out_ms = 0
        self._threads: list[threading.Thread] = []
        self._looking = threading.Thread(target=self._look_at_media, name="media", daemon=True)
        self._streamer = Streamer(source)
        self._unnoted: dict[str, Ended] = {}
        self.running: Running | None = None
        self.beside_key: tuple[str, ...] = ()
        """The media that lay on the disk of the key file when it was last looked."""

    @property
    def is_stopping(self) -> bool:
        """Whether the server is being stopped."""
        return self._stop.is_set()

    @property
    def is_started(self) -> bool:
        """Whether the schedule runs in this process."""
        return bool(self._threads)

    @property
    def is_asked(self) -> bool:
        """Whether copies were asked for that have not begun."""
        return self._asked

    @property
    def stream(self) -> LogState:
        """How the stream stands."""
        return self._streamer.state

    @property
    def unnoted(self) -> tuple[Ended, ...]:
        """What the office's own disk did not take on record yet."""
        return tuple(self._unnoted.values())

    def start(self) -> None:
        """Begin to keep the schedule, in threads of its own."""
        self._threads = [
            threading.Thread(target=self._keep, name="backups", daemon=True),
            threading.Thread(target=self._stream, name="stream", daemon=True),
        ]
        for thread in (*self._threads, self._looking):
            thread.start()

    def stop(self) -> None:
        """End what is under way; a copy that is half made is taken away by the next."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()
        if self._threads:
            self._looking.join(STOP_S)
        self._threads = []

    def ask(self) -> bool:
        """Ask for copies on all planned media now; False where nobody keeps the schedule."""
        if not self.is_started:
            return False
        self._asked = True
        self._wake.set()
        return True

    def look_at_media(self) -> None:
        """Look which media lie on the disk of the key file; see server/backups/medium.py."""
        source, data = self._source, self._source.database.parent
        key = source.key_path
        if key is None:
            return
        plan, copies = source.engine.read(
            lambda reader: (backup_store.plan(reader), backup_store.newest_copies(reader))
        )
        copies += [ended.copy for ended in self.unnoted if ended.copy is not None]
        paths = dict.fromkeys([*plan.copies, plan.stream, *(copy.path for copy in copies)])
        self.beside_key = tuple(
            path for path in paths if path and beside_key(Path(path), data, key, source.disk_of)
        )

    def copy_to(
        self, paths: Sequence[str], keep: int, progress: Progress | None = None
    ) -> dict[str, Made | Trouble]:
        """Make a copy on each medium, one after the other; note how each ended. Raises StoppedError."""
        ended: dict[str, Made | Trouble] = {}
        with self._alone() as is_alone:
            if is_alone:
                self._mend(paths)
            for path in paths:
                busy = Trouble(code="sedang_berjalan")
                ended[path] = self._copy(path, keep, _Watched(self, path, progress)) if is_alone else busy
        return ended

    def work_out(self) -> None:
        """Work out anew what phones may forget."""
        now_ms = self._source.now_ms()
        engine = self._source.engine
        found = engine.read(lambda reader: reach_store.work_out_backed_up(reader, now_ms, self._age_days))
        engine.write(lambda writer: reach_store.put_backed_up(writer, found)).result()
        self._worked_out_ms = now_ms

    def _mend(self, paths: Sequence[str]) -> None:
        """Get back what the office itself lost, before it is missing from a copy as well."""
        planned = self._source.engine.read(backup_store.plan).copies
        opened = [self._source.medium_at(Path(path)) for path in dict.fromkeys([*planned, *paths])]
        media = [each for each in opened if isinstance(each, Medium)]
        try:
            found = mend_office(self._source, media, is_all=len(media) == len(opened))
        except (OSError, DiskError) as error:  # the copy says so, of a medium that fails and of the office
            logger.error("%s while bringing blobs back", type(error).__name__)
            return
        if found != BroughtBack():
            logger.warning(
                "blobs were gone: %d brought back, %d asked for again", found.from_media, found.asked_for
            )

    def _copy(self, path: str, keep: int, progress: Progress) -> Made | Trouble:
        medium = self._source.medium_at(Path(path))
        try:
            made = medium if isinstance(medium, Trouble) else make_copy(self._source, medium, keep, progress)
        finally:
            self.running = None
        tried = Try(
            path=path, at_ms=self._source.now_ms(), trouble=made if isinstance(made, Trouble) else None
        )
        if isinstance(made, Trouble):
            ended = Ended(tried=tried)
        else:
            ended = Ended(tried=tried, copy=self._verified(path, made), reach=made.reach)
        self._unnoted[path] = ended
        if self._note() and ended.copy is not None:
            self.work_out()
        return made

    def _note(self) -> bool:
        """Put on record how copies ended; False where the office's own disk does not take it, until later.

        Meanwhile it counts all the same: else each look would make another copy, and push older ones out.
        """
        for path, ended in list(self._unnoted.items()):
            try:
                self._source.engine.write(ended.note).result()
            except DiskError as error:
                logger.error("%s while noting a copy", type(error).__name__)
                return False
            del self._unnoted[path]
        return True

    def _verified(self, path: str, made: Made) -> Copy:
        """Return what is kept of a copy that was verified."""
        disk_of = self._source.disk_of
        copy = copy_at(Path(path), made.manifest, disk_of(Path(path)), disk_of(self._source.database.parent))
        return replace(copy, problem="berkas_kantor_rusak") if made.manifest.absent else copy

    def _alone(self) -> AbstractContextManager[bool]:
        """Hold the folder of blobs, which stands for "copying"; the data folder itself is held by `run`."""
        folder = self._source.database.parent / "blobs"
        ensure_folder(folder)
        return held_alone(folder)

    def _keep(self) -> None:
        while not self.is_stopping:
            try:
                self._look()
            except (StoppedError, ClosedError):
                return
            except Exception as error:  # noqa: BLE001 - whatever it was, the schedule goes on
                # The kind only: a message may name what a person wrote.
                logger.error("%s while keeping backups", type(error).__name__)
            self._wake.wait(LOOK_S)
            self._wake.clear()

    def _look(self) -> None:
        """Make what is due or asked for."""
        self._note()
        plan, copies, tries = self._source.engine.read(
            lambda reader: (
                backup_store.plan(reader), backup_store.newest_copies(reader), backup_store.tries(reader),
            )
        )  # fmt: skip
        copies += [ended.copy for ended in self.unnoted if ended.copy is not None]
        tries |= {ended.tried.path: ended.tried for ended in self.unnoted}
        now_ms = self._source.now_ms()
        asked = self._asked
        paths = plan.copies if asked else due(plan, copies, tries, now_ms)
        if paths:
            self.running = Running(path=paths[0])
        if asked:
            self._asked = False
        try:
            if paths:  # else whoever asks for a copy at this moment would be told that one is being made
                self.copy_to(paths, plan.keep)
        finally:
            self.running = None
        if not 0 <= now_ms - self._worked_out_ms < DAY_MS:
            self.work_out()

    def _look_at_media(self) -> None:
        while not self.is_stopping:
            try:
                self.look_at_media()
            except ClosedError:
                return
            except Exception as error:  # noqa: BLE001 - whatever it was, it is looked again
                logger.error("%s while looking at media", type(error).__name__)
            self._stop.wait(LOOK_S)

    def _stream(self) -> None:
        while not self.is_stopping:
            try:
                plan = self._source.engine.read(backup_store.plan)
                self._streamer.step(plan.stream)
            except ClosedError:
                break
            except Exception as error:  # noqa: BLE001 - whatever it was, the stream is taken up again
                logger.error("%s while streaming", type(error).__name__)
                self._streamer.close()
            self._stop.wait(STREAM_S if self._streamer.state.trouble is None else 5 * STREAM_S)
        self._streamer.close()


def due(plan: Plan, copies: Sequence[Copy], tries: dict[str, Try], now_ms: int) -> tuple[str, ...]:
    """Return the places whose newest copy is too old, or of the future; not right after a failure."""

    def is_due(path: str) -> bool:
        is_fresh = any(copy.path == path and 0 <= now_ms - copy.begun_ms < plan.every_ms for copy in copies)
        tried = tries.get(path)
        is_too_soon = tried is not None and tried.trouble is not None and 0 <= now_ms - tried.at_ms < RETRY_MS
        return not is_fresh and not is_too_soon

    return tuple(path for path in plan.copies if is_due(path))
