"""An open case of the sealed room, by rules that no page shows: whose a cookie is, and for how long."""

from collections.abc import Iterator

import pytest

from schemas.ids import RecordId
from server import custody_store
from server.services.room_alarms import RoomAlarms
from server.services.room_opening import OPEN_MS, Opened
from sync.change import Patch
from tests.server.room_office import BUDI, FIELD, PHRASES, PURPOSE, SITI
from tests.server.room_parts import SESSION, Parts, why
from tests.server.web_office import DESA, shut


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = Parts(tmp_path_factory.mktemp("ruang"))
    yield parts
    shut(parts.office)


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
    visit, _ = room.sealer.visit(kasus, photos=0)
    plain = RecordId("c" * 32)
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": room.office.warga, "kode_desa": DESA}
    room.office.deps.office.act(siti.id, Patch(record=plain, kind="kasus", base={}, new=fields))
    for name in (room.office.warga, RecordId(siti.id), visit, plain):
        assert why(room.openings.open(siti, SESSION, name, PHRASES[SITI], PURPOSE)) == "kasus_tidak_ada"
    room.open(kasus)


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
    ayu = room.office.add_person("ayu", "Ayu Uji", "AY", ("petugas",))
    adding = room.officers.begin_adding(room.person(SITI), PHRASES[SITI], ayu)
    assert isinstance(adding, str)
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
    deps = room.office.deps
    told = RoomAlarms(room.engine, deps.text, room.custodian, room.officers, deps.now_ms)
    assert [len(told.unseen(room.person(name))) for name in ("kabid", BUDI, FIELD)] == [1, 1, 0]


def test_what_is_over_is_erased_when_something_is_opened_next(room: Parts) -> None:
    first, second = room.case(), room.case()
    room.open(first, BUDI, "sesi budi")
    room.now_ms += OPEN_MS
    room.open(second)
    sql = "SELECT person FROM room_held WHERE kabupaten = :kabupaten"
    assert room.engine.read(lambda tx: tx.query(sql)) == [(room.office.people[SITI],)]
