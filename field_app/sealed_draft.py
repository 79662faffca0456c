"""What of a sealed draft may be shown, and what is sealed. Rule: plain values; nothing here seals."""

from typing import Any

from field_app.draft import Draft, Seen
from schemas.base import Data
from schemas.ids import ChangeId, RecordId


class Cover(Data, frozen=True, kw_only=True):
    """What of a sealed draft may be shown without the second unlock. `number` is the version of the visit."""

    id: str
    visit: RecordId
    kasus: RecordId
    kode: str
    is_new: bool
    tugas: RecordId | None
    follows: ChangeId | None
    number: int
    due: str
    page: int
    started_ms: int
    touched_ms: int
    discarded_ms: int | None


class Head(Data, frozen=True, kw_only=True):
    """What is sealed of the draft itself: its main form, the pinned versions, what she was shown, and form
    and field that she touched last.
    """

    form: str
    forms: dict[str, int]
    seen: Seen
    spot: tuple[str, str] | None = None


class Answer(Data, frozen=True, kw_only=True):
    """One answer with its place."""

    form: str
    field: str
    value: Any


COLUMNS = (
    "id, visit, kasus, kode, is_new, tugas, follows, number, due, page, started_ms, touched_ms, discarded_ms"
)


def draft_of(cover: Cover, head: Head) -> Draft:
    """Return a sealed draft as every other draft is seen; its subject is the kasus, its number the code."""
    return Draft(
        id=cover.id,
        visit=cover.visit,
        form=head.form,
        tugas=cover.tugas,
        subject=cover.kasus,
        follows=cover.follows,
        number=cover.kode,
        seen=head.seen,
        page=cover.page,
        started_ms=cover.started_ms,
        touched_ms=cover.touched_ms,
        discarded_ms=cover.discarded_ms,
        change=None,
        patch=None,
        finalised_ms=None,
    )


def cover_of(row: tuple[Any, ...]) -> Cover:
    """Read a row of COLUMNS."""
    values = dict(zip((name.strip() for name in COLUMNS.split(",")), row, strict=True))
    values["is_new"] = bool(values["is_new"])
    return Cover(**values)
