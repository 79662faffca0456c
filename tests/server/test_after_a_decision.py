"""What comes after a decision, or is left by it: of the other visits of a tugas, and of who is told.

Rule: what was decided is changed by nobody's phone, and what one visit ended is not opened by another.
"""

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server import page_store
from server.page_store import DAY_MS, LATE
from server.services.letter_facts import Asked as About
from server.services.letters import Draft
from server.services.visits import load_visit
from server.web.building import build_site
from tests.server.asked import listening
from tests.server.backup_office import faults
from tests.server.room_office import csrf, log_in
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import Desk
from tests.server.test_same_thing_at_once import given, merged, visited, waiting
from tests.server.town_desk import own_desk, own_office, own_town, revoke  # noqa: F401 - the fixtures
from tests.server.web_office import Office, serving


def destroyed(town: Town, desk: Desk, visit: RecordId) -> tuple[str, str]:
    """Return why a visit cannot be proposed to be destroyed, and how it then stands when its time is over."""
    petugas = town.person("petugas")
    refused = desk.site.destroying.propose(petugas, visit, "BA 3/2026")
    later_ms = town.office.deps.now_ms() + 20 * 366 * DAY_MS
    retention = build_site(replace(town.office.deps, now_ms=lambda: later_ms)).retention
    [standing] = [each.standing for each in retention.due(petugas).shown if each.target == visit]
    return refused.why if refused else "", standing


@pytest.mark.parametrize("moves", [True, False], ids=["of_two_workers", "of_one"])
def test_a_decision_taken_back_opens_no_tugas_that_another_visit_ended(
    town: Town, desk: Desk, *, moves: bool
) -> None:
    tugas = given(town)
    one = visited(town, tugas)
    if moves:
        town.work.move(town.officer, [tugas], town.second)
        town.change(tugas, "tugas", state="baru")
    other = visited(town, tugas)
    desk.decided(one, "tolak")
    desk.decided(other, "setujui")
    for decision in ("tahan", "tolak"):
        desk.decided(one, decision)
        assert town.fields(tugas)["state"] == "selesai", "the family was met"


def test_a_rejected_visit_leaves_the_tugas_to_another_that_was_returned(town: Town, desk: Desk) -> None:
    tugas = given(town)
    one, other = visited(town, tugas), visited(town, tugas)
    desk.decided(one, "kembalikan")
    for decision in ("tolak", "tahan", "tolak"):
        desk.decided(other, decision)
        assert town.fields(tugas)["state"] == "dikembalikan", "that one is still asked for"
    desk.decided(one, "tahan")
    desk.decided(one, "tolak")
    assert town.fields(tugas)["state"] == "selesai"


def test_a_rejected_visit_leaves_the_tugas_to_another_whose_correction_came_late(
    town: Town, desk: Desk
) -> None:
    tugas, whom = given(town), town.warga[0]
    one, first = town.office.add_visit(warga=whom, tugas=tugas, photos=())
    other = visited(town, tugas)
    desk.decided(one, "kembalikan")
    town.change(tugas, "tugas", state="dikirim")
    revoke(town.office)
    town.office.add_visit(visit=one, follows=first, warga=whom, tugas=tugas, photos=())
    desk.decided(other, "tolak")
    assert town.fields(tugas)["state"] == "dikirim", "it waits to be looked at"


def test_a_rejected_visit_leaves_the_tugas_to_one_to_the_record_it_was_merged_with(
    town: Town, desk: Desk
) -> None:
    (keep, gone, _), tugas = town.warga, given(town)
    one, other = (town.office.add_visit(warga=each, tugas=tugas, photos=())[0] for each in (keep, gone))
    merged(town, desk, keep, gone)
    desk.decided(other, "tolak")
    assert town.fields(tugas)["state"] == "dikirim"
    desk.decided(one, "tolak")
    assert town.fields(tugas)["state"] == "selesai"


