"""Names: this office answers to its own, and to no other that somebody pointed at its address."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.base import encode
from schemas.text import load_text
from server import limits
from server.__main__ import main
from server.app import create_app
from server.commands.run import listen
from server.compose import Refused, close_office
from server.hosts import Hosts, TargetProtocol, host_of
from server.web.pages import web_pages
from tests.server.conftest import make_office
from tests.server.test_limits import guess
from tests.server.test_tls import served
from tests.server.threaded import in_thread

OURS = ("dinsos.lokal", "10.1.2.3", "fd00::1")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve an office that is called by these names, as `run` does."""
    deps = make_office(tmp_path_factory.mktemp("hosts"))
    listener = listen("127.0.0.1", 0)
    assert not isinstance(listener, Refused)
    app = Hosts(OURS).guard(create_app(deps, web_pages(deps)), load_text())
    with in_thread(app, listener, http=TargetProtocol, lifespan="on"):
        yield listener.getsockname()[1]
    close_office(deps)


def answer(port: int, target: str, *headers: str, version: str = "1.1") -> tuple[int, str]:
    """Send a request as it stands; return status and all that was answered."""
    lines = [f"GET {target} HTTP/{version}", *headers, "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall("\r\n".join(lines).encode("latin-1"))
        data = b"".join(iter(lambda: line.recv(65_536), b""))
    text = data.decode("latin-1")
    return int(text.split(" ", 2)[1]), text


@pytest.mark.parametrize(
    "host",
    [
        "dinsos.lokal", "DINSOS.lokal", "dinsos.lokal.", "dinsos.lokal:8314", "dinsos.lokal:",
        "10.1.2.3:443", "[fd00::1]", "[FD00:0::1]:8314", "localhost", "localhost:1", "127.0.0.1", "127.9.9.9",
        "[::1]:8314", "[::ffff:127.0.0.1]",
    ],
)  # fmt: skip
def test_the_office_answers_to_its_names_at_any_port_and_to_loopback(port: int, host: str) -> None:
    assert answer(port, "/api/health", f"Host: {host}")[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "lain.example", "dinsos.lokal.lain.example", "xdinsos.lokal", "10.1.2.4", "[fd00::2]", "0.0.0.0",
        "lain.example:8314", "dinsos.lokal@lain.example", "lain.example@dinsos.lokal", "dinsos.lokal/x", "",
        "dinsos.lokal:80:80", "dinsos.lokal:x", "[fd00::1", "dinsos lokal", "dinsos.lokal, lain.example",
        "localhost.lain.example",
    ],
)  # fmt: skip
def test_another_name_is_misdirected_whatever_it_looks_like(port: int, host: str) -> None:
    for path in ("/masuk", "/api/health", "/static/x"):
        status, said = answer(port, path, f"Host: {host}")
        assert status == 421 and "set-cookie" not in said.lower()
        assert "lain.example" not in said


def test_it_is_said_as_a_problem_to_phones_and_as_a_sentence_to_people(port: int) -> None:
    _, phone = answer(port, "/api/sync", "Host: lain.example")
    assert "application/problem+json" in phone and '"code":"alamat_lain"' in phone
    _, browser = answer(port, "/masuk", "Host: lain.example")
    assert "text/plain; charset=utf-8" in browser and "Alamat ini bukan nama kantor ini." in browser


def test_a_name_in_the_target_counts_and_the_host_beside_it_does_not(port: int) -> None:
    assert answer(port, "http://lain.example/api/health", "Host: dinsos.lokal")[0] == 421
    assert answer(port, "http://lain.example:8314/api/health", "Host: localhost")[0] == 421
    assert answer(port, "http://dinsos.lokal/api/health", "Host: lain.example")[0] == 200
    assert answer(port, "http://[fd00::1]:8314/api/health", "Host: lain.example")[0] == 200
    assert answer(port, "http://dinsos.lokal@lain.example/api/health", "Host: dinsos.lokal")[0] == 421


def test_what_a_proxy_says_of_names_is_not_believed(port: int) -> None:
    for header in ("X-Forwarded-Host: dinsos.lokal", "Forwarded: host=dinsos.lokal", "X-Host: dinsos.lokal"):
        assert answer(port, "/api/health", "Host: lain.example", header)[0] == 421
    assert answer(port, "/api/health", "Host: dinsos.lokal", "X-Forwarded-Host: lain.example")[0] == 200


def test_no_name_and_two_names_are_no_request(port: int) -> None:
    assert answer(port, "/api/health")[0] == 400
    assert answer(port, "/api/health", version="1.0")[0] == 400
    assert answer(port, "/api/health", "Host: dinsos.lokal", "Host: lain.example")[0] == 400
    assert answer(port, "/api/health", "Host: dinsos.lokal", "Host: dinsos.lokal")[0] == 400


def test_the_address_at_which_a_request_arrived_needs_no_name() -> None:
    hosts = Hosts(())
    assert hosts.has("192.168.1.10:8314", "192.168.1.10") and hosts.has("192.168.1.10", "::ffff:192.168.1.10")
    assert not hosts.has("192.168.1.11", "192.168.1.10") and not hosts.has("", "")


def test_a_host_is_read_in_one_spelling() -> None:
    assert [host_of(each) for each in ("A.Lokal:1", "[::0:1]", "a_b", "[::1]x", "\n")] == [
        "a.lokal", "::1", "", "", "",
    ]  # fmt: skip


def test_a_name_that_can_be_none_is_said_before_anything_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--data", str(tmp_path), "--port", "0", "--host-name", "bukan nama"]) == 3
    assert "bukan nama" in capsys.readouterr().err


@pytest.mark.parametrize(("proxies", "last"), [((), 429), (("--proxy", "127.0.0.1"), 403)])
def test_nobody_but_a_named_proxy_says_from_where_a_request_came(
    tmp_path: Path, proxies: tuple[str, ...], last: int
) -> None:
    close_office(make_office(tmp_path))
    with (
        served(tmp_path / "office", *proxies) as address,
        httpx.Client(base_url=address, timeout=20) as client,
    ):
        answers = [
            client.post(
                "/api/enrol",
                content=encode(guess(f"AAAA-AAA{number}")),
                headers={"x-forwarded-for": f"10.1.0.{number}"},
            )
            for number in range(limits.CODES + 1)
        ]
    assert [answer.status_code for answer in answers] == [*[403] * limits.CODES, last]


def test_a_proxy_that_is_no_address_is_said_before_anything_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--data", str(tmp_path), "--port", "0", "--proxy", "*"]) == 3
    assert "--proxy" in capsys.readouterr().err
