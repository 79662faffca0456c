"""What was sealed to the unit, in whatever way, stays readable when its key is changed."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from schemas.ids import RecordId
from schemas.sealed import Note, Role
from schemas.wire import Applied
from server.sealing import seal_key
from server.services.room_custody import Unlocked
from server.services.room_reading import load_case, unseal
from sync.change import Body, SealedAdvance, SealedDecide, SealedNote
from sync.sealed_case import info_of, seal_note
from tests.server.room_office import BUDI, PHRASES, SITI
from tests.server.room_parts import Parts
from tests.server.web_office import shut


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = Parts(tmp_path_factory.mktemp("segel"))
    yield parts
    shut(parts.office)


def test_all_that_a_case_holds_reads_under_the_units_next_key_alone(room: Parts) -> None:
    sealer, regency = room.sealer, room.custodian.regency
    unit = sealer.keys().newest.public_key

    def note(role: Role, subject: RecordId, number: int = 0) -> Note:
        return seal_note(role.encode(), seal_key, unit, info_of(regency, role, subject, number, unit))

    kasus, _ = sealer.case()
    visit, first = sealer.visit(kasus, photos=0)
    _, second = sealer.visit(kasus, visit=visit, follows=first, number=2, photos=0)
    sealer.visit(kasus, photos=0)
    found = room.engine.read(lambda tx: load_case(tx, kasus))
    assert found is not None and found.record.head is not None
    held = SealedDecide(visit=visit, follows=second, decision="tahan", notes=[note("alasan", visit, 2)])
    moved = SealedAdvance(
        kasus=kasus, follows=found.record.head, event="ke_kecamatan", note=note("langkah", kasus)
    )
    named: dict[str, Role] = {"tugas": "tugas", "surat.1": "surat", "catatan": "catatan"}
    noted = [
        SealedNote(record=kasus, name=name, follows=None, notes=[note(role, kasus)])
        for name, role in named.items()
    ]
    bodies: list[Body] = [held, moved, *noted]
    for body in bodies:
        assert isinstance(room.office.deps.office.act(room.office.people[SITI], body), Applied)
    assert room.officers.rotate(room.person(BUDI), PHRASES[BUDI]) == 2

    facts, unlocked = (
        room.engine.read(lambda tx: load_case(tx, kasus)),
        room.custodian.unlock(room.person(SITI), PHRASES[SITI]),
    )
    assert facts is not None and isinstance(unlocked, Unlocked)
    assert [len(facts.versions(each.id)) for each in facts.visits] == [2, 1]
    newest = replace(unlocked.secrets, keys={2: unlocked.secrets.keys[2]})
    read = unseal(facts, newest, sealer.keys(), regency)
    assert len(read.keys) == 3
    assert sorted(read.notes.values()) == [b"alasan", b"catatan", b"langkah", b"surat", b"tugas"]
