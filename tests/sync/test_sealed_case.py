"""Notes and containers of sealed cases: what was sealed comes back whole to its reader, and to no other."""

from hashlib import sha256

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import BlobId, DeviceId, PersonId, RecordId, Regency
from schemas.sealed import NOTE_STEP_BYTES, STEP_BYTES, Answers, Opening, Shot, UnitKey
from server.sealing import Gcm, open_key, seal_key
from sync.change import SealedSubmit
from sync.sealed_case import (
    Expected,
    NotReadableError,
    info_of,
    name_of,
    newest_key,
    open_note,
    pad,
    read_container,
    seal_note,
    unit_message,
    unpad,
    write_container,
)

REGENCY = Regency("33.14")
VISIT, KASUS = RecordId("a" * 32), RecordId("b" * 32)
AUTHOR, DEVICE = PersonId("c" * 32), DeviceId("d" * 32)
KEY = bytes(range(32))
PRIVATE = X25519PrivateKey.from_private_bytes(bytes([7]) * 32)
PUBLIC = PRIVATE.public_key().public_bytes_raw()
INFO = info_of(REGENCY, "isi", VISIT, 1, PUBLIC)


def opening(**other: object) -> Opening:
    made = Opening(
        regency=REGENCY, visit=VISIT, number=1, follows=None, kasus=KASUS, author=AUTHOR, device=DEVICE,
        form="ktk", forms={"ktk": 1}, made_ms=5,
    )  # fmt: skip
    return msgspec.structs.replace(made, **other)


def answers(*shots: bytes) -> Answers:
    return Answers(
        answers={"ktk": {"kronologi_ringkas": "cerita"}},
        shots=[
            Shot(
                blob=BlobId(sha256(shot).hexdigest()),
                form="ktk",
                field="fc_ktp",
                size_bytes=len(shot),
                media_type="image/jpeg",
                camera_sha256="",
                taken_ms=1,
            )
            for shot in shots
        ],
    )


def sealed(data: bytes, **other: object) -> SealedSubmit:
    made = SealedSubmit(
        visit=VISIT, follows=None, kasus=KASUS, number=1, blob=BlobId(sha256(data).hexdigest()),
        size_bytes=len(data), key=name_of(PUBLIC), opened=seal_key(KEY, PUBLIC, INFO), tugas=None,
    )  # fmt: skip
    return msgspec.structs.replace(made, **other)


def expected(submit: SealedSubmit) -> Expected:
    return Expected(REGENCY, AUTHOR, DEVICE, submit)


SHOTS = (b"satu" * 60_000, b"dua" * 100, b"tiga" * 30_000)
WHOLE = write_container(opening(), answers(*SHOTS), SHOTS, Gcm(KEY))


def test_a_container_gives_back_what_was_put_in() -> None:
    submit = sealed(WHOLE)
    key = open_key(submit.opened, PRIVATE, INFO)
    assert key == KEY
    found = read_container(WHOLE, Gcm(key), expected(submit))
    assert (found.opening, found.answers, tuple(found.shots)) == (opening(), answers(*SHOTS), SHOTS)


@pytest.mark.parametrize("size", [0, 1, 1_047_000, 1_047_700, 1_048_000, 1_048_576, 2_500_000])
def test_a_container_tells_its_size_only_in_steps(size: int) -> None:
    shots = (bytes(size),) if size else ()
    data = write_container(opening(), answers(*shots), shots, Gcm(KEY))
    assert len(data) % STEP_BYTES == 0
    assert read_container(data, Gcm(KEY), expected(sealed(data))).shots == list(shots)


def test_too_many_photos_are_refused_before_anything_is_lost() -> None:
    shots = [bytes([number]) * 1_000_000 for number in range(26)]
    with pytest.raises(ValueError, match="too large"):
        write_container(opening(), answers(*shots), shots, Gcm(KEY))


@pytest.mark.parametrize("place", [0, 5, 70_000, len(WHOLE) - 1])
def test_one_flipped_bit_makes_a_container_unreadable(place: int) -> None:
    bent = bytearray(WHOLE)
    bent[place] ^= 1
    for submit in (sealed(WHOLE), sealed(bytes(bent))):
        with pytest.raises(NotReadableError):
            read_container(bytes(bent), Gcm(KEY), expected(submit))


@pytest.mark.parametrize("kept", [0, 3, 65_556, STEP_BYTES - 1])
def test_a_container_that_was_cut_is_unreadable(kept: int) -> None:
    with pytest.raises(NotReadableError):
        read_container(WHOLE[:kept], Gcm(KEY), expected(sealed(WHOLE[:kept])))


@pytest.mark.parametrize(
    "other",
    [
        {"regency": "33.15"}, {"visit": "e" * 32}, {"number": 2}, {"follows": bytes(32)}, {"kasus": "e" * 32},
        {"author": "e" * 32}, {"device": "e" * 32},
    ],
)  # fmt: skip
def test_a_container_about_something_else_is_refused(other: dict[str, object]) -> None:
    data = write_container(opening(**other), answers(), (), Gcm(KEY))
    with pytest.raises(NotReadableError):
        read_container(data, Gcm(KEY), expected(sealed(data)))


def test_a_photo_that_is_not_the_one_that_was_named_is_refused() -> None:
    data = write_container(opening(), answers(b"satu"), (b"dua!",), Gcm(KEY))
    with pytest.raises(NotReadableError):
        read_container(data, Gcm(KEY), expected(sealed(data)))


@given(st.binary(max_size=600))
def test_padding_comes_off_as_it_went_on(plain: bytes) -> None:
    padded = pad(plain, NOTE_STEP_BYTES)
    assert len(padded) % NOTE_STEP_BYTES == 0
    assert unpad(padded) == plain


def test_a_note_opens_for_its_reader_and_its_purpose_only() -> None:
    note = seal_note(b"alasan", seal_key, PUBLIC, INFO)
    assert open_note(note, lambda data, info: open_key(data, PRIVATE, info), INFO) == b"alasan"
    elsewhere = [
        info_of(REGENCY, "alasan", VISIT, 1, PUBLIC),
        info_of(REGENCY, "isi", VISIT, 2, PUBLIC),
        info_of(REGENCY, "isi", KASUS, 1, PUBLIC),
        info_of(Regency("33.15"), "isi", VISIT, 1, PUBLIC),
    ]
    for info in elsewhere:
        with pytest.raises(NotReadableError):
            open_note(note, lambda data, info: open_key(data, PRIVATE, info), info)
    other = X25519PrivateKey.from_private_bytes(bytes([8]) * 32)
    with pytest.raises(NotReadableError):
        open_note(note, lambda data, info: open_key(data, other, info), INFO)


def test_a_phone_seals_only_to_keys_that_the_pinned_identity_signed() -> None:
    identity, other = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))

    def key(number: int, signer: Ed25519PrivateKey, service: str = "ktkpm") -> UnitKey:
        bare = UnitKey(
            regency=REGENCY, service=service, number=number, public_key=bytes([number]) * 32, made_ms=0
        )
        return msgspec.structs.replace(bare, signature=signer.sign(unit_message(bare)))

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            identity.public_key().verify(signature, message)
        except Exception:  # noqa: BLE001 - whatever is wrong with it
            return False
        return True

    keys = [key(1, identity), key(2, identity), key(3, other), key(4, identity, "bpnt")]
    assert newest_key(keys, REGENCY, "ktkpm", verify) == keys[1]
    assert newest_key(keys[2:], REGENCY, "ktkpm", verify) is None
    moved = msgspec.structs.replace(keys[1], number=9)
    assert newest_key([moved], REGENCY, "ktkpm", verify) is None
