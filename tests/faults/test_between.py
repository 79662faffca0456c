"""Somebody stands between phone and office and answers in the office's place, without TLS to stop him.

Rule: what the office did not say is never taken for its word, and once he is gone all is as it should be.
"""

import gzip
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from field_app import worker
from field_app.devices.desktop import DesktopNetwork
from field_app.enrol import Enrolled
from field_app.phone import Phone
from field_app.views import Waiting, Welcomed
from tests.faults.conftest import Make
from tests.faults.middleman import Answer, Middleman
from tests.faults.world import PIN, World, pending, sync, until, visit, words
from tests.server.letting_in import compare

LOGIN_PAGE = b"<html><title>Masuk</title><form action=/masuk>Wi-Fi Balai Desa</form></html>"
HTML = {"content-type": "text/html; charset=utf-8"}
PORTALS = {
    "a page": Answer(200, HTML, LOGIN_PAGE),
    "an empty yes": Answer(204),
    "a way elsewhere": Answer(302, {**HTML, "location": "http://10.10.0.1/masuk"}, LOGIN_PAGE),
    "a way to itself": Answer(302, {**HTML, "location": "/masuk"}, LOGIN_PAGE),
    "a way for good": Answer(308, {**HTML, "location": "/tus/masuk"}, LOGIN_PAGE),
    "its own status": Answer(511, HTML, LOGIN_PAGE),
}
Stand = Callable[[World], Middleman]


@pytest.fixture
def between() -> Iterator[Stand]:
    """Put somebody between the line and the office of a regency."""
    made: list[Middleman] = []

    def stand(world: World) -> Middleman:
        assert world.line.office is not None
        made.append(Middleman(world.line.office))
        world.line.office = made[-1].address
        world.line.hang_up()
        return made[-1]

    yield stand
    for middleman in made:
        middleman.close()


def fails(phone: Phone) -> None:
    """Sync, and hear that it did not go well, with a sentence that there is."""
    failure = phone.worker.run_once()
    assert failure is not None and failure.say in phone.text
    assert phone.worker.status().state == "gagal"


@pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS.keys())
def test_a_wifi_that_wants_a_login_first_is_never_taken_for_the_office(
    regency: Make, between: Stand, portal: Answer
) -> None:
    """Row 31. It answers everything, at first; then only what brings photos."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    wifi = between(world)
    wifi.front = lambda _method, _path: portal
    fails(phone)
    assert (words(phone), pending(phone)) == (["menunggu_kirim"], (1, 1))
    wifi.front = lambda _method, path: portal if path.startswith(("/tus", "/masuk")) else None
    for _ in range(2):  # an address that the portal gave for an upload is not believed the second time either
        fails(phone)
        assert pending(phone)[1] == 1
    assert world.lacks(), "no byte of the photo reached the office"
    wifi.front = lambda _method, _path: None
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])


def packing(proxy: Middleman, coding: str, pack: Callable[[bytes], bytes]) -> None:
    """Let a proxy pack every answer of a sync."""
    proxy.back = lambda _method, path, answer: (
        replace(
            answer,
            headers={**answer.headers, "content-encoding": coding},
            body=pack(answer.body),
        )
        if path == "/api/sync"
        else answer
    )


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_proxy_that_packs_on_its_own_is_understood(
    regency: Make, between: Stand, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    """Row 32. Nobody asked for it, and all arrives."""
    world = regency()
    phone = world.phone()
    packing(between(world), coding, pack)
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.faults()) == ([done.change.hex()], [])


def test_a_proxy_that_packs_in_a_way_of_its_own_stores_nothing_wrong(regency: Make, between: Stand) -> None:
    """Row 32. The office took the push; the answer, packed on the way, cannot be read."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    proxy = between(world)
    packing(proxy, "zstd", gzip.compress)
    fails(phone)
    assert (words(phone), pending(phone)) == (["menunggu_kirim"], (1, 1))
    assert world.versions(done.visit) == [done.change.hex()]
    proxy.back = lambda _method, _path, answer: answer
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert (world.versions(done.visit), world.faults()) == ([done.change.hex()], [])


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_that_fails_after_the_office_took_the_photo_sends_no_byte_of_it_twice(
    regency: Make, between: Stand, status: int
) -> None:
    """Row 33. The office has the whole photo; what came back was the gateway's own page."""
    world = regency()
    phone = world.phone()
    sync(phone)
    visit(phone, world.beats[0], 1)
    gateway = between(world)
    bringing: list[str] = []

    def back(method: str, path: str, answer: Answer) -> Answer:
        if path.startswith("/tus") and method in ("POST", "PATCH"):
            bringing.append(method)
            if len(bringing) == 1:
                return Answer(status, HTML, b"<html>Bad Gateway</html>")
        return answer

    gateway.back = back
    sent = len(world.line.requests)
    sync(phone)
    assert (words(phone), pending(phone), world.lacks()) == (["diterima"], (0, 0), [])
    (size,) = world.rows("SELECT size_bytes FROM blobs")[0]
    uploads = [request for request in world.line.requests[sent:] if b" /tus" in request.split(b"\r\n", 1)[0]]
    assert sum(len(request) for request in uploads) < 1.5 * size, "its bytes went once"


