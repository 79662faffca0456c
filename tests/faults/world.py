"""A regency to break: the real server in a process of its own, real phones on folders, a line in between.

Rule: what an office or a phone holds is read from its files, not asked of the program that is under test.
"""

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from field_app.devices.desktop import desktop_devices
from field_app.drawing import drawn_photo
from field_app.enrol import Enrolled
from field_app.phone import Phone
from field_app.shipped import load_shipped
from field_app.transport import open_link
from field_app.views import DraftView, Finalised, PhotoView, Refused
from schemas.ids import BlobId, PersonId, RecordId, Regency
from schemas.problem import Problem
from schemas.text import load_text
from server import verify as verifying
from server.compose import close_office, init_office, open_office, unlock
from server.deps import Deps
from server.engine import Reader
from server.engines.connecting import connect
from server.engines.examining import inspected
from server.store import SqlOfficeStore
from sync.change import Body, Patch, Place
from sync.rules import DomainRules
from sync.store import Fields
from tests.contract.people import record_id
from tests.faults.line import Line
from tests.faults.nursery import KILLED, Nursery
from tests.field_app.conftest import LIGHT, SetTime
from tests.server.conftest import DESA, Silent
from tests.server.letting_in import let_in
from tests.server.phones import Phone as WirePhone

PIN = "280945"
FORM = "bpnt_kpm"
PLACE = Place(lat=-7.42, lng=111.02, accuracy_m=8.0, at_ms=1)
SHIPPED = load_shipped(load_text())
FORMS, TEXT = SHIPPED.forms, SHIPPED.text
RULES = DomainRules(FORMS, SHIPPED.workflows)


@dataclass(frozen=True)
class Beat:
    """One pendamping, with one warga and a task to visit them."""

    person: PersonId
    warga: RecordId
    tugas: RecordId


