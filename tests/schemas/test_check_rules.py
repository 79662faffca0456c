"""Each rule of the forms, by what it makes of an answer."""

from datetime import date

import pytest

from schemas.check import check
from schemas.form import Answers, load_forms

TODAY = date(2026, 11, 21)
FORMS = load_forms()
PLACE = {"lat": -7.43, "lng": 111.02, "accuracy_m": 12.0, "at": 1_795_000_000_000, "mock": False}


def said(form_id: str, answers: Answers, *, kind: str, field: str = "") -> set[str]:
    """The sentences of one kind, about one field when it is named."""
    found = check(FORMS.get(form_id), answers, TODAY)
    return {each.say for each in found if each.kind == kind and field in ("", each.field)}


def missing(form_id: str, answers: Answers) -> set[str]:
    return {found.field for found in check(FORMS.get(form_id), answers, TODAY) if found.kind == "missing"}


RULES: list[tuple[str, Answers, str, str, str]] = [
    ("bpnt_kpm", {"nik": "331499410790001"}, "nik", "blocked", "aturan.bukan_16_angka"),
    (
        "bpnt_kpm",
        {"nik": "3314994107900001", "tanggal_lahir": "1990-07-02"},
        "nik",
        "warning",
        "identitas.TGL_LAHIR_BEDA_DGN_NIK",
    ),
    (
        "bpnt_kpm",
        {"nik": "3314994107900001", "jenis_kelamin": "laki_laki"},
        "nik",
        "warning",
        "identitas.JK_BEDA_DGN_NIK",
    ),
    ("bpnt_kpm", {"nik": "3372994107900001"}, "nik", "missing", ""),
    ("bpnt_kpm", {"no_kk": "3314991399900001"}, "no_kk", "warning", "identitas.TANGGAL_KK_TIDAK_WAJAR"),
    ("bpnt_kpm", {"no_hp": "12345"}, "no_hp", "warning", "identitas.NOMOR_HP_TIDAK_WAJAR"),
    ("bpnt_kpm", {"rt": "3"}, "rt", "blocked", "aturan.bukan_3_angka"),
    (
        "bpnt_kpm",
        {"tanggal_kunjungan": "2026-11-22"},
        "tanggal_kunjungan",
        "blocked",
        "aturan.tanggal_di_masa_depan",
    ),
    (
        "bpnt_kpm",
        {"tanggal_kunjungan": "2026-02-30"},
        "tanggal_kunjungan",
        "blocked",
        "aturan.tanggal_tidak_ada",
    ),
    (
        "bpnt_kpm",
        {"jam_mulai": "10:00", "jam_selesai": "09:59"},
        "jam_selesai",
        "blocked",
        "aturan.selesai_sebelum_mulai",
    ),
    ("bpnt_kpm", {"kunjungan_ke": 6}, "kunjungan_ke", "blocked", "aturan.angka_di_luar_batas"),
    ("bpnt_kpm", {"lokasi": PLACE | {"accuracy_m": 51}}, "lokasi", "warning", "aturan.lokasi_kurang_akurat"),
    ("bpnt_kpm", {"lokasi": PLACE | {"mock": True}}, "lokasi", "warning", "aturan.lokasi_tiruan"),
    ("bpnt_kpm", {"titik_di_luar_desa": True}, "titik_di_luar_desa", "warning", "aturan.titik_di_luar_desa"),
    (
        "bpnt_kpm",
        {"nomor_surat_tugas": "123/2026"},
        "nomor_surat_tugas",
        "warning",
        "aturan.nomor_surat_tidak_lazim",
    ),
    (
        "bpnt_kpm",
        {"hasil_kunjungan": "tidak_ada", "tanggal_kunjungan": "2026-11-20", "jadwal_ulang": "2026-11-19"},
        "jadwal_ulang",
        "warning",
        "aturan.jadwal_sudah_lewat",
    ),
    ("bpnt_kpm", {"persetujuan": False}, "persetujuan", "warning", "aturan.belum_diberi_tahu"),
    ("bpnt_kpm", {"kks_dipegang": "ewarong"}, "kks_dipegang", "warning", "aturan.kks_bukan_kpm"),
    ("bpnt_kpm", {"nominal_diterima": 0}, "nominal_diterima", "warning", "aturan.saldo_nol"),
    ("bpnt_kpm", {"nominal_diterima": -1}, "nominal_diterima", "blocked", "aturan.bukan_rupiah_bulat"),
    ("bpnt_kpm", {"nominal_diterima": 10**15}, "nominal_diterima", "blocked", "aturan.rupiah_terlalu_besar"),
    ("bpnt_kpm", {"potongan": True}, "potongan", "warning", "aturan.ada_potongan"),
    ("bpnt_kpm", {"dipaksa_paket": True}, "dipaksa_paket", "warning", "aturan.dipaksa_paket"),
    ("bpnt_kpm", {"no_kks": "1234"}, "no_kks", "blocked", "aturan.bukan_16_angka"),
    ("sosek", {"luas_lantai": 1000}, "luas_lantai", "blocked", "aturan.angka_di_luar_batas"),
    (
        "ewarong",
        {"larangan": ["tidak_ada", "memotong"]},
        "larangan",
        "blocked",
        "aturan.pilihan_berdiri_sendiri",
    ),
    ("ewarong", {"larangan": ["menyimpan_kks"]}, "larangan", "warning", "aturan.ewarong_pegang_kks"),
    ("pendamping", {"benturan": True}, "benturan", "warning", "aturan.pendamping_benturan"),
    ("ktk", {"laporan_3x24": True}, "laporan_3x24", "warning", "aturan.wajib_lapor_3x24"),
    (
        "ktk",
        {"masih_anak": True, "pemberi_persetujuan": "belum_ada"},
        "pemberi_persetujuan",
        "warning",
        "aturan.anak_belum_ada_wali",
    ),
    (
        "pm",
        {"masih_anak": True, "pemberi_persetujuan": "wali", "dasar_pemberi": "belum_dilihat"},
        "dasar_pemberi",
        "warning",
        "aturan.dasar_wali_belum_dilihat",
    ),
    ("ktk", {"usia_saat_kejadian": True}, "usia_saat_kejadian", "warning", "aturan.korban_anak"),
    ("ktk", {"aman_dikunjungi": "tidak"}, "aman_dikunjungi", "warning", "aturan.jangan_ke_rumah"),
    ("ktk", {"kronologi_ringkas": "x" * 501}, "kronologi_ringkas", "blocked", "aturan.teks_terlalu_panjang"),
    ("uep", {"selisih_dana": -1}, "selisih_dana", "warning", "aturan.penggunaan_melebihi_dana"),
    ("kis", {"no_kis": "123456789012"}, "no_kis", "blocked", "aturan.bukan_13_angka"),
    ("kis", {"tanggal_nonaktif": "2026-04"}, "tanggal_nonaktif", "warning", "aturan.nonaktif_lebih_6_bulan"),
    (
        "kis",
        {"cek_dtks": "masuk", "tanggal_cek": "2026-10-21"},
        "tanggal_cek",
        "warning",
        "aturan.cek_kedaluwarsa",
    ),
    ("kis", {"desil": 11}, "desil", "blocked", "aturan.angka_di_luar_batas"),
    ("usul_dtsen", {"sanggahan": True}, "sanggahan", "warning", "aturan.sanggahan_14_hari"),
    (
        "usul_dtsen",
        {"sanggahan": True, "tanggal_sanggahan": "2026-11-06"},
        "tanggal_sanggahan",
        "warning",
        "aturan.sanggahan_lewat_14_hari",
    ),
]


