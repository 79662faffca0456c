"""One question on its card: what state it is in, the question, the editor, and what is to be said about it.

Rule: the card's height changes only where something was added or taken away, and always below the question.
"""

from typing import Any

from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty

from field_app.finish import AT_THE_END
from field_app.ui.fields.base import Host
from field_app.ui.fields.editors import editor_for
from field_app.ui.values import shown
from field_app.ui.widgets.buttons import Link, appear
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.painted import Painted
from field_app.ui.widgets.words import Notice
from schemas.check import Finding
from schemas.form_cells import photo_columns
from schemas.form_types import Base, Berkas, Foto, Gps, Pilihan, TandaTangan, Turunan
from schemas.form_values import is_blank, is_skipped, skip_reason


class Question(Painted):
    """State at the left and *Lewati* at the right, then the question, then its hint."""

    title = StringProperty("")
    hint = StringProperty("")
    icon = StringProperty("")
    state = StringProperty("")
    tone = StringProperty("quiet")
    link = StringProperty("")
    link_held = BooleanProperty(False)

    def __init__(self, **kwargs):
        self.register_event_type("on_skip")
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        for name in ("title", "hint", "state", "icon", "tone", "link", "link_held"):
            self.bind(**{name: self.refresh})

    def on_skip(self):
        """The link at the right was tapped."""

    def _top(self):
        return self.measure("X", "caption")[1]

    def needed_height(self):
        if not self.look:
            return None
        title = self.measure(self.title, "question", max(1, self.width))[1]
        hint = self.measure(self.hint, "small", max(1, self.width))[1]
        return self._top() + dp(6) + title + (hint + dp(4) if hint else 0) + dp(2)

    def _link_width(self):
        return self.measure(self.link, "caption")[0] + dp(4) if self.link else 0

    def _on_link_part(self, touch):
        if not self.link:
            return False
        wide = max(dp(56), self._link_width() + dp(16))
        return self.right - wide <= touch.x <= self.right + dp(16) and self.top - dp(
            36
        ) <= touch.y <= self.top + dp(14)

    def on_touch_down(self, touch):
        if self._on_link_part(touch):
            touch.grab(self)
            self.link_held = True
            return True
        return super().on_touch_down(touch)

    def on_touch_up(self, touch):
        if touch.grab_current is self:
            touch.ungrab(self)
            self.link_held = False
            if self._on_link_part(touch):
                self.dispatch("on_skip")
            return True
        return super().on_touch_up(touch)

    def paint(self):
        look = self.look
        top = self._top()
        y = self.height - top
        x = 0.0
        if self.icon:
            side = look.icon_px(16)
            self.draw_icon(self.icon, look.colour(self.tone), side / 2, y + top / 2, 16)
            x = side + dp(5)
        room = self.width - x - self._link_width() - dp(10)
        self.write(self.state, "caption", look.colour(self.tone), x, y, room, shrink=True)
        if self.link:
            ink = look.primary_pressed if self.link_held else look.primary
            self.write(self.link, "caption", ink, self.width - self._link_width(), y, 0)
        title = self.measure(self.title, "question", self.width)[1]
        y -= dp(6) + title
        self.write(self.title, "question", look.ink, 0, y, self.width)
        if self.hint:
            hint = self.measure(self.hint, "small", self.width)[1]
            self.write(self.hint, "small", look.ink_soft, 0, y - dp(4) - hint, self.width)


