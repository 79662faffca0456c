"""The rows that were not taken, as a workbook to mend. Rule: text stays text, and nothing runs."""

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from server.parsing.messages import Cell
from server.tables.heading import text_of

IN_MEMORY = {"in_memory": True}
"""What is written would else lie in the system's folder for a while, readable."""


def to_mend(heads: Sequence[str], why: str, rows: Iterable[tuple[Sequence[Cell], str]]) -> bytes:
    """Return a workbook with the list's own heads, its rows, and why each was not taken in a last column.

    Every cell is written as text, so that no digit is lost and nothing is taken for a formula.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, IN_MEMORY)
    text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
    sheet = book.add_worksheet("Perbaiki")
    for column, head in enumerate([*heads, why]):
        sheet.write_string(0, column, head, bold)
    for number, (cells, reasons) in enumerate(rows, 1):
        for column, cell in enumerate(cells[: len(heads)]):
            if cell is not None:
                sheet.write_string(number, column, text_of(cell), text)
        sheet.write_string(number, len(heads), reasons, text)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(heads) - 1, 18)
    sheet.set_column(len(heads), len(heads), 80)
    book.close()
    return out.getvalue()
