"""What lists ask of rows and of the office's answers. Rule: it stands in columns of its own, worked out from
the body alone, so that a list reads what it shows and not all that ever came.

Of a tugas: its state, and the day it is due. Of a visit: its state, with which form it was to whom, and when
it was made. Of a konflik: its state, and which change raised it. The migration that made the columns fills
them by the same functions.
"""

from typing import Any, cast

import msgspec
import sqlcipher3.dbapi2 as sqlcipher

from schemas.base import UNREADABLE
from schemas.wire import Held, Outcome, Rejected

Asked = tuple[str | None, str | None, str | int | None]
"""State, about and at: see the migration."""
NOTHING: Asked = (None, None, None)
ASKED_OF = frozenset({"tugas", "kunjungan", "konflik"})


class _Fields(msgspec.Struct, frozen=True):
    """As much of a row as is asked for."""

    state: Any = None
    form: Any = None
    kasus: Any = None
    subjek: Any = None
    jatuh_tempo: Any = None
    due: Any = None
    versions: Any = None
    change: Any = None


_fields = msgspec.msgpack.Decoder(_Fields)
_outcomes: msgspec.msgpack.Decoder[Outcome] = msgspec.msgpack.Decoder(Outcome)


def asked_of(kind: str, body: bytes) -> Asked:
    """Return what is asked of a row; nothing of a kind that no list asks for, or that cannot be read."""
    if kind not in ASKED_OF:
        return NOTHING
    try:
        fields = _fields.decode(body)
    except UNREADABLE:
        return NOTHING
    state = _text(fields.state) or None
    match kind:
        case "tugas":
            return state, None, _text(fields.jatuh_tempo, fields.due) or None
        case "kunjungan":
            about = about_key(_text(fields.form), _text(fields.kasus, fields.subjek))
            return state, about, _made_ms(fields.versions)
        case _:
            return state, _text(fields.change) or None, None


def about_key(form: str, whom: str | None) -> str:
    """Return the name by which visits with a form to somebody, or to nobody, are found."""
    return f"{form}/{whom or ''}"


def told(outcome: Outcome) -> tuple[str | None, str | None]:
    """Return what a held change waits for, and why a refused one was refused."""
    waits = outcome.waiting if isinstance(outcome, Held) else None
    return waits, outcome.problem if isinstance(outcome, Rejected) else None


def add_functions(connection: sqlcipher.Connection) -> None:
    """Let SQL of the migrations ask the same: `asked(kind, body, n)` and `told(packed, n)`."""

    def asked(kind: str, body: bytes, n: int) -> str | int | None:
        return asked_of(kind, body)[n]

    def told_of(packed: bytes, n: int) -> str | None:
        try:
            return told(_outcomes.decode(packed))[n]
        except UNREADABLE:
            return None

    connection.create_function("asked", 3, asked)
    connection.create_function("told", 2, told_of)


def _text(*values: Any) -> str:
    return next((value for value in values if isinstance(value, str)), "")


def _made_ms(versions: Any) -> int:
    """Return when the first of these was finished, by the clock of its phone; 0 where that says no time that
    fits into a column.
    """
    first = cast("list[Any]", versions)[0] if isinstance(versions, list) and versions else None
    made = cast("dict[str, Any]", first).get("wall_ms") if isinstance(first, dict) else None
    return made if type(made) is int and 0 <= made < 2**63 else 0
