"""All pages as one router. Rule: whatever goes wrong, the reader gets a page that says what to do next."""

import logging
from typing import Any

from litestar import Response, Router, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from schemas.problem import Problem
from server.api.messages import problem_response
from server.deps import Deps
from server.disk import is_failing, is_full
from server.engine import LockedError
from server.web.account import account_routes
from server.web.assets import asset_routes
from server.web.assigning import assign_routes
from server.web.backups import backup_routes
from server.web.beside import beside_routes
from server.web.building import build_site
from server.web.cases import case_routes
from server.web.conflicts import conflict_routes
from server.web.dashboard import dashboard_routes
from server.web.data_keys import data_key_routes
from server.web.destroying import destroying_routes
from server.web.devices import device_routes
from server.web.doubles import double_routes, pair_routes
from server.web.errors import (
    BusyError,
    FailingDiskError,
    MissingError,
    NeedsCodeError,
    NoRoomError,
    NoRoomToShowError,
    NotLoggedInError,
    PageError,
    StartingPasswordError,
    UnreadableError,
)
from server.web.exporting import export_routes
from server.web.forms import form_routes
from server.web.handover import handover_routes
from server.web.holidays import holiday_routes
from server.web.home import home_routes
from server.web.importing import import_routes
from server.web.incidents import incident_routes, one_incident_routes
from server.web.joinings import joining_routes
from server.web.letter_settings import letter_setting_routes
from server.web.letters import letter_routes, one_letter_routes
from server.web.login import login_routes, to_login
from server.web.login_rules import login_rule_routes
from server.web.lost import lost_routes
from server.web.people import people_routes
from server.web.photo import photo_routes
from server.web.protection import protection_routes
from server.web.quarantine import quarantine_routes
from server.web.queue import queue_routes
from server.web.regency_map import map_routes
from server.web.registers import handout_routes, processing_routes
from server.web.replies import onward
from server.web.reports import report_routes
from server.web.requests import one_request_routes, request_routes
from server.web.retention import retention_routes
from server.web.review import review_routes
from server.web.room import room_routes
from server.web.room_case import room_case_routes
from server.web.room_ceremony import ceremony_routes
from server.web.room_keys import key_routes, new_officer_routes
from server.web.second_step import second_step_routes
from server.web.settings import setting_routes
from server.web.sheets import sheet_routes
from server.web.site import Asking, Site, theme_of
from server.web.targets import target_routes
from server.web.together import together_routes
from server.web.trail import trail_routes
from server.web.unsent import unsent_routes
from server.web.warga import warga_routes
from server.web.workers import worker_routes
from server.web.wrong_logins import wrong_login_routes

LARGEST_FORM_BYTES = 1_000_000
MACHINES = ("/api", "/tus")
logger = logging.getLogger("server.web")


class Pages(Router):
    """The router of all pages, made for one app, which takes it as it is: to copy all that hangs on its
    handlers, as Litestar does, takes a fifth of the time in which an app is put together.
    """

    def __deepcopy__(self, _: dict[int, Any]) -> "Pages":
        return self


def web_pages(deps: Deps) -> list[Any]:
    """Return the route handlers of all pages, for `create_app`. Blocks while it reads style and regions."""
    return page_routes(build_site(deps))


def page_routes(site: Site) -> list[Any]:
    """Return the route handlers of all pages of a site."""

    def refuse(request: Asking, error: Exception) -> Response[Any]:
        if isinstance(error, NotLoggedInError):
            return to_login(request, error.back)
        if isinstance(error, StartingPasswordError):
            return onward("/akun?sebab=sandi_awal")
        if isinstance(error, NeedsCodeError):
            return onward("/akun?sebab=langkah_kedua")
        return error_page(
            site, request, _kept(site, request, _as_page_error(error, sent=request.method == "POST"))
        )

    @get("/{rest:path}")
    async def missing(rest: FromPath[str]) -> Response[Any]:
        if rest.startswith(MACHINES):
            return problem_response(Problem(code="tidak_ada"), site.text)
        raise MissingError

    handlers = [
        *asset_routes(site.theme),
        *login_routes(site),
        *second_step_routes(site),
        *account_routes(site),
        *home_routes(site),
        *queue_routes(site),
        *together_routes(site),
        *review_routes(site),
        *beside_routes(site),
        *report_routes(site),
        *photo_routes(site),
        *conflict_routes(site),
        *quarantine_routes(site),
        *protection_routes(site),
        *request_routes(site),
        *one_request_routes(site),
        *incident_routes(site),
        *one_incident_routes(site),
        *retention_routes(site),
        *processing_routes(site),
        *handout_routes(site),
        *destroying_routes(site),
        *case_routes(site),
        *warga_routes(site),
        *double_routes(site),
        *pair_routes(site),
        *room_routes(site),
        *room_case_routes(site),
        *ceremony_routes(site),
        *key_routes(site),
        *new_officer_routes(site),
        *handover_routes(site),
        *letter_routes(site),
        *one_letter_routes(site),
        *letter_setting_routes(site),
        *import_routes(site),
        *export_routes(site),
        *data_key_routes(site),
        *assign_routes(site),
        *worker_routes(site),
        *dashboard_routes(site),
        *map_routes(site),
        *form_routes(site),
        *device_routes(site),
        *joining_routes(site),
        *lost_routes(site),
        *people_routes(site),
        *login_rule_routes(site),
        *wrong_login_routes(site),
        *backup_routes(site),
        *trail_routes(site),
        *sheet_routes(site),
        *setting_routes(site),
        *holiday_routes(site),
        *target_routes(site),
        *unsent_routes(site),
        missing,
    ]
    return [
        Pages(
            path="/",
            route_handlers=handlers,
            exception_handlers={HTTPException: refuse, Exception: refuse},
            request_max_body_size=LARGEST_FORM_BYTES,
        )
    ]


def error_page(site: Site, request: Asking, error: PageError) -> Response[str]:
    """Draw the page of an error; it tells nothing of who is asking."""
    gone = isinstance(error, NotLoggedInError)
    values = {
        "title": site.text(f"kantor.galat.{error.key}"),
        "text": site.text(f"kantor.galat.{error.key}_arti"),
        "picture": error.icon,
        "href": "/masuk" if gone else error.back or "/",
        "label": site.text(_way_out(gone, error.back)),
        "kept": site.text("kantor.galat.tersimpan") if error.back else "",
    }
    return site.show(
        "errors/error.html", site.frame(None, "", theme_of(request)), values, status=error.status
    )


def _way_out(gone: bool, back: str) -> str:
    if gone:
        return "kantor.galat.ke_masuk"
    return "kantor.galat.ke_formulir" if back else "kantor.galat.ke_beranda"


def _kept(site: Site, request: Asking, error: PageError) -> PageError:
    """Keep what was typed where the fault is ours, so that it need not be typed again."""
    return type(error)(site.typing.keep(request)) if error.status >= 500 else error


def _as_page_error(error: Exception, *, sent: bool) -> PageError:
    """Return the page that tells of an error. `sent`: something was to be stored."""
    match error:
        case PageError():
            return error
        case LockedError():
            return BusyError()
        case _ if is_full(error):
            return NoRoomError() if sent else NoRoomToShowError()
        case HTTPException(status_code=404 | 405):
            return MissingError()
        case HTTPException(status_code=code) if code < 500:
            return UnreadableError()
        case _:
            # the kind only: a message may hold what a person wrote
            logger.error("%s while drawing a page", type(error).__name__)
            return FailingDiskError() if is_failing(error) else PageError()
