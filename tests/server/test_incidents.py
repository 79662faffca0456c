"""Failures of protection: the clock from knowing, who is told, what closes one, and who may."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.ids import RecordId
from server.services.incident_clock import HOUR_MS
from server.services.incidents import Incidents, NotDone, Said
from server.services.lost_phones import LostPhones
from tests.server.test_destroying import csrf, log_in
from tests.server.test_requests import who
from tests.server.web_office import Office, open_at, serving, shut

SAID = Said(story="Daftar terkirim ke alamat lain", data="Nama dan desil", people=40, handling="Ditarik")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    made.deps.office.found()
    yield made
    shut(made)


def register(office: Office, later_ms: int = 0) -> Incidents:
    deps = office.deps
    return Incidents(deps.engine, deps.office, lambda: deps.now_ms() + later_ms, deps.randomness)


def report(office: Office, name: str = "pdp") -> RecordId:
    made = register(office).report(who(office, name), "salah_kirim", office.deps.now_ms(), SAID)
    assert not isinstance(made, NotDone), made
    return made


def test_it_closes_only_after_those_concerned_and_the_authority_were_told(office: Office) -> None:
    name, pdp = report(office), who(office, "pdp")
    work = register(office)
    assert work.close(pdp, name, "Selesai") == NotDone(why="belum_diberitahu")
    assert work.told(pdp, name, "warga") is None
    assert work.told(pdp, name, "warga") == NotDone(why="sudah")
    assert work.told(pdp, name, "siapa saja") == NotDone(why="isi")
    assert work.close(pdp, name, "Selesai") == NotDone(why="belum_diberitahu")
    assert work.told(pdp, name, "lembaga") is None
    assert work.close(pdp, name, " ") == NotDone(why="hasil")
    assert work.close(pdp, name, "Alamat dikunci") is None
    one = work.one(pdp, name)
    assert one is not None and not one.is_open and one.outcome == "Alamat dikunci"
    assert work.say(pdp, name, SAID) == NotDone(why="sudah")
    assert work.waiting(pdp) == []


def test_the_clock_runs_from_knowing_and_stops_when_both_were_told(office: Office) -> None:
    name, pdp = report(office), who(office, "pdp")
    late = register(office, 80 * HOUR_MS).one(pdp, name)
    assert late is not None and late.clock.urgency == "lewat"
    for whom in ("warga", "lembaga"):
        register(office).told(pdp, name, whom)
    done = register(office, 80 * HOUR_MS).one(pdp, name)
    assert done is not None and done.clock.urgency == "selesai"


def test_only_kabid_and_the_officer_of_protection_write_and_others_of_protection_read(office: Office) -> None:
    name = report(office, "kabid")
    for role in ("pendamping", "verifikator", "petugas", "pengawas", "admin"):
        person = who(office, role)
        now = office.deps.now_ms()
        assert register(office).report(person, "kebocoran", now, SAID) == NotDone(why="peran")
        assert register(office).told(person, name, "warga") == NotDone(why="peran")
        assert (register(office).one(person, name) is not None) == (role in ("petugas", "pengawas"))


def test_what_is_not_whole_or_not_yet_known_is_refused(office: Office) -> None:
    pdp, now = who(office, "pdp"), office.deps.now_ms()
    empty = Said(story=" ", data="x", people=1, handling="x")
    assert register(office).report(pdp, "kebocoran", now, empty) == NotDone(why="isi")
    assert register(office).report(pdp, "lain", now, SAID) == NotDone(why="isi")
    assert register(office).report(pdp, "kebocoran", now + HOUR_MS, SAID) == NotDone(why="waktu")


def test_from_the_page_it_is_taken_down_told_of_by_letter_and_closed(office: Office) -> None:
    lost = LostPhones(office.deps.engine, office.deps.office, office.deps.now_ms, office.deps.randomness)
    lost.report(who(office, "kabid"), office.phone.device, office.deps.now_ms(), "Tertinggal di bus")
    with serving(office) as address:
        with log_in(address, "kabid") as client:
            page = client.get("/insiden")
            assert "Dilaporkan dari perangkat" in page.text
            form = {
                "csrf": csrf(page), "jenis": "kebocoran", "diketahui": "2026-01-02T08:10", "jumlah": "12",
                "uraian": "Buku dipotret", "data": "Nama", "penanganan": "Diambil",
            }  # fmt: skip
            assert client.post("/insiden", data={**form, "jumlah": "dua"}).status_code == 422
            made = client.post("/insiden", data=form)
            where = made.headers["location"]
            home = client.get("/").text
            assert f'href="{where}"' in home and "Data bocor: Terlambat" in home
            letter = client.get(f"{where}/surat/warga").text
            assert "Pasal 46" in letter and "Buku dipotret" in letter and "Jumlah orang" not in letter
            assert "Jumlah orang" in client.get(f"{where}/surat/lembaga").text
            assert client.get(f"{where}/surat/lain").status_code == 404
            step = {"csrf": form["csrf"], "langkah": "tutup", "hasil": "Selesai"}
            early = client.post(where, data=step)
            assert early.status_code == 422 and "Beri tahu warga dan lembaga dulu" in early.text
            for whom in ("warga", "lembaga"):
                told = {"csrf": form["csrf"], "langkah": "diberitahu", "kepada": whom}
                assert client.post(where, data=told).status_code == 303
            assert client.post(where, data=step).status_code == 303
            assert f'href="{where}"' not in client.get("/").text
        with log_in(address, "petugas") as client:
            assert client.get(where).status_code == 200
            token = csrf(client.get(where))
            assert client.post(where, data={"csrf": token, "langkah": "simpan"}).status_code == 403
