"""An office that speaks TLS by its own authority: the real server, phones that pin it, and browsers."""

import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from pathlib import Path

import httpx
import pytest

from field_app.pinning import pinned
from field_app.views import Refused
from field_app.wiping import read_paper
from schemas.ids import PersonId
from schemas.joining import invitation
from schemas.problem import Problem
from server.__main__ import main
from server.access import Person
from server.certificates import (
    authority_path,
    is_server_name,
    make_authority,
    read_authority,
    write_authority,
)
from server.commands.run import STRICT, tls_names
from server.compose import Refused as CommandRefused
from server.compose import close_office
from server.keys import default_path
from server.services.lost_phones import LostPhones
from tests.field_app.conftest import SetTime, make_phone
from tests.server.conftest import Running, make_office
from tests.server.letting_in import beside, let_in

Line = pytest.CaptureFixture[str]
PIN = "280945"
TLS = ("--tls", "--name", "127.0.0.1")


def own_port() -> int:
    """A free port that the system gives to nobody by itself: an office that was away finds it free again."""
    ports = random.SystemRandom()
    while True:
        with suppress(OSError), socket.create_server(("127.0.0.1", ports.randrange(20_000, 32_000))) as free:
            return int(free.getsockname()[1])


@contextmanager
def served(folder: Path, *more: str) -> Iterator[str]:
    """Serve in a process of its own; gives the address that phones use."""
    command = [sys.executable, "-m", "server", "run", "--data", str(folder), "--port", str(own_port()), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"https?://\S+", server.stdout.readline())
        assert found is not None
        try:
            yield found.group()
        finally:
            server.kill()


def test_a_code_alone_brings_a_phone_to_its_office_over_tls_and_to_no_other(tmp_path: Path) -> None:
    deps = make_office(tmp_path)
    person = Running(deps, "", tmp_path / "office").person()
    codes = [deps.joinings.new_code(person, pinned=True) for _ in range(2)]
    authority = deps.joinings.authority
    close_office(deps)
    assert not isinstance(codes[0], Problem) and not isinstance(codes[1], Problem)
    phone = make_phone(tmp_path / "hp", SetTime())
    with served(tmp_path / "office", *TLS) as address, beside(tmp_path / "office") as hand:
        assert re.fullmatch(r"https://127\.0\.0\.1:\d+", address)
        plain = phone.join(address.replace("https", "http"), codes[0].code)
        assert plain == Refused(say="lapangan.alamat_https")
        stranger = invitation(b"lain!", make_authority("Dinas Sosial Uji", 1).certificate)
        assert phone.join(address, stranger.typed()) == Refused(say="lapangan.kantor_lain")
        let_in(phone, hand, address, codes[0].code, PIN)
        assert phone.owner.authority == authority and phone.worker.run_once() is None
        phone.lock()
        assert phone.unlock(PIN) is None and phone.worker.run_once() is None, "pinned after a restart too"
        strict_browser(address, authority)
        old_phone(address)
    impostor(tmp_path, address, phone)


def strict_browser(address: str, authority: bytes) -> None:
    """Browsers that were told of the authority need no exception, and keep to TLS from then on."""
    with httpx.Client(
        base_url=address, verify=ssl.create_default_context(cadata=authority), timeout=20
    ) as browser:
        page = browser.get("/masuk")
        assert page.headers[STRICT[0]] == STRICT[1]
        cookies = page.headers.get_list("set-cookie")
        assert cookies and all("secure" in each.lower() and "httponly" in each.lower() for each in cookies)
        assert all(each.startswith("__Host-") for each in cookies)
        assert browser.get("/api/health").headers[STRICT[0]] == STRICT[1]
    with httpx.Client(base_url=address, timeout=20) as stranger, pytest.raises(httpx.ConnectError):
        stranger.get("/masuk")


def old_phone(address: str) -> None:
    """Nothing is answered without TLS on that port."""
    bare = httpx.Client(base_url=address.replace("https", "http"), timeout=20)
    with bare, pytest.raises(httpx.TransportError):
        bare.get("/api/health")


def impostor(folder: Path, address: str, phone: object) -> None:
    """Another office of the same name at the same address gets not even a login."""
    (folder / "lain").mkdir()
    deps = make_office(folder / "lain")
    close_office(deps)
    port = address.rpartition(":")[2]
    with served(folder / "lain" / "office", *TLS, "--port", port) as there:
        assert there == address
        failure = phone.worker.run_once()  # type: ignore[attr-defined]
        assert failure is not None and failure.say == "lapangan.kantor_lain"
    phone.lock()  # type: ignore[attr-defined]


