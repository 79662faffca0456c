"""Drafts of the sample visits: one that is nearly whole, and what is said of one that was put away.

Rule: nobody here exists; all NIKs begin 331499, a kecamatan that does not exist.
"""

from dataclasses import dataclass, field
from typing import Any

from field_app.ui.sample_data import DESA, NOW_MS, picture
from field_app.views import Card, PhotoView, PutAway

ASKED_AGAIN = {
    "ktk.alasan_hasil": "Tulis apa yang belum lengkap.",
    "ktk.aman_dihubungi": "Jam berapa yang aman?",
}
"""What the office wrote about the sealed visit that came back."""


@dataclass
class SampleDraft:
    """One visit being filled."""

    form: str
    nama: str = "Sutarmi"
    desa: str = "Desa Banaran"
    kode_desa: str = "33.14.01.2009"
    answers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    last: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    returned: dict[str, str] = field(default_factory=dict[str, str])
    note: str = ""
    page: int = 0
    photos: list[PhotoView] = field(default_factory=list[PhotoView])
    gone: bool = False
    at: tuple[str, str] | None = None


def put_away_view(key: str, draft: SampleDraft, title: str) -> PutAway:
    """A draft as one that was put away two days ago."""
    card = Card(draft=key, nama=draft.nama, desa=draft.desa, form=draft.form, title=title, status="draf")
    return PutAway(card=card, since_ms=NOW_MS - 2 * 86_400_000, days_left=28)


def filled_draft(visits: Any, key: str) -> SampleDraft:
    """A BPNT visit that is nearly whole."""
    draft = SampleDraft(
        form="bpnt_kpm",
        answers={
            "bpnt_kpm": {
                "hasil_kunjungan": "terisi_lengkap", "nama_responden": "Sutarmi", "hubungan_responden":
                "diri_sendiri",
                "lokasi": {"lat": -7.43731, "lng": 110.81602, "accuracy_m": 6.4, "at": NOW_MS - 4 * 60_000},
                "persetujuan": True, "nik": "3314994107680002", "no_kk": "3314990101150003", "nama":
                "Sutarmi",
                "ktp_ada": "asli", "status_kpm": "sukses_spm", "keberadaan_kpm": "ditemukan", "penyalur":
                "bni",
                "kks_kondisi": "rusak", "kks_dipegang": "ewarong", "no_kks": "6032989900014821",
                "periode": "Okt–Des 2026", "nominal_diterima": 600000, "cara_terima": "edc_atm",
                "tempat_belanja": "ewarong", "ewarong_belanja": "e1", "tanggal_lahir": "1968-07-01",
                "belanja": [
                    {"nama": "Beras", "kelompok": "karbohidrat", "jumlah": 10, "satuan": "kg", "harga":
                    140000},
                    {"nama": "Telur", "kelompok": "protein_hewani", "jumlah": 2.5, "satuan": "kg", "harga":
                    72500},
                ],
                "edukasi": ["jaga_pin_kks", "hak_memilih"], "potongan": False, "dipaksa_paket": False,
                "usul_kelayakan": "tetap_layak", "kode_desa": DESA, "domisili_sama": True, "jenis_kelamin":
                "perempuan",
                "alamat": "Dukuh Ngrombo", "rt": "004", "rw": "002", "tanggal_kunjungan": "2026-11-21",
                "jam_mulai": "08:05", "jam_selesai": "08:50",
            }
        },
        last={"bpnt_kpm": {"penyalur": "bni", "kks_kondisi": "baik", "nominal_diterima": 400000}},
    )  # fmt: skip
    visits.drafts[key] = draft
    for seed in (1, 2, 3):
        visits.add_photo(key, "bpnt_kpm", "foto_rumah_depan" if seed < 3 else "foto_kk", picture(seed), None)
    return draft
