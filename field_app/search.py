"""Finding a warga or e-warong among tens of thousands, offline. Rule: found by folded name or by the NIK's
last digits.

The index holds the fullest row of each, and is written with each page of rows, in a few statements for all of
it. Of most NIKs the phone has no more than four digits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlcipher3.dbapi2 as sqlcipher

from schemas.base import UNREADABLE, Data
from schemas.identity import search_key
from schemas.ids import RecordId
from sync.scope import MINE, SUBJECT_KINDS

FEWEST_DIGITS = 3
KNOWN_DIGITS = 4
END = "\U0010ffff"
SubjectRow = tuple[str, str, bytes]
"""One row of a thing as the index reads it: part, kind, body."""
Subject = tuple[str, str, str, str, str, str, str]
"""A thing as the index holds it: id, kind, nama, kode_desa, alamat, tail, name_key."""
_Where = Mapping[str, str | int | None]
"""What narrows a search, as its SQL names it: desa, kind, limit."""


class _Fields(msgspec.Struct, frozen=True):
    """As much of a row as the index reads: the other fields are not even built."""

    nama: Any = ""
    nama_ewarong: Any = ""
    nik: Any = ""
    nik_akhir: Any = ""
    kode_desa: Any = ""
    alamat: Any = ""


_decoder = msgspec.msgpack.Decoder(_Fields)


class Found(Data, frozen=True, kw_only=True):
    """One hit, as much as a list shows. `nik_akhir` has up to four digits."""

    id: RecordId
    kind: str
    nama: str
    kode_desa: str
    alamat: str
    nik_akhir: str


def index_subjects(connection: sqlcipher.Connection, shown: Mapping[RecordId, Sequence[SubjectRow]]) -> None:
    """Bring the index up to date for these ids: `shown` has every row that each of them now has."""
    wanted = {name: subject for name, rows in shown.items() if (subject := _subject(name, rows))}
    stale: list[int] = []
    for number, *columns in _there(connection, shown):
        subject = tuple(columns)
        if wanted.get(subject[0]) == subject:
            del wanted[subject[0]]
        else:
            stale.append(number)
    _take_out(connection, stale)
    _put_in(connection, wanted.values())


def _there(connection: sqlcipher.Connection, ids: Iterable[RecordId]) -> list[tuple[Any, ...]]:
    """Return what the index holds of these ids, each behind its number."""
    return connection.execute(
        "SELECT number, id, kind, nama, kode_desa, alamat, tail, name_key FROM subjects"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (_listed(sorted(ids)),),
    ).fetchall()


def _take_out(connection: sqlcipher.Connection, numbers: Sequence[int]) -> None:
    """Take subjects away, their words first: the index of words is told what to forget."""
    if not numbers:
        return
    listed = (_listed(numbers),)
    connection.execute(
        "INSERT INTO subject_words (subject_words, rowid, name_key) SELECT 'delete', number, name_key"
        " FROM subjects WHERE number IN (SELECT value FROM json_each(?))",
        listed,
    )
    connection.execute("DELETE FROM subjects WHERE number IN (SELECT value FROM json_each(?))", listed)


def _put_in(connection: sqlcipher.Connection, subjects: Collection[Subject]) -> None:
    """Add subjects behind all others, and their words in one statement."""
    if not subjects:
        return
    (last,) = connection.execute("SELECT coalesce(max(number), 0) FROM subjects").fetchone()
    connection.executemany(
        "INSERT INTO subjects (id, kind, nama, kode_desa, alamat, tail, name_key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        subjects,
    )
    connection.execute(
        "INSERT INTO subject_words (rowid, name_key) SELECT number, name_key FROM subjects WHERE number > ?",
        (last,),
    )


def _listed(values: Sequence[RecordId] | Sequence[int]) -> str:
    return msgspec.json.encode(values).decode()


def _subject(name: RecordId, rows: Sequence[SubjectRow]) -> Subject | None:
    """Return what the index holds of a thing; None for what is not looked for by name."""
    full = fullest(rows)
    fields = _fields(full[2]) if full and full[1] in SUBJECT_KINDS else None
    if full is None or fields is None:
        return None
    nama = _text(fields.nama) or _text(fields.nama_ewarong)
    digits = _text(fields.nik) or _text(fields.nik_akhir)
    place, address = _text(fields.kode_desa), _text(fields.alamat)
    return name, full[1], nama, place, address, digits[::-1], search_key(nama)


def fullest(rows: Sequence[SubjectRow]) -> SubjectRow | None:
    """Return the row (part, kind, body) that shows most of a thing: that of the person's own part."""
    if len(rows) == 1:  # nearly always, and ten thousand times in a first sync
        return rows[0]
    return min(rows, key=lambda row: (not row[0].startswith(MINE), row[0]), default=None)


