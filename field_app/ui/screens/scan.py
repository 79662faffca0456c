"""Pindai: looks through the camera for a QR code, or reads one from a photo, and hands on what it says.

Rule: nothing is done by a code alone. It is judged by scanned.py, handed to the screen that asked, and stands
there as if it had been typed; a code of another kind is named, and looking goes on.
"""

from kivy.clock import Clock

from field_app.scanned import PURPOSES
from field_app.ui.kv import load_kv
from field_app.ui.permissions import PermissionSheet, closed_for_good
from field_app.ui.sheets import MOST_READ, FileSheet, read_bytes
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import finder, head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.views import Refused

load_kv(__file__)

EVERY_S = 0.1
"""How often a frame is fetched: shown each time, read when the one before was."""
PATIENCE_S = 8.0
"""Without a frame for so long, it is said that the camera gives none."""
MARKED_S = 0.35
"""How long the mark of a code that was read is seen."""


def scan(context, purpose, take):
    """Look for a code: `purpose` is one of scanned.PURPOSES, `take(text)` gets what it says. Where codes
    cannot be read, that is said instead, and what can be done.
    """
    if context.qr is not None and context.qr.available():
        context.shell.go("scan", purpose=purpose, take=take)
    else:
        context.shell.toast(context.text(f"aplikasi.pindai.tanpa_pembaca_{purpose}"), "qr", 6)


class ScanScreen(BaseScreen):
    """Open until a code was taken, or she goes back."""

    def build(self, purpose, take):
        self._judge, self._purpose, self._take = PURPOSES[purpose], purpose, take
        self._reading, self._waited_s, self._lit = False, 0.0, False
        self._tick = self._end = None
        self._open = self._opening = False
        self.lamp = Pill(kind="soft", icon="sun", compact=True, tall=52)
        self.lamp.bind(on_release=lambda *_: self.light())
        self.ids.header.title = self.say(f"aplikasi.pindai.judul_{purpose}")
        self._hint()

    @property
    def looking(self) -> bool:
        """Whether frames are looked at."""
        return self._tick is not None

    def enter(self):
        self._open = True
        self.begin()

    def returned(self):
        self.enter()

    def leave(self):
        self._open = False
        self._stop()
        if self._end:
            self._end.cancel()
            self._end = None

    def begin(self):
        """Open the camera, where there is one."""
        if self._opening:
            return  # the system's question for a permission lay over it
        self._hint()
        self.ids.view.found = False
        view = self.context.finder
        if view is None or not view.available():
            self._cannot("aplikasi.pindai.tanpa_kamera")
            return

        def opened():
            try:
                view.open()
            except OSError:
                return Refused(say=view.trouble() or "aplikasi.pindai.tanpa_gambar")
            return None

        self._opening = True
        self.context.background.run(opened, self._opened)

    def _opened(self, refused):
        view, self._opening = self.context.finder, False
        if not self._open or self._end:
            view.close()  # she left while it was asked, or a photo's code was taken
        elif refused is None:
            self._waited_s = 0.0
            self._tick = self._tick or Clock.schedule_interval(self._look, EVERY_S)
            self._show_lamp(view.has_light())
        else:
            self._cannot(refused.say)
            if closed_for_good(refused.say):
                self.context.shell.present(PermissionSheet(self.context, refused.say))

    def _stop(self):
        if self._tick:
            self._tick.cancel()
            self._tick = None
        if self.context.finder is not None:
            self.context.finder.close()
        self._lit = False
        self._show_lamp(False)

    def _look(self, dt):
        frame = self.context.finder.frame()
        if frame is None:
            self._waited_s += min(dt, 2 * EVERY_S)
            if self._waited_s >= PATIENCE_S:
                self._stop()
                self._cannot("aplikasi.pindai.tanpa_gambar")
            return
        self._waited_s = 0.0
        self.ids.view.see(frame)
        if not self._reading:
            self._reading = True
            self.context.background.run(lambda: self.context.qr.in_frame(frame), self._read)

    def _read(self, texts):
        self._reading = False
        if texts and self.looking and not self.context.shell.sheets():
            self._weigh(texts)

    def _weigh(self, texts):
        """Take the first code that is of the wanted kind, or say what is wrong with what was read."""
        judged = [self._judge(text) for text in texts]
        said = next((one for one in judged if not isinstance(one, Refused)), None)
        if said is None:
            self._tell(judged[0].say, "warning", "notice")
            return
        self._stop()
        self.ids.view.found = True
        self._tell("aplikasi.pindai.terbaca", "done", "good")
        self.context.system.nudge()
        self._end = Clock.schedule_once(lambda _dt: self._hand_over(said), MARKED_S)

    def _hand_over(self, said):
        self.context.shell.back()
        self._take(said)

    # -- a photo instead ------------------------------------------------------------------------------------

    def choose(self):
        """A photo of a code: a file of this computer, or one that the phone's own chooser brings."""
        documents = self.context.documents
        if documents is None:
            self.context.shell.present(FileSheet(self.say, self._chosen))
        else:
            self._photo(lambda: documents.read("image/*", MOST_READ))

    def _chosen(self, path):
        self._photo(lambda: read_bytes(path))

    def _photo(self, read):
        def work():
            try:
                data = read()
            except OSError:
                return Refused(say="aplikasi.kamera.tidak_terbaca")
            return None if data is None else self.context.qr.in_picture(data)

        self.context.background.run(work, self._photo_read)

    def _photo_read(self, outcome):
        # not by `_open`: the system's chooser lies over the app as if it were away
        if outcome is None or self.context.shell.screen is not self or self._end:
            return
        if isinstance(outcome, Refused):
            self._tell(outcome.say, "warning", "notice")
        elif outcome:
            self._weigh(outcome)
        else:
            self._tell("aplikasi.pindai.tanpa_kode", "warning", "notice")

    # -- what is said ---------------------------------------------------------------------------------------

    def light(self):
        """The lamp, on or off."""
        self._lit = not self._lit
        self.context.finder.light(self._lit)
        self._show_lamp(True)

    def _show_lamp(self, there):
        self.lamp.text = self.say(f"aplikasi.pindai.{'padamkan' if self._lit else 'nyalakan'}")
        if there and not self.lamp.parent:
            self.ids.bar.add_widget(self.lamp, index=len(self.ids.bar.children))
        elif not there and self.lamp.parent:
            self.lamp.parent.remove_widget(self.lamp)

    def _hint(self):
        self._tell(f"aplikasi.pindai.petunjuk_{self._purpose}", "qr", "info")

    def _cannot(self, key):
        self._tell(key, "camera", "notice")

    def _tell(self, key, icon, tone):
        said = self.ids.said
        said.text, said.icon, said.tone = self.say(key), icon, tone
