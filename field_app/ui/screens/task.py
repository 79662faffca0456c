"""Rincian tugas: why, whom, which form, until when, what happened last, and *Mulai*."""

from typing import Any

from kivy.metrics import dp
from msgspec.structs import replace

from field_app.task_map import home_of
from field_app.ui.cards import FORM_ICONS, due_day, is_due, status_chip
from field_app.ui.finished_cards import fitting_chip, hint_notice, visit_cards
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.typed import day_shown, grouped
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import Link, Pill
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import Fact
from field_app.ui.widgets.words import Notice, Words
from field_app.views import Refused
from field_app.wanted import WITHDRAWN
from schemas.format import local_date, long_date
from schemas.sealed import SEALED_FORM

load_kv(__file__)

FACTS = (
    "alamat", "nik", "no_kk", "no_kks", "tanggal_lahir", "no_hp", "status_kpm", "penyalur", "periode",
    "pemilik", "jenis",
)  # fmt: skip
LONG_NUMBERS = ("nik", "no_kk", "no_kks")


def _known(visits: Any, tugas: Any) -> Any:
    """The task, None without one or where it is no longer hers."""
    try:
        return visits.task(tugas) if tugas else None
    except LookupError:
        return None


class TaskScreen(BaseScreen):
    """Shows one card in full."""

    def build(self, card: Any):
        self._card = card
        self._seen: Any = None
        self._bar, self._start = self.ids.bar.__self__, self.ids.start.__self__  # also when it is taken away
        self.ids.header.title = card.title
        self.ids.header.under = card.desa

    def enter(self):
        card = self._card
        done = card.status not in ("tugas", "draf", "dikembalikan")
        self._start.text = self.say("aplikasi.tugas.lanjutkan" if card.draft else "aplikasi.tugas.mulai")
        if done and not card.draft and self._bar.parent:
            self.remove_widget(self._bar)
        self._seen = None
        self._ask()

    def heard(self):
        """The office's word may have come while she reads: what stands here is shown anew when it changed."""
        super().heard()
        if self._seen is not None and self._seen[1] is not None:
            self._ask()

    def _ask(self):
        card, visits = self._card, self.context.phone.visits
        done = card.status not in ("tugas", "draf", "dikembalikan")
        self.ask(
            lambda: (
                _known(visits, card.tugas),
                visits.visit(card.visit) if done and card.visit else None,
                visits.why_returned(card.visit) if not done and card.visit else None,
            ),
            lambda found: self._show(*found),
        )

    def _show(self, view, finished, elsewhere=None):
        if self._seen == (view, finished, elsewhere):
            return
        self._seen = (view, finished, elsewhere)
        body, say = self.ids.page.body, self.say
        body.clear_widgets()
        if view is None and finished is None and self._card.tugas and not self._card.hint:
            self._card = replace(self._card, hint=WITHDRAWN)  # it went after the list was drawn
            if not self._card.draft and self._bar.parent:
                self.remove_widget(self._bar)
        if self._card.hint:
            body.add_widget(hint_notice(self._card.hint, say))
        body.add_widget(self._top(finished))
        if finished is not None:
            for widget in visit_cards(self.context, self.look, finished, self._act):
                body.add_widget(widget)
        why = elsewhere or view
        if finished is None and why is not None and (why.reasons or why.note):
            body.add_widget(self._came_back(why))
        if view is None:
            return
        self._add_why(body, view)
        facts = [(name, self._fact(name, view.subject.get(name))) for name in FACTS]
        if any(text for _, text in facts):
            whom = Card(spacing=dp(6))
            whom.add_widget(Words(text=say("aplikasi.tugas.sasaran"), style="question"))
            for name, text in facts:
                if text:
                    whom.add_widget(Fact(label=say(f"aplikasi.tugas.{name}"), text=text))
            body.add_widget(whom)
        point = home_of(view.subject)
        if point is not None and self.context.system is not None and self.context.system.has_map():
            on_map = Pill(text=say("aplikasi.android.peta"), icon="location", kind="soft")
            on_map.bind(on_release=lambda *_: self._show_on_map(*point))
            body.add_widget(on_map)

    def _top(self, finished):
        """Whom it is about, and where it stands."""
        card, say, top = self._card, self.say, Card()
        top.add_widget(Words(text=card.nama or say("aplikasi.beranda.tanpa_nama"), style="title"))
        status = finished.status if finished is not None else card.status
        word, icon, tone = status_chip(status, self.look, say)
        top.add_widget(fitting_chip(word, icon, tone))
        due = due_day(card.due, self.context.today(), say)
        for label, value, fact_icon in (
            ("formulir", card.title, FORM_ICONS.get(card.form, "form")),
            ("desa", card.desa, "village"),
            ("tempo", due if is_due(card) else "", "calendar"),
        ):
            if value:
                top.add_widget(Fact(label=say(f"aplikasi.tugas.{label}"), text=value, icon=fact_icon))
        if card.tugas and finished is None and card.form != SEALED_FORM:
            where = Link(text=say("aplikasi.peta.lihat"), icon="map")
            where.bind(on_release=lambda *_: self.context.shell.go("map", tugas=card.tugas))
            top.add_widget(where)
        return top

    def _came_back(self, why):
        """Why a visit on another phone of hers came back."""
        back = Card(spacing=dp(8))
        back.add_widget(Words(text=self.say("aplikasi.tugas.alasan_kembali"), style="question"))
        for reason in why.reasons.values():
            back.add_widget(Notice(icon="returned", tone="bad", text=reason))
        if why.note:
            back.add_widget(Notice(icon="office", tone="info", text=why.note))
        return back

    def _add_why(self, body, view):
        """Why the visit is made, and when the last one was."""
        why, say = Card(spacing=dp(6)), self.say
        if view.why:
            why.add_widget(Fact(label=say("aplikasi.tugas.mengapa"), text=view.why, icon="info"))
        if self._card.form != SEALED_FORM:  # whom it is about is not known here, so neither are visits
            last = self._last(view.last_visit)
            why.add_widget(Fact(label=say("aplikasi.tugas.kunjungan_lalu"), text=last, icon="history"))
        if why.children:
            body.add_widget(why)

    def _show_on_map(self, lat, lng):
        if not self.context.system.show_on_map(lat, lng):
            self.context.shell.toast(self.say("aplikasi.android.tanpa_peta"), "info", 4)

    def _last(self, last) -> str:
        if not last:
            return self.say("aplikasi.tugas.belum_pernah")
        if isinstance(last, int):
            return long_date(local_date(last))
        return str(last)

    def _fact(self, name, value) -> str:
        if value in (None, "", []):
            return ""
        if name in LONG_NUMBERS:
            return grouped(str(value), 16)
        if name == "tanggal_lahir":
            return day_shown(str(value))
        field = self.context.phone.forms.get(self._card.form).fields.get(name)
        options = getattr(field, "options", ())
        return next((option.label for option in options if option.code == value), str(value))

    def _act(self, what):
        """Ask the office again about what it refused, record again what never arrived, or mend what came back
        while she read.
        """
        context, visit = self.context, self._card.visit
        if what == "perbaiki":
            screen = "closed" if self._card.form == SEALED_FORM else "repair"
            context.shell.replace(screen, card=replace(self._card, status="dikembalikan"))
        elif what == "baca_catatan":
            context.shell.go("closed", card=replace(self._card, status=self._seen[1].status))
        elif what == "catat_ulang":
            context.background.run(lambda: context.phone.visits.record_again(visit), self._started)
        else:
            context.background.run(lambda: context.phone.worker.ask_again(visit), lambda _none: None)
            context.shell.toast(self.say("aplikasi.kunjungan.ditanyakan"), "sync")

    def start(self):
        """Begin, or go on."""
        card, visits = self._card, self.context.phone.visits
        if card.draft:
            self.context.shell.replace("form", draft=card.draft)
        else:
            self._start.disabled = True
            self.context.background.run(
                lambda: visits.start(card.form, card.subjek, card.tugas), self._started
            )

    def _started(self, outcome):
        self._start.disabled = False
        if isinstance(outcome, Refused):
            self.refusal(outcome)
        else:
            self.context.shell.replace("form", draft=outcome.id)
