"""What is there only while a vault is open: its use cases, and what they stand on. Rule: closed whole."""

from field_app.custody import Custody
from field_app.handover import Handover
from field_app.link import Link
from field_app.new_address import NewAddress
from field_app.owner import Owner
from field_app.sealed import Sealed
from field_app.vault import Vault
from field_app.visits import Visits
from field_app.worker import Worker


class OpenVault:
    """What is there only while the vault is open."""

    def __init__(
        self,
        owner: Owner,
        vault: Vault,
        link: Link,
        visits: Visits,
        worker: Worker,
        handover: Handover,
        sealed: Sealed,
        custody: Custody,
        new_address: NewAddress,
    ) -> None:
        self.owner, self.visits, self.worker, self.handover = owner, visits, worker, handover
        self.sealed, self.new_address = sealed, new_address
        self._vault, self._link, self._custody = vault, link, custody

    def used_bytes(self) -> int:
        """Return how much of the vault's file is in use."""
        return self._vault.used_bytes()

    def close(self) -> None:
        """Forget the second unlock, end the worker, then close the line and the vault. What is on the line
        has a few seconds to end by itself.

        Where the vault is to be wiped, what was recorded since the office was told is handed over first.
        """
        self.sealed.lock()
        self._custody.settle()
        self.worker.close()
        self._link.close()  # which wakes a step that still waits for the office
        self.worker.close()
        self._vault.close()
