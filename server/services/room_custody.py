"""The unit's custody as the office keeps it: in its own chain, so that a restored office still has it.

Rule: a passphrase is judged only after the try was counted, and what it opened leaves with the request.
"""

import threading
from collections.abc import Callable
from typing import Any

import msgspec

from schemas.base import Data, decode, encode
from schemas.ids import PersonId, RecordId
from schemas.sealed import UnitKey
from schemas.wire import Applied
from server import custody
from server.access import Person, may
from server.custody import Custody, Reader, Secrets
from server.engine import Engine, Writer
from server.engine import Reader as Transaction
from server.passwords import MEMORY_KIB
from server.services.people import Actor
from server.services.room_held import Held, Refusal
from server.store import SqlOfficeStore
from sync.change import Body, Patch
from sync.scope import UNIT_KEYS

ROOM = RecordId("0" * 31 + "3")
"""The record that keeps the custody; of a kind that no part of a phone sees."""
ROOM_KIND, ROOM_FIELD = "ruang", "custody"
SERVICE = "ktkpm"
"""The one service whose cases are sealed."""
PASSPHRASE, HALVES = "frasa", "belahan"
"""Kinds of tries."""


class Unlocked(Data, frozen=True, kw_only=True):
    """What a passphrase, or both halves, opened."""

    custody: Custody
    reader: Reader
    private: bytes
    secrets: Secrets


class UnitKeys(Data, frozen=True, kw_only=True):
    """The unit's public half, as phones are given it: keys by number, oldest first."""

    identity: bytes
    keys: tuple[UnitKey, ...]

    @property
    def newest(self) -> UnitKey:
        """The key to seal to."""
        return self.keys[-1]


class Custodian:
    """Reads, opens and writes the custody. Blocks its thread; `memory_kib` is what a passphrase costs."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        held: Held,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
        memory_kib: int = MEMORY_KIB,
    ) -> None:
        self._engine, self._office, self._held = engine, office, held
        self.now_ms, self.randomness, self.regency = now_ms, randomness, engine.regency
        self._memory_kib, self._turn = memory_kib, threading.BoundedSemaphore(1)

    def current(self) -> Custody | None:
        """Return the custody; None before the ceremony."""
        return self._engine.read(load_custody)

    def is_officer(self, person: Person) -> bool:
        """Whether somebody is named, and still has a role that may open the room."""
        found = self.current()
        return found is not None and may(person, "open_room") and person.id in found.officers

    def wrap(self, private: bytes, passphrase: str, person: PersonId) -> custody.Wrap:
        """Wrap a private key under a new passphrase."""
        with self._turn:
            return custody.wrap(private, passphrase, person, self.randomness, self._memory_kib)

    def unlock(self, person: Person, passphrase: str) -> Unlocked | Refusal:
        """Open the secrets with an officer's passphrase."""
        found = self.current()
        reader = found.reader(person.id) if found else None
        if found is None or reader is None or reader.wrap is None or not may(person, "open_room"):
            return Refusal(say="bukan_petugas", status=403)
        refused = self._held.count_try(PASSPHRASE, person.id)
        if refused is not None:
            return refused
        with self._turn:
            private = custody.unwrap(reader.wrap, passphrase, person.id)
        if private is None:
            return Refusal(say="frasa_salah")
        self._held.succeeded(PASSPHRASE, person.id)
        return self._unlocked(found, reader, private)

    def unlock_by_halves(self, person: Person, key: bytes) -> Unlocked | Refusal:
        """Open the secrets with the recovery key; the caller counted the try."""
        found = self.current()
        reader = found.reader(custody.RECOVERY) if found else None
        if found is None or reader is None or not may(person, "open_room"):
            return Refusal(say="bukan_petugas", status=403)
        if custody.public_of(key) != reader.public_key:
            return Refusal(say="belahan_bukan_pasangan")
        self._held.succeeded(HALVES, person.id)
        return self._unlocked(found, reader, key)

    def save_in(
        self, tx: Writer, author: PersonId, new: Custody, keys: UnitKeys | None, *, seen: Custody | None
    ) -> bool:
        """Write the custody, and the keys that phones are given; False when it moved on meanwhile."""
        if load_custody(tx) != seen:
            return False
        store = SqlOfficeStore.writing(tx)
        now = store.records([ROOM, UNIT_KEYS])
        fields: dict[RecordId, tuple[str, dict[str, Any]]] = {
            ROOM: (ROOM_KIND, {ROOM_FIELD: encode(new), "petugas_ruang": sorted(new.officers)})
        }
        if keys is not None:
            named: dict[str, Any] = {"identity": keys.identity, "keys": [encode(key) for key in keys.keys]}
            fields[UNIT_KEYS] = ("referensi", named)
        bodies: list[Body] = []
        for record, (kind, values) in fields.items():
            had = now[record].fields if record in now else {}
            base = {name: had[name] for name in values if name in had}
            bodies.append(Patch(record=record, kind=kind, base=base, new=values))
        outcomes = self._office.act_in(tx, author, bodies)
        if not all(isinstance(outcome, Applied) for outcome in outcomes):
            raise RuntimeError("the office's own chain did not take the custody")
        return True

    def _unlocked(self, found: Custody, reader: Reader, private: bytes) -> Unlocked | Refusal:
        secrets = custody.open_secrets(found, reader, private, self.regency)
        if secrets is None:
            return Refusal(say="kunci_rusak", status=409)
        return Unlocked(custody=found, reader=reader, private=private, secrets=secrets)


def load_custody(tx: Transaction) -> Custody | None:
    """Read the custody from its record."""
    record = SqlOfficeStore.reading(tx).records([ROOM]).get(ROOM)
    raw = record.fields.get(ROOM_FIELD) if record is not None else None
    return decode(raw, Custody) if isinstance(raw, bytes) else None


def load_unit_keys(tx: Transaction) -> UnitKeys | None:
    """Read the keys that phones are given; None before the ceremony."""
    record = SqlOfficeStore.reading(tx).records([UNIT_KEYS]).get(UNIT_KEYS)
    if record is None or not record.fields.get("keys"):
        return None
    keys = sorted(
        (decode(raw, UnitKey) for raw in msgspec.convert(record.fields["keys"], list[bytes])),
        key=lambda key: key.number,
    )
    return UnitKeys(identity=bytes(record.fields["identity"]), keys=tuple(keys))


def vouched_for(keys: UnitKeys, secrets: Secrets) -> bool:
    """Whether the public keys that everybody seals to are the halves of the unit's own."""
    halves = {number: custody.public_of(private) for number, private in secrets.keys.items()}
    return keys.identity == custody.identity_of(secrets) and all(
        halves.get(key.number) == key.public_key for key in keys.keys
    )
