"""What is asked of the index of warga and e-warong. Rule: one function a query; rights come in as shelves.

What is few is put in order here and not in SQL: asked for an order, SQLite would walk an index that has it,
and look at everybody.
"""

from collections.abc import Iterable, Sequence

from schemas.base import Data
from schemas.ids import RecordId
from server.engine import Reader
from server.subjects import Why

END = "\U0010ffff"
MOST_SAME = 50
"""So many of those who share a number are told."""
Shelves = Sequence[int]
"""The numbers of the shelves that may be listed."""


class Pair(Data, frozen=True, kw_only=True):
    """Two records that may be one person."""

    one: RecordId
    other: RecordId
    why: Why


class Neighbour(Data, frozen=True, kw_only=True):
    """Somebody of a desa, by folded name."""

    subject: RecordId
    name_key: str


def shelves(tx: Reader) -> dict[int, str]:
    """Return every shelf that somebody lies or lay on, by its number."""
    found = tx.query("SELECT number, shelf FROM subject_shelves WHERE kabupaten = :kabupaten")
    return {int(number): str(shelf) for number, shelf in found}


def beginning(tx: Reader, kind: str, key: str, on: Shelves, limit: int) -> list[RecordId]:
    """Return whose folded names begin so, by name."""
    found = tx.query(
        "SELECT subject FROM subjects WHERE kabupaten = :kabupaten AND kind = :kind"
        " AND name_key >= :key AND name_key < :past AND shelf IN :shelves"
        " ORDER BY name_key LIMIT :limit",
        {"kind": kind, "key": key, "past": key + END, "shelves": on, "limit": limit},
    )
    return _ids(found)


def of_desa(tx: Reader, kind: str, desa: str, on: Shelves, limit: int, offset: int) -> list[RecordId]:
    """Return who is of a desa, by name."""
    found = tx.query(
        "SELECT subject FROM subjects WHERE kabupaten = :kabupaten AND desa = :desa AND kind = :kind"
        " AND shelf IN :shelves ORDER BY name_key, number LIMIT :limit OFFSET :offset",
        {"kind": kind, "desa": desa, "shelves": on, "limit": limit, "offset": offset},
    )
    return _ids(found)


def holding(tx: Reader, kind: str, words: Sequence[str], on: Shelves, limit: int) -> list[RecordId]:
    """Return whose folded names have a word that begins as each of these, by name."""
    longest = max(words, key=len)
    others = [word for word in words if word != longest]
    held = "".join(f" AND ' ' || s.name_key LIKE :word{number}" for number in range(len(others)))
    about = {
        "kind": kind,
        "longest": longest,
        "past": longest + END,
        "shelves": on,
        "limit": limit,
        **{f"word{number}": f"% {word}%" for number, word in enumerate(others)},
    }
    within = f"s.kind = :kind AND s.shelf IN :shelves{held}"
    found = tx.query(
        "SELECT s.name_key, s.subject FROM subjects s"  # noqa: S608 - ours
        " WHERE s.kabupaten = :kabupaten AND s.name_key >= :longest AND s.name_key < :past"
        f" AND {within} UNION SELECT s.name_key, s.subject FROM subject_words w"
        " JOIN subjects s ON s.kabupaten = w.kabupaten AND s.number = w.number"
        f" WHERE w.kabupaten = :kabupaten AND w.word >= :longest AND w.word < :past AND {within}"
        " ORDER BY 1, 2 LIMIT :limit",
        about,
    )
    return [RecordId(name) for _, name in found]


def numbered(tx: Reader, kind: str, digits: str, on: Shelves, limit: int) -> list[RecordId]:
    """Return whose NIK or card ends in these digits, by name."""
    tail = digits[::-1]
    either = " UNION ".join(
        "SELECT name_key, subject FROM subjects WHERE kabupaten = :kabupaten"  # noqa: S608 - ours
        f" AND {what} >= :tail AND {what} < :past AND {what} <> '' AND kind = :kind AND shelf IN :shelves"
        for what in ("nik", "kks")
    )
    found = tx.query(
        f"{either} ORDER BY 1, 2 LIMIT :limit",
        {"kind": kind, "tail": tail, "past": tail + END, "shelves": on, "limit": limit},
    )
    return [RecordId(name) for _, name in found]


def same_nik(tx: Reader, numbers: Iterable[str]) -> dict[str, list[RecordId]]:
    """Return who has exactly each of these NIK."""
    same: dict[str, list[RecordId]] = {number: [] for number in numbers}
    found = tx.query(
        "SELECT nik, subject FROM subjects WHERE kabupaten = :kabupaten AND nik IN :tails AND nik <> ''",
        {"tails": [number[::-1] for number in same]},
    )
    for tail, subject in found:
        same[tail[::-1]].append(RecordId(subject))
    return {number: sorted(names)[:MOST_SAME] for number, names in same.items()}


def same_kk(tx: Reader, number: str) -> list[RecordId]:
    """Return who is on the family card of exactly this number: the household."""
    found = tx.query(
        "SELECT subject FROM subjects WHERE kabupaten = :kabupaten AND kk = :tail AND kk <> ''",
        {"tail": number[::-1]},
    )
    return sorted(_ids(found))[:MOST_SAME]


