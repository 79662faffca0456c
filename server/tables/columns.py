"""What a list can say of somebody, and how others head its columns. Rule: a guess is shown before it is used.

Heads are those of SIKS-NG exports, of danom and of SP2D lists as they come (C12, C18, C19), and what people
write themselves, without case, signs and spaces.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from schemas.base import Data

Kind = Literal["warga", "ewarong"]
Reading = Literal[
    "nik", "kk", "kks", "text", "name", "date", "birth", "three", "pair", "sex", "phone", "choice", "decile",
    "region",
]  # fmt: skip
_SIGNS = re.compile(r"[^a-z0-9]+")
_ASIDE = re.compile(r"\([^)]*\)")
"""What a head says besides its name: NIK (16 digit)."""


class Column(Data, frozen=True, kw_only=True):
    """One thing that a list may say: a field, how its cells are read, and what heads it elsewhere."""

    field: str
    reading: Reading
    heads: tuple[str, ...]


def _column(field: str, reading: Reading, heads: str) -> Column:
    return Column(field=field, reading=reading, heads=tuple(heads.split()))


_PLACE = (
    _column("alamat", "text", "alamat alamatktp alamatlengkap alamatdomisili"),
    _column("rt", "three", "rt nort"),
    _column("rw", "three", "rw norw"),
    _column("rt_rw", "pair", "rtrw nortrw"),
    _column(
        "desa",
        "region",
        "desa kelurahan desakelurahan desakel namadesa namakelurahan namadesakelurahan namakel namadesakel"
        " keldesa kelurahandesa nmkel nmdesa",
    ),
    _column("kecamatan", "region", "kecamatan kec namakecamatan namakec nmkec"),
    _column("kode_desa", "region", "kodedesa kodekel kodewilayah kdkel kodekemendagri"),
)
COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    "warga": (
        _column("nik", "nik", "nik nonik nikktp noktp nomornik nomorktp nikkpm nikpengurus nikpenerima"),
        _column("no_kk", "kk", "nokk kk nkk nomorkk nokartukeluarga nokkdtks"),
        _column(
            "nama", "name", "nama namalengkap namakpm namapenerima namapengurus namakrt namaktp nmpenerima"
        ),
        _column("jenis_kelamin", "sex", "jeniskelamin jk lp kelamin sex"),
        _column("tempat_lahir", "text", "tempatlahir tmplahir tmptlahir"),
        _column("tanggal_lahir", "date", "tanggallahir tgllahir tgllhr lahir"),
        _column(
            "ttl",
            "birth",
            "ttl tempattanggallahir tempattgllahir tempatdantanggallahir tmptgllahir tmpttgllahir",
        ),
        *_PLACE,
        _column(
            "no_hp",
            "phone",
            "nohp hp notelp notelepon telepon telp nohandphone nowa nohpwa nohpwhatsapp nomorhp"
            " nomorhandphone nomortelepon nomorwa nowhatsapp",
        ),
        _column("pekerjaan", "text", "pekerjaan jenispekerjaan"),
        _column("penyalur", "choice", "penyalur bank namabank himbara bankpenyalur"),
        _column("no_kks", "kks", "nokks kks nomorkks nokartu nomorkartu"),
        _column("status_kpm", "choice", "status statuskpm keterangan statussiksng statuspenyaluran ket"),
        _column("periode", "text", "periode tahap periodesalur bulansalur periodepenyaluran"),
        _column("desil", "decile", "desil desildtsen desilnasional desilkesejahteraan peringkatdesil"),
    ),
    "ewarong": (
        _column("nama_ewarong", "name", "namaewarong ewarong namaagen namawarung nama"),
        _column("pemilik", "name", "pemilik namapemilik pengelola"),
        *_PLACE,
    ),
}
NEEDED: Mapping[Kind, tuple[tuple[str, ...], ...]] = {
    "warga": (("nama",), ("desa", "kode_desa")),
    "ewarong": (("nama_ewarong",), ("desa", "kode_desa")),
}
"""Of each group at least one column has to be matched: without these no new record can be made."""


def plain(head: str) -> str:
    """Return a header without case, signs and spaces."""
    return _SIGNS.sub("", head.lower())


def named(head: str) -> str:
    """Return a header plain, without what stands in brackets."""
    return plain(_ASIDE.sub("", head))


def guess(kind: Kind, heads: Sequence[str], remembered: Mapping[str, str]) -> tuple[str, ...]:
    """Return the field of each column, empty where none is guessed; what was matched before comes first.

    `remembered` is by plain header; an empty value there means that the column was left out on purpose.
    """
    known = {head: column.field for column in COLUMNS[kind] for head in column.heads}
    wanted = [
        remembered.get(plain(head), known.get(plain(head), known.get(named(head), ""))) for head in heads
    ]
    taken: set[str] = set()
    found: list[str] = []
    for field in wanted:
        found.append("" if field in taken else field)
        taken.add(field)
    return tuple(found)


def lacking(kind: Kind, matched: Iterable[str]) -> tuple[str, ...]:
    """Return a field of each group that nothing was matched to."""
    have = set(matched)
    return tuple(group[0] for group in NEEDED[kind] if have.isdisjoint(group))


def column_of(kind: Kind, field: str) -> Column | None:
    """Return the column of a field; None for what a list of this kind cannot say."""
    return next((column for column in COLUMNS[kind] if column.field == field), None)
