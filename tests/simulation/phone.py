"""A phone of the simulation: a real device store and session, photos, and a worker's way through a sync.

Rule: as in field_app/worker.py, records go first, then photos, then a last look if one of them did not get
through; a sync that fails is left.
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import msgspec

from field_app.link import Failure
from field_app.office_word import OFFICE_KEY, OfficeWord
from field_app.tus import UNTOLD, Upload
from schemas.base import decode
from schemas.ids import BlobId, ChangeId, DeviceId, Part, PersonId, RecordId
from schemas.wire import Cursor, Outcome, Row, SyncRequest, SyncResponse
from sync import ahead, client
from sync.chain import Tip
from sync.change import Body, Clock, Content, Gap, read, seal
from sync.memory import MemoryDevice
from sync.store import Entry
from tests.simulation.copies import copied
from tests.simulation.faults import Fuse, Violation, fused
from tests.simulation.line import Line
from tests.simulation.ring import Kept, Ring, owner_of
from tests.simulation.things import blobs_in
from tests.simulation.trust import Key

MOST_ROUNDS = 200
STEP_BYTES = 100
"""Bytes in one piece of an upload: a photo of the simulation has up to 192."""
WRITES = ("append", "store_page")
OPENING = 4
"""So many syncs a phone makes until its app is opened anew."""


@dataclass(frozen=True)
class Photo:
    """A blob on a phone, and how far it is on its way."""

    data: bytes
    url: str = ""
    received: bool = False


class MemoryStoreOfPhone(fused(MemoryDevice, WRITES)):
    """The reference store, with a fuse."""

    fuse: Fuse


class Phone:
    """One phone. `life` rises whenever it becomes what it was before."""

    def __init__(
        self, device: DeviceId, person: PersonId, key: Key, ring: Ring, counts: Counter[str]
    ) -> None:
        self.device, self.person, self.key = device, person, key
        self.fuse = Fuse(counts, "phone")
        self.store = self.new_store()
        self.photos: dict[BlobId, Photo] = {}
        self.unsent: dict[BlobId, bool] = {}
        self.lacking: frozenset[BlobId] = frozenset()
        self.visits: list[tuple[RecordId, ChangeId]] = []
        self.sealed: list[tuple[RecordId, RecordId, ChangeId, int]] = []
        """Own sealed visits: the case, the visit, its newest version and that version's number."""
        self.wall_ms: int | None = None
        """What its clock said when it was set wrong, None for a right one."""
        self.life = 0
        self.is_busy = False
        self.is_of_another_history = False
        """Whether it pulled from zero since it last agreed: then rows of another history may be left."""
        self.rounds = 0
        self.ring, self.owner = ring, owner_of(device, person, ring)
        self.values: dict[str, Any] = {}
        self.syncs = 0
        self.kept().put(OFFICE_KEY, ring.exchange_bytes())
        self.close()

    def kept(self) -> Any:
        """Return what keeps values by name."""
        return Kept(self.values)

    def close(self) -> None:
        """Forget what the app knows only as long as it is open."""
        self.word = OfficeWord(self.kept(), self.owner, self.ring.is_signed)

    def new_store(self) -> Any:
        """Return an empty store."""
        store = MemoryStoreOfPhone(self.device, self.key.sign)
        store.fuse = self.fuse
        return store

    def copy(self, counts: Counter[str]) -> "Phone":
        """Return what a copy of this phone would be as a phone."""
        other = copied(self)
        other.fuse = Fuse(counts, "phone")
        other.store = self.copy_store()
        other.store.fuse = other.fuse
        other.is_busy = False
        other.life = self.life + 1
        other.close()
        return other

    def copy_store(self) -> Any:
        """Return a copy of the store, as it is now."""
        return copied(self.store)

    def crash(self) -> None:
        """Begin again with what is durable."""
        self.close()

    def outcome(self, change: ChangeId) -> Outcome | None:
        """Return what this phone knows of a change's outcome."""
        return self.store.outcomes.get(change)

    def safe(self) -> Tip | None:
        """Return up to where the office said that all is safe."""
        return self.store.backed_up

    def sees(self, record: RecordId) -> dict[str, Any] | None:
        """Return what this phone holds of a record: the fullest row."""
        rows: list[Row] = sorted(self.store.rows([record]), key=lambda row: row.part.startswith("mine/"))
        return decode(rows[-1].body, dict) if rows else None

    def rows(self) -> dict[tuple[Part, RecordId], Row]:
        """Return all that this phone was given."""
        return self.store.table

    def entries(self) -> list[Entry]:
        """Return this phone's own chain."""
        return self.store.entries(self.device, 0, 1_000_000)

    def write(self, body: Body, n: int, now_ms: int, photos: dict[BlobId, Photo]) -> Entry:
        """Make one change, with its photos, offline."""
        entry = self._append(body, str(n), now_ms)
        for blob, photo in photos.items():
            if blob not in self.photos:
                self.photos[blob] = photo
                self.unsent[blob] = True
        return entry

    def _append(self, body: Body, about: str, now_ms: int) -> Entry:
        wall = now_ms if self.wall_ms is None else self.wall_ms
        clock = Clock(wall_ms=wall, elapsed_ms=now_ms, boot=str(self.life), server_ms=self.store_server_ms())
        salt = blake2b(f"{self.device}/{about}".encode(), digest_size=16).digest()
        change, raw = seal(Content(salt=salt, author=self.person, clock=clock, body=body))
        return self.store.append(change, raw)

    def lose(self, pick: int, many: int, *, links: bool) -> None:
        """Lose contents of the own chain, with their photos, and the links too; the newest link stays."""
        entries = self.entries()[:-1]
        if not entries:
            return
        start = pick % len(entries)
        gone = entries[start : start + many]
        for entry in gone:
            body = read(entry.content).body if entry.content is not None else None
            for blob in blobs_in(body):
                self.photos.pop(blob, None)
                self.unsent.pop(blob, None)
        self.lose_entries(gone, links=links)

    def lose_entries(self, gone: list[Entry], *, links: bool) -> None:
        """Lose contents, and the links that named them."""
        for entry in gone:
            self.store.content_table.pop(entry.link.change, None)
        if links:
            self.store.lose([entry.hash for entry in gone])

    def forget(self) -> list[BlobId]:
        """Forget the photos of visits that the office said are safe; return which."""
        safe = self.safe()
        gone: list[BlobId] = []
        for entry in self.entries() if safe is not None else []:
            if safe is None or entry.link.counter > safe.counter or entry.content is None:
                break
            body = read(entry.content).body
            for blob in blobs_in(body):
                photo = self.photos.get(blob)
                if photo is not None and photo.received and blob not in self.unsent:
                    del self.photos[blob]
                    gone.append(blob)
        return gone

    def store_server_ms(self) -> int:
        """Return the office's time as last heard."""
        return self.store.server_ms

    def sync(self, line: Line) -> Generator[int]:
        """Sync once. Yields for how many events it waits for an answer."""
        self.is_busy, self.rounds = True, 0
        self.syncs += 1
        if self.syncs % OPENING == 0:
            self.close()
        try:
            done = yield from self._exchange(line)
            if done and self.unsent:
                self._send_photos(line)
                if self.unsent:
                    done = yield from self._exchange(line)
            if done:
                self._hear(line)
        finally:
            self.is_busy = False
            self.fuse.out()

    def _hear(self, line: Line) -> None:
        """Follow the office to its present key: see `after_sync` of field_app/phone.py."""
        before = self.word.key
        self.word.after_sync(line)  # type: ignore[arg-type]
        self.followed(before)

    def followed(self, before: bytes) -> None:
        """Look at where the office's word led. Raises Violation if that is a key of before."""
        if self.ring.number(self.word.key) < self.ring.number(before):
            raise Violation("a phone went back to an ended key of the office")
        self.fuse.counts["key_followed"] += self.word.key != before

    def _exchange(self, line: Line) -> Generator[int, None, bool]:
        """Push and pull until nothing is left to say; return whether it came to that."""
        session, life, diverged = client.Session(), self.life, False
        request, response = self._next(session), None
        while request is not None:
            behind = ahead.read_ahead(self.store, session, request)
            if response is None:
                response = yield from self._ask(line, request)
            if response is None or self.life != life:
                return False
            self.is_of_another_history |= response.start == Cursor() != request.cursor
            following, coming = ahead.follow_up(self.store, request, response, behind), None
            is_fast = self.rounds % 2 == 1
            if following is not None and is_fast:  # it is answered before this answer is stored
                coming = yield from self._ask(line, following)
                if self.life != life:
                    return False
            effects = client.receive(self.store, session, request, response)
            if isinstance(effects, client.Broken):
                raise Violation("an answer did not fit its request", effects.problem)
            self.learn(response)
            session = effects.session
            diverged = effects.diverged
            if diverged and not self.is_of_another_history:
                raise Violation("the digests differ at the end of a sync")
            request = self._next(session)
            if following is not None:
                self._same(following, request)
                if is_fast and coming is None:
                    return False
                request = following
            response = coming
        if not session.quiet:
            raise Violation("a sync came to no end that both agree on")
        # repaired once, it may have met another history after that: the next sync repairs again
        self.is_of_another_history &= diverged
        return not diverged

    def _next(self, session: client.Session) -> SyncRequest | None:
        """Return the next message; declare first what can never be sent again."""
        while isinstance(request := client.next_request(self.store, session), client.Missing):
            self.rounds += 1
            self.declare(request.first, request.last, str(self.rounds))
        return request

    def _ask(self, line: Line, request: SyncRequest) -> Generator[int, None, SyncResponse | None]:
        self.rounds += 1
        if self.rounds > MOST_ROUNDS:
            raise Violation("a sync never ends")
        return (yield from line.exchange(request))

    def _same(self, early: SyncRequest, after: SyncRequest | None) -> None:
        """Hold what went ahead against what would go now; only what was written since may come on top."""
        if after is None or early != msgspec.structs.replace(
            after,
            links=after.links[: len(early.links)],
            contents=after.contents[: len(early.contents)],
            signature=early.signature,
        ):
            raise Violation("what was sent ahead is not what follows")

    def declare(self, first: int, last: int, about: str) -> None:
        """Declare what of the own chain can never be sent again."""
        gap = Gap(first=first, last=last)
        self._append(gap, f"{self.life}/{first}/{last}/{about}", self.store_server_ms())

    def learn(self, response: SyncResponse) -> None:
        """Note what the office lacks, as field_app/blobs.py does."""
        self.lacking = frozenset(response.wanted)
        for blob in response.wanted:
            photo = self.photos.get(blob)
            if photo is not None:
                url = photo.url if blob in self.unsent else ""
                self.photos[blob] = replace(photo, received=False, url=url)
                self.unsent[blob] = True

    def _send_photos(self, line: Line) -> None:
        upload = Upload(line, STEP_BYTES)  # type: ignore[arg-type]
        for blob in list(self.unsent):
            photo = self.photos[blob]

            def progress(sent_bytes: int, url: str, blob: BlobId = blob) -> None:
                self.photos[blob] = replace(self.photos[blob], url=url)

            url = photo.url or ("" if blob in self.lacking else UNTOLD)
            outcome = upload.run(blob, photo.data, url, progress)
            if isinstance(outcome, Failure):
                if outcome.kind == "jaringan":
                    return
                continue
            if not line.office.holds(blob, self.device):
                raise Violation("a phone was told 'received' of a blob that is not there")
            self.photos[blob] = replace(photo, received=True, url="")
            del self.unsent[blob]
