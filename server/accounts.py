"""Accounts and sessions. Rule: a login says only yes, no, or wait; never which part was wrong.

A session is a row that knows the hash of its token; each login makes a new one. The CSRF token of a session
is derived from its token, so it needs no row of its own. Tries are counted before they are judged, in rows,
so that neither a restart nor a second process forgets them.
"""

import hmac
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

from schemas.base import Data
from schemas.ids import PersonId
from server import custody_store, factor_store, wrong_login_store
from server import people_store as rows
from server.engine import DiskError, Engine, Reader, SqlRow, Writer
from server.limits import SLACK_MS, network_of
from server.passwords import Passwords
from server.projections import petugas_records
from server.settings import Settings, settings
from server.weak_passwords import weakness

KNOWN_MS = 24 * 3_600_000
"""So long after it began it is known whose a session was that ended by itself; it opens nothing."""
TOUCH_MS = 60_000
MARK_LETTERS = 16
"""How long the mark of a form's writer is."""
HALF_MS = 5 * 60_000
"""How long a login whose password fitted waits for its code."""
STARTING_MS = 7 * 86_400_000
"""How long a starting password waits for its owner: it was shown on another's screen."""
WINDOW_MS = 15 * 60_000
TRIES_ON_NAME = 5
TRIES_FROM_ADDRESS = 30
TRIES_EVERYWHERE = 200
"""So many that failed, of all names from anywhere, look like somebody who tries many from many places."""
TRIES_WHILE_SPRAYED = 5
"""Then an address from which nobody is logged in has no more tries than this; the office's own keeps all."""
TOKEN_BYTES, MARK_BYTES = 32, 2
MOST_AGENT = 200


class LoggedIn(Data, frozen=True, kw_only=True):
    """A session was opened; `token` goes into the cookie and is kept nowhere."""

    token: str
    person: PersonId


class HalfLoggedIn(Data, frozen=True, kw_only=True):
    """The password fits; `token` waits in a cookie of its own for the code of the second step."""

    token: str


class WrongLogin(Data, frozen=True, kw_only=True):
    """Name or password does not fit."""


class TooManyTries(Data, frozen=True, kw_only=True):
    """Neither was looked at; try again after `wait_ms`."""

    wait_ms: int


class Session(Data, frozen=True, kw_only=True):
    """An open session, and the token that each of its forms must carry."""

    person: PersonId
    csrf: str


