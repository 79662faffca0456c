"""Daftarkan perangkat: the office's address and one-use code, a PIN typed twice, then who the office is.

Rule: nothing is kept until the office answered; a refusal says what to do and keeps what was typed.
"""

from kivy.metrics import dp

from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.pin import Dots, PinPad
from field_app.ui.widgets.sign import DoneSign
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused

load_kv(__file__)

EASY = ("123456", "654321", "012345", "543210")


def scanned(text: str) -> tuple[str, str] | None:
    """Address and code of what the office's QR says, "<address> <code>"; None for any other text."""
    parts = text.split()
    if len(parts) != 2 or not parts[0].lower().startswith(("http://", "https://")):
        return None
    return parts[0], parts[1]


class EnrolScreen(BaseScreen):
    """Three steps, one at a time."""

    title = "aplikasi.daftar.judul"

    def build(self):
        self._step, self._first, self._problem = 1, "", ""
        self.address = Entry(hint_text="https://", input_type="url")
        self.code = Entry(input_type="text")
        for entry in (self.address, self.code):
            entry.bind(text=lambda _entry, text: self.take_apart(text))
        self.pad = PinPad(size_hint_y=None, height=dp(280))
        self.dots = Dots()
        self.pad.bind(
            pin=lambda _p, pin: setattr(self.dots, "count", len(pin)),
            on_typed=lambda _p, pin: self.typed(pin),
        )
        self._draw()

    def back(self):
        if self._step == 2:
            self._step, self._first = 1, ""
            self.pad.clear()
            self._draw()
            return True
        return False

    def _draw(self, enrolled=None):
        body, say = self.ids.page.body, self.say
        for entry in (self.address, self.code, self.pad, self.dots):
            if entry.parent:
                entry.parent.remove_widget(entry)
        body.clear_widgets()
        self.ids.bar.opacity, self.ids.bar.disabled = (1, False) if self._step != 2 else (0, True)
        body.add_widget(
            Words(text=say("aplikasi.daftar.langkah", ke=self._step), style="caption", ink="primary")
        )
        if self._step == 1:
            body.add_widget(Words(text=say(self.title), style="title"))
            if self._problem:
                body.add_widget(Notice(icon="error", tone="bad", text=self._problem))
            for key, entry in self.lines():
                card = Card()
                card.add_widget(Words(text=say(f"aplikasi.daftar.{key}"), style="question"))
                card.add_widget(
                    Words(text=say(f"aplikasi.daftar.{key}_petunjuk"), style="small", ink="ink_soft")
                )
                card.add_widget(entry)
                body.add_widget(card)
            self.ids.next.text = say("aplikasi.daftar.lanjut")
        elif self._step == 2:
            title = "aplikasi.daftar.pin_ulang" if self._first else "aplikasi.daftar.pin_judul"
            body.add_widget(Words(text=say(title), style="title", align="center"))
            hint = self._problem or say("aplikasi.daftar.pin_isi")
            body.add_widget(
                Notice(
                    icon="error" if self._problem else "pin",
                    tone="bad" if self._problem else "info",
                    text=hint,
                )
            )
            body.add_widget(self.dots)
            body.add_widget(self.pad)
            body.add_widget(
                Words(text=say("aplikasi.daftar.lupa"), style="small", ink="ink_soft", align="center")
            )
        else:
            self._done(body, enrolled)
        self._problem = ""
        self.ids.page.to_top()

    def _done(self, body, enrolled):
        say = self.say
        body.add_widget(DoneSign(size_hint_y=None, height=dp(88)))
        body.add_widget(Words(text=say("aplikasi.daftar.selesai"), style="title", align="center"))
        body.add_widget(
            Words(
                text=say("aplikasi.daftar.selesai_isi", kantor=enrolled.office),
                align="center",
                ink="ink_soft",
            )
        )
        body.add_widget(self._code_card(enrolled.rescue_code))
        if enrolled.for_development:
            body.add_widget(Notice(icon="device", tone="notice", text=say("aplikasi.daftar.pengembangan")))
        self.ids.next.text = say("aplikasi.daftar.mulai")

    def _code_card(self, code):
        card = Card(spacing=dp(6))
        card.add_widget(Words(text=self.say("aplikasi.daftar.kode_pembuka"), style="question"))
        card.add_widget(Words(text=code, style="heading", ink="primary"))
        card.add_widget(
            Words(text=self.say("aplikasi.daftar.kode_pembuka_isi"), style="small", ink="ink_soft")
        )
        return card

    def next(self):
        """The button of steps one and three."""
        if self._step == 3:
            self.context.shell.restyle(rebuild=False)
            self.context.shell.only("home")
        elif self.whole():
            self._step = 2
            self._draw()
        else:
            self._problem = self.say("aplikasi.daftar.kosong")
            self._draw()

    def take_apart(self, text):
        """The office's QR says address and code in one line: pasted anywhere, it fills both."""
        said = scanned(text)
        if said is not None:
            self.address.text, self.code.text = said

    def lines(self):
        """What step one asks: (text key, where it is typed)."""
        return (("alamat", self.address), ("kode", self.code))

    def whole(self) -> bool:
        """Whether step one is filled."""
        return bool(self.address.text.strip() and self.code.text.strip())

    def typed(self, pin):
        """A whole PIN: the first, or its repetition."""
        self.pad.clear()
        if not self._first and (pin in EASY or len(set(pin)) == 1):
            self._problem = self.say("aplikasi.daftar.pin_lemah")
        elif not self._first:
            self._first = pin
        elif pin != self._first:
            self._first, self._problem = "", self.say("aplikasi.daftar.pin_beda")
        else:
            self._enrol(pin)
            return
        self._draw()

    def _enrol(self, pin):
        self.pad.disabled = True
        self.context.shell.toast(self.say("aplikasi.daftar.mendaftar"), "sync", 2)
        self.context.background.run(self.work(pin), self._answered)

    def work(self, pin):
        """What is asked of the phone."""
        phone, address, code = self.context.phone, self.address.text.strip(), self.code.text.strip()
        return lambda: phone.enrol(address, code, pin)

    def _answered(self, outcome):
        self.pad.disabled = False
        self._first = ""
        if isinstance(outcome, Refused):
            self._step = 1
            self._problem = self.say(outcome.say, **outcome.values)
            self._draw()
            return
        self._step = 3
        self._draw(outcome)
