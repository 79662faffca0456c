"""The commands as an office runs them: beside a working server, killed half way, on a disk that is full."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from schemas.ids import DeviceId
from schemas.problem import Problem
from schemas.text import load_text
from server.__main__ import main
from server.commands import restore
from server.compose import close_office
from sync.change import Patch
from tests.contract.people import record_id
from tests.server.backup_office import add_blobs, opened
from tests.server.conftest import DESA, Running, make_office
from tests.server.letting_in import beside
from tests.server.phones import Phone
from tests.server.test_killed import served

COMMAND = [sys.executable, "-m", "server"]


def office_with(folder: Path, blobs: int) -> None:
    """Make an office that holds some blobs, and close it."""
    deps = make_office(folder)
    add_blobs(deps, blobs, seed=6)
    close_office(deps)


def prepared(folder: Path, *names: str) -> list[Path]:
    media = [folder / name for name in names]
    for medium in media:
        assert main(["backup", "--data", str(folder / "office"), "--prepare", str(medium)]) == 0
    return media


def test_a_copy_beside_a_working_server_holds_all_that_was_answered_before_it(tmp_path: Path) -> None:
    deps = make_office(tmp_path)
    add_blobs(deps, 5, seed=6)
    code = deps.joinings.new_code(Running(deps, "", tmp_path / "office").person())
    assert not isinstance(code, Problem)
    close_office(deps)
    data = str(tmp_path / "office")
    medium, second = prepared(tmp_path, "usb1", "usb2")
    answered, going = 0, threading.Event()
    going.set()

    def work(phone: Phone) -> None:
        nonlocal answered
        number = 0
        while going.is_set():
            number += 1
            new = {"nama": f"W{number}", "kode_desa": DESA, "layanan": ["bpnt"]}
            phone.write(Patch(record=record_id(number), kind="warga", base={}, new=new))
            phone.sync()
            answered = number

    with served(tmp_path / "office") as (_, address), httpx.Client(base_url=address, timeout=20) as http:
        phone = Phone(http)
        with beside(tmp_path / "office") as hand:
            phone.enrol(code.code, hand)
        phone.login()
        worker = threading.Thread(target=work, args=[phone])
        worker.start()
        try:
            while answered < 20:
                time.sleep(0.01)
            before = answered
            command = [*COMMAND, "backup", "--data", data, "--to", str(medium), "--to", str(second)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            after = answered
        finally:
            going.clear()
            worker.join()
    assert after > before, "nothing was written while the copy was made"
    for path in (medium, second):
        assert main(["verify", "--data", data, "--medium", str(path)]) == 0
    key = str(tmp_path / "keys" / "office.key")
    back = tmp_path / "back"
    assert main(["restore", "--from", str(medium), "--data", str(back), "--key", key]) == 0
    assert main(["verify", "--data", str(back), "--key", key]) == 0
    assert counted(back, Path(key)) >= before


def test_phones_beyond_those_that_a_restore_names_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    close_office(make_office(tmp_path))
    for over in (0, 2):
        known = {DeviceId(f"{number:032x}"): number for number in range(restore.SHOWN + over)}
        monkeypatch.setattr(restore.restore_store, "known_counters", lambda _reader, known=known: known)
        restore._say_phones(tmp_path / "office", tmp_path / "keys" / "office.key", load_text())
        said = capsys.readouterr().out
        assert said.count("ada sampai catatan") == restore.SHOWN and ("… dan 2 HP lain." in said) is (
            over == 2
        )


def counted(data: Path, key: Path) -> int:
    with opened(data, key) as deps:
        [(count,)] = deps.engine.read(
            lambda tx: tx.query("SELECT count(*) FROM records WHERE kind = 'warga'")
        )
        return int(count)


@pytest.mark.parametrize(
    "seen",
    [
        lambda medium: any(medium.glob("copies/*.db.tmp")),
        lambda medium: any(medium.glob("copies/00000002.db")),
        lambda medium: len(list(medium.glob("blobs/*/*"))) > 320,
        lambda medium: any(medium.glob("copies/00000002.manifest")),
    ],
    ids=["database", "named", "blobs", "manifest"],
)
def test_a_copy_that_is_killed_leaves_the_earlier_whole_and_the_next_succeeds(
    tmp_path: Path, seen: Callable[[Path], bool]
) -> None:
    office_with(tmp_path, 300)
    data = str(tmp_path / "office")
    [medium] = prepared(tmp_path, "usb1")
    command = [*COMMAND, "backup", "--data", data, "--to", str(medium)]
    assert main(command[3:]) == 0
    with opened(tmp_path / "office", tmp_path / "keys" / "office.key") as deps:
        add_blobs(deps, 100, seed=7)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as making:
        while making.poll() is None and not seen(medium):
            time.sleep(0.0005)
        making.kill()
    assert main(["verify", "--data", data, "--medium", str(medium)]) == 0
    assert (medium / "copies" / "00000001.manifest").exists()
    assert main(command[3:]) == 0
    assert main(["verify", "--data", data, "--medium", str(medium)]) == 0
    assert not any(medium.rglob("*.tmp"))
    key = str(tmp_path / "keys" / "office.key")
    back = str(tmp_path / "back")
    assert main(["restore", "--from", str(medium), "--data", back, "--key", key]) == 0
    assert main(["verify", "--data", back, "--key", key]) == 0


def test_every_refusal_is_one_line_and_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office_with(tmp_path, 1)
    data = str(tmp_path / "office")
    [medium] = prepared(tmp_path, "usb1")
    capsys.readouterr()

    def refusal(*arguments: str) -> str:
        assert main([*arguments]) != 0
        said = capsys.readouterr()
        lines = [line for line in said.err.splitlines() if line.strip() and "━" not in line]
        assert lines, said
        return lines[-1]

    assert "tidak ada. Pasang" in refusal("backup", "--data", data, "--to", str(tmp_path / "usb9"))
    (tmp_path / "empty").mkdir()
    assert "bukan folder cadangan" in refusal("backup", "--data", data, "--to", str(tmp_path / "empty"))
    assert "Belum ada tujuan" in refusal("backup", "--data", data)
    assert "Jadwal tidak dapat" in refusal("backup", "--data", data, "--every", "24")
    assert "kunci" in refusal("restore", "--from", str(medium), "--data", str(tmp_path / "new"))
    key = ["--key", str(tmp_path / "keys" / "office.key")]
    assert "Tidak ada salinan" in refusal(
        "restore", "--from", str(medium), "--data", str(tmp_path / "new"), *key
    )
    assert "sudah ada dan tidak disentuh" in refusal("restore", "--from", str(medium), "--data", data, *key)
    assert "tidak terbaca" in refusal(
        "restore", "--from", str(medium), "--data", str(tmp_path / "new"), "--at", "kemarin", *key
    )
    assert main(["verify", "--data", data, "--medium", str(medium)]) == 1
    other = tmp_path / "lain"
    assert main(["init", "--data", str(other)]) == 0
    assert "kantor lain" in refusal("backup", "--data", str(other), "--to", str(medium))
    assert not (tmp_path / "new").exists()


def test_a_disk_of_the_data_is_warned_of_and_so_is_one_disk_for_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office_with(tmp_path, 1)
    first, second = prepared(tmp_path, "usb1", "usb2")
    assert "di disk yang sama dengan data" in capsys.readouterr().err
    plan = ["--every", "24", "--to", str(first), "--to", str(second), "--keep", "3"]
    assert main(["backup", "--data", str(tmp_path / "office"), *plan]) == 0
    assert "semua media ada di satu disk" in capsys.readouterr().err
    assert main(["backup", "--data", str(tmp_path / "office")]) == 0
    assert any(first.glob("copies/*.manifest")) and any(second.glob("copies/*.manifest"))


def test_a_disk_with_the_key_is_warned_of_wherever_on_it_the_key_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes that disk has the backup and what opens it. The stream's disk is no other."""
    office_with(tmp_path, 1)
    disks = {"office": "own", "office.key": "usb1"}
    monkeypatch.setattr("server.commands.backup.disk_of", lambda path: disks.get(path.name, path.name))
    [away] = prepared(tmp_path, "usb2")
    assert "berkas kunci" not in capsys.readouterr().err
    [first] = prepared(tmp_path, "usb1")
    warning = f"{first} ada di disk yang sama dengan berkas kunci"
    assert warning in capsys.readouterr().err
    backup = ["backup", "--data", str(tmp_path / "office")]
    assert main([*backup, "--every", "24", "--to", str(away), "--stream", str(first)]) == 0
    assert warning in capsys.readouterr().err
    assert main([*backup, "--to", str(first)]) == 0
    assert warning in capsys.readouterr().err
    disks["office"] = "usb1"  # then all three are together, and that is said
    assert main([*backup, "--to", str(first)]) == 0
    said = capsys.readouterr().err
    assert "sama dengan data kantor" in said and warning not in said


def test_the_program_fills_a_small_disk_and_says_so(tmp_path: Path) -> None:
    """On a real file system; where none can be mounted, what test_backup.py fakes stands for it."""
    office_with(tmp_path, 200)
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        data = str(tmp_path / "office")
        assert main(["backup", "--data", data, "--prepare", str(mount / "usb")]) == 0
        done = subprocess.run(
            [*COMMAND, "backup", "--data", data, "--to", str(mount / "usb")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "Ruang di" in done.stderr or "Tidak ada ruang" in done.stderr
    finally:
        subprocess.run(["umount", str(mount)], check=True)
