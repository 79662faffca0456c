"""A form filled again with what was typed in it, on a page that is drawn already.

Rule: only what a person types or chooses is put back; what a form says by itself (hidden fields, which hold
its token and what its reader had seen) stays as it was drawn, and a password stays empty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser

MARK = "data-kembali"
CHANGING = frozenset({"csrf", "dilihat", "tanda", "tulisan"})
CHANGING_UNDER = "tadi."
"""Hidden fields that differ from drawing to drawing; by all others one form is told from the next."""
TYPED_INPUTS = frozenset(
    {"", "text", "search", "number", "date", "month", "time", "datetime-local", "tel", "url"}
)
TICKED_INPUTS = frozenset({"checkbox", "radio"})

Attributes = dict[str, str | None]


@dataclass
class _Control:
    """A field: where its tag begins and ends, and where what it holds ends (`inner_end`, of a textarea)."""

    tag: str
    attributes: Attributes
    start: int
    end: int
    folds: tuple[int, ...]
    form: str
    inner_end: int = 0
    options: list["_Control"] = field(default_factory=list["_Control"])

    @property
    def name(self) -> str:
        return self.attributes.get("name") or ""

    @property
    def kind(self) -> str:
        return (self.attributes.get("type") or "").lower() if self.tag == "input" else self.tag


@dataclass
class _Form:
    """A form: where it is sent to, where its inside begins, and what is in it."""

    action: str
    inside: int
    hidden: dict[str, str] = field(default_factory=dict[str, str])
    buttons: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    controls: list[_Control] = field(default_factory=list[_Control])


class _Reading(HTMLParser):
    """Reads a page and notes where its forms, their fields and its folded parts are."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self._lines = [0, *(at + 1 for at, letter in enumerate(html) if letter == "\n")]
        self.forms: dict[str, _Form] = {}
        self.folds: dict[int, tuple[Attributes, int]] = {}
        self._controls: list[_Control] = []
        self._open: list[int] = []
        self._form = ""
        self._inside: _Control | None = None
        self.feed(html)
        self.close()
        for control in self._controls:
            if control.form in self.forms:
                self._sort(self.forms[control.form], control)

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start, attributes = self._here(), dict(attrs)
        end = start + len(self.get_starttag_text() or "")
        match tag:
            case "form":
                self._form = attributes.get("id") or f"#{start}"
                self.forms[self._form] = _Form(attributes.get("action") or "", end)
            case "details":
                self._open.append(start)
                self.folds[start] = (attributes, end)
            case "input" | "textarea" | "select" | "button":
                form = attributes.get("form") or self._form
                control = _Control(tag, attributes, start, end, tuple(self._open), form)
                self._controls.append(control)
                self._inside = control if tag in ("textarea", "select") else self._inside
            case "option" if self._inside:
                self._inside.options.append(_Control(tag, attributes, start, end, (), ""))
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = ""
            case "details" if self._open:
                self._open.pop()
            case "textarea" | "select" if self._inside:
                self._inside.inner_end, self._inside = self._here(), None
            case _:
                pass

    def _sort(self, form: _Form, control: _Control) -> None:
        value = control.attributes.get("value") or ""
        if control.kind == "hidden":
            form.hidden[control.name] = value
        elif control.tag == "button":
            form.buttons.setdefault(control.name, set()).add(value)
        elif control.kind in TYPED_INPUTS | TICKED_INPUTS | {"textarea", "select"} and control.name:
            form.controls.append(control)


def put_back(
    html: str, is_meant: Callable[[str], bool], given: Mapping[str, str], form_id: str = ""
) -> str | None:
    """Return a page with a form filled as it was `given`; None where that form is not on it.

    `is_meant` tells whether a form's action is the address that it was sent to. Of several forms with that
    address it is the one whose hidden fields and buttons say the same. What is not as the page drew it is
    marked and unfolded; with a `form_id` the first mark has the focus, and the form says that id when it is
    sent, so that the office knows what came back.
    """
    reading = _Reading(html)
    found = [form for form in reading.forms.values() if is_meant(form.action) and _fits(form, given)]
    if not found:
        return None
    form = max(found, key=lambda each: sum(control.name in given for control in each.controls))
    edits: list[tuple[int, int, str]] = []
    unfolded: set[int] = set()
    for control in sorted(form.controls, key=lambda each: each.start):
        changed = _filled(control, html, given, focused=bool(form_id) and not edits)
        if changed:
            edits += changed
            unfolded |= set(control.folds)
    for start in unfolded:
        attributes, end = reading.folds[start]
        edits.append((start, end, _tag("details", {**attributes, "open": None})))
    if form_id:
        hidden: Attributes = {"type": "hidden", "name": "tulisan", "value": form_id}
        edits.append((form.inside, form.inside, _tag("input", hidden)))
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    return html


def _fits(form: _Form, given: Mapping[str, str]) -> bool:
    """Say whether a form is the one that was given, by what it says by itself."""
    own = {
        name: value
        for name, value in form.hidden.items()
        if name not in CHANGING and not name.startswith(CHANGING_UNDER)
    }
    pressed = all(given[name] in values for name, values in form.buttons.items() if name in given)
    fields = any(control.name in given for control in form.controls)
    return pressed and fields and all(given.get(name) == value for name, value in own.items())


def _filled(
    control: _Control, html: str, given: Mapping[str, str], *, focused: bool
) -> list[tuple[int, int, str]]:
    """Return how a field is changed: start, end, and what stands there instead; nothing where it is right."""
    marks: Attributes = {MARK: None, **({"autofocus": None} if focused else {})}
    value = given.get(control.name)
    attributes = control.attributes
    if control.kind in TICKED_INPUTS:
        is_ticked = value == (attributes.get("value") or "on")
        if is_ticked == ("checked" in attributes) or (control.kind == "radio" and value is None):
            return []
        rest: Attributes = {name: said for name, said in attributes.items() if name != "checked"}
        return [
            (
                control.start,
                control.end,
                _tag("input", rest | ({"checked": None} if is_ticked else {}) | marks),
            )
        ]
    if value is None:
        return []
    if control.tag == "input":
        if value == (attributes.get("value") or ""):
            return []
        return [(control.start, control.end, _tag("input", {**attributes, "value": value, **marks}))]
    if control.tag == "textarea":
        inner = html[control.end : control.inner_end]
        if value == _plain(inner):
            return []
        begin = "\n" if value.startswith("\n") else ""  # a browser leaves the first one out
        return [
            (control.start, control.end, _tag("textarea", {**attributes, **marks})),
            (control.end, control.inner_end, begin + escape(value)),
        ]
    return _chosen(control, value, marks)


def _chosen(control: _Control, value: str, marks: Attributes) -> list[tuple[int, int, str]]:
    options = control.options
    now = next((each for each in options if "selected" in each.attributes), options[0] if options else None)
    wanted = next((each for each in options if (each.attributes.get("value") or "") == value), None)
    if now is None or wanted is None or now is wanted:
        return []
    before: Attributes = {name: said for name, said in now.attributes.items() if name != "selected"}
    return [
        (control.start, control.end, _tag("select", {**control.attributes, **marks})),
        (now.start, now.end, _tag("option", before)),
        (wanted.start, wanted.end, _tag("option", {**wanted.attributes, "selected": None})),
    ]


def _plain(inner: str) -> str:
    return unescape(inner.removeprefix("\n"))


def _tag(name: str, attributes: Attributes) -> str:
    said = "".join(
        f" {key}" if value is None else f' {key}="{escape(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{said}>"
