"""Media, manifests and logs by themselves: whose they are, under which keys, and what is believed of them."""

import os
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from schemas.ids import DeviceId, LinkHash, Regency
from server.backups import stream
from server.backups.manifest import (
    FORMAT,
    DamagedManifestError,
    Manifest,
    keys_of,
    read_manifest,
    write_manifest,
)
from server.backups.medium import MARK, Mark, Medium, Trouble, open_medium, prepare
from server.backups.stream import KEPT, Committed, Head, LogWriter, log_numbers, read_log, retire_logs
from server.feed_store import FedLink
from server.keys import Generation, Keys
from server.part_file import SEGMENT_BYTES

OFFICE, OTHER = DeviceId("a" * 32), DeviceId("b" * 32)
OLD = Generation(number=1, database=bytes([9]) * 32, blobs=bytes(32), uploads=bytes(32))
KEYS = Keys(
    database=bytes([1]) * 32, blobs=bytes([2]) * 32, uploads=bytes([3]) * 32, signing=bytes([4]) * 32,
    device=OFFICE, number=2, older=(OLD,),
)  # fmt: skip
BEFORE = replace(KEYS, database=OLD.database, number=1, older=())
STRANGER = replace(KEYS, database=bytes([7]) * 32, older=())


@pytest.fixture
def medium(tmp_path: Path) -> Medium:
    made = prepare(tmp_path / "media", OFFICE, os.urandom)
    assert isinstance(made, Medium)
    made.copies.mkdir()
    return made


def manifest(number: int = 1) -> Manifest:
    return Manifest(
        format=FORMAT, number=number, medium="m", office=OFFICE, regency=Regency("33.14"), name="Dinas",
        begun_ms=1, verified_ms=0, size_bytes=1, sha256="", last_seq=1, tag=b"", head=LinkHash(bytes(32)),
        links=0, senders=0, counts={}, blob_bytes=0, absent=[], generation=2,
    )  # fmt: skip


def code(found: Medium | Trouble) -> str:
    return found.code if isinstance(found, Trouble) else "media"


# the mark ---------------------------------------------------------------------------------------------------


def test_a_medium_keeps_its_mark_whoever_prepares_it_again(medium: Medium) -> None:
    mark = (medium.path / MARK).read_bytes()
    assert prepare(medium.path, OFFICE, os.urandom) == medium
    assert code(prepare(medium.path, OTHER, os.urandom)) == "kantor_lain"
    newer = msgspec.json.encode(Mark(format=FORMAT + 1, medium="kelak", office=OFFICE))
    (medium.path / MARK).write_bytes(newer)
    assert code(prepare(medium.path, OFFICE, os.urandom)) == "media_lebih_baru"
    assert (medium.path / MARK).read_bytes() == newer
    (medium.path / MARK).write_bytes(mark)
    assert open_medium(medium.path, OFFICE) == medium


def test_a_medium_opens_for_its_office_or_for_whoever_asks_for_no_office(medium: Medium) -> None:
    assert open_medium(medium.path, None) == medium
    assert code(open_medium(medium.path, OTHER)) == "kantor_lain"
    assert code(open_medium(medium.path / "tidak ada", OFFICE)) == "media_tidak_ada"
    assert code(open_medium(medium.copies, OFFICE)) == "bukan_folder_cadangan"
    assert code(prepare(medium.path / "tidak ada" / "media", OFFICE, os.urandom)) == "media_tidak_ada"


def test_copies_are_counted_by_their_manifests_the_newest_first(medium: Medium) -> None:
    for name in ("00000002.manifest", "00000010.manifest", "00000003.db", "salinan.manifest"):
        (medium.copies / name).touch()
    assert medium.numbers() == [10, 2]


# manifests --------------------------------------------------------------------------------------------------


def test_a_manifest_opens_under_the_keys_of_before_too_and_under_no_others(medium: Medium) -> None:
    for keys in (KEYS, BEFORE):
        write_manifest(medium, keys, manifest(), os.urandom(12))
        assert read_manifest(medium, KEYS, 1) == manifest()
        with pytest.raises(DamagedManifestError):
            read_manifest(medium, STRANGER, 1)


