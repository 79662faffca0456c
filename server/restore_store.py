"""Rows about a restore: when, from what, and what has not come back. Rule: what came back is not listed."""

from collections.abc import Iterable, Sequence

from schemas.base import Data
from schemas.ids import NO_LINK, BlobId, DeviceId
from server.engine import Reader, Writer, one
from sync.store import Entry


class Restore(Data, frozen=True, kw_only=True):
    """When this office was restored, and from which copy; times are UTC ms. `replayed`: changes from logs."""

    at_ms: int
    medium: str
    number: int
    begun_ms: int
    last_seq: int
    replayed: int


class Missing(Data, frozen=True, kw_only=True):
    """What has not come back since the last restore.

    `phones` have not logged in since; `heads` are links of the office's own chain that phones were shown;
    `blobs` were known and on no medium, and are asked for again.
    """

    phones: list[DeviceId]
    blobs: int
    heads: int

    @property
    def is_empty(self) -> bool:
        """Whether all has come back that is known to be missing."""
        return not (self.phones or self.blobs or self.heads)


LOGINS = (
    "tokens",
    "sessions",
    "half_logins",
    "nonces",
    "enrolments",
    "login_tries",
    "failed_calls",
    "uploads",
)
"""Tables that a restored office begins empty: what opened a door then opens none now."""


def begin(writer: Writer) -> None:
    """Empty what must not come back from an older state, and forget what an earlier restore missed."""
    for table in (*LOGINS, "restored_devices", "restored_blobs", "seen_heads"):
        writer.execute(f"DELETE FROM {table} WHERE kabupaten = :kabupaten")  # noqa: S608 - our own names
    # whose second step is younger than the copy has none now: they set it up anew before anything else
    writer.execute(
        "INSERT INTO factor_graces (kabupaten, person, since_ms)"
        " SELECT kabupaten, person, 0 FROM accounts WHERE kabupaten = :kabupaten"
        " ON CONFLICT (kabupaten, person) DO UPDATE SET since_ms = 0"
    )


def add_restore(writer: Writer, new: Restore) -> None:
    """Note a restore, and each phone that is to come back."""
    writer.many(
        "INSERT INTO restores (kabupaten, at_ms, medium, number, begun_ms, last_seq, replayed)"
        " VALUES (:kabupaten, :at_ms, :medium, :number, :begun_ms, :last_seq, :replayed)",
        [(writer.regency, new.at_ms, new.medium, new.number, new.begun_ms, new.last_seq, new.replayed)],
    )
    writer.execute(
        "INSERT INTO restored_devices (kabupaten, device, counter, hash, returned_ms)"
        " SELECT d.kabupaten, d.device, coalesce(max(t.counter), 0), coalesce(t.hash, :none), NULL"
        " FROM devices d LEFT JOIN tips t ON t.kabupaten = d.kabupaten AND t.device = d.device"
        " WHERE d.kabupaten = :kabupaten AND d.revoked_ms IS NULL GROUP BY d.kabupaten, d.device",
        {"none": NO_LINK},
    )


def lose_blobs(writer: Writer, blobs: Sequence[BlobId]) -> None:
    """Note blobs that are in no file: they count as not received, so that their phones are asked again."""
    regency = writer.regency
    for table in ("blobs", "blob_senders"):
        writer.many(
            f"DELETE FROM {table} WHERE kabupaten = :kabupaten AND blob = :blob",  # noqa: S608 - our own names
            [(regency, blob) for blob in blobs],
        )
    writer.many(
        "UPDATE blob_refs SET received = 0 WHERE kabupaten = :kabupaten AND blob = :blob",
        [(regency, blob) for blob in blobs],
    )
    writer.many(
        "INSERT INTO restored_blobs (kabupaten, blob) VALUES (:kabupaten, :blob)"
        " ON CONFLICT (kabupaten, blob) DO NOTHING",
        [(regency, blob) for blob in blobs],
    )


def last_restore(reader: Reader) -> Restore | None:
    """Return the newest restore of this office, if it was ever restored."""
    row = one(
        reader.query(
            "SELECT at_ms, medium, number, begun_ms, last_seq, replayed FROM restores"
            " WHERE kabupaten = :kabupaten ORDER BY at_ms DESC LIMIT 1"
        )
    )
    if row is None:
        return None
    at_ms, medium, number, begun_ms, last_seq, replayed = row
    return Restore(
        at_ms=at_ms, medium=medium, number=number, begun_ms=begun_ms, last_seq=last_seq, replayed=replayed
    )


def missing(reader: Reader, office: DeviceId) -> Missing:
    """Return what has not come back; `office` is the id of its own chain."""
    phones = reader.query(
        "SELECT r.device FROM restored_devices r JOIN devices d ON d.kabupaten = r.kabupaten"
        " AND d.device = r.device WHERE r.kabupaten = :kabupaten AND r.returned_ms IS NULL"
        " AND d.revoked_ms IS NULL ORDER BY r.device"
    )
    [(blobs,)] = reader.query(
        "SELECT count(*) FROM restored_blobs r WHERE r.kabupaten = :kabupaten AND NOT EXISTS"
        " (SELECT 1 FROM blobs b WHERE b.kabupaten = r.kabupaten AND b.blob = r.blob)"
        " AND NOT EXISTS (SELECT 1 FROM destroyed_blobs d WHERE d.kabupaten = r.kabupaten"
        " AND d.blob = r.blob)"
    )
    [(heads,)] = reader.query(
        "SELECT count(*) FROM seen_heads WHERE kabupaten = :kabupaten AND head NOT IN"
        " (SELECT hash FROM links WHERE kabupaten = :kabupaten AND device = :office)",
        {"office": office},
    )
    return Missing(phones=[DeviceId(row[0]) for row in phones], blobs=int(blobs), heads=int(heads))


def known_counters(reader: Reader) -> dict[DeviceId, int]:
    """Return up to which link each phone's chain was there when the office was restored."""
    rows = reader.query("SELECT device, counter FROM restored_devices WHERE kabupaten = :kabupaten")
    return {DeviceId(device): int(counter) for device, counter in rows}


def note_return(writer: Writer, device: DeviceId, now_ms: int) -> None:
    """Note that a phone has logged in since the restore."""
    writer.execute(
        "UPDATE restored_devices SET returned_ms = :now_ms"
        " WHERE kabupaten = :kabupaten AND device = :device AND returned_ms IS NULL",
        {"device": device, "now_ms": now_ms},
    )


def note_heads(writer: Writer, run: Iterable[Entry], now_ms: int) -> None:
    """Keep which links of the office's chain a phone names; whether they are here is asked later."""
    seen = {entry.link.seen: entry.link.device for entry in run if entry.link.seen != NO_LINK}
    writer.many(
        "INSERT INTO seen_heads (kabupaten, head, device, at_ms) VALUES (:kabupaten, :head, :device, :at_ms)"
        " ON CONFLICT (kabupaten, head) DO NOTHING",
        [(writer.regency, head, device, now_ms) for head, device in seen.items()],
    )
