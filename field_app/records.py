"""Pulled records as maps of fields. Rule: of several rows of one thing, the fullest that this person has
is shown.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from field_app.asked import about_key
from field_app.pulled import fullest
from field_app.store import Store
from schemas.base import Data, decode
from schemas.ids import ChangeId, RecordId
from schemas.wire import Row
from sync.change import Patch

Fields = dict[str, Any]


class Pulled(Data, frozen=True, kw_only=True):
    """One record as this person may see it."""

    id: RecordId
    kind: str
    fields: Fields


class Records:
    """Reading what the office sent."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, name: RecordId | None) -> Pulled | None:
        """Return the fullest row of a record, None when there is none."""
        if name is None:
            return None
        row = fullest(self._store.rows([name]))
        return None if row is None else _pulled(name, row.kind, row.body)

    def as_written(self, name: RecordId | None) -> Pulled | None:
        """Return a record with this phone's own changes of it that the office has not answered yet.

        It is the base of what she changes next: else her second word on a field would contradict her first.
        """
        if name is None:
            return None
        record = self.get(name)
        for content in self._store.unanswered():
            body = content.body
            if isinstance(body, Patch) and body.record == name:
                fields = record.fields if record else {}
                record = Pulled(id=name, kind=body.kind, fields=fields | body.new)
        return record

    def of_kind(self, kind: str) -> dict[RecordId, Fields]:
        """Return all records of a kind that has one row each (tugas, kunjungan, konflik, petugas,
        referensi).
        """
        return _by_id(self._store.rows_of_kind(kind))

    def in_state(self, kind: str, *states: str) -> dict[RecordId, Fields]:
        """Return the tugas, kunjungan or konflik that stand in one of these states."""
        return _by_id(self._store.rows_in_state(kind, states))

    def conflicts_of(self, changes: Iterable[ChangeId]) -> dict[RecordId, Fields]:
        """Return the konflik that these changes raised."""
        return _by_id(self._store.rows_about({change.hex() for change in changes}))

    def tugas_due(self, month: str) -> dict[RecordId, Fields]:
        """Return the tugas that are due in a month, YYYY-MM."""
        return _by_id(self._store.tugas_due(month))

    def was_made_after(self, form: str, whom: RecordId | None, visit: RecordId, after_ms: int) -> bool:
        """Say whether the office knows another visit with the same form to the same subject, or to nobody,
        that was made after a time (UTC ms).
        """
        return self._store.was_made_after(about_key(form, whom), visit, after_ms)

    def with_number(self, kind: str, names: tuple[str, ...], number: str) -> list[Pulled]:
        """Return what has this number in one of these fields. Reads every row of the kind: ask rarely."""
        found: set[RecordId] = set()
        for row in self._store.rows_of_kind(kind):
            record = _pulled(row.id, row.kind, row.body)
            if record and number in (record.fields.get(name) for name in names):
                found.add(row.id)
        return [record for name in sorted(found) if (record := self.get(name))]


def text_of(fields: Fields, *names: str) -> str:
    """Return the first of these fields that is a text, empty without one."""
    return next((value for name in names if isinstance(value := fields.get(name), str)), "")


def _by_id(rows: Iterable[Row]) -> dict[RecordId, Fields]:
    found = (_pulled(row.id, row.kind, row.body) for row in rows)
    return {record.id: record.fields for record in found if record}


def _pulled(name: RecordId, kind: str, body: bytes) -> Pulled | None:
    try:
        return Pulled(id=name, kind=kind, fields=decode(body, dict[str, Any]))
    except msgspec.MsgspecError:
        return None
