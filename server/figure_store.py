"""What visits count for, in SQL. Rule: it can be thrown away and counted again."""

from collections.abc import Iterable, Sequence

import msgspec

from schemas.base import Data, encode
from schemas.ids import ChangeId, RecordId
from schemas.sealed import SEALED_FORM
from server.engine import Reader, Writer

Pairs = list[tuple[str, str]]
_pairs = msgspec.msgpack.Decoder(Pairs)


class Counted(Data, frozen=True, kw_only=True):
    """One visit that is not sealed: where it lies, how it stands, and what it counts for."""

    form: str
    desa: str
    state: str
    pairs: Pairs


def uncounted(tx: Reader, limit: int) -> list[tuple[RecordId, int]]:
    """Return (visit, number of versions) of visits whose newest version was not counted yet."""
    found = tx.query(
        "SELECT k.visit, k.versions FROM kunjungan k WHERE k.kabupaten = :kabupaten AND k.form <> :sealed"
        " AND k.versions > 0 AND NOT EXISTS (SELECT 1 FROM figures f WHERE f.kabupaten = k.kabupaten"
        " AND f.visit = k.visit AND f.versions = k.versions) LIMIT :limit",
        {"sealed": SEALED_FORM, "limit": limit},
    )
    return [(RecordId(visit), int(versions)) for visit, versions in found]


def put(tx: Writer, counted: Sequence[tuple[RecordId, int, Pairs]]) -> None:
    """Keep what visits count for: (visit, number of versions, pairs)."""
    tx.many(
        "INSERT INTO figures (kabupaten, visit, versions, body)"
        " VALUES (:kabupaten, :visit, :versions, :body)"
        " ON CONFLICT (kabupaten, visit) DO UPDATE SET versions = excluded.versions, body = excluded.body",
        [(tx.regency, visit, versions, encode(pairs)) for visit, versions, pairs in counted],
    )


def forget(tx: Writer, visits: Iterable[RecordId]) -> None:
    """Forget what visits counted for, since they were destroyed."""
    tx.execute(
        "DELETE FROM figures WHERE kabupaten = :kabupaten AND visit IN :visits", {"visits": list(visits)}
    )


def quarters(tx: Reader) -> list[str]:
    """Return the quarters in which visits came, newest first."""
    found = tx.query("SELECT DISTINCT quarter FROM kunjungan WHERE kabupaten = :kabupaten AND quarter <> ''")
    return sorted((str(row[0]) for row in found), key=_by_time, reverse=True)


def counted(tx: Reader, quarter: str) -> list[Counted]:
    """Return the visits of a quarter with what each counts for."""
    found = tx.query(
        "SELECT k.form, k.desa, k.state, f.body FROM kunjungan k JOIN figures f"
        " ON f.kabupaten = k.kabupaten AND f.visit = k.visit"
        " WHERE k.kabupaten = :kabupaten AND k.quarter = :quarter",
        {"quarter": quarter},
    )
    return [
        Counted(form=form, desa=desa, state=state, pairs=_pairs.decode(body))
        for form, desa, state, body in found
    ]


def waiting(tx: Reader) -> list[tuple[str, str, int]]:
    """Return (form, desa, received in UTC ms) of the visits that wait for a decision."""
    return [
        (str(form), str(desa), int(at_ms))
        for form, desa, at_ms in tx.query(
            "SELECT form, desa, received_ms FROM kunjungan"
            " WHERE kabupaten = :kabupaten AND state = 'diterima' AND form <> :sealed",
            {"sealed": SEALED_FORM},
        )
    ]


def returned(tx: Reader, quarter: str) -> list[tuple[str, str, ChangeId]]:
    """Return (form, desa, decision) of all decisions on the visits of a quarter."""
    found = tx.query(
        "SELECT k.form, k.desa, d.change FROM kunjungan k JOIN decisions d"
        " ON d.kabupaten = k.kabupaten AND d.visit = k.visit"
        " WHERE k.kabupaten = :kabupaten AND k.quarter = :quarter AND k.form <> :sealed",
        {"quarter": quarter, "sealed": SEALED_FORM},
    )
    return [(str(form), str(desa), ChangeId(change)) for form, desa, change in found]


def cases(tx: Reader, workflows: Iterable[str]) -> list[tuple[str, str, str, int]]:
    """Return (stage, desa, due, how many) of the cases of some workflows."""
    found = tx.query(
        "SELECT stage, desa, due, count(*) FROM kasus WHERE kabupaten = :kabupaten GROUP BY stage, desa, due"
    )
    wanted = tuple(f"{name}:" for name in workflows)
    return [
        (str(stage), str(desa), str(due), int(count))
        for stage, desa, due, count in found
        if str(stage).startswith(wanted)
    ]


def _by_time(quarter: str) -> tuple[int, int]:
    year, _, number = quarter.partition("-")
    return int(year), int(number)
