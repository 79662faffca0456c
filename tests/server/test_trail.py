"""Jejak audit tells who did what and when, to whom it may be told, and no more."""

import base64
import hashlib
import io
import json
import random
import re
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import httpx
import pytest

from schemas.ids import RecordId
from server import tus
from server.access import Person
from server.engine import Reader, Writer
from server.parsing.letter import Letter
from server.parsing.paper import Paper
from server.parsing.typesetting import Typesetter
from server.passwords import Passwords
from server.proof import offline
from server.proof.trail_file import Entry, Order, write
from server.services.people import Denied, load_person
from server.services.trail import ROWS_PER_PAGE, Asked, Line, Lines, Trail
from server.services.trail_export import NotPrinted
from server.trail import KINDS, OPEN_KINDS, trace
from server.trail_store import Place
from server.verifying.findings import Findings
from server.verifying.trail import check_trail
from server.web.building import build_site
from server.web.pages import page_routes
from server.web.spans import span
from sync.change import Accessed, Decide, Patch
from tests.server.pdf_text import pdf_text
from tests.server.sealed_office import SealedCase
from tests.server.web_office import PASSWORD, Office, open_at, serving, shut

OWNERS = (0o600 << 16, zipfile.ZIP_DEFLATED)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_at(tmp_path_factory.mktemp("trail"))
    yield made
    shut(made)


@pytest.fixture(scope="module")
def visit(office: Office) -> RecordId:
    made, change = office.add_visit()
    kabid = office.people["kabid"]
    office.deps.office.act(kabid, Accessed(subject=made, purpose="Memeriksa aduan 12"))
    reasons = {"bpnt_kpm.nama": "Nama Sutarmi salah tulis"}
    decide = Decide(visit=made, follows=change, decision="kembalikan", reasons=reasons, note="")
    office.deps.office.act(kabid, decide)
    return made


def csrf(page: httpx.Response) -> str:
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert token is not None
    return token[1]


def login(http: httpx.Client, username: str) -> None:
    form = {"csrf": csrf(http.get("/masuk")), "nama": username, "sandi": PASSWORD}
    assert http.post("/masuk", data=form).status_code in (200, 303)


def trail_of(office: Office) -> Trail:
    deps = office.deps
    return Trail(deps.engine, deps.office.person, deps.text, deps.workflows, deps.forms)


def person(office: Office, role: str) -> Person:
    found = office.deps.engine.read(lambda tx: load_person(tx, office.people[role]))
    assert found is not None
    return found


def found(office: Office, role: str = "pengawas", **asked: object) -> list[Line]:
    page = trail_of(office).search(person(office, role), Asked(**asked), Place())
    assert isinstance(page, Lines)
    return list(page.lines)


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
    trail, who, asked = trail_of(office), person(office, "pengawas"), Asked()
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
    with serving(office, pages) as address, httpx.Client(base_url=address, follow_redirects=True) as http:
        login(http, "pengawas")
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
    with serving(office) as address, httpx.Client(base_url=address) as http:
        login(http, role)
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


