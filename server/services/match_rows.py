"""What the lists of possible doubles and of new people show. Rule: each says whether it is whole by now."""

from schemas.base import Data
from server.services.finding import Hit
from server.subjects import Why


class PairRow(Data, frozen=True, kw_only=True):
    """Two who may be one person, as a list shows them."""

    one: Hit
    other: Hit
    why: Why


class FreshRow(Data, frozen=True, kw_only=True):
    """Somebody whom a phone made, with whom of the list they may be."""

    hit: Hit
    likely: tuple[Hit, ...]


class Pairs(Data, frozen=True, kw_only=True):
    """Possible doubles; `behind`: the index has not come to all that is new."""

    rows: tuple[PairRow, ...]
    behind: bool


class Fresh(Data, frozen=True, kw_only=True):
    """People whom phones made; `behind`: the index has not come to all that is new."""

    rows: tuple[FreshRow, ...]
    behind: bool
