"""What the pages ask of the database. Rule: one function a query; rights come in as a scope."""

from collections.abc import Iterable
from typing import Literal

from schemas.base import Data
from schemas.ids import BlobId, ChangeId, DeviceId, LinkHash, PersonId, RecordId
from server import visit_counts
from server.engine import Reader, SqlRow, Writer, one
from server.sign_store import ODD, SHOWS
from server.subject_store import END
from server.visit_counts import STANDS

DAY_MS = 86_400_000


class QueueFilter(Data, frozen=True, kw_only=True):
    """Which visits to list: empty members do not narrow; `handed_to` and `petugas` are ids of people.

    `state` may be `LATE` too; `sign` is one flag; `newest_first` turns the order, which is else that of
    waiting. `sought`: whether visits are searched for, by `words` that each begin one of the subject's name,
    by the `tail` of their number, backwards, or to one of these `cases`.
    """

    state: str = "diterima"
    forms: tuple[str, ...] | None = None
    received_before_ms: int = 0
    flagged: Literal["", "ya", "tidak"] = ""
    handed_to: str = ""
    petugas: str = ""
    sign: str = ""
    newest_first: bool = False
    sought: bool = False
    words: tuple[str, ...] = ()
    tail: str = ""
    cases: tuple[RecordId, ...] = ()


MOST_WORDS = 4
"""So many words of a name are searched for; the others are not asked."""
_NAMED = " AND ".join(f"' ' || s.name_key LIKE :word{number}" for number in range(MOST_WORDS))
_SOUGHT = (
    "(:named = 1 OR :tail <> '') AND k.subject <> '' AND EXISTS (SELECT 1 FROM subjects s"  # noqa: S608
    " WHERE s.kabupaten = k.kabupaten AND s.subject = k.subject"
    f" AND (:named = 0 OR {_NAMED})"
    " AND (:tail = '' OR s.nik >= :tail AND s.nik < :past OR s.kks >= :tail AND s.kks < :past))"
)

LATE = "susulan"
"""What is asked for instead of a state: approved visits whose newest version came after the approval."""
_LISTS = {
    # what came after a return or a refusal waits too
    "diterima": ("diterima", "susulan_dikembalikan", "susulan_ditolak"),
    LATE: ("susulan_disetujui",),
}
_NARROWED = (
    " AND (:every_form = 1 OR form IN :forms)"
    " AND (:every_desa = 1 OR desa IN :desa)"
    " AND (:before = 0 OR received_ms < :before)"
    f" AND (:flagged = '' OR CASE WHEN {ODD} THEN 'ya' ELSE 'tidak' END = :flagged)"
    f" AND (:sign = '' OR {SHOWS})"
    f" AND (:sought = 0 OR k.kasus <> '' AND k.kasus IN :cases OR {_SOUGHT})"
)


def _visits(wanted: QueueFilter, author: PersonId | None) -> str:
    """Return where the visits of a filter are found: by what narrows most, never by how they all stand.

    A plus before a column keeps SQLite from the index over it.
    """
    of_somebody = " AND k.petugas = :author" * (author is not None) + " AND k.petugas = :petugas" * bool(
        wanted.petugas
    )
    stands = f"{STANDS} IN :standings" if wanted.state in _LISTS else "k.state = :state"
    if of_somebody or wanted.handed_to:
        stands = f"+{stands}"
    tables, handed = "kunjungan k", ""
    if wanted.handed_to:
        tables = "handed h CROSS JOIN kunjungan k"
        handed = " AND h.kabupaten = :kabupaten AND h.person = :handed_to AND k.visit = h.visit"
    return f"FROM {tables} WHERE k.kabupaten = :kabupaten{handed} AND {stands}{of_somebody}{_NARROWED}"


