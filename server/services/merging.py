"""What a merge of two records makes of them, and how it is undone. Rule: pure; nothing that was said is lost.

Both records stay: the one that goes keeps all its fields, and the one that stays gains only what it lacked.
"""

from typing import Any

from server.subjects import MATCHED, MERGED
from sync.merge import NO_FIELDS, SETS, with_partners
from sync.store import Fields, Record

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "identitas",
        (
            "nama", "nik", "no_kk", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "status_kawin",
            "pekerjaan", "no_hp", "nama_ewarong", "pemilik", "jenis",
        ),
    ),
    ("alamat", ("alamat", "rt", "rw", "kode_desa", "rumah", "titik")),
    ("kartu", ("penyalur", "no_kks", "bank", "no_rekening")),
)  # fmt: skip
"""Fields in the order in which they are read; all others come behind them."""
INNER = frozenset({"layanan", "dihapus", MATCHED, MERGED})
"""Fields that the page says in other ways."""
EMPTY: tuple[Any, ...] = (None, "", [], {})
"""Values that say nothing."""


def filled(kept: Record, merged: Record) -> Fields:
    """Return what a record gains from one that is merged into it: what it lacks, and more of a set."""
    sets = SETS.get(kept.kind, NO_FIELDS)
    gained: Fields = {}
    for name, value in told(merged).items():
        partners = with_partners(kept.kind, [name])
        if name not in sets and all(kept.fields.get(each) in EMPTY for each in partners):
            gained[name] = value
    for name in sets:
        own: list[Any] = kept.fields.get(name) or []
        other: list[Any] = merged.fields.get(name) or []
        more = [each for each in other if each not in own]
        if more:
            gained[name] = [*own, *more]
    return gained


def taken_back(kept: Record, merged: Record, done: Fields) -> Fields:
    """Return the fields with which a record stands as before a merge, but for what was changed since."""
    values: Fields = {
        name: None
        for name in done.get("isian") or ()
        if kept.fields.get(name) == merged.fields.get(name) is not None
    }
    more: dict[str, list[Any]] = done.get("ditambah") or {}
    for name, added in more.items():
        own: list[Any] = kept.fields.get(name) or []
        values[name] = [each for each in own if each not in added]
    return values


def told(record: Record) -> Fields:
    """Return what a record says of somebody, without what the office notes about the record itself."""
    return {name: value for name, value in record.fields.items() if name not in INNER and value not in EMPTY}


def seen_of(one: Record, other: Record) -> str:
    """Name what was read of two records, from either side."""
    return "-".join(str(each.seq) for each in sorted((one, other), key=lambda each: each.id))
