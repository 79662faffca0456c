"""Lists of pages that stop somewhere: one more than they show is told, with how to come to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.handover import Asked, Question
from schemas.ids import NO_LINK, DeviceId, RecordId
from schemas.text import load_text
from schemas.wire import PROTOCOL, Cursor, SyncRequest, WireTip
from server import handover_store, table_store
from server.engine import Writer
from server.proof import trail_file
from server.proof.trail_file import Order, Summed, summary_paper
from server.services import exporting, map_pins, meant, profile, record_history, requests, to_destroy
from server.services.visits import load_visit
from server.tables.job import Job
from server.web import exporting as export_pages
from server.web import import_views
from server.web.building import build_site
from server.web.site import Site
from sync.change import Accessed, Patch, Place
from tests.server.lists import person, workbook
from tests.server.test_destroying import csrf, log_in
from tests.server.test_subject_index import add, change
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, serving, shut


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_at(tmp_path_factory.mktemp("beyond"))
    made.deps.office.found()
    yield made
    shut(made)


@pytest.fixture(scope="module")
def site(office: Office) -> Site:
    return build_site(office.deps)


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    with serving(office) as there:
        yield there


def page(address: str, path: str, who: str = "petugas") -> str:
    with log_in(address, who) as client:
        return client.get(path).text


def searched(address: str, path: str, name: str) -> str:
    with log_in(address, "petugas") as client:
        form = {"csrf": csrf(client.get(path)), "dicari": name}
        return client.post(f"{path}/cari", data=form).text


def test_more_people_of_a_name_than_a_request_lists_are_spoken_of(office: Office, address: str) -> None:
    for number in range(requests.MOST_FOUND):
        add(office, f"Paijo Uji {number}")
    found = searched(address, "/permintaan", "paijo")
    assert found.count('name="warga"') == requests.MOST_FOUND and "orang pertama" not in found
    add(office, "Paijo Uji lagi")
    found = searched(address, "/permintaan", "paijo")
    assert found.count('name="warga"') == requests.MOST_FOUND
    assert f"Ditampilkan {requests.MOST_FOUND} orang pertama" in found


@pytest.mark.parametrize(
    ("people", "told"), [(to_destroy.MOST_PEOPLE, False), (to_destroy.MOST_PEOPLE + 1, True)]
)
def test_more_people_than_are_listed_to_be_destroyed_are_spoken_of(
    office: Office, address: str, monkeypatch: pytest.MonkeyPatch, people: int, told: bool
) -> None:
    monkeypatch.setattr(to_destroy, "MOST_WITH_ALL", 100)
    for number in range(people):
        add(office, f"Sariyem{people} Uji {number}")
    found = searched(address, "/pemusnahan", f"sariyem{people}")
    assert found.count('name="nomor"') == to_destroy.MOST_PEOPLE and ("Belum semuanya." in found) is told


def test_more_visits_than_are_listed_to_be_destroyed_are_spoken_of(
    office: Office, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_destroy, "MOST_OF_EACH", 2)
    warga = add(office, "Wagiyo Uji")
    for told in (False, False, True):
        office.add_visit(warga=warga, photos=())
        assert ("Belum semuanya." in searched(address, "/pemusnahan", "wagiyo")) is told


def test_what_a_profile_leaves_out_is_counted(
    office: Office, site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "MOST_VISITS", 2)
    monkeypatch.setattr(record_history, "SHOWN", 3)
    warga = add(office, "Kromo Uji", alamat="Dukuh 0")
    for number in range(2):
        office.add_visit(warga=warga, photos=())
        change(office, warga, {"alamat": f"Dukuh {number}"}, alamat=f"Dukuh {number + 1}")
        office.deps.office.act(office.people["kabid"], Accessed(subject=warga, purpose="Uji"))
    shown = page(address, f"/warga/{warga}")  # this look is the third
    assert "kunjungan terbaru" not in shown and "yang lebih lama" not in shown
    office.add_visit(warga=warga, photos=())
    change(office, warga, {"alamat": "Dukuh 2"}, alamat="Dukuh 3")
    for _ in range(2):
        office.deps.office.act(office.people["kabid"], Accessed(subject=warga, purpose="Uji"))
    shown = page(address, f"/warga/{warga}")
    assert "Ini 2 kunjungan terbaru." in shown
    assert "1 yang lebih lama ada di Jejak audit; yang dapat membukanya: kepala bidang" in shown, "of changes"
    assert "2 yang lebih lama ada di Jejak audit;" in shown, "of looks"


def test_older_handover_files_than_are_listed_are_spoken_of(office: Office, address: str) -> None:
    device = DeviceId(office.phone.device)
    request = SyncRequest(protocol=PROTOCOL, device=device, cursor=Cursor())
    tip = WireTip(counter=0, hash=NO_LINK)
    asked = Asked(acknowledged=tip, head=tip, parts=[], answer_key=bytes(32))
    question = Question(request=request, asked=asked)

    def take(first: int, last: int) -> None:
        def work(tx: Writer) -> None:
            for number in range(first, last):
                one = handover_store.Handover(
                    device=device, file=number.to_bytes(16), number=number, made_ms=1, taken_ms=number,
                    taken_by=office.people["petugas"], data=1, photos=0,
                )  # fmt: skip
                handover_store.put_handover(tx, one, question)

        office.deps.engine.write(work).result()

    most = handover_store.MOST_LISTED
    take(1, most + 1)
    assert f'<span class="count">{most}</span>' in page(address, "/serah-terima")
    take(most + 1, most + 2)
    shown = page(address, "/serah-terima")
    assert f'<span class="count">{most}+</span>' in shown and f"Ditampilkan {most} yang terbaru." in shown


def test_older_lists_that_went_out_than_are_shown_are_spoken_of(office: Office, address: str) -> None:
    who = office.people["petugas"]

    def add_lists(first: int, last: int) -> None:
        for number in range(first, last):
            fields = {"oleh": who, "data": "warga", "at_ms": number, "keperluan": "Uji"}
            one = Patch(record=RecordId(f"{number:032x}"), kind=exporting.EXPORT, base={}, new=fields)
            office.deps.office.act(who, one)

    most = export_pages.SHOWN
    add_lists(1, most + 1)
    assert f'<span class="count">{most}</span>' in page(address, "/ekspor")
    add_lists(most + 1, most + 2)
    shown = page(address, "/ekspor")
    assert f'<span class="count">{most}+</span>' in shown and f"Ditampilkan {most} yang terbaru." in shown


def test_a_list_that_was_taken_in_shows_however_many_others_took_in_since(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    site = build_site(office.deps)
    own = site.importing.take(office.people["petugas"], "danom.xlsx", workbook([person(31)]))
    assert isinstance(own, Job)

    def add_jobs(tx: Writer) -> None:
        for number in range(60):
            other = replace(
                own, id=RecordId(f"{number:032x}"), at_ms=own.at_ms + 1, by=office.people["kabid"]
            )
            table_store.put_job(tx, other)

    office.deps.engine.write(add_jobs).result()
    assert own.id in [job.id for job in site.importing.jobs(office.person("petugas"))]
    shut(office)


def test_a_list_of_more_desa_than_it_leads_to_says_how_to_come_to_the_others(
    office: Office, site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = site.importing.take(office.people["petugas"], "danom.xlsx", workbook([person(32)]))
    assert isinstance(own, Job)
    done = replace(own, service="bpnt", state="selesai", desa={DESA: 2, ELSEWHERE: 1})
    office.deps.engine.write(lambda tx: table_store.put_job(tx, done)).result()
    assert "desa lain" not in page(address, f"/impor/{own.id}")
    monkeypatch.setattr(import_views, "MOST_DESA", 1)
    assert "Masih ada 1 desa lain." in page(address, f"/impor/{own.id}")


def test_sheets_that_were_left_out_of_a_list_are_named(office: Office, site: Site, address: str) -> None:
    own = site.importing.take(office.people["petugas"], "danom.xlsx", workbook([person(33)]))
    assert isinstance(own, Job)
    assert "lembar tidak diambil" not in page(address, f"/impor/{own.id}")
    cut = replace(own, left_out=tuple(f"Lembar {number}" for number in range(6)))
    office.deps.engine.write(lambda tx: table_store.put_job(tx, cut)).result()
    shown = page(address, f"/impor/{own.id}")
    assert "6 lembar tidak diambil" in shown and "Lembar 3, Lembar 4, …." in shown


def test_more_visits_with_the_same_photo_than_stand_beside_one_are_spoken_of(
    office: Office, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = tuple(f"foto_{number}" for number in range(2))
    first, _ = office.add_visit(photos=photos)
    found = office.deps.engine.read(lambda tx: load_visit(tx, first))
    assert found is not None
    other = add(office, "Foto Sama Uji")
    again, _ = office.add_visit(warga=other, evidence=found.newest.submit.evidence)
    shown = page(address, f"/kunjungan/{again}", "verifikator")
    assert "Foto yang sama ada di sini" in shown and "Masih ada kunjungan lain" not in shown
    monkeypatch.setattr(meant, "MOST", 1)
    assert "Masih ada kunjungan lain seperti ini." in page(address, f"/kunjungan/{again}", "verifikator")


def test_a_map_shows_the_newest_visits_and_says_that_older_ones_are_left_out(
    office: Office, site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, where = f"/peta?wilayah={ELSEWHERE}", Place(lat=-7.4, lng=110.9, accuracy_m=5, at_ms=1)
    warga = add(office, "Jauh Uji", kode_desa=ELSEWHERE)
    monkeypatch.setattr(map_pins, "MOST_EACH", 1)
    office.add_visit(warga=warga, photos=(), at=where)
    assert "kunjungan terbaru" not in page(address, path, "kabid")
    newest, _ = office.add_visit(warga=warga, photos=(), at=where)
    assert [pin.href for pin in site.pins.of(office.person("kabid"), ELSEWHERE).shown] == [
        f"/kunjungan/{newest}"
    ]
    assert "kunjungan terbaru yang ditampilkan" in page(address, path, "kabid")


def test_a_summary_of_the_trail_counts_those_it_does_not_name() -> None:
    order = Order(
        office="Uji",
        device="",
        key="",
        head="",
        by="Pengawas Uji",
        purpose="Uji",
        search="semua",
        made_ms=1,
        turns=(),
    )
    people = {f"Petugas {number:04}": 2 for number in range(trail_file.MOST_PEOPLE)} | {"Zaid": 1, "Zul": 1}
    summed = Summed(lines=1, digest="", whole="", kinds={}, people=people)
    [table] = [part.table for part in summary_paper(order, summed, load_text()).sections if part.table]
    assert len(table.rows) == trail_file.MOST_PEOPLE + 1 and table.rows[-1] == ("2 orang lain", "2")
