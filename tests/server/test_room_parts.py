"""Rules of the room that no page shows: what moved on meanwhile, whose a cookie is, which tries count."""

from collections.abc import Iterator

import pytest

from schemas.ids import PersonId, RecordId
from server import custody_store
from server.engine import Writer
from server.services import room_officers
from server.services.room_custody import HALVES, PASSPHRASE, Unlocked
from server.services.room_held import MOST_TRIES, WINDOW_MS, Refusal
from server.services.room_officers import ADDING_MS, YEAR_MS
from server.services.room_opening import OPEN_MS, Opened
from tests.server.room_office import BUDI, PHRASES, PURPOSE, SITI
from tests.server.room_parts import SESSION, Parts
from tests.server.web_office import shut

OWN = "ember payung kapur gunting tali benih"
WRONG = "kata kata salah semua begitu"
AYU = "ayu"


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = Parts(tmp_path_factory.mktemp("ruang"))
    yield parts
    shut(parts.office)


def why(answer: object) -> str:
    return answer.say if isinstance(answer, Refusal) else f"{answer!r:.40}"


def ayu(room: Parts) -> PersonId:
    return room.office.add_person(AYU, "Ayu Uji", "AY", ("petugas",))


def vouched(room: Parts) -> str:
    """Ayu is vouched for by Siti, and has not chosen her passphrase yet."""
    token = room.officers.begin_adding(room.person(SITI), PHRASES[SITI], ayu(room))
    assert isinstance(token, str), token
    return token


def finish(room: Parts, token: str, name: str = AYU) -> str:
    return why(room.officers.finish_adding(room.person(name), token, OWN, OWN))


def move_on(room: Parts, what: str) -> None:
    """Let something about who opens the room change."""
    siti, budi = room.person(SITI), room.person(BUDI)
    match what:
        case "putar":
            assert room.officers.rotate(budi, PHRASES[BUDI]) == 2
        case "cabut":
            assert room.officers.remove(budi, PHRASES[BUDI], siti.id) is None
        case _:
            raise AssertionError(what)


# who opens it -----------------------------------------------------------------------------------------------


def test_a_passphrase_that_was_changed_while_new_paper_was_made_stays_changed(room: Parts) -> None:
    token = room.ceremonies.renew(room.person(BUDI), PHRASES[BUDI])
    assert isinstance(token, str)
    assert room.officers.change_passphrase(room.person(SITI), PHRASES[SITI], OWN, OWN) is None
    room.type_back(BUDI, token)
    assert why(room.custodian.unlock(room.person(SITI), PHRASES[SITI])) == "frasa_salah"
    assert isinstance(room.custodian.unlock(room.person(SITI), OWN), Unlocked)


@pytest.mark.parametrize("what", ["putar", "cabut"])
def test_new_paper_of_what_moved_on_meanwhile_never_counts(room: Parts, what: str) -> None:
    token = room.ceremonies.renew(room.person(BUDI), PHRASES[BUDI])
    assert isinstance(token, str)
    move_on(room, what)
    before = room.custody()
    with pytest.raises(AssertionError, match="berubah"):
        room.type_back(BUDI, token)
    assert room.custody() == before


@pytest.mark.parametrize("what", ["putar", "cabut"])
def test_nobody_is_taken_in_by_what_moved_on_meanwhile(room: Parts, what: str) -> None:
    token = vouched(room)
    move_on(room, what)
    assert finish(room, token) == "berubah"
    assert room.office.people[AYU] not in room.custody().officers


def test_nobody_is_taken_in_twice_nor_in_anothers_place_nor_late(room: Parts) -> None:
    token = vouched(room)
    second = room.officers.begin_adding(room.person(BUDI), PHRASES[BUDI], room.office.people[AYU])
    assert isinstance(second, str)
    assert finish(room, token, BUDI) == "upacara_lewat"
    assert finish(room, token) == "None"
    assert finish(room, token) == "upacara_lewat", "its cookie opens nothing more"
    assert finish(room, second) == "berubah"
    room.now_ms += ADDING_MS
    assert room.officers.adding(second) is None


