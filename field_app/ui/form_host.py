"""What the editors of a form ask of the screen that holds them: people, places, pictures, a voice.

Rule: nothing here knows of pages or of saving; that is the screen's own (screens/form.py).
"""

from datetime import date
from typing import Any

from field_app.finalise import place_answer
from field_app.recordings import recordings
from field_app.ui.fields.pick import MOST
from field_app.ui.labels import fix_words, ground_words
from field_app.ui.permissions import PermissionSheet, closed_for_good, settings_pill
from field_app.ui.plan import Step
from field_app.ui.sheets import LocationSheet
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets.entry import Entry
from field_app.views import Refused
from schemas.form_cells import answer_at, blobs_of, cell_of, of_column


class FormHost(BaseScreen):
    """The Host of the editors of one draft."""

    _draft: str
    view: Any
    answers: dict[str, dict[str, Any]]
    _cards: dict[tuple[str, str], Any]

    @property
    def step(self) -> Step:
        """The page in front."""
        raise NotImplementedError

    def today(self) -> date:
        """The local day."""
        return self.context.today()

    def is_private(self) -> bool:
        """Whether what is typed is of a sealed case."""
        return bool(self.view.sealed)

    def regions(self):
        """All regions."""
        return self.context.phone.wilayah

    def references(self, to, text):
        """[(id, name, second line)] of what a field may refer to."""
        found = self.context.phone.visits.references(to, text, MOST + 1)
        return [(one.id, one.nama, one.under) for one in found]

    def reference_name(self, to, key):
        """The name behind an id, as far as this phone knows it."""
        try:
            fields = self.context.phone.visits.person(key)
        except LookupError:
            return key[:8]
        return str(fields.get("nama") or fields.get(f"nama_{to}") or key[:8])

    def photos(self, field):
        """Photos of a field, or of one row, of the page in front."""
        photos = [p for p in self.view.photos if p.form == self.step.form]
        cell = cell_of(field)
        if cell is None:
            return tuple(p for p in photos if p.field == field)
        # rows may have moved since the phone told of its photos: the row's own answer says which are its
        named = blobs_of(answer_at(self.answers[self.step.form], field))
        ours = {p.blob: p for p in photos if of_column(p.field) == cell.of_column and not p.superseded}
        return tuple(ours[blob] for blob in named if blob in ours)

    def photo_bytes(self, blob):
        """The bytes of a picture that is kept, None when it cannot be seen now."""
        try:
            return self.context.phone.visits.photo_bytes(blob)
        except LookupError:
            return None

    def take_photo(self, field):
        """Open the camera for a field."""
        self.context.shell.go("camera", draft=self._draft, form=self.step.form, field=field)

    def view_photo(self, field, blob):
        """Look at one photo, or take it again."""
        self.context.shell.go("photo", draft=self._draft, form=self.step.form, field=field, blob=blob)

    def sign(self, field, png):
        """Keep a signature."""
        visits, form = self.context.phone.visits, self.step.form

        def signed(outcome):
            if isinstance(outcome, Refused):
                self.refusal(outcome)
            if self.context.shell.screen is self:  # else it is asked when she comes back
                self.enter()

        self.context.background.run(lambda: visits.sign(self._draft, form, field, png), signed)

    def read_statement(self):
        """Read the statement out, and have it signed."""
        self.context.shell.go("statement", draft=self._draft)

    def locate(self, field):
        """Take a fix where the device can, else have it typed."""
        card = self._cards[(self.step.form, field)]

        def use(place):
            value = place_answer(place)
            card.editor.show(value)
            card.editor.offer(value)

        def fixed(place):
            if place is None:
                reason = location.trouble() or "aplikasi.lokasi.tidak_ada"
                sheet = LocationSheet(self.context.now_ms, use, self.say(reason))
                if closed_for_good(reason):
                    sheet.add(settings_pill(self.context))
                self.present(sheet)
            else:
                use(place)
                if closed_for_good(location.trouble()):
                    self.present(PermissionSheet(self.context, location.trouble()))

        location = self.context.location
        if location is None:
            self.present(LocationSheet(self.context.now_ms, use))
        else:
            self.context.shell.toast(self.say("aplikasi.lokasi.mencari"), "my_location", 1.5)
            self.context.background.ask(location.fix, fixed)

    def fix_time(self, value):
        """When a fix was taken, and where it is from if no satellite gave it, as one reads it."""
        source = value.get("source", "gps")
        return fix_words(source, value.get("at"), self.context.now_ms(), self.context.text)

    def ground(self, value):
        """How a fix lies to the desa of the visit."""
        wilayah = self.context.phone.wilayah
        return ground_words(self.view, wilayah, value["lat"], value["lng"], self.context.text)

    def recordings(self):
        """The data notice read aloud, by language."""
        return recordings(self.say("lapangan.versi_pemberitahuan"))

    def listen(self, language, ended):
        """Let the notice be heard; False when this device cannot."""
        heard = self.context.voice.play(self.recordings()[language], ended)
        if not heard:
            self.context.shell.toast(self.say("aplikasi.suara.tidak_terputar"), "warning", 5)
        return heard

    def be_quiet(self):
        """Stop what is heard."""
        self.context.voice.stop()

    def present(self, sheet):
        """Show a sheet; what is typed on it is of the same case."""
        for entry in (one for one in sheet.walk(restrict=True) if isinstance(one, Entry)):
            entry.private = self.is_private()
            entry.bind(on_overflow=lambda _entry, most: self.overflowed(most))
        self.context.shell.present(sheet)
