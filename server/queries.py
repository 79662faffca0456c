"""What lists and commands ask of the database. Rule: one function a query, over one reading transaction."""

import msgspec

from server.engine import Reader
from sync.store import Record

_record = msgspec.msgpack.Decoder(Record)


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
