"""How long things are kept, what is processed, to whom data went: registers, and the way to a proposal."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from schemas.ids import RecordId
from schemas.protection import load_processing
from schemas.wire import Applied
from server.queries import record
from server.services.chain_record import word_id
from server.services.handouts import Handout, Handouts
from server.services.processing import ProcessingRegister
from server.services.retention import NotDone, Retention
from server.web.building import build_site
from server.web.pages import page_routes
from sync.change import Advance, Decide, Patch, SealedAdvance
from tests.server.asked import Asked, listening
from tests.server.sealed_office import KODE, SealedCase
from tests.server.test_destroying import Desk, csrf, log_in
from tests.server.test_letters import add_case
from tests.server.web_office import DESA, ELSEWHERE, serving, shut

YEAR_MS = 366 * 86_400_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    shut(made.office)


def retention(desk: Desk, years: int = 0) -> Retention:
    deps = desk.office.deps
    return Retention(
        deps.engine,
        deps.office,
        deps.forms,
        deps.workflows,
        desk.work,
        lambda: deps.now_ms() + years * YEAR_MS,
    )


def due(desk: Desk, years: int, name: str = "petugas") -> list[RecordId]:
    return [each.target for each in retention(desk, years).due(desk.who(name)).shown]


def test_a_decided_visit_is_due_after_the_years_of_its_service_and_an_open_one_never(desk: Desk) -> None:
    assert due(desk, 4) == []
    assert due(desk, 6) == [desk.visit]
    assert retention(desk).change(desk.who("pdp"), "bpnt", 2, "JRA Kabupaten 2026") is None
    assert due(desk, 1) == [] and due(desk, 3) == [desk.visit]
    assert due(desk, 3, "admin") == [] and due(desk, 3, "pdp") == []
    desk.office.add_person("jauh", "Jauh", "U60", ("petugas",), areas=(ELSEWHERE,))
    assert due(desk, 3, "jauh") == []


def test_who_only_watches_is_told_how_much_is_due_and_who_proposes_how_much_the_list_leaves_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = desk.office
    second, change = office.add_visit()
    decide = Decide(visit=second, follows=change, decision="setujui", reasons={}, note="")
    office.deps.office.act(office.people["verifikator"], decide)
    office.add_person("jauh", "Jauh", "U60", ("pengawas",), areas=(ELSEWHERE,))
    monkeypatch.setattr("server.services.retention.MOST_DUE", 1)
    site = build_site(office.deps)

    def said(role: str, years: int = 6) -> str:
        pages = page_routes(replace(site, retention=retention(desk, years)))
        with serving(office, pages) as address, log_in(address, role) as client:
            return client.get("/masa-simpan").text

    assert "Ditampilkan 1 dari 2" in said("petugas")
    for role in ("pdp", "pengawas"):
        assert "2 kunjungan dan kasus sudah habis masa simpannya" in (page := said(role))
        assert desk.visit not in page and second not in page, "they are told no more than how many"
    for role, years in (("jauh", 6), ("pdp", 4)):
        assert "Belum ada yang habis masa simpannya" in said(role, years)


def test_a_sealed_case_whose_time_is_over_is_named_by_its_code(desk: Desk) -> None:
    sealed = SealedCase(desk.office)
    note = sealed.note("mundur", "langkah")
    sealed.act(SealedAdvance(kasus=sealed.kasus, follows=sealed.opened, event="mundur", note=note))
    assert sealed.kasus not in due(desk, 11, "kabid_ktk"), "nobody named in the room asks"
    desk.officers.add(sealed.reader)
    shown = {each.target: each.kode for each in retention(desk, 11).due(desk.who("kabid_ktk")).shown}
    assert shown[sealed.kasus] == KODE and shown[desk.visit] == ""


def test_every_earlier_word_on_the_years_stays_with_who_said_it(desk: Desk) -> None:
    work = retention(desk)
    assert work.change(desk.who("kabid"), "bpnt", 7, "Pertama") is None
    assert work.change(desk.who("pdp"), "bpnt", 8, "Kedua") is None
    past = work.history("bpnt")
    assert sorted((each.years, each.basis, each.by) for each in past) == [
        (7, "Pertama", desk.who("kabid").id),
        (8, "Kedua", desk.who("pdp").id),
    ]
    [rule] = [each for each in work.rules() if each.service == "bpnt"]
    assert (rule.years, rule.basis) == (8, "Kedua")


def test_the_words_on_the_years_are_found_by_the_trail_however_long_the_log_is(desk: Desk) -> None:
    work, site = retention(desk), build_site(desk.office.deps)
    assert work.change(desk.who("kabid"), "bpnt", 7, "Pertama") is None
    site.trail.catch_up()
    assert work.change(desk.who("pdp"), "bpnt", 8, "Kedua") is None
    with listening() as asked:
        assert [each.basis for each in work.history("bpnt")] == ["Kedua", "Pertama"]
    of_the_log = [each for each in asked if "FROM changes" in each.sql or "JOIN changes" in each.sql]
    assert not any(each.reads_all_of("changes") or each.rows > 2 for each in of_the_log), of_the_log


def test_what_a_phone_says_of_the_years_is_refused_and_does_not_stand_among_the_words(desk: Desk) -> None:
    forged: tuple[dict[str, Any], ...] = ({"tahun": 1, "dasar": "Palsu"}, {"tahun": "satu"}, {})
    rule = desk.office.deps.engine.read(lambda tx: word_id(tx, "masa_simpan", "bpnt"))
    for new in forged:
        desk.office.phone.push(Patch(record=rule, kind="masa_simpan", base={}, new=new))
    assert retention(desk).change(desk.who("kabid"), "bpnt", 7, "JRA") is None
    assert [each.basis for each in retention(desk).history("bpnt")] == ["JRA"]


@pytest.mark.parametrize("before", [True, False], ids=["before the first word", "after it"])
def test_somebody_whom_a_phone_puts_under_a_registers_id_hinders_no_word(desk: Desk, before: bool) -> None:
    def squat(kind: str, about: str) -> None:
        name = RecordId(sha256(kind.encode() + about.encode()).hexdigest()[:32])
        new = {"nama": "Siapa Saja", "kode_desa": DESA, "layanan": ["bpnt"]}
        desk.office.phone.push(Patch(record=name, kind="warga", base={}, new=new))

    def speak(word: str) -> None:
        assert retention(desk).change(desk.who("kabid"), "bpnt", 7, word) is None
        assert desk.work.hold(desk.who("kabid"), desk.visit, word) is None

    if not before:
        speak("Pertama")
    squat("masa_simpan", "bpnt")
    squat("penahanan", desk.visit)
    speak("Kedua")
    assert [each.basis for each in retention(desk).history("bpnt")] == ["Kedua", "Pertama"][: 2 - before]
    assert [each.reason for each in desk.work.holds(desk.who("kabid"))] == ["Kedua"]
    assert desk.propose() == "ditahan"


def test_years_out_of_bounds_without_basis_or_by_others_are_refused(desk: Desk) -> None:
    work = retention(desk)
    for years in (None, 0, 51):
        assert work.change(desk.who("pdp"), "bpnt", years, "JRA") == NotDone(why="tahun")
    assert work.change(desk.who("pdp"), "tidak_ada", 5, "JRA") == NotDone(why="tahun")
    assert work.change(desk.who("pdp"), "bpnt", 5, " ") == NotDone(why="dasar")
    for role in ("pendamping", "verifikator", "petugas", "pengawas", "admin"):
        assert work.change(desk.who(role), "bpnt", 5, "JRA") == NotDone(why="peran")


def test_what_is_held_or_proposed_is_listed_as_such(desk: Desk) -> None:
    desk.work.hold(desk.who("kabid"), desk.visit, "Perkara")
    assert [each.standing for each in retention(desk, 6).due(desk.who("petugas")).shown] == ["ditahan"]
    desk.work.release(desk.who("kabid"), desk.visit, "Selesai")
    assert desk.propose() == "ya"
    assert [each.standing for each in retention(desk, 6).due(desk.who("petugas")).shown] == ["diusulkan"]


def test_what_is_due_is_asked_of_indexes_and_as_often_however_much_it_is(desk: Desk) -> None:
    def asked() -> tuple[int, list[Asked]]:
        with listening() as found:
            return len(due(desk, 6)), found

    add_case(desk.office, desk.office.warga, DESA, desk.visit, "pengaduan")
    before, few = asked()
    for _ in range(4):
        visit, change = desk.office.add_visit()
        decide = Decide(visit=visit, follows=change, decision="setujui", reasons={}, note="")
        desk.office.deps.office.act(desk.office.people["verifikator"], decide)
        add_case(desk.office, desk.office.warga, DESA, visit, "pengaduan")
    after, many = asked()
    assert (before, after, len(few)) == (1, 5, len(many))
    grows = ("kunjungan", "kasus", "records", "changes")
    assert not [each for each in many if any(each.reads_all_of(table, "kasus_unfilled") for table in grows)]
    plans = [line for each in many for line in each.plan]
    for index in ("kunjungan_by_decision", "kasus_by_end", "kasus_by_visit"):
        assert any(index in line and "COVERING" in line for line in plans), index
    assert not any("kind = " in each.sql for each in many), "all records of a kind are read"


def test_what_cannot_be_proposed_keeps_nothing_else_out_of_the_list(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, later = desk.office, set[RecordId]()
    for _ in range(2):
        visit, change = office.add_visit()
        decide = Decide(visit=visit, follows=change, decision="setujui", reasons={}, note="")
        office.deps.office.act(office.people["verifikator"], decide)
        later.add(visit)
    monkeypatch.setattr("server.services.retention.MOST_DUE", 1)
    [first] = due(desk, 6)
    assert desk.work.hold(desk.who("kabid"), first, "Perkara") is None
    [second] = due(desk, 6)
    assert desk.work.propose(desk.who("petugas"), second, "BA 1") is None
    [third] = due(desk, 6)
    assert {first, second, third} == {desk.visit, *later}
    monkeypatch.setattr("server.services.retention.MOST_DUE", 2)
    assert due(desk, 6) == [third, first], "and what has a standing is behind it"


def test_from_the_list_of_what_is_due_straight_to_a_proposal(desk: Desk) -> None:
    site = build_site(desk.office.deps)
    pages = page_routes(replace(site, retention=retention(desk, 6)))
    with serving(desk.office, pages) as address, log_in(address, "petugas") as client:
        page = client.get("/masa-simpan")
        assert f'name="pilih.{desk.visit}"' in page.text
        form = {"csrf": csrf(page), "alasan": "BA 4/2032"}
        nothing = client.post("/masa-simpan/usul", data=form)
        assert nothing.status_code == 422 and "Pilih dulu" in nothing.text
        assert client.post("/masa-simpan/usul", data={**form, f"pilih.{desk.visit}": "ya"}).status_code == 303
        assert "BA 4/2032" in client.get("/pemusnahan").text
        page = client.get("/masa-simpan").text
        assert "Sudah diusulkan" in page and f'name="pilih.{desk.visit}"' not in page
        assert client.post("/masa-simpan", data=form).status_code == 403


def test_a_visit_on_which_a_case_under_way_rests_stays_and_holds_up_no_other(desk: Desk) -> None:
    office, case = desk.office, add_case(desk.office, desk.office.warga, DESA, desk.visit)
    other, change = office.add_visit()
    decide = Decide(visit=other, follows=change, decision="setujui", reasons={}, note="")
    office.deps.office.act(office.people["verifikator"], decide)

    def standings() -> dict[RecordId, str]:
        found = retention(desk, 6).due(desk.who("petugas")).shown
        return {each.target: each.standing for each in found}

    assert standings() == {desk.visit: "perlu", other: ""}
    pages = page_routes(replace(build_site(office.deps), retention=retention(desk, 6)))
    with serving(office, pages) as address, log_in(address, "petugas") as client:
        page = client.get("/masa-simpan")
        assert "Kasusnya masih berjalan" in page.text and f'href="/kasus/{case}"' in page.text
        form = {
            "csrf": csrf(page),
            "alasan": "BA 4/2032",
            f"pilih.{desk.visit}": "ya",
            f"pilih.{other}": "ya",
        }
        told = client.post("/masa-simpan/usul", data=form)
        both = client.post("/masa-simpan/usul", data=form)
    assert told.status_code == 200 and "1 diusulkan, 1 tidak." in told.text
    assert f"yang keliru dibuka. ({desk.visit})" in told.text
    assert both.status_code == 422 and "0 diusulkan, 2 tidak." in both.text
    assert f"Lihat daftarnya. ({other})" in both.text
    assert standings() == {desk.visit: "perlu", other: "diusulkan"}
    head = office.deps.engine.read(lambda tx: record(tx, case)).head  # type: ignore[union-attr]
    assert head is not None
    end = Advance(kasus=case, follows=head, event="gugurkan", answers={"alasan": "Keliru"})
    assert isinstance(office.deps.office.act(office.people["kabid"], end), Applied)
    assert standings()[desk.visit] == "" and desk.propose() == "ya"


def test_a_case_that_holds_a_visit_is_named_to_those_alone_who_may_see_it(desk: Desk) -> None:
    case = add_case(desk.office, desk.office.warga, DESA, desk.visit, "kis")
    desk.office.add_person("bpnt", "Petugas BPNT", "U61", ("petugas",), services=("bpnt",))
    for name, named in (("petugas", case), ("bpnt", "")):
        [shown] = retention(desk, 6).due(desk.who(name)).shown
        assert (shown.target, shown.standing, shown.case) == (desk.visit, "perlu", named)


def test_the_register_of_processing_has_every_form_with_its_classes_and_the_offices_word(desk: Desk) -> None:
    deps = desk.office.deps
    register = ProcessingRegister(deps.engine, deps.office, deps.forms)
    found = {each.form: each for each in register.all()}
    assert set(found) == set(deps.forms.ids())
    assert found["ktk"].privacy == "rahasia" and found["ktk"].counts["rahasia"] > 0
    assert found["bpnt_kpm"].counts["spesifik"] > 0
    assert register.note(desk.who("pdp"), "kis", "Tujuan baru", "Dasar baru", "Catatan") is None
    assert register.note(desk.who("petugas"), "kis", "x", "x", "") == "peran"
    assert register.note(desk.who("pdp"), "kis", " ", "x", "") == "isi"
    [kis] = [each for each in register.all() if each.form == "kis"]
    assert (kis.purpose, kis.basis, kis.note) == ("Tujuan baru", "Dasar baru", "Catatan")


def test_every_service_has_its_purpose_basis_and_years(desk: Desk) -> None:
    forms = desk.office.deps.forms
    assert {forms.get(name).service for name in forms.ids()} <= set(load_processing())


def test_what_was_given_to_whom_is_noted_and_printed(desk: Desk) -> None:
    deps = desk.office.deps
    work = Handouts(deps.engine, deps.office, deps.now_ms, deps.randomness)
    given = Handout(
        recipient="bni", day="2026-11-20", what="Daftar KKS", people=12, letter="S-1", basis="Permensos"
    )
    assert work.add(desk.who("pengawas"), given) == "peran"
    assert work.add(desk.who("petugas"), replace_people(given, 0)) == "isi"
    with serving(desk.office) as address, log_in(address, "petugas") as client:
        page = client.get("/penerima")
        form = {
            "csrf": csrf(page), "penerima": "bni", "tanggal": "2026-11-20", "apa": "Daftar KKS",
            "jumlah": "12", "surat": "S-1/2026", "dasar": "Permensos 3/2021",
        }  # fmt: skip
        assert client.post("/penerima", data={**form, "tanggal": "kemarin"}).status_code == 422
        assert client.post("/penerima", data=form).status_code == 303
        for path in ("/penerima", "/penerima/cetak"):
            shown = client.get(path).text
            assert "S-1/2026" in shown and "BNI (Himbara)" in shown
            assert "20-11-2026" in shown and "2026-11-20" not in shown
        assert "Statement" not in client.get("/pemrosesan/cetak").text
        assert "tertutup" in client.get("/pemrosesan/cetak").text


def replace_people(given: Handout, people: int) -> Handout:
    return Handout(
        recipient=given.recipient, day=given.day, what=given.what, people=people, letter=given.letter,
        basis=given.basis,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "admin"])
def test_the_pages_of_protection_are_not_for_others(desk: Desk, role: str) -> None:
    paths = (
        "/pelindungan",
        "/permintaan",
        "/insiden",
        "/masa-simpan",
        "/pemusnahan",
        "/pemrosesan",
        "/penerima",
    )
    with serving(desk.office) as address:
        with log_in(address, role) as client:
            assert {client.get(path).status_code for path in paths} == {403}
        with log_in(address, "pdp") as client:
            assert {client.get(path).status_code for path in paths} == {200}
