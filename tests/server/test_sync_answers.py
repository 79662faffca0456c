"""Who answers a sync: a reader, or the writer in the transaction that took it in. Neither loses a row."""

import asyncio
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import NO_LINK, DeviceId, LinkHash
from schemas.packing import PACKED_TYPE, Packing, Unpacked, load_packing
from schemas.wire import MAX_BODY_BYTES, PROTOCOL, Applied, SyncRequest, SyncResponse, WireTip
from server.api.messages import Wrapping
from server.api.reception import ROWS_A_CHANGE, WRITERS_ROWS, Asked, Reception
from server.engine import Reader, Writer
from server.hearing import Hearing
from sync import server
from sync.chain import link_hash
from sync.change import Patch
from sync.client import Session, receive
from sync.thin_links import fill_results, thin_request
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running

PAGE = 300
"""Rows of a whole page, in a test where the writer may have to read one."""


def new_warga(number: int) -> Patch:
    fields = {"nama": f"Warga {number}", "kode_desa": DESA, "layanan": ["bpnt"]}
    return Patch(record=record_id(number), kind="warga", base={}, new=fields)


def held_up(office: Running) -> Callable[[], None]:
    """Keep the writer busy; return what lets it go on."""
    begun, go = threading.Event(), threading.Event()

    def hold_up(writer: Writer) -> None:
        begun.set()
        assert go.wait(30)

    done = office.deps.engine.write(hold_up)
    assert begun.wait(30)

    def let_go() -> None:
        go.set()
        done.result(30)

    return let_go


def at_once(office: Running, asked: Sequence[tuple[SyncRequest, str]]) -> list[Any]:
    """Let messages wait together where the API has them wait; return answers, and errors as values."""
    reception, let_go = Reception(office.deps), held_up(office)
    plain = Wrapping(media_type=None, encoding=None, packing=load_packing())

    async def ask() -> list[Any]:
        every = [
            asyncio.ensure_future(reception.ask(Asked(body=encode(request), wrapping=plain, token=token)))
            for request, token in asked
        ]
        await asyncio.sleep(0)
        while reception._waiting or reception._is_checking:
            await asyncio.sleep(0.001)
        await asyncio.get_running_loop().run_in_executor(None, let_go)
        answers = await asyncio.gather(*every, return_exceptions=True)
        return [answer[0] if isinstance(answer, tuple) else answer for answer in answers]

    return asyncio.run(ask())


def test_two_phones_in_one_commit_miss_nothing_of_each_other(office: Running) -> None:
    one, two = office.phone(901), office.phone(902)
    for phone in (one, two):
        phone.sync()
    one.write(new_warga(1))
    two.write(new_warga(2))
    asked = [phone.quiet_request() for phone in (one, two)]
    answers = at_once(office, [(asked[0], one.token), (asked[1], two.token)])
    assert all(isinstance(answer, SyncResponse) for answer in answers)
    assert answers[0].cursor.tag == answers[1].cursor.tag, "they were to share a commit"
    for phone, request, answer in zip((one, two), asked, answers, strict=True):
        receive(phone.store, Session(), request, answer)
    for phone in (one, two):
        phone.sync()
        assert {row.id for row in phone.store.table.values()} >= {record_id(1), record_id(2)}
    assert office.faults() == []


