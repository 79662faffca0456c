"""An office of its own for a test, the town that it serves, and the desk at which its visits are decided."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.ids import RecordId
from server import device_store
from server.services.review import Decided, Open
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import Desk
from tests.server.web_office import Office, open_at, shut


@pytest.fixture(name="office")
def own_office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    yield made
    shut(made)


@pytest.fixture(name="town")
def own_town(office: Office) -> Town:
    return Town(office)


@pytest.fixture(name="desk")
def own_desk(office: Office) -> Desk:
    return Desk(office)


def revoke(office: Office) -> None:
    """Take its rights from the phone that visits come from."""
    phone = office.phone.device
    office.deps.engine.write(lambda tx: device_store.revoke(tx, phone, office.deps.now_ms())).result()


def leave(town: Town, desk: Desk, visit: RecordId) -> None:
    """Let the kabid say that what was approved stands."""
    kabid = town.person("kabid")
    found = desk.site.reviews.open(kabid, visit)
    assert isinstance(found, Open)
    assert isinstance(desk.site.reviews.decide(kabid, visit, found.page.seen, "biarkan", {}, ""), Decided)