def test_only_somebody_who_could_open_the_room_is_vouched_for(room: Parts) -> None:
    siti, people = room.person(SITI), room.office.people
    for whom in (people[BUDI], people["verifikator"], people["admin"], PersonId("")):
        assert why(room.officers.begin_adding(siti, PHRASES[SITI], whom)) == "petugas_salah"
        if whom != people[BUDI]:
            assert why(room.officers.remove(siti, PHRASES[SITI], whom)) == "petugas_salah"


def test_of_who_was_removed_nothing_is_kept_and_the_paper_still_opens(room: Parts) -> None:
    budi, kasus = room.office.people[BUDI], room.case()
    theirs, mine = room.open(kasus, BUDI, "sesi budi"), room.open(kasus)
    assert room.officers.remove(room.person(SITI), PHRASES[SITI], budi) is None
    kept = room.custody()
    assert kept.reader(budi) is None and all(budi not in seals for seals in kept.secrets.values())
    assert not room.is_open(theirs, kasus, BUDI, "sesi budi") and room.is_open(mine, kasus)
    glass = room.openings.break_glass(room.person(SITI), SESSION, kasus, room.halves, PURPOSE)
    assert isinstance(glass, str)


def test_an_officer_who_lost_the_role_opens_nothing(room: Parts) -> None:
    siti = room.person(SITI)
    assert room.custodian.is_officer(siti)
    left = type(siti)(id=siti.id, nama=siti.nama, roles=("verifikator",))
    assert not room.custodian.is_officer(left)
    assert why(room.custodian.unlock(left, PHRASES[SITI])) == "bukan_petugas"
    assert not room.custodian.is_officer(room.person("petugas"))
    refused = room.openings.break_glass(left, SESSION, room.case(), room.halves, PURPOSE)
    assert why(refused) == "bukan_petugas"


def test_a_custody_that_moved_on_is_not_written_over(room: Parts) -> None:
    seen = room.custody()
    assert room.officers.change_passphrase(room.person(SITI), PHRASES[SITI], OWN, OWN) is None
    now = room.custody()
    saved = room.engine.write(
        lambda tx: room.custodian.save_in(tx, room.person(BUDI).id, seen, None, seen=seen)
    ).result()
    assert saved is False and room.custody() == now


def test_a_key_is_old_after_a_year_and_not_before(room: Parts) -> None:
    for later, due in ((0, False), (YEAR_MS, False), (1, True)):
        room.now_ms += later
        found = room.officers.all()
        assert found is not None and (room.officers.is_due(), found.due) == (due, due)


def test_who_is_named_and_left_stands_apart_from_who_might_be_named(room: Parts) -> None:
    found = room.officers.all()
    assert found is not None
    assert {each.id for each in found.named} == {room.office.people[name] for name in (SITI, BUDI)}
    assert {each.id for each in found.others} == {room.office.people[name] for name in ("petugas", "kabid")}
    assert found.gone == () and (found.number, found.made_ms) == (1, room.now_ms)


def test_all_that_was_sealed_to_an_older_key_is_sealed_anew_in_however_many_steps(
    room: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_officers, "BATCH", 2)
    cases = [room.case() for _ in range(3)]
    for kasus in cases:
        room.open(kasus)
    sql = "SELECT count(*), count(DISTINCT key) FROM room_reseals WHERE kabupaten = :kabupaten"
    for number in (2, 3):
        assert room.officers.rotate(room.person(BUDI), PHRASES[BUDI]) == number
        assert room.engine.read(lambda tx: tx.query(sql)) == [(6, 1)], "three visits and three looks"
    token = room.open(cases[0])
    found = room.openings.current(token, SESSION, room.office.people[SITI], cases[0])
    assert found is not None and len(found.case.keys) == 1 and len(found.case.notes) == 2


