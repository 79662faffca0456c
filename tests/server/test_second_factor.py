"""The second step: a code opens one login once, a recovery code too, and guessing ends soon."""

from collections.abc import Iterator
from hashlib import shake_256
from pathlib import Path

import pytest

from schemas.ids import PersonId, Regency
from server import totp
from server.accounts import (
    HALF_MS,
    TRIES_ON_NAME,
    Accounts,
    Created,
    HalfLoggedIn,
    LoggedIn,
    TooManyTries,
    WrongLogin,
)
from server.engine import Engine
from server.engines.sqlite import SqliteEngine, create, upgrade
from server.passwords import Passwords
from server.second_factor import GRACE_MS, SecondFactors

PERSON = PersonId("a" * 32)
PASSWORD = "sandi yang panjang"
KEY = bytes(range(32))
FIRST_MS = 1_795_000_000_000
HERE = "10.0.0.1"


class Clock:
    """A clock that the test moves, and numbers that it can tell apart."""

    def __init__(self) -> None:
        self.ms, self._count = FIRST_MS, 0

    def now_ms(self) -> int:
        return self.ms

    def randomness(self, size: int) -> bytes:
        self._count += 1
        return shake_256(self._count.to_bytes(4, "big")).digest(size)


class Desk:
    """One account and its second step."""

    def __init__(self, engine: Engine, clock: Clock, key: bytes = KEY) -> None:
        self.engine, self.clock = engine, clock
        passwords = Passwords(clock.randomness, memory_kib=64)
        self.accounts = Accounts(engine, passwords, now_ms=clock.now_ms, randomness=clock.randomness)
        self.factors = SecondFactors(
            engine, self.accounts, key, now_ms=clock.now_ms, randomness=clock.randomness
        )

    def set_up(self) -> tuple[bytes, tuple[str, ...]]:
        secret = self.factors.begin(PERSON)
        assert secret is not None
        codes = self.factors.confirm(PERSON, self.code(secret), HERE)
        assert isinstance(codes, tuple)
        self.clock.ms += totp.STEP_MS
        return secret, codes

    def code(self, secret: bytes) -> str:
        return totp.code_at(secret, totp.step_of(self.clock.ms))

    def half(self) -> str:
        outcome = self.accounts.log_in("rini", PASSWORD, HERE)
        assert isinstance(outcome, HalfLoggedIn)
        return outcome.token


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock, path = Clock(), tmp_path / "office.db"
    create(path, KEY, Regency("33.14"), "Uji", clock.ms)
    upgrade(path, KEY)
    engine = SqliteEngine(path, KEY, Regency("33.14"), now_ms=clock.now_ms, randomness=clock.randomness)
    desk = Desk(engine, clock)
    assert isinstance(desk.accounts.create(PERSON, "rini", PASSWORD), Created)
    yield desk
    engine.close()


def test_a_password_alone_opens_no_session_once_there_is_a_second_step(desk: Desk) -> None:
    secret, _ = desk.set_up()
    half = desk.half()
    assert desk.accounts.session(half) is None
    outcome = desk.factors.finish(half, desk.code(secret), HERE)
    assert isinstance(outcome, LoggedIn) and outcome.token != half
    assert desk.accounts.session(outcome.token) is not None


def test_a_code_that_was_used_opens_nothing_again(desk: Desk) -> None:
    secret, _ = desk.set_up()
    code = desk.code(secret)
    assert isinstance(desk.factors.finish(desk.half(), code, HERE), LoggedIn)
    assert desk.factors.finish(desk.half(), code, HERE) == WrongLogin()


def test_the_code_that_confirmed_opens_no_login(desk: Desk) -> None:
    secret = desk.factors.begin(PERSON)
    assert secret is not None
    code = desk.code(secret)
    assert isinstance(desk.factors.confirm(PERSON, code, HERE), tuple)
    assert desk.factors.finish(desk.half(), code, HERE) == WrongLogin()


def test_each_recovery_code_opens_one_login(desk: Desk) -> None:
    _, codes = desk.set_up()
    assert len(codes) == totp.RECOVERY_CODES
    assert isinstance(desk.factors.finish(desk.half(), codes[0].lower(), HERE), LoggedIn)
    assert desk.factors.finish(desk.half(), codes[0], HERE) == WrongLogin()
    standing = desk.engine.read(lambda tx: desk.factors.standing(tx, PERSON))
    assert standing.recovery_left == totp.RECOVERY_CODES - 1


