"""The regions of the kabupaten: codes, names with their other spellings, and whose ground a point lies on.

One rule: a desa is named by its code. Twelve names occur twice, so a name alone gives a list. Boundaries are
indicative only, never legal ones (data/LICENSE-wilayah.txt): what they say may warn and must not block.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from schemas.boundary import Boundaries, load_boundaries

Level = Literal["kabupaten", "kecamatan", "desa", "kelurahan"]

_LEVEL_WORDS: dict[str, tuple[Level, ...]] = {
    "kabupaten": ("kabupaten",),
    "kab": ("kabupaten",),
    "kecamatan": ("kecamatan",),
    "kec": ("kecamatan",),
    "desa": ("desa", "kelurahan"),
    "ds": ("desa", "kelurahan"),
    "kelurahan": ("desa", "kelurahan"),
    "kel": ("desa", "kelurahan"),
}


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """One region. `kode` is Kemendagri's, with dots; `lat`, `lng` its centre in degrees, at times outside."""

    kode: str
    nama: str
    level: Level
    parent: str
    lat: float
    lng: float

    @property
    def is_desa(self) -> bool:
        """Whether it is of the lowest level: a desa, or a kelurahan."""
        return self.level in ("desa", "kelurahan")


class Wilayah:
    """All regions, looked up by code, name or point. Made once by `load_wilayah` and handed down."""

    def __init__(
        self, regions: Iterable[Region], aliases: Iterable[tuple[str, str]], boundary_file: Path
    ) -> None:
        self._regions = {region.kode: region for region in regions}
        self._boundary_file = boundary_file
        self._by_name: dict[str, set[str]] = {}
        for region in self._regions.values():
            self._by_name.setdefault(_key(region.nama.removeprefix("Kabupaten ")), set()).add(region.kode)
        for kode, alias in aliases:
            self._by_name.setdefault(_key(alias), set()).add(self._regions[kode].kode)
        self._villages = tuple(r.kode for r in self._regions.values() if r.is_desa)

    def __len__(self) -> int:
        return len(self._regions)

    def __iter__(self) -> Iterator[Region]:
        return iter(self._regions.values())

    def get(self, kode: str) -> Region | None:
        """Give the region of a code, written with or without dots, or None."""
        return self._regions.get(kode) or self._regions.get(_dotted(kode))

    @property
    def kabupaten(self) -> Region:
        """The whole of it."""
        return next(r for r in self if r.level == "kabupaten")

    def kecamatan(self) -> tuple[Region, ...]:
        """List the kecamatan in order of code."""
        return tuple(r for r in self if r.level == "kecamatan")

    def desa(self, kecamatan: str) -> tuple[Region, ...]:
        """List the desa and kelurahan of a kecamatan's code in order of code; empty when there is none."""
        return tuple(r for r in self if r.parent == kecamatan and r.is_desa)

    def inner(self, kode: str) -> tuple[Region, ...]:
        """List what a table of a code tells, in order of code: its kecamatan or its desa; of a desa, itself.

        No code, and an unknown one, stand for all: the kecamatan.
        """
        region = self.get(kode)
        if region is None or region.level == "kabupaten":
            return self.kecamatan()
        return (region,) if region.is_desa else self.desa(region.kode)

    def find(self, name: str, kecamatan: str | None = None) -> list[Region]:
        """List the regions of a name, whatever its case, spacing or known other spelling, in order of code.

        A word of level in front ("Desa …", "Kec. …") narrows it; `kecamatan`, a code or name, keeps its desa.
        """
        word, _, rest = name.strip().replace(".", " ").partition(" ")
        levels = _LEVEL_WORDS.get(word.lower()) if rest.strip() else None
        found = self._by_name.get(_key(rest if levels else name), set())
        parents = None if kecamatan is None else self._parents(kecamatan)
        regions = [self._regions[kode] for kode in sorted(found)]
        return [
            region
            for region in regions
            if (levels is None or region.level in levels) and (parents is None or region.parent in parents)
        ]

    def locate(self, lat: float, lng: float) -> Region | None:
        """Give the desa or kelurahan on whose ground the point lies, or None.

        Some outlines overlap by a few metres; there the first code in order is given.
        """
        kode = self._boundaries.first_containing(self._villages, lat, lng)
        return None if kode is None else self._regions[kode]

    def outside_m(self, kode: str, lat: float, lng: float) -> float:
        """Metres from the point to the region's boundary, 0 inside. Raises KeyError for an unknown code."""
        return self._boundaries.outside_m(kode, lat, lng)

    def outline(self, kode: str) -> tuple[tuple[float, float], ...]:
        """Vertices of the region's boundary as (lat, lng), open. Raises KeyError for an unknown code."""
        return self._boundaries.outline(kode)

    def kecamatan_nik_prefixes(self, extra: Iterable[str] = ()) -> frozenset[str]:
        """Give the six digits with which a NIK of this kabupaten may start, and any `extra` ones."""
        return frozenset((*(r.kode.replace(".", "") for r in self.kecamatan()), *extra))

    @cached_property
    def _boundaries(self) -> Boundaries:
        # The largest file by far, and many runs never ask where a point lies.
        return load_boundaries(self._boundary_file)

    def _parents(self, kecamatan: str) -> frozenset[str]:
        region = self.get(kecamatan)
        return frozenset(
            (region.kode,) if region else (r.kode for r in self.find(kecamatan) if r.level == "kecamatan")
        )


def load_wilayah(folder: Path | None = None) -> Wilayah:
    """Read the regions that ship with the program (or another kabupaten's, from `folder`)."""
    base = folder or Path(__file__).parent / "data"
    regions = msgspec.convert(_rows(base / "wilayah.csv"), list[Region], strict=False)
    aliases = [(row["kode"], row["alias"]) for row in _rows(base / "wilayah_alias.csv")]
    return Wilayah(regions, aliases, base / "batas.json")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _dotted(kode: str) -> str:
    digits = kode.replace(".", "")
    return ".".join(part for part in (digits[:2], digits[2:4], digits[4:6], digits[6:]) if part)
