"""Files that leave the phone or come to it, by Android's own file chooser. Rule: no permission for storage,
and only what she chose.

The chooser shows the phone's folders, cards, sticks and whatever else there is. What it answers is an
address, whose file the system opens and hands over as a descriptor.
"""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from field_app.android.java import Java
from field_app.devices import Outing

ANY = "*/*"
PART = 1024 * 1024


class AndroidDocuments:
    """See devices.Documents."""

    def __init__(self, java: Java, outing: Outing, folder: Path) -> None:
        self._java, self._outing, self._folder = java, outing, folder

    @property
    def folder(self) -> Path:
        """See devices.Documents."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    def save(self, path: Path, media_type: str) -> bool:
        """See devices.Documents."""
        wish = self._wish("ACTION_CREATE_DOCUMENT", media_type)
        wish.putExtra(self._java("android.content.Intent").EXTRA_TITLE, path.name)
        place = self._ask(wish)
        if place is None:
            return False
        with path.open("rb") as source, self._opened(place, "wt", "wb") as target:
            shutil.copyfileobj(source, target, PART)
            target.flush()
            try:
                os.fsync(target.fileno())
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EROFS, errno.ENOTSUP):
                    raise  # a cloud's pipe cannot be synced; a full stick can say so
        return True

    def bring(self, into: Path) -> bool:
        """See devices.Documents."""
        place = self._ask(self._wish("ACTION_OPEN_DOCUMENT", ANY))
        if place is None:
            return False
        try:
            with self._opened(place, "r", "rb") as source, into.open("wb") as target:
                shutil.copyfileobj(source, target, PART)
        except OSError:
            into.unlink(missing_ok=True)
            raise
        return True

    def read(self, media_type: str, most_bytes: int) -> bytes | None:
        """See devices.Documents."""
        place = self._ask(self._wish("ACTION_OPEN_DOCUMENT", media_type))
        if place is None:
            return None
        with self._opened(place, "r", "rb") as source:
            return source.read(most_bytes + 1)

    def _wish(self, action: str, media_type: str) -> Any:
        intents = self._java("android.content.Intent")
        wish = intents(getattr(intents, action))
        wish.addCategory(intents.CATEGORY_OPENABLE)
        wish.setType(media_type)
        return wish

    def _ask(self, wish: Any) -> Any:
        """Return the address she chose, None for none. Raises OSError where there is no chooser."""
        try:
            with self._outing.begun():
                answer = self._java.activity.ask(wish)
        except self._java.error:
            raise OSError(errno.ENODEV, "no file chooser") from None
        return answer.getData() if answer is not None else None

    def _opened(self, place: Any, mode: str, python_mode: str) -> BinaryIO:
        try:
            opened = self._java.activity.getContentResolver().openFileDescriptor(place, mode)
        except self._java.error:
            opened = None
        if opened is None:
            raise OSError(errno.EIO, "the file cannot be opened")
        descriptor = int(opened.detachFd())
        try:
            return os.fdopen(descriptor, python_mode)  # pyright: ignore[reportReturnType]
        except OSError:
            with suppress(OSError):
                os.close(descriptor)
            raise
