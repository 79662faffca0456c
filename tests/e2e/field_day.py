"""A field day by taps and typed text only, on a phone that may be killed at any moment of it.

python -m tests.e2e.field_day FOLDER opens the real app on a folder without a screen, unlocks it, and goes on
with whatever is in front, as she would: it knows nothing of what it did before it was killed. Rule: a line is
printed only for what the screen says is kept; `Line` is what the lines mean.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec

from field_app.__main__ import build
from field_app.devices.desktop import SystemTime
from field_app.phone import Phone
from schemas.form_values import is_blank
from schemas.text import load_text

PIN = "280945"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`buka`: this screen stood in front after unlocking. `simpan`: the screen says that this answer is kept.
    `selesai`: a visit was finalised. `habis`: nothing is left to do.
    """

    what: str
    screen: str = ""
    draft: str = ""
    form: str = ""
    field: str = ""
    value: Any = None
    number: str = ""


def say(line: Line) -> None:
    """Tell whoever started this, at once."""
    print(msgspec.json.encode(line).decode(), flush=True)


def main(folder: Path) -> None:
    """Live the day to its end."""
    from tests.field_app.ui import conftest  # noqa: F401 - opens the window's environment before Kivy is imported
    from tests.field_app.ui.driver import Driver
    from tests.field_app.ui.test_form_screen import FilmCamera

    time = SystemTime()
    phone = build(folder, load_text(), background=False)
    driver = Driver().open(phone, now_ms=time.now_ms, camera=FilmCamera())
    _unlock(driver)
    driver.settle()
    _, arguments = driver.shell.front
    say(Line(what="buka", screen=driver.shell.name, draft=arguments.get("draft", "")))
    while _work(driver, phone):
        pass
    say(Line(what="habis"))
    driver.close()
    phone.lock()


def _unlock(driver: Any) -> None:
    from field_app.ui.widgets.pin import Key

    for digit in PIN:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))
    driver.wait_for(lambda: driver.shell.name != "unlock")


def _work(driver: Any, phone: Phone) -> bool:
    """Do one thing on the screen in front; False when nothing is left to do."""
    match driver.shell.name:
        case "home":
            return _choose(driver, phone)
        case "task":
            driver.tap(driver.screen.ids.start)
        case "form":
            _fill(driver)
            driver.tap(driver.screen.ids.next)
        case "review":
            driver.press("Selesaikan")
            number = driver.shell.front[1]["number"]
            say(Line(what="selesai", number=number))
        case "done":
            driver.press("Ke tugas saya")
        case other:
            raise AssertionError(f"nobody comes to {other}")
    return True


def _choose(driver: Any, phone: Phone) -> bool:
    """Open the first card that asks for work."""
    from field_app.ui.widgets.rows import TaskRow

    home = phone.visits.home()
    cards = [*home.drafts, *home.overdue, *home.today, *home.upcoming]
    if not cards:
        return False
    rows = [w for w in driver.walk() if isinstance(w, TaskRow)]
    driver.tap(next(w for w in rows if any(piece.text == cards[0].nama for piece in w.pieces)))
    return True


def _fill(driver: Any) -> None:
    """Answer what is blank on the page in front, also what an answer brings."""
    from tests.field_app.ui.test_form_screen import answer

    screen, tried = driver.screen, set[str]()
    while True:
        blank = [
            card
            for card in screen._shown_cards()
            if card.field.name not in tried and is_blank(card.value) and not card.field.read_only
        ]
        if not blank:
            return
        card = blank[0]
        tried.add(card.field.name)
        answer(driver, card)
        screen = driver.screen  # the camera comes between
        kept = screen.answers[card.form].get(card.field.name)
        if kept is not None and not screen._busy(card.form, card.field.name):
            draft = screen._draft
            say(Line(what="simpan", draft=draft, form=card.form, field=card.field.name, value=kept))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
