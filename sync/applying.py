"""Applying changes that have their place in a chain: in order, and then, until quiet, those that waited."""

from collections.abc import Callable, Sequence

from schemas.base import UNREADABLE, Data
from schemas.ids import ChangeId, DeviceId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
from sync.apply import apply, needs
from sync.arrival import arrived
from sync.change import (
    Advance,
    Content,
    Decide,
    Patch,
    Resolve,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
    Submit,
    read,
)
from sync.desk import Desk
from sync.rules import Rules
from sync.scope import Caller
from sync.store import Change, OfficeStore
from sync.visits import evidence_of

Callers = Callable[[DeviceId], Caller]
"""Who stands behind a device: needed when a change that was held is applied later."""


class Job(Data, frozen=True, kw_only=True):
    """One change to apply. `late`: it came before, so that its device must be told of the new outcome."""

    change: ChangeId
    device: DeviceId
    counter: int
    content: bytes
    late: bool


def apply_jobs(
    store: OfficeStore, jobs: Sequence[Job], callers: Callers, rules: Rules, now_ms: int
) -> dict[ChangeId, Outcome]:
    """Apply changes in order, and then, until quiet, those that waited for them."""
    outcomes: dict[ChangeId, Outcome] = {}
    while jobs:
        desk = Desk(store)
        contents = [readable(job.content) for job in jobs]
        desk.fetch(name for content in contents if content for name in needs(content))
        done: list[Change] = []
        freed: list[str] = []
        for job, content in zip(jobs, contents, strict=True):
            if job.change in outcomes and not isinstance(outcomes[job.change], Held):
                continue  # one change named by two links happens once
            seq = store.take_seq()
            if content is None:
                outcome: Outcome = Rejected(problem="isi_tidak_terbaca")
            else:
                arrival = arrived(content, job.change, job.device, now_ms, seq)
                outcome = apply(desk, arrival, callers(job.device), rules)
                freed += _frees(job.change, content, outcome)
                desk.refs += evidence_of(content, job.change, job.device)
            outcomes[job.change] = outcome
            done.append(change_of(job, outcome, now_ms, seq))
        desk.flush()
        store.put_changes(done, {job.change: job.content for job in jobs})
        for job in jobs:
            if job.late and not isinstance(outcomes[job.change], Held):
                store.tell(job.device, [job.change])
        jobs = _freed(store, freed)
    return outcomes


def change_of(job: Job, outcome: Outcome, now_ms: int, seq: int) -> Change:
    """Return what is kept of a change and its outcome."""
    waiting = outcome.waiting if isinstance(outcome, Held) else ""
    return Change(
        id=job.change,
        device=job.device,
        counter=job.counter,
        outcome=outcome,
        received_ms=now_ms,
        seq=seq,
        waiting=waiting,
    )


def _freed(store: OfficeStore, names: Sequence[str]) -> list[Job]:
    if not names:
        return []
    waiting = store.waiting_on(names)
    contents = store.contents([change.id for change in waiting])
    return [
        Job(
            change=change.id,
            device=change.device,
            counter=change.counter,
            content=contents[change.id],
            late=True,
        )
        for change in waiting
        if change.id in contents
    ]


def readable(raw: bytes) -> Content | None:
    """Read a content; None for one that cannot be read."""
    try:
        return read(raw)
    except UNREADABLE:
        return None


def _frees(change: ChangeId, content: Content, outcome: Outcome) -> list[str]:
    """Return the names that a held change may have waited for."""
    if not isinstance(outcome, Applied | Conflict):
        return []
    match content.body:
        case Patch(kind=kind) if kind not in ("kasus", "tugas"):
            return []
        case Submit(visit=name) | SealedSubmit(visit=name) | Patch(record=name):
            return [change.hex(), name]
        case Advance() | Decide() | Resolve() | SealedAdvance() | SealedDecide() | SealedNote():
            return [change.hex()]
        case _:
            return []
