"""Every address of the office under what schemathesis makes up. Rule: addresses are read, not listed.

The description that it works from is made of the app's own routes, and the names of fields and queries are
those that the pages ask for; so what is added to the office is probed from its first day.
"""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from schemas.ids import RecordId
from server.app import create_app
from server.web.pages import web_pages
from sync.change import Patch
from tests.server.room_office import csrf, log_in
from tests.server.web_office import DESA, ROLES, Office, open_at, serving, shut

WEB = Path(__file__).parents[2] / "server" / "web"
QUERY = re.compile(r'query_params\.get\("(\w+)"|query_params\["(\w+)"\]|query_params, "(\w+)"')
CHOICE = re.compile(r' value="(\w+)"')
FIELD = re.compile(r' name="([\w.]+)"')
TELLING = re.compile(r"Traceback|site-packages|\.py\b.{0,9}line|sqlcipher|litestar", re.IGNORECASE)
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
ODD = {
    "nulls": "a\0b",
    "giants": "x" * 3_000,
    "numbers of many digits": "9" * 400,
    "numbers below nothing": "-1",
    "digits of another script": "٣",
    "numbers beyond all": "1e999",
    "the last day": "9999-12-31",
    "the first minute": "0001-01-01T00:00",
    "the last minute": "9999-12-31T23:59",
}
"""What stands in every field of a form at once."""
ENDS_A_SESSION = ("/keluar", "/akun/sesi", "/akun/sandi", "/masuk")
"""What an officer is not made to post at random: it would take the probe its own session."""
OPEN_TO_ALL = (
    "GET /masuk",
    "GET /static",
    "GET /api/health",
    "GET /api/addresses",
    "GET /api/authority",
    "GET /api/v1/openapi.json",
)
"""What answers a stranger with a success; whatever else is added must not."""
FEW = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Town:
    """A served office in which something stands, and an officer who may do most of what there is to do."""

    def __init__(self, office: Office, address: str) -> None:
        self.office, self.address = office, address
        office.add_person("serbabisa", "Serba Bisa", "SB", ROLES[1:], services=("bpnt", "kis", "ktkpm"))
        visit, change = office.add_visit()
        kasus = RecordId(secrets.token_hex(16))
        author = office.people["petugas"]
        new = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": office.warga, "kode_desa": DESA}
        office.deps.office.act(author, Patch(record=kasus, kind="kasus", base={}, new=new))
        self.known = [visit, change.hex(), kasus, office.warga, office.phone.device, *office.blobs_of(visit)]
        self.browser = httpx.Client(base_url=address, timeout=20)
        self.stranger = httpx.Client(base_url=address, timeout=20)
        log_in(self.browser, "serbabisa")
        self.csrf = csrf(self.browser.get("/"))


def described(office: Office, known: list[str]) -> dict[str, Any]:
    """Describe every address of the office as OpenAPI does."""
    sources = [path.read_text() for path in sorted(WEB.rglob("*.py"))]
    pages = [path.read_text() for path in sorted(WEB.rglob("*.html"))]
    queries = sorted({name for text in sources for found in QUERY.findall(text) for name in found if name})
    fields = sorted({name for text in pages for name in FIELD.findall(text)} - {"csrf"})
    assert len(queries) > 3 and len(fields) > 20, "the names are read from the sources"
    words = sorted({word for text in pages for word in CHOICE.findall(text)})
    anything = {"anyOf": [{"enum": [*known, *words]}, {"type": "string", "maxLength": 80}]}
    form = {"type": "object", "properties": dict.fromkeys(fields, anything), "additionalProperties": False}
    paths: dict[str, Any] = {}
    for route in create_app(office.deps, web_pages(office.deps)).routes:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        named = [
            {"name": name, "in": "path", "required": True, "schema": anything}
            for name in re.findall(r"\{(\w+)\}", path)
        ]
        asked = [{"name": name, "in": "query", "schema": anything} for name in queries]
        for method in sorted({"GET", "POST"} & set(getattr(route, "methods", ())) or {"GET", "POST"}):
            body = {"requestBody": {"content": {FORM: {"schema": form}}}} if method == "POST" else {}
            answers = {"responses": {"default": {"description": ""}}}
            operation = {"parameters": [*named, *asked], **answers, **body}
            paths.setdefault(path, {})[method.lower()] = operation
    return {"openapi": "3.1.0", "info": {"title": "Sambang", "version": "0"}, "paths": paths}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    office = open_at(tmp_path_factory.mktemp("addresses"))
    with serving(office) as address:
        town = Town(office, address)
        yield town
        town.browser.close()
        town.stranger.close()
    shut(office)


