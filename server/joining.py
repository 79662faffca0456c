"""How a phone joins, in two steps. Rule: it is told no name and no row before an officer compared the words.

A code is good for one phone and ten minutes; the phone then waits ten minutes more to be confirmed. The same
phone, known by its key, may ask again at each step after a lost answer and is told the same.
"""

import secrets
from collections.abc import Callable
from concurrent.futures import Future
from hashlib import sha256
from typing import TypeVar

from schemas.base import Data
from schemas.handover import KEY_BYTES
from schemas.ids import DeviceId, PersonId
from schemas.joining import HASH_BYTES, SECRET_BYTES, TOKEN_BYTES, Parties, code_hash, commitment, invitation
from schemas.problem import Problem
from schemas.wire import Enrolment, EnrolRequest, JoinedAnswer, JoinedRequest, Joining, SignedAuthority
from server import device_store, queries
from server.device_store import Code, Device
from server.engine import Engine, Reader, Writer
from server.limits import SLACK_MS, blocked, note_failure
from server.office import Office, petugas, verifier
from sync.change import Enrolled
from sync.scope import UNIT_KEYS
from sync.store import Fields

T = TypeVar("T")

CODE_MS = 10 * 60_000
CONFIRM_MS = 10 * 60_000
MODEL_LENGTH = 120


class NewCode(Data, frozen=True, kw_only=True):
    """An enrolment code to show once, and until when it is good (UTC ms)."""

    code: str
    expires_ms: int


class Waiting(Data, frozen=True, kw_only=True):
    """A phone that waits until `until_ms` (UTC). `words` are empty until it has opened its secret."""

    id: str
    person: PersonId
    model: str
    words: tuple[str, ...]
    until_ms: int


