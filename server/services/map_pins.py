"""What stands as a pin on the map of one desa. Rule: a pin says what it is and how it stands, never whose.

Sealed visits have no place and no pin; of a visit the name is behind the link, for who may open it.
"""

from collections.abc import Sequence
from typing import Literal

from schemas.base import Data
from schemas.ids import RecordId
from server import assign_store, page_store
from server.access import Person, scope
from server.engine import Engine, Reader
from server.page_store import QueueFilter
from server.services.figures import Figures
from server.services.visits import STATES, load_newest, place_of
from server.store import SqlOfficeStore

MOST_EACH = 300
SERVICE_OF_SHOPS = "bpnt"


class Pin(Data, frozen=True, kw_only=True):
    """One pin, in degrees. `state` is a visit's, empty for an e-warong, whose `name` is shown."""

    kind: Literal["kunjungan", "ewarong"]
    lat: float
    lng: float
    state: str
    name: str
    href: str


class Pinned(Data, frozen=True, kw_only=True):
    """The pins of a desa; `more`: of some state it has older visits than the newest `MOST_EACH`."""

    shown: tuple[Pin, ...] = ()
    more: bool = False


class Pins:
    """Finds pins. Blocks its thread."""

    def __init__(self, engine: Engine, figures: Figures) -> None:
        self._engine, self._figures = engine, figures

    def of(self, person: Person, desa: str) -> Pinned:
        """Return the visits and e-warong of a desa that this person may see."""
        reach = scope(person, "see_visits")
        if reach is None or not reach.has(desa):
            return Pinned()
        forms = self._figures.forms_of(reach.services)

        def work(tx: Reader) -> Pinned:
            visits, more = list[RecordId](), False
            for state in STATES:
                wanted = QueueFilter(state=state, forms=forms, newest_first=True)
                found = page_store.visit_ids(
                    tx, wanted, author=reach.author, desa=(desa,), limit=MOST_EACH + 1, offset=0
                )
                visits += found[:MOST_EACH]
                more = more or len(found) > MOST_EACH
            return Pinned(shown=(*_of_visits(tx, visits), *_of_shops(tx, desa, reach.services)), more=more)

        return self._engine.read(work)


def _of_visits(tx: Reader, visits: Sequence[RecordId]) -> list[Pin]:
    records = SqlOfficeStore.reading(tx).records(visits)
    found: list[Pin] = []
    for version in load_newest(tx, records.values()):
        place = version.submit.place
        if place is not None:
            name = version.submit.visit
            state = str(records[name].fields["state"])
            pin = Pin(
                kind="kunjungan",
                lat=place.lat,
                lng=place.lng,
                state=state,
                name="",
                href=f"/kunjungan/{name}",
            )
            found.append(pin)
    return found


def _of_shops(tx: Reader, desa: str, services: tuple[str, ...] | None) -> list[Pin]:
    if services is not None and SERVICE_OF_SHOPS not in services:
        return []
    shops = SqlOfficeStore.reading(tx).records(assign_store.members(tx, desa, SERVICE_OF_SHOPS, "ewarong"))
    pins: list[Pin] = []
    for shop in shops.values():
        at, name = place_of(shop.fields.get("titik")), str(shop.fields.get("nama_ewarong") or "")
        if at is not None:
            href = f"/warga/{shop.id}"
            pins.append(Pin(kind="ewarong", lat=at[0], lng=at[1], state="", name=name, href=href))
    return pins
