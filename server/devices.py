"""How a phone logs in, and loses its rights. Rule: a nonce works once; of a token only its hash is kept."""

import base64
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from hashlib import sha256

from schemas.ids import DeviceId
from schemas.problem import Problem
from schemas.wire import Login, LoginRequest, Nonce, NonceRequest
from server import device_store, restore_store
from server.device_store import NewNonce
from server.engine import Engine, Reader, Writer
from server.limits import SLACK_MS, TOO_OFTEN, blocked, network_hash, note_failure, too_often
from server.office import Office, verifier
from sync.chain import login_message

NONCE_BYTES = 32
NONCE_MS = 60_000
MOST_NONCES = 16
"""Open nonces of one device, asked for from one network: asking elsewhere takes no place from its own."""
MOST_OPEN = 2_000
"""Nonces that one network asked for and did not use: 400 phones that each ask five times in a minute."""
TOKEN_BYTES = 20
"""160 bits, as RFC 6749 asks (§10.10): a token goes with every request."""
TOKEN_MS = 12 * 3_600_000
_DEVICE_ID = re.compile(r"[0-9a-f]{32}")


class Devices:
    """Login over the engine."""

    def __init__(
        self,
        engine: Engine,
        office: Office,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office = engine, office
        self._now_ms, self._randomness = now_ms, randomness

    def nonce(self, request: NonceRequest, network: str) -> "Future[Nonce | Problem]":
        """Give a nonce to sign; an unknown device gets one too, learns nothing, and leaves nothing behind."""
        now, nonce = self._now_ms(), self._randomness(NONCE_BYTES)

        def work(writer: Writer) -> Nonce | Problem:
            whence = network_hash(network)
            if device_store.open_nonces(writer, whence, now, now + NONCE_MS) >= MOST_OPEN:
                return too_often(NONCE_MS)
            if device_store.device(writer, request.device) is not None:
                new = NewNonce(nonce=nonce, device=request.device, network=whence, expires_ms=now + NONCE_MS)
                device_store.add_nonce(writer, new, now, now + NONCE_MS + SLACK_MS, MOST_NONCES)
            return Nonce(nonce=nonce, server=self._office.device)

        return self._engine.write(work)

    def login(self, request: LoginRequest, network: str) -> "Future[Login | Problem]":
        """Check a signed nonce and give a token, unless too many were refused from this network."""
        token = base64.urlsafe_b64encode(self._randomness(TOKEN_BYTES)).decode().rstrip("=")
        now = self._now_ms()

        def work(writer: Writer) -> Login | Problem:
            outcome = blocked(writer, "masuk", network, now) or judge(writer)
            if isinstance(outcome, Problem) and outcome.code != TOO_OFTEN:
                note_failure(writer, "masuk", network, now, self._randomness(8).hex())
            return outcome

        def judge(writer: Writer) -> Login | Problem:
            found = device_store.device(writer, request.device)
            if found is None:
                return Problem(code="perangkat_tidak_dikenal")
            until = now + NONCE_MS + SLACK_MS
            if not device_store.take_nonce(writer, request.nonce, request.device, now, until):
                return Problem(code="nonce_tidak_berlaku")
            message = login_message(request.nonce, request.device, self._office.device)
            if not verifier(found.public_key)(request.signature, message):
                return Problem(code="tanda_tangan_salah")
            device_store.add_token(writer, token_hash(token), request.device, now, now + TOKEN_MS)
            restore_store.note_return(writer, request.device, now)
            return Login(token=token, expires_ms=now + TOKEN_MS)

        return self._engine.write(work)

    def device_of(self, token: str) -> DeviceId | None:
        """Return whose token this is; None if it is no longer good."""
        return self._engine.read(lambda reader: self.devices_in(reader, [token])[0])

    def devices_in(self, reader: Reader, tokens: Sequence[str]) -> list[DeviceId | None]:
        """Return whose tokens these are, in their order, within a transaction."""
        hashes, now = [token_hash(token) for token in tokens], self._now_ms()
        found = device_store.token_devices(reader, hashes, now, now + TOKEN_MS + SLACK_MS)
        return [found.get(name) for name in hashes]

    def revoke(self, device: DeviceId) -> bool:
        """Take a device's rights; what it still sends goes to review. Returns whether it had any."""
        now = self._now_ms()
        return self._engine.write(lambda writer: device_store.revoke(writer, device, now)).result()


def is_device_id(name: str) -> bool:
    """Whether a text has the shape of a device's id: 32 hexadecimal digits."""
    return _DEVICE_ID.fullmatch(name) is not None


def token_hash(token: str) -> bytes:
    """Return what is kept of a token."""
    return sha256(b"token\0" + token.encode()).digest()
