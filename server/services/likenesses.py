"""Photos compared by their pictures as they arrive. Rule: one at a time, beside all else, and each once.

Papers are not compared, as they look alike whosever they are, and what is sealed is never opened here. What
arrived before this was known is compared later, the newest first; what is done is noted beside each photo, so
that a restart changes nothing.
"""

import threading
import time
from collections.abc import Callable

from schemas.form import Forms
from schemas.form_cells import field_at
from schemas.ids import BlobId
from schemas.papers import is_scene
from schemas.sealed import SEALED_SERVICES
from server import likeness, likeness_store
from server.blobs import BlobStore, DamagedBlobError
from server.engine import DiskError, Engine, Writer
from server.likeness_store import Place
from server.parsing.pool import Parsers
from server.thumbnails import whole

AT_ONCE = 50
"""Places of photos in one look: most papers and signatures need nothing but a note."""
LASTS_S = 0.3
"""So long one turn takes: some ten photos, and then whatever else follows the log has its turn."""


class Likenesses:
    """Compares the photos that arrived. `elapsed_s` gives seconds of a clock that never goes back."""

    def __init__(
        self,
        engine: Engine,
        blobs: BlobStore,
        parsers: Parsers,
        forms: Forms,
        elapsed_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._blobs, self._parsers, self._forms = engine, blobs, parsers, forms
        self._elapsed_s = elapsed_s
        self._turn = threading.Lock()

    def catch_up(self, lasts_s: float = LASTS_S) -> bool:
        """Compare what was not compared yet, about so long; return whether there is more. Blocks."""
        try:
            return self._catch_up(self._elapsed_s() + lasts_s)
        except DiskError:
            return True

    def _catch_up(self, end_s: float) -> bool:
        while places := self._engine.read(lambda tx: likeness_store.to_compare(tx, AT_ONCE)):
            blobs: dict[BlobId, list[Place]] = {}
            for place in places:
                blobs.setdefault(place.blob, []).append(place)
            needless = [each for each in places if not any(map(self._is_scene, blobs[each.blob]))]
            if needless:
                self._engine.write(lambda tx, some=needless: likeness_store.compared(tx, some)).result()
            for blob, here in blobs.items():
                if any(map(self._is_scene, here)):
                    if self._elapsed_s() >= end_s:
                        return True
                    self._compare(blob, here)
        return False

    def _is_scene(self, place: Place) -> bool:
        """Whether pictures in this place are to be compared."""
        forms = (self._forms.get(place.form, version) for version in self._forms.versions(place.form))
        asking = ((form, field) for form in forms if (field := field_at(form.fields, place.field)))
        return any(form.service not in SEALED_SERVICES and is_scene(field) for form, field in asking)

    def _compare(self, blob: BlobId, places: list[Place]) -> None:
        if self._engine.read(lambda tx: likeness_store.is_known(tx, blob)):
            self._engine.write(lambda tx: likeness_store.compared(tx, places)).result()
            return
        made = self._likenesses(blob)

        def work(tx: Writer) -> None:
            # what was destroyed meanwhile is not there any more, and leaves nothing
            if likeness_store.compared(tx, places) and made and not likeness_store.is_known(tx, blob):
                likeness_store.put(tx, blob, likeness.kept(made), twins)

        with self._turn:  # of two that are compared at once, each would miss the other
            twins = self._engine.read(lambda tx: likeness_store.near(tx, made)) if made else []
            self._engine.write(work).result()

    def _likenesses(self, blob: BlobId) -> tuple[bytes, ...]:
        try:
            return self._parsers.likenesses(whole(self._blobs, blob))
        except (DamagedBlobError, OSError, ValueError):  # who checks the store tells of it
            return ()
