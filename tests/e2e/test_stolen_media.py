"""A stolen disk, backup or phone after a lived-through day: every file is read, and none tells anything.

The day is real: a visit and a statement recorded, synced and read in the room, another of each begun and left
open, a file handed over, copies on two disks and a stream. Every file of it is looked at while all still
runs, with the logs beside it, and once more when all is closed.
"""

import re
import sqlite3
import zlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import sqlcipher3

from field_app.handover import HandedOver
from field_app.phone import Phone
from field_app.views import DraftView, Finalised, PhotoView, Saved
from schemas.ids import RecordId
from server.accounts import Accounts
from server.backups.making import Made
from server.backups.streaming import Streamer
from server.passwords import Passwords
from sync.change import Patch
from tests.faults.conftest import Make, nursery, regency  # noqa: F401 - fixtures
from tests.faults.world import PIN, World, answer, photograph, picture, start, sync, visit
from tests.server.backup_office import copied, medium_at, source_of
from tests.server.room_office import (
    BUDI,
    CHEAP_KIB,
    PHRASES,
    SITI,
    add_officers,
    hold_ceremony,
    open_case,
    serving_cheaply,
)
from tests.server.web_office import PASSWORD, Office

STATEMENT, NAME, STREET = "Pernyataan Zebra Ungu", "Warga Kencana Wungu", "Jalan Cendrawasih Tujuh"
NIK = "3314990101900777"
WHOLE_BYTES = 4_096
"""From this size on a file is tried whether it can be packed: what is ciphertext cannot."""
KEYS = ("keys", "rahasia-perangkat")
"""Where keys lie, which a thief of data or backup has not; on a phone this secret is in the keystore."""


@dataclass
class Day:
    """What came of the day, and what must be nowhere: words, numbers, secrets, and pieces of pictures."""

    world: World
    phone: Phone
    marks: list[bytes]

    def files(self) -> list[Path]:
        """Every file of office, media and phone, but for the keys; what holds no bytes is passed over."""
        every = (path for path in self.world.folder.rglob("*") if path.is_file() and path.stat().st_size)
        return [path for path in every if not set(KEYS) & set(path.relative_to(self.world.folder).parts)]

    def found(self) -> list[tuple[str, bytes]]:
        return [
            (path.name, mark) for path in self.files() for mark in self.marks if mark in path.read_bytes()
        ]


def spelled(*words: str) -> list[bytes]:
    """How words may stand in a file: as they are, in capitals, in two bytes a letter."""
    return [
        form for word in words for form in (word.encode(), word.upper().encode(), word.encode("utf-16-le"))
    ]


def office_of(world: World, deps: object) -> Office:
    """The pages' office over a world's, with passwords that cost little."""
    office = Office.__new__(Office)
    office.deps, office.people = deps, {}  # type: ignore[assignment]
    office.accounts = Accounts(
        office.deps.engine, Passwords(office.deps.randomness, memory_kib=CHEAP_KIB),
        now_ms=office.deps.now_ms, randomness=office.deps.randomness,
    )  # fmt: skip
    return office


def statement(phone: Phone, *, finished: bool) -> str:
    """Record a statement with a photo; return its visit, or its draft."""
    draft = phone.visits.start("ktk", None, None)
    assert isinstance(draft, DraftView), draft
    for name, value in (("hasil_kunjungan", "terisi_sebagian"), ("nama", NAME), ("alasan_hasil", STATEMENT)):
        assert isinstance(phone.visits.save(draft.id, "ktk", name, value), Saved)
    assert isinstance(phone.visits.add_photo(draft.id, "ktk", "fc_ktp", picture(2), None), PhotoView)
    if not finished:
        return draft.id
    done = phone.visits.finalise(draft.id)
    assert isinstance(done, Finalised), done
    return done.visit


