"""Cases: a kasus moves by events of its workflow. Rule: a step after an old state is parked, never merged."""

from msgspec.structs import replace

from schemas.format import local_date
from schemas.holidays import Holidays
from schemas.ids import RecordId
from schemas.wire import Applied, Held, Outcome, Rejected
from sync.arrival import Arrived
from sync.change import Advance
from sync.conflicts import park_stale
from sync.desk import Desk
from sync.losses import DESTROYED, is_destroyed
from sync.merge import follows_current
from sync.plaintext import refuse_plain
from sync.rules import Rules, Step, Today
from sync.scope import HOLIDAYS, Caller, in_scope
from sync.store import Fields, Record


def apply_advance(desk: Desk, change: Arrived, body: Advance, caller: Caller, rules: Rules) -> Outcome:
    """Move a case one step, keep the step's answers in its history, and set its deadline."""
    kasus = desk.get(body.kasus)
    if kasus is None:
        return Held(waiting=body.kasus)
    if is_destroyed(kasus):
        return Rejected(problem=DESTROYED)
    if kasus.kind != "kasus":
        return Rejected(problem="jenis_data_berbeda")
    refused = refuse_plain(desk, body.kasus)
    if refused is not None:
        return refused
    roles = roles_of(desk, change)
    step = rules.step(kasus.fields, body, change.author, roles, today(desk, change))
    if isinstance(step, Rejected):
        stale = not follows_current(body.follows, kasus.head)
        return park_stale(desk, change, kasus, {"event": body.event, **body.answers}) if stale else step
    if not follows_current(body.follows, kasus.head) or not _may_touch(kasus.fields, caller):
        return park_stale(desk, change, kasus, {"state": step.state, "event": body.event, **body.answers})
    desk.put(moved(kasus, change, body.event, step, {"answers": body.answers}))
    return Applied(seq=change.seq)


def roles_of(desk: Desk, change: Arrived) -> frozenset[str]:
    """Return the roles that the author of a change has."""
    author = desk.get(RecordId(change.author))
    return frozenset(author.fields.get("peran", ())) if author else frozenset[str]()


def today(desk: Desk, change: Arrived) -> Today:
    """Return the day on which a change came, with the office's days off as they stood then."""
    recorded = desk.get(HOLIDAYS)
    off = Holidays(recorded.fields if recorded else {})
    return Today(day=local_date(change.received_ms), off=off)


def moved(kasus: Record, change: Arrived, event: str, step: Step, said: Fields) -> Record:
    """Return a case after a step: its state and deadline, and in its history what was `said`."""
    entry = {
        "event": event,
        "from": kasus.fields["state"],
        "to": step.state,
        "by": change.author,
        "received_ms": change.received_ms,
        **said,
        "change": change.id.hex(),
    }
    fields = {
        **kasus.fields,
        "state": step.state,
        "since_ms": change.received_ms,
        "due": step.due,
        "history": [*kasus.fields.get("history", ()), entry],
    }
    return replace(kasus, head=change.id, fields=fields)


def _may_touch(fields: dict[str, object], caller: Caller) -> bool:
    area = {**fields, "layanan": [fields.get("service")]}
    return in_scope(caller, "warga", area, ())
