"""The list of cases, narrowed: by service, step, desa, whose turn it is, and what was due."""

import re
import secrets
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server.services.cases import CaseFilter, Cases
from server.services.people import load_person
from server.web.building import build_site
from sync.change import Patch
from tests.server.room_office import log_in
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, serving, shut

NEAR, FAR = "Sekitar Uji", "Jauh Uji"
TODAY, LATER = date(2026, 11, 26), date(2030, 1, 1)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    office = open_at(tmp_path_factory.mktemp("cases"))
    add(office, NEAR, DESA)
    add(office, FAR, ELSEWHERE)
    with serving(office) as address:
        yield office, address
    shut(office)


def add(office: Office, nama: str, desa: str) -> RecordId:
    case, warga = RecordId(secrets.token_hex(16)), office.add_warga(nama, desa)
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": warga, "kode_desa": desa}
    office.deps.office.act(office.deps.office.person, Patch(record=case, kind="kasus", base={}, new=fields))
    return case


def names_of(page: httpx.Response) -> list[str]:
    return sorted(re.findall(r'row-title"><a href="[^"]+">([^<]+)</a>', page.text))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [FAR, NEAR]),
        ("layanan=bpnt", [FAR, NEAR]),
        ("layanan=kis", []),
        (f"wilayah={DESA}", [NEAR]),
        ("wilayah=33.14.01", [NEAR]),
        ("langkah=bpnt_masalah.dicatat", [FAR, NEAR]),
        ("langkah=bpnt_masalah.selesai", []),
        ("giliran=verifikator", [FAR, NEAR]),
        ("giliran=pengawas", []),
        ("tenggat=lewat", []),
    ],
)
def test_cases_are_narrowed_by_what_the_address_says(
    served: tuple[Office, str], query: str, found: list[str]
) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, "verifikator")
        assert names_of(client.get(f"/kasus?{query}")) == found


def test_a_whole_kecamatan_is_a_choice_and_is_said_where_an_address_asks_for_it(
    served: tuple[Office, str],
) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, "verifikator")
        page = client.get("/kasus?wilayah=33.14.01").text
        assert re.search(r'<option value="33\.14\.01" selected>Seluruh ', page)


@pytest.mark.parametrize(
    ("query", "choice"),
    [
        ("layanan=kis", "Reaktivasi KIS PBI JKN (0)"),
        ("langkah=bpnt_masalah.menunggu_dinas", "Menunggu Dinas (0)"),
        ("giliran=kabid", "Kepala bidang (0)"),
    ],
)
def test_what_a_list_is_narrowed_by_is_told_also_where_it_holds_no_case_any_more(
    served: tuple[Office, str], query: str, choice: str
) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, "verifikator")
        page = client.get(f"/kasus?{query}").text
        assert f" selected>{choice}</option>" in page


def test_choices_say_how_many_cases_they_hold(served: tuple[Office, str]) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, "verifikator")
        # of all that there are, whatever the list is narrowed by
        for query in ("", "?layanan=kis"):
            page = client.get(f"/kasus{query}").text
            for choice in ("BPNT/Sembako (2)", "Dicatat (2)", "Verifikator (2)", "Lewat tenggat (0)"):
                # where its slash is, a choice may break
                assert f">{choice.replace('/', '/&#8203;')}<" in page, choice
        assert "2 kasus" in client.get("/kasus").text


def cases_of(office: Office, wanted: CaseFilter, today: date) -> list[str]:
    person = office.deps.engine.read(lambda tx: load_person(tx, office.people["verifikator"]))
    assert person is not None
    cases: Cases = build_site(office.deps).cases
    listed = cases.all(person, today, wanted)
    assert listed.late == (2 if today == LATER else 0)
    return [case.name for case in listed.shown]


def test_beside_what_was_due_what_has_time_left_or_no_limit_is_not_listed(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    for nama in (NEAR, FAR):
        add(office, nama, DESA)
    for nama, due in (("Sempat Uji", LATER.isoformat()), ("Lapang Uji", "")):
        given = {"day": due, "kasus": add(office, nama, DESA)}
        office.deps.engine.write(
            lambda tx, given=given: tx.execute(
                "UPDATE kasus SET due = :day WHERE kabupaten = :kabupaten AND kasus = :kasus", given
            )
        ).result()
    assert sorted(cases_of(office, CaseFilter(late=True), LATER)) == [FAR, NEAR]
    assert len(cases_of(office, CaseFilter(), LATER)) == 4
    shut(office)


def test_what_was_due_is_found_when_its_day_is_over(served: tuple[Office, str]) -> None:
    office = served[0]
    assert cases_of(office, CaseFilter(late=True), TODAY) == []
    assert sorted(cases_of(office, CaseFilter(late=True), LATER)) == [FAR, NEAR]
    assert cases_of(office, CaseFilter(late=True, region=DESA), LATER) == [NEAR]


def test_a_filter_goes_along_to_a_case_and_back(served: tuple[Office, str]) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, "verifikator")
        page = client.get(f"/kasus?wilayah={DESA}&langkah=bpnt_masalah.dicatat")
        [href] = re.findall(r'row-title"><a href="([^"]+)">', page.text)
        shown = client.get(href.replace("&amp;", "&")).text
        [back] = re.findall(r'class="crumb" href="([^"]+)"', shown)
        assert names_of(client.get(back.replace("&amp;", "&"))) == [NEAR] and "langkah=" in back
