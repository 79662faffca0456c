"""One hand-over file reaches the office by several ways at one moment."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.faults.conftest import Make
from tests.faults.nursery import ROOT
from tests.faults.test_key_file_away import Kept, csrf
from tests.faults.test_pulled_sticks import answered, handed_over
from tests.faults.world import pending, sync, words


def test_a_file_that_is_taken_in_twice_at_one_moment_while_its_phone_syncs_is_there_once(
    regency: Make,
) -> None:
    """Row 79. Two people at the page, a third at a terminal, who is sent to the page."""
    world = regency()
    kept = Kept(world)
    officers = kept.browser("petugas"), kept.browser("kabid")
    phone = world.phone()
    sync(phone)
    data = handed_over(world, phone)
    stick = world.folder / "stik.smb"
    stick.write_bytes(data)

    def take(officer: httpx.Client) -> httpx.Response:
        token = csrf(officer.get("/serah-terima").text)
        parts = [("csrf", (None, token)), ("berkas", (stick.name, data))]
        return officer.post("/serah-terima", files=parts)

    command = [sys.executable, "-m", "server", "handover", "--data", str(world.office), "take", str(stick)]
    with ThreadPoolExecutor(4) as together:
        typed = together.submit(
            subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        shown = [together.submit(take, officer) for officer in officers for _ in range(2)]
        sync(phone)
        assert [each.result().status_code for each in shown] == [200] * 4
        assert typed.result().returncode == 1
        assert typed.result().stderr.startswith("Server kantor sedang berjalan. Buka halaman Serah-terima")
    assert "Traceback" not in world.said()
    assert world.rows("SELECT count(*) FROM handovers") == [(1,)]
    assert world.rows("SELECT count(*) FROM blobs") == [(3,)]
    assert (world.lacks(), world.faults()) == ([], [])
    with world.hand() as deps:
        phone.handover.read(answered(deps, phone, world.folder / "jawaban.smb"))
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
