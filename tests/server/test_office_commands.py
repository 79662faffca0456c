"""The office's commands, as a person types them: what they do, and one plain line when they cannot."""

import fcntl
import io
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, cast

import pytest

from schemas.ids import PersonId
from server import factor_store, queries
from server.__main__ import COMMANDS, main
from server.commands.run import listen
from server.compose import Refused, close_office, open_office, unlock
from server.engine import Writer
from server.engines.connecting import connect
from sync.change import Accessed, Patch, read

Line = pytest.CaptureFixture[str]


def one_line(said: Line) -> str:
    err = said.readouterr().err
    assert (err.count("\n") == 1 and err.endswith(".\n")) or "--" in err, err
    return err


@pytest.fixture
def folder(tmp_path: Path, capsys: Line) -> Path:
    data = tmp_path / "office"
    assert main(["init", "--data", str(data), "--name", "Dinas Uji"]) == 0
    said = capsys.readouterr().out
    assert "Dinas Uji (33.14)" in said and str(tmp_path / "keys" / "office.key") in said
    return data


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: Line) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert "--" in capsys.readouterr().out


def test_a_command_loads_nothing_that_only_others_need() -> None:
    """As each is started anew, by a timer every night among others."""
    said = "import sys; from server.__main__ import main; main(['head', '--check'])"
    looked = f"try:\n {said}\nfinally: print('litestar' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", looked], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "False\n"), done.stderr


def test_keys_lie_outside_the_data_and_are_their_owners_alone(folder: Path) -> None:
    key = folder.parent / "keys" / "office.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0
    opened = unlock(folder, None)
    assert isinstance(opened, tuple)
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0
            assert opened[0].database not in path.read_bytes()


def test_init_touches_nothing_that_is_there(folder: Path, tmp_path: Path, capsys: Line) -> None:
    before = (folder / "office.db").read_bytes()
    assert main(["init", "--data", str(folder)]) == 3
    assert "sudah berisi" in one_line(capsys)
    other = tmp_path / "other"
    assert main(["init", "--data", str(other), "--key", str(tmp_path / "keys" / "office.key")]) == 3
    assert "tidak ditimpa" in one_line(capsys)
    assert main(["init", "--data", str(other), "--key", str(other / "k.key")]) == 3
    assert "di dalam folder data" in one_line(capsys)
    assert not other.exists()
    assert (folder / "office.db").read_bytes() == before


def run_refused(folder: Path, *more: str) -> int:
    return main(["run", "--data", str(folder), "--port", "0", *more])


def test_a_folder_that_is_absent_foreign_or_without_its_key_is_refused(
    folder: Path, tmp_path: Path, capsys: Line
) -> None:
    assert run_refused(tmp_path / "none") == 3
    said = one_line(capsys)
    assert "tidak ada" in said and said.index("disknya terpasang") < said.index("restore") < said.index(
        "init"
    )
    (tmp_path / "empty").mkdir()
    assert run_refused(tmp_path / "empty") == 3
    said = one_line(capsys)
    assert "tidak ada data kantor" in said and said.index("disknya terpasang") < said.index("init")
    assert run_refused(folder, "--key", str(tmp_path / "no.key")) == 3
    assert "kunci" in one_line(capsys)
    main(["init", "--data", str(tmp_path / "other")])
    capsys.readouterr()
    assert run_refused(folder, "--key", str(tmp_path / "keys" / "other.key")) == 3
    assert "tidak terbuka dengan kunci ini" in one_line(capsys)
    data = (folder / "office.db").read_bytes()
    (folder / "office.db").write_bytes(b"x" * len(data))
    assert run_refused(folder) == 3
    assert "tidak terbuka dengan kunci ini" in one_line(capsys)


def test_a_folder_of_a_newer_version_is_left_alone(folder: Path, capsys: Line) -> None:
    opened = unlock(folder, None)
    assert isinstance(opened, tuple)
    connection = cast(Any, connect(opened[1], opened[0].database).conn)
    connection.execute("INSERT INTO migrations (kabupaten, number) VALUES ('*', 9999)")
    connection.close()
    before = (folder / "office.db").read_bytes()
    assert run_refused(folder) == 3
    assert "lebih baru" in one_line(capsys)
    assert (folder / "office.db").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_refused(
    folder: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    # root may write anywhere, so the answer of the system is given here
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    assert run_refused(folder) == 3
    assert "tidak dapat ditulis" in one_line(capsys)


def test_a_folder_that_another_server_serves_is_refused(folder: Path, capsys: Line) -> None:
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert run_refused(folder) == 3
    assert "sedang dipakai server lain" in one_line(capsys)
    os.close(handle)


def test_a_port_in_use_is_said_in_one_line(folder: Path, capsys: Line) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["run", "--data", str(folder), "--port", str(port)]) == 4
        assert f"Port {port}" in one_line(capsys)
    assert main(["run", "--data", str(folder), "--host", "203.0.113.1"]) == 4
    assert "203.0.113.1" in one_line(capsys)


def test_answers_are_sent_without_waiting_for_more() -> None:
    listener = listen("127.0.0.1", 0)
    assert isinstance(listener, socket.socket)
    with listener, socket.create_connection(listener.getsockname()) as line:
        # asyncio sets TCP_NODELAY on what it accepts only where the protocol is named: else 40 ms an answer
        accepted, _ = listener.accept()
        assert accepted.proto == socket.IPPROTO_TCP
        accepted.close()
        assert line.getpeername() == listener.getsockname()