def test_what_a_revoked_phone_brings_to_an_approved_visit_is_told_and_counts_for_nothing_yet(
    town: Town, desk: Desk
) -> None:
    office, whom = town.office, town.warga[0]
    visit, first = office.add_visit(warga=whom, answers={"no_kks": "6032980000000001"}, photos=())
    desk.decided(visit, "setujui")
    revoke(office)
    later = {"hasil_kunjungan": "meninggal", "no_kks": "6032980000009999"}
    office.add_visit(visit=visit, follows=first, warga=whom, answers=later, photos=())
    assert (town.fields(visit)["state"], town.listed()["Warga A"].gone) == ("disetujui", "")
    found = office.deps.engine.read(lambda tx: load_visit(tx, visit))
    assert found is not None and found.counted.change == first != found.newest.change
    draft = desk.site.letters.draft(town.person("petugas"), About(kind="rekomendasi_pos", visit=visit))
    assert isinstance(draft, Draft) and draft.facts.values["no_kks"].endswith("0001")
    says = "Versi baru datang setelah kunjungan ini disetujui"
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        assert says in client.get(f"/kunjungan/{visit}").text
        desk.decided(visit, "tahan")
        desk.decided(visit, "setujui")
        assert says not in client.get(f"/kunjungan/{visit}").text
    assert town.listed()["Warga A"].gone == "meninggal", "that was looked at"


def test_the_queue_tells_of_what_came_after_an_approval_apart_from_what_waits(town: Town, desk: Desk) -> None:
    office, whom = town.office, town.warga[0]
    visit, first = office.add_visit(warga=whom, photos=())
    desk.decided(visit, "setujui")
    revoke(office)
    says, mark = "1 kunjungan yang sudah disetujui mendapat versi baru", "Versi baru "
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        assert mark not in client.get("/antrean?status=disetujui").text
        office.add_visit(visit=visit, follows=first, warga=whom, photos=())
        assert waiting(desk) == [] and desk.site.queue.count(office.person("kabid"), LATE) == 1
        page = client.get("/antrean").text
        assert says in page and f"/antrean?status={LATE}" in page and "Antrean kosong" in page
        for state in ("disetujui", LATE):
            page = client.get(f"/antrean?status={state}").text
            assert mark in page and f"/kunjungan/{visit}" in page and "perbaikan ke-1" not in page
        assert "tetap memakai versi yang disetujui" in page
        desk.decided(visit, "tahan")
        desk.decided(visit, "setujui")
        assert says not in client.get("/antrean").text
        assert mark not in client.get("/antrean?status=disetujui").text
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "pendamping")
        assert says not in client.get("/antrean").text, "nobody who may not decide is asked to"


def test_what_was_approved_may_be_left_to_stand_and_is_asked_about_no_more(
    town: Town, desk: Desk, tmp_path: Path
) -> None:
    office, whom = town.office, town.warga[0]
    visit, first = office.add_visit(warga=whom, answers={"no_kks": "6032980000000001"}, photos=())
    desk.decided(visit, "setujui")
    revoke(office)
    kabid = office.person("kabid")
    follows = office.add_visit(visit=visit, follows=first, warga=whom, photos=())[1]
    before = town.fields(visit)
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        page = client.get(f"/kunjungan/{visit}").text
        [form] = [each for each in forms_on(page) if "Biarkan seperti yang disetujui" in each]
        sent = {"csrf": csrf(client.get("/akun")), "dilihat": hidden(form, "dilihat"), "keputusan": "biarkan"}
        done = client.post(f"/kunjungan/{visit}/keputusan", data=sent)
        page = client.get(done.headers["location"]).text
        assert "Tetap seperti yang disetujui" in page and "yang berlaku versi sebelumnya" in page
        assert "Keputusan dibiarkan oleh Kabid Uji" in page and "Biarkan seperti" not in page
        assert client.post(f"/kunjungan/{visit}/keputusan", data=sent).status_code == 409
    after = town.fields(visit)
    assert {name for name in after if after[name] != before.get(name)} == {"left_ms"}
    assert desk.site.queue.count(kabid, LATE) == 0 and desk.site.queue.count(kabid, "disetujui") == 1
    found = office.deps.engine.read(lambda tx: load_visit(tx, visit))
    assert found is not None and found.counted.change == first != found.newest.change
    assert faults(office.deps, tmp_path / "office", office.deps.key_file.path) == []
    office.add_visit(visit=visit, follows=follows, warga=whom, photos=())
    assert desk.site.queue.count(kabid, LATE) == 1, "one that comes after that word is asked about anew"


