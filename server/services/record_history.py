"""What became of a record and who looked at it, from the log. Rule: before and after as they were written.

Numbers stay covered unless they were opened. Visits are told where visits are, by the rights there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas import format as written
from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.sealed import SEALED_SERVICES
from server import protection_store, trail_store
from server.engine import Reader
from server.services.conflict_view import label_of_field, value_words
from server.services.trail import Line, Trail
from server.services.visit_page import Words
from server.services.visits import place_of
from server.subjects import MATCHED, MERGED
from server.trail import Kind, trace
from server.trail_store import Row
from sync.applying import readable
from sync.change import Patch, Resolve

SHOWN = 100
TOLD: tuple[Kind, ...] = ("data", "konflik", "musnah")
"""Kinds of acts that change a record; see server/trail.py."""
LOOK: Kind = "dilihat"


class Difference(Data, frozen=True, kw_only=True):
    """One field that a change set, in words; `before` is empty where its author saw nothing there."""

    label: str
    before: str
    after: str


class Act(Data, frozen=True, kw_only=True):
    """One change of a record; `outcome` is empty where it was applied."""

    when: str
    author: str
    sentence: str
    outcome: str
    differences: tuple[Difference, ...]


class Look(Data, frozen=True, kw_only=True):
    """One look at it."""

    when: str
    author: str
    purpose: str


def acts(
    tx: Reader, trail: Trail, words: Words, kind: str, about: Sequence[RecordId], *, opened: bool
) -> tuple[tuple[Act, ...], int]:
    """Return what changed these records, which are one thing, the newest first, and how many older ones are
    left out.
    """
    conflicts = [name for record in about for name in protection_store.conflicts_about(tx, record)]
    every = trail_store.told_of(tx, (*about, *conflicts), TOLD)
    rows = every[:SHOWN]
    lines = trail.lines(tx, rows, purposes=False)
    told = tuple(
        Act(
            when=line.when,
            author=line.author,
            sentence=_sentence(row, line, words),
            outcome=line.outcome,
            differences=tuple(_differences(row, kind, words, opened)),
        )
        for row, line in zip(rows, lines, strict=True)
    )
    return told, len(every) - len(rows)


def looks(tx: Reader, trail: Trail, about: Sequence[RecordId]) -> tuple[tuple[Look, ...], int]:
    """Return who looked at these records, the newest first, and how many older looks are left out."""
    every = trail_store.told_of(tx, about, (LOOK,))
    lines = trail.lines(tx, every[:SHOWN], purposes=True)
    told = tuple(Look(when=line.when, author=line.author, purpose=line.purpose) for line in lines)
    return told, len(every) - len(lines)


def has_looked(tx: Reader, person: PersonId, about: RecordId, since_ms: int) -> bool:
    """Say whether somebody's look since a moment (UTC ms) stands in the log already."""
    found = trail_store.told_of(tx, (about,), (LOOK,))
    return any(row.at_ms >= since_ms and trace(row.raw).author == person for row in found)


def field_words(kind: str, name: str, value: Any, words: Words, *, opened: bool) -> str:
    """Write a value of a record; no sealed service is spoken of, and a place is written as degrees."""
    place = place_of(value) if isinstance(value, dict) else None
    if place is not None:
        return words.text(
            "warga.titik", lintang=written.number(place[0], 5), bujur=written.number(place[1], 5)
        )
    if isinstance(value, bool):
        return words.text("umum.ya" if value else "umum.tidak")
    if name == "layanan" and isinstance(value, list):
        value = [each for each in value if each not in SEALED_SERVICES]  # pyright: ignore[reportUnknownVariableType]
    return value_words(kind, name, value, words, opened=opened)


def _sentence(row: Row, line: Line, words: Words) -> str:
    content = readable(row.raw) if row.raw else None
    new = content.body.new if content and isinstance(content.body, Patch) else {}
    if MERGED in new:
        done = "digabung" if new[MERGED] else "dipisah"
        return words.text(f"warga.riwayat.{done}", nama=line.author)
    if list(new) == [MATCHED]:
        return words.text("warga.riwayat.dipastikan", nama=line.author)
    return line.sentence


def _differences(row: Row, kind: str, words: Words, opened: bool) -> Iterable[Difference]:
    content = readable(row.raw) if row.raw else None
    match content.body if content else None:
        case Patch(base=base, new=new):
            yield from _each(base, new, kind, words, opened)
        case Resolve(values=values):
            yield from _each({}, values, kind, words, opened)
        case _:
            return


def _each(
    base: Mapping[str, Any], new: Mapping[str, Any], kind: str, words: Words, opened: bool
) -> Iterable[Difference]:
    for name, value in new.items():
        if name in (MERGED, MATCHED):
            continue  # the sentence says it; an id says nothing to anybody
        was = base.get(name)
        yield Difference(
            label=label_of_field(kind, name, words),
            before="" if was is None else field_words(kind, name, was, words, opened=opened),
            after=field_words(kind, name, value, words, opened=opened),
        )
