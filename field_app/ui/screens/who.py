"""Siapa yang memakai HP ini: one row for each worker with a vault here, and a way to add one.

Rule: only the sign that each chose for themselves is shown; no name, and nothing of the office.
"""

from kivy.metrics import dp

from field_app.ui.kv import load_kv
from field_app.ui.labels import user_name
from field_app.ui.screens.enrol import sealed_notice
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Card, Sheet
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused

load_kv(__file__)


class WhoScreen(BaseScreen):
    """Chosen once, then the PIN of that vault is asked."""

    def build(self):
        self.sign = Entry(input_type="text")

    def enter(self):
        self.context.background.run(self.context.phone.users, self._show)

    def _show(self, users):
        body, say = self.ids.page.body, self.say
        body.clear_widgets()
        body.add_widget(Words(text=say("aplikasi.siapa.judul"), style="title"))
        if self.context.phone.left_sealed():
            body.add_widget(sealed_notice(say))
        for user in users:
            row = Pill(text=self.named(user), kind="soft", icon="person" if user.ready else "hourglass")
            row.bind(on_release=lambda *_, user=user: self.choose(user))
            body.add_widget(row)
        body.add_widget(Words(text=say("aplikasi.siapa.isi"), style="small", ink="ink_soft"))
        add = Pill(text=say("aplikasi.siapa.tambah"), kind="plain", icon="add")
        add.bind(on_release=lambda *_: self.add())
        body.add_widget(add)

    def named(self, user) -> str:
        """The sign that was chosen, or a number; who began to join and did not end is said to be so."""
        name = user_name(user, self.say)
        return name if user.ready else self.say("aplikasi.siapa.belum_selesai", nama=name)

    def choose(self, user):
        """Turn to this vault."""
        chosen = (lambda: self.context.shell.only("unlock")) if user.ready else self._join
        self.context.background.run(lambda: self.context.phone.choose(user.id), lambda _none: chosen())

    def _join(self):
        """Whoever tapped this by mistake finds the others by going back."""
        self.context.shell.stand(("who", {}), ("enrol", {}))

    def add(self):
        """Ask for a sign, then join."""
        sheet = Sheet(self.say("aplikasi.siapa.tambah"))
        sheet.add(Notice(icon="info", tone="info", text=self.say("aplikasi.siapa.tambah_isi")))
        card = Card(spacing=dp(6))
        card.add_widget(Words(text=self.say("aplikasi.siapa.tanda"), style="question"))
        if self.sign.parent:
            self.sign.parent.remove_widget(self.sign)
        card.add_widget(self.sign)
        sheet.add(card)
        go = Pill(text=self.say("aplikasi.siapa.lanjut"), icon_after="forward")
        go.bind(on_release=lambda *_: self.begin())
        sheet.add_foot(go)
        self.context.shell.present(sheet)

    def begin(self):
        """Make the vault's folder and ask for the code."""
        sign = self.sign.text.strip()
        self.context.background.run(lambda: self.context.phone.add_user(sign), self._begun)

    def _begun(self, outcome):
        if isinstance(outcome, Refused):
            self.refusal(outcome)
        else:
            self._join()
