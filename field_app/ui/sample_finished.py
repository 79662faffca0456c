"""Finished visits in memory with invented people: one of each standing, and conflicts of each kind.

Rule: nobody here exists; all NIKs begin 331499, a kecamatan that does not exist.
"""

from typing import Any

from field_app.ui.sample_data import NOW_MS, picture
from field_app.views import ConflictView, FieldConflict, Lost, VisitPhoto, VisitView

DAY_MS = 86_400_000
LOST = Lost(
    visit="k7", number="RW-2026-0031-KSTP", nama="Paiman", finalised_ms=NOW_MS - 2 * DAY_MS, why="hilang",
    again=True,
)  # fmt: skip


def conflict(reason: str, *fields: FieldConflict, **more: Any) -> ConflictView:
    """A conflict of some kind."""
    values: dict[str, Any] = {
        "id": f"c-{reason}", "kind": "warga", "nama": "Kasiyem", "reason": reason,
        "open": True, "shown": True, "fields": fields, "visit": "k3",
        "written_ms": NOW_MS - 3 * 3_600_000, "received_ms": NOW_MS - 3_600_000,
    }  # fmt: skip
    return ConflictView(**(values | more))


def field(name: str, base: Any, mine: Any, theirs: Any, **more: Any) -> FieldConflict:
    """One field of one."""
    return FieldConflict(name=name, base=base, mine=mine, theirs=theirs, **more)


CONFLICTS = (
    conflict(
        "nilai",
        field("penyalur", None, "pt_pos", "bni"),
        field("no_kks", "6032989900014821", "6032989900014839", "…4855"),
    ),
    conflict(
        "wilayah", field("alamat", "Dukuh Tegal RT 007", "Dukuh Krajan RT 001", None),
        shown=False, nama="Wagiyem",
    ),
    conflict("dihapus", field("nama", "Slamet", "Slamet Riyadi", "Slamet"), nama="Slamet"),
    conflict("mundur", field("event", None, "verifikasi_selesai", None), nama="Marsih", kind="kasus"),
    conflict(
        "nilai",
        field("tanggal_lahir", "1968-07-01", "1968-07-10", "1968-01-07", now="1968-07-10", chosen="mine"),
        id="c-milik", open=False, nama="Sutarmi", resolved_ms=NOW_MS - 600_000, resolved_by="Bagus Prakoso",
    ),
    conflict(
        "nilai",
        field("nama", "Sugeng", "Sugeng Raharja", "Sugeng Raharjo", now="Sugeng Raharjo", chosen="theirs"),
        id="c-kantor", open=False, nama="Sugeng Raharjo", resolved_ms=NOW_MS - 600_000,
        resolved_by="Bagus Prakoso",
    ),
)  # fmt: skip


def photos(kept: bool = False) -> tuple[VisitPhoto, ...]:
    """Two photos, one of them received; or both only at the office."""
    names = ("foto_rumah_depan", "foto_kk")
    return tuple(
        VisitPhoto(
            blob=f"{number:064x}", form="bpnt_kpm", field=name, thumbnail=picture(number, (96, 96)),
            status="diterima" if kept or not number else "terkirim", kept=kept,
        )
        for number, name in enumerate(names)
    )  # fmt: skip


def visit(status: str, **more: Any) -> VisitView:
    """A finished visit that stands like this."""
    values: dict[str, Any] = {
        "visit": "k3", "version": "v3", "status": status, "problem": "", "note": "", "reasons": {},
        "number": "RW-2026-0038-KSTP", "finalised_ms": NOW_MS - DAY_MS, "versions": {"bpnt_kpm": 1},
        "photos": photos(), "conflicts": (),
    }  # fmt: skip
    return VisitView(**(values | more))


STANDINGS = {
    "k2": visit("menunggu_kirim", visit="k2"),
    "k3": visit("konflik", conflicts=(CONFLICTS[0], CONFLICTS[4])),
    "k4": visit("disetujui", visit="k4", photos=photos(kept=True)),
    "k5": visit(
        "tidak_diterima", visit="k5", problem="masalah.form_tidak_dikenal", again=True,
        held_up=("Kasiyem · RW-2026-0041-KSTP",),
    ),
    "k6": visit(
        "terkirim", visit="k6", problem="lapangan.menunggu_lain", waits_for="Paiman · RW-2026-0039-KSTP"
    ),
    "k7": visit("hilang", visit="k7", problem="lapangan.kunjungan_hilang", record_again=True),
    "k8": visit("dimusnahkan", visit="k8", problem="masalah.dimusnahkan", photos=()),
}  # fmt: skip
