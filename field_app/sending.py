"""Sending photos. Rule: one that cannot be sent never holds up the others, and no byte goes twice needlessly.

Photos of the visit that was finalised first go first, the small ones before the large (blobs.py). A line that
is cut is taken up again as long as each attempt brings the office further; when three photos in a row get no
further, the rest waits for the next sync, and goes before them then. A photo whose bytes are not what its
name says is never sent: it is lost, and said to be. A photo that the office did not say it lacks may be there
already: then it is asked before any byte goes.
"""

from collections.abc import Callable, Set
from hashlib import sha256

from field_app.blobs import DITERIMA, LOKAL, TERKIRIM, Blobs, Stored
from field_app.link import UNAUTHORISED, UNREACHABLE, Failure, Link, refused_again
from field_app.tus import UNTOLD, Upload
from field_app.unstored import unstored
from field_app.vault import StorageFailedError
from schemas.ids import BlobId

IDLE_ATTEMPTS = 2
"""Attempts at one photo that may bring the office no further; the second one asks how far the first came."""
IDLE_PHOTOS = 3
DAMAGED = "lapangan.foto_rusak"

Moved = Callable[[int, int, bool], None]


class Sending:
    """Sends the photos of one phone. `log_in()` gets a new token; `may_go_on()` is asked before each photo.

    `moved(done, total, further)` is told the bytes of this run that the office holds, of all, and whether
    it came further since.
    """

    def __init__(
        self,
        blobs: Blobs,
        link: Link,
        log_in: Callable[[], Failure | None],
        may_go_on: Callable[[], bool],
        moved: Moved,
    ) -> None:
        self._blobs, self._upload = blobs, Upload(link)
        self._log_in, self._may_go_on, self._moved = log_in, may_go_on, moved

    def run(self, waiting: list[Stored], lacking: Set[BlobId]) -> Failure | None:
        """Send each; return the last failure, None when all were received. `lacking`: of which the office
        said just now that it has not got them.
        """
        total = sum(blob.size_bytes for blob in waiting)
        before, idle = 0, 0
        failed: Failure | None = None
        for blob in waiting:
            if not self._may_go_on():
                return failed
            failure = self._send(blob, blob.id in lacking, before, total)
            before += blob.size_bytes
            if failure is None:
                idle = 0
                continue
            failed = failure
            idle = idle + 1 if failure.kind == "jaringan" else 0
            if failure.retry_s or failure.say == UNREACHABLE or idle >= IDLE_PHOTOS:
                return failure
        return failed

    def _send(self, blob: Stored, is_lacking: bool, before: int, total: int) -> Failure | None:
        """Send one photo, through as many cuts as bring it further."""
        try:
            data = self._blobs.read(blob.id)
        except StorageFailedError as error:
            return Failure(kind="rusak", say=unstored(error).say)
        if sha256(data).hexdigest() != blob.id:
            self._blobs.lose(blob.id, DAMAGED)
            return Failure(kind="rusak", say=DAMAGED)
        reached, url = blob.sent_bytes, blob.upload_url or ("" if is_lacking else UNTOLD)
        furthest = reached

        def progress(sent_bytes: int, at: str) -> None:
            nonlocal furthest, reached, url
            further, furthest = sent_bytes > furthest, max(furthest, sent_bytes)
            reached, url = sent_bytes, at
            if sent_bytes < blob.size_bytes:  # at its end it is received, and that is noted next
                self._blobs.progress(blob.id, sent_bytes=sent_bytes, upload_url=at)
            self._moved(before + sent_bytes, total, further)

        idle, logged_in = 0, False
        while True:
            before_this = furthest
            outcome = self._upload.run(blob.id, data, url, progress)
            if not isinstance(outcome, Failure):
                self._blobs.progress(blob.id, state=DITERIMA, sent_bytes=blob.size_bytes, upload_url="")
                return None
            if outcome.status == UNAUTHORISED and not logged_in:
                logged_in, refused = True, self._log_in()
                if refused is None:
                    continue
                outcome = refused
            outcome = refused_again(outcome) if logged_in else outcome
            idle = 0 if furthest > before_this else idle + 1
            cut = outcome.kind == "jaringan" and not (
                outcome.retry_s or outcome.say == UNREACHABLE or outcome.status == UNAUTHORISED
            )
            if not cut or idle >= IDLE_ATTEMPTS or not self._may_go_on():
                state = TERKIRIM if reached == blob.size_bytes else LOKAL
                self._blobs.progress(
                    blob.id, state=state, sent_bytes=reached, upload_url=url, problem=outcome.say
                )
                return outcome
