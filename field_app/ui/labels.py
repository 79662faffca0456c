"""How a spot in a form is named on the screen, and how a fix is told.

Rule: a cell is named with its table and its row.
"""

from collections.abc import Callable
from typing import Any

from field_app.views import DraftView, PhoneUser
from schemas.form import Form
from schemas.form_cells import cell_of, label_at
from schemas.format import clock, distance
from schemas.text import Text
from schemas.wilayah import Wilayah


def where(form: Form, name: str, say: Callable[..., str]) -> str:
    """The whole name: "Ada berkas lain? · Baris 2 · Berkas"."""
    return label_at(form.fields, name, _row(say))


def question(form: Form, name: str, say: Callable[..., str]) -> tuple[str, str]:
    """The name, and above it the table with the row (empty for a plain field)."""
    whole = where(form, name, say)
    above, _, last = whole.rpartition(" · ") if cell_of(name) else ("", "", whole)
    return last, above


def _row(say: Callable[..., str]) -> Callable[[int], Any]:
    return lambda number: say("aplikasi.formulir.baris", nomor=number)


def user_name(user: PhoneUser, say: Callable[..., str]) -> str:
    """The sign that a worker chose for this phone, or a number; nothing else of them is known before the
    PIN.
    """
    return user.sign or say("aplikasi.siapa.tanpa_tanda", nomor=user.number)


def fix_words(source: str, at_ms: int | None, now_ms: int, say: Text) -> str:
    """Where a fix is from, if no satellite gave it, and how old it is: "Diketik sendiri · 4 menit lalu"."""
    key = f"aplikasi.lokasi.sumber_{source}"
    known = say(key) if key in say else ""
    return " · ".join(part for part in (known, _age(at_ms, now_ms, say)) if part)


def _age(at_ms: int | None, now_ms: int, say: Text) -> str:
    if not at_ms:
        return ""
    minutes = max(0, (now_ms - at_ms) // 60_000)
    if minutes < 1:
        return say("aplikasi.lokasi.usia_baru")
    if minutes < 60:
        return say("aplikasi.lokasi.usia_menit", menit=minutes)
    return say("aplikasi.lokasi.usia_jam", jam=clock(at_ms))


def ground_words(view: DraftView, wilayah: Wilayah, lat: float, lng: float, say: Text) -> str:
    """How a point lies to the desa that the visit is meant for: "1,2 km di luar batas Desa Jati". Empty where
    no desa is known, and in a sealed case, which says nowhere where it is.
    """
    region = wilayah.get(view.kode_desa) if view.kode_desa and not view.sealed else None
    if region is None:
        return ""
    outside_m = wilayah.outside_m(region.kode, lat, lng)
    if not outside_m:
        return say("aplikasi.lokasi.dalam_desa", desa=view.desa)
    return say("aplikasi.lokasi.luar_desa", jarak=distance(outside_m), desa=view.desa)
