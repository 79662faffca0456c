"""New keys for an office: what was there is there under them, and killed at any step nothing is between."""

import fcntl
import os
import shutil
import signal
from collections.abc import Callable
from copy import copy
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.ids import DeviceId, PersonId
from server import rotating
from server.__main__ import main
from server.accounts import Accounts
from server.backups.checking import check_medium
from server.backups.restoring import Restored
from server.backups.streaming import Streamer
from server.blobs import BlobStore
from server.commands.rotate_keys import Rotated, rotate
from server.compose import DATABASE, Refused, close_office, open_office
from server.deps import Deps
from server.engine import WrongKeyError
from server.engines.connecting import connect
from server.keys import Keys, change_keys, default_path, read_keys
from server.paper_key import note_printed
from server.passwords import Passwords
from server.second_factor import SecondFactors
from server.store import SqlOfficeStore
from server.upload_store import Upload
from sync.change import Destroyed, Patch
from tests.contract.people import record_id
from tests.server.backup_office import (
    Quiet,
    add_blobs,
    copied,
    faults,
    files,
    medium_at,
    opened,
    restored,
    source_of,
    spoil,
)
from tests.server.conftest import DESA, make_office

Line = pytest.CaptureFixture[str]
PART = b"half of a photo" * 3_000
STEPS = ("fsync", "rename", "unlink", "ftruncate")


