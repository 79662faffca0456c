"""Logging in: no hint, no guessing, sessions that rotate and end, rows that open nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schemas.ids import PersonId, Regency
from server import people_store
from server.accounts import (
    TRIES_EVERYWHERE,
    TRIES_FROM_ADDRESS,
    TRIES_ON_NAME,
    TRIES_WHILE_SPRAYED,
    WINDOW_MS,
    Accounts,
    Created,
    LoggedIn,
    NotCreated,
    TooManyTries,
    WrongLogin,
    csrf_of,
)
from server.commands import user
from server.compose import close_office
from server.engine import Engine
from server.engines.sqlite import SqliteEngine, create, upgrade
from server.passwords import Passwords
from server.weak_passwords import weakness
from server.web import building
from server.web.building import build_site
from tests.server.conftest import make_office

PERSON = PersonId("a" * 32)
PASSWORD = "sandi yang panjang"
KEY = bytes(range(32))
CHEAP_KIB = 64
"""These tests count derivations; what one costs is a test of its own."""
FIRST_MS = 1_795_000_000_000
IDLE_MS, ABSOLUTE_MS = 30 * 60_000, 12 * 3_600_000
"""As long as the office says nothing else."""


class Clock:
    """A clock that the test moves, and numbers that it can tell apart."""

    def __init__(self) -> None:
        self.ms = FIRST_MS
        self._count = 0

    def now_ms(self) -> int:
        return self.ms

    def randomness(self, size: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(size, "big")


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(Clock().randomness, memory_kib=CHEAP_KIB)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path, clock: Clock) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "office.db", clock, fresh=True)
    yield engine
    engine.close()


@pytest.fixture
def accounts(engine: Engine, clock: Clock, passwords: Passwords) -> Accounts:
    accounts = Accounts(engine, passwords, now_ms=clock.now_ms, randomness=clock.randomness)
    assert isinstance(accounts.create(PERSON, "Rini", PASSWORD), Created)
    return accounts


def open_engine(path: Path, clock: Clock, *, fresh: bool = False) -> Engine:
    if fresh:
        create(path, KEY, Regency("33.14"), "Uji", clock.ms)
        upgrade(path, KEY)
    return SqliteEngine(path, KEY, Regency("33.14"), now_ms=clock.now_ms, randomness=clock.randomness)


def log_in(
    accounts: Accounts, *, name: str = "rini", password: str = PASSWORD, address: str = "10.0.0.1"
) -> object:
    return accounts.log_in(name, password, address)


def token(accounts: Accounts, old: str = "") -> str:
    outcome = accounts.log_in("rini", PASSWORD, "10.0.0.1", old)
    assert isinstance(outcome, LoggedIn)
    return outcome.token


class Meanwhile(Passwords):
    """Passwords during whose long checking something else happens."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock.randomness, memory_kib=CHEAP_KIB)
        self.happens: Callable[[], object] = lambda: None

    def fits(self, password: str, stored: str | None) -> bool:
        found, happens = super().fits(password, stored), self.happens
        self.happens = lambda: None
        happens()
        return found


def leaves(engine: Engine, clock: Clock) -> None:
    engine.write(
        lambda tx: people_store.set_active(tx, PERSON, is_active=False, changed_ms=clock.ms)
    ).result()


def test_a_password_that_is_replaced_while_it_is_judged_opens_nothing(engine: Engine, clock: Clock) -> None:
    passwords = Meanwhile(clock)
    accounts = Accounts(engine, passwords, now_ms=clock.now_ms, randomness=clock.randomness)
    assert isinstance(accounts.create(PERSON, "Rini", PASSWORD), Created)
    other = "kata lain yang panjang"
    passwords.happens = lambda: accounts.set_password(PERSON, other)
    assert accounts.log_in("Rini", PASSWORD, "10.0.0.1") == WrongLogin()
    passwords.happens = lambda: accounts.set_password(PERSON, PASSWORD)
    taken = accounts.change_password(PERSON, other, "sandi milik penyusup", "10.0.0.1")
    assert taken == WrongLogin(), "who is being locked out locks nobody out"
    passwords.happens = lambda: leaves(engine, clock)
    assert accounts.log_in("Rini", PASSWORD, "10.0.0.1") == WrongLogin()


def test_the_right_password_opens_a_session_of_that_person(accounts: Accounts) -> None:
    session = accounts.session(token(accounts))
    assert session is not None and session.person == PERSON


def test_a_wrong_name_and_a_wrong_password_answer_alike(accounts: Accounts) -> None:
    assert log_in(accounts, password="salah sama sekali") == log_in(accounts, name="siapa") == WrongLogin()


