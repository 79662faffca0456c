"""A copy of the office: whole, of one moment, unreadable without the key, and safe to interrupt."""

import errno
import os
import random
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from schemas.ids import BlobId
from server import backup_store
from server.backups.blob_copies import BlobCopies
from server.backups.checking import check_medium
from server.backups.making import Made, StoppedError, make_copy
from server.backups.manifest import read_manifest
from server.backups.medium import Medium, Trouble, disk_of, open_medium, prepare
from server.compose import close_office, open_office
from server.deps import Deps
from server.engines.examining import inspected
from server.engines.sqlite_copy import snapshot
from server.store import SqlOfficeStore
from sync.change import Patch
from tests.contract.people import record_id
from tests.server.backup_office import (
    Quiet,
    another_office,
    copied,
    files,
    keys_of,
    medium_at,
    source_of,
    spoil,
)
from tests.server.conftest import DESA, make_office

SECRET = "Nama Yang Rahasia"


class Office:
    """An office with one medium."""

    def __init__(self, folder: Path) -> None:
        self.deps: Deps = make_office(folder)
        self.data = folder / "office"
        self.medium = medium_at(folder / "usb1", self.data, self.deps)
        self.rng = random.Random(3)

    def write(self, number: int) -> None:
        new = {"nama": f"{SECRET} {number}", "kode_desa": DESA, "layanan": ["bpnt"]}
        body = Patch(record=record_id(number), kind="warga", base={}, new=new)
        self.deps.office.act(self.deps.office.person, body)

    def add_blob(self, size: int = 150_000) -> BlobId:
        data = self.rng.randbytes(size)
        blob = BlobId(sha256(data).hexdigest())
        assert self.deps.blobs.put(blob, [data], "x")
        device, now = self.deps.office.device, self.deps.now_ms()
        self.deps.engine.write(
            lambda tx: SqlOfficeStore.writing(tx).blob_received(blob, size, device, now)
        ).result()
        return blob

    def copy(self, keep: int = 7) -> Made:
        return copied(self.deps, self.data, self.medium, keep)

    def try_copy(self, progress: Quiet | None = None) -> Made | Trouble:
        return make_copy(source_of(self.deps, self.data), self.medium, 7, progress or Quiet())

    def blob_copy(self, blob: BlobId) -> Path:
        name = self.deps.blobs.path(blob)
        return self.medium.blobs / name.parent.name / name.name

    def is_whole(self) -> bool:
        found = check_medium(self.medium, keys_of(self.data), Quiet())
        return bool(found.whole) and not found.damaged and not found.bad_blobs


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    office.write(1)
    yield office
    close_office(office.deps)


def test_a_copy_is_whole_and_says_what_it_holds(office: Office) -> None:
    blob = office.add_blob()
    made = office.copy()
    assert (made.fresh, made.mended, made.manifest.absent) == (1, 0, [])
    stored = read_manifest(office.medium, keys_of(office.data), made.manifest.number)
    assert stored == made.manifest and stored.verified_ms > 0
    assert stored.last_seq == office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).last_seq())
    assert office.blob_copy(blob).read_bytes() == office.deps.blobs.path(blob).read_bytes()
    assert office.is_whole()


def test_nothing_on_a_medium_is_readable(office: Office) -> None:
    office.add_blob()
    office.copy()
    everything = b"".join(path.read_bytes() for path in files(office.medium.path))
    for plain in (SECRET.encode(), b"SQLite format 3", b"kabupaten", b"Dinas Sosial"):
        assert plain not in everything


def test_what_was_copied_is_not_read_or_written_again(office: Office) -> None:
    first = office.add_blob()
    office.copy()
    path = office.blob_copy(first)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    office.add_blob()
    office.deps.blobs.path(first).unlink()  # whoever reads it again would miss it
    made = office.copy()
    assert (made.fresh, made.manifest.absent) == (1, [])
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_copy_is_of_one_moment_while_the_office_goes_on(office: Office) -> None:
    written: list[int] = []

    class Busy(Quiet):
        def at(self, name: str) -> None:
            for _ in range(20):
                written.append(100 + len(written))
                office.write(written[-1])
                office.add_blob(1_000)

    made = office.try_copy(Busy())
    assert isinstance(made, Made)
    assert len(written) >= 60
    assert office.is_whole()
    assert made.manifest.counts["changes"] < 2 + len(written)


