"""Forms that this office published, read from its records. Rule: a form counts once its change is durable."""

from collections.abc import Callable, Container

from schemas.form import Forms
from schemas.published import KIND, Published, from_fields
from schemas.workflow import Workflows
from server import queries
from server.engine import Reader
from server.office import verifier
from sync.rules import DomainRules
from sync.scope import UNIT_KEYS


def published(reader: Reader) -> list[Published]:
    """Return all that the office published."""
    found = (from_fields(record.fields) for record in queries.records_of_kind(reader, KIND))
    return [one for one in found if one is not None]


def take_published(reader: Reader, forms: Forms, says: Container[str]) -> None:
    """Take in what the office published; what this program cannot read waits for a newer one."""
    forms.accept_all(published(reader), says, lambda one: is_vouched(reader, one))


def judged_with(forms: Forms, workflows: Workflows, says: Container[str]) -> Callable[[Reader], DomainRules]:
    """Return how to have the rules of a database: by these forms and those that were published in it."""

    def rules(reader: Reader) -> DomainRules:
        take_published(reader, forms, says)
        return DomainRules(forms, workflows)

    return rules


def is_vouched(reader: Reader, one: Published) -> bool:
    """Whether the unit that reads sealed cases signed a form."""
    unit = queries.record(reader, UNIT_KEYS)
    identity = unit.fields.get("identity") if unit is not None else None
    if not isinstance(identity, bytes) or not one.signature:
        return False
    try:
        return verifier(identity)(one.signature, one.message(reader.regency))
    except ValueError:  # no key at all
        return False
