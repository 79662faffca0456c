"""A place: accuracy as number, word and bar; when it was taken, and how it lies to the desa."""

from kivy.metrics import dp
from kivy.properties import NumericProperty

from field_app.ui.fields.base import Editor
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.painted import Painted

GOOD_M, FAIR_M = 20, 50
"""Up to here an accuracy is good, or fair; beyond it the form warns (domain list: over 50 m)."""


def accuracy_look(metres: float) -> tuple[str, str, int]:
    """(text key, tone, bars out of 4) for an accuracy in metres."""
    if metres <= GOOD_M:
        return "aplikasi.lokasi.baik", "good", 4 if metres <= 8 else 3
    if metres <= FAIR_M:
        return "aplikasi.lokasi.cukup", "notice", 2
    return "aplikasi.lokasi.kurang", "bad", 1


class Accuracy(Painted):
    """The number, its word, four bars, the point itself, and what is said of it."""

    metres = NumericProperty(0)

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        self.under = ()
        super().__init__(**kwargs)

    def set(self, metres: float, *under: str) -> None:
        """Show another fix; each of `under` that is not empty has a line of its own."""
        self.metres, self.under = metres, tuple(text for text in under if text)
        self.refresh()

    def _words(self):
        key, tone, bars = accuracy_look(self.metres)
        return self.say("aplikasi.lokasi.akurasi", meter=round(self.metres)), self.say(key), tone, bars

    def needed_height(self):
        if not self.look:
            return None
        room = max(1, self.width - dp(32))
        number = self.measure(self._words()[0], "figure")[1]
        under = sum(self.measure(text, "small", room)[1] for text in self.under)
        return number + under + dp(26)

    def paint(self):
        look, room = self.look, max(1, self.width - dp(32))
        number, word, tone, bars = self._words()
        self.fill(look.colour(f"{tone}_soft"), radius=look.radius("medium"))
        ink = look.colour(f"{tone}_ink")
        high = self.measure(number, "figure")[1]
        y = self.height - dp(12) - high
        wide, _ = self.write(number, "figure", ink, dp(16), y, room * 0.55, shrink=True)
        each, step = dp(6), dp(4)
        x = self.width - dp(16) - 4 * each - 3 * step
        for index in range(4):
            tall = dp(7) + index * dp(4)
            colour = look.colour(tone) if index < bars else (*look.colour(tone)[:3], 0.25)
            self.fill(colour, x + index * (each + step), y + dp(3), each, tall, dp(2))
        left = dp(16) + wide + dp(10)
        word_high = self.measure(word, "strong", max(1, x - left - dp(8)), True)[1]
        self.write(
            word, "strong", ink, left, y + (high - word_high) / 2, max(1, x - left - dp(8)), shrink=True
        )
        for text in self.under:
            y -= self.measure(text, "small", room)[1]
            self.write(text, "small", ink, dp(16), y, room)


class GpsEditor(Editor):
    """The fix, and a button to take it (again)."""

    def build(self):
        self.accuracy = Accuracy()
        self.take = Pill(icon="my_location", kind="soft", text=self.say("aplikasi.lokasi.ambil"))
        self.take.bind(on_release=lambda *_: self.host.locate(self.field.name))
        self.add_widget(self.take)
        self.show(self.value)

    def show(self, value):
        self.value = value
        has = isinstance(value, dict) and "lat" in value
        if has:
            point = f"{value['lat']:.5f}, {value['lng']:.5f}".replace(".", ",").replace(", ", " · ")
            metres = float(value.get("accuracy_m") or 0)
            self.accuracy.set(metres, point, self.host.fix_time(value), self.host.ground(value))
        if has and not self.accuracy.parent:
            self.add_widget(self.accuracy, index=1)
        elif not has and self.accuracy.parent:
            self.remove_widget(self.accuracy)
        self.take.text = self.say("aplikasi.lokasi.ambil_ulang" if has else "aplikasi.lokasi.ambil")
