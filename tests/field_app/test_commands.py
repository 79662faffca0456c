"""The commands, run as a person runs them, against the real office."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from field_app.__main__ import main
from field_app.commands import Commands
from field_app.keys import Locked
from field_app.phone import Phone
from schemas.text import load_text
from server.services.handover import Taken
from sync.change import Patch
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running, office  # noqa: F401 - the running office as a fixture
from tests.server.letting_in import compare

# ruff: noqa: F811 - a test asks for the fixture by its name

PIN, NOWHERE = "280945", "http://127.0.0.1:1"
NAMA, NIK = "Suwarni Rahasiawati", "3314990101900001"


def give_task(office: Running) -> str:
    person = office.person()
    warga = {"nama": NAMA, "nik": NIK, "kode_desa": DESA, "layanan": ["bpnt"]}
    task = {
        "petugas": person,
        "sasaran": record_id(1),
        "sasaran_kind": "warga",
        "form": "bpnt_kpm",
        "state": "baru",
        "jatuh_tempo": "2026-11-21",
        "kode_desa": DESA,
    }
    office.deps.office.act_all(
        office.deps.office.person,
        [
            Patch(record=record_id(1), kind="warga", base={}, new=warga),
            Patch(record=record_id(2), kind="tugas", base={}, new=task),
        ],
    )
    return office.code(person)


@pytest.fixture(autouse=True)
def officer(office: Running, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Somebody at the office compares the words whenever a phone pauses to ask again; returns them."""
    compared: list[tuple[str, ...]] = []

    def pause(_seconds: float) -> None:
        for phone in office.deps.joinings.waiting():
            compared.append(phone.words)
            compare(office.deps, phone.words)

    monkeypatch.setattr("field_app.__main__.PAUSE", pause)
    return compared


