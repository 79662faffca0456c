"""The office's store in SQL: `sync.store.OfficeStore` over one transaction of an engine.

Rule: set-wise. A batch of a thousand changes costs a handful of statements, and no dict is built for a row.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from schemas.base import encode
from schemas.ids import BlobId, ChangeId, DeviceId, RecordId
from schemas.wire import Outcome
from server import export_store, likeness_store, sealed_store, table_store
from server.engine import Reader, SqlRow, Writer
from server.projections import put_projections
from server.quarantine_store import WAITS
from server.standing_store import SqlStandings
from sync.losses import is_destroyed
from sync.store import DESTROYED, BlobRef, Change, Record, nobodys

_record = msgspec.msgpack.Decoder(Record)
_outcome = msgspec.msgpack.Decoder(Outcome)


class SqlOfficeStore(SqlStandings):
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
        newest = self._reader.query(
            "SELECT first_seq, last_seq, tag FROM kabupaten WHERE kabupaten = :kabupaten"
        )
        first, last, tag = newest[0] if newest else (0, 0, b"")
        if seq > last:
            is_own = self._writer is not None and seq <= self._writer.last_seq()
            return self._write.commit_tag() if is_own else None
        if seq >= first:
            return tag
        found = self._reader.query(
            "SELECT first_seq, tag FROM commits WHERE kabupaten = :kabupaten AND last_seq >= :seq"
            " ORDER BY last_seq LIMIT 1",
            {"seq": seq},
        )
        return found[0][1] if found and found[0][0] <= seq else None

    def commit_end(self, tag: bytes) -> int | None:
        """See sync.store.OfficeStore."""
        return self.commit_ends([tag]).get(tag)

    def commit_ends(self, tags: Iterable[bytes]) -> dict[bytes, int]:
        """See sync.store.OfficeStore. Who stands at the newest commit needs no look into the list of all."""
        newest = self._reader.query("SELECT tag, last_seq FROM kabupaten WHERE kabupaten = :kabupaten")
        ends: dict[bytes, int] = {**dict(newest), b"": 0}
        if older := [tag for tag in tags if tag not in ends]:
            ends |= dict(
                self._reader.query(
                    "SELECT tag, last_seq FROM commits WHERE kabupaten = :kabupaten AND tag IN :tags",
                    {"tags": older},
                )
            )
        return ends

    def commits(self, limit: int) -> list[tuple[int, bytes]]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT last_seq, tag FROM commits WHERE kabupaten = :kabupaten"
            " ORDER BY last_seq DESC LIMIT :limit",
            {"limit": limit},
        )
        return [(last_seq, tag) for last_seq, tag in reversed(found)]

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
        if gone := [record.id for record in records if is_destroyed(record)]:
            table_store.forget_destroyed(self._write, gone)
        # What kind of thing a record is never changes; so the index by kind is left alone.
        self._write.many(
            "INSERT INTO records (kabupaten, id, kind, seq, body)"
            " VALUES (:kabupaten, :id, :kind, :seq, :body)"
            " ON CONFLICT (kabupaten, id) DO UPDATE SET seq = excluded.seq, body = excluded.body",
            [(regency, record.id, record.kind, record.seq, encode(record)) for record in records],
        )
        put_projections(self._write, records)

    def changes(self, ids: Iterable[ChangeId]) -> dict[ChangeId, Change]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT id, device, counter, outcome, received_ms, seq, waiting FROM changes"
            " WHERE kabupaten = :kabupaten AND id IN :ids",
            {"ids": list(ids)},
        )
        return {row[0]: _change(row) for row in found}

    def put_changes(self, changes: Sequence[Change], contents: Mapping[ChangeId, bytes]) -> None:
        """See sync.store.OfficeStore."""
        regency = self._reader.regency
        self._write.many(
            "INSERT INTO changes (kabupaten, id, device, counter, outcome, received_ms, seq, waiting, raw)"
            " VALUES (:kabupaten, :id, :device, :counter, :outcome, :received_ms, :seq, :waiting, :raw)"
            " ON CONFLICT (kabupaten, id) DO UPDATE SET device = excluded.device,"
            " counter = excluded.counter, outcome = excluded.outcome, received_ms = excluded.received_ms,"
            " seq = excluded.seq, waiting = excluded.waiting, raw = coalesce(changes.raw, excluded.raw)",
            [
                (
                    regency,
                    one.id,
                    one.device,
                    one.counter,
                    encode(one.outcome),
                    one.received_ms,
                    one.seq,
                    one.waiting,
                    contents.get(one.id),
                )
                for one in changes
            ],
        )
        sealed_store.index(self._write, contents)

    def waiting_on(self, names: Iterable[str]) -> list[Change]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT id, device, counter, outcome, received_ms, seq, waiting FROM changes"
            # in no order that an index over all of the log has: it would be gone through
            " WHERE kabupaten = :kabupaten AND waiting <> '' AND waiting IN :names ORDER BY +seq",
            {"names": list(names)},
        )
        return [_change(row) for row in found]

    def waiting_of(self, device: DeviceId) -> list[Change]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT id, device, counter, outcome, received_ms, seq, waiting FROM changes"  # noqa: S608 - ours
            f" WHERE kabupaten = :kabupaten AND {WAITS} AND device = :device ORDER BY +seq",
            {"device": device},
        )
        return [_change(row) for row in found]

    def tell(self, device: DeviceId, changes: Sequence[ChangeId]) -> None:
        """See sync.store.OfficeStore."""
        regency = self._reader.regency
        self._write.many(
            "INSERT INTO news (kabupaten, device, seq, change) VALUES (:kabupaten, :device, :seq, :change)",
            [(regency, device, self.take_seq(), change) for change in changes],
        )

    def newest_changes(self, device: DeviceId, limit: int) -> list[ChangeId]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT change FROM links WHERE kabupaten = :kabupaten AND device = :device"
            " ORDER BY counter DESC, hash DESC LIMIT :limit",
            {"device": device, "limit": limit},
        )
        return list(dict.fromkeys(ChangeId(row[0]) for row in found))

    def destroy(self, changes: Sequence[ChangeId], blobs: Sequence[BlobId]) -> None:
        """See sync.store.OfficeStore."""
        there = self.changes(changes)
        gone = [replace(there.get(name, nobodys(name)), outcome=DESTROYED, waiting="") for name in changes]
        self.put_changes(gone, {})
        named = {"changes": list(changes), "blobs": list(blobs)}
        self._write.execute(
            "UPDATE changes SET raw = NULL WHERE kabupaten = :kabupaten AND id IN :changes", named
        )
        self._write.execute(
            "DELETE FROM blob_refs WHERE kabupaten = :kabupaten AND change IN :changes", named
        )
        for blob in blobs:  # one by one: SQLite goes through all photos rather than look for several
            for table in ("blob_refs", "camera_shots"):
                self._write.execute(
                    f"DELETE FROM {table}"  # noqa: S608 - ours
                    " WHERE kabupaten = :kabupaten AND blob = :blob AND blob <> ''",
                    {"blob": blob},
                )
        self._write.execute("DELETE FROM blobs WHERE kabupaten = :kabupaten AND blob IN :blobs", named)
        self._write.execute("DELETE FROM thumbnails WHERE kabupaten = :kabupaten AND blob IN :blobs", named)
        likeness_store.forget(self._write, blobs)
        sealed_store.forget(self._write, changes)
        export_store.drop_all(self._write)  # any of the files that wait may tell of what is destroyed
        self._write.many(
            "INSERT INTO destroyed_blobs (kabupaten, blob) VALUES (:kabupaten, :blob)"
            " ON CONFLICT (kabupaten, blob) DO NOTHING",
            [(self._reader.regency, blob) for blob in blobs],
        )
        for change in gone:
            if change.device:
                self.tell(change.device, [change.id])

    def is_destroyed(self, blob: BlobId) -> bool:
        """Say whether these bytes must not come back."""
        found = self._reader.query(
            "SELECT 1 FROM destroyed_blobs WHERE kabupaten = :kabupaten AND blob = :blob", {"blob": blob}
        )
        return bool(found)

    def add_blob_refs(self, refs: Sequence[BlobRef]) -> None:
        """See sync.store.OfficeStore."""
        regency = self._reader.regency
        self._write.many(
            "INSERT INTO blob_refs (kabupaten, change, form, field, blob, device, visit, received)"
            " SELECT :kabupaten, :change, :form, :field, :blob, :device, :visit, CASE WHEN EXISTS ("
            "SELECT 1 FROM blob_senders s WHERE s.kabupaten = :kabupaten AND s.blob = :blob"
            " AND s.device = :device) THEN 1 ELSE 0 END WHERE NOT EXISTS ("
            "SELECT 1 FROM destroyed_blobs d WHERE d.kabupaten = :kabupaten AND d.blob = :blob)"
            " ON CONFLICT (kabupaten, change, form, field, blob) DO NOTHING",
            [(regency, ref.change, ref.form, ref.field, ref.blob, ref.device, ref.visit) for ref in refs],
        )

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
    name, device, counter, outcome, received_ms, seq, waiting = row
    return Change(
        id=name,
        device=device,
        counter=counter,
        outcome=_outcome.decode(outcome),
        received_ms=received_ms,
        seq=seq,
        waiting=waiting,
    )
