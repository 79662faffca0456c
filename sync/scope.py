"""Parts: which slice of the data a device may hold. Rule: the office computes them, from person and
assignments.

A record shows itself to each part as much as that part may see: a desa's list has the end of a NIK, the
person with an open tugas has all of it.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from schemas.base import Data, encode
from schemas.ids import DeviceId, Part, PersonId, RecordId
from sync.chain import Verifier
from sync.neutral import is_sealed
from sync.store import Fields, Record

MINE = "mine/"
REFERENCE = Part("ref")
NIK_PREFIXES = RecordId("0" * 31 + "1")
"""The reference record whose `kecamatan_nik` lists further six-digit NIK regions that this regency knows."""
UNIT_KEYS = RecordId("0" * 31 + "2")
"""The reference record of the unit that reads sealed cases: its `identity` (Ed25519, 32 bytes) and its
`keys`, each an encoded schemas.sealed.UnitKey. A phone believes none that its pinned identity did not sign.
"""
HOLIDAYS = RecordId("0" * 31 + "5")
"""The reference record of the days off, see schemas/holidays.py; working days are counted without them."""
RESERVED = frozenset(RecordId("0" * 31 + digit) for digit in "0123456789abcdef")
"""Ids that the office gives to records of its own; no phone may put anything there, not even first."""
OPEN_TUGAS = frozenset({"baru", "dikirim", "dikembalikan"})
HIDDEN = frozenset({"nik", "no_kk", "no_kks", "no_rekening", "bank", "no_hp", "desil"})
"""Fields of a person that only someone with a tugas sees in full."""
SUBJECT_KINDS = frozenset({"warga", "ewarong"})
KASUS_LISTED = ("workflow", "workflow_version", "service", "subjek", "kode_desa", "state", "due", "since_ms")
"""What phones of the desa see of a case; its steps' answers stay at the office."""
SEALED_LISTED = (
    "workflow", "workflow_version", "service", "kode", "petugas", "state", "due", "since_ms", "flags",
    "notes",
)  # fmt: skip
"""What the phone of its petugas sees of a sealed case, and nobody else's."""


class Caller(Data, frozen=True, kw_only=True):
    """Who is speaking: a device, its person, what it may hold, and how to check its signature."""

    device: DeviceId
    person: PersonId
    parts: frozenset[Part]
    verify: Verifier
    office: bool = False


def mine(person: PersonId) -> Part:
    """Return the part that belongs to one person."""
    return Part(f"{MINE}{person}")


def desa_part(kode_desa: str, layanan: str) -> Part:
    """Return the part of one desa and one service."""
    return Part(f"desa/{kode_desa}/{layanan}")


def parts_of_person(person: PersonId, fields: Fields) -> frozenset[Part]:
    """Return the parts that a petugas may hold on a phone: desa × services, their own, the reference."""
    desa = {desa_part(kode, layanan) for kode in fields.get("wilayah", ()) for layanan in fields["layanan"]}
    return frozenset(desa | {mine(person), REFERENCE})


def scope_hash(parts: Iterable[Part]) -> bytes:
    """Return 8 bytes that name a set of parts."""
    return sha256("\n".join(sorted(parts)).encode()).digest()[:8]


def in_scope(caller: Caller, kind: str, fields: Fields, readers: Iterable[PersonId]) -> bool:
    """Say whether the caller's work on such a record may take effect by itself."""
    if caller.office:
        return True
    if mine(caller.person) not in caller.parts:  # revoked, or no longer on duty
        return False
    return caller.person in readers or (
        kind in SUBJECT_KINDS and not caller.parts.isdisjoint(_desa_parts(fields))
    )


def in_area(kind: str, fields: Fields, petugas: Fields) -> bool:
    """Say whether a record lies in the area of an active petugas, whose fields these are."""
    if not petugas.get("aktif", True) or kind not in SUBJECT_KINDS:
        return False
    return not parts_of_person(PersonId(""), petugas).isdisjoint(_desa_parts(fields))


def views(record: Record) -> dict[Part, Fields]:
    """Return what each part sees of a record: nothing for a deleted one, nor for a kind that stays inside."""
    fields = record.fields
    if fields.get("dihapus") or fields.get("digabung_ke"):
        return {}
    match record.kind:
        case "warga" | "ewarong":
            listed = reduced(fields) if record.kind == "warga" else fields
            shown: dict[Part, Fields] = dict.fromkeys(_desa_parts(fields), listed)
            for person in record.readers.values():
                shown[mine(person)] = fields
            return shown
        case "kasus" if is_sealed(record):
            person = fields.get("petugas")
            listed = {name: fields[name] for name in SEALED_LISTED if name in fields}
            return {mine(PersonId(person)): listed} if person else {}
        case "kasus":
            listed = {name: fields.get(name) for name in KASUS_LISTED}
            return dict.fromkeys(_desa_parts({**fields, "layanan": [fields.get("service")]}), listed)
        case "konflik":
            return {mine(PersonId(fields["petugas"])): _as_author_sees(fields)}
        case "tugas" | "kunjungan":
            person = fields.get("petugas")
            return {mine(PersonId(person)): fields} if person else {}
        case "petugas":
            return {REFERENCE: {name: fields.get(name) for name in ("nama", "kode", "peran", "aktif")}}
        case "referensi" | "formulir":
            return {REFERENCE: fields}
        case _:
            return {}


def bodies(shown: Mapping[Part, Fields]) -> dict[Part, bytes]:
    """Return what the row of each part holds: what it sees of a record, encoded."""
    encoded: dict[int, bytes] = {}
    made: dict[Part, bytes] = {}
    for part, fields in shown.items():
        body = encoded.get(id(fields))  # most parts see the very same
        if body is None:
            body = encoded[id(fields)] = encode(fields)
        made[part] = body
    return made


def reduced(fields: Fields) -> Fields:
    """Return a warga as a desa's list shows it; the order of the fields stays."""
    shown = fields.copy()
    for name in HIDDEN:
        shown.pop(name, None)
    nik = fields.get("nik")
    if isinstance(nik, str):
        shown["nik_akhir"] = nik[-4:]
    return shown


def _as_author_sees(fields: Fields) -> Fields:
    """Return a conflict without what its author's phone may not hold of the office's values."""
    cases: dict[str, Fields] = {
        name: {**case, "theirs": _covered(name, case["theirs"]) if fields.get("shown") else None}
        for name, case in fields["fields"].items()
    }
    shown = {**fields, "fields": cases}
    if "values" in fields:
        shown["values"] = {name: _chosen(fields, name, value) for name, value in fields["values"].items()}
    return shown


def _chosen(fields: Fields, name: str, value: Any) -> Any:
    """Return a chosen value as its author may see it: what they wrote or saw themselves is no secret."""
    case: Fields = fields["fields"][name]
    if value == case["mine"] or value == case["base"]:
        return value
    return _covered(name, value) if fields.get("shown") else None


def _covered(name: str, value: Any) -> Any:
    return f"…{value[-4:]}" if name in HIDDEN and isinstance(value, str) else value


def _desa_parts(fields: Fields) -> tuple[Part, ...]:
    kode = fields.get("kode_desa")
    if not isinstance(kode, str):
        return ()
    return _parts_of_desa(kode, tuple(fields.get("layanan") or ()))


@lru_cache(maxsize=8192)
def _parts_of_desa(kode_desa: str, layanan: tuple[str, ...]) -> tuple[Part, ...]:
    # asked for three times with each change of a warga, for a few hundred desa in all
    return tuple(desa_part(kode_desa, name) for name in layanan)
