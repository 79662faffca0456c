"""What the index of warga and e-warong holds of each, and who may be one person. Rule: from the record alone.

A pair of records that may be one person has a record of its own once somebody at the office decided on it
(kind `pasangan`, which no phone sees): it holds ids and names of fields, and nothing of anybody.
"""

from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal

from schemas.base import Data
from schemas.identity import search_key
from schemas.ids import RecordId
from server.shelves import shelf_of
from sync.records import MERGED as MERGED  # the word of the record itself, beside the others here
from sync.scope import SUBJECT_KINDS
from sync.store import Record

PAIR = "pasangan"
"""The kind of what was decided on two records."""
MATCHED = "dicocokkan"
"""The field that says of a warga whom a phone made that the office has matched them, or found them new."""
WHOLE_DIGITS = 16
"""Of a NIK; less than all of one tells nobody from another."""
LIKE = 0.84
"""From here on two folded names of one desa and birth date may be one person's."""
HELD = 0.95
"""How alike names are of which one holds all words of the other."""
Why = Literal["nik", "nama"]


class Entry(Data, frozen=True, kw_only=True):
    """One warga or e-warong as the index has it; `nik`, `kks` and `kk` are digits backwards."""

    subject: RecordId
    kind: str
    name_key: str
    desa: str
    birth: str
    shelf: str
    merged_into: str
    unmatched: bool
    nik: str
    kks: str
    kk: str


def entry_of(record: Record) -> Entry | None:
    """Return what the index holds of a record; None for what is nobody, or not there any more."""
    fields = record.fields
    if record.kind not in SUBJECT_KINDS or fields.get("dihapus"):
        return None
    desa, born = _text(fields, "kode_desa"), _text(fields, "tanggal_lahir")
    return Entry(
        subject=record.id,
        kind=record.kind,
        name_key=search_key(name_of(fields)),
        desa=desa,
        birth=f"{desa} {born}" if desa and born else "",
        shelf=shelf_of(fields).text(),
        merged_into=_text(fields, MERGED),
        unmatched=record.kind == "warga" and not fields.get(MATCHED) and not fields.get(MERGED),
        nik=_tail(fields, "nik"),
        kks=_tail(fields, "no_kks"),
        kk=_tail(fields, "no_kk"),
    )


def name_of(fields: Mapping[str, Any]) -> str:
    """Return what somebody or a shop is called, as it was written."""
    return _text(fields, "nama") or _text(fields, "nama_ewarong")


def address_of(fields: Mapping[str, Any]) -> str:
    """Return an address as one line, with RT and RW."""
    place = [str(fields.get("alamat") or "")]
    place += [f"{name.upper()} {fields[name]}" for name in ("rt", "rw") if fields.get(name)]
    return ", ".join(filter(None, place))


def likeness_to(one: str) -> Callable[[str], float]:
    """Return what says how alike others' folded names are to this one, which is taken to pieces once.

    It says 1 for the same, 0 for nothing in common, and the same from either side.
    """
    words = set(one.split())
    matcher = SequenceMatcher(None, "", one, autojunk=False)

    def alike(other: str) -> float:
        if not one or not other:
            return 0.0
        if one == other:
            return 1.0
        others = set(other.split())
        if words <= others or others <= words:
            return HELD
        if one[0] != other[0] and words.isdisjoint(others):
            return 0.0  # no slip of the pen: most pairs, by far
        # what can be said at once is said first: the rest takes the square of a name's length
        if 2 * min(len(one), len(other)) < LIKE * (len(one) + len(other)):
            return 0.0
        matcher.set_seq1(other)
        if matcher.quick_ratio() < LIKE:
            return 0.0
        # which is laid to which decides where it finds what both share: else it would be who was written last
        return max(matcher.ratio(), SequenceMatcher(None, one, other, autojunk=False).ratio())

    return alike


def pair_of(one: RecordId, other: RecordId) -> tuple[RecordId, RecordId]:
    """Return two ids in the order in which a pair is kept."""
    return (one, other) if one < other else (other, one)


def about_pair(one: RecordId, other: RecordId) -> str:
    """Name two records, the same from either side: the place of what is decided on them follows from it."""
    first, second = pair_of(one, other)
    return f"\0{first}\0{second}"


def later_words(name_key: str) -> list[str]:
    """Return the words of a folded name behind the first, each once."""
    return list(dict.fromkeys(name_key.split()[1:]))


def _tail(fields: Mapping[str, Any], name: str) -> str:
    value = _text(fields, name)
    return value[::-1] if value.isascii() and value.isdigit() else ""


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