@pytest.mark.parametrize(("form_id", "answers", "field", "kind", "say"), RULES)
def test_a_rule_says_its_sentence(form_id: str, answers: Answers, field: str, kind: str, say: str) -> None:
    assert said(form_id, answers, kind=kind, field=field) == ({say} if say else set())


FINE: list[tuple[str, Answers, str]] = [
    ("bpnt_kpm", {"nomor_surat_tugas": "400.9.14/123/09/2026"}, "nomor_surat_tugas"),
    ("kks_masalah", {"nomor_surat": "460/2339/09/2022"}, "nomor_surat"),
    (
        "bpnt_kpm",
        {"nik": "3314.9941.0790.0001", "tanggal_lahir": "1990-07-01", "jenis_kelamin": "perempuan"},
        "nik",
    ),
    ("bpnt_kpm", {"tanggal_kunjungan": "2026-11-21"}, "tanggal_kunjungan"),
    ("bpnt_kpm", {"jam_mulai": "10:00", "jam_selesai": "10:00"}, "jam_selesai"),
    ("bpnt_kpm", {"lokasi": PLACE | {"accuracy_m": 50}}, "lokasi"),
    ("bpnt_kpm", {"no_hp": "+6281234567890"}, "no_hp"),
    ("bpnt_kpm", {"kks_dipegang": "anggota_kk"}, "kks_dipegang"),
    ("kis", {"tanggal_nonaktif": "2026-05"}, "tanggal_nonaktif"),
    ("kis", {"cek_dtks": "masuk", "tanggal_cek": "2026-10-22"}, "tanggal_cek"),
    ("ktk", {"aman_dikunjungi": "ya"}, "aman_dikunjungi"),
    ("uep", {"selisih_dana": 0}, "selisih_dana"),
]


