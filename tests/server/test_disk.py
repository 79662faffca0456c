"""Where nothing can be made durable: it is said by name, and nothing is acknowledged there."""

import errno
import os
import stat
from pathlib import Path

import pytest

from schemas.ids import DeviceId, Regency
from schemas.text import load_text
from server.backups.medium import MARK, Trouble, prepare
from server.compose import Refused, close_office, init_office, open_office
from server.disk import NoPromiseError, sync_folder

real_fsync = os.fsync


def refuse_folders(handle: int) -> None:
    """Fsync as some network shares have it: of files, and of no folder."""
    if stat.S_ISDIR(os.fstat(handle).st_mode):
        raise OSError(errno.EINVAL, "Invalid argument")
    real_fsync(handle)


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", refuse_folders)


def said(refused: object) -> str:
    assert isinstance(refused, Refused)
    text = load_text()(f"perintah.{refused.say}", **refused.values)
    assert "rusak" in text and "jaringan" in text
    return refused.say


def test_a_file_system_that_can_promise_nothing_is_told_from_a_disk_that_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(NoPromiseError):
        sync_folder(Path("/proc"))

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="I/O error") as found:
        sync_folder(tmp_path)
    assert not isinstance(found.value, NoPromiseError)


@pytest.mark.usefixtures("share")
def test_no_office_is_made_where_nothing_can_be_made_durable(tmp_path: Path) -> None:
    assert said(init_office(tmp_path / "office", None, Regency("33.14"), "Uji")) == "folder_tanpa_jaminan"


def test_an_office_that_was_moved_there_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert init_office(tmp_path / "office", None, Regency("33.14"), "Uji") is None
    monkeypatch.setattr(os, "fsync", refuse_folders)
    assert said(open_office(tmp_path / "office", None)) == "folder_tanpa_jaminan"
    monkeypatch.setattr(os, "fsync", real_fsync)
    deps = open_office(tmp_path / "office", None)
    assert not isinstance(deps, Refused)
    close_office(deps)


@pytest.mark.usefixtures("share")
def test_a_medium_there_is_called_by_its_name_and_gets_no_mark(tmp_path: Path) -> None:
    made = prepare(tmp_path / "media", DeviceId("a" * 32), os.urandom)
    assert made == Trouble(code="media_tanpa_jaminan", values={"folder": str(tmp_path / "media")})
    assert not (tmp_path / "media" / MARK).exists()
