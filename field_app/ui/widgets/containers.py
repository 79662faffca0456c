"""What holds other widgets: the scrolled page, cards, sheets from below, header and bottom bar.

Rule: containers know nothing of forms or visits. A page keeps what is on the screen in its place when
something
is inserted below or above it.
"""

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.scrollview import ScrollView

from field_app.ui.kv import load_kv
from field_app.ui.widgets.painted import Painted
from field_app.ui.widgets.words import Column, Words

load_kv(__file__)


class Backdrop(Painted):
    """A plain painted ground, for canvas-less containers: colour token, radius in dp, shadow or none."""

    ground = StringProperty("surface")
    corner = NumericProperty(20)
    shade = BooleanProperty(True)
    line = StringProperty("")

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.bind(ground=self.repaint, line=self.repaint)

    def paint(self):
        if self.shade:
            self.soft_shadow(dp(self.corner))
        self.fill(self.look.colour(self.ground), radius=dp(self.corner))
        if self.line:
            self.outline(self.look.colour(self.line), radius=dp(self.corner))


class Card(Column):
    """A white card with round corners and a soft shadow; what is in it stands one under another."""

    ground = StringProperty("surface")
    line = StringProperty("")

    def __init__(self, shade: bool = True, **kwargs):
        self._back = Backdrop(shade=shade)
        super().__init__(**kwargs)
        self.canvas.before.add(self._back.canvas)
        self.bind(pos=self._back.setter("pos"), size=self._back.setter("size"))
        self.bind(ground=self._back.setter("ground"), line=self._back.setter("line"))
        self._back.ground, self._back.line = self.ground, self.line


class Page(ScrollView):
    """One scrolled column. `body` takes the widgets."""

    body = ObjectProperty(None)

    def __init__(self, **kwargs):
        self.body = Column(padding=(dp(16), dp(12), dp(16), dp(24)), spacing=dp(14))
        super().__init__(**kwargs)
        self.add_widget(self.body)
        self._top = 0.0
        self._was = 0.0
        self._brought = None
        self.body.bind(height=self._keep_place)
        self.bind(scroll_y=self._remember, height=self._keep_place)

    def on_touch_down(self, touch):
        """A finger on what is drawn upon draws; anywhere else it scrolls."""
        touch.push()
        touch.apply_transform_2d(self.to_local)
        try:
            for widget in self.body.walk(restrict=True):
                if getattr(widget, "keeps_drags", False) and widget.collide_point(*touch.pos):
                    return widget.dispatch("on_touch_down", touch)
        finally:
            touch.pop()
        return super().on_touch_down(touch)

    def _hidden(self) -> float:
        return max(0.0, self.body.height - self.height)

    def _remember(self, *_):
        if self.body.height == self._was:
            self._top = (1 - self.scroll_y) * self._hidden()

    def _keep_place(self, *_):
        hidden = self._hidden()
        self._was = self.body.height
        self.scroll_y = 1.0 if not hidden else min(1.0, max(0.0, 1 - self._top / hidden))

    def make_room(self, room):
        """Leave so many pixels free below all else, for the keyboard."""
        if self.body.padding[3] != dp(24) + room:
            self.body.padding[3] = dp(24) + room
            self.body.do_layout()

    def to_top(self):
        """Show the beginning; what was still on its way into sight is of another page."""
        self._brought = None
        Animation.cancel_all(self, "scroll_y")
        self._top, self.scroll_y = 0.0, 1.0

    def bring(self, widget):
        """Scroll until the widget is seen, its top near the page's, once it has come to its place: cards that
        were just shown grow for some frames.
        """
        self._brought = widget
        Clock.schedule_once(lambda _dt: self._bring_steady(widget, None), 0)

    def _bring_steady(self, widget, was):
        if widget is not self._brought:
            return
        stands = (self.body.height, *widget.to_window(widget.x, widget.top))
        if stands == was:
            self._bring(widget)
        else:
            Clock.schedule_once(lambda _dt: self._bring_steady(widget, stands), 0)

    def _bring(self, widget):
        hidden = self._hidden()
        if not hidden or not widget.parent:
            return
        top = self.body.height - self.body.to_widget(*widget.to_window(widget.x, widget.top))[1] - dp(12)
        self._top = min(max(0.0, top), hidden)
        Animation(scroll_y=1 - self._top / hidden, duration=0.2, t="out_quad").start(self)


