"""Pengaturan: size of text, light or dark, Wi-Fi only for photos, how much stays on the phone, lock now."""

from msgspec.structs import replace

from field_app.settings import KEEP_DAYS, KEEP_MB, MEGABYTE
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head, stepper, switch  # noqa: F401 - named in the .kv
from field_app.ui.widgets.stepper import stepped
from schemas import format as written

load_kv(__file__)

STEPS = (1.0, 1.15, 1.3, 1.45, 1.6)


class SettingsScreen(BaseScreen):
    """Each setting is kept at once."""

    def build(self):
        settings = self.context.phone.settings
        self.ids.light.chosen, self.ids.dark.chosen = not settings.dark, settings.dark
        self.ids.wifi.on = bool(settings.wifi_only)
        self.ids.wifi.bind(on=lambda _s, on: setattr(settings, "wifi_only", on))
        size = self.say("aplikasi.pengaturan.ukuran_nilai", persen=round(settings.text_scale * 100))
        self._show(self.ids.size, size, settings.text_scale, STEPS)
        used = written.size(self.context.phone.used_bytes())
        self.ids.used.text = self.say("aplikasi.pengaturan.terpakai", ukuran=used)
        self._show_keeping()

    def _show(self, shown, text: str, value: float, steps: tuple[float, ...]):
        shown.text, shown.is_least, shown.is_most = text, value <= steps[0], value >= steps[-1]

    def _show_keeping(self):
        keeping = self.context.phone.settings.keeping
        most_mb = keeping.most_bytes // MEGABYTE
        key, most = ("gb", most_mb // 1024) if most_mb >= 1024 else ("mb", most_mb)
        self._show(self.ids.most, self.say(f"aplikasi.pengaturan.{key}", jumlah=most), most_mb, KEEP_MB)
        days = self.say("aplikasi.pengaturan.hari", jumlah=keeping.keep_days)
        self._show(self.ids.days, days, keeping.keep_days, KEEP_DAYS)

    def resize(self, by: int):
        """Letters one step smaller or larger."""
        settings = self.context.phone.settings
        settings.text_scale = stepped(STEPS, settings.text_scale, by)
        self.context.shell.restyle()

    def keep_room(self, by: int):
        """One step less or more room for what the office has decided."""
        settings = self.context.phone.settings
        most_mb = stepped(KEEP_MB, settings.keeping.most_bytes // MEGABYTE, by)
        settings.keeping = replace(settings.keeping, most_bytes=int(most_mb) * MEGABYTE)
        self._show_keeping()

    def keep_days(self, by: int):
        """One step fewer or more days."""
        settings = self.context.phone.settings
        days = int(stepped(KEEP_DAYS, settings.keeping.keep_days, by))
        settings.keeping = replace(settings.keeping, keep_days=days)
        self._show_keeping()

    def shade(self, dark: bool):
        """Light or dark."""
        if self.context.phone.settings.dark != dark:
            self.context.phone.settings.dark = dark
            self.context.shell.restyle()

    def lock(self):
        """Close the vault; the PIN is asked again."""
        self.context.background.run(self.context.phone.lock, lambda _none: self.context.shell.only("unlock"))
