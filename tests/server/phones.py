"""A phone for the server's tests: a memory store, real keys, real HTTP. It speaks as the protocol says."""

import base64
import zlib
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.base import Message, decode, encode
from schemas.joining import Parties, code_hash, commitment
from schemas.wire import (
    Enrolment,
    EnrolRequest,
    JoinedAnswer,
    JoinedRequest,
    Joining,
    Login,
    LoginRequest,
    Nonce,
    NonceRequest,
    SyncRequest,
    SyncResponse,
)
from server.deps import Deps
from sync.chain import login_message
from sync.change import Body, Clock, Content, seal
from sync.client import Effects, Session, next_request, receive
from sync.memory import MemoryDevice
from tests.server.letting_in import as_of_before, compare

T = TypeVar("T")
OPENING = bytes(range(32))
CLOCK = Clock(wall_ms=1, elapsed_ms=1, boot="b", server_ms=0)


@dataclass
class Phone:
    """Talks to one office."""

    http: httpx.Client
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    token: str = ""
    sent: int = 0
    handover_key: bytes = b""

    def call(self, path: str, message: Message, kind: type[T]) -> T:
        answer = self.post(path, encode(message))
        assert answer.status_code == 200, answer.text
        return decode(answer.content, kind)

    def post(self, path: str, body: bytes, *, deflate: bool = True, **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {self.token or None}", **headers}
        if deflate and len(body) > 200:
            body = zlib.compress(body)
            sent["content-encoding"] = "deflate"
        return self.http.post(path, content=body, headers=sent)

    def request(self, code: str) -> EnrolRequest:
        return EnrolRequest(
            code=code,
            public_key=self.key.public_key().public_bytes_raw(),
            model="Uji 1",
            handover_key=self.handover_key or bytes(range(32)),
            commitment=commitment(OPENING),
        )

    def join(self, code: str) -> Parties:
        """Begin to join; return what the words stand for."""
        return self.parties(code, self.call("/api/enrol", self.request(code), Joining))

    def parties(self, code: str, joining: Joining) -> Parties:
        asked = self.request(code)
        return Parties(
            office_key=joining.office_key,
            authority=asked.authority,
            public_key=asked.public_key,
            handover_key=asked.handover_key,
            code=code_hash(code),
            challenge=joining.challenge,
            opening=OPENING,
        )

    def question(self, code: str, parties: Parties) -> JoinedRequest:
        return JoinedRequest(code=code, opening=OPENING, signature=self.key.sign(parties.signed()))

    def enrol(self, code: str, deps: Deps) -> Enrolment:
        parties = self.join(code)
        assert self.call("/api/enrol/joined", self.question(code, parties), JoinedAnswer).enrolment is None
        compare(deps, parties.words())
        answer = self.call("/api/enrol/joined", self.question(code, parties), JoinedAnswer)
        assert answer.enrolment is not None
        self.enrolment = answer.enrolment
        self.device = self.enrolment.device
        if not self.handover_key:
            as_of_before(deps, self.device)
        self.store = MemoryDevice(self.device, self.key.sign)
        return self.enrolment

    def login(self) -> None:
        nonce = self.call("/api/login/nonce", NonceRequest(device=self.device), Nonce)
        signature = self.key.sign(login_message(nonce.nonce, self.device, nonce.server))
        request = LoginRequest(device=self.device, nonce=nonce.nonce, signature=signature)
        self.token = self.call("/api/login", request, Login).token

    def write(self, body: Body) -> bytes:
        self.sent += 1
        salt = self.sent.to_bytes(16, "big")
        content = Content(salt=salt, author=self.enrolment.person, clock=CLOCK, body=body)  # type: ignore[arg-type]
        change, raw = seal(content)
        self.store.append(change, raw)
        return change

    def sync(self) -> list[Effects]:
        session, done = Session(), []
        while (request := next_request(self.store, session)) is not None:
            response = self.call("/api/sync", request, SyncResponse)
            effects = receive(self.store, session, request, response)
            assert isinstance(effects, Effects), effects
            done.append(effects)
            session = effects.session
        return done

    def quiet_request(self) -> SyncRequest:
        request = next_request(self.store, Session())
        assert request is not None
        return request

    def tus(self, method: str, path: str, content: Any = None, **headers: str) -> httpx.Response:
        """Ask at a path, or at the path of a Location: the office may have another port by now."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(
            method,
            urlsplit(path).path if "://" in path else path,
            content=content,
            headers={"tus-resumable": "1.0.0", "authorization": f"Bearer {self.token}", **names},
        )

    def begin_upload(self, data: bytes, content: Any = None, **headers: str) -> httpx.Response:
        digest = base64.b64encode(sha256(data).hexdigest().encode()).decode()
        about = {"upload_length": str(len(data)), "upload_metadata": f"sha256 {digest},begun", **headers}
        return self.tus("POST", "/tus/", content, **about)

    def send(self, place: str, data: bytes, offset: int, **headers: str) -> httpx.Response:
        return self.tus(
            "PATCH",
            place,
            content=data,
            content_type="application/offset+octet-stream",
            upload_offset=str(offset),
            **headers,
        )
