"""QR codes as pictures of a page. Rule: what stands in one is made by the office, never typed by anyone."""

import io

import segno
from markupsafe import Markup


def qr_svg(text: str, scale: int = 5) -> Markup:
    """Draw a text as an SVG of its own; `scale` is pixels for each of its squares."""
    out = io.BytesIO()
    drawn = segno.make(text, error="m", micro=False)
    drawn.save(out, kind="svg", scale=scale, border=2, xmldecl=False, svgns=True, nl=False, omitsize=False)
    return Markup(out.getvalue().decode())  # noqa: S704 - made by segno, in which a text is only squares
