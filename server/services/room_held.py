"""What rests while the room is open, and counted tries. Rule: without the cookie a row opens nothing.

A row is encrypted under a key derived from a token that lies in one browser's cookie and nowhere else, and
bound to what it is for, whose it is and until when. So any process can serve it, none can without that
cookie, and a copy of the database opens nothing.
"""

from collections.abc import Callable
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.base import Data, encode
from schemas.ids import PersonId
from server import custody_store
from server.custody_store import HeldRow
from server.engine import Engine, Reader, Writer
from server.keys import derive
from server.limits import SLACK_MS

TOKEN_BYTES, NONCE_BYTES = 32, 12
LONGEST_MS = 60 * 60_000
"""Nothing rests for longer than a ceremony."""
WINDOW_MS = 15 * 60_000
MOST_TRIES = 5
"""So many tries that failed in a row within `WINDOW_MS` make somebody wait."""


class Refusal(Data, frozen=True, kw_only=True):
    """Why something was not done: a key under `ruang` in the texts, its fields, and the HTTP status."""

    say: str
    values: dict[str, str] = {}
    status: int = 422


class Resting(Data, frozen=True, kw_only=True):
    """What a cookie opened. `session` is empty where two people log in by turns."""

    person: PersonId
    until_ms: int
    body: bytes


class Held:
    """Rows under cookies' keys. Times are UTC ms."""

    def __init__(self, engine: Engine, now_ms: Callable[[], int], randomness: Callable[[int], bytes]) -> None:
        self._engine, self._now_ms, self._randomness = engine, now_ms, randomness

    def token(self) -> str:
        """Make the secret of a new cookie."""
        return self._randomness(TOKEN_BYTES).hex()

    def put_in(
        self, tx: Writer, token: str, what: str, person: PersonId, session: str, until_ms: int, body: bytes
    ) -> None:
        """Let something rest until then, for this login session (empty: for whoever has the cookie)."""
        session_hash, nonce = session_name(session), self._randomness(NONCE_BYTES)
        about = _about(what, person, session_hash, until_ms)
        sealed = nonce + _cipher(token).encrypt(nonce, body, about)
        now = self._now_ms()
        custody_store.drop_held_outside(tx, now, now + LONGEST_MS + SLACK_MS)
        row = HeldRow(person=person, session=session_hash, until_ms=until_ms, body=sealed)
        custody_store.put_held(tx, _hash(token), what, row)

    def get(self, tx: Reader, token: str, what: str, session: str, lasts_ms: int) -> Resting | None:
        """Return what rests under a cookie's key, for so long at most; None when it is over, altered, or of
        another session.
        """
        now = self._now_ms()
        row = custody_store.held(tx, _hash(token), what, now, now + lasts_ms + SLACK_MS) if token else None
        if row is None or row.session != session_name(session):
            return None
        about = _about(what, row.person, row.session, row.until_ms)
        try:
            body = _cipher(token).decrypt(row.body[:NONCE_BYTES], row.body[NONCE_BYTES:], about)
        except InvalidTag:
            return None
        return Resting(person=row.person, until_ms=row.until_ms, body=body)

    def drop(self, token: str) -> None:
        """Forget what rests under a cookie's key."""
        if token:
            self._engine.write(lambda tx: custody_store.drop_held(tx, _hash(token))).result()

    def end_session(self, session: str) -> None:
        """Close all that was opened in a login session."""
        if session:
            name = session_name(session)
            self._engine.write(lambda tx: custody_store.drop_held_of_session(tx, name)).result()

    def count_try(self, kind: str, person: PersonId) -> Refusal | None:
        """Count a try before it is judged, unless there were too many: then say how long to wait."""
        now, try_id = self._now_ms(), self._randomness(8).hex()

        def work(tx: Writer) -> int:
            past = custody_store.tries(tx, kind, person, now - WINDOW_MS)
            # what a clock noted that ran far ahead would bar them until that day
            past = [at_ms for at_ms in past if at_ms <= now + WINDOW_MS]
            if len(past) >= MOST_TRIES:
                return past[-MOST_TRIES] + WINDOW_MS - now
            custody_store.add_try(tx, kind, person, now, try_id)
            return 0

        wait_ms = self._engine.write(work).result()
        if not wait_ms:
            return None
        minutes = str(-(-wait_ms // 60_000))
        return Refusal(say="terlalu_sering", values={"menit": minutes}, status=429)

    def succeeded(self, kind: str, person: PersonId) -> None:
        """Forget the tries before one that succeeded."""
        self._engine.write(lambda tx: custody_store.drop_tries(tx, kind, person)).result()


def session_name(session: str) -> bytes:
    """Return what a login session's token is called here; nothing for none."""
    return sha256(b"room session\0" + session.encode()).digest() if session else b""


def _hash(token: str) -> bytes:
    return sha256(b"room\0" + token.encode()).digest()


def _cipher(token: str) -> AESGCM:
    return AESGCM(derive(token.encode(), "room", ""))


def _about(what: str, person: PersonId, session: bytes, until_ms: int) -> bytes:
    return encode([what, person, session, until_ms])
