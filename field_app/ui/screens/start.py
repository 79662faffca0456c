"""Kunjungan baru: which form; forms that cannot be started yet say why."""

from field_app.ui.cards import FORM_ICONS
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head, rows  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Pill
from field_app.ui.widgets.containers import Sheet
from field_app.ui.widgets.words import Notice
from field_app.views import Refused

load_kv(__file__)

NAMED = ("warga", "ewarong")
"""Who is found by searching, and can be new: whoever has a name and a desa."""


class StartScreen(BaseScreen):
    """With `subject` (found by search) the visit begins at once, and with the `desa` of somebody new; else it
    asks whom it is about.
    """

    def build(self, subject: str | None = None, kind: str = "", name: str = "", desa: str = ""):
        self._subject, self._kind = subject, kind
        self._new = (name, desa) if desa else None
        self.ids.header.under = name
        self._forms = self.context.phone.forms

    def enter(self):
        self.ask(lambda: self.context.phone.visits.startable(self._subject), self._show)

    def _show(self, startable):
        items = []
        for one in startable:
            ready = one.startable
            if self._subject and one.subject not in (self._kind, "none"):
                continue
            if self._new and one.subject not in NAMED:
                continue
            items.append(
                (
                    "TaskRow",
                    {
                        "name": one.title,
                        "lines": tuple(filter(None, (self._service(one), one.note and self.say(one.note)))),
                        "icon": FORM_ICONS.get(one.form, "form") if ready else "lock",
                        "tone": "primary" if ready else "quiet",
                        "chip": self._chip(one),
                        "open": lambda form=one: self.open(form),
                    },
                )
            )
        self.ids.list.show(items)

    def _chip(self, form):
        """What the office asked for, and what cannot be started yet."""
        if not form.startable:
            return self.say("aplikasi.mulai.belum"), "lock", "quiet"
        return (self.say("aplikasi.cari.ada_tugas"), "task", "info") if form.asked else None

    def _service(self, form):
        key = f"layanan.{form.service}"
        said = self.say(key) if key in self.say else ""
        return said if said != form.title else ""

    def open(self, form):
        """A form was tapped."""
        if not form.startable:
            sheet = Sheet(form.title)
            sheet.add(Notice(icon="lock", tone="quiet", text=self.say(form.say)))
            if form.say.startswith("lapangan.unit."):
                key = Pill(kind="soft", icon="key", text=self.say("aplikasi.kunci_unit.judul"))
                key.bind(on_release=lambda *_: self.context.shell.go("unit_key"))
                sheet.add(key)
            self.context.shell.present(sheet)
        elif self._forms.get(form.form).privacy == "rahasia":
            self.context.shell.go("cases", form=form.form, title=form.title)
        elif self._new:
            visits, new = self.context.phone.visits, self._new
            self.context.background.run(lambda: visits.start_new(form.form, *new), self._started)
        elif self._subject or form.subject not in NAMED:
            visits = self.context.phone.visits
            self.context.background.run(lambda: visits.start(form.form, self._subject, None), self._started)
        else:
            self.context.shell.go("search", form=form.form, title=form.title, kind=form.subject)

    def _started(self, outcome):
        if isinstance(outcome, Refused):
            self.refusal(outcome)
        else:
            self.context.shell.replace("form", draft=outcome.id)
