"""Rows of letters: columns of their records, to find one by number, day or whom it is about.

Rule: one function a query; a row is written with its record (server/projections.py), never by itself.
"""

from collections.abc import Iterable, Sequence

from schemas.base import Data
from schemas.ids import RecordId
from server.engine import Reader, SqlRow, Writer
from sync.store import Fields, Record

LETTER = "surat"
MOST_LISTED = 5000


class LetterRow(Data, frozen=True, kw_only=True):
    """One letter. `number` is 0 without one; `written` is how it stands on the paper.

    `day` is YYYY-MM-DD, `at_ms` UTC; `state` terbit or batal.
    """

    id: RecordId
    year: int
    number: int
    written: str
    kind: str
    day: str
    subject: str
    region: str
    service: str
    state: str
    at_ms: int


_COLUMNS = "letter, year, number, written, kind, day, subject, visit, kasus, region, service, state, at_ms"


def put_letters(writer: Writer, records: Sequence[Record]) -> None:
    """Keep the columns of letters in step with their records."""
    writer.many(
        f"INSERT INTO surat (kabupaten, {_COLUMNS}) VALUES (:kabupaten, :letter, :year, :number, :written,"  # noqa: S608 - our own names
        " :kind, :day, :subject, :visit, :kasus, :region, :service, :state, :at_ms)"
        " ON CONFLICT (kabupaten, letter) DO UPDATE SET year = excluded.year, number = excluded.number,"
        " written = excluded.written, kind = excluded.kind, day = excluded.day,"
        " subject = excluded.subject, visit = excluded.visit, kasus = excluded.kasus,"
        " region = excluded.region, service = excluded.service, state = excluded.state,"
        " at_ms = excluded.at_ms",
        [letter_row(writer.regency, record) for record in records if record.kind == LETTER],
    )


def letter_row(regency: str, record: Record) -> SqlRow:
    """Return the columns of a letter, in the order of its table."""
    fields = record.fields
    written, kind, day = (_text(fields, name) for name in ("nomor", "jenis", "tanggal"))
    subject, visit, kasus = (_text(fields, name) for name in ("subjek", "kunjungan", "kasus"))
    region, service, state = (_text(fields, name) for name in ("kode_desa", "layanan", "state"))
    year, number, at_ms = (_whole(fields, name) for name in ("tahun", "urut", "at_ms"))
    about = (subject, visit, kasus, region, service, state, at_ms)
    return (regency, record.id, year, number, written, kind, day, *about)


def listed(tx: Reader, first: str, last: str, kind: str) -> list[LetterRow]:
    """Return the letters of these days (YYYY-MM-DD) and of this kind (empty: all), the newest first."""
    found = tx.query(
        f"SELECT {_COLUMNS} FROM surat WHERE kabupaten = :kabupaten AND day >= :first AND day <= :last"  # noqa: S608 - our own names
        " AND (:kind = '' OR kind = :kind) ORDER BY at_ms DESC, letter LIMIT :limit",
        {"first": first, "last": last, "kind": kind, "limit": MOST_LISTED},
    )
    return [_row(row) for row in found]


def has_more(tx: Reader, first: str, last: str, kind: str) -> bool:
    """Say whether there are more letters of these days and this kind than are listed."""
    found = tx.query(
        "SELECT 1 FROM surat WHERE kabupaten = :kabupaten AND day >= :first AND day <= :last"
        " AND (:kind = '' OR kind = :kind) LIMIT 1 OFFSET :most",
        {"first": first, "last": last, "kind": kind, "most": MOST_LISTED},
    )
    return bool(found)


def out_about(tx: Reader, name: RecordId) -> list[LetterRow]:
    """Return the letters about a visit or a case, the newest first."""
    # one after the other and in no order: else SQLite goes through all letters as they were written
    found = {
        row
        for column in ("visit", "kasus")
        for row in tx.query(
            f"SELECT {_COLUMNS} FROM surat WHERE kabupaten = :kabupaten AND {column} = :name",  # noqa: S608 - ours
            {"name": name},
        )
    }
    return sorted(map(_row, found), key=lambda each: (-each.at_ms, each.id))


def used_numbers(tx: Reader, year: int) -> frozenset[int]:
    """Return the numbers of a year that letters have, those that were cancelled too."""
    found = tx.query(
        "SELECT number FROM surat WHERE kabupaten = :kabupaten AND year = :year AND number > 0",
        {"year": year},
    )
    return frozenset(int(number) for (number,) in found)


def visit_counts(
    tx: Reader, region: str, first_ms: int, after_ms: int, forms: Iterable[str]
) -> list[tuple[str, str, int]]:
    """Count visits in a region, by desa and state: what counts came from `first_ms` until `after_ms`."""
    found = tx.query(
        "SELECT desa, state, count(*) FROM kunjungan WHERE kabupaten = :kabupaten AND form IN :forms"
        " AND (desa = :region OR desa LIKE :below) AND counted_ms >= :first_ms AND counted_ms < :after_ms"
        " GROUP BY desa, state ORDER BY desa, state",
        {
            "region": region,
            "below": f"{region}.%",
            "first_ms": first_ms,
            "after_ms": after_ms,
            "forms": list(forms),
        },
    )
    return [(str(desa), str(state), int(count)) for desa, state, count in found]


def letters_about(tx: Reader, names: Iterable[RecordId]) -> list[RecordId]:
    """Return the letters about one of these: persons, visits or cases."""
    wanted = list(names)
    found = {
        RecordId(letter)
        for column in ("subject", "visit", "kasus")
        for (letter,) in tx.query(
            f"SELECT letter FROM surat WHERE kabupaten = :kabupaten AND {column} IN :names",  # noqa: S608 - ours
            {"names": wanted},
        )
    }
    return sorted(found)


def _row(row: SqlRow) -> LetterRow:
    letter, year, number, written, kind, day, subject, _visit, _kasus, region, service, state, at_ms = row
    return LetterRow(
        id=RecordId(letter),
        year=int(year),
        number=int(number),
        written=written,
        kind=kind,
        day=day,
        subject=subject,
        region=region,
        service=service,
        state=state,
        at_ms=int(at_ms),
    )


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _whole(fields: Fields, name: str) -> int:
    value = fields.get(name)
    return value if isinstance(value, int) else 0
