"""The child that sets one paper, and ends. Rule: fonts and template are in memory before its doors close."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typst

from schemas.base import UNREADABLE
from server.parsing.lockdown import close_doors
from server.parsing.messages import Answer, NotOne, Printed, Typeset, frame, read_frame, tasks
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
    template = TEMPLATE.read_bytes()
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])

    def compiler() -> typst.Compiler:
        return typst.Compiler(template, root=str(FONTS), font_paths=fonts, ignore_system_fonts=True)

    # one of them serves one paper: it looks for the template's file before the next
    specimen, archival, plain = compiler(), compiler(), compiler()
    _set(specimen, _specimen(), ARCHIVAL)
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
    if not isinstance(task, Typeset):
        return NotOne()
    try:
        return Printed(pdf=_set(archival, task.paper, ARCHIVAL))
    except typst.TypstError:
        try:
            return Printed(pdf=_set(plain, task.paper, []))
        except typst.TypstError:
            return NotOne()


def _set(compiler: typst.Compiler, paper: Paper, standards: "list[PDFStandard]") -> bytes:
    said = json.dumps(msgspec.to_builtins(paper), ensure_ascii=False)
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
