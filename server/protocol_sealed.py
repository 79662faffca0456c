"""The examples of docs/protocol.md about sealed cases. Rule: as in protocol_docs.py, nothing is random.

HPKE takes a fresh key for each seal; here it is a fixed one, so that whoever writes a client can follow each
step. Never seal anything else with this module.
"""

from collections.abc import Iterator
from hashlib import sha256
from hmac import digest as hmac

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.base import encode
from schemas.ids import BlobId, DeviceId, PersonId, RecordId, Regency
from schemas.sealed import Answers, Opening, Role, UnitKey
from server.sealing import Gcm
from sync.change import Patch, SealedSubmit
from sync.sealed_case import info_of, name_of, seal_note, unit_message, write_container
from sync.store import Entry

REGENCY = Regency("33.14")
KASUS, VISIT = RecordId("c1" * 16), RecordId("e1" * 16)
UNIT_KEY, IDENTITY_KEY, FRESH_KEY = bytes(range(64, 96)), bytes(range(96, 128)), bytes(range(128, 160))
CONTENT_KEY = bytes(range(160, 192))
MADE_MS = 1_764_000_000_000
REASON = "Lampirkan surat desa."
SUITE_ID = b"HPKE" + bytes.fromhex("002000010002")
KEM_ID = b"KEM" + bytes.fromhex("0020")


class Example(msgspec.Struct, frozen=True):
    """One block of the page: a title, what it is, its bytes, and what names them."""

    title: str
    said: str
    raw: bytes
    name: bytes = b""


def unit_public() -> bytes:
    """Return the public half of the unit's key in the examples."""
    return X25519PrivateKey.from_private_bytes(UNIT_KEY).public_key().public_bytes_raw()


def open_case() -> Patch:
    """Return the change that opens the case of the examples."""
    new = {"workflow": "ktkpm", "service": "ktkpm", "kode": "KS-2026-KTRMBW"}
    return Patch(record=KASUS, kind="kasus", base={}, new=new)


def sealed_visit(author: PersonId, device: DeviceId) -> tuple[SealedSubmit, Opening, Answers, bytes]:
    """Return a sealed visit, the two records in its container, and the container."""
    opening = Opening(
        regency=REGENCY, visit=VISIT, number=1, follows=None, kasus=KASUS, author=author, device=device,
        form="ktk", forms={"ktk": 1}, made_ms=MADE_MS,
    )  # fmt: skip
    answers = Answers(answers={"ktk": {"kronologi": "…"}}, shots=[])
    data = write_container(opening, answers, (), Gcm(CONTENT_KEY))
    submit = SealedSubmit(
        visit=VISIT, follows=None, kasus=KASUS, number=1, blob=BlobId(sha256(data).hexdigest()),
        size_bytes=len(data), key=name_of(unit_public()), tugas=None,
        opened=seal(CONTENT_KEY, unit_public(), _info("isi")),
    )  # fmt: skip
    return submit, opening, answers, data


def examples(case: Entry, visit: Entry, author: PersonId, device: DeviceId) -> Iterator[Example]:
    """Give the examples; `case` and `visit` are the phone's links with what opens a case and visits it."""
    identity = Ed25519PrivateKey.from_private_bytes(IDENTITY_KEY)
    bare = UnitKey(regency=REGENCY, service="ktkpm", number=1, public_key=unit_public(), made_ms=MADE_MS)
    key = msgspec.structs.replace(bare, signature=identity.sign(unit_message(bare)))
    _, opening, answers, data = sealed_visit(author, device)
    note = seal_note(encode(("ktk", dict[str, str](), REASON)), seal, unit_public(), _info("alasan"))
    yield Example("A unit key", "Its private half is the bytes 64 to 95.", encode(key))
    yield Example("What signs it", "The unit's identity has the bytes 96 to 127.", unit_message(bare))
    yield Example("An info", "Of the reasons for the first version of a visit.", _info("alasan"))
    said = f'`["ktk", {{}}, "{REASON}"]` under that info; the fresh key of HPKE is the bytes 128 to 159.'
    yield Example("A note", said, encode(note))
    yield Example("A sealed case", "As a phone opens it.", case.content or b"", case.link.change)
    yield Example(
        "A sealed visit", "What is in its container follows.", visit.content or b"", visit.link.change
    )
    yield Example("The opening of its container", "The first record, without its length.", encode(opening))
    said = f"The second. The container's key is the bytes 160 to 191; its {len(data):,} bytes have this hash."
    yield Example("Its answers", said, encode(answers), sha256(data).digest())


def seal(plain: bytes, public_key: bytes, info: bytes) -> bytes:
    """Seal as HPKE does (RFC 9180 §5 and §6, base mode), with the fresh key of the examples."""
    fresh = X25519PrivateKey.from_private_bytes(FRESH_KEY)
    start = fresh.public_key().public_bytes_raw()
    shared = fresh.exchange(X25519PublicKey.from_public_bytes(public_key))
    drawn = _extract(KEM_ID, b"", b"eae_prk", shared)
    secret = _expand(KEM_ID, drawn, b"shared_secret", start + public_key, 32)
    about = b"\0" + _extract(SUITE_ID, b"", b"psk_id_hash", b"") + _extract(SUITE_ID, b"", b"info_hash", info)
    schedule = _extract(SUITE_ID, secret, b"secret", b"")
    key = _expand(SUITE_ID, schedule, b"key", about, 32)
    nonce = _expand(SUITE_ID, schedule, b"base_nonce", about, 12)
    return start + AESGCM(key).encrypt(nonce, plain, b"")


def _info(role: Role) -> bytes:
    return info_of(REGENCY, role, VISIT, 1, unit_public())


def _extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, size: int) -> bytes:
    labelled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac(secret, labelled + b"\x01", "sha256")[:size]
