"""What arrives in the wrong order, is refused for ever, comes in pieces, or changes while it travels."""

import shutil
import threading
from pathlib import Path

from msgspec.structs import replace

from field_app.phone import Phone
from field_app.vault import open_vault
from schemas.base import decode, encode
from schemas.ids import RecordId
from schemas.wire import Applied, Cursor, Held, Rejected, SyncRequest, SyncResponse
from sync.chain import head_message
from sync.change import Patch
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.line import DOWN
from tests.faults.nursery import KILLED, Nursery
from tests.faults.test_broken_uploads import submit
from tests.faults.world import answer, finish, pending, start, sync, visit, words
from tests.server.conftest import DESA
from tests.server.phones import Phone as WirePhone


def part_of(phone: WirePhone, first: int, last: int) -> SyncRequest:
    """A request that pushes only these places of the phone's chain."""
    entries = phone.store.entries(phone.device, first - 1, last - first + 1)
    return replace(
        phone.quiet_request(),
        links=[entry.raw_link for entry in entries],
        contents=[entry.content or b"" for entry in entries],
        signature=phone.key.sign(head_message(entries[-1].hash)),
    )


def push(phone: WirePhone, request: SyncRequest) -> SyncResponse:
    given = phone.post("/api/sync", encode(request))
    assert given.status_code == 200, given.text
    return decode(given.content, SyncResponse)


def warga(number: int, **fields: object) -> Patch:
    new = {"nama": f"W{number}", "kode_desa": DESA, "layanan": ["bpnt"], **fields}
    return Patch(record=record_id(2000 + number), kind="warga", base={}, new=new)


def test_later_changes_that_arrive_first_wait_for_the_earlier_ones(regency: Make) -> None:
    """Row 7. Kept, not applied, not known; and applied in their order as soon as the gap is filled."""
    world = regency()
    phone = world.wire_phone()
    for number in range(6):
        phone.write(warga(number))
    late = push(phone, part_of(phone, 4, 6))
    assert [type(result.outcome) for result in late.results] == [Held] * 3
    assert late.known == []
    assert world.rows("SELECT count(*) FROM records WHERE kind = 'warga'") == [(1,)]
    phone.sync()
    assert world.rows("SELECT count(*) FROM records WHERE kind = 'warga'") == [(7,)]
    assert world.rows("SELECT waiting FROM changes WHERE waiting <> ''") == []
    assert world.faults() == []


def test_a_correction_that_arrives_before_its_visit_waits_for_it(regency: Make) -> None:
    """Row 7. From another phone of the same officer, which had seen the visit: held, then told of."""
    world = regency()
    first, second = world.wire_phone(), world.wire_phone()
    one = first.write(submit(record_id(50)))
    two = second.write(submit(record_id(50), follows=one))
    (early,) = push(second, part_of(second, 1, 1)).results
    assert isinstance(early.outcome, Held) and early.outcome.waiting == one.hex()
    assert world.versions(record_id(50)) == []
    first.sync()
    assert world.versions(record_id(50)) == [one.hex(), two.hex()]
    (effects,) = second.sync()
    assert isinstance(effects.outcomes[two], Applied)
    assert world.faults() == []


def test_a_change_that_is_always_refused_stops_no_other(regency: Make) -> None:
    """Row 13. On a real phone: the visits before and after it arrive, it is kept on both sides, and quiet."""
    world = regency()
    phone = world.phone()
    sync(phone)
    before = visit(phone, world.beats[0], 1)
    bad = phone.worker._exchange._pen.write(
        Patch(record=RecordId(world.beats[0].person), kind="petugas", base={}, new={"peran": ["kabid"]}), 1
    )
    after = visit(phone, None, 2)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert [len(world.versions(one.visit)) for one in (before, after)] == [1, 1]
    assert world.record(RecordId(world.beats[0].person))["peran"] == ["pendamping"]
    ((raw,),) = world.rows("SELECT raw FROM changes WHERE id = :id", id=bad)
    assert raw, "kept as it came"
    assert isinstance(phone.worker._store.outcomes([bad])[bad], Rejected)
    asked = len(world.line.requests)
    sync(phone)
    assert len(world.line.requests) - asked == 1, "and it is not sent again and again"
    assert world.faults() == []


