"""Rows of second factors and half logins. Rule: one function a query; second_factor.py gives them meaning."""

from collections.abc import Iterable

from schemas.ids import PersonId
from server.engine import Reader, SqlRow, Writer, one


def factor(tx: Reader, person: PersonId) -> SqlRow | None:
    """Return (sealed secret, confirmed_ms or None, last_step)."""
    return one(
        tx.query(
            "SELECT secret, confirmed_ms, last_step FROM second_factors"
            " WHERE kabupaten = :kabupaten AND person = :person",
            {"person": person},
        )
    )


def is_set_up(tx: Reader, person: PersonId) -> bool:
    """Whether a person's login asks for a code."""
    found = factor(tx, person)
    return found is not None and found[1] is not None


def put_secret(tx: Writer, person: PersonId, secret: bytes) -> None:
    """Store a secret that is still to be confirmed, in place of another; the grace goes on as it was."""
    _drop_secret(tx, person)
    tx.execute(
        "INSERT INTO second_factors (kabupaten, person, secret, confirmed_ms, last_step)"
        " VALUES (:kabupaten, :person, :secret, NULL, -1)",
        {"person": person, "secret": secret},
    )


def secrets(tx: Reader) -> list[SqlRow]:
    """Return (person, sealed secret) of everybody who has one."""
    return tx.query("SELECT person, secret FROM second_factors WHERE kabupaten = :kabupaten ORDER BY person")


def replace_secret(tx: Writer, person: PersonId, secret: bytes) -> None:
    """Store the same secret sealed anew; nothing else about it changes."""
    tx.execute(
        "UPDATE second_factors SET secret = :secret WHERE kabupaten = :kabupaten AND person = :person",
        {"person": person, "secret": secret},
    )


def confirm(tx: Writer, person: PersonId, now_ms: int) -> None:
    """From here on the login asks for a code; no grace is left."""
    tx.execute(
        "UPDATE second_factors SET confirmed_ms = :now WHERE kabupaten = :kabupaten AND person = :person",
        {"person": person, "now": now_ms},
    )


def use_step(tx: Writer, person: PersonId, step: int) -> None:
    """Remember the newest step that was used."""
    tx.execute(
        "UPDATE second_factors SET last_step = :step WHERE kabupaten = :kabupaten AND person = :person",
        {"person": person, "step": step},
    )


def drop_factor(tx: Writer, person: PersonId) -> int:
    """Forget a person's secret, recovery codes and grace. Returns 0 when there was no secret."""
    tx.execute(
        "DELETE FROM factor_graces WHERE kabupaten = :kabupaten AND person = :person", {"person": person}
    )
    return _drop_secret(tx, person)


def put_recovery(tx: Writer, person: PersonId, hashes: Iterable[bytes]) -> None:
    """Store the hashes of recovery codes."""
    for hashed in hashes:
        tx.execute(
            "INSERT INTO recovery_codes (kabupaten, person, hash) VALUES (:kabupaten, :person, :hash)",
            {"person": person, "hash": hashed},
        )


def take_recovery(tx: Writer, person: PersonId, hashed: bytes) -> bool:
    """Use a recovery code up. Returns whether there was such a one."""
    taken = tx.execute(
        "DELETE FROM recovery_codes WHERE kabupaten = :kabupaten AND person = :person AND hash = :hash",
        {"person": person, "hash": hashed},
    )
    return taken == 1


def recovery_left(tx: Reader, person: PersonId) -> int:
    """Return how many recovery codes are unused."""
    rows = tx.query(
        "SELECT count(*) FROM recovery_codes WHERE kabupaten = :kabupaten AND person = :person",
        {"person": person},
    )
    return int(rows[0][0])


def grace_since(tx: Reader, person: PersonId) -> int | None:
    """Return since when a person logs in without a code (UTC ms)."""
    found = one(
        tx.query(
            "SELECT since_ms FROM factor_graces WHERE kabupaten = :kabupaten AND person = :person",
            {"person": person},
        )
    )
    return None if found is None else int(found[0])


def begin_grace(tx: Writer, person: PersonId, now_ms: int) -> None:
    """Let the grace begin, unless it has: a later login does not lengthen it."""
    if grace_since(tx, person) is None:
        tx.execute(
            "INSERT INTO factor_graces (kabupaten, person, since_ms) VALUES (:kabupaten, :person, :now)",
            {"person": person, "now": now_ms},
        )


def begin_graces_now(tx: Writer, now_ms: int, until_ms: int) -> None:
    """Let each grace that begins later than until then begin now."""
    tx.execute(
        "UPDATE factor_graces SET since_ms = :now WHERE kabupaten = :kabupaten AND since_ms > :until",
        {"now": now_ms, "until": until_ms},
    )


def add_half(
    tx: Writer, token_hash: bytes, person: PersonId, now_ms: int, stale_ms: int, until_ms: int
) -> None:
    """Remember that a password fitted; forget what is older than `stale_ms`, or younger than `until_ms`."""
    tx.execute(
        "DELETE FROM half_logins WHERE kabupaten = :kabupaten"
        " AND (created_ms < :stale OR created_ms > :until)",
        {"stale": stale_ms, "until": until_ms},
    )
    tx.execute(
        "INSERT INTO half_logins (kabupaten, token_hash, person, created_ms)"
        " VALUES (:kabupaten, :token, :person, :now)",
        {"token": token_hash, "person": person, "now": now_ms},
    )


def half(tx: Reader, token_hash: bytes, since_ms: int, until_ms: int) -> PersonId | None:
    """Return whose half login this is, when it began between then and then and the account is active."""
    found = one(
        tx.query(
            "SELECT h.person FROM half_logins h"
            " JOIN accounts a ON a.kabupaten = h.kabupaten AND a.person = h.person"
            " WHERE h.kabupaten = :kabupaten AND h.token_hash = :token AND h.created_ms >= :since"
            " AND h.created_ms <= :until AND a.active = 1",
            {"token": token_hash, "since": since_ms, "until": until_ms},
        )
    )
    return None if found is None else PersonId(str(found[0]))


def drop_halves(tx: Writer, person: PersonId) -> None:
    """End all half logins of a person."""
    tx.execute(
        "DELETE FROM half_logins WHERE kabupaten = :kabupaten AND person = :person", {"person": person}
    )


def _drop_secret(tx: Writer, person: PersonId) -> int:
    tx.execute(
        "DELETE FROM recovery_codes WHERE kabupaten = :kabupaten AND person = :person", {"person": person}
    )
    return tx.execute(
        "DELETE FROM second_factors WHERE kabupaten = :kabupaten AND person = :person", {"person": person}
    )
