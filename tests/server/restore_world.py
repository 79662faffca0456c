"""A served office that streams to one disk and is copied to another, and what tests of restores ask of it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from schemas.ids import BlobId, RecordId
from server import restore_store
from server.app import create_app
from server.backups.medium import Medium
from server.backups.restoring import Restored
from server.backups.streaming import Streamer
from server.deps import Deps
from server.keys import default_path
from server.restore_store import Missing
from server.store import SqlOfficeStore
from sync.change import Decide, Evidence, FormAnswers, Patch, Submit
from tests.contract.people import record_id
from tests.server.backup_office import (
    faults,
    medium_at,
    opened,
    restored,
    source_of,
    with_disks,
)
from tests.server.conftest import DESA, Running
from tests.server.phones import Phone
from tests.server.threaded import in_thread


def photo(number: int) -> bytes:
    return b"photo" * 2_000 + number.to_bytes(4, "big")


class World:
    """A served office that streams to one disk and is copied to another, and a phone."""

    def __init__(self, office: Running, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.deps: Deps = with_disks(office.deps, office.data, age_days=0)
        self.data = office.data
        self.key = default_path(office.data)
        self.usb = medium_at(folder / "usb1", self.data, self.deps)
        self.other = medium_at(folder / "usb2", self.data, self.deps)
        self.streamer = Streamer(source_of(self.deps, self.data))
        self.phone: Phone = office.phone()
        self.visits = 0

    def visit(self, phone: Phone | None = None, *, sent: bool = True) -> RecordId:
        self.visits += 1
        phone = phone or self.phone
        data = photo(self.visits)
        evidence = Evidence(
            blob=BlobId(sha256(data).hexdigest()), form="bpnt_kpm", field="foto_rumah_depan",
            size_bytes=len(data), media_type="image/jpeg", camera_sha256="ab" * 32, taken_ms=1,
        )  # fmt: skip
        visit = RecordId(f"b{self.visits:031x}")
        answers = {"hasil_kunjungan": "tidak_bertemu"}
        phone.write(
            Submit(
                visit=visit,
                follows=None,
                subject=None,
                form="bpnt_kpm",
                forms={"bpnt_kpm": FormAnswers(version=1, answers=answers)},
                evidence=[evidence],
                place=None,
                tugas=None,
            )
        )
        phone.sync()
        if sent:
            upload(phone, data)
        return visit

    def decide(self, visit: RecordId) -> None:
        head = self.record(self.deps, visit).head
        assert head is not None
        body = Decide(visit=visit, follows=head, decision="kembalikan", reasons={}, note="Foto ulang")
        self.deps.office.act(self.office.person(77), body)

    def record(self, deps: Deps, name: RecordId):
        return deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([name]))[name]

    def copy(self) -> None:
        self.deps.keeper.copy_to([str(self.usb.path)], 7)

    def stream(self) -> None:
        self.streamer.step(str(self.other.path))
        assert self.streamer.state.trouble is None, self.streamer.state

    def restore(self, name: str, *also: Medium, until_ms: int | None = None) -> Restored:
        made = restored(self.usb, self.folder / name, self.key, *also, until_ms=until_ms)
        assert isinstance(made, Restored), made
        return made

    @contextmanager
    def back(self, name: str) -> Iterator[Deps]:
        with opened(self.folder / name, self.key) as deps:
            yield deps

    def is_whole(self, deps: Deps, name: str) -> None:
        assert faults(deps, self.folder / name, self.key) == []


@pytest.fixture(name="world")
def restore_world(office: Running, tmp_path: Path) -> World:
    return World(office, tmp_path)


def warga(number: int, nama: str, *layanan: str) -> Patch:
    """Somebody of the desa, written down for the first time."""
    new = {"nama": nama, "kode_desa": DESA, "layanan": list(layanan)}
    return Patch(record=record_id(number), kind="warga", base={}, new=new)


def upload(phone: Phone, data: bytes) -> None:
    begun = phone.begin_upload(data)
    place = begun.headers["location"]
    if int(begun.headers.get("upload-offset", "0")) < len(data):
        assert phone.send(place, data, 0).status_code == 204


@contextmanager
def serving(deps: Deps) -> Iterator[str]:
    """Serve a restored office."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    with in_thread(create_app(deps), listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def missing(deps: Deps) -> Missing:
    return deps.engine.read(lambda tx: restore_store.missing(tx, deps.office.device))


def phone_tip(deps: Deps, phone: Phone) -> int:
    tips = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(phone.device))
    return tips[0].counter if tips else 0