def visit_ids(
    tx: Reader,
    wanted: QueueFilter,
    *,
    author: PersonId | None,
    desa: tuple[str, ...] | None,
    limit: int,
    offset: int,
) -> list[RecordId]:
    """Return the visits of a filter in its order; `author` and `desa` bound what may be listed."""
    way = "DESC" if wanted.newest_first else ""
    found = tx.query(
        f"SELECT k.visit {_visits(wanted, author)} ORDER BY received_ms {way}, k.visit {way}"
        " LIMIT :limit OFFSET :offset",
        {**_bounds(wanted, author, desa), "limit": limit, "offset": offset},
    )
    return [RecordId(row[0]) for row in found]


def visit_count(
    tx: Reader, wanted: QueueFilter, *, author: PersonId | None, desa: tuple[str, ...] | None
) -> int:
    """Return how many visits a filter finds; where it asks only how they stand, by what is kept of that."""
    plain = QueueFilter(state=wanted.state, forms=wanted.forms, newest_first=wanted.newest_first)
    if author is None and wanted == plain:
        return visit_counts.count(tx, standings(wanted), forms=wanted.forms, desa=desa)
    return int(tx.query(f"SELECT count(*) {_visits(wanted, author)}", _bounds(wanted, author, desa))[0][0])


class Beside(Data, frozen=True, kw_only=True):
    """Where a visit stands among others: how many come before it, and its neighbours, None at an end."""

    before: int
    previous: RecordId | None
    next: RecordId | None


def beside(
    tx: Reader,
    wanted: QueueFilter,
    visit: RecordId,
    *,
    author: PersonId | None,
    desa: tuple[str, ...] | None,
) -> Beside | None:
    """Return the neighbours of a visit in the order of a filter, which need not hold it (any more)."""
    there = one(
        tx.query(
            "SELECT received_ms FROM kunjungan WHERE kabupaten = :kabupaten AND visit = :visit",
            {"visit": visit},
        )
    )
    if there is None:
        return None
    bounds = {**_bounds(wanted, author, desa), "at": int(there[0]), "visit": visit}
    visits = _visits(wanted, author)
    earlier = "AND (received_ms < :at OR received_ms = :at AND k.visit < :visit)"
    later = "AND (received_ms > :at OR received_ms = :at AND k.visit > :visit)"
    older = f"SELECT k.visit {visits} {earlier} ORDER BY received_ms DESC, k.visit DESC LIMIT 1"
    newer = f"SELECT k.visit {visits} {later} ORDER BY received_ms, k.visit LIMIT 1"
    turned = wanted.newest_first
    before = tx.query(f"SELECT count(*) {visits} {later if turned else earlier}", bounds)[0][0]
    previous = one(tx.query(newer if turned else older, bounds))
    following = one(tx.query(older if turned else newer, bounds))
    return Beside(
        before=int(before),
        previous=RecordId(previous[0]) if previous else None,
        next=RecordId(following[0]) if following else None,
    )


def standings(wanted: QueueFilter) -> tuple[str, ...]:
    """Return how the visits of a list stand (`STANDS`)."""
    return _LISTS.get(wanted.state, (wanted.state, f"susulan_{wanted.state}"))


def _bounds(wanted: QueueFilter, author: PersonId | None, desa: tuple[str, ...] | None) -> dict[str, object]:
    return {
        "state": wanted.state,
        "standings": standings(wanted),
        "author": author or "",
        "every_form": int(wanted.forms is None),
        "forms": list(wanted.forms or ()),
        "every_desa": int(desa is None),
        "desa": list(desa or ()),
        "before": wanted.received_before_ms,
        "flagged": wanted.flagged,
        "handed_to": wanted.handed_to,
        "petugas": wanted.petugas,
        "sign": wanted.sign,
        "sought": int(wanted.sought),
        "named": int(bool(wanted.words)),
        "tail": wanted.tail,
        "past": wanted.tail + END,
        "cases": list(wanted.cases),
        **{
            f"word{number}": f"% {wanted.words[number]}%" if number < len(wanted.words) else "%"
            for number in range(MOST_WORDS)
        },
    }


