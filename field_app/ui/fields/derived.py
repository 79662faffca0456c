"""A value that is shown and never typed: computed by the phone, or known by the office."""

from field_app.ui.fields.base import Editor
from field_app.ui.values import shown
from field_app.ui.widgets.words import Notice


class TurunanEditor(Editor):
    """Shows the value in words, or that it comes by itself."""

    def build(self):
        self.notice = Notice(icon="number", tone="quiet")
        self.add_widget(self.notice)
        self.show(self.value)

    def show(self, value):
        self.value = value
        self.notice.text = shown(self.field, value, self.say) or self.say("aplikasi.formulir.dihitung")


class ReadOnlyEditor(Editor):
    """Shows what the office or the phone filled in."""

    def build(self):
        self.notice = Notice(icon="lock", tone="quiet")
        self.add_widget(self.notice)
        self.show(self.value)

    def show(self, value):
        self.value = value
        self.notice.text = shown(self.field, value, self.say, self._name) or self.say("umum.belum_diisi")

    def _name(self, field, key):
        if hasattr(field, "to"):
            return self.host.reference_name(field.to, key)
        place = self.host.regions().get(key)
        return place.nama if place else key