def forms_on(page: str) -> list[str]:
    return re.findall(r"<form.*?</form>", page, re.DOTALL)


def hidden(form: str, name: str) -> str:
    return re.findall(f'name="{name}" value="([^"]*)"', form)[0]


@pytest.mark.parametrize("state", ["diterima", "disetujui", LATE])
def test_no_list_reads_through_what_stands_elsewhere(office: Office, state: str) -> None:
    wanted = page_store.QueueFilter(state=state)
    asked = {"author": None, "desa": None, "limit": 9, "offset": 0}
    with listening() as found:
        office.deps.engine.read(lambda tx: page_store.visit_ids(tx, wanted, **asked))
    plan = [line for each in found for line in each.plan]
    index = (
        "kunjungan_by_state (kabupaten=? AND state=?"
        if state == "disetujui"
        else ("kunjungan_by_standing (kabupaten=? AND <expr>=?")
    )
    assert any(index in line for line in plan), plan


def test_what_a_revoked_phone_brings_to_a_rejected_visit_waits_to_be_decided(town: Town, desk: Desk) -> None:
    office, whom = town.office, town.warga[0]
    visit, first = office.add_visit(warga=whom, photos=())
    desk.decided(visit, "tolak")
    revoke(office)
    assert waiting(desk) == []
    office.add_visit(visit=visit, follows=first, warga=whom, photos=())
    assert [each.id for each in waiting(desk)] == [visit]
    assert destroyed(town, desk, visit) == ("belum_diputus", "susulan")
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        page = client.get(f"/kunjungan/{visit}").text
        assert "Versi baru datang setelah kunjungan ini ditolak" in page and "sudah diputuskan" not in page
    desk.decided(visit, "tolak")
    assert waiting(desk) == [] and destroyed(town, desk, visit) == ("", "diusulkan")


def test_nobody_is_told_of_the_work_of_a_service_that_is_not_theirs(town: Town) -> None:
    office, whom = town.office, town.warga[0]
    office.add_person("satu", "Verifikator BPNT", "VB", ("verifikator",), services=("bpnt",))
    town.change(whom, "warga", layanan=["bpnt", "kis"])
    forms = {"bpnt": "bpnt_kpm", "kis": "kis"}
    says = {each: f"Dua ({office.deps.forms.get(form).title})" for each, form in forms.items()}
    says["lain"] = "petugas layanan lain"
    for service, form in forms.items():
        town.work.give(town.officer, town.order(town.second, service=service, form=form), [whom])
    visit, _ = office.add_visit(warga=whom, answers={"hasil_kunjungan": "meninggal"}, photos=())
    with serving(office) as address:
        for name, told in (("satu", ["bpnt", "lain"]), ("petugas", ["bpnt", "kis"]), ("pendamping", [])):
            with httpx.Client(base_url=address, timeout=20) as client:
                log_in(client, name)
                page = client.get(f"/kunjungan/{visit}").text
            assert [each for each, word in says.items() if word in page] == told, name


def test_whoever_can_do_nothing_about_a_tugas_that_went_to_another_is_not_told(town: Town) -> None:
    tugas = given(town)
    visit = visited(town, tugas)
    town.work.move(town.officer, [tugas], town.second)
    town.change(tugas, "tugas", state="baru")
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "pendamping")
        page = client.get(f"/kunjungan/{visit}")
        assert page.status_code == 200 and "memegang tugasnya" not in page.text
