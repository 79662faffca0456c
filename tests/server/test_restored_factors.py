"""After a restore: a second step that is younger than the copy is set up anew before anything is opened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.ids import PersonId
from server import totp
from server.accounts import Accounts, HalfLoggedIn, LoggedIn
from server.backups.restoring import Restored
from server.deps import Deps
from server.keys import default_path
from server.passwords import Passwords
from server.second_factor import SecondFactors
from tests.server.backup_office import copied, medium_at, opened, restored
from tests.server.web_office import PASSWORD, Office, open_at, shut

HERE = "127.0.0.1"


def steps(deps: Deps) -> tuple[Accounts, SecondFactors]:
    """Accounts and second steps of an office, with passwords that cost little."""
    passwords = Passwords(deps.randomness, memory_kib=64)
    accounts = Accounts(deps.engine, passwords, now_ms=deps.now_ms, randomness=deps.randomness)
    factors = SecondFactors(
        deps.engine, accounts, deps.factor_key, now_ms=deps.now_ms, randomness=deps.randomness
    )
    return accounts, factors


def set_up(deps: Deps, person: PersonId) -> None:
    _, factors = steps(deps)
    secret = factors.begin(person)
    assert secret is not None
    code = totp.code_at(secret, totp.step_of(deps.now_ms()))
    assert isinstance(factors.confirm(person, code, HERE), tuple)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = open_at(tmp_path)
    yield office
    shut(office)


def test_only_a_second_step_that_the_copy_holds_is_asked_for_and_others_have_no_grace(
    office: Office, tmp_path: Path
) -> None:
    early, late = office.people["kabid"], office.people["admin"]
    set_up(office.deps, early)
    assert isinstance(steps(office.deps)[0].log_in("admin", PASSWORD, HERE), LoggedIn)
    medium = medium_at(tmp_path / "medium", tmp_path / "office", office.deps)
    copied(office.deps, tmp_path / "office", medium)
    set_up(office.deps, late)
    key = default_path(tmp_path / "office")
    assert isinstance(restored(medium, tmp_path / "back", key), Restored)
    with opened(tmp_path / "back", key) as deps:
        accounts, factors = steps(deps)
        assert isinstance(accounts.log_in("kabid", PASSWORD, HERE), HalfLoggedIn)
        assert isinstance(accounts.log_in("admin", PASSWORD, HERE), LoggedIn)
        assert deps.engine.read(lambda tx: factors.is_overdue(tx, late)), "no grace: set it up first"
        assert not deps.engine.read(lambda tx: factors.is_overdue(tx, early))
