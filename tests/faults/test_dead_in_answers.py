"""A phone that dies while it takes the office's answer out of a file, before each of its durable steps.

Rule: it is the phone of before or of a page further, and the same file, or a sync, brings the rest.
"""

import io
import shutil
from itertools import count
from pathlib import Path

import pytest

from field_app.views import AnswerRead, HandedOver
from server.services.handover import Taken, Written
from sync.change import Patch
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.nursery import KILLED, Nursery
from tests.faults.world import pending, sync, visit, words
from tests.server.conftest import DESA

PEOPLE = 50


def test_a_phone_that_dies_while_it_takes_an_answer_in_is_of_before_or_a_page_further(
    regency: Make, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 47. The file is of three pages and a receipt; the phone is killed before each step in turn."""
    monkeypatch.setattr("sync.server.PAGE_ROWS", 20)
    world = regency()
    phone = world.phone()
    sync(phone)
    world.kill()
    new = {"kode_desa": DESA, "layanan": ["bpnt"]}
    people = ((record_id(3000 + number), {**new, "nama": f"Kemudian {number}"}) for number in range(PEOPLE))
    world.act(*(Patch(record=name, kind="warga", base={}, new=values) for name, values in people))
    visit(phone, world.beats[0], 1)
    written = phone.handover.write(world.folder)
    assert isinstance(written, HandedOver)
    path = world.folder / "jawaban.smb"
    with world.hand() as deps, path.open("wb") as out:
        taken = deps.handovers.take(io.BytesIO(written.path.read_bytes()), deps.office.person)
        assert isinstance(taken, Taken)
        assert isinstance(deps.handovers.answer(phone.owner.device, None, out), Written)
    phone.lock()

    before, reached = world.folder / "hp-0", list[tuple[int, int]]()
    for death in count(1):
        folder = Path(shutil.copytree(before, world.folder / f"hp-mati-{death}"))
        ended = nursery.run("use", world.folder / "hp", folder, "answer_file", path, seen=["COMMIT"] * death)
        phone = world.again(folder)
        rows, waiting = len(phone.visits.search("Kemudian", limit=1000)), pending(phone)[1]
        assert waiting or rows == PEOPLE, "receipts are the last that is read"
        reached.append((rows, -waiting))
        assert isinstance(phone.handover.read(path), AnswerRead)
        assert len(phone.visits.search("Kemudian", limit=1000)) == PEOPLE
        assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
        phone.lock()
        if ended == 0:
            break
        assert ended == KILLED
    assert reached == sorted(reached), "no step takes back what one before it brought"
    assert set(reached) == {(0, -1), (20, -1), (40, -1), (PEOPLE, -1), (PEOPLE, 0)}
    world.serve()
    phone = world.again(before)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.lacks(), world.faults()) == ([], [])
