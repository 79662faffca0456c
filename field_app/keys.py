"""The vault's key, wrapped three times: under the PIN on this very device, under a one-use code that the
office keeps, and under a code that only officers with the rescue key can read.

Rule: a try is counted on the disk before anything is derived, and no mistake ever deletes data. The tenth
wrong PIN removes the PIN's wrap; the codes still open. `kunci.json` in the device's folder holds wraps and
tries (wraps.py says how they are made).

Tries are sealed under the device's secret, and `kunci.coba` beside it counts all that were ever made: an
older copy of the one that was put back lacks tries, and they count as wrong ones. One of the two altered or
gone leaves one try after the longest wait. Neither fitting means another device, where no PIN can open.

The second unlock asks for the PIN again and opens another key, under which the keys of sealed drafts are
wrapped. It lies in wraps of its own beside the vault's key, so that a changed or forgotten PIN loses no
draft, and whoever has the vault's key alone has none of it. Its tries are counted with the others.
"""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace

from field_app.devices import Keystore, Timepiece
from field_app.durable import write_whole
from field_app.wraps import (
    CODE_BYTES,
    CODE_INFO,
    PIN_DIGITS,
    RESCUE_BYTES,
    SECOND_CODE_INFO,
    CodeWrap,
    Cost,
    PinAdvice,
    PinWrap,
    RescueWrap,
    advise,
    kek_of_pin,
    open_by_code,
    open_by_rescue,
    open_wrap,
    read_code,
    wrap_by_code,
    wrap_by_rescue,
    written_code,
)
from schemas.base import Data, encode

__all__ = ["PIN_DIGITS", "CodeWrap", "Cost", "PinAdvice", "PinWrap", "RescueWrap", "advise"]

FILE = "kunci.json"
GUARD = "kunci.coba"
TRIES = 10
WAITS_S = (0, 0, 0, 30, 60, 120, 300, 900, 3600)
"""Seconds to wait after the first, second, … wrong PIN."""
KEY_BYTES = 32
TRIES_DOMAIN = b"sambang/coba/1\0"
GUARD_DOMAIN = b"sambang/coba/jumlah/1\0"


class Tries(Data, frozen=True, kw_only=True):
    """Wrong PINs since the last right one, and when the last was, on the clock of that boot; `total` counts
    all that were ever made.
    """

    wrong: int = 0
    elapsed_ms: int = 0
    boot: str = ""
    total: int = 0


class KeyFile(Data, frozen=True, kw_only=True):
    """What `kunci.json` holds. Without `pin` only codes open; `seal` is the device's word on the tries;
    `second` and `second_office` wrap the key of the second unlock, made by older phones at their first one.
    """

    version: int = 1
    pin: PinWrap | None
    office: CodeWrap
    tries: Tries = Tries()
    rescue: RescueWrap | None = None
    shuffled: bool = False
    seal: bytes = b""
    second: PinWrap | None = None
    second_office: CodeWrap | None = None


class Guard(Data, frozen=True, kw_only=True):
    """What `kunci.coba` holds: how many tries were ever made, under the device's secret."""

    total: int
    seal: bytes


class Opened(Data, frozen=True, kw_only=True):
    """The vault's key, 32 bytes; or that of the second unlock. By a code both, `second` empty where the code
    does not open it.
    """

    key: bytes
    second: bytes = b""


class Locked(Data, frozen=True, kw_only=True):
    """Not opened: wrong PIN, or asked before the waiting time was over (then `waiting`)."""

    tries_left: int
    wait_s: int
    waiting: bool = False


class PinGone(Data, frozen=True, kw_only=True):
    """No PIN opens any more; the data is whole and the codes open it. `other_device`: because the secret of
    this device is not the one that the key was wrapped with.
    """

    other_device: bool = False


