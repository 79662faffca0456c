"""Saving one answer: from the tap to a committed row in the vault."""

import os
import sqlite3
from pathlib import Path

from field_app.views import DraftView
from tests.bench.figures import Figure, median_ms
from tests.bench.phones import synced_phone

RUNS = 201


def measure(folder: Path) -> list[Figure]:
    """Save an answer of a BPNT visit again and again, and commit one row of plain SQLite as often."""
    with synced_phone(folder, 300) as phone:
        subject = phone.visits.search("su")[0].id
        draft = phone.visits.start("bpnt_kpm", subject, None)
        if not isinstance(draft, DraftView):
            raise RuntimeError(draft.say)
        turns = iter(range(10 * RUNS))

        def save() -> None:
            phone.visits.save(draft.id, "bpnt_kpm", "nominal_diterima", 100_000 + next(turns))

        saved = median_ms(save, RUNS)
    return [
        Figure(
            name="phone: save one answer, committed and checked",
            value=saved,
            unit="ms",
            budget=5,
            limit=_plain(folder),
            limit_name="one committed row of plain SQLite",
        )
    ]


def _plain(folder: Path) -> float:
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE a (b, c)")
    try:
        return median_ms(lambda: connection.execute("INSERT INTO a VALUES (?, ?)", (1, os.urandom(40))), RUNS)
    finally:
        connection.close()
