"""The page of a case: whoever can take no step there is told who can, and what."""

from collections.abc import Iterator

import httpx
import pytest

from schemas.ids import RecordId
from sync.change import Patch
from tests.server.room_office import log_in
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