class Whole(ScrollView):
    """Holds one column that fills it. In a window too low for it, a split screen, the column is as high as it
    must be, and is scrolled. What shares its spare height needs a least height: without one, and with nothing
    to share, Kivy leaves it as high as it happened to be.
    """

    def add_widget(self, widget, *args, **kwargs):
        """Take the column."""
        super().add_widget(widget, *args, **kwargs)
        widget.size_hint_y = None
        self.bind(height=self._fill)
        widget.bind(minimum_height=self._fill)
        self._fill()

    def _fill(self, *_):
        column = self.children[0]
        column.height = max(self.height, column.minimum_height)

    def on_touch_down(self, touch):
        """Where nothing is to be scrolled, a tap need not wait until it is clear that it is none."""
        if self.children[0].height > self.height:
            return super().on_touch_down(touch)
        if not self.collide_point(*touch.pos):
            return False
        touch.push()
        touch.apply_transform_2d(self.to_local)
        taken = self.children[0].dispatch("on_touch_down", touch)
        touch.pop()
        return taken


class BottomBar(BoxLayout):
    """The fixed bar with the one primary button."""


class Sheet(FloatLayout):
    """Comes from below over a dimmed screen; a tap beside it, or back, closes it."""

    title = StringProperty("")
    closed = ObjectProperty(None, allownone=True)
    room = NumericProperty(0)

    def __init__(self, title: str, **kwargs):
        super().__init__(**kwargs)
        self.body = self.ids.body
        self.title = title
        self.ids.body.bind(height=self._fit)
        self.ids.foot.bind(height=self._fit)
        self.ids.head.bind(height=self._fit)
        self.bind(height=self._fit)
        self._fit()

    def _fixed(self) -> float:
        """What is not scrolled: the head, the foot, the rim, and what the keyboard may cover."""
        return self.ids.head.height + self.ids.foot.height + dp(20) + self.room

    def make_room(self, room):
        """Stand above the keyboard, which covers so many pixels: the button at the foot is seen too."""
        if room != self.room:
            self.room = room
            self.ids.panel.padding[3] = dp(6) + room
            self._fit()
            self.ids.panel.do_layout()

    def _fit(self, *_):
        self.ids.panel.height = min(self.height * 0.9, self.ids.body.height + self._fixed())

    def fill_with(self, rows):
        """Give a list what the others leave of the sheet, so that it ends at the rim of the window."""

        def fill(*_):
            others = self.ids.body.minimum_height - rows.height
            rows.height = max(dp(120), self.height * 0.9 - self._fixed() - others)

        for one in (self, self.ids.head, self.ids.foot):
            one.bind(height=fill)
        self.bind(room=fill)
        fill()

    def add(self, widget):
        """Put a widget under the others."""
        self.ids.body.add_widget(widget)

    def add_foot(self, widget):
        """Put the button under the scrolled part, where it is always seen."""
        self.ids.foot.add_widget(widget)

    def on_touch_down(self, touch):
        if not self.ids.panel.collide_point(*touch.pos):
            self.close()
            return True
        super().on_touch_down(touch)
        return True

    def on_touch_move(self, touch):
        super().on_touch_move(touch)
        return True

    def close(self):
        """Take it away."""
        if self.parent:
            self.parent.remove_widget(self)
            if self.closed:
                self.closed()


class HeadWords(Words):
    """A header's one-line title: shrinks rather than wraps."""

    def __init__(self, **kwargs):
        kwargs.setdefault("shrink", True)
        super().__init__(**kwargs)
