"""Which certificate authority of the office counts, in SQL. Rule: one function a query."""

from server.engine import Reader, Writer


def counting(tx: Reader) -> bytes | None:
    """Return the SHA-256 of the authority that counts; None where none was ever noted."""
    found = tx.query("SELECT fingerprint FROM authority WHERE kabupaten = :kabupaten")
    return bytes(found[0][0]) if found else None


def put(tx: Writer, fingerprint: bytes, now_ms: int) -> None:
    """Have an authority count from now on (UTC ms), in place of the one before."""
    tx.execute(
        "INSERT INTO authority (kabupaten, fingerprint, since_ms) VALUES (:kabupaten, :fingerprint, :now_ms)"
        " ON CONFLICT (kabupaten) DO UPDATE SET"
        " fingerprint = excluded.fingerprint, since_ms = excluded.since_ms",
        {"fingerprint": fingerprint, "now_ms": now_ms},
    )
