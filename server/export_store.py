"""Lists that go out, in SQL: orders and the pieces of their files. Rule: one function a query."""

from schemas.base import decode, encode
from schemas.ids import RecordId
from server.engine import Reader, Writer
from server.tables.order import KEPT_MS, Order


def put_order(tx: Writer, order: Order) -> None:
    """Keep what is known of a list."""
    tx.execute(
        "INSERT INTO exports (kabupaten, export, at_ms, body) VALUES (:kabupaten, :export, :at, :body)"
        " ON CONFLICT (kabupaten, export) DO UPDATE SET body = excluded.body",
        {"export": order.id, "at": order.at_ms, "body": encode(order)},
    )


def order(tx: Reader, name: RecordId) -> Order | None:
    """Return a list that waits, or is being written."""
    found = tx.query(
        "SELECT body FROM exports WHERE kabupaten = :kabupaten AND export = :export", {"export": name}
    )
    return decode(bytes(found[0][0]), Order) if found else None


def put_piece(tx: Writer, name: RecordId, place: int, data: bytes) -> None:
    """Keep a piece of a file."""
    tx.execute(
        "INSERT INTO export_pieces (kabupaten, export, place, data)"
        " VALUES (:kabupaten, :export, :place, :data)",
        {"export": name, "place": place, "data": data},
    )


def piece(tx: Reader, name: RecordId, place: int) -> bytes | None:
    """Return a piece of a file; None behind the last, and when the file was forgotten."""
    found = tx.query(
        "SELECT data FROM export_pieces WHERE kabupaten = :kabupaten AND export = :export AND place = :place",
        {"export": name, "place": place},
    )
    return bytes(found[0][0]) if found else None


def too_old(tx: Reader, now_ms: int) -> list[RecordId]:
    """Return the lists whose time is over."""
    found = tx.query(
        "SELECT export FROM exports WHERE kabupaten = :kabupaten AND (at_ms < :before OR at_ms > :until)",
        {"before": now_ms - KEPT_MS, "until": now_ms + KEPT_MS},
    )
    return [RecordId(name) for (name,) in found]


def drop_pieces(tx: Writer, name: RecordId, most: int) -> int:
    """Forget some pieces of a file, the last first; return how many are left."""
    about: dict[str, object] = {"export": name}
    where = " FROM export_pieces WHERE kabupaten = :kabupaten AND export = :export"
    count = int(tx.query(f"SELECT count(*){where}", about)[0][0])
    tx.execute(f"DELETE{where} AND place >= :place", {**about, "place": max(0, count - most)})
    return max(0, count - most)


def drop_order(tx: Writer, name: RecordId) -> None:
    """Forget what is known of a list whose pieces are gone."""
    tx.execute("DELETE FROM exports WHERE kabupaten = :kabupaten AND export = :export", {"export": name})


def drop_all(tx: Writer) -> None:
    """Forget every file that waits: something in one of them was destroyed."""
    tx.execute("DELETE FROM export_pieces WHERE kabupaten = :kabupaten")
    tx.execute("DELETE FROM exports WHERE kabupaten = :kabupaten")


def visits_of_forms(
    tx: Reader,
    forms: tuple[str, ...],
    *,
    state: str,
    desa: tuple[str, ...] | None,
    first_ms: int,
    before_ms: int,
) -> list[RecordId]:
    """Return the visits whose main form is one of these, in the order in which what counts came in."""
    found = tx.query(
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND form IN :forms"
        " AND (:state = '' OR state = :state) AND (:every_desa = 1 OR desa IN :desa)"
        " AND counted_ms >= :first AND (:before = 0 OR counted_ms < :before)"
        " ORDER BY counted_ms, visit",
        {
            "forms": list(forms),
            "state": state,
            "every_desa": int(desa is None),
            "desa": list(desa or ()),
            "first": first_ms,
            "before": before_ms,
        },
    )
    return [RecordId(visit) for (visit,) in found]


def count_of_kind(tx: Reader, kind: str) -> int:
    """Count the records of a kind."""
    found = tx.query(
        "SELECT count(*) FROM records WHERE kabupaten = :kabupaten AND kind = :kind", {"kind": kind}
    )
    return int(found[0][0])
