"""Who opens the sealed room, by rules that no page shows: what moved on meanwhile, and which tries count."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from schemas.ids import BlobId, PersonId, RecordId
from schemas.sealed import SEALED_KEY_BYTES, STEP_BYTES
from server import custody_store
from server.custody import RECOVERY
from server.engine import Writer
from server.recovery_paper import lines_of
from server.services import room_officers
from server.services.room_custody import HALVES, PASSPHRASE, Unlocked, vouched_for
from server.services.room_held import MOST_TRIES, WINDOW_MS, Refusal
from server.services.room_officers import ADDING_MS, YEAR_MS, without
from server.services.room_reading import load_case, unseal
from sync.change import SealedSubmit
from tests.server.room_office import BUDI, PHRASES, PURPOSE, SITI
from tests.server.room_parts import SESSION, Parts, why
from tests.server.web_office import shut

OWN = "ember payung kapur gunting tali benih"
WRONG = "kata kata salah semua begitu"
AYU = "ayu"
MINUTE_MS = 60_000
RESEALS = "SELECT count(*), count(DISTINCT key) FROM room_reseals WHERE kabupaten = :kabupaten"
HALVES_OF_NONE = ("\n".join(lines_of(bytes(32), 1)), "\n".join(lines_of(bytes(32), 2)))


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = Parts(tmp_path_factory.mktemp("ruang"))
    yield parts
    shut(parts.office)


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
    assert isinstance(room.custodian.unlock(room.person(BUDI), PHRASES[BUDI]), Unlocked), "and only hers"


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
    for number in (2, 3):
        assert room.officers.rotate(room.person(BUDI), PHRASES[BUDI]) == number
        assert room.engine.read(lambda tx: tx.query(RESEALS)) == [(6, 1)], "three visits and three looks"
    facts = room.engine.read(lambda tx: load_case(tx, cases[0]))
    unlocked = room.custodian.unlock(room.person(SITI), PHRASES[SITI])
    assert facts is not None and isinstance(unlocked, Unlocked)
    newest = replace(unlocked.secrets, keys={3: unlocked.secrets.keys[3]})
    read = unseal(facts, newest, room.sealer.keys(), room.custodian.regency)
    assert (len(read.keys), len(read.notes)) == (1, 1), "no older key is needed"
    token = room.open(cases[0])
    found = room.openings.current(token, SESSION, room.office.people[SITI], cases[0])
    assert found is not None and len(found.case.keys) == 1 and len(found.case.notes) == 2


def test_a_wrong_or_a_weak_passphrase_changes_nothing(room: Parts) -> None:
    siti, third, before = room.person(SITI), ayu(room), room.custody()
    answers = [
        room.officers.begin_adding(siti, WRONG, third),
        room.officers.remove(siti, WRONG, room.office.people[BUDI]),
        room.officers.change_passphrase(siti, WRONG, OWN, OWN),
        room.officers.rotate(siti, WRONG),
        room.ceremonies.renew(siti, WRONG),
    ]
    assert [why(answer) for answer in answers] == ["frasa_salah"] * len(answers)
    budi = room.person(BUDI)
    token = room.officers.begin_adding(budi, PHRASES[BUDI], third)
    assert isinstance(token, str)
    for first, again, said in (("satu dua", "satu dua", "frasa_lemah"), (OWN, WRONG, "frasa_berbeda")):
        assert why(room.officers.change_passphrase(budi, PHRASES[BUDI], first, again)) == said
        assert why(room.officers.finish_adding(room.person(AYU), token, first, again)) == said
    assert room.custody() == before


def test_the_last_officer_and_the_paper_are_never_removed(room: Parts) -> None:
    siti, budi = room.person(SITI), room.office.people[BUDI]
    assert room.officers.remove(siti, PHRASES[SITI], budi) is None
    assert why(room.officers.remove(siti, PHRASES[SITI], siti.id)) == "petugas_terakhir"
    with pytest.raises(ValueError, match="never removed"):
        without(room.custody(), RECOVERY)


def test_who_is_not_named_unlocks_nothing_and_counts_no_try(room: Parts) -> None:
    stranger = room.person("petugas")
    for _ in range(MOST_TRIES + 1):
        assert why(room.custodian.unlock(stranger, PHRASES[SITI])) == "bukan_petugas"


def test_a_seal_that_names_nobodys_key_holds_up_no_rotation(room: Parts) -> None:
    kasus = room.case()
    body = SealedSubmit(
        visit=RecordId("e" * 32), follows=None, kasus=kasus, number=1, blob=BlobId("e" * 64),
        size_bytes=STEP_BYTES, key=bytes(16), opened=bytes(SEALED_KEY_BYTES), tugas=None,
    )  # fmt: skip
    room.sealer.phone.push(body)
    assert room.officers.rotate(room.person(BUDI), PHRASES[BUDI]) == 2
    assert room.engine.read(lambda tx: tx.query(RESEALS)) == [(1, 1)]
    room.open(kasus)


def test_before_the_ceremony_there_is_nobody_and_nothing_to_open(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    room = Parts(tmp_path_factory.mktemp("kosong"), prepared=False)
    siti, kasus = room.person(SITI), RecordId("a" * 32)
    assert room.officers.all() is None and not room.officers.is_due() and not room.custodian.is_officer(siti)
    answers = [
        room.officers.begin_adding(siti, PHRASES[SITI], room.office.people[BUDI]),
        room.custodian.unlock(siti, PHRASES[SITI]),
        room.openings.break_glass(siti, SESSION, kasus, HALVES_OF_NONE, PURPOSE),
    ]
    assert [why(answer) for answer in answers] == ["petugas_salah", "bukan_petugas", "bukan_petugas"]
    shut(room.office)


def test_secrets_that_were_altered_open_to_nobody(room: Parts) -> None:
    siti, seen = room.office.people[SITI], room.custody()
    bent = replace(seen, secrets={name: {**seals, siti: b""} for name, seals in seen.secrets.items()})
    assert room.engine.write(lambda tx: room.custodian.save_in(tx, siti, bent, None, seen=seen)).result()
    assert why(room.custodian.unlock(room.person(SITI), PHRASES[SITI])) == "kunci_rusak"
    assert isinstance(room.custodian.unlock(room.person(BUDI), PHRASES[BUDI]), Unlocked)


def test_the_unit_vouches_for_its_own_identity_and_each_of_its_keys(room: Parts) -> None:
    unlocked, keys = room.custodian.unlock(room.person(SITI), PHRASES[SITI]), room.sealer.keys()
    assert isinstance(unlocked, Unlocked) and vouched_for(keys, unlocked.secrets)
    foreign = replace(keys.newest, number=2, public_key=bytes(32))
    for other in (
        replace(keys, identity=bytes(32)),
        replace(keys, keys=(foreign, keys.newest)),
        replace(keys, keys=(keys.newest, replace(keys.newest, number=2))),
    ):
        assert not vouched_for(other, unlocked.secrets)


# tries ------------------------------------------------------------------------------------------------------


def test_tries_are_one_persons_of_one_kind_and_end_with_their_quarter_of_an_hour(room: Parts) -> None:
    siti, budi = room.office.people[SITI], room.office.people[BUDI]
    for _ in range(MOST_TRIES):
        assert room.held.count_try(PASSPHRASE, siti) is None
        room.now_ms += MINUTE_MS
    barred = room.held.count_try(PASSPHRASE, siti)
    assert barred is not None and (barred.say, barred.values, barred.status) == (
        "terlalu_sering",
        {"menit": "10"},
        429,
    )
    assert room.held.count_try(PASSPHRASE, budi) is None and room.held.count_try(HALVES, siti) is None
    room.now_ms += WINDOW_MS - MOST_TRIES * MINUTE_MS - 1
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


def test_a_right_passphrase_forgets_no_wrong_paper_nor_paper_a_wrong_passphrase(room: Parts) -> None:
    siti, kasus = room.person(SITI), room.case()
    first, _ = room.halves
    for _ in range(MOST_TRIES):
        assert why(room.custodian.unlock(siti, WRONG)) == "frasa_salah"
    assert isinstance(room.openings.break_glass(siti, SESSION, kasus, room.halves, PURPOSE), str)
    assert why(room.custodian.unlock(siti, PHRASES[SITI])) == "terlalu_sering"
    room.now_ms += WINDOW_MS
    for _ in range(MOST_TRIES):
        refused = room.openings.break_glass(siti, SESSION, kasus, (first, first), PURPOSE)
        assert why(refused) == "belahan_baris_darurat"
    assert isinstance(room.custodian.unlock(siti, PHRASES[SITI]), Unlocked)
    refused = room.openings.break_glass(siti, SESSION, kasus, room.halves, PURPOSE)
    assert why(refused) == "terlalu_sering"


def test_after_too_many_wrong_ones_the_right_passphrase_waits_too(room: Parts) -> None:
    siti = room.person(SITI)
    for _ in range(MOST_TRIES):
        assert why(room.custodian.unlock(siti, WRONG)) == "frasa_salah"
    assert why(room.custodian.unlock(siti, PHRASES[SITI])) == "terlalu_sering"
    room.now_ms += WINDOW_MS
    assert isinstance(room.custodian.unlock(siti, PHRASES[SITI]), Unlocked)


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
