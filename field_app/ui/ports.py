"""What the screens ask of the phone: the use cases, as shapes only.

Rule: a screen knows these and nothing of vaults, chains or HTTP. Times are UTC milliseconds, sizes bytes;
`say` and
`problem` are keys of schemas/text. What a use case refuses is a returned value with `say`, not an exception.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol

from schemas.form import Forms
from schemas.wilayah import Wilayah


class CardView(Protocol):
    """One line of the home list; status is a code of the `status` texts."""

    tugas: str | None
    draft: str | None
    visit: str | None
    subjek: str | None
    nama: str
    desa: str
    form: str
    title: str
    due: str | None
    status: str
    conflicts: int


class SyncView(Protocol):
    """Where sending stands."""

    data_pending: int
    photos_pending: int
    last_ms: int | None
    state: Literal["diam", "jalan", "gagal"]
    problem: str
    done: int
    total: int
    wait_s: int
    lost: int
    conflicts: int


class Visits(Protocol):
    """A visit from start to sealed (field_app/visits.py)."""

    def home(self) -> Any: ...
    def search(self, text: str, limit: int = 50, kode_desa: str | None = None) -> Any: ...
    def references(self, to: str, text: str = "", limit: int = 50) -> Any: ...
    def task(self, tugas: str) -> Any: ...
    def visit(self, visit: str) -> Any: ...
    def conflicts(self) -> Any: ...
    def losses(self) -> Any: ...
    def record_again(self, visit: str) -> Any: ...
    def person(self, subject: str) -> Any: ...
    def startable(self) -> Any: ...
    def start(self, form: str, subject: str | None, tugas: str | None) -> Any: ...
    def start_correction(self, visit: str) -> Any: ...
    def draft(self, id: str) -> Any: ...  # noqa: A002 - the use case's own name
    def discard(self, id: str) -> Any: ...  # noqa: A002
    def restore(self, id: str) -> Any: ...  # noqa: A002
    def save(self, draft: str, form: str, field: str, value: Any) -> Any: ...
    def skip(self, draft: str, form: str, field: str, reason: str) -> Any: ...
    def remember_page(self, draft: str, form: str, page: int) -> Any: ...
    def add_photo(
        self, draft: str, form: str, field: str, camera: bytes, fix: Any, *, replaces: int | None = None
    ) -> Any: ...
    def drop_photo(self, draft: str, form: str, field: str, number: int) -> Any: ...
    def sign(self, draft: str, form: str, field: str, png: bytes) -> Any: ...
    def photo_bytes(self, blob: str) -> bytes: ...
    def review(self, draft: str) -> Any: ...
    def finalise(self, draft: str) -> Any: ...


class Worker(Protocol):
    """The one background thread that sends; the listener is called from it."""

    listener: Callable[[Any], None] | None

    def sync_now(self) -> None: ...
    def sync_soon(self) -> None: ...
    def status(self) -> Any: ...
    def ask_again(self, visit: str | None = None) -> None: ...
    def items(self) -> Any: ...


class Handover(Protocol):
    """Files for the office and from it (field_app/handover.py). `progress` gets 0 to 1, from any thread."""

    def last(self) -> Any: ...
    def write(self, folder: Path, progress: Callable[[float], None]) -> Any: ...
    def read(self, path: Path, progress: Callable[[float], None]) -> Any: ...


class Settings(Protocol):
    """Kept in the vault."""

    text_scale: float
    dark: bool
    wifi_only: bool
    keeping: Any


class Phone(Protocol):
    """Everything that a screen can ask for, built once in __main__."""

    visits: Visits
    worker: Worker
    handover: Handover
    settings: Settings
    forms: Forms
    wilayah: Wilayah
    text: Any

    def state(self) -> Literal["baru", "terkunci", "terbuka"]: ...
    def enrol(self, address: str, code: str, pin: str) -> Any: ...
    def unlock(self, pin: str) -> Any: ...
    def tries(self) -> Any: ...
    def rescue(self, code: str, pin: str) -> Any: ...
    def used_bytes(self) -> int: ...
    def lock(self) -> None: ...
