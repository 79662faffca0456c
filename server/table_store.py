"""Rows of lists that are taken in. Rule: one function a query; server/tables gives them meaning."""

from collections.abc import Iterable, Mapping, Sequence, Set

from schemas.base import decode, encode
from schemas.ids import RecordId
from server.engine import Reader, Writer
from server.parsing.messages import Cell
from server.tables.entries import Value
from server.tables.job import Job, RowFate, Told, noted_count, problem_count
from server.tables.traces import Traces
from sync.store import Record

Piece = tuple[int, bytes]
_KEPT_MS = 60 * 86_400_000


def put_job(tx: Writer, job: Job) -> None:
    """Keep what is known of a list."""
    tx.execute(
        "INSERT INTO imports (kabupaten, import, at_ms, body) VALUES (:kabupaten, :import, :at, :body)"
        " ON CONFLICT (kabupaten, import) DO UPDATE SET body = excluded.body",
        {"import": job.id, "at": job.at_ms, "body": encode(job)},
    )


def job(tx: Reader, name: RecordId) -> Job | None:
    """Return a list."""
    found = tx.query(
        "SELECT body FROM imports WHERE kabupaten = :kabupaten AND import = :import", {"import": name}
    )
    return decode(bytes(found[0][0]), Job) if found else None


def jobs(tx: Reader) -> list[Job]:
    """Return all lists that are kept, the newest first."""
    found = tx.query("SELECT body FROM imports WHERE kabupaten = :kabupaten ORDER BY at_ms DESC, import")
    return [decode(bytes(body), Job) for (body,) in found]


def drop_old(tx: Writer, now_ms: int) -> None:
    """Forget lists that are older than sixty days, with their cells; what they changed stays."""
    found = tx.query(
        "SELECT import FROM imports WHERE kabupaten = :kabupaten AND at_ms < :before",
        {"before": now_ms - _KEPT_MS},
    )
    for (name,) in found:
        drop(tx, RecordId(name))


def drop(tx: Writer, name: RecordId) -> None:
    """Forget one list with its cells."""
    tx.execute("DELETE FROM import_rows WHERE kabupaten = :kabupaten AND import = :import", {"import": name})
    tx.execute("DELETE FROM imports WHERE kabupaten = :kabupaten AND import = :import", {"import": name})


def forget_other_sheets(tx: Writer, name: RecordId, sheet: int) -> None:
    """Forget the cells of a list's sheets but one."""
    tx.execute(
        "DELETE FROM import_rows WHERE kabupaten = :kabupaten AND import = :import AND sheet <> :sheet",
        {"import": name, "sheet": sheet},
    )


def forget_destroyed(tx: Writer, names: Sequence[RecordId]) -> None:
    """Forget what lists said of records that are about to be emptied; reads every cell that is kept."""
    gone = {"records": list(names)}
    before = tx.query(
        "SELECT id, body FROM records WHERE kabupaten = :kabupaten AND id IN :records"
        " AND kind IN ('warga', 'ewarong')",
        gone,
    )
    tx.execute("DELETE FROM import_said WHERE kabupaten = :kabupaten AND record IN :records", gone)
    if before:
        traces = Traces(decode(bytes(body), Record).fields for _, body in before)
        _blank_rows(tx, {RecordId(name) for name, _ in before}, traces)


def _blank_rows(tx: Writer, names: Set[RecordId], traces: Traces) -> None:
    """Empty the rows that were found to be about one of these, or that have traces of them."""
    places = tx.query(
        "SELECT import, sheet, place FROM import_rows WHERE kabupaten = :kabupaten"
        " ORDER BY import, sheet, place"
    )
    for name, sheet, place in places:
        at = RecordId(name), sheet, place
        rows = decode(piece(tx, *at) or encode([]), list[list[Cell]])
        about = {offset for offset, fate in enumerate(fates(tx, *at)) if names & {fate.record, fate.lives_in}}
        kept = [[] if offset in about or traces.are_in(row) else row for offset, row in enumerate(rows)]
        if kept != rows:
            put_cells(tx, *at, encode(kept))


def put_piece(tx: Writer, name: RecordId, sheet: int, place: int, cells: bytes) -> None:
    """Keep the cells of some rows."""
    tx.execute(
        "INSERT INTO import_rows (kabupaten, import, sheet, place, cells, outcomes)"
        " VALUES (:kabupaten, :import, :sheet, :place, :cells, NULL)",
        {"import": name, "sheet": sheet, "place": place, "cells": cells},
    )


