"""The keys of the office's chain, as the simulation holds them. Rule: no backup puts them back.

A ring is what the office's key file is: it lies apart from the folder, and every office that goes on from a
copy of the folder finds the newest of it. What the real ones ask of a key file, a vault and the phone's owner
is here in little.
"""

from hashlib import blake2b
from typing import Any

from field_app.owner import Owner
from schemas.ids import DeviceId, PersonId, Regency
from tests.simulation.trust import Key


class Ring:
    """Every key that the office's chain ever had, the oldest first: see server/keys.py."""

    def __init__(self, device: DeviceId, first: Key) -> None:
        self.device, self.keys = device, [first]

    def chain_keys(self) -> tuple[Key, ...]:
        """See `Keys`."""
        return tuple(self.keys)

    def chain_bytes(self) -> tuple[bytes, ...]:
        """See `Keys`."""
        return tuple(key.public for key in self.keys)

    def number(self, public: bytes) -> int:
        """Return which of the keys this is. Raises ValueError for one of nobody."""
        return self.chain_bytes().index(public)

    def is_signed(self, public: bytes, signature: bytes, message: bytes) -> bool:
        """Check a signature by any of these keys: see field_app/signing.py."""
        return any(key.public == public and key.verify(signature, message) for key in self.keys)

    def exchange_bytes(self, number: int = -1) -> bytes:
        """Return the key that hand-over files are sealed to while this one of the chain counts."""
        return blake2b(self.keys[number].public, digest_size=32, person=b"handover").digest()

    def opens(self, sealed_to: bytes) -> bool:
        """Say whether the office opens what was sealed to a key: also to one that it had before."""
        return any(self.exchange_bytes(number) == sealed_to for number in range(len(self.keys)))


class Kept:
    """What a phone in memory keeps by name: see `get` and `put` of field_app/store.py."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def get(self, name: str, kind: Any, default: Any) -> Any:
        return self._values.get(name, default)

    def put(self, name: str, value: Any) -> None:
        self._values[name] = value


def owner_of(device: DeviceId, person: PersonId, ring: Ring) -> Owner:
    """Return whose a phone is that joins now; its own key is none that anybody asks for."""
    return Owner(
        address="",
        regency=Regency("33.14"),
        office_name="",
        office_device=ring.device,
        office_key=ring.keys[-1].public,
        device=device,
        private_key=b"",
        person=person,
        person_name="",
        person_code="",
        roles=[],
    )
