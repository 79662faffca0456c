"""The steps of a ceremony, by rules that no page shows: whose screen it is, and what comes after what."""

from collections.abc import Iterator

import pytest

from server.custody import RECOVERY
from server.services.room_ceremony import Done
from server.services.room_custody import Unlocked, load_unit_keys, vouched_for
from tests.server.room_office import BUDI, PHRASES, SITI
from tests.server.room_parts import Parts, why
from tests.server.web_office import shut

LATE = "upacara_lewat"
AYU = "ayu"
OWN = "ember payung kapur gunting tali benih"


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = Parts(tmp_path_factory.mktemp("upacara"), prepared=False)
    parts.office.add_person(AYU, "Ayu Uji", "AY", ("petugas",))
    yield parts
    shut(parts.office)


def begun(room: Parts) -> str:
    token = room.ceremonies.begin(room.person(SITI), PHRASES[SITI], PHRASES[SITI])
    assert isinstance(token, str), token
    return token


def joined(room: Parts) -> str:
    """Both have chosen a passphrase; the first half is on the screen."""
    token = begun(room)
    assert room.ceremonies.second(room.person(BUDI), token, PHRASES[BUDI], PHRASES[BUDI]) is None
    return token


def half_on(room: Parts, token: str, name: str = SITI) -> str:
    view = room.ceremonies.look(room.person(name), token)
    assert view is not None
    return "\n".join(view.lines)


def test_only_the_two_whose_ceremony_it_is_see_the_halves_and_go_on(room: Parts) -> None:
    token, steps = joined(room), room.ceremonies
    siti, ayu = room.person(SITI), room.person(AYU)
    half, view = half_on(room, token), steps.look(ayu, token)
    assert half and view is not None and not view.mine and view.lines == ()
    assert why(steps.noted(ayu, token)) == LATE
    assert why(steps.second(ayu, token, OWN, OWN)) == LATE
    assert half_on(room, token, BUDI) == half
    assert steps.noted(siti, token) is None
    assert half_on(room, token) == "", "covered while it is typed back"
    assert why(steps.show_again(ayu, token)) == why(steps.type_back(ayu, token, half)) == LATE
    assert steps.show_again(siti, token) is None and half_on(room, token) == half
    assert steps.noted(siti, token) is None and steps.type_back(siti, token, half) is None
    second = half_on(room, token, BUDI)
    assert second not in ("", half) and steps.noted(siti, token) is None
    assert why(steps.type_back(ayu, token, second)) == LATE and room.custodian.current() is None
    assert isinstance(steps.type_back(siti, token, second), Done)


def test_no_step_is_taken_before_its_turn_or_twice(room: Parts) -> None:
    token, steps, siti = begun(room), room.ceremonies, room.person(SITI)
    assert half_on(room, token) == ""
    assert why(steps.noted(siti, token)) == why(steps.show_again(siti, token)) == LATE
    assert steps.second(room.person(BUDI), token, PHRASES[BUDI], PHRASES[BUDI]) is None
    half = half_on(room, token)
    assert why(steps.show_again(siti, token)) == why(steps.type_back(siti, token, half)) == LATE
    assert steps.noted(siti, token) is None
    assert why(steps.noted(siti, token)) == LATE
    assert why(steps.type_back(siti, token, half + "\n" + half[:9])) == "belahan_kelebihan"
    assert why(steps.type_back(siti, token, half[:-9])) == "belahan_baris"
    assert room.custodian.current() is None


def test_of_two_ceremonies_at_once_the_first_that_ends_counts(room: Parts) -> None:
    one, other = joined(room), joined(room)
    room.type_back(BUDI, one)
    kept = room.custody()
    with pytest.raises(AssertionError, match="sudah_ada"):
        room.type_back(BUDI, other)
    third = room.ceremonies.begin(room.person(SITI), PHRASES[SITI], PHRASES[SITI])
    assert why(third) == "sudah_ada" and room.custody() == kept
    unlocked, keys = room.custodian.unlock(room.person(SITI), PHRASES[SITI]), room.engine.read(load_unit_keys)
    assert isinstance(unlocked, Unlocked) and keys is not None and vouched_for(keys, unlocked.secrets)


def test_new_paper_is_one_more_reader_in_place_of_the_old(room: Parts) -> None:
    room.type_back(BUDI, joined(room))
    before = room.custody()
    token = room.ceremonies.renew(room.person(BUDI), PHRASES[BUDI])
    assert isinstance(token, str)
    room.type_back(BUDI, token)
    people = [reader.person for reader in room.custody().readers]
    assert sorted(people) == sorted(reader.person for reader in before.readers)
    assert room.custody().reader(RECOVERY) != before.reader(RECOVERY)


@pytest.mark.parametrize("what", ["kertas", "cabut", "putar", "frasa", "tambah"])
def test_what_is_overtaken_as_it_is_written_changes_nothing(
    room: Parts, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    room.type_back(BUDI, joined(room))
    siti, budi, ayu = (room.person(name) for name in (SITI, BUDI, AYU))
    paper = room.ceremonies.renew(budi, PHRASES[BUDI])
    adding = room.officers.begin_adding(budi, PHRASES[BUDI], ayu.id)
    assert isinstance(paper, str) and isinstance(adding, str)
    seen = room.custody()
    assert room.officers.change_passphrase(siti, PHRASES[SITI], OWN, OWN) is None
    kept, keys = room.custody(), room.engine.read(load_unit_keys)
    monkeypatch.setattr(room.custodian, "current", lambda: seen)
    match what:
        case "kertas":
            with pytest.raises(AssertionError, match="berubah"):
                room.type_back(BUDI, paper)
        case "cabut":
            assert why(room.officers.remove(budi, PHRASES[BUDI], siti.id)) == "berubah"
        case "putar":
            assert why(room.officers.rotate(budi, PHRASES[BUDI])) == "berubah"
        case "frasa":
            other = OWN[::-1]
            assert why(room.officers.change_passphrase(budi, PHRASES[BUDI], other, other)) == "berubah"
        case _:
            assert why(room.officers.finish_adding(ayu, adding, OWN, OWN)) == "berubah"
    assert room.custody() == kept and room.engine.read(load_unit_keys) == keys
