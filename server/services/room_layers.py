"""A sealed visit as it stands with its corrections. Rule: what a correction was not asked is as before.

A phone cannot read what it sealed, so a correction holds only what the office asked again. What was asked
and not answered is blank, and so is what nobody is asked any more: documents after a no to documents.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from msgspec.structs import replace

from schemas.base import Data
from schemas.check import visible_fields
from schemas.form import Berkas, Form, Forms, Foto
from schemas.form_cells import blobs_of, table_of
from schemas.ids import ChangeId, RecordId
from schemas.sealed import Shot
from schemas.sealed_notes import Reasons
from server.services.room_reading import CaseFacts, Fact, read_note
from sync.change import SealedDecide, SealedSubmit
from sync.sealed_case import Container

Answers = Mapping[str, dict[str, Any]]
"""By form and field."""
PROVES = {"versi_pemberitahuan": "persetujuan", "pernyataan_teks": "tanda_tangan_pernyataan"}
"""What the device writes of an answer; it is of the day on which that was answered."""


class Shown(Data, frozen=True, kw_only=True):
    """One shot that counts, in the container of the version that took it."""

    change: ChangeId
    number: int
    shot: Shot
    data: bytes


class Layers(Data, frozen=True, kw_only=True):
    """The newest version over those that it corrects. `before` is what stood there until then.

    `begun_ms` is when the oldest was finished; `places` say what each shot answers that ever stood there;
    `lacks`: an earlier version does not open, so that there is more to the visit than this; `behind`: nor
    does the newest of all.
    """

    newest: Container
    forms: Mapping[str, int]
    answers: Answers
    shots: tuple[Shown, ...]
    places: Mapping[str, str]
    begun_ms: int
    before: Answers | None = None
    lacks: bool = False
    behind: bool = False


def layers(
    facts: CaseFacts,
    visit: RecordId,
    notes: Mapping[ChangeId, bytes],
    read: Callable[[Fact], Container | None],
    forms: Forms,
) -> Layers | None:
    """Return a visit as it stands by what can be read; None where nothing can.

    Each lies over the one before it, so that of two corrections of one version the later takes nothing away.
    """
    versions, asked = facts.versions(visit), _asked(facts, visit, notes)
    known = {fact.change for fact in versions}
    found, lacks, behind = None, False, False
    for fact in versions:
        body, newest = fact.content.body, read(fact)
        if newest is None or not isinstance(body, SealedSubmit):
            behind = True
            continue
        lacks, behind = lacks or behind or body.follows not in {None, *known}, False
        under = found if body.follows is not None else None
        found = _still(_over(under, fact.change, newest, asked.pop(body.follows, ()), forms), forms)
    return replace(found, lacks=lacks, behind=behind) if found else None


def by_field(asked: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    """Name what is asked of photos by what they answer: the phone keeps no photo that it sealed."""
    found: dict[str, str] = {}
    for key, why in asked.items():
        place = places.get(key, key)
        found[place] = f"{found[place]}\n{why}" if place in found else why
    return found


def form_of(forms: Forms, name: str, pinned: Mapping[str, int]) -> Form | None:
    """Return a form in the version that was filled; None for one that is not known here."""
    version = pinned.get(name)
    return forms.get(name, version) if name in forms.ids() and version in forms.versions(name) else None


def _asked(
    facts: CaseFacts, visit: RecordId, notes: Mapping[ChangeId, bytes]
) -> dict[ChangeId | None, frozenset[str]]:
    """Return what every return of a version asked: one may be taken back and made anew, and a correction does
    not say which of them it answers. A decision may follow another on the same version.
    """
    found: dict[ChangeId | None, frozenset[str]] = {}
    judged: dict[ChangeId, ChangeId] = {}
    for fact in facts.facts:
        body = fact.content.body
        if isinstance(body, SealedDecide) and body.visit == visit:
            version = judged[fact.change] = judged.get(body.follows, body.follows)
            if body.decision == "kembalikan":
                said = read_note(notes.get(fact.change), Reasons)
                asked = frozenset(said.reasons if said else ())
                found[version] = found.get(version, asked) & asked
    return found


def _over(
    under: Layers | None, change: ChangeId, newer: Container, asked: Collection[str], forms: Forms
) -> Layers:
    """Lay a version over what it corrects. Pages that were not asked again stay beside those taken anew."""
    shots = [
        Shown(change=change, number=number, shot=shot, data=data)
        for number, (shot, data) in enumerate(zip(newer.answers.shots, newer.shots, strict=True))
    ]
    top = Layers(
        newest=newer,
        forms=newer.opening.forms,
        answers=newer.answers.answers,
        shots=tuple(shots),
        places={one.shot.blob: f"{one.shot.form}.{one.shot.field}" for one in shots},
        begun_ms=newer.opening.made_ms,
    )
    if under is None:
        return top
    pinned = {**under.forms, **top.forms}
    again = {_place(key) for key in asked if key not in under.places}
    answers: dict[str, dict[str, Any]] = {}
    for name in {**under.answers, **top.answers}:
        form, was, now = form_of(forms, name, pinned), under.answers.get(name, {}), top.answers.get(name, {})
        kept = {
            field: [page for page in pages if page not in asked]
            if (pages := _pages(form, field, value))
            else value
            for field, value in was.items()
            if (name, field) not in again
        }
        given = {
            field: [*pages, *blobs_of(value)] if (pages := _pages(form, field, kept.get(field))) else value
            for field, value in now.items()
            if field not in kept or PROVES.get(field) in now or not _is_of_device(form, field)
        }
        answers[name] = kept | given
    return replace(
        top,
        forms=pinned,
        answers=answers,
        shots=(*under.shots, *shots),
        places={**under.places, **top.places},
        begun_ms=under.begun_ms,
        before=under.answers,
    )


def _still(laid: Layers, forms: Forms) -> Layers:
    """Leave out answers that are not asked any more, and shots that no answer names."""
    answers: dict[str, dict[str, Any]] = {}
    for name, given in laid.answers.items():
        form = form_of(forms, name, laid.forms)
        hidden = form.fields.keys() - visible_fields(form, given) if form else frozenset[str]()
        answers[name] = {field: value for field, value in given.items() if field not in hidden}
    stand = [
        one
        for one in laid.shots
        if _names(answers.get(one.shot.form, {}).get(table_of(one.shot.field)), one.shot.blob)
    ]
    return replace(laid, answers=answers, shots=tuple(stand))


def _pages(form: Form | None, field: str, value: Any) -> list[str]:
    """Return the photos that an answer holds; none of any other answer."""
    known = form.fields.get(field) if form else None
    return blobs_of(value) if isinstance(known, (Foto, Berkas)) else []


def _is_of_device(form: Form | None, field: str) -> bool:
    known = form.fields.get(field) if form else None
    return known is not None and known.filled_by == "perangkat"


def _names(value: Any, blob: str) -> bool:
    """Say whether an answer, or a cell of it, names a photo."""
    match value:
        case list():
            return any(_names(each, blob) for each in cast("list[Any]", value))
        case dict():
            return any(_names(each, blob) for each in cast("dict[str, Any]", value).values())
        case _:
            return value == blob


def _place(key: str) -> tuple[str, str]:
    form, _, name = key.partition(".")
    return form, table_of(name)
