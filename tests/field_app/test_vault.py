from pathlib import Path
from typing import Any, cast

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from field_app.store import Store
from field_app.vault import (
    NewerVaultError,
    StorageFailedError,
    StorageFullError,
    Vault,
    WrongKeyError,
    open_vault,
)
from schemas.base import encode
from schemas.ids import NO_LINK, DeviceId, Part, RecordId
from schemas.wire import Cursor, Row
from sync.chain import START
from sync.store import Answered

KEY = bytes(range(32))
NIK = "3314990107900001"
NAMA = "Sutarmi Binti Karso"
WARGA = {
    "nama": NAMA,
    "nik": NIK,
    "kode_desa": "33.14.01.2001",
    "alamat": "Dukuh Krapyak",
    "layanan": ["bpnt"],
}


def fill(vault: Vault) -> None:
    row = Row(part=Part("mine/p"), id=RecordId("0" * 32), seq=1, kind="warga", body=encode(WARGA))
    Store(vault, DeviceId("d"), lambda message: message).store_page(
        Answered(
            rows=[row],
            cursor=Cursor(seq=1),
            parts=[Part("mine/p")],
            acknowledged=START,
            office_head=NO_LINK,
            server_ms=1,
        )
    )


def test_nothing_readable_lies_in_the_file_or_its_wal(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "vault.db", KEY)
    fill(vault)
    wal = tmp_path / "vault.db-wal"
    assert wal.stat().st_size > 0
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    vault.close()
    written += (tmp_path / "vault.db").read_bytes()
    for secret in (NIK, NAMA, "SUTARMI", "sutarmi", "Krapyak", "warga", "SQLite format"):
        assert secret.encode() not in written


def test_the_wal_is_empty_after_closing(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "vault.db", KEY)
    fill(vault)
    vault.close()
    wal = tmp_path / "vault.db-wal"
    assert not wal.exists() or wal.stat().st_size == 0


def test_a_wrong_key_is_told_apart_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    open_vault(tmp_path / "vault.db", KEY).close()
    with pytest.raises(WrongKeyError):
        open_vault(tmp_path / "vault.db", bytes(32))
    assert capfd.readouterr() == ("", "")


def test_a_commit_outlives_a_connection_that_was_never_closed(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "vault.db", KEY)
    fill(vault)
    for name in ("vault.db", "vault.db-wal"):  # what a dead phone leaves on its disk
        (tmp_path / "dead").mkdir(exist_ok=True)
        (tmp_path / "dead" / name).write_bytes((tmp_path / name).read_bytes())
    vault.close()
    again = open_vault(tmp_path / "dead" / "vault.db", KEY)
    assert Store(again, DeviceId("d"), lambda message: message).cursor() == Cursor(seq=1)
    again.close()


def test_a_failed_step_stores_nothing(vault: Vault) -> None:
    with pytest.raises(RuntimeError), vault.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('gelap', x'c3')")
        raise RuntimeError
    with vault.read() as connection:
        assert connection.execute("SELECT count(*) FROM meta").fetchone() == (0,)


def test_no_space_left_is_told_apart_and_stores_nothing(vault: Vault) -> None:
    with vault.read() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StorageFullError), vault.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('gelap', x'c3')")
        connection.execute("INSERT INTO meta VALUES ('besar', zeroblob(100000))")
    with vault.read() as connection:
        assert connection.execute("SELECT count(*) FROM meta").fetchone() == (0,)


class Failing:
    """A connection to a storage that fails at what a test says, and else does as the real one."""

    def __init__(self, real: sqlcipher.Connection, *at: str) -> None:
        self._real, self._at = real, at

    def execute(self, sql: str, *values: Any) -> Any:
        if sql.startswith(self._at):
            raise sqlcipher.OperationalError("disk I/O error")
        return self._real.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_storage_that_cannot_be_read_is_told_as_one_that_cannot_be_written(vault: Vault) -> None:
    inside = cast(Any, vault)
    real = inside._connection
    inside._connection = Failing(real, "SELECT")
    with pytest.raises(StorageFailedError), vault.read() as connection:
        connection.execute("SELECT count(*) FROM meta")
    inside._connection = real


def test_a_step_that_could_not_be_undone_stops_no_later_one(vault: Vault) -> None:
    inside = cast(Any, vault)
    real = inside._connection
    inside._connection = Failing(real, "COMMIT", "ROLLBACK")
    with pytest.raises(StorageFailedError), vault.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('gelap', x'c3')")
    inside._connection = real
    with vault.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('terang', x'c3')")
    with vault.read() as connection:
        assert connection.execute("SELECT name FROM meta").fetchall() == [("terang",)]


def test_a_vault_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "vault.db", KEY)
    with vault.write() as connection:
        connection.execute("PRAGMA user_version = 999")
    vault.close()
    with pytest.raises(NewerVaultError):
        open_vault(tmp_path / "vault.db", KEY)


def test_a_migration_that_fails_half_way_leaves_the_vault_as_it_was(tmp_path: Path) -> None:
    steps = tmp_path / "steps"
    steps.mkdir()
    (steps / "0001_a.sql").write_text("CREATE TABLE a (x);\n")
    (steps / "0002_b.sql").write_text("CREATE TABLE b (x);\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(sqlcipher.OperationalError):
        open_vault(tmp_path / "vault.db", KEY, steps)
    (steps / "0002_b.sql").write_text("CREATE TABLE b (x);\n")
    vault = open_vault(tmp_path / "vault.db", KEY, steps)
    with vault.read() as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    vault.close()


def test_two_connections_see_each_others_commits_and_the_vault_is_durable(vault: Vault) -> None:
    other = vault.another()
    with other.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('gelap', x'c3')")
    with vault.read() as connection:
        assert connection.execute("SELECT name FROM meta").fetchall() == [("gelap",)]
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
    other.close()
