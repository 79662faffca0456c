"""Keputusan kantor: what she wrote that waits for the office's choice, and what was chosen."""

from field_app.ui.finished_cards import conflict_card
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.rows import rest_link
from field_app.ui.widgets.words import Empty, Words

load_kv(__file__)

MOST_SHOWN = 40


class ConflictsScreen(BaseScreen):
    """Asks the phone each time it comes to the front, and after each sync: what was open may be decided."""

    def build(self):
        self._most = MOST_SHOWN

    def heard(self):
        """A choice may have come."""
        super().heard()
        self.ask(self.context.phone.visits.conflicts, self._show)

    def _show(self, conflicts):
        body, say = self.ids.page.body, self.say
        body.clear_widgets()
        if not conflicts:
            body.add_widget(
                Empty(
                    icon="done",
                    text=say("aplikasi.konflik.kosong_judul"),
                    hint=say("aplikasi.konflik.kosong_isi"),
                )
            )
            return
        word = "pengantar" if any(conflict.open for conflict in conflicts) else "pengantar_selesai"
        body.add_widget(Words(text=say(f"aplikasi.konflik.{word}"), style="small", ink="ink_soft"))
        for conflict in conflicts[: self._most]:
            title = conflict.nama or say("aplikasi.konflik.tanpa_nama")
            body.add_widget(conflict_card(self.context, self.look, conflict, title))
        if len(conflicts) > self._most:
            body.add_widget(rest_link(say, len(conflicts) - self._most, self.show_more))

    def show_more(self):
        """As many again."""
        self._most += MOST_SHOWN
        self.heard()
