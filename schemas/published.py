"""A form that the office published itself, as it travels to phones. Rule: once out, a version never changes.

It is reference data: one record of kind `formulir` for each version, in the part `ref`, holding the TOML as
it was published. One that is *rahasia* counts only with the word of the unit's identity, which a phone has
pinned: what a woman is asked is for those to say who may read her answers.
See docs/protocol.md, "Published forms".
"""

from typing import Annotated, Any

import msgspec

from schemas.base import UNREADABLE, Data
from schemas.ids import Regency

KIND = "formulir"
DOMAIN = b"sambang form v1\0"
MOST_CHARACTERS = 200_000
"""Of a form's text: ten times that of the longest there is."""


class Published(Data, frozen=True, kw_only=True):
    """One version of a form: its TOML, when it was published, and the identity's signature, empty where it
    needs none.
    """

    form: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
    version: Annotated[int, msgspec.Meta(ge=1, le=9_999)]
    text: Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)]
    made_ms: int
    signature: bytes = b""

    @property
    def name(self) -> str:
        """The name that its file would have."""
        return f"{self.form}.{self.version}.toml"

    def message(self, regency: Regency) -> bytes:
        """Return the bytes that the unit's identity signs."""
        return b"\0".join((DOMAIN + regency.encode(), self.name.encode(), self.text.encode()))

    def fields(self) -> dict[str, Any]:
        """Return the fields of its record."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


def from_fields(fields: dict[str, Any]) -> Published | None:
    """Return what a record holds, None for one of another shape, as a newer program may write."""
    try:
        return msgspec.convert(fields, Published, strict=True)
    except UNREADABLE:
        return None
