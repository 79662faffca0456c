"""Letters over a real restore: those in the copy come again byte for byte, and no number is given twice."""

from pathlib import Path

from server.backups.restoring import Restored
from server.backups.streaming import Streamer
from server.keys import default_path
from server.letter_store import used_numbers
from server.services.letters import Made, NotMade
from server.web.building import build_site
from tests.server.backup_office import copied, faults, medium_at, opened, restored, source_of
from tests.server.test_letters import TYPED, Desk
from tests.server.web_office import shut


def test_a_letter_younger_than_the_copy_lends_its_number_to_no_other(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.block()
    data, who = tmp_path / "office", desk.who("petugas")
    usb, key = medium_at(tmp_path / "usb1", data, desk.office.deps), default_path(data)
    first = desk.made("a")
    paper = desk.pdf(first.id)
    copied(desk.office.deps, data, usb)
    lost = desk.made("b")
    back = tmp_path / "back"
    assert isinstance(restored(usb, back, key), Restored)
    with opened(back, key) as deps:
        site = build_site(deps)
        assert site.letter_shelf.pdf(who, first.id) == paper
        assert deps.engine.read(lambda tx: used_numbers(tx, desk.year)) == {101}
        assert site.letters.make(who, desk.asked(), TYPED, (), "c") == NotMade(why="pemulihan")
        assert site.letter_numbers.confirm(who, int(lost.number.split("/")[1])) is None
        again = site.letters.make(who, desk.asked(), TYPED, (), "c")
        assert isinstance(again, Made)
        assert deps.engine.read(lambda tx: used_numbers(tx, desk.year)) == {101, 103}
    assert faults_of(back, key) == []
    shut(desk.office)


def test_a_letter_that_was_streamed_after_the_copy_comes_back_with_its_number_and_paper(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    desk.block()
    data, who = tmp_path / "office", desk.who("petugas")
    usb, key = medium_at(tmp_path / "usb1", data, desk.office.deps), default_path(data)
    other = medium_at(tmp_path / "usb2", data, desk.office.deps)
    streamer = Streamer(source_of(desk.office.deps, data))
    copied(desk.office.deps, data, usb)
    streamer.step(str(other.path))
    late = desk.made("a")
    paper = desk.pdf(late.id)
    streamer.step(str(other.path))
    assert streamer.state.trouble is None
    back = tmp_path / "back"
    assert isinstance(restored(usb, back, key, other), Restored)
    with opened(back, key) as deps:
        site = build_site(deps)
        assert deps.engine.read(lambda tx: used_numbers(tx, desk.year)) == {101}
        assert site.letter_shelf.pdf(who, late.id) == paper
    shut(desk.office)


def faults_of(data: Path, key: Path) -> list[str]:
    with opened(data, key) as deps:
        return faults(deps, data, key)
