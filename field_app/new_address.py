"""An address of the office that the worker brings: scanned from its page, or as she was told it.

Rule: it counts only where the office itself lets this phone in; else all stays as it was.
"""

import sqlcipher3.dbapi2 as sqlcipher

from field_app.link import Failure
from field_app.moving import NOBODY, STRANGER, UNPROVED, MovingLink
from field_app.store import Store
from field_app.unstored import unstored
from field_app.vault import StorageFailedError, StorageFullError
from field_app.views import Refused
from field_app.worker import Worker
from schemas.addresses import read_address


class NewAddress:
    """Of one open vault: `store` is the one that its worker sends from."""

    def __init__(self, link: MovingLink, store: Store, worker: Worker) -> None:
        self._link, self._store, self._worker = link, store, worker

    @property
    def present(self) -> str:
        """Where the office is, as far as this phone knows."""
        return self._link.door.address

    def go(self, text: str) -> Refused | None:
        """Look for the office at this address; None when it is there, and a sync follows."""
        brought = read_address(text)
        if brought is None:
            return Refused(say="lapangan.pindah.bukan_alamat")
        with self._worker.alone() as free:
            if not free:
                return Refused(say="lapangan.pindah.sedang_sinkron")
            try:
                failure = self._link.go(brought, self._store.device(), self._store.sign)
            except (sqlcipher.Error, StorageFullError, StorageFailedError) as error:
                return unstored(error)
        if failure is not None:
            return Refused(say=_sentence(failure))
        self._worker.sync_now()
        return None


def _sentence(failure: Failure) -> str:
    """Return what is said of a failure at an address that she brought: it is for her to try another."""
    if failure.kind == "kantor":
        return failure.say
    is_silent = failure.say in NOBODY and failure.say != STRANGER
    return "lapangan.pindah.tidak_menjawab" if is_silent else UNPROVED.say
