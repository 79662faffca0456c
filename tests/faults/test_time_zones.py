"""The time zone of a phone or of the office's machine changes, as after an update, or as somebody set it.

Rule: what is shown and counted is of WIB, whatever zone a machine takes itself to be in.
"""

import re
import time as system
from collections.abc import Iterator
from datetime import date

import piexif
import pytest

from field_app.phone import Phone
from schemas.format import moment_ms
from schemas.ids import BlobId
from server.compose import now_ms
from tests.faults.conftest import Make
from tests.faults.test_at_the_same_moment import officer
from tests.faults.world import World, answer, finish, photograph, start, sync, words
from tests.field_app.conftest import SetTime

UTC, JAKARTA = "UTC0", "WIB-7"
NEW_YORK, SYDNEY = "EST5EDT,M3.2.0,M11.1.0", "AEST-10AEDT,M10.1.0,M4.1.0/3"
"""The one is in its winter on the last of December, the other in its summer time."""
LAST_EVENING = moment_ms(date(2026, 12, 31), 23, 30)
"""In every zone but WIB, the hour that follows lies in one year."""


class Zones:
    """Sets the zone of this process, where the phones are, and of an office, also while it serves."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def phone(self, zone: str) -> None:
        self._patch.setenv("TZ", zone)
        system.tzset()

    def office(self, world: World, zone: str) -> None:
        beside = world.folder / "zona"
        beside.write_text(zone, "utf-8")
        beside.rename(world.office.with_name(f"{world.office.name}.zona"))


@pytest.fixture
def zones() -> Iterator[Zones]:
    with pytest.MonkeyPatch.context() as patch:
        yield Zones(patch)
    system.tzset()


@pytest.mark.parametrize(
    ("before", "after"),
    [(JAKARTA, UTC), (UTC, NEW_YORK), (NEW_YORK, SYDNEY), (SYDNEY, JAKARTA)],
    ids=["to-utc", "to-winter-time", "to-summer-time", "to-wib"],
)
def test_a_zone_that_changes_in_a_visit_and_at_the_office_changes_no_day_and_no_hour(
    regency: Make, zones: Zones, before: str, after: str
) -> None:
    """Row 84. Begun in the last hour of a year, finished in the first of the next."""
    world, time = regency(), SetTime()
    zones.phone(before)
    phone = world.phone(time=time)
    time.wall_ms = LAST_EVENING
    world.set_clock(LAST_EVENING - now_ms())
    zones.office(world, before)
    sync(phone)
    draft = start(phone, world.beats[0]).id
    answer(phone, draft, hasil_kunjungan="terisi_sebagian")
    first = photograph(phone, draft, 1)
    time.pass_s(3600)
    world.set_clock(time.wall_ms - now_ms())
    zones.phone(after)
    second = photograph(phone, draft, 2)
    done = finish(phone, draft)
    sync(phone)
    assert words(phone) == ["diterima"]
    assert done.number.startswith("P900-2027-0001-")
    assert taken(phone, first) == "2026:12:31 23:30:00"
    assert taken(phone, second) == "2027:01:01 00:30:00"
    browser = officer(world, 0)

    def shown() -> list[str]:
        pages = ["/", "/antrean", "/dasbor", "/kasus", f"/kunjungan/{done.visit}"]
        pages += [f"/kunjungan/{done.visit}/foto/{blob}" for blob in (first, second)]
        return [text_of(browser.get(page).raise_for_status().text) for page in pages]

    here = shown()
    assert "31 Desember 2026, 23.xx WIB" in here[-2]
    assert "1 Januari 2027, 00.xx WIB" in here[-1]
    zones.office(world, after)
    assert shown() == here
    world.kill()
    world.serve()
    assert shown() == here
    assert world.faults() == []


def taken(phone: Phone, blob: BlobId) -> str:
    """When a photo was taken, as it says itself."""
    told = piexif.load(phone.visits.photo_bytes(blob))["Exif"]
    return str(told[piexif.ExifIFD.DateTimeOriginal], "ascii")


def text_of(page: str) -> str:
    """What a page says, without the minutes, which go on."""
    plain = re.sub(r"<[^>]+>", " ", page)
    return re.sub(r"\b(\d\d)\.\d\d WIB", r"\1.xx WIB", plain)
