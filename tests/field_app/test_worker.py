"""The worker against an office that is scripted, away, slow or talking nonsense."""

import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from field_app.devices.desktop import DesktopNetwork
from field_app.forgetting import Keeping
from field_app.link import Failure, Reply
from field_app.pen import Pen
from field_app.rehearsal import drawn_photo
from field_app.vault import Vault
from field_app.views import SyncStatus
from field_app.worker import Worker
from schemas.base import encode
from schemas.ids import NO_LINK, Part, RecordId
from schemas.text import load_text
from schemas.wire import PROTOCOL, Applied, Cursor, Result, Row, SyncRequest, SyncResponse, WireTip
from sync.chain import link_hash, read_link
from sync.digest import EMPTY
from tests.field_app.conftest import FORMS, SetTime
from tests.field_app.field import MINE, PLACE, SMALL, Field

AWAY = Failure(kind="jaringan", say="lapangan.tanpa_jaringan")
EXPIRED = Failure(kind="kantor", say="masalah.perlu_masuk", status=401)


class Office:
    """Takes everything; `trouble` is answered first, once each."""

    def __init__(self) -> None:
        self.trouble: list[Failure] = []
        self.upload_trouble: list[Failure] = []
        self.logins = self.syncs = self.running = self.most_running = 0
        self.uploads: list[str] = []
        self.logged_in = False
        self.known: list[WireTip] = []
        self.gate = threading.Event()
        self.gate.set()

    def close(self) -> None: ...

    def forget_token(self) -> None:
        self.logged_in = False

    def login(self, device: str, sign: Any) -> Failure | None:
        self.logins += 1
        self.logged_in = True
        return None

    def prepare(self, request: SyncRequest) -> None:
        pass

    def sync(self, request: SyncRequest) -> SyncResponse | Failure:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.gate.wait(30)
        self.syncs += 1
        self.running -= 1
        if self.trouble:
            return self.trouble.pop(0)
        for raw in request.links:
            self.known = [WireTip(counter=read_link(raw).counter, hash=link_hash(raw))]
        return SyncResponse(
            protocol=PROTOCOL,
            results=[Result(change=read_link(raw).change, outcome=Applied(seq=1)) for raw in request.links],
            known=self.known, wanted=[], rows=[], removed=[], start=request.cursor, cursor=request.cursor,
            more=False, parts=[Part(MINE)], digest=EMPTY, resend=[], office_head=NO_LINK, server_ms=7,
        )  # fmt: skip

    def send(self, method: str, path: str, headers: dict[str, str], content: Any = None) -> Reply | Failure:
        if self.upload_trouble:
            return self.upload_trouble.pop(0)
        made = {"location": f"/tus/{len(self.uploads)}"} if method == "POST" else {}
        if content is None:
            return Reply(status=201, headers=made)
        self.uploads.append(path)
        sent = len(b"".join(content)) + int(headers.get("upload-offset", "0"))
        return Reply(status=201 if made else 204, headers={"upload-offset": str(sent), **made})


def _label(form: str, version: int | None, field: str) -> str:
    return FORMS.get(form, version).fields[field].label


class Sending:
    """A field with a finalised visit, and a worker on a connection of its own."""

    def __init__(
        self,
        field: Field,
        time: SetTime,
        metered: bool = False,
        office: Any = None,
        network: Any = None,
    ) -> None:
        self.field, self.office = field, office or Office()
        self.wifi_only = False
        self.keeping = Keeping(most_bytes=2**40, keep_days=30)
        self.told: list[SyncStatus] = []
        self.network = network or DesktopNetwork(metered)
        self.time = time
        self._connect()

    def reopen(self) -> None:
        """Close all that reads the vault, and open it anew."""
        self.worker.close()
        self.field.vault.close()
        self.field.open()
        self._connect()

    def _connect(self) -> None:
        field = self.field
        self.other: Vault = field.vault.another()
        store = type(field.store)(self.other, field.store.device(), lambda message: bytes(64))
        self.worker = Worker(
            store=store,
            pen=Pen(store, field.bench.owner, self.time, field.rng.randbytes),
            link=self.office,
            network=self.network,
            time=self.time,
            wishes=self,
            chance=lambda: 0.5,
            label=_label,
        )
        self.worker.listener = self.told.append


