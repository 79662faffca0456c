"""Streaming what is committed to a second disk. Rule: it only reads, and never makes the writer wait.

One `step` looks whether anything came in, and appends it. A medium that vanishes is said and tried again, and
one in whose place another lies is left; the next log then begins anew where the copies end, so that nothing
depends on what the lost one may hold.
"""

from pathlib import Path

from schemas.base import Data
from server import backup_store, feed_store
from server.backups.blob_copies import BlobCopies
from server.backups.making import Source, place_key
from server.backups.medium import Medium, Trouble, trouble_of
from server.backups.stream import FORMAT, Committed, Head, LogWriter, retire_logs
from server.engine import Reader
from server.feed_store import Fed, FedAccount, FedDevice, Position
from server.paper_key import stamp
from server.store import SqlOfficeStore

UNFINISHED = ".aliran"
RECENT_MS = 14 * 24 * 3_600_000
"""A log serves the newest copy of every medium that was seen within this time."""


class LogState(Data, frozen=True, kw_only=True):
    """How the stream stands: since when it runs, when it last wrote, and what is wrong (UTC ms)."""

    path: str
    since_ms: int = 0
    written_ms: int = 0
    trouble: Trouble | None = None


class Streamer:
    """Appends to the log of one medium; used by one thread."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._log: LogWriter | None = None
        self._medium: Medium | None = None
        self._copies: BlobCopies | None = None
        self._position = Position()
        self._base = Position()
        self._devices: list[FedDevice] = []
        self._accounts: list[FedAccount] = []
        self._sealed: tuple[int, ...] = ()
        self.state = LogState(path="")

    def step(self, path: str) -> None:
        """Append what came in since the last step. Failures end in `state`, not in an exception."""
        if path != self.state.path:
            self.close()
            self.state = LogState(path=path)
        if not path:
            return
        try:
            self._step()
        except OSError as error:
            self.close()
            place = self._medium.path if self._medium else self._source.database.parent
            self._fail(trouble_of(error, place))

    def close(self) -> None:
        """Let go of the log; the next step begins another."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def _step(self) -> None:
        if self._log is not None and (not self._log.is_in_place() or self._begins_elsewhere()):
            self.close()
        if self._log is None and not self._open():
            return
        while self._append():
            pass
        if self._medium is not None and self._stamp() != self._sealed:
            self._place_key(self._medium)

    def _place_key(self, medium: Medium) -> None:
        now = self._stamp()
        if place_key(self._source, medium):
            self._sealed = now

    def _stamp(self) -> tuple[int, ...]:
        return stamp(self._source.key_path) if self._source.key_path else ()

    def _begins_elsewhere(self) -> bool:
        """Whether there are newer copies, so that a log may begin later."""
        return self._source.engine.read(self._start) != self._base

    def _open(self) -> bool:
        medium = self._source.medium_at(Path(self.state.path))
        if isinstance(medium, Trouble):
            self._fail(medium)
            return False
        self._medium = medium
        keys = self._source.keys
        self._copies = BlobCopies(self._source.blobs, medium.blobs, keys.blob_masters(), ending=UNFINISHED)
        self._copies.sweep()
        self._copies.destroy(self._source.engine.read(backup_store.destroyed_blobs))
        begun_ms = self._source.now_ms()
        base, history = self._source.engine.read(lambda reader: (self._start(reader), _history(reader)))
        head = Head(format=FORMAT, office=self._source.keys.device, begun_ms=begun_ms, history=history)
        self._log = LogWriter(medium, self._source.keys, head, self._source.randomness)
        self._base = self._position = base
        self._devices, self._accounts = [], []
        retire_logs(medium)
        self._place_key(medium)  # this log may be under newer keys than the copies beside it
        self.state = LogState(path=self.state.path, since_ms=begun_ms, written_ms=begun_ms)
        return True

    def _append(self) -> bool:
        """Append one batch; return whether there may be more."""
        assert self._log is not None and self._copies is not None
        fed, devices, accounts = self._source.engine.read(self._news)
        if not (fed.links or fed.blobs or devices or accounts):
            return False
        for blob in fed.blobs:
            if not self._copies.has(blob.blob, blob.size_bytes):
                self._copies.copy(blob.blob, blob.size_bytes)
        self._copies.settle()
        now_ms = self._source.now_ms()
        self._log.append(
            Committed(at_ms=now_ms, links=fed.links, blobs=fed.blobs, devices=devices, accounts=accounts)
        )
        self._position = Position(links=fed.position[0], senders=fed.position[1])
        self._devices, self._accounts = devices or self._devices, accounts or self._accounts
        self.state = LogState(path=self.state.path, since_ms=self.state.since_ms, written_ms=now_ms)
        return True

    def _news(self, reader: Reader) -> tuple[Fed, list[FedDevice], list[FedAccount]]:
        devices, accounts = feed_store.devices(reader), feed_store.accounts(reader)
        return (
            feed_store.since(reader, self._position),
            devices if devices != self._devices else [],
            accounts if accounts != self._accounts else [],
        )

    def _start(self, reader: Reader) -> Position:
        """Return where the oldest of the newest copies ends."""
        copies = backup_store.newest_copies(reader)
        oldest_ms = self._source.now_ms() - RECENT_MS
        recent = [copy for copy in copies if copy.verified_ms >= oldest_ms] or copies[:1]
        return Position(
            links=min((copy.links for copy in recent), default=0),
            senders=min((copy.senders for copy in recent), default=0),
        )

    def _fail(self, trouble: Trouble) -> None:
        self.state = LogState(
            path=self.state.path,
            since_ms=self.state.since_ms,
            written_ms=self.state.written_ms,
            trouble=trouble,
        )


def _history(reader: Reader) -> list[tuple[int, bytes]]:
    """Return commits that tell this history: of each copy, and ever fewer the older they are."""
    store = SqlOfficeStore.reading(reader)
    last_seq = store.last_seq()
    found = {(copy.last_seq, copy.tag) for copy in backup_store.all_copies(reader)}
    back = 0
    while back < last_seq:
        found.add((last_seq - back, store.tag_at(last_seq - back) or b""))
        back = 2 * back + 1
    return sorted(found | {(1, store.tag_at(1) or b"")})
