"""By which fields people, cases and tugas speak of others. Rule: written with their records.

That is in server/projections.py; visits have columns for it. Of what an older program wrote this knows once
the office was opened (server/relisting.py).
"""

from collections.abc import Iterable

from schemas.ids import RecordId
from server.engine import Reader, Writer
from sync.losses import is_destroyed
from sync.store import Record

FIELDS = {"warga": ("digabung_ke",), "kasus": ("subjek",), "tugas": ("sasaran", "kasus")}
"""Of each kind the fields that are kept here."""


def put_about(tx: Writer, records: Iterable[Record]) -> None:
    """Keep of whom these records speak, and no longer of whom they spoke."""
    said, unsaid = list[tuple[str, RecordId, str, str]](), list[tuple[str, RecordId, str]]()
    for each in records:
        for field in FIELDS.get(each.kind, ()):
            name = each.fields.get(field)
            if isinstance(name, str) and name:
                said.append((tx.regency, each.id, field, name))
            elif field in each.fields or is_destroyed(each):
                unsaid.append((tx.regency, each.id, field))
    tx.many(
        "INSERT INTO speaks_of (kabupaten, record, field, name) VALUES (:kabupaten, :record, :field, :name)"
        " ON CONFLICT (kabupaten, record, field) DO UPDATE SET name = excluded.name",
        said,
    )
    tx.many(
        "DELETE FROM speaks_of WHERE kabupaten = :kabupaten AND record = :record AND field = :field", unsaid
    )


def speaking_of(tx: Reader, names: Iterable[RecordId]) -> set[RecordId]:
    """Return the people, cases, tugas and visits that speak of one of these."""
    wanted = list(names)
    queries = (
        "SELECT record FROM speaks_of WHERE kabupaten = :kabupaten AND name IN :names",
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND subject IN :names",
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND kasus IN :names AND kasus <> ''",
    )
    return {RecordId(row[0]) for sql in queries for row in tx.query(sql, {"names": wanted})}
