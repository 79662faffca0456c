"""What was declared lost and turns up on a copy of the phone: at a real office, verified before and after."""

from copy import deepcopy
from dataclasses import replace

import pytest

from schemas.ids import ChangeId
from schemas.wire import Applied
from server.engine import Reader
from server.store import SqlOfficeStore
from sync.change import Gap
from tests.contract.people import record_id
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture
from tests.sync.regency import visit


def versions(reader: Reader) -> list[str]:
    fields = SqlOfficeStore.reading(reader).records([record_id(21)])[record_id(21)].fields
    return [version["change"] for version in fields["versions"]]


@pytest.mark.parametrize("links", [False, True])
def test_what_turns_up_is_taken_in_and_the_office_still_verifies(office: Running, links: bool) -> None:  # noqa: F811
    phone = office.phone()
    phone.write(visit(20))
    lost = ChangeId(phone.write(visit(21)))
    correction = ChangeId(phone.write(visit(21, follows=lost)))
    twin = replace(phone)
    twin.store = deepcopy(phone.store)
    del phone.store.content_table[lost]
    if links:
        phone.store.lose([name for name, entry in phone.store.links.items() if entry.link.counter == 2])
    phone.write(Gap(first=2, last=2))
    phone.sync()
    assert isinstance(phone.store.outcomes[correction], Applied)
    assert office.deps.engine.read(versions) == [correction.hex()]
    assert office.faults() == []

    twin.sync()
    assert office.deps.engine.read(versions) == [lost.hex(), correction.hex()]
    assert office.faults() == []
    phone.sync()
    if not links:
        assert isinstance(phone.store.outcomes[lost], Applied)