def test_a_whole_upload_that_is_none_is_put_right_by_the_offices_next_word(
    regency: Make, between: Stand
) -> None:
    """Row 34. A HEAD says that all is there when nothing is: the sync that follows asks for it again."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    liar = between(world)

    asked: list[str] = []

    def front(method: str, path: str) -> Answer | None:
        if path.startswith("/tus"):
            asked.append(method)
            if asked in (["POST"], ["POST", "POST", "PATCH"]):
                raise ConnectionAbortedError  # before a byte of the photo is let through
        return None

    def back(method: str, path: str, answer: Answer) -> Answer:
        if method == "HEAD" and path.startswith("/tus"):
            whole = {"upload-offset": answer.headers["upload-length"]}
            return replace(answer, headers={**answer.headers, **whole})
        return answer

    liar.front, liar.back = front, back
    fails(phone)
    sync(phone)
    assert asked == ["POST", "POST", "PATCH", "HEAD"]
    assert world.lacks(), "the bytes never came"
    liar.back = lambda _method, _path, answer: answer
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])


@pytest.mark.parametrize("status", [429, 503])
def test_a_wifi_that_asks_to_be_left_alone_for_an_hour_holds_up_nobody_who_leaves_it(
    regency: Make, between: Stand, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Row 89. It speaks for itself and not for the office: she asks once more, or walks to another line."""
    world = regency()
    phone = world.phone()
    sync(phone)
    wifi = between(world)
    monkeypatch.setattr(worker, "LOOK_S", 0.05)
    box = Answer(status, {**HTML, "retry-after": "3600"}, LOGIN_PAGE)

    def asks() -> None:
        phone.worker.sync_now()

    def walks() -> None:
        for is_there in (False, True):
            monkeypatch.setattr(DesktopNetwork, "available", lambda _, is_there=is_there: is_there)
            time.sleep(0.2)

    for number, goes_on in enumerate((asks, walks)):
        wifi.front = lambda _method, _path: box
        visit(phone, None, number)
        phone.worker.start() if number == 0 else phone.worker.sync_now()
        until(lambda: phone.worker.status().state == "gagal")
        assert phone.worker.status().wait_s >= 3600
        wifi.front = lambda _method, _path: None
        goes_on()
        until(lambda: pending(phone) == (0, 0) and phone.worker.status().state == "diam")
    assert (words(phone), world.lacks()) == (["diterima"] * 2, [])


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_a_proxy_answers_to_a_phone_that_waits_to_join_does_not_end_the_waiting(
    regency: Make, between: Stand, status: int
) -> None:
    """Row 89. The officer lets it in all the same: with its key gone it could never open what it joined."""
    world = regency()
    phone, proxy = world.phone_at(world.folder / "hp-0"), between(world)
    code, refusing = world.code(), Answer(status, HTML, b"<html>Tidak ditemukan</html>")
    proxy.back = lambda _method, _path, _answer: refusing
    assert not isinstance(phone.join(world.line.address, code), Waiting)
    proxy.back = lambda _method, _path, answer: answer
    waiting = phone.join(world.line.address, code)
    assert isinstance(waiting, Waiting), "the office had taken its key, and takes no other"
    assert phone.ask_joined() == waiting
    proxy.front = lambda _method, _path: refusing
    assert isinstance(phone.ask_joined(), Waiting)
    with world.hand() as deps:
        compare(deps, waiting.words)
    assert isinstance(phone.ask_joined(), Waiting)
    proxy.front = lambda _method, _path: None
    assert isinstance(phone.ask_joined(), Welcomed) and isinstance(phone.finish(PIN), Enrolled)
    sync(phone)
