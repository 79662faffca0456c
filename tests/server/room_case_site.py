"""A served office whose room holds a sealed case, and the steps of its page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.ids import ChangeId, RecordId
from server import sealed_store
from server.engine import Reader
from server.store import SqlOfficeStore
from sync.change import read
from tests.server.room_office import (
    BUDI,
    FIELD,
    SITI,
    Sealer,
    add_officers,
    csrf,
    hold_ceremony,
    log_in,
    open_case,
    serving_cheaply,
)
from tests.server.web_office import Office, open_at, shut


class Site:
    """A prepared room, its halves of paper, and a phone that seals."""

    def __init__(self, office: Office, address: str, data: Path) -> None:
        self.office, self.address, self.data = office, address, data
        self.clients: list[httpx.Client] = []
        with httpx.Client(base_url=address, timeout=20) as client:
            self.halves = hold_ceremony(client)
        self.sealer = Sealer(office, office.people[FIELD])

    def screen(self, name: str = "") -> httpx.Client:
        self.clients.append(httpx.Client(base_url=self.address, timeout=20))
        if name:
            log_in(self.clients[-1], name)
        return self.clients[-1]

    def opened(self, name: str = SITI, **more: Any) -> tuple[httpx.Client, RecordId, RecordId, ChangeId]:
        """Return a screen on which a fresh case is open, with its visit."""
        kasus, _ = self.sealer.case()
        visit, change = self.sealer.visit(kasus, **more)
        client = self.screen(name)
        assert open_case(client, kasus, name).status_code == 303
        return client, kasus, visit, change

    def shared(self, kasus: RecordId) -> httpx.Client:
        """Return the other officer's screen, on which the same case was opened just now."""
        colleague = self.screen(BUDI)
        assert open_case(colleague, kasus, BUDI).status_code == 303
        return colleague

    def bodies(self, about: RecordId) -> list[Any]:
        """Return the sealed changes about a case or visit, in order."""

        def work(tx: Reader) -> list[Any]:
            changes = sealed_store.about(tx, [about])
            raws = SqlOfficeStore.reading(tx).contents(changes)
            return [read(raws[change]).body for change in changes]

        return self.office.deps.engine.read(work)

    def everything(self) -> bytes:
        """Return all that the office's database holds, as bytes."""

        def work(tx: Reader) -> bytes:
            tables = [name for (name,) in tx.query("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = [row for name in tables for row in tx.query(f"SELECT * FROM {name}")]
            return b"\n".join(
                cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row
            )

        return self.office.deps.engine.read(work)


@contextmanager
def served_case(folder: Path) -> Iterator[Site]:
    """Serve an office with its two officers of the room, for as long as its screens are looked at."""
    office = open_at(folder)
    add_officers(office)
    with serving_cheaply(office) as address:
        site = Site(office, address, folder / "office")
        yield site
        for client in site.clients:
            client.close()
    shut(office)


@pytest.fixture(scope="module", name="site")
def case_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve such an office for the tests of one file."""
    with served_case(tmp_path_factory.mktemp("ruang")) as served:
        yield served


def page_of(kasus: RecordId) -> str:
    return f"/ruang/kasus/{kasus}"


def seen(page: httpx.Response, action: str) -> str:
    """Return the change that a form on the page follows."""
    found = re.search(rf'value="{action}">.*?name="dilihat" value="([0-9a-f]+)"', page.text, re.S)
    assert found, page.text[:3000]
    return found[1]


def decide(
    client: httpx.Client, kasus: RecordId, visit: RecordId, decision: str, dilihat: str = "", **more: str
) -> httpx.Response:
    """Decide on what the page shows, or on a change that the page does not offer to be decided on."""
    page = client.get(page_of(kasus))
    form = {"csrf": csrf(page), "langkah": "putus", "kunjungan": visit, "keputusan": decision, "catatan": ""}
    return client.post(page_of(kasus), data={**form, "dilihat": dilihat or seen(page, "putus"), **more})


def move(client: httpx.Client, kasus: RecordId, event: str, **answers: str) -> httpx.Response:
    page = client.get(page_of(kasus))
    form = {"csrf": csrf(page), "langkah": "maju", "acara": event, "dilihat": seen(page, "maju")}
    return client.post(
        page_of(kasus), data={**form, **{f"isi.{name}": value for name, value in answers.items()}}
    )
