"""The office's disk turns read-only in the midst of work: nothing is answered that is not kept."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.conftest import Make
from tests.faults.test_disk_turned import Card, card
from tests.faults.test_key_file_away import Kept, csrf
from tests.faults.world import World, pending, sync, visit, words

__all__ = ["card"]


def test_an_office_whose_disk_turns_read_only_says_so_and_takes_nothing_until_it_can_be_written(
    regency: Make, card: Callable[[Path], Card]
) -> None:
    """Row 57. What was received is shown, what comes then waits on the phone, and is taken after."""
    world = regency()
    kept = Kept(world)
    phone = world.phone()
    sync(phone)
    first = visit(phone, world.beats[0], 1)
    sync(phone)
    world.kill()
    disk = card(world.office)
    world.serve()
    kabid = kept.browser("kabid")
    sync(phone)
    _let_signs_be_looked_for_again(world)
    disk.turn()
    second = visit(phone, None, 2)
    failure = phone.worker.run_once()
    assert failure is not None and failure.say == "masalah.disk_gagal"
    assert (words(phone), pending(phone)) == (["menunggu_kirim", "diterima"], (1, 1))
    assert kabid.get("/").status_code == 200
    page = kabid.get(f"/kunjungan/{first.visit}").text
    form = {
        "csrf": csrf(page),
        "dilihat": first.change.hex(),
        "keputusan": "setujui",
        "catatan": "Sudah cocok dengan berkas desa.",
    }
    refused = kabid.post(f"/kunjungan/{first.visit}/keputusan", data=form)
    assert refused.status_code == 500 and "Disk komputer kantor bermasalah" in refused.text
    assert "mungkin belum tersimpan" in refused.text and "tidak hilang" in refused.text
    queue = kabid.get("/antrean")
    assert queue.status_code == 200 and first.visit in queue.text, "what it holds is read"
    assert "belum diperiksa tandanya" in queue.text
    world.kill()
    disk.mend()
    world.serve()
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert world.versions(second.visit) == [second.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])


def _let_signs_be_looked_for_again(world: World) -> None:
    """Take away what was found at arrival, as a later version's migration does: the queue then looks again,
    while what follows the log by itself has nothing new to look at.
    """
    end_s = time.monotonic() + 20
    while not world.rows("SELECT 1 FROM tanda"):
        assert time.monotonic() < end_s, "nobody examined the visit"
        time.sleep(0.05)
    with world.hand() as deps:
        deps.engine.write(lambda tx: tx.execute("DELETE FROM tanda WHERE kabupaten = :kabupaten")).result()
