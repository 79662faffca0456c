"""A login alone, and how long pages take while fifty people log in at once. Rule: Argon2id as it is."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from server.passwords import Passwords
from server.web.building import build_site
from server.web.pages import page_routes
from tests.bench.figures import Figure, median_ms
from tests.server.web_office import PASSWORD, open_at, serving, shut

AT_ONCE = 50
PAGES = 200
RUNS = 9
PAGE = "/antrean"


def measure(folder: Path) -> list[Figure]:
    """Serve an office, log in alone, then fifty at once beside somebody who reads pages."""
    office = open_at(folder)
    real = Passwords(office.deps.randomness)
    for number in range(AT_ONCE):
        office.add_person(f"orang{number}", f"Orang {number}", f"B{number:02}", ("petugas",))
    hashed = real.hash(PASSWORD)
    office.deps.engine.write(
        lambda tx: tx.execute(
            "UPDATE accounts SET password = :hash WHERE kabupaten = :kabupaten", {"hash": hashed}
        )
    ).result()
    with (
        serving(office, page_routes(build_site(office.deps, real))) as address,
        httpx.Client(base_url=address, timeout=60) as reader,
    ):
        bare_ms = median_ms(lambda: real.fits(PASSWORD, hashed), RUNS)
        alone_ms = median_ms(lambda: _log_in(address, "orang0"), RUNS)
        enter(reader, "verifikator")
        quiet = sorted(_page_ms(reader) for _ in range(PAGES))
        busy, codes = _while_all_log_in(address, reader)
    shut(office)
    refused = codes.count(503)
    return [
        Figure(
            name="office: one login alone (form and password)",
            value=alone_ms,
            unit="ms",
            budget=300,
            limit=bare_ms,
            limit_name="bare Argon2id",
        ),
        Figure(
            name=f"office: p99 of a page while {AT_ONCE} log in",
            value=_p99(busy),
            unit="ms",
            limit=_p99(quiet),
            limit_name="p99 alone",
        ),
        Figure(name=f"office: logins asked to come again, of {AT_ONCE}", value=refused, unit=""),
    ]


def _while_all_log_in(address: str, reader: httpx.Client) -> tuple[list[float], list[int]]:
    """Read pages until all have been answered."""
    done, times = threading.Event(), list[float]()
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        asked = [crowd.submit(_log_in, address, f"orang{number}") for number in range(AT_ONCE)]
        threading.Thread(target=lambda: ([each.result() for each in asked], done.set())).start()
        while not done.is_set():
            times.append(_page_ms(reader))
    return sorted(times), [each.result() for each in asked]


def _page_ms(client: httpx.Client) -> float:
    began = time.perf_counter()
    if client.get(PAGE).status_code != 200:
        raise RuntimeError("a page did not come")
    return (time.perf_counter() - began) * 1000


def _log_in(address: str, name: str) -> int:
    with httpx.Client(base_url=address, timeout=60) as client:
        return enter(client, name)


def enter(client: httpx.Client, name: str) -> int:
    """Log somebody in by the form, and return the status of the answer."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/masuk").text)
    form = {"csrf": found[1] if found else "", "nama": name, "sandi": PASSWORD}
    return client.post("/masuk", data=form).status_code


def _p99(times: list[float]) -> float:
    return times[int(len(times) * 0.99)]
