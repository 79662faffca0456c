"""Names for people who do not exist. Rule: common words put together by chance, and NIKs of kecamatan 99.

No family card, phone or bank number made here can belong to anyone: each starts with digits nobody is given.
"""

from datetime import date, timedelta
from pathlib import Path
from random import Random

import msgspec

from schemas.base import Data

DEMO_KECAMATAN = "331499"
"""A kecamatan that only the demo regency knows."""

PEKERJAAN = (
    "Buruh tani",
    "Petani",
    "Pedagang",
    "Ibu rumah tangga",
    "Buruh harian",
    "Tidak bekerja",
    "Penjahit",
)


class Words(Data, frozen=True, kw_only=True):
    """The words of words.toml."""

    perempuan: list[str]
    laki_laki: list[str]
    belakang: list[str]
    dukuh: list[str]
    pekerjaan: list[str]


def load_words() -> Words:
    """Read the words that lie beside this module."""
    return msgspec.toml.decode((Path(__file__).parent / "words.toml").read_bytes(), type=Words)


def full_name(rng: Random, words: Words, sex: str) -> str:
    """Return a name of one or two words for `L` or `P`."""
    given = rng.choice(words.perempuan if sex == "P" else words.laki_laki)
    return given if rng.random() < 0.35 else f"{given} {rng.choice(words.belakang)}"


def birth_date(rng: Random, today: date) -> date:
    """Return a birth date of someone between 20 and 85 years old."""
    return today - timedelta(days=rng.randint(20 * 365, 85 * 365))


def nik(born: date, sex: str, serial: int) -> str:
    """Return a NIK of the demo kecamatan: 40 is added to the day for a woman."""
    day = born.day + (40 if sex == "P" else 0)
    return f"{DEMO_KECAMATAN}{day:02d}{born.month:02d}{born.year % 100:02d}{serial % 9999 + 1:04d}"


def family_card(rng: Random, serial: int) -> str:
    """Return the number of a family card recorded some day in the last twelve years."""
    day = date(2013, 1, 1) + timedelta(days=rng.randint(0, 4380))
    return f"{DEMO_KECAMATAN}{day:%d%m%y}{serial % 9999 + 1:04d}"


def card_number(rng: Random) -> str:
    """Return 16 digits of a card that no bank issues."""
    return f"9900{rng.randrange(10**12):012d}"


def phone_number(rng: Random) -> str:
    """Return a number that no operator hands out."""
    return f"0800{rng.randrange(10**8):08d}"
