"""A phone's folder is carried over to a new phone, as a maker's own program or a root tool does it: the files
come along and the keystore does not.

Rule: she is told what helps, nothing in the folder is lost by trying, and both phones can work.
"""

import shutil
from pathlib import Path

import pytest

from field_app.keys import PinGone
from field_app.views import Refused
from tests.faults.conftest import Make
from tests.faults.world import (
    PIN,
    answer,
    finish,
    pending,
    start,
    sync,
    visit,
    words,
)

FRESH = "710362"
SECRET = "rahasia-perangkat"


def carried(old: Path, new: Path) -> Path:
    """Copy a folder but for the device's secret, which no copy reaches."""
    return Path(shutil.copytree(old, new, ignore=shutil.ignore_patterns(SECRET)))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != SECRET
    }


def test_a_folder_on_a_new_phone_opens_by_the_code_of_the_day_it_joined_and_by_nothing_else(
    regency: Make,
) -> None:
    """Row 92. No PIN uses up a try there; what was not sent and what is under work comes with it."""
    world = regency()
    phone = world.phone_at(world.folder / "hp-0")
    code = world.join(phone).rescue_code
    sync(phone)
    sent = visit(phone, world.beats[0], 1)
    draft = start(phone, None)
    answer(phone, draft.id, nama="Warga Setengah", kode_desa=world.record(world.beats[0].warga)["kode_desa"])
    phone.lock()
    folder = carried(world.folder / "hp-0", world.folder / "hp-baru")
    before = contents(folder)
    new = world.phone_at(folder)
    for pin in (PIN, "111113") * 6:
        assert new.state() == "terkunci" and new.unlock(pin) == PinGone(other_device=True)
    assert new.rescue("AAAA-AAAA-AAAA-AAAA", FRESH) == Refused(say="lapangan.kode_salah")
    assert contents(folder) == before

    assert isinstance(new.rescue(code, FRESH), str)
    assert pending(new) == (1, 1)
    answer(new, draft.id, hasil_kunjungan="terisi_sebagian")
    finish(new, draft.id)
    sync(new)
    assert (words(new), pending(new)) == (["diterima"] * 2, (0, 0))
    old = world.again(world.folder / "hp-0")  # the old one was not thrown away, and is used once more
    later = visit(old, None, 2, nama="Warga Kemudian")
    for one in (old, new, old):
        sync(one)
    assert pending(old) == (0, 0)
    assert [world.versions(one.visit) for one in (sent, later)] == [
        [one.change.hex()] for one in (sent, later)
    ]
    assert (world.lacks(), world.faults()) == ([], [])


def test_who_has_no_code_joins_anew_beside_what_came_over(regency: Make) -> None:
    """Row 92. It stays as it is, and opens later."""
    world = regency()
    phone = world.phone_at(world.folder / "hp-0")
    code = world.join(phone).rescue_code
    sync(phone)
    first = visit(phone, world.beats[0], 1)
    phone.lock()
    folder = carried(world.folder / "hp-0", world.folder / "hp-baru")
    before = contents(folder)
    new = world.phone_at(folder)
    assert new.add_user("baru") is None
    world.join(new)
    sync(new)
    second = visit(new, None, 2, nama="Warga Kemudian")
    sync(new)
    assert contents(folder) == before
    new.choose("")
    assert isinstance(new.rescue(code, FRESH), str)
    sync(new)
    new.choose("petugas-2")
    assert new.unlock(PIN) is None
    assert [world.versions(one.visit) for one in (first, second)] == [
        [one.change.hex()] for one in (first, second)
    ]
    assert (world.lacks(), world.faults()) == ([], [])


@pytest.mark.parametrize("parts", [("vault.db",), ("kunci.json", "kunci.coba")], ids=["vault", "keys"])
def test_half_a_folder_laid_over_a_phone_that_works_is_told_and_left_as_it_is(
    regency: Make, parts: tuple[str, ...]
) -> None:
    """Row 92. An old vault under new keys, or the other way round: put right, it opens as before."""
    world = regency(2)
    other = world.phone(1)
    other.lock()
    phone = world.phone(0)
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    phone.lock()
    folder = world.folder / "hp-0"
    whole = contents(folder)
    for name in parts:
        shutil.copy(world.folder / "hp-1" / name, folder / name)
    laid = contents(folder)
    phone = world.phone_at(folder)
    for _ in range(2):
        outcome = phone.unlock(PIN)
        assert outcome in (Refused(say="lapangan.brankas_rusak"), PinGone(other_device=True))
    assert contents(folder).get("vault.db") == laid["vault.db"]
    for name in parts:
        (folder / name).write_bytes(whole[name])
    phone = world.again(folder)
    sync(phone)
    assert world.versions(done.visit) == [done.change.hex()]
