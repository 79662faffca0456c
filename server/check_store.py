"""Checks of the whole office that somebody asked for. Rule: one function a query."""

from schemas.base import Data
from schemas.ids import PersonId
from server.engine import Reader, Writer, one

MOST_KEPT = 200


class Check(Data, frozen=True, kw_only=True):
    """What a check came to. `faults` are the first of `fault_count` sentences; times are UTC milliseconds."""

    at_ms: int
    took_ms: int
    person: PersonId
    changes: int
    links: int
    signatures: int
    fault_count: int
    faults: tuple[str, ...]


def put(tx: Writer, check: Check) -> None:
    """Keep what a check came to."""
    tx.execute(
        "INSERT INTO checks"
        " (kabupaten, at_ms, took_ms, person, changes, links, signatures, fault_count, faults) VALUES"
        " (:kabupaten, :at_ms, :took_ms, :person, :changes, :links, :signatures, :fault_count, :faults)"
        " ON CONFLICT (kabupaten, at_ms) DO NOTHING",
        {
            "at_ms": check.at_ms,
            "took_ms": check.took_ms,
            "person": check.person,
            "changes": check.changes,
            "links": check.links,
            "signatures": check.signatures,
            "fault_count": check.fault_count,
            "faults": "\n".join(check.faults[:MOST_KEPT]),
        },
    )


def newest(tx: Reader) -> Check | None:
    """Return what the newest check came to."""
    row = one(
        tx.query(
            "SELECT at_ms, took_ms, person, changes, links, signatures, fault_count, faults FROM checks"
            " WHERE kabupaten = :kabupaten ORDER BY at_ms DESC LIMIT 1"
        )
    )
    if row is None:
        return None
    at_ms, took_ms, person, changes, links, signatures, fault_count, faults = row
    return Check(
        at_ms=at_ms,
        took_ms=took_ms,
        person=PersonId(person),
        changes=changes,
        links=links,
        signatures=signatures,
        fault_count=fault_count,
        faults=tuple(faults.splitlines()),
    )
