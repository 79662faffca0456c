"""Every screen at the largest text on the smallest phone: nothing is cut off, every target is large
enough.
"""

from collections.abc import Callable
from typing import Any

import pytest
from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView

from field_app.ui.fields.card import FieldCard
from field_app.ui.pictures import scenes
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_drafts import filled_draft
from field_app.ui.widgets.buttons import Tappable
from field_app.ui.widgets.containers import BottomBar
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.head import Header, SyncLine
from field_app.ui.widgets.painted import Painted
from schemas.form import load_forms
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.hurry import rest

SCENES = dict(scenes(rest))
SOME = [name for name in SCENES if not name.startswith("10_") or name in ("10_formulir_02", "10_formulir_09")]
"""Form pages are all alike; every field of every form is drawn below."""


def cut_off(driver: Driver) -> list[str]:
    """What is drawn outside its widget."""
    found: list[str] = []
    for widget in driver.shell.walk(restrict=True):
        if isinstance(widget, Painted) and widget.width > 1 and widget.height > 1:
            for piece in widget.pieces:
                wide = piece.x >= -1 and piece.x + piece.width <= widget.width + 1
                high = piece.y >= -2 and piece.y + piece.height <= widget.height + 2
                if not (wide and high):
                    found.append(f"{type(widget).__name__} {widget.size}: {piece}")
        if isinstance(widget, Entry) and not widget.multiline:
            room = widget.width - widget.padding[0] - widget.padding[2]
            if widget._extent(widget.text, widget.font_size) > room + 1:
                found.append(f"Entry: {widget.text}")
    return found


def too_small(driver: Driver) -> list[str]:
    """What is tapped and lower or narrower than 48 dp."""
    return [
        f"{type(widget).__name__} {widget.size}"
        for widget in driver.shell.walk(restrict=True)
        if isinstance(widget, Tappable)
        and not isinstance(widget, SyncLine)
        and widget.width > 1
        and (widget.height < dp(47.5) or widget.width < dp(47.5))
        and type(widget).__name__ not in ("Heading",)
    ]


def overlapping(driver: Driver) -> list[str]:
    """Words that are drawn over other words, where both are seen."""
    drawn: list[tuple[str, tuple[float, float, float, float]]] = []
    for widget in driver.walk():
        if not isinstance(widget, Painted) or widget.opacity == 0:
            continue
        window = _seen_through(widget)
        for piece in widget.pieces:
            left, low = widget.to_window(widget.x + piece.x, widget.y + piece.y)
            box = (left, low, left + piece.width, low + piece.height)
            if window[0] <= left and window[1] <= low and box[2] <= window[2] and box[3] <= window[3]:
                drawn.append((piece.text, box))
    return [
        f"{one[:30]} / {other[:30]}"
        for place, (one, a) in enumerate(drawn)
        for other, b in drawn[place + 1 :]
        if min(a[2], b[2]) - max(a[0], b[0]) > 2 and min(a[3], b[3]) - max(a[1], b[1]) > 0.3 * LINE
    ]


LINE = 20
"""Pixels of a line of text; the boxes of two lines may share a little, where neither has any ink."""


def _seen_through(widget: Any) -> tuple[float, float, float, float]:
    """What part of the window a widget can be seen in: the scrolled parts round it cut it off."""
    left, low, right, top = -1.0, -1.0, 1e6, 1e6
    above = widget.parent
    while above is not None and above is not above.parent:
        if isinstance(above, ScrollView):
            x, y = above.to_window(above.x, above.y)
            left, low = max(left, x - 1), max(low, y - 1)
            right, top = min(right, x + above.width + 1), min(top, y + above.height + 1)
        above = above.parent
    return left, low, right, top


@pytest.mark.parametrize("name", SOME)
def test_nothing_is_cut_off_and_every_target_is_large_enough(driver: Driver, name: str) -> None:
    draw: Callable[[Any, Any], Any] = SCENES[name]
    driver.open(SamplePhone(), scale=1.6)
    draw(driver.phone, driver.app)
    driver.settle(3)
    assert cut_off(driver) == []
    assert overlapping(driver) == []
    assert too_small(driver) == []


@pytest.mark.parametrize(
    "name", ["05_beranda", "07_cari", "10_formulir_05", "14_kamera", "15_tinjau", "17_sinkronisasi"]
)
def test_header_and_bar_leave_three_quarters_of_a_small_screen(driver: Driver, name: str) -> None:
    driver.open(SamplePhone(), scale=1.6)
    SCENES[name](driver.phone, driver.app)
    driver.settle(3)
    if name == "05_beranda":
        fixed = driver.screen.children[-1].height
    else:
        fixed = sum(
            widget.height for widget in driver.walk(driver.screen) if isinstance(widget, Header | SyncLine)
        )
    bar = sum(widget.height for widget in driver.walk(driver.screen) if isinstance(widget, BottomBar))
    assert fixed + bar <= dp(160)


@pytest.mark.parametrize("form_id", [form.id for form in load_forms().all() if form.privacy != "rahasia"])
def test_every_field_of_every_form_is_drawn_at_the_largest_text(driver: Driver, form_id: str) -> None:
    driver.open(SamplePhone(), scale=1.6)
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    screen = driver.screen
    form = driver.phone.forms.get(form_id)
    screen.steps[0] = screen.steps[0]._replace(form=form_id, definition=form, fields=tuple(form.fields))
    screen.answers[form_id] = {}
    screen.view.forms[form_id] = screen.view.forms["bpnt_kpm"]
    screen._replan = lambda: None
    screen.at = 0
    screen.show_page()
    driver.settle(4)
    drawn = [widget.field.name for widget in driver.walk() if isinstance(widget, FieldCard)]
    assert sorted(drawn) == sorted(form.fields)
    assert cut_off(driver) == []


def test_a_long_page_is_one_scroll_view(driver: Driver) -> None:
    driver.open()
    SCENES["10_formulir_05"](driver.phone, driver.app)
    assert sum(isinstance(widget, ScrollView) for widget in driver.walk(driver.screen)) == 1
