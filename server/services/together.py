"""Approving clean visits together. Rule: one in ten is looked at first, by chance, and a bad one ends it.

Clean is a visit without any sign or finding, whole with its photos, all of them compared with others, that
waits for nobody else. A batch is one officer's and rests in memory: a server that starts again forgets it,
and no decision with it.
"""

import threading
from collections.abc import Callable, Iterator
from hashlib import sha256

from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.text import Text
from server import sign_store
from server.access import Person
from server.engine import Engine
from server.page_store import QueueFilter
from server.services.likenesses import Likenesses
from server.services.queue import Asked, Queue
from server.services.review import Decided, Open, Reviews
from server.services.tugas_after import sent_in_vain
from server.store import SqlOfficeStore

MOST = 200
ONE_IN = 10
LEAST_LOOKED_AT = 3
COMPARES_S = 2.0
"""So long photos that came just now are compared before visits are gathered: mostly there are none left."""
LASTS_MS = 4 * 3_600_000
CLEAN = QueueFilter(state="diterima", flagged="tidak")


class Batch(Data, frozen=True, kw_only=True):
    """Visits that may be approved together, each with the change that was seen (hex); `sample` are to be
    looked at, `looked` were; `made_ms` is UTC milliseconds.
    """

    visits: dict[RecordId, str]
    sample: tuple[RecordId, ...]
    looked: frozenset[RecordId]
    made_ms: int

    @property
    def left(self) -> tuple[RecordId, ...]:
        """The visits of the sample that nobody looked at yet."""
        return tuple(visit for visit in self.sample if visit not in self.looked)


class Done(Data, frozen=True, kw_only=True):
    """What became of a batch: so many were approved; the others had moved on meanwhile."""

    approved: int
    moved_on: int


class NotYet(Data, frozen=True, kw_only=True):
    """Nothing was approved: part of the sample was not looked at, or there is no batch (any more)."""


class Spoiled(Data, frozen=True, kw_only=True):
    """Nothing was approved: a visit of the sample was not simply good, so that the rest is to be reviewed."""


class Together:
    """The use cases of *Setujui bersama*. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        queue: Queue,
        reviews: Reviews,
        likenesses: Likenesses,
        text: Text,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._queue, self._reviews, self._text = engine, queue, reviews, text
        self._likenesses = likenesses
        self._now_ms, self._randomness = now_ms, randomness
        self._lock = threading.Lock()
        self._batches: dict[PersonId, Batch] = {}

    def begin(self, person: Person, service: str, region: str) -> Batch | None:
        """Gather the clean visits that this person may decide, and choose the sample; None without any."""
        self._likenesses.catch_up(COMPARES_S)
        asked = Asked(wanted=CLEAN, service=service, region=region)
        found = self._queue.ids(person, asked, MOST)
        left = self._engine.read(lambda tx: sign_store.uncompared(tx, found))
        visits = dict(self._clean(person, [visit for visit in found if visit not in left]))
        self.drop(person)
        if not visits:
            return None
        salt = self._randomness(16)
        by_chance = sorted(visits, key=lambda visit: sha256(salt + visit.encode()).digest())
        count = min(len(visits), max(LEAST_LOOKED_AT, -(-len(visits) // ONE_IN)))
        batch = Batch(
            visits=visits, sample=tuple(by_chance[:count]), looked=frozenset(), made_ms=self._now_ms()
        )
        self._keep(person, batch)
        return batch

    def current(self, person: Person) -> Batch | None:
        """Return this person's batch, unless it is too old."""
        with self._lock:
            batch = self._batches.get(person.id)
        return batch if batch is not None and abs(self._now_ms() - batch.made_ms) <= LASTS_MS else None

    def looked(self, person: Person, visit: RecordId) -> Batch | None:
        """Note that somebody looked at a visit of their sample and found nothing; return the batch."""
        batch = self.current(person)
        if batch is not None and visit in batch.sample:
            batch = replace(batch, looked=batch.looked | {visit})
            self._keep(person, batch)
        return batch

    def drop(self, person: Person) -> None:
        """Forget this person's batch."""
        with self._lock:
            self._batches.pop(person.id, None)

    def approve(self, person: Person) -> Done | NotYet | Spoiled:
        """Approve all of the batch, each visit by a decision of its own."""
        batch = self.current(person)
        if batch is None or batch.left:
            return NotYet()
        self.drop(person)  # whoever presses twice approves once
        if self._has_moved(batch):
            return Spoiled()
        note = self._text("kantor.bersama.catatan", jumlah=len(batch.visits), contoh=len(batch.sample))
        outcomes = [
            self._reviews.decide(person, visit, seen, "setujui", {}, note)
            for visit, seen in batch.visits.items()
        ]
        approved = sum(isinstance(outcome, Decided) for outcome in outcomes)
        return Done(approved=approved, moved_on=len(outcomes) - approved)

    def _keep(self, person: Person, batch: Batch) -> None:
        with self._lock:
            self._batches[person.id] = batch

    def _clean(self, person: Person, visits: list[RecordId]) -> Iterator[tuple[RecordId, str]]:
        for visit in visits:
            found = self._reviews.open(person, visit)
            # whoever has its tugas by now is told before it is closed
            if (
                isinstance(found, Open)
                and _is_clean(found, person)
                and not sent_in_vain(self._engine, found.visit.record)
            ):
                yield visit, found.page.seen

    def _has_moved(self, batch: Batch) -> bool:
        """Whether a visit of the sample is not any more what was looked at: returned, say, or sent anew."""
        records = self._engine.read(lambda tx: SqlOfficeStore.reading(tx).records(batch.sample))
        heads = {visit: record.head.hex() if record.head else "" for visit, record in records.items()}
        return any(heads.get(visit) != batch.visits[visit] for visit in batch.sample)


def _is_clean(found: Open, person: Person) -> bool:
    is_whole = all(photo.held for photo in found.page.photos)
    is_free = found.handed is None or found.handed.person == person.id
    return found.rights.decide and is_whole and is_free and not (found.page.findings or found.page.flags)
