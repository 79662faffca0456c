"""Who answers a sync: a reader, or the writer in the transaction that took it in. Neither loses a row."""

import threading
from concurrent.futures import Future

from msgspec.structs import replace

from schemas.base import encode
from schemas.wire import Applied, SyncRequest, SyncResponse
from server.api.sync import WRITERS_ROWS
from server.engine import Writer
from sync.change import Patch
from sync.client import Session, receive
from sync.intake import Run
from sync.thin_links import fill_results, thin_links
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running
from tests.server.phones import Phone


def new_warga(number: int) -> Patch:
    fields = {"nama": f"Warga {number}", "kode_desa": DESA, "layanan": ["bpnt"]}
    return Patch(record=record_id(number), kind="warga", base={}, new=fields)


def queued(office: Running, phone: Phone) -> tuple[SyncRequest, "Future[SyncResponse]"]:
    """Let the writer have what a phone pushes, as the API does."""
    request = phone.quiet_request()
    run = office.deps.engine.read(lambda reader: office.deps.office.look(reader, request))
    assert isinstance(run, Run)

    def work(writer: Writer) -> SyncResponse:
        answer = office.deps.office.receive(writer, request, run, WRITERS_ROWS)
        assert isinstance(answer, SyncResponse)
        return answer

    return request, office.deps.engine.write(work)


def test_two_phones_in_one_commit_miss_nothing_of_each_other(office: Running) -> None:
    one, two = office.phone(901), office.phone(902)
    for phone in (one, two):
        phone.sync()
    one.write(new_warga(1))
    two.write(new_warga(2))
    begun, go = threading.Event(), threading.Event()

    def hold_up(writer: Writer) -> None:
        begun.set()
        assert go.wait(10)

    held_up = office.deps.engine.write(hold_up)
    assert begun.wait(10)
    asked = [(phone, *queued(office, phone)) for phone in (one, two)]
    go.set()
    held_up.result(10)
    answers = [future.result(10) for _, _, future in asked]
    assert answers[0].cursor.tag == answers[1].cursor.tag, "they were to share a commit"
    for (phone, request, _), answer in zip(asked, answers, strict=True):
        receive(phone.store, Session(), request, answer)
    for phone in (one, two):
        phone.sync()
        assert {row.id for row in phone.store.table.values()} >= {record_id(1), record_id(2)}
    assert office.faults() == []


def test_a_push_with_many_rows_to_fetch_is_answered_with_a_whole_page(office: Running) -> None:
    count = WRITERS_ROWS + 20
    bodies = [new_warga(number) for number in range(1, count + 1)]
    office.deps.office.act_all(office.deps.office.person, bodies)
    phone = office.phone()
    phone.write(new_warga(count + 1))
    [effects] = phone.sync()
    assert effects.rows >= count + 1
    assert effects.session.quiet


def test_a_push_sees_its_own_rows_in_its_answer_and_only_there(office: Running) -> None:
    phone = office.phone()
    phone.sync()
    phone.write(new_warga(1))
    [effects] = phone.sync()
    assert (effects.rows, effects.session.quiet) == (1, True)
    [again] = phone.sync()
    assert (again.rows, again.session.quiet) == (0, True)


def test_links_that_follow_from_their_contents_need_not_travel(office: Running) -> None:
    phone = office.phone()
    for number in range(1, 4):
        phone.write(new_warga(number))
    request = phone.quiet_request()
    sent = thin_links(request)
    assert sent.links[1:] == [b"", b""]
    answer = phone.call("/api/sync", sent, SyncResponse)
    assert [(result.change, type(result.outcome)) for result in answer.results] == [(b"", Applied)] * 3
    whole = phone.call("/api/sync", request, SyncResponse)
    assert fill_results(answer, request) == replace(answer, results=whole.results)
    assert office.faults() == []


def test_a_link_that_cannot_be_made_refuses_the_whole_run(office: Running) -> None:
    phone = office.phone()
    phone.write(new_warga(1))
    broken = replace(phone.quiet_request(), links=[b""])
    answer = phone.post("/api/sync", encode(broken))
    assert (answer.status_code, answer.json()["code"]) == (400, "tautan_tidak_terbaca")
    assert phone.sync()[-1].session.quiet
