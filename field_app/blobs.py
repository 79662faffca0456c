"""Photo and signature bytes in the vault, and how far each is on its way. Rule: `diterima` only after a
receipt.

`lokal` is on the phone only; `terkirim` means every byte went but the office's receipt was not seen;
`diterima` is the office's word that it verified the whole. A blob that the office asks for again is
`lokal` again; one whose visit the office has lost is `terkirim` until it gives a new receipt. One whose
bytes are `gone` from this phone is never sent: either the office holds it (`dilupakan`), or nobody does
(`hilang`).
"""

from collections.abc import Iterable, Sequence

import sqlcipher3.dbapi2 as sqlcipher

from field_app.vault import Vault
from schemas.base import Data
from schemas.ids import BlobId

LOKAL, TERKIRIM, DITERIMA = "lokal", "terkirim", "diterima"
FORGOTTEN, LOST = "dilupakan", "hilang"


class Stored(Data, frozen=True, kw_only=True):
    """One blob but for its bytes. `sent_bytes` is what the office last said it holds of it, `handed_ms` when
    it was last written into a hand-over file (UTC ms).
    """

    id: BlobId
    size_bytes: int
    media_type: str
    state: str
    sent_bytes: int
    upload_url: str
    problem: str
    gone: str = ""
    handed_ms: int | None = None


def put_blob(
    connection: sqlcipher.Connection, blob: BlobId, data: bytes, media_type: str, thumbnail: bytes
) -> None:
    """Keep the bytes, once for each content."""
    connection.execute(
        "INSERT OR IGNORE INTO blobs (id, size_bytes, media_type) VALUES (?, ?, ?)",
        (blob, len(data), media_type),
    )
    connection.execute(
        "INSERT OR IGNORE INTO blob_bytes (id, thumbnail, bytes) VALUES (?, ?, ?)", (blob, thumbnail, data)
    )


def mark_wanted(connection: sqlcipher.Connection, wanted: Iterable[BlobId]) -> None:
    """Believe the office that it lacks these: they will be sent (again), or are lost if they cannot be."""
    connection.executemany(
        "UPDATE blobs SET state = 'lokal', sent_bytes = 0, upload_url = '',"
        " gone = CASE gone WHEN 'dilupakan' THEN 'hilang' ELSE gone END WHERE id = ? AND state <> 'lokal'",
        [(blob,) for blob in wanted],
    )


def doubt_receipts(connection: sqlcipher.Connection, beyond: int) -> None:
    """Take back the receipts of what was named beyond this place of the chain: the office lost that, and
    perhaps the bytes with it.
    """
    connection.execute(
        "UPDATE blobs SET state = 'terkirim', upload_url = '' WHERE state = 'diterima' AND gone = ''"
        " AND id IN (SELECT blob FROM photos JOIN drafts ON drafts.id = photos.draft"
        " JOIN links USING (change)"
        " WHERE named AND counter > ?)",
        (beyond,),
    )


def mark_received(connection: sqlcipher.Connection, received: Iterable[BlobId]) -> int:
    """Believe the office's receipts; return how many of them were news."""
    told = connection.executemany(
        "UPDATE blobs SET state = 'diterima', sent_bytes = size_bytes, upload_url = '', problem = ''"
        " WHERE id = ? AND state <> 'diterima'",
        [(blob,) for blob in received],
    )
    return max(0, told.rowcount)


STORED = "SELECT id, size_bytes, media_type, state, sent_bytes, upload_url, problem, handed_ms, gone FROM"
BY_ID = STORED + " blobs WHERE id = ?"
UNSENT = (
    STORED  # noqa: S608 - our own columns
    + " ("
    " SELECT blobs.*, (SELECT min(links.counter) FROM photos JOIN drafts ON drafts.id = photos.draft"
    "  JOIN links USING (change) WHERE photos.blob = blobs.id AND photos.named) AS place"
    " FROM blobs WHERE state <> 'diterima' AND gone = ''"
    ") WHERE place IS NOT NULL"
    " ORDER BY problem NOT IN ('', 'lapangan.sambungan_putus', 'lapangan.tanpa_jaringan'),"
    " place, size_bytes, number"
)


class Blobs:
    """The blobs of one vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def read(self, blob: BlobId) -> bytes:
        """Return the bytes. Raises LookupError for a blob that is not there."""
        return self._one("SELECT bytes FROM blob_bytes WHERE id = ?", blob)

    def thumbnail(self, blob: BlobId) -> bytes:
        """Return the small JPEG; empty for what has none. Raises LookupError."""
        return self._one("SELECT thumbnail FROM blob_bytes WHERE id = ?", blob)

    def of(self, blobs: Iterable[BlobId]) -> dict[BlobId, Stored]:
        """Return those of these blobs that are there."""
        found = [item for blob in set(blobs) for item in self._select(BY_ID, (blob,))]
        return {item.id: item for item in found}

    def unsent(self) -> list[Stored]:
        """Return the blobs of finalised visits that lack the office's receipt: those of the visit that was
        finalised first, the small ones before the large; what failed by itself goes after the others.
        """
        return self._select(UNSENT, ())

    def count_lost(self) -> int:
        """Count the photos of finalised visits that neither the office holds nor this phone can send."""
        with self._vault.read() as connection:
            asked = (
                "SELECT count(*) FROM blobs WHERE gone = 'hilang' AND state <> 'diterima' AND EXISTS"
                " (SELECT 1 FROM photos JOIN drafts ON drafts.id = photos.draft"
                "  WHERE photos.blob = blobs.id AND named AND change IS NOT NULL)"
            )
            return connection.execute(asked).fetchone()[0]

    def lose(self, blob: BlobId, problem: str) -> None:
        """Note that the bytes here are not what their name says, and can never be sent."""
        with self._vault.write() as connection:
            connection.execute("UPDATE blobs SET gone = 'hilang', problem = ? WHERE id = ?", (problem, blob))
            connection.execute("UPDATE blob_bytes SET bytes = x'' WHERE id = ?", (blob,))

    def progress(
        self, blob: BlobId, *, state: str = LOKAL, sent_bytes: int, upload_url: str, problem: str = ""
    ) -> None:
        """Remember how far a blob is."""
        with self._vault.write() as connection:
            connection.execute(
                "UPDATE blobs SET state = ?, sent_bytes = ?, upload_url = ?, problem = ? WHERE id = ?",
                (state, sent_bytes, upload_url, problem, blob),
            )

    def _one(self, query: str, blob: BlobId) -> bytes:
        with self._vault.read() as connection:
            found = connection.execute(query, (blob,)).fetchone()
        if found is None:
            raise LookupError("no such blob")
        return found[0]

    def _select(self, query: str, values: Sequence[str]) -> list[Stored]:
        with self._vault.read() as connection:
            found = connection.execute(query, values).fetchall()
        return [
            Stored(
                id=BlobId(blob),
                size_bytes=size_bytes,
                media_type=media_type,
                state=state,
                sent_bytes=sent_bytes,
                upload_url=upload_url,
                problem=problem,
                handed_ms=handed_ms,
                gone=gone,
            )
            for (
                blob,
                size_bytes,
                media_type,
                state,
                sent_bytes,
                upload_url,
                problem,
                handed_ms,
                gone,
            ) in found
        ]
