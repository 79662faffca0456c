"""PIN lupa: the office's code, a new PIN typed twice, then the next code for the office. A code that does not
open is said before a PIN is asked.

Rule: the steps of joining (enrol.py and its .kv), without the office.
"""

from kivy.metrics import dp

from field_app.ui.screens.enrol import EnrolScreen
from field_app.ui.screens.scan import scan
from field_app.ui.widgets.sign import DoneSign
from field_app.ui.widgets.words import Words


class RescueScreen(EnrolScreen):
    """Opens the vault by the office's code."""

    SEALED = "lapangan.tersegel.tidak_ikut_terbuka"
    title = "aplikasi.kunci.kode_judul"
    steps = ("isi", "pin", "selesai")

    _told = ""

    def resumed(self):
        return None

    def begin(self):
        self._bar.disabled = True
        phone, code = self.context.phone, self.code.text.strip()
        told = code == self._told
        self.context.background.run(lambda: phone.check_code(code, told), self._checked)

    def _checked(self, refused):
        if refused is not None:
            self._refuse(refused)
            return
        self._step = "pin"
        self._draw()

    def lines(self):
        return (("kode_pembuka", self.code),)

    def scan(self):
        scan(self.context, "pembuka", lambda code: setattr(self.code, "text", code))

    def whole(self):
        return bool(self.code.text.strip())

    def work(self, pin):
        phone, code = self.context.phone, self.code.text.strip()
        told = code == self._told
        return lambda: phone.rescue(code, pin, told)

    def _refuse(self, refused):
        """What this code leaves closed is said once; the same code again means that she read it."""
        self._told = self.code.text.strip() if refused.say == self.SEALED else ""
        super()._refuse(refused)

    def _done(self, body, code):
        body.add_widget(DoneSign(size_hint_y=None, height=dp(88)))
        body.add_widget(Words(text=self.say("aplikasi.kunci.terbuka"), style="title", align="center"))
        body.add_widget(self._code_card(code))
        self.ids.next.text = self.say("aplikasi.daftar.mulai")
