"""A line that is closed while somebody waits for an answer on it wakes who waits."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from field_app.link import Door, Failure
from field_app.transport import HttpLink, open_link
from schemas.ids import DeviceId
from schemas.text import load_text
from server.certificates import Certificates, make_authority
from tests.field_app.field import DEVICE

NOW_MS = 1_795_257_000_000
TEXT = load_text()
SOON_S = 5
"""Far less than a silent office is waited for: a minute, or ten seconds until a line is made."""


class Silent:
    """An office that takes what it is sent and never answers; `asked` is set when something came."""

    def __init__(self, context: Any = None) -> None:
        self.asked = threading.Event()
        self._listener, self._context = socket.create_server(("127.0.0.1", 0)), context
        self._ends: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                end = self._listener.accept()[0]
                end = self._context.wrap_socket(end, server_side=True) if self._context else end
                self._ends.append(end)
                if end.recv(1):
                    self.asked.set()

    def close(self) -> None:
        for one in (self._listener, *self._ends):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture(params=["plain", "tls", "handshake"])
def line(request: pytest.FixtureRequest) -> Iterator[tuple[Silent, HttpLink]]:
    authority = make_authority("Dinas Uji", NOW_MS)
    is_tls = request.param != "plain"
    answers = request.param == "tls"  # the handshake, and nothing after it
    office = Silent(Certificates(authority, ("127.0.0.1",), NOW_MS).context if answers else None)
    address = f"{'https' if is_tls else 'http'}://127.0.0.1:{office.port}"
    yield (
        office,
        open_link(
            Door(address=address, authority=authority.certificate if is_tls else b""), TEXT.__contains__
        ),
    )
    office.close()


def test_who_waits_for_an_answer_is_woken_when_the_line_is_closed(line: tuple[Silent, HttpLink]) -> None:
    office, link = line
    said: list[Failure | None] = []
    waiting = threading.Thread(target=lambda: said.append(link.login(DeviceId(DEVICE), lambda _: bytes(64))))
    waiting.start()
    assert office.asked.wait(SOON_S)
    link.close()
    waiting.join(SOON_S)
    assert not waiting.is_alive()
    assert [failure.kind for failure in said if failure is not None] == ["jaringan"]
