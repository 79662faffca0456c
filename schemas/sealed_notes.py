"""What lies inside the notes of a sealed case. Rule: encoded once, sealed to each reader, never stored open.

`alasan` holds Reasons, `tugas` an Assignment, `langkah` StepAnswers, `tujuan` a Purpose. How a note is sealed
is in sync/sealed_case.py; docs/protocol.md, "Sealed cases".
"""

from typing import Annotated, Any

import msgspec

from schemas.base import Message
from schemas.ids import PersonId


class Reasons(Message, frozen=True, kw_only=True):
    """Why a visit was decided so: by `form.field` or hash of a photo, and a note to whoever made it.

    `form` is the visit's main form: the phone that sealed it does not know any more.
    """

    form: str
    reasons: dict[str, str]
    note: str


class Assignment(Message, frozen=True, kw_only=True):
    """What a person is asked to do about a sealed case: which forms, and what they must know before."""

    forms: list[str]
    text: str


class StepAnswers(Message, frozen=True, kw_only=True):
    """The answers to a step of the workflow, as `sync.change.Advance` has them in plaintext."""

    answers: dict[str, Any]


class Purpose(Message, frozen=True, kw_only=True):
    """Why somebody opened, printed or took something out; `by` is who, `what` which photo or page."""

    by: PersonId
    text: Annotated[str, msgspec.Meta(max_length=1000)]
    what: str = ""
