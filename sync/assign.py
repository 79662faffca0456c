"""Setting fields, and the rights that follow. Rule: an open tugas lets its person read the target whole."""

from msgspec.structs import replace

from schemas.ids import PersonId, RecordId
from sync.desk import Desk
from sync.scope import OPEN_TUGAS, in_area
from sync.store import Fields, Record


def set_fields(desk: Desk, record: Record, values: Fields) -> None:
    """Give a record these values, and with a tugas the rights to read that follow from it."""
    after = replace(record, fields={**record.fields, **values})
    desk.put(after)
    if record.kind == "tugas":
        _assign(desk, record, after)


def may_see(desk: Desk, person: PersonId, record: Record) -> bool:
    """Say whether a person's phone holds this record now, or would if it existed: by area or by a tugas."""
    if person in record.readers.values():
        return True
    petugas = desk.get(RecordId(person))
    return petugas is not None and in_area(record.kind, record.fields, petugas.fields)


def _assign(desk: Desk, before: Record, after: Record) -> None:
    old, new = before.fields.get("sasaran"), after.fields.get("sasaran")
    for target_id in {name for name in (old, new) if isinstance(name, str)}:
        target = desk.get(RecordId(target_id))
        if target is None:
            continue
        readers = {tugas: person for tugas, person in target.readers.items() if tugas != after.id}
        if target_id == new and after.fields.get("state") in OPEN_TUGAS and after.fields.get("petugas"):
            readers[after.id] = PersonId(after.fields["petugas"])
        if readers != target.readers:
            desk.put(replace(target, readers=readers))
