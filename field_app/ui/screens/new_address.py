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

load_kv(__file__)


class NewAddressScreen(BaseScreen):
    """One line to fill, and what came of it once the worker has looked."""

    def build(self):
        self.address = Entry(hint_text="https://", input_type="url")
        self._scanned, self._waits = "", False
        self._draw(self.context.phone.new_address.refused)

    def enter(self):
        self._waits = self._waits or self.context.phone.new_address.looks
        self.heard()

    def heard(self):
        """The worker looks, or has looked."""
        office = self.context.phone.new_address
        self.ids.go.disabled = office.looks
        self.ids.go.text = self.say(f"aplikasi.pindah.{'mencari' if office.looks else 'coba'}")
        if self._waits and not office.looks:
            self._waits = False
            self._answered(office.refused)

    def _draw(self, refused=None):
        body, say = self.ids.page.body, self.say
        if self.address.parent:
            self.address.parent.remove_widget(self.address)
        body.clear_widgets()
        if refused is not None:
            said = say(refused.say, **refused.values)
            body.add_widget(Notice(icon="error", tone="bad", text=said))
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
        """Read the office's QR by the camera, and look there at once; its address stands as if typed."""
        scan(self.context, "alamat", self._take)

    def _take(self, text):
        self._scanned, self.address.text = text, text.split()[0]
        self.go()

    def go(self):
        """Have the worker look there; what was scanned counts with the signature that stood beside it."""
        typed = self.address.text.strip()
        whole = self._scanned if self._scanned.split()[:1] == [typed] else typed
        refused = self.context.phone.new_address.go(whole)
        if refused is not None:
            self._draw(refused)
            return
        self._waits = True
        self.heard()

    def _answered(self, refused):
        if refused is not None:
            self._draw(refused)
            return
        self.context.shell.back()
        self.context.shell.toast(self.say("aplikasi.pindah.berhasil"), "done", 6)
