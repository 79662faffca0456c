"""The vault's key, wrapped: under the PIN on this very device, and under a one-use code that the office
keeps.

Rule: a try is counted on the disk before anything is derived, and no mistake ever deletes data. The tenth
wrong PIN removes the PIN's wrap; the office's code still opens. `kunci.json` in the device's folder holds
wraps and tries.

KEK(PIN) = HKDF-SHA256(keystore HMAC(Argon2id(PIN, salt))); KEK(code) = HKDF-SHA256(code, salt), the code
having 80 bits of its own. Wrapping is AES-256-GCM. A third wrap, under a rescue key in officers' custody,
is not made yet.

The second unlock asks for the PIN again and opens another key, under which the keys of sealed drafts are
wrapped. It lies in wraps of its own beside the vault's key, so that a changed or forgotten PIN loses no
draft, and whoever has the vault's key alone has none of it. Its tries are counted with the others.
"""

import base64
import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from field_app.devices import Keystore, Timepiece
from schemas.base import Data

FILE = "kunci.json"
TRIES = 10
WAITS_S = (0, 0, 0, 30, 60, 120, 300, 900, 3600)
"""Seconds to wait after the first, second, … wrong PIN."""
PIN_DIGITS = 6
CODE_BYTES = 10
PIN_INFO = b"sambang pin v1"
CODE_INFO = b"sambang kode kantor v1"
SECOND_PIN_INFO = b"sambang kunci kedua pin v1"
SECOND_CODE_INFO = b"sambang kunci kedua kode kantor v1"
KEY_BYTES = 32


class Cost(Data, frozen=True, kw_only=True):
    """What one guess costs: Argon2id's memory in KiB, passes and lanes (RFC 9106)."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 2


class PinWrap(Data, frozen=True, kw_only=True):
    """The key under the PIN; all bytes as base64."""

    salt: bytes
    nonce: bytes
    sealed: bytes
    cost: Cost


class CodeWrap(Data, frozen=True, kw_only=True):
    """The key under the office's code."""

    salt: bytes
    nonce: bytes
    sealed: bytes


class Tries(Data, frozen=True, kw_only=True):
    """Wrong PINs since the last right one, and when the last was, on the clock of that boot."""

    wrong: int = 0
    elapsed_ms: int = 0
    boot: str = ""


class KeyFile(Data, frozen=True, kw_only=True):
    """What `kunci.json` holds. Without `pin` only the office's code opens; `second` and `second_office` wrap
    the key of the second unlock, which a phone from before sealed drafts makes at its first one.
    """

    version: int = 1
    pin: PinWrap | None
    office: CodeWrap
    tries: Tries = Tries()
    second: PinWrap | None = None
    second_office: CodeWrap | None = None


class Opened(Data, frozen=True, kw_only=True):
    """The vault's key, 32 bytes; or that of the second unlock. By the office's code both, `second` empty
    where there is none.
    """

    key: bytes
    second: bytes = b""


class Locked(Data, frozen=True, kw_only=True):
    """Not opened: wrong PIN, or asked before the waiting time was over (then `waiting`)."""

    tries_left: int
    wait_s: int
    waiting: bool = False


class PinGone(Data, frozen=True, kw_only=True):
    """No PIN opens any more; the data is whole and the office's code opens it."""


class WrongCode(Data, frozen=True, kw_only=True):
    """This is not the office's code of this device."""


class KeysError(Exception):
    """`kunci.json` is absent, unreadable, or of a newer version."""


