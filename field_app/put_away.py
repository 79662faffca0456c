"""Drafts that were put away: for thirty days they can be brought back, then they are gone for good.

Rule: a draft goes only when the phone's clock and the office's, as last heard, both say that its time is
over. A clock that jumps ahead takes nothing; a phone that never hears the office keeps what it has.
"""

from field_app.bench import Bench, guarded
from field_app.erasing import take_put_away
from field_app.home import draft_card, sealed_card
from field_app.views import PutAway, Refused

DAY_MS = 86_400_000
KEPT_DAYS = 30


def put_away(bench: Bench, draft: str) -> Refused | None:
    """Put a draft away, or say why that was not possible."""
    # a clock that is behind would have it put away long ago
    since_ms = max(bench.time.now_ms(), bench.store.server_ms())
    return guarded(lambda: bench.shelf(draft).discard(draft, since_ms))


def bring_back(bench: Bench, draft: str) -> Refused | None:
    """Bring a draft back that was put away. Raises LookupError for one that is gone."""
    if not bench.shelf(draft).holds(draft):
        raise LookupError("no such draft")
    return guarded(lambda: bench.shelf(draft).discard(draft, None))


def those_put_away(bench: Bench) -> tuple[PutAway, ...]:
    """Return what can still be brought back, the last put away first."""
    plain = [(draft.discarded_ms or 0, draft_card(bench, draft)) for draft in bench.drafts.put_away()]
    sealed = [(cover.discarded_ms or 0, sealed_card(bench, cover)) for cover in bench.sealed.put_away()]
    now_ms = bench.time.now_ms()
    return tuple(
        PutAway(card=card, since_ms=since_ms, days_left=_days_left(since_ms, now_ms))
        for since_ms, card in sorted((*plain, *sealed), key=lambda one: -one[0])
    )


def sweep(bench: Bench) -> None:
    """Take away for good what was put away thirty days ago. On a full phone it waits for the next opening."""
    until_ms = min(bench.time.now_ms(), bench.store.server_ms()) - KEPT_DAYS * DAY_MS

    def take() -> None:
        with bench.vault.write() as connection:
            take_put_away(connection, until_ms)

    guarded(take)


def _days_left(since_ms: int, now_ms: int) -> int:
    """Return for how many more days it is kept at least, 0 to 30."""
    days = -((now_ms - since_ms) // DAY_MS) + KEPT_DAYS
    return max(0, min(KEPT_DAYS, days))
