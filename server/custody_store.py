"""Rows of the sealed room. Rule: one function a query; what they mean is said in services/room_*.py."""

from collections.abc import Iterable, Sequence

from schemas.base import Data
from schemas.ids import ChangeId, PersonId, RecordId
from server.engine import Reader, Writer, one


class HeldRow(Data, frozen=True, kw_only=True):
    """What rests under a cookie's key."""

    person: PersonId
    session: bytes
    until_ms: int
    body: bytes


class GlassRow(Data, frozen=True, kw_only=True):
    """One use of the recovery key."""

    alarm: str
    kode: str
    person: PersonId
    at_ms: int


def put_held(tx: Writer, token_hash: bytes, what: str, row: HeldRow) -> None:
    """Store or replace what rests under a cookie's key."""
    tx.many(
        "INSERT INTO room_held (kabupaten, token_hash, what, person, session, until_ms, body)"
        " VALUES (:kabupaten, :token_hash, :what, :person, :session, :until_ms, :body)"
        " ON CONFLICT (kabupaten, token_hash) DO UPDATE SET person = excluded.person,"
        " session = excluded.session, until_ms = excluded.until_ms, body = excluded.body",
        [(tx.regency, token_hash, what, row.person, row.session, row.until_ms, row.body)],
    )


def held(tx: Reader, token_hash: bytes, what: str, now_ms: int, until_ms: int) -> HeldRow | None:
    """Return what rests under a cookie's key, unless its time is over, or later than until then."""
    row = one(
        tx.query(
            "SELECT person, session, until_ms, body FROM room_held WHERE kabupaten = :kabupaten"
            " AND token_hash = :token_hash AND what = :what AND until_ms > :now AND until_ms <= :until",
            {"token_hash": token_hash, "what": what, "now": now_ms, "until": until_ms},
        )
    )
    return HeldRow(person=row[0], session=row[1], until_ms=row[2], body=row[3]) if row else None


def drop_held(tx: Writer, token_hash: bytes) -> None:
    """Forget what rests under a cookie's key."""
    tx.execute(
        "DELETE FROM room_held WHERE kabupaten = :kabupaten AND token_hash = :token_hash",
        {"token_hash": token_hash},
    )


def drop_held_of_session(tx: Writer, session: bytes) -> None:
    """Close what was opened in a login session."""
    tx.execute(
        "DELETE FROM room_held WHERE kabupaten = :kabupaten AND session = :session", {"session": session}
    )


def drop_held_of_session_kind(tx: Writer, session: bytes, what: str) -> None:
    """Close what of this kind was opened in a login session."""
    tx.execute(
        "DELETE FROM room_held WHERE kabupaten = :kabupaten AND session = :session AND what = :what",
        {"session": session, "what": what},
    )


def drop_held_of(tx: Writer, person: PersonId) -> None:
    """Close what a person has open."""
    tx.execute("DELETE FROM room_held WHERE kabupaten = :kabupaten AND person = :person", {"person": person})


def drop_held_outside(tx: Writer, now_ms: int, until_ms: int) -> None:
    """Forget what is over, or would be later than until then."""
    tx.execute(
        "DELETE FROM room_held WHERE kabupaten = :kabupaten AND (until_ms <= :now OR until_ms > :until)",
        {"now": now_ms, "until": until_ms},
    )


def add_try(tx: Writer, kind: str, person: PersonId, at_ms: int, try_id: str) -> None:
    """Count a try before it is judged."""
    tx.many(
        "INSERT INTO room_tries (kabupaten, kind, person, at_ms, try)"
        " VALUES (:kabupaten, :kind, :person, :at_ms, :try)",
        [(tx.regency, kind, person, at_ms, try_id)],
    )


def tries(tx: Reader, kind: str, person: PersonId, since_ms: int) -> list[int]:
    """Return when somebody tried since then, oldest first."""
    found = tx.query(
        "SELECT at_ms FROM room_tries WHERE kabupaten = :kabupaten AND kind = :kind AND person = :person"
        " AND at_ms > :since ORDER BY at_ms",
        {"kind": kind, "person": person, "since": since_ms},
    )
    return [int(at_ms) for (at_ms,) in found]


def drop_tries(tx: Writer, kind: str, person: PersonId) -> None:
    """Forget somebody's tries after one that succeeded."""
    tx.execute(
        "DELETE FROM room_tries WHERE kabupaten = :kabupaten AND kind = :kind AND person = :person",
        {"kind": kind, "person": person},
    )


