"""Rows about backups: plan, media, verified copies, tries. Rule: one function a query."""

import msgspec

from schemas.base import Data
from schemas.ids import BlobId
from server.backups.medium import Trouble
from server.engine import Reader, SqlRow, Writer

COPY, STREAM = "salinan", "aliran"
_trouble = msgspec.json.Decoder(Trouble | None)
KEPT_ROWS = 60
"""Verified copies of one medium that are remembered; the medium itself keeps fewer."""


class Plan(Data, frozen=True, kw_only=True):
    """What the server does by itself: copy to these places every so often, keep so many, stream to one."""

    copies: tuple[str, ...] = ()
    stream: str = ""
    every_ms: int = 24 * 3_600_000
    keep: int = 7


class Copy(Data, frozen=True, kw_only=True):
    """A verified copy on a medium. Times are UTC ms; `links` and `senders` see server/feed_store.py."""

    medium: str
    path: str
    disk: str
    beside_data: bool
    number: int
    begun_ms: int
    verified_ms: int
    last_seq: int
    tag: bytes
    links: int
    senders: int
    size_bytes: int
    blobs: int
    problem: str = ""


class Try(Data, frozen=True, kw_only=True):
    """How the last try at a place ended; without trouble it was a success."""

    path: str
    at_ms: int
    trouble: Trouble | None


def plan(reader: Reader) -> Plan:
    """Return what was planned."""
    rows = reader.query(
        "SELECT job, path, every_ms, keep FROM backup_plan WHERE kabupaten = :kabupaten ORDER BY path"
    )
    copies = tuple(row[1] for row in rows if row[0] == COPY)
    stream = next((row[1] for row in rows if row[0] == STREAM), "")
    if not rows:
        return Plan()
    return Plan(copies=copies, stream=stream, every_ms=rows[0][2], keep=rows[0][3])


def put_plan(writer: Writer, new: Plan) -> None:
    """Replace the plan."""
    writer.execute("DELETE FROM backup_plan WHERE kabupaten = :kabupaten")
    places = [(COPY, path) for path in new.copies] + [(STREAM, new.stream)] * bool(new.stream)
    writer.many(
        "INSERT INTO backup_plan (kabupaten, job, path, every_ms, keep)"
        " VALUES (:kabupaten, :job, :path, :every_ms, :keep)",
        [(writer.regency, job, path, new.every_ms, new.keep) for job, path in places],
    )


def add_copy(writer: Writer, new: Copy) -> None:
    """Note a copy that was verified, and where its medium was found."""
    writer.many(
        "INSERT INTO backup_media (kabupaten, medium, path, disk, beside_data)"
        " VALUES (:kabupaten, :medium, :path, :disk, :beside_data) ON CONFLICT (kabupaten, medium)"
        " DO UPDATE SET path = excluded.path, disk = excluded.disk, beside_data = excluded.beside_data",
        [(writer.regency, new.medium, new.path, new.disk, int(new.beside_data))],
    )
    writer.many(
        "INSERT INTO backups (kabupaten, medium, number, begun_ms, verified_ms, last_seq, tag, links,"
        " senders, size_bytes, blobs, problem) VALUES (:kabupaten, :medium, :number, :begun_ms, :verified_ms,"
        " :last_seq, :tag, :links, :senders, :size_bytes, :blobs, :problem)"
        " ON CONFLICT (kabupaten, medium, number) DO NOTHING",
        [
            (
                writer.regency, new.medium, new.number, new.begun_ms, new.verified_ms, new.last_seq, new.tag,
                new.links, new.senders, new.size_bytes, new.blobs, new.problem,
            )
        ],
    )  # fmt: skip
    writer.execute(
        "DELETE FROM backups WHERE kabupaten = :kabupaten AND medium = :medium AND number <= :number",
        {"medium": new.medium, "number": new.number - KEPT_ROWS},
    )


def newest_copies(reader: Reader) -> list[Copy]:
    """Return the newest verified copy of each medium, the freshest first."""
    return [_copy(row) for row in reader.query(_NEWEST)]


