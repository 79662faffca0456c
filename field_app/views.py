"""What the use cases hand to a screen. Rule: values only, already put together; a screen decides nothing."""

from pathlib import Path
from typing import Any

from schemas.base import Data
from schemas.ids import BlobId, ChangeId, RecordId
from sync.change import FormAnswers, Place


class SyncStatus(Data, frozen=True, kw_only=True):
    """Where sending stands. `state`: diam, jalan or gagal; `problem` is a text key, empty without one.

    `done` of `total` counts bytes of photos in the run that is going on. `wait_s` is the time to the next
    try. `lost` counts visits that never arrived and wait to be recorded again, `photos_lost` photos that can
    never be sent, `conflicts` what waits for the office's choice. `clock_off_ms`: how far this phone's clock
    is ahead, below 0 how far behind. `ended`: the office shows this phone nothing more, for it was revoked,
    or its worker is no longer on duty.
    """

    data_pending: int = 0
    photos_pending: int = 0
    lost: int = 0
    photos_lost: int = 0
    conflicts: int = 0
    last_ms: int | None = None
    state: str = "diam"
    problem: str = ""
    done: int = 0
    total: int = 0
    wait_s: int = 0
    clock_off_ms: int = 0
    ended: bool = False


class SyncItem(Data, frozen=True, kw_only=True):
    """One thing on its way: `kind` is data or foto; `status` a status word; `problem` a text key or empty.

    `again`: asking the office once more may help. `waits_for` names the visit that must come first, `held_up`
    those that wait for this one. `kept`: the bytes left this phone, the office has them.
    `handed_ms`: when it was last written into a hand-over file, as long as the office has not received it.
    """

    id: str
    kind: str
    title: str
    status: str
    percent: int
    problem: str
    handed_ms: int | None = None
    again: bool = False
    waits_for: str = ""
    held_up: tuple[str, ...] = ()
    kept: bool = False
    visit: RecordId | None = None


class Lost(Data, frozen=True, kw_only=True):
    """A visit that did not arrive: what names it for her, when it was (UTC ms), and whether she may record it
    again from what is left of it.
    """

    visit: RecordId
    number: str
    nama: str
    finalised_ms: int
    why: str
    again: bool


class FieldConflict(Data, frozen=True, kw_only=True):
    """One field of a conflict: its name, what she saw, what she wrote, what the office holds as far as she
    may see it, and after the decision what stands (`chosen`: mine, theirs or other).
    """

    name: str
    base: Any
    mine: Any
    theirs: Any
    now: Any = None
    chosen: str = ""


class ConflictView(Data, frozen=True, kw_only=True):
    """Something that waits for the office's choice, or was chosen. Fields that belong together are one.

    `reason` is nilai, mundur, dihapus or wilayah; times are UTC milliseconds, 0 when not known. `shown` says
    whether she may see the office's values at all; `visit` is the visit that it came with, if it is hers.
    """

    id: RecordId
    kind: str
    nama: str
    reason: str
    open: bool
    shown: bool
    fields: tuple[FieldConflict, ...]
    written_ms: int
    received_ms: int
    resolved_ms: int = 0
    resolved_by: str = ""
    visit: RecordId | None = None


class VisitPhoto(Data, frozen=True, kw_only=True):
    """A photo of a finalised visit: `status` a status word, `kept` when its bytes are only at the office."""

    blob: BlobId
    form: str
    field: str
    thumbnail: bytes
    status: str
    kept: bool


class VisitView(Data, frozen=True, kw_only=True):
    """A finalised visit: where it stands and why, its photos, and its conflicts, open ones first.

    `problem` is a text key or empty; `waits_for` names the visit that must come first, `held_up` those that
    wait for this one. Of a `sealed` one the reasons are asked for behind the second unlock; `told`: the
    office sealed its word on it to the phones of this worker.
    """

    visit: RecordId
    version: str
    status: str
    problem: str
    note: str
    reasons: dict[str, str]
    number: str
    finalised_ms: int
    versions: dict[str, int]
    photos: tuple[VisitPhoto, ...]
    conflicts: tuple[ConflictView, ...]
    waits_for: str = ""
    held_up: tuple[str, ...] = ()
    again: bool = False
    record_again: bool = False
    sealed: bool = False
    told: bool = False


class HandedOver(Data, frozen=True, kw_only=True):
    """A file that was written for the office: where, when (UTC ms), how many visits and photos are in it."""

    path: Path
    written_ms: int
    data: int
    photos: int


class AnswerRead(Data, frozen=True, kw_only=True):
    """An answer of the office was taken in: visits and photos that it confirmed, and new rows it brought.

    `out_of_step`: the two ends do not agree yet; the next file, or a sync, will ask what differs.
    """

    data: int
    photos: int
    rows: int
    out_of_step: bool = False


class Card(Data, frozen=True, kw_only=True):
    """One line of a list: a task, a draft or a visit. `due` is YYYY-MM-DD; `number` of a finalised visit;
    `conflicts` how many open ones it has at the office, `chosen` how many the office has ended. `hint`: what
    is to be known before going on (wanted.py), empty without one.
    """

    tugas: RecordId | None = None
    draft: str | None = None
    visit: RecordId | None = None
    subjek: RecordId | None = None
    nama: str
    desa: str
    form: str
    title: str
    due: str | None = None
    status: str
    number: str = ""
    conflicts: int = 0
    chosen: int = 0
    hint: str = ""


