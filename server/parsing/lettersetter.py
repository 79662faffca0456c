"""The child that sets one letter, and ends. Rule: as typesetter.py, whose code it runs, with its template."""

import base64
from pathlib import Path

from server.parsing.letter import Grid, Letter, Pairs, Paragraph, Photos, Signer
from server.parsing.typesetter import serve

TEMPLATE = Path(__file__).with_name("letter.typ")
DOT = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0"
    "Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8A"
    "VN//2Q=="
)
"""A JPEG of one pixel."""


def main() -> None:
    """Set the letter that comes on standard input."""
    serve(TEMPLATE, _specimen())


def _specimen() -> Letter:
    """Return a letter that needs every font and every part of the template."""
    return Letter(
        name="Contoh",
        office="Sambang",
        head=("Contoh", "ꦱꦩ꧀ꦧꦁ"),
        address="Contoh",
        day="Contoh",
        made_ms=0,
        facts=(("Hal", "Contoh"),),
        to_title="Yth.",
        to=("Contoh",),
        body=(
            Paragraph(text="Contoh"),
            Pairs(rows=(("a", "b"), ("c", ""))),
            Grid(head=("a", "b"), widths=(1.0, 2.0), rows=(("c", "d"),), right=(1,)),
            Photos(items=((DOT, "Contoh"),)),
        ),
        signer=Signer(above="Contoh", name="Contoh", below=("Contoh",)),
        copies_title="Contoh",
        copies=("Contoh",),
        mark="Contoh",
    )