# tries ------------------------------------------------------------------------------------------------------


def test_tries_are_one_persons_of_one_kind_and_end_with_their_quarter_of_an_hour(room: Parts) -> None:
    siti, budi = room.office.people[SITI], room.office.people[BUDI]
    for _ in range(MOST_TRIES):
        assert room.held.count_try(PASSPHRASE, siti) is None
        room.now_ms += 1000
    barred = room.held.count_try(PASSPHRASE, siti)
    assert barred is not None and (barred.say, barred.values, barred.status) == (
        "terlalu_sering",
        {"menit": "15"},
        429,
    )
    assert room.held.count_try(PASSPHRASE, budi) is None and room.held.count_try(HALVES, siti) is None
    room.now_ms += WINDOW_MS - MOST_TRIES * 1000 - 1
    barred = room.held.count_try(PASSPHRASE, siti)
    assert barred is not None and barred.values == {"menit": "1"}
    room.now_ms += 1
    assert room.held.count_try(PASSPHRASE, siti) is None, "the first of them is over"
    assert room.held.count_try(PASSPHRASE, siti) is not None, "and no other"


def test_a_right_passphrase_forgets_the_wrong_ones_before_it_and_the_paper_its_own(room: Parts) -> None:
    siti, kasus = room.person(SITI), room.case()
    first, second = room.halves
    for _ in range(2):
        for _ in range(MOST_TRIES - 1):
            assert why(room.custodian.unlock(siti, WRONG)) == "frasa_salah"
            assert why(room.openings.break_glass(siti, SESSION, kasus, (first, first), PURPOSE)) == (
                "belahan_baris_darurat"
            )
        assert isinstance(room.custodian.unlock(siti, PHRASES[SITI]), Unlocked)
        assert isinstance(room.openings.break_glass(siti, SESSION, kasus, (first, second), PURPOSE), str)


def test_a_try_that_a_clock_far_ahead_noted_bars_nobody(room: Parts) -> None:
    siti = room.office.people[SITI]

    def ahead(by_ms: int) -> None:
        def work(tx: Writer) -> None:
            for number in range(MOST_TRIES):
                custody_store.add_try(tx, PASSPHRASE, siti, room.now_ms + by_ms, f"{by_ms}.{number}")

        room.engine.write(work).result()

    ahead(WINDOW_MS + 1)
    assert room.held.count_try(PASSPHRASE, siti) is None
    ahead(WINDOW_MS)
    assert room.held.count_try(PASSPHRASE, siti) is not None


def test_halves_of_two_papers_are_told_from_mistyped_ones(room: Parts) -> None:
    kasus, siti = room.case(), room.person(SITI)
    old = room.halves
    token = room.ceremonies.renew(room.person(BUDI), PHRASES[BUDI])
    assert isinstance(token, str)
    new = room.type_back(BUDI, token)
    mixed = room.openings.break_glass(siti, SESSION, kasus, (old[0], new[1]), PURPOSE)
    assert why(mixed) == "belahan_bukan_pasangan"
    typed = room.openings.break_glass(siti, SESSION, kasus, (new[0], new[0]), PURPOSE)
    assert isinstance(typed, Refusal) and typed.values["kertas"] == "2"
    assert room.looks(kasus) == []
    assert isinstance(room.openings.break_glass(siti, SESSION, kasus, new, PURPOSE), str)
    assert room.looks(kasus) == ["darurat"]


# an open case -----------------------------------------------------------------------------------------------


def alarms(room: Parts) -> int:
    return len(room.engine.read(lambda tx: custody_store.alarms_unseen_by(tx, room.office.people["kabid"])))


