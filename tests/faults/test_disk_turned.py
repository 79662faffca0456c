"""The phone's storage turns read-only in the midst of work, as a worn-out card does.

Rule: what was said to be kept is there, what was not says so, and once it can be written again all goes on.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from field_app.views import AnswerRead, HandedOver, Refused
from server.services.handover import Taken, Written
from tests.faults.conftest import Make
from tests.faults.world import (
    FORM,
    PIN,
    PLACE,
    answer,
    finish,
    pending,
    picture,
    start,
    sync,
    visit,
    words,
)
from tests.server.conftest import DESA

BROKEN = "lapangan.penyimpanan_rusak"


class Card:
    """A folder on an ext4 of its own, which goes read-only as soon as the kernel finds a fault in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._image = folder, folder.with_name(folder.name + ".img")
        aside = folder.with_name(folder.name + "-asal")
        folder.rename(aside)
        folder.mkdir()
        with self._image.open("wb") as image:
            image.truncate(24 << 20)
        try:
            self._run("mkfs.ext4", "-q", str(self._image))
            self._run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(folder))
            device = self._run("findmnt", "-no", "SOURCE", str(folder)).strip()
            self._fault = Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error")
            if not self._fault.exists():
                raise OSError("this kernel has no faults to order")
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            pytest.skip(f"a small disk of ext4 can be made by root only: {error}")
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        subprocess.run(["sync", "-f", str(folder)], check=True)

    def turn(self) -> None:
        self._fault.write_text("worn out", "utf-8")

    def mend(self) -> None:
        """Do as a restart of the phone does; nothing in the folder may be open."""
        self._run("umount", str(self.folder))
        subprocess.run(["fsck.ext4", "-fy", str(self._image)], capture_output=True, check=False)
        self._run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.folder))

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], capture_output=True, check=False)

    def _run(self, *command: str) -> str:
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout


@pytest.fixture
def card() -> Iterator[Callable[[Path], Card]]:
    made: list[Card] = []

    def make(folder: Path) -> Card:
        made.append(Card(folder))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_phone_whose_storage_turns_read_only_says_so_and_goes_on_when_it_can_be_written(
    regency: Make, card: Callable[[Path], Card]
) -> None:
    """Row 46. Answer, photo, new visit, finishing and sync are refused in plain words, and nothing breaks."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    draft = start(phone, None).id
    answer(phone, draft, hasil_kunjungan="terisi_sebagian", nama="Warga Baru", kode_desa=DESA)
    phone.lock()
    disk = card(world.folder / "hp-0")
    phone = world.again(disk.folder)
    answer(phone, draft, catatan="sudah")
    disk.turn()
    refused = Refused(say=BROKEN)
    assert phone.visits.save(draft, FORM, "catatan", "belum") == refused
    assert phone.visits.add_photo(draft, FORM, "foto_rumah_depan", picture(3), PLACE) == refused
    assert phone.visits.start(FORM, None, None) == refused
    assert phone.visits.finalise(draft) == refused
    failure = phone.worker.run_once()
    assert failure is not None and failure.say == BROKEN
    assert (phone.worker.status().state, words(phone), pending(phone)) == (
        "gagal",
        ["menunggu_kirim"],
        (1, 1),
    )
    assert [card.draft for card in phone.visits.home().drafts] == [draft]

    written = phone.handover.write(world.folder)
    assert isinstance(written, HandedOver), "what is on it can still be carried to the office"
    with world.hand() as deps, written.path.open("rb") as file:
        assert isinstance(deps.handovers.take(file, deps.office.person), Taken)
        path = world.folder / "jawaban.smb"
        with path.open("wb") as out:
            assert isinstance(deps.handovers.answer(phone.owner.device, None, out), Written)
    assert phone.handover.read(path) == refused
    assert world.versions(done.visit) == [done.change.hex()]
    phone.lock()
    assert world.phone_at(disk.folder).unlock(PIN) == refused, "and not that anything of hers is broken"

    disk.mend()
    phone = world.again(disk.folder)
    assert phone.visits.draft(draft).forms[FORM].answers["catatan"] == "sudah"
    assert isinstance(phone.handover.read(path), AnswerRead)
    finish(phone, draft)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert (world.lacks(), world.faults()) == ([], [])
