"""Editors that are typed in: text, long text, numbers, money. Saved after a pause and when left."""

from typing import Any

from field_app.ui import typed
from field_app.ui.fields.base import Editor
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.words import Words


class WriteEditor(Editor):
    """One Entry; subclasses say how text and value belong together."""

    def build(self):
        self.entry = Entry(settled=self.settled, **self.entry_options())
        self.entry.private = self.host.is_private()
        self.entry.bind(on_overflow=lambda _entry, most: self.host.overflowed(most))
        self.entry.show(self.text_of(self.value))
        self.entry.disabled = self.field.read_only
        self.add_widget(self.entry)

    def entry_options(self) -> dict[str, Any]:
        """What kind of typing this is."""
        return {}

    def text_of(self, value: Any) -> str:
        """A stored value as typed text."""
        return "" if value is None else str(value)

    def value_of(self, text: str) -> Any:
        """Typed text as a value; None when there is nothing."""
        return text.strip() or None

    def settled(self, text: str) -> None:
        """A pause in typing."""
        value = self.value_of(text)
        if value != self.value:
            self.offer(value)

    def show(self, value):
        self.value = value
        if not self.entry.focus:
            self.entry.show(self.text_of(value))

    def flush(self):
        self.entry.flush()


class TeksEditor(WriteEditor):
    """One line; with `digits`, a number in groups of four on the number pad, and how many there are."""

    def build(self):
        super().build()
        self.counted = Words(style="small")
        if self.field.digits and not self.field.read_only:
            self.entry.bind(text=lambda _entry, text: self._count(text))
            self._count(self.entry.text)

    def _count(self, text):
        """Say how many digits stand there, and how many there should be."""
        count, wanted = len(typed.digits_of(text)), self.field.digits
        if not count:
            self.remove_widget(self.counted)
            return
        key = "angka_lebih" if count > wanted else "angka_pas" if count == wanted else "angka_kurang"
        self.counted.ink = {"angka_lebih": "bad", "angka_pas": "good"}.get(key, "ink_soft")
        self.counted.text = self.say(
            f"aplikasi.formulir.{key}", ada=count, wajib=wanted, lebih=max(0, count - wanted)
        )
        if not self.counted.parent:
            self.add_widget(self.counted)

    def entry_options(self):
        digits = self.field.digits
        if digits:
            return {"mask": lambda text: typed.grouped(text, digits), "input_type": "number"}
        if "telepon" in self.field.checks:  # one that is too long is no number, and a cut one another's
            return {"input_type": "tel", "max_length": typed.MOST_DIGITS}
        return {"grows": True, "max_length": self.field.max_length}

    def text_of(self, value):
        return typed.grouped(str(value or ""), self.field.digits) if self.field.digits else str(value or "")

    def value_of(self, text):
        return (typed.digits_of(text) if self.field.digits else text.strip()) or None


class TeksPanjangEditor(WriteEditor):
    """Several lines; the box grows with them."""

    def entry_options(self):
        return {"multiline": True, "max_length": self.field.max_length}


class AngkaEditor(WriteEditor):
    """A number with its unit behind it."""

    def entry_options(self):
        decimal = self.field.decimal
        return {
            "mask": lambda text: typed.number_text(text, decimal),
            # some number pads of Android have neither comma nor minus
            "input_type": "null" if decimal else "number",
            "suffix": self.field.unit,
        }

    def text_of(self, value):
        return typed.number_shown(value)

    def value_of(self, text):
        return typed.number_value(text)


class UangEditor(WriteEditor):
    """Whole rupiah: dots come by themselves."""

    def entry_options(self):
        return {"mask": typed.rupiah, "reads": typed.without_sen, "input_type": "number", "prefix": "Rp"}

    def text_of(self, value):
        return "" if value is None else typed.rupiah(str(value))

    def value_of(self, text):
        return typed.rupiah_value(text)
