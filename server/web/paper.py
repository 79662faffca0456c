"""Papers that are printed and signed by hand: minutes, letters, registers. Rule: all comes as text.

The browser prints them; nothing of them is kept but what the registers they are drawn from hold.
"""

from litestar import Response

from schemas import format as written
from schemas.base import Data
from server.web.site import Site, Visitor


class Table(Data, frozen=True, kw_only=True):
    """A table of a paper; every row has as many cells as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Paper(Data, frozen=True, kw_only=True):
    """One paper. `back`: the page it comes from; `signs`: under what, and who signs there (may be empty)."""

    back: str
    title: str
    number: str = ""
    opening: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    closing: tuple[str, ...] = ()
    signs: tuple[tuple[str, str], ...] = ()


async def paper_page(site: Site, visitor: Visitor, paper: Paper) -> Response[str]:
    """Draw a paper, to be printed."""
    values = {
        "paper": paper,
        "office": site.deps.office_name,
        "today": written.long_date(written.local_date(site.deps.now_ms())),
    }
    return await site.page("protection/paper.html", visitor, "pelindungan", values)
