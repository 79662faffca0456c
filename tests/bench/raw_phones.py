"""Phones that only speak: their messages are made beforehand or as cheaply as can be. Rule: for loads alone.

The real phone (tests/bench/worker_phones.py) would itself take the time that is to be measured.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import BlobId
from schemas.packing import PACKED_TYPE, Unpacked, load_packing
from schemas.wire import MAX_BODY_BYTES, PROTOCOL, Applied, Cursor, SyncRequest, SyncResponse, WireTip
from sync.chain import START, head_message
from sync.change import Body
from sync.thin_links import thin_request
from tests.bench.offices import BenchOffice, join
from tests.bench.raw_http import Answer, RawHttp
from tests.contract.people import Writer

HEADERS = {"content-type": PACKED_TYPE}
TUS = {"tus-resumable": "1.0.0"}


@dataclass
class RawPhone:
    """One phone on one connection; `refused` counts answers that are not what was asked for.

    `busy` is for the caller: a phone never has two syncs under way.
    """

    writer: Writer
    http: RawHttp
    cursor: Cursor = field(default_factory=Cursor)
    refused: int = 0
    busy: bool = False

    def pushing(self, bodies: Sequence[Body] = ()) -> SyncRequest:
        """Return a request that pushes these changes, made and signed; only its cursor is still to be set."""
        before = self.writer.tip
        entries = [self.writer.write(body) for body in bodies]
        request = SyncRequest(
            protocol=PROTOCOL,
            device=self.writer.device,
            cursor=self.cursor,
            links=[entry.raw_link for entry in entries],
            contents=[entry.content for entry in entries if entry.content],
            signature=self.writer.key.sign(head_message(entries[-1].hash)) if entries else b"",
            received=WireTip(counter=before.counter, hash=before.hash) if before != START else None,
        )
        return thin_request(request)

    def going_on(self, request: SyncRequest) -> bytes:
        """Return a request packed as it travels, going on from the present cursor."""
        packing = load_packing()
        return packing.pack(encode(replace(request, cursor=self.cursor)), packing.newest)

    def message(self, bodies: Sequence[Body] = ()) -> bytes:
        """Return a packed request that goes on from the present cursor and pushes these changes."""
        return self.going_on(self.pushing(bodies))

    async def send(self, message: bytes) -> tuple[Answer, SyncResponse | None]:
        """Send a message; None where it was refused, whole or in one of its changes."""
        answer = await self.http.ask("POST", "/api/sync", message, HEADERS)
        if answer.status != 200:
            self.refused += 1
            return answer, None
        response = opened(answer)
        self.cursor = response.cursor
        if not all(isinstance(result.outcome, Applied) for result in response.results):
            self.refused += 1
        return answer, response

    async def catch_up(self) -> None:
        """Pull until there is no more."""
        while True:
            _, response = await self.send(self.message())
            if response is None or not response.more:
                return

    async def upload(self, blob: BlobId, data: bytes) -> None:
        """Send one photo by tus, in the one step of the phone: it comes with the creation of its upload."""
        named = base64.b64encode(blob.encode()).decode()
        about = {**TUS, "upload-length": str(len(data)), "upload-metadata": f"sha256 {named}"}
        about["content-type"] = "application/offset+octet-stream"
        done = await self.http.ask("POST", "/tus/", data, about)
        if (done.status, done.headers.get("upload-offset")) != (201, str(len(data))):
            self.refused += 1


def opened(answer: Answer) -> SyncResponse:
    """Unpack and decode what the office answered."""
    found = load_packing().unpack(answer.body, MAX_BODY_BYTES)
    if not isinstance(found, Unpacked):
        raise RuntimeError(found.problem)
    return decode(found.data, SyncResponse)


def raw_phones(bench: BenchOffice, seeds: Sequence[int]) -> list[RawPhone]:
    """Enrol and log in the phones of these seeds."""
    phones: list[RawPhone] = []
    with httpx.Client(base_url=bench.server.address, timeout=60) as http:
        for seed in seeds:
            writer, token = join(http, bench, seed)
            phones.append(RawPhone(writer, RawHttp(bench.server.address, token)))
    return phones
