"""Tinjau & kirim: what is missing (tap to go there), what must be mended, what will be sealed; then
*Selesaikan*.
"""

from kivy.metrics import dp

from field_app.ui.kv import load_kv
from field_app.ui.labels import where
from field_app.ui.mending import unmended
from field_app.ui.shell import BaseScreen
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import Fact, FindingRow
from field_app.ui.widgets.words import Column, Notice, Words
from field_app.views import Refused
from schemas.form_cells import Cell, table_of

load_kv(__file__)

GROUPS = (
    ("blocked", "aplikasi.tinjau.halang", "error", "bad"),
    ("missing", "aplikasi.tinjau.kurang", "edit", "notice"),
    ("warnings", "aplikasi.tinjau.peringatan", "warning", "notice"),
)


class ReviewScreen(BaseScreen):
    """Asks the phone to check the draft, and to seal it."""

    def build(self, draft: str):
        self._draft = draft
        self._view = None

    def enter(self):
        visits = self.context.phone.visits
        self.ask(lambda: (visits.draft(self._draft), visits.review(self._draft)), self._show)

    def _show(self, both):
        view, review = both
        self._view = view
        body = self.ids.page.body
        body.clear_widgets()
        self.ids.header.under = " · ".join(part for part in (view.nama, view.desa) if part)
        if not (review.blocked or review.missing):
            fine = Card(ground="good_soft")
            fine.add_widget(Words(text=self.say("aplikasi.tinjau.lengkap"), style="question", ink="good_ink"))
            fine.add_widget(
                Words(text=self.say("aplikasi.tinjau.lengkap_isi"), style="small", ink="good_ink")
            )
            body.add_widget(fine)
        asked = self._asked(view, {(one.form, one.field) for one in (*review.blocked, *review.missing)})
        if asked is not None:
            body.add_widget(asked)
        for name, title, icon, tone in GROUPS:
            found = getattr(review, name)
            if found:
                body.add_widget(self._group(name, title, icon, tone, found))
        seal = Card(spacing=dp(8))
        seal.add_widget(Words(text=self.say("aplikasi.tinjau.isi_segel"), style="question"))
        titles = [self.context.phone.forms.get(form, view.forms[form].version).title for form in review.forms]
        seal.add_widget(
            Fact(
                icon="form",
                label=self.say("aplikasi.tinjau.formulir", jumlah=len(titles)),
                text=", ".join(titles),
            )
        )
        seal.add_widget(
            Fact(
                icon="image",
                label=self.say("aplikasi.kamera.judul"),
                text=self.say("aplikasi.tinjau.foto", jumlah=review.photos),
            )
        )
        said = "aplikasi.tersegel.lapis_segel" if view.sealed else "aplikasi.tinjau.segel_isi"
        seal.add_widget(Notice(icon="sealed", tone="info", text=self.say(said)))
        body.add_widget(seal)
        self.ids.finish.disabled = bool(review.blocked)
        self.ids.finish.text = self.say(
            "aplikasi.tinjau.perbaiki_dulu" if review.blocked else "aplikasi.tinjau.selesaikan"
        )

    def _group(self, name, title, icon, tone, found):
        card = Card(spacing=dp(4))
        heading = Column(spacing=dp(2))
        heading.add_widget(Words(text=f"{self.say(title)} ({len(found)})", style="question"))
        if name == "missing":
            heading.add_widget(
                Words(text=self.say("aplikasi.tinjau.kurang_isi"), style="small", ink="ink_soft")
            )
        card.add_widget(heading)
        for finding in found:
            form = self.context.phone.forms.get(finding.form, self._view.forms[finding.form].version)
            spot = self._spot(finding)
            under = self.say(finding.say) if name != "missing" and finding.say in self.say else form.title
            row = FindingRow(text=where(form, spot, self.say), under=under, icon=icon, tone=tone)
            row.bind(on_release=lambda _r, f=finding: self._to(f.form, self._spot(f)))
            card.add_widget(row)
        return card

    def _asked(self, view, told):
        """What the office sent back and still stands as it was, but for what is told already."""
        forms = self.context.phone.forms
        found = [one for one in unmended(view, forms) if (one[0], table_of(one[1])) not in told]
        if not found:
            return None
        card = Card(spacing=dp(4))
        title = self.say("aplikasi.tinjau.belum_diubah")
        card.add_widget(Words(text=f"{title} ({len(found)})", style="question"))
        for name, field, reason in found:
            spot = where(forms.get(name, view.forms[name].version), field, self.say)
            row = FindingRow(text=spot, under=reason, icon="returned", tone="notice")
            row.bind(on_release=lambda *_, name=name, field=field: self._to(name, field))
            card.add_widget(row)
        return card

    def _spot(self, finding):
        if finding.row is None:
            return finding.field
        return Cell(table=finding.field, column=finding.column).in_row(finding.row)

    def _to(self, form, spot):
        """To what is to be mended; the next step from there is this screen again."""
        shell = self.context.shell
        shell.back_to("home")
        shell.go("form", draft=self._draft, jump=(form, spot), mending=True)

    def finish(self):
        """Seal it."""
        self.ids.finish.disabled = True
        self.ids.finish.text = self.say("aplikasi.tinjau.menyelesaikan")
        visits = self.context.phone.visits
        self.context.background.run(lambda: visits.finalise(self._draft), self._finished)

    def _finished(self, outcome):
        if isinstance(outcome, Refused):
            self.refusal(outcome)
            self.enter()
            return
        self.context.shell.only("home")
        name = "" if self._view.sealed else self._view.nama
        self.context.shell.go("done", number=outcome.number, name=name)
