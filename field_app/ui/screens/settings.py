"""Pengaturan: size of text, light or dark, Wi-Fi only for photos, how much stays on the phone, the lock and
the PIN.
"""

from msgspec.structs import replace

from field_app.autolock import CHOICES_MINUTES
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
        self.keeps(self.ids.wifi, lambda on: setattr(settings, "wifi_only", on))
        size = self.say("aplikasi.pengaturan.ukuran_nilai", persen=round(settings.text_scale * 100))
        self._show(self.ids.size, size, settings.text_scale, STEPS)
        used = written.size(self.context.phone.used_bytes())
        self.ids.used.text = self.say("aplikasi.pengaturan.terpakai", ukuran=used)
        self._show_keeping()
        self.ids.left.on, self.ids.shuffled.on = settings.lock_when_left, self.context.phone.shuffled_pin
        self.keeps(self.ids.left, lambda on: setattr(settings, "lock_when_left", on))
        self.keeps(self.ids.shuffled, lambda on: setattr(self.context.phone, "shuffled_pin", on))
        self._say_minutes()

    def _show(self, shown, text: str, value: float, steps: tuple[float, ...]):
        shown.text, shown.is_least, shown.is_most = text, value <= steps[0], value >= steps[-1]

    def _show_keeping(self):
        keeping = self.context.phone.settings.keeping
        most_mb = keeping.most_bytes // MEGABYTE
        key, most = ("gb", most_mb // 1024) if most_mb >= 1024 else ("mb", most_mb)
        self._show(self.ids.most, self.say(f"aplikasi.pengaturan.{key}", jumlah=most), most_mb, KEEP_MB)
        days = self.say("aplikasi.pengaturan.hari", jumlah=keeping.keep_days)
        self._show(self.ids.days, days, keeping.keep_days, KEEP_DAYS)

    def _say_minutes(self):
        minutes = self.context.phone.settings.lock_minutes
        self.ids.minutes.text = self.say("aplikasi.pengaturan.kunci_menit_nilai", menit=minutes)
        self.ids.sooner.disabled = minutes <= CHOICES_MINUTES[0]
        self.ids.later.disabled = minutes >= CHOICES_MINUTES[-1]

    def wait_longer(self, by: int):
        """One step sooner or later until it locks by itself."""
        settings = self.context.phone.settings
        step = CHOICES_MINUTES.index(settings.lock_minutes) + by
        minutes = CHOICES_MINUTES[max(0, min(len(CHOICES_MINUTES) - 1, step))]
        self.kept(lambda: setattr(settings, "lock_minutes", minutes))
        self._say_minutes()

    def change_pin(self):
        """The old PIN, then a new one twice."""
        self.context.shell.go("change_pin")

    def resize(self, by: int):
        """Letters one step smaller or larger."""
        settings = self.context.phone.settings
        scale = stepped(STEPS, settings.text_scale, by)
        if self.kept(lambda: setattr(settings, "text_scale", scale)):
            self.context.shell.restyle()

    def keep_room(self, by: int):
        """One step less or more room for what the office has decided."""
        settings = self.context.phone.settings
        most_mb = stepped(KEEP_MB, settings.keeping.most_bytes // MEGABYTE, by)
        self._keep(replace(settings.keeping, most_bytes=int(most_mb) * MEGABYTE))

    def keep_days(self, by: int):
        """One step fewer or more days."""
        settings = self.context.phone.settings
        days = int(stepped(KEEP_DAYS, settings.keeping.keep_days, by))
        self._keep(replace(settings.keeping, keep_days=days))

    def _keep(self, keeping):
        settings = self.context.phone.settings
        self.kept(lambda: setattr(settings, "keeping", keeping))
        self._show_keeping()

    def shade(self, dark: bool):
        """Light or dark."""
        settings = self.context.phone.settings
        if settings.dark != dark and self.kept(lambda: setattr(settings, "dark", dark)):
            self.context.shell.restyle()
