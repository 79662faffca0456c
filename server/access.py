"""Who may do what. Rule: one table, asked on every path; what it does not grant is refused.

A grant reaches *own* things (one's visits), those of one's *area* (desa and service), or *any*. On top stand
three rules that no grant lifts: the author never decides a visit, sealed forms open nowhere but in the sealed
room, and the admin sees no case data. To open the room it needs more than the role: only named officers hold
its keys (server/custody.py). `pdp` is the officer of data protection (UU 27/2022, ps. 53): keeps the
registers and their deadlines, and reads no answer of anybody. Source: docs/architecture.md, "Trust".
"""

from collections.abc import Iterable
from typing import Literal, assert_never, get_args

from schemas.base import Data
from schemas.form_types import Privacy
from schemas.ids import PersonId
from schemas.wilayah import Region
from sync.store import Record

Role = Literal["pendamping", "verifikator", "petugas", "kabid", "pengawas", "pdp", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

ALWAYS_CODE: frozenset[Role] = frozenset({"kabid", "admin"})
"""Roles whose login needs a second step whatever the office says (services/login_rules.py)."""
NEEDS_CODE: frozenset[Role] = frozenset({*ALWAYS_CODE, "pengawas", "pdp"})
"""Roles whose login needs one as long as the office says nothing; the others may set one up."""

SHORTEST_PURPOSE, LONGEST_PURPOSE = 5, 200
"""Letters of a purpose, given by whoever opens what is closed or takes it along; the sealed room asks for
more (services/room_opening.py)."""

Action = Literal[
    "see_visits", "decide_visits", "open_numbers", "see_conflicts", "resolve_conflicts", "see_cases",
    "move_cases", "see_quarantine", "open_quarantine", "judge_again", "see_devices", "handle_alarms",
    "enrol_devices", "see_backups", "make_backups", "take_handovers", "open_room", "see_broken_glass",
    "report_lost", "print_notices", "close_lost", "order_wipes", "approve_wipes", "use_rescue",
    "propose_destruction", "approve_destruction", "hold_data", "import_lists", "assign_tasks",
    "see_trail", "see_case_trail", "export_trail", "make_reports",
    "see_protection", "handle_requests", "export_person", "keep_registers", "handle_incidents",
    "see_people", "see_logins", "manage_people", "approve_people", "set_second_step",
    "see_forms", "publish_forms",
    "see_warga", "match_warga", "see_dashboard", "export_data", "export_full", "manage_api",
    "see_letters", "make_letters", "set_letters", "see_settings", "set_settings", "set_targets",
    "see_holidays", "set_holidays",
]  # fmt: skip
ACTIONS: tuple[Action, ...] = get_args(Action)

Reach = Literal["own", "area", "any"]
Why = Literal["role", "row", "own", "sealed"]

TABLE: dict[Action, dict[Role, Reach]] = {
    "see_visits": {
        "pendamping": "own", "verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area",
    },
    "decide_visits": {"verifikator": "area", "petugas": "area", "kabid": "area"},
    "open_numbers": {"verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area"},
    "see_conflicts": {"verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area"},
    "resolve_conflicts": {"verifikator": "area", "petugas": "area", "kabid": "area"},
    "see_cases": {"verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area"},
    "move_cases": {"verifikator": "area", "petugas": "area", "kabid": "area"},
    "see_quarantine": {
        "verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area", "admin": "any",
    },
    "open_quarantine": {"verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area"},
    "judge_again": {"petugas": "any", "kabid": "any", "admin": "any"},
    "see_devices": {"petugas": "any", "kabid": "any", "admin": "any"},
    "handle_alarms": {"kabid": "any", "admin": "any"},
    "enrol_devices": {"admin": "any"},
    "report_lost": {"petugas": "any", "kabid": "any", "admin": "any"},
    "print_notices": {"petugas": "any", "kabid": "any"},
    "close_lost": {"kabid": "any"},
    "order_wipes": {"petugas": "any", "admin": "any"},
    "approve_wipes": {"kabid": "any"},
    "use_rescue": {"petugas": "any", "kabid": "any"},
    "see_backups": {"admin": "any"},
    "make_backups": {"admin": "any"},
    "take_handovers": {"verifikator": "any", "petugas": "any", "kabid": "any", "admin": "any"},
    "open_room": {"petugas": "any", "kabid": "any"},
    "see_broken_glass": {"kabid": "any", "pengawas": "any"},
    "propose_destruction": {"petugas": "area", "kabid": "area"},
    "approve_destruction": {"kabid": "area"},
    "hold_data": {"kabid": "area", "pdp": "any"},
    "see_protection": {"petugas": "area", "kabid": "area", "pengawas": "area", "pdp": "any"},
    "handle_requests": {"petugas": "area", "kabid": "area", "pdp": "any"},
    "export_person": {"petugas": "area", "kabid": "area"},
    "keep_registers": {"kabid": "any", "pdp": "any"},
    "handle_incidents": {"kabid": "any", "pdp": "any"},
    "import_lists": {"petugas": "area", "kabid": "area"},
    "export_data": {"petugas": "area", "kabid": "area", "pengawas": "area"},
    "export_full": {"kabid": "area"},
    "manage_api": {"kabid": "any"},
    "assign_tasks": {"petugas": "area", "kabid": "area"},
    "see_trail": {"kabid": "any", "pengawas": "any", "admin": "any"},
    "see_case_trail": {"kabid": "any", "pengawas": "any"},
    "export_trail": {"kabid": "any", "pengawas": "any"},
    "make_reports": {"kabid": "area", "pengawas": "area"},
    "see_people": {"kabid": "any", "admin": "any"},
    "see_logins": {"kabid": "any", "admin": "any"},
    "manage_people": {"admin": "any"},
    "approve_people": {"kabid": "any"},
    "see_forms": {"petugas": "any", "kabid": "any", "pengawas": "any", "pdp": "any", "admin": "any"},
    "publish_forms": {"kabid": "any"},
    "see_dashboard": {"verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area"},
    "see_warga": {"verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area"},
    "match_warga": {"petugas": "area", "kabid": "area"},
    "set_second_step": {"kabid": "any"},
    "see_letters": {"verifikator": "area", "petugas": "area", "kabid": "area", "pengawas": "area"},
    "make_letters": {"petugas": "area", "kabid": "area"},
    "set_letters": {"petugas": "any", "kabid": "any"},
    "see_settings": {"kabid": "any", "pengawas": "any", "admin": "any"},
    "set_settings": {"kabid": "any"},
    "set_targets": {"kabid": "area"},
    "see_holidays": {
        "verifikator": "any", "petugas": "any", "kabid": "any", "pengawas": "any", "admin": "any",
    },
    "set_holidays": {"petugas": "any", "kabid": "any"},
}  # fmt: skip

EVERY_SERVICES = "umum"
"""Forms that belong to no service alone: each service standard asks for complaints and the survey (S1 to S3,
items 6 and 14), and the house is looked at for all. So whoever serves one service serves these too."""

WHOLE_WHEN_UNLISTED: frozenset[Role] = frozenset({"verifikator", "petugas", "kabid", "pengawas", "pdp"})
"""Office roles: no desa or service listed means the whole kabupaten, or every service. Others: none."""


class Person(Data, frozen=True, kw_only=True):
    """Somebody who is known: roles, and the regions (with all below them) and services of their work."""

    id: PersonId
    nama: str
    kode: str = ""
    roles: tuple[Role, ...] = ()
    areas: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class Thing(Data, frozen=True, kw_only=True):
    """What a right is asked for: whose work it is, where, in which service, and how private."""

    author: PersonId | None
    region: str
    service: str
    privacy: Privacy = "spesifik"


class Scope(Data, frozen=True, kw_only=True):
    """The rows one person may list: their own only, or by region and service; None means every one."""

    author: PersonId | None
    areas: tuple[str, ...] | None
    services: tuple[str, ...] | None

    def has(self, region: str) -> bool:
        """Whether a region lies in the areas."""
        return self.areas is None or within(region, self.areas)

    def serves(self, service: str) -> bool:
        """Whether a service is among these; what belongs to none is everybody's."""
        return self.services is None or not service or service in self.services

    def desa(self, known: Iterable[Region], region: str) -> tuple[str, ...] | None:
        """Return the desa to list, of these and within a region (empty: any); None for all.

        What lies in no known desa (an empty one) is every reader's, unless a region is asked for.
        """
        if self.areas is None and not region:
            return None
        found = tuple(
            each.kode
            for each in known
            if each.is_desa and (not region or is_inside(each.kode, region)) and self.has(each.kode)
        )
        return found if region else ("", *found)


def is_active(record: Record) -> bool:
    """Whether a record is of somebody who works here; who is not said to have left is active."""
    return record.kind == "petugas" and bool(record.fields.get("aktif", True))


def may(person: Person, action: Action) -> bool:
    """Whether any role of this person has a grant for this action, on whatever rows."""
    return any(role in TABLE[action] for role in person.roles)


def refused(person: Person, action: Action, thing: Thing) -> Why | None:
    """Return why this person may not do this to this thing, or None when they may."""
    granted = _granted(person, action)
    if not granted:
        return "role"
    if thing.privacy == "rahasia":
        return "sealed"
    if not any(_reaches(person, role, TABLE[action][role], thing) for role in granted):
        return "row"
    if action == "decide_visits" and thing.author == person.id:
        return "own"
    return None


def scope(person: Person, action: Action) -> Scope | None:
    """Return which rows to list for an action; None when there is no grant at all."""
    granted = _granted(person, action)
    if not granted:
        return None
    wide: list[Role] = [role for role in granted if TABLE[action][role] != "own"]
    if not wide:
        return Scope(author=person.id, areas=None, services=None)
    everything = any(TABLE[action][role] == "any" or role in WHOLE_WHEN_UNLISTED for role in wide)
    return Scope(
        author=None,
        areas=person.areas or (None if everything else ()),
        services=_served(person) or (None if everything else ()),
    )


def within(region: str, areas: tuple[str, ...]) -> bool:
    """Whether a region is one of these, or lies below one; a thing without a region is everybody's."""
    return not region or any(is_inside(region, area) for area in areas)


def is_inside(region: str, above: str) -> bool:
    """Whether a region is another or lies in it; what has no region lies nowhere."""
    return region == above or region.startswith(f"{above}.")


def _served(person: Person) -> tuple[str, ...]:
    return (*person.services, EVERY_SERVICES) if person.services else ()


def _granted(person: Person, action: Action) -> list[Role]:
    return [role for role in person.roles if role in TABLE[action]]


def _reaches(person: Person, role: Role, reach: Reach, thing: Thing) -> bool:
    match reach:
        case "any":
            return True
        case "own":
            return thing.author == person.id
        case "area":
            whole = role in WHOLE_WHEN_UNLISTED
            here = within(thing.region, person.areas) if person.areas else whole
            served = thing.service in ("", *_served(person)) if person.services else whole
            return here and served
        case _:
            assert_never(reach)
