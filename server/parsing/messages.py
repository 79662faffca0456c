"""What the office and a child say to each other. Rule: a task, then its answer; nothing else ever."""

from collections.abc import Callable

import msgspec

from schemas.base import Message, encode
from server import frames
from server.parsing.letter import Letter
from server.parsing.paper import Paper

Cell = str | int | float | None
PIECE = 250
"""Rows in a piece of a sheet: taken in by one transaction, short enough to keep nobody waiting."""
MOST_BYTES = 44 * 1024 * 1024
"""Largest message: the largest evidence and what stands around it."""


class Thumbnail(Message, frozen=True, kw_only=True, tag="thumbnail"):
    """Make a small picture of a JPEG or PNG."""

    data: bytes


class Look(Message, frozen=True, kw_only=True, tag="look"):
    """Say what a JPEG or PNG tells of itself."""

    data: bytes


class Compare(Message, frozen=True, kw_only=True, tag="compare"):
    """Say what a JPEG or PNG has in common with copies of it."""

    data: bytes


class Stamp(Message, frozen=True, kw_only=True, tag="stamp"):
    """Write a line across a JPEG or PNG, again and again, so that a picture of it says who looked."""

    data: bytes
    words: str


class Typeset(Message, frozen=True, kw_only=True, tag="typeset"):
    """Set a paper."""

    paper: Paper


class SetLetter(Message, frozen=True, kw_only=True, tag="set_letter"):
    """Set a letter."""

    letter: Letter


class Printed(Message, frozen=True, kw_only=True, tag="printed"):
    """The paper as PDF."""

    pdf: bytes


class Picture(Message, frozen=True, kw_only=True, tag="picture"):
    """A picture that the child drew itself, as JPEG without any metadata."""

    jpeg: bytes


class Looked(Message, frozen=True, kw_only=True, tag="looked"):
    """Size in pixels, and what EXIF says: camera, time as written there, place in degrees (WGS 84)."""

    width: int
    height: int
    camera: str = ""
    taken: str = ""
    place: tuple[float, float] | None = None


class Alike(Message, frozen=True, kw_only=True, tag="alike"):
    """The likenesses of a picture, see server/parsing/likeness.py; none where there is nothing to see."""

    likenesses: tuple[bytes, ...]


class NotOne(Message, frozen=True, kw_only=True, tag="not_one"):
    """This is no sound JPEG or PNG, or it is far too large; or not what this child is for."""


class ReadSheet(Message, frozen=True, kw_only=True, tag="read_sheet"):
    """Read one sheet of a workbook (from 0), or a text of separated values."""

    data: bytes
    number: int


class Sheet(Message, frozen=True, kw_only=True, tag="sheet"):
    """A sheet's cells: each of `pieces` is a packed array of rows, PIECE of them but for the last.

    `names` are those of all sheets; `before` is how many blank rows stand above the first.
    """

    names: tuple[str, ...]
    number: int
    pieces: tuple[bytes, ...]
    count: int
    before: int


class NoSheet(Message, frozen=True, kw_only=True, tag="no_sheet"):
    """Why there is none: a key under `impor.berkas` in the texts. `names`: of all sheets, if known."""

    why: str
    names: tuple[str, ...] = ()


class AskGuard(Message, frozen=True, kw_only=True, tag="ask_guard"):
    """Ask whether the kernel guards the child's calls."""


class Guard(Message, frozen=True, kw_only=True, tag="guard"):
    """Whether it does; if not, only the limits hold."""

    is_up: bool


Task = Thumbnail | Look | Compare | Stamp | ReadSheet | AskGuard | Typeset | SetLetter
Answer = Picture | Looked | Alike | NotOne | Sheet | NoSheet | Guard | Printed

tasks: msgspec.msgpack.Decoder[Task] = msgspec.msgpack.Decoder(Task)
answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def frame(message: Task | Answer) -> bytes:
    """Return a message with its length before it. Raises ValueError for one that is too large."""
    return frames.frame(encode(message), MOST_BYTES)


def read_frame(read: Callable[[int], bytes]) -> bytes | None:
    """Read one message's bytes; None where the other end is gone, or says what it may not."""
    return frames.read_frame(read, MOST_BYTES)
