"""Editors that are tapped: one of several, several, yes or no. Saved at the tap."""

from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout

from field_app.ui.fields.base import Editor
from field_app.ui.widgets.buttons import Choice
from field_app.ui.widgets.pairs import Pairs


class PilihanEditor(Editor):
    """One option; tapping the chosen one again changes nothing (clearing is in *Lewati*)."""

    def build(self):
        self.choices = []
        self.add_widget(pairs := Pairs(spacing=dp(8)))
        for option in self.field.options:
            choice = Choice(text=option.label, code=option.code, disabled=self.field.read_only)
            choice.bind(on_release=self.tapped)
            self.choices.append(choice)
            pairs.add_widget(choice)
        self.show(self.value)

    def show(self, value):
        self.value = value
        for choice in self.choices:
            choice.chosen = choice.code == value
            choice.earlier = self.say("aplikasi.formulir.dulu") if choice.code == self.earlier else ""

    def tapped(self, choice):
        """Choose, show, save."""
        self.show(choice.code)
        self.offer(choice.code)


class MultiEditor(PilihanEditor):
    """Any of the options; an exclusive one stands alone."""

    def build(self):
        super().build()
        for choice in self.choices:
            choice.many = True

    def show(self, value):
        self.value = value
        chosen = value if isinstance(value, (list, tuple)) else ()
        for choice in self.choices:
            choice.chosen = choice.code in chosen

    def tapped(self, choice):
        chosen = set(self.value or ()) ^ {choice.code}
        if choice.code in chosen:
            alone = set(self.field.exclusive)
            chosen = {choice.code} if choice.code in alone else chosen - alone
        value = [option.code for option in self.field.options if option.code in chosen]
        self.show(value)
        self.offer(value or None)


class YaTidakEditor(Editor):
    """Yes and no beside each other."""

    def build(self):
        row = BoxLayout(spacing=dp(8), size_hint_y=None)
        self.choices = []
        for word, code in (("umum.ya", True), ("umum.tidak", False)):
            choice = Choice(text=self.say(word), code=code, disabled=self.field.read_only)
            choice.bind(on_release=self.tapped, height=lambda item, height: setattr(row, "height", height))
            self.choices.append(choice)
            row.add_widget(choice)
        row.height = self.choices[0].height
        self.add_widget(row)
        self.show(self.value)

    def show(self, value):
        self.value = value
        for choice in self.choices:
            choice.chosen = value is choice.code

    def tapped(self, choice):
        """Choose, show, save."""
        self.show(choice.code)
        self.offer(choice.code)
