"""Two things at the same moment: pushes, syncs, commits, decisions. Each by its own connection or process."""

import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import RecordId
from schemas.wire import Applied, SyncResponse
from server.access import Person
from server.accounts import Accounts, Created
from server.passwords import Passwords
from server.services.people import create_user
from sync.chain import head_message
from sync.change import Patch
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.nursery import Nursery
from tests.faults.world import World, pending, sync, visit, words
from tests.server.conftest import DESA
from tests.server.phones import Phone as WirePhone

PASSWORD = "rahasia-untuk-uji"


def together(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do things on threads that all start at one barrier; return what each came to."""
    barrier = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        barrier.wait(30)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result(30) for done in [pool.submit(begin, work) for work in works]]


def test_one_push_on_eight_connections_at_once_happens_once(regency: Make) -> None:
    """Row 4. Each connection is answered as if it had been the only one."""
    world = regency()
    phone = world.wire_phone()
    for number in range(20):
        new = {"nama": f"W{number}", "kode_desa": DESA, "layanan": ["bpnt"]}
        phone.write(Patch(record=record_id(100 + number), kind="warga", base={}, new=new))
    body = encode(phone.quiet_request())

    def push(line: httpx.Client) -> SyncResponse:
        given = line.post("/api/sync", content=body, headers={"authorization": f"Bearer {phone.token}"})
        assert given.status_code == 200, given.text
        return decode(given.content, SyncResponse)

    lines = [world.browser() for _ in range(8)]
    answers = together([lambda line=line: push(line) for line in lines])
    assert all(isinstance(result.outcome, Applied) for result in answers[0].results)
    assert [answer.results for answer in answers] == [answers[0].results] * 8
    assert [answer.known for answer in answers] == [answers[0].known] * 8
    device = phone.device
    for table in ("links", "changes"):
        count = f"SELECT count(*) FROM {table} WHERE device = :device"
        assert world.rows(count, device=device) == [(20,)]
    assert world.faults() == []


def test_a_request_that_the_line_delivers_twice_changes_nothing_the_second_time(regency: Make) -> None:
    """Row 4. The very bytes of a real phone's push, again: same results, nothing added."""
    world = regency()
    phone = world.phone()
    sync(phone)
    asked = len(world.line.requests)
    done = visit(phone, world.beats[0])
    sync(phone)
    push = next(one for one in world.line.requests[asked:] if one.startswith(b"POST /api/sync"))
    before = world.rows("SELECT last_seq FROM kabupaten")
    status, _ = world.line.repeat(push)
    assert status == 200
    assert world.rows("SELECT last_seq FROM kabupaten") == before
    assert world.versions(done.visit) == [done.change.hex()]
    sync(phone)
    assert words(phone) == ["diterima"]


def test_work_added_after_a_lost_answer_goes_with_what_is_sent_again_and_makes_no_branch(
    regency: Make,
) -> None:
    """Row 4. The second push holds the first whole; later the line even delivers the first once more."""
    world = regency()
    phone = world.phone()
    sync(phone)
    asked = len(world.line.requests)
    first = visit(phone, world.beats[0])
    world.line.lose_answer()
    assert phone.worker.run_once() is not None
    second = visit(phone, None)
    sync(phone)
    push = next(one for one in world.line.requests[asked:] if one.startswith(b"POST /api/sync"))
    assert world.line.repeat(push)[0] == 200
    assert world.rows("SELECT count(*) FROM tips WHERE device = :device", device=phone.owner.device) == [(1,)]
    assert [world.versions(one.visit) for one in (first, second)] == [
        [one.change.hex()] for one in (first, second)
    ]
    sync(phone)
    assert (words(phone), world.faults()) == (["diterima"] * 2, [])


def test_syncs_by_hand_and_in_the_background_are_never_two_at_once(regency: Make) -> None:
    """Row 5. As seen on the line: one request at a time, however often she asks while one is held up."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2)
    world.line.most_at_once = 0
    world.line.hold()
    phone.worker.start()
    assert world.line.answer_waits.wait(30)
    hands = [threading.Thread(target=phone.worker.run_once) for _ in range(3)]
    for hand in hands:
        hand.start()
        phone.worker.sync_now()
    world.line.release()
    for hand in hands:
        hand.join(20)
    assert world.line.most_at_once == 1
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert world.lacks() == []


def test_two_programs_on_one_vault_sync_at_once_and_double_nothing(regency: Make, nursery: Nursery) -> None:
    """Row 5. The window syncs while somebody runs `field_app sync` on the same folder."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = [visit(phone, world.beats[0], 1), visit(phone, None, 2, nama="Warga Baru")]
    world.line.most_at_once = 0
    world.line.hold()
    window = threading.Thread(target=phone.worker.run_once)
    window.start()
    assert world.line.answer_waits.wait(30)
    world.line.answer_waits.clear()
    command = nursery.begin("use", world.folder / "perintah", world.folder / "hp-0", "sync")
    assert world.line.answer_waits.wait(30), "the command's first request is on its way too"
    assert world.line.most_at_once == 2
    world.line.release()
    window.join(20)
    assert nursery.wait(command) == 0
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"] * 2, (0, 0))
    assert [world.versions(one.visit) for one in done] == [[one.change.hex()] for one in done]
    assert (world.lacks(), world.faults()) == ([], [])


def test_no_row_appears_behind_a_cursor_while_many_write(regency: Make) -> None:
    """Row 15. One phone pulls without a pause while four push; at the end it lacks nothing that they made."""
    world = regency(5)
    writers = [world.wire_phone(number) for number in range(4)]
    reader = world.wire_phone(4)
    for number, phone in enumerate(writers):
        for step in range(15):
            new = {"nama": f"W{number}.{step}", "kode_desa": DESA, "layanan": ["bpnt"]}
            phone.write(Patch(record=record_id(1000 * number + step), kind="warga", base={}, new=new))
    finished = threading.Event()

    def push(phone: WirePhone) -> None:
        # one change a request, so that commits of several phones fall between the reader's pulls
        whole = phone.quiet_request()
        for entry in phone.store.entries(phone.device, 0, 100):
            request = replace(
                whole,
                links=[entry.raw_link],
                contents=[entry.content or b""],
                signature=phone.key.sign(head_message(entry.hash)),
            )
            assert phone.post("/api/sync", encode(request)).status_code == 200

    def push_all() -> None:
        together([lambda phone=phone: push(phone) for phone in writers])
        finished.set()

    def pull() -> int:
        pulls = 0
        while not finished.is_set():
            reader.sync()
            pulls += 1
        return pulls

    _, pulls = together([push_all, pull])
    assert pulls > 1
    reader.sync()
    fresh = world.wire_phone(4)
    fresh.sync()
    seen = {(row.part, row.id): row.body for row in reader.store.table.values()}
    assert seen == {(row.part, row.id): row.body for row in fresh.store.table.values()}
    assert len(seen) > 60


def test_of_two_officers_who_decide_at_once_one_is_told_to_look_again(regency: Make) -> None:
    """Row 24. Two browsers, one visit, both pages read before either decided."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0])
    sync(phone)
    browsers = [officer(world, number) for number in (1, 2)]
    forms = [_decision(browser, done.visit) for browser in browsers]

    def press(number: int) -> httpx.Response:
        word = ("setujui", "kembalikan")[number]
        form = {**forms[number], "keputusan": word, "catatan": "Perbaiki fotonya"}
        return browsers[number].post(f"/kunjungan/{done.visit}/keputusan", data=form)

    answers = together([lambda: press(0), lambda: press(1)])
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    won = [answer.status_code for answer in answers].index(303)
    assert world.record(done.visit)["state"] == ("disetujui", "dikembalikan")[won]
    # and again from a tab that was left open
    late = browsers[1 - won].post(
        f"/kunjungan/{done.visit}/keputusan", data={**forms[1 - won], "keputusan": "tolak", "catatan": "x"}
    )
    assert late.status_code == 409
    assert world.rows("SELECT count(*) FROM decisions") == [(1,)]
    sync(phone)
    assert words(phone) == [("disetujui", "dikembalikan")[won]]
    assert world.faults() == []


def officer(world: World, number: int) -> httpx.Client:
    """A verifikator with an account, logged in with a browser of their own."""
    with world.hand() as deps:
        words_ = Passwords(deps.randomness, memory_kib=64)
        accounts = Accounts(deps.engine, words_, now_ms=deps.now_ms, randomness=deps.randomness)
        person = Person(
            id=record_id(950 + number),  # type: ignore[arg-type]
            nama=f"Verifikator {number}",
            kode=f"V{number}",
            roles=("verifikator",),
            areas=(),
            services=("bpnt",),
        )
        made = create_user(
            accounts,
            deps.office,
            author=deps.office.person,
            person=person,
            username=f"verifikator{number}",
            password=PASSWORD,
        )
        assert isinstance(made, Created)
    browser = world.browser()
    form = {"csrf": _hidden(browser.get("/masuk"), "csrf"), "nama": f"verifikator{number}", "sandi": PASSWORD}
    assert browser.post("/masuk", data=form).status_code == 303
    return browser


def _decision(browser: httpx.Client, visit: RecordId) -> dict[str, str]:
    page = browser.get(f"/kunjungan/{visit}")
    return {name: _hidden(page, name) for name in ("csrf", "dilihat")}


def _hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([0-9a-f]+)"', page.text)
    assert found is not None, page.text[:300]
    return found[1]
