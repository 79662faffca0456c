"""A small regency for each test of the sync core."""

import pytest

from tests.sync.regency import Regency


@pytest.fixture
def town() -> Regency:
    return Regency()
