"""The header of a screen and the line that always says what was sent.

Rule: header, line, progress and bottom bar together take at most a quarter of a 640 dp screen, at every
text size.
"""

from collections.abc import Callable

from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from field_app.ui.kv import load_kv
from field_app.ui.widgets.buttons import IconButton, Tappable
from field_app.ui.widgets.painted import Painted
from schemas.format import clock, local_date, number, short_date

load_kv(__file__)


LEAST_TITLE, LEAST_UNDER = 15, 12
"""How small, in dp, the two lines of a title may become; what is longer ends in "…"."""


class HeadTitle(Painted):
    """Name over a second line; both shrink a little rather than wrap; a second without room is dropped."""

    title = StringProperty("")
    under = StringProperty("")

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.bind(title=self.repaint, under=self.repaint)

    def paint(self):
        look, room = self.look, self.width
        title = self.measure(self.title, "question", room, True, LEAST_TITLE)[1]
        under = 0
        # by their own height, whatever they shrink to: one text size has one kind of header
        if self.under and sum(self.measure("X", style)[1] for style in ("question", "small")) <= self.height:
            under = self.measure(self.under, "small", room, True, LEAST_UNDER)[1]
        y = (self.height + title + under) / 2 - title
        self.write(self.title, "question", look.ink, 0, y, room, shrink=True, least=LEAST_TITLE)
        if under:
            self.write(self.under, "small", look.ink_soft, 0, y - under, room, shrink=True, least=LEAST_UNDER)


class Header(BoxLayout):
    """Back and title; children named under it in a .kv stand at the right."""

    title = StringProperty("")
    under = StringProperty("")
    back = ObjectProperty(None, allownone=True)

    def on_kv_post(self, _base):
        """At the far right, on every screen alike, the way out."""
        self.add_widget(LeaveButton())


class LeaveButton(IconButton):
    """Keluar cepat: locks the phone and closes the app at one tap. No cross: that closes what lies on top, a
    sheet, and whoever wants to leave a screen must not find herself outside.
    """

    def on_release(self):
        """Ask the screen that this stands on."""
        above = self.parent
        while above is not None and not hasattr(above, "context"):
            above = above.parent
        if above is not None:
            above.context.shell.quick_exit()