def visited_cases(tx: Reader) -> list[RecordId]:
    """Return the sealed cases to which visits were made."""
    found = tx.query("SELECT DISTINCT kasus FROM kunjungan WHERE kabupaten = :kabupaten AND kasus <> ''")
    return [RecordId(row[0]) for row in found]


def visit_authors(tx: Reader, forms: tuple[str, ...] | None) -> list[PersonId]:
    """Return everybody who ever sent a visit with one of these forms, None for any: one step in the index for
    each, however many visits, and to the first with such a form.
    """
    found = tx.query(
        "WITH RECURSIVE known (petugas) AS ("
        " SELECT min(petugas) FROM kunjungan WHERE kabupaten = :kabupaten"
        " UNION ALL SELECT (SELECT min(k.petugas) FROM kunjungan k"
        " WHERE k.kabupaten = :kabupaten AND k.petugas > known.petugas) FROM known WHERE petugas IS NOT NULL)"
        " SELECT petugas FROM known WHERE petugas IS NOT NULL AND petugas <> '' AND (:every_form = 1"
        " OR EXISTS (SELECT 1 FROM kunjungan f WHERE f.kabupaten = :kabupaten AND f.petugas = known.petugas"
        " AND f.form IN :forms))",
        {"every_form": int(forms is None), "forms": list(forms or ())},
    )
    return [PersonId(str(row[0])) for row in found]


def held_blobs(tx: Reader, changes: Iterable[ChangeId]) -> frozenset[tuple[ChangeId, BlobId]]:
    """Return the blobs that the sender of each change has sent, whole and verified."""
    found = tx.query(
        "SELECT change, blob FROM blob_refs"
        " WHERE kabupaten = :kabupaten AND change IN :changes AND received = 1",
        {"changes": list(changes)},
    )
    return frozenset((ChangeId(row[0]), BlobId(row[1])) for row in found)


def link_of(tx: Reader, device: DeviceId, change: ChangeId) -> SqlRow | None:
    """Return (hash, counter, known) of a change's link in its device's chain."""
    return one(
        tx.query(
            "SELECT l.hash, l.counter, l.known FROM changes c JOIN links l"
            " ON l.kabupaten = c.kabupaten AND l.device = c.device AND l.counter = c.counter"
            " AND l.change = c.id WHERE c.kabupaten = :kabupaten AND c.device = :device AND c.id = :change",
            {"device": device, "change": change},
        )
    )


def next_signature(tx: Reader, device: DeviceId, counter: int) -> SqlRow | None:
    """Return (head, signature, counter) of the first signed head at or after a link of a device's chain."""
    return one(
        tx.query(
            "SELECT head, signature, counter FROM signatures"
            " WHERE kabupaten = :kabupaten AND device = :device AND counter >= :counter"
            " ORDER BY counter LIMIT 1",
            {"device": device, "counter": counter},
        )
    )


def signatures_from(tx: Reader, device: DeviceId, counter: int) -> list[SqlRow]:
    """Return (head, signature, counter) of every signed head at or after a place in a device's chain."""
    return tx.query(
        "SELECT head, signature, counter FROM signatures"
        " WHERE kabupaten = :kabupaten AND device = :device AND counter >= :counter ORDER BY counter, head",
        {"device": device, "counter": counter},
    )


def links_between(tx: Reader, device: DeviceId, first: int, last: int) -> list[tuple[LinkHash, bytes]]:
    """Return (hash, bytes) of a device's links between two counters, both included, by counter."""
    found = tx.query(
        "SELECT hash, raw FROM links WHERE kabupaten = :kabupaten AND device = :device"
        " AND counter BETWEEN :first AND :last ORDER BY counter",
        {"device": device, "first": first, "last": last},
    )
    return [(LinkHash(row[0]), bytes(row[1])) for row in found]


