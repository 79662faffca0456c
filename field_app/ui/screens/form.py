"""Formulir: one topic a page, large choices, saved at each answer; nothing stops but what cannot be true.

Rule: the screen holds a copy of the answers to decide what to show; the phone's saved answers are the
truth, and
each answer is handed over at once, in order.
"""

from typing import Any

from kivy.metrics import dp

from field_app.bench import guarded
from field_app.returned import asked_of, is_of_whole, reason_of
from field_app.ui.fields.card import FieldCard
from field_app.ui.fields.table import TabelEditor
from field_app.ui.form_host import FormHost
from field_app.ui.kv import load_kv
from field_app.ui.plan import Step, is_asked, neighbour, opened, plan, required_fields
from field_app.ui.sheets import PagesSheet, SkipSheet, UndoSheet
from field_app.ui.values import is_computed, with_computed
from field_app.ui.widgets import head  # noqa: F401 - named in the .kv
from field_app.ui.widgets.buttons import appear
from field_app.ui.widgets.words import Column, Words
from field_app.views import Refused
from schemas.form_cells import cell_of

load_kv(__file__)


class FormScreen(FormHost):
    """Draws the forms of one draft; it is the Host of the editors."""

    def build(self, draft: str, jump: tuple[str, str] | None = None, mending: bool = False):
        """`jump` is a form and a field of it, or a cell: its row is opened. `mending`: the review is next."""
        self._draft = draft
        cell = cell_of(jump[1]) if jump else None
        self._jump = (jump[0], cell.table) if jump and cell else jump
        self._row = cell.row if cell else None
        self._mending = mending
        self._stands: tuple[str, str] | None = None
        self.view: Any = None
        self.answers: dict[str, dict[str, Any]] = {}
        self.steps: list[Step] = []
        self.at = 0
        self._cards: dict[tuple[str, str], FieldCard] = {}
        self._findings: dict[str, list] = {}
        self._pending: dict[tuple[str, str], int] = {}
        self._asked: set[tuple[str, str]] = set()
        self._shots: dict[str, tuple[str, str]] = {}

    # -- coming and going -----------------------------------------------------------------------------------

    def enter(self):
        self.ask(lambda: self.context.phone.visits.draft(self._draft), self._loaded)

    def on_touch_down(self, touch):
        """The question that is touched is where she is."""
        page = self.ids.page
        if page.collide_point(*touch.pos):
            within = page.to_local(*touch.pos)
            touched = next((card for card in self._shown_cards() if card.collide_point(*within)), None)
            if touched:
                self._stand_on(touched.form, touched.field.name)
        return super().on_touch_down(touch)

    def _stand_on(self, form, field):
        if (form, field) != self._stands:
            self._stands = (form, field)
            visits = self.context.phone.visits
            self.context.background.run(
                lambda: guarded(lambda: visits.stand_on(self._draft, form, field)), lambda _none: None
            )

    def leave(self):
        self.be_quiet()
        for card in self._shown_cards():
            card.flush()

    def back(self):
        if self._neighbour(-1) is not None:
            self.turn(-1)
            return True
        return False

    def quit(self):
        """Out of the form; everything is saved already."""
        self.leave()
        self.at = 0
        self.context.shell.back()

    def _loaded(self, view):
        first = self.view is None
        self.view = view
        self.answers = {form: dict(filled.answers) for form, filled in view.forms.items()}
        self.ids.header.title = view.nama or view.title
        self.ids.header.under = " · ".join(
            part for part in (view.title if view.nama else "", view.desa) if part
        )
        self._findings = {form: list(found) for form, found in view.findings.items()}
        self._shots = {photo.blob: (photo.form, photo.field) for photo in view.photos}
        self._asked = self._named(view)
        self._plan()
        if first:
            self.at = min(view.page, len(self.steps) - 1)
            if self._asked and not view.at:
                self.at = neighbour(self.steps, -1, 1, self._asked) or 0
            if self._jump:
                self.at = self._find(*self._jump)
                self._stand_on(*self._jump)
                self._remember_page()
        self.show_page(fresh=first)
        if first and (there := self._jump or view.at):
            card = self._cards.get(there)
            if card:
                self.ids.page.bring(card)
            if isinstance(card and card.editor, TabelEditor) and self._row is not None:
                card.editor.open_row(self._row)
            self._jump = None

    def bring_new(self, widget):
        """Scroll until something is seen that was just added."""
        self.ids.page.bring(widget)

    def _named(self, view):
        """What the office asked again, by form and field: the way through the pages. Of a sealed visit
        nothing else is to be filled, its other answers are in the room; one that came back as a whole is gone
        through as a whole.
        """
        known = self.context.phone.forms
        forms = [known.get(form, filled.version) for form, filled in view.forms.items()]
        if not view.sealed and any(is_of_whole(key, forms, self._shots) for key in view.returned):
            return set()
        return asked_of(view.returned, forms, self._shots)

    def _neighbour(self, by):
        """The page that *Lanjut* or back leads to; the list of pages leads to all. From one answer that the
        review sent her to, the way on is the review again.
        """
        if by > 0 and self._mending:
            return None
        return neighbour(self.steps, self.at, by, self._asked)

    def _bring_asked(self):
        """Show the first of what was asked again on this page, however far down it stands."""
        below = self._shown_cards()[1:]  # above the first stands only the title, which is good to see
        card = next((card for card in below if (card.form, card.field.name) in self._asked), None)
        if card:
            self.ids.page.bring(card)

    def asked_pages(self):
        """The pages, by their place, that hold what the office asked again."""
        return {n for n, step in enumerate(self.steps) if is_asked(step, self._asked)}

    def _find(self, form, field):
        return next(
            (n for n, step in enumerate(self.steps) if step.form == form and field in step.fields), self.at
        )

    def _plan(self):
        self.steps = plan(self.context.phone.forms, self.view.form, self._versions(), self.answers)

    def _versions(self):
        return {form: filled.version for form, filled in self.view.forms.items()}

    # -- the page -------------------------------------------------------------------------------------------

    @property
    def step(self) -> Step:
        """The page in front."""
        return self.steps[self.at]

    def _shown_cards(self) -> list[FieldCard]:
        return [child for child in reversed(self.ids.page.body.children) if isinstance(child, FieldCard)]

    def show_page(self, fresh=True):
        """Show the page in front; what is there already stays where it is."""
        body, step = self.ids.page.body, self.step
        if fresh:
            for child in list(body.children):
                body.remove_widget(child)
            head_column = Column(spacing=dp(2))
            words = self.say("aplikasi.formulir.bagian", ke=self.at + 1, semua=len(self.steps))
            if step.form != self.view.form:
                words = f"{words} · {step.form_title}"
            self._eyebrow = Words(text=words, style="caption", ink="primary")
            head_column.add_widget(self._eyebrow)
            head_column.add_widget(Words(text=step.title, style="title"))
            body.add_widget(head_column)
        self.ids.progress.count, self.ids.progress.at = len(self.steps), self.at
        last = self._neighbour(1) is None
        self.ids.next.text = self.say("aplikasi.formulir.tinjau" if last else "aplikasi.formulir.lanjut")
        self.ids.previous.disabled = self._neighbour(-1) is None
        required = required_fields(step.definition, self.answers[step.form])
        if self._asked and self.view.sealed:
            required = {name for name in required if (step.form, name) in self._asked}
        present = {card.field.name: card for card in self._shown_cards()}
        for name, card in present.items():
            if name not in step.fields:
                body.remove_widget(card)
        for place, name in enumerate(step.fields):
            card = present.get(name) or self._card(step, name)
            card.show(self.answers[step.form].get(name), name in required, self._busy(step.form, name))
            card.findings([found for found in self._findings.get(step.form, []) if found.field == name])
            if not card.parent:
                body.add_widget(card, index=len(body.children) - 1 - place)
                if not fresh:
                    appear(card)
        if fresh:
            self.ids.page.to_top()

    def _card(self, step, name) -> FieldCard:
        key = (step.form, name)
        if key not in self._cards:
            view = self.view
            reason = reason_of(view.returned, step.form, name, self._shots)
            earlier = view.last.get(step.form, {}).get(name)
            self._cards[key] = FieldCard(
                step.form, step.definition.fields[name], self.answers[step.form].get(name), self,
                self.save, self.skip, earlier, reason,
            )  # fmt: skip
        return self._cards[key]

    def turn(self, by):
        """To the next or the last page, or to the review."""
        self.leave()
        there = self._neighbour(by)
        if there is not None:
            self.go_to(there)
            self._bring_asked()
        elif by > 0:
            self.context.shell.go("review", draft=self._draft)

    def go_to(self, index):
        """To a page; what was said about the one before would lie over it."""
        self._mending = False
        self.context.shell.hush_words()
        self.at = max(0, min(index, len(self.steps) - 1))
        self._remember_page()
        self.show_page()

    def _remember_page(self):
        visits, step, at = self.context.phone.visits, self.step, self.at
        self.ask(lambda: visits.remember_page(self._draft, step.form, at), lambda _none: None)

    def pages(self):
        """All pages, and what can be done with the draft."""
        self.leave()
        self.context.shell.present(PagesSheet(self))

    def discard(self):
        """Put the draft away; the word at the bottom says so, and the home list offers it no more."""
        visits, shell = self.context.phone.visits, self.context.shell

        def gone(_none):
            shell.only("home")
            shell.present(UndoSheet.of(self.context, self._draft))

        self.ask(lambda: visits.discard(self._draft), gone)

    # -- saving ---------------------------------------------------------------------------------------------

    def _busy(self, form, name):
        return self._pending.get((form, name), 0) > 0

    def save(self, card: FieldCard, value: Any) -> None:
        """Hand one answer over, now."""
        visits, name, form = self.context.phone.visits, card.field.name, card.form
        self._hand_over(card, value, lambda: visits.save(self._draft, form, name, value))

    def skip(self, card: FieldCard) -> None:
        """Ask why, then hand over the reason."""
        visits, name, form = self.context.phone.visits, card.field.name, card.form

        def skipped(reason):
            self._hand_over(card, {"skipped": reason}, lambda: visits.skip(self._draft, form, name, reason))

        self.present(SkipSheet(card.field.label, skipped))

    def _hand_over(self, card, value, work):
        key = (card.form, card.field.name)
        answers = self.answers[card.form]
        if value is None:
            answers.pop(card.field.name, None)
        else:
            answers[card.field.name] = value
        self._pending[key] = self._pending.get(key, 0) + 1
        card.settle(True)
        self._replan()
        self.context.background.run(work, lambda outcome: self._saved(key, outcome))

    def _saved(self, key, outcome):
        form, _name = key
        self._pending[key] -= 1
        card = self._cards.get(key)
        refused = isinstance(outcome, Refused)
        if not refused:
            self._findings[form] = [found for found in outcome.findings if found.form == form]
        if card:
            card.settle(self._busy(*key), self.say(outcome.say, **outcome.values) if refused else "")
        self.show_page(fresh=False)
        if any(is_computed(field) for field in self.step.definition.fields.values()):
            visits = self.context.phone.visits
            self.ask(lambda: visits.draft(self._draft), self._computed)

    def _computed(self, view):
        """Take over what the phone computed; what was typed since stays."""
        for form, filled in view.forms.items():
            definition = self.context.phone.forms.get(form, filled.version)
            answers = self.answers.setdefault(form, {})
            for name, field in definition.fields.items():
                if not is_computed(field):
                    continue
                value = with_computed(field, answers.get(name), filled.answers.get(name))
                if value is None:
                    answers.pop(name, None)
                else:
                    answers[name] = value
            self._findings[form] = list(view.findings.get(form, ()))
        self._replan()

    def _replan(self):
        """Answers changed: pages and fields may come or go, the page in front stays."""
        here = (self.step.form, self.step.title)
        for form in opened(self.context.phone.forms, self.view.form, self._versions(), self.answers):
            self.answers.setdefault(form, {})
        self._plan()
        self.at = next(
            (n for n, s in enumerate(self.steps) if (s.form, s.title) == here),
            min(self.at, len(self.steps) - 1),
        )
        self.show_page(fresh=False)
        words = self.say("aplikasi.formulir.bagian", ke=self.at + 1, semua=len(self.steps))
        self._eyebrow.text = (
            words if self.step.form == self.view.form else f"{words} · {self.step.form_title}"
        )