def put_reseals(tx: Writer, rows: Sequence[tuple[ChangeId, int, bytes, bytes]]) -> None:
    """Keep what was sealed anew: (change, place, name of the key, sealed bytes)."""
    tx.many(
        "INSERT INTO room_reseals (kabupaten, change, place, key, sealed)"
        " VALUES (:kabupaten, :change, :place, :key, :sealed)"
        " ON CONFLICT (kabupaten, change, place) DO UPDATE SET key = excluded.key, sealed = excluded.sealed",
        [(tx.regency, *row) for row in rows],
    )


def reseals(tx: Reader, changes: Iterable[ChangeId]) -> dict[tuple[ChangeId, int], tuple[bytes, bytes]]:
    """Return what of these changes was sealed anew: (name of the key, sealed bytes) by change and place."""
    found = tx.query(
        "SELECT change, place, key, sealed FROM room_reseals"
        " WHERE kabupaten = :kabupaten AND change IN :changes",
        {"changes": list(changes)},
    )
    return {(change, place): (key, sealed) for change, place, key, sealed in found}


def put_doubles(tx: Writer, kasus: RecordId, tokens: Sequence[bytes]) -> None:
    """Replace the tokens of a case."""
    tx.execute("DELETE FROM room_doubles WHERE kabupaten = :kabupaten AND kasus = :kasus", {"kasus": kasus})
    tx.many(
        "INSERT INTO room_doubles (kabupaten, token, kasus) VALUES (:kabupaten, :token, :kasus)",
        [(tx.regency, token, kasus) for token in sorted(set(tokens))],
    )


def doubles(tx: Reader, kasus: RecordId, tokens: Sequence[bytes]) -> list[RecordId]:
    """Return the other cases that have one of these tokens."""
    found = tx.query(
        "SELECT DISTINCT kasus FROM room_doubles WHERE kabupaten = :kabupaten AND token IN :tokens"
        " AND kasus <> :kasus ORDER BY kasus",
        {"tokens": list(tokens), "kasus": kasus},
    )
    return [RecordId(name) for (name,) in found]


def add_alarm(tx: Writer, alarm: str, kasus: RecordId, kode: str, person: PersonId, at_ms: int) -> None:
    """Note that the recovery key was used."""
    tx.many(
        "INSERT INTO room_alarms (kabupaten, alarm, kasus, kode, person, at_ms)"
        " VALUES (:kabupaten, :alarm, :kasus, :kode, :person, :at_ms)",
        [(tx.regency, alarm, kasus, kode, person, at_ms)],
    )


def alarms_unseen_by(tx: Reader, person: PersonId) -> list[GlassRow]:
    """Return the alarms that somebody has not marked as seen, newest first."""
    found = tx.query(
        "SELECT alarm, kode, person, at_ms FROM room_alarms a WHERE kabupaten = :kabupaten AND NOT EXISTS ("
        "SELECT 1 FROM room_alarms_seen s WHERE s.kabupaten = a.kabupaten AND s.alarm = a.alarm"
        " AND s.person = :person) ORDER BY at_ms DESC, alarm",
        {"person": person},
    )
    return [GlassRow(alarm=alarm, kode=kode, person=who, at_ms=at) for alarm, kode, who, at in found]


def mark_seen(tx: Writer, alarm: str, person: PersonId, at_ms: int) -> None:
    """Note that somebody has seen an alarm; of one that there is not, nothing is noted."""
    tx.execute(
        "INSERT INTO room_alarms_seen (kabupaten, alarm, person, at_ms)"
        " SELECT kabupaten, alarm, :person, :at_ms FROM room_alarms"
        " WHERE kabupaten = :kabupaten AND alarm = :alarm"
        " ON CONFLICT (kabupaten, alarm, person) DO NOTHING",
        {"alarm": alarm, "person": person, "at_ms": at_ms},
    )


def login_hash(tx: Reader, person: PersonId) -> str | None:
    """Return somebody's login password as it is hashed, to see that a passphrase is another."""
    row = one(
        tx.query(
            "SELECT password FROM accounts WHERE kabupaten = :kabupaten AND person = :person",
            {"person": person},
        )
    )
    return str(row[0]) if row else None