def piece(tx: Reader, name: RecordId, sheet: int, place: int) -> bytes | None:
    """Return the cells of a piece."""
    found = tx.query(
        "SELECT cells FROM import_rows WHERE kabupaten = :kabupaten AND import = :import AND sheet = :sheet"
        " AND place = :place",
        {"import": name, "sheet": sheet, "place": place},
    )
    return bytes(found[0][0]) if found else None


def put_cells(tx: Writer, name: RecordId, sheet: int, place: int, cells: bytes) -> None:
    """Put other cells in the place of a piece's."""
    tx.execute(
        "UPDATE import_rows SET cells = :cells WHERE kabupaten = :kabupaten AND import = :import"
        " AND sheet = :sheet AND place = :place",
        {"import": name, "sheet": sheet, "place": place, "cells": cells},
    )


def fates(tx: Reader, name: RecordId, sheet: int, place: int) -> list[RowFate]:
    """Return what is to become of the rows of a piece; empty before it was checked."""
    found = tx.query(
        "SELECT outcomes FROM import_rows WHERE kabupaten = :kabupaten AND import = :import"
        " AND sheet = :sheet AND place = :place AND outcomes IS NOT NULL",
        {"import": name, "sheet": sheet, "place": place},
    )
    return decode(bytes(found[0][0]), list[RowFate]) if found else []


def put_fates(tx: Writer, name: RecordId, sheet: int, place: int, found: Sequence[RowFate]) -> None:
    """Keep what is to become of the rows of a piece."""
    tx.execute(
        "UPDATE import_rows SET outcomes = :outcomes, problems = :problems, noted = :noted"
        " WHERE kabupaten = :kabupaten AND import = :import AND sheet = :sheet AND place = :place",
        {
            "import": name,
            "sheet": sheet,
            "place": place,
            "outcomes": encode(list(found)),
            "problems": problem_count(found),
            "noted": noted_count(found),
        },
    )


def told_places(tx: Reader, name: RecordId, sheet: int, told: Told) -> list[int]:
    """Return the pieces with rows of which a page tells, in order; those that were never counted too."""
    found = tx.query(
        "SELECT place, problems, noted FROM import_rows"
        " WHERE kabupaten = :kabupaten AND import = :import AND sheet = :sheet ORDER BY place",
        {"import": name, "sheet": sheet},
    )
    return [place for place, problems, noted in found if (problems if told == "masalah" else noted) != 0]


def matches(tx: Reader, kind: str) -> dict[str, str]:
    """Return what was last matched, by plain header."""
    found = tx.query(
        "SELECT head, field FROM import_matches WHERE kabupaten = :kabupaten AND kind = :kind", {"kind": kind}
    )
    return {str(head): str(field) for head, field in found}


def put_matches(tx: Writer, kind: str, matched: Mapping[str, str]) -> None:
    """Remember what was matched."""
    tx.many(
        "INSERT INTO import_matches (kabupaten, kind, head, field) VALUES (:kabupaten, :kind, :head, :field)"
        " ON CONFLICT (kabupaten, kind, head) DO UPDATE SET field = excluded.field",
        [(tx.regency, kind, head, field) for head, field in matched.items()],
    )


def said(tx: Reader, records: Iterable[RecordId]) -> dict[RecordId, dict[str, Value]]:
    """Return what lists last said of these records."""
    found = tx.query(
        "SELECT record, body FROM import_said WHERE kabupaten = :kabupaten AND record IN :records",
        {"records": list(records)},
    )
    return {RecordId(name): decode(bytes(body), dict[str, Value]) for name, body in found}


def put_said(tx: Writer, said_now: Mapping[RecordId, Mapping[str, Value]]) -> None:
    """Keep what lists now say of records."""
    tx.many(
        "INSERT INTO import_said (kabupaten, record, body) VALUES (:kabupaten, :record, :body)"
        " ON CONFLICT (kabupaten, record) DO UPDATE SET body = excluded.body",
        [(tx.regency, name, encode(dict(values))) for name, values in said_now.items()],
    )


def records_after(tx: Reader, kind: str, after: str, limit: int) -> list[Record]:
    """Return the records of a kind whose ids follow another, in order."""
    found = tx.query(
        "SELECT body FROM records WHERE kabupaten = :kabupaten AND kind = :kind AND id > :after"
        " ORDER BY id LIMIT :limit",
        {"kind": kind, "after": after, "limit": limit},
    )
    return [decode(bytes(body), Record) for (body,) in found]
