"""Numbers of letters, out of blocks that the office's own book gave. Rule: a number is used once, ever.

What was given, skipped and confirmed are records of kind `nomor_surat` in the office's chain. A number that
is used stays used, also when its letter is cancelled; one that is skipped says why. After a restore none is
given until somebody looked into the paper book: letters younger than the copy may be out of the house.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Literal

from schemas.base import Data
from schemas.format import local_date
from schemas.ids import PersonId, RecordId
from server import letter_store, restore_store
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.queries import records_of_kind
from server.services.chain_record import write_record
from server.services.people import Actor
from sync.store import Fields

NUMBERS = "nomor_surat"
MOST_NUMBER = 999_999
MOST_BLOCK = 20_000
MOST_REASON = 300
_JANUARY, _DECEMBER = 1, 12
What = Literal["blok", "lompat", "pulih"]


class Span(Data, frozen=True, kw_only=True):
    """Numbers of a year from `first` to `last`: a block, or some that are skipped.

    `pulih`: after a restore the paper book reached up to `last`; what no letter here has of these may be out
    of the house, and is never given.
    """

    what: What
    year: int
    first: int
    last: int
    reason: str
    by: PersonId
    at_ms: int

    @property
    def numbers(self) -> range:
        """All of them."""
        return range(self.first, self.last + 1)


class Book(Data, frozen=True, kw_only=True):
    """The numbers of a year; `waits`: a restore is to be confirmed."""

    year: int
    blocks: tuple[Span, ...]
    skipped: tuple[Span, ...]
    used: frozenset[int]
    waits: bool

    @property
    def ours(self) -> set[int]:
        """Every number of the blocks."""
        return set[int]().union(*(span.numbers for span in self.blocks))

    @property
    def next(self) -> int | None:
        """The first number that is neither used nor skipped, of the block that came first."""
        return next(self._free(), None)

    @property
    def left(self) -> int:
        """How many can still be given."""
        return sum(1 for _ in self._free())

    def _free(self) -> Iterator[int]:
        for number in chain.from_iterable(span.numbers for span in self.blocks):
            if number not in self.used and not any(number in span.numbers for span in self.skipped):
                yield number


def book_of(tx: Reader, year: int) -> Book:
    """Return the numbers of a year as they stand."""
    spans = sorted(_spans(tx), key=lambda span: (span.at_ms, span.first))
    blocks = tuple(span for span in spans if span.what == "blok" and span.year == year)
    skipped = tuple(span for span in spans if span.what != "blok" and span.year == year and span.last > 0)
    restored = restore_store.last_restore(tx)
    confirmed = max((span.at_ms for span in spans if span.what == "pulih"), default=0)
    return Book(
        year=year,
        blocks=blocks,
        skipped=skipped,
        used=letter_store.used_numbers(tx, year),
        waits=restored is not None and restored.at_ms > confirmed,
    )


class LetterNumbers:
    """The use cases. Each returns why not, a key under `surat.nomor.salah`, or None. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office = engine, office
        self._now_ms, self._randomness = now_ms, randomness

    def book(self) -> Book:
        """Return the numbers of this year."""
        return self._engine.read(lambda tx: book_of(tx, self._year()))

    def ahead(self) -> Book:
        """Return the numbers of the next year, whose blocks may be taken already."""
        return self._engine.read(lambda tx: book_of(tx, self._year() + 1))

    def lacking(self) -> int | None:
        """Return the year that has no block, where the one before had: in December the next, in January this
        one. Later nobody is reminded: letters are numbered elsewhere then.
        """
        today = local_date(self._now_ms())
        if today.month not in (_DECEMBER, _JANUARY):
            return None
        year = today.year + (today.month == _DECEMBER)
        known = {span.year for span in self._engine.read(_spans) if span.what == "blok"}
        return year if year - 1 in known and year not in known else None

    def add_block(self, person: Person, year: int, first: int, last: int) -> str | None:
        """Take a block that the office's book gave."""
        if year not in (self._year(), self._year() + 1):
            return "tahun"
        if not 0 < first <= last <= MOST_NUMBER or last - first >= MOST_BLOCK:
            return "rentang"

        def work(tx: Writer) -> str | None:
            if any(_meet(span, first, last) for span in book_of(tx, year).blocks):
                return "sudah_ada"
            return self._write(tx, person, "blok", year, first, last, "")

        return self._allowed(person, work)

    def skip(self, person: Person, first: int, last: int, reason: str) -> str | None:
        """Say that numbers of this year will not be used here, and why."""
        year, why = self._year(), reason.strip()
        if not why or len(why) > MOST_REASON:
            return "alasan"
        if not 0 < first <= last <= MOST_NUMBER or last - first >= MOST_BLOCK:
            return "rentang"

        def work(tx: Writer) -> str | None:
            book = book_of(tx, year)
            wanted = set(range(first, last + 1))
            if not wanted <= book.ours:
                return "di_luar"
            if wanted & book.used or any(_meet(span, first, last) for span in book.skipped):
                return "terpakai"
            return self._write(tx, person, "lompat", year, first, last, why)

        return self._allowed(person, work)

    def confirm(self, person: Person, last: int) -> str | None:
        """Say after a restore which number of this year stands last in the paper book, 0 for none."""
        if not 0 <= last <= MOST_NUMBER:
            return "rentang"

        def work(tx: Writer) -> str | None:
            book = book_of(tx, self._year())
            if not book.waits:
                return "sudah_pasti"
            if last < max(book.used, default=0):
                return "terlalu_kecil"
            return self._write(tx, person, "pulih", book.year, 1, last, "")

        return self._allowed(person, work)

    def _year(self) -> int:
        return local_date(self._now_ms()).year

    def _allowed(self, person: Person, work: Callable[[Writer], str | None]) -> str | None:
        return self._engine.write(work).result() if may(person, "set_letters") else "peran"

    def _write(
        self, tx: Writer, person: Person, what: What, year: int, first: int, last: int, reason: str
    ) -> str | None:
        fields: Fields = {"perihal": what, "tahun": year, "awal": first, "akhir": last, "alasan": reason}
        fields |= {"oleh": person.id, "at_ms": self._now_ms()}
        name = RecordId(self._randomness(16).hex())
        return None if write_record(tx, self._office, person.id, NUMBERS, name, fields) else "rentang"


def gaps(book: Book, span: Span) -> list[tuple[int, int]]:
    """Return the runs of numbers of a skipped span that are ours and that no letter here has."""
    runs: list[tuple[int, int]] = []
    for number in sorted(book.ours.intersection(span.numbers) - book.used):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _meet(span: Span, first: int, last: int) -> bool:
    return span.first <= last and first <= span.last


def _spans(tx: Reader) -> list[Span]:
    found = [each.fields for each in records_of_kind(tx, NUMBERS)]
    return [
        Span(
            what=fields["perihal"],
            year=int(fields["tahun"]),
            first=int(fields["awal"]),
            last=int(fields["akhir"]),
            reason=str(fields["alasan"]),
            by=PersonId(fields["oleh"]),
            at_ms=int(fields["at_ms"]),
        )
        for fields in found
    ]
