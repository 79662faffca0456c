"""She locks the phone while a sync is under way.

Rule: what she chose holds until that sync has ended.
"""

import threading

import pytest

from field_app.custody import Custody
from field_app.devices.desktop import DesktopNetwork
from tests.faults.conftest import Make
from tests.faults.world import pending, sync, until, visit, words


def test_photos_that_wait_for_wifi_go_not_over_paid_data_because_she_locks_the_phone(
    regency: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 72. Locking takes a while, and the answer that photos go after comes meanwhile."""
    is_paid, may_close = [True], threading.Event()
    monkeypatch.setattr(DesktopNetwork, "metered", lambda _: is_paid[0])
    world = regency()
    phone = world.phone()
    phone.settings.wifi_only = True
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    monkeypatch.setattr(Custody, "settle", lambda _: may_close.wait(30))
    worker = phone.worker
    world.line.hold()
    worker.start()
    assert world.line.answer_waits.wait(30)
    locking = threading.Thread(target=phone.lock)
    locking.start()
    until(lambda: not phone.settings.wifi_only)  # the window lets go of the vault
    world.line.release()
    until(lambda: worker.status().state == "diam")
    may_close.set()
    locking.join(30)
    phone = world.again(world.folder / "hp-0")
    assert (words(phone), pending(phone)) == (["terkirim"], (0, 1))
    is_paid[0] = False
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.lacks()) == ([done.change.hex()], [])
