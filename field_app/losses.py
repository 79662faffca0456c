"""What can no longer be read in this vault. Rule: nothing is called lost as long as it can still be sent.

A content that is whole but has lost its link is written into the chain again, at its end: then nothing is
lost. A content that is gone is declared by a `Gap`, and the visit is called lost until she records it again.
A passing error is neither: SQLite says so by an exception, and before anything is declared the whole file is
read once (`UnsoundError`).
"""

from field_app.erasing import lose
from field_app.pen import Pen
from field_app.store import Store
from field_app.vault import StorageFailedError
from schemas.ids import ChangeId
from sync.chain import link_hash
from sync.change import Gap, change_id
from sync.client import Missing


class UnsoundError(StorageFailedError):
    """The vault does not hang together, so that what is missing in it may come back."""


def declare(store: Store, pen: Pen, missing: Missing, now_ms: int) -> None:
    """Declare a gap, and write again what lies in it but is whole. `now_ms`: UTC milliseconds.

    Raises UnsoundError when the file itself is broken; then nothing is declared.
    """
    _look_at_all(store)
    with store.vault.write():
        places = _places(store, missing)
        # before what is written again: a gap must stand above all that it covers
        pen.write(Gap(first=missing.first, last=missing.last), now_ms)
        for change, readable in places.items():
            content = _whole(store, change)
            if content is None:
                _lose(store, change)
            elif not readable:
                store.append(change, content)


def mend(store: Store) -> None:
    """Write contents that no link names into the chain again, and call visits lost that have neither.

    The newest link may be gone without a trace in the chain, so this is asked before each sync. Raises
    UnsoundError as `declare` does.
    """
    with store.vault.read() as connection:
        loose = connection.execute(
            "SELECT change FROM contents WHERE change NOT IN (SELECT change FROM links)"
            " AND change NOT IN (SELECT change FROM gone_contents)"
        ).fetchall()
        named = connection.execute(
            "SELECT change FROM (SELECT change FROM drafts UNION SELECT patch FROM drafts)"
            " WHERE change IS NOT NULL AND change NOT IN (SELECT change FROM links)"
            " AND change NOT IN (SELECT change FROM gone_contents WHERE why <> 'dilupakan')"
        ).fetchall()
    if not loose and not named:
        return
    _look_at_all(store)
    with store.vault.write():
        for change in dict.fromkeys(ChangeId(name) for (name,) in (*loose, *named)):
            content = _whole(store, change)
            if content is None:
                _lose(store, change)
            else:
                store.append(change, content)


def _look_at_all(store: Store) -> None:
    if not store.vault.is_sound():
        raise UnsoundError


def _places(store: Store, missing: Missing) -> dict[ChangeId, bool]:
    """Return the changes that stand in a gap, each with whether a link that can be read names it."""
    with store.vault.read() as connection:
        found = connection.execute(
            "SELECT change, hash, raw FROM links WHERE device = :device AND change IN ("
            " SELECT change FROM links WHERE device = :device AND counter BETWEEN :first AND :last"
            ") ORDER BY counter",
            {"device": store.device(), "first": missing.first, "last": missing.last},
        ).fetchall()
    places: dict[ChangeId, bool] = {}
    for change, name, raw in found:
        places[change] = places.get(change, False) or link_hash(raw) == name
    return places


def _whole(store: Store, change: ChangeId) -> bytes | None:
    """Return a content if it is what its name says."""
    with store.vault.read() as connection:
        found = connection.execute("SELECT raw FROM contents WHERE change = ?", (change,)).fetchone()
    return found[0] if found and change_id(found[0]) == change else None


def _lose(store: Store, change: ChangeId) -> None:
    with store.vault.write() as connection:
        lose(connection, change)
