"""Sinkronisasi: every item with its state, how far it is, why it failed and what comes next."""

from kivy.metrics import dp

from field_app.ui.cards import status_chip
from field_app.ui.handover import HandoverCard
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.sync_cards import clock_notice, conflicts_card, losses_card, notes_of, progress_words
from field_app.ui.widgets.buttons import Link
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import Fact, SyncRow
from field_app.ui.widgets.head import counted
from field_app.ui.widgets.switch import Toggle
from field_app.ui.widgets.words import Empty, Notice, Words
from field_app.views import Refused
from schemas.format import date_and_clock, local_date, short_date, span

load_kv(__file__)

MOST_SHOWN = 60


class SyncScreen(BaseScreen):
    """Follows the worker while it is in front."""

    def heard(self):
        """Show where everything stands now."""
        self._show()

    def send(self):
        """Send now; asking twice does no harm."""
        self.context.phone.worker.sync_now()
        self._show()

    def _show(self):
        worker, say = self.context.phone.worker, self.say
        status, items = worker.status(), worker.items()
        self.ids.sync.show(status, self.context.now_ms())
        running = status.state == "jalan"
        self.ids.send.disabled = running
        self.ids.send.text = say("aplikasi.sinkron.sedang" if running else "aplikasi.sinkron.sekarang")
        body = self.ids.page.body
        body.clear_widgets()
        if status.problem:
            cause = say(status.problem)
            if status.wait_s:
                cause = f"{cause} {say('aplikasi.sinkron.coba_lagi', lama=span(status.wait_s))}"
            body.add_widget(Notice(icon="sync_problem", tone="bad", text=cause))
        losses = losses_card(self.context, self.context.phone.visits.losses(), self._record_again)
        for card in (clock_notice(status, say), losses, conflicts_card(self.context, status)):
            if card is not None:
                body.add_widget(card)
        summary = Card(spacing=dp(4))
        last = date_and_clock(status.last_ms) if status.last_ms else say("aplikasi.sinkron.tidak_pernah")
        summary.add_widget(Fact(icon="history", label=say("aplikasi.sinkron.terakhir"), text=last))
        left = counted(status.data_pending, status.photos_pending, say)
        pending = left or say("aplikasi.sinkron.tidak_ada")
        summary.add_widget(Fact(icon="upload", label=say("status.menunggu_kirim"), text=pending))
        sent = progress_words(status, say)
        if sent:
            summary.add_widget(Fact(icon="image", label=say("aplikasi.sinkron.foto"), text=sent))
        switch = Toggle(
            text=say("aplikasi.sinkron.wifi"),
            under=say("aplikasi.sinkron.wifi_isi"),
            icon="wifi",
            on=bool(self.context.phone.settings.wifi_only),
        )
        self.keeps(switch, lambda on: setattr(self.context.phone.settings, "wifi_only", on))
        summary.add_widget(switch)
        body.add_widget(summary)
        body.add_widget(HandoverCard(self.context, self._show))
        if not items:
            body.add_widget(
                Empty(
                    icon="cloud_done",
                    text=say("aplikasi.sinkron.kosong"),
                    hint=say("aplikasi.sinkron.kosong_isi"),
                )
            )
            return
        body.add_widget(Words(text=say("aplikasi.sinkron.langkah"), style="small", ink="ink_soft"))
        for kind, title, icon in (
            ("data", "aplikasi.sinkron.data", "task"),
            ("foto", "aplikasi.sinkron.foto", "image"),
        ):
            some = [item for item in items if item.kind == kind]
            if some:
                card = Card(spacing=0)
                card.add_widget(Words(text=f"{say(title)} ({len(some)})", style="question"))
                for item in some[:MOST_SHOWN]:
                    under = say(item.problem) if item.problem else ""
                    handed = item.handed_ms and say(
                        "aplikasi.serah.di_berkas", tanggal=short_date(local_date(item.handed_ms))
                    )
                    notes = (notes_of(item, say), handed or "")
                    card.add_widget(
                        SyncRow(
                            title=item.title,
                            under=under,
                            note=" · ".join(note for note in notes if note),
                            icon=icon,
                            percent=item.percent,
                            chip=status_chip(item.status, self.look, say),
                        )
                    )
                    if item.again:
                        card.add_widget(self._ask("tanya_lagi", item.visit))
                if sum(item.again for item in some) > 1:
                    card.add_widget(self._ask("tanya_semua", None))
                body.add_widget(card)

    def _ask(self, name, visit):
        """A link that has the office judge refused work again: of one visit, or all."""
        link = Link(icon="refresh", text=self.say(f"aplikasi.sinkron.{name}"))
        link.bind(on_release=lambda *_: self.context.phone.worker.ask_again(visit))
        return link

    def _record_again(self, lost):
        self.context.background.run(lambda: self.context.phone.visits.record_again(lost.visit), self._begun)

    def _begun(self, outcome):
        if isinstance(outcome, Refused):
            self.refusal(outcome)
        else:
            self.context.shell.go("form", draft=outcome.id)