def test_a_phone_of_before_follows_its_office_to_tls_and_to_another_authority(tmp_path: Path) -> None:
    deps = make_office(tmp_path)
    code = deps.joinings.new_code(Running(deps, "", tmp_path / "office").person())
    close_office(deps)
    assert not isinstance(code, Problem)
    folder, phone = tmp_path / "office", make_phone(tmp_path / "hp", SetTime())
    with served(folder) as address, beside(folder) as hand:
        let_in(phone, hand, address, code.code, PIN)
        assert phone.worker.run_once() is None
    assert phone.owner.authority == b"" and address.startswith("http://")
    authority, port = authority_path(default_path(folder)), address.rpartition(":")[2]
    tls = address.replace("http", "https")
    for _ in range(2):
        with served(folder, *TLS, "--port", port) as there:
            assert there == tls
            phone.worker.run_once()  # finds that nobody answers as before
            assert phone.worker.run_once() is None
        phone.lock()
        assert phone.unlock(PIN) is None
        assert phone.owner.address == tls, "kept in the vault"
        assert phone.owner.authority == read_authority(authority).certificate
        authority.unlink()
        assert main(["authority", "--data", str(folder), "--new"]) == 0
    make_office_over(folder)
    with served(folder, *TLS, "--port", port):
        phone.worker.run_once()
        failure = phone.worker.run_once()
    assert failure is not None and failure.say == "lapangan.kantor_lain", "its signature is another one"
    phone.lock()


def test_a_phone_that_moved_and_was_wiped_in_one_opening_tells_the_office_where_it_is_now(
    tmp_path: Path,
) -> None:
    deps = make_office(tmp_path)
    code = deps.joinings.new_code(Running(deps, "", tmp_path / "office").person())
    close_office(deps)
    assert not isinstance(code, Problem)
    folder, phone = tmp_path / "office", make_phone(tmp_path / "hp", SetTime())
    with served(folder) as address, beside(folder) as hand:
        let_in(phone, hand, address, code.code, PIN)
        device, port = phone.owner.device, address.rpartition(":")[2]
        lost = LostPhones(hand.engine, hand.office, hand.now_ms, hand.randomness)
        made = lost.order(Person(id=PersonId("a" * 32), nama="Admin", roles=("admin",)), device, "Hilang")
        assert isinstance(made, str)
        assert lost.approve(Person(id=PersonId("b" * 32), nama="Kabid", roles=("kabid",)), made) is None
    with served(folder, *TLS, "--port", port) as there, beside(folder) as hand:
        phone.worker.run_once()  # finds that nobody answers as before
        assert phone.worker.run_once() is None and phone.wipe_due()
        paper = read_paper(tmp_path / "hp")
        assert paper and paper.address == there
        phone.lock()
        assert phone.state() == "baru" and read_paper(tmp_path / "hp") is None
        lost = LostPhones(hand.engine, hand.office, hand.now_ms, hand.randomness)
        assert lost.wipes(device)[0].wiped_ms


def make_office_over(folder: Path) -> None:
    """Put an office with other keys in the place of this one."""
    shutil.rmtree(folder)
    shutil.rmtree(folder.parent / "keys")
    close_office(make_office(folder.parent))


def test_init_makes_the_authority_beside_the_key_and_an_office_of_before_gets_one(tmp_path: Path) -> None:
    deps = make_office(tmp_path)
    path = authority_path(default_path(tmp_path / "office"))
    first = read_authority(path)
    assert path.stat().st_mode & 0o077 == 0 and path.parent.name == "keys"
    assert deps.joinings.authority == first.certificate
    # as in an office of a version that noted none
    deps.engine.write(lambda tx: tx.execute("DELETE FROM authority WHERE kabupaten = :kabupaten")).result()
    close_office(deps)
    path.unlink()
    for _ in range(2):
        with beside(tmp_path / "office") as deps:
            assert deps.joinings.authority == read_authority(path).certificate != first.certificate


def gone(path: Path) -> None:
    path.rename(path.with_name("pindah"))


def replaced(path: Path) -> None:
    gone(path)
    write_authority(path, make_authority("Dinas Sosial Uji", 1))


