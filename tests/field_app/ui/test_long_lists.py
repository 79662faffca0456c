"""Lists that are longer than a screen shows at once: each says so, and leads to the rest."""

from typing import Any

import pytest
from msgspec.structs import replace

from field_app.ui.fields import pick
from field_app.ui.sample_drafts import SampleDraft, put_away_view
from field_app.ui.sample_finished import CONFLICTS
from field_app.ui.screens import conflicts, put_away, search, sync
from field_app.views import Hit, Reference, SyncItem
from tests.field_app.ui.driver import Driver

PUT_AWAY = [
    put_away_view(f"d{number}", SampleDraft(form="bpnt_kpm", nama=f"Warga {number}"), "Kunjungan")
    for number in range(1, put_away.MOST_SHOWN + 3)
]
CHOICES = [replace(CONFLICTS[0], nama=f"Warga {number}") for number in range(1, conflicts.MOST_SHOWN + 3)]
ITEMS = [
    SyncItem(
        id=str(number), kind="data", title=f"Warga {number}", status="menunggu_kirim", percent=0, problem=""
    )
    for number in range(1, sync.MOST_SHOWN + 3)
]


def _open(driver: Driver, screen: str) -> None:
    driver.open()
    phone: Any = driver.phone
    phone.visits.put_away = lambda: tuple(PUT_AWAY)
    phone.visits.conflicts = lambda: tuple(CHOICES)
    phone.worker.items = lambda: tuple(ITEMS)
    driver.shell.go(screen)
    driver.settle()


@pytest.mark.parametrize(
    ("screen", "most"),
    [
        ("put_away", put_away.MOST_SHOWN),
        ("conflicts", conflicts.MOST_SHOWN),
        ("sync", sync.MOST_SHOWN),
    ],
)
def test_what_is_beyond_the_first_of_a_list_is_counted_and_shown_at_a_tap(
    driver: Driver, screen: str, most: int
) -> None:
    _open(driver, screen)
    assert f"Warga {most}" in driver.texts()
    assert f"Warga {most + 1}" not in driver.texts()
    link = driver.find("Masih ada 2 lagi")
    link.dispatch("on_release")
    driver.settle()
    assert f"Warga {most + 2}" in driver.texts()
    assert not driver.sees("Masih ada")


def _people(most: int) -> Any:
    who = {"kind": "warga", "desa": "", "alamat": "", "nik_akhir": "", "has_task": False}
    hits = [Hit(id=f"w{number}", nama=f"Sri {number}", **who) for number in range(most)]
    return lambda _text, limit, *_more: tuple(hits[:limit])


@pytest.mark.parametrize(("over", "told"), [(0, False), (1, True)])
def test_a_search_that_finds_more_than_it_lists_says_how_to_narrow_it(
    driver: Driver, over: int, told: bool
) -> None:
    driver.open()
    driver.phone.visits.search = _people(search.MOST + over)
    driver.shell.go("search")
    driver.settle()
    driver.type(driver.screen.line, "sri")
    items = driver.wait_for(lambda: driver.screen.ids.list.data)
    said = [row["item"]["name"] for row in items if row["viewclass"] == "TaskRow"]
    assert len(said) == search.MOST + told
    assert ("Masih ada yang lain" in said) is told


def test_officers_beyond_those_that_are_listed_are_spoken_of(driver: Driver) -> None:
    driver.open()
    visits = driver.phone.visits
    found = [Reference(id=f"p{number}", nama=f"Sri {number}", under="") for number in range(99)]
    visits.references = lambda _to, _text, limit=50: tuple(found[:limit])
    visits.start("pendamping", None, None)
    driver.shell.go("form", draft="d10")
    driver.settle()
    driver.tap(driver.turn_to("nama_pendamping").editor.box)
    [sheet] = driver.shell.sheets()
    names = [row["item"]["name"] for row in sheet.rows.data]
    assert len(names) == pick.MOST + 1 and names[-1] == "Masih ada yang lain"
    sheet.rows.data[-1]["item"]["open"]()
    driver.settle()
    assert driver.shell.sheets() == [sheet] and sheet.line.focus, "she types more of the name"
