"""What can go wrong on a page, and the page that says so. Rule: each tells what to do next, and nothing more.

PageError
├── NotLoggedInError   no session, or it has ended: to the login page
├── NeedsCodeError     the second step of the login must be set up first: to the page that does it
├── StartingPasswordError  somebody else knows the password: to the page that replaces it
├── ForbiddenError     the role does not cover this
├── MissingError       no such page, or a thing outside one's area
├── ExpiredError       the form was made in another session
├── BusyError          another program holds the database: later
├── NoRoomError        the office's disk is full: once there is room
│   └── NoRoomToShowError  and this page cannot be shown without writing
├── FailingDiskError   the office's disk fails or has turned read-only: once it was mended
└── UnreadableError    the request itself makes no sense
"""

from http import HTTPStatus

from server.web.turns import BUSY


class PageError(Exception):
    """A page cannot be shown; `key` names its texts, `status` is the HTTP status."""

    key = "rusak"
    status = 500
    icon = "error"

    def __init__(self, back: str = "") -> None:
        super().__init__(back)
        self.back = back
        """The address of the page on which what was typed stands again; empty where nothing is kept."""


class NotLoggedInError(PageError):
    """Nobody is logged in here."""

    key, status, icon = "dilarang", 401, "lock"


class NeedsCodeError(PageError):
    """The grace is over: nothing else opens before the second step is set up."""

    key, status, icon = "dilarang", 403, "lock"


class StartingPasswordError(PageError):
    """Somebody else knows this password: nothing opens before it is replaced."""

    key, status, icon = "dilarang", 403, "lock"


class ForbiddenError(PageError):
    """The role does not cover this."""

    key, status, icon = "dilarang", 403, "lock"


class MissingError(PageError):
    """There is no such page, or none that this person may know of."""

    key, status, icon = "tidak_ada", 404, "search"


class ExpiredError(PageError):
    """The form was made in a session that is over."""

    key, status, icon = "kedaluwarsa", 403, "hourglass"


class BusyError(PageError):
    """Another program holds the database; nothing was done."""

    key, status, icon = "terkunci", BUSY, "hourglass"


class NoRoomError(PageError):
    """The office's disk is full; nothing was done."""

    key, status, icon = "penuh", HTTPStatus.INSUFFICIENT_STORAGE, "save"


class NoRoomToShowError(NoRoomError):
    """The office's disk is full, and this page notes that it was read, or counts what is new."""

    key = "penuh_baca"


class FailingDiskError(PageError):
    """The office's disk cannot be read or written; whether something was done shows once it can."""

    key, icon = "disk_gagal", "save"


class UnreadableError(PageError):
    """The request cannot be read."""

    key, status, icon = "salah", 400, "error"
