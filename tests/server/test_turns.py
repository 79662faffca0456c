"""Logins at once: few derive at a time, the others wait in a queue that ends, and pages wait for none."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from schemas.ids import PersonId
from server.access import Person
from server.passwords import Passwords
from server.services.permits import Asked
from server.web.building import build_site
from server.web.pages import page_routes
from server.web.site import Site
from server.web.turns import RETRY_AFTER_S, Busy, Turns
from tests.server.room_office import csrf, log_in
from tests.server.web_office import PASSWORD, Office, open_at, serving, shut


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = open_at(tmp_path_factory.mktemp("turns"))
    yield office
    shut(office)


def test_no_more_run_at_a_time_than_there_are_turns() -> None:
    running, most, lock, gate = 0, 0, threading.Lock(), threading.Barrier(2)

    def job() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(10)  # goes on only when a second one runs beside it
        with lock:
            running -= 1

    async def all_at_once() -> None:
        turns = Turns(2, 6)
        await asyncio.gather(*(turns.work(job) for _ in range(8)))

    asyncio.run(all_at_once())
    assert most == 2


def test_who_would_be_one_too_many_is_told_at_once_and_the_turn_comes_back() -> None:
    held = threading.Event()

    async def ask() -> list[object]:
        turns = Turns(1, 1)
        inside = [asyncio.create_task(turns.work(held.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        refused = await turns.work(held.wait)
        held.set()
        return [refused, *await asyncio.gather(*inside), await turns.work(held.wait)]

    assert asyncio.run(ask()) == [Busy(), True, True, True]


def test_beyond_the_queue_a_login_is_refused_politely_and_a_page_is_not(office: Office) -> None:
    site: Site = build_site(office.deps, Passwords(office.deps.randomness, memory_kib=64))
    site = replace(site, turns=Turns(1, 0))
    held, begun, fits = threading.Event(), threading.Event(), site.accounts.log_in

    def slow(*args: str) -> object:
        begun.set()
        held.wait(10)
        return fits(*args)

    with (
        serving(office, page_routes(site)) as address,
        httpx.Client(base_url=address, timeout=20) as inside,
        httpx.Client(base_url=address, timeout=20) as first,
        httpx.Client(base_url=address, timeout=20) as second,
        ThreadPoolExecutor(1) as aside,
    ):
        log_in(inside, "kabid")
        site.accounts.log_in = slow  # type: ignore[method-assign,assignment]
        forms = [
            {"csrf": csrf(client.get("/masuk")), "nama": "petugas", "sandi": PASSWORD}
            for client in (first, second)
        ]
        waiting = aside.submit(first.post, "/masuk", data=forms[0])
        assert begun.wait(10)
        refused = second.post("/masuk", data=forms[1])
        assert refused.status_code == 503 and refused.headers["retry-after"] == str(RETRY_AFTER_S)
        assert "Tunggu beberapa detik" in refused.text
        assert inside.get("/antrean").status_code == 200
        held.set()
        assert waiting.result().status_code == 303


def test_an_approval_takes_the_same_turns_and_is_still_asked_when_refused(office: Office) -> None:
    site: Site = build_site(office.deps, Passwords(office.deps.randomness, memory_kib=64))
    site = replace(site, turns=Turns(1, 0))
    held, begun, fits = threading.Event(), threading.Event(), site.accounts.log_in

    def slow(*args: str) -> object:
        begun.set()
        held.wait(10)
        return fits(*args)

    with (
        serving(office, [*page_routes(site)]) as address,
        httpx.Client(base_url=address, timeout=20) as kabid,
        httpx.Client(base_url=address, timeout=20) as other,
        ThreadPoolExecutor(1) as aside,
    ):
        log_in(kabid, "kabid")
        admin = Person(id=PersonId("a" * 32), nama="Admin", roles=("admin",))
        new = Person(id=PersonId(""), nama="Rina Baru", kode="RB", roles=("petugas",))
        assert isinstance(site.permits.ask_new(admin, new, "rina.baru"), Asked)
        (asked,) = site.permits.waiting()
        form = {"csrf": csrf(kabid.get("/pengguna")), "langkah": "setuju", "izin": asked.id}
        login = {"csrf": csrf(other.get("/masuk")), "nama": "petugas", "sandi": PASSWORD}
        site.accounts.log_in = slow  # type: ignore[method-assign,assignment]
        waiting = aside.submit(other.post, "/masuk", data=login)
        assert begun.wait(10)
        refused = kabid.post("/pengguna", data=form)
        held.set()
        assert waiting.result().status_code == 303
        assert refused.status_code == 503 and refused.headers["retry-after"] == str(RETRY_AFTER_S)
        assert site.permits.waiting()
        assert "Rina Baru" in kabid.post("/pengguna", data=form).text
        assert not site.permits.waiting()
