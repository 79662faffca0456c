"""Judging again what was refused for want of knowledge. Rule: what is still refused stays as it is.

A content that this office could not read, or whose form or workflow it did not know, may be good to a newer
program. What is judged otherwise now takes its place in the history anew, its device is told, and what waited
for it is freed. Everything else keeps its outcome, so that judging twice changes nothing.
"""

from collections.abc import Sequence

from schemas.ids import ChangeId
from schemas.wire import Held, Outcome, Rejected
from sync.apply import apply
from sync.applying import Callers, apply_jobs, jobs_of, readable
from sync.arrival import arrived
from sync.desk import Desk
from sync.rules import Rules
from sync.store import Change, OfficeStore

MENDABLE = frozenset({"isi_tidak_terbaca", "form_tidak_dikenal", "alur_tidak_dikenal"})
"""Reasons that a newer program may take away; all others are about what the change says."""


def judge_again(
    store: OfficeStore, names: Sequence[ChangeId], callers: Callers, rules: Rules, now_ms: int
) -> dict[ChangeId, Outcome]:
    """Judge these changes by the present rules; return the outcomes that are others now.

    What is not there, not refused, or refused for another reason is left alone.
    """
    refused = {
        change.id: change
        for change in sorted(store.changes(names).values(), key=lambda each: each.seq)
        if _is_mendable(change.outcome)
    }
    jobs = [
        job
        for job in jobs_of(store, list(refused.values()))
        if _differs(store, refused[job.change], job.content, callers, rules, now_ms)
    ]
    outcomes = apply_jobs(store, jobs, callers, rules, now_ms)
    for job in jobs:
        if isinstance(outcomes[job.change], Held):  # of these applying tells nobody
            store.tell(job.device, [job.change])
    return outcomes


def _is_mendable(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.problem in MENDABLE


def _differs(
    store: OfficeStore, change: Change, raw: bytes, callers: Callers, rules: Rules, now_ms: int
) -> bool:
    """Try a change on a desk that is never flushed, and say whether it would fare otherwise."""
    content = readable(raw)
    if content is None:
        return change.outcome != Rejected(problem="isi_tidak_terbaca")
    again = arrived(content, change.id, change.device, now_ms, change.seq)
    return apply(Desk(store), again, callers(change.device), rules) != change.outcome
