"""A case that ended by mistake is opened again on its page, with a reason that stays in its history."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from schemas.ids import RecordId
from schemas.wire import Applied, Rejected
from server.services.cases import CaseView
from server.services.review import Decided, Incomplete
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.change import Advance, Patch
from tests.server.room_case_site import Site, move, page_of, seen, served_case
from tests.server.room_office import csrf, log_in
from tests.server.web_office import DESA, Office, open_at, serving, shut

WHY = "Salah tekan: berkas orang lain"


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = open_at(tmp_path_factory.mktemp("ujung"))
    yield office
    shut(office)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served_case(tmp_path_factory.mktemp("ujung_ruang")) as served:
        yield served


def refused_case(office: Office) -> RecordId:
    """A case of a health card that the verifikator closed a moment ago."""
    case, by = RecordId("c" * 32), office.people["verifikator"]
    new = {
        "workflow": "kis",
        "workflow_version": 2,
        "service": "kis",
        "subjek": office.warga,
        "kode_desa": DESA,
    }
    office.deps.office.act(by, Patch(record=case, kind="kasus", base={}, new=new))
    head = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([case]))[case].head
    assert head is not None
    body = Advance(kasus=case, follows=head, event="tutup", answers={"alasan": "Berkas tidak datang"})
    assert isinstance(office.deps.office.act(by, body), Applied)
    return case


@pytest.mark.parametrize(("named", "begins"), [({}, 1), ({"workflow_version": 2}, 2)])
def test_a_case_begins_in_the_version_that_it_names_and_else_in_the_first(
    office: Office, named: dict[str, int], begins: int
) -> None:
    """A case of before the second version named none; a replay must come to the same."""
    case = RecordId(f"{begins:032x}")
    new = {"workflow": "kis", "service": "kis", "subjek": office.warga, "kode_desa": DESA, **named}
    office.deps.office.act(office.people["verifikator"], Patch(record=case, kind="kasus", base={}, new=new))
    assert office.fields(case)["workflow_version"] == begins


@pytest.mark.parametrize("version", [3, "2", None])
def test_a_case_of_no_version_that_is_there_is_not_begun(office: Office, version: object) -> None:
    new = {"workflow": "kis", "service": "kis", "workflow_version": version, "kode_desa": DESA}
    made = Patch(record=RecordId("9" * 32), kind="kasus", base={}, new=new)
    outcome = office.deps.office.act(office.people["verifikator"], made)
    assert outcome == Rejected(problem="alur_tidak_dikenal", field="workflow")


def opened_again(client: httpx.Client, case: RecordId, **more: Any) -> httpx.Response:
    page = client.get(f"/kasus/{case}")
    seen_at = page.text.split('name="dilihat" value="')[1].split('"')[0]
    form = {"csrf": csrf(page), "dilihat": seen_at, "langkah": "buka_lagi", **more}
    return client.post(f"/kasus/{case}", data=form)


def test_a_case_that_was_ended_by_mistake_goes_on_where_it_stood(office: Office) -> None:
    case = refused_case(office)
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        page = client.get(f"/kasus/{case}").text
        assert "Kasus ini sudah selesai" in page and "Buka lagi kasus" in page
        assert 'class="chip bad"' in page, "a refusal is not shown as a good end"
        silent = opened_again(client, case)
        assert silent.status_code == 422 and office.fields(case)["state"] == "ditolak"
        assert opened_again(client, case, **{"isi.alasan": WHY}).status_code == 303
        fields = office.fields(case)
        assert (fields["state"], fields["history"][-1]["answers"]) == ("berkas_diterima", {"alasan": WHY})
        page = client.get(f"/kasus/{case}").text
        assert WHY in page and "Berkas tidak datang" in page, "both stay to be read"
        assert f"/kasus/{case}" in client.get("/kasus").text


def test_others_read_who_may_open_it_again_and_the_kabid_may(office: Office) -> None:
    case = refused_case(office)
    for name, may in (("verifikator", True), ("petugas", False), ("pengawas", False), ("kabid", True)):
        with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
            log_in(client, name)
            page = client.get(f"/kasus/{case}").text
            assert ('value="buka_lagi"' in page, "yang mengakhirinya atau kepala" in page) == (may, not may)


def test_the_trail_names_the_step(office: Office) -> None:
    case = refused_case(office)
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        assert opened_again(client, case, **{"isi.alasan": WHY}).status_code == 303
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "pengawas")
        assert "Buka lagi kasus" in client.get("/jejak").text


def test_who_was_refused_may_object_and_the_kabid_answers(office: Office) -> None:
    case, site = refused_case(office), build_site(office.deps)

    def takes(who: str, event: str, **answers: str) -> object:
        person = office.person(who)
        found = site.cases.open(person, case, date(2026, 11, 27))
        assert isinstance(found, CaseView)
        return site.cases.advance(person, case, found.seen, event, answers)

    said = {"alasan": "Berkas sudah diserahkan", "tanggal_keberatan": "2026-11-20"}
    assert isinstance(takes("petugas", "ajukan_keberatan", alasan=said["alasan"]), Incomplete)
    assert takes("petugas", "ajukan_keberatan", **said) == Decided()
    assert office.fields(case)["state"] == "keberatan"
    for who in ("petugas", "verifikator"):
        assert takes(who, "terima_keberatan", alasan="Benar") == Incomplete(say="problem.workflow_role")
    assert takes("kabid", "terima_keberatan", alasan="Tanda terimanya ada") == Decided()
    assert office.fields(case)["state"] == "cek_dtks"


def test_a_sealed_case_is_opened_again_in_the_room_alone(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    colleague = site.shared(kasus)
    assert move(client, kasus, "mundur", tanggal_mundur="2026-11-10").status_code == 303
    assert site.office.fields(kasus)["state"] == "mundur"
    page = client.get(page_of(kasus))
    assert "Buka lagi kasus" in page.text and seen(page, "maju")
    assert move(client, kasus, "buka_lagi").status_code == 422
    assert move(client, kasus, "buka_lagi", alasan=WHY).status_code == 303
    assert site.office.fields(kasus)["state"] == "desa"
    assert WHY in client.get(page_of(kasus)).text and WHY.encode() not in site.everything()
    assert move(client, kasus, "mundur", tanggal_mundur="2026-11-10").status_code == 303
    assert "Buka lagi kasus" in colleague.get(page_of(kasus)).text, "the kabid too"