class Waits(threading.Event):
    """Ends the first wait there is, and so tells of it."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def test_a_phone_that_pushes_keeps_the_index_waiting_and_a_quiet_one_does_not(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, pushing, quiet = office.phone(901), Waits(), Waits()
    phone.sync()
    long_after_s = time.monotonic() + 10
    monkeypatch.setattr(office.deps.calm, "_elapsed_s", lambda: long_after_s)  # or a busy machine is too slow
    at_once(office, [(phone.quiet_request(), phone.token)])
    office.deps.calm.wait(quiet)
    phone.write(new_warga(1))
    at_once(office, [(phone.quiet_request(), phone.token)])
    office.deps.calm.wait(pushing)
    assert pushing.is_set()
    assert not quiet.is_set()


def breaking_at(real: Any, bad: DeviceId) -> Any:
    """Break a function of the office that is given several requests, where one of a device is among them."""

    def broken(transaction: Any, given: Sequence[Any], most_rows: int) -> Any:
        if bad in [getattr(one, "request", one).device for one in given]:
            raise RuntimeError("broken")
        return real(transaction, given, most_rows)

    return broken


@pytest.mark.parametrize("step", ["look_all", "receive_all"])
def test_one_message_that_breaks_the_office_is_no_harm_to_those_that_wait_with_it(
    office: Running, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    phones = [office.phone(number) for number in (901, 902, 903)]
    for number, phone in enumerate(phones):
        phone.sync()
        phone.write(new_warga(number))
    breaks = breaking_at(getattr(office.deps.office, step), phones[1].device)
    monkeypatch.setattr(office.deps.office, step, breaks)
    answers = at_once(office, [(phone.quiet_request(), phone.token) for phone in phones])
    assert isinstance(answers[1], RuntimeError)
    good = [answers[0], answers[2]]
    assert [type(answer.results[0].outcome) for answer in good] == [Applied, Applied]
    assert good[0].cursor.tag == good[1].cursor.tag
    assert office.faults() == []


def test_each_that_waits_with_others_gets_its_own_refusal(office: Running) -> None:
    one, two = office.phone(901), office.phone(902)
    for phone in (one, two):
        phone.sync()
    one.write(new_warga(1))
    forged = replace(one.quiet_request(), signature=bytes(64))
    asked = [(two.quiet_request(), two.token), (forged, one.token), (two.quiet_request(), "no token"),
             (one.quiet_request(), two.token), (one.quiet_request(), one.token)]  # fmt: skip
    quiet, *refused, pushed = at_once(office, asked)
    assert isinstance(quiet, SyncResponse) and quiet.results == []
    assert [problem.code for problem in refused] == ["tanda_tangan_salah", "perlu_masuk", "perangkat_berbeda"]
    assert isinstance(pushed.results[0].outcome, Applied)


def test_who_is_nobody_any_more_at_a_second_look_pushes_nothing(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look read the push, and broke; by the second its sender has been shut out."""
    pusher, quiet = office.phone(901), office.phone(902)
    for phone in (pusher, quiet):
        phone.sync()
    pusher.write(new_warga(1))
    [before] = office.deps.engine.read(lambda reader: reader.query("SELECT count(*) FROM changes"))

    def shut_out(reader: Reader, tokens: Sequence[str]) -> list[None]:
        return [None] * len(tokens)

    def broken(self: Hearing, request: SyncRequest) -> None:
        monkeypatch.setattr(office.deps.devices, "devices_in", shut_out)
        raise RuntimeError("broken")

    monkeypatch.setattr(Hearing, "quiet", broken)
    asked = [(quiet.quiet_request(), "no token"), (pusher.quiet_request(), pusher.token)]
    asked += [(quiet.quiet_request(), quiet.token)]  # the first is looked at alone, and these together
    given = at_once(office, asked)
    assert [problem.code for problem in given] == ["perlu_masuk"] * 3
    [after] = office.deps.engine.write(lambda tx: tx.query("SELECT count(*) FROM changes")).result()
    assert after == before


def test_a_push_with_many_rows_that_left_is_answered_with_a_whole_page(office: Running) -> None:
    count, phone = WRITERS_ROWS + 20, office.phone()
    numbers, act_all = range(1, count + 1), office.deps.office.act_all
    act_all(office.deps.office.person, [new_warga(number) for number in numbers])
    phone.sync()
    gone = [
        Patch(record=record_id(number), kind="warga", base={}, new={"dihapus": True}) for number in numbers
    ]
    act_all(office.deps.office.person, gone)
    phone.write(new_warga(count + 1))
    [effects] = phone.sync()
    assert (effects.rows, effects.session.quiet) == (1, True)
    assert phone.store.rows([record_id(number) for number in numbers]) == []


def test_a_push_with_many_rows_to_fetch_is_answered_with_a_whole_page(office: Running) -> None:
    count = WRITERS_ROWS + 20
    bodies = [new_warga(number) for number in range(1, count + 1)]
    office.deps.office.act_all(office.deps.office.person, bodies)
    phone = office.phone()
    phone.write(new_warga(count + 1))
    [effects] = phone.sync()
    assert effects.rows >= count + 1
    assert effects.session.quiet


