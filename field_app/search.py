"""Finding a warga or e-warong among tens of thousands, offline. Rule: found by folded name or by the NIK's
last digits.

The fullest row of each holds what it is looked for by (pulled.py), and beside the rows stands an index of the
names' words. Of most NIKs the phone has no more than four digits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlcipher3.dbapi2 as sqlcipher

from schemas.base import UNREADABLE, Data
from schemas.identity import search_key
from schemas.ids import RecordId
from sync.scope import SUBJECT_KINDS

FEWEST_DIGITS = 3
KNOWN_DIGITS = 4
END = "\U0010ffff"
HITS = "SELECT id, kind, body FROM"
Keys = tuple[str | None, str | None, str | None]
"""What a row is looked for by: kode_desa, tail, name_key."""
NO_KEYS: Keys = (None, None, None)
"""Of a row that nobody looks for: of another kind, or another row of its thing shows more."""
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


def keys_of(kind: str, body: bytes) -> Keys:
    """Return what the fullest row of a thing is looked for by."""
    fields = _fields(body) if kind in SUBJECT_KINDS else None
    if fields is None:
        return NO_KEYS
    return _text(fields.kode_desa), _digits(fields)[::-1], search_key(_name(fields))


def listed(values: Sequence[object]) -> str:
    """Return values as SQLite's json_each takes them."""
    return msgspec.json.encode(values).decode()


def forget_words(connection: sqlcipher.Connection, numbers: Sequence[int]) -> None:
    """Take the words of these rows' names away, while they still stand in the rows."""
    if numbers:
        connection.execute(
            "INSERT INTO subject_words (subject_words, rowid, name_key) SELECT 'delete', number, name_key"
            " FROM subjects WHERE number IN (SELECT value FROM json_each(?))",
            (listed(numbers),),
        )


def add_words(connection: sqlcipher.Connection, numbers: Sequence[int]) -> None:
    """Add the words of these rows' names, in one statement: one for each takes ten times as long."""
    if numbers:
        connection.execute(
            "INSERT INTO subject_words (rowid, name_key) SELECT number, name_key FROM subjects"
            " WHERE number IN (SELECT value FROM json_each(?))",
            (listed(numbers),),
        )


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
        connection,
        "SELECT number, name_key FROM subjects"
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


def _by_beginning(connection: sqlcipher.Connection, key: str, where: _Where) -> list[Found]:
    """Names lie by desa, and those of each desa begin where its own do: one look for each of them."""
    places = [where["desa"]] if where["desa"] is not None else ["", *known_desa(connection)]
    return _found(
        connection,
        "SELECT number, name_key FROM json_each(:places) JOIN subjects"
        " ON kode_desa = value AND name_key >= :key AND name_key < :end"
        " WHERE (:kind IS NULL OR kind = :kind) ORDER BY name_key LIMIT :limit",
        {**where, "places": listed(places), "key": key, "end": key + END},
    )


def _by_words(connection: sqlcipher.Connection, key: str, where: _Where) -> list[Found]:
    found = _found(
        connection,
        "SELECT number, subjects.name_key FROM subject_words JOIN subjects ON number = subject_words.rowid"
        " WHERE subject_words MATCH :words"
        " AND (:desa IS NULL OR kode_desa = :desa) AND (:kind IS NULL OR kind = :kind) LIMIT :limit",
        {"words": " AND ".join(f'"{word}"*' for word in key.split()), **where},
    )
    return sorted(found, key=lambda hit: hit.nama)


def _found(connection: sqlcipher.Connection, hits: str, where: _Where) -> list[Found]:
    """Return what a list shows of the rows that a query of numbers and keys finds, by their keys."""
    rows = connection.execute(f"{HITS} ({hits}) AS hit JOIN rows USING (number) ORDER BY hit.name_key", where)
    return [_shown(*row) for row in rows]


def _shown(name: str, kind: str, body: bytes) -> Found:
    fields = _fields(body) or _Fields()
    return Found(
        id=RecordId(name),
        kind=kind,
        nama=_name(fields),
        kode_desa=_text(fields.kode_desa),
        alamat=_text(fields.alamat),
        nik_akhir=_digits(fields)[-KNOWN_DIGITS:],
    )


def _fields(body: bytes) -> _Fields | None:
    """Decode a row; one bad row must not stop the sync that brought it, so it is only not found."""
    try:
        return _decoder.decode(body)
    except UNREADABLE:
        return None


def _name(fields: _Fields) -> str:
    return _text(fields.nama) or _text(fields.nama_ewarong)


def _digits(fields: _Fields) -> str:
    return _text(fields.nik) or _text(fields.nik_akhir)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