class PutAway(Data, frozen=True, kw_only=True):
    """A draft that can still be brought back: since when (UTC ms), and for how many more days at least."""

    card: Card
    since_ms: int
    days_left: int


class MonthWork(Data, frozen=True, kw_only=True):
    """The tasks that are due in this month: how many are done, and how many are left."""

    done: int
    left: int


class Home(Data, frozen=True, kw_only=True):
    """The first screen, in groups; `month` is None when no task is due in it, `rest` counts older `sent`."""

    returned: tuple[Card, ...]
    overdue: tuple[Card, ...]
    today: tuple[Card, ...]
    upcoming: tuple[Card, ...]
    drafts: tuple[Card, ...]
    sent: tuple[Card, ...]
    rest: int = 0
    sync: SyncStatus
    month: MonthWork | None = None


class Hit(Data, frozen=True, kw_only=True):
    """One person or e-warong that a search found."""

    id: RecordId
    kind: str
    nama: str
    desa: str
    alamat: str
    nik_akhir: str
    has_task: bool


class Reference(Data, frozen=True, kw_only=True):
    """Something that a field may refer to: its id, its name, and what tells two of one name apart."""

    id: RecordId
    nama: str
    under: str


class TaskView(Data, frozen=True, kw_only=True):
    """One task. `last_visit` is UTC milliseconds; `reasons` and `note` are of the last return."""

    card: Card
    why: str
    subject: dict[str, Any]
    due: str | None
    last_visit: int | None
    reasons: dict[str, str]
    note: str


class Startable(Data, frozen=True, kw_only=True):
    """One form that a visit may begin with; when not, `say` is the text key of why.

    `note`: the text key of what is to be known beside it. `service` is empty where the form cannot be read.
    `asked`: the office gave out a task of it about whom the visit will be of.
    """

    form: str
    title: str
    service: str
    subject: str
    startable: bool
    say: str = ""
    note: str = ""
    asked: bool = False


class PhotoView(Data, frozen=True, kw_only=True):
    """One shot. `warnings` are text keys; `number` tells two shots of equal bytes apart."""

    number: int
    blob: BlobId
    form: str
    field: str
    thumbnail: bytes
    camera_sha256: str = ""
    taken_ms: int
    place: Place | None
    blurry: bool
    dark: bool
    superseded: bool
    warnings: tuple[str, ...]


class DraftView(Data, frozen=True, kw_only=True):
    """A draft as she left it. `answers` hold what was typed, also what was refused, and what is derived.
    `sealed`: it is of a sealed case, and closes by itself. `at`: form and field where she was, if known.
    `mended`: the keys of `returned` whose answer or photo is another by now.
    """

    id: str
    form: str
    title: str
    nama: str
    desa: str
    forms: dict[str, FormAnswers]
    last: dict[str, dict[str, Any]]
    returned: dict[str, str]
    note: str
    page: int
    photos: tuple[PhotoView, ...]
    subject: dict[str, Any]
    findings: dict[str, tuple["Listed", ...]]
    sealed: bool = False
    at: tuple[str, str] | None = None
    mended: tuple[str, ...] = ()
    kode_desa: str = ""


class Listed(Data, frozen=True, kw_only=True):
    """A finding of schemas.check with its form."""

    form: str
    field: str
    kind: str
    say: str
    row: int | None = None
    column: str = ""


class Saved(Data, frozen=True, kw_only=True):
    """Committed. `findings` are those of the form now; `forms` those that the visit now consists of."""

    findings: tuple[Listed, ...]
    forms: tuple[str, ...]


class Review(Data, frozen=True, kw_only=True):
    """What a visit still lacks. Only `blocked` keeps it from being finalised."""

    missing: tuple[Listed, ...]
    blocked: tuple[Listed, ...]
    warnings: tuple[Listed, ...]
    photos: int
    forms: tuple[str, ...]


class Refused(Data, frozen=True, kw_only=True):
    """Not done; `say` is a text key, `values` fill its fields. What was typed is kept."""

    say: str
    values: dict[str, str] = {}
    review: Review | None = None


class Finalised(Data, frozen=True, kw_only=True):
    """A visit that is finished and in the chain."""

    visit: RecordId
    number: str
    change: ChangeId


class CaseView(Data, frozen=True, kw_only=True):
    """What may be shown of one of this officer's sealed cases; `state` is empty before the office has it."""

    id: RecordId
    kode: str
    state: str


class UnitView(Data, frozen=True, kw_only=True):
    """Whether cases can be sealed: `problem` is a text key of why not, empty when they can. The words are
    eight each: of the identity that the office names, and of the one that was compared; empty without one.
    """

    problem: str
    offered: tuple[str, ...]
    pinned: tuple[str, ...]


class Statement(Data, frozen=True, kw_only=True):
    """What is read out before it is signed, by paragraph; `missing` names fields that it still needs."""

    title: str
    paragraphs: tuple[str, ...]
    missing: tuple[str, ...]


class Waiting(Data, frozen=True, kw_only=True):
    """Not let in yet: the four words to compare. `trouble` is a text key while nobody answers."""

    address: str
    words: tuple[str, ...]
    trouble: str = ""


class Welcomed(Data, frozen=True, kw_only=True):
    """Let in: who and where, as the office says. The PIN is set next."""

    office: str
    person_name: str


class PhoneUser(Data, frozen=True, kw_only=True):
    """Somebody with a vault here. `id` names the folder, empty for the first; `sign` may be empty.

    `ready` says whether it has a PIN; else a phone is still waiting to be let in.
    """

    id: str
    number: int
    sign: str
    ready: bool