class OpenSession(Data, frozen=True, kw_only=True):
    """One session of a person, as they see it; `name` says which it is and opens nothing."""

    name: str
    created_ms: int
    seen_ms: int
    address: str
    agent: str
    is_this: bool


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
        if why := weakness(password):
            return NotCreated(say=f"kantor.akun.{why}")
        hashed, now = self._passwords.hash(password), self._now_ms()

        def work(tx: Writer) -> Created | NotCreated:
            if rows.account_by_name(tx, name) is not None:
                return NotCreated(say="kantor.akun.nama_terpakai")
            rows.add_account(tx, person=person, username=name, password=hashed, active=True, changed_ms=now)
            also(tx)
            return Created(person=person)

        return self._engine.write(work).result()

    def set_password(
        self, person: PersonId, password: str, also: Callable[[Writer], None] = lambda _: None
    ) -> bool:
        """Replace a password and end all sessions of the person. False when there is no such account.

        `also` runs in the same transaction, if there is one.
        """
        hashed, now = self._passwords.hash(password), self._now_ms()

        def work(tx: Writer) -> bool:
            rows.drop_sessions_of(tx, person)
            factor_store.drop_halves(tx, person)
            custody_store.drop_held_of(tx, person)
            rows.drop_starting(tx, person)
            if rows.set_password(tx, person, hashed, now) != 1:
                return False
            also(tx)
            return True

        return self._engine.write(work).result()

    def change_password(
        self, person: PersonId, old: str, new: str, address: str, *, agent: str = ""
    ) -> LoggedIn | WrongLogin | TooManyTries | NotCreated:
        """Replace one's own password: the old one is asked, all sessions end, and one begins anew."""
        if why := weakness(new):
            return NotCreated(say=f"kantor.akun.{why}")
        if not isinstance(judged := self._judge(person, old, address), tuple):
            return judged
        stored, clear = judged
        hashed, token = self._passwords.hash(new), self.new_token()

        def work(tx: Writer) -> LoggedIn | WrongLogin:
            if rows.password_of(tx, person) != stored:  # replaced, or they left, while this one was judged
                return WrongLogin()
            clear(tx)
            rows.drop_sessions_of(tx, person)
            factor_store.drop_halves(tx, person)
            custody_store.drop_held_of(tx, person)
            rows.drop_starting(tx, person)
            rows.set_password(tx, person, hashed, self._now_ms())
            self.open_in(tx, person, token, address=address, agent=agent)
            return LoggedIn(token=token, person=person)

        return self._engine.write(work).result()

    def ask_again(self, person: PersonId, password: str, address: str) -> WrongLogin | TooManyTries | None:
        """Judge the password of somebody who is logged in already; None when it fits."""
        if isinstance(judged := self._judge(person, password, address), tuple):
            return self._engine.write(judged[1]).result()
        return judged

    def _judge(
        self, person: PersonId, password: str, address: str
    ) -> tuple[str | None, Callable[[Writer], None]] | WrongLogin | TooManyTries:
        """Return the hash that a password fitted, and what forgets the try."""
        wait, clear = self.count_try(sha256(b"sandi\0" + person.encode()).digest(), address)
        if wait:
            return TooManyTries(wait_ms=wait)
        stored = self._engine.read(lambda tx: rows.password_of(tx, person))
        return (stored, clear) if self._passwords.fits(password, stored) else WrongLogin()

    def log_in(
        self, username: str, password: str, address: str, old_token: str = "", agent: str = ""
    ) -> LoggedIn | HalfLoggedIn | WrongLogin | TooManyTries:
        """Judge a login from an address. A session the browser had before ends, whoever opened it."""
        name_hash = sha256(b"name\0" + _plain(username).encode()).digest()
        wait, clear = self.count_try(name_hash, address)
        if wait:
            return TooManyTries(wait_ms=wait)
        found, is_over = self._engine.read(lambda tx: self._account(tx, username))
        stored = str(found[1]) if found and found[2] and not is_over else None
        if not self._passwords.fits(password, stored) or found is None:
            whose = PersonId(str(found[0])) if found and found[2] else PersonId("")
            self._engine.write(lambda tx: self.note_wrong(tx, whose, name_hash, address, "sandi")).result()
            return WrongLogin()
        person, token, now = PersonId(str(found[0])), self.new_token(), self._now_ms()

        def work(tx: Writer) -> LoggedIn | HalfLoggedIn | WrongLogin:
            if rows.password_of(tx, person) != stored:  # replaced, or they left, while this one was judged
                return WrongLogin()
            clear(tx)
            if factor_store.is_set_up(tx, person):
                factor_store.add_half(tx, hash_of(token), person, now, now - HALF_MS, now + SLACK_MS)
                return HalfLoggedIn(token=token)
            factor_store.begin_grace(tx, person, now)
            wrong_login_store.note_login(tx, person, now)
            self.open_in(tx, person, token, address=address, agent=agent, old_token=old_token)
            return LoggedIn(token=token, person=person)

        return self._engine.write(work).result()

    def _account(self, tx: Reader, username: str) -> tuple[SqlRow | None, bool]:
        """Return an account, and whether its starting password was not replaced in time."""
        found = rows.account_by_name(tx, _plain(username))
        since = rows.starting_since(tx, PersonId(str(found[0]))) if found else None
        return found, since is not None and since <= self._now_ms() - STARTING_MS

    def new_token(self) -> str:
        """Return the secret of a new session or half login."""
        return self._randomness(TOKEN_BYTES).hex()

    def count_try(self, name_hash: bytes, address: str) -> tuple[int, Callable[[Writer], None]]:
        """Count a try at something. Returns ms to wait (0: judge it), and what forgets it."""
        now, try_id = self._now_ms(), self._randomness(8).hex()
        wait = self._engine.write(lambda tx: _count(tx, now, try_id, name_hash, address)).result()
        return wait, lambda tx: rows.drop_tries(tx, name_hash, try_id)

    def note_wrong(
        self, tx: Writer, person: PersonId, name_hash: bytes, address: str, what: wrong_login_store.What
    ) -> None:
        """Keep a failed login for whose account it is (nobody's: empty) and for who looks after accounts."""
        wrong = wrong_login_store.WrongLogin(
            at_ms=self._now_ms(), person=person, network=network_of(address), what=what
        )
        wrong_login_store.add(tx, wrong, self._randomness(8).hex(), name_hash[:MARK_BYTES])

    def open_in(
        self, tx: Writer, person: PersonId, token: str, *, address: str, agent: str = "", old_token: str = ""
    ) -> None:
        """Open a session within a transaction, and clear what no longer counts."""
        now = self._now_ms()
        rows.drop_stale(tx, created_before_ms=now - KNOWN_MS, tries_before_ms=now - WINDOW_MS)
        # what began while the clock ran far ahead would else last until that day
        rows.begin_starting_now(tx, now, now + SLACK_MS)
        factor_store.begin_graces_now(tx, now, now + SLACK_MS)
        rows.drop_session(tx, hash_of(old_token))
        rows.add_session(
            tx,
            hash_of(token),
            person,
            now,
            address=address,
            agent=agent[:MOST_AGENT],
            roles=_roles(tx, person),
        )

    def sessions(self, person: PersonId, token: str) -> list[OpenSession]:
        """Return the open sessions of a person, the newest first; `token` is that of the one who asks."""
        now, own = self._now_ms(), hash_of(token)

        def look(tx: Reader) -> list[SqlRow]:
            known = settings(tx)
            return rows.sessions_of(tx, person, now, known.idle_ms, known.longest_ms)

        return [
            OpenSession(
                name=bytes(row[0]).hex(),
                created_ms=int(row[1]),
                seen_ms=int(row[2]),
                address=str(row[3]),
                agent=str(row[4]),
                is_this=bytes(row[0]) == own,
            )
            for row in self._engine.read(look)
        ]

    def end_session(self, person: PersonId, name: str) -> None:
        """End one session of this person by its name; nobody else's, and none is no error."""
        try:
            hashed = bytes.fromhex(name)
        except ValueError:
            return
        self._engine.write(lambda tx: rows.drop_own_session(tx, person, hashed)).result()

    def end_others(self, person: PersonId, token: str) -> None:
        """End all sessions of a person but this, and all that they have open in the sealed room."""

        def work(tx: Writer) -> None:
            rows.drop_other_sessions(tx, person, hash_of(token))
            factor_store.drop_halves(tx, person)
            custody_store.drop_held_of(tx, person)

        self._engine.write(work).result()

    def session(self, token: str) -> Session | None:
        """Return the open session of a cookie, and remember that it was used; None when it has ended."""
        if not token:
            return None
        now, hashed = self._now_ms(), hash_of(token)

        def look(tx: Reader) -> tuple[PersonId, int, int, Settings] | None:
            found = rows.session(tx, hashed)
            if found is None or str(found[3]) != _roles(tx, PersonId(str(found[0]))):
                return None
            return PersonId(str(found[0])), int(found[1]), int(found[2]), settings(tx)

        session = self._engine.read(look)
        if session is None:
            return None
        person, created_ms, seen_ms, known = session
        # one that was opened while the clock ran far ahead would else be open until that day
        if abs(now - created_ms) > known.longest_ms or abs(now - seen_ms) > known.idle_ms:
            return None
        if now - seen_ms > TOUCH_MS:
            with suppress(DiskError):  # reading goes on without room, until the session was idle too long
                self._engine.write(lambda tx: rows.touch_session(tx, hashed, now)).result()
        return Session(person=person, csrf=csrf_of(token, person))

    def whose(self, token: str) -> PersonId | None:
        """Return whose a session is or was, also after it ended by itself; None once it was logged out."""
        found = self._engine.read(lambda tx: rows.session(tx, hash_of(token))) if token else None
        return PersonId(str(found[0])) if found else None

    def log_out(self, token: str) -> None:
        """End a session; one that does not exist is no error."""
        self._engine.write(lambda tx: rows.drop_session(tx, hash_of(token))).result()


