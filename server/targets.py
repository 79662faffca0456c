"""Targets: how many visits of a service are to be done in a period, and every word that was said on it.

Rule: each word is a record of kind `target` of its own in the office's chain, and says all numbers of one
aim; the newest counts, one without numbers takes the target back. Only the office writes them; no phone sees
them.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, cast

from schemas.base import Data
from schemas.ids import PersonId
from server.access import is_inside
from server.engine import Reader
from server.queries import records_of_kind
from sync.store import Fields, Record

KIND = "target"
MOST_DAYS = 366
MOST_VISITS = 1_000_000


class Aim(Data, frozen=True, kw_only=True):
    """What a target is for: visits of a service, or with one of its forms (else empty), in a span of days.

    `start` and `end` are both days of the span.
    """

    service: str
    form: str
    start: date
    end: date

    def overlaps(self, start: date, end: date) -> bool:
        """Whether a day of this span lies in another."""
        return self.start <= end and start <= self.end


class Word(Data, frozen=True, kw_only=True):
    """What somebody set: visits by the code of a region; since when (UTC ms)."""

    aim: Aim
    numbers: Mapping[str, int]
    by: PersonId
    at_ms: int


class Targets(Data, frozen=True, kw_only=True):
    """All words, the oldest first."""

    words: tuple[Word, ...] = ()

    def newest(self, aim: Aim) -> Word | None:
        """Return the word on an aim that counts, also one that takes it back."""
        return next((each for each in reversed(self.words) if each.aim == aim), None)

    def standing(self) -> tuple[Word, ...]:
        """Return the words that count and set something: by their end, the latest first."""
        newest = {each.aim: each for each in self.words}
        found = [each for each in newest.values() if each.numbers]
        return tuple(
            sorted(found, key=lambda each: (-each.aim.end.toordinal(), each.aim.service, each.aim.form))
        )


def outermost(regions: Collection[str]) -> tuple[str, ...]:
    """Return the regions that lie in no other of them, in order of code."""
    return tuple(
        sorted(
            each for each in set(regions) if not any(one != each and is_inside(each, one) for one in regions)
        )
    )


def parts(numbers: Collection[str], region: str) -> tuple[str, ...]:
    """Return whose numbers make up the target of a region: its own, or else the next that stand below it."""
    return (
        (region,) if region in numbers else outermost([each for each in numbers if is_inside(each, region)])
    )


def fields_of(word: Word) -> Fields:
    """Return a word as its record holds it."""
    aim = word.aim
    return {
        "layanan": aim.service,
        "formulir": aim.form,
        "dari": aim.start.isoformat(),
        "sampai": aim.end.isoformat(),
        "jumlah": dict(word.numbers),
        "oleh": word.by,
        "sejak_ms": word.at_ms,
    }


def targets(tx: Reader) -> Targets:
    """Read all targets that were ever set."""
    words = [_word(record) for record in records_of_kind(tx, KIND)]
    return Targets(words=tuple(sorted(words, key=lambda each: each.at_ms)))


def _word(record: Record) -> Word:
    fields = record.fields
    numbers = cast("dict[Any, Any]", fields["jumlah"])
    return Word(
        aim=Aim(
            service=str(fields["layanan"]),
            form=str(fields["formulir"]),
            start=date.fromisoformat(fields["dari"]),
            end=date.fromisoformat(fields["sampai"]),
        ),
        numbers={str(region): int(number) for region, number in numbers.items()},
        by=PersonId(str(fields["oleh"])),
        at_ms=int(fields["sejak_ms"]),
    )
