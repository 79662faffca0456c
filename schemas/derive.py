"""The few answers that are computed from others, by the name that a form gives in `compute`.

One rule: what cannot be told yet is None, never a guess; a derived answer informs and never decides. Figures
that the office may change are in data/parameter.toml.
"""

import tomllib
from collections.abc import Callable, Container, Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import msgspec

from schemas.deadline import add_months, add_working_days
from schemas.skm import ikm
from schemas.wilayah import Wilayah

Answers = Mapping[str, Any]

FOOD_GROUPS = frozenset({"karbohidrat", "protein_hewani", "protein_nabati", "vitamin_mineral"})


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Figures that the office may change; metres, months and working days."""

    location_tolerance_m: float
    kis_first_months: int
    kis_last_months: int
    kis_update_months: int
    complaint_days: dict[str, int]
    complaint_officers: dict[str, str]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What deriving may look at besides the answers. `kode_desa` is the desa that the visit was meant for."""

    today: date
    parameters: Parameters
    wilayah: Wilayah | None = None
    kode_desa: str | None = None
    holidays: Container[date] = ()


def load_parameters(path: Path = Path(__file__).parent / "data" / "parameter.toml") -> Parameters:
    """Read the figures that ship with the program. Raises msgspec.ValidationError."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Parameters)


def derive(name: str, answers: Answers, context: Context) -> Any:
    """Compute one derived answer, None while what it needs is missing. Raises KeyError for an unknown name.

    Gives what the form's `value` says: bool for yatidak, int for angka and uang, ISO text for tanggal, else
    text. For a column of a table, `answers` is the row.
    """
    return DERIVATIONS[name](answers, context)


def titik_di_luar_desa(answers: Answers, context: Context) -> bool | None:
    """Whether the place lies farther outside the desa than tolerated; a warning only (source J)."""
    point = _point(answers, "lokasi")
    kode = context.kode_desa or _text(answers, "kode_desa")
    desa = context.wilayah.get(kode) if context.wilayah and kode else None
    if point is None or context.wilayah is None or desa is None:
        return None
    return context.wilayah.outside_m(desa.kode, *point) > context.parameters.location_tolerance_m


def kelompok_gizi_terpenuhi(answers: Answers, _: Context) -> int | None:
    """How many food groups were bought, 0 to 4; protein from animals and from plants are two (S1, C09)."""
    rows = _rows(answers, "belanja")
    return None if rows is None else len({_text(row, "kelompok") for row in rows} & FOOD_GROUPS)


def cabang(answers: Answers, _: Context) -> str | None:
    """The path of a KIS reactivation: a to d; d only where an officer decides so (S3, C20)."""
    if chosen := _text(answers, "cabang_petugas"):
        return chosen
    match _text(answers, "cek_dtks"):
        case "masuk":
            return "a"
        case "tidak_masuk":
            pass
        case _:
            return None
    match _text(answers, "kondisi"), _text(answers, "pernah_jkn"):
        case (None, _):
            return None
        case ("tidak_sakit", _):
            return "b"
        case (_, None):
            return None
        case (_, "belum_pernah"):
            return "c"
        case _:
            return "b"


def tgl_batas(answers: Answers, context: Context) -> str:
    """The last day of a KIS reactivation: six months from the application, or today if it is new (S3)."""
    start = _date(answers, "tanggal_pengajuan") or context.today
    return add_months(start, context.parameters.kis_last_months).isoformat()


def tgl_batas_awal(answers: Answers, context: Context) -> str:
    """The first day on which a KIS reactivation can be expected: one month from the application (S3)."""
    start = _date(answers, "tanggal_pengajuan") or context.today
    return add_months(start, context.parameters.kis_first_months).isoformat()


def kewajiban_lanjut(answers: Answers, context: Context) -> str | None:
    """The day by which data must be brought up to date after a card became active again (C24)."""
    active = _date(answers, "tanggal_aktif")
    return None if active is None else add_months(active, context.parameters.kis_update_months).isoformat()


def pengelola(answers: Answers, context: Context) -> str | None:
    """The office that answers for complaints about the service (S1–S3, item 6)."""
    return context.parameters.complaint_officers.get(_text(answers, "layanan") or "")


def batas(answers: Answers, context: Context) -> str | None:
    """The day by which a complaint must be settled, in working days by its kind (C64)."""
    days = context.parameters.complaint_days.get(_text(answers, "jenis_pengaduan") or "")
    received = _date(answers, "tanggal_diterima") or context.today
    return None if days is None else add_working_days(received, days, context.holidays).isoformat()


def masalah_selesai(answers: Answers, _: Context) -> str | None:
    """Problems settled out of problems received, as "3/5"."""
    done, received = _whole(answers, "masalah_tuntas"), _whole(answers, "masalah_masuk")
    return None if done is None or received is None else f"{done}/{received}"


def selisih_harga(row: Answers, _: Context) -> int | None:
    """What a shop asks above (or, negative, below) the market, in rupiah; of one row of its prices (C06)."""
    price, market = _whole(row, "harga"), _whole(row, "harga_pasar")
    return None if price is None or market is None else price - market


def selisih_uep(answers: Answers, _: Context) -> int | None:
    """What of a business grant is not accounted for yet, in rupiah; negative when more was spent (J)."""
    received, rows = _whole(answers, "jumlah_cair"), _rows(answers, "penggunaan")
    if received is None or rows is None:
        return None
    return received - sum(_whole(row, "rupiah") or 0 for row in rows)


def ikm_lembar(answers: Answers, _: Context) -> str | None:
    """The satisfaction index of one sheet, as "91,48"; of many sheets see skm.ikm."""
    found = ikm([answers])
    return None if found is None else str(found.value).replace(".", ",")


DERIVATIONS: Mapping[str, Callable[[Answers, Context], Any]] = {
    "titik_di_luar_desa": titik_di_luar_desa,
    "kelompok_gizi_terpenuhi": kelompok_gizi_terpenuhi,
    "cabang": cabang,
    "tgl_batas": tgl_batas,
    "tgl_batas_awal": tgl_batas_awal,
    "kewajiban_lanjut": kewajiban_lanjut,
    "pengelola": pengelola,
    "batas": batas,
    "masalah_selesai": masalah_selesai,
    "selisih_harga": selisih_harga,
    "selisih_uep": selisih_uep,
    "ikm": ikm_lembar,
}
"""Every name that a form may give in `compute`."""


def _text(answers: Answers, name: str) -> str | None:
    # Skipped or of another shape is as good as blank here: answers are looked at while they are typed.
    value = answers.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _whole(answers: Answers, name: str) -> int | None:
    value = answers.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _rows(answers: Answers, name: str) -> list[dict[str, Any]] | None:
    value = answers.get(name)
    if not isinstance(value, list):
        return None
    return [cast(dict[str, Any], row) for row in cast(list[object], value) if isinstance(row, dict)]


def _date(answers: Answers, name: str) -> date | None:
    try:
        found = date.fromisoformat(_text(answers, name) or "")
    except ValueError:
        return None
    # Beyond this it is a slip of the finger, and counting on from it could leave the calendar.
    return found if found.year < 2200 else None


def _point(answers: Answers, name: str) -> tuple[float, float] | None:
    value = answers.get(name)
    if not isinstance(value, dict):
        return None
    place = cast(dict[str, object], value)
    lat, lng = place.get("lat"), place.get("lng")
    if not isinstance(lat, int | float) or not isinstance(lng, int | float):
        return None
    return (lat, lng) if abs(lat) <= 90 and abs(lng) <= 180 else None
