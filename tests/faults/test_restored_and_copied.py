"""Folders that are copied, put back, emptied: the office's and the phone's, each as a person would do it."""

import shutil

from schemas.ids import RecordId
from schemas.wire import Cursor, SyncResponse
from server.keys import default_path
from server.phone_list import phones_path
from sync.change import Patch
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.world import (
    World,
    answer,
    finish,
    pending,
    photograph,
    start,
    sync,
    visit,
    words,
)
from tests.server.conftest import DESA


def branches(world: World) -> int:
    """How many ends the chains of phones have at the office, beyond one for each."""
    return world.rows("SELECT count(*) - count(DISTINCT device) FROM tips")[0][0]


def test_a_restored_server_is_sent_again_what_it_lost(regency: Make) -> None:
    """Row 1. The phones had their acknowledgement; the copy that is put back is older."""
    world = regency(2)
    early, late = world.phone(0), world.phone(1)
    sync(early)
    first = visit(early, world.beats[0], 1)
    for phone in (early, late):
        sync(phone)
    older = world.copy("jumat")
    lost = [visit(early, None, 2, nama="Warga Baru"), visit(late, world.beats[1], 3, 4)]
    for phone in (early, late):
        sync(phone)
    assert [words(phone)[0] for phone in (early, late)] == ["diterima"] * 2

    world.kill()
    world.put_back(older)
    world.serve()
    assert [world.versions(one.visit) for one in lost] == [[], []]
    for phone in (early, late):
        sync(phone)
        assert pending(phone) == (0, 0)
    assert [world.versions(one.visit) for one in (first, *lost)] == [
        [one.change.hex()] for one in (first, *lost)
    ]
    assert (world.lacks(), branches(world), world.faults()) == ([], 0, [])


def test_a_phone_keeps_all_its_work_when_the_restored_server_lacks_it(regency: Make) -> None:
    """Row 2. What the office lacks now is missing there, not deleted here: visits, photos, drafts."""
    world = regency()
    older = world.copy("jumat")
    phone = world.phone(time=None)
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    draft = start(phone, None)
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", nama="Warga Setengah")
    kept = photograph(phone, draft.id, 2)
    sync(phone)
    world.act(Patch(record=record_id(77), kind="warga", base={}, new=_warga("Warga Kemudian")))
    sync(phone)
    assert phone.visits.search("Kemudian")

    # put back without this phone, and the list of phones is gone too: what stands in the copy is all there is
    world.kill()
    world.put_back(older)
    phones_path(default_path(world.office)).unlink()
    world.serve()
    failure = phone.worker.run_once()
    assert failure is not None and failure.say == "masalah.perangkat_tidak_dikenal"
    assert words(phone) == ["diterima"], "the office's last word, as it was said"
    view = phone.visits.draft(draft.id)
    assert view.forms["bpnt_kpm"].answers["nama"] == "Warga Setengah"
    assert phone.visits.photo_bytes(kept)
    assert phone.visits.search("Kemudian"), "nothing is taken away by an office that knows nothing"
    finish(phone, draft.id)
    assert pending(phone) == (1, 1)
    assert done.visit in {card.visit for card in phone.visits.home().sent}


def test_rows_go_and_own_work_stays_after_a_restore(regency: Make) -> None:
    """Row 2. State is the office's: a row that it lost leaves the phone; a visit of one's own never does."""
    world = regency()
    phone = world.phone()
    sync(phone)
    older = world.copy("jumat")
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    world.act(Patch(record=record_id(77), kind="warga", base={}, new=_warga("Warga Kemudian")))
    sync(phone)
    world.kill()
    world.put_back(older)
    world.serve()
    sync(phone)
    sync(phone)
    assert phone.visits.search("Kemudian") == ()
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]


def test_a_server_that_comes_back_empty_is_filled_again_by_its_phones(regency: Make) -> None:
    """Row 3. Of all the work nothing is left at the office but who its phones are."""
    world = regency(2)
    phones = [world.phone(number) for number in range(2)]
    for phone in phones:
        sync(phone)
    empty = world.copy("kosong")
    done = [visit(phone, world.beats[number], number) for number, phone in enumerate(phones)]
    for phone in phones:
        sync(phone)
    done += [visit(phones[0], None, 7, nama="Warga Baru")]
    sync(phones[0])
    world.kill()
    world.put_back(empty)
    world.serve()
    assert world.rows("SELECT count(*) FROM blobs") == [(0,)]
    for phone in phones:
        sync(phone)
        sync(phone)
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])


def test_another_office_at_the_address_gets_nothing_and_takes_nothing(regency: Make) -> None:
    """Row 3. An office that was made anew knows no phone: the phone keeps all until its own is back."""
    world, other = regency(), regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    own = world.line.office
    world.line.office = other.line.office
    world.line.hang_up()
    assert phone.worker.run_once() is not None
    assert (words(phone), pending(phone)) == (["menunggu_kirim"], (1, 1))
    assert other.rows("SELECT count(*) FROM blob_refs") == [(0,)]
    world.line.office = own
    world.line.hang_up()
    sync(phone)
    assert world.versions(done.visit) == [done.change.hex()]


