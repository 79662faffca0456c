"""Each error of a storage has one sentence, wherever it comes from."""

import errno
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from field_app.bench import guarded
from field_app.devices import KeystoreError
from field_app.losses import UnsoundError
from field_app.unstored import unread, unstored, unwritten
from field_app.vault import (
    NewerVaultError,
    StorageFailedError,
    StorageFullError,
    VaultError,
    WrongKeyError,
    open_vault,
)
from field_app.views import Refused
from tests.field_app.conftest import KEY, SetTime, make_phone
from tests.field_app.test_phone import CODE, PIN, Office, join

SAID = {
    "penyimpanan_penuh": (
        StorageFullError(), OSError(errno.ENOSPC, ""), OSError(errno.EDQUOT, ""),
        sqlcipher.OperationalError("database or disk is full"),
    ),
    "penyimpanan_rusak": (
        StorageFailedError(), UnsoundError(), OSError(errno.EROFS, ""), OSError(errno.EIO, ""),
        sqlcipher.OperationalError("attempt to write a readonly database"),
        sqlcipher.DatabaseError("database disk image is malformed"),
    ),
    "rahasia_perangkat_diam": (KeystoreError("diam"),),
    "brankas_lebih_baru": (NewerVaultError(),),
    "brankas_rusak": (VaultError(), WrongKeyError()),
    "folder_tidak_bisa_ditulis": (OSError(errno.EACCES, ""), OSError("no number")),
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_an_error_is_said_in_the_one_sentence_for_it(said: str) -> None:
    assert [unstored(error).say for error in SAID[said]] == [f"lapangan.{said}"] * len(SAID[said])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_step_that_fails_in_a_file_or_in_the_vault_says_the_same(number: int) -> None:
    def fail() -> None:
        raise OSError(number, "")

    assert guarded(fail) == unstored(OSError(number, ""))


def test_a_file_for_the_office_and_one_from_it_speak_of_where_they_lie() -> None:
    full, broken = OSError(errno.ENOSPC, ""), OSError(errno.EIO, "")
    assert unwritten(full).say == "lapangan.serah.penuh"
    assert unwritten(broken).say == "lapangan.serah.tidak_dapat_ditulis"
    assert unread(full).say == "lapangan.penyimpanan_penuh", "it is brought into this phone's folder"
    assert unread(broken).say == "lapangan.jawaban.tidak_terbaca"


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "penyimpanan_penuh"), (errno.EROFS, "penyimpanan_rusak")]
)
def test_a_vault_that_the_storage_keeps_shut_is_not_called_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(VaultError) as raised:
        open_vault(tmp_path / "vault.db", KEY)
    assert unstored(raised.value) == Refused(say=f"lapangan.{said}")


def test_joining_on_a_full_phone_says_that_it_is_full(
    tmp_path: Path, time: SetTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr("field_app.enrol.write_whole", full)
    phone = make_phone(tmp_path / "hp", time)
    assert phone.join("http://kantor.test", CODE) == Refused(say="lapangan.penyimpanan_penuh")


def test_an_upgrade_that_fails_is_said(
    tmp_path: Path, time: SetTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise sqlcipher.OperationalError("user-defined function raised exception")

    phone = make_phone(tmp_path / "hp", time, Office().at)  # type: ignore[arg-type,return-value]
    join(phone)
    phone.lock()
    monkeypatch.setattr("field_app.vault.migrate", fail)
    assert phone.unlock(PIN) == Refused(say="lapangan.penyimpanan_rusak")
