"""The office's words: each is said somewhere, so that nobody translates or mends what nobody reads."""

import re
import shutil
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from schemas.text import load_text

ROOT = Path(__file__).resolve().parents[2]
SAID_BY_KEY = {
    "dasbor": ["server/services/dashboard.py", "server/services/figures.py", "server/web"],
    "dasbor.kolom": ["server/services/dashboard.py"],
    "target": ["server/web", "server/services/target_words.py"],
    "target.kolom": ["server/services/target_words.py", "server/web"],
    "target.tanda": ["server/services/target_words.py"],
    "target.masalah": ["server/services/targets.py", "server/web/targets.py"],
    "cadangan.langkah": ["server/backups"],
    "cadangan.masalah": ["server/backups", "server/commands"],
    "cadangan.perintah": ["server/commands"],
    "kantor.akun": ["server/weak_passwords.py", "server/web"],
    "kantor.alarm": ["server/services/alarms.py", "server/web/home.py"],
    "kantor.antrean": ["server/web/queue.py", "server/page_store.py"],
    "kantor.beranda": ["server/web/home.py"],
    "kantor.bingkai": ["server/web/site.py"],
    "kantor.bukti": ["server/services/proofs.py"],
    "kantor.cadangan": ["server/services/backups.py", "server/web/backups.py", "server/key_file.py"],
    "kantor.foto": ["server/web/photo.py"],
    "kantor.galat": ["server/web/errors.py"],
    "kantor.isian": ["sync"],
    "kantor.jenis": ["sync"],
    "kantor.karantina": ["server/services/kept_change.py"],
    "kantor.konflik": ["sync"],
    "kantor.masuk": ["server/web/login.py"],
    "kantor.serah_terima": ["server/web/handover.py"],
    "kantor.riwayat": ["sync/visits.py", "server/services/visit_page.py"],
    "kantor.tanda": ["sync/visits.py", "sync/versions.py", "sync/sealed.py", "server/services/signs.py"],
    "kantor.bersama": ["server/web/together.py"],
    "kantor.formulir": ["server/services/form_publishing.py"],
    "kantor.formulir.jenis": ["server/services/form_mistakes.py"],
    "kantor.formulir.kesalahan": ["schemas/form_mistakes.py", "server/services/form_mistakes.py"],
    "kantor.formulir.macam": ["schemas/form_types.py"],
    "kantor.tinjau": ["server/web/review.py", "server/web/beside.py"],
    "ruang.kasus": ["server/services/room_cases.py"],
    "ruang.riwayat": ["sync", "server/services/room_story.py"],
    "ruang.selesai_kerja": ["server/web/room_case.py"],
    "ruang.sudah": ["server/web/room_keys.py"],
    "ruang.tolak": ["server/services", "server/web"],
    "ruang.tugas_keadaan": ["sync"],
    "masalah": ["schemas/packing.py", "server", "sync"],
    "perintah": [
        "server/compose.py",
        "server/commands",
        "server/keys.py",
        "server/destruction.py",
        "server/phone_list.py",
    ],
    "pengaturan": ["server/web/settings.py"],
    "pengaturan.arti_nilai": ["server/settings.py"],
    "pengaturan.kelompok": ["server/settings.py"],
    "pengaturan.lain": ["server/web/settings.py"],
    "pengaturan.masalah": ["server/services/settings.py"],
    "pengaturan.nama": ["server/settings.py"],
    "pengaturan.satuan": ["server/settings.py"],
    "putar.langkah": ["server/rotating.py"],
    "warga.kelompok": ["server/services/merging.py", "server/services/profile.py"],
    "warga.riwayat": ["server/services/record_history.py"],
    "warga.sudah": ["server/web/doubles.py", "server/web/warga.py"],
    "warga.ganda": ["server/subject_index.py"],
    "serah_terima": ["server/services/handover.py", "server/commands/handover.py"],
    "periksa": ["server/verify.py", "server/verifying"],
    "periksa.salah": ["server/verify.py", "server/verifying"],
}
"""Tables whose keys are put together in code, and where the last part of each key stands by itself."""

TABLE = "problems.py"
"""Lists every problem with its status; that is no place where one arises."""
CHOICES = {
    "kantor.antrean": r"(?:status|sudah|umur)_(\w+)",
    "dasbor": r"(?:(?:umur|hp|alasan|sampai)_|(?=\w+_kata))(\w+?)(?:_kata)?",
    "kantor.formulir": r"isian_(\w+)",
    "kantor.formulir.kesalahan": r"tempat_(\w+)",
    "warga.ganda": r"sebab_(\w+)",
    "ruang.kasus": r"tak_terbaca_(\w+)",
    "ruang.tolak": r"(\w+)_darurat",
}
"""Keys of which a part before or after the underline is joined to what stands in the code."""


def sources(where: str) -> str:
    path = ROOT / where
    inside = [each for each in path.rglob("*") if each.suffix in (".py", ".html") and each.name != TABLE]
    files = [path] if path.is_file() else inside
    return "\n".join(each.read_text("utf-8") for each in files)


def strings(where: str) -> set[str]:
    return set(re.findall(r"""["']([\w.]+)["']""", sources(where)))


def unsaid(keys: Iterable[str]) -> list[str]:
    everywhere, found = strings("server"), list[str]()
    for key in keys:
        table, _, leaf = key.rpartition(".")
        if {key, key.removeprefix("kantor.")} & everywhere or table == "judul_masalah":
            continue
        said = set[str]().union(*(strings(where) for where in SAID_BY_KEY.get(table, ())))
        chosen = re.fullmatch(CHOICES.get(table, r"(?!)()"), leaf)
        if not {leaf, leaf.removesuffix("_arti"), chosen[1] if chosen else leaf} & said:
            found.append(key)
    return found


OFFICE = [
    "cadangan.toml", "dasbor.toml", "formulir.toml", "kantor.toml", "pengaturan.toml", "ruang.toml",
    "server.toml", "warga.toml",
]  # fmt: skip


@pytest.mark.parametrize("name", OFFICE)
def test_every_text_of_the_office_is_said_somewhere(name: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "schemas" / "text" / "id" / name, tmp_path)
    assert unsaid(load_text("id", tmp_path).keys_under()) == []


def test_every_title_of_a_problem_has_a_status_that_uses_it() -> None:
    texts = tomllib.loads((ROOT / "schemas" / "text" / "id" / "server.toml").read_text("utf-8"))
    used = set(re.findall(r'": (\d{3}),', sources("server/problems.py")))
    assert set(texts["judul_masalah"]) == used