def last_number(reader: Reader, medium: str) -> int:
    """Return the number of the newest verified copy of a medium that is remembered, 0 without any."""
    said = "SELECT coalesce(max(number), 0) FROM backups WHERE kabupaten = :kabupaten AND medium = :medium"
    return int(reader.query(said, {"medium": medium})[0][0])


def all_copies(reader: Reader) -> list[Copy]:
    """Return every verified copy that is remembered, newest first."""
    return [_copy(row) for row in reader.query(_COPIES + " ORDER BY b.verified_ms DESC, b.number DESC")]


def put_try(writer: Writer, tried: Try) -> None:
    """Note how a try ended."""
    writer.many(
        "INSERT INTO backup_tries (kabupaten, path, at_ms, problem)"
        " VALUES (:kabupaten, :path, :at_ms, :problem) ON CONFLICT (kabupaten, path)"
        " DO UPDATE SET at_ms = excluded.at_ms, problem = excluded.problem",
        [(writer.regency, tried.path, tried.at_ms, msgspec.json.encode(tried.trouble).decode())],
    )


def tries(reader: Reader) -> dict[str, Try]:
    """Return how the last try at each place ended."""
    rows = reader.query("SELECT path, at_ms, problem FROM backup_tries WHERE kabupaten = :kabupaten")
    return {path: Try(path=path, at_ms=at_ms, trouble=_trouble.decode(said)) for path, at_ms, said in rows}


def blobs(reader: Reader) -> list[tuple[BlobId, int]]:
    """Return every blob that the office says it holds, with its size in bytes."""
    rows = reader.query("SELECT blob, size_bytes FROM blobs WHERE kabupaten = :kabupaten ORDER BY blob")
    return [(BlobId(blob), int(size)) for blob, size in rows]


def is_held(reader: Reader, blob: BlobId) -> bool:
    """Say whether the office says it holds a blob."""
    return bool(
        reader.query("SELECT 1 FROM blobs WHERE kabupaten = :kabupaten AND blob = :blob", {"blob": blob})
    )


def destroyed_blobs(reader: Reader) -> list[BlobId]:
    """Return the blobs that were destroyed, and must be on no medium."""
    rows = reader.query("SELECT blob FROM destroyed_blobs WHERE kabupaten = :kabupaten ORDER BY blob")
    return [BlobId(row[0]) for row in rows]


def counts(reader: Reader) -> dict[str, int]:
    """Return how many links, changes and blobs there are."""
    [row] = reader.query(
        "SELECT (SELECT count(*) FROM links WHERE kabupaten = :kabupaten),"
        " (SELECT count(*) FROM changes WHERE kabupaten = :kabupaten),"
        " (SELECT count(*) FROM blobs WHERE kabupaten = :kabupaten)"
    )
    return dict(zip(("links", "changes", "blobs"), map(int, row), strict=True))


_COPIES = (
    "SELECT b.medium, m.path, m.disk, m.beside_data, b.number, b.begun_ms, b.verified_ms, b.last_seq, b.tag,"
    " b.links, b.senders, b.size_bytes, b.blobs, b.problem FROM backups b"
    " JOIN backup_media m ON m.kabupaten = b.kabupaten AND m.medium = b.medium"
    " WHERE b.kabupaten = :kabupaten"
)
_NEWEST = (
    _COPIES  # noqa: S608 - all of it stands here
    + " AND b.number = (SELECT max(o.number) FROM backups o WHERE o.kabupaten = b.kabupaten"
    " AND o.medium = b.medium) ORDER BY b.verified_ms DESC, b.medium"
)


def _copy(row: SqlRow) -> Copy:
    (
        medium, path, disk, beside_data, number, begun_ms, verified_ms, last_seq, tag,
        links, senders, size_bytes, blob_count, problem,
    ) = row  # fmt: skip
    return Copy(
        medium=medium,
        path=path,
        disk=disk,
        beside_data=bool(beside_data),
        number=number,
        begun_ms=begun_ms,
        verified_ms=verified_ms,
        last_seq=last_seq,
        tag=tag,
        links=links,
        senders=senders,
        size_bytes=size_bytes,
        blobs=blob_count,
        problem=problem,
    )
