"""Picking an officer by touch."""

from field_app.ui.widgets.rows import PickRow
from tests.field_app.ui.driver import Driver


def test_she_picks_the_pendamping_from_the_officers(driver: Driver) -> None:
    driver.open()
    driver.phone.visits.start("pendamping", None, None)
    driver.shell.go("form", draft="d10")
    driver.settle()
    screen = driver.screen
    screen.go_to(next(n for n, step in enumerate(screen.steps) if "nama_pendamping" in step.fields))
    driver.settle()
    card = next(c for c in screen._shown_cards() if c.field.name == "nama_pendamping")
    driver.tap(card.editor.box)
    sheet = driver.shell.sheets()[0]
    assert driver.sees("Retno Wulandari") and driver.sees("Bagus Prakoso")
    driver.type(sheet.line, "bagus")
    assert not driver.sees("Retno Wulandari")
    driver.tap(next(w for w in driver.walk() if isinstance(w, PickRow)))
    assert driver.phone.visits.drafts["d10"].answers["pendamping"]["nama_pendamping"] == "p2"
    assert driver.sees("Bagus Prakoso")
