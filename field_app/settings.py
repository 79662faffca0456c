"""What she set for herself, kept in the vault. Rule: before the vault is open, only the defaults are
known, and until she chose herself, those of the device's system.
"""

from typing import TypeVar

from field_app.autolock import CHOICES_MINUTES, STANDARD_MINUTES
from field_app.capture import Quality
from field_app.devices import System
from field_app.devices.desktop import DesktopSystem
from field_app.forgetting import Keeping
from field_app.store import Store

T = TypeVar("T", float, bool, int)
SMALLEST_TEXT, LARGEST_TEXT = 1.0, 1.6
MEGABYTE = 1024 * 1024
KEEP_MB = (256, 512, 1024, 2048)
"""How large the vault may be before old visits are forgotten, in steps; the second is the usual one."""
KEEP_DAYS = (14, 30, 90, 180)
"""How many days a decided visit stays whole at least, in steps; the second is the usual one."""


class Settings:
    """Reads and writes; each write is committed at once."""

    def __init__(self, system: System | None = None) -> None:
        self._store: Store | None = None
        self._system = system or DesktopSystem()

    def attach(self, store: Store | None) -> None:
        """Use this vault, or none while it is locked."""
        self._store = store

    def of(self, store: Store) -> "Settings":
        """Return the same settings, read by a connection that may be open longer than the window's."""
        other = Settings(self._system)
        other.attach(store)
        return other

    @property
    def text_scale(self) -> float:
        """Size of text, 1.0 to 1.6."""
        standard = min(LARGEST_TEXT, max(SMALLEST_TEXT, self._system.text_scale()))
        return self._get("text_scale", float, standard)

    @text_scale.setter
    def text_scale(self, scale: float) -> None:
        self._put("text_scale", min(LARGEST_TEXT, max(SMALLEST_TEXT, float(scale))))

    @property
    def dark(self) -> bool:
        """Whether the dark look is used."""
        return self._get("dark", bool, self._system.dark())

    @dark.setter
    def dark(self, dark: bool) -> None:
        self._put("dark", bool(dark))

    @property
    def wifi_only(self) -> bool:
        """Whether photos wait for a link that costs nothing by the byte."""
        return self._get("wifi_only", bool, False)

    @wifi_only.setter
    def wifi_only(self, wifi_only: bool) -> None:
        self._put("wifi_only", bool(wifi_only))

    @property
    def lock_minutes(self) -> int:
        """After how many minutes without a touch the phone locks."""
        kept = self._get("kunci_menit", int, STANDARD_MINUTES)
        return kept if kept in CHOICES_MINUTES else STANDARD_MINUTES

    @lock_minutes.setter
    def lock_minutes(self, minutes: int) -> None:
        self._put("kunci_menit", min(CHOICES_MINUTES, key=lambda choice: abs(choice - minutes)))

    @property
    def lock_when_left(self) -> bool:
        """Whether the phone locks when the app is left."""
        return self._get("kunci_saat_pergi", bool, True)

    @lock_when_left.setter
    def lock_when_left(self, when_left: bool) -> None:
        self._put("kunci_saat_pergi", bool(when_left))

    @property
    def quality(self) -> Quality:
        """How large photos stay."""
        standard = Quality()
        return Quality(
            longest=self._get("foto_longest", int, standard.longest),
            jpeg=self._get("foto_jpeg", int, standard.jpeg),
        )

    @quality.setter
    def quality(self, quality: Quality) -> None:
        self._put("foto_longest", quality.longest)
        self._put("foto_jpeg", quality.jpeg)

    @property
    def keeping(self) -> Keeping:
        """How large the vault may be before old visits are forgotten, and how long they stay at least."""
        return Keeping(
            most_bytes=self._get("simpan_mb", int, KEEP_MB[1]) * MEGABYTE,
            keep_days=self._get("simpan_hari", int, KEEP_DAYS[1]),
        )

    @keeping.setter
    def keeping(self, keeping: Keeping) -> None:
        self._put("simpan_mb", min(KEEP_MB[-1], max(KEEP_MB[0], keeping.most_bytes // MEGABYTE)))
        self._put("simpan_hari", min(KEEP_DAYS[-1], max(KEEP_DAYS[0], keeping.keep_days)))

    def _get(self, name: str, kind: type[T], default: T) -> T:
        return self._store.get(f"atur/{name}", kind, default) if self._store else default

    def _put(self, name: str, value: float | bool | int) -> None:
        if self._store:
            self._store.put(f"atur/{name}", value)
