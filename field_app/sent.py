"""Finished visits on the first screen: all that came back or was lost, and the newest of the rest.

Rule: what is older is counted and shown when it is asked for; its standing is not worked out before.
"""

from collections.abc import Mapping

import msgspec

from field_app.bench import Bench
from field_app.draft import Draft
from field_app.views import Card
from field_app.wanted import RETURNED, WITHDRAWN, is_withdrawn
from schemas.base import Data
from schemas.ids import ChangeId
from schemas.sealed import SEALED_FORM

MOST_SENT = 50
"""How many are shown at once of those that nothing has to be done for."""
LOST = "hilang"


class Finished(Data, frozen=True, kw_only=True):
    """Cards of finished visits, the newest first: `returned` are hers to do again, of the others the newest
    are `sent`, and `rest` counts what is older.
    """

    returned: tuple[Card, ...]
    sent: tuple[Card, ...]
    rest: int


def finished(bench: Bench, corrections: Mapping[ChangeId, str], most: int) -> Finished:
    """Return what she finished; `corrections` are the drafts that mend a version, by what they follow."""
    recorded = {version.visit for version, _, again in bench.drafts.lost() if again is not None}

    def is_open(card: Card) -> bool:
        return card.status == RETURNED or (card.status == LOST and card.visit not in recorded)

    def is_hers(card: Card) -> bool:
        goes_another = card.status == RETURNED and card.hint and not card.draft
        return is_open(card) and not goes_another

    def card_of(version: Draft) -> Card:
        card = visit_card(bench, version)
        if is_open(card):
            card = with_draft(card, corrections.get(version.change) if version.change else None)
            card = hinted(card, WITHDRAWN if is_withdrawn(bench, card.tugas) else "")
        return card

    back = (*bench.records.in_state("kunjungan", RETURNED), *bench.history.declared_lost())
    returned = [card for version in bench.history.newest_of_each(back) if is_hers(card := card_of(version))]
    again = {card.visit for card in returned}
    newest = bench.history.newest(most + len(returned))
    sent = [card_of(version) for version in newest if version.visit not in again][:most]
    return Finished(
        returned=tuple(returned), sent=tuple(sent), rest=bench.history.count() - len(returned) - len(sent)
    )


def visit_card(bench: Bench, version: Draft) -> Card:
    """Return the card of a finalised version."""
    standing = bench.standings.of(version)
    return Card(
        tugas=version.tugas,
        visit=version.visit,
        subjek=version.subject,
        nama=version.number if version.form == SEALED_FORM else name_of(bench, version),
        desa=bench.desa(version.seen.kode_desa),
        form=version.form,
        title=bench.title_of(version.form),
        due=version.seen.due or None,
        status=standing.status,
        number=version.number,
        conflicts=len(standing.conflicts),
        chosen=standing.chosen,
    )


def hinted(card: Card, hint: str) -> Card:
    """Return a card with what is to be known before going on (wanted.py), if anything is."""
    return msgspec.structs.replace(card, hint=hint) if hint else card


def with_draft(card: Card, draft: str | None) -> Card:
    """Return a card with the draft that goes on with it, if there is one."""
    return msgspec.structs.replace(card, draft=draft) if draft else card


def name_of(bench: Bench, draft: Draft) -> str:
    """Return whom a visit is to, as she was shown it when it began."""
    return draft.seen.nama or bench.name_of(draft.subject)
