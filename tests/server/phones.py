"""A phone for the server's tests: a memory store, real keys, real HTTP. It speaks as the protocol says."""

import base64
import zlib
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.base import Message, decode, encode
from schemas.wire import (
    Enrolment,
    EnrolRequest,
    Login,
    LoginRequest,
    Nonce,
    NonceRequest,
    SyncRequest,
    SyncResponse,
)
from sync.chain import login_message
from sync.change import Body, Clock, Content, seal
from sync.client import Effects, Session, next_request, receive
from sync.memory import MemoryDevice

T = TypeVar("T")
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

    def enrol(self, code: str) -> Enrolment:
        public = self.key.public_key().public_bytes_raw()
        self.enrolment = self.call(
            "/api/enrol",
            EnrolRequest(code=code, public_key=public, model="Uji 1", handover_key=self.handover_key),
            Enrolment,
        )
        self.device = self.enrolment.device
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
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(
            method,
            path,
            content=content,
            headers={"tus-resumable": "1.0.0", "authorization": f"Bearer {self.token}", **names},
        )

    def begin_upload(self, data: bytes, content: Any = None, **headers: str) -> httpx.Response:
        digest = base64.b64encode(sha256(data).hexdigest().encode()).decode()
        about = {"upload_length": str(len(data)), "upload_metadata": f"sha256 {digest}", **headers}
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
