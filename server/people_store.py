"""Rows of accounts, sessions and login tries. Rule: one function a query; accounts.py gives them meaning."""

from schemas.ids import PersonId
from server.engine import Reader, SqlRow, Writer, one


def add_account(
    tx: Writer, *, person: PersonId, username: str, password: str, active: bool, changed_ms: int
) -> None:
    """Store a new account. The engine's own error tells of a username that is taken."""
    tx.execute(
        "INSERT INTO accounts (kabupaten, person, username, password, active, changed_ms)"
        " VALUES (:kabupaten, :person, :username, :password, :active, :changed_ms)",
        {
            "person": person,
            "username": username,
            "password": password,
            "active": int(active),
            "changed_ms": changed_ms,
        },
    )


def account_by_name(tx: Reader, username: str) -> SqlRow | None:
    """Return (person, password, active) of an account."""
    return one(
        tx.query(
            "SELECT person, password, active FROM accounts"
            " WHERE kabupaten = :kabupaten AND username = :username",
            {"username": username},
        )
    )


def has_account(tx: Reader, person: PersonId) -> bool:
    """Whether a person has an account, also one that is closed."""
    found = tx.query(
        "SELECT 1 FROM accounts WHERE kabupaten = :kabupaten AND person = :person", {"person": person}
    )
    return bool(found)


def set_password(tx: Writer, person: PersonId, password: str, changed_ms: int) -> int:
    """Replace a password hash. Returns 0 when there is no such account."""
    return tx.execute(
        "UPDATE accounts SET password = :password, changed_ms = :changed_ms"
        " WHERE kabupaten = :kabupaten AND person = :person",
        {"password": password, "changed_ms": changed_ms, "person": person},
    )


def password_of(tx: Reader, person: PersonId) -> str | None:
    """Return the password hash of an active account."""
    found = one(
        tx.query(
            "SELECT password FROM accounts WHERE kabupaten = :kabupaten AND person = :person AND active = 1",
            {"person": person},
        )
    )
    return None if found is None else str(found[0])


def add_session(
    tx: Writer, token_hash: bytes, person: PersonId, now_ms: int, *, address: str, agent: str, roles: str
) -> None:
    """Open a session, and remember from where and with which roles."""
    tx.execute(
        "INSERT INTO sessions (kabupaten, token_hash, person, created_ms, seen_ms, address, agent, roles)"
        " VALUES (:kabupaten, :token_hash, :person, :now, :now, :address, :agent, :roles)",
        {
            "token_hash": token_hash,
            "person": person,
            "now": now_ms,
            "address": address,
            "agent": agent,
            "roles": roles,
        },
    )


def session(tx: Reader, token_hash: bytes) -> SqlRow | None:
    """Return (person, created_ms, seen_ms, roles) of a session whose account is active."""
    return one(
        tx.query(
            "SELECT s.person, s.created_ms, s.seen_ms, s.roles FROM sessions s"
            " JOIN accounts a ON a.kabupaten = s.kabupaten AND a.person = s.person"
            " WHERE s.kabupaten = :kabupaten AND s.token_hash = :token_hash AND a.active = 1",
            {"token_hash": token_hash},
        )
    )


def sessions_of(tx: Reader, person: PersonId, now_ms: int, idle_ms: int, longest_ms: int) -> list[SqlRow]:
    """Return (token_hash, created_ms, seen_ms, address, agent) of sessions that have not ended."""
    return tx.query(
        "SELECT token_hash, created_ms, seen_ms, address, agent FROM sessions"
        " WHERE kabupaten = :kabupaten AND person = :person"
        " AND abs(:now - seen_ms) <= :idle AND abs(:now - created_ms) <= :longest"
        " ORDER BY created_ms DESC, token_hash",
        {"person": person, "now": now_ms, "idle": idle_ms, "longest": longest_ms},
    )


def drop_own_session(tx: Writer, person: PersonId, token_hash: bytes) -> None:
    """End a session if it is this person's."""
    tx.execute(
        "DELETE FROM sessions WHERE kabupaten = :kabupaten AND person = :person AND token_hash = :token",
        {"person": person, "token": token_hash},
    )


def drop_other_sessions(tx: Writer, person: PersonId, token_hash: bytes) -> None:
    """End all sessions of a person but this."""
    tx.execute(
        "DELETE FROM sessions WHERE kabupaten = :kabupaten AND person = :person AND token_hash <> :token",
        {"person": person, "token": token_hash},
    )


def touch_session(tx: Writer, token_hash: bytes, now_ms: int) -> None:
    """Remember when a session was last used."""
    tx.execute(
        "UPDATE sessions SET seen_ms = :now WHERE kabupaten = :kabupaten AND token_hash = :token_hash",
        {"now": now_ms, "token_hash": token_hash},
    )


def drop_session(tx: Writer, token_hash: bytes) -> None:
    """End a session."""
    tx.execute(
        "DELETE FROM sessions WHERE kabupaten = :kabupaten AND token_hash = :token_hash",
        {"token_hash": token_hash},
    )