def test_what_is_copied_is_what_was_read_whatever_comes_between(office: Office, tmp_path: Path) -> None:
    keys = keys_of(office.data)
    path = tmp_path / "copy.db"
    count = "SELECT count(*) FROM changes"
    with snapshot(office.data / "office.db", keys.database) as taken:
        [(before,)] = taken.reader.query(count)
        office.write(7)
        taken.copy_to(path, lambda done, total: None)
    assert office.deps.engine.read(lambda tx: tx.query(count)) == [(before + 1,)]
    with inspected(path, keys.database) as (_, reader):
        assert reader is not None and reader.query(count) == [(before,)]


def test_a_copy_that_is_not_what_its_manifest_says_is_not_called_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backup_store.counts
    told = iter([{**office.deps.engine.read(real), "changes": 0}])
    monkeypatch.setattr(backup_store, "counts", lambda reader: next(told, None) or real(reader))
    made = office.try_copy()
    assert isinstance(made, Trouble) and made.code == "salinan_rusak"


def test_a_stopped_copy_leaves_the_earlier_ones_whole_and_the_next_clears_it_away(office: Office) -> None:
    office.add_blob()
    first = office.copy().manifest.number

    class Stops(Quiet):
        def __init__(self, when: str) -> None:
            self.when = when

        def at(self, name: str) -> None:
            if name == self.when:
                raise StoppedError

    for step in ("salin", "berkas", "periksa", "basis_data"):
        office.add_blob()
        with pytest.raises(StoppedError):
            office.try_copy(Stops(step))
        assert first in office.medium.numbers()
        assert office.is_whole(), step
    second = office.copy()
    assert office.medium.numbers() == [second.manifest.number, first]
    assert sorted(path.suffix for path in files(office.medium.copies)) == [
        ".db",
        ".db",
        ".manifest",
        ".manifest",
    ]


def test_only_the_newest_copies_are_kept_and_blobs_are_shared(office: Office) -> None:
    office.add_blob()
    numbers = [office.copy(keep=3).manifest.number for _ in range(5)]
    assert office.medium.numbers() == numbers[:1:-1]
    assert len(files(office.medium.blobs)) == 1
    assert office.is_whole()