@pytest.mark.parametrize(("form_id", "answers", "field"), FINE)
def test_a_rule_is_silent_at_its_edge(form_id: str, answers: Answers, field: str) -> None:
    assert [found for found in check(FORMS.get(form_id), answers, TODAY) if found.field == field] == []


CONDITIONAL: list[tuple[str, Answers, set[str], set[str]]] = [
    (
        "bpnt_kpm",
        {"keberadaan_kpm": "meninggal"},
        {"tanggal_meninggal", "ahli_waris_satu_kk"},
        {"nama_ahli_waris"},
    ),
    (
        "bpnt_kpm",
        {"keberadaan_kpm": "meninggal", "ahli_waris_satu_kk": True},
        {"nama_ahli_waris"},
        {"nik_pasangan_ganda"},
    ),
    ("bpnt_kpm", {"keberadaan_kpm": "ganda"}, {"nik_pasangan_ganda"}, {"tanggal_meninggal"}),
    ("bpnt_kpm", {"tanpa_nik": True}, {"alasan_tanpa_nik"}, {"nik"}),
    ("bpnt_kpm", {"domisili_sama": False}, {"alamat_domisili"}, {"desa_domisili"}),
    ("bpnt_kpm", {"potongan": True}, {"potongan_jumlah", "potongan_oleh", "potongan_bukti"}, set()),
    ("bpnt_kpm", {"usul_kelayakan": "tidak_layak"}, {"alasan_tidak_layak", "foto_tidak_layak"}, set()),
    ("bpnt_kpm", {"tempat_belanja": "ewarong"}, {"ewarong_belanja"}, {"belanja"}),
    ("bpnt_kpm", {"kks_kondisi": "tertelan_atm"}, set(), {"kks_dipegang", "no_kks"}),
    (
        "bpnt_kpm",
        {"hasil_kunjungan": "terisi_lengkap"},
        {"nama_responden", "hubungan_responden", "lokasi", "foto_rumah_depan", "tanda_tangan"},
        {"alasan_tidak_terisi"},
    ),
    ("sosek", {"penerangan": "1"}, {"daya"}, set()),
    ("sosek", {"penerangan": "2"}, set(), {"daya"}),
    ("kks_masalah", {"jenis_masalah": "kks_hilang"}, {"surat_kehilangan"}, {"bukti"}),
    ("kks_masalah", {"jenis_masalah": "saldo_0"}, {"bukti"}, {"surat_kehilangan"}),
    (
        "ewarong",
        {"hasil_kunjungan": "tidak_ada"},
        {"alasan_tidak_terisi", "foto_bukti_kunjungan", "jadwal_ulang"},
        {"nama_ewarong", "lokasi"},
    ),
    ("ewarong", {"masih_aktif": False}, {"tanggal_berhenti"}, set()),
    ("ewarong", {"tepat_harga": "tidak"}, {"uraian_6t"}, set()),
    ("ewarong", {"tepat_harga": "sebagian"}, set(), {"uraian_6t"}),
    ("ewarong", {"larangan": ["memotong"]}, {"uraian_temuan", "foto_temuan"}, set()),
    ("ewarong", {"larangan": ["tidak_ada"]}, set(), {"uraian_temuan", "foto_temuan", "larangan"}),
    ("pendamping", {"benturan": True}, {"uraian_benturan"}, set()),
    ("ktk", {"bank": "BNI"}, {"nomor_rekening"}, {"surat_kuasa"}),
    ("ktk", {"pemilik_rekening": "orang_lain"}, {"surat_kuasa", "bank"}, set()),
    ("ktk", {}, {"alasan_hasil", "hasil_verifikasi"}, {"bank", "nomor_rekening", "kronologi_ringkas"}),
    ("pm", {"visa_ada": False}, {"visa_alasan", "surat_keterangan_visa"}, {"visa"}),
    ("pm", {}, {"paspor", "visa"}, {"pernyataan_pm", "bank"}),
    ("kis", {"cek_dtks": "tidak_masuk"}, {"tanggal_cek", "petugas_cek"}, set()),
    ("kis", {"cek_dtks": "tidak_dapat_dicek"}, set(), {"tanggal_cek", "petugas_cek"}),
    ("usul_dtsen", {"hasil_lapangan": "tidak_sesuai"}, {"alasan_hasil_lapangan"}, {"persetujuan_daerah"}),
]


@pytest.mark.parametrize(("form_id", "answers", "asked", "not_asked"), CONDITIONAL)
def test_an_answer_asks_for_what_follows_from_it(
    form_id: str, answers: Answers, asked: set[str], not_asked: set[str]
) -> None:
    assert asked <= missing(form_id, answers)
    assert not_asked.isdisjoint(missing(form_id, answers))
