"""Numbers of letters over the turn of a year, which is that of the office's clock, and not of UTC."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schemas import format as written
from server.services.letter_numbers import LetterNumbers
from server.services.letters import Letters, NotMade
from server.web.pages import page_routes
from tests.server.test_destroying import csrf, log_in
from tests.server.test_letters import TYPED, Desk
from tests.server.web_office import serving, shut

DAY = date(2026, 12, 31)


class Turn(Desk):
    """A desk whose clock is set."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.at(DAY)
        deps, site = self.office.deps, self.site
        self.numbers = LetterNumbers(deps.engine, deps.office, lambda: self.now_ms, deps.randomness)
        self.letters = Letters(
            deps.engine, deps.office, deps.office.device, deps.blobs, site.thumbnails, site.words,
            site.handouts, deps.office_name, deps.typesetter.letter, lambda: self.now_ms, deps.randomness,
        )  # fmt: skip

    def at(self, day: date, hour: int = 9, minute: int = 0) -> None:
        self.now_ms = written.moment_ms(day, hour, minute)

    def take(self, year: int, first: int, last: int) -> str | None:
        return self.numbers.add_block(self.who("petugas"), year, first, last)

    def drawn(self, token: str) -> tuple[str, str]:
        out = self.letters.make(self.who("petugas"), self.asked(), TYPED, (), token)
        assert not isinstance(out, NotMade), out
        found = self.site.letter_shelf.open(self.who("petugas"), out.id)  # type: ignore[union-attr]
        return found.number, found.day  # type: ignore[union-attr]

    def page(self, path: str, role: str = "petugas") -> str:
        routes = page_routes(replace(self.site, letter_numbers=self.numbers))
        with serving(self.office, routes) as address, log_in(address, role) as client:
            return client.get(path).text


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Turn]:
    made = Turn(tmp_path)
    yield made
    shut(made.office)


def test_a_number_is_of_the_year_that_the_offices_clock_shows(turn: Turn) -> None:
    assert (turn.take(2026, 901, 950), turn.take(2027, 1, 50)) == (None, None)
    turn.at(DAY, 23, 30)
    assert turn.drawn("late") == ("400.9/901/09/2026", "2026-12-31")
    turn.at(date(2027, 1, 1), 0, 30)  # still the 31st by UTC
    assert turn.drawn("early") == ("400.9/1/09/2027", "2027-01-01")


def test_blocks_of_the_next_year_are_seen_before_it_begins(turn: Turn) -> None:
    turn.take(2026, 1, 50)
    page, chosen = turn.page("/surat/nomor"), '<option value="2027" selected>'
    assert "Blok nomor 2027" not in page and chosen in page, "what is written down in December is for it"
    turn.take(2027, 301, 350)
    page = turn.page("/surat/nomor")
    assert "Blok nomor 2027" in page and "301 sampai 350" in page and chosen not in page
    assert "Sisa 50 nomor" in page, "they count for nothing yet"


def test_where_the_numbers_of_december_run_out_whoever_writes_a_block_down_says_of_which_year(
    turn: Turn,
) -> None:
    turn.take(2026, 1, 1)
    turn.drawn("last")
    page = turn.page("/surat/nomor")
    assert (
        '<option value="">' in page and "selected" not in page.split('name="tahun"')[1].split("</select>")[0]
    )
    routes = page_routes(replace(turn.site, letter_numbers=turn.numbers))
    with serving(turn.office, routes) as address, log_in(address, "petugas") as client:
        form = {"csrf": csrf(client.get("/surat/nomor")), "langkah": "blok", "awal": "2", "akhir": "9"}
        told = client.post("/surat/nomor", data={**form, "tahun": ""})
    assert told.status_code == 422 and "Blok hanya untuk tahun ini atau tahun depan." in told.text
    turn.take(2027, 1, 50)
    assert '<option value="">' not in turn.page("/surat/nomor"), "only about the turn of a year"


def test_a_year_without_a_block_is_told_about_its_turn_where_letters_are_numbered_here(
    turn: Turn,
) -> None:
    assert turn.numbers.lacking() is None
    turn.take(2026, 1, 50)
    assert turn.numbers.lacking() == 2027
    for day in (date(2026, 11, 30), date(2027, 2, 1)):
        turn.at(day, 23, 59)
        assert turn.numbers.lacking() is None
    turn.at(date(2027, 1, 2))
    assert turn.numbers.lacking() == 2027
    said = "Belum ada blok nomor surat untuk tahun 2027"
    assert said in turn.page("/") and said not in turn.page("/", "verifikator")
    turn.take(2027, 1, 50)
    assert turn.numbers.lacking() is None and said not in turn.page("/")
