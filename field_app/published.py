"""Forms that the office published since this app was made. Rule: what cannot be read is told, and never lost.

They come as rows, at any sync, and each that was read is kept beside them: a draft may have been begun with
one that an office restored from an older backup does not know any more. A form that is *rahasia* counts only
with the word of the unit's identity that was compared here (unit.py). One that this app is too old for waits
in its row until a newer app reads it.
"""

from collections.abc import Container

from field_app.records import Records
from field_app.signing import is_signed
from field_app.store import Store
from field_app.unit import Unit
from schemas.base import Data
from schemas.form import FormError, Forms, UnsignedError
from schemas.form_reading import read_toml
from schemas.ids import Regency
from schemas.published import KIND, Published, from_fields

KEPT = "formulir_terbit"


class Beyond(Data, frozen=True, kw_only=True):
    """A version that this app is too old for; `title` is what it calls itself, else its id."""

    form: str
    title: str


class PublishedForms:
    """Takes in what one vault holds; `says` has the keys of all sentences."""

    def __init__(self, forms: Forms, unit: Unit, regency: Regency, says: Container[str]) -> None:
        self._forms, self._unit, self._regency, self._says = forms, unit, regency, says
        self._beyond: tuple[Beyond, ...] = ()
        forms.forget_taken()  # those of the vault that was open before

    @property
    def beyond(self) -> tuple[Beyond, ...]:
        """What could not be read at the last look, each form once."""
        return self._beyond

    def take(self, store: Store) -> None:
        """Take in all that is there; each that was read is kept."""
        kept = store.get(KEPT, list[Published], [])
        rows = (from_fields(fields) for fields in Records(store).of_kind(KIND).values())
        known = {(one.form, one.version): one for one in (*(row for row in rows if row), *kept)}
        refused = self._forms.accept_all(known.values(), self._says, self._is_vouched)
        # one that only lacks the unit's word can be read
        unread = [known[key] for key in refused if not isinstance(refused[key], UnsignedError)]
        self._beyond = tuple({one.form: _beyond(one) for one in unread}.values())
        taken = [known[key] for key in sorted(known) if key not in refused]
        if taken != kept:
            store.put(KEPT, taken)

    def _is_vouched(self, one: Published) -> bool:
        pinned = self._unit.pinned()
        return bool(pinned) and is_signed(pinned, one.signature, one.message(self._regency))


def _beyond(one: Published) -> Beyond:
    try:
        title = read_toml(one.text, one.name).get("title")
    except FormError:
        title = None
    return Beyond(form=one.form, title=title if isinstance(title, str) else one.form)