@pytest.mark.parametrize("port", ["99999", "65536", "-1"])
def test_a_port_that_does_not_exist_is_said_with_the_ports_that_do(
    folder: Path, capsys: Line, port: str
) -> None:
    assert main(["run", "--data", str(folder), f"--port={port}"]) == 4
    said = one_line(capsys)
    assert f"Port {port}" in said and "65535" in said


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_leaves_one_clean_file(folder: Path, name: signal.Signals) -> None:
    command = [sys.executable, "-m", "server", "run", "--data", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None and server.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert found is not None
        with urllib.request.urlopen(f"{found.group()}/api/health", timeout=30) as answer:
            assert answer.read() == b"ok"
        server.send_signal(name)
        assert server.wait(30) == 0
        assert "berhenti dengan rapi" in server.stdout.read()
        assert server.stderr.read().count("\n") == 1
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["office.db"]
    assert main(["verify", "--data", str(folder)]) == 0


def test_people_and_devices_are_made_listed_and_revoked(
    folder: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["--data", str(folder)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("sandi uji yang panjang\n"))
    new = ["--new", "SRI", "--name", "Sri Uji", "--role", "pendamping", "--desa", "33.14.01.2001"]
    assert main(["user", *where, *new, "--service", "bpnt", "--login", "sri"]) == 0
    assert main(["user", *where, "--new", "SRI"]) == 1
    assert "sudah dipakai" in one_line(capsys)
    assert main(["user", *where, "--list"]) == 0
    assert "Sri Uji  pendamping" in capsys.readouterr().out
    assert main(["device", *where, "--new", "SRI"]) == 0
    assert re.search(r"Sri Uji: \w{4}-\w{4}\n", capsys.readouterr().out)
    assert main(["device", *where, "--new", "SRI", "--tls"]) == 0
    assert re.search(r"Sri Uji: (\w{4}-){5}\w{4}\n", capsys.readouterr().out)
    assert main(["device", *where, "--new", "NONE"]) == 1
    assert "Tidak ada petugas" in one_line(capsys)
    assert main(["device", *where, "--revoke", "x"]) == 1
    assert main(["device", *where, "--list"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("pendek\n"))
    assert main(["user", *where, "--new", "B", "--login", "b"]) == 1
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    sri = deps.engine.read(lambda tx: queries.find_petugas(tx, "SRI"))
    assert sri is not None
    deps.office.act(
        deps.office.person, Patch(record=sri.id, kind="petugas", base={"aktif": True}, new={"aktif": False})
    )
    close_office(deps)
    capsys.readouterr()
    assert main(["user", *where, "--list"]) == 0
    assert "Sri Uji  tidak bekerja lagi" in capsys.readouterr().out
    assert main(["verify", *where]) == 0


def test_a_password_given_at_the_machine_stands_in_the_chain_and_one_refused_does_not(
    folder: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(password: str, *what: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return main(["user", "--data", str(folder), *what])

    assert typed("", "--new", "B-2", "--role", "pendamping") == 0
    assert typed("sandi yang panjang", "--new", "A-1", "--role", "admin", "--login", "wati") == 0
    assert typed("pendek", "--password", "A-1") == 1
    assert typed("sandi lain yang panjang", "--password", "B-2") == 1
    assert looks(folder) == []
    assert typed("sandi lain yang panjang", "--password", "A-1") == 0
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    person = deps.engine.read(lambda tx: queries.find_petugas(tx, "A-1"))
    author = deps.office.person
    close_office(deps)
    assert person is not None
    assert looks(folder) == [(author, person.id, "Kata sandi diganti lewat perintah")]
    assert main(["verify", "--data", str(folder)]) == 0
    assert "sandi lain" not in capsys.readouterr().out


def looks(folder: Path) -> list[tuple[str, str, str]]:
    """Return who looked at what and why, as the chain has it."""
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    contents = deps.engine.read(lambda tx: [row[0] for row in tx.query("SELECT raw FROM changes", {})])
    close_office(deps)
    found = [read(bytes(raw)) for raw in contents if raw is not None]
    return [
        (each.author, each.body.subject, each.body.purpose)
        for each in found
        if isinstance(each.body, Accessed)
    ]


def test_who_lost_every_code_is_let_in_by_the_password_again_and_the_chain_says_so(
    folder: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sandi yang panjang\n"))
    assert main(["user", "--data", str(folder), "--new", "A-1", "--role", "admin", "--login", "wati"]) == 0
    assert main(["user", "--data", str(folder), "--drop-code", "A-1"]) == 1
    assert "belum memasang" in capsys.readouterr().err
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    person = deps.engine.read(lambda tx: queries.find_petugas(tx, "A-1"))
    assert person is not None

    def set_up(tx: Writer) -> None:
        factor_store.put_secret(tx, PersonId(person.id), b"x" * 48)
        factor_store.confirm(tx, PersonId(person.id), 1)

    deps.engine.write(set_up).result()
    close_office(deps)
    assert main(["user", "--data", str(folder), "--drop-code", "A-1"]) == 0
    assert main(["user", "--data", str(folder), "--drop-code", "A-1"]) == 1
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    assert not deps.engine.read(lambda tx: factor_store.is_set_up(tx, PersonId(person.id)))
    contents = deps.engine.read(lambda tx: [row[0] for row in tx.query("SELECT raw FROM changes", {})])
    bodies = [read(bytes(raw)).body for raw in contents if raw is not None]
    assert [body.subject for body in bodies if isinstance(body, Accessed)] == [person.id]
    close_office(deps)