class FieldCard(Card):
    """Keeps question, editor and notices in step with the answer."""

    def __init__(
        self,
        form: str,
        field: Base,
        value: Any,
        host: Host,
        saver,
        skipper,
        earlier=None,
        reason="",
        **kwargs,
    ):
        self.form, self.field, self.host = form, field, host
        self._saver, self._earlier = saver, earlier
        self.value = value
        self.saving = False
        super().__init__(**kwargs)
        self.question = Question(title=field.label, hint=field.hint)
        self.question.bind(on_skip=lambda *_: skipper(self))
        self.add_widget(self.question)
        self.say = self.question.say
        if reason:
            words = self.say("aplikasi.formulir.alasan_kantor", alasan=reason)
            self.add_widget(Notice(icon="returned", tone="bad", text=words))
        self.again = None
        self._offer_earlier()
        self.editor = editor_for(field, self._answer(), self._commit, host, earlier)
        self.add_widget(self.editor)
        self._notices: dict[str, Notice] = {}
        self.problem: Notice | None = None
        self.required = False

    def _answer(self):
        return None if is_skipped(self.value) else self.value

    def _commit(self, value):
        self.value = value
        self._saver(self, value)
        self._offer_earlier()

    def show(self, value: Any, required: bool, saving: bool | None = None) -> None:
        """Show an answer that came from elsewhere, and what state it is in."""
        self.required = required
        if saving is not None:
            self.saving = saving
        if value != self.value:
            self.value = value
            self.editor.show(self._answer())
            self._offer_earlier()
        elif isinstance(self.field, (Foto, Berkas, TandaTangan, Gps, Turunan)) or photo_columns(self.field):
            self.editor.show(self._answer())
        self._state()

    def settle(self, saving: bool, problem: str = "") -> None:
        """Saving began or ended; `problem` says why the answer cannot stand as it is."""
        self.saving = saving
        if not saving:
            self._say_problem(problem)
        self._state()

    def _say_problem(self, text: str) -> None:
        if self.problem and self.problem.text != text:
            self.remove_widget(self.problem)
            self.problem = None
        if text and not self.problem:
            self.problem = Notice(icon="error", tone="bad", text=text)
            self.add_widget(self.problem)
            appear(self.problem)

    def _state(self):
        question, say = self.question, self.say
        blank = is_blank(self.value)
        comes = self.field.name in AT_THE_END
        can_skip = self.required and self.field.skippable and not self.field.read_only and not comes
        question.link = say("tombol.lewati") if blank and not is_skipped(self.value) and can_skip else ""
        if self.saving:
            question.icon, question.tone, question.state = "sync", "quiet", say("aplikasi.formulir.menyimpan")
        elif self.problem or any(notice.tone == "bad" for notice in self._notices.values()):
            question.icon, question.tone, question.state = "error", "bad", say("aplikasi.formulir.periksa")
        elif is_skipped(self.value):
            question.icon, question.tone = "skip", "notice"
            question.state = f"{say('aplikasi.formulir.dilewati')}: {skip_reason(self.value)}"
        elif self.field.read_only:
            question.icon, question.tone, question.state = (
                "",
                "ink_faint",
                say("aplikasi.formulir.dari_kantor"),
            )
        elif not blank:
            question.icon, question.tone, question.state = "done", "good", say("aplikasi.formulir.tersimpan")
        else:
            question.icon, question.tone = "", "ink_faint"
            empty = "umum.wajib" if self.required else "umum.boleh_kosong"
            question.state = say("aplikasi.formulir.terisi_nanti" if comes else empty)

    def _offer_earlier(self):
        """The answer of the last visit, to confirm; never filled in by itself."""
        wanted = self._earlier is not None and is_blank(self.value)
        if wanted and isinstance(self.field, (Pilihan, Foto, Berkas, TandaTangan, Gps)):
            wanted = False
        if wanted and not self.again:
            words = shown(self.field, self._earlier, self.say, self._name)
            known = self.say("aplikasi.formulir.dulu_nilai", nilai=words)
            self.again = Link(text=f"{known} · {self.say('aplikasi.formulir.sama')}", icon="history")
            self.again.bind(on_release=lambda *_: self._same())
            self.add_widget(self.again, index=len(self.children) - 1)
        elif self.again and not wanted:
            self.remove_widget(self.again)
            self.again = None

    def _name(self, field, key):
        if hasattr(field, "to"):
            return self.host.reference_name(field.to, key)
        place = self.host.regions().get(key)
        return place.nama if place else key

    def _same(self):
        self.editor.show(self._earlier)
        self._commit(self._earlier)

    def findings(self, found: list[Finding]) -> None:
        """Show what blocks and what warns; what is merely missing is said when reviewing."""
        wanted = {}
        for finding in found:
            said = self.problem is not None and self.say(finding.say) == self.problem.text
            if finding.kind != "missing" and not said:
                wanted[finding.say] = ("error", "bad") if finding.kind == "blocked" else ("warning", "notice")
        for key in [key for key in self._notices if key not in wanted]:
            self.remove_widget(self._notices.pop(key))
        for key, (icon, tone) in wanted.items():
            if key not in self._notices:
                notice = Notice(icon=icon, tone=tone, text=self.say(key))
                self._notices[key] = notice
                self.add_widget(notice)
                appear(notice)
        self._state()

    def flush(self) -> None:
        """Hand over what is typed."""
        self.editor.flush()