def probes(town: Town, as_officer: bool) -> Iterator[tuple[str, Any]]:
    """Return each operation of the office with what makes up requests for it."""
    schema: Any = schemathesis.openapi.from_dict(described(town.office, town.known))
    for found in schema.get_all_operations():
        operation = found.ok()
        ends = operation.method.upper() == "POST" and operation.path in ENDS_A_SESSION
        if not (as_officer and ends):
            yield f"{operation.method.upper()} {operation.path}", operation.as_strategy()


def ask(town: Town, case: Any, as_officer: bool) -> httpx.Response:
    """Send a request as it was made up; an officer's carries the token of their pages."""
    asked: dict[str, Any] = case.as_transport_kwargs(base_url=town.address)
    client = town.browser if as_officer else town.stranger
    given: dict[str, Any] = asked.get("data") or {}
    body = {**given, "csrf": town.csrf} if case.method == "POST" else None
    return client.request(asked["method"], asked["url"], params=asked.get("params"), data=body)


def judge(name: str, answer: httpx.Response) -> None:
    """Nothing breaks, nothing tells what it runs on, and the type is never left to be guessed."""
    assert answer.status_code < 500, name
    assert answer.headers.get("x-content-type-options") == "nosniff", name
    assert not TELLING.search(answer.text), name


def probe(town: Town, name: str, strategy: Any, as_officer: bool) -> None:
    """Ask one address for whatever is made up."""

    @FEW
    @given(case=strategy)
    def asked(case: Any) -> None:
        answer = ask(town, case, as_officer)
        judge(name, answer)
        if not as_officer and not name.startswith(OPEN_TO_ALL):
            assert answer.status_code != 200, name

    asked()


@pytest.mark.parametrize("as_officer", [False, True], ids=["stranger", "officer"])
def test_no_request_that_can_be_made_up_breaks_the_office(town: Town, as_officer: bool) -> None:
    count = 0
    for name, strategy in probes(town, as_officer):
        probe(town, name, strategy, as_officer)
        count += 1
        if as_officer:
            assert town.browser.get("/akun").status_code == 200, f"{name} took the officer's session away"
    assert count > 60, "every address was asked"


def bodies(fields: list[str], token: str) -> dict[str, dict[str, Any]]:
    """Return bodies that no page sends: each has the token, so that what is behind it is reached."""
    typed = {"content-type": FORM}
    each: dict[str, dict[str, Any]] = {
        name: {"data": {"csrf": token, **dict.fromkeys(fields, value)}} for name, value in ODD.items()
    }
    twice = "&".join(f"{name}=1&{name}=2" for name in fields)
    halves = "&".join(f"{name}=%ed%a0%80%ff" for name in fields)
    files = {name: (f"{name}\0.svg", b"<svg/>", "image/svg+xml") for name in fields[:20]}
    return each | {
        "every field twice": {"content": f"csrf={token}&{twice}".encode(), "headers": typed},
        "half of a letter": {"content": f"csrf={token}&{halves}".encode(), "headers": typed},
        "two tokens": {"content": f"csrf=x&csrf={token}".encode(), "headers": typed},
        "files": {"data": {"csrf": token}, "files": files},
        "JSON": {"json": {"csrf": token}},
        "JSON that says it is a form": {"content": b'{"csrf": 1}', "headers": typed},
        "parts that are none": {"content": b"--x\r\n?", "headers": {"content-type": PARTS + "; boundary=x"}},
        "parts without a boundary": {"content": b"--x\r\n?", "headers": {"content-type": PARTS}},
        "letters of another kind": {
            "content": f"csrf={token}".encode("utf-16"),
            "headers": {"content-type": f"{FORM}; charset=utf-16"},
        },
        "letters of no kind": {
            "content": f"csrf={token}".encode(),
            "headers": {"content-type": f"{FORM}; charset=tiada"},
        },
        "packed": {"content": b"\x1f\x8b", "headers": {**typed, "content-encoding": "gzip"}},
        "a type that is none": {"content": b"a=b", "headers": {"content-type": b'\xff/;;;="'}},
    }


def test_no_body_of_a_wrong_kind_breaks_the_office(town: Town) -> None:
    paths = described(town.office, town.known)["paths"]
    fields = sorted({name for path in paths.values() for name in named_in(path.get("post", {}))})
    asked = 0
    for path in paths:
        if "post" not in paths[path] or path in ENDS_A_SESSION or path.startswith(("/api", "/tus")):
            continue
        for kind, body in bodies(fields, town.csrf).items():
            answer = town.browser.post(town.address + re.sub(r"\{\w+\}", town.known[0], path), **body)
            judge(f"POST {path} with {kind}", answer)
            asked += 1
    assert asked > 500 and town.browser.get("/akun").status_code == 200


def named_in(operation: dict[str, Any]) -> list[str]:
    """Return the fields of an operation's form."""
    body = operation.get("requestBody", {}).get("content", {}).get(FORM, {})
    return list(body.get("schema", {}).get("properties", {}))
