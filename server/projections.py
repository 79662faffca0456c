"""What the office's lists need of a record, as columns. Rule: written with the record, never by itself."""

from collections.abc import Sequence
from typing import Any

from server.engine import SqlRow, Writer
from sync.store import Record


def put_projections(writer: Writer, records: Sequence[Record]) -> None:
    """Keep the columns of visits and conflicts in step with their records."""
    writer.many(
        "INSERT INTO kunjungan (kabupaten, visit, state, form, desa, petugas, subject, tugas, versions,"
        " received_ms, decided_ms, flags)"
        " VALUES (:kabupaten, :visit, :state, :form, :desa, :petugas, :subject, :tugas, :versions,"
        " :received_ms, :decided_ms, :flags)"
        " ON CONFLICT (kabupaten, visit) DO UPDATE SET state = excluded.state, form = excluded.form,"
        " desa = excluded.desa, petugas = excluded.petugas, subject = excluded.subject,"
        " tugas = excluded.tugas, versions = excluded.versions, received_ms = excluded.received_ms,"
        " decided_ms = excluded.decided_ms, flags = excluded.flags",
        [visit_row(writer.regency, record) for record in records if record.kind == "kunjungan"],
    )
    writer.many(
        "INSERT INTO konflik (kabupaten, conflict, record, kind, state, reason, petugas, at_ms)"
        " VALUES (:kabupaten, :conflict, :record, :kind, :state, :reason, :petugas, :at_ms)"
        " ON CONFLICT (kabupaten, conflict) DO UPDATE SET record = excluded.record, kind = excluded.kind,"
        " state = excluded.state, reason = excluded.reason, petugas = excluded.petugas,"
        " at_ms = excluded.at_ms",
        [conflict_row(writer.regency, record) for record in records if record.kind == "konflik"],
    )


def visit_row(regency: str, record: Record) -> SqlRow:
    """Return the columns of a visit, in the order of its table."""
    fields = record.fields
    versions: list[dict[str, Any]] = fields.get("versions") or []
    newest = versions[-1] if versions else {}
    return (
        regency,
        record.id,
        _text(fields.get("state")),
        _text(fields.get("form")),
        _text(fields.get("kode_desa")),
        _text(fields.get("petugas")),
        _text(fields.get("subjek")),
        _text(fields.get("tugas")),
        len(versions),
        _number(newest.get("received_ms")),
        _number(fields.get("decided_ms")),
        " ".join(fields.get("flags") or ()),
    )


def conflict_row(regency: str, record: Record) -> SqlRow:
    """Return the columns of a conflict, in the order of its table."""
    fields = record.fields
    names = ("record", "kind", "state", "reason", "petugas")
    return (regency, record.id, *(_text(fields.get(name)) for name in names), _number(fields.get("at_ms")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