def test_a_field_day_by_files(
    office: Running,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = give_task(office)
    folder = ["--dir", str(tmp_path / "hp"), "--pin", PIN]
    assert main(["enrol", *folder, "--address", office.address, "--code", code]) == 0
    assert main(["sync", *folder]) == 0
    assert main(["record", *folder]) == 0
    assert main(["handover", *folder, "--out", str(tmp_path / "tidak-ada")]) == 1
    assert main(["handover", *folder, "--out", str(tmp_path)]) == 0
    [path] = tmp_path.glob("*.smb")
    capsys.readouterr()
    assert main(["status", *folder]) == 0
    assert "Menunggu kirim" in capsys.readouterr().out
    with path.open("rb") as file:
        taken = office.deps.handovers.take(file, office.deps.office.person)
    assert isinstance(taken, Taken)
    answer = tmp_path / "jawaban.smb"
    with answer.open("wb") as out:
        office.deps.handovers.answer(taken.device.id, None, out)
    assert main(["answer", *folder, "--file", str(path)]) == 1
    assert main(["answer", *folder, "--file", str(answer)]) == 0
    assert main(["status", *folder]) == 0
    said = capsys.readouterr().out
    assert "Jawaban kantor terbaca" in said and "Diterima" in said
    assert NAMA not in said and NIK not in said


def test_the_field_day_by_commands(
    office: Running,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = give_task(office)
    folder = ["--dir", str(tmp_path / "hp"), "--pin", PIN]
    assert main(["enrol", *folder, "--address", office.address, "--code", code]) == 0
    assert main(["status", *folder]) == 0
    assert main(["record", *folder]) == 1, "no task was pulled yet"
    assert main(["sync", *folder]) == 0
    assert main(["record", *folder]) == 0
    recorded = capsys.readouterr().out
    assert main(["status", *folder]) == 0
    assert "Menunggu kirim" in capsys.readouterr().out
    assert main(["sync", *folder]) == 0
    sent = capsys.readouterr().out
    photos = re.findall(r"^.*: ([0-9a-f]{16}) \(", recorded, re.M)
    assert photos and all(f"Kantor menerima foto {photo}" in sent for photo in photos)
    assert main(["status", *folder]) == 0
    assert re.search(r"P900-\d{4}-0001-[A-Z]{4}: Diterima\.", capsys.readouterr().out)
    assert main(["sync", *folder]) == 0
    written = recorded + sent + capsys.readouterr().out
    assert NAMA not in written and NIK not in written
    stored = b"".join(path.read_bytes() for path in (tmp_path / "hp").iterdir())
    for secret in (NAMA, NIK, "Rahasiawati", PIN):
        assert secret.encode() not in stored


@pytest.mark.parametrize("is_before", [True, False], ids=["before the word", "behind it"])
def test_an_address_is_for_joining_alone_and_no_other_command_passes_it_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_before: bool
) -> None:
    address, asked = ["--address", NOWHERE], ["sync", "--dir", str(tmp_path / "hp"), "--pin", PIN]
    with pytest.raises(SystemExit):
        main(address + asked if is_before else asked + address)
    assert f"--address {NOWHERE}" in capsys.readouterr().err


def test_trouble_ends_with_a_sentence_and_an_exit_code(
    office: Running,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    officer: list[tuple[str, ...]],
) -> None:
    folder = ["--dir", str(tmp_path / "hp"), "--pin", PIN]
    code = give_task(office)
    where = ["--address", office.address]
    assert main(["enrol", *folder, *where, "--code", "SALAH"]) == 1
    assert main(["enrol", "--dir", folder[1], "--pin", "12", *where, "--code", code]) == 1
    assert office.deps.joinings.waiting() == [], "a PIN that cannot be costs no code"
    assert main(["enrol", *folder, "--address", NOWHERE, "--code", code]) == 1
    assert not (tmp_path / "hp" / "kunci.json").exists()
    assert main(["enrol", *folder, *where, "--code", code, "--wait", "0"]) == 1
    assert main(["enrol", *folder, *where, "--code", code]) == 0
    assert capsys.readouterr().out.count(" ".join(officer[0])) == 2, "asked for twice, and one code's words"
    assert main(["enrol", *folder, *where, "--code", code]) == 1
    shutil.copytree(tmp_path / "hp", tmp_path / "lain")
    assert main(["enrol", "--dir", str(tmp_path / "baru"), "--pin", PIN, *where, "--code", code]) == 1
    assert main(["sync", "--dir", folder[1], "--pin", "999998"]) == 1
    (tmp_path / "lain" / "vault.db").write_bytes(b"x" * 5000)
    assert main(["status", "--dir", str(tmp_path / "lain"), "--pin", PIN]) == 1
    (tmp_path / "lain" / "kunci.json").write_bytes(b"")
    assert main(["status", "--dir", str(tmp_path / "lain"), "--pin", PIN]) == 1
    written = capsys.readouterr()
    assert written.err == "" and "Traceback" not in written.out
    assert "Kode pendaftaran sudah dipakai" in written.out
    assert "PIN salah. Sisa 9 kali coba.\n" in written.out


def test_a_wait_after_wrong_pins_is_told_as_on_the_lock_screen() -> None:
    class LockedPhone:
        text = load_text()

        def unlock(self, _pin: str) -> Locked:
            return Locked(tries_left=1, wait_s=3_600)

    said: list[str] = []
    assert Commands(cast(Phone, LockedPhone()), said.append, lambda: 0).status("999998") == 1
    assert said == ["PIN salah. Tunggu 60 menit lagi. Sisa 1 kali coba."]


def test_a_folder_that_cannot_be_written_gets_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "berkas").write_text("bukan folder")
    assert main(["status", "--dir", str(tmp_path / "berkas" / "hp"), "--pin", PIN]) == 1
    assert "Folder data tidak dapat ditulis" in capsys.readouterr().err


DIES_AFTER_A_PHOTO = """
import builtins, os, signal, sys
from field_app.__main__ import main

say = print

def dies(*said, **more):
    say(*said, **more)
    if "berkas kamera" in said[0]:
        os.kill(os.getpid(), signal.SIGKILL)

builtins.print = dies
main(sys.argv[1:])
"""


def test_a_process_killed_while_recording_leaves_a_vault_that_opens(
    office: Running,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = give_task(office)
    folder = ["--dir", str(tmp_path / "hp"), "--pin", PIN]
    assert main(["enrol", *folder, "--address", office.address, "--code", code]) == 0
    assert main(["sync", *folder]) == 0
    killed = subprocess.run(
        [sys.executable, "-c", DIES_AFTER_A_PHOTO, "record", *folder],
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert main(["record", *folder]) == 0
    assert main(["sync", *folder]) == 0
    assert main(["status", *folder]) == 0
    assert "Diterima" in capsys.readouterr().out
