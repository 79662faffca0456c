"""What an officer's browser loads and when it first paints: queue, review with 12 photos, dashboard, search.

Rule: Chromium, with an empty cache each time; photos weigh apart, as their bytes are evidence.
"""

from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.bench.figures import Figure, scaled
from tests.server.room_office import serving_cheaply
from tests.server.test_web_browser import ARGUMENTS, CHROMIUM, Served
from tests.server.web_office import DESA, open_at, shut

VISITS, WARGA, PHOTOS, RUNS = 30, 300, 12, 7
BUDGET_KB, BUDGET_MS = 300, 1_000
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


class Scale:
    """Weighs what one page loads, apart from photos."""

    def __init__(self, page: Page) -> None:
        session: CDPSession = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self._from: dict[str, str] = {}
        self.size_bytes = 0
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._loaded)

    def _answered(self, event: dict[str, Any]) -> None:
        self._from[event["requestId"]] = event["response"]["url"]

    def _loaded(self, event: dict[str, Any]) -> None:
        if "/foto/" not in self._from.get(event["requestId"], ""):
            self.size_bytes += int(event["encodedDataLength"])


def measure(folder: Path) -> list[Figure]:
    """Fill an office, open each page a few times, and weigh and time it."""
    office, found = open_at(folder), list[Figure]()
    try:
        for number in range(scaled(WARGA, least=30)):
            office.add_warga(f"Warga Timbang {number}", DESA)
        shots = tuple(f"foto_rumah_depan_{number}" for number in range(PHOTOS))
        visit, _ = office.add_visit(photos=shots)
        for number in range(scaled(VISITS, least=5)):
            office.add_visit(warga=office.add_warga(f"Warga Antre {number}", DESA))
        with serving_cheaply(office) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = Served(office, address, browser).page("kabid")
            scale = Scale(page)
            for name, path in (
                ("queue", "/antrean"),
                (f"review with {PHOTOS} photos", f"/kunjungan/{visit}"),
                ("dashboard", "/dasbor"),
                ("search", f"/warga?desa={DESA}"),
            ):
                found += _weighed(page, scale, name, path)
            browser.close()
    finally:
        shut(office)
    return found


def _weighed(page: Page, scale: Scale, name: str, path: str) -> list[Figure]:
    weights, paints = list[float](), list[float]()
    for _ in range(RUNS + 1):
        scale.size_bytes = 0
        page.goto(path)
        page.wait_for_load_state("networkidle")
        weights.append(scale.size_bytes / 1000)
        paints.append(float(page.evaluate(PAINTED)))
    # the first time thumbnails are made and the figures counted
    return [
        Figure(
            name=f"page {name}: weight without photos", value=max(weights[1:]), unit="KB", budget=BUDGET_KB
        ),
        Figure(name=f"page {name}: first paint", value=median(paints[1:]), unit="ms", budget=BUDGET_MS),
    ]