class World:
    """One office with its officers, its line, and what happens to them."""

    def __init__(self, folder: Path, nursery: Nursery, people: int = 1) -> None:
        self.folder = folder
        self.server = 0
        self._nursery = nursery
        self.office = folder / "kantor"
        self.line = Line()
        self.clients: list[httpx.Client] = []
        self.phones: list[Phone] = []
        self.beats = [self.beat(number) for number in range(people)]
        assert init_office(self.office, None, Regency("33.14"), "Dinas Sosial Uji") is None
        with self.hand() as deps:
            bodies = [body for number in range(people) for body in _people(number, self.beats[number])]
            deps.office.act_all(deps.office.person, bodies)
            self._codes = [_code(deps, beat.person) for beat in self.beats]

    @staticmethod
    def beat(number: int) -> Beat:
        return Beat(PersonId(record_id(900 + number)), record_id(1 + number), record_id(500 + number))

    def hire(self) -> int:
        """Take on one more officer, with a warga and a task to visit them; return their number."""
        number = len(self.beats)
        self.beats.append(self.beat(number))
        self._codes.append("")
        self.act(*_people(number, self.beats[number]))
        return number

    # the server ---------------------------------------------------------------------------------------------

    def serve(self, *seen: str, torn_at: int = 0, options: Sequence[str] = ()) -> None:
        """Start the server in a process of its own and lead the line to it; see `Nursery.begin`.

        `options` are those of `run`; with `--tls` the line's address is of `https`.
        """
        out = self.folder / "server"
        out.unlink(missing_ok=True)
        os.mkfifo(out)
        self.server = self._nursery.begin("serve", out, self.office, *options, seen=seen, torn_at=torn_at)
        with out.open() as said:
            found = re.search(r"(https?)://([\d.]+):(\d+)", said.readline())
        assert found is not None, self.said()
        self.line.office = (found.group(2), int(found.group(3)))
        self.line.address = f"{found.group(1)}:{self.line.address.partition(':')[2]}"

    def set_clock(self, off_ms: int) -> None:
        """Set the clock of the office, also while it serves, so far ahead of the real one."""
        beside = self.folder / "jam"
        beside.write_text(str(off_ms), "utf-8")
        beside.rename(self.office.with_name(f"{self.office.name}.jam"))

    def kill(self) -> None:
        """Kill the server as a power cut does; the line leads nowhere afterwards."""
        if self.server:
            os.kill(self.server, signal.SIGKILL)
            assert self.wait() == KILLED

    def wait(self) -> int:
        """Wait until the server is gone; return how it ended."""
        code = self._nursery.wait(self.server)
        self.server, self.line.office = 0, None
        self.line.hang_up()
        return code

    def said(self) -> str:
        """What the server wrote to stderr."""
        return (self.folder / "server.log").read_text("utf-8")

    def close(self) -> None:
        for phone in self.phones:
            phone.lock()
        for client in self.clients:
            client.close()
        self.kill()
        self.line.close()

    # its data -----------------------------------------------------------------------------------------------

    @contextmanager
    def hand(self) -> Iterator[Deps]:
        """Work on the office's data from a second process' side, as `server user` does while it serves."""
        deps = open_office(self.office, None)
        assert isinstance(deps, Deps), deps
        try:
            yield deps
        finally:
            close_office(deps)

    def act(self, *bodies: Body) -> None:
        """Let the office make changes of its own."""
        with self.hand() as deps:
            deps.office.act_all(deps.office.person, list(bodies))

    def copy(self, name: str) -> Path:
        """Copy the office's folder as it lies there, without asking anybody."""
        return Path(shutil.copytree(self.office, self.folder / name))

    def put_back(self, copy: Path) -> None:
        """Put an older copy in the place of the office's folder; the server must not run."""
        assert not self.server
        shutil.rmtree(self.office)
        shutil.copytree(copy, self.office)

    @contextmanager
    def look(self) -> Generator[Reader]:
        """Read the office's database as it lies on the disk, while it serves or not."""
        opened = unlock(self.office, None)
        assert isinstance(opened, tuple)
        with inspected(opened[1], opened[0].database) as (_, reader):
            assert reader is not None
            yield reader

    def rows(self, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        opened = unlock(self.office, None)
        assert isinstance(opened, tuple)
        database = connect(opened[1], opened[0].database, read_only=True)
        assert database.conn is not None
        try:
            return database.conn.execute(sql, params).fetchall()
        finally:
            database.conn.close()

    def record(self, record: RecordId) -> Fields:
        with self.look() as reader:
            return SqlOfficeStore.reading(reader).records([record])[record].fields

    def versions(self, visit: RecordId) -> list[str]:
        """The changes of a visit that the office holds, oldest first, in hex."""
        with self.look() as reader:
            found = SqlOfficeStore.reading(reader).records([visit]).get(visit)
            return [version["change"] for version in found.fields["versions"]] if found else []

    def lacks(self) -> list[tuple[Any, ...]]:
        """The blobs that changes name and the office does not hold."""
        return self.rows("SELECT blob FROM blob_refs WHERE blob NOT IN (SELECT blob FROM blobs)")

    def faults(self) -> list[str]:
        """Everything that does not fit its history, by the whole replay of `server verify`."""
        opened = unlock(self.office, None)
        assert isinstance(opened, tuple)
        return verifying.verify(self.office, opened[1], opened[0], lambda _: RULES, TEXT, Silent()).faults

    # phones -------------------------------------------------------------------------------------------------

    def code(self, number: int = 0) -> str:
        """A one-use code that enrols a phone of this officer."""
        code, self._codes[number] = self._codes[number], ""
        if code:
            return code
        with self.hand() as deps:
            return _code(deps, self.beats[number].person)

    def phone(self, number: int = 0, name: str = "", time: SetTime | None = None) -> Phone:
        """A real phone in a folder of its own, joined and open."""
        phone = self.phone_at(self.folder / (name or f"hp-{number}"), time)
        self.join(phone, number)
        return phone

    def join(self, phone: Phone, number: int = 0) -> Enrolled:
        """Let a phone in for this officer, by a code and the words on both sides."""
        code = self.code(number)
        with self.hand() as deps:
            return let_in(phone, deps, self.line.address, code, PIN)

    def phone_at(self, folder: Path, time: SetTime | None = None) -> Phone:
        """The phone of a folder, as it is when the app is started: not yet open."""
        phone = make_phone(folder, time)
        self.phones.append(phone)
        return phone

    def again(self, folder: Path, time: SetTime | None = None) -> Phone:
        """Start the app on a folder once more, and open it."""
        phone = self.phone_at(folder, time)
        assert phone.unlock(PIN) is None
        return phone

    def browser(self) -> httpx.Client:
        """A connection of its own to the office, by the line."""
        self.clients.append(httpx.Client(base_url=self.line.address, timeout=20, verify=False))
        return self.clients[-1]

    def wire_phone(self, number: int = 0) -> WirePhone:
        """A phone that speaks the bare protocol, for what a sound one never says."""
        phone = WirePhone(self.browser())
        code = self.code(number)
        with self.hand() as deps:
            phone.enrol(code, deps)
        phone.login()
        return phone


def make_phone(folder: Path, time: SetTime | None = None) -> Phone:
    """A whole phone on a folder, with light keys and no thread of its own."""
    return Phone(
        folder,
        devices=desktop_devices(folder / "rahasia-perangkat")._replace(time=time or SetTime()),
        shipped=SHIPPED,
        connect=lambda door: open_link(door, TEXT.__contains__),
        background=False,
        chance=lambda: 0.5,
        cost=LIGHT,
    )


def _code(deps: Deps, person: PersonId) -> str:
    code = deps.joinings.new_code(person)
    assert not isinstance(code, Problem)
    return code.code


def _people(number: int, beat: Beat) -> list[Body]:
    officer = {
        "nama": f"Petugas {number}",
        "kode": f"P{900 + number}",
        "peran": ["pendamping"],
        "wilayah": [DESA],
        "layanan": ["bpnt"],
        "aktif": True,
    }
    warga = {
        "nama": f"Warga {number}",
        "nik": f"33149901019{number:05}1",
        "kode_desa": DESA,
        "layanan": ["bpnt"],
        "alamat": "Dukuh Uji",
    }
    task = {
        "petugas": beat.person,
        "sasaran": beat.warga,
        "sasaran_kind": "warga",
        "form": FORM,
        "state": "baru",
        "jatuh_tempo": "2026-11-21",
        "alasan": "Daftar SIKS-NG November",
        "kode_desa": DESA,
    }
    return [
        Patch(record=RecordId(beat.person), kind="petugas", base={}, new=officer),
        Patch(record=beat.warga, kind="warga", base={}, new=warga),
        Patch(record=beat.tugas, kind="tugas", base={}, new=task),
    ]


# what a pendamping does -------------------------------------------------------------------------------------


def start(phone: Phone, whom: Beat | RecordId | None) -> DraftView:
    """Begin the visit of a task, or one without a task to somebody known, or to somebody new."""
    subject, task = (whom.warga, whom.tugas) if isinstance(whom, Beat) else (whom, None)
    started = phone.visits.start(FORM, subject, task)
    assert isinstance(started, DraftView), started
    return started


def photograph(
    phone: Phone, draft: str, seed: int, field: str = "foto_rumah_depan", *, replaces: int | None = None
) -> BlobId:
    """Take one photo, in another's place or not; the same seed gives the same bytes of the camera."""
    shot = phone.visits.add_photo(draft, FORM, field, picture(seed), PLACE, replaces=replaces)
    assert isinstance(shot, PhotoView), shot
    return shot.blob


@cache
def picture(seed: int) -> bytes:
    return drawn_photo(random.Random(seed), (480, 360))


def answer(phone: Phone, draft: str, **values: Any) -> None:
    for field, value in values.items():
        saved = phone.visits.save(draft, FORM, field, value)
        assert not isinstance(saved, Refused), (field, saved)


def finish(phone: Phone, draft: str) -> Finalised:
    done = phone.visits.finalise(draft)
    assert isinstance(done, Finalised), done
    return done


def visit(phone: Phone, whom: Beat | RecordId | None, *seeds: int, **values: Any) -> Finalised:
    """Record a short visit with a photo for each seed, and finish it; of nobody known, to somebody new."""
    draft = start(phone, whom)
    if whom is None:
        values = {"nama": "Warga Baru", "kode_desa": DESA, **values}
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian", **values)
    for seed in seeds:
        photograph(phone, draft.id, seed)
    return finish(phone, draft.id)


def words(phone: Phone) -> list[str]:
    """The status word of each visit that she finished, the newest first."""
    home = phone.visits.home()
    return [card.status for card in (*home.returned, *home.sent)]


def pending(phone: Phone) -> tuple[int, int]:
    """Visits and photos that the phone says are not yet received."""
    status = phone.worker.status()
    return status.data_pending, status.photos_pending


def visited(world: World) -> tuple[Phone, Finalised]:
    """Let a phone join and send a visit with a photo; return both."""
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    return phone, done


def sync(phone: Phone) -> None:
    """Sync until the phone says that all is well."""
    failure = phone.worker.run_once()
    assert failure is None, failure


def until(what: Callable[[], bool]) -> None:
    """Wait until it has come to something."""
    end_s = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end_s, "it never came to that"
        time.sleep(0.05)