def test_an_unknown_name_costs_a_derivation_too(accounts: Accounts, passwords: Passwords) -> None:
    judged: list[str | None] = []
    fits = passwords.fits

    def counting(password: str, stored: str | None) -> bool:
        judged.append(stored)
        return fits(password, stored)

    passwords.fits = counting  # type: ignore[method-assign]
    try:
        log_in(accounts, name="siapa")
    finally:
        del passwords.fits
    assert judged == [None]


def test_the_name_is_taken_whatever_its_case(accounts: Accounts) -> None:
    assert accounts.create(PersonId("b" * 32), " RINI ", PASSWORD) == NotCreated(
        say="kantor.akun.nama_terpakai"
    )
    assert isinstance(log_in(accounts, name=" rInI "), LoggedIn)


def test_a_name_that_is_taken_makes_nothing_else_either(accounts: Accounts) -> None:
    also: list[str] = []
    accounts.create(PersonId("b" * 32), "rini", PASSWORD, also=lambda _: also.append("made"))
    assert also == []


@pytest.mark.parametrize(
    "password",
    [
        "sambang-2026!!",
        "Sragen Dinsos 1",
        "password1234",
        "Qwertyuiop123",
        "bismillah12345",
        "rahasia!RAHASIA",
    ],
)
def test_what_is_guessed_first_is_refused_and_told_why(accounts: Accounts, password: str) -> None:
    refused = accounts.create(PersonId("b" * 32), "baru", password)
    assert refused == NotCreated(say="kantor.akun.sandi_umum")


@pytest.mark.parametrize("password", ["kolam sepatu jeruk", "jalan-pagi-ke-desa", "x7Q!mmvb0p-Lk2wErt"])
def test_words_that_do_not_belong_together_are_taken(accounts: Accounts, password: str) -> None:
    assert isinstance(accounts.create(PersonId("b" * 32), "baru", password), Created)


@pytest.mark.parametrize("password", ["pendek", "sebelas1234"[:11], "a" * 40, "x" * 300, ""])
def test_weak_passwords_are_refused(accounts: Accounts, password: str) -> None:
    assert weakness(password) == "sandi_lemah"
    assert isinstance(accounts.create(PersonId("b" * 32), "baru", password), NotCreated)


def test_every_login_has_a_new_token_and_ends_the_browsers_old_session(accounts: Accounts) -> None:
    first = token(accounts)
    second = token(accounts, old=first)
    assert first != second
    assert accounts.session(first) is None
    assert accounts.session(second) is not None


def test_a_token_from_outside_opens_nothing_and_is_not_adopted(accounts: Accounts) -> None:
    planted = "f" * 64
    assert token(accounts, old=planted) != planted
    assert accounts.session(planted) is None


def test_logging_out_ends_the_session(accounts: Accounts) -> None:
    opened = token(accounts)
    accounts.log_out(opened)
    assert accounts.session(opened) is None


def test_a_session_ends_when_nobody_uses_it(accounts: Accounts, clock: Clock) -> None:
    opened = token(accounts)
    clock.ms += IDLE_MS - 1
    assert accounts.session(opened) is not None
    clock.ms += IDLE_MS - 1
    assert accounts.session(opened) is not None
    clock.ms += IDLE_MS + 1
    assert accounts.session(opened) is None


