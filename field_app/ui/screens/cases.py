"""Kasus saya: for which case a sealed form is begun. Rule: codes and states only."""

from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head, rows  # noqa: F401 - named in the .kv
from field_app.ui.widgets.words import Empty
from field_app.views import Refused

load_kv(__file__)


class CasesScreen(BaseScreen):
    """A new case where the form may begin one, then this officer's own."""

    def build(self, form: str, title: str = ""):
        self._form = form
        self._empty = None
        self.ids.header.under = title
        if not self.context.phone.sealed.begins_case(form):
            self.remove_widget(self.ids.bar)

    def enter(self):
        self.ask(self.context.phone.sealed.cases, self._show)

    def _show(self, cases):
        self.ids.list.show([("TaskRow", self._item(case)) for case in cases])
        if self._empty:
            self.ids.place.remove_widget(self._empty)
            self._empty = None
        if not cases:
            self._empty = Empty(
                icon="inbox",
                text=self.say("aplikasi.tersegel.tanpa_kasus"),
                hint=self.say("aplikasi.tersegel.tanpa_kasus_isi"),
            )
            self._empty.pos_hint = {"center_x": 0.5, "center_y": 0.55}
            self.ids.place.add_widget(self._empty)

    def _item(self, case):
        return {
            "name": case.kode,
            "lines": (case.state, ""),
            "icon": "lock",
            "tone": "primary",
            "chip": None,
            "open": lambda: self.start(case.id),
        }

    def start(self, kasus=None):
        """Begin the visit, to a new case without one."""
        visits = self.context.phone.visits
        self.ask(lambda: visits.start(self._form, kasus, None), self._started)

    def _started(self, view):
        if not isinstance(view, Refused):
            self.context.shell.replace("form", draft=view.id)
