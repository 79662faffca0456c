"""What the office's letters are: their kinds, what may stand in a template, and how it is filled.

Rule: a template is plain text with {fields}; nothing in it, and no value, is ever run or read again. What the
kinds begin with stands in data/surat.toml; the office's own versions go before it.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from schemas.base import Data
from schemas.identity import normalise_nip

SOURCE = Path(__file__).parent / "data" / "surat.toml"
MOST_TEXT = 6000
MOST_LINE = 300
About = Literal["warga", "kunjungan", "wilayah", "kosong", "daftar"]
LIST = "daftar"
"""Typed as lines and set as a table: no field of a text."""
COMMON = ("nomor", "tanggal", "hari", "tanggal_terbilang", "kantor", "jabatan", "tempat")
"""Fields of every letter: its own number and day, who sends it and from where."""
NUMBER_FIELDS = ("kode", "nomor", "unit", "bulan", "tahun")
NUMBER_NEEDS = ("nomor", "tahun")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_FIELD = re.compile(r"\{([^{}]*)\}")


class Wording(Data, frozen=True, kw_only=True):
    """A template. Lines of `kepada` and `tembusan` are lines of the letter; blank lines part paragraphs."""

    kode: str
    sifat: str
    lampiran: str
    hal: str
    kepada: str
    isi: str
    tembusan: str


class Kind(Data, frozen=True, kw_only=True):
    """A kind of letter. `isian` are typed when it is made, `medan` filled in, `bagian` set as a block.

    `nik`: it shows whole numbers of persons, because whom it goes to cannot work without them. Unless it is
    `disimpan`, its file is handed over and kept nowhere.
    """

    tentang: About
    bernomor: bool
    isian: tuple[str, ...]
    medan: tuple[str, ...]
    bagian: tuple[str, ...]
    surat: Wording
    layanan: str = ""
    penerima: str = ""
    nik: bool = False
    disimpan: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that a template of this kind may name."""
        typed = (name for name in self.isian if name != LIST)
        return tuple(dict.fromkeys((*self.bagian, *typed, *self.medan, *self.spelled, *COMMON)))

    @property
    def spelled(self) -> tuple[str, ...]:
        """Fields that say an amount in words."""
        return ("jumlah_terbilang",) if "jumlah" in self.isian else ()


class Letterhead(Data, frozen=True, kw_only=True):
    """Who sends letters, how they are numbered, and who signs; empty names are dots to write on."""

    baris: str
    alamat: str
    nomor: str
    unit: str
    tempat: str
    jabatan: str
    pejabat: str
    pangkat: str
    nip: str


class Wrong(Data, frozen=True, kw_only=True):
    """Why a template is refused: a key under `surat.templat.salah`, and the field that it is about."""

    why: Literal["tidak_dikenal", "kurung", "bagian", "panjang", "kosong", "kode", "nomor", "nip"]
    field: str = ""


class _File(Data, frozen=True, kw_only=True):
    kop: Letterhead
    jenis: dict[str, Kind]


@cache
def _source() -> _File:
    return msgspec.convert(tomllib.loads(SOURCE.read_text("utf-8")), _File, strict=True)


def letter_kinds() -> dict[str, Kind]:
    """Return every kind of letter by its code. Raises msgspec.ValidationError for a broken file."""
    return _source().jenis


def first_letterhead() -> Letterhead:
    """Return the letterhead that an office begins with."""
    return _source().kop


def wrong_wording(kind: Kind, given: Wording) -> Wrong | None:
    """Return the first thing that is wrong with a template, None where it can be used."""
    if not given.hal.strip() or not given.isi.strip():
        return Wrong(why="kosong")
    if not re.fullmatch(r"[0-9]{3}(\.[0-9]{1,3}){0,4}", given.kode):
        return Wrong(why="kode", field=given.kode[:20])
    lines = (given.sifat, given.lampiran, given.hal)
    if any(len(each) > MOST_LINE or "\n" in each for each in lines):
        return Wrong(why="panjang")
    if max(len(each) for each in (given.kepada, given.isi, given.tembusan)) > MOST_TEXT:
        return Wrong(why="panjang")
    plain = tuple(name for name in kind.fields if name not in kind.bagian)
    for text in (*lines, given.kepada, given.tembusan):
        if found := wrong_fields(text, plain):
            return found
    for paragraph in paragraphs(given.isi):
        if paragraph.strip("{}") in kind.bagian and paragraph == f"{{{paragraph.strip('{}')}}}":
            continue
        if found := wrong_fields(paragraph, kind.fields):
            return found
        block = next((name for name in _FIELD.findall(paragraph) if name in kind.bagian), "")
        if block:
            return Wrong(why="bagian", field=block)
    return None


def wrong_letterhead(given: Letterhead) -> Wrong | None:
    """Return the first thing that is wrong with a letterhead, None where it can be used."""
    texts = msgspec.structs.astuple(given)
    if any(len(each) > MOST_LINE for each in texts):
        return Wrong(why="panjang")
    if not given.baris.strip() or not given.tempat.strip() or not given.jabatan.strip():
        return Wrong(why="kosong")
    if found := wrong_fields(given.nomor, NUMBER_FIELDS):
        return found
    for name in NUMBER_NEEDS:
        if f"{{{name}}}" not in given.nomor:
            return Wrong(why="nomor", field=name)
    if given.nip.strip() and normalise_nip(given.nip) is None:
        return Wrong(why="nip")
    return None


def wrong_fields(text: str, allowed: tuple[str, ...]) -> Wrong | None:
    """Return the first field that may not stand here, or a brace that stands alone."""
    for name in _FIELD.findall(text):
        if name not in allowed:
            return Wrong(why="tidak_dikenal", field=name[:40])
    return Wrong(why="kurung") if set("{}") & set(_FIELD.sub("", text)) else None


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill the fields of a text, once: a value that looks like a field stays as it is. Raises KeyError."""
    return _FIELD.sub(lambda found: values[found[1]], text)


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, parted by blank lines."""
    return tuple(each.strip() for each in re.split(r"\n[ \t]*\n", text.strip()) if each.strip())


def letter_number(head: Letterhead, kode: str, number: int, year: int, month: int) -> str:
    """Write a letter's number as the office does: 400.9/1979/09/2024."""
    values = {
        "kode": kode,
        "nomor": str(number),
        "unit": head.unit,
        "bulan": ROMAN[month - 1],
        "tahun": str(year),
    }
    return fill(head.nomor, values)