class Keys:
    """The keys of one device folder. `randomness(n)` gives n random bytes."""

    def __init__(
        self,
        folder: Path,
        keystore: Keystore,
        time: Timepiece,
        randomness: Callable[[int], bytes] = os.urandom,
        cost: Cost | None = None,
    ) -> None:
        self._folder = folder
        self._keystore = keystore
        self._time = time
        self._randomness = randomness
        self._cost = cost or Cost()

    def exists(self) -> bool:
        """Say whether this device has a key."""
        return (self._folder / FILE).exists()

    def create(self, pin: str, key: bytes, second: bytes = b"") -> str:
        """Wrap the vault's key, and that of the second unlock (a new one by default), under the PIN and under
        a new office code. Return that code, to be handed over.
        """
        code = self._new_code()
        second = second or self._randomness(KEY_BYTES)
        self._write(
            KeyFile(
                pin=self._wrap_by_pin(pin, key, PIN_INFO),
                office=self._wrap_by_code(code, key, CODE_INFO),
                second=self._wrap_by_pin(pin, second, SECOND_PIN_INFO),
                second_office=self._wrap_by_code(code, second, SECOND_CODE_INFO),
            )
        )
        return code

    def unlock(self, pin: str) -> Opened | Locked | PinGone:
        """Try a PIN. The try is on the disk before the key is derived. Raises KeysError."""
        return self._try(pin, lambda file: (file.pin, PIN_INFO))

    def second(self, pin: str) -> Opened | Locked | PinGone:
        """Try the PIN again, for the key of the second unlock; counted like `unlock`. Raises KeysError."""
        if self._read().second is None:
            first = self.unlock(pin)
            if not isinstance(first, Opened):
                return first
            second = self._randomness(KEY_BYTES)
            wrap = self._wrap_by_pin(pin, second, SECOND_PIN_INFO)
            self._write(msgspec.structs.replace(self._read(), second=wrap))
            return Opened(key=second)
        return self._try(pin, lambda file: (file.second, SECOND_PIN_INFO))

    def _try(
        self, pin: str, wrapped: Callable[[KeyFile], tuple[PinWrap | None, bytes]]
    ) -> Opened | Locked | PinGone:
        file = self._read()
        wrap, info = wrapped(file)
        if file.pin is None or wrap is None:
            return PinGone()
        wait_s = self._wait_s(file)
        if wait_s:
            return Locked(tries_left=TRIES - file.tries.wrong, wait_s=wait_s, waiting=True)
        wrong = file.tries.wrong + 1
        tries = Tries(wrong=wrong, elapsed_ms=self._time.elapsed_ms(), boot=self._time.boot())
        file = msgspec.structs.replace(file, tries=tries)
        self._write(file)
        key = _open(self._kek_of_pin(pin, wrap, info), wrap, info)
        if key is not None:
            self._write(msgspec.structs.replace(file, tries=Tries()))
            return Opened(key=key)
        if wrong >= TRIES:
            self._write(msgspec.structs.replace(file, pin=None, second=None))
            return PinGone()
        return Locked(tries_left=TRIES - wrong, wait_s=self._wait_s(file))

    def tries(self) -> Locked | PinGone:
        """Say how many tries are left and how long to wait, without trying. Raises KeysError."""
        file = self._read()
        if file.pin is None:
            return PinGone()
        wait_s = self._wait_s(file)
        return Locked(tries_left=TRIES - file.tries.wrong, wait_s=wait_s, waiting=bool(wait_s))

    def unlock_by_code(self, code: str) -> Opened | WrongCode:
        """Open by the office's code, typed in any case and spacing. It stays good until `renew`. Raises
        KeysError.
        """
        file = self._read()
        raw = _code_bytes(code)
        key = _open(_kek_of_code(raw, file.office.salt, CODE_INFO), file.office, CODE_INFO) if raw else None
        if key is None:
            return WrongCode()
        wrap = file.second_office
        second = wrap and _open(_kek_of_code(raw, wrap.salt, SECOND_CODE_INFO), wrap, SECOND_CODE_INFO)
        return Opened(key=key, second=second or b"")

    def renew(self, pin: str, key: bytes, second: bytes) -> str:
        """Set a new PIN and a new office code for keys that were opened by the old code; return the code. The
        old ones end.
        """
        return self.create(pin, key, second)

    def change_pin(self, pin: str, key: bytes, second: bytes) -> None:
        """Set a new PIN for keys that were opened, both; the office's code stays. Raises KeysError."""
        file = self._read()
        self._write(
            msgspec.structs.replace(
                file,
                pin=self._wrap_by_pin(pin, key, PIN_INFO),
                second=self._wrap_by_pin(pin, second, SECOND_PIN_INFO),
                tries=Tries(),
            )
        )

    def _wait_s(self, file: KeyFile) -> int:
        tries = file.tries
        if not 0 < tries.wrong <= len(WAITS_S):
            return 0
        full = WAITS_S[tries.wrong - 1]
        boot, elapsed_ms = self._time.boot(), self._time.elapsed_ms()
        if tries.boot != boot:
            # a restarted clock proves nothing about time passed, so the waiting starts again in full
            restarted = Tries(wrong=tries.wrong, elapsed_ms=elapsed_ms, boot=boot)
            self._write(msgspec.structs.replace(file, tries=restarted))
            return full
        return max(0, full - max(0, elapsed_ms - tries.elapsed_ms) // 1000)

    def _wrap_by_pin(self, pin: str, key: bytes, info: bytes) -> PinWrap:
        wrap = PinWrap(salt=self._randomness(16), nonce=self._randomness(12), sealed=b"", cost=self._cost)
        sealed = AESGCM(self._kek_of_pin(pin, wrap, info)).encrypt(wrap.nonce, key, info)
        return msgspec.structs.replace(wrap, sealed=sealed)

    def _wrap_by_code(self, code: str, key: bytes, info: bytes) -> CodeWrap:
        salt, nonce = self._randomness(16), self._randomness(12)
        sealed = AESGCM(_kek_of_code(_code_bytes(code), salt, info)).encrypt(nonce, key, info)
        return CodeWrap(salt=salt, nonce=nonce, sealed=sealed)

    def _kek_of_pin(self, pin: str, wrap: PinWrap, info: bytes) -> bytes:
        stretched = Argon2id(
            salt=wrap.salt,
            length=32,
            iterations=wrap.cost.passes,
            lanes=wrap.cost.lanes,
            memory_cost=wrap.cost.memory_kib,
        ).derive(pin.encode())
        return _hkdf(self._keystore.mac(stretched), wrap.salt, info)

    def _new_code(self) -> str:
        text = base64.b32encode(self._randomness(CODE_BYTES)).decode()
        return "-".join(text[at : at + 4] for at in range(0, len(text), 4))

    def _read(self) -> KeyFile:
        try:
            raw = (self._folder / FILE).read_bytes()
            if json.loads(raw).get("version") != 1:
                raise KeysError("versi_lebih_baru")
            return msgspec.json.decode(raw, type=KeyFile)
        except (OSError, ValueError, AttributeError) as error:
            raise KeysError(type(error).__name__) from None

    def _write(self, file: KeyFile) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._folder / FILE, msgspec.json.encode(file))


def write_whole(path: Path, data: bytes) -> None:
    """Write or replace a file of mode 0600 so that a cut leaves the old or the new one, never half of one."""
    fresh = path.with_name(path.name + ".baru")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were given or taken away in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def _open(kek: bytes, wrap: PinWrap | CodeWrap, info: bytes) -> bytes | None:
    try:
        return AESGCM(kek).decrypt(wrap.nonce, wrap.sealed, info)
    except InvalidTag:
        return None


def _kek_of_code(code: bytes, salt: bytes, info: bytes) -> bytes:
    return _hkdf(code, salt, info)


def _hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def _code_bytes(code: str) -> bytes:
    """Read a typed code; empty when it cannot be one. 0 and 1 stand for the letters they look like."""
    bare = "".join(code.split()).replace("-", "").upper().replace("0", "O").replace("1", "I")
    try:
        raw = base64.b32decode(bare)
    except ValueError:
        return b""
    return raw if len(raw) == CODE_BYTES else b""
