"""Who works at the office for a day: one real server, a browser for each of them, and a phone in the field.

Rule: the office acts by clicks and keys alone, and finds its way by what a page shows: no address is typed
but the first. An answer above 399, a fault of a script or a policy that stopped something is a complaint.
"""

import re
from pathlib import Path

from playwright.sync_api import Browser, Download, Page

from schemas.ids import PersonId, uuid7
from server.access import Person, Role
from server.accounts import Accounts, Created
from server.passwords import Passwords
from server.services.people import create_user
from tests.faults.world import World
from tests.server.web_office import PASSWORD

CHEAP_KIB = 64
"""Memory of a password's hash. A hash names its own cost, so the server checks these as cheaply."""
LAPTOP, SMALL = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
PATIENCE_MS = 30_000
STAFF: dict[str, tuple[str, Role]] = {
    "rini": ("Rini Handayani", "admin"),
    "wahyu": ("Wahyu Nugroho", "petugas"),
    "dewi": ("Dewi Lestari", "verifikator"),
    "joko": ("Joko Susilo", "verifikator"),
    "sri": ("Sri Mulyani", "kabid"),
}


class OfficeDay:
    """The office as its people have it before them."""

    def __init__(self, world: World, browser: Browser) -> None:
        self.world, self._browser = world, browser
        self._pages: dict[str, Page] = {}
        self.complaints: list[str] = []
        with world.hand() as deps:
            passwords = Passwords(deps.randomness, memory_kib=CHEAP_KIB)
            accounts = Accounts(deps.engine, passwords, now_ms=deps.now_ms, randomness=deps.randomness)
            for number, (username, (nama, role)) in enumerate(STAFF.items()):
                name = PersonId(uuid7(deps.now_ms(), deps.randomness(10)))
                person = Person(id=name, nama=nama, kode=f"K{number}", roles=(role,))
                made = create_user(
                    accounts,
                    deps.office,
                    author=deps.office.person,
                    person=person,
                    username=username,
                    password=PASSWORD,
                )
                assert isinstance(made, Created)

    def at(self, username: str) -> Page:
        """What somebody has on the screen; they log in when they are first asked for."""
        if username not in self._pages:
            self._pages[username] = self._log_in(username)
        return self._pages[username]

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    def _log_in(self, username: str) -> Page:
        context = self._browser.new_context(
            base_url=self.world.line.address, viewport=LAPTOP, locale="id-ID", reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if "Policy" in said.text else None)
        page.on("response", lambda answer: self._see(answer.status, answer.url))
        page.goto("/")
        page.get_by_label("Nama pengguna").fill(username)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/masuk" not in url)
        return page

    def _see(self, status: int, url: str) -> None:
        if status >= 400:
            self.complaints.append(f"{status} {url}")


def turn_to(page: Page, name: str) -> None:
    """Open a page by the menu, under *Lainnya* too."""
    menu = page.get_by_role("navigation", name="Menu utama")
    link = menu.get_by_role("link", name=re.compile(rf"\b{name}\b"))
    if not link.is_visible():
        page.locator("nav summary").click()
    link.click()


def fetched(page: Page, what: str) -> tuple[str, bytes]:
    """Press what gives a file; return the file's name and bytes."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=what).or_(page.get_by_role("link", name=what)).click()
    got: Download = waiting.value
    return got.suggested_filename, Path(got.path()).read_bytes()


def beyond_a_small_screen(page: Page) -> int:
    """Return by how many pixels a page, as it stands opened, is wider than a phone."""
    page.set_viewport_size(SMALL)
    wide = page.evaluate("document.documentElement.scrollWidth") - SMALL["width"]
    page.set_viewport_size(LAPTOP)
    return int(wide)
