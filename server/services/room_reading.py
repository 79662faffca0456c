"""What is known of a sealed case, and how its seals open. Rule: read in one snapshot; nothing is worded here.

A seal is tried with the key that it names: first as it was sealed anew to a newer key, else as it came.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from schemas.base import UNREADABLE, Data, decode
from schemas.ids import ChangeId, DeviceId, RecordId, Regency
from schemas.wire import Applied
from server import custody_store, sealed_store
from server.custody import Secrets
from server.engine import Reader
from server.sealing import open_key
from server.services.room_custody import UnitKeys
from server.services.room_seals import seals_of
from server.store import SqlOfficeStore
from sync.change import Content, SealedSubmit, read
from sync.losses import is_destroyed
from sync.neutral import is_sealed
from sync.scope import OPEN_TUGAS
from sync.sealed_case import NotReadableError, info_of, name_of, unpad
from sync.store import Record
from sync.versions import versions_of

M = TypeVar("M")
ASKED_FOR = OPEN_TUGAS - {"dikirim"}
"""States of a task that can be called off: while its visit waits for a decision, that says how it goes on."""
Reseals = Mapping[tuple[ChangeId, int], tuple[bytes, bytes]]


class Fact(Data, frozen=True, kw_only=True):
    """One sealed change of a case that took effect."""

    change: ChangeId
    device: DeviceId
    received_ms: int
    content: Content


class CaseFacts(Data, frozen=True, kw_only=True):
    """A sealed case with its visits, its tugas, and all that was sealed about them, in order."""

    record: Record
    visits: tuple[Record, ...]
    tugas: tuple[Record, ...]
    facts: tuple[Fact, ...]
    reseals: Reseals

    def versions(self, visit: RecordId) -> list[Fact]:
        """Return the versions of a visit in its order: one believed lost may come after what follows it."""
        there = {fact.change.hex(): fact for fact in self.facts}
        record = next((each for each in self.visits if each.id == visit), None)
        return [there[each["change"]] for each in versions_of(record) if each["change"] in there]


class Unsealed(Data, frozen=True, kw_only=True):
    """What the unit's keys opened: content keys and notes by change, nothing else."""

    keys: dict[ChangeId, bytes]
    notes: dict[ChangeId, bytes]


def load_case(tx: Reader, kasus: RecordId) -> CaseFacts | None:
    """Read a sealed case with what was not destroyed of it; None when there is no such."""
    store = SqlOfficeStore.reading(tx)
    record = store.records([kasus]).get(kasus)
    if record is None or record.kind != "kasus" or not is_sealed(record) or is_destroyed(record):
        return None
    tugas = sealed_store.tugas_of(tx, kasus)
    direct = _facts(tx, sealed_store.about(tx, [kasus, *tugas]))
    named = [fact.content.body.visit for fact in direct if isinstance(fact.content.body, SealedSubmit)]
    visits = list(dict.fromkeys(named))
    known = {fact.change for fact in direct}
    facts = direct + [each for each in _facts(tx, sealed_store.about(tx, visits)) if each.change not in known]
    facts.sort(key=lambda fact: fact.received_ms)
    found = store.records([*visits, *tugas])
    there = {name: each for name, each in found.items() if not is_destroyed(each)}
    return CaseFacts(
        record=record,
        visits=tuple(there[name] for name in visits if name in there),
        tugas=tuple(there[name] for name in tugas if name in there),
        facts=tuple(facts),
        reseals=custody_store.reseals(tx, [fact.change for fact in facts]),
    )


def unseal(case: CaseFacts, secrets: Secrets, keys: UnitKeys, regency: Regency) -> Unsealed:
    """Open what of a case is sealed to the unit. What does not open is left out."""
    ring = {
        name_of(key.public_key): (
            key.public_key,
            X25519PrivateKey.from_private_bytes(secrets.keys[key.number]),
        )
        for key in keys.keys
        if key.number in secrets.keys
    }
    found = Unsealed(keys={}, notes={})
    # a version that was lost counts on the phone, but not among those that came
    most = max((len(case.versions(visit.id)) for visit in case.visits), default=1)
    said = {fact.content.body.number for fact in case.facts if isinstance(fact.content.body, SealedSubmit)}
    versions = said.union(range(1, most + 1))
    for fact in case.facts:
        is_submit = isinstance(fact.content.body, SealedSubmit)
        for seal in seals_of(fact.content, versions):
            anew = case.reseals.get((fact.change, seal.place))
            for key, data in [anew, (seal.key, seal.data)] if anew else [(seal.key, seal.data)]:
                plain = _opened(ring.get(key), data, seal.role, seal.subject, seal.numbers, regency)
                if plain is not None:
                    break
            else:
                continue
            if is_submit:
                found.keys[fact.change] = plain
            else:
                note = _unpadded(plain)
                if note is not None:
                    found.notes[fact.change] = note
            break
    return found


def read_note(note: bytes | None, kind: type[M]) -> M | None:
    """Read a note that was opened; None when there is none, or it is of another kind."""
    if note is None:
        return None
    try:
        return decode(note, kind)
    except UNREADABLE:
        return None


def _opened(
    key: tuple[bytes, X25519PrivateKey] | None,
    data: bytes,
    role: Any,
    subject: RecordId,
    numbers: tuple[int, ...],
    regency: Regency,
) -> bytes | None:
    if key is None:
        return None
    public, private = key
    for number in numbers:
        plain = open_key(data, private, info_of(regency, role, subject, number, public))
        if plain is not None:
            return plain
    return None


def _unpadded(plain: bytes) -> bytes | None:
    try:
        return unpad(plain)
    except NotReadableError:
        return None


def _facts(tx: Reader, changes: list[ChangeId]) -> list[Fact]:
    """Read the changes that took effect."""
    store = SqlOfficeStore.reading(tx)
    raws, arrived = store.contents(changes), store.changes(changes)
    return [
        Fact(
            change=change,
            device=arrived[change].device,
            received_ms=arrived[change].received_ms,
            content=read(raws[change]),
        )
        for change in changes
        if change in raws and change in arrived and isinstance(arrived[change].outcome, Applied)
    ]
