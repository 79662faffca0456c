"""Draf yang dihapus: what was put away, for how long it is still here, and one tap to bring it back."""

from kivy.metrics import dp

from field_app.ui.cards import FORM_ICONS
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import Fact
from field_app.ui.widgets.rows import rest_link
from field_app.ui.widgets.words import Empty, Words
from schemas.format import local_date, long_date

load_kv(__file__)

MOST_SHOWN = 40


class PutAwayScreen(BaseScreen):
    """Asks the phone each time it comes to the front."""

    def build(self):
        self._most = MOST_SHOWN

    def enter(self):
        self.ask(self.context.phone.visits.put_away, self._show)

    def _show(self, drafts):
        body, say = self.ids.page.body, self.say
        body.clear_widgets()
        if not drafts:
            body.add_widget(
                Empty(
                    icon="draft",
                    text=say("aplikasi.draf_dihapus.kosong"),
                    hint=say("aplikasi.draf_dihapus.kosong_isi"),
                )
            )
            return
        body.add_widget(Words(text=say("aplikasi.draf_dihapus.pengantar"), style="small", ink="ink_soft"))
        for draft in drafts[: self._most]:
            body.add_widget(self._card(draft))
        if len(drafts) > self._most:
            body.add_widget(rest_link(say, len(drafts) - self._most, self.show_more))

    def show_more(self):
        """As many again."""
        self._most += MOST_SHOWN
        self.enter()

    def _card(self, draft):
        say, shown = self.say, draft.card
        since = long_date(local_date(draft.since_ms))
        left = (
            say("aplikasi.draf_dihapus.sisa", hari=draft.days_left)
            if draft.days_left
            else say("aplikasi.draf_dihapus.segera")
        )
        card = Card(spacing=dp(8))
        card.add_widget(Words(text=shown.nama or say("aplikasi.beranda.tanpa_nama"), style="heading"))
        for label, text, icon in (
            ("formulir", shown.title, FORM_ICONS.get(shown.form, "form")),
            ("desa", shown.desa, "village"),
        ):
            if text:
                card.add_widget(Fact(label=say(f"aplikasi.tugas.{label}"), text=text, icon=icon))
        card.add_widget(
            Fact(label=say("aplikasi.draf_dihapus.sejak", tanggal=since), text=left, icon="calendar")
        )
        back = Pill(text=say("aplikasi.formulir.kembalikan_draf"), kind="soft", icon="undo")
        back.bind(on_release=lambda *_: self.bring_back(shown.draft))
        card.add_widget(back)
        return card

    def bring_back(self, draft: str):
        """Back among the drafts, and into it."""
        visits, shell = self.context.phone.visits, self.context.shell
        self.ask(lambda: visits.restore(draft), lambda _none: shell.replace("form", draft=draft))
