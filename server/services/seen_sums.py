"""The sums of the regency as one reader sees them, of one region. Rule: nothing out of reach is added up."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import TypeVar

from server.access import Scope, is_inside, within
from server.services.figures import Place, Sums

Key = TypeVar("Key")


class Here:
    """Sums as one reader sees them, of one region."""

    def __init__(self, sums: Sums, reach: Scope, region: str) -> None:
        self.sums, self._reach, self._region = sums, reach, region

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
        for (desa, taken), counts in self.sums.cases.items():
            if taken == workflow and self._is_in_reach(desa, service):
                found.update(counts)
        return found

    def by_region(self) -> dict[str, Counter[str]]:
        """Return the tugas in reach by state, of each desa and of each kecamatan."""
        found = defaultdict[str, Counter[str]](Counter)
        for (desa, service), counts in self.sums.tasks.items():
            if desa and self._is_in_reach(desa, service):
                found[desa].update(counts)
                found[desa.rpartition(".")[0]].update(counts)
        return found

    def pairs(self, what: str) -> Counter[str]:
        """Return how often each of something was found."""
        return self._pairs[what]

    @cached_property
    def _pairs(self) -> defaultdict[str, Counter[str]]:
        found = defaultdict[str, Counter[str]](Counter)
        for (what, which), count in self.total(self.sums.of).items():
            found[what][which] = count
        return found

    def marks(self, service: str) -> list[str]:
        """Return the questionnaires about a service."""
        return [
            each
            for (desa, asked), marks in self.sums.survey.items()
            if asked == service and self._is_in_reach(desa, service)
            for each in marks
        ]

    def _is_in_reach(self, desa: str, service: str) -> bool:
        areas, services = self._reach.areas, self._reach.services
        is_here = (areas is None or within(desa, areas)) and (
            not self._region or is_inside(desa, self._region)
        )
        return is_here and (services is None or not service or service in services)
