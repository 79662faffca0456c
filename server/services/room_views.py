"""What the room's pages are handed. Rule: plain values in words; what stands in them was opened before."""

from schemas.base import Data
from schemas.ids import RecordId
from server.services.answers import Answer, PageOfAnswers
from server.services.cases import Step
from server.services.visit_page import Event


class Outside(Data, frozen=True, kw_only=True):
    """A sealed case as anybody who is named sees it, without opening it."""

    id: RecordId
    kode: str
    service: str
    state: str
    final: bool
    tone: str
    officer: str
    since: str
    due: str
    days: int | None


class OutsideList(Data, frozen=True, kw_only=True):
    """The sealed cases under way, soonest due first, after those shown besides; of how many in all."""

    shown: tuple[Outside, ...]
    total: int


class Picture(Data, frozen=True, kw_only=True):
    """One shot of a visit, the `number`th of the version `change` (hex); `thumb` is a data address of a
    stamped picture, empty where there is none.
    """

    change: str
    number: int
    key: str
    label: str
    taken: str
    thumb: str
    is_picture: bool


class RoomVisit(Data, frozen=True, kw_only=True):
    """One visit, opened. `seen`: the change that a decision would follow (hex). `why`: the text key of why it
    is not to be decided here and now, empty where it is (`decide`).

    `reopen`: the decision that stands may be taken back by the reader; `leave`: they may say that it stands.
    `came_after`: how the visit stands where its newest version came after that was decided, and did not open
    it again; `passed_over`: it came after the approval, and that was left to stand. `blind`: why it came back
    is sealed to no phone that its petugas has by now.

    `unreadable` is empty, or *baru* where the newest version came after the room was opened, or *belum* where
    not all of it is here, or what came is not what its seal says. `lacks`: an earlier version does not open,
    so that what stands here is not all; `behind`: nor does the newest, so that it is not approved. `flags`
    are what stands out, in words; `safe` are the answers to be read first; `left` is the name of whoever made
    the newest version, where they work here no more.
    """

    id: RecordId
    title: str
    state: str
    version: int
    seen: str
    safe: tuple[Answer, ...]
    pages: tuple[PageOfAnswers, ...]
    pictures: tuple[Picture, ...]
    several_forms: bool
    unreadable: str
    lacks: bool
    behind: bool
    flags: tuple[str, ...]
    decide: bool
    why: str
    reopen: bool
    leave: bool
    came_after: str
    passed_over: bool
    blind: bool
    left: str


class Other(Data, frozen=True, kw_only=True):
    """Another visit of the case, or a task about it, which is `open` while it can be called off. `blind`:
    what it is about is sealed to no phone that its petugas has by now.
    """

    id: RecordId
    title: str
    state: str
    when: str
    text: str = ""
    open: bool = False
    blind: bool = False


class Late(Data, frozen=True, kw_only=True):
    """What was done too late and waits for an officer to close it; `seen`: its newest change."""

    id: RecordId
    seen: str
    title: str
    when: str


class RoomCase(Data, frozen=True, kw_only=True):
    """A case that is open, with everything in it. `seen`: the change that a step would follow (hex).

    `visit` is the one that is shown, `visits` are the others; `doubles` are cases of the same NIK in the same
    year, with their codes. `newer`: something came after the room was opened; `returned`: a visit came back.
    """

    outside: Outside
    seen: str
    visit: RoomVisit | None
    visits: tuple[Other, ...]
    tugas: tuple[Other, ...]
    steps: tuple[Step, ...]
    timeline: tuple[Event, ...]
    doubles: tuple[tuple[RecordId, str], ...]
    newer: bool
    returned: bool
