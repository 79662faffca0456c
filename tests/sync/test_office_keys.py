"""From one key of an office to the next: nothing but the word of the key before leads there."""

from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec.structs import replace

from schemas.ids import ChangeId, DeviceId, LinkHash, PersonId
from schemas.office_keys import KeyTurn
from sync.chain import Tip, head_message, next_link, seal_link
from sync.change import SALT_BYTES, Accessed, Body, Clock, Content, Enrolled, seal
from sync.office_keys import follow

OFFICE = DeviceId("0" * 32)
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(5)]
PUBLIC = [key.public_key().public_bytes_raw() for key in KEYS]
BEFORE = Tip(counter=7, hash=LinkHash(bytes(32)))


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def told(body: Body, key: Ed25519PrivateKey, *, device: DeviceId = OFFICE, change: bytes = b"") -> KeyTurn:
    clock = Clock(wall_ms=1, elapsed_ms=1, boot="b", server_ms=1)
    name, content = seal(
        Content(salt=bytes(SALT_BYTES), author=PersonId(str(OFFICE)), clock=clock, body=body)
    )
    head, raw = seal_link(next_link(BEFORE, device, ChangeId(change) if change else name, BEFORE.hash))
    return KeyTurn(link=raw, content=content, signature=key.sign(head_message(head)))


def turn(before: int, after: int) -> KeyTurn:
    return told(Enrolled(device=OFFICE, person=PersonId(str(OFFICE)), public_key=PUBLIC[after]), KEYS[before])


def led(start: int, *turns: KeyTurn) -> int:
    return PUBLIC.index(follow(PUBLIC[start], OFFICE, turns, is_signed))


def test_each_key_leads_to_the_newest_in_whatever_order_they_are_told() -> None:
    turns = [turn(2, 3), turn(0, 1), turn(1, 2), turn(0, 1)]
    assert [led(start, *turns) for start in range(5)] == [3, 3, 3, 3, 4]


def test_a_missing_link_leads_no_further_than_the_key_before_it() -> None:
    assert led(0, turn(0, 1), turn(2, 3)) == 1 and led(0, turn(2, 3)) == 0 and led(0) == 0


def test_keys_in_a_circle_come_to_an_end() -> None:
    assert led(0, turn(0, 1), turn(1, 0), turn(1, 2)) == 2
    assert led(0, turn(0, 1), turn(1, 0)) == 1 and led(0, turn(0, 0)) == 0
    assert led(0, turn(0, 1), turn(1, 2), turn(2, 1)) == 2, "also where it began outside of the circle"


@pytest.mark.parametrize(
    "what",
    [
        # a phone that joined, and something that is no key: what the office signs day by day
        told(Enrolled(device=DeviceId("1" * 32), person=PersonId("p" * 32), public_key=PUBLIC[1]), KEYS[0]),
        told(Accessed(subject="0" * 32, purpose="enrolled"), KEYS[0]),  # type: ignore[arg-type]
        # the chain of a phone, a link that names another content, a key of another length
        told(Enrolled(device=OFFICE, person=PersonId("p" * 32), public_key=PUBLIC[1]), KEYS[0],
             device=DeviceId("1" * 32)),
        told(Enrolled(device=OFFICE, person=PersonId("p" * 32), public_key=PUBLIC[1]), KEYS[0],
             change=bytes(32)),
        told(Enrolled(device=OFFICE, person=PersonId("p" * 32), public_key=bytes(31)), KEYS[0]),
        replace(turn(0, 1), signature=turn(2, 1).signature), replace(turn(0, 1), signature=b""),
        replace(turn(0, 1), content=turn(0, 2).content), replace(turn(0, 1), link=turn(0, 2).link),
        replace(turn(0, 1), link=b"\xc1"), replace(turn(0, 1), content=b"enrolled"),
        # signed as it should be, and of a kind that cannot be read here
        replace(told(Accessed(subject="0" * 32, purpose=""), KEYS[0],  # type: ignore[arg-type]
                     change=sha256(b"enrolled").digest()), content=b"enrolled"),
    ],
)  # fmt: skip
def test_whatever_is_not_the_word_of_the_key_before_leads_nowhere(what: KeyTurn) -> None:
    assert led(0, what) == 0
    assert led(0, what, turn(0, 1)) == 1, "and hides none that is"