def count_subjects(connection: sqlcipher.Connection) -> int:
    """Return how many can be found."""
    (count,) = connection.execute("SELECT count(*) FROM subjects").fetchone()
    return count


def known_desa(connection: sqlcipher.Connection) -> list[str]:
    """Return the codes of desa that somebody lives in who can be found."""
    found = connection.execute(
        "WITH RECURSIVE desa (kode) AS ("  # from one to the next: to see all would be to read the whole index
        "  SELECT min(kode_desa) FROM subjects UNION ALL"
        "  SELECT (SELECT min(kode_desa) FROM subjects WHERE kode_desa > kode)"
        "  FROM desa WHERE kode IS NOT NULL"
        ") SELECT kode FROM desa WHERE kode <> ''"
    )
    return [kode for (kode,) in found]


def search_subjects(
    connection: sqlcipher.Connection,
    text: str,
    limit: int,
    kode_desa: str | None = None,
    kind: str | None = None,
) -> list[Found]:
    """Return up to `limit` hits, of one desa or kind where it is named: names that begin with what was typed
    first, then those that hold each word.
    """
    where = {"desa": kode_desa, "kind": kind, "limit": limit}
    digits = "".join(text.split())
    if digits.isascii() and digits.isdigit():
        return _by_digits(connection, digits, where) if len(digits) >= FEWEST_DIGITS else []
    key = search_key(text)
    if text.strip() and not key:
        return []
    found = _by_beginning(connection, key, where)
    if key and len(found) < limit:
        known = {hit.id for hit in found}
        found += [hit for hit in _by_words(connection, key, where) if hit.id not in known]
    return found[:limit]


def _by_digits(connection: sqlcipher.Connection, digits: str, where: _Where) -> list[Found]:
    tail = digits[::-1]
    return _found(
        connection.execute(
            "SELECT id, kind, nama, kode_desa, alamat, tail FROM subjects"
            " WHERE ((tail >= :tail AND tail < :end) OR (:known <> '' AND tail = :known))"
            " AND (:desa IS NULL OR kode_desa = :desa) AND (:kind IS NULL OR kind = :kind)"
            " ORDER BY name_key LIMIT :limit",
            {
                "tail": tail,
                "end": tail + END,
                "known": tail[:KNOWN_DIGITS] if len(tail) > KNOWN_DIGITS else "",
                **where,
            },
        )
    )


def _by_beginning(connection: sqlcipher.Connection, key: str, where: _Where) -> list[Found]:
    """Names lie by desa, and those of each desa begin where its own do: one look for each of them."""
    places = [where["desa"]] if where["desa"] is not None else ["", *known_desa(connection)]
    return _found(
        connection.execute(
            "SELECT subjects.id, kind, nama, kode_desa, alamat, tail FROM json_each(:places) JOIN subjects"
            " ON kode_desa = value AND name_key >= :key AND name_key < :end"
            " WHERE (:kind IS NULL OR kind = :kind) ORDER BY name_key LIMIT :limit",
            {**where, "places": msgspec.json.encode(places).decode(), "key": key, "end": key + END},
        )
    )


def _by_words(connection: sqlcipher.Connection, key: str, where: _Where) -> list[Found]:
    found = _found(
        connection.execute(
            "SELECT id, kind, nama, kode_desa, alamat, tail FROM subject_words"
            " JOIN subjects ON number = subject_words.rowid"
            " WHERE subject_words MATCH :words"
            " AND (:desa IS NULL OR kode_desa = :desa) AND (:kind IS NULL OR kind = :kind) LIMIT :limit",
            {
                "words": " AND ".join(f'"{word}"*' for word in key.split()),
                **where,
            },
        )
    )
    return sorted(found, key=lambda hit: hit.nama)


def _found(cursor: Iterable[tuple[str, str, str, str, str, str]]) -> list[Found]:
    return [
        Found(
            id=RecordId(name),
            kind=kind,
            nama=nama,
            kode_desa=desa,
            alamat=alamat,
            nik_akhir=tail[:KNOWN_DIGITS][::-1],
        )
        for name, kind, nama, desa, alamat, tail in cursor
    ]


def _fields(body: bytes) -> _Fields | None:
    """Decode a row; one bad row must not stop the sync that brought it, so it is only not found."""
    try:
        return _decoder.decode(body)
    except UNREADABLE:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
