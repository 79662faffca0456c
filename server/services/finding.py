"""Searching warga and e-warong, by name in any spelling, by the end of a number, by desa.

Rule: nobody is listed outside the reader's desa and services, nor anybody of a sealed service; numbers are
covered. Who was merged into another record is found by either name, as the one that lives on.
"""

from collections.abc import Collection, Iterable, Sequence

from schemas import format as written
from schemas.base import Data
from schemas.format import parse_date
from schemas.identity import mask_nik, search_key
from schemas.ids import RecordId
from schemas.sealed import SEALED_SERVICES
from server import subject_store
from server.access import Action, Person, may
from server.engine import Engine, Reader
from server.services.indexing import Indexing
from server.services.people import Denied
from server.services.shelf_rights import ShelfRights
from server.services.visit_page import Words
from server.shelves import read_shelf, shelf_of
from server.store import SqlOfficeStore
from server.subjects import MERGED, address_of, name_of
from sync.losses import is_destroyed
from sync.scope import SUBJECT_KINDS
from sync.store import Fields, Record

MOST = 50
FEWEST_DIGITS = 3
MOST_STEPS = 10
"""A record that was merged into one that was merged into one … is followed so far."""
KINDS = ("warga", "ewarong")


class Hit(Data, frozen=True, kw_only=True):
    """Somebody, or a shop, as a list shows them; `nik` is covered, `owner` a shop's."""

    id: RecordId
    kind: str
    name: str
    nik: str
    born: str
    region: str
    address: str
    services: tuple[str, ...]
    owner: str = ""
    fresh: bool = False


class Hits(Data, frozen=True, kw_only=True):
    """What was found; `more`: and others, `behind`: the index has not come to all that is new."""

    shown: tuple[Hit, ...]
    more: bool
    behind: bool


class Sought(Data, frozen=True, kw_only=True):
    """Whom a name or a number means; `behind`: the index has not come to all that is new."""

    ids: tuple[RecordId, ...]
    behind: bool


class Finding:
    """Searches, and says which records somebody may see. Blocks its thread."""

    def __init__(self, engine: Engine, indexing: Indexing, words: Words) -> None:
        self._engine, self._indexing, self._words = engine, indexing, words
        self._rights = ShelfRights(words.forms)

    def search(self, person: Person, kind: str, typed: str, desa: str = "", number: int = 1) -> Hits | Denied:
        """Return whom somebody means, at most 50, by name. Nothing typed: a page of all of the desa."""
        if not may(person, "see_warga"):
            return Denied(why="role")
        behind = self._indexing.for_a_page()

        def work(tx: Reader) -> Hits:
            on = self.shelves(tx, person, "see_warga", desa)
            ids = _ids(tx, kind if kind in KINDS else KINDS[0], typed, on, desa, MOST * (number - 1))
            shown = self.hits(tx, person, ids[:MOST])
            return Hits(shown=tuple(shown), more=len(ids) > MOST, behind=behind)

        return self._engine.read(work)

    def warga(self, person: Person, actions: Iterable[Action], typed: str) -> Sought:
        """Return the warga by name or number with whom somebody may do any of these; some may be
        merged.
        """
        behind = self._indexing.for_a_page()

        def work(tx: Reader) -> Sought:
            on = {shelf for action in actions for shelf in self.shelves(tx, person, action)}
            ids = _ids(tx, "warga", typed, sorted(on), "", 0) if typed else []
            return Sought(ids=tuple(ids), behind=behind)

        return self._engine.read(work)

    def shelves(self, tx: Reader, person: Person, action: Action, desa: str = "") -> list[int]:
        """Return the shelves on which somebody may do this, of one desa or of all."""
        return [
            number
            for number, text in subject_store.shelves(tx).items()
            if (shelf := read_shelf(text))
            and (not desa or shelf.desa == desa)
            and self._rights.why(person, action, shelf) is None
        ]

    def may(self, person: Person, action: Action, record: Record) -> bool:
        """Whether somebody may do this with a warga or an e-warong: one service that lets them is enough."""
        if record.kind not in SUBJECT_KINDS or is_destroyed(record) or record.fields.get("dihapus"):
            return False
        return self._rights.why(person, action, shelf_of(record.fields)) is None

    def hits(self, tx: Reader, person: Person, ids: Sequence[RecordId]) -> list[Hit]:
        """Return those of these that somebody may see, each as the record that lives on, once."""
        found = self.living(tx, person, ids)
        return list({hit.id: hit for name in ids if (hit := found.get(name))}.values())

    def living(self, tx: Reader, person: Person, ids: Iterable[RecordId]) -> dict[RecordId, Hit]:
        """Return each of these that somebody may see as the record that it lives on in."""
        found = survivors(tx, ids)
        seen = {record.id: record for record in found.values() if self.may(person, "see_warga", record)}
        fresh = subject_store.is_fresh(tx, seen)
        hits = {name: hit_of(record, self._words, fresh=name in fresh) for name, record in seen.items()}
        return {name: hits[record.id] for name, record in found.items() if record.id in hits}


