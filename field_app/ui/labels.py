"""How a place in a form is named on the screen. Rule: a cell is named with its table and its row."""

from collections.abc import Callable
from typing import Any

from schemas.form import Form
from schemas.form_cells import cell_of, label_at


def where(form: Form, name: str, say: Callable[..., str]) -> str:
    """The whole name: "Ada berkas lain? · Baris 2 · Berkas"."""
    return label_at(form.fields, name, _row(say))


def question(form: Form, name: str, say: Callable[..., str]) -> tuple[str, str]:
    """The name, and above it the table with the row (empty for a plain field)."""
    whole = where(form, name, say)
    above, _, last = whole.rpartition(" · ") if cell_of(name) else ("", "", whole)
    return last, above


def _row(say: Callable[..., str]) -> Callable[[int], Any]:
    return lambda number: say("aplikasi.formulir.baris", nomor=number)
