"""Rows of logins that failed. Rule: one function a query; nothing that somebody typed is kept."""

from typing import Literal

from schemas.base import Data
from schemas.ids import PersonId
from server.engine import Reader, SqlRow, Writer, one

What = Literal["sandi", "kode"]
KEPT_MS = 90 * 86_400_000
MOST_KEPT = 20_000
"""Whoever tries without end fills no disk, and washes out no trace but their own: the oldest go of that
account and day of which there are most."""
AT_ONCE = 200
DAY_MS = 86_400_000
WIB_MS = 7 * 3_600_000
"""By how much a day at the office begins before that of UTC."""


class WrongLogin(Data, frozen=True, kw_only=True):
    """One failed login; `person` is empty where no such account is, `network` is of server/limits.py."""

    at_ms: int
    person: PersonId
    network: str
    what: What


class Crowd(Data, frozen=True, kw_only=True):
    """Failed logins that belong together: of one network, or of one person; the other is empty.

    `count` is of names for a network, of tries for a person; `first_ms` is when the first of them was.
    """

    person: PersonId
    network: str
    count: int
    first_ms: int


def add(tx: Writer, wrong: WrongLogin, try_id: str, mark: bytes) -> None:
    """Keep a failed login, and drop what is too old or too much."""
    tx.execute(
        "INSERT INTO wrong_logins (kabupaten, at_ms, try, person, network, what, mark)"
        " VALUES (:kabupaten, :at, :try, :person, :network, :what, :mark)",
        {
            "at": wrong.at_ms,
            "try": try_id,
            "person": wrong.person,
            "network": wrong.network,
            "what": wrong.what,
            "mark": mark,
        },
    )
    tx.execute(
        "DELETE FROM wrong_logins WHERE kabupaten = :kabupaten AND at_ms < :old",
        {"old": wrong.at_ms - KEPT_MS},
    )
    [count] = tx.query("SELECT count(*) FROM wrong_logins WHERE kabupaten = :kabupaten")[0]
    if count > MOST_KEPT:
        _thin_out(tx, count - MOST_KEPT)


def _thin_out(tx: Writer, count: int) -> None:
    """Drop so many, or some more, of the largest heap: of one day the tries at one account, or at none. Codes
    are a heap of their own, as they came behind the right password.
    """
    [heap] = tx.query(
        "SELECT person, what, (at_ms + :shift) / :day, count(*) FROM wrong_logins"
        " WHERE kabupaten = :kabupaten GROUP BY 1, 2, 3 ORDER BY count(*) DESC, min(at_ms) LIMIT 1",
        {"shift": WIB_MS, "day": DAY_MS},
    )
    person, what, day, there = heap
    begins = int(day) * DAY_MS - WIB_MS
    tx.execute(
        "DELETE FROM wrong_logins WHERE kabupaten = :kabupaten AND (at_ms, try) IN"
        " (SELECT at_ms, try FROM wrong_logins WHERE kabupaten = :kabupaten AND person = :person"
        " AND what = :what AND at_ms >= :begins AND at_ms < :ends ORDER BY at_ms LIMIT :count)",
        {
            "person": person,
            "what": what,
            "begins": begins,
            "ends": begins + DAY_MS,
            "count": max(count, min(AT_ONCE, int(there) // 2)),
        },
    )


def newest(tx: Reader, most: int) -> list[WrongLogin]:
    """Return the newest failed logins."""
    found = tx.query(
        "SELECT at_ms, person, network, what FROM wrong_logins WHERE kabupaten = :kabupaten"
        " ORDER BY at_ms DESC LIMIT :most",
        {"most": most},
    )
    return [_wrong(row) for row in found]


def of_person(tx: Reader, person: PersonId, since_ms: int, most: int) -> list[WrongLogin]:
    """Return the failed logins to one account after a time, the newest first."""
    found = tx.query(
        "SELECT at_ms, person, network, what FROM wrong_logins WHERE kabupaten = :kabupaten"
        " AND person = :person AND at_ms > :since ORDER BY at_ms DESC LIMIT :most",
        {"person": person, "since": since_ms, "most": most},
    )
    return [_wrong(row) for row in found]


def crowd_of_person(tx: Reader, person: PersonId, since_ms: int) -> Crowd:
    """Return how many logins to one account failed after a time, and when the first did; 0 for none."""
    [row] = tx.query(
        "SELECT count(*), coalesce(min(at_ms), 0) FROM wrong_logins WHERE kabupaten = :kabupaten"
        " AND person = :person AND at_ms > :since",
        {"person": person, "since": since_ms},
    )
    return Crowd(person=person, network="", count=int(row[0]), first_ms=int(row[1]))


def networks_with(tx: Reader, since_ms: int, names: int) -> list[Crowd]:
    """Return the networks that tried so many names or more on one day, for each such day.

    A wrong password and a wrong code of one person bear two marks: whoever is known counts once.
    """
    tried = "count(DISTINCT nullif(person, '')) + count(DISTINCT CASE WHEN person = '' THEN mark END)"
    found = tx.query(
        f"SELECT network, {tried}, min(at_ms) FROM wrong_logins"  # noqa: S608 - nothing that was typed
        " WHERE kabupaten = :kabupaten AND at_ms > :since GROUP BY network, (at_ms + :shift) / :day"
        f" HAVING {tried} >= :names ORDER BY max(at_ms) DESC",
        {"since": since_ms, "shift": WIB_MS, "day": DAY_MS, "names": names},
    )
    return [
        Crowd(person=PersonId(""), network=row[0], count=int(row[1]), first_ms=int(row[2])) for row in found
    ]


def people_with(tx: Reader, since_ms: int, tries: int) -> list[Crowd]:
    """Return the people whose account was tried so often or more on one day, for each such day."""
    found = tx.query(
        "SELECT person, count(*), min(at_ms) FROM wrong_logins"
        " WHERE kabupaten = :kabupaten AND at_ms > :since AND person <> ''"
        " GROUP BY person, (at_ms + :shift) / :day HAVING count(*) >= :tries ORDER BY max(at_ms) DESC",
        {"since": since_ms, "shift": WIB_MS, "day": DAY_MS, "tries": tries},
    )
    return [
        Crowd(person=PersonId(row[0]), network="", count=int(row[1]), first_ms=int(row[2])) for row in found
    ]


def note_login(tx: Writer, person: PersonId, now_ms: int) -> None:
    """Note that somebody logged in, and remember when they had before."""
    tx.execute(
        "INSERT INTO last_logins (kabupaten, person, at_ms, before_ms)"
        " VALUES (:kabupaten, :person, :now, 0)"
        " ON CONFLICT (kabupaten, person) DO UPDATE"
        " SET before_ms = last_logins.at_ms, at_ms = excluded.at_ms",
        {"person": person, "now": now_ms},
    )


def login_before(tx: Reader, person: PersonId) -> int:
    """Return when somebody logged in before their last login, 0 where that was the first."""
    found = one(
        tx.query(
            "SELECT before_ms FROM last_logins WHERE kabupaten = :kabupaten AND person = :person",
            {"person": person},
        )
    )
    return 0 if found is None else int(found[0])


def _wrong(row: SqlRow) -> WrongLogin:
    return WrongLogin(at_ms=int(row[0]), person=PersonId(row[1]), network=row[2], what=row[3])