def csrf_of(token: str, person: PersonId | None = None) -> str:
    """Return the token that forms of a page carry, derived from the cookie's secret.

    It ends with a mark of the person whose page it is: that opens nothing, see `is_same_writer`.
    """
    secret = hmac.new(token.encode(), b"sambang csrf v1", sha256).hexdigest()
    mark = sha256(b"sambang writer v1" + person.encode()).hexdigest()[:MARK_LETTERS] if person else ""
    return secret + mark


def is_same_writer(one: str, other: str) -> bool:
    """Whether two tokens of forms are of pages of one person, though not of one session."""
    return len(one) == len(other) > MARK_LETTERS and one[-MARK_LETTERS:] == other[-MARK_LETTERS:]


def _count(tx: Writer, now: int, try_id: str, name_hash: bytes, address: str) -> int:
    """Count a try, unless there were too many. Returns ms to wait, 0 for a try that may be judged."""
    address_hash = sha256(b"address\0" + network_of(address).encode()).digest()
    sprayed = rows.tries_between(tx, now - WINDOW_MS, now + WINDOW_MS) >= TRIES_EVERYWHERE
    is_strange = sprayed and not rows.has_session_from(tx, address, now - settings(tx).idle_ms)
    wait = _wait(tx, now, name_hash, address_hash, TRIES_WHILE_SPRAYED if is_strange else TRIES_FROM_ADDRESS)
    if not wait:
        rows.add_try(tx, now, try_id, name_hash, address_hash)
    return wait


def _wait(tx: Reader, now: int, name_hash: bytes, address_hash: bytes, from_address: int) -> int:
    since = now - WINDOW_MS
    waits = [
        tries[-most] + WINDOW_MS - now
        for found, most in (
            (rows.tries_on_name(tx, name_hash, since), TRIES_ON_NAME),
            (rows.tries_from_address(tx, address_hash, since), from_address),
        )
        # what a clock noted that ran far ahead would bar somebody until that day
        if len(tries := [at_ms for at_ms in found if at_ms <= now + WINDOW_MS]) >= most
    ]
    return max(waits, default=0)


def _plain(username: str) -> str:
    return username.strip().casefold()


def _roles(tx: Reader, person: PersonId) -> str:
    """Return the roles of a person as a session remembers them: it is over once they are others."""
    record = petugas_records(tx, [person]).get(person)
    roles: list[object] = list(record.fields.get("peran") or ()) if record is not None else []
    return " ".join(sorted(str(role) for role in roles))


def hash_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return sha256(token.encode()).digest()
