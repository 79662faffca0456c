"""Jejak audit tells who did what and when, to whom it may be told, and no more."""

import secrets

import pytest

from schemas.ids import RecordId
from server.engine import Reader, Writer
from server.passwords import Passwords
from server.services.trail import ROWS_PER_PAGE, Asked, Lines
from server.trail import KINDS, OPEN_KINDS, trace
from server.trail_store import Place
from server.verifying.findings import Findings
from server.verifying.trail import check_trail
from server.web.building import build_site
from server.web.pages import page_routes
from server.web.spans import span
from sync.change import Patch
from tests.server.room_office import csrf
from tests.server.sealed_office import SealedCase
from tests.server.trail_office import (  # noqa: F401 - the fixtures `office` and `visit`
    found,
    screen,
    told_visit,
    trail_of,
    trail_office,
)
from tests.server.web_office import Office


def test_acts_are_told_newest_first_in_plain_sentences(office: Office, visit: RecordId) -> None:
    lines = found(office, code=visit)
    assert [line.sentence for line in lines] == [
        "Kabid Uji mengembalikan kunjungan untuk diperbaiki.",
        "Kabid Uji membuka data yang tertutup.",
        "Pendamping Uji mengirim kunjungan.",
    ]
    assert lines[1].purpose == "Memeriksa aduan 12"
    assert all(line.code == visit for line in lines)


def test_nothing_that_was_answered_or_written_in_a_reason_is_told(office: Office, visit: RecordId) -> None:
    told = " ".join(str(line) for line in found(office))
    for word in ("Sutarmi", "3314990101800001", "salah tulis", "Ngrombo"):
        assert word not in told


def test_a_person_a_kind_and_a_day_narrow_it(office: Office, visit: RecordId) -> None:
    kabid = office.people["kabid"]
    by_kabid = found(office, author=kabid)
    assert by_kabid and all(line.sentence.startswith("Kabid Uji") for line in by_kabid)
    assert {line.kind for line in found(office, kind="keputusan")} == {"keputusan"}
    now = office.deps.now_ms()
    assert found(office, code=visit, first_ms=now - 3_600_000, before_ms=now + 3_600_000)
    assert found(office, code=visit, first_ms=now + 3_600_000) == []
    assert found(office, code=visit, before_ms=now - 3_600_000) == []


def test_the_first_digits_of_an_id_or_a_code_of_somebody_find_what_is_about_it(
    office: Office, visit: RecordId
) -> None:
    assert len(found(office, code=visit[:8])) == 3
    assert found(office, code=visit[:5]) == []
    assert {line.kind for line in found(office, code="u03")} == {"petugas"}
    assert found(office, code="tidak ada") == []


def test_an_admin_sees_only_what_tells_of_no_case_and_no_purposes(office: Office, visit: RecordId) -> None:
    assert {line.kind for line in found(office, "admin")} <= OPEN_KINDS
    assert found(office, "admin", code=visit) == []
    assert found(office, "admin", kind="dilihat") == []


def test_a_visit_is_linked_for_whoever_may_open_its_page(office: Office, visit: RecordId) -> None:
    office.add_person("kabid_lain", "Kabid Lain", "U77", ("kabid",), services=("ktkpm",))
    for role, links in (("pengawas", {visit}), ("kabid", {visit}), ("kabid_lain", {""})):
        assert {line.visit for line in found(office, role, code=visit, kind="kunjungan")} == links, role


def test_of_a_sealed_case_it_tells_the_code_and_nothing_from_inside(office: Office) -> None:
    sealed = SealedCase(office)
    sealed.work()
    kode = office.fields(sealed.kasus)["kode"]
    lines = found(office, code=kode.lower())
    assert {"kunjungan", "data"} <= {line.kind for line in lines}
    assert any(line.code == kode for line in lines)
    assert all(line.purpose == "" for line in lines)


def test_a_page_begins_where_the_last_one_ended(office: Office) -> None:
    for number in range(ROWS_PER_PAGE + 5):
        new = {"nama": f"Warga {number}", "kode_desa": "33.14.01.2001"}
        body = Patch(record=RecordId(secrets.token_hex(16)), kind="warga", base={}, new=new)
        office.deps.office.act(office.people["petugas"], body)
    trail, who, asked = trail_of(office), office.person("pengawas"), Asked()
    seen: list[str] = []
    behind: Place | None = Place()
    while behind is not None:
        page = trail.search(who, asked, behind)
        assert isinstance(page, Lines)
        seen += [line.change for line in page.lines]
        behind = page.behind
    [(total,)] = office.deps.engine.read(lambda tx: tx.query("SELECT count(*) FROM changes"))
    assert len(seen) == len(set(seen)) == total


