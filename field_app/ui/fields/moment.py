"""Dates, months and times: typed, or turned on wheels; the day is spelled out below."""

from datetime import date

from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout

from field_app.ui import typed
from field_app.ui.fields.base import Editor
from field_app.ui.widgets.buttons import IconButton, Pill, appear
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.wheel import Wheel
from field_app.ui.widgets.words import Column, Words
from schemas import format as written


class MomentEditor(Editor):
    """A typed line with a button that opens the wheels; subclasses name the parts."""

    hint = ""
    parts: tuple[str, ...] = ()

    def build(self):
        row = BoxLayout(size_hint_y=None, spacing=dp(8))
        self.entry = Entry(
            mask=self.mask, settled=self.settled, input_type="number", hint_text=self.say(self.hint), fit=True
        )
        self.entry.disabled = self.field.read_only
        self.entry.private = self.host.is_private()
        self.entry.bind(on_overflow=lambda _entry, most: self.host.overflowed(most))
        self.entry.bind(height=lambda _e, height: setattr(row, "height", height))
        row.height = self.entry.height
        row.add_widget(self.entry)
        if not self.field.read_only:
            self.turn = IconButton(icon="tune", ground="sunken", ink="primary", pos_hint={"center_y": 0.5})
            self.turn.label = self.say("aplikasi.formulir.putar")
            self.turn.bind(on_release=self.toggle)
            row.add_widget(self.turn)
        self.add_widget(row)
        self.wheels = None
        self.spelled = Words(style="small", ink="ink_soft")
        self.add_widget(self.spelled)
        self.show(self.value)

    def shortcuts(self):
        """Widgets above the wheels; only days have some."""
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
        """Where the wheels begin when there is no value yet."""
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
        if self.wheels:
            self.wheels.show(value or self.start())

    def flush(self):
        self.entry.flush()

    def toggle(self, *_):
        """Open or close the wheels."""
        if self.wheels:
            self.remove_widget(self.panel)
            self.wheels = None
            return
        self.wheels = Wheels(self)
        self.panel = Column(spacing=dp(8))
        for widget in (*self.shortcuts(), self.wheels):
            self.panel.add_widget(widget)
        self.add_widget(self.panel)
        appear(self.panel)
        self.wheels.show(self.value or self.start())

    def part_text(self, value, part):
        """One part of a value as a wheel shows it."""
        return ""

    def turning(self, part, by):
        """A finger is on a wheel: what it would be is shown, nothing is kept yet."""
        value = self.step(self.value or self.start(), part, by)
        self.spelled.text = self.spell(value)
        self.wheels.show(value)

    def turned(self, part, by):
        """A wheel was let go of, or a row of it tapped: the row in the middle too is an answer."""
        value = self.step(self.value or self.start(), part, by)
        if value != self.value:
            self.offer(value)
        self.show(value)


class Wheels(BoxLayout):
    """One wheel for each part of a value."""

    def __init__(self, editor, **kwargs):
        super().__init__(spacing=dp(8), size_hint_y=None, **kwargs)
        self._editor = editor
        self.wheels = {}
        for part in editor.parts:
            wheel = Wheel(
                turning=lambda rows, p=part: editor.turning(p, rows),
                turned=lambda rows, p=part: editor.turned(p, rows),
                label=part,
            )
            wheel.bind(height=lambda _w, height: setattr(self, "height", height))
            self.wheels[part] = wheel
            self.add_widget(wheel)
            self.height = wheel.height

    def show(self, value):
        """Show the parts of a value, each between the one before it and the one after it."""
        editor = self._editor
        for part, wheel in self.wheels.items():
            wheel.show(*(editor.part_text(editor.step(value, part, by), part) for by in (-1, 0, 1)))


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
