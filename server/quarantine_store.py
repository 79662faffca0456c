"""Changes that the office keeps and did not apply. Rule: one function a query."""

from collections.abc import Iterable

from schemas.ids import ChangeId, DeviceId
from server.engine import Reader, Writer, one

_REJECTED = (
    " FROM changes WHERE kabupaten = :kabupaten"
    " AND raw IS NOT NULL AND substr(outcome, 1, 10) = x'93a872656a6563746564'"
)
"""As the partial index `changes_rejected` says it, so that the index is taken."""
WAITS = "waiting <> '' AND waiting > ''"
"""As the partial index `changes_waiting` says it, then as it is sought in it: else another is taken."""


def rejected(tx: Reader, after: int, limit: int) -> list[tuple[int, ChangeId]]:
    """Return (seq, change) of refused changes whose contents are there, in the order of history."""
    found = tx.query(
        f"SELECT seq, id {_REJECTED} AND seq > :after ORDER BY seq LIMIT :limit",
        {"after": after, "limit": limit},
    )
    return [(int(row[0]), ChangeId(row[1])) for row in found]


def rejected_count(tx: Reader) -> int:
    """Return how many refused changes there are."""
    return int(tx.query(f"SELECT count(*) {_REJECTED}")[0][0])


def held(tx: Reader, before_ms: int, limit: int) -> list[ChangeId]:
    """Return changes that have waited since before a moment (UTC ms), longest first."""
    found = tx.query(
        f"SELECT id FROM changes WHERE kabupaten = :kabupaten AND {WAITS}"  # noqa: S608 - ours
        " AND received_ms < :before ORDER BY received_ms, id LIMIT :limit",
        {"before": before_ms, "limit": limit},
    )
    return [ChangeId(row[0]) for row in found]


def held_count(tx: Reader, before_ms: int) -> int:
    """Return how many changes have waited since before a moment (UTC ms)."""
    return int(
        tx.query(
            f"SELECT count(*) FROM changes WHERE kabupaten = :kabupaten AND {WAITS}"  # noqa: S608 - ours
            " AND received_ms < :before",
            {"before": before_ms},
        )[0][0]
    )


def waiting_for(tx: Reader, names: Iterable[str]) -> dict[str, int]:
    """Return how many changes wait for each of these names."""
    found = tx.query(
        "SELECT waiting, count(*) FROM changes"
        " WHERE kabupaten = :kabupaten AND waiting <> '' AND waiting IN :names GROUP BY waiting",
        {"names": list(names)},
    )
    return {str(row[0]): int(row[1]) for row in found}


def waits_by_device(tx: Reader) -> dict[DeviceId, int]:
    """Return how many changes of each device wait for something."""
    found = tx.query(
        f"SELECT device, count(*) FROM changes WHERE kabupaten = :kabupaten AND {WAITS} GROUP BY device"  # noqa: S608 - ours
    )
    return {DeviceId(row[0]): int(row[1]) for row in found}


def judged_by(tx: Reader) -> bytes:
    """Return the fingerprint of the rules that judged last; empty if none was kept."""
    found = one(tx.query("SELECT rules FROM judged WHERE kabupaten = :kabupaten"))
    return bytes(found[0]) if found else b""


def keep_judged(tx: Writer, rules: bytes) -> None:
    """Keep the fingerprint of the rules that judged all there is."""
    tx.execute(
        "INSERT INTO judged (kabupaten, rules) VALUES (:kabupaten, :rules)"
        " ON CONFLICT (kabupaten) DO UPDATE SET rules = excluded.rules",
        {"rules": rules},
    )
