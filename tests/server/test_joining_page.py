"""Perangkat: words to compare. Who may, what the page tells, and that it asks no more than it needs."""

import re
from collections.abc import Iterator

import httpx
import pytest

from schemas.joining import Parties
from schemas.problem import Problem
from schemas.wire import JoinedAnswer
from tests.server.phones import Phone
from tests.server.test_web_pages import Site, csrf, site  # noqa: F401 - the served office as a fixture

# ruff: noqa: F811 - a test asks for the fixture by its name


class Waiting:
    """A phone that waits at a served office."""

    def __init__(self, site: Site, http: httpx.Client) -> None:
        made = site.office.deps.joinings.new_code(site.office.people["pendamping"])
        assert not isinstance(made, Problem)
        self.code, self.phone = made.code, Phone(http)
        self.parties: Parties = self.phone.join(made.code)
        self.ask()

    def ask(self) -> JoinedAnswer:
        return self.phone.call(
            "/api/enrol/joined", self.phone.question(self.code, self.parties), JoinedAnswer
        )


@pytest.fixture
def waiting(site: Site) -> Iterator[Waiting]:
    with httpx.Client(base_url=site.address, timeout=20) as http:
        found = Waiting(site, http)
        yield found
        for each in site.office.deps.joinings.waiting():
            site.office.deps.joinings.refuse(each.id, site.office.deps.office.person)


def form_of(page: httpx.Response, answer: str) -> dict[str, str]:
    found = re.search(r'name="hp" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    return {"csrf": csrf(page), "hp": found[1], "jawab": answer}


def test_the_page_shows_the_words_of_the_phone_and_lets_it_in(site: Site, waiting: Waiting) -> None:
    with site.log_in("admin") as client:
        page = client.get("/perangkat")
        assert re.findall(r"<li>(\w+)</li>", page.text) == list(waiting.parties.words())
        form = form_of(page, "sama")
        assert client.post("/perangkat/menunggu", data={**form, "csrf": "x"}).status_code == 403
        assert client.post("/perangkat/menunggu", data={**form, "jawab": "mungkin"}).status_code == 400
        assert waiting.ask().enrolment is None
        done = client.post("/perangkat/menunggu", data=form)
        assert (done.status_code, done.headers["location"]) == (303, "/perangkat?hasil=sama")
        assert "HP terdaftar" in client.get("/perangkat?hasil=sama").text
        again = client.post("/perangkat/menunggu", data=form)
        assert again.headers["location"] == "/perangkat?hasil=lewat"
        assert "tidak menunggu lagi" in client.get("/perangkat?hasil=lewat").text
    assert waiting.ask().enrolment is not None


def test_a_phone_with_other_words_is_sent_away(site: Site, waiting: Waiting) -> None:
    with site.log_in("admin") as client:
        form = form_of(client.get("/perangkat"), "beda")
        assert client.post("/perangkat/menunggu", data=form).headers["location"] == "/perangkat?hasil=beda"
    asked = waiting.phone.post("/api/enrol/joined", b"")
    assert asked.status_code == 400 and site.office.deps.joinings.waiting() == []


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "kabid", "pengawas"])
def test_who_may_not_enrol_sees_no_words_and_lets_nobody_in(site: Site, waiting: Waiting, role: str) -> None:
    with site.log_in("admin") as admin:
        form = form_of(admin.get("/perangkat"), "sama")
    with site.log_in(role) as client:
        assert client.get("/perangkat/menunggu").status_code == 403
        own = {**form, "csrf": csrf(client.get("/"))}
        assert client.post("/perangkat/menunggu", data=own).status_code == 403
        page = client.get("/perangkat").text
        assert all(f"<li>{word}</li>" not in page for word in waiting.parties.words())
    assert waiting.ask().enrolment is None


def test_the_page_is_drawn_anew_only_when_something_changed(site: Site, waiting: Waiting) -> None:
    with site.log_in("admin") as client:
        seen = re.search(r"lihat=([0-9a-f]+)", client.get("/perangkat").text)
        assert seen is not None
        assert client.get("/perangkat/menunggu", params={"lihat": seen[1]}).status_code == 204
        drawn = client.get("/perangkat/menunggu", params={"lihat": "lain"})
        assert drawn.status_code == 200 and waiting.parties.words()[0] in drawn.text
        client.post("/perangkat/menunggu", data=form_of(drawn, "beda"))
        empty = client.get("/perangkat/menunggu", params={"lihat": seen[1]})
        assert empty.status_code == 200 and "<li>" not in empty.text and "hx-get" not in empty.text
