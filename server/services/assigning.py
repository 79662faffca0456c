"""Giving out tugas: whom to visit, by whom, until when. Rule: for one service nobody is given to two people.

Moving a tugas takes nothing from a phone: what its old owner has drafted stays there, and is taken in when it
comes, with a flag that says so.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Literal

from schemas.base import Data
from schemas.form import Forms
from schemas.format import local_date
from schemas.ids import PersonId, RecordId, uuid7
from schemas.sealed import SEALED_SERVICES
from schemas.wilayah import Wilayah
from schemas.workflow import Workflows
from server import assign_store, sealed_store, subject_store, task_store
from server.access import Person, Role, Thing, may, refused, scope
from server.engine import Engine, Reader, Writer
from server.services.closed_shops import closed_shops
from server.services.gone_people import gone_people
from server.services.open_tasks import OpenTask, open_task, served_now, service_of
from server.services.people import Actor, Denied, load_person, people, people_who_left
from server.settings import LONG_AGO, settings
from server.shelves import stages_under_way
from server.store import SqlOfficeStore
from server.subjects import address_of
from server.task_store import Task
from sync.change import Patch
from sync.neutral import is_sealed
from sync.scope import OPEN_TUGAS
from sync.store import Record

Show = Literal["semua", "belum", "lama", "masalah"]
SHOWS: tuple[Show, ...] = ("semua", "belum", "lama", "masalah")
"""Everybody; those without an open tugas; those whom nobody visited for as long as the office set; those
about whom a kasus of the service is under way. Who is out is neither of the second nor the third."""
DAY_MS = 86_400_000
PIECE = 200
MOST_REASON = 200
ROLES_OUTSIDE: tuple[Role, ...] = ("pendamping", "verifikator")
"""Who is sent out."""
KINDS = {"warga": "nama", "ewarong": "nama_ewarong"}


class Candidate(Data, frozen=True, kw_only=True):
    """Somebody who may be visited. `owner` has an open tugas of the service; `visited_ms` is 0 for no visit.

    `desa` is the code of theirs, `closed` since when (ISO) a shop trades no longer, `gone` how somebody left;
    empty otherwise.
    """

    id: RecordId
    name: str
    nik_ending: str
    address: str
    desa: str
    owner: PersonId | None
    visited_ms: int
    visit_state: str
    closed: str = ""
    gone: str = ""

    @property
    def is_out(self) -> bool:
        """Whether there is nobody to visit any more, as far as is known."""
        return bool(self.closed or self.gone)


class Load(Data, frozen=True, kw_only=True):
    """What lies with one worker: open tugas, those of them that are late or came back.

    `left`: they work here no longer; what lies with them waits to be given to somebody else.
    """

    person: Person
    open: int
    late: int
    returned: int
    left: bool


class Order(Data, frozen=True, kw_only=True):
    """What is to be done: a form of a service, in a region, by whom, until when, and why in words."""

    service: str
    region: str
    kind: str
    form: str
    whom: PersonId
    due: date | None
    reason: str


class Given(Data, frozen=True, kw_only=True):
    """How many tugas were made, and how many were left out because somebody has one already."""

    made: int
    before: int


class Assigning:
    """The use cases of assigning. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        forms: Forms,
        workflows: Workflows,
        wilayah: Wilayah,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._forms, self._workflows = engine, office, forms, workflows
        self._wilayah = wilayah
        self._now_ms, self._randomness = now_ms, randomness

    def forms(self, service: str, kind: str) -> tuple[tuple[str, str], ...]:
        """Return the forms of a service that such people are visited with, with their titles."""
        found = (self._forms.get(name) for name in self._forms.ids())
        return tuple(
            (form.id, form.title)
            for form in found
            if form.service == service and form.subject == kind and form.privacy != "rahasia"
        )

    def candidates(
        self,
        person: Person,
        service: str,
        region: str,
        kind: str,
        show: Show,
        among: Iterable[RecordId] | None = None,
    ) -> list[Candidate] | Denied:
        """List whom a region has, or whom of these, by desa and name. Denied when this person may assign
        nowhere in it.
        """
        desa = self._desa(person, service, region)
        if isinstance(desa, Denied):
            return desa

        since_ms = self._now_ms() - self.long_ago_days() * DAY_MS

        def work(tx: Reader) -> list[Candidate]:
            ids = assign_store.members(tx, desa, service, kind, among)
            merged = subject_store.lives_on_in(tx, ids)
            if show == "masalah":
                cases = self._with_cases(tx, service, desa, [*ids, *merged])
                concerned = {merged.get(name, name) for name in cases}
                ids = [name for name in ids if name in concerned]
            store = SqlOfficeStore.reading(tx)
            records = store.records(ids)
            owners = served_now(store, self._forms, records.values(), service)
            visits = assign_store.last_visits(tx, ids, merged)
            closed = closed_shops(tx, ids) if kind == "ewarong" else {}
            gone = gone_people(tx, ids) if kind == "warga" else {}
            return [
                _candidate(
                    each,
                    owners.get(each.id),
                    visits.get(each.id),
                    closed.get(each.id, ""),
                    gone.get(each.id, ""),
                )
                for each in records.values()
            ]

        found = [each for each in self._engine.read(work) if self._is_shown(each, show, since_ms)]
        return sorted(found, key=lambda each: (each.desa, each.name.lower(), each.id))

    def reaches(self, person: Person, service: str, region: str) -> bool:
        """Whether somebody may give out work of a service in a region, or in some desa of it."""
        return not isinstance(self._desa(person, service, region), Denied)

    def long_ago_days(self) -> int:
        """Return after how many days without a visit somebody counts as not visited for long."""
        return self._engine.read(settings).value(LONG_AGO)

    def loads(self, person: Person) -> list[Load]:
        """Return the field workers, those who left too, with what lies with them, the busiest first."""
        reach = scope(person, "assign_tasks")
        if reach is None:
            return []
        sealed = any(map(reach.serves, SEALED_SERVICES))  # others find nothing behind the number

        def work(tx: Reader) -> list[Load]:
            gone = people_who_left(tx)
            everybody = [*people(tx, *ROLES_OUTSIDE), *gone]
            tasks = task_store.open_of(tx, (each.id for each in everybody))
            hidden = frozenset[RecordId]() if sealed else sealed_store.every_tugas(tx)
            seen = {whose: [each for each in held if each.id not in hidden] for whose, held in tasks.items()}
            return [self._load(each, seen[each.id], left=each in gone) for each in everybody]

        return sorted(self._engine.read(work), key=lambda each: (-each.open, each.person.nama))

    def left_behind(self, person: Person) -> list[tuple[Person, int]]:
        """Return who left, and how many of the open tugas with them this person may give to another."""

        def work(tx: Reader) -> list[Person]:
            gone = people_who_left(tx)
            tasks = task_store.open_of(tx, (each.id for each in gone))
            return [each for each in gone if tasks[each.id]]

        if not may(person, "assign_tasks"):
            return []
        found = [(each, len(self.tasks(person, each.id))) for each in self._engine.read(work)]
        return [(each, count) for each, count in found if count]

    def tasks(self, person: Person, whose: PersonId) -> list[OpenTask]:
        """Return the open tugas of a worker that this person may give to another, soonest due first.

        Sealed ones of a service that they serve are among them, to be seen and not to be moved here.
        """

        def work(tx: Reader) -> list[OpenTask]:
            held = task_store.open_of(tx, [whose])[whose]
            records = SqlOfficeStore.reading(tx).records(task.id for task in held)
            return [open_task(each) for each in records.values() if self._may_list(person, each)]

        return sorted(self._engine.read(work), key=lambda each: (each.due == "", each.due, each.id))

    def give(self, person: Person, order: Order, targets: Sequence[RecordId]) -> Given | Denied:
        """Give a field worker a tugas for each target that nobody has one for."""
        desa = self._desa(person, order.service, order.region)
        if isinstance(desa, Denied):
            return desa
        if not self.is_worker(order.whom):
            return Denied(why="row")
        made = before = 0
        for piece in _pieces(targets):
            new, old = self._engine.write(
                lambda tx, names=piece: self._give_in(tx, person, order, desa, names)
            ).result()
            made, before = made + new, before + old
        return Given(made=made, before=before)

    def move(
        self,
        person: Person,
        tasks: Sequence[RecordId],
        whom: PersonId | None,
        whose: PersonId | None = None,
    ) -> int:
        """Give open tugas to another field worker, or call them off (None). Returns how many: sealed ones
        stay, and with `whose` those that lie with another by now.
        """
        if whom is not None and not self.is_worker(whom):
            return 0
        moved = 0
        for piece in _pieces(tasks):
            moved += self._engine.write(
                lambda tx, names=piece: self._move_in(tx, person, names, whom, whose)
            ).result()
        return moved

    def _desa(self, person: Person, service: str, region: str) -> list[str] | Denied:
        """Return the desa of a region where this person may assign."""
        found = self._wilayah.get(region)
        if found is None or found.is_desa:
            why = self._refused(person, service, region)
            return why if why is not None else [region]
        inside = (
            [found.kode] if found.level == "kecamatan" else [each.kode for each in self._wilayah.kecamatan()]
        )
        every = [each.kode for kecamatan in inside for each in self._wilayah.desa(kecamatan)]
        there = [desa for desa in every if self._refused(person, service, desa) is None]
        return there if there else self._refused(person, service, every[0]) or []

    def _refused(self, person: Person, service: str, desa: str) -> Denied | None:
        thing = Thing(
            author=None,
            region=desa,
            service=service,
            privacy="rahasia" if service in SEALED_SERVICES else "spesifik",
        )
        why = refused(person, "assign_tasks", thing)
        return Denied(why=why) if why is not None else None

    def is_worker(self, whom: PersonId) -> bool:
        """Whether somebody is sent out, and still here."""
        found = self._engine.read(lambda tx: load_person(tx, whom))
        return found is not None and not frozenset(ROLES_OUTSIDE).isdisjoint(found.roles)

    def _may_list(self, person: Person, task: Record) -> bool:
        fields = task.fields
        if fields.get("state") not in OPEN_TUGAS:
            return False
        if is_sealed(task):  # nothing says where it is
            there = Thing(author=None, region="", service=str(fields["service"]))
            return refused(person, "assign_tasks", there) is None
        service = service_of(task, self._forms)
        return self._refused(person, service, str(fields.get("kode_desa") or "")) is None

    def _is_shown(self, each: Candidate, show: Show, since_ms: int) -> bool:
        match show:
            case "belum":
                return each.owner is None and not each.is_out
            case "lama":
                return each.visited_ms < since_ms and not each.is_out
            case "semua" | "masalah":
                return True

    def _with_cases(self, tx: Reader, service: str, desa: Sequence[str], who: Sequence[str]) -> set[RecordId]:
        """Return about whom a kasus of a service is under way, in some desa or wherever these lived."""
        under_way = stages_under_way(self._workflows).items()
        stages = [stage for stage, (workflow, _) in under_way if workflow.service == service]
        cases = SqlOfficeStore.reading(tx).records(assign_store.cases(tx, desa, who, stages))
        return {RecordId(str(case.fields.get("subjek"))) for case in cases.values() if not is_sealed(case)}

    def _load(self, worker: Person, found: Sequence[Task], *, left: bool) -> Load:
        today = local_date(self._now_ms()).isoformat()
        return Load(
            person=worker,
            open=len(found),
            late=sum(bool(task.due) and task.due < today for task in found),
            returned=sum(task.state == "dikembalikan" for task in found),
            left=left,
        )

    def _give_in(
        self, tx: Writer, person: Person, order: Order, desa: Sequence[str], names: Sequence[RecordId]
    ) -> tuple[int, int]:
        here = set(assign_store.members(tx, desa, order.service, order.kind, names))
        store = SqlOfficeStore.writing(tx)
        found = store.records([name for name in names if name in here])
        taken = served_now(store, self._forms, found.values(), order.service)
        free = [record for record in found.values() if record.id not in taken]
        asked = {
            "petugas": order.whom,
            "sasaran_kind": order.kind,
            "form": order.form,
            "jatuh_tempo": order.due.isoformat() if order.due else None,
            "alasan": order.reason,
            "state": "baru",
        }
        bodies = [
            Patch(
                record=uuid7(self._now_ms(), self._randomness(10)),
                kind="tugas",
                base={},
                new={**asked, "sasaran": record.id, "kode_desa": record.fields.get("kode_desa")},
            )
            for record in free
        ]
        self._office.act_in(tx, person.id, bodies)
        return len(bodies), len(found) - len(free)

    def _move_in(
        self,
        tx: Writer,
        person: Person,
        names: Sequence[RecordId],
        whom: PersonId | None,
        whose: PersonId | None,
    ) -> int:
        found = SqlOfficeStore.writing(tx).records(names)
        bodies: list[Patch] = []
        for record in found.values():
            fields = record.fields
            if record.kind != "tugas" or is_sealed(record) or not self._may_list(person, record):
                continue
            if fields.get("form") not in self._forms.ids() or fields["petugas"] == whom:
                continue
            if whose is not None and fields["petugas"] != whose:
                continue
            name, value = ("petugas", whom) if whom else ("state", "batal")
            was = {name: fields.get(name)}
            bodies.append(Patch(record=record.id, kind="tugas", base=was, new={name: value}))
        self._office.act_in(tx, person.id, bodies)
        return len(bodies)


def _candidate(
    record: Record, owner: PersonId | None, visit: tuple[int, str] | None, closed: str, gone: str
) -> Candidate:
    fields = record.fields
    return Candidate(
        id=record.id,
        name=str(fields.get(KINDS[record.kind]) or ""),
        nik_ending=str(fields.get("nik") or "")[-4:],
        address=address_of(fields),
        desa=str(fields.get("kode_desa") or ""),
        owner=owner,
        visited_ms=visit[0] if visit else 0,
        visit_state=visit[1] if visit else "",
        closed=closed,
        gone=gone,
    )


def _pieces(names: Iterable[RecordId]) -> Iterator[list[RecordId]]:
    """Cut into pieces that are short enough to keep nobody waiting for the writer."""
    every = list(dict.fromkeys(names))
    for first in range(0, len(every), PIECE):
        yield every[first : first + PIECE]
