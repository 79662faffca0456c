"""A stick that is pulled out while its file is being used: after it was checked, and before all of it is in.

Rule: what was taken stays whole and does no harm, and the same file finishes it.
"""

import errno
import io
from pathlib import Path

import pytest

from field_app.phone import Phone
from field_app.views import AnswerRead, HandedOver, Refused
from schemas.handover import SIGNATURE_BYTES
from server.deps import Deps
from server.services.handover import Taken, Written
from sync.change import Patch
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.world import World, pending, sync, visit, words
from tests.server.conftest import DESA


class PulledStick(io.BytesIO):
    """A file that is there for one whole reading, and then fails after so many bytes."""

    def __init__(self, data: bytes, after_bytes: int) -> None:
        super().__init__(data)
        self.left: int | None = None
        self._after_bytes = after_bytes

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.left = self._after_bytes
        return super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.left is not None:
            self.left -= len(data)
            if self.left < 0:
                raise OSError(errno.EIO, "pulled out")
        return data


def handed_over(world: World, phone: Phone) -> bytes:
    """What a phone with two visits and their photos writes onto a stick."""
    visit(phone, world.beats[0], 1)
    visit(phone, None, 2, 3, nama="Warga Baru")
    done = phone.handover.write(world.folder)
    assert isinstance(done, HandedOver), done
    return done.path.read_bytes()


def answered(deps: Deps, phone: Phone, path: Path) -> Path:
    with path.open("wb") as out:
        assert isinstance(deps.handovers.answer(phone.owner.device, None, out), Written)
    return path


@pytest.mark.parametrize("part", [0.05, 0.4, 0.7, 0.99])
def test_a_stick_pulled_while_the_office_takes_a_file_in_leaves_whole_things(
    regency: Make, part: float
) -> None:
    """Row 40. The file was whole when it was checked; of what follows only a part can be read."""
    world = regency()
    phone = world.phone()
    sync(phone)
    data = handed_over(world, phone)
    world.kill()
    with world.hand() as deps, pytest.raises(OSError, match="pulled out"):
        deps.handovers.take(PulledStick(data, round(len(data) * part)), deps.office.person)
    assert world.faults() == []
    with world.hand() as deps:
        taken = deps.handovers.take(io.BytesIO(data), deps.office.person)
        assert isinstance(taken, Taken) and taken.problems == ()
        path = answered(deps, phone, world.folder / "jawaban.smb")
    assert isinstance(phone.handover.read(path), AnswerRead)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_stick_pulled_while_the_phone_takes_an_answer_in_leaves_it_as_good_as_before(
    regency: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 40. The answer is cut between its checking and its taking in: its first pages come, and no more."""
    monkeypatch.setattr("sync.server.PAGE_ROWS", 200)
    world = regency()
    phone = world.phone()
    sync(phone)
    new = {"kode_desa": DESA, "layanan": ["bpnt"], "alamat": "x" * 200}
    people = ((record_id(3000 + number), {**new, "nama": f"Kemudian {number}"}) for number in range(800))
    world.act(*(Patch(record=name, kind="warga", base={}, new=values) for name, values in people))
    data = handed_over(world, phone)
    with world.hand() as deps:
        assert isinstance(deps.handovers.take(io.BytesIO(data), deps.office.person), Taken)
        path = answered(deps, phone, world.folder / "jawaban.smb")
    whole, pulled = path.read_bytes(), list[float]()

    def pull(done: float) -> None:
        if round(2 * done * len(whole)) == len(whole) - SIGNATURE_BYTES:  # all of it was read but the end
            pulled.append(done)
            path.write_bytes(whole[: len(whole) // 2] + whole[-SIGNATURE_BYTES:])

    def known() -> int:
        return len(phone.visits.search("Kemudian", limit=1000))

    refused = phone.handover.read(path, pull)
    assert pulled and refused == Refused(say="lapangan.jawaban.tidak_terbaca")
    assert 0 < known() < 800
    path.write_bytes(whole)
    assert isinstance(phone.handover.read(path), AnswerRead)
    assert known() == 800
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    sync(phone)
    assert (world.lacks(), world.faults()) == ([], [])
