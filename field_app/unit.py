"""The keys that sealed cases are sealed to. Rule: no key without the word of an identity that was compared.

The office writes its unit's identity and keys into one reference record; the phone believes a key only if it
is signed by the identity that is pinned here: told at enrolment, or compared by eight words with the paper.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

from field_app.records import Records
from field_app.signing import is_signed
from field_app.store import Store
from schemas.base import UNREADABLE, Data, decode
from schemas.ids import Regency
from schemas.sealed import UnitKey
from sync.scope import UNIT_KEYS
from sync.sealed_case import newest_key

PINNED = "identitas_unit"
IDENTITY_BYTES = 32


class UnitState(Data, frozen=True, kw_only=True):
    """Where the unit's key stands. `problem` is a text key, empty when cases can be sealed; `offered` is the
    identity that the office names (32 bytes, empty without one), `pinned` the one that was compared.
    """

    problem: str
    offered: bytes
    pinned: bytes


class Unit:
    """The unit's keys as one vault knows them."""

    def __init__(self, store: Store, records: Records, regency: Regency) -> None:
        self._store, self._records, self._regency = store, records, regency

    def pinned(self) -> bytes:
        """Return the identity that was compared (32 bytes); empty before that."""
        return self._store.get(PINNED, bytes, b"")

    def offered(self) -> bytes:
        """Return the identity that the office names (32 bytes); empty without one."""
        found = self._fields().get("identity")
        return found if isinstance(found, bytes) and len(found) == IDENTITY_BYTES else b""

    def pin(self, identity: bytes) -> None:
        """Believe this identity from now on: its words were compared with those on paper."""
        if len(identity) != IDENTITY_BYTES:
            raise ValueError("an identity has 32 bytes")
        self._store.put(PINNED, identity)

    def key(self, service: str) -> UnitKey | None:
        """Return the key to seal a case of a service to, None without one that the pinned identity signed."""
        pinned = self.pinned()
        return (
            newest_key(self._keys(), self._regency, service, partial(is_signed, pinned)) if pinned else None
        )

    def state(self, service: str) -> UnitState:
        """Say whether cases of a service can be sealed, and why not."""
        offered, pinned = self.offered(), self.pinned()
        if not pinned:
            problem = "belum_dicocokkan" if offered else "belum_ada"
        elif self.key(service) is not None:
            problem = ""
        elif offered and offered != pinned:
            problem = "berubah"
        else:
            problem = "tanpa_kunci" if offered else "belum_ada"
        return UnitState(
            problem=f"lapangan.unit.{problem}" if problem else "", offered=offered, pinned=pinned
        )

    def _fields(self) -> dict[str, Any]:
        record = self._records.get(UNIT_KEYS)
        return record.fields if record else {}

    def _keys(self) -> Iterator[UnitKey]:
        """Give the keys of the record that can be read; a newer program's may be of another shape."""
        found = self._fields().get("keys")
        for raw in cast("list[Any]", found) if isinstance(found, list) else []:
            try:
                yield decode(raw, UnitKey)
            except UNREADABLE:
                continue
