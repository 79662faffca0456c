"""What is kept of a list that goes out: what was asked for, how far it is. Rule: codes and ids, no names."""

from typing import Literal

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from server.tables.writing import Kind

State = Literal["menulis", "selesai", "gagal"]
KEPT_MS = 7 * 86_400_000
"""How long a file waits to be fetched."""


class Asked(Data, frozen=True, kw_only=True):
    """What somebody wants: from which source, narrowed how, which columns. Empty members do not narrow.

    `first_ms` and `before_ms` bound when a visit came in (UTC ms); `whole`: numbers, names and addresses too.
    """

    source: str
    kind: Kind
    service: str = ""
    region: str = ""
    state: str = ""
    first_ms: int = 0
    before_ms: int = 0
    columns: tuple[str, ...] = ()
    codes: bool = False
    whole: bool = False
    purpose: str = ""


class Given(Data, frozen=True, kw_only=True):
    """To whom a list is given, by which letter, on which basis; nobody outside the office when empty."""

    recipient: str = ""
    letter: str = ""
    basis: str = ""


class Order(Data, frozen=True, kw_only=True):
    """A list that goes out. `done` of `count` rows were looked at, `rows` of them were written.

    `held` of them were not, as an objection of whom they are about holds them back.
    """

    id: RecordId
    by: PersonId
    at_ms: int
    asked: Asked
    given: Given
    state: State = "menulis"
    done: int = 0
    count: int = 0
    rows: int = 0
    held: int = 0
    size_bytes: int = 0
    sha256: str = ""
    ended_ms: int = 0
