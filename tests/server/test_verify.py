"""`verify` says yes to what is whole, and no when one byte of anything is another."""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.ids import BlobId, Regency
from schemas.text import load_text
from schemas.wire import Applied
from server.__main__ import main
from server.compose import Refused, close_office, init_office, open_office, unlock
from server.deps import Deps
from server.engine import Writer
from server.engines.connecting import connect
from server.keys import default_path, make_keys, read_keys, write_keys
from server.store import SqlOfficeStore
from server.upload_store import Upload
from server.verify import verify
from server.verifying.wal import first_bad_frame
from sync.change import Patch
from sync.digest import fold, row_hash
from tests.contract.people import OpenRules, record_id
from tests.server.conftest import DESA, Silent

PHOTO = random.Random(4).randbytes(150_000)
BLOB = BlobId(sha256(PHOTO).hexdigest())


def fill(deps: Deps) -> None:
    """A few people, changes that merge, a blob, and an upload under way."""
    office = deps.office
    for number in range(3):
        fields = {"nama": f"Warga {number}", "nik": f"331499010190000{number}", "kode_desa": DESA}
        body = Patch(record=record_id(number), kind="warga", base={}, new={**fields, "layanan": ["bpnt"]})
        assert isinstance(office.act(office.person, body), Applied)
    moved = Patch(record=record_id(1), kind="warga", base={"layanan": ["bpnt"]}, new={"layanan": ["kis"]})
    office.act(office.person, moved)
    office.act(office.person, Patch(record=record_id(7), kind="petugas", base={}, new={"nama": "Petugas"}))
    assert deps.blobs.put(BLOB, [PHOTO], "x")

    def receive(writer: Writer) -> None:
        SqlOfficeStore.writing(writer).blob_received(BLOB, len(PHOTO), office.device, 1)

    deps.engine.write(receive).result()
    begun = deps.uploads.begin(office.device, 10_000, "ab" * 32, "")
    assert isinstance(begun, Upload)
    part = deps.uploads.open(begun)
    part.append(b"x" * 5000)
    part.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled office that was closed cleanly."""
    folder = tmp_path_factory.mktemp("verify") / "office"
    assert init_office(folder, None, Regency("33.14"), "Uji") is None
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    fill(deps)
    close_office(deps)
    return folder


def faults(folder: Path) -> list[str]:
    opened = unlock(folder, None)
    assert not isinstance(opened, Refused)
    keys, database = opened
    return verify(folder, database, keys, lambda _: OpenRules(), load_text(), Silent()).faults


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def changed() -> Iterator[list[tuple[Path, bytes]]]:
    """Files to be put back as they were."""
    before: list[tuple[Path, bytes]] = []
    yield before
    for path, data in before:
        path.write_bytes(data)


def test_a_whole_office_is_whole_and_verifying_leaves_no_trace(whole: Path) -> None:
    before = {path: path.read_bytes() for path in files(whole)}
    assert faults(whole) == []
    assert {path: path.read_bytes() for path in files(whole)} == before


def test_one_changed_byte_anywhere_is_found(whole: Path, changed: list[tuple[Path, bytes]]) -> None:
    rng = random.Random(9)
    names = [path.relative_to(whole).parts[0] for path in files(whole)]
    assert names == ["blobs", "office.db", "uploads"]
    for path in files(whole):
        data = path.read_bytes()
        changed.append((path, data))
        pages = len(data) // 4096
        places = {0, 15, 16, 100, len(data) - 1, *(rng.randrange(len(data)) for _ in range(12))}
        places |= {page * 4096 + rng.randrange(4096) for page in range(0, pages, 9)}
        for place in sorted(place for place in places if place < len(data)):
            path.write_bytes(
                data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
            )
            assert faults(whole), (path.name, place)
        path.write_bytes(data)
    assert faults(whole) == []


def test_a_key_that_does_not_open_the_office_is_not_called_damage(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "lain.key"
    keys, before = read_keys(default_path(whole)), {path: path.read_bytes() for path in files(whole)}
    for wrong in (make_keys(bytes(144)), replace(keys, database=bytes(32))):
        other.unlink(missing_ok=True)
        write_keys(other, wrong)
        assert main(["verify", "--data", str(whole), "--key", str(other)]) == 3
        said = capsys.readouterr()
        assert "tidak membuka kantor" in said.err and "TIDAK UTUH" not in said.out + said.err
    assert main(["verify", "--data", str(whole)]) == 0
    assert {path: path.read_bytes() for path in files(whole)} == before


@pytest.mark.parametrize("emptied", [b"", bytes(8192)], ids=["empty", "zeros"])
def test_an_emptied_database_is_not_called_a_wrong_key(
    whole: Path, changed: list[tuple[Path, bytes]], capsys: pytest.CaptureFixture[str], emptied: bytes
) -> None:
    database = whole / "office.db"
    changed.append((database, database.read_bytes()))
    database.write_bytes(emptied)
    assert main(["verify", "--data", str(whole)]) == 1
    assert "TIDAK UTUH" in capsys.readouterr().out


@pytest.mark.parametrize("size", [1, 3000, 20 * 4096])
def test_a_damaged_beginning_of_the_database_is_not_called_a_wrong_key(
    whole: Path, changed: list[tuple[Path, bytes]], capsys: pytest.CaptureFixture[str], size: int
) -> None:
    database = whole / "office.db"
    data = database.read_bytes()
    changed.append((database, data))
    spoiled = bytes(255 - each for each in data[100 : 100 + size])
    database.write_bytes(data[:100] + spoiled + data[100 + size :])
    assert main(["verify", "--data", str(whole)]) == 1
    assert "TIDAK UTUH" in capsys.readouterr().out


def test_a_file_cut_short_grown_missing_or_added_is_found(
    whole: Path, changed: list[tuple[Path, bytes]]
) -> None:
    for path in files(whole):
        data = path.read_bytes()
        changed.append((path, data))
        for other in (data[:-1], data[:-4096], data + b"\0", data + bytes(4096)):
            path.write_bytes(other)
            assert faults(whole), (path.name, len(other) - len(data))
        path.write_bytes(data)
    blob = next(path for path in files(whole) if path.parent.parent.name == "blobs")
    blob.unlink()
    assert faults(whole)
    blob.write_bytes(dict(changed)[blob])
    for extra in (
        whole / "catatan.txt", whole / "catatan.tmp", whole / "blobs" / "00", whole / "uploads" / "ff",
    ):  # fmt: skip
        extra.write_bytes(b"x")
        assert faults(whole), extra.name
        extra.unlink()
    half = whole / "blobs" / "00.tmp"
    half.write_bytes(b"of a blob that a crash cut off")
    assert faults(whole) == []
    half.unlink()


def test_a_number_that_became_another_kind_of_number_in_one_commit_is_no_fault(tmp_path: Path) -> None:
    folder = tmp_path / "office"
    assert init_office(folder, None, Regency("33.14"), "Uji") is None
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    office, name = deps.office, record_id(1)
    made: dict[str, Any] = {"nama": "Warga", "kode_desa": DESA, "layanan": ["bpnt"], "desil": 1}
    office.act(office.person, Patch(record=name, kind="warga", base={}, new=made))
    there_and_back = [
        Patch(record=name, kind="warga", base={"desil": 1}, new={"desil": 2}),
        Patch(record=name, kind="warga", base={"desil": 2}, new={"desil": 1.0}),
    ]
    assert all(isinstance(one, Applied) for one in office.act_all(office.person, there_and_back))
    close_office(deps)
    assert faults(folder) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE records SET body = (SELECT body FROM records WHERE id = :other) WHERE id = :one",
        "UPDATE records SET kind = 'ewarong' WHERE id = :one",
        "DELETE FROM records WHERE id = :one",
        "UPDATE rows SET body = x'80' WHERE id = :one",
        "UPDATE rows SET removed = 1 WHERE id = :one AND :other <> ''",
        "UPDATE rows SET kind = 'tugas' WHERE id = :one",
        "UPDATE rows SET hash = zeroblob(16) WHERE id = :one AND removed = 0",
        "UPDATE rows SET hash = randomblob(16) WHERE removed = 1",
        "UPDATE parts SET digest = zeroblob(16)",
        "DELETE FROM parts",
        "INSERT INTO parts VALUES ('33.14', 'desa/33.14.01.2001/x', randomblob(16), 1)",
        "UPDATE changes SET raw = NULL WHERE id = (SELECT change FROM links WHERE counter = 3)",
        "UPDATE changes SET raw = raw || x'00' WHERE id = (SELECT change FROM links WHERE counter = 3)",
        "UPDATE links SET counter = 30 WHERE counter = 3",
        "DELETE FROM links WHERE counter = 2",
        "DELETE FROM links WHERE counter = (SELECT max(counter) FROM links)",
        "UPDATE signatures SET signature = zeroblob(64)",
        "DELETE FROM signatures WHERE head = (SELECT hash FROM tips)",
        "DELETE FROM tips",
        "DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes)",
        "UPDATE changes SET outcome = (SELECT outcome FROM changes ORDER BY seq LIMIT 1)"
        " WHERE seq = (SELECT max(seq) FROM changes)",
        "DELETE FROM commits WHERE last_seq = (SELECT max(last_seq) FROM commits)",
        "DELETE FROM commits WHERE last_seq = (SELECT min(last_seq) FROM commits)",
        "UPDATE kabupaten SET last_seq = last_seq + 1",
        "UPDATE kabupaten SET first_seq = first_seq + 1",
        "UPDATE kabupaten SET tag = zeroblob(8)",
        "UPDATE parts SET last_seq = last_seq - 1",
        "UPDATE petugas SET body = body || x'00'",
        "DELETE FROM petugas",
        "INSERT INTO petugas SELECT kabupaten, id, body FROM records WHERE id = :one",
        "DELETE FROM blobs",
        "UPDATE blobs SET size_bytes = 1",
        "UPDATE uploads SET size_bytes = 1",
        "UPDATE uploads SET done = 1",
        "INSERT INTO blob_refs VALUES ('33.14', x'00', 'f', 'g', 'b', 'd', 'v', 0, 0)",
        "INSERT INTO devices VALUES ('33.14', 'd', 'p', zeroblob(32), 'm', 1, NULL, NULL)",
        "INSERT INTO handovers (kabupaten, device, file, number, made_ms, taken_ms, taken_by, changes,"
        " photos, question) VALUES ('33.14', 'd', x'00', 1, 1, 1, '', 0, 0, x'80')",
        "INSERT INTO kunjungan (kabupaten, visit, state, form, desa, petugas, subject, tugas, versions,"
        " received_ms, decided_ms, flags, quarter)"
        " VALUES ('33.14', 'v', 's', 'f', 'd', 'p', 's', 't', 1, 1, 1, '', '')",
    ],
)
def test_somebody_with_the_key_who_rewrites_the_database_is_found(
    whole: Path, changed: list[tuple[Path, bytes]], sql: str
) -> None:
    changed.append((whole / "office.db", (whole / "office.db").read_bytes()))
    deps = open_office(whole, None)
    assert not isinstance(deps, Refused)
    values = {"one": record_id(1), "other": record_id(2)}
    used = {name: value for name, value in values.items() if f":{name}" in sql}
    touched = deps.engine.write(lambda writer: writer.execute(sql, used)).result()
    close_office(deps)
    assert touched
    assert faults(whole)


@pytest.mark.parametrize("removed", [0, 1])
def test_a_row_that_was_rewritten_with_its_digest_is_found(
    whole: Path, changed: list[tuple[Path, bytes]], removed: int
) -> None:
    changed.append((whole / "office.db", (whole / "office.db").read_bytes()))
    deps = open_office(whole, None)
    assert not isinstance(deps, Refused)

    def rewrite(writer: Writer) -> None:
        row = {"id": record_id(2)}
        [(part, seq, before)] = writer.query("SELECT part, seq, hash FROM rows WHERE id = :id", row)
        [(digest,)] = writer.query("SELECT digest FROM parts WHERE part = :part", {"part": part})
        after = 0 if removed else row_hash(part, record_id(2), seq, b"\x80")
        number = int.from_bytes(before, "big") ^ after
        row |= {"hash": after.to_bytes(16, "big"), "part": part, "digest": fold(digest, number)}
        sets = f"removed = {removed}, hash = :hash, body = x'{'' if removed else '80'}'"
        writer.execute(f"UPDATE rows SET {sets} WHERE id = :id AND part = :part", row)
        writer.execute("UPDATE parts SET digest = :digest WHERE part = :part", row)

    deps.engine.write(rewrite).result()
    close_office(deps)
    [found] = faults(whole)
    assert record_id(2) in found


@pytest.mark.parametrize("number", [1, 2], ids=["beside a tombstone", "its only row"])
def test_a_row_that_was_taken_away_with_its_digest_is_found(
    whole: Path, changed: list[tuple[Path, bytes]], number: int
) -> None:
    changed.append((whole / "office.db", (whole / "office.db").read_bytes()))
    deps = open_office(whole, None)
    assert not isinstance(deps, Refused)

    def take_away(writer: Writer) -> None:
        row = {"id": record_id(number)}
        [(part, before)] = writer.query("SELECT part, hash FROM rows WHERE id = :id AND removed = 0", row)
        [(digest,)] = writer.query("SELECT digest FROM parts WHERE part = :part", {"part": part})
        writer.execute("DELETE FROM rows WHERE id = :id AND part = :part", {**row, "part": part})
        writer.execute(
            "UPDATE parts SET digest = :digest, last_seq ="
            " (SELECT coalesce(max(seq), 0) FROM rows WHERE rows.part = parts.part) WHERE part = :part",
            {"part": part, "digest": fold(digest, int.from_bytes(before, "big"))},
        )

    deps.engine.write(take_away).result()
    close_office(deps)
    [found] = faults(whole)
    assert record_id(number) in found


def crashed(folder: Path) -> Path:
    """An office whose server died, with what it wrote last in the log; returns the log."""
    assert init_office(folder, None, Regency("33.14"), "Uji") is None
    work = (
        "import os, sys\nfrom pathlib import Path\nfrom server.compose import open_office\n"
        "from sync.change import Patch\ndeps = open_office(Path(sys.argv[1]), None)\n"
        "for n in range(3):\n"
        "    body = Patch(record=f'{n:032x}', kind='warga', base={}, new={'nama': 'x'})\n"
        "    deps.office.act(deps.office.person, body)\n"
        "os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", work, str(folder)], check=False).returncode == 9
    return folder / "office.db-wal"


def test_a_log_left_by_a_crash_is_read_and_a_change_in_it_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "office"
    wal = crashed(folder)
    whole = wal.read_bytes()
    assert first_bad_frame(wal) is None
    assert faults(folder) == []
    assert wal.read_bytes() == whole
    salt_of_third = 32 + 2 * (24 + 4096) + 8
    for place in (3, 20, 32, 60, 5000, salt_of_third, len(whole) // 2):
        wal.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert first_bad_frame(wal) is not None, place
    bent = tmp_path / "bent" / "office"
    shutil.copytree(folder, bent)
    shutil.copytree(default_path(folder).parent, default_path(bent).parent)
    assert any("bingkai" in fault for fault in faults(bent))
    wal.write_bytes(whole)
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    assert deps.engine.read(lambda reader: reader.query("SELECT count(*) FROM records")) == [(3,)]
    close_office(deps)
    assert faults(folder) == []


def test_a_copy_that_cannot_be_written_is_read_with_the_log_that_a_crash_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        crashed(disk / "office")
        (disk / "office" / "office.db-shm").unlink()  # as by a copy of what cannot be lost
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert main(["verify", "--data", str(disk / "office")]) == 0
        assert "Utuh: 1 rantai, 4 tautan" in capsys.readouterr().out
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("sql", "then"),
    [
        ("DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)", "Jalankan servernya"),
        ("INSERT INTO migrations (kabupaten, number) VALUES ('*', 9999)", "Perbarui program"),
    ],
    ids=["older", "newer"],
)
def test_an_office_of_another_version_is_not_called_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sql: str, then: str
) -> None:
    folder = tmp_path / "office"
    assert init_office(folder, None, Regency("33.14"), "Uji") is None
    connection = connect(folder / "office.db", read_keys(default_path(folder)).database).conn
    connection.execute(sql)
    connection.close()
    assert main(["verify", "--data", str(folder)]) == 3
    said = capsys.readouterr()
    assert then in said.err and "TIDAK UTUH" not in said.out


def test_the_command_prints_counts_and_exits_non_zero_when_something_changed(
    whole: Path, changed: list[tuple[Path, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--data", str(whole)]) == 0
    assert "Utuh: 1 rantai, 6 tautan" in capsys.readouterr().out
    path = whole / "office.db"
    data = path.read_bytes()
    changed.append((path, data))
    path.write_bytes(data[:9000] + bytes([data[9000] ^ 1]) + data[9001:])
    assert main(["verify", "--data", str(whole)]) == 1
    assert "TIDAK UTUH" in capsys.readouterr().out