def test_numbers_given_out_again_after_a_restore_hide_nothing_from_a_phone_that_saw_the_old_ones(
    regency: Make,
) -> None:
    """Row 16. The same seq means something else in the history that went on from the copy."""
    world = regency()
    phone, bare = world.phone(), world.wire_phone()
    sync(phone)
    older = world.copy("jumat")
    world.act(Patch(record=record_id(70), kind="warga", base={}, new=_warga("Warga Hilang")))
    sync(phone)
    bare.sync()
    (reached,) = world.rows("SELECT last_seq FROM kabupaten")
    world.kill()
    world.put_back(older)
    world.act(Patch(record=record_id(71), kind="warga", base={}, new=_warga("Warga Pengganti")))
    assert world.rows("SELECT last_seq FROM kabupaten") == [reached], "the number is used again"
    world.serve()
    told = bare.call("/api/sync", bare.quiet_request(), SyncResponse)
    assert told.start == Cursor(), "known by the commit's tag at once, not by what does not fit later"
    sync(phone)
    assert [hit.nama for hit in phone.visits.search("Warga")] == ["Warga 0", "Warga Pengganti"]


def test_a_phone_put_back_from_a_backup_goes_on_as_a_branch_and_loses_neither_side(regency: Make) -> None:
    """Row 23. The office holds more of this phone's chain than the phone itself."""
    world = regency()
    phone = world.phone()
    sync(phone)
    first = visit(phone, world.beats[0], 1)
    sync(phone)
    phone.lock()
    folder, backup = world.folder / "hp-0", world.folder / "cadangan-hp"
    shutil.copytree(folder, backup)
    phone = world.again(folder)
    second = visit(phone, None, 2, nama="Warga Dua")
    sync(phone)
    phone.lock()

    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    phone = world.again(folder)
    third = visit(phone, None, 3, nama="Warga Tiga")
    sync(phone)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    held = [world.versions(one.visit) for one in (first, second, third)]
    assert held == [[one.change.hex()] for one in (first, second, third)]
    assert (branches(world), world.lacks(), world.faults()) == (1, [], [])


def test_two_phones_from_one_copy_both_hand_over_everything_and_come_to_rest(regency: Make) -> None:
    """Row 23. A cloned phone: one key, two chains that share their beginning, syncing in turn."""
    world = regency()
    phone = world.phone()
    sync(phone)
    visit(phone, world.beats[0], 1)
    phone.lock()
    folder = world.folder / "hp-0"
    shutil.copytree(folder, world.folder / "kembaran")
    pair = [world.again(folder), world.again(world.folder / "kembaran")]
    done = [
        visit(one, None, 10 * round_ + number, nama=f"Warga {round_}{number}")
        for round_ in (1, 2)
        for number, one in enumerate(pair)
        if one.worker.run_once() is None
    ]
    for one in pair * 2:
        sync(one)
    assert len(done) == 4 and [world.versions(one.visit) for one in done] == [[d.change.hex()] for d in done]
    assert [(words(one), pending(one)) for one in pair] == [(["diterima"] * 3, (0, 0))] * 2
    for one in pair:
        asked = len(world.line.requests)
        sync(one)
        assert len(world.line.requests) - asked == 1, "a quiet sync is one round, for each of the two"
    assert (branches(world), world.lacks(), world.faults()) == (1, [], [])


def test_a_folder_without_its_key_file_is_not_taken_over_by_the_next_to_join(regency: Make) -> None:
    """Row 23. Half a restore: the vault is back and its key is not; whoever joins there leaves it whole."""
    world = regency(2)
    phone = world.phone(0)
    sync(phone)
    mine = visit(phone, world.beats[0], 1)
    phone.lock()
    folder = world.folder / "hp-0"
    for name in ("kunci.json", "kunci.coba"):
        (folder / name).rename(world.folder / f"terselip-{name}")
    other = world.phone_at(folder)
    world.join(other, 1)
    sync(other)
    theirs = visit(other, world.beats[1], 2)
    sync(other)
    assert world.versions(mine.visit) == []
    assert world.record(RecordId(theirs.visit))["petugas"] == world.beats[1].person
    other.lock()

    found = world.folder / "hp-ditemukan"
    found.mkdir()
    shutil.copy(folder / "rahasia-perangkat", found)
    for name in ("kunci.json", "kunci.coba"):
        shutil.copy(world.folder / f"terselip-{name}", found / name)
    for part in folder.glob("vault.db.lama-1*"):
        shutil.copy(part, found / part.name.replace(".lama-1", ""))
    phone = world.again(found)
    sync(phone)
    assert world.record(RecordId(mine.visit))["petugas"] == world.beats[0].person
    assert (world.lacks(), world.faults()) == ([], [])


def _warga(nama: str) -> dict[str, object]:
    return {"nama": nama, "kode_desa": DESA, "layanan": ["bpnt"]}
