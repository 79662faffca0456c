"""Halves of a key, as somebody types them from paper. Rule: a mistyped line is named and asked again."""

import sys

from schemas.text import Text
from server.paper_key import PAPERS
from server.recovery_paper import LINES, WrongLines, read_half


def ask_half(text: Text, paper: int) -> bytes | None:
    """Ask for the lines of paper 1 or 2 until they are right; None when the input ends before."""
    print(text("kertas.ketik", nomor=paper, baris=LINES))
    lines: list[str] = []
    while len(lines) < LINES:
        line = sys.stdin.readline()
        if not line:
            return None
        if line.strip():
            lines.append(line)
    while isinstance(half := read_half("".join(lines), PAPERS[paper - 1]), WrongLines):
        for at in half.lines:
            print(text("kertas.baris_salah", nomor=paper, baris=at), file=sys.stderr)
            line = sys.stdin.readline()
            if not line:
                return None
            lines[at - 1] = line.strip() + "\n"
    return half