AWAY = [(gone, "tidak ada di"), (replaced, "bukan sertifikat kantor yang dikenal")]


@pytest.mark.parametrize(("away", "line"), AWAY, ids=[each[0].__name__ for each in AWAY])
def test_a_key_file_without_its_authority_is_told_and_no_other_counts_unasked(
    tmp_path: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch, away: Callable[[Path], None], line: str
) -> None:
    """Phones and browsers that know the one before would go away from another."""
    deps = make_office(tmp_path)
    person = Running(deps, "", tmp_path / "office").person()
    close_office(deps)
    data = ["--data", str(tmp_path / "office")]
    path = authority_path(default_path(tmp_path / "office"))
    known = read_authority(path)
    assert main(["authority", *data]) == 0 and known.fingerprint().hex() in capsys.readouterr().out
    assert main(["authority", *data, "--new"]) == 3 and "Tidak ada yang diubah" in capsys.readouterr().err

    away(path)
    laid = path.read_bytes() if path.exists() else None
    for command in (
        ["authority", *data],
        ["device", *data, "--tls", "--new", person],
        ["run", *data, *TLS, "--port", "0"],
    ):
        assert main(command) == 3
        said = capsys.readouterr().err
        assert line in said and "authority --new" in said and str(path) in said
    with monkeypatch.context() as patch:
        patch.setattr("server.commands.run.serve", lambda *_: None)
        assert main(["run", *data, "--port", "0"]) == 0, "without TLS it is only told"
        assert line in capsys.readouterr().err
    with beside(tmp_path / "office") as deps:
        assert deps.joinings.authority == b""
    assert (path.read_bytes() if path.exists() else None) == laid

    path.unlink(missing_ok=True)
    path.with_name("pindah").rename(path)
    with beside(tmp_path / "office") as deps:
        assert deps.authority == known and deps.joinings.authority == known.certificate
    capsys.readouterr()
    away(path)
    laid = path.read_bytes() if path.exists() else None
    assert main(["authority", *data, "--new"]) == 0
    other = read_authority(path)
    assert other.fingerprint().hex() in capsys.readouterr().out and laid in (None, path.read_bytes())
    with beside(tmp_path / "office") as deps:
        assert deps.authority == other != known


def test_an_authority_that_cannot_be_made_is_told(
    tmp_path: Path, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise OSError(ENOSPC, "no room")

    close_office(make_office(tmp_path))
    authority_path(default_path(tmp_path / "office")).unlink()
    monkeypatch.setattr("server.own_authority.write_authority", no_room)
    assert main(["authority", "--data", str(tmp_path / "office"), "--new"]) == 3
    assert "tidak dapat dibuat" in capsys.readouterr().err


def test_a_damaged_authority_is_told_and_not_replaced(tmp_path: Path, capsys: Line) -> None:
    close_office(make_office(tmp_path))
    path = authority_path(default_path(tmp_path / "office"))
    path.write_bytes(b"rusak")
    assert main(["device", "--data", str(tmp_path / "office"), "--list"]) == 3
    assert "tidak terbaca" in capsys.readouterr().err and path.read_bytes() == b"rusak"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_tls_on_every_address_asks_for_a_name(host: str) -> None:
    assert tls_names([], host) == CommandRefused(say="tls_tanpa_nama", values={})
    assert tls_names(["kantor.lokal"], host) == ("kantor.lokal", "localhost", "127.0.0.1")
    assert tls_names([], "10.1.2.3") == ("10.1.2.3", "localhost", "127.0.0.1")


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("kantor", True), ("dinsos.sragen.go.id", True), ("10.1.2.3", True), ("fe80::1", True),
        ("https://kantor", False), ("kantor:8314", False), ("", False), ("-a", False), ("a..b", False),
        ("kan tor", False), ("a" * 64, False), ("*.kantor", False), ("10.1.2.3\n", False),
    ],
)  # fmt: skip
def test_a_certificate_is_made_for_names_and_addresses_only(name: str, good: bool) -> None:
    assert is_server_name(name) is good
    assert (tls_names([name], "") == CommandRefused(say="nama_salah", values={"nama": name})) is not good


def test_a_phone_speaks_no_old_tls_and_pins_no_garbage() -> None:
    authority = make_authority("Dinas Sosial Uji", 1)
    assert pinned(authority.certificate).minimum_version == ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        pinned(b"bukan sertifikat")
