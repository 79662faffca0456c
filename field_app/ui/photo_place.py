"""Where a photo is taken: looked for while she looks through the camera, told on a card, or written by her.

Rule: what she wrote or took from a file stands; what the device found is asked for anew before each shot.
"""

import threading
from collections.abc import Callable
from typing import Any

from kivy.clock import Clock

from field_app.ui.context import Context
from field_app.ui.fields.place import Accuracy
from field_app.ui.labels import fix_words, ground_words
from field_app.ui.permissions import closed_for_good, settings_pill
from field_app.ui.sheets import LocationSheet
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.words import Notice, Words
from field_app.views import DraftView

BY_HAND = ("ketik", "berkas")
AGAIN_S = 3.0
"""After the device knew no place, until it is asked again."""
MOST_WAIT_S = 5.0
"""How long a shot waits for an answer that is under way: a bit longer than a device takes for its first."""


class PhotoPlace:
    """Of one camera screen; `changed` is called on the window's thread when there is another place."""

    def __init__(self, context: Context, changed: Callable[[], None]) -> None:
        self._context, self._changed = context, changed
        self.fix: Any = None
        self._seeking = False
        self._again = Clock.create_trigger(lambda _dt: self.seek(), AGAIN_S)
        self._resting = False
        self._answered = threading.Event()
        self._answered.set()

    @property
    def may_come(self) -> bool:
        """Whether this device can find where it is."""
        return self._context.location is not None

    def seek(self) -> None:
        """Ask the device, unless she said herself where it is; again and again until it knows, or `rest`."""
        self._resting = False
        self._again.cancel()
        if self.may_come and not self._by_hand() and not self._seeking:
            self._seeking = True
            self._answered.clear()
            self._context.background.ask(self._find, self._found)

    def of_shot(self) -> Any:
        """Return the place for a shot, once the device has answered; not to be called on the window's
        thread.
        """
        self._answered.wait(MOST_WAIT_S)
        return self.fix

    def rest(self) -> None:
        """She left: nothing is asked any more."""
        self._resting = True
        self._again.cancel()

    def take(self, place: Any) -> None:
        """Use a place that she wrote, or that came with a file."""
        self.fix = place or self.fix
        self._changed()

    def _by_hand(self) -> bool:
        return self.fix is not None and self.fix.source in BY_HAND

    def _find(self) -> Any:
        before = self.fix
        try:
            found = self._context.location.fix()
            if found is not None and not self._by_hand():
                self.fix = found
        finally:
            self._answered.set()
        return before

    def _found(self, before: Any) -> None:
        self._seeking = False
        if self._resting:
            return
        if self.fix is None or self.fix != before:
            self._changed()
        # what was refused is not asked for again by itself: each time a window of the system would come
        if self.fix is None and not self._context.location.trouble():
            self._again()

    def card(self, view: DraftView) -> Card:
        """How good the place is, by number, word and bar, how old it is, how it lies to the desa of this
        draft, and the way to write one.
        """
        card, say = Card(), self._context.text
        card.add_widget(Words(text=say("aplikasi.kamera.lokasi"), style="question"))
        if self.fix:
            self._tell(card, view)
        else:
            trouble = self._context.location.trouble() if self.may_come else ""
            waits = "aplikasi.lokasi.mencari" if self._seeking else trouble or "aplikasi.kamera.lokasi_belum"
            card.add_widget(Words(text=say(waits), style="small", ink="ink_soft"))
            if closed_for_good(trouble):
                card.add_widget(settings_pill(self._context))
        write = Pill(kind="soft", icon="my_location", text=say("aplikasi.kamera.tulis_lokasi"))
        write.bind(
            on_release=lambda *_: self._context.shell.present(LocationSheet(self._context.now_ms, self.take))
        )
        card.add_widget(write)
        return card

    def _tell(self, card: Card, view: DraftView) -> None:
        say, fix, wilayah = self._context.text, self.fix, self._context.phone.wilayah
        accuracy = Accuracy()
        point = f"{fix.lat:.5f} · {fix.lng:.5f}".replace(".", ",")
        age = fix_words(fix.source, fix.at_ms, self._context.now_ms(), say)
        accuracy.set(fix.accuracy_m, point, age, ground_words(view, wilayah, fix.lat, fix.lng, say))
        card.add_widget(accuracy)
        trouble = "" if self._by_hand() or not self.may_come else self._context.location.trouble()
        if closed_for_good(trouble):
            card.add_widget(Notice(icon="lock", tone="notice", text=say(trouble)))
            card.add_widget(settings_pill(self._context))
        if fix.mock:
            card.add_widget(Notice(icon="wrong_place", tone="bad", text=say("aplikasi.lokasi.tiruan")))
