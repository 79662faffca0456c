"""A phone that is none."""

from pathlib import Path

import pytest

from tests.field_app.android.fake_android import FakePhone


@pytest.fixture
def handset(tmp_path: Path) -> FakePhone:
    return FakePhone(tmp_path)
