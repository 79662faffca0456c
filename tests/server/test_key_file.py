"""The key file: what is not whole is told before data are touched, and what is old is written anew once."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from server.__main__ import main
from server.keys import (
    KeyFileError,
    change_keys,
    decode_keys,
    default_path,
    encode_keys,
    make_keys,
    read_keys,
    write_keys,
)

Line = pytest.CaptureFixture[str]
KEYS = make_keys(bytes(range(144)))


@pytest.fixture
def office(tmp_path: Path, capsys: Line) -> Path:
    data = tmp_path / "office"
    assert main(["init", "--data", str(data), "--name", "Dinas Uji"]) == 0
    capsys.readouterr()
    return data


def as_before(path: Path) -> None:
    """Write the keys as the first version of this program did: without version and sum."""
    keys = read_keys(path)
    first = {name: getattr(keys, name) for name in ("database", "blobs", "uploads", "signing", "device")}
    path.write_bytes(msgspec.json.encode(first))


def said(data: bytes) -> str:
    with pytest.raises(KeyFileError) as raised:
        decode_keys(data)
    return raised.value.say


def test_keys_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "k.key"
    write_keys(path, KEYS)
    assert read_keys(path) == KEYS
    with pytest.raises(FileExistsError):
        write_keys(path, KEYS)


def test_no_single_changed_byte_and_no_cut_gives_keys() -> None:
    whole = encode_keys(KEYS)
    for place in range(len(whole) - 1):  # the last is the end of the line
        changed = whole[:place] + bytes([whole[place] ^ 0x01]) + whole[place + 1 :]
        assert said(changed) in ("kunci_rusak", "kunci_bukan", "kunci_lebih_baru"), place
        if place > 100:
            assert said(whole[:place]) == "kunci_rusak"


def test_what_is_no_key_file_is_told_from_one_that_is_damaged() -> None:
    assert said(b"") == said(bytes(400)) == "kunci_rusak"  # all that a power cut left
    assert said(b"\x89PNG\r\n\xff") == "kunci_bukan"
    assert said(json.dumps({"kunci": "x"}).encode()) == "kunci_bukan"
    first = msgspec.json.encode({name: getattr(KEYS, name) for name in ("database", "blobs")})
    assert said(first[:40]) == "kunci_rusak"


def test_a_file_of_a_newer_program_is_told_as_such() -> None:
    newer = encode_keys(KEYS).replace(b'"versi":3', b'"versi":4')
    assert said(newer) == "kunci_lebih_baru"


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--port", "0"],
        ["verify"],
        ["user", "--list"],
        ["device", "--list"],
        ["backup"],
        ["backup", "--prepare", "{tmp}/usb"],
        ["rotate-keys"],
        ["verify", "--medium", "{tmp}/usb"],
        ["restore", "--from", "{tmp}/usb"],
    ],
    ids=" ".join,
)
def test_every_command_says_that_the_key_file_is_damaged_and_touches_nothing(
    office: Path, tmp_path: Path, capsys: Line, command: list[str]
) -> None:
    path = default_path(office)
    spoiled = path.read_bytes()[:-20]
    path.write_bytes(spoiled)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    arguments = [command[0], "--data", str(office), *(part.format(tmp=tmp_path) for part in command[1:])]
    assert main(arguments) == 3
    err = capsys.readouterr().err
    assert "rusak" in err and "restore-key" in err and err.count("\n") == 1
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_file_of_the_first_version_opens_and_is_written_anew_once(office: Path, capsys: Line) -> None:
    path = default_path(office)
    keys = read_keys(path)
    as_before(path)
    assert read_keys(path) == keys
    assert main(["verify", "--data", str(office)]) == 0  # which only looks
    assert b'"sidik"' not in path.read_bytes()
    assert main(["user", "--data", str(office), "--list"]) == 0
    assert b'"sidik"' in path.read_bytes() and read_keys(path) == keys
    assert path.stat().st_mode & 0o777 == 0o600
    inode = path.stat().st_ino
    assert main(["user", "--data", str(office), "--list"]) == 0
    assert path.stat().st_ino == inode


def test_a_change_that_cannot_be_written_leaves_the_file_as_it_was(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = default_path(office)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        change_keys(path, lambda keys: keys.prepared(bytes(96)))
    assert path.read_bytes() == before


def _not_served(*_: object) -> None:
    """Stand for serving, which would not end."""


def warned(office: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `run` says before it serves."""
    monkeypatch.setattr("server.commands.run.serve", _not_served)
    assert main(["run", "--data", str(office), "--port", "0"]) == 0
    return capsys.readouterr().err


def test_run_warns_of_keys_on_the_datas_own_disk(
    office: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "media yang sama" in warned(office, capsys, monkeypatch)
    key, other = default_path(office), Path("/proc/self").stat()
    own_stat = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        return other if path == key else own_stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stat)
    assert other.st_dev != own_stat(office).st_dev
    assert "media yang sama" not in warned(office, capsys, monkeypatch)


def test_run_warns_of_keys_that_others_may_read(
    office: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pengguna lain" not in warned(office, capsys, monkeypatch)
    default_path(office).chmod(0o640)
    assert "pengguna lain" in warned(office, capsys, monkeypatch)
