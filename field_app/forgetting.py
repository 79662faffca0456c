"""Making room: what is safe at the office may leave the phone. Rule: nothing that anybody may still need.

A visit is forgotten whole, and only when all of this holds:

| what | why |
|---|---|
| each of its changes is in two verified backups of the office (`backed_up`) | the office may be restored |
| by its clock the office decided on the newest version or passed over it `keep_days` ago | it may come back |
| each change was applied, no conflict of it is open, nothing is held or refused | it is still spoken of |
| each of its photos has the office's receipt | these bytes are the only ones |
| no draft of it is open, and no other visit that must stay names one of its photos | she works on it |

The oldest goes first, in the order in which they came, one visit in one transaction, and only while there is
too little room. Thumbnails, answers and links stay.
"""

from collections.abc import Iterator

from field_app.blobs import DITERIMA, Blobs
from field_app.drafts import Draft, Drafts
from field_app.erasing import forget
from field_app.history import History
from field_app.records import Records
from field_app.standing import decision_on, passed_over_ms
from field_app.store import Store
from schemas.base import Data
from schemas.ids import BlobId, ChangeId, RecordId
from schemas.wire import Applied, Conflict, Outcome

DAY_MS = 86_400_000
LEAST_FREE_BYTES = 300 * 1024 * 1024
"""Less room than this on the phone's storage is too little, however small the vault is."""
DECIDED = frozenset({"disetujui", "ditolak"})


class Keeping(Data, frozen=True, kw_only=True):
    """What she set: how large the vault may be, and how long a decided visit stays whole."""

    most_bytes: int
    keep_days: int


class _Visit(Data, frozen=True, kw_only=True):
    """All versions of one visit that may be forgotten."""

    changes: list[ChangeId]
    blobs: set[BlobId]


class Forgetting:
    """Forgets visits of one vault, step by step."""

    def __init__(self, store: Store, drafts: Drafts, blobs: Blobs, records: Records) -> None:
        self._store, self._drafts, self._blobs, self._records = store, drafts, blobs, records
        self._history = History(store)

    def needed(self, keeping: Keeping) -> bool:
        """Say whether there is too little room."""
        vault = self._store.vault
        return vault.used_bytes() > keeping.most_bytes or vault.free_bytes() < LEAST_FREE_BYTES

    def step(self, keeping: Keeping) -> bool:
        """Forget the oldest visit that may be; False when there is none."""
        with self._store.vault.write() as connection:
            visit = next(self._forgettable(keeping), None)
            if visit is None:
                return False
            forget(connection, visit.changes, visit.blobs)
            return True

    def _forgettable(self, keeping: Keeping) -> Iterator[_Visit]:
        """Give the visits that may be forgotten and are still whole, the oldest in the chain first."""
        safe = self._store.backed_up()
        if safe is None:
            return
        started = self._drafts.unfinished_visits()
        old_ms = self._store.server_ms() - keeping.keep_days * DAY_MS
        known: dict[RecordId, _Visit | None] = {}

        def free(name: RecordId) -> _Visit | None:
            """Return a visit that need not stay, whether it is still whole or was forgotten before."""
            if name not in known:
                versions = self._history.of(name)[::-1]
                is_over = name not in started and self._is_decided(name, versions, old_ms)
                known[name] = self._safe(versions, safe.counter) if is_over else None
            return known[name]

        for name in self._history.whole():
            visit = free(name)
            if visit is not None and all(map(free, self._drafts.visits_with(visit.blobs))):
                yield visit

    def _is_decided(self, name: RecordId, versions: list[Draft], old_ms: int) -> bool:
        """Say whether the office has said its last word on the newest version, long enough ago."""
        row = self._records.get(name)
        if row is None or row.kind != "kunjungan" or row.fields.get("state") not in DECIDED:
            return False
        newest = versions[-1].change
        if newest is None:
            return False
        is_on_it = decision_on(newest, row.fields) is not None
        said_ms = row.fields.get("decided_ms") if is_on_it else passed_over_ms(newest, row.fields)
        return isinstance(said_ms, int) and 0 < said_ms <= old_ms

    def _safe(self, versions: list[Draft], safe: int) -> _Visit | None:
        """Return a visit all of which is safe at the office, None if anything of it is not."""
        changes = [name for one in versions for name in (one.patch, one.change) if name is not None]
        outcomes = self._store.outcomes(changes)
        if len(outcomes) < len(changes) or not all(self._is_settled(each) for each in outcomes.values()):
            return None
        places = [self._store.place_of(change) for change in changes]
        if any(place is None or place > safe for place in places):
            return None
        blobs = {blob for version in versions for blob in self._drafts.blobs_of(version.id)}
        stored = self._blobs.of(blobs)
        if any(blob not in stored or stored[blob].state != DITERIMA for blob in blobs):
            return None
        return _Visit(changes=changes, blobs=blobs)

    def _is_settled(self, outcome: Outcome) -> bool:
        if isinstance(outcome, Conflict):
            rows = [self._records.get(name) for name in outcome.ids]
            return all(row is not None and row.fields.get("state") == "selesai" for row in rows)
        return isinstance(outcome, Applied)
