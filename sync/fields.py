"""What a phone may set, and what shape known fields have. Rule: a wrong field refuses its patch only."""

from typing import Any

from sync.merge import NO_FIELDS, SETS, Fields

PHONE_FIELDS: dict[str, frozenset[str]] = {
    "warga": frozenset(
        {
            "nik", "no_kk", "nama", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "alamat", "rt", "rw",
            "kode_desa", "no_hp", "status_kawin", "pekerjaan", "penyalur", "no_kks", "bank", "no_rekening",
            "layanan", "rumah",
        }
    ),
    "ewarong": frozenset(
        {"nama_ewarong", "pemilik", "jenis", "alamat", "kode_desa", "titik", "layanan"}
    ),
    # only when it makes a sealed one
    "kasus": frozenset({"workflow", "service", "kode", "petugas"}),
}  # fmt: skip
"""What a worker at the door can know better than the office, by kind of record."""

TEXTS = frozenset({"kode_desa", "digabung_ke", "sasaran", "petugas", "state", "workflow", "service", "kasus"})
"""Fields that the core itself reads as texts."""
SHAPED = {kind: TEXTS | sets for kind, sets in SETS.items()}
"""Fields whose shape matters, by kind of record; of any other kind, the texts."""


def wrong_field(kind: str, new: Fields) -> str | None:
    """Return the first field whose value has a shape that the core cannot work with."""
    shaped = SHAPED.get(kind, TEXTS)
    if shaped.isdisjoint(new):
        return None
    sets = SETS.get(kind, NO_FIELDS)
    for name in sorted(new.keys() & shaped):
        value = new[name]
        if value is not None and not (_is_texts(value) if name in sets else isinstance(value, str)):
            return name
    return None


def beyond_phone(kind: str, new: Fields) -> str | None:
    """Return the first field that a phone may not set in this kind of record."""
    allowed = PHONE_FIELDS.get(kind, NO_FIELDS)
    return None if new.keys() <= allowed else min(new.keys() - allowed)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)  # pyright: ignore[reportUnknownVariableType]
