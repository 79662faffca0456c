"""The examples about sealed cases, built and opened once more by hand: by the rules of the page alone."""

from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from tests.server.test_protocol_docs import DEVICE, PERSON, clock, example, pack

KASUS, VISIT = "c1" * 16, "e1" * 16
PRIVATE = X25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
NAME = sha256(PUBLIC).digest()[:16]
CHUNK = 64 * 1024


def info(role: str) -> bytes:
    return b"sambang sealed v1\0" + b"\0\x01" + pack(["33.14", role, VISIT, 1, NAME])


def opened(sealed: bytes, role: str) -> bytes:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).decrypt(sealed, PRIVATE, info(role))


def container() -> bytes:
    """The whole container: two records, a length of zero, zeros up to the step, in chunks."""
    records = [example("The opening of its container"), example("Its answers")]
    plain = b"".join(len(record).to_bytes(4, "big") + record for record in records)
    chunks = 16
    plain = plain.ljust(1024 * 1024 - chunks * 20, b"\0")
    cipher, data = AESGCM(bytes(range(160, 192))), b""
    for number in range(chunks):
        piece, is_last = plain[number * CHUNK : (number + 1) * CHUNK], number == chunks - 1
        sealed = cipher.encrypt(number.to_bytes(12, "big"), piece, b"last" if is_last else b"more")
        data += (len(sealed) | is_last << 31).to_bytes(4, "big") + sealed
    return data


def test_a_unit_key_is_signed_by_the_identity() -> None:
    bare = ["33.14", "ktkpm", 1, PUBLIC, 1764000000000]
    signs = b"sambang unit key v1\0" + pack([*bare, b""])
    assert example("What signs it") == signs
    identity = Ed25519PrivateKey.from_private_bytes(bytes(range(96, 128)))
    assert example("A unit key") == pack([*bare, identity.sign(signs)])


def test_an_info_names_what_a_seal_is_about() -> None:
    assert example("An info") == info("alasan")


def test_a_note_opens_for_the_unit_under_its_info() -> None:
    note, said = example("A note"), pack(["ktk", {}, "Lampirkan surat desa."])
    assert note[:19] == b"\x92\xc4\x10" + NAME
    assert opened(note[-304:], "alasan") == (said + b"\x80").ljust(256, b"\0")


def test_a_sealed_case_is_opened_by_a_patch() -> None:
    new = {"workflow": "ktkpm", "service": "ktkpm", "kode": "KS-2026-KTRMBW"}
    assert example("A sealed case") == pack(
        [b"\x01" * 16, PERSON, clock(), ["patch", KASUS, "kasus", {}, new]]
    )


def test_a_sealed_visit_names_its_container_and_the_key_to_it() -> None:
    data, visit = container(), example("A sealed visit")
    sealed = visit[-81:-1]  # null stands behind it: no tugas
    assert opened(sealed, "isi") == bytes(range(160, 192))
    body = ["sealed_submit", VISIT, None, KASUS, 1, sha256(data).hexdigest(), len(data), NAME, sealed, None]
    assert visit == pack([b"\x02" * 16, PERSON, clock(), body])
    opening = ["opening", "33.14", VISIT, 1, None, KASUS, PERSON, DEVICE, "ktk", {"ktk": 1}, 1764000000000]
    assert example("The opening of its container") == pack(opening)


@pytest.mark.parametrize("role", ["alasan", "langkah"])
def test_the_key_of_a_container_opens_under_no_other_role(role: str) -> None:
    with pytest.raises(InvalidTag):
        opened(example("A sealed visit")[-81:-1], role)
