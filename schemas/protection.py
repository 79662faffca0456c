"""What the registers of data protection begin with, by service. Rule: the office's own word goes before it.

The data stand in data/pelindungan.toml: how many years, on what basis, for what, to whom.
"""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from schemas.base import Data

SOURCE = Path(__file__).parent / "data" / "pelindungan.toml"
MOST_YEARS = 50


class Processing(Data, frozen=True, kw_only=True):
    """Of one service: how many years after its decision a thing is kept, and why data are processed."""

    tahun: int
    dasar_simpan: str
    tujuan: str
    dasar: str
    penerima: str


@cache
def load_processing() -> dict[str, Processing]:
    """Return what is said of each service, by its code. Raises msgspec.ValidationError for a broken file."""
    return msgspec.convert(tomllib.loads(SOURCE.read_text("utf-8")), dict[str, Processing], strict=True)
