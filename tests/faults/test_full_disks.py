"""No space left, on a small disk of its own: the phone's, then the office's.

Rule: what was said to be kept is there, what was not says so, and with room again all goes on.
"""

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from field_app.views import Finalised, Refused
from sync.change import Patch
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.world import (
    FORM,
    PIN,
    PLACE,
    answer,
    make_phone,
    pending,
    picture,
    start,
    sync,
    visit,
    words,
)
from tests.server.conftest import DESA
from tests.small_disk import Disk, fill, small_disks

FULL = "lapangan.penyimpanan_penuh"
NAMES = 12
"""Files that may still be made on a disk with room for them."""


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disks() as move:
        yield move


def fill_names(folder: Path) -> list[Path]:
    """Make files until no further one can be made; return them."""
    made: list[Path] = []
    while True:
        try:
            (folder / f"isi-{len(made)}").touch()
        except OSError as error:
            assert error.errno == errno.ENOSPC and made
            return made
        made.append(folder / f"isi-{len(made)}")


def test_a_full_phone_keeps_what_it_said_it_kept_and_goes_on_with_room(regency: Make, disk: Disk) -> None:
    """Row 26. Photos and answers are refused in plain words, whole; the draft stays as it was."""
    world = regency()
    phone = world.phone()
    sync(phone)
    draft = start(phone, world.beats[0]).id
    answer(phone, draft, hasil_kunjungan="terisi_sebagian", alamat="Dukuh Lama")
    phone.lock()
    folder = disk(world.folder / "hp-0", 1800)
    ballast = fill(folder, leave_kb=300)
    phone = world.again(folder)
    kept: list[str] = []
    for seed in range(60):
        shot = phone.visits.add_photo(draft, FORM, "foto_rumah_depan", picture(seed), PLACE)
        if isinstance(shot, Refused):
            assert shot.say == FULL
            break
        kept.append(shot.blob)
    assert kept and isinstance(shot, Refused)
    typed = ""
    for number in range(200):
        said = phone.visits.save(draft, FORM, "catatan", f"{number} " + "x" * 1400)
        if isinstance(said, Refused):
            assert said.say == FULL
            break
        typed = f"{number} "
    assert isinstance(said, Refused), "the disk was never full"
    view = phone.visits.draft(draft)
    assert view.forms[FORM].answers["alamat"] == "Dukuh Lama"
    assert view.forms[FORM].answers.get("catatan", "").startswith(typed)
    assert [photo.blob for photo in view.photos] == kept

    phone.lock()
    phone = world.phone_at(folder)
    ballast.unlink()
    assert phone.unlock(PIN) is None
    assert [photo.blob for photo in phone.visits.draft(draft).photos] == kept
    assert all(phone.visits.photo_bytes(blob) for blob in kept)  # type: ignore[arg-type]
    done = phone.visits.finalise(draft)
    assert isinstance(done, Finalised)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_phone_too_full_for_a_page_says_so_and_counts_nothing_as_fetched(regency: Make, disk: Disk) -> None:
    """Row 26. The page that does not fit is not stored in part, and her own work was sent all the same."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0])
    last = phone.worker.status().last_ms
    phone.lock()
    new = {"kode_desa": DESA, "layanan": ["bpnt"], "alamat": "x" * 200}
    world.act(
        *(
            Patch(record=record_id(3000 + n), kind="warga", base={}, new={**new, "nama": f"W{n}"})
            for n in range(1500)
        )
    )
    folder = disk(world.folder / "hp-0", 260)
    phone = world.again(folder)
    failure = phone.worker.run_once()
    assert failure is not None and failure.say == FULL
    status = phone.worker.status()
    assert (status.state, status.problem, status.last_ms) == ("gagal", FULL, last)
    assert (phone.visits.count_subjects(), words(phone)) == (1, ["menunggu_kirim"])
    assert world.versions(done.visit) == [done.change.hex()], "it had been pushed in the same message"
    phone.lock()
    roomy = world.folder / "hp-lega"
    shutil.copytree(folder, roomy)
    phone = world.again(roomy)
    sync(phone)
    assert (phone.visits.count_subjects(), words(phone)) == (1501, ["diterima"])


def test_a_phone_that_is_full_before_it_is_opened_says_so_and_opens_with_room(
    regency: Make, disk: Disk
) -> None:
    """Row 26. Not even a try of the PIN can be counted: it is not made, and nothing is broken."""
    world = regency()
    phone = world.phone()
    sync(phone)
    visit(phone, world.beats[0], 1)
    phone.lock()
    folder = disk(world.folder / "hp-0", 400)
    ballast = fill(folder)
    phone = make_phone(folder)
    outcome = phone.unlock(PIN)
    assert isinstance(outcome, Refused) and outcome.say == FULL
    ballast.unlink()
    phone = world.again(folder)
    assert words(phone) == ["menunggu_kirim"]
    sync(phone)
    assert words(phone) == ["diterima"]


def test_a_full_office_refuses_with_a_word_of_its_own_and_takes_all_with_room(
    regency: Make, disk: Disk
) -> None:
    """Row 26. Pushes and photos are refused as 507; nothing is half there; phones keep and say why."""
    world = regency(2)
    phones = [world.phone(number) for number in range(2)]
    for phone in phones:
        sync(phone)
    world.kill()
    disk(world.office, 900)
    world.serve()
    small = visit(phones[0], world.beats[0], 1)
    sync(phones[0])
    ballast = fill(world.office)
    big = visit(phones[1], world.beats[1], 2, 3, 4, catatan="y" * 1500)
    failure = phones[1].worker.run_once()
    assert failure is not None and (failure.status, failure.say) == (507, "masalah.penyimpanan_penuh")
    status = phones[1].worker.status()
    assert (status.state, status.problem) == ("gagal", "masalah.penyimpanan_penuh")
    assert (words(phones[1]), pending(phones[1])) == (["menunggu_kirim"], (1, 3))
    assert words(phones[0]) == ["diterima"], "who has nothing to send is served"
    assert phones[0].worker.run_once() is None

    # room for the records and not for the photos
    ballast.unlink()
    ballast = fill(world.office, leave_kb=100)
    assert phones[1].worker.run_once() is not None
    ballast.unlink()
    sync(phones[1])
    assert (words(phones[1]), pending(phones[1])) == (["diterima"], (0, 0))
    assert [len(world.versions(one.visit)) for one in (small, big)] == [1, 1]
    assert (world.lacks(), world.faults()) == ([], [])
    assert "Traceback" not in world.said()


def test_where_no_file_can_be_made_any_more_is_told_as_full_and_all_is_taken_with_room(
    regency: Make, disk: Disk
) -> None:
    """Row 50. There is room on both disks, and no name is left for it (inodes)."""
    world = regency()
    phone = world.phone()
    sync(phone)
    world.kill()
    disk(world.office, 20_000, NAMES)
    world.serve()
    names = fill_names(world.office)
    done = visit(phone, world.beats[0], 1, 2)
    failure = phone.worker.run_once()
    assert failure is not None and (failure.status, failure.say) == (507, "masalah.penyimpanan_penuh")
    assert (words(phone), pending(phone)) == (["terkirim"], (0, 2)), "the visit needed no file of its own"
    assert world.versions(done.visit) == [done.change.hex()]
    for name in names:
        name.unlink()
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))

    phone.lock()
    folder = disk(world.folder / "hp-0", 20_000, NAMES)
    names = fill_names(folder)
    outcome = make_phone(folder).unlock(PIN)
    assert isinstance(outcome, Refused) and outcome.say == FULL
    for name in names:
        name.unlink()
    phone = world.again(folder)
    fill_names(folder)
    visit(phone, world.beats[0].warga, 3)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert (world.lacks(), world.faults()) == ([], [])
    assert "Traceback" not in world.said()
