"""Kamera bukti: which shots are needed, how good the place is, and taking one: by the camera, or from a file.

Rule: bytes go to the phone as the camera gave them; the phone develops them and says what is wrong with them.

A phone's camera is a window of its own with a shutter. It opens by itself, and again after a good shot where
more are wanted: each shot is one tap. What is to be looked at for its quality or place stays in front.
"""

from functools import partial

from kivy.metrics import dp
from kivy.uix.gridlayout import GridLayout

from field_app.devices import Guide, WindowCamera
from field_app.exif import place_in
from field_app.paper import shape_of
from field_app.returned import asked_of
from field_app.ui.fields.evidence import PhotoTile
from field_app.ui.kv import load_kv
from field_app.ui.labels import question, where
from field_app.ui.permissions import PermissionSheet, closed_for_good
from field_app.ui.photo_place import PhotoPlace
from field_app.ui.sheets import MOST_READ, FileSheet, LocationSheet, read_bytes
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import FindingRow
from field_app.ui.widgets.paper import LiveView, PaperFrame
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused
from schemas.check import visible_fields
from schemas.form_cells import field_at, photo_cells, table_of
from schemas.form_types import USUAL_PHOTOS, Berkas, Foto, Gps
from schemas.papers import is_paper

load_kv(__file__)

NONE_TAKEN = "aplikasi.kamera.tidak_jadi"
MOST_WORK_S = 20
"""How long it may be said that a photo is being worked on, whatever becomes of it."""