def test_what_was_destroyed_keeps_its_place_and_says_so(office: Office) -> None:
    visit, change = office.add_visit()
    found(office)
    office.deps.destruction.destroy(office.people["kabid"], [change], [visit], "BA 7")
    lines = found(office, code=visit)
    assert lines[0].sentence == "Kabid Uji memusnahkan data sesuai berita acara BA 7."
    assert lines[1].sentence.startswith("Isi catatan ini sudah dimusnahkan")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE trail SET author = 'x' WHERE kind = 'petugas'",
        "UPDATE trail SET open = 1 - open WHERE kind = 'petugas'",
        "UPDATE trail SET kind = 'kantor' WHERE kind = 'petugas'",
        "UPDATE trail SET at_ms = at_ms + 1 WHERE kind = 'petugas'",
        "DELETE FROM trail WHERE kind = 'petugas'",
        "DELETE FROM trail_about WHERE about = (SELECT min(about) FROM trail_about)",
        "UPDATE trail_about SET about = 'x' WHERE about = (SELECT min(about) FROM trail_about)",
        "DELETE FROM trail_codes WHERE code = (SELECT min(code) FROM trail_codes)",
        "UPDATE trail_codes SET record = 'x' WHERE code = (SELECT min(code) FROM trail_codes)",
        "INSERT INTO trail VALUES ('33.14', x'00', 1, 1, '', 'lain', 0)",
        "INSERT INTO trail_about SELECT kabupaten, 'x', change FROM trail WHERE kind = 'petugas'",
        "INSERT INTO trail_about VALUES ('33.14', 'x', x'00')",
    ],
)
def test_verify_finds_a_trail_that_does_not_follow_from_the_log(office: Office, sql: str) -> None:
    assert faults_after(office, sql)


def test_what_was_decided_since_the_trail_last_went_by_is_no_fault(office: Office) -> None:
    assert (
        faults_after(office, "UPDATE changes SET seq = 1000000 WHERE id = (SELECT min(id) FROM changes)")
        == []
    )


def faults_after(office: Office, sql: str) -> list[str]:
    """Let the trail come to the newest change; do this, return what is wrong then, and undo it."""

    class UndoneError(Exception):
        pass

    found(office)
    wrong: list[str] = []

    def faults(tx: Reader) -> list[str]:
        findings = Findings(office.deps.text)
        check_trail(tx, findings, Silent())
        return findings.faults

    assert office.deps.engine.read(faults) == []

    def work(tx: Writer) -> None:
        tx.execute(sql, {})
        wrong.extend(faults(tx))
        raise UndoneError

    with pytest.raises(UndoneError):
        office.deps.engine.write(work).result()
    return wrong


class Silent:
    def step(self, name: str, total: int) -> None: ...
    def advance(self, count: int = 1) -> None: ...


def test_every_kind_and_every_sentence_has_words(office: Office) -> None:
    for kind in KINDS:
        assert office.deps.text(f"kantor.jejak.jenis_nama.{kind}")
    assert trace(b"not a content").kind == "lain"


def test_a_span_of_days_is_of_the_offices_clock() -> None:
    first, before, wrong = span("2026-11-21", "21-11-2026")
    assert (before - first, wrong) == (86_400_000, False)
    assert (first + 7 * 3_600_000) % 86_400_000 == 0
    assert span("kemarin", "")[2] and span("", "") == (0, 2**62, False)


def test_a_check_from_the_page_runs_behind_it_and_its_result_stays(office: Office) -> None:
    site = build_site(office.deps, Passwords(office.deps.randomness, memory_kib=64))
    pages = page_routes(site)
    with screen(office, "pengawas", pages) as http:
        page = http.get("/jejak")
        assert page.status_code == 200 and "Belum pernah diperiksa" in page.text
        sent = {"csrf": csrf(page)}
        assert http.post("/jejak/periksa", data=sent).status_code == 200
        site.checks.wait()
        page = http.get("/jejak/keadaan")
        assert "Utuh: tidak ada yang berubah" in page.text and "Diperiksa Pengawas Uji" in page.text
        assert http.get("/jejak?dari=kemarin").status_code == 422
        assert http.get("/jejak?di=9-x").status_code == 200


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas"])
def test_others_do_not_see_the_page(office: Office, role: str) -> None:
    with screen(office, role) as http:
        assert http.get("/jejak").status_code == 403


def test_a_large_trail_is_searched_by_its_indexes(office: Office) -> None:
    """No search walks over all of it: SQLite says which index it takes."""
    found(office)

    def plan(tx, where: str) -> str:
        sql = f"EXPLAIN QUERY PLAN SELECT 1 FROM trail t WHERE t.kabupaten = :kabupaten AND {where}"
        order = " AND t.at_ms <= 9 ORDER BY t.at_ms DESC, t.seq DESC LIMIT 5"
        return " ".join(str(row[3]) for row in tx.query(sql + order, {}))

    read = office.deps.engine.read
    assert "trail_by_author" in read(lambda tx: plan(tx, "t.author = 'x'"))
    assert "trail_by_kind" in read(lambda tx: plan(tx, "t.kind = 'x'"))
    assert "trail_by_openness" in read(lambda tx: plan(tx, "t.open = 1"))
    assert "B-TREE" not in read(lambda tx: plan(tx, "1 = 1"))