def add_decision(tx: Writer, visit: RecordId, at_ms: int, change: ChangeId) -> None:
    """Remember that a change decided a visit."""
    tx.execute(
        "INSERT INTO decisions (kabupaten, visit, at_ms, change) VALUES (:kabupaten, :visit, :at, :change)"
        " ON CONFLICT (kabupaten, visit, at_ms, change) DO NOTHING",
        {"visit": visit, "at": at_ms, "change": change},
    )


def decisions(tx: Reader, visit: RecordId) -> list[tuple[int, ChangeId]]:
    """Return (when, change) of a visit's decisions, oldest first."""
    found = tx.query(
        "SELECT at_ms, change FROM decisions WHERE kabupaten = :kabupaten AND visit = :visit ORDER BY at_ms",
        {"visit": visit},
    )
    return [(int(row[0]), ChangeId(row[1])) for row in found]


def case_places(
    tx: Reader, stages: Iterable[str], due_before: str = ""
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return how many cases stand at each of these stages in each desa, by (stage, desa).

    With each stands how many of them were due before a day.
    """
    found = tx.query(
        "SELECT stage, desa, count(*), count(CASE WHEN due <> '' AND due < :before THEN 1 END) FROM kasus"
        " WHERE kabupaten = :kabupaten AND stage IN :stages GROUP BY stage, desa",
        {"stages": list(stages), "before": due_before},
    )
    return {(str(row[0]), str(row[1])): (int(row[2]), int(row[3])) for row in found}


def cases_at(
    tx: Reader, places: Iterable[tuple[str, str]], limit: int, due_before: str = ""
) -> list[RecordId]:
    """Return the cases of these (stage, desa), soonest due first, those without a limit last.

    `due_before`: only those that were due before that day.
    """
    wanted = list(places)
    found = tx.query(
        "SELECT kasus FROM kasus WHERE kabupaten = :kabupaten AND stage IN :stages"
        " AND stage || ' ' || desa IN :places AND (:before = '' OR due <> '' AND due < :before)"
        " ORDER BY due = '', due, kasus LIMIT :limit",
        {
            "before": due_before,
            "stages": sorted({stage for stage, _ in wanted}),
            "places": [f"{stage} {desa}" for stage, desa in wanted],
            "limit": limit,
        },
    )
    return [RecordId(row[0]) for row in found]


def cases_in(tx: Reader, stages: Iterable[str]) -> list[RecordId]:
    """Return all cases at these stages, in no order."""
    found = tx.query(
        "SELECT kasus FROM kasus WHERE kabupaten = :kabupaten AND stage IN :stages",
        {"stages": list(stages)},
    )
    return [RecordId(row[0]) for row in found]


def record_ids(tx: Reader, kind: str, limit: int) -> list[RecordId]:
    """Return the newest changed records of a kind."""
    found = tx.query(
        "SELECT id FROM records WHERE kabupaten = :kabupaten AND kind = :kind ORDER BY seq DESC LIMIT :limit",
        {"kind": kind, "limit": limit},
    )
    return [RecordId(row[0]) for row in found]


def thumbnail(tx: Reader, blob: BlobId) -> bytes | None:
    """Return a thumbnail that was made before."""
    found = one(
        tx.query("SELECT jpeg FROM thumbnails WHERE kabupaten = :kabupaten AND blob = :blob", {"blob": blob})
    )
    return bytes(found[0]) if found else None


def put_thumbnail(tx: Writer, blob: BlobId, jpeg: bytes, made_ms: int) -> None:
    """Keep a thumbnail."""
    tx.execute(
        "INSERT INTO thumbnails (kabupaten, blob, made_ms, jpeg) VALUES (:kabupaten, :blob, :made, :jpeg)"
        " ON CONFLICT (kabupaten, blob) DO NOTHING",
        {"blob": blob, "made": made_ms, "jpeg": jpeg},
    )


def drop_thumbnails(tx: Writer, made_before_ms: int) -> None:
    """Forget thumbnails that were made long ago."""
    tx.execute(
        "DELETE FROM thumbnails WHERE kabupaten = :kabupaten AND made_ms < :before",
        {"before": made_before_ms},
    )
