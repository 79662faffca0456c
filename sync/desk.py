"""The desk: what one batch of changes works on. Rule: read set-wise before, write set-wise after.

A batch is applied change by change in memory; `flush` then stores each touched record once, with the rows
that its parts see, so that a thousand changes cost a handful of statements.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from schemas.base import encode
from schemas.ids import Part, RecordId
from schemas.wire import Removed, Row
from sync.change import Destroyed
from sync.scope import bodies, views
from sync.store import BlobRef, Fields, Record, Records, Taking


class Desk:
    """Records under work in one transaction; `source` has those that were there before."""

    def __init__(self, source: Records) -> None:
        self._source = source
        self._before: dict[RecordId, Record | None] = {}
        self._now: dict[RecordId, Record] = {}
        self._touched: dict[RecordId, None] = {}
        self.refs: list[BlobRef] = []
        self.destroyed: list[Destroyed] = []

    @property
    def records(self) -> Mapping[RecordId, Record]:
        """All that lie on the desk, as they now stand."""
        return self._now

    def fetch(self, ids: Iterable[RecordId]) -> None:
        """Read these records in one go, so that `get` finds them at hand."""
        missing = {record for record in ids if record not in self._before}
        if not missing:
            return
        found = self._source.records(missing)
        for record in missing:
            self._before[record] = found.get(record)
        self._now.update(found)

    def get(self, record: RecordId) -> Record | None:
        """Return a record as it now stands on the desk."""
        found = self._now.get(record)
        if found is None and record not in self._before:
            self.fetch([record])
            found = self._now.get(record)
        return found

    def put(self, record: Record) -> None:
        """Lay a record back in its new state."""
        if record.id not in self._before:
            self.fetch([record.id])
        self._now[record.id] = record
        self._touched[record.id] = None

    def flush(self, store: Taking) -> None:
        """Store what was touched: records, the rows their parts see, removals, blob references.

        A row is written where its bytes are others: so it always follows from its record alone.
        """
        records: list[Record] = []
        rows: list[Row] = []
        removed: list[Removed] = []
        take_seq = store.take_seq
        for record_id in self._touched:
            record = replace(self._now[record_id], seq=take_seq())
            records.append(record)
            before = self._before[record_id]
            old = views(before) if before is not None else {}
            new = views(record)
            for part, body in bodies(new).items():
                if part not in old or not _is_body_of(body, new[part], old[part]):
                    rows.append(Row(part=part, id=record_id, seq=take_seq(), kind=record.kind, body=body))
            if not old.keys() <= new.keys():
                removed += [Removed(part=part, id=record_id, seq=take_seq()) for part in gone(old, new)]
            self._before[record_id] = self._now[record_id] = record
        store.put_records(records)
        store.put_rows(rows, removed)
        store.add_blob_refs(self.refs)
        for body in self.destroyed:
            store.destroy(list(body.changes), body.blobs)
        self._touched.clear()
        self.refs, self.destroyed = [], []


def _is_body_of(body: bytes, fields: Fields, before: Fields) -> bool:
    """Say whether what a part saw before has this body, which is that of `fields`, to the byte.

    What is equal may yet be written otherwise, in another order or as another kind of number.
    """
    return fields == before and body == encode(before)


def gone(old: Iterable[Part], new: Iterable[Part]) -> list[Part]:
    """Return the parts that saw a record and see it no longer, in stable order."""
    return sorted({*old} - {*new})
