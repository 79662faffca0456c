"""Pengaturan: text size with a sample, light or dark, Wi-Fi only for photos, lock now."""

from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head, switch  # noqa: F401 - named in the .kv

load_kv(__file__)

STEPS = (1.0, 1.15, 1.3, 1.45, 1.6)


class SettingsScreen(BaseScreen):
    """Each setting is kept at once."""

    def build(self):
        settings = self.context.phone.settings
        self.ids.light.chosen, self.ids.dark.chosen = not settings.dark, settings.dark
        self.ids.wifi.on = bool(settings.wifi_only)
        self.ids.wifi.bind(on=lambda _s, on: setattr(settings, "wifi_only", on))
        self.ids.size.text = self.say(
            "aplikasi.pengaturan.ukuran_nilai", persen=round(settings.text_scale * 100)
        )
        self.ids.smaller.disabled = settings.text_scale <= STEPS[0]
        self.ids.larger.disabled = settings.text_scale >= STEPS[-1]

    def resize(self, by: int):
        """One step smaller or larger."""
        settings = self.context.phone.settings
        nearest = min(range(len(STEPS)), key=lambda index: abs(STEPS[index] - settings.text_scale))
        settings.text_scale = STEPS[max(0, min(len(STEPS) - 1, nearest + by))]
        self.context.shell.restyle()

    def shade(self, dark: bool):
        """Light or dark."""
        if self.context.phone.settings.dark != dark:
            self.context.phone.settings.dark = dark
            self.context.shell.restyle()

    def lock(self):
        """Close the vault; the PIN is asked again."""
        self.context.background.run(self.context.phone.lock, lambda _none: self.context.shell.only("unlock"))
