"""Two workers use one phone in turns, and one hands it over while what she recorded is still on its way.

Rule: what each recorded goes in her own name, and waits for nobody else.
"""

import pytest

from field_app.worker import Worker
from tests.faults.conftest import Make
from tests.faults.test_half_folders import branches
from tests.faults.world import PIN, pending, sync, visit, words

MOMENTS = ("answer", "photo")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_phone_that_is_handed_over_in_the_midst_of_a_sync_mixes_nobodys_work_up(
    regency: Make, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Row 93. The first one's sync hangs; the second works, hands it back, and it hangs still."""
    world = regency(2)
    phone = world.phone(0)
    assert phone.add_user("RW") is None
    world.join(phone, 1)
    sync(phone)
    phone.choose("")
    assert phone.unlock(PIN) is None
    sync(phone)
    done = [visit(phone, world.beats[0], 1, 2)]
    if moment == "photo":
        world.line.when_up(20_000, world.line.hold)
    else:
        world.line.hold()
    monkeypatch.setattr(Worker.close, "__defaults__", (0.1,))
    phone.worker.start()
    assert world.line.answer_waits.wait(30)
    phone.choose("petugas-2")
    assert phone.unlock(PIN) is None
    done.append(visit(phone, world.beats[1], 3))
    phone.choose("")
    assert phone.unlock(PIN) is None
    done.append(visit(phone, None, 4, nama="Warga Kemudian"))
    world.line.release()
    for name in ("", "petugas-2"):
        phone.choose(name)
        assert phone.unlock(PIN) is None
        sync(phone)
        assert (set(words(phone)), pending(phone)) == ({"diterima"}, (0, 0))
    for beat, one in zip((0, 1, 0), done, strict=True):
        assert world.record(one.visit)["petugas"] == world.beats[beat].person
        assert world.versions(one.visit) == [one.change.hex()]
    assert world.rows("SELECT count(*) FROM blobs") == [(4,)]
    assert (branches(world), world.lacks(), world.faults()) == (0, [], [])