@pytest.mark.parametrize("size", [WRITERS_ROWS, WRITERS_ROWS + 20])
def test_a_push_is_answered_where_it_was_taken_in(
    office: Running, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """No reader reads again what the writer has at hand: all rows of the push, or as many as a page holds."""
    phone = office.phone()
    phone.sync()
    monkeypatch.setattr(office.deps.office, "pull", None)
    for number in range(1, size + 1):
        phone.write(new_warga(number))
    answer = phone.call("/api/sync", phone.quiet_request(), SyncResponse)
    assert (len(answer.results), len(answer.rows), answer.more) == (size, size, False)
    monkeypatch.setattr(server, "PAGE_BYTES", len(answer.rows[0].body) * 3)
    again = phone.call("/api/sync", phone.quiet_request(), SyncResponse)
    assert (len(again.results), len(again.rows), again.more) == (size, 3, True)


@pytest.mark.parametrize(
    ("size", "rows"),
    [
        (WRITERS_ROWS - 40, WRITERS_ROWS),
        (WRITERS_ROWS + 20, ROWS_A_CHANGE * (WRITERS_ROWS + 20)),
        (WRITERS_ROWS + 60, PAGE),
    ],
)
def test_a_push_with_more_rows_to_fetch_than_its_own_is_answered_with_a_whole_page(
    office: Running, monkeypatch: pytest.MonkeyPatch, size: int, rows: int
) -> None:
    """The writer reads so many rows of them, and no more: the others wait for it."""
    there = [new_warga(number) for number in range(1, 2 * size + 1)]
    office.deps.office.act_all(office.deps.office.person, there)
    phone, asked, real = office.phone(), list[int](), office.deps.office.receive_all
    monkeypatch.setattr("server.api.reception.PAGE_ROWS", PAGE)

    def receive_all(writer: Writer, pushes: Sequence[Any], most_rows: int) -> Any:
        asked.append(most_rows)
        return real(writer, pushes, most_rows)

    monkeypatch.setattr(office.deps.office, "receive_all", receive_all)
    for number in range(1, size + 1):
        phone.write(new_warga(2 * size + number))
    effects = phone.sync()
    assert asked == [rows]
    assert sum(each.rows for each in effects) >= 3 * size and effects[-1].session.quiet
    assert len(effects) == (2 if rows == PAGE else 1), "a page that is whole already is not read again"


def test_a_push_sees_its_own_rows_in_its_answer_and_only_there(office: Running) -> None:
    phone = office.phone()
    phone.sync()
    phone.write(new_warga(1))
    [effects] = phone.sync()
    assert (effects.rows, effects.session.quiet) == (1, True)
    [again] = phone.sync()
    assert (again.rows, again.session.quiet) == (0, True)


def test_what_follows_from_the_rest_need_not_travel(office: Running) -> None:
    phone = office.phone()
    for number in range(1, 4):
        phone.write(new_warga(number))
    request = phone.quiet_request()
    sent = thin_request(request)
    assert (sent.device, sent.links) == ("", [NO_LINK, b"", b""])
    answer = phone.call("/api/sync", sent, SyncResponse)
    assert [(result.change, type(result.outcome)) for result in answer.results] == [(b"", Applied)] * 3
    whole = phone.call("/api/sync", request, SyncResponse)
    assert fill_results(answer, request) == replace(answer, results=whole.results)
    assert office.faults() == []


def test_a_lone_change_after_others_needs_no_link_of_its_own_either(office: Running) -> None:
    phone = office.phone()
    phone.write(new_warga(1))
    phone.sync()
    change = phone.write(new_warga(2))
    request = phone.quiet_request()
    sent = thin_request(request)
    assert [len(raw) for raw in sent.links] == [32]
    answer = phone.call("/api/sync", sent, SyncResponse)
    assert [(result.change, type(result.outcome)) for result in answer.results] == [(b"", Applied)]
    filled = fill_results(answer, request)
    assert filled is not None and [result.change for result in filled.results] == [change]
    assert answer.known[0].hash == link_hash(request.links[0])
    assert office.faults() == []


def test_a_link_made_from_a_tip_that_is_not_the_phones_own_is_refused_by_its_signature(
    office: Running,
) -> None:
    phone = office.phone()
    phone.write(new_warga(1))
    forged = WireTip(counter=4, hash=LinkHash(b"x" * 32))
    sent = replace(thin_request(phone.quiet_request()), received=forged)
    answer = phone.post("/api/sync", encode(sent))
    assert (answer.status_code, answer.json()["code"]) == (403, "tanda_tangan_salah")
    assert phone.sync()[-1].session.quiet


def test_another_phones_chain_is_not_taken_for_that_of_the_session(office: Running) -> None:
    one, two = office.phone(901), office.phone(902)
    two.write(new_warga(1))
    for stolen in (two.quiet_request(), thin_request(two.quiet_request())):
        answer = one.post("/api/sync", encode(replace(stolen, device="")))
        assert answer.status_code == 403
        assert answer.json()["code"] in ("tautan_perangkat_lain", "tanda_tangan_salah")
    assert two.sync()[-1].session.quiet


def test_a_packed_message_is_answered_packed_with_the_words_it_came_with(office: Running) -> None:
    phone = office.phone()
    phone.write(new_warga(1))
    packing = load_packing()
    body = packing.pack(encode(thin_request(phone.quiet_request())), packing.newest)
    answer = phone.post("/api/sync", body, deflate=False, **{"content-type": PACKED_TYPE})
    assert (answer.status_code, answer.headers["content-type"]) == (200, PACKED_TYPE)
    assert "content-encoding" not in answer.headers
    unpacked = packing.unpack(answer.content, MAX_BODY_BYTES)
    assert isinstance(unpacked, Unpacked) and unpacked.dictionary == packing.newest
    [result] = decode(unpacked.data, SyncResponse).results
    assert isinstance(result.outcome, Applied)
    assert phone.sync()[-1].session.quiet


def test_what_cannot_be_unpacked_is_refused_by_its_name_and_costs_nothing_else(office: Running) -> None:
    phone = office.phone()
    phone.write(new_warga(1))
    message = encode(phone.quiet_request())
    packing, other = load_packing(), Packing([b"words of tomorrow"])
    sound = packing.pack(message, packing.newest)

    def refused(body: bytes, **headers: str) -> tuple[int, str]:
        answer = phone.post("/api/sync", body, deflate=False, **{"content-type": PACKED_TYPE, **headers})
        return answer.status_code, answer.json()["code"]

    assert refused(other.pack(message, other.newest)) == (415, "kamus_tidak_dikenal")
    assert refused(packing.pack(bytes(MAX_BODY_BYTES + 1), packing.newest)) == (413, "pesan_terlalu_besar")
    for garbage in (b"", message, zlib.compress(message), sound[:-1], sound + b"x"):
        assert refused(garbage) == (400, "pesan_tidak_terbaca")
    assert refused(packing.pack(message[:-1], packing.newest)) == (400, "pesan_tidak_terbaca")
    deflated = {"content-encoding": "deflate"}
    assert refused(zlib.compress(sound), **deflated) == (415, "jenis_isi_salah")
    assert refused(sound, authorization="Bearer nobody") == (401, "perlu_masuk")
    assert office.deps.engine.read(lambda tx: tx.query("SELECT count(*) FROM tips")) == [(1,)]
    assert phone.sync()[-1].session.quiet


def test_a_phone_of_a_later_protocol_is_told_so_whatever_else_it_says(office: Running) -> None:
    phone = office.phone()
    members = msgspec.msgpack.decode(encode(phone.quiet_request()))
    for later in ([PROTOCOL + 1, *members[1:], "a member of tomorrow"], [PROTOCOL + 1], [PROTOCOL + 1, {}]):
        answer = phone.post("/api/sync", encode(later))
        assert (answer.status_code, answer.json()["code"]) == (400, "versi_protokol")
    for unreadable in ([PROTOCOL, *members[1:], "one too many"], [], ["4"], {"protocol": 9}):
        answer = phone.post("/api/sync", encode(unreadable))
        assert (answer.status_code, answer.json()["code"]) == (400, "pesan_tidak_terbaca")


def test_a_link_that_cannot_be_made_refuses_the_whole_run(office: Running) -> None:
    phone = office.phone()
    phone.write(new_warga(1))
    broken = replace(phone.quiet_request(), links=[b""])
    assert len(broken.contents) == 1
    answer = phone.post("/api/sync", encode(broken))
    assert (answer.status_code, answer.json()["code"]) == (400, "tautan_tidak_terbaca")
    assert phone.sync()[-1].session.quiet
