"""What the office's lists need of a record, as columns. Rule: written with the record, never by itself."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from schemas.base import encode
from schemas.format import local_date
from schemas.ids import PersonId, RecordId
from server import (
    about_store,
    letter_store,
    sealed_store,
    sign_store,
    subject_index,
    task_store,
    visit_counts,
)
from server.engine import Reader, SqlRow, Writer
from server.shelves import about, conflict_shelf, stage
from sync.losses import is_destroyed
from sync.store import Record
from sync.versions import counted_versions

MOVABLE = frozenset({"warga", "ewarong"})
"""Kinds whose desa and services change, and with them who may see the conflicts about them."""
_record = msgspec.msgpack.Decoder(Record)


def put_projections(writer: Writer, records: Sequence[Record]) -> None:
    """Keep the columns of visits, conflicts and cases in step with their records, and the people apart."""
    writer.many(
        "INSERT INTO petugas (kabupaten, person, body) VALUES (:kabupaten, :person, :body)"
        " ON CONFLICT (kabupaten, person) DO UPDATE SET body = excluded.body",
        [(writer.regency, record.id, encode(record)) for record in records if record.kind == "petugas"],
    )
    visits = [visit_row(writer.regency, record) for record in records if record.kind == "kunjungan"]
    visit_counts.note(writer, {RecordId(row[1]): visit_counts.stand_of(row) for row in visits})
    writer.many(
        "INSERT INTO kunjungan (kabupaten, visit, state, form, desa, petugas, subject, tugas, versions,"
        " received_ms, decided_ms, flags, quarter, kasus, counted_ms, left_ms)"
        " VALUES (:kabupaten, :visit, :state, :form, :desa, :petugas, :subject, :tugas, :versions,"
        " :received_ms, :decided_ms, :flags, :quarter, :kasus, :counted_ms, :left_ms)"
        " ON CONFLICT (kabupaten, visit) DO UPDATE SET state = excluded.state, form = excluded.form,"
        " desa = excluded.desa, petugas = excluded.petugas, subject = excluded.subject,"
        " tugas = excluded.tugas, versions = excluded.versions, received_ms = excluded.received_ms,"
        " decided_ms = excluded.decided_ms, flags = excluded.flags, quarter = excluded.quarter,"
        " kasus = excluded.kasus, counted_ms = excluded.counted_ms, left_ms = excluded.left_ms",
        visits,
    )
    writer.many(
        "INSERT INTO kasus (kabupaten, kasus, stage, desa, due, service, kunjungan, since_ms)"
        " VALUES (:kabupaten, :kasus, :stage, :desa, :due, :service, :kunjungan, :since_ms)"
        " ON CONFLICT (kabupaten, kasus) DO UPDATE SET stage = excluded.stage, desa = excluded.desa,"
        " due = excluded.due, service = excluded.service, kunjungan = excluded.kunjungan,"
        " since_ms = excluded.since_ms",
        [case_row(writer.regency, record) for record in records if record.kind == "kasus"],
    )
    task_store.put_tasks(writer, records)
    about_store.put_about(writer, records)
    letter_store.put_letters(writer, records)
    find = finder(writer)
    writer.many(
        "INSERT INTO konflik (kabupaten, conflict, record, kind, state, reason, petugas, at_ms, about, shelf)"
        " VALUES (:kabupaten, :conflict, :record, :kind, :state, :reason, :petugas, :at_ms, :about, :shelf)"
        " ON CONFLICT (kabupaten, conflict) DO UPDATE SET record = excluded.record, kind = excluded.kind,"
        " state = excluded.state, reason = excluded.reason, petugas = excluded.petugas,"
        " at_ms = excluded.at_ms, about = excluded.about, shelf = excluded.shelf",
        [conflict_row(writer.regency, record, find) for record in records if record.kind == "konflik"],
    )
    _move_conflicts(writer, [record for record in records if record.kind in MOVABLE])
    sealed_store.keep_in_step(writer, records)
    # the index of names follows a moment later; who is taken away leaves it at once
    gone = [record.id for record in records if record.kind in MOVABLE and record.fields.get("dihapus")]
    if gone:
        subject_index.forget(writer, gone)
    if gone := [record.id for record in records if record.kind == "kunjungan" and is_destroyed(record)]:
        sign_store.forget(writer, gone)


def petugas_records(reader: Reader, people: Iterable[PersonId]) -> dict[PersonId, Record]:
    """Return the records of some people, out of the few that are such."""
    found = reader.query(
        "SELECT person, body FROM petugas WHERE kabupaten = :kabupaten AND person IN :people",
        {"people": list(people)},
    )
    return {PersonId(name): _record.decode(body) for name, body in found}


def finder(reader: Reader) -> Callable[[RecordId], Record | None]:
    """Return what finds one record in the database."""

    def find(name: RecordId) -> Record | None:
        found = reader.query(
            "SELECT body FROM records WHERE kabupaten = :kabupaten AND id = :id", {"id": name}
        )
        return _record.decode(found[0][0]) if found else None

    return find


def visit_row(regency: str, record: Record) -> SqlRow:
    """Return the columns of a visit, as listed above; `visit_counts.stand_of` reads them by place."""
    fields = record.fields
    versions: list[dict[str, Any]] = fields.get("versions") or []
    newest = versions[-1] if versions else {}
    counted = counted_versions(record)[-1] if versions else {}
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
        quarter_of(_number(versions[0].get("received_ms"))) if versions else "",
        _text(fields.get("kasus")),
        _number(counted.get("received_ms")),
        _number(fields.get("left_ms")),
    )


def quarter_of(at_ms: int) -> str:
    """Name the quarter of a moment (UTC ms) by the office's calendar, as 2026-4."""
    return quarter_with(local_date(at_ms))


def quarter_with(day: date) -> str:
    """Name the quarter that a day lies in."""
    return f"{day.year}-{(day.month + 2) // 3}"


def conflict_row(regency: str, record: Record, find: Callable[[RecordId], Record | None]) -> SqlRow:
    """Return the columns of a conflict, in the order of its table; `find` gives the record it is about."""
    fields = record.fields
    names = ("record", "kind", "state", "reason", "petugas")
    name, target = about(record, find)
    given = (_text(fields.get(each)) for each in names)
    shelf = conflict_shelf(record, target).text()
    return (regency, record.id, *given, _number(fields.get("at_ms")), name, shelf)


def case_row(regency: str, record: Record) -> SqlRow:
    """Return the columns of a case, in the order of its table."""
    fields = record.fields
    names = ("kode_desa", "due", "service", "kunjungan")
    texts = (_text(fields.get(name)) for name in names)
    return (regency, record.id, stage(fields), *texts, _number(fields.get("since_ms")))


def _move_conflicts(writer: Writer, records: Sequence[Record]) -> None:
    """Put the conflicts about these records where the records now lie."""
    if not records:
        return
    targets = {record.id: record for record in records}
    found = writer.query(
        "SELECT conflict, about, shelf FROM konflik WHERE kabupaten = :kabupaten AND about IN :targets",
        {"targets": list(targets)},
    )
    for conflict, target, shelf in found:
        now = conflict_shelf(targets[target], targets[target]).text()
        if now != shelf:
            writer.execute(
                "UPDATE konflik SET shelf = :shelf WHERE kabupaten = :kabupaten AND conflict = :conflict",
                {"shelf": now, "conflict": conflict},
            )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
