"""A story: what happens in a regency, one event after another. Rule: events are data, and choose nothing.

An event names what it is about by numbers (`pick` is taken modulo what there is), so that any of them can be
left out and the rest still means something. `n` is the event's own randomness: salts, ids and photos follow
from it. Stories are written as JSON and told again by `--story`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

TROUBLES = (
    "lose_request",
    "lose_answer",
    "cut_request",
    "cut_answer",
    "repeat",
    "twice",
    "late",
    "pause",
    "office_crash",
    "office_fsync",
    "office_full",
    "phone_crash",
    "phone_full",
)
"""What may go wrong with one message: both ways on the line, at the office, on the phone.

`repeat` delivers a request again after it was answered, `twice` at the same moment, `late` only after the
phone gave up; `pause` lets the world go on while an answer is under way.
"""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong at the `step`-th message of a sync; `at` says where or how long."""

    step: int
    kind: str
    at: int = 0


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", omit_defaults=True):
    """Something that happens."""

    n: int


class Visit(Event, frozen=True, kw_only=True, tag=True):
    """A visit is finalised on a phone, with photos; `again` makes it a further version of an own one."""

    phone: int
    pick: int
    photos: int
    again: bool = False


class Edit(Event, frozen=True, kw_only=True, tag=True):
    """A field of a warga is corrected on a phone."""

    phone: int
    pick: int
    field: str
    value: str


class Sync(Event, frozen=True, kw_only=True, tag=True):
    """A phone syncs with one of the offices there are."""

    phone: int
    office: int = 0
    troubles: tuple[Trouble, ...] = ()


class Clock(Event, frozen=True, kw_only=True, tag=True):
    """A phone's clock says something else from now on (UTC ms)."""

    phone: int
    wall_ms: int


class Copy(Event, frozen=True, kw_only=True, tag=True):
    """Someone copies a phone, whole."""

    phone: int


class PutBack(Event, frozen=True, kw_only=True, tag=True):
    """A phone becomes again what it was when it was copied."""

    phone: int


class Clone(Event, frozen=True, kw_only=True, tag=True):
    """The copy of a phone goes on as a phone of its own."""

    phone: int
    into: int


class Amend(Event, frozen=True, kw_only=True, tag=True):
    """The office sets a field of a warga."""

    pick: int
    field: str
    value: str


class Move(Event, frozen=True, kw_only=True, tag=True):
    """Someone moves to another desa."""

    pick: int
    desa: int


class Remove(Event, frozen=True, kw_only=True, tag=True):
    """A warga is deleted, or merged into another, or brought back."""

    pick: int
    into: int | None = None
    back: bool = False


class Assign(Event, frozen=True, kw_only=True, tag=True):
    """A new tugas for a phone's person."""

    phone: int
    pick: int


class Task(Event, frozen=True, kw_only=True, tag=True):
    """A tugas is closed, opened again, or given to someone else."""

    pick: int
    state: str = ""
    phone: int | None = None


class Decide(Event, frozen=True, kw_only=True, tag=True):
    """An officer decides a visit; `stale` from a page that was open for too long."""

    pick: int
    decision: Literal["setujui", "kembalikan", "tolak", "tahan"]
    stale: bool = False


class Resolve(Event, frozen=True, kw_only=True, tag=True):
    """An officer resolves a conflict: with mine, theirs or a third value."""

    pick: int
    choice: Literal["mine", "theirs", "third"]
    stale: bool = False


class Case(Event, frozen=True, kw_only=True, tag=True):
    """A case is opened about a warga."""

    pick: int


class Step(Event, frozen=True, kw_only=True, tag=True):
    """A case moves a step, at the office or on a phone."""

    pick: int
    phone: int | None = None
    stale: bool = False


class Publish(Event, frozen=True, kw_only=True, tag=True):
    """The office publishes something that every phone reads."""

    pick: int
    value: str


class Area(Event, frozen=True, kw_only=True, tag=True):
    """A person gets other desa."""

    phone: int
    desa: tuple[int, ...]


class Duty(Event, frozen=True, kw_only=True, tag=True):
    """A person leaves, or comes back."""

    phone: int
    active: bool


class Revoke(Event, frozen=True, kw_only=True, tag=True):
    """A phone is revoked, for good."""

    phone: int


class Lose(Event, frozen=True, kw_only=True, tag=True):
    """A phone's file is damaged: contents of its chain are lost, with their photos, and links too."""

    phone: int
    pick: int
    many: int
    links: bool = False


class Forget(Event, frozen=True, kw_only=True, tag=True):
    """A phone forgets the photos that it was told are safe."""

    phone: int


