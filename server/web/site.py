"""The pages put together: who is asking, how a page is drawn, and what every answer carries.

Rule: a handler that needs a person asks `visitor` first, and one that changes something reads `form`, which
refuses a form of another session.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from jinja2 import Environment
from litestar import MediaType, Response

from schemas.base import Data
from schemas.ids import DeviceId
from schemas.text import Text
from schemas.theme import Theme
from server import device_store, people_store
from server.access import Action, Person, may
from server.accounts import Accounts, csrf_of
from server.deps import Deps
from server.engine import Reader
from server.second_factor import SecondFactors
from server.services.api_keys import ApiKeys
from server.services.assigning import Assigning
from server.services.backups import Backups
from server.services.cases import Cases
from server.services.checks import Checks
from server.services.conflicts import Conflicts
from server.services.dashboard import Dashboard
from server.services.destroying import Destroying
from server.services.exporting import Exporting
from server.services.finding import Finding
from server.services.form_publishing import FormPublishing
from server.services.handling import Handling
from server.services.handouts import Handouts
from server.services.holidays import OfficeHolidays
from server.services.importing import Importing
from server.services.incidents import Incidents
from server.services.indexing import Indexing
from server.services.letter_numbers import LetterNumbers
from server.services.letter_shelf import LetterShelf
from server.services.letter_templates import LetterTemplates
from server.services.letters import Letters
from server.services.likenesses import Likenesses
from server.services.login_rules import LoginRules
from server.services.lost_phones import LostPhones
from server.services.map_pins import Pins
from server.services.matching import Matching
from server.services.people import load_person
from server.services.permits import Permits
from server.services.person_export import PersonExports
from server.services.presence import Presence
from server.services.processing import ProcessingRegister
from server.services.profile import Profiles
from server.services.quarantine import Quarantine
from server.services.queue import Queue
from server.services.requests import Requests
from server.services.retention import Retention
from server.services.review import Reviews
from server.services.room import Room
from server.services.settings import OfficeSettings
from server.services.sought import Sought
from server.services.target_progress import TargetProgress
from server.services.targets import Targeting
from server.services.to_destroy import ToDestroy
from server.services.together import Together
from server.services.trail import Trail
from server.services.trail_export import TrailExport
from server.services.visit_page import Words
from server.services.visits import names
from server.services.wrong_logins import WrongLogins
from server.settings import Tiles
from server.store import SqlOfficeStore
from server.thumbnails import Thumbnails
from server.web.errors import (
    ForbiddenError,
    NeedsCodeError,
    NotLoggedInError,
    StartingPasswordError,
)
from server.web.filters import Group
from server.web.turns import BUSY, RETRY_AFTER_S, Turns
from server.web.typed import WRITER, Asking, Typing

T = TypeVar("T")

SESSION_COOKIE = "sambang_sesi"
THEME_COOKIE = "sambang_tampilan"
THEMES = {"gelap": "dark", "terang": "light"}

POLICY, OWN_IMAGES = "content-security-policy", "img-src 'self' data:"
SECURITY_HEADERS = {
    POLICY: (
        f"default-src 'none'; script-src 'self'; style-src 'self'; {OWN_IMAGES}; font-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class MenuItem(Data, frozen=True, kw_only=True):
    """One entry of the main menu."""

    page: str
    href: str
    icon: str
    label: str
    daily: bool
    count: int = 0


class Frame(Data, frozen=True, kw_only=True):
    """What stands around every page."""

    page: str
    theme: str
    menu: tuple[MenuItem, ...]
    person: Person | None
    roles: str
    csrf: str


class Visitor(Data, frozen=True, kw_only=True):
    """Somebody who is logged in, with the token that their forms carry, and what they ask."""

    person: Person
    csrf: str
    theme: str
    asking: Asking


class Notice(Data, frozen=True, kw_only=True):
    """A sentence above a page. `href`: where to go on from there, called `label`."""

    tone: str
    icon: str
    title: str
    text: str = ""
    href: str = ""
    label: str = ""


DAILY = frozenset({"beranda", "antrean", "konflik", "kasus", "warga", "ruang", "penugasan"})
"""Pages that stand in the menu itself; all others stand under *Lainnya*, so that it fits a laptop."""
MENU: tuple[tuple[str, str, str, Action | None], ...] = (
    ("beranda", "/", "home", None),
    ("antrean", "/antrean", "inbox", "see_visits"),
    ("dasbor", "/dasbor", "dashboard", "see_dashboard"),
    ("peta", "/peta", "map", "see_dashboard"),
    ("konflik", "/konflik", "conflict", "see_conflicts"),
    ("kasus", "/kasus", "task", "see_cases"),
    ("warga", "/warga", "people", "see_warga"),
    ("ruang", "/ruang", "lock", "open_room"),
    ("serah_terima", "/serah-terima", "upload", "take_handovers"),
    ("karantina", "/karantina", "pause", "see_quarantine"),
    ("penugasan", "/penugasan", "task_add", "assign_tasks"),
    ("surat", "/surat", "letter", "see_letters"),
    ("impor", "/impor", "upload_file", "import_lists"),
    ("formulir", "/formulir", "form", "see_forms"),
    ("ekspor", "/ekspor", "download", "export_data"),
    ("jejak", "/jejak", "audit", "see_trail"),
    ("pelindungan", "/pelindungan", "shield", "see_protection"),
    ("kunci_data", "/kunci-data", "key", "manage_api"),
    ("perangkat", "/perangkat", "device", "see_devices"),
    ("pengguna", "/pengguna", "person", "see_people"),
    ("cadangan", "/cadangan", "save", "see_backups"),
    ("hari_libur", "/hari-libur", "calendar", "see_holidays"),
    ("pengaturan", "/pengaturan", "settings", "see_settings"),
)


@dataclass(frozen=True, kw_only=True)
class Site:
    """All that the pages are made of, built once."""

    deps: Deps
    accounts: Accounts
    factors: SecondFactors
    thumbnails: Thumbnails
    likenesses: Likenesses
    words: Words
    theme: Theme
    queue: Queue
    reviews: Reviews
    together: Together
    presence: Presence
    typing: Typing
    conflicts: Conflicts
    quarantine: Quarantine
    destroying: Destroying
    to_destroy: ToDestroy
    requests: Requests
    incidents: Incidents
    retention: Retention
    handouts: Handouts
    letters: Letters
    letter_shelf: LetterShelf
    letter_templates: LetterTemplates
    letter_numbers: LetterNumbers
    processing: ProcessingRegister
    exports: PersonExports
    alarms: Handling
    wrong_logins: WrongLogins
    lost: LostPhones
    cases: Cases
    backups: Backups
    permits: Permits
    login_rules: LoginRules
    settings: OfficeSettings
    holidays: OfficeHolidays
    turns: Turns
    room: Room
    importing: Importing
    exporting: Exporting
    api_keys: ApiKeys
    assigning: Assigning
    publishing: FormPublishing
    dashboard: Dashboard
    targeting: Targeting
    progress: TargetProgress
    pins: Pins
    trail: Trail
    trail_export: TrailExport
    checks: Checks
    indexing: Indexing
    finding: Finding
    sought: Sought
    profiles: Profiles
    matching: Matching
    regions: tuple[Group, ...]
    templates: Environment

    @property
    def text(self) -> Text:
        """The texts."""
        return self.words.text

    async def work(self, job: Callable[[], T]) -> T:
        """Run something that blocks in the office's threads."""
        return await asyncio.get_running_loop().run_in_executor(self.deps.pool, job)

    async def visitor(self, request: Asking, *, setting_up: bool = False) -> Visitor:
        """Say who is asking. Raises NotLoggedInError; unless the page is for `setting_up`, also
        StartingPasswordError and NeedsCodeError.
        """
        token = request.cookies.get(SESSION_COOKIE, "")
        session = await self.work(lambda: self.accounts.session(token))
        if session is None:
            writer = await self.work(lambda: self.accounts.whose(token))
            back = await self.typing.read_stopped(request, csrf_of(token, writer), writer) if writer else ""
            raise NotLoggedInError(back)

        def look(tx: Reader) -> tuple[Person | None, bool, bool]:
            overdue = self.factors.is_overdue(tx, session.person)
            starting = people_store.starting_since(tx, session.person) is not None
            return load_person(tx, session.person), overdue, starting

        person, overdue, starting = await self.work(lambda: self.deps.engine.read(look))
        if person is None:
            raise NotLoggedInError
        if starting and not setting_up:
            raise StartingPasswordError
        if overdue and not setting_up and await self.work(lambda: self._needs_code(person)):
            await self.typing.read_stopped(request, session.csrf, person.id)
            raise NeedsCodeError
        request.state[WRITER] = person.id
        return Visitor(person=person, csrf=session.csrf, theme=theme_of(request), asking=request)

    async def allowed(self, request: Asking, action: Action) -> Visitor:
        """Say who is asking, if they may. Raises ForbiddenError, and what `visitor` raises."""
        visitor = await self.visitor(request)
        if not may(visitor.person, action):
            raise ForbiddenError
        return visitor

    def _needs_code(self, person: Person) -> bool:
        """Say whether somebody's login needs a code: by role, or as an officer of the sealed room."""
        return bool(self.login_rules.roles().intersection(person.roles)) or self.room.custodian.is_officer(
            person
        )

    async def form(self, request: Asking, csrf: str) -> dict[str, str]:
        """Read a posted form that carries this token. Raises ExpiredError, UnreadableError."""
        return await self.typing.read(request, csrf)

    def frame(self, visitor: Visitor | None, page: str, theme: str, csrf: str = "") -> Frame:
        """Build what stands around a page."""
        person = visitor.person if visitor else None
        return Frame(
            page=page,
            theme=theme,
            menu=self._menu(person),
            person=person,
            roles=", ".join(self.text(f"peran.{role}") for role in person.roles) if person else "",
            csrf=visitor.csrf if visitor else csrf,
        )

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the names of people, warga and e-warong by id; who is not known is left out. Blocks."""
        return self.deps.engine.read(lambda tx: names(SqlOfficeStore.reading(tx), ids))

    def show(
        self,
        template: str,
        frame: Frame,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        tiles: Tiles | None = None,
    ) -> Response[str]:
        """Draw a page. It is never stored by a browser or proxy; from where `tiles` are it takes pictures."""
        body = self.templates.get_template(template).render(frame=frame, **values)
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        if tiles is not None:
            headers[POLICY] = headers[POLICY].replace(OWN_IMAGES, f"{OWN_IMAGES} {tiles.origin}")
        if status == BUSY:
            headers["retry-after"] = str(RETRY_AFTER_S)
        return Response(content=body, status_code=status, media_type=MediaType.HTML, headers=headers)

    async def page(
        self, template: str, visitor: Visitor, page: str, values: Mapping[str, Any], *, status: int = 200
    ) -> Response[str]:
        """Draw a page for somebody, in the office's threads."""

        def work() -> Response[str]:
            frame = self.frame(visitor, page, visitor.theme)
            return self._given_back(visitor, self.show(template, frame, values, status=status))

        return await self.work(work)

    async def map_page(
        self, template: str, visitor: Visitor, page: str, values: Mapping[str, Any], *, status: int = 200
    ) -> Response[str]:
        """Draw a page with a map: `tiles` is what lies under its outlines, None as long as nothing does."""

        def work() -> Response[str]:
            tiles, frame = self.settings.now().tiles, self.frame(visitor, page, visitor.theme)
            drawn = self.show(template, frame, {**values, "tiles": tiles}, status=status, tiles=tiles)
            return self._given_back(visitor, drawn)

        return await self.work(work)

    def _given_back(self, visitor: Visitor, drawn: Response[str]) -> Response[str]:
        return self.typing.give_back(visitor.asking, visitor.person.id, visitor.csrf, drawn)

    def owners(self) -> dict[DeviceId, str]:
        """Return whose each phone is, by name."""

        def look(tx: Reader) -> dict[DeviceId, str]:
            phones = device_store.devices(tx)
            known = names(SqlOfficeStore.reading(tx), {phone.person for phone in phones})
            return {phone.id: known.get(phone.person, phone.model or "–") for phone in phones}

        return self.deps.engine.read(look)

    def device_count(self) -> int:
        """Count the phones that have rights here."""
        found = self.deps.engine.read(device_store.devices)
        return sum(device.revoked_ms is None for device in found)

    def _menu(self, person: Person | None) -> tuple[MenuItem, ...]:
        if person is None:
            return ()
        counts = {"antrean": self.queue.count(person, "diterima"), "konflik": self.conflicts.count(person)}
        return tuple(
            MenuItem(
                page=page,
                href=href,
                icon=icon,
                label=self.text(f"kantor.bingkai.{page}"),
                daily=page in DAILY,
                count=counts.get(page, 0),
            )
            for page, href, icon, action in MENU
            if action is None or may(person, action)
        )


def theme_of(request: Asking) -> str:
    """Return the look that the reader chose; empty for that of their system."""
    return THEMES.get(request.cookies.get(THEME_COOKIE, ""), "")
