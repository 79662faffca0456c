"""Choices and words of a kind: one under another, and two beside each other on a phone that lies.

Rule: upright nothing changes, and nothing is broken into two lines for standing beside another.
"""

from kivy.metrics import dp
from kivy.properties import NumericProperty
from kivy.uix.layout import Layout

from field_app.ui.widgets.pin import LOW


class Pairs(Layout):
    """As high as what is in it, which is read along its rows. Each child says its `natural_width`."""

    spacing = NumericProperty(0)

    def __init__(self, **kwargs):
        super().__init__(size_hint_y=None, height=0, **kwargs)
        again = self._trigger_layout
        self.bind(children=again, size=again, pos=again, spacing=again)

    def add_widget(self, widget, *args, **kwargs):
        """Take one more, whose height may change."""
        widget.bind(height=self._trigger_layout)
        return super().add_widget(widget, *args, **kwargs)

    def remove_widget(self, widget, *args, **kwargs):
        """Give one back."""
        widget.unbind(height=self._trigger_layout)
        return super().remove_widget(widget, *args, **kwargs)

    def _across(self) -> int:
        window = self.get_parent_window()
        if window is None or window.height >= dp(LOW):
            return 1
        room = (self.width - self.spacing) / 2
        return 2 if all(child.natural_width() <= room for child in self.children) else 1

    def do_layout(self, *_):
        """Give each its width, then its place: it says its height by its width."""
        across, items = self._across(), self.children[::-1]
        width = (self.width - (across - 1) * self.spacing) / across
        for item in items:
            item.width = width
        rows = [items[start : start + across] for start in range(0, len(items), across)]
        highs = [max(item.height for item in row) for row in rows]
        self.height = sum(highs) + self.spacing * max(0, len(rows) - 1)
        top = self.y + self.height
        for row, high in zip(rows, highs, strict=True):
            for place, item in enumerate(row):
                item.pos = self.x + place * (width + self.spacing), top - item.height
            top -= high + self.spacing
