"""Sinkronisasi: every item with its state, how far it is, why it failed and what comes next."""

from kivy.metrics import dp

from field_app.ui.cards import status_chip
from field_app.ui.handover import HandoverCard
from field_app.ui.kv import load_kv
from field_app.ui.shell import BaseScreen
from field_app.ui.sync_cards import (
    clock_notice,
    conflicts_card,
    ended_notice,
    losses_card,
    notes_of,
    progress_words,
)
from field_app.ui.widgets.buttons import Link
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.facts import Fact, SyncRow
from field_app.ui.widgets.head import counted
from field_app.ui.widgets.rows import rest_link
from field_app.ui.widgets.switch import Toggle
from field_app.ui.widgets.words import Empty, Notice, Words
from field_app.views import Refused
from schemas.format import date_and_clock, local_date, short_date, span

load_kv(__file__)

MOST_SHOWN = 60


class SyncScreen(BaseScreen):
    """Follows the worker while it is in front."""

    def build(self):
        self._most = MOST_SHOWN

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
        for card in (
            self._problem(status),
            ended_notice(status, say),
            clock_notice(status, say),
            losses_card(self.context, self.context.phone.visits.losses(), self._record_again),
            conflicts_card(self.context, status),
            self._summary(status),
            HandoverCard(self.context, self._show),
            self._moved(),
            *self._lists(items),
        ):
            if card is not None:
                body.add_widget(card)

    def _problem(self, status):
        """Why the last sync failed, and when it is tried again; None if it did not."""
        if not status.problem:
            return None
        cause = self.say(status.problem)
        if status.wait_s:
            cause = f"{cause} {self.say('aplikasi.sinkron.coba_lagi', lama=span(status.wait_s))}"
        return Notice(icon="sync_problem", tone="bad", text=cause)

    def _moved(self):
        """The way for who was told that the office is somewhere else now."""
        link = Link(icon="office", text=self.say("aplikasi.pindah.tautan"))
        link.bind(on_release=lambda *_: self.context.shell.go("new_address"))
        return link

    def _summary(self, status):
        """When it synced last, what waits, and whether photos wait for Wi-Fi."""
        say, card = self.say, Card(spacing=dp(4))
        last = date_and_clock(status.last_ms) if status.last_ms else say("aplikasi.sinkron.tidak_pernah")
        card.add_widget(Fact(icon="history", label=say("aplikasi.sinkron.terakhir"), text=last))
        left = counted(status.data_pending, status.photos_pending, say)
        pending = left or say("aplikasi.sinkron.tidak_ada")
        card.add_widget(Fact(icon="upload", label=say("status.menunggu_kirim"), text=pending))
        sent = progress_words(status, say)
        if sent:
            card.add_widget(Fact(icon="image", label=say("aplikasi.sinkron.foto"), text=sent))
        switch = Toggle(
            text=say("aplikasi.sinkron.wifi"),
            under=say("aplikasi.sinkron.wifi_isi"),
            icon="wifi",
            on=bool(self.context.phone.settings.wifi_only),
        )
        self.keeps(switch, lambda on: setattr(self.context.phone.settings, "wifi_only", on))
        card.add_widget(switch)
        return card

    def _lists(self, items):
        """What is on its way, data before photos; a word where nothing is."""
        say = self.say
        if not items:
            empty, hint = say("aplikasi.sinkron.kosong"), say("aplikasi.sinkron.kosong_isi")
            return [Empty(icon="cloud_done", text=empty, hint=hint)]
        found = [Words(text=say("aplikasi.sinkron.langkah"), style="small", ink="ink_soft")]
        for kind, icon in (("data", "task"), ("foto", "image")):
            some = [item for item in items if item.kind == kind]
            if some:
                found.append(self._list(f"{say(f'aplikasi.sinkron.{kind}')} ({len(some)})", icon, some))
        return found

    def _list(self, title, icon, items):
        card = Card(spacing=0)
        card.add_widget(Words(text=title, style="question"))
        for item in items[: self._most]:
            card.add_widget(self._row(item, icon))
            if item.again:
                card.add_widget(self._ask("tanya_lagi", item.visit))
        if len(items) > self._most:
            card.add_widget(rest_link(self.say, len(items) - self._most, self.show_more))
        if sum(item.again for item in items) > 1:
            card.add_widget(self._ask("tanya_semua", None))
        return card

    def show_more(self):
        """As many again of each kind."""
        self._most += MOST_SHOWN
        self._show()

    def _row(self, item, icon):
        say, notes = self.say, [notes_of(item, self.say)]
        if item.handed_ms:
            day = short_date(local_date(item.handed_ms))
            notes.append(say("aplikasi.serah.di_berkas", tanggal=day))
        return SyncRow(
            title=item.title,
            under=say(item.problem) if item.problem else "",
            note=" · ".join(filter(None, notes)),
            icon=icon,
            percent=item.percent,
            chip=status_chip(item.status, self.look, say),
        )

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
