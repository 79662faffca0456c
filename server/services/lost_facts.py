"""What was on a phone that is reported lost, as far as the office knows. Rule: counted from what its person
may hold and from what it said last; whose data that was is kept as ids only.
"""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import DeviceId, RecordId
from server import alarm_store, device_store, lost_store
from server.engine import Reader
from server.projections import petugas_records
from sync.scope import MINE, REFERENCE, parts_of_person

WITH_NIK = "mine"
"""How the part of her own tasks is named among the facts: there persons stand in full."""
PEOPLE = ("warga", "ewarong")
"""Kinds of records that are data on a person."""


class Held(Data, frozen=True, kw_only=True):
    """How many things of a kind one part of the phone's data had."""

    part: str
    kind: str
    count: int


class Facts(Data, frozen=True, kw_only=True):
    """What was on a phone as far as the office knew when it was told. Times are UTC ms.

    `heard_ms`: last heard; `said`: what it said last of itself, with `said_ms`; -1 where it never said.
    `locked`: where its secret lies. `sealed`: cases that not even the phone can read. `who`: those whose data
    it had, each once.
    """

    held: tuple[Held, ...]
    heard_ms: int | None
    said_ms: int | None
    changes: int
    photos: int
    drafts: int
    locked: str
    sealed: int
    who: tuple[RecordId, ...] = ()

    @property
    def people(self) -> int:
        """How many people's data it had, at most: one in two parts is counted twice."""
        return sum(held.count for held in self.held if held.kind in PEOPLE)


def facts_of(tx: Reader, device: DeviceId) -> Facts:
    """Say what a phone has, at this moment."""
    found = device_store.device(tx, device)
    person = petugas_records(tx, [found.person]).get(found.person) if found else None
    parts = parts_of_person(found.person, person.fields) if found and person else frozenset[str]()
    shown = sorted(part for part in parts if part != REFERENCE)
    held = [
        Held(part=WITH_NIK if part.startswith(MINE) else part, kind=kind, count=count)
        for part, kind, count in lost_store.rows_by_part(tx, shown)
    ]
    heard, said = alarm_store.heard(tx).get(device), lost_store.said(tx, device)
    return Facts(
        held=tuple(held),
        heard_ms=heard.at_ms if heard else None,
        sealed=_sealed(held),
        said_ms=said.at_ms if said else None,
        changes=said.changes if said else -1,
        photos=said.photos if said else -1,
        drafts=said.drafts if said else -1,
        locked=said.locked if said else "",
        who=tuple(lost_store.ids_by_part(tx, shown, PEOPLE)),
    )


def _sealed(held: Iterable[Held]) -> int:
    """Count sealed cases: the part of her own tasks lists no others."""
    return sum(each.count for each in held if each.part == WITH_NIK and each.kind == "kasus")
