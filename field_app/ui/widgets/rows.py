"""Recycled rows for long lists: people, tasks, choices, headings. A row is one painted widget.

Rule: a row shows `item` (plain text and token names) and calls `item["open"]`; its height is known before
it is
made, from `measure_row`, so a list of thousands never builds what is not seen.
"""

from collections.abc import Callable
from typing import Any

from kivy.metrics import dp
from kivy.properties import BooleanProperty, DictProperty, ObjectProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.recycleboxlayout import RecycleBoxLayout
from kivy.uix.recycleview import RecycleView
from kivy.uix.widget import Widget

from field_app.ui.kv import load_kv
from field_app.ui.theme import Look
from field_app.ui.widgets.buttons import Link, Tappable
from field_app.ui.widgets.words import chip_span, paint_chip
from schemas.format import number
from schemas.text import Text

load_kv(__file__)

Item = dict[str, Any]
Row = tuple[str, Item]
"""The name of a row's class, and what it shows."""
INK_ON = {"primary": "primary_soft_ink", "bad": "bad_ink", "quiet": "quiet_ink", "notice": "notice_ink"}
"""The ink on the soft ground of a tone."""
LEAST_CARD, BETWEEN = 275, dp(12)
"""How narrow a card may be, in dp of text of the usual size, to stand beside another, and the gap."""


class Heading(Tappable):
    """A group with its count."""

    item = DictProperty({})

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.bind(item=self.refresh)

    @staticmethod
    def height_of(look: Look, item: Item, width: float) -> float:
        """Pixels for this item."""
        return look.words(item["title"], "heading", int(width * 0.8)).height + dp(20)

    def paint(self):
        if not self.item:
            return
        look = self.look
        _wide, high = self.measure(self.item["title"], "heading")
        self.draw_icon(self.item["icon"], look.colour(self.item["tone"]), dp(12), dp(4) + high / 2, 22)
        left = dp(32)
        wide, high = self.write(self.item["title"], "heading", look.ink, left, dp(4), 0)
        count = number(self.item["count"])
        width, tall = self.measure(count, "caption")
        pill = max(width + dp(16), tall + dp(4))
        x, y = left + wide + dp(8), dp(4) + (high - tall - dp(4)) / 2
        self.fill(look.colour(f"{self.item['tone']}_soft"), x, y, pill, tall + dp(4), dp(20))
        self.write(
            count, "caption", look.colour(INK_ON[self.item["tone"]]), x + (pill - width) / 2, y + dp(2)
        )


class TaskRow(Tappable):
    """A card: icon tile, bold name, what and where, when; a status chip when there is one."""

    item = DictProperty({})
    SIDE, INNER = dp(44), dp(14)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.bind(item=self.refresh, on_release=lambda *_: self.item["open"]())

    @classmethod
    def layout(cls, look: Look, item: Item, width: float):
        """(room for words, [(text, style, ink)], chip) for this width."""
        tile = look.icon_px(44)
        room = int(max(1, width - cls.INNER * 2 - tile - dp(12) - dp(4)))
        lines = [(item["name"], "question", "ink")]
        lines += [(text, "small", "ink_soft") for text in item.get("lines", ()) if text]
        return room, lines, item.get("chip")

    @classmethod
    def height_of(cls, look: Look, item: Item, width: float) -> float:
        """Pixels for this item, the gap below it included."""
        room, lines, chip = cls.layout(look, item, width)
        high = sum(look.height(text, style, room) for text, style, _ in lines)
        if chip:
            high += look.height(chip[0], "caption", width) + dp(16)
        return max(high, look.icon_px(44)) + cls.INNER * 2 + dp(10)

    def paint(self):
        if not self.item:
            return
        look, gap = self.look, dp(10)
        tall = self.height - gap
        radius = look.radius("large")
        self.soft_shadow(radius, y=gap, height=tall)
        self.fill(look.pressed if self.held else look.surface, 0, gap, None, tall, radius)
        tile = look.icon_px(44)
        top = self.height - self.INNER
        tone = self.item.get("tone", "primary")
        ground = look.primary_soft if tone == "primary" else look.colour(f"{tone}_soft")
        self.fill(ground, self.INNER, top - tile, tile, tile, dp(14))
        self.draw_icon(self.item["icon"], look.colour(tone), self.INNER + tile / 2, top - tile / 2, 24)
        room, lines, chip = self.layout(look, self.item, self.width)
        left = self.INNER + tile + dp(12)
        words = sum(self.measure(text, style, room)[1] for text, style, _ in lines)
        y = top - max(0, (tile - words) / 2 if not chip and words < tile else 0)
        for text, style, ink in lines:
            y -= self.measure(text, style, room)[1]
            self.write(text, style, look.colour(ink), left, y, room)
        if chip:
            word, icon, chip_tone = chip
            high = self.measure(word, "caption")[1] + dp(8)
            x, wide = chip_span(self, word, left, self.width - self.INNER, self.INNER)
            paint_chip(self, word, icon, chip_tone, x, y - high - dp(6), wide, high)


