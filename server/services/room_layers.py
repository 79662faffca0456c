"""A sealed visit as it stands with its corrections. Rule: what a correction was not asked is as before.

A phone cannot read what it sealed, so a correction holds only what the office asked again. What was asked
and not answered is blank.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from schemas.base import Data
from schemas.form_cells import table_of
from schemas.ids import ChangeId, RecordId
from schemas.sealed import Shot
from schemas.sealed_notes import Reasons
from server.services.room_reading import CaseFacts, Fact, read_note
from sync.change import SealedDecide, SealedSubmit
from sync.sealed_case import Container

Answers = Mapping[str, dict[str, Any]]
"""By form and field."""


class Shown(Data, frozen=True, kw_only=True):
    """One shot that counts, in the container of the version that took it."""

    change: ChangeId
    number: int
    shot: Shot
    data: bytes


class Layers(Data, frozen=True, kw_only=True):
    """The newest version over those that it corrects. `before` is what stood there until then."""

    newest: Container
    forms: Mapping[str, int]
    answers: Answers
    shots: tuple[Shown, ...]
    before: Answers | None = None


def layers(
    facts: CaseFacts,
    visit: RecordId,
    notes: Mapping[ChangeId, bytes],
    read: Callable[[Fact], Container | None],
) -> Layers | None:
    """Return a visit as it stands; None where its newest version cannot be read."""
    found: dict[ChangeId | None, Layers | None] = {}
    newest, asked = None, frozenset[str]()
    for fact in facts.facts:
        body = fact.content.body
        if isinstance(body, SealedDecide) and body.visit == visit:
            said = read_note(notes.get(fact.change), Reasons)
            asked = frozenset(said.reasons if said else ())
        elif isinstance(body, SealedSubmit) and body.visit == visit:
            container, under = read(fact), found.get(body.follows)
            newest = container and _over(under, fact.change, container, asked)
            found[fact.change] = newest
    return newest


def by_field(asked: Mapping[str, str], shots: Collection[Shown]) -> dict[str, str]:
    """Name what is asked of photos by what they answer: the phone keeps no photo that it sealed."""
    places: dict[str, str] = {one.shot.blob: f"{one.shot.form}.{one.shot.field}" for one in shots}
    found: dict[str, str] = {}
    for key, why in asked.items():
        place = places.get(key, key)
        found[place] = f"{found[place]}\n{why}" if place in found else why
    return found


def _over(under: Layers | None, change: ChangeId, newer: Container, asked: Collection[str]) -> Layers:
    """Lay a version over what it corrects."""
    shots = [
        Shown(change=change, number=number, shot=shot, data=data)
        for number, (shot, data) in enumerate(zip(newer.answers.shots, newer.shots, strict=True))
    ]
    if under is None:
        return Layers(
            newest=newer, forms=newer.opening.forms, answers=newer.answers.answers, shots=tuple(shots)
        )
    again = {_place(key) for key in by_field(dict.fromkeys(asked, ""), under.shots)}
    answers = {form: dict(given) for form, given in newer.answers.answers.items()}
    for form, given in under.answers.items():
        now = answers.setdefault(form, {})
        kept = {name: value for name, value in given.items() if name not in now and (form, name) not in again}
        answers[form] = {**kept, **now}
        stands = [one for one in under.shots if one.shot.form == form and table_of(one.shot.field) in kept]
        shots = stands + shots
    return Layers(
        newest=newer,
        forms={**under.forms, **newer.opening.forms},
        answers=answers,
        shots=tuple(shots),
        before=under.answers,
    )


def _place(key: str) -> tuple[str, str]:
    form, _, name = key.partition(".")
    return form, table_of(name)
