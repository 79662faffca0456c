"""People at the office for benchmarks, logged in, who open pages. Rule: a page is what it should be."""

import asyncio
import random
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from schemas.ids import RecordId
from server.web.site import SESSION_COOKIE
from server.web.typed import FORM_TYPE
from tests.bench.logins import enter
from tests.bench.offices import BenchOffice
from tests.bench.raw_http import Answer, RawHttp
from tests.bench.scale_store import MANY_PHOTOS

QUEUE, REVIEW, SEARCH, BOARD = "queue", f"review with {MANY_PHOTOS} photos", "search", "dashboard"
PAGES = (QUEUE, REVIEW, SEARCH, BOARD)
SOUGHT = ("siti", "sri rahayu", "soeparno", "wagiyem", "123", "slamet", "zzz")
THUMBNAIL = re.compile(r'src="(/kunjungan/[^"]+/kecil)"')
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
BROWSER_LINES = 2
"""Connections that load the pictures of a page, beside the one that loads pages."""


@dataclass
class OfficeReader:
    """Somebody with a browser: one connection for pages, a few for the pictures on them."""

    cookie: str
    csrf: str
    visits: list[RecordId]
    page: RawHttp
    pictures: list[RawHttp]
    rng: random.Random
    thumbnails_ms: list[float] = field(default_factory=list[float])

    async def open(self, name: str) -> float:
        """Open a page and what is on it; return how long the page itself took, in ms."""
        if name == REVIEW:
            address = f"/kunjungan/{self.rng.choice(self.visits)}?status=diterima"
            answer = await self._get(self.page, address)
            await self._load_pictures(answer)
        elif name == SEARCH:
            form = {"csrf": self.csrf, "jenis": "warga", "desa": "", "dicari": self.rng.choice(SOUGHT)}
            headers = {"cookie": self.cookie, "content-type": FORM_TYPE}
            answer = await self.page.ask("POST", "/warga", urlencode(form).encode(), headers)
        else:
            answer = await self._get(self.page, "/antrean" if name == QUEUE else "/dasbor")
        if answer.status != 200:
            raise RuntimeError(f"{name} was answered with {answer.status}")
        return answer.ms

    async def _load_pictures(self, page: Answer) -> None:
        """Load the thumbnails of a visit, as many at a time as there are connections."""
        left = THUMBNAIL.findall(page.body.decode())
        if len(left) != MANY_PHOTOS:
            raise RuntimeError(f"a visit showed {len(left)} photos")

        async def some(line: RawHttp) -> None:
            while left:
                answer = await self._get(line, left.pop())
                self.thumbnails_ms.append(answer.ms)
                if answer.status != 200:
                    raise RuntimeError(f"a thumbnail was answered with {answer.status}")

        await asyncio.gather(*map(some, self.pictures))
        for line in (self.page, *self.pictures):
            await line.close()  # the next page may come later than the server waits

    async def _get(self, line: RawHttp, address: str) -> Answer:
        return await line.ask("GET", address, headers={"cookie": self.cookie})


def office_reader(bench: BenchOffice, name: str, visits: list[RecordId], seed: int) -> OfficeReader:
    """Log somebody in; `visits` are those that they open."""
    with httpx.Client(base_url=bench.server.address, timeout=60) as client:
        enter(client, name)
        token = client.cookies[SESSION_COOKIE]
        found = CSRF.search(client.get("/warga").text)
    if found is None:
        raise RuntimeError(f"{name} cannot search")
    address = bench.server.address
    return OfficeReader(
        cookie=f"{SESSION_COOKIE}={token}",
        csrf=found[1],
        visits=visits,
        page=RawHttp(address),
        pictures=[RawHttp(address) for _ in range(BROWSER_LINES)],
        rng=random.Random(seed),
    )
