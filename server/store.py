"""The office's store in SQL: `sync.store.OfficeStore` over one transaction of an engine.

Rule: set-wise. A batch of a thousand changes costs a handful of statements, and no dict is built for a row.
"""

from collections.abc import Iterable, Sequence

import msgspec

from schemas.base import encode
from schemas.ids import BlobId, ChangeId, DeviceId, RecordId
from schemas.wire import Outcome
from server.engine import Reader, SqlRow, Writer
from server.projections import put_projections
from server.row_store import SqlRows
from sync.store import BlobRef, Change, Record

_record = msgspec.msgpack.Decoder(Record)
_outcome = msgspec.msgpack.Decoder(Outcome)


class SqlOfficeStore(SqlRows):
    """Everything the office needs to receive changes and answer pulls."""

    @classmethod
    def reading(cls, reader: Reader) -> "SqlOfficeStore":
        """Return a store that reads one snapshot; its writing methods raise PermissionError."""
        return cls(reader, None)

    @classmethod
    def writing(cls, writer: Writer) -> "SqlOfficeStore":
        """Return a store within a writing transaction."""
        return cls(writer, writer)

    def take_seq(self) -> int:
        """See sync.store.OfficeStore."""
        return self._write.take_seq()

    def tag_at(self, seq: int) -> bytes | None:
        """See sync.store.OfficeStore."""
        if seq == 0:
            return b""
        found = self._reader.query(
            "SELECT first_seq, tag FROM commits WHERE kabupaten = :kabupaten AND last_seq >= :seq"
            " ORDER BY last_seq LIMIT 1",
            {"seq": seq},
        )
        if found:
            return found[0][1] if found[0][0] <= seq else None
        if self._writer is not None and seq <= self._writer.last_seq():
            return self._writer.commit_tag()
        return None

    def records(self, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT id, body FROM records WHERE kabupaten = :kabupaten AND id IN :ids", {"ids": list(ids)}
        )
        return {name: _record.decode(body) for name, body in found}

    def put_records(self, records: Sequence[Record]) -> None:
        """See sync.store.OfficeStore."""
        if not records:
            return
        regency = self._reader.regency
        self._write.many(
            "INSERT INTO records (kabupaten, id, kind, seq, body)"
            " VALUES (:kabupaten, :id, :kind, :seq, :body)"
            " ON CONFLICT (kabupaten, id) DO UPDATE SET kind = excluded.kind, seq = excluded.seq,"
            " body = excluded.body",
            [(regency, record.id, record.kind, record.seq, encode(record)) for record in records],
        )
        put_projections(self._write, records)

    def changes(self, ids: Iterable[ChangeId]) -> dict[ChangeId, Change]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT id, device, outcome, received_ms, seq, waiting FROM changes"
            " WHERE kabupaten = :kabupaten AND outcome IS NOT NULL AND id IN :ids",
            {"ids": list(ids)},
        )
        return {row[0]: _change(row) for row in found}

    def put_changes(self, changes: Sequence[Change]) -> None:
        """See sync.store.OfficeStore."""
        regency = self._reader.regency
        rows = [
            (c.device, encode(c.outcome), c.received_ms, c.seq, c.waiting, regency, c.id) for c in changes
        ]
        stored = self._write.many(
            "UPDATE changes SET device = :device, outcome = :outcome, received_ms = :received_ms, seq = :seq,"
            " waiting = :waiting WHERE kabupaten = :kabupaten AND id = :id",
            rows,
        )
        if stored == len(rows):
            return
        # Where the content is not there (it was destroyed, say), the outcome makes the row.
        self._write.many(
            "INSERT INTO changes (device, outcome, received_ms, seq, waiting, kabupaten, id)"
            " VALUES (:device, :outcome, :received_ms, :seq, :waiting, :kabupaten, :id)"
            " ON CONFLICT (kabupaten, id) DO NOTHING",
            rows,
        )

    def waiting_on(self, names: Iterable[str]) -> list[Change]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT id, device, outcome, received_ms, seq, waiting FROM changes"
            " WHERE kabupaten = :kabupaten AND waiting <> '' AND waiting IN :names ORDER BY seq",
            {"names": list(names)},
        )
        return [_change(row) for row in found]

    def add_blob_refs(self, refs: Sequence[BlobRef]) -> None:
        """See sync.store.OfficeStore."""
        regency = self._reader.regency
        self._write.many(
            "INSERT INTO blob_refs (kabupaten, change, form, field, blob, device, visit, received)"
            " VALUES (:kabupaten, :change, :form, :field, :blob, :device, :visit, CASE WHEN EXISTS ("
            "SELECT 1 FROM blob_senders s WHERE s.kabupaten = :kabupaten AND s.blob = :blob"
            " AND s.device = :device) THEN 1 ELSE 0 END)"
            " ON CONFLICT (kabupaten, change, form, field, blob) DO NOTHING",
            [(regency, ref.change, ref.form, ref.field, ref.blob, ref.device, ref.visit) for ref in refs],
        )

    def wanted(self, device: DeviceId, limit: int) -> list[BlobId]:
        """See sync.store.OfficeStore. What another device sent is wanted from this one all the same."""
        found = self._reader.query(
            "SELECT DISTINCT blob FROM blob_refs WHERE kabupaten = :kabupaten AND device = :device"
            " AND received = 0 ORDER BY blob LIMIT :limit",
            {"device": device, "limit": limit},
        )
        return [row[0] for row in found]

    def blob_received(self, blob: BlobId, size_bytes: int, device: DeviceId, now_ms: int) -> None:
        """Note that a device sent these bytes, and that they rest, verified, in the blob store."""
        about = {"blob": blob, "device": device, "now_ms": now_ms}
        self._write.execute(
            "INSERT INTO blobs (kabupaten, blob, size_bytes, stored_ms)"
            " VALUES (:kabupaten, :blob, :size_bytes, :now_ms) ON CONFLICT (kabupaten, blob) DO NOTHING",
            {**about, "size_bytes": size_bytes},
        )
        self._write.execute(
            "INSERT INTO blob_senders (kabupaten, blob, device, received_ms)"
            " VALUES (:kabupaten, :blob, :device, :now_ms) ON CONFLICT (kabupaten, blob, device) DO NOTHING",
            about,
        )
        self._write.execute(
            "UPDATE blob_refs SET received = 1"
            " WHERE kabupaten = :kabupaten AND device = :device AND received = 0 AND blob = :blob",
            about,
        )


def _change(row: SqlRow) -> Change:
    name, device, outcome, received_ms, seq, waiting = row
    return Change(
        id=name,
        device=device,
        outcome=_outcome.decode(outcome),
        received_ms=received_ms,
        seq=seq,
        waiting=waiting,
    )
