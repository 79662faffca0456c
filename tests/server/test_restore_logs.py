"""What was streamed after a copy: a log gives it back once, and only where it fits."""

import time
from hashlib import sha256

import pytest

from schemas.ids import ChangeId
from schemas.wire import Conflict, Rejected
from server import device_store, handed_store, subject_store
from server.backups.making import Made, make_copy
from server.backups.streaming import Streamer
from server.engine import Writer
from server.handed_store import Handed
from server.services.indexing import Indexing
from server.store import SqlOfficeStore
from sync.change import Decide, Gap, Patch
from sync.intake import Run
from sync.rules import DomainRules
from sync.server import check, push
from tests.contract.people import record_id
from tests.server.backup_office import Quiet, files, medium_at, source_of, spoil
from tests.server.restore_world import (  # noqa: F401 - the fixture `world`
    World,
    phone_tip,
    photo,
    restore_world,
    serving,
    upload,
    warga,
)


def test_what_was_streamed_after_the_copy_comes_back_without_any_phone(world: World) -> None:
    first = world.visit()
    who = world.office.person(77)
    handed = Handed(visit=first, person=who, by=who, note="Tolong", at_ms=1)
    world.deps.engine.write(lambda tx: handed_store.put(tx, handed)).result()
    world.copy()
    world.stream()
    world.decide(first)
    second = world.visit()
    late = world.office.phone(902)
    world.visit(late)
    world.stream()
    made = world.restore("back", world.other)
    assert (made.blobs, made.refused, made.damaged_logs) == (2, 0, 0)
    with world.back("back") as deps:
        world.is_whole(deps, "back")
        assert world.record(deps, second).fields == world.record(world.deps, second).fields
        assert world.record(deps, first).fields == world.record(world.deps, first).fields
        assert (phone_tip(deps, world.phone), phone_tip(deps, late)) == (2, 1)
        ours, theirs = (
            d.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(world.deps.office.device))
            for d in (world.deps, deps)
        )
        assert ours == theirs
        index = "SELECT visit, at_ms, change FROM decisions"
        decided = deps.engine.read(lambda tx: tx.query(index))
        visited = world.record(world.deps, first)
        assert decided == [(first, visited.fields["decided_ms"], visited.head)]
        assert deps.engine.read(lambda tx: handed_store.handed(tx, [first])) == {}, "a decision takes it away"
    with world.back("back") as deps, serving(deps) as address:
        late.http.base_url = address
        late.login()
        assert [len(effects.session.__class__.__name__) > 0 for effects in late.sync()]
        assert late.store.wanted_blobs == []


def test_a_decision_that_was_left_comes_back_with_its_own_hour(world: World) -> None:
    visit = world.visit()
    world.copy()
    world.stream()
    for decision in ("setujui", "biarkan"):
        follows = world.record(world.deps, visit).head
        assert follows is not None
        body = Decide(visit=visit, follows=follows, decision=decision, reasons={}, note="")
        world.deps.office.act(world.office.person(77), body)
        time.sleep(0.002)
        world.stream()
    world.restore("back", world.other)
    with world.back("back") as deps:
        index = "SELECT at_ms FROM decisions ORDER BY at_ms"
        fields = world.record(deps, visit).fields
        assert fields["decided_ms"] < fields["left_ms"]
        told = deps.engine.read(lambda tx: [at_ms for (at_ms,) in tx.query(index)])
        assert told == [fields["decided_ms"], fields["left_ms"]]