@pytest.fixture(scope="module")
def bundle(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pengawas took along, unpacked."""
    folder = tmp_path_factory.mktemp("export")
    with serving(office) as address, httpx.Client(base_url=address, follow_redirects=True) as http:
        login(http, "pengawas")
        form = {"csrf": csrf(http.get("/jejak")), "keperluan": "Pemeriksaan triwulan"}
        answer = http.post("/jejak/ekspor", data=form)
        assert http.post("/jejak/ekspor", data={**form, "keperluan": "x"}).status_code == 422
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert {(entry.external_attr, entry.compress_type) for entry in packed.infolist()} == {OWNERS}
        packed.extractall(folder)
    return folder


def test_an_export_is_itself_an_act_in_the_chain(office: Office, bundle: Path) -> None:
    [newest] = found(office, kind="jejak")[:1]
    assert newest.sentence == "Pengawas Uji mengekspor jejak audit."
    assert newest.purpose == "Pemeriksaan triwulan"
    assert [line.purpose for line in found(office, "admin", kind="jejak")][:1] == [""]
    first = json.loads((bundle / "jejak.jsonl").read_text("utf-8").split("\n")[0])
    assert first["perbuatan"] == "jejak" and first["keperluan"] == "Pemeriksaan triwulan"


def test_an_export_holds_every_act_once_and_checks_itself_far_from_the_office(
    office: Office, bundle: Path
) -> None:
    raw = (bundle / "jejak.jsonl").read_bytes()
    key = office.deps.office.public_key.hex()
    assert offline.check_lines(io.BytesIO(raw), key=key).faults == []
    lines = raw.decode().split("\n")
    made = [json.loads(line) for line in lines[:-2]]
    assert len({line["catatan"] for line in made}) == len(made) > 20
    assert json.loads(lines[-2])["segel"]["baris"] == len(made)
    assert b"Sutarmi" not in raw and b"3314990101800001" not in raw
    command = [sys.executable, "-I", "-S", "periksa.py", "jejak.jsonl", "--kunci", key]
    assert subprocess.run(command, capture_output=True, check=False, cwd=bundle).returncode == 0
    assert offline.check_lines(io.BytesIO(raw), key="00" * 32).faults != []
    head = json.loads(lines[-2])["segel"]["ujung"]
    assert offline.check_lines(io.BytesIO(raw), sheet=head).faults == []
    assert offline.check_lines(io.BytesIO(raw), sheet="00" * 32).faults != []


def test_the_summary_on_paper_names_the_hash_of_the_lines(bundle: Path) -> None:
    words = pdf_text((bundle / "ringkasan.pdf").read_bytes())
    seal = json.loads((bundle / "jejak.jsonl").read_text("utf-8").split("\n")[-2])["segel"]
    assert seal["sidik"] in words and seal["kunci"] in words and "Pemeriksaantriwulan" in words


def test_a_line_changed_taken_out_or_put_in_is_told(bundle: Path) -> None:
    raw = (bundle / "jejak.jsonl").read_bytes()
    rng = random.Random(5)
    for place in [0, len(raw) - 1, len(raw) - 40, *(rng.randrange(len(raw)) for _ in range(25))]:
        changed = bytearray(raw)
        changed[place] ^= 1 << rng.randrange(7)
        assert offline.check_lines(io.BytesIO(bytes(changed))).faults, place
    lines = raw.split(b"\n")
    assert offline.check_lines(io.BytesIO(b"\n".join(lines[1:]))).faults
    assert offline.check_lines(io.BytesIO(b"\n".join([lines[0], *lines]))).faults


def test_whoever_seals_anew_without_one_act_is_found_by_its_neighbours(office: Office, bundle: Path) -> None:
    """The holder of the office's key bends a link: the seal agrees, the chain does not."""
    lines = [json.loads(line) for line in (bundle / "jejak.jsonl").read_text("utf-8").split("\n")[:-2]]
    changed = [dict(line) for line in lines]
    mine = next(line for line in changed if line["urutan"] == 5)
    other = next(line for line in changed if line["urutan"] == 6 and line["perangkat"] == mine["perangkat"])
    raw = bytearray(base64.b64decode(other["tautan"]))
    prev = hashlib.sha256(base64.b64decode(mine["tautan"])).digest()
    at = bytes(raw).index(prev)
    raw[at : at + 32] = bytes(32)
    other["tautan"] = base64.b64encode(bytes(raw)).decode()
    key = office.deps.office.public_key.hex()
    order = Order(office="", device="", key=key, turns=(), head="", by="", purpose="", search="", made_ms=1)
    out = io.BytesIO()
    entries = [Entry(**{**line, "tentang": tuple(line["tentang"])}) for line in changed]
    write(entries, order, office.deps.office.attest, out)
    faults = offline.check_lines(io.BytesIO(out.getvalue())).faults
    assert any("tidak menyambung" in fault for fault in faults)


def test_an_export_with_both_branches_of_a_restored_phone_checks_itself(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    fork = office.phone._tip
    office.add_visit()
    office.phone._tip = fork
    for _ in range(2):
        office.add_visit()
    site = build_site(office.deps, Passwords(bytes, memory_kib=64))
    made = site.trail_export.make(person(office, "pengawas"), Asked(), "Pemeriksaan", "semua")
    assert not isinstance(made, Denied | NotPrinted)
    with made:
        made.seek(0)
        with zipfile.ZipFile(io.BytesIO(made.read())) as packed:
            raw = packed.read("jejak.jsonl")
    assert offline.check_lines(io.BytesIO(raw)).faults == []
    shut(office)


def test_an_export_goes_beyond_what_fits_into_an_old_zip(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two gigabytes are the bound; here it is a thousand bytes."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1_000)
    site = build_site(office.deps, Passwords(bytes, memory_kib=64))
    made = site.trail_export.make(person(office, "pengawas"), Asked(), "Pemeriksaan", "semua")
    assert not isinstance(made, Denied | NotPrinted)
    with made:
        made.seek(0)
        with zipfile.ZipFile(io.BytesIO(made.read())) as packed, packed.open("jejak.jsonl") as lines:
            assert packed.getinfo("jejak.jsonl").file_size > zipfile.ZIP64_LIMIT
            assert offline.check_lines(lines).faults == []


class Typist:
    """Sets every paper as the same few bytes, and no letter."""

    def pdf(self, _: Paper) -> bytes:
        return b"%PDF-satu"

    def letter(self, _: Letter) -> None:
        return None


def test_papers_of_pages_wait_for_the_turns_of_the_offices_one_typesetter(
    office: Office, visit: RecordId
) -> None:
    deps = replace(office.deps, typesetter=cast(Typesetter, Typist()))
    pages = page_routes(build_site(deps, Passwords(bytes, memory_kib=64)))
    with serving(office, pages) as address, httpx.Client(base_url=address, follow_redirects=True) as http:
        login(http, "pengawas")
        form = {"csrf": csrf(http.get("/jejak")), "keperluan": "Pemeriksaan triwulan"}
        made = [http.post("/jejak/ekspor", data=form), http.post(f"/kunjungan/{visit}/laporan", data=form)]
        assert http.get("/jejak/lembar/cetak").content == b"%PDF-satu"
    for answer, name in zip(made, ("ringkasan.pdf", "laporan.pdf"), strict=True):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            assert packed.read(name) == b"%PDF-satu"


def test_an_export_is_never_plain_on_the_disk(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    site, disk = build_site(office.deps, Passwords(bytes, memory_kib=64)), list[BinaryIO]()
    real = tus.TemporaryFile
    monkeypatch.setattr(tus, "TemporaryFile", lambda **given: disk.append(real(**given)) or disk[-1])
    made = site.trail_export.make(person(office, "pengawas"), Asked(), "Pemeriksaan", "semua")
    assert not isinstance(made, Denied | NotPrinted)
    with made:
        made.seek(0)
        assert b"jejak.jsonl" in made.read()
        disk[0].seek(0)
        assert b"jejak.jsonl" not in disk[0].read()


@pytest.mark.parametrize("role", ["admin", "petugas"])
def test_others_take_nothing_along(office: Office, role: str) -> None:
    with serving(office) as address, httpx.Client(base_url=address, follow_redirects=True) as http:
        login(http, role)
        form = {"csrf": csrf(http.get("/akun")), "keperluan": "Pemeriksaan"}
        assert http.post("/jejak/ekspor", data=form).status_code == 403
