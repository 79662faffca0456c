"""An office for benchmarks: real data folder, real server process, phones that are logged in."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx

from schemas.base import decode, encode
from schemas.ids import DeviceId, PersonId, RecordId, Regency
from schemas.packing import PACKED_TYPE, Refused, load_packing
from schemas.wire import (
    MAX_BODY_BYTES,
    MEDIA_TYPE,
    Login,
    LoginRequest,
    Nonce,
    NonceRequest,
    SyncRequest,
    SyncResponse,
)
from server.commands.demo import _free_port as free_port
from server.compose import close_office, init_office, open_office
from server.demo.processes import Server
from sync.chain import login_message
from sync.change import Patch
from sync.thin_links import thin_request
from tests.contract.people import Writer
from tests.server.letting_in import beside
from tests.server.phones import Phone

BATCH = 500


@dataclass
class BenchOffice:
    """The office, its server, and the one-use codes of its people."""

    server: Server
    codes: dict[int, str]
    data: Path


@contextmanager
def office(folder: Path, patches: list[Patch], people: dict[int, list[str]]) -> Iterator[BenchOffice]:
    """Serve an office that holds these changes; `people` maps a seed to the desa of one pendamping."""
    data = folder / "office"
    init_office(data, None, Regency("33.14"), "Kantor uji kecepatan")
    deps = open_office(data, None)
    codes: dict[int, str] = {}
    staff = [
        Patch(
            record=RecordId(person_of(seed)),
            kind="petugas",
            base={},
            new={
                "nama": f"Petugas {seed}",
                "kode": f"B{seed}",
                "peran": ["pendamping"],
                "wilayah": desa,
                "layanan": ["bpnt"],
                "aktif": True,
            },
        )
        for seed, desa in people.items()
    ]
    everything = [*staff, *patches]
    for start in range(0, len(everything), BATCH):
        deps.office.act_all(deps.office.person, everything[start : start + BATCH])
    for seed in people:
        codes[seed] = deps.joinings.new_code(person_of(seed)).code
    close_office(deps)
    server = Server(data, free_port())
    server.start()
    try:
        yield BenchOffice(server, codes, data)
    finally:
        server.stop()


def person_of(seed: int) -> PersonId:
    """Return the person behind a seed, with an id that deflates no better than any other."""
    return PersonId(sha256(f"petugas {seed}".encode()).hexdigest()[:32])


def join(http: httpx.Client, bench: BenchOffice, seed: int) -> tuple[Writer, str]:
    """Enrol the phone of a seed and log it in; return who writes its changes, and its token."""
    writer = Writer(seed)
    phone = Phone(http, writer.key)
    with beside(bench.data) as deps:
        welcome = phone.enrol(bench.codes[seed], deps)
    writer.device, writer.person = DeviceId(welcome.device), PersonId(welcome.person)
    nonce = _ask(http, "/api/login/nonce", NonceRequest(device=writer.device), Nonce)
    signature = writer.key.sign(login_message(nonce.nonce, writer.device, nonce.server))
    given = LoginRequest(device=writer.device, nonce=nonce.nonce, signature=signature)
    return writer, _ask(http, "/api/login", given, Login).token


def _ask(http, path, message, kind):
    answer = http.post(path, content=encode(message), headers={"content-type": MEDIA_TYPE})
    answer.raise_for_status()
    return decode(answer.content, kind)


class Line:
    """One phone's connection: raw messages, with the bytes that went each way."""

    def __init__(self, bench: BenchOffice, seed: int) -> None:
        self._http = httpx.Client(base_url=bench.server.address, timeout=60)
        self.writer, token = join(self._http, bench, seed)
        self.device = self.writer.device
        self._http.headers["authorization"] = f"Bearer {token}"
        self.sent = self.received = self.rounds = 0

    def sync(self, request: SyncRequest) -> SyncResponse:
        """Send one message deflated in haste, which costs a load little, and return the answer."""
        headers = {"content-type": MEDIA_TYPE, "content-encoding": "deflate", "accept-encoding": "deflate"}
        raw, encoding = self._post(zlib.compress(encode(request), 1), headers)
        return decode(zlib.decompress(raw) if encoding == "deflate" else raw, SyncResponse)

    def sync_packed(self, request: SyncRequest) -> SyncResponse:
        """Send one message as the app does, and return the answer."""
        packing = load_packing()
        body = packing.pack(encode(thin_request(request)), packing.newest)
        found = packing.unpack(self._post(body, {"content-type": PACKED_TYPE})[0], MAX_BODY_BYTES)
        if isinstance(found, Refused):
            raise RuntimeError(found.problem)
        return decode(found.data, SyncResponse)

    def _post(self, body: bytes, headers: dict[str, str]) -> tuple[bytes, str]:
        """Return the body of the answer as it travelled, and its encoding; count body bytes both ways."""
        with self._http.stream("POST", "/api/sync", content=body, headers=headers) as answer:
            raw = b"".join(answer.iter_raw())
        answer.raise_for_status()
        self.sent += len(body)
        self.received += len(raw)
        self.rounds += 1
        return raw, answer.headers.get("content-encoding", "")
