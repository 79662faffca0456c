"""Invented people, cards and a drawn house for the pictures and tests of the screens.

Rule: nobody here exists; all NIKs begin 331499, a kecamatan that does not exist.
"""

import random
from functools import cache
from typing import Any

from field_app.drawing import drawn_photo
from field_app.views import Card

NOW_MS = 1_795_224_600_000
"""Saturday, 21 November 2026, 08.30 WIB: the day of all samples."""
DESA = "33.14.01.2001"
LONG_NAME = "Raden Ayu Kusumaningtyas Wijayanti Purwaningsih binti Kyai Haji Mohammad Soedirman Notodiharjo"
SUBJECT = {
    "nama": "Sutarmi", "nik": "3314994107680002", "no_kk": "3314990101150003", "no_kks": "6032989900014821",
    "alamat": "Dukuh Ngrombo RT 004 RW 002", "kode_desa": DESA, "tanggal_lahir": "1968-07-01",
    "status_kpm": "sukses_spm", "penyalur": "bni", "periode": "Okt–Des 2026", "no_hp": "081200000001",
}  # fmt: skip


@cache
def picture(seed: int = 1, size: tuple[int, int] = (480, 360)) -> bytes:
    """A drawn house as JPEG: no photo of anyone's home."""
    return drawn_photo(random.Random(seed), size)


def _card(nama: str, desa: str, status: str = "tugas", due: str | None = None, **more: Any) -> Card:
    form, title = more.pop("form", "bpnt_kpm"), more.pop("title", "Kunjungan KPM BPNT")
    return Card(nama=nama, desa=desa, form=form, title=title, due=due, status=status, **more)


CARDS = {
    "returned": (_card("Sutarmi", "Desa Banaran", "dikembalikan", visit="k1", tugas="t1", due="2026-11-20"),),
    "overdue": (_card("Wagiyem", "Desa Ngrombo", due="2026-11-18", tugas="t2"),),
    "today": (
        _card("Sugeng Raharjo", "Desa Banaran", due="2026-11-21", tugas="t3"),
        _card(
            "e-warong Sumber Rejeki",
            "Desa Jati",
            due="2026-11-21",
            tugas="t4",
            form="ewarong",
            title="Monev e-warong",
        ),
    ),
    "upcoming": (
        _card("Tri Wahyuni", "Desa Kedungwaduk", due="2026-11-22", tugas="t5"),
        _card("Paiman", "Desa Jati", due="2026-11-27", tugas="t6", form="kis", title="Reaktivasi KIS PBI"),
    ),
    "drafts": (_card("Ngatini", "Desa Ngrombo", "draf", draft="d1", due="2026-11-24"),),
    "sent": (
        _card("Marsih", "Desa Jati", "menunggu_kirim", visit="k2"),
        _card("Kasiyem", "Desa Banaran", "konflik", visit="k3", conflicts=1),
        _card("Slamet", "Desa Banaran", "disetujui", visit="k4"),
    ),
}
