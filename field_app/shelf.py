"""Where a draft lies while it is written, as the use cases see it. Rule: they know no other way to it.

Plain drafts lie in the vault (drafts.py); those of sealed cases under a key of their own (sealed_drafts.py).
Each method joins its caller's transaction, or makes its own. A sealed shelf raises ClosedError for all but
`holds` when the second unlock is closed.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from field_app.draft import Draft, Photo
from schemas.ids import BlobId


class Shelf(Protocol):
    """See the module; the methods say more in drafts.py."""

    def holds(self, draft: str) -> bool:
        """Say whether a draft lies here."""
        ...

    def get(self, draft: str) -> Draft | None: ...

    def touch(self, draft: str, now_ms: int, page: int | None = None) -> None: ...

    def discard(self, draft: str, discarded_ms: int | None) -> None: ...

    def pin_form(self, draft: str, form: str, version: int) -> None: ...

    def forms(self, draft: str) -> dict[str, int]: ...

    def put_answer(
        self, draft: str, form: str, field: str, value: Any, *, refused: bool, now_ms: int
    ) -> None: ...

    def answers(self, draft: str) -> dict[str, dict[str, Any]]: ...

    def keep_photo(self, draft: str, photo: Photo, data: bytes, thumbnail: bytes) -> int:
        """Keep one shot with its bytes and return its number; `photo.number` is ignored."""
        ...

    def supersede(self, draft: str, form: str, field: str, number: int | None) -> None: ...

    def mark_superseded(self, draft: str, marks: Mapping[int, bool]) -> None: ...

    def photos(self, draft: str) -> list[Photo]: ...

    def thumbnail(self, draft: str, photo: Photo) -> bytes:
        """Return the small JPEG of a shot; empty for what has none."""
        ...

    def photo_bytes(self, blob: BlobId) -> bytes:
        """Return the bytes of a shot by its hash. Raises LookupError."""
        ...
