"""What the phone says against what the office really holds, after each kind of trouble.

Rule: the phone never says better than it is. The office's side is read from its files.
"""

from collections.abc import Callable

import pytest

from field_app.phone import Phone
from schemas.ids import RecordId
from tests.faults.conftest import Make
from tests.faults.line import DOWN, UP
from tests.faults.world import World, pending, sync, visit, words
from tests.server.conftest import DESA

RECEIVED = frozenset({"diterima", "disetujui", "dikembalikan", "ditolak", "ditahan", "konflik"})


def missing(world: World, phone: Phone) -> tuple[set[RecordId], set[str]]:
    """The visits and photos of this phone that the office does not hold."""
    sent = phone.visits.home().sent + phone.visits.home().returned
    visits = {card.visit for card in sent if card.visit and not world.versions(card.visit)}
    held = {blob for (blob,) in world.rows("SELECT blob FROM blobs")}
    photos = {item.id for item in phone.worker.items() if item.kind == "foto"} - held
    return visits, photos


def must_be_true(world: World, phone: Phone, *, said_well: bool) -> None:
    """Compare every word on the phone with the office."""
    visits, photos = missing(world, phone)
    data_pending, photos_pending = pending(phone)
    assert data_pending >= len(visits), "a visit is not counted as pending, and the office lacks it"
    assert photos_pending >= len(photos), "a photo is not counted as pending, and the office lacks it"
    for card in phone.visits.home().sent:
        assert card.status not in RECEIVED or card.visit not in visits, card.status
    for item in phone.worker.items():
        assert item.kind != "foto" or item.status != "diterima" or item.id not in photos
    status = phone.worker.status()
    if said_well:
        assert (visits, photos) == (set(), set())
        assert (status.state, status.problem) == ("diam", "")
    else:
        assert status.state == "gagal" and status.problem


def away(world: World, phone: Phone) -> None:
    world.kill()


def push_lost(world: World, phone: Phone) -> None:
    world.line.cut(UP, 700)


def answer_lost(world: World, phone: Phone) -> None:
    world.line.lose_answer()


def answer_cut(world: World, phone: Phone) -> None:
    world.line.cut(DOWN, 150)


def photo_cut(world: World, phone: Phone) -> None:
    world.line.die(UP, 9_000)


def receipts_lost(world: World, phone: Phone) -> None:
    world.line.when_up(30_000, lambda: world.line.die(DOWN, 0))


def revoked(world: World, phone: Phone) -> None:
    with world.hand() as deps:
        assert deps.devices.revoke(phone.owner.device)
    world.line.when_up(8_000, lambda: world.line.die(DOWN, 0))


def dies_in_the_push(world: World, phone: Phone) -> None:
    world.kill()
    world.serve("INSERT INTO changes", "COMMIT")


def dies_in_a_photo(world: World, phone: Phone) -> None:
    world.kill()
    world.serve("INSERT INTO blobs", "COMMIT")


TROUBLES = [
    away, push_lost, answer_lost, answer_cut, photo_cut, receipts_lost, revoked,
    dies_in_the_push, dies_in_a_photo,
]  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_what_the_phone_says_holds_at_the_office_after(
    regency: Make, trouble: Callable[[World, Phone], None]
) -> None:
    """Row 27. After the sync that met the trouble, and after the one that got through."""
    world = regency()
    phone = world.phone()
    sync(phone)
    visit(phone, world.beats[0], 1, 2)
    sync(phone)
    for seed in (3, 5):
        visit(phone, None, seed, seed + 1, nama=f"Warga {seed}", kode_desa=DESA)
    assert [len(one) for one in missing(world, phone)] == [2, 4] and pending(phone) == (2, 4)
    trouble(world, phone)
    failure = phone.worker.run_once()
    assert failure is not None, "the trouble did no harm: it is not in the way"
    must_be_true(world, phone, said_well=False)
    world.line.mend()
    if world.line.office is None or trouble in (dies_in_the_push, dies_in_a_photo):
        if world.server:
            world.wait()
        world.serve()
    sync(phone)
    must_be_true(world, phone, said_well=True)
    assert pending(phone) == (0, 0) and world.faults() == []


def test_a_restore_is_noticed_with_the_first_word_also_when_the_line_breaks_after_it(regency: Make) -> None:
    """Row 27. "Received" is taken back as soon as the office says what it holds, before anything is sent."""
    world = regency()
    phone = world.phone()
    sync(phone)
    older = world.copy("jumat")
    for seed in (1, 3):
        visit(phone, None, seed, seed + 1, nama=f"Warga {seed}", kode_desa=DESA)
    sync(phone)
    assert words(phone) == ["diterima"] * 2
    world.kill()
    world.put_back(older)
    world.serve()
    # the first request and its answer pass; the one that sends again is cut
    asked = len(world.line.requests)
    world.line.cut(UP, 1_100)
    assert phone.worker.run_once() is not None
    assert len(world.line.requests) - asked >= 2
    assert (words(phone), pending(phone)) == (["menunggu_kirim"] * 2, (2, 4))
    must_be_true(world, phone, said_well=False)
    sync(phone)
    sync(phone)
    must_be_true(world, phone, said_well=True)


def test_photos_that_wait_for_wifi_are_never_called_received(regency: Make) -> None:
    """Row 27. The sync went well, and says what it left: the visit is sent, its photos are counted."""
    world = regency()
    phone = world.phone()
    sync(phone)
    phone._devices.network._metered = True
    phone.settings.wifi_only = True
    done = visit(phone, world.beats[0], 1, 2)
    sync(phone)
    status = phone.worker.status()
    assert (status.state, status.problem) == ("diam", "lapangan.menunggu_wifi")
    assert (words(phone), pending(phone)) == (["terkirim"], (0, 2))
    assert world.versions(done.visit) and len(world.lacks()) == 2
    phone._devices.network._metered = False
    sync(phone)
    must_be_true(world, phone, said_well=True)
