"""A page of the office's database that is no longer what was written, in an office that was closed in order.

Rule: who needs it is told that the disk is at fault, others are served; a copy and the phones bring it back.
"""

import pytest

from server.__main__ import main
from server.compose import DATABASE
from tests.faults.conftest import Make
from tests.faults.test_key_file_away import Kept, csrf
from tests.faults.world import TEXT, World, pending, sync, until, visit, words

PAGE_BYTES = 4096
UNUSABLE, NOT_IN_ORDER = 3, 1


def break_page(world: World, table: str) -> None:
    """Change one byte of the page that a small table lies in."""
    [(page,)] = world.rows("SELECT rootpage FROM sqlite_master WHERE name = :table", table=table)
    with world.hand():
        pass  # closed in order: there is no log
    assert [path.name for path in world.office.glob(f"{DATABASE}*")] == [DATABASE]
    with (world.office / DATABASE).open("r+b") as file:
        file.seek((page - 1) * PAGE_BYTES + PAGE_BYTES // 2)
        [byte] = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("table", ["migrations", "kabupaten", "sqlite_autoindex_restores_1"])
def test_a_command_that_needs_a_broken_page_says_so_and_what_helps(
    regency: Make, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    """Row 69. Pages that are read when the office is opened, and one that only this command needs."""
    world = regency(served=False)
    break_page(world, table)
    assert main(["user", "--list", "--data", str(world.office)]) == UNUSABLE
    said = capsys.readouterr().err
    assert "rusak sebagian" in said and "server verify" in said and "server restore" in said
    assert main(["verify", "--data", str(world.office)]) == NOT_IN_ORDER
    assert "Halaman basis data berubah" in capsys.readouterr().err


def test_an_office_with_a_broken_page_serves_what_is_whole_and_its_copy_and_phones_bring_back_the_rest(
    regency: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row 69. The page is one that what comes in is written to; a copy was made before."""
    world = regency()
    kept = Kept(world)
    phone = world.phone()
    sync(phone)
    done = [visit(phone, world.beats[0], 1)]
    sync(phone)
    kabid, admin = (kept.browser(role) for role in ("kabid", "admin"))
    assert kept.copied(admin)
    world.kill()
    break_page(world, "blob_refs")
    world.serve()
    done.append(visit(phone, None, 2))
    for _ in range(2):
        failure = phone.worker.run_once()
        assert failure is not None and failure.say == "masalah.disk_gagal"
        assert (words(phone), pending(phone)) == (["menunggu_kirim", "diterima"], (1, 1))
        page = kabid.get(f"/kunjungan/{done[0].visit}")
        assert page.status_code == 500 and "Disk komputer kantor bermasalah" in page.text
        assert [kabid.get(whole).status_code for whole in ("/", "/perangkat", "/pengguna")] == [200] * 3
    assert admin.post("/cadangan", data={"csrf": csrf(admin.get("/cadangan").text)}).status_code == 303
    until(lambda: TEXT("cadangan.masalah.kantor_rusak") in admin.get("/cadangan").text)
    world.kill()
    world.office.rename(world.folder / "rusak")
    restore = ["restore", "--from", str(kept.usb), "--data", str(world.office), "--key", str(kept.key)]
    assert main(restore) == 0, capsys.readouterr().err
    world.serve()
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])
