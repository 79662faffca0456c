"""What visits found of an e-warong: the six things that must be right (6T). Rule: the form says which."""

from collections.abc import Iterable

from schemas import format as written
from schemas.base import Data
from schemas.form_values import is_blank, is_skipped
from schemas.ids import RecordId
from server.services.answers import Reading, show
from server.services.visit_page import Words
from server.services.visits import Version

FORM = "ewarong"
SIX = "tepat_"
"""How the names of the six fields begin."""
RIGHT = "ya"


class Finding(Data, frozen=True, kw_only=True):
    """One of the six that was not wholly right."""

    label: str
    value: str


class Checked(Data, frozen=True, kw_only=True):
    """What one visit found; `missing` are those of the six that it did not answer."""

    visit: RecordId
    when: str
    findings: tuple[Finding, ...]
    missing: int


def checked(versions: Iterable[Version], words: Words) -> tuple[Checked, ...]:
    """Return what each of these visits found, in their order; visits with other forms found nothing."""
    reading = Reading(text=words.text, name_of=lambda _: "", region_of=words.region)
    found: list[Checked] = []
    for version in versions:
        given = version.submit.forms.get(FORM)
        if given is None:
            continue
        six = [
            (field, given.answers.get(name))
            for name, field in words.forms.get(FORM, given.version).fields.items()
            if name.startswith(SIX)
        ]
        answered = [(field, value) for field, value in six if not is_blank(value) and not is_skipped(value)]
        found.append(
            Checked(
                visit=version.submit.visit,
                when=written.long_date(written.local_date(version.received_ms)),
                findings=tuple(
                    Finding(label=field.short, value=show(field, value, reading))
                    for field, value in answered
                    if value != RIGHT
                ),
                missing=len(six) - len(answered),
            )
        )
    return tuple(found)
