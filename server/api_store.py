"""The data API, in SQL: what changed in some parts, and who asked how often. Rule: one function a query."""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import Part, RecordId
from server.engine import Reader, Writer


class PartRow(Data, frozen=True, kw_only=True):
    """A record as a part shows it; without a body where it went from there."""

    seq: int
    id: RecordId
    body: bytes | None


class Day(Data, frozen=True, kw_only=True):
    """What one key asked for on one day (YYYY-MM-DD)."""

    token: RecordId
    day: str
    calls: int
    rows: int
    last_ms: int


_BEYOND = (
    " FROM rows WHERE kabupaten = :kabupaten AND part IN :parts AND seq > :after"
    " AND (kind = :kind OR removed = 1)"
)


def moved_parts(tx: Reader, parts: Iterable[Part], after: int) -> list[Part]:
    """Return those parts in which something has a seq beyond this one."""
    found = tx.query(
        "SELECT part FROM parts WHERE kabupaten = :kabupaten AND part IN :parts AND last_seq > :after",
        {"parts": list(parts), "after": after},
    )
    return [Part(part) for (part,) in found]


def beyond(tx: Reader, parts: list[Part], kind: str, after: int, limit: int) -> list[PartRow]:
    """Return rows of a kind in these parts, and what went from them, by seq, up to about `limit`.

    What has one seq comes together, so there may be a few more.
    """
    asked = {"parts": parts, "kind": kind, "after": after}
    seqs = tx.query(f"SELECT seq{_BEYOND} ORDER BY seq LIMIT :limit", {**asked, "limit": limit})
    if not seqs:
        return []
    found = tx.query(
        f"SELECT seq, id, removed, body{_BEYOND} AND seq <= :upto ORDER BY seq, id",
        {**asked, "upto": seqs[-1][0]},
    )
    return [
        PartRow(seq=seq, id=RecordId(name), body=None if removed else bytes(body))
        for seq, name, removed, body in found
    ]


def visits_beyond(
    tx: Reader, after: int, limit: int, forms: Iterable[str], desa: list[str] | None
) -> list[tuple[int, RecordId]]:
    """Return seq and id of the visits with these main forms, in these desa (None: all), beyond a seq.

    Those that were emptied are among them: their form and desa nobody knows any more. By seq, as `beyond`.
    """
    where = (
        " FROM records r JOIN kunjungan k ON k.kabupaten = r.kabupaten AND k.visit = r.id"
        " WHERE r.kabupaten = :kabupaten AND r.kind = 'kunjungan' AND r.seq > :after"
        " AND (k.form = '' OR (k.form IN :forms AND (:every_desa = 1 OR k.desa IN :desa)))"
    )
    asked = {"after": after, "forms": list(forms), "every_desa": int(desa is None), "desa": desa or []}
    seqs = tx.query(f"SELECT r.seq{where} ORDER BY r.seq LIMIT :limit", {**asked, "limit": limit})
    if not seqs:
        return []
    found = tx.query(
        f"SELECT r.seq, r.id{where} AND r.seq <= :upto ORDER BY r.seq, r.id", {**asked, "upto": seqs[-1][0]}
    )
    return [(int(seq), RecordId(name)) for seq, name in found]


def shown_before(
    tx: Reader, parts: list[Part], kind: str, ids: Iterable[RecordId], upto: int
) -> list[PartRow]:
    """Return those of these records that some of the parts show since a seq or before, by seq."""
    found = tx.query(
        "SELECT seq, id, body FROM rows WHERE kabupaten = :kabupaten AND id IN :ids AND part IN :parts"
        " AND kind = :kind AND removed = 0 AND seq <= :upto ORDER BY seq, id",
        {"ids": list(ids), "parts": parts, "kind": kind, "upto": upto},
    )
    return [PartRow(seq=seq, id=RecordId(name), body=bytes(body)) for seq, name, body in found]


def visits_to(
    tx: Reader, subjects: Iterable[RecordId], forms: Iterable[str], desa: list[str] | None, upto: int
) -> list[RecordId]:
    """Return the visits to these, as `visits_beyond` would have told of them up to a seq."""
    found = tx.query(
        "SELECT r.id FROM records r JOIN kunjungan k ON k.kabupaten = r.kabupaten AND k.visit = r.id"
        " WHERE r.kabupaten = :kabupaten AND r.seq <= :upto AND k.subject IN :subjects AND k.form IN :forms"
        " AND (:every_desa = 1 OR k.desa IN :desa) ORDER BY r.seq, r.id",
        {
            "subjects": list(subjects),
            "forms": list(forms),
            "every_desa": int(desa is None),
            "desa": desa or [],
            "upto": upto,
        },
    )
    return [RecordId(name) for (name,) in found]


def still_there(tx: Reader, parts: list[Part], ids: Iterable[RecordId]) -> set[RecordId]:
    """Return those of these records that some of the parts show."""
    found = tx.query(
        "SELECT id FROM rows WHERE kabupaten = :kabupaten AND id IN :ids AND part IN :parts AND removed = 0",
        {"ids": list(ids), "parts": parts},
    )
    return {RecordId(name) for (name,) in found}


def count_call(tx: Writer, token: RecordId, day: str, rows: int, at_ms: int) -> None:
    """Count one call of a key."""
    tx.execute(
        "INSERT INTO api_days (kabupaten, token, day, calls, rows, last_ms, noted)"
        " VALUES (:kabupaten, :token, :day, 1, :rows, :at, 0)"
        " ON CONFLICT (kabupaten, token, day) DO UPDATE SET calls = api_days.calls + 1,"
        " rows = api_days.rows + excluded.rows, last_ms = excluded.last_ms",
        {"token": token, "day": day, "rows": rows, "at": at_ms},
    )


def last_days(tx: Reader) -> dict[RecordId, Day]:
    """Return the newest day on which each key asked, with the calls and rows of that day."""
    found = tx.query(
        "SELECT token, day, calls, rows, last_ms FROM api_days d WHERE kabupaten = :kabupaten AND day ="
        " (SELECT max(e.day) FROM api_days e WHERE e.kabupaten = d.kabupaten AND e.token = d.token)"
    )
    return {row[0]: _day(*row) for row in found}


def unnoted(tx: Reader, before: str) -> list[Day]:
    """Return the days before one that do not stand in the chain yet."""
    found = tx.query(
        "SELECT token, day, calls, rows, last_ms FROM api_days"
        " WHERE kabupaten = :kabupaten AND noted = 0 AND day < :before ORDER BY day, token",
        {"before": before},
    )
    return [_day(*row) for row in found]


def noted(tx: Writer, day: Day) -> None:
    """Remember that a day stands in the chain."""
    tx.execute(
        "UPDATE api_days SET noted = 1 WHERE kabupaten = :kabupaten AND token = :token AND day = :day",
        {"token": day.token, "day": day.day},
    )


def _day(token: str, day: str, calls: int, rows: int, last_ms: int) -> Day:
    return Day(token=RecordId(token), day=day, calls=calls, rows=rows, last_ms=last_ms)
