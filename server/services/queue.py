"""The queue: which visits wait, in words. Rule: only what the reader may see is counted or listed."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from schemas.base import Data
from schemas.format import local_date, short_date
from schemas.identity import search_key
from schemas.ids import BlobId, PersonId, RecordId
from schemas.sealed import SEALED_FORM, SEALED_SERVICES
from server import handed_store, page_store, sign_store
from server.access import Person, Scope, scope
from server.engine import DiskError, Engine, Reader
from server.page_store import DAY_MS, QueueFilter
from server.services.deciding import came_after
from server.services.finding import FEWEST_DIGITS
from server.services.people import Denied
from server.services.sealed_rows import SealedRow, sealed_rows
from server.services.signs import ALIKE, REUSED, TWICE, examine
from server.services.visit_page import Words, bounds
from server.services.visits import Version, load_newest, names
from server.store import SqlOfficeStore
from sync.store import Fields, Record
from sync.versions import counted_versions

ROWS_PER_PAGE = 25
CODE = "KS-"
"""How the code of a sealed case begins."""


class Shot(Data, frozen=True, kw_only=True):
    """A thumbnail in the queue."""

    blob: BlobId
    held: bool


class QueueRow(Data, frozen=True, kw_only=True):
    """One visit in the queue, in words. `late`: the day on which a version came that nobody decided."""

    id: RecordId
    name: str
    title: str
    region: str
    author: str
    received: str
    state: str
    version: int
    own: bool
    flags: tuple[str, ...]
    photos: tuple[Shot, ...]
    photo_count: str
    sealed: bool = False
    handed_to: str = ""
    late: str = ""


class Asked(Data, frozen=True, kw_only=True):
    """What somebody wants listed: a filter, a service, a region (empty: all), and what they search for."""

    wanted: QueueFilter
    service: str = ""
    region: str = ""
    sought: str = ""


class Standing(Data, frozen=True, kw_only=True):
    """Where a visit stands in a list: its number from 1, how many there are, and its neighbours."""

    number: int
    total: int
    previous: RecordId | None
    next: RecordId | None


class QueuePage(Data, frozen=True, kw_only=True):
    """A page of the queue: rows, and how many there are in all; `first` counts from 1.

    `unexamined`: some visits lack their signs, as the disk is too full to keep them.
    """

    rows: tuple[QueueRow, ...]
    total: int
    first: int
    unexamined: bool = False


class Queue:
    """The use cases of the queue. Blocks its thread."""

    def __init__(self, engine: Engine, words: Words) -> None:
        self._engine, self._words = engine, words

    def page(self, person: Person, asked: Asked, number: int = 1) -> QueuePage | Denied:
        """List visits that this person may see; pages count from 1."""
        reach = scope(person, "see_visits")
        if reach is None:
            return Denied(why="role")
        offset = (max(1, number) - 1) * ROWS_PER_PAGE
        wanted, author, desa = self._bounded(reach, asked)
        try:
            examine(self._engine, self._words.wilayah, page_store.standings(wanted))
            unexamined = False
        except DiskError:
            unexamined = True

        def work(tx: Reader) -> QueuePage:
            total = page_store.visit_count(tx, wanted, author=author, desa=desa)
            ids = page_store.visit_ids(
                tx, wanted, author=author, desa=desa, limit=ROWS_PER_PAGE, offset=offset
            )
            rows = tuple(self._rows(tx, ids, person))
            return QueuePage(rows=rows, total=total, first=offset + 1, unexamined=unexamined)

        return self._engine.read(work)

    def authors(self, person: Person) -> list[tuple[PersonId, str]]:
        """Return who sent visits of services in reach, by name; nobody to those who see only their own."""
        reach = scope(person, "see_visits")
        if reach is None or reach.author is not None:
            return []
        forms = self._forms(reach, "")
        known = self._engine.read(
            lambda tx: names(SqlOfficeStore.reading(tx), page_store.visit_authors(tx, forms))
        )
        return sorted(((PersonId(each), name) for each, name in known.items()), key=lambda each: each[1])

    def standing(self, person: Person, asked: Asked, visit: RecordId) -> Standing | None:
        """Say where a visit stands in a list that this person may see; None where there is no such visit."""
        reach = scope(person, "see_visits")
        if reach is None:
            return None
        wanted, author, desa = self._bounded(reach, asked)

        def work(tx: Reader) -> Standing | None:
            found = page_store.beside(tx, wanted, visit, author=author, desa=desa)
            if found is None:
                return None
            return Standing(
                number=found.before + 1,
                total=page_store.visit_count(tx, wanted, author=author, desa=desa),
                previous=found.previous,
                next=found.next,
            )

        return self._engine.read(work)

    def ids(self, person: Person, asked: Asked, most: int) -> list[RecordId]:
        """Return the first visits of a list that this person may see, longest waiting first."""
        reach = scope(person, "see_visits")
        if reach is None:
            return []
        wanted, author, desa = self._bounded(reach, asked)
        examine(self._engine, self._words.wilayah, page_store.standings(wanted))
        return self._engine.read(
            lambda tx: page_store.visit_ids(tx, wanted, author=author, desa=desa, limit=most, offset=0)
        )

    def rows(self, person: Person, visits: Sequence[RecordId]) -> list[QueueRow]:
        """Return visits in words, in this order; which of them this person may see was asked before."""
        return self._engine.read(lambda tx: self._rows(tx, visits, person))

    def count(self, person: Person, state: str, *, handed: bool = False) -> int:
        """Count the visits in a state that this person may see; `handed`: only those handed to them."""
        reach = scope(person, "see_visits")
        if reach is None:
            return 0
        asked = Asked(wanted=QueueFilter(state=state, handed_to=person.id if handed else ""))
        wanted, author, desa = self._bounded(reach, asked)
        return self._engine.read(lambda tx: page_store.visit_count(tx, wanted, author=author, desa=desa))

    def _bounded(
        self, reach: Scope, asked: Asked
    ) -> tuple[QueueFilter, PersonId | None, tuple[str, ...] | None]:
        """Return the filter with what is in reach: forms, author and desa."""
        wanted = msgspec.structs.replace(asked.wanted, forms=self._forms(reach, asked.service))
        if asked.sought:
            wanted = msgspec.structs.replace(wanted, sought=True, **self._meant(asked.sought))
        return wanted, reach.author, reach.desa(self._words.wilayah, asked.region)

    def _meant(self, text: str) -> dict[str, Any]:
        """Return what somebody searches for: the end of a number, the code of a sealed case, or a name."""
        digits = "".join(text.split())
        if digits.isascii() and digits.isdigit():
            return {"tail": digits[::-1]} if len(digits) >= FEWEST_DIGITS else {}
        if digits.upper().startswith(CODE):
            return {"cases": self._engine.read(lambda tx: _coded(tx, digits.upper()))}
        return {"words": tuple(search_key(text).split()[: page_store.MOST_WORDS])}

    def _forms(self, reach: Scope, service: str) -> tuple[str, ...] | None:
        """Return the forms to list, None for all: those of services in reach, and of the one asked for."""
        if reach.services is None and not service:
            return None

        def is_wanted(each: str) -> bool:
            return (not service or each == service) and (reach.services is None or each in reach.services)

        forms = [form.id for form in self._words.forms.all() if is_wanted(form.service)]
        return (*forms, *([SEALED_FORM] if any(map(is_wanted, SEALED_SERVICES)) else ()))

    def _rows(self, tx: Reader, ids: Sequence[RecordId], person: Person) -> list[QueueRow]:
        store = SqlOfficeStore.reading(tx)
        records = store.records(ids)
        versions = {version.submit.visit: version for version in load_newest(tx, records.values())}
        handed = handed_store.handed(tx, ids)
        wanted = {
            str(record.fields.get(key) or "") for record in records.values() for key in ("subjek", "petugas")
        } | {each.person for each in handed.values()}
        known = names(store, wanted - {""})
        flags = _flags(tx, records)
        sealed = sealed_rows(tx, records.values(), self._words)
        rows = [
            self._sealed_row(records[name], sealed[name], known, flags[name], person)
            if name in sealed
            else self._row(records[name], versions[name], known, flags[name], person)
            for name in ids
            if name in versions or name in sealed
        ]
        return [
            msgspec.structs.replace(row, handed_to=known.get(handed[row.id].person, "–"))
            if row.id in handed
            else row
            for row in rows
        ]

    def _sealed_row(
        self,
        record: Record,
        sealed: SealedRow,
        known: Mapping[str, str],
        flags: Sequence[str],
        person: Person,
    ) -> QueueRow:
        return QueueRow(
            id=record.id,
            name=sealed.kode,
            title=sealed.title,
            region=self._words.region(""),
            author=known.get(str(record.fields.get("petugas")), "–"),
            received=sealed.received,
            state=str(record.fields["state"]),
            version=_corrections(record),
            own=record.fields.get("petugas") == person.id,
            flags=tuple(self._words.flag(flag) for flag in flags),
            late=_late_day(record.fields),
            photos=(),
            photo_count=sealed.container,
            sealed=True,
        )

    def _row(
        self,
        record: Record,
        version: Version,
        known: Mapping[str, str],
        flags: Sequence[str],
        person: Person,
    ) -> QueueRow:
        text, fields, submit = self._words.text, record.fields, version.submit
        shots = tuple(Shot(blob=item.blob, held=item.blob in version.held) for item in version.photos)
        held = sum(shot.held for shot in shots)
        key = "kantor.antrean.jumlah_foto" if shots else "kantor.antrean.tidak_ada_foto"
        form = self._words.forms.get(submit.form, submit.forms[submit.form].version)
        return QueueRow(
            id=record.id,
            name=known.get(str(fields.get("subjek")), "") or _written_name(version),
            title=form.title,
            region=self._words.region(str(fields.get("kode_desa") or "")),
            author=known.get(str(fields.get("petugas")), "–"),
            received=bounds(version, text),
            state=str(fields["state"]),
            version=_corrections(record),
            own=fields.get("petugas") == person.id,
            flags=tuple(self._words.flag(flag) for flag in flags),
            late=_late_day(fields),
            photos=shots,
            photo_count=text(key, ada=held, jumlah=len(shots)),
        )


def _corrections(visit: Record) -> int:
    """Return which correction of a visit counts, 0 for what was sent first."""
    return len(counted_versions(visit)) - 1


def _late_day(fields: Fields) -> str:
    """Return the day on which a version came that nobody decided, empty for none."""
    return short_date(local_date(fields["versions"][-1]["received_ms"])) if came_after(fields) else ""


def _coded(tx: Reader, code: str) -> tuple[RecordId, ...]:
    """Return the sealed cases that were visited and whose code begins so."""
    cases = SqlOfficeStore.reading(tx).records(page_store.visited_cases(tx))
    return tuple(name for name, case in cases.items() if str(case.fields.get("kode") or "").startswith(code))


def older_than(days: int, now_ms: int) -> int:
    """Return the moment before which a visit has waited longer than so many days; 0 for no limit."""
    return now_ms - days * DAY_MS if days else 0


def _flags(tx: Reader, records: Mapping[RecordId, Record]) -> dict[RecordId, list[str]]:
    """Return all that is odd about each visit: flagged when it came in, in itself, and beside others."""
    own, twice = sign_store.signs(tx, records), sign_store.visited_twice(tx, records)
    reused = {visit for visit, _ in sign_store.reused_photos(tx, records)}
    alike = {visit for visit, _ in sign_store.alike_photos(tx, records)}
    found: dict[RecordId, list[str]] = {}
    for name, record in records.items():
        found[name] = [*record.fields.get("flags", ()), *own.get(name, ())]
        found[name] += [TWICE] * (name in twice) + [REUSED] * (name in reused) + [ALIKE] * (name in alike)
    return found


def _written_name(version: Version) -> str:
    for given in version.submit.forms.values():
        name = given.answers.get("nama") or given.answers.get("nama_ewarong")
        if isinstance(name, str):
            return name
    return ""
