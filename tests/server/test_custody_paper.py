"""The custody report on paper says what the file says, and as much as may be said."""

import io
import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server.__main__ import main
from server.proof import offline
from server.proof.making import Maker
from tests.server.pdf_text import pdf_text
from tests.server.room_office import csrf
from tests.server.sealed_office import STORY, SealedCase
from tests.server.test_custody_report import Case
from tests.server.web_office import PASSWORD, serving, shut

OWNERS = (0o600 << 16, zipfile.ZIP_DEFLATED)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    made = Case(tmp_path_factory.mktemp("paper"))
    yield made
    shut(made.office)


def maker(case: Case) -> Maker:
    deps = case.office.deps
    return Maker.of(deps)


def told(case: Case, visit: RecordId) -> str:
    work = maker(case)
    report = work.report(visit, with_contents=True)
    assert report is not None
    paper = work.paper(report, work.write(report))
    assert paper is not None
    return pdf_text(paper)


def login(http: httpx.Client, username: str) -> None:
    form = {"csrf": csrf(http.get("/masuk")), "nama": username, "sandi": PASSWORD}
    assert http.post("/masuk", data=form).status_code in (200, 303)


def test_the_paper_names_hashes_keys_people_and_the_file_beside_it(case: Case) -> None:
    work = maker(case)
    report = work.report(case.visit, with_contents=False)
    assert report is not None
    file = work.write(report)
    paper = work.paper(report, file)
    assert paper is not None
    words = pdf_text(paper)
    for act in report.acts:
        assert act.change in words, act.kind
    for photo in report.photos:
        assert photo.sha256 in words
    for word in (report.office.key, report.visit, sha256(file).hexdigest(), "KabidUji", "PendampingUji"):
        assert word in words
    assert all(device.key in words for device in report.devices)
    assert all(chain.head in words for chain in report.chains)
    assert "sudahmelihatrantaikantor" in words


def test_of_a_sealed_visit_the_paper_tells_the_outside_only(case: Case) -> None:
    sealed = SealedCase(case.office)
    sealed.work()
    words = told(case, sealed.visit)
    assert "hanyahaldiluarsegel" in words and sealed.blob in words
    assert "".join(STORY.split()) not in words


@pytest.mark.parametrize("with_answers", [False, True])
def test_the_page_gives_a_bundle_that_checks_itself_and_records_who_asked(
    case: Case, tmp_path: Path, with_answers: bool
) -> None:
    with (
        serving(case.office) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=20) as http,
    ):
        login(http, "pengawas")
        page = http.get(f"/kunjungan/{case.visit}")
        assert "Buat laporan" in page.text
        form = {"csrf": csrf(page), "keperluan": "Periksa aduan 9"}
        if with_answers:
            form["isi"] = "ya"
        answer = http.post(f"/kunjungan/{case.visit}/laporan", data=form)
        short = http.post(f"/kunjungan/{case.visit}/laporan", data={**form, "keperluan": "x"})
    assert short.status_code == 422 and "Sebut keperluannya" in short.text
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert {(entry.external_attr, entry.compress_type) for entry in bundle.infolist()} == {OWNERS}
        bundle.extractall(tmp_path)
    raw, words = (tmp_path / "laporan.json").read_bytes(), pdf_text((tmp_path / "laporan.pdf").read_bytes())
    photos = tmp_path / "foto"
    assert offline.check_report(raw, photos=photos if with_answers else None).faults == []
    assert photos.exists() == with_answers
    assert ("Sutarmi" in words) == with_answers and ("3314990101800001" in words) == with_answers
    acts = json.loads(raw)["report"]["acts"]
    assert any(act["kind"] == "dilihat" and act["by"] == case.office.people["pengawas"] for act in acts)


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "admin"])
def test_others_are_offered_no_report_and_get_none(case: Case, role: str) -> None:
    with (
        serving(case.office) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=20) as http,
    ):
        login(http, role)
        page = http.get(f"/kunjungan/{case.visit}")
        assert "Buat laporan" not in page.text
        form = {"csrf": csrf(http.get("/akun")), "keperluan": "Periksa aduan 9"}
        assert http.post(f"/kunjungan/{case.visit}/laporan", data=form).status_code == 403


def test_the_command_writes_the_paper_too(tmp_path: Path) -> None:
    case = Case(tmp_path)
    data, out = tmp_path / "office", tmp_path / "laporan"
    shut(case.office)
    command = [
        "report",
        "--data",
        str(data),
        "--visit",
        case.visit,
        "--purpose",
        "Aduan 12",
        "--out",
        str(out),
    ]
    assert main([*command, "--pdf"]) == 0
    file = (out / "laporan.json").read_bytes()
    words = pdf_text((out / "laporan.pdf").read_bytes())
    assert sha256(file).hexdigest() in words and "Sutarmi" not in words