def test_what_a_revoked_phone_gave_by_file_waits_for_the_office_again(world: World) -> None:
    deps, device = world.deps, world.phone.device
    world.visit()
    world.copy()
    world.stream()
    deps.devices.revoke(device)
    world.phone.write(warga(703, "Dari HP yang Dicabut", "bpnt"))
    request = world.phone.quiet_request()
    revoked = deps.engine.read(lambda tx: device_store.device(tx, device))
    assert revoked is not None and revoked.revoked_ms is not None
    now_ms = revoked.revoked_ms

    def take(writer: Writer) -> object:
        callers = deps.office.callers(writer)
        run = check(request, callers(device))
        assert isinstance(run, Run)
        rules = DomainRules(deps.forms, deps.workflows)
        store = SqlOfficeStore.writing(writer)
        return push(store, run, caller=callers(device), callers=callers, rules=rules, now_ms=now_ms)

    (result,) = deps.engine.write(take).result()  # type: ignore[misc]
    assert isinstance(result.outcome, Conflict)
    world.stream()
    made = world.restore("back", world.other)
    assert (made.changes, made.refused) == (1, 0)
    with world.back("back") as back:
        outcome = back.engine.read(lambda tx: SqlOfficeStore.reading(tx).changes([result.change]))
        assert outcome[result.change].outcome == result.outcome
        world.is_whole(back, "back")


def test_who_came_before_and_after_the_copy_is_found_in_the_restored_office(world: World) -> None:
    office = world.deps.office
    before = Indexing(world.deps.engine, office.device)
    office.act(office.person, warga(701, "Sutarmi Lama", "bpnt"))
    before.catch_up()
    world.copy()
    world.stream()  # a log begins where the copy ends
    office.act(office.person, warga(702, "Sutarmi Baru", "bpnt"))
    before.catch_up()
    world.stream()
    world.restore("back", world.other)
    with world.back("back") as deps:
        Indexing(deps.engine, deps.office.device).catch_up()
        found = deps.engine.read(lambda tx: subject_store.beginning(tx, "warga", "sutarmi", [1], 9))
        assert {record_id(701), record_id(702)} <= set(found)


def test_a_log_that_is_applied_twice_changes_nothing(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    world.streamer.close()
    world.stream()  # a second log of the same
    world.streamer.close()
    made = world.restore("back", world.other, world.other)
    assert made.changes > 0 and made.refused == 0
    with world.back("back") as deps:
        world.is_whole(deps, "back")
        assert phone_tip(deps, world.phone) == 1


def test_each_log_serves_by_itself_also_those_who_joined_before_it_was_begun(world: World) -> None:
    world.copy()
    world.stream()
    late = world.office.phone(902)
    world.visit(late)
    world.stream()
    world.streamer.close()
    for log in files(world.other.stream):
        log.unlink()
    world.stream()
    made = world.restore("back", world.other)
    assert (made.refused, made.blobs) == (0, 1)
    with world.back("back") as deps:
        assert phone_tip(deps, late) == 1


def test_a_photo_that_came_alone_after_its_visit_is_streamed_too(world: World) -> None:
    world.copy()
    visit = world.visit(sent=False)
    world.stream()
    upload(world.phone, photo(1))
    world.stream()
    assert world.restore("back", world.other).blobs == 1
    with world.back("back") as deps:
        assert deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).wanted(world.phone.device, 9)) == []
        assert world.record(deps, visit).kind == "kunjungan"


def test_another_disk_that_is_named_for_the_stream_gets_a_log_of_its_own(world: World) -> None:
    world.copy()
    world.stream()
    third = medium_at(world.folder / "usb3", world.data, world.deps)
    world.visit()
    world.streamer.step(str(third.path))
    assert world.restore("back", third).blobs == 1


