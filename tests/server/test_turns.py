"""Logins at once: few derive at a time, the others wait in a queue that ends, and pages wait for none."""

import asyncio
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from schemas.ids import PersonId
from server.access import Person
from server.passwords import Passwords
from server.services.permits import Asked
from server.services.room_held import MOST_TRIES
from server.web.building import build_site
from server.web.pages import page_routes
from server.web.site import Site
from server.web.turns import RETRY_AFTER_S, Busy, Turns
from tests.server.room_office import (
    BUDI,
    FIELD,
    PHRASES,
    SITI,
    Sealer,
    add_officers,
    csrf,
    hold_ceremony,
    log_in,
    open_case,
    send,
)
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
        gate.wait(30)  # goes on only when a second one runs beside it
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
        held.wait(30)
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
        assert begun.wait(30)
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
        held.wait(30)
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
        assert begun.wait(30)
        refused = kabid.post("/pengguna", data=form)
        held.set()
        assert waiting.result().status_code == 303
        assert refused.status_code == 503 and refused.headers["retry-after"] == str(RETRY_AFTER_S)
        assert site.permits.waiting()
        assert "Rina Baru" in kabid.post("/pengguna", data=form).text
        assert not site.permits.waiting()


def test_in_the_room_whatever_derives_a_key_takes_the_same_turns(office: Office) -> None:
    site: Site = build_site(office.deps, Passwords(office.deps.randomness, memory_kib=64))
    site = replace(site, turns=Turns(1, 0))
    add_officers(office)
    keys, phrase, again = "/ruang/kunci", PHRASES[SITI], {"frasa_baru": "x", "frasa_ulang": "x"}
    with (
        serving(office, page_routes(site)) as address,
        httpx.Client(base_url=address, timeout=20) as client,
        full(site.turns) as close,
    ):
        log_in(client, SITI)
        close(True)
        politely(send(client, "/ruang/siapkan", langkah="mulai", **again))
        close(False)
        client.cookies.clear()
        hold_ceremony(client)
        log_in(client, SITI)
        kasus, _ = Sealer(office, office.people[FIELD]).case()
        budi = office.people[BUDI]
        close(True)
        for form in (
            {"langkah": "kertas"},
            {"langkah": "tambah", "petugas": office.people["kabid"]},
            {"langkah": "putar"},
            {"langkah": "cabut", "petugas": budi},
            {"langkah": "frasa", **again},
        ):
            politely(send(client, keys, frasa=phrase, **form))
        for _ in range(MOST_TRIES + 1):
            politely(open_case(client, kasus))
        close(False)
        assert open_case(client, kasus).status_code == 303, "none of these counted as a try"
        adding = send(client, keys, langkah="tambah", frasa=phrase, petugas=office.people["kabid"])
        assert adding.headers["location"] == "/ruang/petugas-baru"
        close(True)
        politely(send(client, "/ruang/petugas-baru", **again))
        custody = site.room.custodian.current()
        assert custody is not None and set(custody.officers) == {office.people[SITI], budi}


def test_the_second_officers_passphrase_takes_a_turn_too(office: Office) -> None:
    site: Site = build_site(office.deps, Passwords(office.deps.randomness, memory_kib=64))
    site = replace(site, turns=Turns(1, 0))
    add_officers(office)
    page, mine = "/ruang/siapkan", {"frasa_baru": PHRASES[SITI], "frasa_ulang": PHRASES[SITI]}
    with (
        serving(office, page_routes(site)) as address,
        httpx.Client(base_url=address, timeout=20) as client,
        full(site.turns) as close,
    ):
        log_in(client, SITI)
        assert send(client, page, langkah="mulai", **mine).status_code == 303
        send(client, page, langkah="ganti")
        log_in(client, BUDI, page)
        close(True)
        politely(send(client, page, langkah="kedua", **mine))
        close(False)
        assert send(client, page, langkah="kedua", **mine).status_code == 303


def politely(answer: httpx.Response) -> None:
    assert answer.status_code == 503 and answer.headers["retry-after"] == str(RETRY_AFTER_S)
    assert "Tunggu beberapa detik" in answer.text


@contextmanager
def full(turns: Turns) -> Generator[Callable[[bool], None]]:
    """Give what takes the only turn, as a login that lasts, and gives it back."""
    held: list[threading.Event] = []

    def close(is_full: bool) -> None:
        if is_full:
            begun, end = threading.Event(), threading.Event()
            held.append(end)

            def job() -> None:
                begun.set()
                end.wait(60)

            taken.append(aside.submit(asyncio.run, turns.work(job)))
            assert begun.wait(30)
        else:
            held.pop().set()
            taken.pop().result(30)

    taken: list[Future[object]] = []
    with ThreadPoolExecutor(1) as aside:
        try:
            yield close
        finally:
            while held:
                close(False)