@pytest.mark.parametrize("what", ["db", "manifest", "blob"])
def test_one_changed_byte_on_the_medium_is_found(office: Office, what: str) -> None:
    blob = office.add_blob()
    made = office.copy()
    number = made.manifest.number
    path = {
        "db": office.medium.database(number),
        "manifest": office.medium.manifest(number),
        "blob": office.blob_copy(blob),
    }[what]
    data = path.read_bytes()
    for place in (0, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert not office.is_whole(), place
    path.write_bytes(data)
    assert office.is_whole()


def test_a_damaged_copy_of_a_blob_is_replaced_within_a_turn(office: Office) -> None:
    blobs = [office.add_blob(2_000) for _ in range(40)]
    office.copy()
    for blob in blobs:
        path = office.blob_copy(blob)
        spoil(path)
    assert sum(office.copy().mended for _ in range(16)) == len(blobs)
    assert office.is_whole()


def test_what_a_medium_keeps_damaged_is_not_called_mended(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = office.add_blob()
    office.copy()
    spoil(office.blob_copy(blob))
    copies = BlobCopies(office.deps.blobs, office.medium.blobs, keys_of(office.data).blob_masters())
    monkeypatch.setattr(copies, "copy", lambda *_: True)  # and the disk kept what was there
    assert not copies.mend(blob, 150_000) and copies.mended == 0
    assert not office.blob_copy(blob).exists(), "it is copied anew the next time"


def test_a_cut_off_copy_of_a_blob_is_replaced_at_once(office: Office) -> None:
    blob = office.add_blob()
    office.copy()
    os.truncate(office.blob_copy(blob), 1_000)
    assert office.copy().fresh == 1
    assert office.is_whole()


def test_a_blob_that_the_office_lost_is_said_and_the_copy_made(office: Office) -> None:
    blob, other = office.add_blob(), office.add_blob()
    office.deps.blobs.path(blob).unlink()
    path = office.deps.blobs.path(other)
    spoil(path)
    made = office.copy()
    assert made.manifest.absent == sorted([blob, other])
    assert not office.blob_copy(other).exists()


def test_the_copy_that_the_disk_spoiled_is_not_called_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.backups import making

    real = making.write_manifest
    spoiled: list[int] = []

    def spoil(medium: Medium, keys: object, manifest: making.Manifest, nonce: bytes) -> None:
        real(medium, keys, manifest, nonce)  # type: ignore[arg-type]
        path = medium.database(manifest.number)
        data = path.read_bytes()
        path.write_bytes(data[:5_000] + bytes([data[5_000] ^ 1]) + data[5_001:])
        spoiled.append(manifest.number)

    office.copy()
    monkeypatch.setattr(making, "write_manifest", spoil)
    made = office.try_copy()
    assert isinstance(made, Trouble) and made.code == "salinan_rusak"
    monkeypatch.undo()
    assert office.copy().manifest.number > 1
    assert office.is_whole()


def test_a_damaged_office_is_not_copied_over_what_is_whole(office: Office) -> None:
    office.copy()
    for number in range(200):
        office.write(1_000 + number)
    office.deps.engine.close()
    path = office.data / "office.db"
    data = path.read_bytes()
    place = len(data) * 3 // 4  # far from what opening reads
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    deps = open_office(office.data, None)
    assert isinstance(deps, Deps)
    office.deps = deps
    made = office.try_copy()
    assert isinstance(made, Trouble) and made.code == "kantor_rusak"
    assert 1 in office.medium.numbers()
    assert office.is_whole()


def test_a_disk_without_space_is_said_before_and_during(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.copy()
    usage = shutil.disk_usage(office.medium.path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
        made = office.try_copy()
        assert isinstance(made, Trouble) and made.code == "media_kurang"
    office.add_blob()
    with monkeypatch.context() as patch:

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "no space")

        patch.setattr(os, "fsync", full)
        made = office.try_copy()
        assert isinstance(made, Trouble) and made.code == "media_penuh"
    assert office.is_whole()
    assert office.copy().manifest.absent == []


def test_a_medium_that_is_taken_away_is_said(office: Office, tmp_path: Path) -> None:
    office.add_blob()

    class Pulled(Quiet):
        def at(self, name: str) -> None:
            if name == "berkas":
                office.medium.path.rename(tmp_path / "away")

    made = office.try_copy(Pulled())
    assert isinstance(made, Trouble) and made.code == "media_hilang"


def test_only_a_prepared_folder_of_this_office_is_a_medium(office: Office, tmp_path: Path) -> None:
    device = keys_of(office.data).device

    def code(path: Path) -> str:
        found = open_medium(path, device)
        return found.code if isinstance(found, Trouble) else ""

    assert code(tmp_path / "nowhere") == "media_tidak_ada"
    (tmp_path / "empty").mkdir()
    assert code(tmp_path / "empty") == "bukan_folder_cadangan"
    assert code(office.medium.path) == ""
    again = prepare(office.medium.path, device, office.deps.randomness)
    assert again == office.medium
    another_office(office.medium)
    assert code(office.medium.path) == "kantor_lain"
    refused = prepare(office.medium.path, device, office.deps.randomness)
    assert isinstance(refused, Trouble) and refused.code == "kantor_lain"


def test_two_never_work_on_one_medium(office: Office) -> None:
    with office.medium.locked() as is_ours:
        assert is_ours
        made = office.try_copy()
    assert isinstance(made, Trouble) and made.code == "media_dipakai"


def test_folders_on_one_disk_are_told_from_two_disks(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert disk_of(tmp_path) == disk_of(tmp_path / "a")
    assert disk_of(tmp_path) != disk_of(Path("/proc"))
