"""Rows of hand-over files that were taken in. Rule: one function a query; what they brought is elsewhere."""

from schemas.base import Data, decode, encode
from schemas.handover import Question
from schemas.ids import BlobId, DeviceId, PersonId
from server.engine import Reader, SqlRow, Writer, one

MOST_LISTED = 50


class Handover(Data, frozen=True, kw_only=True):
    """A file as it was last taken in: by whom and when (UTC ms), and how much of it was new the first time.

    `number` and `made_ms` are what the phone says. `data` are versions of visits, and
    of files from before those were counted, changes of any kind.
    """

    device: DeviceId
    file: bytes
    number: int
    made_ms: int
    taken_ms: int
    taken_by: PersonId
    data: int
    photos: int


_HANDOVER = "SELECT device, file, number, made_ms, taken_ms, taken_by, changes, photos FROM handovers"


def put_handover(writer: Writer, new: Handover, question: Question) -> None:
    """Note that a file was taken in; taken again, it keeps what was new in it and gets the new time."""
    row = (
        writer.regency,
        new.device,
        new.file,
        new.number,
        new.made_ms,
        new.taken_ms,
        new.taken_by,
        new.data,
        new.photos,
        encode(question),
    )
    writer.many(
        "INSERT INTO handovers (kabupaten, device, file, number, made_ms, taken_ms, taken_by, changes,"
        " photos, question) VALUES (:kabupaten, :device, :file, :number, :made_ms, :taken_ms, :taken_by,"
        " :changes, :photos, :question) ON CONFLICT (kabupaten, device, file) DO UPDATE SET"
        " taken_ms = excluded.taken_ms, taken_by = excluded.taken_by,"
        " changes = changes + excluded.changes, photos = photos + excluded.photos",
        [row],
    )


def newest(reader: Reader) -> list[Handover]:
    """Return the files that were taken in last, newest first: up to one more than are listed."""
    found = reader.query(
        _HANDOVER + " WHERE kabupaten = :kabupaten ORDER BY taken_ms DESC, device, file LIMIT :limit",
        {"limit": MOST_LISTED + 1},
    )
    return [_handover(row) for row in found]


def question_of(reader: Reader, device: DeviceId, file: bytes | None) -> tuple[bytes, Question] | None:
    """Return a device's file and what it asked: this one, or that which was taken in last."""
    row = one(
        reader.query(
            "SELECT file, question FROM handovers WHERE kabupaten = :kabupaten AND device = :device"
            " AND (:file IS NULL OR file = :file) ORDER BY +taken_ms DESC, number DESC LIMIT 1",
            {"device": device, "file": file},
        )
    )
    return (row[0], decode(row[1], Question)) if row else None


def receipts(reader: Reader, device: DeviceId) -> list[BlobId]:
    """Return the blobs that this device sent and that the office holds; one that is wanted again is none."""
    found = reader.query(
        "SELECT s.blob FROM blob_senders s WHERE s.kabupaten = :kabupaten AND s.device = :device"
        " AND NOT EXISTS (SELECT 1 FROM blob_refs r WHERE r.kabupaten = s.kabupaten AND r.blob = s.blob"
        " AND r.device = s.device AND r.received = 0) ORDER BY s.blob",
        {"device": device},
    )
    return [BlobId(blob) for (blob,) in found]


def _handover(row: SqlRow) -> Handover:
    device, file, number, made_ms, taken_ms, taken_by, data, photos = row
    return Handover(
        device=device,
        file=file,
        number=number,
        made_ms=made_ms,
        taken_ms=taken_ms,
        taken_by=taken_by,
        data=data,
        photos=photos,
    )
