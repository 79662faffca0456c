"""What the phone's tests stand on: a clock that is set, light key costs, a vault in a temporary folder."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from field_app.devices.desktop import desktop_devices
from field_app.keys import Cost
from field_app.link import Door, Link
from field_app.phone import Phone
from field_app.shipped import load_shipped
from field_app.transport import open_link
from field_app.vault import Vault, open_vault
from schemas.form import load_forms
from schemas.text import load_text
from schemas.wilayah import load_wilayah

if TYPE_CHECKING:
    from tests.field_app.field import Field

FORMS = load_forms()
WILAYAH = load_wilayah()
KEY = bytes(range(32))
LIGHT = Cost(memory_kib=64, passes=1, lanes=1)


class SetTime:
    """A timepiece that moves only when told."""

    def __init__(self) -> None:
        self.wall_ms = 1_795_257_000_000  # 21 November 2026, 14.30 WIB
        self.running_ms = 1_000_000
        self.boot_name = "boot-1"

    def now_ms(self) -> int:
        return self.wall_ms

    def elapsed_ms(self) -> int:
        return self.running_ms

    def boot(self) -> str:
        return self.boot_name

    def pass_s(self, seconds: int) -> None:
        self.wall_ms += seconds * 1000
        self.running_ms += seconds * 1000


class CountedRandomness:
    """Bytes that are never the same twice and the same in every run."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self, size: int) -> bytes:
        return next(self._numbers).to_bytes(size, "big")


@pytest.fixture
def time() -> SetTime:
    return SetTime()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    opened = open_vault(tmp_path / "vault.db", KEY)
    yield opened
    opened.close()


@pytest.fixture
def field(tmp_path: Path, time: SetTime) -> Iterator[Field]:
    """A phone's use cases, on a vault of its own."""
    from tests.field_app.field import Field  # which stands on this module

    made = Field(tmp_path, time)
    yield made
    made.vault.close()


def make_phone(folder: Path, time: SetTime, connect: Callable[[Door], Link] | None = None) -> Phone:
    """A whole phone on a folder, with light keys and no thread of its own."""
    text = load_text()
    return Phone(
        folder,
        devices=desktop_devices(folder / "rahasia")._replace(time=time),
        shipped=load_shipped(text)._replace(forms=FORMS),
        connect=connect or (lambda door: open_link(door, text.__contains__)),
        background=False,
        chance=lambda: 0.5,
        cost=LIGHT,
    )
