"""The trail taken along: every act once, checked far from the office, never plain on its disk."""

import base64
import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from schemas.ids import RecordId
from server import tus
from server.parsing.letter import Letter
from server.parsing.paper import Paper
from server.parsing.typesetting import Typesetter
from server.passwords import Passwords
from server.proof import offline
from server.proof.trail_file import Entry, Order, write
from server.services.people import Denied
from server.services.trail import Asked
from server.services.trail_export import NotPrinted
from server.web.building import build_site
from server.web.pages import page_routes
from tests.server.pdf_text import pdf_text
from tests.server.room_office import csrf
from tests.server.trail_office import (  # noqa: F401 - the fixtures `office` and `visit`
    found,
    screen,
    sent_back_visit,
    told_visit,
    trail_office,
)
from tests.server.web_office import Office, open_at, shut

OWNERS = (0o600 << 16, zipfile.ZIP_DEFLATED)


@pytest.fixture(scope="module")
def bundle(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pengawas took along after some days' work, unpacked."""
    for _ in range(4):
        sent_back_visit(office)
    folder = tmp_path_factory.mktemp("export")
    with screen(office, "pengawas") as http:
        form = {"csrf": csrf(http.get("/jejak")), "keperluan": "Pemeriksaan triwulan"}
        answer = http.post("/jejak/ekspor", data=form)
        assert http.post("/jejak/ekspor", data={**form, "keperluan": "x"}).status_code == 422
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert {(entry.external_attr, entry.compress_type) for entry in packed.infolist()} == {OWNERS}
        packed.extractall(folder)
    return folder


def taken_along(office: Office) -> BinaryIO:
    """The whole trail as pengawas takes it along, from its beginning."""
    site = build_site(office.deps, Passwords(bytes, memory_kib=64))
    made = site.trail_export.make(office.person("pengawas"), Asked(), "Pemeriksaan", "semua")
    assert not isinstance(made, Denied | NotPrinted)
    made.seek(0)
    return made


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
    with taken_along(office) as made, zipfile.ZipFile(io.BytesIO(made.read())) as packed:
        raw = packed.read("jejak.jsonl")
    assert offline.check_lines(io.BytesIO(raw)).faults == []
    shut(office)


def test_an_export_goes_beyond_what_fits_into_an_old_zip(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two gigabytes are the bound; here it is a thousand bytes."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1_000)
    with (
        taken_along(office) as made,
        zipfile.ZipFile(io.BytesIO(made.read())) as packed,
        packed.open("jejak.jsonl") as lines,
    ):
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
    with screen(office, "pengawas", pages) as http:
        form = {"csrf": csrf(http.get("/jejak")), "keperluan": "Pemeriksaan triwulan"}
        made = [http.post("/jejak/ekspor", data=form), http.post(f"/kunjungan/{visit}/laporan", data=form)]
        assert http.get("/jejak/lembar/cetak").content == b"%PDF-satu"
    for answer, name in zip(made, ("ringkasan.pdf", "laporan.pdf"), strict=True):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            assert packed.read(name) == b"%PDF-satu"


def test_an_export_is_never_plain_on_the_disk(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = list[BinaryIO]()
    real = tus.TemporaryFile
    monkeypatch.setattr(tus, "TemporaryFile", lambda **given: disk.append(real(**given)) or disk[-1])
    with taken_along(office) as made:
        assert b"jejak.jsonl" in made.read()
        disk[0].seek(0)
        assert b"jejak.jsonl" not in disk[0].read()


@pytest.mark.parametrize("role", ["admin", "petugas"])
def test_others_take_nothing_along(office: Office, role: str) -> None:
    with screen(office, role) as http:
        form = {"csrf": csrf(http.get("/akun")), "keperluan": "Pemeriksaan"}
        assert http.post("/jejak/ekspor", data=form).status_code == 403
