"""What came too late about a sealed case: without effect, seen in the room alone, and closed there."""

import secrets

import httpx

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
from tests.server.room_case_site import Site, case_site, page_of  # noqa: F401 - the fixture `site`
from tests.server.room_office import BUDI, FIELD, SITI, Sealer, move_grace, open_case, send
from tests.server.web_office import Office


def note(sealer: Sealer, kasus: RecordId) -> Note:
    """The answers of a step, sealed to the unit."""
    unit, regency = sealer.keys().newest.public_key, sealer.office.deps.engine.regency
    plain = encode(StepAnswers(answers={}))
    return seal_note(plain, seal_key, unit, info_of(regency, "langkah", kasus, 0, unit))


def park(site: Site) -> tuple[RecordId, RecordId, RecordId]:
    """A case with a visit, and on both a step that followed something older. Returns their conflicts too."""
    office, sealer = site.office, site.sealer
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
    return send(client, page_of(kasus), langkah="terlambat", konflik=conflict, dilihat=seen)


def head(office: Office, conflict: RecordId) -> str:
    found = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([conflict]))[conflict].head
    assert found is not None
    return found.hex()


def test_what_came_late_is_told_in_the_room_and_closed_there(site: Site) -> None:
    kasus, decided, moved = park(site)
    client, page = site.screen(SITI), page_of(kasus)
    assert "2 datang terlambat" in client.get("/ruang").text
    outside = client.get("/konflik").text
    assert decided not in outside and "Siti Uji ingin" not in outside
    assert "Siti Uji ingin" not in client.get(page).text, "not before it is open"
    open_case(client, kasus, SITI)
    told = client.get(page).text
    assert "Siti Uji ingin memutuskan: Disetujui" in told and "Budi Uji ingin: " in told
    assert told.index("Siti Uji ingin") < told.index("Budi Uji ingin"), "oldest first"

    stale = close(client, kasus, decided, "00" * 32)
    assert stale.status_code == 409 and "Siti Uji ingin" in stale.text
    assert close(client, kasus, decided, head(site.office, decided)).status_code == 303
    told = client.get(page).text
    assert "Siti Uji ingin" not in told and "Budi Uji ingin" in told
    assert site.office.fields(decided)["resolved_by"] == site.office.people[SITI]
    assert close(client, kasus, moved, head(site.office, moved)).status_code == 303
    assert "datang terlambat" not in client.get("/ruang").text
    assert site.office.fields(kasus)["state"] != "kecamatan", "nothing that came late took effect"


def test_what_came_late_about_a_visit_or_a_tugas_counts_for_its_case_and_once(site: Site) -> None:
    office, sealer = site.office, site.sealer
    other, kode = sealer.case()
    sealer.visit(other)
    kasus, *_ = park(site)
    sealer.visit(kasus)
    budi = office.people[BUDI]
    for about in (other, kasus):
        tugas = RecordId(secrets.token_hex(16))
        new = {"kasus": about, "kode": kode, "petugas": office.people[FIELD], "state": "baru"}
        office.deps.office.act(budi, Patch(record=tugas, kind="tugas", base={}, new=new))
    old = ChangeId(secrets.token_bytes(32))
    said = SealedNote(record=tugas, name="tugas", follows=old, notes=[note(sealer, kasus)])
    assert isinstance(office.deps.office.act(budi, said), Conflict)
    counts = office.deps.engine.read(late_by_case)
    assert counts[kasus] == 3 and other not in counts
    assert office.deps.engine.read(lambda tx: tugas_of(tx, kasus)) == [tugas]
    client = site.screen(SITI)
    open_case(client, kasus, SITI)
    assert "Catatan dari Budi Uji" in client.get(page_of(kasus)).text


def test_an_open_case_closes_nothing_of_another(site: Site) -> None:
    client, mine, *_ = site.opened()
    _, decided, _ = park(site)
    assert close(client, mine, decided, head(site.office, decided)).status_code == 409
    assert site.office.fields(decided)["state"] == "menunggu"


def test_an_officer_of_the_room_needs_the_second_step_whatever_their_role(site: Site) -> None:
    client, colleague = site.screen(SITI), site.screen("petugas")
    for officer in (SITI, "petugas"):
        move_grace(site.office, site.office.people[officer], -GRACE_MS - 1)
    assert client.get("/ruang").headers["location"] == "/akun?sebab=langkah_kedua"
    assert client.get("/akun").status_code == 200
    assert colleague.get("/antrean").status_code == 200, "who is no officer goes on with a password"
