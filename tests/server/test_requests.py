"""What people ask about their own data: the clock, the answer, and the copy of all that is held on them."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.ids import RecordId
from schemas.wire import Applied
from server.services.incident_clock import HOUR_MS
from server.services.letter_facts import Asked
from server.services.people import load_person
from server.services.requests import Found, NotDone, Requests
from sync.change import Accessed, FormAnswers, Patch, read
from tests.server.sealed_office import KODE, SealedCase
from tests.server.test_destroying import csrf, log_in
from tests.server.test_letters import Desk, add_case
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, serving, shut

NIK, CHILD, STRANGER = "3314990101800001", "3314990101200007", "3314990101700009"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    made.deps.office.found()
    yield made
    shut(made)


def desk(office: Office, now_ms: int | None = None) -> Requests:
    deps = office.deps
    clock = deps.now_ms if now_ms is None else lambda: now_ms
    return Requests(deps.engine, deps.office, deps.forms, clock, deps.randomness)


def who(office: Office, name: str) -> Any:
    return office.deps.engine.read(lambda tx: load_person(tx, office.people[name]))


def ask(
    office: Office, name: str = "petugas", kind: str = "akses", warga: RecordId | None = None
) -> RecordId:
    made = desk(office).open(
        who(office, name),
        warga or office.warga,
        kind,
        "sendiri",
        "Data apa saja?",
        office.deps.now_ms() - HOUR_MS,
    )
    assert not isinstance(made, NotDone), made
    return made


def test_a_request_runs_three_days_from_its_coming_and_is_closed_with_an_answer(office: Office) -> None:
    name, now = ask(office), office.deps.now_ms()
    one = desk(office).one(who(office, "kabid"), name)
    assert one is not None and one.clock.hours in (70, 71) and one.clock.urgency == "berjalan"
    late = desk(office, now + 73 * HOUR_MS).waiting(who(office, "kabid"))
    assert [each.clock.urgency for each in late] == ["lewat"]
    assert desk(office).close(who(office, "pdp"), name, "dipenuhi", "Salinan diserahkan") is None
    assert desk(office).waiting(who(office, "kabid")) == []
    assert desk(office).close(who(office, "pdp"), name, "ditolak", "Lagi") == NotDone(why="sudah")


def test_a_request_is_taken_down_only_for_ones_area_and_not_before_it_came(office: Office) -> None:
    office.add_person("jauh", "Petugas Jauh", "U50", ("petugas",), areas=(ELSEWHERE,))
    now = office.deps.now_ms()

    def attempt(name: str, **changed: Any) -> object:
        given: dict[str, Any] = {
            "kind": "akses",
            "applicant": "sendiri",
            "asked": "Apa?",
            "received_ms": now,
            **changed,
        }
        return desk(office).open(who(office, name), office.warga, **given)

    for name in ("pendamping", "verifikator", "pengawas", "admin", "jauh"):
        assert attempt(name) == NotDone(why="warga"), name
    assert attempt("petugas", received_ms=now + 2 * HOUR_MS) == NotDone(why="waktu")
    assert attempt("petugas", kind="lain") == NotDone(why="isi")
    assert attempt("petugas", asked=" ") == NotDone(why="isi")
    name = ask(office)
    assert desk(office).one(who(office, "jauh"), name) is None and desk(office).all(who(office, "jauh")) == []
    assert desk(office).close(who(office, "jauh"), name, "dipenuhi", "Ya") == NotDone(why="tidak_ada")


def test_somebody_is_found_by_whole_nik_or_part_of_a_name_with_the_number_covered(office: Office) -> None:
    def find(person: Any, wanted: str) -> list[Found]:
        return list(desk(office).find(person, wanted, "Uji").shown)

    assert [each.id for each in find(who(office, "petugas"), NIK)] == [office.warga]
    [found] = find(who(office, "petugas"), "  sutAR ")
    assert found.id == office.warga and NIK not in found.nik and found.nik.endswith("0001")
    assert find(who(office, "petugas"), NIK[:12]) == [] and find(who(office, "petugas"), "su") == []
    assert find(who(office, "admin"), NIK) == [] and find(who(office, "verifikator"), NIK) == []
    office.add_person("jauh", "Petugas Jauh", "U50", ("petugas",), areas=(ELSEWHERE,))
    assert find(who(office, "jauh"), NIK) == []


def copy(address: str, name: RecordId, user: str, purpose: str = "Permintaan warga") -> httpx.Response:
    with log_in(address, user) as client:
        form = {"csrf": csrf(client.get("/permintaan")), "tujuan": purpose}
        return client.post(f"/permintaan/{name}/salinan", data=form)


def unpacked(answer: httpx.Response) -> tuple[dict[str, Any], str]:
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["data-diri.json", "data-diri.html"]
        return json.loads(archive.read("data-diri.json")), archive.read("data-diri.html").decode()


def test_the_copy_holds_all_of_a_person_and_covers_everybody_else(office: Office) -> None:
    proposal = {
        "nama_responden": "Saudara Uji",
        "pembuat": "Lurah Uji",
        "anggota": [
            {"nik": CHILD, "nama": "Anak Uji", "hubungan": "anak", "tanggal_lahir": "2020-01-01"},
            {"nik": NIK, "nama": "Sutarmi", "hubungan": "kepala"},
        ],
        "catatan": f"Tetangga {STRANGER} melapor, nomornya {NIK}",
    }
    office.add_visit(more={"usul_dtsen": FormAnswers(version=1, answers=proposal)})
    other = office.add_warga("Warga Lain", DESA)
    office.add_visit(warga=other, answers={"nama": "Warga Lain", "alamat": "Dukuh Rahasia"})
    office.phone.push(
        Patch(record=office.warga, kind="warga", base={"nama": "Dulu"}, new={"nama": "Dari Lapangan"})
    )
    with serving(office) as address:
        data, page = unpacked(copy(address, ask(office), "petugas"))
    whole = json.dumps(data, ensure_ascii=False)
    for text in (whole, page):
        assert NIK in text and "Dukuh Ngrombo" in text and "6032989900014821" in text
        assert "SHA-256" in text and "Dari Lapangan" in text and "Data apa saja?" in text
        for hidden in (CHILD, STRANGER, "Anak Uji", "Saudara Uji", "Warga Lain", "Dukuh Rahasia"):
            assert hidden not in text, hidden
    assert len(data["bagian"]["Kunjungan dengan isian dan daftar foto"]) == 1
    assert "(ditutup: orang lain)" in whole and "Permintaan warga" in whole


@pytest.mark.parametrize("asked_about", ["the one that stays", "the double"])
def test_the_copy_holds_what_stands_in_a_double_of_theirs_too(office: Office, asked_about: str) -> None:
    double = office.add_warga("Sutarmi Ejaan Lama", DESA)
    request = ask(office, warga=double if asked_about == "the double" else office.warga)
    new = {"nik": CHILD, "alamat": "Dukuh Ketinggalan"}
    act, head = office.deps.office.act, office.deps.office.person
    act(head, Patch(record=double, kind="warga", base={"nik": NIK}, new=new))
    act(head, Patch(record=double, kind="warga", base={}, new={"digabung_ke": office.warga}))
    with serving(office) as address:
        data, _ = unpacked(copy(address, request, "petugas"))
    own, merged = data["bagian"]["Identitas"]
    assert "Sutarmi Ejaan Lama" in str(merged) and CHILD in str(merged) and NIK in str(own)
    assert double not in str(data) and office.warga not in str(merged)
    assert "Dukuh Ketinggalan" in str(data["bagian"]["Perubahan pada identitas"])


def test_the_copy_says_until_when_a_visit_was_asked_for(office: Office) -> None:
    task = {"petugas": office.people["pendamping"], "sasaran": office.warga, "sasaran_kind": "warga"}
    task |= {"form": "bpnt_kpm", "state": "baru", "jatuh_tempo": "2026-12-04", "kode_desa": DESA}
    body = Patch(record=RecordId("7" * 32), kind="tugas", base={}, new=task)
    assert isinstance(office.deps.office.act(office.deps.office.person, body), Applied)
    with serving(office) as address:
        data, _ = unpacked(copy(address, ask(office), "petugas"))
    assert "4 Desember 2026" in str(data["bagian"]["Tugas kunjungan"])


def test_the_copy_names_each_letter_about_them_and_who_opened_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    office, site = desk.office, desk.site
    desk.block()
    kept, gone = desk.made("a"), desk.made("b", permohonan="cek saldo")
    assert site.letter_shelf.cancel(desk.who("petugas"), gone.id, f"Tertukar dengan {STRANGER}") is None
    desk.pdf(kept.id)
    other = office.add_warga("Warga Lain", DESA)
    visit, _ = office.add_visit(warga=other)
    theirs = desk.made("c", Asked(kind="rekomendasi_bni", case=add_case(office, other, DESA, visit)))
    with serving(office) as address:
        data, page = unpacked(copy(address, ask(office), "petugas"))
    told = {each["judul"]: each["isi"] for each in data["bagian"]["Surat"]}
    assert list(told) == [f"Rekomendasi ke BNI · {each.number}" for each in (kept, gone)]
    first, second = told[f"Rekomendasi ke BNI · {kept.number}"], told[f"Rekomendasi ke BNI · {gone.number}"]
    assert (first["Keadaan"], first["Petugas"]) == ("Terbit", "Petugas Uji")
    assert first["Diserahkan kepada"] == "BNI (Himbara)" and kept.digest in first["Berkas"]
    assert second["Keadaan"] == "Dibatalkan: Tertukar dengan (ditutup: orang lain)"
    looks = data["bagian"]["Siapa yang membuka nomor lengkap atau membuat salinan"]
    assert any(kept.number in each["isi"]["Tujuan"] for each in looks)
    assert theirs.number not in json.dumps(data) + page and kept.number in page
    shut(office)


def test_the_copy_is_recorded_with_who_and_why_before_it_is_given(office: Office) -> None:
    name = ask(office)
    with serving(office) as address:
        assert copy(address, name, "petugas", purpose=" ").status_code == 422
        assert looks(office) == []
        unpacked(copy(address, name, "petugas", "Diminta di loket"))
        [look] = looks(office)
        assert isinstance(look.body, Accessed) and look.author == office.people["petugas"]
        assert look.body.subject == office.warga and "Diminta di loket" in look.body.purpose
        for user in ("pengawas", "pdp", "admin", "verifikator", "pendamping"):
            with log_in(address, user) as client:
                form = {"csrf": csrf(client.get("/akun")), "tujuan": "x"}
                assert client.post(f"/permintaan/{name}/salinan", data=form).status_code == 403, user
        correction = ask(office, kind="perbaikan")
        assert copy(address, correction, "petugas").status_code == 403
    assert len(looks(office)) == 1


def test_who_does_not_serve_all_that_is_held_does_not_get_the_copy(office: Office) -> None:
    served = Patch(
        record=office.warga, kind="warga", base={"layanan": ["bpnt"]}, new={"layanan": ["bpnt", "kis"]}
    )
    assert isinstance(office.deps.office.act(office.people["petugas"], served), Applied)
    office.add_visit()
    office.add_person("kis", "Petugas KIS", "K1", ("petugas",), services=("kis",))
    name = ask(office, "kis")
    with serving(office) as address:
        answer = copy(address, name, "kis")
        assert answer.status_code == 422 and "Mintalah petugas yang melayani semuanya" in answer.text
        assert looks(office) == [], "nothing was gathered"
        unpacked(copy(address, name, "petugas"))


def test_what_a_phone_was_refused_neither_stands_in_the_copy_nor_hinders_it(office: Office) -> None:
    odd = {"nama": {"isi": b"\xff"}, "catatan_kekerasan": "Nama Pelaku"}
    office.phone.push(Patch(record=office.warga, kind="petugas", base={}, new=odd))
    with serving(office) as address:
        data, _ = unpacked(copy(address, ask(office), "petugas"))
    assert "Nama Pelaku" not in json.dumps(data)


def looks(office: Office) -> list[Any]:
    rows = office.deps.engine.read(
        lambda tx: tx.query("SELECT raw FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL")
    )
    contents = [read(bytes(row[0])) for row in rows]
    return [content for content in contents if isinstance(content.body, Accessed)]


def test_nothing_tells_that_a_sealed_case_of_the_person_exists(office: Office) -> None:
    case = SealedCase(office)
    case.work()
    body = Patch(
        record=office.warga, kind="warga", base={"layanan": ["bpnt"]}, new={"layanan": ["bpnt", "ktkpm"]}
    )
    assert isinstance(office.deps.office.act(office.people["petugas"], body), Applied)
    with serving(office) as address:
        data, page = unpacked(copy(address, ask(office), "petugas"))
    for text in (json.dumps(data, ensure_ascii=False), page):
        for telling in ("ktk", "KTK", "tersegel", KODE, case.kasus, case.visit, "kekerasan", "migran"):
            assert telling not in text, telling


def test_who_only_set_a_sealed_service_is_not_named(office: Office) -> None:
    case = SealedCase(office)
    for author, old, new in ((case.reader, "bpnt", "ktkpm"), (office.people["petugas"], "ktkpm", "bpnt")):
        body = Patch(record=office.warga, kind="warga", base={"layanan": [old]}, new={"layanan": [new]})
        assert isinstance(office.deps.office.act(author, body), Applied)
    with serving(office) as address:
        data, page = unpacked(copy(address, ask(office), "petugas"))
    assert "Kabid KTK" not in json.dumps(data) + page


def test_of_what_is_searched_for_no_more_is_taken_than_a_name_has(office: Office) -> None:
    with serving(office) as address, log_in(address, "petugas") as client:
        form = {"csrf": csrf(client.get("/permintaan")), "dicari": "a " * 50_000}
        assert len(client.post("/permintaan/cari", data=form).text) < 20_000


def test_from_the_page_a_request_is_found_taken_down_shown_on_beranda_answered_and_printed(
    office: Office,
) -> None:
    with serving(office) as address, log_in(address, "petugas") as client:
        token = csrf(client.get("/permintaan"))
        found = client.post("/permintaan/cari", data={"csrf": token, "dicari": NIK})
        assert "Sutarmi" in found.text and NIK not in str(found.url)
        form = {
            "csrf": token, "warga": office.warga, "jenis": "keberatan", "pemohon": "sendiri",
            "isi": "Saya keberatan", "diterima": "2026-01-02T08:10",
        }  # fmt: skip
        made = client.post("/permintaan", data=form)
        assert made.status_code == 303
        where = made.headers["location"]
        home = client.get("/").text
        assert f'href="{where}"' in home and "Terlambat" in home
        assert client.get(f"{where}/surat").status_code == 404
        unanswered = client.post(where, data={"csrf": token, "hasil": "dipenuhi", "jawaban": ""})
        assert unanswered.status_code == 422 and "tulis jawabannya" in unanswered.text
        done = {"csrf": token, "hasil": "sebagian", "jawaban": "Sebagian dihentikan"}
        assert client.post(where, data=done).status_code == 303
        letter = client.get(f"{where}/surat").text
        assert "Sebagian dihentikan" in letter and "Dipenuhi sebagian" in letter and "Sutarmi" in letter
        assert f'href="{where}"' not in client.get("/").text
        wrong = client.post("/permintaan", data={**form, "diterima": "kemarin"})
        assert wrong.status_code == 422
    with serving(office) as address:
        for user in ("pendamping", "verifikator", "admin"):
            with log_in(address, user) as client:
                assert client.get("/permintaan").status_code == 403
        with log_in(address, "pengawas") as client:
            assert client.get(where).status_code == 200
            assert client.post(where, data={"csrf": csrf(client.get(where))}).status_code == 403