class CameraScreen(BaseScreen):
    """Takes photos for one field of a draft, and shows what else is needed."""

    def build(self, draft: str, form: str, field: str, replaces: int | None = None):
        self._draft, self._form, self._field = draft, form, field
        self._came_for, self._came_to = field, 0
        self._replaces = replaces
        self._place = PhotoPlace(self.context, self._moved)
        self._view = None
        self._live = None
        camera = self.context.camera
        self._window = isinstance(camera, WindowCamera) and camera.available()
        self._opens, self._further = self._window, False
        if camera is None or not camera.available():
            self.ids.bar.remove_widget(self.ids.shoot)
            self.ids.choose.kind = "primary"

    def enter(self):
        camera = self.context.camera
        if self._live is None and hasattr(camera, "look") and camera.available():
            self._live = LiveView()
            camera.look(self._live.see)
        self._load()

    def _load(self):
        self.ask(lambda: self.context.phone.visits.draft(self._draft), self._loaded)

    def leave(self):
        self._place.rest()
        if self._live is not None:
            self._live = None
            self.context.camera.look_away()

    def _loaded(self, view):
        if not view.sealed:  # a sealed case says nowhere where it is
            self._place.seek()
        self._show(view)
        if self._opens:
            self._open_window()

    def _open_window(self):
        """Open the phone's camera, while she is here and one more has room."""
        self._opens = False
        shell, (_definition, field) = self.context.shell, self._asked(self._view)
        has_room = self._replaces is not None or len(self._photos(self._view, self._field)) < field.max_count
        if has_room and shell.screen is self and not shell.sheets():
            self.shoot()

    def _moved(self):
        if self._view:
            self._show(self._view)

    def _show(self, view):
        first, self._view = self._view is None, view
        definition, field = self._asked(view)
        if first:
            self._came_to = len(self._photos(view, self._field))
        self.ids.header.under = where(definition, self._field, self.say)
        self.ids.choose.text = self.say("aplikasi.kamera.pilih")
        body = self.ids.page.body
        body.clear_widgets()
        cards = [self._shots(view, definition, field)]
        if not view.sealed:
            # a paper's place matters less than its sides, and what is looked at stands above all else
            cards.insert(is_paper(field) or self._live is not None, self._place.card(view))
        for card in cards:
            body.add_widget(card)
        body.add_widget(self._needed(view, definition))

    def _asked(self, view):
        """The form, and its field that the pictures are for."""
        definition = self.context.phone.forms.get(self._form, view.forms[self._form].version)
        return definition, field_at(definition.fields, self._field)

    def _photos(self, view, field):
        """The shots that count for a field of this form."""
        here = (self._form, field)
        return [photo for photo in view.photos if (photo.form, photo.field) == here and not photo.superseded]

    def _shots(self, view, definition, field):
        card = Card()
        label, above = question(definition, self._field, self.say)
        if above:
            card.add_widget(Words(text=above, style="caption", ink="primary"))
        card.add_widget(Words(text=label, style="question"))
        if field.hint:
            card.add_widget(Words(text=field.hint, style="small", ink="ink_soft"))
        photos = self._photos(view, self._field)
        paper = is_paper(field) and not photos
        if paper:
            card.add_widget(Words(text=self.say("aplikasi.kamera.bingkai"), style="question", ink="primary"))
        if self._live is not None:
            if self._live.parent:
                self._live.parent.remove_widget(self._live)
            self._live.shape = shape_of(field) if is_paper(field) else 0
            card.add_widget(self._live)
        elif paper:
            card.add_widget(PaperFrame(shape=shape_of(field)))
        if paper:
            card.add_widget(
                Words(text=self.say("aplikasi.kamera.bingkai_isi"), style="small", ink="ink_soft")
            )
        if photos:
            grid = GridLayout(cols=3, spacing=dp(8), size_hint_y=None)
            grid.bind(minimum_height=grid.setter("height"))
            private = isinstance(field, Berkas) and not field.thumbnail
            for photo in photos:
                tile = PhotoTile(photo.thumbnail, private, blob=photo.blob, warning=" ".join(photo.warnings))
                tile.bind(on_release=lambda t: self._look(t.blob))
                grid.add_widget(tile)

            def fit(_grid, width):
                for tile in grid.children:
                    tile.size = ((width - dp(16)) / 3,) * 2

            grid.bind(width=fit)
            card.add_widget(grid)
            said = [key for photo in photos for key in photo.warnings]
            if any(self._lacks_place(photo, definition, field) for photo in photos):
                said.append("aplikasi.kamera.tanpa_lokasi_isi")
            for key in dict.fromkeys(said):
                advice = Notice(icon="warning", tone="notice", style="question", text=self.say(key))
                card.add_widget(advice)
        elif self.context.camera is None or not self.context.camera.available():
            card.add_widget(Notice(icon="camera", tone="info", text=self.say("aplikasi.kamera.tanpa_kamera")))
        return card

    def _needed(self, view, definition):
        card = Card(spacing=dp(4))
        card.add_widget(Words(text=self.say("aplikasi.kamera.daftar"), style="question"))
        again = asked_of(view.returned, [definition]) if view.sealed and view.returned else None
        for name in self._places(definition, view.forms[self._form].answers):
            # a sealed visit comes back without its pictures: those that were not asked again are in the room
            if again is not None and name != self._field and (self._form, table_of(name)) not in again:
                continue
            count = len(self._photos(view, name))
            under = (
                self.say("aplikasi.kamera.ada", jumlah=count) if count else self.say("aplikasi.kamera.belum")
            )
            row = FindingRow(
                text=where(definition, name, self.say),
                under=under,
                icon="check" if count else "camera",
                tone="good" if count else "quiet",
            )
            row.bind(on_release=lambda _r, n=name: self._switch(n))
            card.add_widget(row)
        return card

    def _places(self, definition, answers):
        """Every field and every row that asks for pictures, in the form's order."""
        cells = [cell for cell, _blobs in photo_cells(definition.fields, answers)]
        for name in visible_fields(definition, answers):
            if isinstance(definition.fields[name], (Foto, Berkas)):
                yield name
            yield from (cell.name for cell in cells if cell.table == name)

    def _switch(self, field):
        self._field = field
        self._show(self._view)
        self.ids.page.to_top()
        if self._window and not self._photos(self._view, field):
            self._open_window()

    def _look(self, blob):
        self.context.shell.go("photo", draft=self._draft, form=self._form, field=self._field, blob=blob)

    def shoot(self):
        """One frame of the camera. Leaving its window after others were taken is no failure: she is done."""
        camera, guide = self.context.camera, self._guide()
        further, self._further = self._further, False
        frame = partial(camera.frame, guide)
        if isinstance(camera, WindowCamera):
            frame = partial(camera.frame, guide, further=further)
        self._keep(frame, "aplikasi.kamera.tanpa_gambar", self._shot, further=further)

    def _guide(self):
        """The frame that a paper is to fill; none for anything else."""
        if self._view is None:
            return None
        _definition, field = self._asked(self._view)
        return Guide(shape_of(field), self.say("aplikasi.kamera.bingkai")) if is_paper(field) else None

    def choose(self):
        """A file of this computer, or one that the phone's own chooser brings."""
        documents = self.context.documents
        if documents is None:
            self.context.shell.present(FileSheet(self.say, self._chosen))
        else:
            self._take(lambda: documents.read("image/*", MOST_READ))

    def _chosen(self, path):
        self._take(lambda: read_bytes(path))

    def _take(self, read):
        """Read the file; the place that it says it was taken at is offered, never taken by itself."""

        def work():
            try:
                data = read()
            except OSError:
                return Refused(say="aplikasi.kamera.tidak_terbaca")
            if data is None:  # she went back
                return None
            return data, None if self._view is None or self._view.sealed else place_in(data)

        self.context.background.run(work, self._read)

    def _read(self, outcome):
        if outcome is None:
            return
        if isinstance(outcome, Refused):
            self.refusal(outcome)
            return
        data, found = outcome

        def keep(place=None):
            self._place.take(place)
            self._keep(lambda: data)

        if found is None:
            keep()
            return
        self.context.shell.present(
            LocationSheet(
                self.context.now_ms, keep, self.say("aplikasi.lokasi.dari_foto"), found=found, without=keep
            )
        )

    def _keep(self, take, trouble="aplikasi.kamera.tidak_terbaca", then=None, *, further=False):
        visits, place, replaces = self.context.phone.visits, self._place, self._replaces
        field = self._field  # as it was asked for: she may tap another row of the list meanwhile
        self.ids.choose.disabled = True
        shell = self.context.shell
        working = shell.toast(self.say("aplikasi.kamera.memproses"), "camera", MOST_WORK_S)

        def work():
            try:
                data = take()
            except OSError:
                camera = self.context.camera
                return Refused(say=(camera.trouble() if camera is not None else "") or trouble)
            return visits.add_photo(self._draft, self._form, field, data, place.of_shot(), replaces=replaces)

        def kept(outcome):
            shell.hush(working)  # what comes next is not to lie under it
            if further and isinstance(outcome, Refused) and outcome.say == NONE_TAKEN:
                self.ids.choose.disabled = False
                self._done()
            else:
                self._kept(outcome, then)

        self.context.background.run(work, kept)

    def _kept(self, outcome, then=None):
        self.ids.choose.disabled = False
        if isinstance(outcome, Refused) and closed_for_good(outcome.say):
            self.context.shell.present(PermissionSheet(self.context, outcome.say))
        elif isinstance(outcome, Refused):
            self.refusal(outcome)
        else:
            led_back = then is not None and then(outcome)
            self._replaces = None
            if led_back:
                return
        self._load()  # not entered anew: she may have left meanwhile

    def _done(self):
        """She took as many as she wanted, if those are enough."""
        _definition, field = self._asked(self._view)
        if (
            self.context.shell.screen is self
            and len(self._photos(self._view, self._field)) >= field.min_count
        ):
            self.context.shell.back()

    def _shot(self, photo):
        """Lead back by itself from a good shot that is enough; True when it did.

        It stands on the form, where a tap on it leads to taking it again: no word to tap lies over the next
        question. Where several are wanted the next free place comes, until none is left. Papers have more
        pages, whoever chose another shot from the list works through it, and a shot without the place that
        the form asks for may get it the next time: all of these stay.
        """
        shell, view = self.context.shell, self._view
        if shell.screen is not self or shell.sheets() or view is None or photo.warnings:
            return False
        if photo.field != self._field:
            return False
        definition, field = self._asked(view)
        count = sum(p.number != self._replaces for p in self._photos(view, self._field)) + 1
        lacks_place = self._lacks_place(photo, definition, field)
        if not isinstance(field, Foto) or self._field != self._came_for:
            return False
        if lacks_place and self._place.may_come:
            return False
        if count < field.min_count or (self._goes_on(field) and count < field.max_count):
            self._opens = self._further = self._window
            return False
        shell.back()
        if lacks_place:
            shell.toast(self.say("aplikasi.kamera.tersimpan_tanpa_lokasi"), "location_off", 5)
        else:
            shell.toast(self.say("aplikasi.kamera.tersimpan"), "check")
        return True

    def _goes_on(self, field):
        """Whether she takes several: the form has more room than usual, or some were there as she came. Who
        takes one again takes no other.
        """
        return self._replaces is None and (field.max_count > USUAL_PHOTOS or self._came_to > 0)

    def _lacks_place(self, photo, definition, field):
        """Whether a photo has no place though its form asks for one. A paper's matters little."""
        asks = any(isinstance(one, Gps) for one in definition.fields.values())
        return asks and photo.place is None and not is_paper(field) and not self._view.sealed
