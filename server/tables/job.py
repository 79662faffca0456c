"""What is kept of a list between its steps. Rule: a step that was cut off goes on from here."""

from collections.abc import Sequence
from typing import Literal

from schemas.base import Data, Message
from schemas.ids import PersonId, RecordId
from server.tables.columns import Kind
from server.tables.entries import Note

State = Literal["dicocokkan", "memeriksa", "diperiksa", "menerapkan", "selesai", "gagal"]
Fate = Literal["baru", "berubah", "sama", "masalah", "kosong"]
Told = Literal["masalah", "janggal"]
"""Rows of which a page tells: not taken, or taken with something left out or odd."""


class SheetPlace(Data, frozen=True, kw_only=True):
    """One sheet: its name, its rows, and how many blank rows stand above the first."""

    name: str
    rows: int
    before: int


class Job(Data, frozen=True, kw_only=True):
    """A list. `heading` is the header's last row from 0; `matched` the field of each column, empty for none.

    `done` counts the rows that the present step is through with (those of whole pieces, the header among
    them, while it is applied), `counts` the rows of each fate, `desa` those that are taken by the desa that
    they name. `areas` are the regions to which whoever let the rows be checked is bound, empty for the whole
    kabupaten. `left_out` are the names of sheets that cannot be chosen: too large, too many, or with
    something far below.
    """

    id: RecordId
    by: PersonId
    at_ms: int
    name: str
    sheets: tuple[SheetPlace, ...]
    state: State = "dicocokkan"
    kind: Kind = "warga"
    service: str = ""
    sheet: int = 0
    heading: int = 0
    heads: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()
    done: int = 0
    counts: dict[str, int] = {}
    noted: int = 0
    ended_ms: int = 0
    conflicts: int = 0
    desa: dict[str, int] = {}
    areas: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The rows below the header."""
        return max(0, self.sheets[self.sheet].rows - self.heading - 1) if self.sheets else 0


class RowFate(Message, frozen=True, kw_only=True):
    """What is to become of one row, and why. `record` is whom it is about; empty when nobody.

    `lives_in` is in whom they lived on when the row was checked, themselves unless merged; empty for somebody
    new.
    """

    fate: Fate
    record: RecordId
    notes: tuple[Note, ...]
    lives_in: RecordId = RecordId("")


def problem_count(fates: Sequence[RowFate]) -> int:
    """Count the rows that are not taken."""
    return sum(fate.fate == "masalah" for fate in fates)


def noted_count(fates: Sequence[RowFate]) -> int:
    """Count the rows that are taken though something in them was left out or looks odd."""
    return sum(is_noted(fate) for fate in fates)


def is_noted(fate: RowFate) -> bool:
    """Whether a row is taken though something in it was left out or looks odd."""
    return fate.fate != "masalah" and bool(fate.notes)
