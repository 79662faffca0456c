"""What came too late about a sealed case: without effect, seen in the room alone, and closed there."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.base import encode
from schemas.ids import ChangeId, RecordId
from schemas.sealed import Note
from schemas.sealed_notes import StepAnswers
from schemas.wire import Conflict
from server.sealed_store import late_by_case, tugas_of
from server.sealing import seal_key
from server.second_factor import GRACE_MS
from server.store import SqlOfficeStore
from sync.change import Patch, SealedAdvance, SealedDecide, SealedNote
from sync.sealed_case import info_of, seal_note
from tests.server.room_office import (
    BUDI,
    FIELD,
    SITI,
    Sealer,
    add_officers,
    csrf,
    hold_ceremony,
    log_in,
    move_grace,
    open_case,
    serving_cheaply,
)
from tests.server.web_office import Office, open_at, shut


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    folder: Path = tmp_path_factory.mktemp("late")
    office = open_at(folder)
    add_officers(office)
    with serving_cheaply(office) as address:
        with httpx.Client(base_url=address, timeout=20) as client:
            hold_ceremony(client)
        yield office, address
    shut(office)


def note(sealer: Sealer, kasus: RecordId) -> Note:
    """The answers of a step, sealed to the unit."""
    unit, regency = sealer.keys().newest.public_key, sealer.office.deps.engine.regency
    plain = encode(StepAnswers(answers={}))
    return seal_note(plain, seal_key, unit, info_of(regency, "langkah", kasus, 0, unit))


def park(office: Office, sealer: Sealer) -> tuple[RecordId, RecordId, RecordId]:
    """A case with a visit, and on both a step that followed something older. Returns their conflicts too."""
    kasus, _ = sealer.case()
    visit, first = sealer.visit(kasus)
    sealer.visit(kasus, visit=visit, follows=first, number=2)
    budi, siti = office.people[BUDI], office.people[SITI]
    decided = office.deps.office.act(
        siti, SealedDecide(visit=visit, follows=first, decision="setujui", notes=[])
    )
    old = ChangeId(secrets.token_bytes(32))
    moved = office.deps.office.act(
        budi, SealedAdvance(kasus=kasus, follows=old, event="ke_kecamatan", note=note(sealer, kasus))
    )
    assert isinstance(decided, Conflict) and isinstance(moved, Conflict)
    return kasus, decided.ids[0], moved.ids[0]


def close(client: httpx.Client, kasus: RecordId, conflict: RecordId, seen: str) -> httpx.Response:
    page = f"/ruang/kasus/{kasus}"
    form = {"langkah": "terlambat", "konflik": conflict, "dilihat": seen}
    return client.post(page, data={"csrf": csrf(client.get(page)), **form})


def head(office: Office, conflict: RecordId) -> str:
    found = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([conflict]))[conflict].head
    assert found is not None
    return found.hex()


def test_what_came_late_is_told_in_the_room_and_closed_there(office: tuple[Office, str]) -> None:
    inside, address = office
    kasus, decided, moved = park(inside, Sealer(inside, inside.people[FIELD]))
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, SITI)
        assert "2 datang terlambat" in client.get("/ruang").text
        outside = client.get("/konflik").text
        assert decided not in outside and "Siti Uji ingin" not in outside
        assert "Siti Uji ingin" not in client.get(f"/ruang/kasus/{kasus}").text, "not before it is open"
        open_case(client, kasus, SITI)
        page = client.get(f"/ruang/kasus/{kasus}").text
        assert "Siti Uji ingin memutuskan: Disetujui" in page and "Budi Uji ingin: " in page
        assert page.index("Siti Uji ingin") < page.index("Budi Uji ingin"), "oldest first"

        stale = close(client, kasus, decided, "00" * 32)
        assert stale.status_code == 409 and "Siti Uji ingin" in stale.text
        assert close(client, kasus, decided, head(inside, decided)).status_code == 303
        page = client.get(f"/ruang/kasus/{kasus}").text
        assert "Siti Uji ingin" not in page and "Budi Uji ingin" in page
        assert inside.fields(decided)["resolved_by"] == inside.people[SITI]
        assert close(client, kasus, moved, head(inside, moved)).status_code == 303
        assert "datang terlambat" not in client.get("/ruang").text
    assert inside.fields(kasus)["state"] != "kecamatan", "nothing that came late took effect"


def test_what_came_late_about_a_visit_or_a_tugas_counts_for_its_case_and_once(
    office: tuple[Office, str],
) -> None:
    inside, address = office
    sealer = Sealer(inside, inside.people[FIELD])
    other, kode = sealer.case()
    sealer.visit(other)
    kasus, *_ = park(inside, sealer)
    sealer.visit(kasus)
    budi = inside.people[BUDI]
    for about in (other, kasus):
        tugas = RecordId(secrets.token_hex(16))
        new = {"kasus": about, "kode": kode, "petugas": inside.people[FIELD], "state": "baru"}
        inside.deps.office.act(budi, Patch(record=tugas, kind="tugas", base={}, new=new))
    old = ChangeId(secrets.token_bytes(32))
    said = SealedNote(record=tugas, name="tugas", follows=old, notes=[note(sealer, kasus)])
    assert isinstance(inside.deps.office.act(budi, said), Conflict)
    counts = inside.deps.engine.read(late_by_case)
    assert counts[kasus] == 3 and other not in counts
    assert inside.deps.engine.read(lambda tx: tugas_of(tx, kasus)) == [tugas]
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, SITI)
        open_case(client, kasus, SITI)
        assert "Catatan dari Budi Uji" in client.get(f"/ruang/kasus/{kasus}").text


def test_an_open_case_closes_nothing_of_another(office: tuple[Office, str]) -> None:
    inside, address = office
    sealer = Sealer(inside, inside.people[FIELD])
    mine, _ = sealer.case()
    sealer.visit(mine)
    _, decided, _ = park(inside, sealer)
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, SITI)
        open_case(client, mine, SITI)
        assert close(client, mine, decided, head(inside, decided)).status_code == 409
    assert inside.fields(decided)["state"] == "menunggu"


def test_an_officer_of_the_room_needs_the_second_step_whatever_their_role(office: tuple[Office, str]) -> None:
    inside, address = office
    siti, other = inside.people[SITI], inside.people["petugas"]
    with (
        httpx.Client(base_url=address, timeout=20) as client,
        httpx.Client(base_url=address, timeout=20) as colleague,
    ):
        log_in(client, SITI)
        log_in(colleague, "petugas")
        for officer in (siti, other):
            move_grace(inside, officer, -GRACE_MS - 1)
        assert client.get("/ruang").headers["location"] == "/akun?sebab=langkah_kedua"
        assert client.get("/akun").status_code == 200
        assert colleague.get("/antrean").status_code == 200, "who is no officer goes on with a password"
