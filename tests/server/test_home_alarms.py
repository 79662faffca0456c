"""The first page after months: phones not heard of, and so many that what stands nowhere else must not go."""

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


def test_a_phone_without_tasks_is_missed_after_two_months_until_its_access_ends(watch: Watch) -> None:  # noqa: F811
    watch.write(watch.office.phone)
    assert watch.attention(after_days=59) == []
    assert watch.attention(after_days=61) == ["HP Pendamping Uji sudah 61 hari tidak terhubung"]
    watch.office.deps.devices.revoke(watch.office.phone.device)
    assert watch.attention(after_days=61) == []
