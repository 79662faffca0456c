"""A phone after years of work: one finished visit, and as many more like it as are asked for."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from schemas.ids import NO_LINK, ChangeId, RecordId
from schemas.wire import Applied
from sync.chain import next_link, seal_link
from sync.store import Entry
from tests.field_app.field import DESA, DEVICE, FIELDS, PERSON, TASK, Field

STEP = 100
"""Steps of SQLite's machine between two counts."""


def subject_of(number: int) -> RecordId:
    return RecordId(f"a{number:031x}")


def tugas_of(number: int) -> RecordId:
    return RecordId(f"b{number:031x}")


def visit_of(number: int) -> RecordId:
    return RecordId(f"c{number:031x}")


def live_on(field: Field, numbers: range) -> None:
    """Let so many more visits be made, each to somebody else for a tugas of its own, and be approved."""
    rows: dict[RecordId, tuple[str, dict[str, Any]]] = {}
    outcomes = {}
    with field.vault.write() as connection:
        (first,) = connection.execute("SELECT id FROM drafts ORDER BY finalised_ms LIMIT 1").fetchone()
        for number in numbers:
            change, patch = (ChangeId(sha256(f"{what}{number}".encode()).digest()) for what in "cp")
            visit, draft = visit_of(number), f"d{number:031x}"
            for each in (patch, change):
                link = next_link(field.store.head(), DEVICE, each, NO_LINK)
                name, raw = seal_link(link)
                field.store.add_entries([Entry(link=link, hash=name, raw_link=raw, content=b"\x00")])
                outcomes[each] = Applied(seq=number)
            changed = {
                "id": draft, "visit": visit, "tugas": tugas_of(number), "subject": subject_of(number),
                "change": change, "patch": patch, "number": f"P017-{number}",
            }  # fmt: skip
            _copy(connection, "drafts", "id", first, changed)
            for table in ("draft_forms", "answers"):
                _copy(connection, table, "draft", first, {"draft": draft})
            rows[subject_of(number)] = "warga", FIELDS | {"nama": f"Warga {number}"}
            rows[tugas_of(number)] = "tugas", TASK | {
                "sasaran": subject_of(number), "state": "selesai", "jatuh_tempo": "2025-01-01",
            }  # fmt: skip
            rows[visit] = "kunjungan", {
                "form": "bpnt_kpm", "petugas": PERSON, "subjek": subject_of(number), "kode_desa": DESA,
                "state": "disetujui", "reasons": {}, "note": "", "decided_ms": 1,
                "versions": [{"change": change.hex(), "follows": None, "wall_ms": 1}],
            }  # fmt: skip
    field.pull(rows, acknowledged=field.store.head(), outcomes=outcomes)


def _copy(
    connection: sqlcipher.Connection, table: str, key: str, name: str, changed: dict[str, object]
) -> None:
    columns = [column for _, column, *_ in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join("?" if column in changed else column for column in columns)
    given = [changed[column] for column in columns if column in changed]
    connection.execute(f"INSERT INTO {table} SELECT {values} FROM {table} WHERE {key} = ?", (*given, name))


def cost_of(field: Field, ask: Callable[[], object]) -> tuple[int, int]:
    """Return how many statements and how many steps of SQLite's machine something takes."""
    statements: list[str] = []
    steps: list[int] = []
    with field.vault.read() as connection:
        connection.set_trace_callback(statements.append)
        connection.set_progress_handler(lambda: steps.append(STEP), STEP)
        ask()
        connection.set_trace_callback(None)
        connection.set_progress_handler(None, 0)
    return len(statements), sum(steps)


def decided(number: int, state: str) -> tuple[str, dict[str, Any]]:
    """Return the row of a visit of `live_on` after another decision."""
    change = sha256(f"c{number}".encode()).hexdigest()
    return "kunjungan", {
        "form": "bpnt_kpm", "petugas": PERSON, "subjek": subject_of(number), "kode_desa": DESA,
        "state": state, "reasons": {"bpnt_kpm.catatan": "Kurang jelas"}, "note": "", "decided_ms": 9,
        "versions": [{"change": change, "follows": None, "wall_ms": 1}],
    }  # fmt: skip
