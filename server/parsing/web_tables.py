"""Tables of a web page, as sites hand them out under the name of a spreadsheet. Rule: words only.

Many a government site's "Excel" is a page with a table in it, which Excel opens. Nothing is fetched or run.
"""

from collections.abc import Iterator
from html.parser import HTMLParser

MOST_SPAN = 200
PIECE_SIGNS = 65_536


def is_web_page(text: str) -> bool:
    """Whether a text begins as a page does, and has a table."""
    top = text[:20_000].lower()
    return top.lstrip().startswith(("<html", "<!doctype html", "<table", "<meta", "<style", "<?xml")) and (
        "<table" in top
    )


def web_rows(text: str, most_columns: int) -> Iterator[list[str]]:
    """Yield the rows of all tables; a cell over several columns or rows stands in the first of them."""
    reader = _Tables(most_columns)
    for start in range(0, len(text), PIECE_SIGNS):
        reader.feed(text[start : start + PIECE_SIGNS])
        yield from reader.taken()
    reader.close()
    reader.end_row()
    yield from reader.taken()


class _Tables(HTMLParser):
    """Gathers rows; `_below` counts, by column, in how many further rows a cell from above stands."""

    def __init__(self, most_columns: int) -> None:
        super().__init__(convert_charrefs=True)
        self._most = most_columns
        self._rows: list[list[str]] = []
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._below: dict[int, int] = {}

    def taken(self) -> list[list[str]]:
        """Return the rows that are whole, once."""
        rows, self._rows = self._rows, []
        return rows

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a row or a cell; one that was not ended ends here."""
        if tag == "table":
            self.end_row()
            self._below.clear()
        elif tag == "tr":
            self.end_row()
            self._row = []
        elif tag in ("td", "th"):
            self._end_cell()
            given = dict(attrs)
            self._spans = _span(given.get("colspan")), _span(given.get("rowspan"))
            self._row = [] if self._row is None else self._row
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End a row or a cell."""
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self.end_row()

    def handle_data(self, data: str) -> None:
        """Take words that stand in a cell."""
        if self._cell is not None:
            self._cell.append(data)

    def end_row(self) -> None:
        """Put away the row that is being read."""
        self._end_cell()
        if self._row is not None:
            self._step_over()
            self._rows.append(self._row)
        self._row = None

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        self._step_over()
        first, (wide, high) = len(self._row), self._spans
        for place in range(first, min(self._most, first + wide)):
            if high > 1:
                self._below[place] = high - 1
            self._row.append("")
        if first < len(self._row):
            self._row[first] = " ".join("".join(self._cell).split())
        self._cell = None

    def _step_over(self) -> None:
        """Leave blank what a cell of a row above still fills."""
        assert self._row is not None
        while self._below.get(len(self._row)):
            self._below[len(self._row)] -= 1
            self._row.append("")


def _span(text: str | None) -> int:
    return max(1, min(MOST_SPAN, int(text))) if text and text.isascii() and text.isdigit() else 1
