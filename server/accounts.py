"""Accounts and sessions. Rule: a login says only yes, no, or wait; never which part was wrong.

A session is a row that knows the hash of its token; each login makes a new one. The CSRF token of a session
is derived from its token, so it needs no row of its own. Tries are counted before they are judged, in rows,
so that neither a restart nor a second process forgets them.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256

from schemas.base import Data
from schemas.ids import PersonId
from server import people_store as rows
from server.engine import Engine, Reader, Writer
from server.passwords import Passwords, too_weak

IDLE_MS = 30 * 60_000
ABSOLUTE_MS = 12 * 3_600_000
TOUCH_MS = 60_000
WINDOW_MS = 15 * 60_000
TRIES_ON_NAME = 5
TRIES_FROM_ADDRESS = 30
TOKEN_BYTES = 32


class LoggedIn(Data, frozen=True, kw_only=True):
    """A session was opened; `token` goes into the cookie and is kept nowhere."""

    token: str
    person: PersonId


class WrongLogin(Data, frozen=True, kw_only=True):
    """Name or password does not fit."""


class TooManyTries(Data, frozen=True, kw_only=True):
    """Neither was looked at; try again after `wait_ms`."""

    wait_ms: int


class Session(Data, frozen=True, kw_only=True):
    """An open session, and the token that each of its forms must carry."""

    person: PersonId
    csrf: str


class Created(Data, frozen=True, kw_only=True):
    """An account was made."""

    person: PersonId


class NotCreated(Data, frozen=True, kw_only=True):
    """It was not; `say` is a text key that tells why."""

    say: str


class Accounts:
    """Logins over the engine. Times are UTC ms from `now_ms`; blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        passwords: Passwords,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine = engine
        self._passwords = passwords
        self._now_ms = now_ms
        self._randomness = randomness

    def create(
        self,
        person: PersonId,
        username: str,
        password: str,
        also: Callable[[Writer], None] = lambda _: None,
    ) -> Created | NotCreated:
        """Give a person a login. `also` runs in the same transaction, to make the person's own record."""
        name = _plain(username)
        if not name or len(name) > 64 or any(sign.isspace() for sign in name):
            return NotCreated(say="kantor.akun.nama_salah")
        if too_weak(password):
            return NotCreated(say="kantor.akun.sandi_lemah")
        hashed, now = self._passwords.hash(password), self._now_ms()

        def work(tx: Writer) -> Created | NotCreated:
            if rows.account_by_name(tx, name) is not None:
                return NotCreated(say="kantor.akun.nama_terpakai")
            rows.add_account(tx, person=person, username=name, password=hashed, active=True, changed_ms=now)
            also(tx)
            return Created(person=person)

        return self._engine.write(work).result()

    def set_password(self, person: PersonId, password: str) -> bool:
        """Replace a password and end all sessions of the person. False when there is no such account."""
        hashed, now = self._passwords.hash(password), self._now_ms()

        def work(tx: Writer) -> bool:
            rows.drop_sessions_of(tx, person)
            return rows.set_password(tx, person, hashed, now) == 1

        return self._engine.write(work).result()

    def log_in(
        self, username: str, password: str, address: str, old_token: str = ""
    ) -> LoggedIn | WrongLogin | TooManyTries:
        """Judge a login from an address. A session the browser had before ends, whoever opened it."""
        now = self._now_ms()
        name_hash = sha256(b"name\0" + _plain(username).encode()).digest()
        address_hash = sha256(b"address\0" + address.encode()).digest()
        try_id = self._randomness(8).hex()
        wait = self._engine.write(lambda tx: _count(tx, now, try_id, name_hash, address_hash)).result()
        if wait:
            return TooManyTries(wait_ms=wait)
        found = self._engine.read(lambda tx: rows.account_by_name(tx, _plain(username)))
        stored = str(found[1]) if found and found[2] else None
        if not self._passwords.fits(password, stored) or found is None:
            return WrongLogin()
        person, token = PersonId(str(found[0])), self._randomness(TOKEN_BYTES).hex()

        def work(tx: Writer) -> None:
            rows.drop_stale(
                tx,
                seen_before_ms=now - IDLE_MS,
                created_before_ms=now - ABSOLUTE_MS,
                tries_before_ms=now - WINDOW_MS,
            )
            rows.drop_tries(tx, name_hash, try_id)
            rows.drop_session(tx, _hash(old_token))
            rows.add_session(tx, _hash(token), person, now)

        self._engine.write(work).result()
        return LoggedIn(token=token, person=person)

    def session(self, token: str) -> Session | None:
        """Return the open session of a cookie, and remember that it was used; None when it has ended."""
        if not token:
            return None
        now, hashed = self._now_ms(), _hash(token)
        found = self._engine.read(lambda tx: rows.session(tx, hashed))
        if found is None:
            return None
        person, created_ms, seen_ms = PersonId(str(found[0])), int(found[1]), int(found[2])
        if now - created_ms > ABSOLUTE_MS or now - seen_ms > IDLE_MS:
            return None
        if now - seen_ms > TOUCH_MS:
            self._engine.write(lambda tx: rows.touch_session(tx, hashed, now)).result()
        return Session(person=person, csrf=csrf_of(token))

    def log_out(self, token: str) -> None:
        """End a session; one that does not exist is no error."""
        self._engine.write(lambda tx: rows.drop_session(tx, _hash(token))).result()


def csrf_of(token: str) -> str:
    """Return the token that forms of a page carry, derived from the cookie's secret."""
    return hmac.new(token.encode(), b"sambang csrf v1", sha256).hexdigest()


def _count(tx: Writer, now: int, try_id: str, name_hash: bytes, address_hash: bytes) -> int:
    """Count a try, unless there were too many. Returns ms to wait, 0 for a try that may be judged."""
    wait = _wait(tx, now, name_hash, address_hash)
    if not wait:
        rows.add_try(tx, now, try_id, name_hash, address_hash)
    return wait


def _wait(tx: Reader, now: int, name_hash: bytes, address_hash: bytes) -> int:
    since = now - WINDOW_MS
    waits = [
        tries[-most] + WINDOW_MS - now
        for tries, most in (
            (rows.tries_on_name(tx, name_hash, since), TRIES_ON_NAME),
            (rows.tries_from_address(tx, address_hash, since), TRIES_FROM_ADDRESS),
        )
        if len(tries) >= most
    ]
    return max(waits, default=0)


def _plain(username: str) -> str:
    return username.strip().casefold()


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
