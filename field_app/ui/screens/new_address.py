"""Alamat kantor: where the office is by now, scanned or typed, when it has moved and this phone missed it.

Rule: the address changes only where the office answers there; a refusal keeps what was typed.
"""

from field_app.ui.kv import load_kv
from field_app.ui.screens.scan import scan
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.facts import Fact
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused

load_kv(__file__)


class NewAddressScreen(BaseScreen):
    """One line to fill, and what came of it."""

    def build(self):
        self.address = Entry(hint_text="https://", input_type="url")
        self._draw()

    def _draw(self, problem=""):
        body, say = self.ids.page.body, self.say
        if self.address.parent:
            self.address.parent.remove_widget(self.address)
        body.clear_widgets()
        if problem:
            body.add_widget(Notice(icon="error", tone="bad", text=problem))
        body.add_widget(Words(text=say("aplikasi.pindah.isi"), style="small", ink="ink_soft"))
        present = self.context.phone.new_address.present
        body.add_widget(Fact(icon="office", label=say("aplikasi.pindah.sekarang"), text=present))
        scanning = Pill(kind="soft", icon="qr", text=say("aplikasi.pindai.tombol"))
        scanning.bind(on_release=lambda *_: self.scan())
        body.add_widget(scanning)
        card = Card()
        card.add_widget(Words(text=say("aplikasi.pindah.baru"), style="question"))
        card.add_widget(Words(text=say("aplikasi.pindah.baru_petunjuk"), style="small", ink="ink_soft"))
        card.add_widget(self.address)
        body.add_widget(card)
        self.ids.page.to_top()

    def scan(self):
        """Read the office's QR by the camera: what it says stands there as if typed, and is tried at once."""
        scan(self.context, "alamat", self._scanned)

    def _scanned(self, text):
        self.address.text = text
        self.go()

    def go(self):
        """Look for the office there."""
        phone, text = self.context.phone, self.address.text
        self.ids.go.disabled = True
        self.working(lambda: phone.new_address.go(text), "aplikasi.pindah.mencoba", self._answered)

    def _answered(self, outcome):
        self.ids.go.disabled = False
        if isinstance(outcome, Refused):
            self._draw(self.say(outcome.say, **outcome.values))
            return
        self.context.shell.back()
        self.context.shell.toast(self.say("aplikasi.pindah.berhasil"), "done", 6)
