"""The field day, as `make demo ONCE=1` plays it: real processes, real HTTP, real files."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.wilayah import load_wilayah
from server import page_store
from server.commands.demo import SEED
from server.compose import close_office, open_office
from server.demo.data import Maker
from server.demo.names import DEMO_KECAMATAN
from server.demo.people import people
from server.deps import Deps
from server.page_store import QueueFilter
from server.web.building import build_site

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 300


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    environment.pop("DISPLAY", None)
    command, pipe = [sys.executable, "-m", *arguments], subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as running:
        try:
            said = running.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # with the servers that it started
            raise
    return subprocess.CompletedProcess(command, running.returncode, *said)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """One field day, played once for all tests of this page: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("field") / "demo"
    done = run("server", "demo", "--dir", str(folder), "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    yield folder, done.stdout


def copied(folder: Path, to: Path) -> Path:
    """Return a copy of the office with its key, for tests that break something."""
    shutil.copytree(folder / "office", to / "office")
    shutil.copytree(folder / "keys", to / "keys")
    return to / "office"


def verify(office: Path) -> "subprocess.CompletedProcess[str]":
    return run("server", "verify", "--data", str(office))


def test_the_visit_was_recorded_while_the_server_was_stopped(played: tuple[Path, str]) -> None:
    lines = played[1].splitlines()
    stopped = next(i for i, line in enumerate(lines) if "dimatikan" in line)
    again = next(i for i, line in enumerate(lines) if "menyala lagi" in line)
    assert stopped < again - 3, "a visit has more than three lines"


STEPS = (
    "Terdaftar di ",
    "12 tugas terbuka",
    "dimatikan",
    "Kunjungan dimulai dari tugas",
    "jawaban tersimpan di brankas HP",
    "Diselesaikan tanpa jaringan",
    "menyala lagi",
    "Kantor menerima foto",
    "10 tugas terbuka",
    "2 kunjungan menunggu",
    "Kunjungan disetujui di kantor",
    "Kunjungan P01-",
)


def test_every_step_is_told_in_its_order(played: tuple[Path, str]) -> None:
    at = 0
    for step in STEPS:
        found = played[1].find(step, at)
        assert found >= 0, step
        at = found


def test_each_photo_has_its_hash_and_the_offices_receipt(played: tuple[Path, str]) -> None:
    taken = set(re.findall(r"^(?:Foto .*|Tanda tangan): ([0-9a-f]{16})", played[1], re.MULTILINE))
    received = set(re.findall(r"menerima foto ([0-9a-f]{16})", played[1]))
    assert len(taken) >= 3
    assert taken == received


def test_the_decision_is_seen_on_the_phone(played: tuple[Path, str]) -> None:
    lines = [line for line in played[1].splitlines() if line.startswith("Kunjungan P01-")]
    assert [line.rpartition(": ")[2] for line in lines] == ["Diterima.", "Disetujui."]


def test_one_photo_of_the_day_looks_like_another_and_the_office_finds_it(
    played: tuple[Path, str], tmp_path: Path
) -> None:
    deps = open_office(copied(played[0], tmp_path), None)
    assert isinstance(deps, Deps)
    build_site(deps).likenesses.catch_up(60)
    wanted = QueueFilter(sign="foto_mirip")
    found = deps.engine.read(
        lambda tx: page_store.visit_ids(tx, wanted, author=None, desa=None, limit=10, offset=0)
    )
    close_office(deps)
    assert len(found) == 1


def test_what_the_day_left_behind_verifies(played: tuple[Path, str]) -> None:
    checked = verify(played[0] / "office")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_one_changed_byte_anywhere_is_found(played: tuple[Path, str], tmp_path: Path) -> None:
    rng = random.Random(7)
    office = copied(played[0], tmp_path)
    files = sorted(path for path in office.rglob("*") if path.is_file() and path.stat().st_size)
    assert any("blobs" in path.parts for path in files)
    for path in {files[0], files[-1], office / "office.db"}:
        whole = path.read_bytes()
        at = rng.randrange(len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        found = verify(office)
        path.write_bytes(whole)
        assert found.returncode != 0, f"byte {at} of {path.name}"
    assert verify(office).returncode == 0


def test_no_name_or_number_can_be_read_without_a_key(played: tuple[Path, str]) -> None:
    rng = random.Random(SEED)
    wilayah = load_wilayah()
    staff = people(rng, wilayah)
    warga = list(Maker(rng, wilayah, datetime.now(UTC).date(), 0).warga())
    secrets = {patch.new["nama"] for patch in warga if " " in patch.new["nama"]}
    secrets |= {person.nama for person in staff} | {DEMO_KECAMATAN} | {"bpnt_kpm"}
    for path in (*(played[0] / "office").rglob("*"), *(played[0] / "phone").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            readable = [secret for secret in secrets if secret.encode() in data]
            assert not readable, path.name


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "penting.txt").write_text("jangan dihapus")
    refused = run("server", "demo", "--dir", str(tmp_path), "--once")
    assert refused.returncode == 2
    assert (tmp_path / "penting.txt").read_text() == "jangan dihapus"
