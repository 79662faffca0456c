"""Who may do what with things on a shelf. Rule: one service of a record that lets them is enough."""

from collections.abc import Iterable

from schemas.form import Forms
from schemas.form_types import Privacy
from schemas.sealed import SEALED_SERVICES
from server.access import Action, Person, Thing, Why, refused
from server.shelves import Shelf


class ShelfRights:
    """Asks the one table of rights, for each service that a shelf stands for."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    def why(self, person: Person, action: Action, shelf: Shelf) -> Why | None:
        """Return why this person may not, None when they may."""
        whys: set[Why | None] = {
            self._refused(person, action, shelf.desa, *each) for each in self._served(shelf)
        }
        if None in whys:
            return None
        return "sealed" if "sealed" in whys else next(iter(whys))

    def services(self, shelf: Shelf) -> Iterable[str]:
        """Return the services that a shelf stands for."""
        return (name for name, _ in self._served(shelf) if name)

    def _refused(
        self, person: Person, action: Action, region: str, service: str, privacy: Privacy
    ) -> Why | None:
        # asked twice, so that only those whose work it is learn that there is something sealed
        open_thing = Thing(author=None, region=region, service=service)
        why = refused(person, action, open_thing)
        sealed = Thing(author=None, region=region, service=service, privacy=privacy)
        return why or refused(person, action, sealed)

    def _served(self, shelf: Shelf) -> Iterable[tuple[str, Privacy]]:
        if shelf.form in self._forms.ids():
            form = self._forms.get(shelf.form)
            return [(form.service, form.privacy)]
        return [
            (name, "rahasia" if name in SEALED_SERVICES else "spesifik") for name in shelf.services or ("",)
        ]
