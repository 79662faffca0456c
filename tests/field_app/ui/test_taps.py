"""How many taps one whole visit takes here, and by its published behaviour in ODK Collect: docs/taps.md.

What is typed is the same in both and is not counted. A tap that a busy machine took for a scroll is made
again and counted once.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_app.ui.sample import SamplePhone
from field_app.ui.sample_data import NOW_MS
from schemas import form_types as kinds
from sync.change import Place
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_form_screen import ANSWERS, FilmCamera, answer

TABLE = Path(__file__).resolve().parents[3] / "docs" / "taps.md"
COLLECT = {kinds.Pilihan: 1, kinds.YaTidak: 1, kinds.Tanggal: 5, kinds.Foto: 3, kinds.TandaTangan: 3,
           kinds.Gps: 2, kinds.Wilayah: 2}  # fmt: skip
"""Taps within a question that is answered; docs/taps.md says why. The keyboard opens by itself."""

TYPED = kinds.Teks | kinds.TeksPanjang | kinds.Uang | kinds.Angka


class CountingDriver(Driver):
    """Counts what a finger does, each thing once."""

    def __init__(self) -> None:
        super().__init__()
        self.taps: list[Any] = []

    def tap(self, widget: Any) -> None:
        self._count(id(widget), getattr(widget, "text", ""))
        self._bring(widget)
        super().touch(*widget.to_window(*widget.center))

    def touch(self, x: float, y: float, *path: tuple[float, float]) -> None:
        self._count("stroke", "")
        super().touch(x, y, *path)

    def _count(self, *what: Any) -> None:
        key = (*what, getattr(self.screen, "at", None), self.shell.name)
        if not self.taps or self.taps[-1] != key:
            self.taps.append(key)


class Here:
    """A phone that knows where it is."""

    def fix(self) -> Place:
        return Place(lat=-7.4263, lng=111.019, accuracy_m=6.0, at_ms=NOW_MS)

    def trouble(self) -> str:
        return ""


@pytest.fixture
def finger() -> Iterator[CountingDriver]:
    driven = CountingDriver()
    yield driven
    driven.close()


def test_a_visit_takes_as_many_taps_as_the_table_says(finger: CountingDriver) -> None:
    finger.open(SamplePhone(), camera=FilmCamera(), location=Here())
    finger.phone.visits.start("bpnt_kpm", "w1", None)
    finger.shell.go("form", draft="d10")
    finger.settle()
    draft, pages, asked = finger.phone.visits.drafts["d10"], 0, 0
    answered: list[Any] = []
    focused = 0
    while finger.shell.name == "form":
        step = finger.screen.step
        for name in step.fields:
            card = finger.card(name)
            if isinstance(card.field, kinds.Gps):
                finger.tap(card.editor.take)
            else:
                answer(finger, card)
            if name in draft.answers["bpnt_kpm"] and not card.field.read_only:
                answered.append(card.field)
        here = [step.definition.fields[name] for name in finger.screen.step.fields]
        asked += sum(not field.read_only and not isinstance(field, kinds.Turunan) for field in here)
        typed = sum(field.name in draft.answers["bpnt_kpm"] and isinstance(field, TYPED) for field in here)
        focused += max(0, typed - 1)  # the keyboard opens by itself for the first of a page
        pages += 1
        finger.tap(finger.screen.ids.next)
    finger.press("Selesaikan")
    assert finger.phone.visits.finalised == ["d10"]
    photos = sum(isinstance(field, kinds.Foto) for field in answered)
    ours = len(finger.taps) + photos  # on a phone the shutter is one tap more
    assert len(answered) >= len(ANSWERS), "all that the tests answer by touch"
    within = sum(COLLECT.get(type(field), 0) for field in answered)
    districts = sum(isinstance(field, kinds.Wilayah) for field in answered)
    choices = sum(isinstance(field, kinds.Pilihan | kinds.YaTidak) for field in answered)
    plain = within + asked + districts + 1
    quick = plain - choices - 2 * districts
    grouped = within + focused + pages + 1
    table = TABLE.read_text("utf-8")
    assert f"{len(answered)} questions answered of {asked} that are shown" in table, (len(answered), asked)
    for who, screens, taps in (
        ("Sambang", pages, ours),
        ("ODK Collect, one question a screen", asked + districts, plain),
        ("… with `quick` on every choice", asked + districts, quick),
        ("… with a `field-list` for each of our pages", pages, grouped),
    ):
        assert f"| {who} | {screens} | {taps} |" in table, (who, screens, taps)
