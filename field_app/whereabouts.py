"""Where she was, so that opening the phone again leads back there. Rule: of a sealed draft the vault learns
which one it is, and nothing of its form or field; those are sealed with it.

It is kept at each step, not when the app is left: Android ends an app without a word.
"""

from typing import Literal

import msgspec

from field_app.bench import Bench
from field_app.draft import Draft
from schemas.base import Data

NAME = "tempat"


class Whereabouts(Data, frozen=True, kw_only=True):
    """The draft that was last in hand and the field in it that was touched last; `screen` is empty once she
    left it for something else.
    """

    draft: str = ""
    spot: tuple[str, str] | None = None
    screen: Literal["", "form", "review"] = ""


def stand_at(bench: Bench, draft: str, screen: Literal["", "form", "review"]) -> None:
    """Remember which draft is in hand; with an empty `screen`, that none is any more."""
    kept = _kept(bench)
    if not screen:
        fresh = msgspec.structs.replace(kept, screen="")
    elif kept.draft == draft:
        fresh = msgspec.structs.replace(kept, screen=screen)
    else:
        fresh = Whereabouts(draft=draft, screen=screen)
    if fresh != kept:
        bench.store.put(NAME, fresh)


def stand_on(bench: Bench, draft: str, form: str, field: str) -> None:
    """Remember which field of a draft was touched. Raises ClosedError for a sealed one while the second
    unlock is closed.
    """
    if bench.sealed.holds(draft):
        bench.sealed.stand_on(draft, form, field)
        return
    kept = _kept(bench)
    screen = (kept.screen if kept.draft == draft else "") or "form"  # whoever touches a field has it in hand
    fresh = Whereabouts(draft=draft, spot=(form, field), screen=screen)
    if fresh != kept:
        bench.store.put(NAME, fresh)


def stood(bench: Bench) -> Whereabouts | None:
    """Return where she was; None when that was in no draft, or in one that is written no more."""
    kept = _kept(bench)
    if not kept.screen:
        return None
    cover = bench.sealed.cover(kept.draft)
    if cover is not None:
        return kept if cover.discarded_ms is None else None
    draft = bench.drafts.get(kept.draft)
    if draft is None or draft.change is not None or draft.discarded_ms is not None:
        return None
    return kept


def spot_in(bench: Bench, draft: Draft) -> tuple[str, str] | None:
    """Return form and field to come back to: the one touched last, else the one answered last."""
    if bench.sealed.holds(draft.id):
        return bench.sealed.spot(draft.id)
    kept = _kept(bench)
    if kept.draft == draft.id and kept.spot is not None:
        return kept.spot
    return bench.drafts.last_answered(draft.id)


def _kept(bench: Bench) -> Whereabouts:
    return bench.store.get(NAME, Whereabouts, Whereabouts())
