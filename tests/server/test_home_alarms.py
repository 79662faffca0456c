"""The first page after months: phones not heard of, and so many that what stands nowhere else must not go."""

import secrets

import pytest

from server.paper_key import note_printed
from sync.change import Gap
from tests.server.test_alarms import NOW, Watch, watch  # noqa: F401 - a fixture


@pytest.fixture
def crowded(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Watch:  # noqa: F811
    """Room for two, one of them of phones; a gap of a phone is grave, what lies in quarantine is not."""
    monkeypatch.setattr("server.web.home.MOST_ALARMS", 2)
    monkeypatch.setattr("server.web.home.LEAST_OF_PHONES", 1)
    watch.office.phone.push(Gap(first=1, last=1))
    watch.office.phone.push_raw(b"\xc1")
    note_printed(watch.key, secrets.token_bytes(32), NOW)
    return watch


def test_what_does_not_fit_on_the_first_page_is_of_phones_as_it_says(crowded: Watch) -> None:
    crowded.office.phone.push(Gap(first=5, last=6))
    with crowded.log_in("kabid") as client:
        page, phones = client.get("/").text, client.get("/perangkat").text
    assert "1 kiriman di karantina" in page and "1 hal lain di halaman Perangkat" in page
    gaps = ("kehilangan catatan nomor 1", "kehilangan catatan nomor 5")
    assert [gap in page for gap in gaps].count(True) == 1 and all(gap in phones for gap in gaps)


def test_nothing_that_stands_on_no_page_of_phones_is_left_out(
    crowded: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.web.home.MOST_ALARMS", 1)
    with crowded.log_in("kabid") as client:
        page = client.get("/").text
    assert "1 kiriman di karantina" in page and "hal lain di halaman" not in page


def test_a_grave_alarm_of_a_phone_stands_before_what_is_only_to_be_noticed(crowded: Watch) -> None:
    with crowded.log_in("kabid") as client:
        page = client.get("/").text
    assert page.index("kehilangan catatan nomor 1") < page.index("1 kiriman di karantina")


def test_a_phone_without_tasks_is_missed_after_two_months_until_its_access_ends(watch: Watch) -> None:  # noqa: F811
    watch.write(watch.office.phone)
    assert watch.attention(after_days=59) == []
    assert watch.attention(after_days=61) == ["HP Pendamping Uji sudah 61 hari tidak terhubung"]
    watch.office.deps.devices.revoke(watch.office.phone.device)
    assert watch.attention(after_days=61) == []
