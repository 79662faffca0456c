"""What ships with the phone's program. Rule: read once, at the start; later forms are in published.py."""

from typing import NamedTuple

from schemas.derive import Parameters, load_parameters
from schemas.form import Forms, load_forms
from schemas.text import Text
from schemas.wilayah import Wilayah, load_wilayah
from schemas.workflow import Workflows, load_workflows


class Shipped(NamedTuple):
    """Forms, what they are derived and checked by, and the words people read."""

    forms: Forms
    workflows: Workflows
    wilayah: Wilayah
    parameters: Parameters
    text: Text


def load_shipped(text: Text) -> Shipped:
    """Read all of it but the words, which are needed before the rest."""
    return Shipped(load_forms(), load_workflows(), load_wilayah(), load_parameters(), text)
