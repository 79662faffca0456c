"""A case whose approval was taken back is told of where that is seen, and falls when somebody says so."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from schemas.reopening import REOPEN
from schemas.workflow import load_workflows
from server.services.cases import CaseView
from server.services.left_cases import joined_visits, left_cases
from server.services.opening_cases import CALL_OFF, falls_from
from server.services.review import Decided, Incomplete
from tests.server.room_office import csrf, log_in
from tests.server.test_opening_cases import MET, Desk
from tests.server.web_office import open_at, serving, shut

TODAY = date(2026, 11, 27)
TO_ACTIVE = (
    ("mulai_cek", {}),
    ("masuk", {"cek_dtks": "masuk", "tanggal_cek": "2026-11-20"}),
    ("usulkan", {"tanggal_usul": "2026-11-20"}),
    ("ke_kemensos", {"tanggal_kirim": "2026-11-20"}),
    ("disetujui_kemensos", {"tanggal_setuju": "2026-11-20"}),
    ("aktifkan", {"tanggal_aktif": "2026-11-20"}),
)
"""The steps of a card until it is active again, and what each asks."""
WHY = {"alasan": "Kartunya ternyata masih aktif"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_at(tmp_path)
    yield Desk(office)
    shut(office)


def approved(desk: Desk) -> tuple[RecordId, RecordId]:
    """A visit about a card, approved by the kabid, and the case that this opened."""
    visit = desk.sent("kis", MET, desk.office.warga)
    case = desk.decided(visit, "setujui")
    assert case is not None
    return visit, case


def view_of(desk: Desk, case: RecordId, who: str = "verifikator") -> CaseView:
    found = desk.site.cases.open(desk.office.person(who), case, TODAY)
    assert isinstance(found, CaseView)
    return found


def called_off(desk: Desk, case: RecordId, given: dict[str, str] = WHY) -> object:
    return advanced(desk, case, CALL_OFF, given)


def reopened(desk: Desk, case: RecordId) -> object:
    return advanced(desk, case, REOPEN, WHY, "kabid")


def advanced(
    desk: Desk, case: RecordId, event: str, given: dict[str, str], who: str = "verifikator"
) -> object:
    seen = view_of(desk, case).seen
    return desk.site.cases.advance(desk.office.person(who), case, seen, event, given)


def left(desk: Desk, visit: RecordId, who: str) -> list[tuple[RecordId, bool]]:
    deps = desk.office.deps
    found = left_cases(deps.engine, deps.workflows, desk.office.person(who), visit)
    return [(each.id, each.call_off) for each in found]


def step_codes(view: CaseView) -> set[str]:
    return {step.code for step in view.steps}


def test_a_case_falls_when_somebody_says_so_and_a_visit_not_approved_any_more_is_a_hint(desk: Desk) -> None:
    visit, case = approved(desk)
    assert CALL_OFF in step_codes(view_of(desk, case)) and not view_of(desk, case).withdrawn
    assert CALL_OFF not in step_codes(view_of(desk, case, "pengawas")) and left(desk, visit, "kabid") == []
    desk.decided(visit, "tahan")
    view = view_of(desk, case)
    assert view.withdrawn and view.falls and CALL_OFF in step_codes(view)
    assert left(desk, visit, "kabid") == [(case, True)] and left(desk, visit, "pengawas") == [(case, False)]
    assert called_off(desk, case, {}) == Incomplete(say="problem.workflow_need_missing"), "for a reason"
    assert called_off(desk, case) == Decided()
    assert desk.office.fields(case)["state"] == "gugur" and left(desk, visit, "kabid") == []
    assert not view_of(desk, case).withdrawn, "of one that has ended nothing is to be done"


def test_a_case_falls_also_while_its_visit_is_approved_that_does_not_call_for_it_any_more(desk: Desk) -> None:
    visit, case = approved(desk)
    desk.decided(visit, "tahan")
    desk.corrected(visit, "kis", {"hasil_kunjungan": "menolak"})
    assert desk.decided(visit, "setujui") is None
    assert called_off(desk, case) == Decided()


def test_the_end_of_what_was_called_off_is_not_taken_back_once_its_visit_has_another(desk: Desk) -> None:
    visit, case = approved(desk)
    desk.decided(visit, "tahan")
    assert called_off(desk, case) == Decided()
    assert REOPEN in step_codes(view_of(desk, case, "kabid")), "nothing stands for it yet"
    other = desk.decided(visit, "setujui")
    assert view_of(desk, case, "kabid").instead == other and not view_of(desk, case, "kabid").steps
    assert reopened(desk, case) == Incomplete(say="kantor.kasus.diganti")
    assert desk.office.fields(case)["state"] == "gugur"
    assert called_off(desk, RecordId(str(other))) == Decided()
    assert not view_of(desk, case, "kabid").instead and reopened(desk, case) == Decided()
    assert view_of(desk, RecordId(str(other)), "kabid").instead == case


def test_nor_once_another_visit_has_one_about_the_same_card(desk: Desk) -> None:
    _, case = approved(desk)
    assert called_off(desk, case) == Decided()
    _, other = approved(desk)
    assert other != case and view_of(desk, case, "kabid").instead == other
    assert reopened(desk, case) == Incomplete(say="kantor.kasus.diganti")


def test_what_was_called_off_does_not_stand_for_a_later_approval(desk: Desk) -> None:
    visit, case = approved(desk)
    desk.decided(visit, "tahan")
    assert called_off(desk, case) == Decided()
    again = desk.decided(visit, "setujui")
    assert (
        again not in (None, case) and desk.office.fields(RecordId(str(again)))["state"] == "berkas_diterima"
    )
    desk.decided(visit, "tahan")
    assert left(desk, visit, "kabid") == [(again, True)]


def test_calling_off_makes_it_nobodys_turn_and_is_not_asked_of_others(desk: Desk) -> None:
    case = desk.approved("ewarong", {**MET, "larangan": ["memotong"]}, desk.shop)
    assert case is not None
    turns = desk.site.cases.all(desk.office.person("kabid"), TODAY).turns
    assert set(turns) == {"pendamping", "verifikator", "kabid"}, "petugas takes no step of this one"
    assert "Gugur" not in " ".join(ahead.label for ahead in view_of(desk, case).ahead)
    with serving(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get(f"/kasus/{case}").text
    assert "Langkah berikutnya diambil oleh peran lain" in page and f'value="{CALL_OFF}"' in page


def test_the_pages_say_so_and_the_case_falls_from_the_page_of_the_visit(desk: Desk) -> None:
    visit, case = approved(desk)
    desk.decided(visit, "tahan")
    with serving(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        assert "Kunjungan asalnya tidak lagi disetujui" in client.get(f"/kasus/{case}").text
        page = client.get(f"/kunjungan/{visit}")
        assert "Kasus dari kunjungan ini masih berjalan" in page.text and f"/kasus/{case}" in page.text
        seen = page.text.split(f'action="/kasus/{case}"')[1].split('name="dilihat" value="')[1].split('"')[0]
        form = {"csrf": csrf(page), "dilihat": seen, "langkah": CALL_OFF, "isi.alasan": WHY["alasan"]}
        assert client.post(f"/kasus/{case}", data=form).status_code == 303
        assert "masih berjalan" not in client.get(f"/kunjungan/{visit}").text
        assert WHY["alasan"] in client.get(f"/kasus/{case}").text


def test_the_pages_do_not_speak_of_a_step_that_the_case_does_not_have(desk: Desk) -> None:
    visit, case = approved(desk)
    for event, given in TO_ACTIVE:
        assert advanced(desk, case, event, given) == Decided(), event
    desk.decided(visit, "tahan")
    assert left(desk, visit, "kabid") == [(case, False)]
    with serving(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        for page in (f"/kasus/{case}", f"/kunjungan/{visit}"):
            said = client.get(page).text
            assert "tidak dapat digugurkan" in said and "gugurkan dengan alasan" not in said


def test_the_page_of_what_was_called_off_leads_to_the_case_that_stands_for_it(desk: Desk) -> None:
    _, case = approved(desk)
    assert called_off(desk, case) == Decided()
    _, other = approved(desk)
    with serving(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")
        page = client.get(f"/kasus/{case}").text
    assert "sudah ada kasus lain sebagai gantinya" in page and f'href="/kasus/{other}"' in page
    assert f'value="{REOPEN}"' not in page


@pytest.mark.parametrize(
    ("version", "state", "falls"),
    [(1, "berkas_diterima", False), (2, "berkas_diterima", True), (2, "aktif", False), (2, "gugur", False)],
)
def test_only_some_cases_can_be_called_off(version: int, state: str, falls: bool) -> None:
    assert falls_from(load_workflows().get("kis", version), state) == falls


def test_a_case_that_another_approved_visit_joined_is_told_as_needed_on_every_page(desk: Desk) -> None:
    visit, case = approved(desk)
    other = desk.sent("kis", MET, desk.office.warga)
    assert desk.decided(other, "setujui") == case
    with serving(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        assert f"/kasus/{case}" in client.get(f"/kunjungan/{other}").text
        assert f"/kunjungan/{other}" in client.get(f"/kasus/{case}").text
        desk.decided(visit, "tahan")
        page = client.get(f"/kunjungan/{visit}").text
        assert f'<a href="/kunjungan/{other}">Kunjungan 1</a>' in page and "Mengapa gugur?" not in page
        desk.decided(other, "tahan")
        page = client.get(f"/kunjungan/{visit}").text
        assert "meminta kasus yang sama" not in page and "Mengapa gugur?" in page
        assert "memerlukan kasus ini" not in client.get(f"/kasus/{case}").text


def test_a_visit_that_joined_a_case_that_has_ended_does_not_need_the_next_one(desk: Desk) -> None:
    _, case = approved(desk)
    other = desk.sent("kis", MET, desk.office.warga)
    desk.decided(other, "setujui")
    assert called_off(desk, case) == Decided()
    _, after = approved(desk)
    deps = desk.office.deps
    assert after != case and joined_visits(deps.engine, deps.workflows, after) == ()
