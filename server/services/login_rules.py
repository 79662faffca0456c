"""Whose login needs a second step. Rule: the office may ask it of more roles, and of these three never less.

The roles are data: a kabid changes them by a record of kind `aturan_masuk` in the office's chain, where every
earlier word stays. Kabid and admin always need a code, and so do officers of the sealed room, whatever their
role. A change is asked for at each page, so it holds from the next one on.
"""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import PersonId
from server.access import ALWAYS_CODE, NEEDS_CODE, ROLES, Person, Role, may
from server.engine import Engine, Reader, Writer
from server.services.chain_record import patches_of, word_id, word_on, write_record
from server.services.people import Actor

KIND = "aturan_masuk"
FIELD = "peran"


class Past(Data, frozen=True, kw_only=True):
    """Which roles needed a code since then (UTC ms), and who said so."""

    roles: tuple[Role, ...]
    by: PersonId
    at_ms: int


class LoginRules:
    """The use cases. Each blocks its thread."""

    def __init__(self, engine: Engine, office: Actor) -> None:
        self._engine, self._office = engine, office

    def roles(self) -> frozenset[Role]:
        """Return the roles whose login needs a code now."""
        return self._engine.read(roles_with_code)

    def history(self) -> list[Past]:
        """Return every word on it, the newest first."""
        found = self._engine.read(lambda tx: patches_of(tx, KIND))
        return [
            Past(roles=_known(patch.new.get(FIELD) or ()), by=content.author, at_ms=content.clock.server_ms)
            for content, patch in found
        ]

    def change(self, person: Person, roles: Iterable[Role]) -> str | None:
        """Ask a code of these roles, and of those that always need one; return why not, or None."""
        if not may(person, "set_second_step"):
            return "peran"
        wanted = _known((*roles, *ALWAYS_CODE))

        def work(tx: Writer) -> str | None:
            if frozenset(wanted) == roles_with_code(tx):
                return None
            done = write_record(tx, self._office, person.id, KIND, word_id(tx, KIND), {FIELD: list(wanted)})
            return None if done else "berubah"

        return self._engine.write(work).result()


def roles_with_code(tx: Reader) -> frozenset[Role]:
    """Return the roles whose login needs a code, within a transaction."""
    found = word_on(tx, KIND)
    return ALWAYS_CODE.union(_known(found.fields.get(FIELD) or ())) if found else NEEDS_CODE


def _known(names: Iterable[str]) -> tuple[Role, ...]:
    held = frozenset(names)
    return tuple(role for role in ROLES if role in held)