def held_rows(folder: Path, key: bytes) -> tuple[int, int]:
    """The cursor's seq and the number of rows, as a dead phone left them."""
    vault = open_vault(folder / "vault.db", key)
    with vault.read() as connection:
        found = connection.execute("SELECT packed FROM meta WHERE name = 'cursor'").fetchone()
        (rows,) = connection.execute("SELECT count(*) FROM rows").fetchone()
    vault.close()
    return (decode(found[0], Cursor).seq if found else 0), rows


def key_of(phone: Phone) -> bytes:
    """The vault's key of an open phone, to look into its copies."""
    return phone.worker._vault._key


def test_a_phone_that_dies_while_it_stores_a_page_has_all_of_it_or_nothing(
    regency: Make, nursery: Nursery
) -> None:
    """Rows 14 and 25. Killed before each kind of statement: the cursor never stands beyond its rows."""
    world = regency()
    world.act(*(warga(number) for number in range(12)))
    phone = world.phone()
    key = key_of(phone)
    phone.lock()
    fresh = world.folder / "hp-0"
    shutil.copytree(fresh, world.folder / "whole")
    assert nursery.run("use", world.folder / "said", world.folder / "whole", "sync") == 0
    whole = held_rows(world.folder / "whole", key)
    assert whole[1] == 1 + 13 + 2 and whole[0] > 0
    seen: set[tuple[int, int]] = set()
    deaths = 0
    for word, most in (("", 3), ("INTO rows", 3), ("INTO meta", 7), ("COMMIT", 4)):
        for times in range(1, most):
            deaths += 1
            folder = world.folder / f"mati-{deaths}"
            shutil.copytree(fresh, folder)
            ended = nursery.run("use", world.folder / "said", folder, "sync", seen=[word] * times)
            seen.add(held_rows(folder, key))
            if ended == 0:
                break  # it was through before it came to that word so often
            assert ended == KILLED, (word, times)
    assert seen == {(0, 0), whole}
    phone = world.again(folder)
    sync(phone)
    assert phone.visits.count_subjects() == 13
    phone = world.again(world.folder / "mati-1")
    sync(phone)
    assert phone.visits.count_subjects() == 13


def test_a_first_sync_that_was_cut_is_not_taken_for_complete(regency: Make) -> None:
    """Row 20. Cut within the first page and within the second: it says so, and the next brings the rest."""
    world = regency()
    world.act(*(warga(number) for number in range(2300)))
    phone = world.phone()
    phone.lock()
    fresh = world.folder / "hp-0"
    shutil.copytree(fresh, world.folder / "ukur")
    measure = world.again(world.folder / "ukur")
    begun = world.line.carried[DOWN]
    sync(measure)
    whole = world.line.carried[DOWN] - begun
    assert measure.visits.count_subjects() == 2301

    counts: list[int] = []
    for percent in (30, 92):
        folder = world.folder / f"putus-{percent}"
        shutil.copytree(fresh, folder)
        phone = world.again(folder)
        world.line.cut(DOWN, whole * percent // 100)
        failure = phone.worker.run_once()
        assert failure is not None and failure.kind == "jaringan"
        status = phone.worker.status()
        assert (status.state, status.last_ms, status.problem) == ("gagal", None, failure.say)
        counts.append(phone.visits.count_subjects())
        sync(phone)
        assert phone.visits.count_subjects() == 2301
        assert phone.worker.status().last_ms is not None
    assert counts[0] == 0 and 1000 <= counts[1] < 2301, "a page was stored, and it was not all"


def test_an_edit_right_after_creating_arrives_also_when_a_sync_is_under_way(regency: Make) -> None:
    """Row 21. Somebody new is recorded, and recorded again before, and while, the first is sent."""
    world = regency()
    phone = world.phone()
    sync(phone)
    visit(phone, None, nama="Warga Baru", alamat="Dukuh Satu")
    (card,) = phone.visits.home().sent
    target = card.subjek
    assert target is not None

    def again(alamat: str) -> None:
        draft = start(phone, target)
        answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", alamat=alamat)
        finish(phone, draft.id)

    again("Dukuh Dua")
    world.line.hold()
    going = threading.Thread(target=phone.worker.run_once)
    going.start()
    assert world.line.answer_waits.wait(30)
    again("Dukuh Tiga")
    assert pending(phone)[0] == 3
    world.line.release()
    going.join(20)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 3, (0, 0))
    assert world.record(target)["alamat"] == "Dukuh Tiga"
    assert world.rows("SELECT count(*) FROM konflik") == [(0,)]
    assert world.faults() == []
