"""An address of the office that the worker brings: scanned from its page, or as she was told it.

Rule: it counts only where the office itself lets this phone in; else all stays as it was. It is looked at
where syncs are made, right before the next, so that nothing else of the phone waits for it.
"""

from collections.abc import Callable

import sqlcipher3.dbapi2 as sqlcipher

from field_app.link import STRANGER, UNREACHABLE
from field_app.moving import MovingLink
from field_app.store import Store
from field_app.unstored import unstored
from field_app.vault import StorageFailedError, StorageFullError
from field_app.views import Refused
from schemas.addresses import OfficeAddress, read_address

SAID = {
    STRANGER: "lapangan.pindah.tidak_terbukti",
    UNREACHABLE: "lapangan.pindah.tidak_menjawab",
    "lapangan.kantor_lambat": "lapangan.pindah.tidak_menjawab",
    "lapangan.sambungan_putus": "lapangan.pindah.tidak_menjawab",
    "lapangan.alamat_salah": "lapangan.pindah.bukan_alamat",
}
"""What is said in another way where she is the one who can do something."""


class NewAddress:
    """Of one open vault: `store` is the one that its worker sends from, `sync_at_once()` has it begin."""

    def __init__(self, link: MovingLink, store: Store, sync_at_once: Callable[[], None]) -> None:
        self._link, self._store, self._sync_at_once = link, store, sync_at_once
        self._brought: OfficeAddress | None = None
        self._refused: Refused | None = None

    @property
    def present(self) -> str:
        """Where the office is, as far as this phone knows."""
        return self._link.door.address

    @property
    def looks(self) -> bool:
        """Whether an address that she brought is still to be looked at."""
        return self._brought is not None

    @property
    def refused(self) -> Refused | None:
        """Why the last one was not taken; None where it was."""
        return self._refused

    def go(self, text: str) -> Refused | None:
        """Have this address looked at, and a sync follow; refuse what is none."""
        brought = read_address(text, as_before=self.present if self._link.door.authority else "")
        if brought is None:
            return Refused(say="lapangan.pindah.bukan_alamat")
        self._brought = brought
        self._sync_at_once()
        return None

    def seek(self) -> bool:
        """Look for the office where she said, in the thread that syncs; False where she said nothing."""
        brought = self._brought
        if brought is None:
            return False
        where = {"alamat": brought.address}
        self._refused = Refused(say=SAID[UNREACHABLE], values=where)
        try:
            failure = self._link.go(brought, self._store.device(), self._store.sign)
            said = SAID.get(failure.say, failure.say) if failure else ""
            self._refused = Refused(say=said, values=where) if said else None
        except (sqlcipher.Error, StorageFullError, StorageFailedError) as error:
            self._refused = unstored(error)
        finally:
            if self._brought is brought:  # else she brought another meanwhile
                self._brought = None
        return True
