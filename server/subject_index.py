"""The index of warga and e-warong, brought up to their records. Rule: set-wise, and behind by a moment only.

It follows the seqs of the records, from where it ended: so it catches up after a restart or a restore, and
what is taken in pays for it with one entry of an index over seqs. Nothing here is a truth of its own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count, islice
from typing import NamedTuple

import msgspec

from schemas.base import Data
from schemas.ids import DeviceId, RecordId
from server import sign_store
from server.engine import Reader, Writer, one
from server.subjects import (
    LIKE,
    PAIR,
    WHOLE_DIGITS,
    Entry,
    Why,
    about_pair,
    entry_of,
    later_words,
    likeness_to,
    pair_of,
)
from sync.places import place_at
from sync.scope import SUBJECT_KINDS
from sync.store import Record

MOST_ALIKE = 20
"""A number that more people share than this is no number of anybody: each pairs with so many at most."""
_KINDS = "kind IN ('warga', 'ewarong', 'kasus', 'pasangan')"
"""As the index over seqs has it, word for word: else it is not used."""
_record = msgspec.msgpack.Decoder(Record)
Pairs = dict[tuple[RecordId, RecordId], Why]


class IndexRow(NamedTuple):
    """A row of `subjects`, but for tenant and number; equal to what is stored where nothing of it changed."""

    subject: RecordId
    kind: str
    name_key: str
    desa: str
    birth: str
    nik: str
    kks: str
    kk: str
    shelf: int
    merged_into: str
    fresh: int


class Known(Data, frozen=True, kw_only=True):
    """What telling one from another needs of somebody who is in the index."""

    subject: RecordId
    kind: str
    name_key: str
    birth: str


def end(tx: Reader) -> int:
    """Return the newest seq that the index has come to."""
    row = one(tx.query("SELECT seq FROM subject_end WHERE kabupaten = :kabupaten"))
    return int(row[0]) if row else 0


def is_behind(tx: Reader, until: int = 2**62) -> bool:
    """Whether there are records that the index has not come to, up to a seq."""
    found = tx.query(
        f"SELECT 1 FROM records WHERE kabupaten = :kabupaten AND {_KINDS}"  # noqa: S608 - ours
        " AND seq > :seq AND seq <= :until LIMIT 1",
        {"seq": end(tx), "until": until},
    )
    return bool(found)


def catch_up(tx: Writer, office: DeviceId, most: int) -> None:
    """Take the next records into the index, at most so many, if there are any. `office`: its own device."""
    found = tx.query(
        f"SELECT seq, body FROM records WHERE kabupaten = :kabupaten AND {_KINDS} AND seq > :seq"  # noqa: S608 - ours
        " ORDER BY seq LIMIT :limit",
        {"seq": end(tx), "limit": most},
    )
    if not found:
        return
    records = [_record.decode(body) for _, body in found]
    entries = {entry.subject: entry for record in records if (entry := entry_of(record)) is not None}
    subjects = [record for record in records if record.kind in SUBJECT_KINDS]
    sign_store.examine_again(tx, [record.id for record in subjects])
    wanted = _rows(tx, entries.values(), _from_phones(tx, subjects, office))
    there = _there(tx, [record.id for record in subjects])
    # Most of what is changed about somebody is nothing that the index holds.
    moved = [record.id for record in subjects if wanted.get(record.id) != there.get(record.id)]
    forget(tx, moved)
    put = [wanted[name] for name in moved if name in wanted]
    _put(tx, put)
    _put_cases(tx, [record for record in records if record.kind == "kasus"])
    decided = [record for record in records if record.kind == PAIR]
    _put_pairs(tx, {*(row.subject for row in put), *(RecordId(record.fields["satu"]) for record in decided)})
    tx.execute(
        "INSERT INTO subject_end (kabupaten, seq) VALUES (:kabupaten, :seq)"
        " ON CONFLICT (kabupaten) DO UPDATE SET seq = excluded.seq",
        {"seq": found[-1][0]},
    )


def forget(tx: Writer, subjects: Sequence[RecordId]) -> None:
    """Take these out of the index, with all that it holds of them."""
    named = {"subjects": list(subjects)}
    known = tx.query(
        "SELECT number, name_key FROM subjects WHERE kabupaten = :kabupaten AND subject IN :subjects", named
    )
    if not known:
        return
    tx.many(
        "DELETE FROM subject_words WHERE kabupaten = :kabupaten AND word = :word AND number = :number",
        [(tx.regency, word, number) for number, key in known for word in later_words(key)],
    )
    tx.execute("DELETE FROM subjects WHERE kabupaten = :kabupaten AND subject IN :subjects", named)
    _drop_pairs(tx, named)


def told_apart(tx: Reader, pairs: Iterable[tuple[RecordId, RecordId]]) -> set[tuple[RecordId, RecordId]]:
    """Return which of these pairs, as they are kept, somebody at the office said are two people."""
    apart = set[tuple[RecordId, RecordId]]()
    asked: dict[RecordId, tuple[RecordId, RecordId]] = {_pair_at(pair, 0): pair for pair in pairs}
    for number in count(1):
        if not asked:
            break
        found = tx.query(
            "SELECT body FROM records WHERE kabupaten = :kabupaten AND id IN :ids", {"ids": list(asked)}
        )
        records = [_record.decode(body) for (body,) in found]
        apart |= {asked[each.id] for each in records if each.kind == PAIR and each.fields["hasil"] == "beda"}
        taken = [asked[each.id] for each in records if each.kind != PAIR]
        asked = {_pair_at(pair, number): pair for pair in taken}
    return apart


def _pair_at(pair: tuple[RecordId, RecordId], number: int) -> RecordId:
    return place_at(PAIR.encode() + about_pair(*pair).encode(), number)


def _rows(tx: Writer, entries: Collection[Entry], from_phones: set[RecordId]) -> dict[RecordId, IndexRow]:
    """Return the rows of these entries, by subject."""
    shelves = _numbered(tx, {entry.shelf for entry in entries})
    return {
        entry.subject: IndexRow(
            subject=entry.subject,
            kind=entry.kind,
            name_key=entry.name_key,
            desa=entry.desa,
            birth=entry.birth,
            nik=entry.nik,
            kks=entry.kks,
            kk=entry.kk,
            shelf=shelves[entry.shelf],
            merged_into=entry.merged_into,
            fresh=int(entry.unmatched and entry.subject in from_phones),
        )
        for entry in entries
    }


def _there(tx: Reader, subjects: Sequence[RecordId]) -> dict[RecordId, IndexRow]:
    """Return the rows that the index holds of these subjects."""
    found = tx.query(
        f"SELECT {', '.join(IndexRow._fields)} FROM subjects"  # noqa: S608 - our own names
        " WHERE kabupaten = :kabupaten AND subject IN :subjects",
        {"subjects": list(subjects)},
    )
    return {row.subject: row for row in map(IndexRow._make, found)}


def _put(tx: Writer, rows: Sequence[IndexRow]) -> None:
    """Store rows of subjects that the index does not hold, each under the next number."""
    if not rows:
        return
    (last,) = tx.query("SELECT coalesce(max(number), 0) FROM subjects WHERE kabupaten = :kabupaten")[0]
    numbered = list(enumerate(rows, last + 1))
    tx.many(
        "INSERT INTO subjects (kabupaten, number, subject, kind, name_key, desa, birth, nik, kks, kk, shelf,"
        " merged_into, fresh) VALUES (:kabupaten, :number, :subject, :kind, :name_key, :desa, :birth, :nik,"
        " :kks, :kk, :shelf, :merged_into, :fresh)",
        [(tx.regency, number, *row) for number, row in numbered],
    )
    words = [(tx.regency, word, number) for number, row in numbered for word in later_words(row.name_key)]
    tx.many(
        "INSERT INTO subject_words (kabupaten, word, number) VALUES (:kabupaten, :word, :number)",
        sorted(words),  # neighbours lie in one page
    )


def _numbered(tx: Writer, wanted: set[str]) -> dict[str, int]:
    """Return the numbers of shelves; one that is new gets the next."""
    known = {
        str(shelf): int(number)
        for number, shelf in tx.query(
            "SELECT number, shelf FROM subject_shelves WHERE kabupaten = :kabupaten"
        )
    }
    for shelf in sorted(wanted - known.keys()):
        known[shelf] = len(known) + 1
        tx.execute(
            "INSERT INTO subject_shelves (kabupaten, number, shelf) VALUES (:kabupaten, :number, :shelf)",
            {"number": known[shelf], "shelf": shelf},
        )
    return known


def _from_phones(tx: Reader, records: Iterable[Record], office: DeviceId) -> set[RecordId]:
    """Return which of these records a phone made: the head of a subject is the change that made it."""
    heads = {record.head: record.id for record in records if record.head is not None}
    found = tx.query(
        "SELECT id FROM changes WHERE kabupaten = :kabupaten AND id IN :heads AND device <> :office",
        {"heads": list(heads), "office": office},
    )
    return {heads[head] for (head,) in found}


def _put_cases(tx: Writer, cases: Sequence[Record]) -> None:
    tx.execute(
        "DELETE FROM subject_cases WHERE kabupaten = :kabupaten AND kasus IN :cases",
        {"cases": [case.id for case in cases]},
    )
    about = [(tx.regency, case.id, case.fields["subjek"]) for case in cases if case.fields.get("subjek")]
    tx.many(
        "INSERT INTO subject_cases (kabupaten, kasus, subject) VALUES (:kabupaten, :kasus, :subject)", about
    )


def _put_pairs(tx: Writer, names: set[RecordId]) -> None:
    """Find anew with whom each of these may be one person, but for those whom somebody told apart."""
    if not names:
        return
    named = {"subjects": list(names)}
    _drop_pairs(tx, named)
    own = [
        Known(subject=RecordId(name), kind=kind, name_key=key, birth=birth)
        for name, kind, key, birth in tx.query(
            "SELECT subject, kind, name_key, birth FROM subjects WHERE kabupaten = :kabupaten"
            " AND subject IN :subjects AND merged_into = '' ORDER BY subject",
            named,
        )
    ]
    alike: Pairs = {**_by_name(tx, own), **_by_nik(tx, named)}
    apart = told_apart(tx, alike)
    tx.many(
        "INSERT INTO subject_pairs (kabupaten, one, other, why) VALUES (:kabupaten, :one, :other, :why)",
        [(tx.regency, *pair, why) for pair, why in alike.items() if pair not in apart],
    )


def _drop_pairs(tx: Writer, named: Mapping[str, object]) -> None:
    for side in ("one", "other"):
        tx.execute(
            f"DELETE FROM subject_pairs WHERE kabupaten = :kabupaten AND {side} IN :subjects",  # noqa: S608 - ours
            named,
        )


def _by_nik(tx: Reader, named: Mapping[str, object]) -> Pairs:
    own = tx.query(
        "SELECT subject, nik FROM subjects WHERE kabupaten = :kabupaten AND subject IN :subjects"
        " AND length(nik) = :digits AND merged_into = '' ORDER BY subject",
        {**named, "digits": WHOLE_DIGITS},
    )
    found = tx.query(
        "SELECT nik, subject FROM subjects WHERE kabupaten = :kabupaten AND nik IN :tails AND nik <> ''"
        " AND merged_into = '' ORDER BY nik, subject",
        {"tails": sorted({tail for _, tail in own})},
    )
    same: dict[str, list[RecordId]] = {}
    for tail, subject in found:
        same.setdefault(tail, []).append(RecordId(subject))
    kept: Pairs = {}
    for subject, tail in own:
        others = [name for name in same[tail][: MOST_ALIKE + 1] if name != subject]
        kept |= {pair_of(RecordId(subject), name): "nik" for name in others}
    return kept


def _by_name(tx: Reader, own: Sequence[Known]) -> Pairs:
    found = tx.query(
        "SELECT birth, kind, subject, name_key FROM subjects WHERE kabupaten = :kabupaten"
        " AND birth IN :births AND birth <> '' AND merged_into = '' ORDER BY birth, subject",
        {"births": sorted({each.birth for each in own if each.birth})},
    )
    near: dict[tuple[str, str], list[tuple[RecordId, str]]] = {}
    for birth, kind, subject, key in found:
        near.setdefault((birth, kind), []).append((RecordId(subject), key))
    kept: Pairs = {}
    for each in own:
        alike_to = likeness_to(each.name_key)
        alike = (
            name
            for name, key in near.get((each.birth, each.kind), ())
            if name != each.subject and alike_to(key) >= LIKE
        )
        kept |= {pair_of(each.subject, name): "nama" for name in islice(alike, MOST_ALIKE)}
    return kept
