"""The second step of a login. Rule: a code opens one login once; tries are counted before they are judged.

The secret lies sealed under a key derived from the key file, bound to its person; of recovery codes only
hashes are kept. Nothing here says whether a code was wrong, old or used before.
"""

from collections.abc import Callable
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.base import Data
from schemas.ids import PersonId
from server import factor_store as rows
from server import totp, wrong_login_store
from server.accounts import HALF_MS, Accounts, LoggedIn, TooManyTries, WrongLogin, hash_of
from server.engine import Engine, Reader, Writer
from server.limits import SLACK_MS

GRACE_MS = 3 * 86_400_000
"""How long somebody who needs a second step may still log in without one, from their first login on."""
NONCE_BYTES = 12


class Standing(Data, frozen=True, kw_only=True):
    """How a person's second step stands; `grace_until_ms` is 0 before the first login."""

    is_set_up: bool
    recovery_left: int
    grace_until_ms: int


class SecondFactors:
    """Codes over the engine. `key` has 32 bytes; times are UTC ms; blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        accounts: Accounts,
        key: bytes,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._accounts, self._cipher = engine, accounts, AESGCM(key)
        self._now_ms, self._randomness = now_ms, randomness

    def finish(
        self, half_token: str, typed: str, address: str, *, agent: str = "", old_token: str = ""
    ) -> LoggedIn | WrongLogin | TooManyTries:
        """Judge a code, or a recovery code, for a login whose password fitted."""
        now, hashed = self._now_ms(), hash_of(half_token)
        person = self._engine.read(lambda tx: _half(tx, hashed, now))
        if person is None:
            return WrongLogin()
        wait, clear = self._accounts.count_try(_tried(person), address)
        if wait:
            return TooManyTries(wait_ms=wait)
        token = self._accounts.new_token()

        def work(tx: Writer) -> LoggedIn | WrongLogin:
            # asked again: another request may have ended this half login meanwhile
            if _half(tx, hashed, now) != person:
                return WrongLogin()
            if not self._fits(tx, person, typed, now):
                self._accounts.note_wrong(tx, person, _tried(person), address, "kode")
                return WrongLogin()
            rows.drop_halves(tx, person)
            clear(tx)
            wrong_login_store.note_login(tx, person, now)
            self._accounts.open_in(tx, person, token, address=address, agent=agent, old_token=old_token)
            return LoggedIn(token=token, person=person)

        return self._engine.write(work).result()

    def is_half(self, half_token: str) -> bool:
        """Whether a login waits for its code."""
        now = self._now_ms()
        return self._engine.read(lambda tx: _half(tx, hash_of(half_token), now)) is not None

    def begin(self, person: PersonId) -> bytes | None:
        """Return the secret to show, the same until it is confirmed; None when one is in use already."""
        fresh = self._randomness(totp.SECRET_BYTES)

        def work(tx: Writer) -> bytes | None:
            found = rows.factor(tx, person)
            if found is not None and found[1] is not None:
                return None
            secret = self._open(person, bytes(found[0])) if found is not None else None
            if secret is None:
                secret = fresh
                rows.put_secret(tx, person, self._seal(person, secret))
            return secret

        return self._engine.write(work).result()

    def confirm(self, person: PersonId, typed: str, address: str) -> tuple[str, ...] | TooManyTries | None:
        """Take the secret into use when a code of it fits, and return ten recovery codes to show once."""
        wait, clear = self._accounts.count_try(_tried(person), address)
        if wait:
            return TooManyTries(wait_ms=wait)
        now = self._now_ms()
        codes = totp.recovery_codes(self._randomness(totp.RECOVERY_CODES * totp.RECOVERY_BYTES))

        def work(tx: Writer) -> tuple[str, ...] | None:
            if rows.is_set_up(tx, person) or not self._fits_code(tx, person, typed, now):
                return None
            rows.confirm(tx, person, now)
            rows.put_recovery(tx, person, [totp.recovery_hash(code) for code in codes])
            clear(tx)
            return codes

        return self._engine.write(work).result()

    def standing(self, tx: Reader, person: PersonId) -> Standing:
        """Return how the second step of a person stands."""
        since = rows.grace_since(tx, person)
        return Standing(
            is_set_up=rows.is_set_up(tx, person),
            recovery_left=rows.recovery_left(tx, person),
            grace_until_ms=0 if since is None else since + GRACE_MS,
        )

    def is_overdue(self, tx: Reader, person: PersonId) -> bool:
        """Whether the grace is over and there is still no second step."""
        found = self.standing(tx, person)
        return not found.is_set_up and found.grace_until_ms <= self._now_ms()

    def _fits(self, tx: Writer, person: PersonId, typed: str, now_ms: int) -> bool:
        if not rows.is_set_up(tx, person):
            return False
        if self._fits_code(tx, person, typed, now_ms):
            return True
        return rows.take_recovery(tx, person, totp.recovery_hash(typed))

    def _fits_code(self, tx: Writer, person: PersonId, typed: str, now_ms: int) -> bool:
        found = rows.factor(tx, person)
        secret = self._open(person, bytes(found[0])) if found is not None else None
        if found is None or secret is None:
            return False
        step = totp.matching_step(secret, typed, now_ms, int(found[2]))
        if step is not None:
            rows.use_step(tx, person, step)
        return step is not None

    def _seal(self, person: PersonId, secret: bytes) -> bytes:
        return _sealed(self._cipher, person, secret, self._randomness(NONCE_BYTES))

    def _open(self, person: PersonId, sealed: bytes) -> bytes | None:
        return _opened(self._cipher, person, sealed)


def reseal(tx: Writer, old: bytes, new: bytes, randomness: Callable[[int], bytes]) -> None:
    """Seal every secret under another key; one that the old key does not open stays as it is."""
    before, after = AESGCM(old), AESGCM(new)
    for person, sealed in rows.secrets(tx):
        secret = _opened(before, PersonId(str(person)), bytes(sealed))
        if secret is not None:
            again = _sealed(after, PersonId(str(person)), secret, randomness(NONCE_BYTES))
            rows.replace_secret(tx, PersonId(str(person)), again)


def _half(tx: Reader, token_hash: bytes, now_ms: int) -> PersonId | None:
    return rows.half(tx, token_hash, now_ms - HALF_MS, now_ms + SLACK_MS)


def _sealed(cipher: AESGCM, person: PersonId, secret: bytes, nonce: bytes) -> bytes:
    return nonce + cipher.encrypt(nonce, secret, person.encode())


def _opened(cipher: AESGCM, person: PersonId, sealed: bytes) -> bytes | None:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], person.encode())
    except InvalidTag:
        return None


def _tried(person: PersonId) -> bytes:
    return sha256(b"factor\0" + person.encode()).digest()
