"""What the page of a case says of its deadline."""

from pathlib import Path

import pytest

from tests.server.room_office import serving_cheaply
from tests.server.test_destroying import log_in
from tests.server.test_letters import add_case
from tests.server.web_office import DESA, open_at, shut


@pytest.mark.parametrize(("flow", "is_said"), [("pengaduan", True), ("bpnt_masalah", False)])
def test_a_deadline_in_working_days_says_that_no_holiday_is_taken_off(
    tmp_path: Path, flow: str, is_said: bool
) -> None:
    office = open_at(tmp_path)
    office.add_person("aduan", "Aduan Uji", "U61", ("kabid",), services=("bpnt", "pengaduan"))
    case = add_case(office, office.warga, DESA, office.add_visit(photos=())[0], flow)
    with serving_cheaply(office) as address, log_in(address, "aduan") as client:
        page = client.get(f"/kasus/{case}").text
    assert "Tenggat" in page and ("Hari libur dan cuti bersama tidak dikurangkan" in page) is is_said
    shut(office)
