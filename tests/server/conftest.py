"""A running office: the real program in a thread, on a port of its own, its data in a temporary folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import pytest

from schemas.ids import PersonId, Regency
from schemas.problem import Problem
from server import slices
from server.app import create_app
from server.commands import user
from server.commands.run import listen
from server.compose import Refused, close_office, init_office, open_office, unlock
from server.deps import Deps
from server.passwords import Passwords
from server.services import indexing, together
from server.verify import verify
from server.web import building
from sync.change import Patch
from sync.rules import DomainRules
from tests.contract.people import record_id
from tests.server.phones import Phone
from tests.server.threaded import in_thread

DESA = "33.14.01.2001"


class Silent:
    """Progress that nobody watches."""

    def step(self, name: str, total: int) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass


@dataclass
class Running:
    """An office that serves, and how to get a phone into it."""

    deps: Deps
    address: str
    data: Path
    clients: list[httpx.Client] = field(default_factory=list)

    def faults(self) -> list[str]:
        """Verify the office while it serves."""
        opened = unlock(self.data, None)
        assert isinstance(opened, tuple)
        rules = DomainRules(self.deps.forms, self.deps.workflows)
        return verify(self.data, opened[1], opened[0], lambda _: rules, self.deps.text, Silent()).faults

    def client(self) -> httpx.Client:
        self.clients.append(httpx.Client(base_url=self.address, timeout=20))
        return self.clients[-1]

    def person(self, number: int = 900) -> PersonId:
        person = record_id(number)
        fields = {
            "nama": f"Petugas {number}",
            "kode": f"P{number}",
            "peran": ["pendamping"],
            "wilayah": [DESA],
            "layanan": ["bpnt"],
            "aktif": True,
        }
        body = Patch(record=person, kind="petugas", base={}, new=fields)
        self.deps.office.act(self.deps.office.person, body)
        return PersonId(person)

    def code(self, person: PersonId) -> str:
        code = self.deps.joinings.new_code(person)
        assert not isinstance(code, Problem)
        return code.code

    def phone(self, number: int = 900) -> Phone:
        phone = Phone(self.client())
        phone.enrol(self.code(self.person(number)), self.deps)
        phone.login()
        return phone


def make_office(folder: Path) -> Deps:
    """Make and open an office in `folder`/office."""
    assert init_office(folder / "office", None, Regency("33.14"), "Dinas Sosial Uji") is None
    deps = open_office(folder / "office", None)
    assert not isinstance(deps, Refused)
    return deps


@pytest.fixture(scope="module", autouse=True)
def _passwords_cost_little() -> Iterator[None]:
    """Let the pages and the commands derive what is quick; test_accounts holds what it costs in an office."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (building, user):
            patch.setattr(module, "Passwords", partial(Passwords, memory_kib=64))
        yield


@pytest.fixture(autouse=True)
def _pages_wait_for_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page shows what was taken in and compared by the moment; on a busy machine a test would see less."""
    monkeypatch.setattr(indexing, "PAGE_WAITS_S", 30.0)
    monkeypatch.setattr(together, "COMPARES_S", 60.0)
    monkeypatch.setattr(slices, "GOAL_S", 60.0)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    """Serve an office for one test."""
    with serving(make_office(tmp_path), tmp_path / "office") as running:
        yield running


@contextmanager
def serving(deps: Deps, data: Path, port: int = 0) -> Iterator[Running]:
    """Serve an office that is open, and close it."""
    listener = listen("127.0.0.1", port)
    assert not isinstance(listener, Refused)
    try:
        with in_thread(create_app(deps), listener, lifespan="on"):
            running = Running(deps, f"http://127.0.0.1:{listener.getsockname()[1]}", data)
            yield running
            for client in running.clients:
                client.close()
    finally:
        close_office(deps)