class WriteFile(Event, frozen=True, kw_only=True, tag=True):
    """A phone writes a hand-over file."""

    phone: int


class TakeFile(Event, frozen=True, kw_only=True, tag=True):
    """An office takes in a phone's hand-over file: for the first time or again, in whatever order."""

    phone: int
    pick: int
    office: int = 0


class AnswerFile(Event, frozen=True, kw_only=True, tag=True):
    """An office writes its answer to a phone's hand-over file."""

    phone: int
    pick: int
    office: int = 0


class ReadAnswer(Event, frozen=True, kw_only=True, tag=True):
    """A phone reads an answer: a new one, or an old one once more."""

    phone: int
    pick: int


class Safe(Event, frozen=True, kw_only=True, tag=True):
    """The office works out what every copy of it holds, and tells phones."""


class Destroy(Event, frozen=True, kw_only=True, tag=True):
    """The office destroys a visit for good."""

    pick: int


class Backup(Event, frozen=True, kw_only=True, tag=True):
    """The office's folder is copied."""

    office: int = 0


class Restore(Event, frozen=True, kw_only=True, tag=True):
    """An office goes on from one of its copies; what came after is not there any more."""

    pick: int
    office: int = 0


class NewKey(Event, frozen=True, kw_only=True, tag=True):
    """The office gives its chain another key; it may stop in the middle, at the `crash`-th write."""

    crash: int | None = None


class Fork(Event, frozen=True, kw_only=True, tag=True):
    """A second office goes on from a copy, beside the first."""

    pick: int


class Join(Event, frozen=True, kw_only=True, tag=True):
    """Of two offices one is stopped for good."""

    keep: int


class SealedCase(Event, frozen=True, kw_only=True, tag=True):
    """A sealed case is opened on a phone, or at the office."""

    phone: int | None = None


class SealedVisit(Event, frozen=True, kw_only=True, tag=True):
    """A visit to a sealed case is finalised on a phone, in a container; `again`: a further version."""

    phone: int
    pick: int
    again: bool = False


class SealedStep(Event, frozen=True, kw_only=True, tag=True):
    """A sealed case moves a step at the office; a phone tries to."""

    pick: int
    phone: int | None = None
    stale: bool = False


class SealedDecision(Event, frozen=True, kw_only=True, tag=True):
    """An officer decides a sealed visit, with reasons for its author's devices."""

    pick: int
    decision: Literal["setujui", "kembalikan", "tolak", "tahan"]
    stale: bool = False


class SealedNote(Event, frozen=True, kw_only=True, tag=True):
    """An officer looks at a sealed case, and writes something down about it."""

    pick: int
    stale: bool = False


class SealedTask(Event, frozen=True, kw_only=True, tag=True):
    """Someone gets a task of a sealed case, or the case itself goes `over` to them."""

    pick: int
    phone: int
    over: bool = False


class Blurt(Event, frozen=True, kw_only=True, tag=True):
    """Somebody writes about a sealed case in plaintext, on a phone or at the office, in one of many ways."""

    pick: int
    way: int
    phone: int | None = None


AnyEvent = (
    Visit | Edit | Sync | Clock | Copy | PutBack | Clone | Amend | Move | Remove | Assign | Task | Decide
    | Resolve | Case | Step | Publish | Area | Duty | Revoke | Lose | Forget | Safe | Destroy | Backup
    | Restore | NewKey | Fork | Join | WriteFile | TakeFile | AnswerFile | ReadAnswer | SealedCase
    | SealedVisit | SealedStep | SealedDecision | SealedNote | SealedTask | Blurt
)  # fmt: skip


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A world at its beginning, and what happens in it."""

    seed: int
    devices: int
    days: int
    page_rows: int
    message_bytes: int
    events: tuple[AnyEvent, ...]

    def without(self, gone: Sequence[int]) -> "Story":
        """Return this story without the events at these places."""
        left = set(gone)
        events = tuple(event for place, event in enumerate(self.events) if place not in left)
        return msgspec.structs.replace(self, events=events)


def save(story: Story, path: Path) -> None:
    """Write a story as JSON, one event a line."""
    head = msgspec.json.encode(msgspec.structs.replace(story, events=())).decode()
    lines = ",\n".join(msgspec.json.encode(event).decode() for event in story.events)
    path.write_text(head.replace('"events":[]', f'"events":[\n{lines}\n]') + "\n", encoding="utf-8")


def load(path: Path) -> Story:
    """Read a story. Raises msgspec.ValidationError or msgspec.DecodeError."""
    return msgspec.json.decode(path.read_bytes(), type=Story)
