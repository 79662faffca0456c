"""Numbers and names that identify people: NIK, KK, KKS, NIP, telephone numbers, names for searching.

One rule: only the shape of a number may block. A NIK is permanent, even where it disagrees with the printed
date of birth or the present address, so everything else is a warning that a worker may pass. The sentence for
each code is in schemas/text/id/identitas.toml. Nothing here is ever written to a log.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from schemas.name_key import search_key as search_key  # names are looked for here, beside the numbers

JenisKelamin = Literal["L", "P"]

_SRAGEN = "3314"
_FEMALE_DAY_OFFSET = 40
_SEPARATORS = re.compile(r"[\s.\-'\u2019]")


class NikCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a NIK says about itself. `errors` block, `warnings` do not; both hold codes.

    `lahir` is a proposal: when `lahir_ambigu` is true the century is unknown (a child or a very old person)
    and the worker must be asked.
    """

    nik: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    jk: JenisKelamin | None = None
    lahir: date | None = None
    lahir_ambigu: bool = False


class NumberCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A card or family number as bare digits, and codes of what is wrong (`errors`) or odd (`warnings`)."""

    number: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check_nik(
    text: str,
    kecamatan: frozenset[str] = frozenset(),
    lahir: date | None = None,
    jk: JenisKelamin | None = None,
    today: date | None = None,
) -> NikCheck:
    """Check a NIK as typed against its own parts, the known kecamatan, and what the card says.

    `kecamatan` holds the known six-digit prefixes (empty: places are not checked). `lahir` and `jk` are as
    printed. A date after `today` is no date of birth; without it, none is taken for future. Source: C01, C03.
    """
    nik = _digits(text)
    if not _is_number(nik, 16):
        return NikCheck(nik=nik, errors=("BUKAN_16_ANGKA",))
    day, sex = _day_and_sex(int(nik[6:8]))
    candidates = _births(day, int(nik[8:10]), int(nik[10:12]), today) if sex else ()

    warnings: list[str] = []
    if not candidates:
        warnings.append("TANGGAL_NIK_TIDAK_WAJAR")
    elif lahir and lahir not in candidates:
        warnings.append("TGL_LAHIR_BEDA_DGN_NIK")
    if jk and sex and jk != sex:
        warnings.append("JK_BEDA_DGN_NIK")
    if nik[12:] == "0000":
        warnings.append("NOMOR_URUT_0000")
    if kecamatan and nik[:6] not in kecamatan:
        inside = nik.startswith(_SRAGEN)
        warnings.append("KODE_KECAMATAN_TIDAK_DIKENAL" if inside else "WILAYAH_LUAR_SRAGEN")

    settled = lahir in candidates
    return NikCheck(
        nik=nik,
        warnings=tuple(warnings),
        jk=sex,
        lahir=lahir if settled else next(iter(candidates), None),
        lahir_ambigu=len(candidates) > 1 and not settled,
    )


def check_kk(text: str) -> NumberCheck:
    """Check a family card number: 16 digits, of which 6 region, 6 date of recording, 4 serial.

    Region and date may differ from today's, so only an impossible date or serial is warned of. Source: C02.
    """
    number = _digits(text)
    if not _is_number(number, 16):
        return NumberCheck(number=number, errors=("BUKAN_16_ANGKA",))
    warnings: list[str] = []
    if not _births(int(number[6:8]), int(number[8:10]), int(number[10:12]), None):
        warnings.append("TANGGAL_KK_TIDAK_WAJAR")
    if number[12:] == "0000":
        warnings.append("NOMOR_URUT_0000")
    return NumberCheck(number=number, warnings=tuple(warnings))


def check_kks(text: str) -> NumberCheck:
    """Check a KKS card number: 16 digits; its inner structure has no known source."""
    number = _digits(text)
    return NumberCheck(number=number, errors=() if _is_number(number, 16) else ("BUKAN_16_ANGKA",))


def normalise_nip(text: str) -> str | None:
    """Give the 18 digits of a civil servant number, however spaced in print, or None if it has not 18."""
    number = _digits(text)
    return number if _is_number(number, 18) else None


def normalise_phone(text: str) -> str | None:
    """Give a telephone number in its form starting with 0 (10 to 14 digits), or None if it cannot be one.

    Accepts 08…, +62…, 62…, and 8… as spreadsheets leave it after dropping the zero.
    """
    number = re.sub(r"[\s.\-()'\u2019]", "", text)
    if number.startswith("+62"):
        number = "0" + number[3:].removeprefix("0")
    elif number.startswith("62"):
        number = "0" + number[2:].removeprefix("0")
    elif number.startswith("8"):
        number = "0" + number
    return number if re.fullmatch(r"0[1-9][0-9]{8,12}", number) else None


def mask_nik(nik: str) -> str:
    """Hide the middle of a NIK for lists and reports; what has not 16 digits is hidden whole."""
    return f"{nik[:6]}••••••{nik[12:]}" if _is_number(nik, 16) else "••••"


def _digits(text: str) -> str:
    return _SEPARATORS.sub("", text)


def _is_number(text: str, length: int) -> bool:
    # str.isdigit takes ² and Arabic digits too: ASCII alone can be printed on these cards.
    return len(text) == length and text.isascii() and text.isdigit()


def _day_and_sex(day: int) -> tuple[int, JenisKelamin | None]:
    if 1 <= day <= 31:
        return day, "L"
    if 1 <= day - _FEMALE_DAY_OFFSET <= 31:
        return day - _FEMALE_DAY_OFFSET, "P"
    return day, None


def _births(day: int, month: int, year: int, today: date | None) -> Sequence[date]:
    """Dates that the six digits may mean, the later century first."""
    found: list[date] = []
    for century in (2000, 1900):
        try:
            born = date(century + year, month, day)
        except ValueError:
            continue
        if today is None or born <= today:
            found.append(born)
    return tuple(found)
