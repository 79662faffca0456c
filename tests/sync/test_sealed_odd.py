"""Containers and notes as nobody of ours writes them: sealed with the right key, and refused all the same."""

from collections.abc import Callable
from hashlib import sha256

import msgspec
import pytest

from schemas.base import encode
from schemas.ids import BlobId, RecordId, Regency
from schemas.sealed import (
    MAX_CONTAINER_BYTES,
    MAX_NOTE_BYTES,
    NOTE_STEP_BYTES,
    About,
    Piece,
    SealedRecord,
    UnitKey,
)
from server.sealing import Gcm
from sync.change import SealedSubmit
from sync.chunks import write_chunks
from sync.sealed_case import (
    NotReadableError,
    info_of,
    name_of,
    newest_key,
    read_container,
    seal_note,
    unpad,
    write_container,
)
from tests.sync.test_sealed_case import KEY, PUBLIC, REGENCY, VISIT, answers, expected, opening, sealed

SHOT = b"satu"


def lying(*parts: SealedRecord | bytes, end: bytes = bytes(4)) -> bytes:
    """Seal these records, or bytes as they are, and then `end`."""
    plain = b""
    for part in parts:
        raw = part if isinstance(part, bytes) else encode(part)
        plain += raw if isinstance(part, bytes) else len(raw).to_bytes(4, "big") + raw
    return b"".join(write_chunks(Gcm(KEY), [plain + end]))


def read(data: bytes) -> list[bytes]:
    return read_container(data, Gcm(KEY), expected(sealed(data))).shots


def test_what_is_lying_in_order_is_read() -> None:
    assert read(lying(opening(), answers(SHOT), Piece(data=SHOT), end=bytes(9))) == [SHOT]


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (opening(),),
        (answers(SHOT), opening(), Piece(data=SHOT)),
        (opening(), Piece(data=SHOT), answers(SHOT)),
    ],
)
def test_a_container_that_begins_with_anything_but_its_opening_and_its_answers_is_refused(
    parts: tuple[SealedRecord, ...],
) -> None:
    with pytest.raises(NotReadableError):
        read(lying(*parts))


def test_answers_twice_in_a_container_are_refused() -> None:
    with pytest.raises(NotReadableError):
        read(lying(opening(), answers(SHOT), Piece(data=SHOT), answers()))


def test_bytes_that_no_photo_names_are_refused() -> None:
    with pytest.raises(NotReadableError):
        read(lying(opening(), answers(SHOT), Piece(data=SHOT + b"!")))


def test_what_stands_behind_the_end_mark_is_refused() -> None:
    with pytest.raises(NotReadableError):
        read(lying(opening(), answers(), end=bytes(8) + b"!" + bytes(8)))


@pytest.mark.parametrize("end", [b"", bytes(3)])
def test_a_container_without_its_end_mark_is_refused(end: bytes) -> None:
    with pytest.raises(NotReadableError):
        read(lying(opening(), answers(), end=end))


def of_other_size(submit: SealedSubmit) -> SealedSubmit:
    return msgspec.structs.replace(submit, size_bytes=submit.size_bytes + 1)


def of_other_name(submit: SealedSubmit) -> SealedSubmit:
    return msgspec.structs.replace(submit, blob=BlobId("e" * 64))


@pytest.mark.parametrize("other", [of_other_size, of_other_name])
def test_a_container_that_its_change_did_not_name_is_refused(
    other: Callable[[SealedSubmit], SealedSubmit],
) -> None:
    data = lying(opening(), answers())
    assert read(data) == []
    with pytest.raises(NotReadableError):
        read_container(data, Gcm(KEY), expected(other(sealed(data))))


def test_a_container_is_filled_to_its_last_step_and_no_further() -> None:
    full, more = bytes(MAX_CONTAINER_BYTES - 60_000), bytes(MAX_CONTAINER_BYTES - 6_000)
    data = write_container(opening(), answers(full), (full,), Gcm(KEY))
    assert len(data) == MAX_CONTAINER_BYTES
    with pytest.raises(ValueError, match="too large"):
        write_container(opening(), answers(more), (more,), Gcm(KEY))


def test_a_note_is_filled_to_its_last_byte_and_no_further() -> None:
    def bare(plain: bytes, public_key: bytes, info: bytes) -> bytes:
        return plain

    assert len(seal_note(bytes(MAX_NOTE_BYTES - 1), bare, PUBLIC, b"").data) == MAX_NOTE_BYTES
    with pytest.raises(ValueError, match="64 KiB"):
        seal_note(bytes(MAX_NOTE_BYTES), bare, PUBLIC, b"")


@pytest.mark.parametrize("padded", [b"", bytes(NOTE_STEP_BYTES), b"alasan", b"alasan\x80\0!"])
def test_a_note_without_its_filling_is_refused(padded: bytes) -> None:
    with pytest.raises(NotReadableError):
        unpad(padded)


def test_a_seal_is_bound_to_the_format_and_to_all_that_it_is_about() -> None:
    about = About(regency=REGENCY, role="isi", subject=VISIT, number=7, key=name_of(PUBLIC))
    written = info_of(REGENCY, "isi", VISIT, 7, PUBLIC)
    assert about.key == sha256(PUBLIC).digest()[:16]
    assert written == b"sambang sealed v1\0" + b"\0\1" + encode(about)
    assert written != info_of(REGENCY, "isi", RecordId("b" * 32), 7, PUBLIC)


def test_a_key_of_another_regency_is_sealed_to_by_nobody() -> None:
    key = UnitKey(regency=Regency("33.15"), service="ktkpm", number=1, public_key=PUBLIC, made_ms=0)

    def signed(signature: bytes, message: bytes) -> bool:
        return True

    assert newest_key([key], REGENCY, "ktkpm", signed) is None
    assert newest_key([key], Regency("33.15"), "ktkpm", signed) == key
