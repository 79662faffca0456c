"""What the vault's key is wrapped in, and how each wrap is made and opened. Rule: no file and no clock here.

KEK(PIN) = HKDF-SHA256(keystore HMAC(Argon2id(PIN, salt))); KEK(code) = HKDF-SHA256(code, salt), a code having
80 bits of its own, or 128. Wrapping is AES-256-GCM. The code of the rescue wrap was seen by nobody: it stands
in a letter, sealed by HPKE to the rescue key that officers of the office keep.
"""

import base64
from collections.abc import Callable
from itertools import pairwise

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec.structs import replace

from field_app.devices import Keystore
from field_app.sealing import seal_key
from schemas.base import Data

PIN_DIGITS = 6
CODE_BYTES = 10
RESCUE_BYTES = 16
PIN_INFO = b"sambang pin v1"
GUARDED_INFO = b"sambang pin v2"
"""Wraps whose tries are counted under the device's secret: relabelled as one of before, none opens."""
CODE_INFO = b"sambang kode kantor v1"
SECOND_PIN_INFO = b"sambang kunci kedua pin v1"
SECOND_GUARDED_INFO = b"sambang kunci kedua pin v2"
SECOND_CODE_INFO = b"sambang kunci kedua kode kantor v1"
RESCUE_INFO = b"sambang kode penyelamat v1"
SECOND_RESCUE_INFO = b"sambang kunci kedua kode penyelamat v1"


class Cost(Data, frozen=True, kw_only=True):
    """What one guess costs: Argon2id's memory in KiB, passes and lanes (RFC 9106)."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 2


class PinWrap(Data, frozen=True, kw_only=True):
    """The key under the PIN; all bytes as base64. `guarded`: see GUARDED_INFO; `second`: of the second
    unlock.
    """

    salt: bytes
    nonce: bytes
    sealed: bytes
    cost: Cost
    guarded: bool = False
    second: bool = False

    @property
    def info(self) -> bytes:
        """What the wrap is bound to."""
        if self.second:
            return SECOND_GUARDED_INFO if self.guarded else SECOND_PIN_INFO
        return GUARDED_INFO if self.guarded else PIN_INFO


class CodeWrap(Data, frozen=True, kw_only=True):
    """The key under a code."""

    salt: bytes
    nonce: bytes
    sealed: bytes


class RescueWrap(Data, frozen=True, kw_only=True):
    """The key under a code that nobody saw; `letter` is that code, sealed to the rescue key `public` under
    the info `about`. `delivered`: the office has the letter too.

    `second`: the key of the second unlock under the same code, None until the PIN was given for it.
    `earlier`: what the office has a letter for as long as it has none for this one.
    """

    wrap: CodeWrap
    public: bytes
    about: bytes
    letter: bytes
    delivered: bool = False
    second: CodeWrap | None = None
    earlier: "RescueWrap | None" = None


def kek_of_pin(pin: str, wrap: PinWrap, keystore: Keystore) -> bytes:
    """Derive what wraps the key under a PIN: as slow as `wrap.cost` says. Raises OSError for a keystore that
    gives no answer.
    """
    stretched = Argon2id(
        salt=wrap.salt,
        length=32,
        iterations=wrap.cost.passes,
        lanes=wrap.cost.lanes,
        memory_cost=wrap.cost.memory_kib,
    ).derive(pin.encode())
    return _hkdf(keystore.mac(stretched), wrap.salt, wrap.info)


def wrap_by_code(code: bytes, key: bytes, salt: bytes, nonce: bytes, info: bytes) -> CodeWrap:
    """Wrap the key under a code. `salt` has 16 random bytes, `nonce` 12."""
    sealed = AESGCM(_hkdf(code, salt, info)).encrypt(nonce, key, info)
    return CodeWrap(salt=salt, nonce=nonce, sealed=sealed)


def open_by_code(code: bytes, wrap: CodeWrap, info: bytes) -> bytes | None:
    """Return the key, None if it is not this code's."""
    return open_wrap(_hkdf(code, wrap.salt, info), wrap, info)


def open_wrap(kek: bytes, wrap: PinWrap | CodeWrap, info: bytes) -> bytes | None:
    """Return the key, None if it was not wrapped under this one."""
    try:
        return AESGCM(kek).decrypt(wrap.nonce, wrap.sealed, info)
    except InvalidTag:
        return None


def wrap_by_rescue(
    keys: tuple[bytes, bytes],
    public: bytes,
    about: bytes,
    randomness: Callable[[int], bytes],
    before: RescueWrap | None = None,
) -> RescueWrap:
    """Wrap the vault's key and that of the second unlock (empty: not known) under a new rescue code. `before`
    opens as well until the new letter is delivered. Raises ValueError for a rescue key that is none.
    """
    key, second = keys
    code, salt, nonce = randomness(RESCUE_BYTES), randomness(16), randomness(12)
    again, once = randomness(16), randomness(12)
    known = before if before is None or before.delivered else before.earlier
    return RescueWrap(
        wrap=wrap_by_code(code, key, salt, nonce, RESCUE_INFO),
        public=public,
        about=about,
        letter=seal_key(code, public, about),
        second=wrap_by_code(code, second, again, once, SECOND_RESCUE_INFO) if second else None,
        earlier=replace(known, earlier=None) if known else None,
    )


def open_by_rescue(code: bytes, rescue: RescueWrap | None) -> tuple[bytes, bytes] | None:
    """Return both keys, the second empty where it is not wrapped; None if it is not this code's."""
    while rescue is not None:
        key = open_by_code(code, rescue.wrap, RESCUE_INFO)
        if key is not None:
            second = rescue.second and open_by_code(code, rescue.second, SECOND_RESCUE_INFO)
            return key, second or b""
        rescue = rescue.earlier
    return None


def written_code(code: bytes) -> str:
    """Write a code in groups of four letters and digits."""
    text = base64.b32encode(code).decode().rstrip("=")
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def read_code(typed: str) -> bytes:
    """Read a typed code; empty when it cannot be one. 0 and 1 stand for the letters they look like."""
    bare = "".join(typed.split()).replace("-", "").upper().replace("0", "O").replace("1", "I")
    try:
        raw = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except ValueError:
        return b""
    return raw if len(raw) in (CODE_BYTES, RESCUE_BYTES) else b""


class PinAdvice(Data, frozen=True, kw_only=True):
    """What to say of a new PIN: `block` must be mended, `warn` may be passed; both text keys or empty."""

    block: str = ""
    warn: str = ""


def advise(pin: str) -> PinAdvice:
    """Judge a new PIN: six digits, and better not one that is tried first."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        return PinAdvice(block="lapangan.pin_6_angka")
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {9}) or len(set(pin)) < 3 or pin[:3] == pin[3:]:
        return PinAdvice(warn="lapangan.pin_mudah_ditebak")
    return PinAdvice()


def _hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)
