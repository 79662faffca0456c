"""How a phone joins and logs in. Rule: a code and a nonce work once; of a token only its hash is kept."""

import base64
import re
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from hashlib import sha256

from schemas.base import Data
from schemas.handover import KEY_BYTES
from schemas.ids import DeviceId, PersonId
from schemas.problem import Problem
from schemas.wire import Enrolment, EnrolRequest, Login, LoginRequest, Nonce, NonceRequest
from server import device_store, restore_store
from server.device_store import Device
from server.engine import Engine, Reader, Writer
from server.office import Office, petugas, verifier
from sync.chain import login_message
from sync.change import Enrolled
from sync.store import Fields

CODE_BYTES = 10
CODE_MS = 10 * 60_000
NONCE_BYTES = 32
NONCE_MS = 60_000
MOST_NONCES = 16
"""Open nonces of one device. Only devices that joined have any, so all of them together stay few."""
TOKEN_BYTES = 20
"""160 bits, as RFC 6749 asks (§10.10): a token goes with every request."""
TOKEN_MS = 12 * 3_600_000
MODEL_LENGTH = 120
_DEVICE_ID = re.compile(r"[0-9a-f]{32}")


class NewCode(Data, frozen=True, kw_only=True):
    """An enrolment code to show once, and until when it is good (UTC ms)."""

    code: str
    expires_ms: int


class Devices:
    """Enrolment and login over the engine. `handover_key` is the office's X25519 key (32 bytes)."""

    def __init__(
        self,
        engine: Engine,
        office: Office,
        office_name: str,
        handover_key: bytes,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._office_name = engine, office, office_name
        self._handover_key = handover_key
        self._now_ms, self._randomness = now_ms, randomness

    def new_code(self, person: PersonId) -> NewCode | Problem:
        """Make a one-use code of 80 bits, good for ten minutes. Blocks until it is durable."""
        code = base64.b32encode(self._randomness(CODE_BYTES)).decode()
        now = self._now_ms()

        def work(writer: Writer) -> NewCode | Problem:
            if petugas(writer, person) is None:
                return Problem(code="orang_tidak_aktif")
            device_store.add_code(writer, code_hash(code), person, now, now + CODE_MS)
            shown = "-".join(code[start : start + 4] for start in range(0, len(code), 4))
            return NewCode(code=shown, expires_ms=now + CODE_MS)

        return self._engine.write(work).result()

    def enrol(self, request: EnrolRequest) -> "Future[Enrolment | Problem]":
        """Let a phone join. The same phone asking again with its code, after a lost answer, gets the same."""
        return self._engine.write(lambda writer: self._enrol(writer, request))

    def nonce(self, request: NonceRequest) -> "Future[Nonce]":
        """Give a nonce to sign; an unknown device gets one too, learns nothing, and leaves nothing behind."""
        now, nonce = self._now_ms(), self._randomness(NONCE_BYTES)

        def work(writer: Writer) -> Nonce:
            if device_store.device(writer, request.device) is not None:
                device_store.add_nonce(writer, nonce, request.device, now, now + NONCE_MS, MOST_NONCES)
            return Nonce(nonce=nonce, server=self._office.device)

        return self._engine.write(work)

    def login(self, request: LoginRequest) -> "Future[Login | Problem]":
        """Check a signed nonce and give a token."""
        token = base64.urlsafe_b64encode(self._randomness(TOKEN_BYTES)).decode().rstrip("=")
        now = self._now_ms()

        def work(writer: Writer) -> Login | Problem:
            found = device_store.device(writer, request.device)
            if found is None:
                return Problem(code="perangkat_tidak_dikenal")
            if not device_store.take_nonce(writer, request.nonce, request.device, now):
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
        hashes = [token_hash(token) for token in tokens]
        found = device_store.token_devices(reader, hashes, self._now_ms())
        return [found.get(name) for name in hashes]

    def revoke(self, device: DeviceId) -> bool:
        """Take a device's rights; what it still sends goes to review. Returns whether it had any."""
        now = self._now_ms()
        return self._engine.write(lambda writer: device_store.revoke(writer, device, now)).result()

    def _enrol(self, writer: Writer, request: EnrolRequest) -> Enrolment | Problem:
        now, hashed = self._now_ms(), code_hash(request.code)
        code = device_store.code(writer, hashed)
        if code is None:
            return Problem(code="kode_salah")
        person = petugas(writer, code.person)
        if person is None:
            return Problem(code="orang_tidak_aktif")
        if code.device is not None:
            joined = device_store.device(writer, code.device)
            if joined is None or not secrets.compare_digest(joined.public_key, request.public_key):
                return Problem(code="kode_terpakai")
        elif code.expires_ms <= now:
            return Problem(code="kode_kedaluwarsa")
        elif not _usable(request.public_key) or len(request.handover_key) not in (0, KEY_BYTES):
            return Problem(code="kunci_perangkat_salah")
        else:
            joined = self._join(writer, request, code.person, now)
            device_store.use_code(writer, hashed, joined.id, now)
        return self._welcome(joined, person.fields, now)

    def _join(self, writer: Writer, request: EnrolRequest, person: PersonId, now: int) -> Device:
        joined = Device(
            id=DeviceId(self._randomness(16).hex()),
            person=person,
            public_key=request.public_key,
            model=request.model[:MODEL_LENGTH],
            enrolled_ms=now,
            revoked_ms=None,
            handover_key=request.handover_key,
        )
        device_store.add_device(writer, joined)
        body = Enrolled(device=joined.id, person=person, public_key=joined.public_key)
        self._office.act_in(writer, self._office.person, [body])
        return joined

    def _welcome(self, joined: Device, fields: Fields, now: int) -> Enrolment:
        return Enrolment(
            regency=self._engine.regency,
            office_name=self._office_name,
            office_device=self._office.device,
            office_key=self._office.public_key,
            device=joined.id,
            person=joined.person,
            person_name=str(fields.get("nama") or ""),
            person_code=str(fields.get("kode") or ""),
            roles=[str(role) for role in fields.get("peran") or ()],
            server_ms=now,
            handover_key=self._handover_key,
        )


def is_device_id(name: str) -> bool:
    """Whether a text has the shape of a device's id: 32 hexadecimal digits."""
    return _DEVICE_ID.fullmatch(name) is not None


def code_hash(code: str) -> bytes:
    """Return the hash of a code as typed: case, spaces and dashes do not count, nor 0 for O or 1 for I."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return sha256(b"code\0" + plain.replace("0", "O").replace("1", "I").encode()).digest()


def token_hash(token: str) -> bytes:
    """Return what is kept of a token."""
    return sha256(b"token\0" + token.encode()).digest()


def _usable(public_key: bytes) -> bool:
    try:
        verifier(public_key)
    except ValueError:
        return False
    return True
