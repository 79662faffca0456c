"""Which key had to sign at which place of the office's chain. Rule: worked out from the chain, not from rows.

The key file says which keys there were and in what order; each ends at the change that names the next, which
it signed itself. What it signed after that is somebody else's who has it.
"""

from collections.abc import Sequence

from schemas.ids import NO_LINK, DeviceId, LinkHash
from server.engine import Reader
from server.office import verifier
from server.turn_store import Turn, all_turns
from server.verifying.findings import Notes
from sync.chain import Tip, head_message
from sync.office_keys import turned_to


class Turning:
    """The keys of one office's chain, oldest first, and what of them is found while its links are walked."""

    def __init__(self, office: DeviceId, keys: Sequence[bytes]) -> None:
        self._office, self._keys = office, list(keys)
        self._after: dict[LinkHash, int] = {NO_LINK: 0}
        self._at: dict[LinkHash, int] = {}
        self._newest = 0
        self._turns: list[Turn] = []

    def link(self, place: Tip, prev: LinkHash, content: bytes, findings: Notes) -> None:
        """Note one link, after the one that it follows.

        What follows nothing that is here has the newest key so far: no ended one makes itself a place so.
        """
        number = self._at[place.hash] = self._after.get(prev, self._newest)
        new = turned_to(content, self._office) if place.counter > 1 else b""
        if new and new != self._keys[number]:  # else it only says so of itself
            self._turns.append(Turn(counter=place.counter, link=place.hash, public_key=new))
            if self._keys[number + 1 : number + 2] == [new]:
                number += 1
            else:
                findings.fault("kunci_kantor_asing", nomor=place.counter)
        self._after[place.hash] = number
        self._newest = max(self._newest, number)

    def check(self, reader: Reader, findings: Notes) -> set[LinkHash]:
        """Compare the table with the chain; return the links at which a key ended, which it had to sign."""
        turns = sorted(self._turns, key=lambda turn: (turn.counter, turn.link))
        if all_turns(reader) != turns:
            findings.fault("daftar_kunci_salah")
        return {turn.link for turn in turns}

    def valid_at(self, head: LinkHash) -> int | None:
        """Return the number of the key that had to sign a head, from zero; None for one that is not here."""
        return self._at.get(head)

    def signed_by(self, head: LinkHash, signature: bytes) -> int | None:
        """Return the number of the key that did sign it; None where none of them did."""
        message = head_message(head)
        valid = self._at.get(head, 0)
        numbers = [valid, *(number for number in range(len(self._keys)) if number != valid)]
        return next((n for n in numbers if verifier(self._keys[n])(signature, message)), None)
