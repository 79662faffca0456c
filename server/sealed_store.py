"""Which changes speak of a sealed case: an index to the log. Rule: written with it, and it knows no more.

A content says of a sealed case only ids, so the index is made from the log alone, and again by a restore.
"""

from collections.abc import Iterable, Mapping, Sequence

from schemas.ids import ChangeId, RecordId
from server.engine import Reader, Writer
from sync.applying import readable
from sync.change import SealedAccess, SealedAdvance, SealedDecide, SealedNote, SealedSubmit
from sync.losses import is_destroyed
from sync.store import Record

MARK = b"sealed_"
"""Stands in the tag of each sealed body; most contents are passed over by this alone."""


def index(tx: Writer, contents: Mapping[ChangeId, bytes]) -> None:
    """Note of what the sealed ones among these new contents speak."""
    rows = [
        (tx.regency, name, change) for change, raw in contents.items() if MARK in raw for name in _about(raw)
    ]
    tx.many(
        "INSERT INTO sealed_changes (kabupaten, about, change) VALUES (:kabupaten, :about, :change)"
        " ON CONFLICT (kabupaten, about, change) DO NOTHING",
        rows,
    )


def keep_in_step(tx: Writer, records: Sequence[Record]) -> None:
    """Note which tugas belong to which case; of a case that was destroyed forget whom it resembled."""
    tasks = [record.id for record in records if record.kind == "tugas" and is_destroyed(record)]
    if tasks:
        tx.execute(
            "DELETE FROM sealed_tugas WHERE kabupaten = :kabupaten AND tugas IN :tasks", {"tasks": tasks}
        )
    tx.many(
        "INSERT INTO sealed_tugas (kabupaten, kasus, tugas) VALUES (:kabupaten, :kasus, :tugas)"
        " ON CONFLICT (kabupaten, kasus, tugas) DO NOTHING",
        [
            (tx.regency, record.fields["kasus"], record.id)
            for record in records
            if record.kind == "tugas" and isinstance(record.fields.get("kasus"), str)
        ],
    )
    gone = [record.id for record in records if record.kind == "kasus" and is_destroyed(record)]
    if gone:
        tx.execute("DELETE FROM room_doubles WHERE kabupaten = :kabupaten AND kasus IN :gone", {"gone": gone})


def forget(tx: Writer, changes: Sequence[ChangeId]) -> None:
    """Forget what was sealed anew of changes that are destroyed."""
    tx.execute(
        "DELETE FROM room_reseals WHERE kabupaten = :kabupaten AND change IN :changes",
        {"changes": list(changes)},
    )


def about(tx: Reader, names: Iterable[RecordId]) -> list[ChangeId]:
    """Return the sealed changes that speak of these, in the order in which they came."""
    found = tx.query(
        "SELECT DISTINCT c.id, c.seq FROM sealed_changes s"
        " JOIN changes c ON c.kabupaten = s.kabupaten AND c.id = s.change"
        " WHERE s.kabupaten = :kabupaten AND s.about IN :names AND c.raw IS NOT NULL ORDER BY c.seq",
        {"names": list(names)},
    )
    return [ChangeId(change) for change, _ in found]


def all_changes(tx: Reader) -> list[ChangeId]:
    """Return every sealed change whose content is there."""
    found = tx.query(
        "SELECT DISTINCT c.id FROM sealed_changes s"
        " JOIN changes c ON c.kabupaten = s.kabupaten AND c.id = s.change"
        " WHERE s.kabupaten = :kabupaten AND c.raw IS NOT NULL ORDER BY c.id"
    )
    return [ChangeId(change) for (change,) in found]


def tugas_of(tx: Reader, kasus: RecordId) -> list[RecordId]:
    """Return the tugas of a case."""
    found = tx.query(
        "SELECT tugas FROM sealed_tugas WHERE kabupaten = :kabupaten AND kasus = :kasus ORDER BY tugas",
        {"kasus": kasus},
    )
    return [RecordId(name) for (name,) in found]


def every_tugas(tx: Reader) -> frozenset[RecordId]:
    """Return the tugas of all cases."""
    found = tx.query("SELECT tugas FROM sealed_tugas WHERE kabupaten = :kabupaten")
    return frozenset(RecordId(name) for (name,) in found)


def visits_of_tugas(tx: Reader, kasus: RecordId, tugas: RecordId) -> list[RecordId]:
    """Return the visits of a case that were made for one of its tugas."""
    found = tx.query(
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND kasus = :kasus AND kasus <> ''"
        " AND tugas = :tugas ORDER BY received_ms, visit",
        {"kasus": kasus, "tugas": tugas},
    )
    return [RecordId(visit) for (visit,) in found]


def late_by_case(tx: Reader) -> dict[RecordId, int]:
    """Count the open conflicts about cases, their visits and their tugas, by case."""
    found = tx.query(
        "SELECT coalesce(s.kasus, v.kasus, t.kasus, '') AS owner, count(*) FROM konflik k"
        " LEFT JOIN kasus s ON s.kabupaten = k.kabupaten AND s.kasus = k.about"
        " LEFT JOIN kunjungan v ON v.kabupaten = k.kabupaten AND v.visit = k.about"
        " LEFT JOIN sealed_tugas t ON t.kabupaten = k.kabupaten AND t.tugas = k.about"
        " WHERE k.kabupaten = :kabupaten AND k.state = 'menunggu' GROUP BY owner",
    )
    return {RecordId(kasus): int(count) for kasus, count in found if kasus}


def _about(raw: bytes) -> tuple[RecordId, ...]:
    content = readable(raw)
    match content.body if content is not None else None:
        case SealedSubmit(visit=visit, kasus=kasus):
            return (visit, kasus)
        case SealedAdvance(kasus=kasus) | SealedAccess(kasus=kasus):
            return (kasus,)
        case SealedDecide(visit=visit):
            return (visit,)
        case SealedNote(record=record):
            return (record,)
        case _:
            return ()
