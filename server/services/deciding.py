"""Decisions on visits: what each lacks, and who may take one back. Rule: nothing is read or written here."""

from collections.abc import Mapping
from typing import Literal

from server.access import Person
from server.services.visits import APPROVED
from sync.store import Fields, Record
from sync.visits import DECIDED

Decision = Literal["setujui", "kembalikan", "tolak", "tahan", "biarkan"]
OPEN_STATES = ("diterima", "ditahan")
"""How a visit stands that waits for a decision."""
RETURNED, REJECTED = "dikembalikan", "ditolak"
ENDED_TUGAS = ("selesai", "dikembalikan")
"""How a tugas stands whose visit was decided."""


def waits(fields: Fields) -> bool:
    """Whether a visit waits for a decision, by its fields."""
    return fields["state"] in OPEN_STATES or came_after(fields) in (RETURNED, REJECTED)


def came_after(fields: Fields) -> str:
    """Return how a visit stands whose newest version came after that was decided, and did not open it again:
    from a phone that was revoked, of somebody who left, or from whom nobody asked. Empty for any other.

    It waits all the same: it was sent to be looked at. But what was approved stays so, as it was approved.
    Neither counts any more once somebody said that the decision stands.
    """
    state, told_ms = fields["state"], max(fields["decided_ms"], fields.get("left_ms", 0))
    is_late = state not in OPEN_STATES and fields["versions"][-1]["received_ms"] > told_ms
    return state if is_late and state in (RETURNED, REJECTED, APPROVED) else ""


def is_passed_over(fields: Fields) -> bool:
    """Whether what was approved is not the newest version, and somebody said that this may stay so."""
    is_newer = fields["state"] == APPROVED and fields["versions"][-1]["received_ms"] > fields["decided_ms"]
    return is_newer and not came_after(fields)


def is_settled(visit: Record) -> bool:
    """Whether a visit was approved or rejected for good."""
    return visit.fields.get("state") in (APPROVED, REJECTED) and not waits(visit.fields)


def may_reopen(person: Person, fields: Fields) -> bool:
    """Whether somebody who may decide a visit may take back what was decided: their own word, or as kabid."""
    is_decided = fields["state"] in DECIDED.values() and fields["state"] not in OPEN_STATES
    return is_decided and ("kabid" in person.roles or fields.get("decided_by") == person.id)


def fits(decision: str, fields: Fields, person: Person) -> bool:
    """Whether a visit that stands so can be decided thus now, by somebody who may decide it."""
    match decision:
        case "biarkan":
            return came_after(fields) == APPROVED
        case "tahan" if not waits(fields):
            return may_reopen(person, fields)
        case _:
            return waits(fields)


def lacking_in(decision: str, reasons: Mapping[str, str], note: str) -> str:
    """Return the text key of what a decision lacks, or nothing."""
    match decision:
        case "biarkan":
            return ""
        case "setujui":
            return "kantor.tinjau.ada_alasan" if reasons else ""
        case "kembalikan":
            return "" if reasons or note else "kantor.tinjau.perlu_alasan"
        case "tolak" | "tahan":
            return "" if note else "kantor.tinjau.perlu_catatan"
        case _:
            return "kantor.tinjau.tidak_dikenal"
