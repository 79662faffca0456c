"""What stands on a letter. Rule: words as they are read, photos as JPEG; how they are set is the template's.

server/parsing/letter.typ sets it, in a child (lettersetter.py), and all of it reaches it as data.
"""

from schemas.base import Data


class Paragraph(Data, frozen=True, kw_only=True, tag="paragraf"):
    """Text; its line breaks stand."""

    text: str


class Pairs(Data, frozen=True, kw_only=True, tag="data"):
    """Lines of a name and a value; an empty value is a line to write on."""

    rows: tuple[tuple[str, str], ...]


class Grid(Data, frozen=True, kw_only=True, tag="tabel"):
    """A table; `widths` are shares of the page, `right` the columns of numbers."""

    head: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


class Photos(Data, frozen=True, kw_only=True, tag="foto"):
    """Pictures (JPEG) with what each is called."""

    items: tuple[tuple[bytes, str], ...]


Block = Paragraph | Pairs | Grid | Photos


class Signer(Data, frozen=True, kw_only=True):
    """Who signs: above the room for the signature, the name (empty: dots), and what stands below it."""

    above: str
    name: str
    below: tuple[str, ...] = ()


class Letter(Data, frozen=True, kw_only=True):
    """One letter. `title` makes it a paper with a heading in the middle, else it is one to somebody.

    `facts` are Nomor, Sifat, Lampiran, Hal; `mark` is written across a page that is none. `made_ms`: UTC.
    """

    name: str
    office: str
    head: tuple[str, ...]
    address: str
    day: str
    made_ms: int
    body: tuple[Block, ...]
    signer: Signer
    copies_title: str
    title: str = ""
    number: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    to_title: str = ""
    to: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    footer: str = ""
    mark: str = ""