def test_a_session_in_use_ends_all_the_same_after_its_day(accounts: Accounts, clock: Clock) -> None:
    opened = token(accounts)
    step = IDLE_MS // 2
    for _ in range(ABSOLUTE_MS // step):
        clock.ms += step
        assert accounts.session(opened) is not None
    clock.ms += step
    assert accounts.session(opened) is None


def test_a_new_password_ends_all_sessions(accounts: Accounts) -> None:
    opened = token(accounts)
    assert accounts.set_password(PERSON, "sandi lain yang panjang")
    assert accounts.session(opened) is None
    assert log_in(accounts) == WrongLogin()
    assert not accounts.set_password(PersonId("c" * 32), "sandi lain yang panjang")


def test_guessing_one_name_must_wait_also_after_a_restart(
    tmp_path: Path, accounts: Accounts, engine: Engine, clock: Clock, passwords: Passwords
) -> None:
    for number in range(TRIES_ON_NAME):
        assert log_in(accounts, password="salah sama sekali", address=f"10.0.1.{number}") == WrongLogin()
    engine.close()
    again = open_engine(tmp_path / "office.db", clock)
    try:
        restarted = Accounts(again, passwords, now_ms=clock.now_ms, randomness=clock.randomness)
        assert restarted.log_in("rini", PASSWORD, "10.0.2.1") == TooManyTries(wait_ms=WINDOW_MS)
        clock.ms += WINDOW_MS
        assert isinstance(restarted.log_in("rini", PASSWORD, "10.0.2.1"), LoggedIn)
    finally:
        again.close()


def test_guessing_many_names_from_one_address_must_wait(accounts: Accounts) -> None:
    for number in range(TRIES_FROM_ADDRESS):
        assert log_in(accounts, name=f"orang{number}", password="x") == WrongLogin()
    assert isinstance(log_in(accounts), TooManyTries)
    assert isinstance(log_in(accounts, address="10.9.9.9"), LoggedIn)


def test_tries_that_a_clock_noted_which_ran_a_year_ahead_bar_nobody_for_a_year(
    accounts: Accounts, clock: Clock
) -> None:
    right, clock.ms = clock.ms, clock.ms + 365 * 86_400_000
    for number in range(TRIES_ON_NAME):
        log_in(accounts, password="salah sama sekali", address=f"10.0.1.{number}")
    assert isinstance(log_in(accounts), TooManyTries)
    clock.ms = right
    assert isinstance(log_in(accounts), LoggedIn)


def test_what_many_tried_while_the_clock_ran_a_year_ahead_slows_nobody_for_a_year(
    accounts: Accounts, clock: Clock
) -> None:
    right, clock.ms = clock.ms, clock.ms + 365 * 86_400_000
    for number in range(TRIES_EVERYWHERE):
        log_in(accounts, name=f"orang{number}", password="x", address=f"10.1.{number // 4}.1")
    clock.ms = right
    for number in range(TRIES_WHILE_SPRAYED + 1):
        assert log_in(accounts, name=f"lain{number}", password="x", address="10.9.9.9") == WrongLogin()


def test_many_names_from_many_addresses_are_slowed_and_the_office_itself_is_not(accounts: Accounts) -> None:
    assert isinstance(log_in(accounts, address="10.0.0.1"), LoggedIn)
    for number in range(TRIES_EVERYWHERE):
        log_in(accounts, name=f"orang{number}", password="x", address=f"10.1.{number // 4}.1")
    for number in range(TRIES_WHILE_SPRAYED):
        assert log_in(accounts, name=f"lain{number}", password="x", address="10.9.9.9") == WrongLogin()
    assert isinstance(log_in(accounts, address="10.9.9.9"), TooManyTries)
    for number in range(TRIES_WHILE_SPRAYED):
        assert log_in(accounts, name=f"sini{number}", password="x", address="10.0.0.1") == WrongLogin()
    assert isinstance(log_in(accounts, address="10.0.0.1"), LoggedIn)


def test_a_login_that_succeeds_forgets_the_tries_on_its_name(accounts: Accounts) -> None:
    for _ in range(2):
        for _ in range(TRIES_ON_NAME - 1):
            log_in(accounts, password="salah sama sekali")
        assert isinstance(log_in(accounts), LoggedIn)


def test_rows_hold_neither_password_nor_token(accounts: Accounts, engine: Engine) -> None:
    opened = token(accounts)
    rows = engine.read(lambda tx: tx.query("SELECT * FROM accounts") + tx.query("SELECT * FROM sessions"))
    told = repr(rows)
    assert "$argon2id$" in told
    assert PASSWORD not in told and opened not in told and bytes.fromhex(opened).hex() not in told


def test_the_form_token_follows_the_session_and_is_not_the_cookie(accounts: Accounts) -> None:
    first, second = token(accounts), token(accounts)
    session = accounts.session(first)
    assert session is not None and session.csrf == csrf_of(first, session.person)
    assert csrf_of(first) != csrf_of(second) and first not in csrf_of(first)


def test_a_guess_costs_64_mib_and_three_passes(clock: Clock) -> None:
    passwords = Passwords(clock.randomness)
    stored = passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.fits(PASSWORD, stored) and not passwords.fits("salah sama sekali", stored)
    assert not passwords.fits(PASSWORD, None)


def test_each_guess_at_an_office_costs_as_much_by_its_pages_and_its_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (building, user):
        monkeypatch.setattr(module, "Passwords", Passwords)  # as shipped: conftest's cost little
    deps = make_office(tmp_path)
    costs = {accounts._passwords.memory_kib for accounts in (build_site(deps).accounts, user._accounts(deps))}
    close_office(deps)
    assert costs == {64 * 1024}
