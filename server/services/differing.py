"""Where a visit says otherwise than the office's record did. Rule: what was new to the record is not told.

A phone writes what it found different just before the visit itself, with the values that its officer had
from the office; those stand in the log for good, so that a sign does not change when the record does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from schemas.form_values import is_blank, is_skipped
from schemas.ids import ChangeId, DeviceId, RecordId
from server import conflict_store
from server.engine import Reader
from server.store import SqlOfficeStore
from sync.change import Patch, Submit, read

LASTING = frozenset(
    {"nik", "no_kk", "no_kks", "nama", "jenis_kelamin", "tanggal_lahir", "kode_desa", "penyalur"}
    | {"nama_ewarong", "pemilik"}
)
"""Fields that say who somebody is or where they belong: another value asks for a look. People move house,
marry and get another telephone; that is no contradiction (source J)."""
JUST_BEFORE = 1


def replaced(
    tx: Reader, versions: Iterable[tuple[DeviceId, ChangeId]], subject: RecordId | None
) -> dict[str, Any]:
    """Return what the record said, by field, before the versions of a visit (oldest first) said otherwise."""
    if subject is None:
        return {}
    store, found = SqlOfficeStore.reading(tx), dict[str, Any]()
    for device, change in versions:
        beside = conflict_store.beside(tx, device, change, JUST_BEFORE)
        before = beside[: beside.index(change)] if change in beside else []
        for patch in _patches(store, before, subject):
            for name in LASTING & patch.new.keys():
                if not is_blank(patch.base.get(name)):
                    found.setdefault(name, patch.base[name])
    return found


def differing(submit: Submit, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return those values of the record, by field, that a version still contradicts."""
    answers = submit.forms[submit.form].answers if submit.form in submit.forms else {}
    return {name: value for name, value in before.items() if _contradicts(answers.get(name), value)}


def _contradicts(answer: Any, value: Any) -> bool:
    return not is_blank(answer) and not is_skipped(answer) and _plain(answer) != _plain(value)


def _plain(value: Any) -> Any:
    """Leave out how a name is written: in capitals, with more spaces, with dots."""
    return "".join(filter(str.isalnum, value)).casefold() if isinstance(value, str) else value


def _patches(store: SqlOfficeStore, changes: Sequence[ChangeId], subject: RecordId) -> Iterable[Patch]:
    for raw in store.contents(changes).values():
        try:
            body = read(raw).body
        except msgspec.DecodeError:
            continue
        if isinstance(body, Patch) and body.record == subject:
            yield body
