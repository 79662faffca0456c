"""The screens on a real phone that is full: 20,000 warga, 200 drafts; drawn offscreen by Kivy's own loop.

A frame is one turn of that loop: input, clock, layout, drawing. Frames are told in processor time of the UI's
thread, so that what else runs on the machine does not count; a phone's graphics chip draws faster than the
software that stands in for it here, and its processor is slower.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from field_app.phone import Phone
from field_app.views import DraftView
from tests.bench.figures import Figure, scaled
from tests.bench.phones import PIN, synced_phone

WARGA, DRAFTS, ROWS = 20_000, 200, 5_000
FIELDS, RUNS = 12, 7
LETTERS = "Bu Sutarmi menerima bantuan di Balai Desa pada pukul sembilan pagi. "
PATIENCE_S = 30


def measure(folder: Path) -> list[Figure]:
    """Open the app on the phone and do what she does."""
    from field_app.ui.environment import prepare

    prepare((360, 640), 2.0, offscreen=True)
    from kivy.config import Config

    Config.set("graphics", "maxfps", "0")
    Config.set("graphics", "vsync", "0")

    with synced_phone(folder, scaled(WARGA)) as phone:
        draft = _drafts(phone, scaled(DRAFTS))
        phone.lock()
        screens = _Screens(phone)
        return [
            Figure(
                name="phone: unlock to Beranda, 20,000 warga, 200 drafts",
                value=screens.unlocked_ms(),
                unit="ms",
                budget=1000,
                limit=screens.key_ms,
                limit_name="deriving the key from the PIN",
            ),
            Figure(
                name="phone: a form page of 12 fields shown",
                value=screens.page_ms(draft),
                unit="ms",
                budget=100,
            ),
            Figure(
                name="phone: longest frame typing in a form of 40 fields",
                value=screens.typing_ms(),
                unit="ms",
                budget=50,
            ),
            Figure(
                name="phone: longest frame scrolling 5,000 rows",
                value=screens.scrolling_ms(),
                unit="ms",
                budget=50,
            ),
            Figure(name="phone: opening the list of 5,000 rows", value=screens.opened_ms, unit="ms"),
        ]


def _drafts(phone: Phone, count: int) -> str:
    """Begin so many visits; return one of them."""
    hits = phone.visits.search("", limit=count)
    views = [phone.visits.start("bpnt_kpm", hit.id, None) for hit in hits if hit.kind == "warga"]
    if len(views) < count or not all(isinstance(view, DraftView) for view in views):
        raise RuntimeError("not every visit was begun")
    last = views[-1]
    assert isinstance(last, DraftView)
    phone.visits.save(last.id, "bpnt_kpm", "hasil_kunjungan", "terisi_lengkap")
    return last.id


class _Screens:
    """The app, driven frame by frame."""

    def __init__(self, phone: Phone) -> None:
        from field_app.devices.desktop import SystemTime
        from field_app.ui.app import settle_memory
        from field_app.ui.window import SambangApp

        self.phone = phone
        settle_memory()
        self.app = SambangApp(phone, now_ms=SystemTime().now_ms, text=phone.text)
        self.app.open_embedded()
        self.key_ms = self.opened_ms = 0.0
        self._rest()

    def _frame(self) -> float:
        from kivy.base import EventLoop

        start = time.thread_time()
        EventLoop.idle()
        return (time.thread_time() - start) * 1000

    def _until(self, ready: Callable[[], Any]) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not ready():
            if time.monotonic() > give_up:
                raise RuntimeError("it never came")
            self._frame()

    def _rest(self, frames: int = 20) -> None:
        self._until(lambda: not self.app.background.busy)
        for _ in range(frames):
            self._frame()

    def unlocked_ms(self) -> float:
        """From the PIN to the drawn list."""
        shell = self.app.root
        start = time.perf_counter()
        outcome = self.phone.unlock(PIN)
        self.key_ms = (time.perf_counter() - start) * 1000
        if outcome is not None:
            raise RuntimeError(str(outcome))
        shell.only("home")
        self._until(lambda: shell.screen.ids.list.data)
        self._frame()
        return (time.perf_counter() - start) * 1000

    def page_ms(self, draft: str) -> float:
        """A page that was never shown, with twelve fields: cards made, laid out, drawn."""
        shell = self.app.root
        shell.go("form", draft=draft)
        self._until(lambda: shell.screen.view is not None)
        self._rest()
        screen = shell.screen
        form = screen.steps[0].definition
        asked = [name for name, field in form.fields.items() if field.filled_by == "lapangan"][:FIELDS]
        screen.steps[0] = screen.steps[0]._replace(fields=tuple(asked))
        screen.at = 0

        took: list[float] = []
        for _ in range(RUNS):
            screen._cards.clear()
            start = time.thread_time()
            screen.show_page()
            took.append((time.thread_time() - start) * 1000 + self._frame())
        screen._plan()
        return statistics.median(took)

    def typing_ms(self) -> float:
        """Letter by letter, each saved after its pause, with all that the form then looks at again."""
        from kivy.core.window import Window

        screen = self.app.root.screen
        if len(screen.steps[0].definition.fields) < 40:
            raise RuntimeError("the form is too short")
        screen.go_to(next(n for n, step in enumerate(screen.steps) if "nama_responden" in step.fields))
        self._rest()
        card = next(card for card in screen._shown_cards() if card.field.name == "nama_responden")
        card.editor.entry.focus = True
        self._rest(3)
        longest = 0.0
        for letter in LETTERS:
            start = time.thread_time()
            Window.dispatch("on_textinput", letter)
            longest = max(longest, (time.thread_time() - start) * 1000 + self._frame())
            if letter == " ":
                card.editor.entry.flush()
                while self.app.background.busy:
                    longest = max(longest, self._frame())
        card.editor.entry.focus = False
        self._rest()
        return longest

    def scrolling_ms(self) -> float:
        """From end to end in steps of a thumb."""
        shell = self.app.root
        shell.only("search")
        self._rest()
        hits = self.phone.visits.search("", limit=scaled(ROWS))
        items = [("TaskRow", shell.screen._item(hit)) for hit in hits]
        rows = shell.screen.ids.list
        start = time.thread_time()
        rows.show(items)
        self.opened_ms = (time.thread_time() - start) * 1000 + self._frame()
        self._rest(3)
        longest, steps = 0.0, 300
        for step in range(steps):
            rows.scroll_y = 1 - step / steps if step < steps // 2 else 1 - (step * 7 % steps) / steps
            longest = max(longest, self._frame())
        return longest
