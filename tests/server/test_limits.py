"""Limits on phones' calls: failures are remembered across restarts, and no honest phone ever meets one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar.types import Receive, Scope, Send

from field_app.link import Failure
from field_app.transport import HttpLink
from schemas.ids import DeviceId
from schemas.problem import Problem
from schemas.text import load_text
from schemas.wire import EnrolRequest, Login, LoginRequest, Nonce, NonceRequest
from server import devices, limits
from server.api.calls import Calls
from server.compose import Refused, close_office, open_office
from server.deps import Deps
from server.limits import Allowance, Buckets, network_of
from sync.chain import login_message
from tests.server.conftest import Running, make_office

HERE, ELSEWHERE = "10.0.0.1", "10.0.0.2"
COMMITMENT = bytes(32)


@pytest.fixture
def deps(tmp_path: Path) -> Iterator[Deps]:
    made = make_office(tmp_path)
    yield made
    close_office(made)


def guess(code: str) -> EnrolRequest:
    return EnrolRequest(
        code=code, public_key=bytes(32), model="Uji", handover_key=bytes(32), commitment=COMMITMENT
    )


def guessed(deps: Deps, network: str, times: int = 1) -> list[str]:
    asked = [deps.joinings.join(guess(f"AAAA-AAA{number}"), network) for number in range(times)]
    return [answer.code for each in asked if isinstance(answer := each.result(), Problem)]


def test_wrong_codes_must_wait_also_after_a_restart_and_nobody_elsewhere_does(tmp_path: Path) -> None:
    deps = make_office(tmp_path)
    assert set(guessed(deps, HERE, limits.CODES)) == {"kode_salah"}
    close_office(deps)
    again = open_office(tmp_path / "office", None)
    assert not isinstance(again, Refused)
    try:
        refused = again.joinings.join(guess("AAAA-AAAA"), HERE).result()
        assert isinstance(refused, Problem) and refused.code == "terlalu_sering"
        assert 0 < int(refused.values["tunggu_s"]) <= limits.WINDOW_MS // 1000
        assert guessed(again, ELSEWHERE) == ["kode_salah"]
    finally:
        close_office(again)


def test_a_wait_ends_with_its_window(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    guessed(deps, HERE, limits.CODES)
    now = deps.now_ms() + limits.WINDOW_MS
    monkeypatch.setattr(deps.joinings, "_now_ms", lambda: now)
    assert guessed(deps, HERE) == ["kode_salah"]


def test_while_many_places_guess_each_has_few_tries(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CODES_EVERYWHERE", 20)
    for number in range(20):
        guessed(deps, f"10.1.0.{number}")
    assert guessed(deps, HERE, limits.CODES_WHILE_SPRAYED + 1) == [
        *["kode_salah"] * limits.CODES_WHILE_SPRAYED,
        "terlalu_sering",
    ]


def test_refused_logins_must_wait_and_a_phone_elsewhere_logs_in(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOGINS", 3)
    phone, deps = office.phone(), office.deps
    wrong = LoginRequest(device=phone.device, nonce=bytes(32), signature=bytes(64))
    stranger = LoginRequest(device=DeviceId("a" * 32), nonce=bytes(32), signature=bytes(64))
    answers = [deps.devices.login(each, HERE).result() for each in (wrong, stranger, wrong, stranger)]
    assert [each.code for each in answers if isinstance(each, Problem)] == [
        "nonce_tidak_berlaku",
        "perangkat_tidak_dikenal",
        "nonce_tidak_berlaku",
        "terlalu_sering",
    ]
    phone.login()


def nonce(deps: Deps, device: DeviceId, network: str) -> Nonce | Problem:
    return deps.devices.nonce(NonceRequest(device=device), network).result()


def test_asking_elsewhere_takes_no_nonce_from_a_phone(office: Running) -> None:
    phone, deps = office.phone(), office.deps
    own = nonce(deps, phone.device, HERE)
    assert isinstance(own, Nonce)
    for _ in range(devices.MOST_NONCES + 1):
        nonce(deps, phone.device, ELSEWHERE)
    signed = phone.key.sign(login_message(own.nonce, phone.device, own.server))
    request = LoginRequest(device=phone.device, nonce=own.nonce, signature=signed)
    assert isinstance(deps.devices.login(request, HERE).result(), Login)


def test_who_asks_for_nonces_and_uses_none_must_wait(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "MOST_OPEN", 5)
    phone, deps = office.phone(), office.deps
    asked = [nonce(deps, phone.device, HERE) for _ in range(6)]
    assert [isinstance(each, Nonce) for each in asked] == [True] * 5 + [False]
    assert asked[5] == Problem(code="terlalu_sering", values={"tunggu_s": "60"})
    phone.login()  # from 127.0.0.1


class Line:
    """Calls through the guard into an application that knows one kind of token; the clock stands still."""

    def __init__(self, **allowed: Allowance) -> None:
        self.now_ms, self.reached, self.revoked = 0, 0, b""
        self._app = Calls(load_text(), lambda: self.now_ms, **allowed).guard(self._answer)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached += 1
        headers = dict(scope["headers"])
        named = headers.get(b"authorization", b"Bearer good")
        good = named.startswith(b"Bearer good") and named != self.revoked
        await send({"type": "http.response.start", "status": 200 if good else 401, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def call(self, path: str, token: str = "", address: str = HERE) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, client=(address, 1))  # type: ignore[arg-type]
            headers = {"authorization": f"Bearer {token}"} if token else {}
            async with httpx.AsyncClient(transport=transport, base_url="http://kantor") as client:
                return await client.post(path, headers=headers)

        return asyncio.run(ask())

    def status(self, path: str, token: str = "", address: str = HERE) -> int:
        return self.call(path, token, address).status_code


FEW = Allowance(at_once=3, each_s=1)


def test_four_hundred_phones_of_one_network_log_in_and_sync_in_one_instant() -> None:
    line = Line()

    async def all_of_them() -> set[int]:
        transport = httpx.ASGITransport(app=line._app, client=(HERE, 1))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://kantor") as client:
            found = set[int]()
            for path in ("/api/login/nonce", "/api/login", *["/api/sync"] * 10):
                for number in range(400):
                    token = {"authorization": f"Bearer good{number}"} if path == "/api/sync" else {}
                    found.add((await client.post(path, headers=token)).status_code)
            return found

    assert asyncio.run(all_of_them()) == {200} and line.reached == 12 * 400


def test_a_phone_that_calls_without_end_waits_alone() -> None:
    line = Line(phone=FEW)
    assert [line.status("/api/sync", "good1") for _ in range(5)] == [200, 200, 200, 429, 429]
    assert line.reached == 3
    assert line.status("/api/sync", "good2") == line.status("/tus/", "good2") == 200
    line.now_ms = 1_000
    assert [line.status("/tus/x", "good1") for _ in range(2)] == [200, 429]


def test_a_token_that_opens_nothing_makes_nobody_known() -> None:
    line = Line(strangers=FEW)
    assert [line.status("/api/sync", f"wrong{number % 2}") for number in range(5)] == [401] * 3 + [429] * 2
    assert line.status("/api/sync", "wrong", ELSEWHERE) == 401
    assert line.status("/api/login", "good") == 429, "a token says nothing where none is asked for"


def test_a_token_that_was_good_and_is_no_more_makes_nobody_known_either() -> None:
    line = Line(strangers=FEW)
    assert line.status("/api/sync", "good1") == 200
    line.revoked = b"Bearer good1"
    assert [line.status("/api/sync", "good1") for _ in range(5)] == [401] * 3 + [429] * 2


def test_a_phone_that_is_known_is_served_while_strangers_of_its_network_wait() -> None:
    line = Line(strangers=FEW)
    assert line.status("/api/sync", "good1") == 200
    assert [line.status("/api/enrol") for _ in range(3)] == [200, 200, 429]
    assert line.status("/api/sync", "good1") == 200
    assert line.status("/masuk") == line.status("/api/health") == 200, "neither pages nor health are counted"


def test_too_many_calls_are_a_problem_that_says_when_to_come_again() -> None:
    line = Line(strangers=Allowance(at_once=1, each_s=0.1))
    line.call("/api/enrol")
    answer = line.call("/api/enrol")
    assert (answer.json()["code"], answer.headers["retry-after"]) == ("terlalu_ramai", "10")
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_so_many_are_remembered() -> None:
    buckets = Buckets(FEW, most_kept=2)
    for who in ("a", "b", "c"):
        buckets.take(who, 0)
    assert [buckets.knows(who) for who in ("a", "b", "c")] == [False, True, True]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_a_network_is_one_address_or_sixty_four_bits(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_real_phone_hears_in_its_own_words_when_to_come_again(office: Running) -> None:
    guessed(office.deps, "127.0.0.1", limits.CODES)
    text = load_text()
    link = HttpLink(office.address, lambda key: key in text)
    heard = link.enrol(guess("AAAA-AAAA"))
    link.close()
    assert isinstance(heard, Failure)
    assert (heard.kind, heard.say, heard.status) == ("kantor", "masalah.terlalu_sering", 429)
    assert 0 < heard.retry_s <= limits.WINDOW_MS // 1000
    assert text(heard.say).endswith(".") and text.fields(heard.say) == ()
