"""The pages' parts built: each service with what it stands on, and the templates.

Rule: what a part is made of is said here once; a page reaches it through `Site`.
"""

from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schemas import format as written
from schemas.text import Text
from schemas.theme import StatusLook, Theme, load_theme
from schemas.wilayah import load_wilayah
from server.accounts import Accounts
from server.deps import Deps
from server.passwords import Passwords
from server.second_factor import SecondFactors
from server.services.alarms import Alarms
from server.services.api_keys import ApiKeys
from server.services.assigning import Assigning
from server.services.backups import Backups
from server.services.cases import Cases
from server.services.checks import Checks
from server.services.conflicts import Conflicts
from server.services.dashboard import Dashboard
from server.services.destroying import Destroying
from server.services.exporting import Exporting
from server.services.figures import Figures
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
from server.services.room import build_room
from server.services.settings import OfficeSettings
from server.services.signs import Examining
from server.services.sought import Sought
from server.services.target_progress import TargetProgress
from server.services.targets import Targeting
from server.services.to_destroy import ToDestroy
from server.services.together import Together
from server.services.trail import Trail
from server.services.trail_export import TrailExport
from server.services.unsent import UnsentForms
from server.services.visit_page import Words
from server.services.wrong_logins import WrongLogins
from server.thumbnails import Thumbnails
from server.web.filters import regions
from server.web.site import Site
from server.web.turns import Turns
from server.web.typed import Typing

TEMPLATES = Path(__file__).parent / "templates"