def survivors(tx: Reader, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
    """Return the record that each of these lives on in, itself where it was not merged."""
    store = SqlOfficeStore.reading(tx)
    known = store.records(ids)
    found = dict(known)
    for _ in range(MOST_STEPS):
        missing = {into for each in found.values() if (into := _into(each)) and into not in known}
        if missing:
            known |= store.records(missing)
        moved = {name: known.get(into, each) for name, each in found.items() if (into := _into(each))}
        if not moved:
            break
        found |= moved
    return found


def one_person(tx: Reader, subject: RecordId) -> set[RecordId]:
    """Return every record of somebody: this one, the one it lives on in, and all that were merged there."""
    return same_people(tx, [subject])


def same_people(tx: Reader, subjects: Collection[RecordId]) -> set[RecordId]:
    """Return every record of each of some people, as `one_person` does of one."""
    living = survivors(tx, subjects)
    found = {*subjects, *living, *(each.id for each in living.values())}
    return found | subject_store.lives_on_in(tx, found).keys()


def hit_of(record: Record, words: Words, *, fresh: bool = False) -> Hit:
    """Put a record as a list shows it."""
    fields = record.fields
    nik, born = str(fields.get("nik") or ""), parse_date(str(fields.get("tanggal_lahir") or ""))
    return Hit(
        id=record.id,
        kind=record.kind,
        name=name_of(fields) or words.text("kantor.antrean.tanpa_nama"),
        nik=mask_nik(nik) if nik else "",
        born=written.long_date(born) if born else "",
        region=words.region(str(fields.get("kode_desa") or "")),
        address=address_of(fields),
        services=tuple(service_word(name, words) for name in open_services(fields)),
        owner=str(fields.get("pemilik") or ""),
        fresh=fresh,
    )


def service_word(name: str, words: Words) -> str:
    """Name a service; one that is not known yet is still shown."""
    key = f"layanan.{name}"
    return words.text(key) if key in words.text else name


def open_services(fields: Fields) -> list[str]:
    """Return the services of somebody that may be spoken of: never a sealed one."""
    known: Iterable[object] = fields.get("layanan") or ()
    return [name for name in known if isinstance(name, str) and name not in SEALED_SERVICES]


def _into(record: Record) -> RecordId | None:
    into = record.fields.get(MERGED)
    return RecordId(into) if isinstance(into, str) and into else None


def _ids(tx: Reader, kind: str, typed: str, on: Sequence[int], desa: str, offset: int) -> list[RecordId]:
    digits = "".join(typed.split())
    if digits.isascii() and digits.isdigit():
        if len(digits) < FEWEST_DIGITS:
            return []
        return subject_store.numbered(tx, kind, digits, on, MOST + 1)
    key = search_key(typed)
    if not key:
        return [] if typed.strip() else subject_store.of_desa(tx, kind, desa, on, MOST + 1, offset)
    found = subject_store.beginning(tx, kind, key, on, MOST + 1)
    if len(found) <= MOST:
        held = subject_store.holding(tx, kind, key.split(), on, MOST + 1)
        found = list(dict.fromkeys([*found, *held]))
    return found
