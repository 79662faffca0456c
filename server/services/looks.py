"""A look at somebody's data, in the office's chain. Rule: what could not be put on record is not shown."""

from schemas.ids import PersonId
from schemas.wire import Applied
from server.engine import Writer
from server.services.people import Actor
from sync.change import Accessed, SealedAccess


class NotOnRecordError(Exception):
    """The office's own chain did not take the record of a look."""


def note_looks(tx: Writer, office: Actor, author: PersonId, *looks: Accessed | SealedAccess) -> None:
    """Put on record who looks at what, and why. Once the transaction is durable it may be shown.

    Raises NotOnRecordError, which undoes the transaction.
    """
    if not all(isinstance(outcome, Applied) for outcome in office.act_in(tx, author, looks)):
        raise NotOnRecordError
