"""The audit trail in SQL. Rule: one function a query; a page begins behind a key, not after a count."""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import ChangeId, RecordId
from server.engine import Engine, Reader, SqlRow, Writer, one
from server.slices import Slices
from server.trail import Kind, trace

FIRST, LEAST, MOST = 200, 50, 2_000
"""Changes in one transaction."""


class Wanted(Data, frozen=True, kw_only=True):
    """What to look for: empty members do not narrow. Times in UTC ms, `before_ms` is not within."""

    author: str = ""
    kind: Kind | None = None
    about: tuple[RecordId, ...] | None = None
    first_ms: int = 0
    before_ms: int = 2**62
    open_only: bool = False


class Place(Data, frozen=True, kw_only=True):
    """Where a page of the trail ends: the next begins behind it."""

    at_ms: int = 2**62
    seq: int = 2**62


class Row(Data, frozen=True, kw_only=True):
    """One change of the trail. `raw` is None where it was destroyed, `outcome` is encoded, `link`
    places it in its device's chain.
    """

    change: ChangeId
    at_ms: int
    seq: int
    kind: str
    device: str
    counter: int
    outcome: bytes
    raw: bytes | None
    link: bytes


def end(tx: Reader) -> int:
    """Return the newest seq that the trail has come to."""
    row = one(tx.query("SELECT seq FROM trail_end WHERE kabupaten = :kabupaten"))
    return int(row[0]) if row else 0


def is_behind(tx: Reader) -> bool:
    """Whether there are changes that the trail has not come to."""
    found = tx.query(
        "SELECT 1 FROM changes WHERE kabupaten = :kabupaten AND seq > :seq LIMIT 1", {"seq": end(tx)}
    )
    return bool(found)


def catch_up(tx: Writer, most: int) -> None:
    """Take the next changes into the trail, at most so many, if there are any."""
    found = tx.query(
        "SELECT id, received_ms, seq, raw FROM changes WHERE kabupaten = :kabupaten AND seq > :seq"
        " ORDER BY seq, id LIMIT :limit",
        {"seq": end(tx), "limit": most},
    )
    if not found:
        return
    rows, about, codes = list[SqlRow](), list[SqlRow](), list[SqlRow]()
    for change, received_ms, seq, raw in found:
        told = trace(raw)
        rows.append((tx.regency, change, received_ms, seq, told.author, told.kind, int(told.open)))
        about += [(tx.regency, name, change) for name in told.about]
        if told.code:
            codes.append((tx.regency, told.code, told.about[0]))
    tx.many(
        "INSERT INTO trail (kabupaten, change, at_ms, seq, author, kind, open)"
        " VALUES (:kabupaten, :change, :at_ms, :seq, :author, :kind, :open)"
        " ON CONFLICT (kabupaten, change) DO UPDATE SET at_ms = excluded.at_ms, seq = excluded.seq,"
        " author = excluded.author, kind = excluded.kind, open = excluded.open",
        rows,
    )
    tx.many(
        "INSERT INTO trail_about (kabupaten, about, change) VALUES (:kabupaten, :about, :change)"
        " ON CONFLICT (kabupaten, about, change) DO NOTHING",
        about,
    )
    tx.many(
        "INSERT INTO trail_codes (kabupaten, code, record) VALUES (:kabupaten, :code, :record)"
        " ON CONFLICT (kabupaten, code, record) DO NOTHING",
        codes,
    )
    tx.execute(
        "INSERT INTO trail_end (kabupaten, seq) VALUES (:kabupaten, :seq)"
        " ON CONFLICT (kabupaten) DO UPDATE SET seq = excluded.seq",
        {"seq": found[-1][2]},
    )


def let_catch_up(engine: Engine) -> None:
    """Let the trail come to the newest change; a slice at a time, so that others' writes go between."""
    slices = Slices(FIRST, least=LEAST, most=MOST)
    while engine.read(is_behind):
        engine.write(lambda tx: slices.do(lambda most: catch_up(tx, most))).result()


