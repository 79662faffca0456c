"""What tests of the audit trail share: an office, a visit with a story, a login, and what the trail tells."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from schemas.ids import RecordId
from server.services.trail import Asked, Line, Lines, Trail
from server.trail_store import Place
from sync.change import Accessed, Decide
from tests.server.room_office import csrf
from tests.server.web_office import PASSWORD, Office, open_at, serving, shut


@pytest.fixture(scope="module", name="office")
def trail_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_at(tmp_path_factory.mktemp("trail"))
    yield made
    shut(made)


@pytest.fixture(scope="module", name="visit")
def told_visit(office: Office) -> RecordId:
    return sent_back_visit(office)


def sent_back_visit(office: Office) -> RecordId:
    """Let somebody visit, and kabid look at it and send it back."""
    made, change = office.add_visit()
    kabid = office.people["kabid"]
    office.deps.office.act(kabid, Accessed(subject=made, purpose="Memeriksa aduan 12"))
    reasons = {"bpnt_kpm.nama": "Nama Sutarmi salah tulis"}
    decide = Decide(visit=made, follows=change, decision="kembalikan", reasons=reasons, note="")
    office.deps.office.act(kabid, decide)
    return made


def login(http: httpx.Client, username: str) -> None:
    form = {"csrf": csrf(http.get("/masuk")), "nama": username, "sandi": PASSWORD}
    assert http.post("/masuk", data=form).status_code in (200, 303)


@contextmanager
def screen(office: Office, role: str, pages: list[Any] | None = None) -> Iterator[httpx.Client]:
    """Serve the office and log somebody in; `pages` in the place of its own."""
    with (
        serving(office, pages) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=20) as http,
    ):
        login(http, role)
        yield http


def trail_of(office: Office) -> Trail:
    deps = office.deps
    return Trail(deps.engine, deps.office.person, deps.text, deps.workflows, deps.forms)


def found(office: Office, role: str = "pengawas", **asked: object) -> list[Line]:
    page = trail_of(office).search(office.person(role), Asked(**asked), Place())
    assert isinstance(page, Lines)
    return list(page.lines)