class SyncLine(Tappable):
    """ "3 data, 7 foto belum terkirim · terakhir 08.10": icon, words and colour; the longest form that
    fits. The large one stands on two lines, and grows rather than shrinks its words.
    """

    large = BooleanProperty(False)

    def __init__(self, **kwargs):
        self.status = None
        self.now_ms = 0
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(large=self.refresh)

    def needed_height(self):
        if not self.look:
            return None
        if not self.large:
            return dp(30)
        if self.status is None:
            return dp(58)
        room = self._room()
        first, second = self._halves(self.words()[2], room)
        return max(dp(58), self._high(first, "strong", room) + self._high(second, "small", room) + dp(18))

    def collide_point(self, x, y):
        """48 dp high for the finger, whatever is drawn."""
        spare = max(0, (dp(48) - self.height) / 2)
        return self.x <= x <= self.right and self.y - spare <= y <= self.top + spare

    def show(self, status, now_ms: int) -> None:
        """Show another status."""
        self.status, self.now_ms = status, now_ms
        self.refresh()

    def _last(self) -> str:
        if self.status.last_ms is None:
            return self.say("aplikasi.sinkron.kapan_belum")
        if local_date(self.status.last_ms) != local_date(self.now_ms):
            return short_date(local_date(self.status.last_ms))[:5]
        return clock(self.status.last_ms).removesuffix(" WIB")

    def words(self) -> tuple[str, str, tuple[str, ...]]:
        """(icon, tone, forms from long to short)."""
        status, say = self.status, self.say
        is_pending, last = bool(status.data_pending or status.photos_pending), self._last()
        left = counted(status.data_pending, status.photos_pending, say)
        if status.state == "jalan":
            step, values = "menghubungi", {}
            if status.total:
                step, values = "mengirim", {"persen": round(100 * status.done / status.total)}
            short = say(f"aplikasi.sinkron.{step}", **values)
            if not is_pending:
                return "sync", "info", (short,)
            whole = say(f"aplikasi.sinkron.{step}_sisa", isi=left, **values)
            return "sync", "info", (whole, f"{short} {left}", left)
        pending = tuple(say(f"aplikasi.sinkron.{form}", isi=left, kapan=last) for form in self._forms())
        if status.state == "gagal" and is_pending:
            whole = say("aplikasi.sinkron.gagal", isi=left)
            return "sync_problem", "bad", (whole,) if self.large else (whole, *pending[1:], left)
        if is_pending:
            return "cloud_upload", "notice", (*pending, left)
        if status.lost:
            return "error", "bad", (say("aplikasi.sinkron.tidak_sampai", jumlah=status.lost, kapan=last),)
        if status.state == "gagal" and status.last_ms is not None:
            forms = ("tak_terhubung", "tak_terhubung_pendek")
            return (
                "sync_problem",
                "notice",
                tuple(say(f"aplikasi.sinkron.{form}", kapan=last) for form in forms),
            )
        if status.last_ms is None:
            return "cloud_off", "quiet", (say("aplikasi.sinkron.belum_pernah"),)
        forms = ("semua_terkirim", "semua_tengah", "semua_pendek")
        return "cloud_done", "good", tuple(say(f"aplikasi.sinkron.{form}", kapan=last) for form in forms)

    def _forms(self) -> tuple[str, ...]:
        if self.status.last_ms is None:
            return ("belum_terkirim_awal", "belum_terkirim_awal_dua" if self.large else "belum_terkirim_saja")
        if self.large:
            return "belum_terkirim", "belum_terkirim_dua", "belum_terkirim_dua_pendek"
        return "belum_terkirim", "belum_terkirim_tengah", "belum_terkirim_pendek"

    def paint(self):
        if self.status is None:
            return
        look = self.look
        icon, tone, forms = self.words()
        style = "strong" if self.large else "caption"
        side = look.icon_px(24 if self.large else 16)
        left = dp(16)
        chevron = dp(36) if self.large else dp(8)
        if self.large:
            radius = look.radius("large")
            self.fill(look.pressed if self.held else look.colour(f"{tone}_soft"), radius=radius)
            self.draw_icon("next", look.colour(tone), self.width - dp(22), self.height / 2, 22)
        elif tone == "bad" or self.held:
            self.fill(look.pressed if self.held else look.colour("bad_soft"))
        else:
            self.fill(look.line, height=dp(1))
        if self.large:
            self._two_lines(forms, tone, left + side + dp(12))
            self.draw_icon(icon, look.colour(tone), left + side / 2, self.height / 2, 24)
            return
        room = self.width - left - side - dp(10) - chevron
        text = next((form for form in forms if self.measure(form, style)[0] <= room), forms[-1])
        high = self.measure(text, style, room, True)[1]
        self.draw_icon(icon, look.colour(tone), left + side / 2, self.height / 2, 24 if self.large else 16)
        self.write(
            text,
            style,
            look.colour(f"{tone}_ink"),
            left + side + dp(10),
            (self.height - high) / 2,
            room,
            shrink=True,
        )

    def _room(self) -> float:
        """How wide the two lines of the large form may be, beside icon and chevron."""
        return max(1.0, self.width - dp(64) - self.look.icon_px(24))

    def _halves(self, forms: tuple[str, ...], room: float) -> tuple[str, str]:
        """What is pending, and under it when it was last heard: the longest pair of which neither wraps, else
        the shortest, where the counts stand one under the other.
        """
        pairs = [form.partition(" · ")[::2] for form in forms if " · " in form] or [(forms[0], "")]
        for first, second in pairs:
            below = second[:1].upper() + second[1:]
            if self.measure(first, "strong")[0] <= room and self.measure(below, "small")[0] <= room:
                return first, below
        first = pairs[-1][0]
        if self.measure(first, "strong")[0] > room:
            first = first.replace(", ", ",\n")
        return first, below

    def _high(self, text: str, style: str, room: float) -> float:
        return self.measure(text, style, room)[1]

    def _two_lines(self, forms, tone, left):
        room = self._room()
        first, second = self._halves(forms, room)
        high, under = self._high(first, "strong", room), self._high(second, "small", room)
        y = (self.height + high + under) / 2 - high
        ink = self.look.colour(f"{tone}_ink")
        self.write(first, "strong", ink, left, y, room)
        self.write(second, "small", ink, left, y - under, room)


def counted(data: int, photos: int, say: Callable[..., str]) -> str:
    """Return how much it is, without what is none: "3 data, 7 foto", "1 data"; empty for nothing."""
    counts = {"data": data, "foto": photos}
    return ", ".join(
        say(f"aplikasi.sinkron.isi_{name}", jumlah=number(count)) for name, count in counts.items() if count
    )


class HeadLine(Painted):
    """One line in a box of given height: shrinks to fit both ways, so that a header keeps its height."""

    text = StringProperty("")
    style = StringProperty("title")
    ink = StringProperty("ink")

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.bind(text=self.repaint, style=self.repaint, ink=self.repaint)

    def paint(self):
        high = self.measure(self.text, self.style, self.width, True)[1]
        self.write(
            self.text,
            self.style,
            self.look.colour(self.ink),
            0,
            (self.height - high) / 2,
            self.width,
            shrink=True,
        )
