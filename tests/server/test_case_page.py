"""The page of a case: whoever can take no step there is told who can, and what; it outlives its visit."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from sync.change import Patch
from tests.server import test_destroying
from tests.server.room_office import csrf, log_in
from tests.server.test_destroying import Desk
from tests.server.test_destroying_whole import approve, propose, reject
from tests.server.test_letters import add_case
from tests.server.web_office import DESA, Office, open_at, serving, shut


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str, RecordId]]:
    office, case = open_at(tmp_path_factory.mktemp("case")), RecordId("c" * 32)
    fields = {
        "workflow": "bpnt_masalah",
        "service": "bpnt",
        "subjek": office.warga,
        "kode_desa": DESA,
        "officer": office.people["verifikator"],
    }
    office.deps.office.act(
        office.people["verifikator"], Patch(record=case, kind="kasus", base={}, new=fields)
    )
    with serving(office) as address:
        yield office, address, case
    shut(office)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    shut(made.office)


def test_who_can_take_no_step_is_told_who_can(served: tuple[Office, str, RecordId]) -> None:
    _, address, case = served
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get(f"/kasus/{case}").text
        assert "Minta salah satunya" in page
        assert 'Mulai tangani<span class="small">Pendamping sosial, Verifikator</span>' in page
        log_in(client, "verifikator")
        page = client.get(f"/kasus/{case}").text
        assert "Minta salah satunya" not in page and ">Mulai tangani</button>" in page


def test_a_case_that_is_taken_up_again_after_its_visit_was_destroyed_can_be_ended_and_the_person_go(
    desk: Desk,
) -> None:
    warga, case = desk.office.warga, add_case(desk.office, desk.office.warga, DESA, desk.visit)
    reject(desk, desk.undecided)
    with serving(desk.office) as address, test_destroying.log_in(address, "kabid") as client:
        page = f"/kasus/{case}"
        assert take(client, page, "gugurkan", "Keliru").status_code == 303
        assert (propose(desk, "petugas", desk.visit), approve(desk, "kabid", desk.visit)) == ("ya", "ya")
        assert client.get(f"/kunjungan/{desk.visit}").status_code == 404
        assert take(client, page, "buka_lagi", "Ternyata benar").status_code == 303
        assert propose(desk, "petugas", warga) == "belum_selesai"
        there = client.get(page)
        assert there.status_code == 200 and f"/kunjungan/{desk.visit}" not in there.text
        assert take(client, page, "gugurkan", "Keliru juga").status_code == 303
        assert (propose(desk, "petugas", warga), approve(desk, "kabid", warga)) == ("ya", "ya")
        assert client.get(page).status_code == 404


def take(client: httpx.Client, page: str, step: str, reason: str) -> httpx.Response:
    shown = client.get(page)
    seen = re.findall(r'name="dilihat" value="([0-9a-f]+)"', shown.text)[0]
    form = {"csrf": csrf(shown), "dilihat": seen, "langkah": step, "isi.alasan": reason}
    return client.post(page, data=form)
