"""What a draft is: plain values, the same for every shelf. Rule: nothing here knows where it lies."""

from typing import Any

from schemas.base import Data
from schemas.ids import BlobId, ChangeId, RecordId
from sync.change import Place


class Seen(Data, frozen=True, kw_only=True):
    """What she was shown when the draft began: `fields` of the subject are the base of what she changes.

    `last` has the answers of an earlier visit by form, `returned` the office's reasons by field or blob.
    """

    kind: str = ""
    nama: str = ""
    kode_desa: str = ""
    fields: dict[str, Any] = {}
    last: dict[str, dict[str, Any]] = {}
    returned: dict[str, str] = {}
    note: str = ""
    due: str = ""


class Draft(Data, frozen=True, kw_only=True):
    """One version of a visit, being written or (with `change`) finalised."""

    id: str
    visit: RecordId
    form: str
    tugas: RecordId | None
    subject: RecordId | None
    follows: ChangeId | None
    number: str
    seen: Seen
    page: int
    started_ms: int
    touched_ms: int
    discarded_ms: int | None
    change: ChangeId | None
    patch: ChangeId | None
    finalised_ms: int | None


class Paper(Data, frozen=True, kw_only=True):
    """What a picture of a paper lacks: light covers some of it, a side is outside, it is too small in it."""

    glare: bool = False
    cut: bool = False
    far: bool = False


class Photo(Data, frozen=True, kw_only=True):
    """One shot. `number` tells two shots of equal bytes apart; `paper` is all false where it is of none."""

    number: int
    form: str
    field: str
    blob: BlobId
    camera_sha256: str
    taken_ms: int
    place: Place | None
    blurry: bool
    dark: bool
    paper: Paper = Paper()
    superseded: bool
    size_bytes: int
    media_type: str
