"""The office's own templates and letterhead, in versions. Rule: one is only added, and each letter names its.

Each is a record of kind `templat_surat` in the office's chain. Version 0 is what the program came with.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.letters import (
    Letterhead,
    Wording,
    Wrong,
    first_letterhead,
    letter_kinds,
    wrong_letterhead,
    wrong_wording,
)
from server.access import Person
from server.engine import Engine, Reader, Writer
from server.queries import records_of_kind
from server.services.chain_record import write_record
from server.services.people import Actor
from sync.store import Fields

TEMPLATE = "templat_surat"
HEAD = "kop"
T = TypeVar("T", Wording, Letterhead)


class Saved(Data, frozen=True, kw_only=True):
    """A version of a template (or of the letterhead): who wrote it, and when (UTC ms)."""

    version: int
    by: PersonId
    at_ms: int


class Moved(Data, frozen=True, kw_only=True):
    """Somebody else saved a version meanwhile; nothing was saved."""


class LetterTemplates:
    """The use cases. Blocks its thread; who may is asked by the pages' own right, `set_letters`."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office = engine, office
        self._now_ms, self._randomness = now_ms, randomness

    def wording(self, kind: str) -> tuple[Wording, int]:
        """Return a kind's template as it stands, and its version."""
        return self._engine.read(lambda tx: current(tx, kind, letter_kinds()[kind].surat))

    def letterhead(self) -> tuple[Letterhead, int]:
        """Return the letterhead as it stands, and its version."""
        return self._engine.read(lambda tx: current(tx, HEAD, first_letterhead()))

    def newest(self) -> dict[str, int]:
        """Return the version of the letterhead (`kop`) and of every kind as it stands."""
        found = self._engine.read(lambda tx: records_of_kind(tx, TEMPLATE))
        newest = dict(sorted((each.fields["jenis"], each.fields["versi"]) for each in found))
        return {kind: newest.get(kind, 0) for kind in (HEAD, *letter_kinds())}

    def versions(self, kind: str) -> list[Saved]:
        """Return the versions of a kind (or of `kop`), the newest first, without that of the program."""
        found = self._engine.read(lambda tx: _of(tx, kind))
        return [
            Saved(version=each["versi"], by=PersonId(each["oleh"]), at_ms=each["at_ms"]) for each in found
        ]

    def old(self, kind: str, version: int) -> Wording | Letterhead | None:
        """Return what a kind (or `kop`) said in a version, None where there is none."""
        first = first_letterhead() if kind == HEAD else letter_kinds()[kind].surat
        if version == 0:
            return first
        found = self._engine.read(lambda tx: _of(tx, kind))
        texts = next((each["isi"] for each in found if each["versi"] == version), None)
        return None if texts is None else msgspec.convert(texts, type(first))

    def wrong(self, kind: str, given: Wording | Letterhead) -> Wrong | None:
        """Return the first thing that is wrong with what was written."""
        if isinstance(given, Letterhead):
            return wrong_letterhead(given)
        return wrong_wording(letter_kinds()[kind], given)

    def save(
        self, person: Person, kind: str, given: Wording | Letterhead, seen: int
    ) -> Saved | Wrong | Moved:
        """Add a version of a kind's template, or of the letterhead (`kop`), after the version `seen`."""
        return self.wrong(kind, given) or self._add(person, kind, given, seen)

    def _add(self, person: Person, kind: str, given: Wording | Letterhead, seen: int) -> Saved | Moved:
        now, name = self._now_ms(), RecordId(self._randomness(16).hex())

        def work(tx: Writer) -> Saved | Moved:
            newest = next((each["versi"] for each in _of(tx, kind)), 0)
            fields: Fields = {"jenis": kind, "versi": newest + 1, "isi": msgspec.to_builtins(given)}
            fields |= {"oleh": person.id, "at_ms": now}
            if newest != seen or not write_record(tx, self._office, person.id, TEMPLATE, name, fields):
                return Moved()
            return Saved(version=newest + 1, by=person.id, at_ms=now)

        return self._engine.write(work).result()


def current(tx: Reader, kind: str, first: T) -> tuple[T, int]:
    """Return the newest version of a kind, or `first` with 0."""
    newest = next(iter(_of(tx, kind)), None)
    if newest is None:
        return first, 0
    return msgspec.convert(newest["isi"], type(first)), int(newest["versi"])


def _of(tx: Reader, kind: str) -> list[Fields]:
    found = [each.fields for each in records_of_kind(tx, TEMPLATE) if each.fields["jenis"] == kind]
    return sorted(found, key=lambda each: -each["versi"])