class Place:
    """An office that is closed between what is done to it, with something of every kind in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        deps = make_office(folder)
        self.data, self.key = folder / "office", default_path(folder / "office")
        self.blobs = add_blobs(deps, 3, seed=1, size_bytes=70_000)
        for number in range(20):
            new = {"nama": f"Warga {number}", "kode_desa": DESA, "layanan": ["bpnt"]}
            deps.office.act(
                deps.office.person, Patch(record=record_id(number), kind="warga", base={}, new=new)
            )
        self.officer = PersonId(record_id(900))
        fields = {"nama": "Rini", "kode": "R", "peran": ["kabid"], "aktif": True}
        deps.office.act(deps.office.person, Patch(record=record_id(900), kind="petugas", base={}, new=fields))
        self.secret = self.second_step(deps)
        self.part = self.begin_upload(deps)
        self.seq = last_seq(deps)
        close_office(deps)

    def at(self, folder: Path) -> "Place":
        """The same office, copied to another folder."""
        again = copy(self)
        again.folder, again.data = folder, folder / "office"
        again.key = default_path(again.data)
        return again

    def second_step(self, deps: Deps) -> bytes:
        accounts = self.accounts(deps)
        accounts.create(self.officer, "rini", "sandi yang panjang", lambda _: None)
        secret = self.factors(deps).begin(self.officer)
        assert secret is not None
        return secret

    def accounts(self, deps: Deps) -> Accounts:
        passwords = Passwords(deps.randomness, memory_kib=64)
        return Accounts(deps.engine, passwords, now_ms=deps.now_ms, randomness=deps.randomness)

    def factors(self, deps: Deps) -> SecondFactors:
        return SecondFactors(
            deps.engine, self.accounts(deps), deps.factor_key, now_ms=deps.now_ms, randomness=deps.randomness
        )

    def begin_upload(self, deps: Deps) -> Upload:
        begun = deps.uploads.begin(DeviceId(deps.office.device), 2 * len(PART), "ab" * 32, "")
        assert isinstance(begun, Upload)
        part = deps.uploads.open(begun)
        part.append(PART)
        part.close()
        return begun

    def rotate(self) -> Keys:
        done = rotate(self.data, self.key, Quiet())
        assert isinstance(done, Rotated) and not done.unreadable, done
        return read_keys(self.key)

    def is_whole(self, data: Path | None = None) -> None:
        """Everything that was put in can be read, and the office verifies."""
        data = data or self.data
        with opened(data, self.key) as deps:
            self.holds(deps)
            assert faults(deps, data, self.key) == []

    def is_whole_but_uploads(self, data: Path) -> None:
        """As `is_whole`, for what came back from a medium: uploads under way are on none."""
        with opened(data, self.key) as deps:
            assert last_seq(deps) >= self.seq
            assert all(deps.blobs.check(blob) == 70_000 for blob in self.blobs)
            assert self.factors(deps).begin(self.officer) == self.secret
            assert faults(deps, data, self.key) == []

    def holds(self, deps: Deps) -> None:
        assert last_seq(deps) >= self.seq
        for blob in self.blobs:
            assert deps.blobs.check(blob) == 70_000
        assert self.factors(deps).begin(self.officer) == self.secret
        part = deps.uploads.part(self.part)
        assert part is not None and b"".join(part.chunks()) == PART
        part.close()

    def files_under(self, master: bytes) -> int:
        """How many of the photos lie under a master key."""
        store = BlobStore(self.data / "blobs", master)
        return sum(store.has(blob) for blob in self.blobs)


def last_seq(deps: Deps) -> int:
    return deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).last_seq())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def die_at(place: Place, left: int, *options: str) -> bool:
    """Run `rotate-keys` in a process that kills itself before a durable step; return whether it did."""
    child = os.fork()
    if not child:
        _run_dying(place, left, options)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _run_dying(place: Place, left: int, options: tuple[str, ...]) -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        for name in STEPS:
            _make_deadly(name, left)
        code = main(["rotate-keys", *options, "--data", str(place.data)])
    except BaseException:  # noqa: BLE001 - a child of a test never returns into it
        code = 99
    os._exit(code)


_done = 0


def _make_deadly(name: str, left: int) -> None:
    own = getattr(os, name)

    def work(*given: object, **more: object) -> object:
        global _done
        _done += 1
        if _done > left:
            os.kill(os.getpid(), signal.SIGKILL)
        return own(*given, **more)

    setattr(os, name, work)


def test_killed_before_any_step_an_office_is_whole_and_the_next_run_finishes(place: Place) -> None:
    left, was_killed = 0, True
    while was_killed and left < 400:
        there = place.folder / f"at {left}"
        shutil.copytree(place.data, there / "office")
        shutil.copytree(place.key.parent, there / "keys")
        again = place.at(there)
        was_killed = die_at(again, left)
        again.is_whole()
        keys = again.rotate() if was_killed else read_keys(again.key)
        again.is_whole()
        assert again.files_under(keys.blobs) == 3 and not keys.unfinished and keys.following is None
        assert sorted(path.name for path in again.data.iterdir()) == ["blobs", "office.db", "uploads"]
        shutil.rmtree(there)
        left += 1
    assert left > 30  # it did die at many places


def test_what_was_there_is_there_under_keys_that_the_old_file_does_not_open(place: Place) -> None:
    old = read_keys(place.key)
    new = place.rotate()
    assert new.number == old.number + 1 and new.older == (old.present(),)
    assert (new.signing, new.device) == (old.signing, old.device)
    assert place.files_under(new.blobs) == 3 and place.files_under(old.blobs) == 0
    with pytest.raises(WrongKeyError):
        connect(place.data / DATABASE, old.database)
    place.is_whole()


def test_a_second_rotation_keeps_both_generations_before(place: Place) -> None:
    first, second = place.rotate(), place.rotate()
    assert [each.number for each in second.older] == [2, 1] and second.older[0] == first.present()
    place.is_whole()


def test_copies_and_logs_of_before_and_after_are_read_and_restored(place: Place) -> None:
    with opened(place.data, place.key) as deps:
        before = medium_at(place.folder / "usb1", place.data, deps)
        both = medium_at(place.folder / "usb2", place.data, deps)
        copied(deps, place.data, before)
        copied(deps, place.data, both)
        streamer = Streamer(source_of(deps, place.data))
        streamer.step(str(both.path))
        streamer.close()
        old_files = {path.name for path in files(both.blobs)}
    keys = place.rotate()
    with opened(place.data, place.key) as deps:
        made = copied(deps, place.data, both)
        assert made.manifest.generation == 2 and made.fresh == 3
        streamer = Streamer(source_of(deps, place.data))
        streamer.step(str(both.path))
        streamer.close()
        assert streamer.state.trouble is None
    assert not old_files & {path.name for path in files(both.blobs)}  # under the old key nothing is left
    for medium, whole in ((before, 1), (both, 2)):
        found = check_medium(medium, keys, Quiet())
        assert (len(found.whole), found.damaged, found.bad_blobs, found.bad_logs) == (whole, [], [], 0)
        data = place.folder / f"back from {medium.path.name}"
        back = restored(medium, data, place.key)
        assert isinstance(back, Restored) and not back.damaged_logs
        place.is_whole_but_uploads(data)
    with pytest.raises(WrongKeyError):
        connect(place.folder / "back from usb1" / DATABASE, keys.older[0].database)


def test_a_key_file_of_before_is_told_from_a_damaged_medium_and_brings_no_older_office_unasked(
    place: Place, capsys: Line
) -> None:
    old = shutil.copy(place.key, place.folder / "lama.key")
    with opened(place.data, place.key) as deps:
        usb = medium_at(place.folder / "usb", place.data, deps)
        copied(deps, place.data, usb)
    place.rotate()
    with opened(place.data, place.key) as deps:
        copied(deps, place.data, usb)
        logs = medium_at(place.folder / "logs", place.data, deps)
        streamer = Streamer(source_of(deps, place.data))
        streamer.step(str(logs.path))
        streamer.close()
    for medium in (usb, logs):
        assert main(["verify", "--data", "hilang", "--medium", str(medium.path), "--key", str(old)]) == 3
        said = capsys.readouterr()
        assert "bukan berarti rusak" in said.err and "RUSAK" not in said.out + said.err
    back = place.folder / "back"
    asked = ["restore", "--from", str(usb.path), "--data", str(back), "--key", str(old)]
    assert main(asked) == 3
    assert "Sebut berkas kunci terbaru" in capsys.readouterr().err and not back.exists()
    assert main([*asked, "--at", "2099-01-01"]) == 0
    said = capsys.readouterr()
    assert "tidak terbuka dengan kunci ini dan dilewati: 2." in said.err
    assert "memasangnya lagi: dampingi" in said.out and "di halaman Nomor surat" in said.out
    spoil(usb.manifest(2))  # under the right key it is damage again
    main(["verify", "--data", str(place.data), "--medium", str(usb.path)])
    assert "TIDAK UTUH: 1 salinan" in capsys.readouterr().out


def test_whoever_settles_the_keys_meanwhile_costs_the_change_and_not_the_database(place: Place) -> None:
    """Another command opened the office before the lock, and found the old key to count."""

    class Another(Quiet):
        def at(self, name: str) -> None:
            if name == "kunci_baru":
                change_keys(place.key, lambda keys: replace(keys, following=None))

    done = rotate(place.data, place.key, Another())
    assert isinstance(done, Refused) and done.say == "folder_dipakai"
    assert read_keys(place.key).number == 1
    place.is_whole()
    assert place.rotate().number == 2
    place.is_whole()


def test_settling_keeps_what_another_wrote_into_the_key_file_meanwhile(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_keys(place.key, lambda keys: keys.prepared(bytes(96)))
    real = rotating.change_keys

    def later(path: Path, change: Callable[[Keys], Keys]) -> Keys:
        note_printed(path, bytes(range(32)), 7)
        return real(path, change)

    monkeypatch.setattr(rotating, "change_keys", later)
    rotating.settle(place.key, place.data / DATABASE)
    keys = read_keys(place.key)
    assert keys.printed_ms == 7 and keys.following is None


def test_what_was_restored_from_before_is_brought_under_the_present_key_next(place: Place) -> None:
    with opened(place.data, place.key) as deps:
        before = medium_at(place.folder / "usb1", place.data, deps)
        copied(deps, place.data, before)
    keys = place.rotate()
    shutil.rmtree(place.data)
    restored(before, place.data, place.key)
    assert place.files_under(keys.blobs) == 0
    assert place.rotate().number == keys.number  # it only finishes
    assert place.files_under(keys.blobs) == 3


def test_nothing_is_changed_while_somebody_has_the_office_open(place: Place, capsys: Line) -> None:
    before = place.key.read_bytes()
    with opened(place.data, place.key):
        refused = rotate(place.data, place.key, Quiet())
    assert isinstance(refused, Refused) and refused.say == "folder_dipakai"
    keys = read_keys(place.key)
    assert place.key.read_bytes() == before and keys.following is None and not keys.older
    lock = os.open(place.data, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert main(["rotate-keys", "--data", str(place.data)]) == 3
    assert "sedang dipakai" in capsys.readouterr().err
    os.close(lock)
    place.is_whole()


def test_keys_that_neither_open_the_database_are_both_kept(place: Place) -> None:
    keys = change_keys(place.key, lambda keys: keys.prepared(bytes(96)))
    whole = (place.data / DATABASE).read_bytes()
    (place.data / DATABASE).write_bytes(b"x" * len(whole))
    assert isinstance(open_office(place.data, place.key), Refused)
    assert read_keys(place.key) == keys
    (place.data / DATABASE).write_bytes(whole)
    place.is_whole()
    assert read_keys(place.key).following is None


def test_what_was_destroyed_before_stays_so_after(place: Place) -> None:
    gone = place.blobs[0]
    with opened(place.data, place.key) as deps:
        deps.destruction.destroy(deps.office.person, [], [], "BA 1")
        deps.destruction.entries.add(Destroyed(changes={}, blobs=[gone], records=[], basis="BA 2"))
    place.rotate()
    with opened(place.data, place.key) as deps:
        assert not deps.blobs.has(gone)
        deps.destruction.destroy(deps.office.person, [], [], "BA 3")
        assert [body.basis for body in deps.destruction.entries.bodies()] == ["BA 1", "BA 2", "BA 3"]


def test_a_photo_that_cannot_be_read_stays_and_is_told(place: Place, capsys: Line) -> None:
    with opened(place.data, place.key) as deps:
        damaged = deps.blobs.path(place.blobs[0])
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    assert main(["rotate-keys", "--data", str(place.data)]) == 1
    said = capsys.readouterr()
    assert "1 foto" in said.err and "nomor 2" in said.out
    assert damaged.exists()