class Joinings:
    """Joining over the engine. `signed` is the office's own authority, its certificate empty where it has
    none; `handover_key` its X25519 key (32 bytes).
    """

    def __init__(
        self,
        engine: Engine,
        office: Office,
        office_name: str,
        handover_key: bytes,
        signed: SignedAuthority,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._office_name = engine, office, office_name
        self._handover_key, self.signed, self.authority = handover_key, signed, signed.certificate
        self._now_ms, self._randomness = now_ms, randomness

    def new_code(self, person: PersonId, *, pinned: bool = False) -> NewCode | Problem:
        """Make a one-use code, good for ten minutes; `pinned`: it names the authority, as we speak TLS
        ourselves. Blocks until it is durable.
        """
        made = invitation(self._randomness(TOKEN_BYTES), self.authority if pinned else b"")
        now = self._now_ms()

        def work(writer: Writer) -> NewCode | Problem:
            if petugas(writer, person) is None:
                return Problem(code="orang_tidak_aktif")
            device_store.add_code(writer, code_hash(made.token), person, now, now + CODE_MS)
            return NewCode(code=made.typed(), expires_ms=now + CODE_MS)

        return self._engine.write(work).result()

    def join(self, request: EnrolRequest, network: str) -> "Future[Joining | Problem]":
        """Take a phone's keys; it is told ours, and waits."""
        return self._engine.write(lambda tx: self._guessed(tx, network, lambda: self._join(tx, request)))

    def joined(self, request: JoinedRequest, network: str) -> "Future[JoinedAnswer | Problem]":
        """Answer a phone that asks whether it has joined."""
        return self._engine.write(lambda tx: self._guessed(tx, network, lambda: self._joined(tx, request)))

    def waiting(self) -> list[Waiting]:
        """Return the phones that wait, the first first."""
        now = self._now_ms()
        return [
            Waiting(
                id=code.hash.hex(),
                person=code.person,
                model=code.model,
                words=self._parties(code).words() if code.opening else (),
                until_ms=(code.joined_ms or 0) + CONFIRM_MS,
            )
            for code in self._engine.read(
                lambda reader: device_store.waiting(reader, now - CONFIRM_MS, now + SLACK_MS)
            )
        ]

    def expects(self) -> bool:
        """Whether a code is out that no phone used yet, or a phone waits."""
        now = self._now_ms()
        until = now + CODE_MS + SLACK_MS
        return self._engine.read(
            lambda reader: device_store.is_expecting(reader, now, now - CONFIRM_MS, until)
        )

    def confirm(self, name: str, by: PersonId) -> DeviceId | Problem:
        """Let in a phone whose words were compared. Blocks until it is durable."""
        return self._engine.write(lambda writer: self._confirm(writer, name, by)).result()

    def refuse(self, name: str, by: PersonId) -> Problem | None:
        """Send a phone away whose words are others; its code is used up. Blocks until it is durable."""

        def work(writer: Writer) -> Problem | None:
            code = self._waits(writer, name)
            if isinstance(code, Problem):
                return code
            device_store.refuse_joining(writer, code.hash, by, self._now_ms())
            return None

        return self._engine.write(work).result()

    def _guessed(self, tx: Writer, network: str, judge: Callable[[], T | Problem]) -> T | Problem:
        """Judge a code, unless this network named too many that are none."""
        now = self._now_ms()
        found = blocked(tx, "kode", network, now) or judge()
        if isinstance(found, Problem) and found.code == "kode_salah":
            note_failure(tx, "kode", network, now, self._randomness(8).hex())
        return found

    def _join(self, writer: Writer, request: EnrolRequest) -> Joining | Problem:
        now = self._now_ms()
        code = device_store.code(writer, code_hash(request.code))
        if not request.commitment:
            return Problem(code="versi_protokol")  # a phone of before, which would show no words
        if code is None:
            return Problem(code="kode_salah")
        if petugas(writer, code.person) is None:
            return Problem(code="orang_tidak_aktif")
        if code.joined_ms is not None or code.device is not None:
            if not _same(code, request):
                return Problem(code="kode_terpakai")
            return self._over(code, now) or self._answer(code)
        if not now < code.expires_ms <= now + CODE_MS + SLACK_MS:  # or made while the clock ran ahead
            return Problem(code="kode_kedaluwarsa")
        if not _usable(request):
            return Problem(code="kunci_perangkat_salah")
        if request.authority not in (b"", sha256(self.authority).digest()):
            return Problem(code="sertifikat_lain")
        joining = Code(
            hash=code.hash,
            person=code.person,
            expires_ms=code.expires_ms,
            device=None,
            joined_ms=now,
            refused_ms=None,
            model=request.model[:MODEL_LENGTH],
            public_key=request.public_key,
            handover_key=request.handover_key,
            authority=request.authority,
            commitment=request.commitment,
            challenge=self._randomness(SECRET_BYTES),
            opening=b"",
        )
        device_store.begin_joining(writer, joining)
        return self._answer(joining)

    def _joined(self, writer: Writer, request: JoinedRequest) -> JoinedAnswer | Problem:
        now = self._now_ms()
        code = device_store.code(writer, code_hash(request.code))
        if code is None or code.joined_ms is None:
            return Problem(code="kode_salah")
        if not secrets.compare_digest(commitment(request.opening), code.commitment):
            return Problem(code="kode_terpakai")
        parties = self._parties(code, request.opening)
        if not verifier(code.public_key)(request.signature, parties.signed()):
            return Problem(code="tanda_tangan_salah")
        over = self._over(code, now)
        if over is not None:
            return over
        if code.device is None:
            if not code.opening:
                device_store.put_opening(writer, code.hash, request.opening)
            return JoinedAnswer()
        person, device = petugas(writer, code.person), device_store.device(writer, code.device)
        if person is None:
            return Problem(code="orang_tidak_aktif")
        if device is None or device.revoked_ms is not None:
            return Problem(code="kode_terpakai")
        return JoinedAnswer(enrolment=self._welcome(writer, device, person.fields, now))

    def _over(self, code: Code, now: int) -> Problem | None:
        """Say why a joining ended without success; None while it lasts, and after it was confirmed."""
        if code.refused_ms is not None:
            return Problem(code="pendaftaran_ditolak")
        if code.device is not None or code.joined_ms is None:
            return None
        if not now - CONFIRM_MS < code.joined_ms <= now + SLACK_MS:  # or begun while the clock ran ahead
            return Problem(code="pendaftaran_lewat")
        return None

    def _answer(self, code: Code) -> Joining:
        return Joining(office_key=self._office.public_key, challenge=code.challenge)

    def _parties(self, code: Code, opening: bytes = b"") -> Parties:
        return Parties(
            office_key=self._office.public_key,
            authority=code.authority,
            public_key=code.public_key,
            handover_key=code.handover_key,
            code=code.hash,
            challenge=code.challenge,
            opening=opening or code.opening,
        )

    def _waits(self, writer: Writer, name: str) -> Code | Problem:
        """Return the code of a phone that can be decided on now."""
        try:
            code = device_store.code(writer, bytes.fromhex(name))
        except ValueError:
            code = None
        if code is None or not code.opening or code.device is not None:
            return Problem(code="pendaftaran_tidak_menunggu")
        if self._over(code, self._now_ms()) is not None:
            return Problem(code="pendaftaran_tidak_menunggu")
        return code

    def _confirm(self, writer: Writer, name: str, by: PersonId) -> DeviceId | Problem:
        code, now = self._waits(writer, name), self._now_ms()
        if isinstance(code, Problem):
            return code
        if petugas(writer, code.person) is None:
            return Problem(code="orang_tidak_aktif")
        device = Device(
            id=DeviceId(self._randomness(16).hex()),
            person=code.person,
            public_key=code.public_key,
            model=code.model,
            enrolled_ms=now,
            revoked_ms=None,
            handover_key=code.handover_key,
        )
        device_store.add_device(writer, device)
        body = Enrolled(device=device.id, person=code.person, public_key=device.public_key)
        self._office.act_in(writer, by, [body])
        device_store.use_code(writer, code.hash, device.id, by, now)
        return device.id

    def _welcome(self, reader: Reader, joined: Device, fields: Fields, now: int) -> Enrolment:
        unit = queries.record(reader, UNIT_KEYS)
        identity = unit.fields.get("identity") if unit else None
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
            unit_identity=identity if isinstance(identity, bytes) else b"",
        )


def _same(code: Code, request: EnrolRequest) -> bool:
    """Whether this is the phone that took the code, saying the same again."""
    mine = (code.public_key, code.handover_key, code.authority, code.commitment)
    return mine == (request.public_key, request.handover_key, request.authority, request.commitment)


def _usable(request: EnrolRequest) -> bool:
    lengths = len(request.handover_key) == KEY_BYTES and len(request.commitment) == HASH_BYTES
    try:
        verifier(request.public_key)
    except ValueError:
        return False
    return lengths