def pieces(phone: Phone, draft: str, *fields: str) -> list[bytes]:
    """A piece out of the middle of each picture that a draft shows."""
    shown = phone.visits.photo_bytes(photograph(phone, draft, 7))
    return [shown[len(shown) // 2 :][:48]]


@pytest.fixture
def day(regency: Make) -> Day:  # noqa: F811 - the fixture above
    """Live through the day; everything is still open and served."""
    world = regency()
    who = world.beats[0]
    was = {"nik": "331499010190000001", "alamat": "Dukuh Uji", "nama": "Warga 0"}
    world.act(
        Patch(record=who.warga, kind="warga", base=was, new={"nik": NIK, "alamat": STREET, "nama": NAME})
    )
    with world.hand() as deps:
        office = office_of(world, deps)
        add_officers(office)
        with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as client:
            hold_ceremony(client)
            hung = re.findall(r"<strong>(\w+)</strong></li>", client.get("/ruang/kunci/tanda").text)
            roles = {"peran": ["pendamping"], "layanan": ["bpnt"]}
            both = {"peran": ["pendamping", "verifikator"], "layanan": ["bpnt", "ktkpm"]}
            world.act(Patch(record=RecordId(who.person), kind="petugas", base=roles, new=both))
            phone = world.phone()
            sync(phone)
            assert phone.sealed.pin_unit(tuple(hung)).problem == "" and phone.sealed.unlock(PIN) is None
            visit(phone, who, 1, catatan=STATEMENT)
            told = statement(phone, finished=True)
            sync(phone)
            kasus = RecordId(world.record(RecordId(told))["kasus"])
            assert open_case(client, kasus, BUDI).status_code == 303
            assert STATEMENT in client.get(f"/ruang/kasus/{kasus}").text
        media = [medium_at(world.folder / name, world.office, deps) for name in ("usb1", "usb2")]
        for medium in media:
            assert isinstance(copied(deps, world.office, medium), Made)
        streamer = Streamer(source_of(deps, world.office))
        streamer.step(str(media[1].path))
        assert streamer.state.trouble is None
        streamer.close()
    visit(phone, None, 3, catatan=STATEMENT)
    sync(phone)  # which the office writes to its log
    draft = start(phone, None)
    answer(phone, draft.id, nama=NAME, nik=NIK, kode_desa="33.14.01.2001")
    marks = pieces(phone, draft.id)
    statement(phone, finished=False)
    stick = world.folder / "stik"
    stick.mkdir()
    assert isinstance(phone.handover.write(stick), HandedOver)
    marks += spelled(STATEMENT, NAME, STREET, NIK, PIN, PASSWORD, PHRASES[SITI], PHRASES[BUDI])
    marks += [b"SQLite format 3", b"Exif\0\0", b"hasil_kunjungan", b"kasus", b"CREATE TABLE"]
    return Day(world, phone, marks)


def test_nothing_that_was_said_stands_in_any_file_of_office_media_or_phone(day: Day) -> None:
    names = {path.name for path in day.files()}
    assert {"office.db", "office.db-wal", "00000001.db", "00000001.manifest"} <= names
    assert any(name.endswith(".log") for name in names) and any(
        path.parent.name == "stik" for path in day.files()
    )
    assert day.found() == []
    day.phone.lock()
    day.world.kill()
    assert day.found() == []
    (day.world.folder / "planted").write_bytes(b"x" * 9_000 + NAME.encode())
    assert day.found() == [("planted", NAME.encode())]  # the search does find


def test_every_file_of_any_size_is_ciphertext_through_and_through(day: Day) -> None:
    day.phone.lock()
    day.world.kill()
    # the index of a log (-shm) holds numbers of pages only
    large = [p for p in day.files() if p.stat().st_size >= WHOLE_BYTES and not p.name.endswith("-shm")]
    assert len(large) >= 8
    for path in large:
        data = path.read_bytes()
        blocks = [data[at : at + WHOLE_BYTES] for at in range(0, len(data) - WHOLE_BYTES + 1, WHOLE_BYTES)]
        packed = [path.name for block in blocks if len(zlib.compress(block, 9)) < WHOLE_BYTES * 0.97]
        assert not packed, path


def test_no_database_or_picture_opens_without_its_key(day: Day) -> None:
    day.phone.lock()
    day.world.kill()
    databases = [path for path in day.files() if path.suffix == ".db"]
    assert len(databases) >= 4  # the office's, a copy on each medium, the phone's
    for path in databases:
        for driver in (sqlite3, sqlcipher3):
            with closing(driver.connect(path)) as connection, pytest.raises(driver.DatabaseError):
                connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