@pytest.fixture
def sending(field: Field, time: SetTime) -> Iterator[Sending]:
    field.visit()
    field.pull({}, cleared=[MINE])  # an office that keeps no rows
    made = Sending(field, time)
    yield made
    made.worker.close()


def test_all_goes_and_only_then_it_says_so(sending: Sending) -> None:
    assert sending.worker.run_once() is None
    assert sending.field.status() == ["diterima"]
    status = sending.worker.status()
    assert (status.data_pending, status.photos_pending, status.state, status.problem) == (0, 0, "diam", "")
    assert status.last_ms == sending.field.time.now_ms()
    seen = [(told.data_pending, told.photos_pending) for told in sending.told]
    assert seen[0] == (1, 4) and seen[-1] == (0, 0)
    assert [item.status for item in sending.worker.items()] == ["diterima"] * 5


def test_an_office_that_is_away_leaves_everything_and_says_why(sending: Sending) -> None:
    sending.office.trouble = [AWAY]
    assert sending.worker.run_once() == AWAY
    status = sending.worker.status()
    assert (status.state, status.problem) == ("gagal", "lapangan.tanpa_jaringan")
    assert (status.data_pending, status.photos_pending, status.last_ms) == (1, 4, None)
    assert sending.field.status() == ["menunggu_kirim"]
    assert sending.worker.run_once() is None
    assert sending.worker.status().problem == ""


def test_photos_that_do_not_arrive_do_not_count_as_sent(sending: Sending) -> None:
    sending.office.upload_trouble = [AWAY]
    assert sending.worker.run_once() == AWAY
    status = sending.worker.status()
    assert (status.data_pending, status.photos_pending) == (0, 4)
    assert sending.field.status() == ["terkirim"]
    causes = [item.problem for item in sending.worker.items() if item.kind == "foto"]
    assert causes.count("lapangan.tanpa_jaringan") == 1


def test_one_photo_that_is_refused_does_not_hold_up_the_others(sending: Sending) -> None:
    refused = Failure(kind="kantor", say="masalah.unggah_isi_berbeda", status=460)
    sending.office.upload_trouble = [refused]
    assert sending.worker.run_once() == refused
    assert sending.worker.status().photos_pending == 1
    assert len(sending.office.uploads) == 3


def test_an_expired_token_is_renewed_once_and_quietly(sending: Sending) -> None:
    sending.office.logged_in = True
    sending.office.trouble = [EXPIRED]
    sending.office.upload_trouble = [EXPIRED]
    assert sending.worker.run_once() is None
    assert sending.office.logins == 2
    sending.office.trouble = [EXPIRED, EXPIRED]
    failure = sending.worker.run_once()
    assert failure is not None and failure.say == "lapangan.masuk_tertahan"


def test_photos_wait_for_wifi_when_she_wants_so(field: Field, time: SetTime) -> None:
    field.visit()
    field.pull({}, cleared=[MINE])
    sending = Sending(field, time, metered=True)
    sending.wifi_only = True
    assert sending.worker.run_once() is None
    status = sending.worker.status()
    assert (status.data_pending, status.photos_pending, status.problem) == (0, 4, "lapangan.menunggu_wifi")
    sending.wifi_only = False
    assert sending.worker.run_once() is None
    assert sending.worker.status().photos_pending == 0
    sending.wifi_only = True
    assert sending.worker.run_once() is None
    assert sending.worker.status().problem == "", "nothing waits"
    sending.worker.close()


