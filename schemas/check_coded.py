"""The few rules that need code, named in a form by `checks`.

One rule: a check returns text keys, those that block and those that warn, and looks at one value of the right
shape and at the other answers of its form. Only the shape of a number blocks (C01, C03).
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, assert_never

from schemas.form_types import CodedCheck
from schemas.form_values import day_of
from schemas.identity import JenisKelamin, check_kk, check_nik, normalise_phone

LETTER_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)*(/[0-9A-Za-z.]+){2,}/[0-9]{4}")
"""<klasifikasi>/<urut>/<unit>/<tahun>, such as 400.9/123/09/2026; the first may have parts (S1, S3)."""

SEX: dict[Any, JenisKelamin] = {"laki_laki": "L", "perempuan": "P"}


class Said(NamedTuple):
    """Text keys of what blocks and of what is only warned of."""

    blocked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def run_check(
    name: CodedCheck,
    value: Any,
    answers: Mapping[str, Any],
    today: date,
    kecamatan: frozenset[str],
) -> Said:
    """Run one coded check. `kecamatan` holds the six-digit prefixes known (empty: places are not checked)."""
    match name:
        case "nik":
            born, sex = day_of(answers.get("tanggal_lahir")), answers.get("jenis_kelamin")
            jk = SEX.get(sex) if isinstance(sex, str) else None
            nik = check_nik(value, kecamatan, born, jk, today)
            unsure = ("ABAD_LAHIR_TIDAK_PASTI",) if nik.lahir_ambigu and born is None else ()
            return _keys(nik.errors, (*nik.warnings, *unsure))
        case "no_kk":
            number = check_kk(value)
            return _keys(number.errors, number.warnings)
        case "telepon":
            return _keys((), () if normalise_phone(value) else ("NOMOR_HP_TIDAK_WAJAR",))
        case "lokasi":
            return Said(warnings=("aturan.lokasi_tiruan",) if value.get("mock") else ())
        case "nomor_surat":
            usual = LETTER_NUMBER.fullmatch(value.strip()) is not None
            return Said(warnings=() if usual else ("aturan.nomor_surat_tidak_lazim",))
        case _:
            assert_never(name)


def _keys(errors: tuple[str, ...], warnings: tuple[str, ...]) -> Said:
    return Said(
        tuple(f"identitas.{code}" for code in errors),
        tuple(f"identitas.{code}" for code in warnings),
    )
