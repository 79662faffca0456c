"""The first page where there is much to notice: what stands nowhere else is not crowded out by phones."""

import pytest

from sync.change import Gap
from tests.server.test_alarms import Watch, watch  # noqa: F401 - a fixture


def test_what_does_not_fit_on_the_first_page_is_of_phones_as_it_says(
    watch: Watch,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.web.home.MOST_ALARMS", 1)
    watch.office.phone.push(Gap(first=1, last=1))
    watch.office.phone.push_raw(b"\xc1")
    with watch.log_in("kabid") as client:
        page = client.get("/").text
        assert "1 kiriman di karantina" in page and "1 hal lain di halaman Perangkat" in page
        assert "kehilangan catatan nomor 1" not in page
        assert "kehilangan catatan nomor 1" in client.get("/perangkat").text
