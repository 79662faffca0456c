"""Rows of uploads that are under way. Rule: one function a query; how far each is stands in its part file."""

from schemas.base import Data
from schemas.ids import BlobId, DeviceId
from server.engine import Reader, SqlRow, Writer, one


class Upload(Data, frozen=True, kw_only=True):
    """One upload: whose it is, what it is to be, until when it may rest (UTC ms)."""

    id: str
    device: DeviceId
    blob: BlobId
    size_bytes: int
    metadata: str
    expires_ms: int
    done: bool


_UPLOAD = "SELECT upload, device, blob, size_bytes, metadata, expires_ms, done FROM uploads"


def upload(reader: Reader, name: str) -> Upload | None:
    """Return one upload."""
    row = one(reader.query(_UPLOAD + " WHERE kabupaten = :kabupaten AND upload = :upload", {"upload": name}))
    return _upload(row) if row else None


def uploads(reader: Reader) -> list[Upload]:
    """Return all uploads."""
    return [_upload(row) for row in reader.query(_UPLOAD + " WHERE kabupaten = :kabupaten")]


def unfinished(reader: Reader, device: DeviceId) -> list[Upload]:
    """Return what a device has begun and not finished."""
    found = reader.query(
        _UPLOAD + " WHERE kabupaten = :kabupaten AND device = :device AND done = 0", {"device": device}
    )
    return [_upload(row) for row in found]


def finished(reader: Reader, device: DeviceId, blob: BlobId) -> Upload | None:
    """Return an upload by which a device has sent a blob."""
    row = one(
        reader.query(
            _UPLOAD + " WHERE kabupaten = :kabupaten AND device = :device AND done = 1 AND blob = :blob",
            {"device": device, "blob": blob},
        )
    )
    return _upload(row) if row else None


def is_named(reader: Reader, device: DeviceId, blob: BlobId) -> bool:
    """Return whether a change of this device names a blob."""
    found = reader.query(
        "SELECT 1 FROM blob_refs WHERE kabupaten = :kabupaten AND blob = :blob AND device = :device LIMIT 1",
        {"device": device, "blob": blob},
    )
    return bool(found)


def unnamed_bytes(reader: Reader, device: DeviceId) -> int:
    """Return how many bytes a device has sent, whole, that none of its changes names."""
    found = reader.query(
        "SELECT coalesce(sum(b.size_bytes), 0) FROM blob_senders s"
        " JOIN blobs b ON b.kabupaten = s.kabupaten AND b.blob = s.blob"
        " WHERE s.kabupaten = :kabupaten AND s.device = :device AND NOT EXISTS ("
        "SELECT 1 FROM blob_refs r WHERE r.kabupaten = s.kabupaten AND r.blob = s.blob"
        " AND r.device = s.device)",
        {"device": device},
    )
    return int(found[0][0])


def expired(reader: Reader, now_ms: int) -> list[Upload]:
    """Return the uploads whose time is over."""
    found = reader.query(
        _UPLOAD + " WHERE kabupaten = :kabupaten AND expires_ms <= :now_ms", {"now_ms": now_ms}
    )
    return [_upload(row) for row in found]


def put_upload(writer: Writer, upload: Upload) -> None:
    """Store an upload; of one that is there already, only whether it is done."""
    row = (
        writer.regency,
        upload.id,
        upload.device,
        upload.blob,
        upload.size_bytes,
        upload.metadata,
        upload.expires_ms,
        1 if upload.done else 0,
    )
    writer.many(
        "INSERT INTO uploads (kabupaten, upload, device, blob, size_bytes, metadata, expires_ms, done)"
        " VALUES (:kabupaten, :upload, :device, :blob, :size_bytes, :metadata, :expires_ms, :done)"
        " ON CONFLICT (kabupaten, upload) DO UPDATE SET done = excluded.done",
        [row],
    )


def remove_upload(writer: Writer, name: str) -> None:
    """Forget an upload."""
    writer.execute("DELETE FROM uploads WHERE kabupaten = :kabupaten AND upload = :upload", {"upload": name})


def was_sent_by(reader: Reader, blob: BlobId, device: DeviceId) -> int | None:
    """Return the size of a blob that this very device sent before."""
    row = one(
        reader.query(
            "SELECT b.size_bytes FROM blob_senders s"
            " JOIN blobs b ON b.kabupaten = s.kabupaten AND b.blob = s.blob"
            " WHERE s.kabupaten = :kabupaten AND s.blob = :blob AND s.device = :device",
            {"blob": blob, "device": device},
        )
    )
    return int(row[0]) if row else None


def _upload(row: SqlRow) -> Upload:
    name, device, blob, size_bytes, metadata, expires_ms, done = row
    return Upload(
        id=name,
        device=device,
        blob=blob,
        size_bytes=size_bytes,
        metadata=metadata,
        expires_ms=expires_ms,
        done=bool(done),
    )
