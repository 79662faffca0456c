"""Searching the queue: by name, by the end of a number, by a case's code; no word of it in any address."""

import re
from collections.abc import Iterator

import httpx
import pytest

from schemas.ids import PersonId
from server.services.sought import LONGEST, MOST_EACH, Sought
from tests.server.room_office import FIELD, Sealer, add_officers, csrf, hold_ceremony, log_in, serving_cheaply
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, shut

NARROW = "sempit"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    office = open_at(tmp_path_factory.mktemp("search"))
    office.add_person(NARROW, "Sempit Uji", "W91", ("verifikator",), (DESA,))
    for name, desa in (("Sri Wahyuni Lestari", DESA), ("Bambang Wahyudi", DESA), ("Wahyuni Jauh", ELSEWHERE)):
        office.add_visit(warga=office.add_warga(name, desa))
    with serving_cheaply(office) as address:
        yield office, address
    shut(office)


def sought(client: httpx.Client, text: str, **asked: str) -> httpx.Response:
    form = {"csrf": csrf(client.get("/antrean")), "dicari": text, **asked}
    answer = client.post("/antrean/cari", data=form)
    assert answer.status_code == 303
    return client.get(answer.headers["location"])


def listed(page: httpx.Response) -> list[str]:
    return re.findall(r'<h3><a href="[^"]+">([^<]+)</a></h3>', page.text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("wahyuni", ["Sri Wahyuni Lestari", "Wahyuni Jauh"]),
        ("lestari SRI", ["Sri Wahyuni Lestari"]),
        ("0001", ["Bambang Wahyudi", "Sri Wahyuni Lestari", "Wahyuni Jauh"]),
        ("0002", []),
        ("0000", []),
        ("01", []),
        ("tidak ada", []),
        ("hyuni", []),
        ("%", []),
    ],
)
def test_visits_are_found_by_the_words_of_a_name_and_the_end_of_a_number(
    served: tuple[Office, str], text: str, found: list[str]
) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, "verifikator")
        assert sorted(listed(sought(client, text))) == found


def test_a_search_reaches_no_further_than_its_reader_may(served: tuple[Office, str]) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, NARROW)
        assert listed(sought(client, "wahyuni")) == ["Sri Wahyuni Lestari"]


def test_no_word_of_a_search_stands_in_an_address_and_the_way_through_keeps_it(
    served: tuple[Office, str],
) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, "verifikator")
        page = sought(client, "wahyuni", status="diterima", layanan="bpnt")
        assert re.fullmatch(r"status=diterima&layanan=bpnt&cari=[0-9a-f]{16}", page.url.query.decode())
        assert "wahyuni" in page.text and not re.search(
            r'(?i)(?:href|action|hx-get)="[^"]*wahyuni', page.text
        )
        assert f'<input type="hidden" name="cari" value="{page.url.params["cari"]}">' in page.text
        [first, _] = re.findall(r'<h3><a href="([^"]+)">', page.text)
        visit = client.get(first.replace("&amp;", "&"))
        assert "1 dari 2" in visit.text
        # blank words end the search, and nothing else
        assert (
            sought(client, " ", status="diterima", layanan="bpnt").url.query
            == b"status=diterima&layanan=bpnt"
        )


def way_out(page: httpx.Response, words: str) -> str:
    found = re.search(rf'href="([^"]+)">{words}</a>', page.text)
    assert found, words
    return found[1].replace("&amp;", "&")


def test_filters_are_lifted_without_the_search_and_the_search_without_the_filters(
    served: tuple[Office, str],
) -> None:
    with httpx.Client(base_url=served[1], timeout=20) as client:
        log_in(client, "verifikator")
        page = sought(client, "wahyuni", status="diterima", wilayah=DESA, urut="baru")
        assert listed(page) == ["Sri Wahyuni Lestari"]
        bare, unsought = (client.get(way_out(page, f"Hapus {what}")) for what in ("saringan", "pencarian"))
        assert sorted(listed(bare)) == ["Sri Wahyuni Lestari", "Wahyuni Jauh"]
        assert sorted(listed(unsought)) == ["Bambang Wahyudi", "Sri Wahyuni Lestari"]
        assert "Hapus saringan" not in bare.text and "Hapus pencarian" not in unsought.text
        for each in (bare, unsought):
            assert dict(each.url.params)["urut"] == "baru"
        # where nothing is left, one press shows everything again, and says so
        nothing = sought(client, "tidak ada", status="diterima", layanan="kis")
        assert len(listed(client.get(way_out(nothing, "Hapus saringan dan pencarian")))) == 3
        assert len(listed(client.get(way_out(sought(client, "tidak ada"), "Hapus pencarian")))) == 3


def test_what_another_searched_for_is_not_found_by_its_name(served: tuple[Office, str]) -> None:
    with (
        httpx.Client(base_url=served[1], timeout=20) as one,
        httpx.Client(base_url=served[1], timeout=20) as other,
    ):
        log_in(one, "verifikator")
        log_in(other, "kabid")
        page = other.get(f"/antrean?{sought(one, 'lestari').url.query.decode()}")
        assert "lestari" not in page.text and "Ketik lagi" in page.text and len(listed(page)) == 3


def test_a_sealed_visit_is_found_by_its_code_and_by_no_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    office = open_at(tmp_path_factory.mktemp("codes"))
    add_officers(office)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as client:
        hold_ceremony(client)
        client.cookies.clear()
        sealer = Sealer(office, office.people[FIELD])
        case, code = sealer.case()
        sealer.visit(case)
        other, _ = sealer.case()
        sealer.visit(other)
        log_in(client, "siti")
        assert listed(sought(client, code.lower())) == [code]
        assert listed(sought(client, "korban")) == []
    shut(office)


def test_searches_are_kept_a_few_for_each_and_no_longer_than_a_line() -> None:
    counter = iter(range(1_000))
    kept, ann = Sought(lambda size: next(counter).to_bytes(size)), PersonId("a")
    first = kept.keep(ann, "nama  satu ")
    assert kept.text(ann, first) == "nama satu" and kept.keep(ann, "nama satu") == first
    assert kept.text(PersonId("b"), first) == "" and kept.keep(ann, "  ") == ""
    last = first
    for number in range(MOST_EACH):
        last = kept.keep(ann, f"x{number} " + "y" * LONGEST)
    assert kept.text(ann, first) == "" and len(kept.text(ann, last)) == LONGEST
