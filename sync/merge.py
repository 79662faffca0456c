"""Three-way merge by value: what the author saw, what they wrote, what the office holds. Rule: no clocks.

| case | outcome |
|---|---|
| `Kept` now = mine | nothing to do |
| `Set` now = base | mine is applied |
| `SetMerged` a set-valued field | what mine added and took away is done to now |
| `Parked` a third value | the office's value stays, mine waits for a person |
| `Replaced` this branch has parked this field already | its parked value becomes mine |

Fields that belong together park together. States and decisions are never merged: see `follows_current`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from schemas.base import Data
from schemas.ids import ChangeId, DeviceId, RecordId

Fields = Mapping[str, Any]

NO_FIELDS: frozenset[str] = frozenset()

SETS: dict[str, frozenset[str]] = {
    "warga": frozenset({"layanan"}),
    "ewarong": frozenset({"layanan"}),
    "petugas": frozenset({"wilayah", "layanan", "peran"}),
}
"""Fields whose value is a set, by kind of record."""

TOGETHER: dict[str, tuple[frozenset[str], ...]] = {
    "warga": (
        frozenset({"penyalur", "no_kks"}),
        frozenset({"bank", "no_rekening"}),
        frozenset({"kode_desa", "alamat", "rt", "rw"}),
    ),
}
"""Fields that mean something only together, by kind of record."""


class Kept(Data, frozen=True, kw_only=True):
    """The office already has this value."""


class Set(Data, frozen=True, kw_only=True):
    """Nobody touched the field meanwhile."""

    value: Any


class SetMerged(Data, frozen=True, kw_only=True):
    """Both touched a set; `value` has what both wanted."""

    value: list[Any]


class Parked(Data, frozen=True, kw_only=True):
    """Both wrote different values."""

    base: Any
    theirs: Any
    mine: Any


class Replaced(Data, frozen=True, kw_only=True):
    """The same branch wrote the field again while its first value waits."""

    conflict: RecordId
    mine: Any


Case = Kept | Set | SetMerged | Parked | Replaced


class Merge(Data, frozen=True, kw_only=True):
    """What a patch comes to. `merged` lists fields that others had changed and that both now stand."""

    values: dict[str, Any]
    parked: dict[str, Parked]
    replaced: dict[str, Replaced]
    merged: list[str]


def merge_field(*, base: Any, mine: Any, now: Any, is_set: bool, conflict: RecordId | None) -> Case:
    """Decide one field. `conflict` is this branch's open one about it, if there is one."""
    if conflict is not None:
        return Replaced(conflict=conflict, mine=mine)
    if now == mine:
        return Kept()
    if now == base:
        return Set(value=mine)
    if is_set:
        return SetMerged(value=merge_sets(base or [], mine or [], now or []))
    return Parked(base=base, theirs=now, mine=mine)


def merge_sets(base: Iterable[Any], mine: Iterable[Any], now: Iterable[Any]) -> list[Any]:
    """Return `now` with what mine added to base, and without what mine took away; stable order."""
    base, mine, now = list(base), list(mine), list(now)
    kept = [value for value in now if value in mine or value not in base]
    return kept + [value for value in mine if value not in base and value not in kept]


def merge_patch(
    *, kind: str, base: Fields, new: Fields, now: Fields, device: DeviceId, conflicts: Mapping[str, RecordId]
) -> Merge:
    """Merge one patch field by field. `base` may hold more fields than `new`: all that the author saw.

    `conflicts` are the record's open ones, by branch and field (`branch_key`).
    """
    sets = SETS.get(kind, NO_FIELDS)
    values: dict[str, Any] = {}
    parked: dict[str, Parked] = {}
    replaced: dict[str, Replaced] = {}
    merged = [field for field in base if field not in new and now.get(field) != base[field]]
    for field, mine in new.items():
        case = merge_field(
            base=base.get(field),
            mine=mine,
            now=now.get(field),
            is_set=field in sets,
            conflict=conflicts.get(branch_key(device, field)) if conflicts else None,
        )
        match case:
            case Kept():
                pass
            case Set(value=value):
                values[field] = value
            case SetMerged(value=value):
                values[field] = value
                merged.append(field)
            case Parked():
                parked[field] = case
            case Replaced():
                replaced[field] = case
            case _:
                assert_never(case)
    park_together(kind, base, new, now, values, parked, replaced)
    return Merge(values=values, parked=parked, replaced=replaced, merged=merged)


def park_together(
    kind: str,
    base: Fields,
    new: Fields,
    now: Fields,
    values: dict[str, Any],
    parked: dict[str, Parked],
    replaced: Mapping[str, Replaced],
) -> None:
    """Move fields of a group out of `values` into `parked` when another field of the group is in dispute.

    That is: it is parked itself, or it changed since the author saw it and the author did not touch it.
    """
    for group in TOGETHER.get(kind, ()):
        if group.isdisjoint(values):
            continue
        moved = any(field in base and now.get(field) != base[field] for field in group - new.keys())
        if not moved and group.isdisjoint(parked) and group.isdisjoint(replaced):
            continue
        for field in sorted(group & values.keys()):
            del values[field]
            parked[field] = Parked(base=base.get(field), theirs=now.get(field), mine=new[field])


def parked_groups(kind: str, parked: Mapping[str, Parked]) -> list[dict[str, Parked]]:
    """Split what a patch parked into conflicts: fields that belong together share one."""
    groups: list[dict[str, Parked]] = []
    if not parked:
        return groups
    left = dict(parked)
    for together in TOGETHER.get(kind, ()):
        group = {field: left.pop(field) for field in sorted(together & left.keys())}
        if group:
            groups.append(group)
    return groups + [{field: case} for field, case in left.items()]


def with_partners(kind: str, fields: Iterable[str]) -> set[str]:
    """Return these fields and those that mean something only together with one of them.

    An author names what they saw in all of these as `base`: then a partner that changed unseen is noticed.
    """
    named = set(fields)
    return named.union(*(group for group in TOGETHER.get(kind, ()) if not group.isdisjoint(named)))


def follows_current(follows: ChangeId | None, head: ChangeId | None) -> bool:
    """Say whether a state, decision or resolution follows what is current; if not, it is parked whole."""
    return follows == head


def conflict_seed(change: ChangeId, field: str) -> bytes:
    """Return what the place of a conflict follows from (sync/places.py): the same on every replay."""
    return change + field.encode()


def branch_key(device: DeviceId, field: str) -> str:
    """Return the key under which a record remembers a device's open conflict on a field."""
    return f"{device}:{field}"