def test_there_are_never_two_syncs_at_once(sending: Sending) -> None:
    sending.office.gate.clear()
    threads = [threading.Thread(target=sending.worker.run_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    sending.worker.start()
    sending.worker.sync_now()
    sending.office.gate.set()
    for thread in threads:
        thread.join(30)
    sending.worker.close()
    assert sending.office.most_running == 1
    assert sending.field.status() == ["diterima"]


def failing_once(sending: Sending, trouble: Failure) -> threading.Event:
    """Start the worker, whose first sync fails; return what is set once another went well."""
    failed, done = threading.Event(), threading.Event()

    def listen(status: SyncStatus) -> None:
        if status.state == "gagal":
            failed.set()
        if status.state == "diam" and sending.office.syncs >= 2:
            done.set()

    sending.office.trouble = [trouble]
    sending.worker.listener = listen
    sending.worker.start()
    assert failed.wait(30)
    return done


def test_asking_wakes_the_thread_while_it_waits(sending: Sending) -> None:
    done = failing_once(sending, AWAY)
    sending.worker.sync_now()
    assert done.wait(30)


def test_a_new_address_is_looked_at_whatever_was_asked_for_at_the_old_one(sending: Sending) -> None:
    done = failing_once(sending, replace(EXPIRED, status=503, retry_s=600))
    sending.worker.sync_now()
    assert not done.wait(0.2), "what the office asks for holds her too"
    sending.worker.sync_at_once()
    assert done.wait(30)


def test_an_answer_that_does_not_fit_stores_nothing(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = sending.office.sync

    def wrong(request: SyncRequest) -> SyncResponse | Failure:
        answer = right(request)
        assert isinstance(answer, SyncResponse)
        return type(answer)(**{n: getattr(answer, n) for n in answer.__struct_fields__} | {"protocol": 9})

    monkeypatch.setattr(sending.office, "sync", wrong)
    failure = sending.worker.run_once()
    assert failure is not None and failure.say == "lapangan.jawaban_rusak"
    assert sending.field.status() == ["menunggu_kirim"]
    assert sending.field.store.cursor() == Cursor(seq=2)


def test_a_full_phone_stops_the_sync_with_a_sentence(sending: Sending) -> None:
    with sending.other.read() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        connection.execute("CREATE TEMP TABLE x (y)")
    row = {"big": "x" * 200_000}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sending.office, "sync", lambda request: _huge(request, row))
        failure = sending.worker.run_once()
    assert failure is not None and failure.say == "lapangan.penyimpanan_penuh"
    assert sending.field.status() == ["menunggu_kirim"]


def _huge(request: SyncRequest, fields: dict[str, str]) -> SyncResponse:
    row = Row(part=MINE, id=RecordId("f" * 32), seq=99, kind="warga", body=encode(fields))
    return SyncResponse(
        protocol=PROTOCOL, results=[], known=[], wanted=[], rows=[row], removed=[], start=request.cursor,
        cursor=Cursor(seq=99), more=False, parts=None, digest=EMPTY, resend=[], office_head=NO_LINK,
        server_ms=7,
    )  # fmt: skip


def test_closing_while_the_office_is_slow_waits_no_longer_than_asked(sending: Sending) -> None:
    sending.office.gate.clear()
    sending.worker.start()
    while not sending.office.running:
        pass
    thread = sending.worker._thread
    assert thread is not None
    sending.worker.close(timeout_s=0.01)
    sending.office.gate.set()
    thread.join(30)
    assert not thread.is_alive()
    assert sending.field.status() == ["terkirim"], "what the office answered was still kept"


def test_every_word_of_status_has_a_text(sending: Sending, tmp_path: Path) -> None:
    text = load_text()
    for item in sending.worker.items():
        assert f"status.{item.status}" in text


def test_a_sync_that_was_stopped_is_no_success(sending: Sending) -> None:
    sending.worker._stopping = True
    assert isinstance(sending.worker.run_once(), Failure)
    assert sending.worker.status().last_ms is None
    assert sending.worker.status().state == "gagal"


def test_a_sync_that_was_stopped_between_photos_is_no_success(sending: Sending) -> None:
    """She closed the app: what is said of the last time it synced is of the time before."""
    arrives = sending.office.send

    def closed_meanwhile(*asked: Any) -> Reply | Failure:
        sending.worker._stopping = True
        return arrives(*asked)

    sending.office.send = closed_meanwhile  # type: ignore[method-assign]
    failure = sending.worker.run_once()
    assert isinstance(failure, Failure) and failure.say == "lapangan.sinkron_belum_selesai"
    status = sending.worker.status()
    assert (status.data_pending, status.photos_pending, status.last_ms) == (0, 3, None)


def test_a_sync_that_was_stopped_in_its_last_photo_is_one(sending: Sending) -> None:
    arrives = sending.office.send

    def closed_at_the_end(*asked: Any) -> Reply | Failure:
        sending.worker._stopping = len(sending.worker._blobs.unsent()) == 1
        return arrives(*asked)

    sending.office.send = closed_at_the_end  # type: ignore[method-assign]
    assert sending.worker.run_once() is None
    assert sending.worker.status().last_ms == sending.field.time.now_ms()


def test_two_ends_that_never_agree_are_no_success(sending: Sending) -> None:
    honest = sending.office.sync

    def other_digest(request: SyncRequest) -> SyncResponse | Failure:
        answer = honest(request)
        return replace(answer, digest=b"\1" * 16) if isinstance(answer, SyncResponse) else answer

    sending.office.sync = other_digest  # type: ignore[method-assign]
    failure = sending.worker.run_once()
    assert isinstance(failure, Failure)
    assert failure.say == "lapangan.data_belum_cocok"
    assert sending.worker.status().last_ms is None
    assert sending.office.syncs < 10


def test_an_error_nobody_thought_of_is_told_and_the_next_sync_goes_on(sending: Sending) -> None:
    honest = sending.office.sync

    def stumbling(request: SyncRequest) -> SyncResponse | Failure:
        sending.office.sync = honest  # type: ignore[method-assign]
        raise RuntimeError("out of nowhere")

    sending.office.sync = stumbling  # type: ignore[method-assign]
    failure = sending.worker.run_once()
    assert isinstance(failure, Failure)
    assert failure.say == "lapangan.sinkron_terganggu"
    assert sending.worker.run_once() is None


def test_each_photo_is_called_by_its_field_and_its_visit(field: Field, time: SetTime) -> None:
    view = field.start()
    for _ in range(2):
        time.pass_s(1)
        picture = drawn_photo(Random(1), SMALL)
        field.visits.add_photo(view.id, "bpnt_kpm", "foto_rumah_depan", picture, PLACE)
    field.fill(view.id)
    number = field.finish(view.id).number
    sending = Sending(field, time)
    titles = [item.title for item in sending.worker.items() if item.kind == "foto"]
    sending.worker.close()
    front = FORMS.get("bpnt_kpm").fields["foto_rumah_depan"].label
    assert titles[:2] == [f"{front} · {number}", f"{front} (2) · {number}"]
    assert len(set(titles)) == len(titles) and all(title.endswith(number) for title in titles)


class Switchable(DesktopNetwork):
    """A network that is there or not, as told."""

    there = False

    def available(self) -> bool:
        return self.there


def test_the_network_that_comes_back_starts_a_sync(
    field: Field,
    time: SetTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("field_app.worker.LOOK_S", 0.005)
    field.visit()
    field.pull({}, cleared=[MINE])
    network = Switchable()
    sending = Sending(field, time, network=network)
    tried, sent = threading.Event(), threading.Event()

    def listen(status: SyncStatus) -> None:
        if status.state == "gagal" and sending.office.logins:
            tried.set()
        if status.state == "diam" and not status.data_pending:
            sent.set()

    sending.office.trouble = [AWAY]
    sending.worker.listener = listen
    sending.worker.start()
    assert tried.wait(30)
    assert not sent.wait(0.05), "by itself it would wait for seconds"
    network.there = True
    assert sent.wait(30)
    sending.worker.close()


def test_a_desktop_says_whether_it_has_a_way_to_anywhere(tmp_path: Path) -> None:
    routes = tmp_path / "route"
    assert DesktopNetwork(routes=routes).available() is True, "nobody can tell"
    routes.write_text("Iface Destination\n")
    assert DesktopNetwork(routes=routes).available() is False
    routes.write_text("Iface Destination\neth0 00000000\n")
    assert DesktopNetwork(routes=routes).available() is True


def test_all_that_is_on_its_way_is_listed_however_much_came_after(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("field_app.items.MOST_VISITS", 0)
    assert [item.status for item in sending.worker.items()] == ["menunggu_kirim"] * 5
    assert sending.worker.run_once() is None
    assert sending.worker.items() == ()


def test_what_time_the_office_has_is_heard_with_each_answer(sending: Sending) -> None:
    assert sending.worker.status().clock_off_ms == 0
    assert sending.worker.run_once() is None
    assert sending.worker.status().clock_off_ms == sending.time.wall_ms - 7  # that office lives in 1970
