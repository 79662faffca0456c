"""Likenesses of photos, and which are alike, in SQL. Rule: of what is destroyed nothing stays here."""

from collections.abc import Iterable, Sequence

from schemas.base import Data
from schemas.ids import BlobId
from server import likeness
from server.engine import Reader, Writer


class Place(Data, frozen=True, kw_only=True):
    """Where a photo stands that was not compared yet: its number in order of coming, its form and field."""

    number: int
    blob: BlobId
    form: str
    field: str


def to_compare(tx: Reader, limit: int) -> list[Place]:
    """Return photos that arrived and were not compared yet, the newest first."""
    # the row number as server/feed_store.py has it: the index holds it, and nothing else is read to sort
    found = tx.query(
        "SELECT rowid, blob, form, field FROM blob_refs WHERE kabupaten = :kabupaten"
        " AND received = 1 AND compared = 0 ORDER BY rowid DESC LIMIT :limit",
        {"limit": limit},
    )
    return [Place(number=row[0], blob=BlobId(row[1]), form=row[2], field=row[3]) for row in found]


def is_known(tx: Reader, blob: BlobId) -> bool:
    """Whether a photo has a likeness."""
    found = tx.query("SELECT 1 FROM likenesses WHERE kabupaten = :kabupaten AND blob = :blob", {"blob": blob})
    return bool(found)


def near(tx: Reader, likenesses: tuple[bytes, ...]) -> list[tuple[BlobId, int]]:
    """Return (photo, signs apart) of all photos that show the picture which has these likenesses."""
    found = tx.query(
        "SELECT blob, signs FROM likenesses WHERE kabupaten = :kabupaten AND number IN"
        " (SELECT number FROM likeness_bands WHERE kabupaten = :kabupaten AND band IN :bands)",
        {"bands": list(likeness.near(likenesses))},
    )
    measured = ((BlobId(blob), likeness.apart(likenesses, bytes(signs))) for blob, signs in found)
    return [(blob, apart) for blob, apart in measured if apart <= likeness.MOST_APART]


def compared(tx: Writer, places: Iterable[Place]) -> bool:
    """Note that these were compared; return whether any of them is still there."""
    touched = tx.many(
        "UPDATE blob_refs SET compared = 1 WHERE kabupaten = :kabupaten AND rowid = :number AND blob = :blob",
        [(tx.regency, each.number, each.blob) for each in places],
    )
    return touched > 0


def put(tx: Writer, blob: BlobId, signs: bytes, twins: Sequence[tuple[BlobId, int]]) -> None:
    """Keep a photo's likeness, and which photos it is alike to."""
    [(last,)] = tx.query("SELECT coalesce(max(number), 0) FROM likenesses WHERE kabupaten = :kabupaten")
    tx.execute(
        "INSERT INTO likenesses (kabupaten, number, blob, signs) VALUES (:kabupaten, :number, :blob, :signs)",
        {"number": last + 1, "blob": blob, "signs": signs},
    )
    tx.many(
        "INSERT INTO likeness_bands (kabupaten, band, number) VALUES (:kabupaten, :band, :number)",
        [(tx.regency, band, last + 1) for band in sorted(likeness.bands(signs))],
    )
    there = [(twin, apart) for twin, apart in twins if twin != blob and is_known(tx, twin)]
    tx.many(
        "INSERT INTO twins (kabupaten, blob, twin, distance) VALUES (:kabupaten, :blob, :twin, :distance)",
        [(tx.regency, *pair, apart) for twin, apart in there for pair in ((blob, twin), (twin, blob))],
    )


def forget(tx: Writer, blobs: Sequence[BlobId]) -> None:
    """Take away all that was made of these photos."""
    # one by one: SQLite goes through all photos rather than look for several
    found = [
        row
        for blob in blobs
        for row in tx.query(
            "SELECT number, signs FROM likenesses WHERE kabupaten = :kabupaten AND blob = :blob",
            {"blob": blob},
        )
    ]
    twins = [
        (tx.regency, twin, blob)
        for blob in blobs
        for (twin,) in tx.query(
            "SELECT twin FROM twins WHERE kabupaten = :kabupaten AND blob = :blob", {"blob": blob}
        )
    ]
    tx.many(
        "DELETE FROM likeness_bands WHERE kabupaten = :kabupaten AND band = :band AND number = :number",
        [(tx.regency, band, number) for number, signs in found for band in likeness.bands(bytes(signs))],
    )
    tx.many(
        "DELETE FROM twins WHERE kabupaten = :kabupaten AND blob = :blob AND twin = :twin",
        [*twins, *((regency, blob, twin) for regency, twin, blob in twins)],
    )
    for blob in blobs:
        tx.execute("DELETE FROM likenesses WHERE kabupaten = :kabupaten AND blob = :blob", {"blob": blob})
