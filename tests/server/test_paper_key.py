"""The key on two papers: it counts once typed back, and two papers and a backup make an office again."""

import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from schemas.ids import DeviceId, PersonId
from server import backup_store, device_store, lost_store
from server.__main__ import STOPPED, main
from server.backup_store import Plan
from server.backups.streaming import Streamer
from server.certificates import authority_path
from server.compose import close_office
from server.destruction import destroyed_path
from server.device_store import Device
from server.keys import default_path, read_keys
from server.lost_store import Wipe
from server.paper_key import SEALED, Bundle, open_sealed, read_sealed
from server.phone_list import phones_path
from sync.change import Destroyed
from tests.server.backup_office import add_blobs, faults, files, medium_at, opened, source_of
from tests.server.conftest import make_office

Line = pytest.CaptureFixture[str]
LINE = re.compile(r"^  \d  ([0-9A-Z]{4}-[0-9A-Z]{4})$", re.MULTILINE)


class Typist(io.StringIO):
    """Somebody who types what the screen showed; first something else where `mistakes` has a line."""

    def __init__(self, said: Line) -> None:
        super().__init__()
        self.said, self.shown, self.typed = said, list[str](), 0
        self.out = self.err = ""
        self.mistakes: dict[int, str] = {}
        self.again = list[int]()
        self.last = 99

    def readline(self, size: int | None = -1, /) -> str:
        captured = self.said.readouterr()
        self.out += captured.out
        self.err += captured.err
        self.shown = LINE.findall(self.out)
        if self.typed % 8 == 0 and self.again:  # the half is full, and a line of it was wrong
            return self.shown[self.again.pop(0)] + "\n"
        if self.typed >= min(len(self.shown), self.last):
            return ""
        at, self.typed = self.typed, self.typed + 1
        if at in self.mistakes:
            self.again.append(at)
        return self.mistakes.get(at, self.shown[at]) + "\n"


class Place:
    """An office that copies to one disk, and what two people hold."""

    def __init__(self, folder: Path, said: Line) -> None:
        self.folder, self.said = folder, said
        deps = make_office(folder)
        self.data, self.key = folder / "office", default_path(folder / "office")
        self.usb = medium_at(folder / "usb", self.data, deps)
        plan = Plan(copies=(str(self.usb.path),), every_ms=1)
        deps.engine.write(lambda writer: backup_store.put_plan(writer, plan)).result()
        self.blobs = add_blobs(deps, 1, seed=1)
        close_office(deps)
        self.papers = list[str]()

    def print_key(
        self, monkeypatch: pytest.MonkeyPatch, mistakes: dict[int, str] | None = None, ends: int = 0
    ) -> Typist:
        typist = Typist(self.said)
        typist.mistakes = mistakes or {}
        self.typist = typist
        monkeypatch.setattr("sys.stdin", typist)
        assert main(["print-key", "--data", str(self.data)]) == ends
        self.papers = typist.shown
        assert len(self.papers) == 16
        return typist

    def restore_key(
        self, monkeypatch: pytest.MonkeyPatch, source: Path, key: Path, lines: list[str] | None = None
    ) -> int:
        typed = "\n".join(lines if lines is not None else self.papers)
        monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
        return main(["restore-key", "--from", str(source), "--data", str(self.data), "--key", str(key)])

    def copy(self) -> None:
        assert main(["backup", "--data", str(self.data), "--to", str(self.usb.path)]) == 0

    def lose_everything(self) -> None:
        shutil.rmtree(self.data)
        shutil.rmtree(self.key.parent)


@pytest.fixture
def place(tmp_path: Path, capsys: Line) -> Place:
    return Place(tmp_path, capsys)


