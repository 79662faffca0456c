"""What stands on a paper. Rule: words and numbers as they are read; how they are set is the template's.

server/parsing/paper.typ sets it, in a child (typesetter.py), and values reach it as data.
"""

from schemas.base import Data


class Fact(Data, frozen=True, kw_only=True):
    """A line that says one thing; `mono` for what is compared sign by sign."""

    label: str
    value: str
    mono: bool = False


class Table(Data, frozen=True, kw_only=True):
    """A table; `widths` are shares of the page. Of `numbers`, columns but the first stand to the right."""

    head: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: bool = False


class Section(Data, frozen=True, kw_only=True):
    """A heading with what stands under it."""

    title: str
    text: str = ""
    facts: tuple[Fact, ...] = ()
    table: Table | None = None


class Paper(Data, frozen=True, kw_only=True):
    """One paper. `made_ms` (UTC) stands in the file's own data, `made` on the page."""

    title: str
    office: str
    made: str
    made_ms: int
    footer: str
    sections: tuple[Section, ...]
    note: str = ""
    signers: tuple[str, ...] = ()