class PickRow(Tappable):
    """One line to pick from a list, with a second line when there is one."""

    item = DictProperty({})

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.bind(item=self.refresh, on_release=lambda *_: self.item["open"]())

    @staticmethod
    def height_of(look: Look, item: Item, width: float) -> float:
        """Pixels for this item."""
        room = int(max(1, width - dp(56)))
        high = look.height(item["name"], "label", room)
        if item.get("under"):
            high += look.height(item["under"], "small", room)
        return max(dp(52), high + dp(20))

    def paint(self):
        if not self.item:
            return
        look, room = self.look, int(max(1, self.width - dp(56)))
        if self.held:
            self.fill(look.pressed, radius=dp(12))
        name = self.measure(self.item["name"], "label", room)[1]
        under = self.measure(self.item.get("under", ""), "small", room)[1]
        y = (self.height + name + under) / 2 - name
        chosen = self.item.get("chosen", False)
        self.write(self.item["name"], "strong" if chosen else "label", look.ink, dp(8), y, room)
        self.write(self.item.get("under", ""), "small", look.ink_soft, dp(8), y - under, room)
        icon = "check" if chosen else self.item.get("icon", "next")
        self.draw_icon(
            icon, look.primary if chosen else look.ink_faint, self.width - dp(20), self.height / 2, 22
        )
        self.fill(look.line, dp(8), 0, self.width - dp(16), dp(1))


ROWS = {"Heading": Heading, "TaskRow": TaskRow, "PickRow": PickRow}


def rest_link(say: Text, count: int, show: Callable[[], None]) -> Link:
    """What stands below the first of a long list: how many are left, and a tap shows more of them."""
    link = Link(icon="expand", text=say("tombol.lagi", jumlah=count))
    link.bind(on_release=lambda *_: show())
    return link


class Beside(BoxLayout):
    """Two rows side by side; the last card of a group may stand alone."""

    item = DictProperty({})

    def __init__(self, **kwargs):
        super().__init__(spacing=BETWEEN, **kwargs)

    def on_item(self, _instance, item):
        """Show these; they are made anew, as there may be one or two, of any kind."""
        self.clear_widgets()
        made = [ROWS[kind](item=one) for kind, one in item["rows"]]
        for widget in (*made, Widget())[:2]:
            self.add_widget(widget)

    @staticmethod
    def height_of(look: Look, item: Item, width: float) -> float:
        """Pixels for this item, the gap below it included: both are as high as the higher."""
        return max(ROWS[kind].height_of(look, one, (width - BETWEEN) / 2) for kind, one in item["rows"])


ALL_ROWS = {**ROWS, "Beside": Beside}


def side_by_side(items: list[Row]) -> list[Row]:
    """Cards of a group two by two, and two groups of one card each beside each other."""
    groups: list[tuple[list[Row], list[Row]]] = [([], [])]
    for row in items:
        if row[0] == "TaskRow":
            groups[-1][1].append(row)
        else:
            groups.append(([row], []))
    paired: list[Row] = []
    while groups:
        head, cards = groups.pop(0)
        if len(cards) == 1 and head and groups and len(groups[0][1]) == 1:
            other_head, other_cards = groups.pop(0)
            paired += [_beside(head + other_head), _beside(cards + other_cards)]
        else:
            paired += head
            paired += [_beside(cards[at : at + 2]) for at in range(0, len(cards), 2)]
    return paired


def _beside(rows: list[Row]) -> Row:
    return "Beside", {"rows": rows}


class RowLayout(RecycleBoxLayout):
    """The column inside a RowList."""

    look = ObjectProperty(None)


class RowList(RecycleView):
    """A recycled list; `show(items)` takes [(row class name, item)]. Where there is room for two cards they
    stand side by side, if `beside`.
    """

    beside = BooleanProperty(False)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._items: list[Row] = []
        self._wide = 0
        self.bind(width=self._measured)

    def show(self, items: list[Row]) -> None:
        """Show these items."""
        self._items, self._wide = items, 0
        self._measured()

    def grow(self, items: list[Row]) -> None:
        """Show these items, of which the first are those that are shown; what is in view stays there, or
        the end comes into view where less is left.
        """
        above = (1 - self.scroll_y) * (self.column.height - self.height)
        self.show(items)
        self.refresh_views()  # now: how high they are all together says where she is
        hidden = self.column.height - self.height
        self.scroll_y = min(1, max(0, 1 - above / hidden)) if hidden > 0 else 1

    def _measured(self, *_):
        width = round(self.width - self.column.padding[0] - self.column.padding[2])
        if width < 50 or width == self._wide:
            return
        self._wide = width
        look = self.column.look
        two = self.beside and width >= 2 * dp(LEAST_CARD) * look.scale + BETWEEN
        self.data = [
            {"viewclass": kind, "item": item, "size": (width, ALL_ROWS[kind].height_of(look, item, width))}
            for kind, item in (side_by_side(self._items) if two else self._items)
        ]

    @property
    def column(self) -> RowLayout:
        """The layout that recycles."""
        return self.layout_manager
