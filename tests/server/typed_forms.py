"""The forms of a page as a browser sees them, filled as somebody would, and a session that falls asleep."""

from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser

import httpx

from server import people_store
from server.settings import Settings
from server.web.site import SESSION_COOKIE
from tests.server.web_office import Office

WRITTEN = "Ditulis petugas, panjang lebar: <b>{name}</b> & seterusnya"


@dataclass
class PageForm:
    """A form: its action, what it says by itself, the names that are typed, and what stands in each."""

    action: str
    own: dict[str, str] = field(default_factory=dict[str, str])
    typed: dict[str, str] = field(default_factory=dict[str, str])
    long: set[str] = field(default_factory=set[str])

    def filled(self) -> dict[str, str]:
        """Return what is sent when every text was written."""
        return self.own | {name: WRITTEN.format(name=name) for name in self.typed}


class Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: dict[str, PageForm] = {}
        self._form, self._text = "", ("", "")
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name, value = said.get("name") or "", said.get("value") or ""
        if tag == "form":
            self._form = said.get("id") or str(self.getpos())
            self.forms[self._form] = PageForm(said.get("action") or "")
        here = self.forms.get(said.get("form") or self._form)
        if here is None or not name:
            return
        match tag, said.get("type") or "text":
            case "input", "hidden":
                here.own[name] = value
            case "button", _:
                here.own.setdefault(name, value)
            case "input", "text":
                here.typed[name] = value
            case "input", "radio":
                here.own.setdefault(name, value)
            case "textarea", _:
                here.typed[name], self._text = "", (said.get("form") or self._form, name)
                here.long.add(name)
            case _:
                pass

    def handle_data(self, data: str) -> None:
        form, name = self._text
        if name:
            self.forms[form].typed[name] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        if tag == "textarea":
            self._text = ("", "")


def forms_on(page: str) -> list[PageForm]:
    """Return the forms of a page on which something is typed, by POST, those of search apart."""
    return [form for form in Forms(page).forms.values() if form.typed and "csrf" in form.own]


def sleep(office: Office, client: httpx.Client) -> None:
    """Let a session be unused for too long, as when a laptop was shut."""
    hashed = sha256(client.cookies[SESSION_COOKIE].encode()).digest()
    then = office.deps.now_ms() - Settings().idle_ms - 1
    office.deps.engine.write(lambda tx: people_store.touch_session(tx, hashed, then)).result()