def called(tx: Reader, code: str) -> list[RecordId]:
    """Return what people call by this code."""
    found = tx.query(
        "SELECT record FROM trail_codes WHERE kabupaten = :kabupaten AND code = :code"
        " ORDER BY record LIMIT 50",
        {"code": code.upper()},
    )
    return [RecordId(record) for (record,) in found]


def beginning_with(tx: Reader, start: str) -> list[RecordId]:
    """Return the things whose id begins so (hexadecimal digits)."""
    found = tx.query(
        "SELECT DISTINCT about FROM trail_about WHERE kabupaten = :kabupaten"
        " AND about >= :start AND about < :past ORDER BY about LIMIT 50",
        {"start": start, "past": start + "g"},
    )
    return [RecordId(about) for (about,) in found]


def visits_of(tx: Reader, cases: Iterable[RecordId]) -> list[RecordId]:
    """Return the visits to sealed cases."""
    found = tx.query(
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND kasus IN :cases AND kasus <> ''",
        {"cases": list(cases)},
    )
    return [RecordId(visit) for (visit,) in found]


def page(tx: Reader, wanted: Wanted, behind: Place, limit: int) -> list[Row]:
    """Return changes of the trail, the newest first, behind a place."""
    narrowed = ["t.kabupaten = :kabupaten"]
    if wanted.about is not None:
        narrowed.append(
            "t.change IN (SELECT change FROM trail_about WHERE kabupaten = :kabupaten AND about IN :about)"
        )
    if wanted.author:
        narrowed.append("t.author = :author")
    if wanted.kind:
        narrowed.append("t.kind = :kind")
    if wanted.open_only:
        narrowed.append("t.open = 1")
    found = tx.query(
        f"{_ROWS} WHERE {' AND '.join(narrowed)} AND t.at_ms >= :first AND t.at_ms < :before"
        " AND t.at_ms <= :at_ms AND (t.at_ms < :at_ms OR t.seq < :seq)"
        " ORDER BY t.at_ms DESC, t.seq DESC LIMIT :limit",
        {
            "about": list(wanted.about or ()),
            "author": wanted.author,
            "kind": wanted.kind or "",
            "first": wanted.first_ms,
            "before": wanted.before_ms,
            "at_ms": behind.at_ms,
            "seq": behind.seq,
            "limit": limit,
        },
    )
    return _rows(found)


def told_of(tx: Reader, about: Iterable[RecordId], kinds: Iterable[Kind]) -> list[Row]:
    """Return all acts of these kinds about these things, the newest first.

    By way of the things, which are few: a page of the trail goes along time, past everybody's acts.
    """
    wanted = set(kinds)
    named = tx.query(
        "SELECT change FROM trail_about WHERE kabupaten = :kabupaten AND about IN :about",
        {"about": list(about)},
    )
    changes = list({bytes(change) for (change,) in named})
    found = tx.query(f"{_ROWS} WHERE t.kabupaten = :kabupaten AND t.change IN :changes", {"changes": changes})
    told = [row for row in _rows(found) if row.kind in wanted]
    return sorted(told, key=lambda row: (row.at_ms, row.seq), reverse=True)


_ROWS = (
    "SELECT t.change, t.at_ms, t.seq, t.kind, c.device, c.counter, c.outcome, c.raw,"
    " (SELECT l.raw FROM links l WHERE l.kabupaten = c.kabupaten AND l.device = c.device"
    " AND l.counter = c.counter AND l.change = c.id LIMIT 1) FROM trail t"
    " JOIN changes c ON c.kabupaten = t.kabupaten AND c.id = t.change"
)


def _rows(found: Iterable[SqlRow]) -> list[Row]:
    return [
        Row(
            change=ChangeId(change),
            at_ms=at_ms,
            seq=seq,
            kind=kind,
            device=device,
            counter=counter,
            outcome=outcome,
            raw=raw,
            link=link or b"",
        )
        for change, at_ms, seq, kind, device, counter, outcome, raw, link in found
    ]