def test_a_torn_end_of_a_log_loses_only_that_end(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    [log] = (world.other.stream).glob("*.log")
    whole = log.stat().st_size
    world.visit()
    world.stream()
    world.streamer.close()
    data = log.read_bytes()
    assert len(data) > whole
    for end in (whole, whole + 1, whole + 20, (whole + len(data)) // 2, len(data) - 1):
        log.write_bytes(data[:end])
        made = world.restore(f"back{end}", world.other)
        assert made.damaged_logs == 0
        with world.back(f"back{end}") as deps:
            assert phone_tip(deps, world.phone) == 1, end
            world.is_whole(deps, f"back{end}")


def test_a_changed_byte_in_a_log_is_noticed_and_nothing_after_it_believed(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    [log] = (world.other.stream).glob("*.log")
    place = log.stat().st_size - 100
    world.visit()
    world.stream()
    world.streamer.close()
    data = log.read_bytes()
    log.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    made = world.restore("back", world.other)
    assert made.damaged_logs == 1
    with world.back("back") as deps:
        assert phone_tip(deps, world.phone) == 0
        world.is_whole(deps, "back")


def test_the_log_of_a_restored_office_continues_the_copy_it_came_from(world: World) -> None:
    world.copy()
    world.restore("one")
    with world.back("one") as deps:
        streamer = Streamer(source_of(deps, world.folder / "one", key=world.key))
        deps.office.act(deps.office.person, warga(5, "Satu"))
        streamer.step(str(world.other.path))
        streamer.close()
    made = world.restore("two", world.other)
    assert made.changes == 1


def test_a_log_of_another_branch_is_not_applied(world: World) -> None:
    world.copy()
    world.visit()
    world.stream()  # begins after the copy, in a history that goes no further
    world.streamer.close()
    world.restore("one")
    with world.back("one") as deps:
        for number in range(20):
            deps.office.act(deps.office.person, warga(number, f"W{number}"))
        copied_again = make_copy(source_of(deps, world.folder / "one", key=world.key), world.usb, 7, Quiet())
        assert isinstance(copied_again, Made)
    made = world.restore("two", world.other)
    assert (made.manifest.number, made.changes) == (2, 0)
    assert [(log.folder, log.is_old) for log in made.passed_logs] == [(str(world.other.path), False)]
    with world.back("two") as deps:
        assert phone_tip(deps, world.phone) == 0


@pytest.mark.parametrize("links", [False, True], ids=["contents", "links"])
@pytest.mark.parametrize("holes", [((1, 2),), ((1, 2), (4, 4))], ids=["one", "two"])
def test_a_gap_that_a_phone_declared_is_streamed_with_what_rests_on_it(
    world: World, holes: tuple[tuple[int, int], ...], links: bool
) -> None:
    world.copy()
    world.stream()
    phone = world.phone
    for number in range(1, 6):
        phone.write(warga(number, f"W{number}", "bpnt"))
    entries = phone.store.entries(phone.device, 0, 9)
    for first, last in holes:
        for entry in entries[first - 1 : last]:  # lost for good, as by a damaged file
            del phone.store.content_table[entry.link.change]
        if links:
            phone.store.lose([entry.hash for entry in entries[first - 1 : last]])
        phone.write(Gap(first=first, last=last))
    phone.sync()
    tip = len(entries) + len(holes)
    assert phone_tip(world.deps, phone) == tip
    world.stream()
    made = world.restore("back", world.other)
    assert made.refused == 0
    with world.back("back") as deps:
        world.is_whole(deps, "back")
        assert phone_tip(deps, phone) == tip
        assert all(world.record(deps, record_id(number)) is not None for number in (3, 5))


def test_what_came_with_something_that_was_refused_and_destroyed_comes_back(world: World) -> None:
    """Of what took no effect nothing is kept in its place, not even which thing it was about."""
    world.copy()
    world.stream()
    refused = world.phone.write(Patch(record=record_id(1), kind="warga", base={}, new={"desil": 1}))
    visit = world.visit()
    assert isinstance(world.phone.store.outcomes[ChangeId(refused)], Rejected)
    world.deps.destruction.destroy(world.deps.office.person, [ChangeId(refused)], [], "BA 7")
    world.stream()
    made = world.restore("back", world.other)
    assert made.refused == 0
    with world.back("back") as deps:
        assert world.record(deps, visit).kind == "kunjungan" and phone_tip(deps, world.phone) == 2
        world.is_whole(deps, "back")


def test_a_photo_that_its_medium_damaged_does_not_come_back_but_is_asked_for(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    (streamed,) = files(world.other.blobs)
    spoil(streamed)
    made = world.restore("back", world.other)
    assert (made.refused, made.blobs) == (0, 0)
    with world.back("back") as deps:
        world.is_whole(deps, "back")
        asked = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).wanted(world.phone.device, 9))
        assert asked == [sha256(photo(1)).hexdigest()]
