"""Picking an officer by touch."""

from field_app.ui.widgets.rows import PickRow
from tests.field_app.ui.driver import Driver


def test_she_picks_the_pendamping_from_the_officers(driver: Driver) -> None:
    driver.open()
    driver.phone.visits.start("pendamping", None, None)
    driver.shell.go("form", draft="d10")
    driver.settle()
    driver.tap(driver.turn_to("nama_pendamping").editor.box)
    sheet = driver.shell.sheets()[0]
    assert driver.sees("Retno Wulandari") and driver.sees("Bagus Prakoso")
    driver.type(sheet.line, "bagus")
    assert not driver.sees("Retno Wulandari")
    driver.tap(next(w for w in driver.walk() if isinstance(w, PickRow)))
    assert driver.phone.visits.drafts["d10"].answers["pendamping"]["nama_pendamping"] == "p2"
    assert driver.sees("Bagus Prakoso")
