"""The sums of the regency as one reader sees them, of one region. Rule: nothing out of reach is added up."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TypeVar

from server.access import Scope, is_inside
from server.services.figures import Place, Standing, Sums

Key = TypeVar("Key")


class Here:
    """Sums as one reader sees them, of one region."""

    def __init__(self, standing: Standing, made: Sums, reach: Scope, region: str) -> None:
        self.standing, self.made, self._reach, self._region = standing, made, reach, region

    def total(self, counted: Mapping[Place, Counter[Key]]) -> Counter[Key]:
        """Add up what lies in reach."""
        found = Counter[Key]()
        for (desa, service), counts in counted.items():
            if self._is_in_reach(desa, service):
                found.update(counts)
        return found

    def cases(self, workflow: str, service: str) -> Counter[tuple[str, bool]]:
        """Return the cases in reach that take the steps of a service, by stage and whether they are late."""
        found = Counter[tuple[str, bool]]()
        for (desa, taken), counts in self.standing.cases.items():
            if taken == workflow and self._is_in_reach(desa, service):
                found.update(counts)
        return found

    def by_region(self) -> dict[str, Counter[str]]:
        """Return the tugas in reach by state, of each desa and of each kecamatan."""
        found = defaultdict[str, Counter[str]](Counter)
        for (desa, service), counts in self.standing.tasks.items():
            if desa and self._is_in_reach(desa, service):
                found[desa].update(counts)
                found[desa.rpartition(".")[0]].update(counts)
        return found

    def survey(self, service: str) -> Counter[tuple[str, int]]:
        """Return the answers to the questionnaire about a service."""
        return self.total({place: each for place, each in self.made.survey.items() if place[1] == service})

    def _is_in_reach(self, desa: str, service: str) -> bool:
        is_here = not self._region or is_inside(desa, self._region)
        return is_here and self._reach.has(desa) and self._reach.serves(service)