def drop_sessions_of(tx: Writer, person: PersonId) -> None:
    """End every session of a person."""
    tx.execute("DELETE FROM sessions WHERE kabupaten = :kabupaten AND person = :person", {"person": person})


def drop_stale(tx: Writer, *, created_before_ms: int, tries_before_ms: int) -> None:
    """Clear sessions and tries that no longer count."""
    tx.execute(
        "DELETE FROM sessions WHERE kabupaten = :kabupaten AND created_ms < :created",
        {"created": created_before_ms},
    )
    tx.execute(
        "DELETE FROM login_tries WHERE kabupaten = :kabupaten AND at_ms < :before",
        {"before": tries_before_ms},
    )


def add_try(tx: Writer, at_ms: int, try_id: str, name_hash: bytes, address_hash: bytes) -> None:
    """Count a try before it is judged."""
    tx.execute(
        "INSERT INTO login_tries (kabupaten, at_ms, try, name_hash, address_hash)"
        " VALUES (:kabupaten, :at, :try, :name, :address)",
        {"at": at_ms, "try": try_id, "name": name_hash, "address": address_hash},
    )


def drop_tries(tx: Writer, name_hash: bytes, try_id: str) -> None:
    """Forget the tries on a name, and this one, after a login that succeeded."""
    tx.execute(
        "DELETE FROM login_tries WHERE kabupaten = :kabupaten AND (name_hash = :name OR try = :try)",
        {"name": name_hash, "try": try_id},
    )


def tries_on_name(tx: Reader, name_hash: bytes, since_ms: int) -> list[int]:
    """Return when a name was tried since then, oldest first."""
    return [
        int(row[0])
        for row in tx.query(
            "SELECT at_ms FROM login_tries"
            " WHERE kabupaten = :kabupaten AND name_hash = :hash AND at_ms > :since ORDER BY at_ms",
            {"hash": name_hash, "since": since_ms},
        )
    ]


def tries_from_address(tx: Reader, address_hash: bytes, since_ms: int) -> list[int]:
    """Return when an address tried since then, oldest first."""
    return [
        int(row[0])
        for row in tx.query(
            "SELECT at_ms FROM login_tries"
            " WHERE kabupaten = :kabupaten AND address_hash = :hash AND at_ms > :since ORDER BY at_ms",
            {"hash": address_hash, "since": since_ms},
        )
    ]


def set_active(tx: Writer, person: PersonId, *, is_active: bool, changed_ms: int) -> None:
    """Open or close a person's login."""
    tx.execute(
        "UPDATE accounts SET active = :active, changed_ms = :changed_ms"
        " WHERE kabupaten = :kabupaten AND person = :person",
        {"active": int(is_active), "changed_ms": changed_ms, "person": person},
    )


def usernames(tx: Reader) -> dict[PersonId, str]:
    """Return under which name each person logs in."""
    found = tx.query("SELECT person, username FROM accounts WHERE kabupaten = :kabupaten AND active = 1")
    return {PersonId(str(person)): str(username) for person, username in found}


def put_starting(tx: Writer, person: PersonId, now_ms: int) -> None:
    """Note that somebody else knows this person's password."""
    drop_starting(tx, person)
    tx.execute(
        "INSERT INTO starting_passwords (kabupaten, person, since_ms) VALUES (:kabupaten, :person, :now)",
        {"person": person, "now": now_ms},
    )


def drop_starting(tx: Writer, person: PersonId) -> None:
    """Note that a person chose a password of their own."""
    tx.execute(
        "DELETE FROM starting_passwords WHERE kabupaten = :kabupaten AND person = :person", {"person": person}
    )


def starting_since(tx: Reader, person: PersonId) -> int | None:
    """Return since when (UTC ms) somebody else knows this person's password, None where nobody does."""
    found = one(
        tx.query(
            "SELECT since_ms FROM starting_passwords WHERE kabupaten = :kabupaten AND person = :person",
            {"person": person},
        )
    )
    return None if found is None else int(found[0])


def begin_starting_now(tx: Writer, now_ms: int, until_ms: int) -> None:
    """Let the time of each starting password that begins later than until then begin now."""
    tx.execute(
        "UPDATE starting_passwords SET since_ms = :now WHERE kabupaten = :kabupaten AND since_ms > :until",
        {"now": now_ms, "until": until_ms},
    )


def tries_between(tx: Reader, since_ms: int, until_ms: int) -> int:
    """Count all tries after one time, up to another, that have not succeeded."""
    found = tx.query(
        "SELECT count(*) FROM login_tries"
        " WHERE kabupaten = :kabupaten AND at_ms > :since AND at_ms <= :until",
        {"since": since_ms, "until": until_ms},
    )
    return int(found[0][0])


def has_session_from(tx: Reader, address: str, seen_ms: int) -> bool:
    """Whether somebody is logged in from an address, and was seen since then."""
    found = tx.query(
        "SELECT 1 FROM sessions WHERE kabupaten = :kabupaten AND address = :address AND seen_ms >= :seen"
        " LIMIT 1",
        {"address": address, "seen": seen_ms},
    )
    return bool(found)
