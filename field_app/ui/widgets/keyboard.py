"""Room for the keyboard of the phone. Rule: what is typed in stands above it, before it comes.

Android says nowhere in time how high its keyboard will be, and moves the window once, by where the field
stood when the keyboard was asked for; of a field that is higher than what is left it moves nothing. So the
field is brought into the upper part of the window first. What scrolls it is a `Page`, or the body of a
`Sheet`; both take room for the keyboard below all else while one of their fields is typed in.
"""

from typing import Any

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView

KEYBOARD_DP, LEFT_DP = 280, 360
"""How high a keyboard is taken to be, and what it leaves at least: a lower window has lost its part to the
keyboard already.
"""
MARGIN_DP = 12
AFTER_S = 0.4
"""Until the room is given back: a finger that leaves the field may be on something that would move away."""


def keyboard_below() -> None:
    """Android moves the window where that is not enough, so that the field being typed in is seen."""
    Window.softinput_mode = "below_target"


def covered() -> float:
    """Pixels at the bottom of the window that a keyboard may cover."""
    return min(dp(KEYBOARD_DP), max(0.0, Window.height - dp(LEFT_DP)))


def keep_seen(entry: Any) -> None:
    """Bring what is typed in, or at least the line with the cursor, above where the keyboard comes."""
    page, holder = _around(entry)
    if page is None:
        return
    holder.make_room(covered())
    page.update_from_scroll()  # where all of it stands now, not as it was last drawn
    low, high = _seen(page)
    bottom, top = (entry.to_window(0, y)[1] for y in (entry.y, entry.top))
    if top - bottom > high - low - 2 * dp(MARGIN_DP):
        cursor = entry.to_window(0, entry.cursor_pos[1])[1]
        bottom, top = cursor - entry.line_height, cursor
    if bottom < low + dp(MARGIN_DP):
        _move(page, low + dp(MARGIN_DP) - bottom)
    elif top > high:
        _move(page, high - dp(MARGIN_DP) - top)


def give_back(entry: Any) -> None:
    """The field is left: what was made room for is given back, unless the next field is in the same place."""
    _page, holder = _around(entry)
    if holder is not None:
        Clock.schedule_once(lambda _dt: _typed_in(holder) or holder.make_room(0), AFTER_S)


def _typed_in(holder: Any) -> bool:
    return any(getattr(widget, "focus", False) for widget in holder.walk(restrict=True))


def _around(entry: Any) -> tuple[Any, Any]:
    """(what scrolls the field, what makes room in it); nothing where it stands in no page."""
    page, above = None, entry.parent
    while above is not None and above is not above.parent:
        if page is None and isinstance(above, ScrollView):
            page = above
        if page is not None and hasattr(above, "make_room"):
            return page, above
        above = above.parent
    return None, None


def _seen(page: Any) -> tuple[float, float]:
    """From where to where, in pixels of the window, the page is seen above a keyboard."""
    low, high = (page.to_window(0, y)[1] for y in (page.y, page.top))
    return max(low, covered()), high


def _move(page: Any, up: float) -> None:
    """Scroll so that what is shown goes up by so many pixels, at once."""
    body = page.children[0]
    hidden = body.height - page.height
    if hidden <= 0:
        return
    Animation.cancel_all(page, "scroll_y")
    page.scroll_y = min(1.0, max(0.0, page.scroll_y - up / hidden))
    page.effect_y.reset(-hidden * page.scroll_y)  # else the touch under way would swing it back
    page.update_from_scroll()