def test_two_papers_and_a_backup_make_the_office_again_on_an_empty_machine(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    with opened(place.data, place.key) as deps:
        deps.destruction.entries.add(Destroyed(changes={}, blobs=[], records=[], basis="BA 7"))
    place.copy()
    keys, beside = read_keys(place.key), authority_path(place.key).read_bytes()
    place.lose_everything()
    assert place.restore_key(monkeypatch, place.usb.path, place.key) == 0
    assert read_keys(place.key) == keys and authority_path(place.key).read_bytes() == beside
    assert place.key.stat().st_mode & 0o777 == 0o600
    assert main(["restore", "--from", str(place.usb.path), "--data", str(place.data)]) == 0
    with opened(place.data, place.key) as deps:
        assert deps.blobs.check(place.blobs[0]) == 40_000
        assert [body.basis for body in deps.destruction.entries.bodies()] == ["BA 7"]
        assert faults(deps, place.data, place.key) == []


def test_papers_stay_good_over_a_change_of_keys(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.print_key(monkeypatch)
    assert main(["rotate-keys", "--data", str(place.data)]) == 0
    place.key.unlink()
    again = place.folder / "again" / "k.key"
    assert place.restore_key(monkeypatch, place.data, again) == 0
    assert read_keys(again).number == 2
    assert main(["backup", "--data", str(place.data), "--key", str(again), "--to", str(place.usb.path)]) == 0
    from_medium = place.folder / "third" / "k.key"
    assert place.restore_key(monkeypatch, place.usb.path, from_medium) == 0
    assert read_keys(from_medium) == read_keys(again)


def test_what_was_destroyed_since_the_copy_was_sealed_stays_destroyed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    with opened(place.data, place.key) as deps:
        deps.destruction.destroy(deps.office.person, [], [], "BA 7")
        deps.destruction.destroy(deps.office.person, [], [], "BA 8")
    for path in (place.key, destroyed_path(place.key), authority_path(place.key)):
        path.unlink()
    assert place.restore_key(monkeypatch, place.data, place.key) == 0
    with opened(place.data, place.key) as deps:
        assert [body.basis for body in deps.destruction.entries.bodies()] == ["BA 7", "BA 8"]


def test_papers_open_what_a_change_of_keys_left_that_was_cut_off(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    with monkeypatch.context() as cut:
        cut.setattr("server.commands.rotate_keys.renew_blobs", dies)
        assert main(["rotate-keys", "--data", str(place.data)]) == STOPPED
    place.key.unlink()
    again = place.folder / "again" / "k.key"
    assert place.restore_key(monkeypatch, place.data, again) == 0
    with opened(place.data, again) as deps:
        assert faults(deps, place.data, again) == [] and read_keys(again).number == 2


def test_papers_open_the_copy_also_where_it_could_not_be_sealed_at_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    with monkeypatch.context() as cut:
        cut.setattr("server.commands.print_key.place", dies)
        place.print_key(monkeypatch, ends=STOPPED)
    place.papers = place.typist.shown
    with opened(place.data, place.key):  # whoever opens the office next
        pass
    place.key.unlink()
    assert place.restore_key(monkeypatch, place.data, place.folder / "again" / "k.key") == 0


def test_papers_open_a_stream_that_goes_on_under_newer_keys(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    place.copy()
    assert main(["rotate-keys", "--data", str(place.data)]) == 0
    with opened(place.data, place.key) as deps:
        streamer = Streamer(replace(source_of(deps, place.data), key_path=place.key))
        streamer.step(str(place.usb.path))
        streamer.close()
    again = place.folder / "again" / "k.key"
    assert place.restore_key(monkeypatch, place.usb.path, again) == 0
    assert read_keys(again) == read_keys(place.key)


def joined_phone(place: Place) -> DeviceId:
    phone = Device(
        id=DeviceId("d" * 32), person=PersonId("e" * 32), public_key=bytes(32), model="Uji", enrolled_ms=1,
        revoked_ms=None,
    )  # fmt: skip
    with opened(place.data, place.key) as deps:
        deps.engine.write(lambda tx: device_store.add_device(tx, phone)).result()
        deps.phones.keep()
    return phone.id


def from_papers(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose all but the papers and the disk, and begin again with them."""
    place.lose_everything()
    assert place.restore_key(monkeypatch, place.usb.path, place.key) == 0
    assert main(["restore", "--from", str(place.usb.path), "--data", str(place.data)]) == 0


def test_a_phone_that_was_revoked_stays_out_where_papers_and_an_older_copy_are_left(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    phone = joined_phone(place)
    place.copy()
    assert main(["device", "--data", str(place.data), "--revoke", phone]) == 0
    place.copy()
    max(place.usb.copies.glob("*.db")).unlink()  # the disk has gone bad in part
    from_papers(place, monkeypatch)
    with opened(place.data, place.key) as deps:
        assert [each.revoked_ms is None for each in deps.engine.read(device_store.devices)] == [False]


def test_a_stream_brings_an_order_to_wipe_to_whoever_has_papers_and_disks_only(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came after the copy and after the log began: the key is sealed anew as soon as the list has it."""
    place.print_key(monkeypatch)
    phone = joined_phone(place)
    place.copy()
    with opened(place.data, place.key) as deps:
        streamer = Streamer(replace(source_of(deps, place.data), key_path=place.key))
        streamer.step(str(place.usb.path))
        wipe = Wipe(id="f" * 32, device=phone, reason="Dicuri", ordered_by=PersonId("a" * 32), ordered_ms=1)
        deps.engine.write(lambda tx: lost_store.put_wipe(tx, wipe)).result()
        deps.phones.keep()
        streamer.step(str(place.usb.path))
        sealed = (place.usb.path / SEALED).read_bytes()
        streamer.step(str(place.usb.path))
        assert (place.usb.path / SEALED).read_bytes() == sealed, "and not again and again"
        streamer.close()
    from_papers(place, monkeypatch)
    with opened(place.data, place.key) as deps:
        assert deps.engine.read(lost_store.all_wipes) == [wipe]


def test_papers_write_over_no_list_of_phones_and_open_a_copy_of_before_there_was_one_in_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = joined_phone(place)
    place.print_key(monkeypatch)
    assert main(["device", "--data", str(place.data), "--revoke", phone]) == 0
    newer = phones_path(place.key).read_bytes()
    place.key.unlink()
    assert place.restore_key(monkeypatch, place.data, place.key) == 0
    assert phones_path(place.key).read_bytes() == newer
    older = msgspec.msgpack.encode({"keys": b"k", "authority": b"", "destroyed": b""})
    assert msgspec.msgpack.decode(older, type=Bundle).phones == b""


def dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_nothing_counts_before_both_papers_were_typed_back(
    place: Place, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in (place.key, authority_path(place.key))}
    for lines in ("", "ABCD-EFGH\n" * 3):
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        assert main(["print-key", "--data", str(place.data)]) == 1
        assert "Belum berlaku" in capsys.readouterr().err
    typist = Typist(capsys)
    typist.last = 8  # the first paper only
    monkeypatch.setattr("sys.stdin", typist)
    assert main(["print-key", "--data", str(place.data)]) == 1
    assert {path: path.read_bytes() for path in before} == before
    assert not (place.data / SEALED).exists() and not (place.usb.path / SEALED).exists()
    with opened(place.data, place.key) as deps:
        assert not deps.key_file.is_printed()


def test_a_mistyped_line_is_named_and_asked_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    typist = place.print_key(monkeypatch, {2: "0000-0000", 11: "salah"})
    assert "Kertas 1, baris 3 tidak cocok" in typist.err
    assert "Kertas 2, baris 4 tidak cocok" in typist.err


def test_the_office_knows_that_its_key_is_on_paper_and_which_disk_has_the_copy(
    place: Place, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(place.data, place.key) as deps:
        assert not deps.key_file.is_printed()
        place.print_key(monkeypatch)  # beside the running office
        assert deps.key_file.is_printed()
    assert str(place.usb.path) in capsys.readouterr().out
    assert (place.usb.path / SEALED).is_file() and (place.data / SEALED).is_file()


def test_without_a_disk_that_has_the_copy_it_says_what_is_still_to_do(
    place: Place, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(place.usb.path)
    place.print_key(monkeypatch)
    assert "python -m server backup" in capsys.readouterr().out


def test_wrong_papers_open_nothing_and_write_nothing(
    place: Place, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    older = place.papers
    place.print_key(monkeypatch)
    again = place.folder / "again" / "k.key"
    for lines in (older, older[:8] + place.papers[8:], place.papers[8:] + place.papers[:8], place.papers[:8]):
        assert place.restore_key(monkeypatch, place.usb.path, again, lines) == 1
        assert not again.exists()
    assert "belum lengkap" in capsys.readouterr().err
    spoiled = place.usb.path / SEALED
    whole = spoiled.read_bytes()
    spoiled.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert place.restore_key(monkeypatch, place.usb.path, again) == 1
    assert "salinannya rusak" in capsys.readouterr().err
    spoiled.write_bytes(b"x")
    assert place.restore_key(monkeypatch, place.usb.path, again) == 3
    assert not again.exists()


def test_a_key_file_that_is_there_is_never_overwritten(
    place: Place, capsys: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    before = place.key.read_bytes()
    assert place.restore_key(monkeypatch, place.data, place.key) == 3
    assert "tidak ditimpa" in capsys.readouterr().err
    elsewhere = place.folder / "elsewhere" / "k.key"
    elsewhere.parent.mkdir()
    destroyed_path(elsewhere).write_bytes(b"")
    authority_path(elsewhere).write_bytes(b"another office's")
    assert place.restore_key(monkeypatch, place.data, elsewhere) == 3
    assert authority_path(elsewhere).read_bytes() == b"another office's"
    assert place.key.read_bytes() == before and not elsewhere.exists()


def test_neither_the_key_file_nor_a_sealed_copy_holds_what_opens_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print_key(monkeypatch)
    keys = read_keys(place.key)
    sealed = (place.data / SEALED).read_bytes()
    for secret in (keys.database, keys.blobs, keys.uploads, keys.signing):
        assert secret not in sealed
        assert open_sealed(read_sealed(place.data), secret) is None
    for path in files(place.folder):
        content = path.read_bytes()
        assert not any(line.encode() in content for line in place.papers), path