def build_site(deps: Deps, passwords: Passwords | None = None) -> Site:
    """Put the parts of the pages together; passwords cost what they should unless said otherwise."""
    wilayah, theme, engine = load_wilayah(), load_theme(), deps.engine
    words = Words(
        forms=deps.forms,
        text=deps.text,
        wilayah=wilayah,
        kecamatan=wilayah.kecamatan_nik_prefixes(),
    )
    passwords = passwords or Passwords(deps.randomness)
    trail = Trail(engine, deps.office.person, deps.text, deps.workflows, deps.forms)
    accounts = Accounts(engine, passwords, now_ms=deps.now_ms, randomness=deps.randomness)
    figures = Figures(engine, deps.forms, deps.now_ms)
    examining = Examining(engine, wilayah)
    likenesses = Likenesses(engine, deps.blobs, deps.parsers, deps.forms)

    def also() -> None:
        deps.phones.follow()  # first: what fails below must not keep a phone that was revoked off the list
        deps.destruction.destroy_late()
        trail.catch_up()
        figures.catch_up(1)
        examining.catch_up()
        likenesses.catch_up()

    indexing = Indexing(engine, deps.office.device, also, deps.calm)
    finding = Finding(engine, indexing, words)
    room = build_room(deps, passwords, words)
    requests = Requests(engine, deps.office, deps.forms, deps.now_ms, deps.randomness)
    destroying = Destroying(
        engine,
        deps.office,
        deps.destruction,
        deps.now_ms,
        forms=deps.forms,
        workflows=deps.workflows,
        is_officer=room.custodian.is_officer,
    )
    templates = _templates(deps.text, theme)
    queue, reviews = Queue(engine, words), Reviews(engine, deps.office, words, deps.workflows, deps.now_ms)
    handouts = Handouts(engine, deps.office, deps.now_ms, deps.randomness)
    thumbnails = Thumbnails(engine, deps.blobs, deps.parsers, deps.now_ms)
    letters = Letters(
        engine,
        deps.office,
        deps.office.device,
        deps.blobs,
        thumbnails,
        words,
        handouts,
        deps.office_name,
        deps.typesetter.letter,
        deps.now_ms,
        deps.randomness,
    )
    return Site(
        deps=deps,
        accounts=accounts,
        factors=SecondFactors(
            engine, accounts, deps.factor_key, now_ms=deps.now_ms, randomness=deps.randomness
        ),
        thumbnails=thumbnails,
        words=words,
        theme=theme,
        queue=queue,
        reviews=reviews,
        together=Together(engine, queue, reviews, likenesses, deps.text, deps.now_ms, deps.randomness),
        likenesses=likenesses,
        presence=Presence(deps.now_ms),
        typing=Typing(UnsentForms(deps.now_ms), templates, deps.now_ms, deps.randomness),
        conflicts=Conflicts(engine, deps.office, words, deps.workflows, deps.now_ms),
        alarms=Handling(engine, deps.office, Alarms(engine, deps.text, deps.now_ms), deps.text, deps.now_ms),
        wrong_logins=WrongLogins(engine, deps.text),
        lost=LostPhones(engine, deps.office, deps.now_ms, deps.randomness),
        destroying=destroying,
        to_destroy=ToDestroy(engine, deps.office, destroying, finding, words),
        requests=requests,
        incidents=Incidents(engine, deps.office, deps.now_ms, deps.randomness),
        retention=Retention(engine, deps.office, deps.forms, deps.workflows, destroying, deps.now_ms),
        handouts=handouts,
        letters=letters,
        letter_shelf=LetterShelf(engine, deps.office, deps.blobs, words, deps.now_ms),
        letter_templates=LetterTemplates(engine, deps.office, deps.now_ms, deps.randomness),
        letter_numbers=LetterNumbers(engine, deps.office, deps.now_ms, deps.randomness),
        processing=ProcessingRegister(engine, deps.office, deps.forms),
        exports=PersonExports(engine, deps.office, requests, words),
        quarantine=Quarantine(engine, deps.office, words, deps.workflows, deps.now_ms),
        cases=Cases(engine, deps.office, words, deps.workflows),
        backups=Backups(
            engine, deps.keeper, deps.key_file, deps.phones, deps.office.device, deps.text, deps.now_ms
        ),
        room=room,
        turns=Turns(),
        permits=Permits(engine, deps.office, passwords, deps.now_ms, deps.randomness),
        login_rules=LoginRules(engine, deps.office),
        settings=OfficeSettings(engine, deps.office, deps.now_ms, deps.randomness),
        holidays=OfficeHolidays(engine, deps.office, deps.workflows),
        assigning=Assigning(
            engine,
            deps.office,
            deps.forms,
            deps.workflows,
            words.wilayah,
            now_ms=deps.now_ms,
            randomness=deps.randomness,
        ),
        dashboard=Dashboard(engine, figures, words, deps.workflows, deps.now_ms),
        targeting=Targeting(engine, deps.office, words, deps.now_ms, deps.randomness),
        progress=TargetProgress(engine, figures, words, deps.now_ms),
        pins=Pins(engine, figures),
        publishing=FormPublishing(
            engine,
            deps.office,
            deps.office.device,
            deps.forms,
            deps.text,
            room.custodian,
            deps.now_ms,
            deps.randomness,
        ),
        importing=Importing(
            engine,
            deps.office,
            deps.parsers,
            deps.forms,
            wilayah,
            now_ms=deps.now_ms,
            randomness=deps.randomness,
        ),
        api_keys=ApiKeys(
            engine,
            deps.office,
            deps.office.person,
            deps.text,
            wilayah,
            now_ms=deps.now_ms,
            randomness=deps.randomness,
        ),
        exporting=Exporting(
            engine, deps.office, words, deps.workflows, now_ms=deps.now_ms, randomness=deps.randomness
        ),
        trail=trail,
        trail_export=TrailExport(
            engine,
            deps.office,
            trail,
            deps.office_name,
            deps.text,
            typesetter=deps.typesetter,
            scratch=deps.uploads.scratch,
            now_ms=deps.now_ms,
        ),
        checks=Checks(engine, deps.verify, deps.now_ms),
        indexing=indexing,
        finding=finding,
        sought=Sought(deps.randomness),
        profiles=Profiles(
            engine,
            deps.office,
            words,
            deps.workflows,
            finding=finding,
            indexing=indexing,
            trail=trail,
            now_ms=deps.now_ms,
        ),
        matching=Matching(engine, deps.office, words, finding, indexing),
        regions=regions(words),
        templates=templates,
    )


def _templates(text: Text, theme: Theme) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

    def status_look(state: str) -> dict[str, str]:
        look = theme.status.get(state) or StatusLook(tone="quiet", icon="info")
        key = f"status.{state}"
        return {"tone": look.tone, "icon": look.icon, "word": text(key) if key in text else state}

    def office_text(key: str, **values: object) -> str:
        return text(f"kantor.{key}", **values)

    def glyph(name: str) -> str:
        return theme.glyphs[name]

    words: dict[str, Any] = {
        "t": text,
        "k": office_text,
        "glyph": glyph,
        "status_look": status_look,
        "written_number": written.number,
    }
    cast("dict[str, Any]", environment.globals).update(words)
    return environment
