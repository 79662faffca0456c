"""A case whose approval was taken back is told of where that is seen, and falls when somebody says so."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server.services.cases import CaseView
from server.services.left_cases import left_cases
from server.services.opening_cases import CALL_OFF
from server.services.review import Decided, Stale
from tests.server.room_office import csrf, log_in
from tests.server.test_opening_cases import MET, Desk
from tests.server.web_office import open_at, serving, shut

TODAY = date(2026, 11, 27)
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


def called_off(desk: Desk, case: RecordId) -> object:
    person = desk.office.person("verifikator")
    return desk.site.cases.advance(person, case, view_of(desk, case).seen, CALL_OFF, WHY)


def left(desk: Desk, visit: RecordId, who: str) -> list[tuple[RecordId, bool]]:
    deps = desk.office.deps
    found = left_cases(deps.engine, deps.workflows, desk.office.person(who), visit)
    return [(each.id, each.call_off) for each in found]


def test_a_case_falls_only_when_its_visit_is_not_approved_any_more(desk: Desk) -> None:
    visit, case = approved(desk)
    view = view_of(desk, case)
    assert not view.fallen and CALL_OFF not in {step.code for step in view.steps}
    assert left(desk, visit, "kabid") == [] and called_off(desk, case) == Stale()
    desk.decided(visit, "tahan")
    view = view_of(desk, case)
    assert view.fallen and CALL_OFF in {step.code for step in view.steps}
    assert left(desk, visit, "kabid") == [(case, True)] and left(desk, visit, "pengawas") == [(case, False)]
    assert called_off(desk, case) == Decided()
    assert desk.office.fields(case)["state"] == "gugur" and left(desk, visit, "kabid") == []
    assert not view_of(desk, case).fallen, "of one that has ended nothing is to be done"


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
