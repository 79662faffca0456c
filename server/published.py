"""Forms that this office published, read from its records. Rule: a form counts once its change is durable."""

from collections.abc import Callable, Container

from schemas.form import FormError, Forms
from schemas.ids import Regency
from schemas.published import KIND, Published, from_fields
from schemas.workflow import Workflows
from server import queries
from server.engine import Reader
from server.office import verifier
from sync.rules import DomainRules
from sync.scope import UNIT_KEYS


def published(reader: Reader) -> list[Published]:
    """Return all that the office published, versions of one form in their order."""
    found = (from_fields(record.fields) for record in queries.records_of_kind(reader, KIND))
    return sorted((one for one in found if one is not None), key=lambda one: (one.form, one.version))


def take_published(reader: Reader, forms: Forms, says: Container[str]) -> list[str]:
    """Take in what the office published; return what of it this program cannot read, with the reasons."""
    waiting = published(reader)
    while waiting:
        left: list[Published] = []
        refused: list[str] = []
        for one in waiting:
            try:
                forms.accept(one, says, vouched=is_vouched(reader, one, reader.regency))
            except FormError as error:
                left.append(one)
                refused += error.mistakes
        if len(left) == len(waiting):
            return refused
        waiting = left  # one may open another that came after it
    return []


def judged_with(forms: Forms, workflows: Workflows, says: Container[str]) -> Callable[[Reader], DomainRules]:
    """Return how to have the rules of a database: by these forms and those that were published in it."""

    def rules(reader: Reader) -> DomainRules:
        take_published(reader, forms, says)
        return DomainRules(forms, workflows)

    return rules


def is_vouched(reader: Reader, one: Published, regency: Regency) -> bool:
    """Whether the unit that reads sealed cases signed a form."""
    unit = queries.record(reader, UNIT_KEYS)
    identity = unit.fields.get("identity") if unit is not None else None
    return isinstance(identity, bytes) and bool(one.signature) and _is_signed(identity, one, regency)


def _is_signed(identity: bytes, one: Published, regency: Regency) -> bool:
    try:
        return verifier(identity)(one.signature, one.message(regency))
    except ValueError:  # no key at all
        return False
