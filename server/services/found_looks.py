"""Finding somebody, as a look at them. Rule: who searches beyond areas leaves a look on each they are shown.

An officer of data protection searches the whole regency, to take a request down or to hold data, and has no
page of warga, whose opening would be on record. So what the search shows is: it stands in the chain first.
"""

from collections.abc import Iterable

from schemas.ids import RecordId
from server.access import TABLE, Action, Person
from server.engine import Engine
from server.services.looks import note_looks
from server.services.people import Actor
from sync.change import Accessed

SEARCHING: tuple[Action, ...] = ("handle_requests", "hold_data")


def is_on_record(person: Person) -> bool:
    """Whether whom this person finds is noted as looked at: a role of theirs searches without any area."""
    return any(TABLE[action].get(role) == "any" for action in SEARCHING for role in person.roles)


def note_found(
    engine: Engine, office: Actor, person: Person, found: Iterable[RecordId], purpose: str
) -> None:
    """Put a look at each of these in the office's chain, where it is to be. Blocks until it is durable."""
    looks = [Accessed(subject=name, purpose=purpose) for name in found] if is_on_record(person) else []
    if looks:
        engine.write(lambda tx: note_looks(tx, office, person.id, *looks)).result()
