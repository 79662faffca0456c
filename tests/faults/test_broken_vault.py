"""A page of a phone's vault that is no longer what was written, as on a worn-out card.

Rule: what needs it says so, all else goes on, and nothing that can still be read is lost.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from field_app.phone import Phone
from field_app.vault import StorageFailedError
from field_app.views import Refused
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
from tests.field_app.conftest import SetTime

PAGE_BYTES = 4096
BROKEN = "lapangan.penyimpanan_rusak"


def break_page(vault: Path, number: int) -> None:
    with vault.open("r+b") as file:
        file.seek(number * PAGE_BYTES + PAGE_BYTES // 2)
        [byte] = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


def outcome(step: Callable[[], object]) -> str:
    """Do something; say whether it went well, or that the storage is told to be at fault."""
    try:
        done = step()
    except StorageFailedError:
        return BROKEN
    return done.say if isinstance(done, Refused) else "baik"


def day(phone: Phone, draft: str) -> list[str]:
    """What she does: look, look for somebody, write and photograph, and look at what was sent."""
    visits = phone.visits
    return [
        outcome(visits.home),
        outcome(lambda: visits.search("Warga")),
        outcome(phone.worker.items),
        outcome(lambda: visits.draft(draft)),
        outcome(lambda: visits.save(draft, FORM, "catatan", "x")),
        outcome(lambda: visits.add_photo(draft, FORM, "foto_rumah_depan", picture(9), PLACE)),
    ]


def test_wherever_a_vault_is_broken_what_is_whole_can_be_worked_with(regency: Make) -> None:
    """Row 74. Every fifth page, one at a time; a look that meets it is followed by work that does not."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = [visit(phone, world.beats[0], 1), visit(phone, None, 2)]
    draft = start(phone, None).id
    answer(phone, draft, hasil_kunjungan="terisi_sebagian")
    phone.lock()
    sound, found, spoiled = world.folder / "hp-0", Counter[str](), 0
    for page in range(1, (sound / "vault.db").stat().st_size // PAGE_BYTES, 5):
        folder = Path(shutil.copytree(sound, world.folder / f"hp-{page}"))
        break_page(folder / "vault.db", page)
        worn = make_phone(folder, SetTime())
        opened = worn.unlock(PIN)
        if opened is not None:
            assert isinstance(opened, Refused) and opened.say in (BROKEN, "lapangan.brankas_rusak")
            continue
        told = day(worn, draft)
        assert set(told) <= {"baik", BROKEN}
        found += Counter(told)
        spoiled += BROKEN in told[:-1] and told[told.index(BROKEN) + 1 :].count("baik") == 0
        worn.lock()
    assert found[BROKEN] >= 3 and found["baik"] > 4 * found[BROKEN]
    assert spoiled <= 1, "what met the page did not keep the rest from being read"
    phone = world.again(sound)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
