"""Beranda: what was sent, then the work in counted groups, and one large button for a new visit."""

from field_app.sent import MOST_SENT
from field_app.ui.cards import home_items, month_words
from field_app.ui.kv import load_kv
from field_app.ui.leading import lead
from field_app.ui.shell import BaseScreen
from field_app.ui.sync_cards import clock_notice, ended_notice
from field_app.ui.widgets import head, rows  # noqa: F401 - their classes are named in the .kv
from field_app.ui.widgets.words import Empty, Words
from schemas.format import long_date

load_kv(__file__)


class HomeScreen(BaseScreen):
    """Asks the phone for its groups each time it comes to the front, and after each sync."""

    def build(self):
        self._empty, self._most = None, MOST_SENT
        self.ids.date.text = long_date(self.context.today())

    def heard(self):
        """What was received may be a task or a decision: ask for all of it."""
        self.ask(lambda: self.context.phone.visits.home(self._most), self._show)

    def show_more(self):
        """As many again of what was finished before."""
        self._most += MOST_SENT
        self.heard()

    def _show(self, view):
        self.ids.sync.show(view.sync, self.context.now_ms())
        self._show_said(view)
        items = home_items(view, self.say, self.context.today(), self.look, self.open, self.show_more)
        listed = self.ids.list
        (listed.grow if self._most > MOST_SENT else listed.show)(items)
        if self._empty:
            self.ids.place.remove_widget(self._empty)
            self._empty = None
        if not items:
            self._empty = Empty(
                text=self.say("aplikasi.beranda.kosong"),
                hint=self.say("aplikasi.beranda.kosong_isi"),
                icon="inbox",
            )
            self._empty.pos_hint = {"center_x": 0.5, "center_y": 0.55}
            self.ids.place.add_widget(self._empty)

    def _show_said(self, view):
        """That the office ended her work here. Or what stands under Hari ini goes by the phone's clock: she
        is told when that is wrong. Else how much of this month is done: it helps to plan, and blames nobody.
        """
        self.ids.said.clear_widgets()
        notice = ended_notice(view.sync, self.say) or clock_notice(view.sync, self.say)
        if notice is not None:
            self.ids.said.add_widget(notice)
        elif view.month is not None:
            said = month_words(view.month, self.say)
            self.ids.said.add_widget(Words(text=said, style="small", ink="ink_soft"))

    def open(self, card):
        """A card was tapped."""
        lead(self.context.shell, card)

    def new(self):
        """A new visit."""
        self.context.shell.go("start")

    def map(self):
        """Where the work is."""
        self.context.shell.go("map")

    def search(self):
        """Look for someone."""
        self.context.shell.go("search")

    def settings(self):
        """Text size, light and dark, lock."""
        self.context.shell.go("settings")

    def sync(self):
        """What was sent and what was not."""
        self.context.shell.go("sync")
