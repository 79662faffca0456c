"""Another program holds the database: whoever opens it is told so, and not that their key is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.text import load_text
from server.compose import Refused, open_office
from server.engine import InUseError, LockedError, Reader, WrongKeyError
from server.engines.connecting import connect
from server.engines.sqlite_copy import alone
from server.keys import read_keys
from server.verify import verify
from sync.rules import Rules
from tests.server.backup_office import Quiet
from tests.server.test_rotating import Place, place  # noqa: F401 - the fixture

# ruff: noqa: F811 - a test asks for the fixture by its name


def nobody_judges(reader: Reader) -> Rules:
    raise AssertionError("nothing of a held database can be read")


@pytest.fixture
def held(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The database of an office that somebody holds, for whoever does not wait."""
    database, key = place.data / "office.db", read_keys(place.key).database
    other = connect(database, key).conn
    assert other is not None
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("UPDATE kabupaten SET name = name")
    monkeypatch.setitem(connect.__kwdefaults__, "patience_s", 0.0)
    yield database
    other.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_held_database_is_no_wrong_key_and_a_wrong_key_is_one_again_afterwards(
    place: Place, held: Path, read_only: bool
) -> None:
    with pytest.raises(LockedError):
        connect(held, read_keys(place.key).database, read_only=read_only)


def test_a_wrong_key_is_still_told_as_one(place: Place) -> None:
    with pytest.raises(WrongKeyError):
        connect(place.data / "office.db", bytes(32))


def test_who_opens_the_office_needs_it_alone_or_checks_it_is_told_that_it_is_held(
    place: Place, held: Path
) -> None:
    refused = open_office(place.data, place.key)
    assert isinstance(refused, Refused) and refused.say == "basis_data_dipakai"
    with pytest.raises(InUseError), alone(held, read_keys(place.key).database):
        pass
    text = load_text()
    found = verify(place.data, held, read_keys(place.key), nobody_judges, text, Quiet())
    assert found.faults == [text("periksa.salah.dipegang")]
