"""Pemberitahuan data: the words to be read out stand above the question whether they were, and are heard
where somebody recorded them.
"""

from kivy.metrics import dp

from field_app.ui.fields.choose import YaTidakEditor
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.words import Column, Words

FIELD = "persetujuan"
PARTS = ("untuk", "penerima", "hak", "menolak")


class NoticeEditor(YaTidakEditor):
    """The parts of the notice, a button for each recording, then yes and no."""

    def build(self):
        closed = self.field.privacy == "rahasia"
        words = Column(spacing=dp(8))
        for part in PARTS:
            text = self._part(part, closed)
            words.add_widget(Words(text=text, style="body"))
        self.add_widget(words)
        self.buttons: dict[str, Pill] = {}
        found = self.host.recordings()
        for language in found:
            button = Pill(kind="soft", icon="campaign")
            button.bind(on_release=lambda *_, language=language: self._tapped(language))
            self.buttons[language] = button
            self.add_widget(button)
        self._playing = ""
        self._show_playing("")
        if not found:
            none = self.say("aplikasi.suara.tidak_ada")
            self.add_widget(Words(text=none, style="small", ink="ink_soft"))
        super().build()

    def _part(self, part, closed):
        sealed = f"lapangan.pemberitahuan.{part}_tertutup"
        return self.say(sealed if closed and sealed in self.say else f"lapangan.pemberitahuan.{part}")

    def _tapped(self, language):
        """Listen, or stop listening."""
        if self._playing == language:
            self.host.be_quiet()
        elif self.host.listen(language, lambda: self._show_playing("")):
            self._show_playing(language)

    def _show_playing(self, playing):
        self._playing = playing
        for language, button in self.buttons.items():
            on = language == playing
            button.icon = "pause" if on else "campaign"
            named = self.say(f"aplikasi.suara.bahasa_{language}")
            button.text = self.say(
                "aplikasi.suara.berhenti" if on else "aplikasi.suara.dengarkan", bahasa=named
            )