def merged_into(tx: Reader, subject: RecordId) -> list[RecordId]:
    """Return the records that live on in this one, step by step."""
    return list(lives_on_in(tx, [subject]))


def lives_on_in(tx: Reader, subjects: Iterable[RecordId]) -> dict[RecordId, RecordId]:
    """Return which records live on in one of these, step by step, and in which."""
    ends = {name: name for name in subjects}
    newest = list(ends)
    while newest:
        near = tx.query(
            "SELECT subject, merged_into FROM subjects WHERE kabupaten = :kabupaten AND merged_into IN :into"
            " AND merged_into <> ''",  # to sort here would be to go through all subjects by id
            {"into": newest},
        )
        further = {RecordId(name): ends[RecordId(into)] for name, into in sorted(near) if name not in ends}
        ends |= further
        newest = list(further)
    return {name: end for name, end in ends.items() if name != end}


def neighbours(tx: Reader, kind: str, desa: Iterable[str]) -> dict[str, list[Neighbour]]:
    """Return everybody of some desa who lives on in no other record, by desa."""
    near: dict[str, list[Neighbour]] = {name: [] for name in desa}
    found = tx.query(
        "SELECT desa, subject, name_key FROM subjects WHERE kabupaten = :kabupaten AND kind = :kind"
        " AND desa IN :desa AND merged_into = ''",
        {"kind": kind, "desa": list(near)},
    )
    for where, name, key in found:
        near[where].append(Neighbour(subject=RecordId(name), name_key=key))
    return near


def fresh(tx: Reader, on: Shelves, limit: int) -> list[RecordId]:
    """Return warga whom phones made and nobody has matched yet, by desa."""
    found = tx.query(
        "SELECT subject FROM subjects WHERE kabupaten = :kabupaten AND fresh = 1 AND shelf IN :shelves"
        " ORDER BY desa, subject LIMIT :limit",
        {"shelves": on, "limit": limit},
    )
    return _ids(found)


def is_fresh(tx: Reader, subjects: Iterable[RecordId]) -> set[RecordId]:
    """Return those of these whom nobody has matched yet."""
    found = tx.query(
        "SELECT subject FROM subjects WHERE kabupaten = :kabupaten AND fresh = 1 AND subject IN :subjects",
        {"subjects": list(subjects)},
    )
    return set(_ids(found))


def fresh_count(tx: Reader, on: Shelves) -> int:
    """Return how many warga nobody has matched yet."""
    found = tx.query(
        "SELECT count(*) FROM subjects WHERE kabupaten = :kabupaten AND fresh = 1 AND shelf IN :shelves",
        {"shelves": on},
    )
    return int(found[0][0])


def pairs(tx: Reader, on: Shelves, limit: int) -> list[Pair]:
    """Return pairs of which both may be seen: those with one NIK first."""
    found = tx.query(
        f"SELECT p.one, p.other, p.why {_PAIRS} ORDER BY p.why = 'nama', a.desa, p.one, p.other LIMIT :limit",
        {"shelves": on, "limit": limit},
    )
    return [Pair(one=RecordId(one), other=RecordId(other), why=why) for one, other, why in found]


def pairs_of(tx: Reader, subject: RecordId) -> list[Pair]:
    """Return the pairs that somebody is one of."""
    found = tx.query(
        "SELECT one, other, why FROM subject_pairs WHERE kabupaten = :kabupaten AND one = :subject"
        " UNION ALL SELECT one, other, why FROM subject_pairs"
        " WHERE kabupaten = :kabupaten AND other = :subject",
        {"subject": subject},
    )
    found.sort()
    return [Pair(one=RecordId(one), other=RecordId(other), why=why) for one, other, why in found]


def pair_count(tx: Reader, on: Shelves) -> int:
    """Return how many pairs there are of which both may be seen."""
    return int(tx.query(f"SELECT count(*) {_PAIRS}", {"shelves": on})[0][0])


_PAIRS = (
    "FROM subject_pairs p"
    " JOIN subjects a ON a.kabupaten = p.kabupaten AND a.subject = p.one"
    " JOIN subjects b ON b.kabupaten = p.kabupaten AND b.subject = p.other"
    " WHERE p.kabupaten = :kabupaten AND a.shelf IN :shelves AND b.shelf IN :shelves"
)


def cases_of(tx: Reader, subjects: Iterable[RecordId]) -> list[RecordId]:
    """Return the cases about these."""
    found = tx.query(
        "SELECT kasus FROM subject_cases WHERE kabupaten = :kabupaten AND subject IN :subjects",
        {"subjects": list(subjects)},
    )
    return sorted(_ids(found))


def visits_of(tx: Reader, subjects: Iterable[RecordId], limit: int) -> list[RecordId]:
    """Return the visits to these, the newest first."""
    found = tx.query(
        "SELECT visit FROM kunjungan WHERE kabupaten = :kabupaten AND subject IN :subjects"
        " ORDER BY received_ms DESC, visit LIMIT :limit",
        {"subjects": list(subjects), "limit": limit},
    )
    return _ids(found)


def _ids(rows: Iterable[tuple[object, ...]]) -> list[RecordId]:
    return [RecordId(str(row[0])) for row in rows]
