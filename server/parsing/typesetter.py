"""The child that sets one paper, and ends. Rule: fonts and template are in memory before its doors close.

Letters are set by the same code with a template of their own: lettersetter.py.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typst

from schemas.base import UNREADABLE
from server.parsing.letter import Letter
from server.parsing.lockdown import close_doors
from server.parsing.messages import (
    Answer,
    NotOne,
    Printed,
    SetLetter,
    Typeset,
    frame,
    read_frame,
    tasks,
)
from server.parsing.paper import Fact, Paper, Section, Table

MOST_MEMORY = 800 * 1024 * 1024
"""Bytes of address space: four thousand rows of a table need some 300 MB."""
if TYPE_CHECKING:
    from typst import PDFStandard  # stands in its stub only

FONTS = Path(__file__).resolve().parents[2] / "schemas" / "fonts"
TEMPLATE = Path(__file__).with_name("paper.typ")
ARCHIVAL: "list[PDFStandard]" = ["a-2b"]
"""PDF/A: readable in thirty years. It refuses signs that no font here can draw; then it is a plain PDF."""


def main() -> None:
    """Set the paper that comes on standard input."""
    serve(TEMPLATE, _specimen())


def serve(path: Path, first: Paper | Letter) -> None:
    """Set one thing by a template; `first` is set before the doors close, and needs every font of it."""
    template = path.read_bytes()
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])

    def compiler() -> typst.Compiler:
        return typst.Compiler(template, root=str(FONTS), font_paths=fonts, ignore_system_fonts=True)

    # one of them serves one paper: it looks for the template's file before the next
    specimen, archival, plain = compiler(), compiler(), compiler()
    _set(specimen, first, ARCHIVAL)
    close_doors(MOST_MEMORY)
    raw = read_frame(sys.stdin.buffer.read)
    if raw is None:
        return
    try:
        task = tasks.decode(raw)
    except UNREADABLE:
        return
    sys.stdout.buffer.write(frame(_answer(task, archival, plain)))
    sys.stdout.buffer.flush()


def _answer(task: object, archival: typst.Compiler, plain: typst.Compiler) -> Answer:
    match task:
        case Typeset(paper=paper):
            said: Paper | Letter = paper
        case SetLetter(letter=letter):
            said = letter
        case _:
            return NotOne()
    try:
        return Printed(pdf=_set(archival, said, ARCHIVAL))
    except typst.TypstError:
        try:
            return Printed(pdf=_set(plain, said, []))
        except typst.TypstError:
            return NotOne()


def _set(compiler: typst.Compiler, paper: Paper | Letter, standards: "list[PDFStandard]") -> bytes:
    # bytes, those of photos, as lists of numbers: what comes in is text, and a template makes bytes of these
    said = json.dumps(msgspec.to_builtins(paper, builtin_types=(bytes,)), ensure_ascii=False, default=list)
    made = compiler.compile(
        format="pdf",
        sys_inputs={"paper": said},
        pdf_standards=standards,
        timestamp=paper.made_ms // 1000,
    )
    if not isinstance(made, bytes):
        raise TypeError("no PDF")
    return made


def _specimen() -> Paper:
    """Return a paper that needs every font and every part of the template."""
    return Paper(
        title="Contoh",
        office="Sambang",
        made="ꦱꦩ꧀ꦧꦁ",
        made_ms=0,
        footer="Contoh",
        note="Contoh",
        sections=(
            Section(
                title="Contoh",
                text="Contoh",
                facts=(Fact(label="a", value="b"), Fact(label="c", value="d", mono=True)),
                table=Table(head=("a", "b"), widths=(1.0, 2.0), rows=(("c", "d"),)),
            ),
        ),
        signers=("a", "b"),
    )
