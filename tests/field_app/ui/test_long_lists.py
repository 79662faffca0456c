"""Lists that are longer than a screen shows at once: each says so, and leads to the rest."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from field_app.sent import MOST_SENT
from field_app.ui.fields import pick
from field_app.ui.sample_drafts import SampleDraft, filled_draft, put_away_view
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


def test_beranda_counts_what_was_finished_before_and_shows_more_of_it_where_she_reads(driver: Driver) -> None:
    driver.open()
    visits: Any = driver.phone.visits
    whole = visits.home()
    cards = [replace(whole.sent[0], nama=f"Warga {number}") for number in range(1, MOST_SENT + 8)]
    visits.home = lambda most: replace(whole, sent=tuple(cards[:most]), rest=max(0, len(cards) - most))
    driver.screen.heard()
    rows = driver.screen.ids.list

    def items() -> list[dict[str, Any]]:
        return [row["item"] for row in rows.data]

    driver.wait_for(lambda: items()[-1].get("name") == "Masih ada 7 lagi")
    assert [item["count"] for item in items() if "count" in item][-1] == len(cards), "the heading counts all"
    rows.scroll_y = 0
    driver.settle()
    above = rows.column.height - rows.height
    items()[-1]["open"]()
    driver.wait_for(lambda: items()[-1]["name"] == f"Warga {len(cards)}")
    driver.settle()
    now = (1 - rows.scroll_y) * (rows.column.height - rows.height)
    assert abs(now - above) < 2 and rows.scroll_y > 0
    rows.scroll_y = 0
    rows.grow(rows._items[:-5])
    assert rows.scroll_y == 0, "where cards went away, never beyond the last"


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


def test_a_table_that_is_full_says_so(driver: Driver) -> None:
    driver.open()
    driver.phone.visits.start("ewarong", "e1", None)
    answers = driver.phone.visits.drafts["d10"].answers["ewarong"]
    answers |= {"hasil_kunjungan": "terisi_lengkap", "harga": []}
    driver.shell.go("form", draft="d10")
    driver.settle()
    editor = driver.turn_to("harga").editor
    most = editor.field.max_rows
    for count, word in ((most - 1, "Tambah baris"), (most, f"Paling banyak {most} baris")):
        editor.show([{"barang": f"Beras {number}"} for number in range(count)])
        assert editor.more.text == word and editor.more.disabled is (count == most)


def test_a_field_that_takes_no_further_photo_says_so(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.open()
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    editor = driver.turn_to("foto_rumah_depan").editor
    most = editor.field.max_count
    photo = SimpleNamespace(blob="a" * 64, thumbnail=b"", warnings=(), superseded=False)
    for count in (most - 1, most):
        monkeypatch.setattr(driver.screen, "photos", lambda _field, count=count: [photo] * count)
        editor.show(editor.value)
        driver.settle()
        assert driver.sees(f"Paling banyak {most}.") is (count == most > 1)