class WrongCode(Data, frozen=True, kw_only=True):
    """This is not a code of this device."""


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
        self._lock = threading.RLock()  # the window and the worker both write the file

    def exists(self) -> bool:
        """Say whether this device has a key."""
        return (self._folder / FILE).exists()

    def create(self, pin: str, key: bytes, second: bytes = b"") -> str:
        """Wrap the vault's key, and that of the second unlock (a new one by default), under the PIN and under
        a new office code. Return that code, to be handed over.
        """
        with self._lock:
            return self._create(pin, key, second, None)

    def unlock(self, pin: str) -> Opened | Locked | PinGone:
        """Try a PIN. The try is on the disk before the key is derived. Raises KeysError."""
        with self._lock:
            opened = self._try(pin, second=False)
            if isinstance(opened, Opened):
                self._complete_rescue(pin, first=opened.key)
            return opened

    def second(self, pin: str) -> Opened | Locked | PinGone:
        """Try the PIN again, for the key of the second unlock; counted like `unlock`. Raises KeysError."""
        with self._lock:
            is_made = self._read().second is not None
            opened = self._try(pin, second=is_made)
            if not isinstance(opened, Opened):
                return opened
            if is_made:
                self._complete_rescue(pin, second=opened.key)
                return opened
            key = self._randomness(KEY_BYTES)
            self._write(replace(self._read(), second=self._wrap_by_pin(pin, key, second=True)))
            self._complete_rescue(pin, second=key)
            return Opened(key=key)

    def _complete_rescue(self, pin: str, *, first: bytes = b"", second: bytes = b"") -> None:
        """Have the rescue code open both unlocks, once: the keys are known only while the PIN is given."""
        file = self._read()
        if file.rescue is None or file.rescue.second is not None:
            return
        both = (first or self._by_pin(pin, file.pin), second or self._by_pin(pin, file.second))
        if all(both):
            old = file.rescue
            fresh = wrap_by_rescue(both, old.public, old.about, self._randomness, old)
            self._write(replace(file, rescue=fresh))

    def _by_pin(self, pin: str, wrap: PinWrap | None) -> bytes:
        """Open a wrap by a PIN that was found right; empty where there is none."""
        return (wrap and open_wrap(kek_of_pin(pin, wrap, self._keystore), wrap, wrap.info)) or b""

    def _try(self, pin: str, *, second: bool) -> Opened | Locked | PinGone:
        file, first = self._standing()
        wrap = file.second if second else first
        if first is None or wrap is None:
            return PinGone(other_device=file.pin is not None)
        wait_s = self._wait_s(file)
        if wait_s:
            return Locked(tries_left=TRIES - file.tries.wrong, wait_s=wait_s, waiting=True)
        wrong = file.tries.wrong + 1
        file = replace(file, tries=self._tries(wrong, file.tries.total + 1))
        self._write(file)
        key = open_wrap(kek_of_pin(pin, wrap, self._keystore), wrap, wrap.info)
        if key is not None:
            fresh = wrap if wrap.guarded else self._wrap_by_pin(pin, key, second=second)
            file = replace(file, second=fresh) if second else replace(file, pin=fresh)
            self._write(replace(file, tries=Tries(total=file.tries.total)))
            return Opened(key=key)
        if wrong >= TRIES:
            self._write(replace(file, pin=None, second=None))
            return PinGone()
        return Locked(tries_left=TRIES - wrong, wait_s=self._wait_s(file))

    def tries(self) -> Locked | PinGone:
        """Say how many tries are left and how long to wait, without trying. Raises KeysError."""
        with self._lock:
            file, wrap = self._standing()
            if wrap is None:
                return PinGone(other_device=file.pin is not None)
            wait_s = self._wait_s(file)
            return Locked(tries_left=TRIES - file.tries.wrong, wait_s=wait_s, waiting=bool(wait_s))

    def unlock_by_code(self, code: str) -> Opened | WrongCode:
        """Open by the office's code or the rescue code, typed in any case and spacing. It stays good until
        `renew`. Raises KeysError.
        """
        file, raw = self._read(), read_code(code)
        key, second = None, None
        if len(raw) == CODE_BYTES:
            key = open_by_code(raw, file.office, CODE_INFO)
            second = file.second_office and open_by_code(raw, file.second_office, SECOND_CODE_INFO)
        elif len(raw) == RESCUE_BYTES:
            key, second = open_by_rescue(raw, file.rescue) or (None, None)
        return WrongCode() if key is None else Opened(key=key, second=second or b"")

    def second_by_code(self) -> bytes:
        """Return the wrap of the second unlock's key under the office's code, encoded; empty without one.

        It is what a wiped phone leaves, so that sealed drafts are not lost with it. Raises KeysError.
        """
        wrap = self._read().second_office
        return encode(wrap) if wrap else b""

    def renew(self, pin: str, key: bytes, second: bytes) -> str:
        """Set a new PIN, a new office code and a new rescue code for keys that were opened; return
        the office code. The old ones end.
        """
        with self._lock:
            return self._create(pin, key, second, self._read())

    def change_pin(self, pin: str, key: bytes, second: bytes) -> None:
        """Set a new PIN for keys that were opened, both; the codes stay. Raises KeysError."""
        with self._lock:
            file = self._read()
            tries = Tries(total=file.tries.total)
            first, again = self._wrap_by_pin(pin, key), self._wrap_by_pin(pin, second, second=True)
            self._write(replace(file, pin=first, second=again, tries=tries))

    def shuffled(self) -> bool:
        """Say whether the pad's digits are shuffled: known before anything is open, and no secret."""
        try:
            return self._read().shuffled
        except KeysError:
            return False

    def set_shuffled(self, shuffled: bool) -> None:
        """Shuffle the pad's digits from now on, or no more. Raises KeysError."""
        with self._lock:
            self._write(replace(self._read(), shuffled=shuffled))

    def set_rescue(self, public: bytes, about: bytes, key: bytes) -> None:
        """Wrap the key under a rescue code too, sealed to this rescue key (32 bytes), unless it is already.
        `about` goes into the info of the seal. The second unlock's key follows when a PIN is given. Raises
        KeysError, ValueError for a key that is none.
        """
        with self._lock:
            file = self._read()
            if file.rescue is None or (file.rescue.public, file.rescue.about) != (public, about):
                fresh = wrap_by_rescue((key, b""), public, about, self._randomness, file.rescue)
                self._write(replace(file, rescue=fresh))

    def rescue_letter(self) -> RescueWrap | None:
        """Return the rescue wrap with its letter, None before there is one. Raises KeysError."""
        return self._read().rescue

    def rescue_delivered(self, letter: bytes) -> None:
        """Note that the office has this letter; a newer one still has to be brought. Raises KeysError."""
        with self._lock:
            file = self._read()
            if file.rescue is not None and file.rescue.letter == letter:
                self._write(replace(file, rescue=replace(file.rescue, delivered=True, earlier=None)))

    def _create(self, pin: str, key: bytes, second: bytes, before: KeyFile | None) -> str:
        code = self._randomness(CODE_BYTES)
        second = second or self._randomness(KEY_BYTES)
        old = before.rescue if before else None
        self._write(
            KeyFile(
                pin=self._wrap_by_pin(pin, key),
                office=self._wrap_by_code(code, key, CODE_INFO),
                second=self._wrap_by_pin(pin, second, second=True),
                second_office=self._wrap_by_code(code, second, SECOND_CODE_INFO),
                tries=Tries(total=before.tries.total if before else 0),
                rescue=old and wrap_by_rescue((key, second), old.public, old.about, self._randomness),
                shuffled=before.shuffled if before else False,
            )
        )
        return written_code(code)

    def _standing(self) -> tuple[KeyFile, PinWrap | None]:
        """Return the file and the PIN's wrap as far as it may be tried: None when no PIN can open.

        What was altered or put back is counted here, and written down.
        """
        file = self._read()
        wrap = file.pin
        if wrap is None or not wrap.guarded:
            return file, wrap
        guard = self._guard()
        fits = file.seal == self._seal(file)
        if not fits and guard is None:
            return file, None
        if guard is None or not fits:
            wrong, total = max(file.tries.wrong, TRIES - 1), file.tries.total + 1
        else:
            wrong = file.tries.wrong + max(0, guard.total - file.tries.total)
            total = max(guard.total, file.tries.total)
        if (wrong, total) == (file.tries.wrong, file.tries.total):
            return file, wrap
        wrap = None if wrong >= TRIES else wrap
        again = file.second if wrap else None
        file = replace(file, pin=wrap, second=again, tries=self._tries(min(wrong, TRIES), total))
        self._write(file)
        return file, wrap

    def _tries(self, wrong: int, total: int) -> Tries:
        now, boot = self._time.elapsed_ms(), self._time.boot()
        return Tries(wrong=wrong, elapsed_ms=now, boot=boot, total=total)

    def _wait_s(self, file: KeyFile) -> int:
        tries = file.tries
        if not 0 < tries.wrong <= len(WAITS_S):
            return 0
        full = WAITS_S[tries.wrong - 1]
        boot, elapsed_ms = self._time.boot(), self._time.elapsed_ms()
        if tries.boot != boot:
            # a restarted clock proves nothing about time passed, so the waiting starts again in full
            self._write(replace(file, tries=self._tries(tries.wrong, tries.total)))
            return full
        return max(0, full - max(0, elapsed_ms - tries.elapsed_ms) // 1000)

    def _wrap_by_code(self, code: bytes, key: bytes, info: bytes) -> CodeWrap:
        return wrap_by_code(code, key, self._randomness(16), self._randomness(12), info)

    def _wrap_by_pin(self, pin: str, key: bytes, *, second: bool = False) -> PinWrap:
        salt, nonce = self._randomness(16), self._randomness(12)
        wrap = PinWrap(salt=salt, nonce=nonce, sealed=b"", cost=self._cost, guarded=True, second=second)
        sealed = AESGCM(kek_of_pin(pin, wrap, self._keystore)).encrypt(nonce, key, wrap.info)
        return replace(wrap, sealed=sealed)

    def _seal(self, file: KeyFile) -> bytes:
        salt = file.pin.salt if file.pin else b""
        return self._keystore.mac(TRIES_DOMAIN + salt + msgspec.json.encode(file.tries))

    def _guard(self) -> Guard | None:
        """Return the count of all tries, None if it is gone or not this device's word."""
        try:
            guard = msgspec.json.decode((self._folder / GUARD).read_bytes(), type=Guard)
        except (OSError, ValueError):
            return None
        return guard if guard.seal == self._guard_seal(guard.total) else None

    def _guard_seal(self, total: int) -> bytes:
        return self._keystore.mac(GUARD_DOMAIN + str(total).encode())

    def _read(self) -> KeyFile:
        try:
            raw = (self._folder / FILE).read_bytes()
            if json.loads(raw).get("version") != 1:
                raise KeysError("versi_lebih_baru")
            return msgspec.json.decode(raw, type=KeyFile)
        except (OSError, ValueError, AttributeError) as error:
            raise KeysError(type(error).__name__) from None

    def _write(self, file: KeyFile) -> None:
        """Write the count of all tries, then the file: a cut in between counts one try too many."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if file.pin is not None and file.pin.guarded:
            guard, total = self._guard(), file.tries.total
            if guard is None or guard.total != total:
                fresh = Guard(total=total, seal=self._guard_seal(total))
                write_whole(self._folder / GUARD, msgspec.json.encode(fresh))
            file = replace(file, seal=self._seal(file))
        write_whole(self._folder / FILE, msgspec.json.encode(file))
