"""Problems over HTTP (RFC 9457). Rule: one table from code to status; the words come from the texts."""

import msgspec

from schemas.problem import TEXTS, Problem, ProblemDetails
from schemas.text import Text

STATUS: dict[str, int] = {
    "perlu_masuk": 401,
    "kode_salah": 403,
    "kode_kedaluwarsa": 410,
    "kode_terpakai": 409,
    "kunci_perangkat_salah": 400,
    "sertifikat_lain": 403,
    "pendaftaran_ditolak": 403,
    "pendaftaran_lewat": 410,
    "pendaftaran_tidak_menunggu": 409,
    "orang_tidak_aktif": 403,
    "perangkat_tidak_dikenal": 403,
    "nonce_tidak_berlaku": 403,
    "tanda_tangan_salah": 403,
    "perangkat_berbeda": 403,
    "perintah_tidak_dikenal": 404,
    "tautan_perangkat_lain": 403,
    "pesan_tidak_terbaca": 400,
    "versi_protokol": 400,
    "tautan_tidak_terbaca": 400,
    "isi_kurang": 400,
    "rantai_putus": 400,
    "celah_salah": 400,
    "berkas_dimusnahkan": 410,
    "pesan_terlalu_besar": 413,
    "jenis_isi_salah": 415,
    "kamus_tidak_dikenal": 415,
    "tidak_ada": 404,
    "cara_salah": 405,
    "gangguan": 500,
    "penyimpanan_penuh": 507,
    "disk_gagal": 500,
    "berhenti": 503,
    "basis_data_terkunci": 503,
    "kunci_data_salah": 401,
    "kunci_data_tanpa_kunjungan": 403,
    "kursor_salah": 400,
    "kursor_tidak_dikenal": 409,
    "parameter_salah": 400,
    "kunci_data_terlalu_sering": 429,
    "unggah_versi": 412,
    "unggah_ukuran_tidak_disebut": 400,
    "unggah_kosong": 400,
    "unggah_terlalu_besar": 413,
    "unggah_sidik_tidak_disebut": 400,
    "unggah_tidak_ada": 404,
    "unggah_kedaluwarsa": 410,
    "unggah_posisi_berbeda": 409,
    "unggah_lebih_panjang": 413,
    "unggah_isi_berbeda": 422,
    "alamat_lain": 421,
    "terlalu_sering": 429,
    "terlalu_ramai": 429,
    "unggah_terlalu_banyak": 429,
    "unggah_tanpa_catatan": 429,
    "unggah_jenis_isi": 415,
    "unggah_checksum_salah": 460,
    "unggah_checksum_tidak_dikenal": 400,
}
"""Every problem that a request can end in. Outcomes of single changes travel inside an answer instead."""


WAIT_S = "tunggu_s"
"""The value of a problem that says after how many seconds to come again."""
MEMBER = "bagian"
"""The value of a problem that says which member of a message it is about."""


def status_of(problem: Problem) -> int:
    """Return the HTTP status of a problem. Raises KeyError for a code that is not in the table."""
    return STATUS[problem.code]


def headers_of(problem: Problem) -> dict[str, str]:
    """Return the headers that a problem has beside its body: when to come again (RFC 9110, 10.2.3)."""
    wait_s = problem.values.get(WAIT_S)
    return {"retry-after": wait_s} if wait_s else {}


def problem_json(problem: Problem, text: Text) -> bytes:
    """Return the body of a problem's answer."""
    status = status_of(problem)
    details = ProblemDetails(
        type=f"urn:sambang:masalah:{problem.code}",
        title=text(f"judul_masalah.{status}"),
        status=status,
        detail=text(f"{TEXTS}.{problem.code}", **problem.values),
        code=problem.code,
        member=problem.values.get(MEMBER, ""),
    )
    return msgspec.json.encode(details)


def code_for_status(status: int) -> str:
    """Return the code for what the framework refused by itself."""
    match status:
        case 401 | 403:
            return "perlu_masuk"
        case 404:
            return "tidak_ada"
        case 405:
            return "cara_salah"
        case 413:
            return "pesan_terlalu_besar"
        case 415:
            return "jenis_isi_salah"
        case _:
            return "pesan_tidak_terbaca" if status < 500 else "gangguan"
