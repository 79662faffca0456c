"""What lists and commands ask of the database. Rule: one function a query, over one reading transaction."""

import msgspec

from schemas.ids import RecordId
from schemas.sealed import SEALED_SERVICES
from server.engine import Reader, one
from sync.neutral import is_sealed
from sync.store import Record

_record = msgspec.msgpack.Decoder(Record)


def record(reader: Reader, name: RecordId) -> Record | None:
    """Return one record."""
    row = one(
        reader.query("SELECT body FROM records WHERE kabupaten = :kabupaten AND id = :id", {"id": name})
    )
    return _record.decode(row[0]) if row else None


def records_of_kind(reader: Reader, kind: str) -> list[Record]:
    """Return all records of one kind; for kinds that are few."""
    found = reader.query(
        "SELECT body FROM records WHERE kabupaten = :kabupaten AND kind = :kind ORDER BY id", {"kind": kind}
    )
    return [_record.decode(body) for (body,) in found]


def petugas(reader: Reader) -> list[Record]:
    """Return everybody who works with this office."""
    return records_of_kind(reader, "petugas")


def find_petugas(reader: Reader, who: str) -> Record | None:
    """Return the person of a record id or a short code."""
    return next((person for person in petugas(reader) if who in (person.id, person.fields.get("kode"))), None)


def sealed_of_code(reader: Reader, kode: str) -> list[RecordId]:
    """Return the sealed cases of a code. All that are sealed are read, for no index tells of codes."""
    rows = reader.query(
        "SELECT r.body FROM kasus k JOIN records r ON r.kabupaten = k.kabupaten AND r.id = k.kasus"
        " WHERE k.kabupaten = :kabupaten AND k.service IN :services AND k.since_ms > 0",
        {"services": sorted(SEALED_SERVICES)},
    )
    found = [_record.decode(body) for (body,) in rows]
    return sorted(each.id for each in found if is_sealed(each) and each.fields.get("kode") == kode)
