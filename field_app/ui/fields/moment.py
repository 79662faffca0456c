"""Dates, months and times: typed, or turned step by step; the day is spelled out below."""

from datetime import date

from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout

from field_app.ui import typed
from field_app.ui.fields.base import Editor
from field_app.ui.widgets.buttons import IconButton, Pill, appear
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.words import Column, Words
from schemas import format as written


class MomentEditor(Editor):
    """A typed line with a button that opens the steppers; subclasses name the parts."""

    hint = ""
    parts: tuple[str, ...] = ()

    def build(self):
        row = BoxLayout(size_hint_y=None, spacing=dp(8))
        self.entry = Entry(
            mask=self.mask, settled=self.settled, input_type="number", hint_text=self.say(self.hint), fit=True
        )
        self.entry.disabled = self.field.read_only
        self.entry.private = self.host.is_private()
        self.entry.bind(height=lambda _e, height: setattr(row, "height", height))
        row.height = self.entry.height
        row.add_widget(self.entry)
        if not self.field.read_only:
            self.turn = IconButton(icon="tune", ground="sunken", ink="primary", pos_hint={"center_y": 0.5})
            self.turn.label = self.say("aplikasi.formulir.putar")
            self.turn.bind(on_release=self.toggle)
            row.add_widget(self.turn)
        self.add_widget(row)
        self.steppers = None
        self.spelled = Words(style="small", ink="ink_soft")
        self.add_widget(self.spelled)
        self.show(self.value)

    def shortcuts(self):
        """Widgets above the steppers; only days have some."""
        return []

    def mask(self, text):
        """Shape what is typed."""
        return text

    def value_of(self, text):
        """The value of a whole text, else None."""
        return

    def shown(self, value):
        """A value as typed text."""
        return value or ""

    def spell(self, value):
        """A value in words."""
        return ""

    def step(self, value, part, by):
        """A value moved by one step."""
        return value

    def start(self):
        """Where the steppers begin when there is no value yet."""
        return self.host.today().isoformat()

    def settled(self, text):
        """A pause in typing: a whole value is saved, half a value is said so, an empty line clears."""
        value = self.value_of(text)
        self.entry.wrong = bool(text) and value is None
        if self.entry.wrong:
            self.spelled.ink, self.spelled.text = "bad", self.say(f"{self.hint}_salah")
            return
        if value != self.value:
            self.offer(value)
        self.show(value)

    def show(self, value):
        self.value = value
        if self.value_of(self.entry.text) != value:
            self.entry.show(self.shown(value))
        self.entry.wrong = False
        self.spelled.ink, self.spelled.text = "ink_soft", self.spell(value) if value else ""
        if self.steppers:
            self.steppers.show(value or self.start())

    def flush(self):
        self.entry.flush()

    def toggle(self, *_):
        """Open or close the steppers."""
        if self.steppers:
            self.remove_widget(self.panel)
            self.steppers = None
            return
        self.steppers = Steppers(self.parts, self.part_text, self.turned)
        self.panel = Column(spacing=dp(8))
        for widget in (*self.shortcuts(), self.steppers):
            self.panel.add_widget(widget)
        self.add_widget(self.panel)
        appear(self.panel)
        self.steppers.show(self.value or self.start())

    def part_text(self, value, part):
        """One part of a value as a stepper shows it."""
        return ""

    def turned(self, part, by):
        """A step was made."""
        value = self.step(self.value or self.start(), part, by)
        self.offer(value)
        self.show(value)


class Steppers(BoxLayout):
    """One column for each part: up, the value, down."""

    def __init__(self, parts, text_of, turned, **kwargs):
        super().__init__(spacing=dp(8), size_hint_y=None, **kwargs)
        self._text_of = text_of
        self._values = {}
        for part in parts:
            column = Column(spacing=dp(2))
            for icon, by in (("collapse", 1), (None, 0), ("expand", -1)):
                if icon is None:
                    self._values[part] = Words(style="heading", align="center", shrink=True)
                    column.add_widget(self._values[part])
                    continue
                button = IconButton(
                    icon=icon, ground="sunken", ink="primary", size_hint=(1, None), height=dp(48)
                )
                button.label = f"{part}{by:+d}"
                button.bind(on_release=lambda _b, p=part, n=by: turned(p, n))
                column.add_widget(button)
            column.bind(height=lambda _c, height: setattr(self, "height", height))
            self.add_widget(column)
            self.height = column.height

    def show(self, value):
        """Show the parts of a value."""
        for part, words in self._values.items():
            words.text = self._text_of(value, part)


class TanggalEditor(MomentEditor):
    """A day."""

    hint = "aplikasi.formulir.hari_bulan_tahun"
    parts = ("hari", "bulan", "tahun")

    def shortcuts(self):
        row = BoxLayout(size_hint_y=None, height=dp(48), spacing=dp(8))
        for word, days in (("umum.hari_ini", 0), ("umum.kemarin", -1)):
            button = Pill(text=self.say(word), kind="soft", compact=True)
            button.bind(on_release=lambda _b, n=days: self.jump(n))
            row.add_widget(button)
        return [row]

    def jump(self, days):
        """Today, or another day near it."""
        value = date.fromordinal(self.host.today().toordinal() + days).isoformat()
        self.offer(value)
        self.show(value)

    def mask(self, text):
        return typed.day_text(text)

    def value_of(self, text):
        return typed.day_value(text)

    def shown(self, value):
        return typed.day_shown(value)

    def spell(self, value):
        return written.long_date(date.fromisoformat(value))

    def step(self, value, part, by):
        return typed.step_day(value, part, by)

    def part_text(self, value, part):
        year, month, day = value.split("-")
        return {"hari": str(int(day)), "bulan": written.MONTHS[int(month) - 1][:3], "tahun": year}[part]


class BulanEditor(MomentEditor):
    """A month."""

    hint = "aplikasi.formulir.bulan_tahun"
    parts = ("bulan", "tahun")

    def start(self):
        return self.host.today().isoformat()[:7]

    def mask(self, text):
        return typed.month_text(text)

    def value_of(self, text):
        return typed.month_value(text)

    def shown(self, value):
        return typed.month_shown(value)

    def spell(self, value):
        return written.month_name(date.fromisoformat(f"{value}-01"))

    def step(self, value, part, by):
        return typed.step_month(value, part, by)

    def part_text(self, value, part):
        year, month = value.split("-")
        return written.MONTHS[int(month) - 1] if part == "bulan" else year


class JamEditor(MomentEditor):
    """A time of day."""

    hint = "aplikasi.formulir.jam_menit"
    parts = ("jam", "menit")

    def start(self):
        return "09:00"

    def mask(self, text):
        return typed.time_text(text)

    def value_of(self, text):
        return typed.time_value(text)

    def shown(self, value):
        return typed.time_shown(value)

    def spell(self, value):
        return self.say("aplikasi.formulir.pukul", jam=value.replace(":", "."))

    def step(self, value, part, by):
        return typed.step_time(value, part, by)

    def part_text(self, value, part):
        return value.split(":")[0 if part == "jam" else 1]
