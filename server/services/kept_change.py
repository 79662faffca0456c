"""A change that was kept and not applied, in words. Rule: numbers of persons stay covered, and what may be
sealed is not shown: a form that this program does not know counts as sealed.
"""

from collections.abc import Mapping
from typing import Any

from schemas.base import Data
from schemas.form import Form
from schemas.form_types import Field, Privacy
from schemas.form_values import is_blank
from schemas.ids import RecordId
from server.services.answers import LONG_NUMBER, Reading, covered, show
from server.services.conflict_view import label_of_field, value_words
from server.services.visit_page import Words
from sync.change import (
    Advance,
    Content,
    Decide,
    FormAnswers,
    Patch,
    Resolve,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedNote,
    SealedSubmit,
    Submit,
)

SEALED_BODIES = SealedSubmit | SealedAdvance | SealedDecide | SealedNote | SealedAccess


class Line(Data, frozen=True, kw_only=True):
    """One field of a change, in words; `was` is what its author had seen."""

    label: str
    value: str
    was: str = ""


class Section(Data, frozen=True, kw_only=True):
    """Fields that stand together, under a form's title where they are a form's."""

    title: str
    lines: tuple[Line, ...]


def named(content: Content) -> RecordId | None:
    """Return the thing that a change is about, as far as it names one."""
    match content.body:
        case Patch(record=name) | Advance(kasus=name) | Decide(visit=name) | Resolve(conflict=name):
            return name
        case Submit(subject=subject, visit=visit):
            return subject or visit
        case SealedSubmit(kasus=name) | SealedAdvance(kasus=name) | SealedAccess(kasus=name):
            return name
        case SealedDecide(visit=name) | SealedNote(record=name):
            return name
        case _:
            return None


def title_of(content: Content | None, words: Words) -> str:
    """Say what kind of thing a change is, and nothing of what it says."""
    text = words.text
    match content.body if content else None:
        case None:
            return text("kantor.karantina.tak_terbaca")
        case Patch(kind=kind):
            key = f"kantor.jenis.{kind}"
            return text("kantor.karantina.ubahan", jenis=text(key if key in text else "kantor.jenis.lain"))
        case Submit(form=form) if form in words.forms.ids():
            return words.forms.get(form).title
        case Submit():
            return text("kantor.karantina.kunjungan_baru")
        case Advance():
            return text("kantor.karantina.langkah")
        case Decide():
            return text("kantor.karantina.keputusan")
        case Resolve():
            return text("kantor.karantina.pilihan")
        case SealedSubmit() | SealedAdvance() | SealedDecide() | SealedNote() | SealedAccess():
            return text("kantor.karantina.tersegel")
        case _:
            return text("kantor.karantina.catatan_lain")


def privacy_of(content: Content, words: Words) -> Privacy:
    """Return how private a change is; a form in a version that is not known is taken as its newest known."""
    body = content.body
    if isinstance(body, SEALED_BODIES):
        return "rahasia"
    if not isinstance(body, Submit):
        return "spesifik"
    known = words.forms.ids()
    sealed = any(
        name not in known or _form(name, given, words).privacy == "rahasia"
        for name, given in body.forms.items()
    )
    return "rahasia" if sealed or not body.forms else "spesifik"


def sections_of(content: Content, words: Words, names: Mapping[str, str]) -> tuple[Section, ...]:
    """Write a change out, field by field. The caller has asked for the right to see it."""
    text, body = words.text, content.body
    match body:
        case Patch(kind=kind, base=base, new=new):
            lines = tuple(
                Line(
                    label=label_of_field(kind, name, words),
                    value=value_words(kind, name, value, words, opened=False),
                    was=value_words(kind, name, base[name], words, opened=False) if name in base else "",
                )
                for name, value in new.items()
            )
            return (Section(title=text("kantor.karantina.isinya"), lines=lines),)
        case Submit(forms=forms):
            return tuple(_filled(name, given, words, names) for name, given in forms.items())
        case Advance(event=event, answers=answers):
            lines = (Line(label=text("kantor.isian.event"), value=event), *_loose(answers))
            return (Section(title=text("kantor.karantina.isinya"), lines=lines),)
        case Decide(decision=decision, note=note, reasons=reasons):
            lines = (Line(label=text("kantor.tinjau.keputusan"), value=decision),)
            lines += (Line(label=text("kantor.isian.note"), value=note),) if note else ()
            lines += tuple(Line(label=key, value=reason) for key, reason in reasons.items())
            return (Section(title=text("kantor.karantina.isinya"), lines=lines),)
        case Resolve(values=values):
            return (Section(title=text("kantor.karantina.isinya"), lines=_loose(values)),)
        case _:
            return ()


def _form(name: str, given: FormAnswers, words: Words) -> Form:
    known = words.forms.versions(name)
    return words.forms.get(name, given.version if given.version in known else None)


def _filled(name: str, given: FormAnswers, words: Words, names: Mapping[str, str]) -> Section:
    """Write a form out with the labels that this program knows; what it does not know by its own name."""
    form = _form(name, given, words)
    reading = Reading(text=words.text, name_of=lambda who: names.get(who, ""), region_of=words.region)
    lines = [
        _line(form.fields.get(field), field, value, reading)
        for field, value in given.answers.items()
        if not is_blank(value)
    ]
    title = words.text("kantor.karantina.versi", formulir=form.title, versi=given.version)
    return Section(title=title, lines=tuple(lines))


def _line(field: Field | None, name: str, value: Any, reading: Reading) -> Line:
    if field is None:
        return Line(label=name, value=_guarded(value))
    return Line(label=field.short, value=show(field, value, reading))


def _loose(values: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(Line(label=name, value=_guarded(value)) for name, value in values.items())


def _guarded(value: Any) -> str:
    """Write a value of which nothing is known: whatever may be a person's number is covered."""
    said = str(value)
    return covered(said) if sum(sign.isdigit() for sign in said) >= LONG_NUMBER - 4 else said
