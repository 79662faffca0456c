"""What may stand outside of a sealed case. Rule: only fields named here, in shapes that hold no word.

A kasus is sealed by its service, and its tugas and visits are with it. What is refused beyond this is in
sync/plaintext.py; docs/protocol.md, "Sealed cases".
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from schemas.sealed import KODE_PATTERN, SEALED_FORM, SEALED_SERVICES
from sync.store import Fields, Record

Shapes = dict[str, Callable[[Any], bool]]

_ID = re.compile(r"[0-9a-f]{32}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KODE = re.compile(KODE_PATTERN)
_TUGAS_STATES = frozenset({"baru", "dikirim", "dikembalikan", "selesai", "batal"})


def is_sealed(record: Record | None) -> bool:
    """Say whether a record is a sealed kasus, or a tugas or visit of one."""
    if record is None:
        return False
    if record.kind == "kunjungan":
        return record.fields.get("form") == SEALED_FORM
    return record.kind in ("kasus", "tugas") and record.fields.get("service") in SEALED_SERVICES


def unfit_field(kind: str, values: Fields, shapes: Shapes) -> str | None:
    """Return the first field that may not stand outside or whose value is not neutral.

    For a field that is not one of ours its kind is returned: a name might itself say something.
    """
    for name in sorted(values):
        if name not in shapes:
            return kind
        if values[name] is not None and not shapes[name](values[name]):
            return name
    return None


def is_id(value: Any) -> bool:
    """Say whether a value is an id, and holds no word."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _is_kode(value: Any) -> bool:
    return isinstance(value, str) and _KODE.fullmatch(value) is not None


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_yes_or_no(value: Any) -> bool:
    return isinstance(value, bool)


def _is_tugas_state(value: Any) -> bool:
    return isinstance(value, str) and value in _TUGAS_STATES


_KASUS: Shapes = {"petugas": is_id, "due": _is_day, "dihapus": _is_yes_or_no}
_TUGAS: Shapes = {**_KASUS, "state": _is_tugas_state}
OUTSIDE: dict[str, Shapes] = {
    "kasus": {**_KASUS, "workflow": _is_code, "service": _is_code, "kode": _is_kode},
    "tugas": {**_TUGAS, "kasus": is_id, "kode": _is_kode},
}
"""What may be said of a sealed thing."""
FIXED = ("workflow", "service", "kode", "kasus")
"""What is said when it is made, and stays."""
SEEN: Shapes = {"state": _is_code}
"""What an author may say to have seen besides."""
IN_CONFLICT: Shapes = {**_TUGAS, "state": _is_code, "event": _is_code, "decided_by": is_id, "note": _is_code}
