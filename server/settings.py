"""What an office may set for itself: the values, their ranges, and every word that was said on them.

Rule: the newest word counts from when it was said, and never outside the range that stands here. Each word
is a record of kind `pengaturan` of its own in the office's chain: none replaces another, so what was in force
when a visit came in can be told for ever. Only the office writes them; no phone sees them.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Literal
from urllib.parse import urlsplit

from schemas.base import Data
from schemas.ids import PersonId
from server.engine import Reader
from server.queries import records_of_kind

KIND = "pengaturan"
MINUTE_MS, HOUR_MS = 60_000, 3_600_000

Unit = Literal["meter", "menit", "jam", "hari"]
Group = Literal["tanda", "perhatian", "masuk"]


class Setting(Data, frozen=True, kw_only=True):
    """One value that the office may set: its range, and what holds while nobody says anything."""

    name: str
    group: Group
    unit: Unit
    default: int
    least: int
    most: int

    def within(self, value: int) -> int:
        """Return the nearest value that is allowed."""
        return max(self.least, min(value, self.most))


FAR_FROM_HOME = Setting(
    name="jauh_dari_rumah", group="tanda", unit="meter", default=500, least=50, most=5_000
)
"""Farther from the recorded home than a walk around the house and a poor fix explain (source J)."""
OUTSIDE = Setting(name="luar_desa", group="tanda", unit="meter", default=200, least=0, most=2_000)
FAR_PHOTO = Setting(name="foto_jauh", group="tanda", unit="meter", default=200, least=50, most=5_000)
CLOCK_OFF = Setting(name="jam_meleset", group="tanda", unit="menit", default=10, least=1, most=120)
TOO_SHORT = Setting(name="terlalu_singkat", group="tanda", unit="menit", default=5, least=1, most=60)
"""In less, nobody is asked all that a form asks."""
SILENT = Setting(name="hp_diam", group="perhatian", unit="hari", default=7, least=1, most=60)
OLD_CONFLICT = Setting(name="konflik_lama", group="perhatian", unit="hari", default=7, least=1, most=60)
LONG_AGO = Setting(
    name="lama_tanpa_kunjungan", group="perhatian", unit="hari", default=90, least=30, most=365
)
IDLE = Setting(name="sesi_diam", group="masuk", unit="menit", default=30, least=5, most=60)
LONGEST = Setting(name="sesi_terlama", group="masuk", unit="jam", default=12, least=1, most=16)

SETTINGS = {
    each.name: each
    for each in (
        FAR_FROM_HOME, OUTSIDE, FAR_PHOTO, CLOCK_OFF, TOO_SHORT, SILENT, OLD_CONFLICT, LONG_AGO,
        IDLE, LONGEST,
    )
}  # fmt: skip
TILES, CREDIT = "peta_latar", "peta_sumber"
"""Names of the words on the map's tiles: an address with {z}, {x} and {y}, and whom the map is owed to."""
MOST_ADDRESS, MOST_CREDIT = 300, 120
_ADDRESS = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?/[A-Za-z0-9._~/?&=%{}-]*")
_PLACES = {"{z}", "{x}", "{y}"}


class Word(Data, frozen=True, kw_only=True):
    """What somebody set: a number in the setting's unit, or a text; since when (UTC ms)."""

    name: str
    value: int | str
    by: PersonId
    at_ms: int


class Limits(Data, frozen=True, kw_only=True):
    """By what one visit is judged: what was in force when it came in."""

    far_from_home_m: int
    outside_m: int
    far_photo_m: int
    clock_off_ms: int
    too_short_min: int


class Tiles(Data, frozen=True, kw_only=True):
    """A map to lie under our own outlines. `credit` is HTML, with nothing in it that was not escaped."""

    address: str
    credit: str

    @property
    def origin(self) -> str:
        """The one host that a page with a map may take pictures from."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


class Settings(Data, frozen=True, kw_only=True):
    """All words, the oldest first."""

    words: tuple[Word, ...] = ()

    def newest(self, name: str, at_ms: int | None = None) -> Word | None:
        """Return the word on something that counts, or counted at a time (UTC ms); None before the first."""
        said = (each for each in reversed(self.words) if each.name == name)
        return next((each for each in said if at_ms is None or each.at_ms <= at_ms), None)

    def value(self, setting: Setting, at_ms: int | None = None) -> int:
        """Return a value in its unit, as it is or was at a time (UTC ms)."""
        word = self.newest(setting.name, at_ms)
        said = word.value if word is not None else setting.default
        return setting.within(said) if isinstance(said, int) else setting.default

    def limits(self, received_ms: int) -> Limits:
        """Return by what a visit is judged that came in then: later words change nothing about it."""
        return Limits(
            far_from_home_m=self.value(FAR_FROM_HOME, received_ms),
            outside_m=self.value(OUTSIDE, received_ms),
            far_photo_m=self.value(FAR_PHOTO, received_ms),
            clock_off_ms=self.value(CLOCK_OFF, received_ms) * MINUTE_MS,
            too_short_min=self.value(TOO_SHORT, received_ms),
        )

    def text(self, name: str) -> str:
        """Return a text as it is set; empty when it is not."""
        word = self.newest(name)
        return word.value if word is not None and isinstance(word.value, str) else ""

    @property
    def tiles(self) -> Tiles | None:
        """The map under the outlines; None as long as the office names none."""
        address = self.text(TILES)
        return Tiles(address=address, credit=escape(self.text(CREDIT))) if is_tiles(address) else None

    @property
    def idle_ms(self) -> int:
        """How long a login stays open that nobody uses."""
        return self.value(IDLE) * MINUTE_MS

    @property
    def longest_ms(self) -> int:
        """How long a login stays open at most."""
        return self.value(LONGEST) * HOUR_MS


def is_tiles(address: str) -> bool:
    """Whether an address is that of tiles, by TLS and of one host: it becomes part of a page's policy."""
    places = re.findall(r"\{[^}]*\}?|\}", address)
    return (
        len(address) <= MOST_ADDRESS
        and _ADDRESS.fullmatch(address) is not None
        and sorted(places) == sorted(_PLACES)
    )


def settings(tx: Reader) -> Settings:
    """Read all that the office ever set."""
    return Settings(words=tuple(sorted(_words(tx), key=lambda each: each.at_ms)))


def _words(tx: Reader) -> Sequence[Word]:
    found = (record.fields for record in records_of_kind(tx, KIND))
    return [
        Word(
            name=str(fields["nama"]),
            value=fields["nilai"],
            by=PersonId(str(fields["oleh"])),
            at_ms=int(fields["sejak_ms"]),
        )
        for fields in found
    ]
