"""Visits for benchmarks: the BPNT form with 21 answers, and a photo of noise. Rule: nothing is left out."""

import random
from hashlib import sha256
from typing import Any

from schemas.ids import BlobId, RecordId, uuid7
from sync.change import Evidence, FormAnswers, Place, Submit

FORM = "bpnt_kpm"
PHOTO_BYTES = 300 * 1024
FIELDS = 21


def answers(rng: random.Random) -> dict[str, Any]:
    """Return 21 answers as a visit gives them."""
    return {
        "status_kpm": rng.choice(("omspan", "si", "sukses_spm")),
        "keberadaan_kpm": "ada",
        "ahli_waris_satu_kk": False,
        "nama_ahli_waris": rng.choice(("Sutarmi", "Wagiyem", "Suparno")),
        "penyalur": rng.choice(("bni", "pt_pos")),
        "kks_kondisi": "baik",
        "kks_dipegang": "kpm",
        "no_kks": f"6032980{rng.randrange(10**9):09d}",
        "periode": "Okt-Des 2026",
        "nominal_diterima": rng.choice((200_000, 400_000, 600_000)),
        "cara_terima": "tunai",
        "ada_masalah_lain": rng.random() < 0.2,
        "tempat_belanja": "ewarong",
        "belanja": [
            {"nama": "beras", "kelompok": "karbohidrat", "jumlah": 10, "satuan": "kg", "harga": 130_000},
            {"nama": "telur", "kelompok": "protein_hewani", "jumlah": 2, "satuan": "kg", "harga": 56_000},
        ],
        "potongan": False,
        "potongan_jumlah": 0,
        "dipaksa_paket": rng.random() < 0.1,
        "edukasi": ["gizi", "hak_kpm"],
        "isi_sosek": False,
        "usul_kelayakan": "layak",
        "alasan_tidak_layak": rng.choice(("", "Rumah sudah permanen dan ada usaha sendiri")),
    }


def visit(rng: random.Random, subject: RecordId, photo: bytes | None = None) -> Submit:
    """Return a finalised visit, which names one photo if there is one."""
    now_ms = 1_790_000_000_000 + rng.randrange(10**8)
    place = Place(lat=-7.42, lng=111.02, accuracy_m=6.0, at_ms=now_ms)
    evidence: list[Evidence] = []
    if photo is not None:
        evidence = [
            Evidence(
                blob=name_of(photo),
                form=FORM,
                field="potongan_bukti",
                size_bytes=len(photo),
                media_type="image/jpeg",
                camera_sha256=sha256(photo[:64]).hexdigest(),
                taken_ms=now_ms,
                place=place,
            )
        ]
    return Submit(
        visit=uuid7(now_ms, rng.randbytes(10)),
        follows=None,
        subject=subject,
        form=FORM,
        forms={FORM: FormAnswers(version=1, answers=answers(rng))},
        evidence=evidence,
        place=place,
        tugas=None,
    )


def name_of(photo: bytes) -> BlobId:
    """Return a blob's name."""
    return BlobId(sha256(photo).hexdigest())
