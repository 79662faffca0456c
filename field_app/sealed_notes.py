"""What the office sealed to this device: reasons of a returned visit, and what a task is about.

Rule: opened only behind the second unlock, each time anew, and kept nowhere. The key is the device's X25519
key (sealing.py); what was sealed to another device of the same person is not for this one.
"""

from typing import Any, TypeVar, cast

from msgspec import convert

from field_app.bench import Bench
from field_app.records import Fields
from field_app.sealing import exchange_key, open_key
from schemas.base import UNREADABLE, decode
from schemas.ids import RecordId
from schemas.sealed import Note, Role
from schemas.sealed_notes import Assignment, Reasons
from sync.sealed_case import NotReadableError, info_of, name_of, open_note

T = TypeVar("T")


def reasons_of(bench: Bench, visit: RecordId) -> Reasons | None:
    """Return why a visit came back, None when nothing of it is sealed to this device. Raises ClosedError.

    That may be about an earlier version than the newest: a later one reopened nothing if its author was
    off duty then.
    """
    record = bench.records.get(visit)
    if record is None:
        return None
    versions: list[Fields] = record.fields.get("versions") or []
    numbers = [version.get("number", place) for place, version in enumerate(versions, 1)][::-1] or [0]
    return _open(bench, record.fields, "alasan", visit, numbers, Reasons)


def has_reasons(bench: Bench, visit: RecordId) -> bool:
    """Say whether the office sealed its word on a visit, to this phone of whoever made it or to another."""
    record = bench.records.get(visit)
    return record is not None and bool(_notes(record.fields, "alasan"))


def is_for_us(bench: Bench, visit: RecordId) -> bool:
    """Say whether the office sealed its word on a visit to this very phone; the second unlock opens it."""
    record = bench.records.get(visit)
    ours = name_of(exchange_key(bench.owner.private_key).public_key().public_bytes_raw())
    return record is not None and any(note.key == ours for note in _notes(record.fields, "alasan"))


def assignment_of(bench: Bench, tugas: RecordId) -> Assignment | None:
    """Return what a task is about, None when nothing of it is sealed to this device. Raises ClosedError."""
    record = bench.records.get(tugas)
    return _open(bench, record.fields, "tugas", tugas, [0], Assignment) if record else None


def _open(
    bench: Bench, fields: Fields, role: Role, subject: RecordId, numbers: list[int], kind: type[T]
) -> T | None:
    bench.sealed.require_open()
    private = exchange_key(bench.owner.private_key)
    public = private.public_key().public_bytes_raw()
    ours = [note for note in _notes(fields, role) if note.key == name_of(public)]
    for number in numbers:
        info = info_of(bench.owner.regency, role, subject, number, public)
        for note in ours:
            try:
                plain = open_note(note, lambda sealed, about: open_key(sealed, private, about), info)
                return decode(plain, kind)
            except (NotReadableError, *UNREADABLE):
                continue
    return None


def _notes(fields: Fields, role: Role) -> list[Note]:
    """Return the notes of a role that a pulled record holds."""
    named = fields.get("notes")
    found = cast("dict[str, Any]", named).get(role) if isinstance(named, dict) else None
    try:
        return convert(found or [], list[Note])
    except UNREADABLE:
        return []
