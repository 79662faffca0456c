"""Rows of calls of phones that failed. Rule: one function a query; limits.py gives them meaning."""

from typing import Literal

from server.engine import Reader, Writer, one

Kind = Literal["kode", "masuk"]


def add(tx: Writer, kind: Kind, network: bytes, at_ms: int, try_id: str) -> None:
    """Note a failure."""
    tx.execute(
        "INSERT INTO failed_calls (kabupaten, kind, network, at_ms, try)"
        " VALUES (:kabupaten, :kind, :network, :at, :try)",
        {"kind": kind, "network": network, "at": at_ms, "try": try_id},
    )


def nth_newest(tx: Reader, kind: Kind, network: bytes, since_ms: int, until_ms: int, most: int) -> int | None:
    """Return when the failure came since which a network has `most` of them; None when it has fewer."""
    found = one(
        tx.query(
            "SELECT at_ms FROM failed_calls WHERE kabupaten = :kabupaten AND kind = :kind"
            " AND network = :network AND at_ms > :since AND at_ms <= :until"
            " ORDER BY at_ms DESC LIMIT 1 OFFSET :before",
            {"kind": kind, "network": network, "since": since_ms, "until": until_ms, "before": most - 1},
        )
    )
    return None if found is None else int(found[0])


def count_between(tx: Reader, kind: Kind, since_ms: int, until_ms: int) -> int:
    """Count the failures of all networks after one time, up to another."""
    found = tx.query(
        "SELECT count(*) FROM failed_calls WHERE kabupaten = :kabupaten AND kind = :kind"
        " AND at_ms > :since AND at_ms <= :until",
        {"kind": kind, "since": since_ms, "until": until_ms},
    )
    return int(found[0][0])


def drop_before(tx: Writer, at_ms: int) -> None:
    """Forget failures that no longer count."""
    tx.execute("DELETE FROM failed_calls WHERE kabupaten = :kabupaten AND at_ms <= :at", {"at": at_ms})
