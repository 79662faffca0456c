"""What "biarkan" comes to: a version that came after an approval is passed over, and that approval stands.

Rule: wherever a decision is told, this one is too, once and with its own hour.
"""

from typing import get_args, get_type_hints

import pytest

from schemas.ids import RecordId
from schemas.text import load_text
from server.services.person_export import Dossier
from server.services.review import Open
from sync.change import Decide, SealedDecide
from sync.visits import DECIDED
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import Desk
from tests.server.town_desk import leave, own_desk, own_office, own_town, revoke  # noqa: F401 - the fixtures

WORDS = get_args(get_type_hints(Decide)["decision"])


def left(town: Town, desk: Desk) -> RecordId:
    """Return a visit that was approved, got a version from a revoked phone, and was left as approved."""
    office, whom = town.office, town.warga[0]
    visit, first = office.add_visit(warga=whom, photos=())
    desk.decided(visit, "setujui")
    revoke(office)
    office.add_visit(visit=visit, follows=first, warga=whom, photos=())
    leave(town, desk, visit)
    return visit


@pytest.mark.parametrize("decision", WORDS)
def test_each_decision_has_its_words_wherever_one_is_told(decision: str) -> None:
    text, told = load_text(), DECIDED.get(decision, "dibiarkan")
    for key in (
        f"kantor.permintaan.berkas.{decision}",
        f"kantor.jejak.kalimat.putus_{decision}",
        f"kantor.riwayat.{told}",
    ):
        assert key in text
    assert get_args(get_type_hints(SealedDecide)["decision"]) == WORDS


def test_whoever_asks_for_a_copy_of_their_data_gets_it_with_a_decision_that_was_left(
    town: Town, desk: Desk
) -> None:
    left(town, desk)
    petugas, now_ms = town.person("petugas"), town.office.deps.now_ms()
    made = desk.site.exports.make(petugas, town.warga[0], "Diminta", "Dinas Uji", now_ms)
    assert isinstance(made, Dossier)
    [titles] = [[each.title for each in part.entries] for part in made.parts if part.title == "Keputusan"]
    words = [title.partition(" · ")[0] for title in titles]
    assert words == ["Disetujui", "Keputusan tetap, versi baru dilewati"]


def test_the_story_of_a_visit_tells_once_that_a_decision_was_left_and_after_what(
    town: Town, desk: Desk
) -> None:
    found = desk.site.reviews.open(town.person("kabid"), left(town, desk))
    assert isinstance(found, Open)
    told = [each.title.partition(" oleh ")[0] for each in found.page.timeline]
    assert told == [
        "Diselesaikan di HP", "Diterima kantor", "Disetujui",
        "Perbaikan ke-1 diselesaikan di HP", "Diterima kantor", "Keputusan dibiarkan",
    ]  # fmt: skip
