"""Applying changes that have their place in a chain: in order, and then, until quiet, those that waited."""

from collections.abc import Callable, Mapping, Sequence

from schemas.base import UNREADABLE, Data
from schemas.ids import ChangeId, DeviceId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
from sync.apply import apply, needs
from sync.arrival import arrived
from sync.change import (
    Advance,
    Content,
    Decide,
    Gap,
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
from sync.store import Change, Taking
from sync.visits import evidence_of

Callers = Callable[[DeviceId], Caller]
"""Who stands behind a device: needed when a change that was held is applied later."""

NOTHING: Mapping[ChangeId, Content | None] = {}
_EFFECTIVE = (Applied, Conflict)
"""A tuple, made once: it is asked of each change."""


class Job(Data, frozen=True, kw_only=True):
    """One change to apply. `late`: it came before, so that its device must be told of the new outcome."""

    change: ChangeId
    device: DeviceId
    counter: int
    content: bytes
    late: bool


def apply_jobs(
    store: Taking,
    jobs: Sequence[Job],
    callers: Callers,
    rules: Rules,
    now_ms: int,
    read_before: Mapping[ChangeId, Content | None] = NOTHING,
) -> dict[ChangeId, Outcome]:
    """Apply changes in order, and then, until quiet, those that waited for them.

    `read_before` has what was read of their contents already, None for what cannot be read.
    """
    outcomes: dict[ChangeId, Outcome] = {}
    while jobs:
        desk = Desk(store)
        contents = [
            read_before[job.change] if job.change in read_before else readable(job.content) for job in jobs
        ]
        desk.fetch(name for content in contents if content for name in needs(content))
        done: list[Change] = []
        freed: list[str] = []
        torn: list[DeviceId] = []
        for job, content in zip(jobs, contents, strict=True):
            if job.change in outcomes and not isinstance(outcomes[job.change], Held):
                continue  # one change named by two links happens once
            seq = store.take_seq()
            outcome = outcomes[job.change] = _apply_one(desk, job, content, callers, rules, now_ms, seq)
            done.append(change_of(job, outcome, now_ms, seq))
            if content is not None and isinstance(outcome, _EFFECTIVE):
                freed += frees(job.change, content)
                torn += [job.device] if isinstance(content.body, Gap) else []
        desk.flush(store)
        store.put_changes(done, {job.change: job.content for job in jobs})
        for job in jobs:
            if job.late and not isinstance(outcomes[job.change], Held):
                store.tell(job.device, [job.change])
        jobs = [*_freed(store, freed), *(job for device in torn for job in _orphans(store, device))]
    return outcomes


def _apply_one(
    desk: Desk, job: Job, content: Content | None, callers: Callers, rules: Rules, now_ms: int, seq: int
) -> Outcome:
    """Apply one change to the desk, and note the blobs that it names: wanted also where it is refused."""
    if content is None:
        return Rejected(problem="isi_tidak_terbaca")
    outcome = apply(desk, arrived(content, job.change, job.device, now_ms, seq), callers(job.device), rules)
    desk.refs += evidence_of(content, job.change, job.device)
    return outcome


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


def jobs_of(store: Taking, changes: Sequence[Change]) -> list[Job]:
    """Return changes that came before as jobs, in their order, without those whose content is not there."""
    contents = store.contents([change.id for change in changes]) if changes else {}
    return [
        Job(
            change=change.id,
            device=change.device,
            counter=change.counter,
            content=contents[change.id],
            late=True,
        )
        for change in changes
        if change.id in contents
    ]


def _freed(store: Taking, names: Sequence[str]) -> list[Job]:
    return jobs_of(store, store.waiting_on(names)) if names else []


def _orphans(store: Taking, device: DeviceId) -> list[Job]:
    """Return the versions of visits that wait for one that may be lost: a `Gap` lets them go on."""
    waiting = {change.id: change for change in store.waiting_of(device)}
    jobs = jobs_of(store, list(waiting.values()))
    return [job for job in jobs if _follows(job.content) == waiting[job.change].waiting]


def _follows(raw: bytes) -> str:
    """Return which version a content follows, as hex; empty for all that is none."""
    content = readable(raw)
    body = content.body if content else None
    return body.follows.hex() if isinstance(body, Submit | SealedSubmit) and body.follows else ""


def readable(raw: bytes) -> Content | None:
    """Read a content; None for one that cannot be read."""
    try:
        return read(raw)
    except UNREADABLE:
        return None


def frees(change: ChangeId, content: Content) -> list[str]:
    """Return the names that a held change may have waited for, if this one takes effect."""
    match content.body:
        case Patch(kind=kind) if kind not in ("kasus", "tugas"):
            return []
        case Submit(visit=name) | SealedSubmit(visit=name) | Patch(record=name):
            return [change.hex(), name]
        case Advance() | Decide() | Resolve() | SealedAdvance() | SealedDecide() | SealedNote():
            return [change.hex()]
        case _:
            return []
