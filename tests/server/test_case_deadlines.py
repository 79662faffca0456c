"""What the page of a case says of its deadline."""

from dataclasses import replace
from pathlib import Path

import pytest

from server.services.alarms import DAY_MS
from server.web.building import build_site
from server.web.pages import page_routes
from tests.server.room_office import serving_cheaply
from tests.server.test_destroying import log_in
from tests.server.test_letters import add_case
from tests.server.web_office import DESA, open_at, serving, shut


@pytest.mark.parametrize(("flow", "is_said"), [("pengaduan", True), ("bpnt_masalah", False)])
def test_a_deadline_in_working_days_says_that_holidays_are_left_out_and_which_are_not_known(
    tmp_path: Path, flow: str, is_said: bool
) -> None:
    office = open_at(tmp_path)
    office.add_person("aduan", "Aduan Uji", "U61", ("kabid",), services=("bpnt", "pengaduan"))
    case = add_case(office, office.warga, DESA, office.add_visit(photos=())[0], flow)
    with serving_cheaply(office) as address, log_in(address, "aduan") as client:
        page = client.get(f"/kasus/{case}").text
    assert "Tenggat" in page and ("tanpa hari libur dan cuti bersama" in page) is is_said
    assert ("belum diisi, jadi belum dikurangkan" in page) is is_said
    shut(office)


def test_the_first_page_says_how_many_cases_are_past_their_deadline(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    for _ in range(2):
        add_case(office, office.warga, DESA, office.add_visit(photos=())[0])
    for days, is_late in ((0, False), (30, True)):
        now_ms = office.deps.now_ms() + days * DAY_MS
        site = build_site(replace(office.deps, now_ms=lambda now_ms=now_ms: now_ms))
        with serving(office, page_routes(site)) as address, log_in(address, "verifikator") as client:
            page = client.get("/").text
        assert "Kasus berjalan" in page and ("2 sudah lewat tenggat" in page) is is_late
    shut(office)
