"""A browser without a window, for the demo. Rule: it fills in the forms that a page really has."""

from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

TIMEOUT_S = 30


class PageForm:
    """One form of a page: where it goes, and what its hidden inputs carry."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.hidden: dict[str, str] = {}


class Browser:
    """Follows links, keeps cookies, submits forms of one office at `address`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.page = ""

    def open(self, path: str) -> str:
        """Open a page and return its HTML. Raises urllib.error.HTTPError for an error page."""
        with self._opener.open(self._address + path, timeout=TIMEOUT_S) as answer:
            self.page = answer.read().decode()
        return self.page

    def submit(self, action: str, **fields: str) -> str:
        """Send the page's form that goes to `action`, with its hidden fields and whatever else its address
        carries, and return the next page.
        """
        form = next((form for form in forms_of(self.page) if form.action.partition("?")[0] == action), None)
        if form is None:
            raise LookupError(f"this page has no form for {action}")
        body = urlencode({**form.hidden, **fields}).encode()
        with self._opener.open(self._address + form.action, body, timeout=TIMEOUT_S) as answer:
            self.page = answer.read().decode()
        return self.page

    def links(self, prefix: str) -> list[str]:
        """Return the page's links that begin with `prefix`, in order, each once."""
        reader = _Reader()
        reader.feed(self.page)
        return list(dict.fromkeys(link for link in reader.links if link.startswith(prefix)))


def forms_of(page: str) -> list[PageForm]:
    """Return the forms of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(values.get("action", "")))
        elif tag == "input" and values.get("type") == "hidden" and self.forms:
            self.forms[-1].hidden[values.get("name", "")] = values.get("value", "")
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])