def test_a_purpose_has_ten_letters_whatever_stands_around_it(room: Parts) -> None:
    kasus, siti = room.case(), room.person(SITI)
    short, enough = f"  {'a' * 9}   ", f" {'a' * 10} "
    assert why(room.openings.open(siti, SESSION, kasus, PHRASES[SITI], short)) == "perlu_keperluan"
    assert why(room.openings.break_glass(siti, SESSION, kasus, room.halves, short)) == "perlu_keperluan"
    token = room.open(kasus, purpose=enough)
    found = room.openings.current(token, SESSION, siti.id, kasus)
    assert found is not None
    assert why(room.openings.look(siti, found.case, "cetak", short, "")) == "perlu_keperluan"
    assert room.openings.look(siti, found.case, "cetak", enough, "") is None
    assert room.looks(kasus) == ["buka", "cetak"] and alarms(room) == 0


def test_a_case_that_is_none_opens_to_nobody(room: Parts) -> None:
    kasus, siti = room.case(), room.person(SITI)
    visit = room.openings.current(room.open(kasus), SESSION, siti.id, kasus)
    assert visit is not None
    for name in (room.office.warga, RecordId(siti.id)):
        assert why(room.openings.open(siti, SESSION, name, PHRASES[SITI], PURPOSE)) == "kasus_tidak_ada"


def test_what_is_open_is_one_persons_in_one_login_for_one_case_and_ten_minutes(room: Parts) -> None:
    kasus, other = room.case(), room.case()
    token = room.open(kasus)
    assert room.is_open(token, kasus)
    assert not room.is_open(token, other)
    assert not room.is_open(token, kasus, BUDI)
    assert not room.is_open(token, kasus, session="sesi lain") and not room.is_open(token, kasus, session="")
    assert not room.is_open("", kasus) and not room.is_open(token[::-1], kasus)
    room.now_ms += OPEN_MS - 1
    assert room.is_open(token, kasus)
    room.now_ms += 1
    assert not room.is_open(token, kasus)


def test_opening_another_case_closes_the_first_in_that_login_only(room: Parts) -> None:
    first, second = room.case(), room.case()
    mine, theirs = room.open(first), room.open(first, BUDI, "sesi budi")
    adding = vouched(room)
    latest = room.open(second)
    assert not room.is_open(mine, first) and room.is_open(latest, second)
    assert room.is_open(theirs, first, BUDI, "sesi budi") and room.officers.adding(adding) is not None


def test_what_rests_was_bound_to_whose_it_is_and_until_when(room: Parts) -> None:
    kasus = room.case()
    token = room.open(kasus)
    for change in ("until_ms = until_ms + 1", f"person = '{room.office.people[BUDI]}'"):
        room.engine.write(
            lambda tx, change=change: tx.execute(
                f"UPDATE room_held SET {change} WHERE kabupaten = :kabupaten"
            )
        ).result()
        assert not room.is_open(token, kasus) and not room.is_open(token, kasus, BUDI)
        token = room.open(kasus)


def test_what_is_written_in_an_open_case_is_readable_there_until_it_is_closed(room: Parts) -> None:
    kasus, siti = room.case(), room.office.people[SITI]
    token = room.open(kasus)

    def opened() -> Opened:
        found = room.openings.current(token, SESSION, siti, kasus)
        assert found is not None
        return found

    def write(at: Opened, text: bytes) -> None:
        room.engine.write(
            lambda tx: room.openings.note_in(tx, token, SESSION, siti, at, change, text)
        ).result()

    before = opened()
    [change] = before.case.notes
    write(before, b"catatan")
    after = opened()
    assert after.case.notes == {change: b"catatan"} and after.until_ms == before.until_ms
    room.openings.close(token)
    write(after, b"terlambat")
    assert not room.is_open(token, kasus), "what was closed opens by nothing that is written after"


def test_breaking_the_glass_sounds_one_alarm_and_a_passphrase_none(room: Parts) -> None:
    kasus, siti = room.case(), room.person(SITI)
    room.open(kasus)
    assert alarms(room) == 0
    assert isinstance(room.openings.break_glass(siti, SESSION, kasus, room.halves, PURPOSE), str)
    assert alarms(room) == 1
