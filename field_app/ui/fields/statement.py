"""Signing a statement: nothing is signed here before it was read out whole, on its own screen."""

from field_app.ui.fields.base import Editor
from field_app.ui.fields.evidence import SignedPicture
from field_app.ui.widgets.buttons import Pill


class StatementEditor(Editor):
    """Leads to where the statement is read out, and shows the signature that stands under it."""

    def build(self):
        self.read = Pill(kind="soft", icon="signature")
        self.read.bind(on_release=lambda *_: self.host.read_statement())
        self.show(self.value)

    def show(self, value):
        self.value = value
        self.clear_widgets()
        data = self.host.photo_bytes(value) if isinstance(value, str) else None
        if data:
            self.add_widget(SignedPicture(data))
        self.read.text = self.say(f"aplikasi.tersegel.{'bacakan_lagi' if data else 'bacakan'}")
        self.add_widget(self.read)
