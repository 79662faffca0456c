"""Signs are there soon after a visit came, though nobody opens anything, and anew when the record changes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schemas.ids import RecordId
from server import sign_store
from server.engine import Reader
from server.services.signs import Examining
from sync.change import Decide
from tests.server.test_signs import FAR, Signs, move_home
from tests.server.web_office import DESA, Office, open_at, shut


@pytest.fixture
def signs(tmp_path: Path) -> Iterator[Signs]:
    office = open_at(tmp_path)
    yield Signs(office)
    shut(office)


def found_beside(office: Office) -> dict[RecordId, set[str]]:
    """Return what was found about each visit so far, without examining any."""

    def work(tx: Reader) -> dict[RecordId, set[str]]:
        visits = [RecordId(row[0]) for row in tx.query("SELECT visit FROM kunjungan")]
        return {visit: set(flags) for visit, flags in sign_store.signs(tx, visits).items()}

    return office.deps.engine.read(work)


def soon(has_come: Callable[[], bool]) -> bool:
    """Wait until something has come, or for half a minute."""
    until = time.monotonic() + 30
    while not has_come() and time.monotonic() < until:
        time.sleep(0.05)
    return has_come()


def test_a_visit_is_examined_soon_after_it_came_though_nobody_opens_anything(signs: Signs) -> None:
    office = signs.office
    far = office.add_warga("Orang Jauh", DESA)
    move_home(office, far, -7.47)
    signs.site.indexing.start()
    try:
        visit, _ = office.add_visit(photos=("foto_rumah_depan",), warga=far)
        assert soon(lambda: found_beside(office) == {visit: {"jauh_dari_rumah"}})
        assert soon(lambda: not office.deps.engine.read(lambda tx: sign_store.uncompared(tx, [visit])))
        again, _ = office.add_visit(photos=(), warga=far)
        assert soon(lambda: again in found_beside(office))
    finally:
        signs.site.indexing.stop()


def test_where_nothing_came_nothing_is_looked_through_again(signs: Signs) -> None:
    office = signs.office
    signs.site.indexing.catch_up()
    examining = Examining(office.deps.engine, signs.words.wilayah)
    visit, _ = office.add_visit(photos=())
    examining.catch_up()
    assert found_beside(office) == {visit: set()}
    office.deps.engine.write(lambda tx: tx.execute("DELETE FROM tanda WHERE kabupaten = :kabupaten")).result()
    examining.catch_up()
    assert found_beside(office) == {}, "the log stands where it stood"
    Examining(office.deps.engine, signs.words.wilayah).catch_up()
    assert found_beside(office) == {visit: set()}, "an office that starts looks once"


def test_more_visits_than_one_look_takes_are_examined_one_look_after_another(
    signs: Signs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.services.signs.SOME", 2)
    examining = Examining(signs.office.deps.engine, signs.words.wilayah)
    visits = {signs.office.add_visit(photos=())[0] for _ in range(5)}
    counts: list[int] = []
    for _ in range(4):
        examining.catch_up()
        counts.append(len(found_beside(signs.office)))
    assert counts == [2, 4, 5, 5] and set(found_beside(signs.office)) == visits


def test_a_visit_that_waits_is_examined_anew_when_the_recorded_home_moves(signs: Signs) -> None:
    office = signs.office
    visit, change = office.add_visit(photos=())
    decided, _ = office.add_visit(photos=(), warga=office.add_warga("Orang Lain", DESA))
    examining = Examining(office.deps.engine, signs.words.wilayah)
    signs.site.indexing.catch_up()
    examining.catch_up()
    assert found_beside(office)[visit] == set()
    move_home(office, office.warga, -7.47)
    examining.catch_up()
    signs.site.indexing.catch_up()
    assert visit not in found_beside(office) and decided in found_beside(office)
    examining.catch_up()
    assert found_beside(office)[visit] == {"jauh_dari_rumah"} and signs.of(visit) == {FAR}
    word = Decide(visit=visit, follows=change, decision="setujui", reasons={}, note="")
    office.deps.office.act(office.people["kabid"], word)
    move_home(office, office.warga, -7.44)
    signs.site.indexing.catch_up()
    assert found_beside(office)[visit] == {"jauh_dari_rumah"}, "what its reviewer saw stays"
