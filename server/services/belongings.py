"""All that says something of a visit, a case or a person. Rule: what is not found here outlives destruction.

Records are followed from the one that is asked about; changes are found by the ids of those records.
"""

from collections.abc import Iterable, Mapping

from schemas.base import Data
from schemas.ids import ChangeId, RecordId
from server import about_store, protection_store, task_store
from server.engine import Reader
from server.store import SqlOfficeStore
from sync.applying import readable
from sync.change import (
    Advance,
    Body,
    Decide,
    Patch,
    Resolve,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
    Submit,
)
from sync.store import Record

TARGETS = ("kunjungan", "kasus", "warga")
"""What may be destroyed: a visit, a case with its tasks, a person with all of these."""
REQUEST = "permintaan_warga"
"""The kind of what a person asked of the office about their own data."""
OWN_SHELF = ("kunjungan", "kasus", "tugas", "warga")
"""What has an area and a service of its own; requests and conflicts go with what they are about."""
ABOUT = {
    "warga": ("digabung_ke",),
    "kasus": ("subjek",),
    "tugas": ("sasaran", "kasus"),
    "kunjungan": ("subjek", "kasus"),
    REQUEST: ("warga",),
}
"""By which fields a record of a kind speaks of another. A person goes with all visits and cases; a case alone
takes those visits that were to it and to nobody."""


class Belongings(Data, frozen=True, kw_only=True):
    """What belongs to one record: the records, itself first, and every change that speaks of them."""

    records: tuple[Record, ...]
    changes: tuple[ChangeId, ...]

    @property
    def ids(self) -> list[RecordId]:
        """The ids of the records."""
        return [record.id for record in self.records]


def belongings(tx: Reader, target: RecordId, only: Iterable[RecordId] | None = None) -> Belongings:
    """Return all that says something of a record: changes, refused ones too, records with their conflicts.

    `only`: these records as they were agreed on, so that nothing that came since goes with them unseen.
    """
    agreed = None if only is None else set(only)
    records = [each for each in members(tx, target) if agreed is None or each.id in agreed]
    return Belongings(records=tuple(records), changes=tuple(said_of(tx, {each.id for each in records})))


def said_of(tx: Reader, names: set[RecordId]) -> dict[ChangeId, set[RecordId]]:
    """Return each change that speaks of these records and whose content is kept, with all that it names."""
    found: dict[ChangeId, set[RecordId]] = {}
    for name, raw in protection_store.contents_about(tx, names).items():
        content = readable(raw)
        about = named(content.body) if content else set[RecordId]()
        if not names.isdisjoint(about):
            found[name] = about
    # a visit to them that stands by itself is not theirs to take along, whatever its versions say
    stand = SqlOfficeStore.reading(tx).records({each for about in found.values() for each in about - names})
    visits = {each.id for each in stand.values() if each.kind == "kunjungan"}
    return {name: about for name, about in found.items() if visits.isdisjoint(about)}


def members(tx: Reader, target: RecordId) -> list[Record]:
    """Return a record and those that speak of it, step by step, with the conflicts about each."""
    store = SqlOfficeStore.reading(tx)
    first = store.records([target]).get(target)
    if first is None:
        return []
    found = {first.id: first}
    follows = first.kind in ("warga", "kasus")
    newest = {first.id}
    while newest and follows:
        near = _near(tx, newest)
        newest = {record.id for record in near if record.id not in found and _is_about(record, newest)}
        found |= {record.id: record for record in near if record.id in newest}
    conflicts = {name for each in found for name in protection_store.conflicts_about(tx, each)}
    return [*found.values(), *store.records(sorted(conflicts - set(found))).values()]


def _near(tx: Reader, names: set[RecordId]) -> list[Record]:
    """Return the records that may speak of one of these: at least those that do."""
    if not task_store.is_filled(tx):
        return protection_store.records_naming(tx, ABOUT, names)
    found = SqlOfficeStore.reading(tx).records(sorted(about_store.speaking_of(tx, names)))
    return [*found.values(), *protection_store.records_naming(tx, (REQUEST,), names)]


def cases_on(tx: Reader, visits: Iterable[Record]) -> list[tuple[RecordId, Record]]:
    """Return the cases that rest on visits, each with its visit: those it opened, and the one it was to."""
    case_of = {each.id: str(each.fields.get("kasus") or "") for each in visits if each.kind == "kunjungan"}
    opened = protection_store.cases_opened_by(tx, case_of)
    origins = [(str(case.fields.get("kunjungan") or ""), case) for case in opened]
    theirs = SqlOfficeStore.reading(tx).records({RecordId(name) for name in case_of.values() if name})
    return [
        *((RecordId(visit), case) for visit, case in origins if visit in case_of),
        *((visit, theirs[RecordId(name)]) for visit, name in case_of.items() if name in theirs),
    ]


def all_above(tx: Reader, record: Record) -> set[RecordId]:
    """Return the persons and cases a record belongs to, step by step: a hold on these is one on it too."""
    return all_above_each(tx, [record])[record.id]


def all_above_each(tx: Reader, records: Iterable[Record]) -> dict[RecordId, set[RecordId]]:
    """Return, of each of several records, what `all_above` returns."""
    store, above = SqlOfficeStore.reading(tx), {each.id: _above(each) for each in records}
    names = list(above)
    while newest := {name for each in above.values() for name in each} - above.keys():
        there = store.records(newest)
        above |= {name: _above(there[name]) if name in there else [] for name in newest}
    return {name: _followed(above, name) for name in names}


def _followed(above: Mapping[RecordId, Iterable[RecordId]], name: RecordId) -> set[RecordId]:
    found, newest = set[RecordId](), set(above[name])
    while newest:
        found |= newest
        newest = {further for each in newest for further in above[each]} - found
    return found


def _above(record: Record) -> list[RecordId]:
    named = (record.fields.get(field) for field in ABOUT.get(record.kind, ()))
    return [RecordId(name) for name in named if isinstance(name, str) and name]


def _is_about(record: Record, names: Iterable[RecordId]) -> bool:
    return not set(_above(record)).isdisjoint(names)


def named(body: Body) -> set[RecordId]:
    """Return what a change is about; who looked and what was destroyed stays told: those name nothing."""
    match body:
        case Patch(record=record) | SealedNote(record=record):
            return {record}
        case Submit(visit=visit, subject=subject):
            return {visit, subject} if subject else {visit}
        case Decide(visit=visit) | SealedDecide(visit=visit):
            return {visit}
        case SealedSubmit(visit=visit, kasus=kasus):
            return {visit, kasus}
        case Advance(kasus=kasus) | SealedAdvance(kasus=kasus) | SealedAccess(kasus=kasus):
            return {kasus}
        case Resolve(conflict=conflict):
            return {conflict}
        case _:
            return set()