def test_a_manifest_is_of_one_copy_on_one_medium(medium: Medium, tmp_path: Path) -> None:
    write_manifest(medium, KEYS, manifest(), os.urandom(12))
    raw = medium.manifest(1).read_bytes()
    medium.manifest(2).write_bytes(raw)
    second = prepare(tmp_path / "media kedua", OFFICE, os.urandom)
    assert isinstance(second, Medium)
    second.copies.mkdir()
    second.manifest(1).write_bytes(raw)
    for where, number in ((medium, 2), (second, 1), (medium, 3)):
        with pytest.raises(DamagedManifestError):
            read_manifest(where, KEYS, number)
    medium.manifest(1).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(DamagedManifestError):
        read_manifest(medium, KEYS, 1)


def test_the_keys_of_a_copy_are_those_of_its_generation(medium: Medium) -> None:
    assert keys_of(KEYS, manifest()).database == KEYS.database
    assert keys_of(KEYS, replace(manifest(), generation=1)).database == OLD.database
    with pytest.raises(DamagedManifestError):
        keys_of(KEYS, replace(manifest(), generation=3))


# logs -------------------------------------------------------------------------------------------------------


def head(office: DeviceId = OFFICE, version: int = stream.FORMAT) -> Head:
    return Head(format=version, office=office, begun_ms=1, history=[(1, b"tag")])


def said(at_ms: int) -> Committed:
    return Committed(at_ms=at_ms, links=[], blobs=[], devices=[], accounts=[])


def log(medium: Medium, *messages: Committed, begun: Head | None = None, keys: Keys = KEYS) -> int:
    writer = LogWriter(medium, keys, begun or head(), os.urandom)
    for message in messages:
        writer.append(message)
    writer.close()
    return writer.number


def read(medium: Medium, number: int, keys: Keys = KEYS) -> list[int] | None:
    found = read_log(medium, keys, number)
    return [message.at_ms for message in found[1]] if found else None


def test_a_log_is_read_by_its_own_office_under_whichever_of_its_keys(medium: Medium) -> None:
    number = log(medium, said(1), said(2), keys=BEFORE)
    found = read_log(medium, KEYS, number)
    assert found is not None and found[0] == head() and [each.at_ms for each in found[1]] == [1, 2]
    assert stream.log_generation(medium, KEYS, number) == 1
    assert read(medium, number, STRANGER) is None
    assert stream.log_generation(medium, KEYS, log(medium)) == 2


def test_a_log_of_another_office_or_format_is_none(medium: Medium) -> None:
    assert read(medium, log(medium, said(1), begun=head(OTHER))) is None
    assert read(medium, log(medium, said(1), begun=head(version=stream.FORMAT + 1))) is None
    assert read(medium, log(medium)) == []


def test_a_message_that_was_torn_is_none_and_those_before_it_stand(medium: Medium) -> None:
    number = log(medium, said(1), said(2))
    path = medium.stream / f"{number:08}.log"
    path.write_bytes(path.read_bytes()[:-1])
    assert read(medium, number) == [1]
    path.write_bytes(path.read_bytes()[:20])
    assert read(medium, number) is None


def test_only_a_log_with_something_in_it_is_called_one_of_other_keys(medium: Medium) -> None:
    number = log(medium, said(1))
    assert [stream.is_closed_log(medium, keys, number) for keys in (KEYS, STRANGER)] == [False, True]
    (medium.stream / f"{number:08}.log").write_bytes(b"")
    assert not stream.is_closed_log(medium, KEYS, number), "it was begun and no more"


def test_a_message_of_many_segments_is_read_whole_and_torn_between_two_it_is_none(medium: Medium) -> None:
    link = FedLink(raw=os.urandom(3 * SEGMENT_BYTES), content=None, received_ms=1, signature=None)
    number = log(medium, said(1), replace(said(2), links=[link]), said(3))
    assert read(medium, number) == [1, 2, 3]
    path = medium.stream / f"{number:08}.log"
    path.write_bytes(path.read_bytes()[: -2 * SEGMENT_BYTES])
    assert read(medium, number) == [1]


def test_logs_are_numbered_on_and_only_the_newest_stay(medium: Medium) -> None:
    numbers = [log(medium) for _ in range(KEPT + 3)]
    (medium.stream / "catatan.log").touch()
    assert numbers == log_numbers(medium) == list(range(1, KEPT + 4))
    retire_logs(medium)
    assert log_numbers(medium) == numbers[2:]
    retire_logs(medium)
    assert log_numbers(medium) == numbers[2:] and log(medium) == KEPT + 4
