"""What was on a phone that is reported lost, as far as the office knows. Rule: counted from what its person
may hold, or could when it was last heard, and from what it said last; whose data that was stays as ids only.
"""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import DeviceId, PersonId, RecordId
from server import alarm_store, device_store, lost_store
from server.engine import Reader
from server.projections import petugas_records
from sync.applying import readable
from sync.change import Patch
from sync.scope import MINE, REFERENCE, Part, parts_of_person

WITH_NIK = "mine"
"""How the part of her own tasks is named among the facts: there persons stand in full."""
PEOPLE = ("warga", "ewarong")
"""Kinds of records that are data on a person."""
AREA = ("wilayah", "layanan")
"""Fields of a petugas that say what their phone may hold."""
NEVER = 2**62
"""A seq after all others: of a phone that was never heard nothing is known but what it may hold now."""


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
    """Say what a phone has, at this moment. What was taken from its person since it was last heard is on it
    still; the trail must have come to the newest change (trail_store.let_catch_up).
    """
    found = device_store.device(tx, device)
    heard, said = alarm_store.heard(tx).get(device), lost_store.said(tx, device)
    since = lost_store.seq_before(tx, heard.at_ms) if heard else NEVER
    shown = _parts(tx, found.person, since) if found else []
    held = [
        Held(part=WITH_NIK if part.startswith(MINE) else part, kind=kind, count=count)
        for part, kind, count in lost_store.rows_by_part(tx, shown, since)
    ]
    return Facts(
        held=tuple(held),
        heard_ms=heard.at_ms if heard else None,
        sealed=_sealed(held),
        said_ms=said.at_ms if said else None,
        changes=said.changes if said else -1,
        photos=said.photos if said else -1,
        drafts=said.drafts if said else -1,
        locked=said.locked if said else "",
        who=tuple(lost_store.ids_by_part(tx, shown, PEOPLE, since)),
    )


def _parts(tx: Reader, person: PersonId, since: int) -> list[Part]:
    """Return the parts that a person may hold, or could until after a seq: areas are changed, too."""
    record = petugas_records(tx, [person]).get(person)
    if record is None:
        return []
    fields = dict(record.fields)
    parts = set(parts_of_person(person, fields))
    for raw in lost_store.contents_about(tx, record.id, since):
        content = readable(raw)
        if content is not None and isinstance(content.body, Patch) and content.body.record == record.id:
            fields |= {name: content.body.base.get(name) or [] for name in AREA if name in content.body.new}
            parts |= parts_of_person(person, fields)
    return sorted(part for part in parts if part != REFERENCE)


def _sealed(held: Iterable[Held]) -> int:
    """Count sealed cases: the part of her own tasks lists no others."""
    return sum(each.count for each in held if each.part == WITH_NIK and each.kind == "kasus")
