"""What changes at the office while a hand-over file, or the answer to it, is carried through the land.

Rule: a file is received as a sync would be when it arrives; an answer is of the day on which it was written.
"""

import io
from pathlib import Path

from field_app.phone import Phone
from field_app.views import AnswerRead, HandedOver, Refused
from server.services.handover import Taken, Written
from sync.change import Patch
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.test_kept_meanwhile import ELSEWHERE, officer
from tests.faults.world import World, pending, sync, visit, words
from tests.server.conftest import DESA

HERE, THERE, LATER = record_id(81), record_id(80), record_id(82)


def answered(world: World, phone: Phone, name: str) -> Path:
    path = world.folder / name
    with world.hand() as deps, path.open("wb") as out:
        assert isinstance(deps.handovers.answer(phone.owner.device, None, out), Written)
    return path


def known(phone: Phone) -> set[str]:
    return {hit.id for hit in phone.visits.search("Warga")}


def test_an_area_that_changes_while_the_files_travel_costs_no_work_and_no_warga(regency: Make) -> None:
    """Row 48. Moved away while her file travels, and moved back while the answer does."""
    world = regency()
    phone = world.phone()
    own = world.beats[0].warga
    there = {"nama": "Warga Sana", "kode_desa": ELSEWHERE, "layanan": ["bpnt"]}
    here = {**there, "kode_desa": DESA}
    world.act(
        Patch(record=THERE, kind="warga", base={}, new=there),
        Patch(record=HERE, kind="warga", base={}, new=here),
    )
    sync(phone)
    assert known(phone) == {own, HERE}
    done = [visit(phone, world.beats[0], 1, alamat="Dukuh Baru"), visit(phone, HERE, 2)]
    written = phone.handover.write(world.folder)
    assert isinstance(written, HandedOver)

    officer(world, {"wilayah": [DESA]}, wilayah=[ELSEWHERE])
    with world.hand() as deps:
        taken = deps.handovers.take(io.BytesIO(written.path.read_bytes()), deps.office.person)
        assert isinstance(taken, Taken) and taken.problems == ()
    moved = answered(world, phone, "jawaban-1.smb")
    officer(world, {"wilayah": [ELSEWHERE]}, wilayah=[DESA])
    world.act(Patch(record=LATER, kind="warga", base={}, new=here))
    assert isinstance(phone.handover.read(moved), AnswerRead)
    assert known(phone) == {own, THERE}, "as it was on the day of the answer"
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))

    # the next answer to the same file begins in an area that the phone left meanwhile
    back = answered(world, phone, "jawaban-2.smb")
    assert phone.handover.read(back) == Refused(say="lapangan.jawaban.sudah_lama")
    assert known(phone) == {own, THERE}
    assert isinstance(phone.handover.write(world.folder), HandedOver)
    fresh = world.folder / f"sambang-{phone.owner.device[:8]}-0002.smb"
    with world.hand() as deps:
        assert isinstance(deps.handovers.take(io.BytesIO(fresh.read_bytes()), deps.office.person), Taken)
    assert isinstance(phone.handover.read(answered(world, phone, "jawaban-3.smb")), AnswerRead)
    assert known(phone) == {own, HERE, LATER}
    assert phone.handover.read(moved) == Refused(say="lapangan.jawaban.sudah_lama")
    sync(phone)
    assert known(phone) == {own, HERE, LATER}
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])