def test_a_half_login_is_used_up_by_the_login_and_by_time(desk: Desk) -> None:
    secret, codes = desk.set_up()
    half = desk.half()
    assert isinstance(desk.factors.finish(half, desk.code(secret), HERE), LoggedIn)
    assert desk.factors.finish(half, codes[0], HERE) == WrongLogin()
    late = desk.half()
    desk.clock.ms += HALF_MS + 1
    assert desk.factors.finish(late, codes[1], HERE) == WrongLogin()


def test_guessing_ends_soon_whoever_gives_the_password_anew(desk: Desk) -> None:
    secret, _ = desk.set_up()
    for _ in range(TRIES_ON_NAME):
        assert desk.factors.finish(desk.half(), "000000", HERE) == WrongLogin()
    answer = desk.factors.finish(desk.half(), desk.code(secret), "10.0.0.2")
    assert isinstance(answer, TooManyTries)


def test_a_secret_in_use_is_neither_shown_nor_replaced(desk: Desk) -> None:
    secret, _ = desk.set_up()
    assert desk.factors.begin(PERSON) is None
    assert desk.factors.confirm(PERSON, desk.code(secret), HERE) is None


def test_a_copied_table_opens_nothing_without_the_key_file(desk: Desk) -> None:
    secret, codes = desk.set_up()
    rows = desk.engine.read(
        lambda tx: tx.query(
            "SELECT f.secret, r.hash FROM second_factors f JOIN recovery_codes r"
            " ON r.kabupaten = f.kabupaten WHERE f.kabupaten = :kabupaten"
        )
    )
    stored = b"".join(bytes(value) for row in rows for value in row)
    assert secret not in stored and codes[0].encode() not in stored
    other = Desk(desk.engine, desk.clock, bytes(32))
    assert other.factors.finish(desk.half(), desk.code(secret), HERE) == WrongLogin()


def test_the_grace_begins_at_the_first_login_and_no_later_one_lengthens_it(desk: Desk) -> None:
    assert isinstance(desk.accounts.log_in("rini", PASSWORD, HERE), LoggedIn)
    desk.clock.ms += GRACE_MS - 1
    assert isinstance(desk.accounts.log_in("rini", PASSWORD, HERE), LoggedIn)
    assert not desk.engine.read(lambda tx: desk.factors.is_overdue(tx, PERSON))
    desk.clock.ms += 1
    assert desk.engine.read(lambda tx: desk.factors.is_overdue(tx, PERSON))


def test_beginning_to_set_up_neither_ends_the_grace_nor_lengthens_it(desk: Desk) -> None:
    assert isinstance(desk.accounts.log_in("rini", PASSWORD, HERE), LoggedIn)
    desk.clock.ms += GRACE_MS - 1
    assert desk.factors.begin(PERSON) is not None
    assert not desk.engine.read(lambda tx: desk.factors.is_overdue(tx, PERSON))
    assert isinstance(desk.accounts.log_in("rini", PASSWORD, HERE), LoggedIn)
    desk.clock.ms += 1
    assert desk.engine.read(lambda tx: desk.factors.is_overdue(tx, PERSON))


def test_changing_the_password_asks_the_old_one_and_ends_all_sessions(desk: Desk) -> None:
    first = desk.accounts.log_in("rini", PASSWORD, HERE)
    assert isinstance(first, LoggedIn)
    wrong = desk.accounts.change_password(PERSON, "bukan sandi lama", "sandi lain yang panjang", HERE)
    assert wrong == WrongLogin() and desk.accounts.session(first.token) is not None
    changed = desk.accounts.change_password(PERSON, PASSWORD, "sandi lain yang panjang", HERE)
    assert isinstance(changed, LoggedIn)
    assert desk.accounts.session(first.token) is None
    assert desk.accounts.session(changed.token) is not None
    assert desk.accounts.log_in("rini", PASSWORD, HERE) == WrongLogin()


def test_a_person_ends_their_own_sessions_and_nobody_elses(desk: Desk) -> None:
    here, there = (desk.accounts.log_in("rini", PASSWORD, HERE, agent=name) for name in ("A", "B"))
    assert isinstance(here, LoggedIn) and isinstance(there, LoggedIn)
    shown = desk.accounts.sessions(PERSON, here.token)
    assert [(one.agent, one.is_this) for one in shown if one.is_this] == [("A", True)] and len(shown) == 2
    other = next(one for one in shown if not one.is_this)
    desk.accounts.end_session(PersonId("b" * 32), other.name)
    assert desk.accounts.session(there.token) is not None
    desk.accounts.end_session(PERSON, other.name)
    assert desk.accounts.session(there.token) is None and desk.accounts.session(here.token) is not None
