"""What every answer carries, and what no page holds: nothing inline, nothing foreign, nothing kept."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from schemas.base import encode
from schemas.wire import MEDIA_TYPE, NonceRequest
from tests.server.room_office import log_in
from tests.server.route_rights import ROUTES
from tests.server.web_office import ROLES, Office, open_at, serving, shut

NEEDED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
ENDS_A_SESSION = ("/keluar", "/akun/sesi", "/akun/sandi")


class Inline(HTMLParser):
    """Finds what a strict policy would not let run, and addresses that lead elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        # data for a script is none: no browser runs it
        self._in_script = tag == "script" and names.get("type") != "application/json"
        if tag == "style" or (self._in_script and not names.get("src")):
            self.found.append(f"<{tag}> inline")
        for name, value in names.items():
            if name == "style" or name.startswith("on"):
                self.found.append(f"{tag} {name}=")
            if name in ("href", "src", "action", "formaction") and not _is_ours(value or ""):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.found.append("words in a script")


def _is_ours(target: str) -> bool:
    return (target.startswith(("/", "#", "?", "data:image/")) and not target.startswith("//")) or not target


def filled(path: str) -> str:
    return re.sub(r"\{\w+:(\w+)\}", lambda found: "0" if found[1] == "int" else "a" * 32, path)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    office = open_at(tmp_path_factory.mktemp("headers"))
    office.add_visit()
    with serving(office) as address:
        yield office, address
    shut(office)


def judge(answer: httpx.Response, where: str) -> list[str]:
    """Return what is wrong with an answer."""
    wrong = [f"{where}: {name}" for name, said in NEEDED.items() if answer.headers.get(name) != said]
    policy = answer.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy or "unsafe" in policy:
        wrong.append(f"{where}: policy {policy!r}")
    if answer.headers.get_list("content-security-policy") != [policy]:
        wrong.append(f"{where}: two policies")
    kept_by = answer.headers.get("cache-control", "")
    if "/static/" not in where and not re.search("no-store|private", kept_by):
        wrong.append(f"{where}: kept, {kept_by}")
    for kept in answer.headers.get_list("set-cookie"):
        if "httponly" not in kept.lower() or "samesite=" not in kept.lower():
            wrong.append(f"{where}: cookie {kept.partition('=')[0]}")
    if answer.headers.get("content-type", "").startswith("text/html"):
        parser = Inline()
        parser.feed(answer.text)
        wrong += [f"{where}: {found}" for found in parser.found]
    return wrong


@pytest.mark.parametrize("name", ["", *ROLES])
def test_every_answer_is_strict_and_no_page_holds_anything_inline(
    address: tuple[Office, str], name: str
) -> None:
    _, base = address
    wrong: list[str] = []
    with httpx.Client(base_url=base, timeout=30) as client:
        if name:
            log_in(client, name)
        for method, path in ROUTES:
            if name and path in ENDS_A_SESSION:
                continue
            answer = client.request(method, filled(path))
            wrong += judge(answer, f"{method} {path} {answer.status_code}")
    assert wrong == []


def test_what_only_phones_ask_for_is_spared_what_only_browsers_read(address: tuple[Office, str]) -> None:
    office, base = address
    asked = NonceRequest(device=office.phone.device)
    headers = {"content-type": MEDIA_TYPE}
    answer = httpx.post(f"{base}/api/login/nonce", content=encode(asked), headers=headers, timeout=20)
    assert answer.status_code == 200 and answer.headers["content-type"] == MEDIA_TYPE
    assert not {"content-security-policy", "permissions-policy", "x-frame-options"} & set(answer.headers)


def test_the_parser_finds_what_it_looks_for() -> None:
    parser = Inline()
    parser.feed("<script>x</script><p style='a' onclick=b><a href='javascript:1'>c</a><style>d</style>")
    assert len(parser.found) == 6
