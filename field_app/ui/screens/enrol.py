"""Daftarkan perangkat: address and one-use code, four words to compare with the office, a PIN typed twice.

Rule: nothing of the office is shown before it has compared the words; a refusal says what to do and keeps
what was typed.
"""

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.widget import Widget

from field_app.ui.kv import load_kv
from field_app.ui.screens.scan import scan
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Card, Whole
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.pairs import Pairs
from field_app.ui.widgets.pin import Dots, PinPad, PinPlace
from field_app.ui.widgets.sign import DoneSign
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused, Waiting
from schemas.joining import scanned

load_kv(__file__)

EASY = ("123456", "654321", "012345", "543210")
ASK_EVERY_S = 2


def sealed_notice(say) -> Notice:
    """What a wiped vault left is brought to the office with the phone."""
    return Notice(icon="office", tone="notice", text=say("aplikasi.dihapus.tersegel"))


class EnrolScreen(BaseScreen):
    """One step at a time."""

    title = "aplikasi.daftar.judul"
    steps = ("isi", "kata", "pin", "selesai")

    def build(self, wiped: bool = False):
        self._is_wiped = wiped
        self._step, self._first, self._problem, self._office = "isi", "", "", ""
        self._waiting, self._asking, self._in_front = None, None, False
        self._bar, self._next = self.ids.bar.__self__, self.ids.next.__self__
        self._page, self._keys = self.ids.page.__self__, Whole()
        self.address = Entry(hint_text="https://", input_type="url")
        self.code = Entry(input_type="text")
        for entry in (self.address, self.code):
            entry.bind(text=lambda _entry, text: self.take_apart(text))
        self.pad = PinPad()
        self._draw()

    def enter(self):
        self._in_front = True
        self.context.background.run(self.resumed, self._resume)

    def returned(self):
        self.enter()

    def leave(self):
        self._in_front = False
        self._stop_asking()

    def back(self):
        if self._step == "pin" and not self._first and "kata" in self.steps:
            return False  # let in already: no step lies before this one, and it is come back to
        if self._step in ("kata", "pin"):
            self._stop_asking()
            self._step = "pin" if self._first and "kata" in self.steps else "isi"
            self._first = ""
            self.pad.clear()
            self._draw()
            return True
        return False

    def resumed(self):
        """What was waited for when the app was closed."""
        return self.context.phone.waiting()

    def _resume(self, waiting):
        if waiting is not None and self._step == "isi":
            self._wait(waiting)

    def _draw(self, enrolled=None):
        body = self._page.body
        for entry in (self.address, self.code):
            if entry.parent:
                entry.parent.remove_widget(entry)
        body.clear_widgets()
        for part in (self._bar, self._page, self._keys):
            if part.parent:
                self.remove_widget(part)
        self.columns = 1
        if self._step == "pin":
            self._ask_pin()
        else:
            self.add_widget(self._page)
            body.add_widget(self._step_words())
            {"isi": self._ask_code, "kata": self._show_words}.get(
                self._step, lambda body: self._done(body, enrolled)
            )(body)
            self._page.to_top()
        if self._step in ("isi", "selesai"):
            self._bar.disabled = False
            self.add_widget(self._bar)
        self._problem = ""

    def _step_words(self):
        number, all_steps = self.steps.index(self._step) + 1, len(self.steps)
        words = self.say("aplikasi.daftar.langkah", ke=number, semua=all_steps)
        return Words(text=words, style="caption", ink="primary")

    def _ask_code(self, body):
        say = self.say
        body.add_widget(Words(text=say(self.title), style="title"))
        if self._problem:
            body.add_widget(Notice(icon="error", tone="bad", text=self._problem))
        if "kata" in self.steps:
            self._tell_wiped(body)
        scanning = Pill(kind="soft", icon="qr", text=say("aplikasi.pindai.tombol"))
        scanning.bind(on_release=lambda *_: self.scan())
        body.add_widget(scanning)
        for key, entry in self.lines():
            card = Card()
            card.add_widget(Words(text=say(f"aplikasi.daftar.{key}"), style="question"))
            card.add_widget(Words(text=say(f"aplikasi.daftar.{key}_petunjuk"), style="small", ink="ink_soft"))
            card.add_widget(entry)
            body.add_widget(card)
        if self.context.shell.leads_back:
            back = Pill(text=say("tombol.kembali"), kind="plain", icon="back")
            back.bind(on_release=lambda *_: self.context.shell.back())
            body.add_widget(back)
        self._next.text = say("aplikasi.daftar.lanjut")

    def _tell_wiped(self, body):
        """What was done by the office's order, and what of it lies here still, also after a new start."""
        left = self.context.phone.left_sealed()
        if self._is_wiped:
            body.add_widget(Notice(icon="office", tone="info", text=self.say("aplikasi.dihapus.kantor")))
            if not left:
                body.add_widget(Notice(icon="check", tone="good", text=self.say("aplikasi.dihapus.diterima")))
        if left:
            body.add_widget(sealed_notice(self.say))

    def _show_words(self, body):
        say = self.say
        body.add_widget(Words(text=say("aplikasi.kata.judul"), style="title", align="center"))
        card, words = Card(padding=(dp(16), dp(9))), Pairs(spacing=dp(6))
        for word in self._waiting.words:
            words.add_widget(Words(text=word, style="title", ink="primary", align="center"))
        card.add_widget(words)
        body.add_widget(card)
        body.add_widget(Words(text=say("aplikasi.kata.isi"), align="center", ink="ink_soft"))
        trouble = self._waiting.trouble
        said = say(trouble) if trouble else say("aplikasi.kata.menunggu")
        icon, tone = ("warning", "notice") if trouble else ("hourglass", "info")
        body.add_widget(Notice(icon=icon, tone=tone, text=said))
        differ = Pill(text=say("aplikasi.kata.beda"), kind="plain", icon="close")
        differ.bind(on_release=lambda *_: self.give_up())
        body.add_widget(differ)

    def _ask_pin(self):
        say = self.say
        self.pad, self.dots = PinPad(size_hint_max_y=dp(300)), Dots()
        self.pad.bind(
            pin=lambda _p, pin: setattr(self.dots, "count", len(pin)),
            on_typed=lambda _p, pin: self.typed(pin),
        )
        title = "aplikasi.daftar.pin_ulang" if self._first else "aplikasi.daftar.pin_judul"
        known = say("aplikasi.kata.diterima", kantor=self._office) if self._office else ""
        icon, tone = ("error", "bad") if self._problem else ("pin", "info")
        place = PinPlace(padding=(dp(24), dp(12)), spacing=dp(8))
        place.bind(beside=lambda _place, beside: setattr(self, "columns", 2 if beside else 1))
        for part in (
            self._step_words(),
            Words(text=say(title), style="title", align="center"),
            Words(text=known, style="small", ink="ink_soft", align="center") if known else None,
            Notice(icon=icon, tone=tone, text=self._problem or say("aplikasi.daftar.pin_isi")),
            self.dots,
            self.pad,
            Words(text=say("aplikasi.daftar.lupa"), style="small", ink="ink_soft", align="center"),
            Widget(size_hint_min_y=dp(2)),
        ):
            if part:
                place.add_widget(part)
        self._keys = Whole()
        self._keys.add_widget(place)
        self.add_widget(self._keys)

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
        self._next.text = say("aplikasi.daftar.mulai")

    def _code_card(self, code):
        card = Card(spacing=dp(6))
        card.add_widget(Words(text=self.say("aplikasi.daftar.kode_pembuka"), style="question"))
        card.add_widget(Words(text=code, style="heading", ink="primary"))
        card.add_widget(
            Words(text=self.say("aplikasi.daftar.kode_pembuka_isi"), style="small", ink="ink_soft")
        )
        return card

    def next(self):
        """The button of the first and the last step."""
        if self._step == "selesai":
            self.context.shell.restyle(rebuild=False)
            self.context.shell.come_back()
        elif self.whole():
            self.begin()
        else:
            self._problem = self.say("aplikasi.daftar.kosong")
            self._draw()

    def begin(self):
        """Use the code at the office."""
        self._bar.disabled = True
        self._next.text = self.say("aplikasi.daftar.mendaftar")
        phone, address, code = self.context.phone, self.address.text.strip(), self.code.text.strip()
        self.context.background.run(lambda: phone.join(address, code), self._heard_of)

    def _heard_of(self, outcome):
        """What the office says: wait, come in, or no."""
        self._stop_asking()
        if isinstance(outcome, Refused):
            self._refuse(outcome)
        elif isinstance(outcome, Waiting):
            self._wait(outcome)
        elif self._step == "kata":
            self._step, self._office = "pin", outcome.office
            self._draw()

    def _wait(self, waiting):
        if (self._step, self._waiting) != ("kata", waiting):
            self._step, self._waiting = "kata", waiting
            self._draw()
        if self._in_front and self._asking is None:
            self._asking = Clock.schedule_once(lambda _dt: self._ask(), ASK_EVERY_S)

    def _ask(self):
        self.context.background.run(
            self.context.phone.ask_joined,
            lambda outcome: self._heard_of(outcome) if self._step == "kata" else None,
        )

    def _stop_asking(self):
        if self._asking:
            self._asking.cancel()
        self._asking = None

    def _refuse(self, refused):
        self._stop_asking()
        self._step = "isi"
        self._problem = self.say(refused.say, **refused.values)
        self._draw()

    def give_up(self):
        """The words differ: forget the code, and say what to do."""
        self._stop_asking()
        self.code.text = ""
        self.context.background.run(
            self.context.phone.give_up, lambda _none: self._refuse(Refused(say="aplikasi.kata.beda_isi"))
        )

    def take_apart(self, text):
        """The office's QR says address and code in one line: pasted anywhere, it fills both."""
        said = scanned(text)
        if said is not None:
            self.address.text, self.code.text = said

    def scan(self):
        """Read the office's QR by the camera: it fills what pasting its text fills."""
        scan(self.context, "daftar", self._scanned)

    def _scanned(self, text):
        self.take_apart(text)
        self.context.shell.toast(self.say("aplikasi.pindai.terisi_daftar"), "done", 6)

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
            self._set_pin(pin)
            return
        self._draw()

    def _set_pin(self, pin):
        self.pad.disabled = True
        self.working(self.work(pin), "aplikasi.daftar.simpan_pin", self._answered)

    def work(self, pin):
        """What is asked of the phone."""
        phone = self.context.phone
        return lambda: phone.finish(pin)

    def _answered(self, outcome):
        self.pad.disabled = False
        self._first = ""
        if isinstance(outcome, Refused):
            self._refuse(outcome)
            return
        self._step = "selesai"
        self.context.shell.stay()  # the phone is open: a lock screen behind this one would ask again
        self._draw(outcome)
