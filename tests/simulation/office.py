"""An office of the simulation: the real core over a store, transactions that can fail, a chain of its own.

Rule: as in server/api/reception.py and server/office.py, what is pushed is committed first and answered then;
what arrived at one moment is taken in together, or else each message in a savepoint of its own.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import Any, TypeVar

import msgspec

from schemas.base import decode, encode
from schemas.handover import Question
from schemas.ids import NO_LINK, BlobId, ChangeId, DeviceId, LinkHash, Part, PersonId, RecordId
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected, Result, SyncRequest, SyncResponse
from sync import server
from sync.applying import Callers
from sync.chain import Tip
from sync.change import Destroyed, SealedSubmit, Submit, read
from sync.intake import Malformed, Run
from sync.losses import stub
from sync.memory import MemoryOffice
from sync.rules import Rules
from sync.scope import Caller, parts_of_person
from sync.server import check, pull, pull_all, push, push_all
from sync.store import DESTROYED, Entry, OfficeStore, Record
from tests.simulation.copies import copied
from tests.simulation.faults import Crash, Full, Fuse, Violation, fused
from tests.simulation.own_chain import OwnChain
from tests.simulation.ring import Ring
from tests.simulation.state import OfficeState, office_state
from tests.simulation.things import blobs_in
from tests.simulation.trust import Key

T = TypeVar("T")
WRITES = (
    "add_links",
    "add_signature",
    "add_signatures",
    "put_records",
    "put_rows",
    "put_changes",
    "add_blob_refs",
    "blob_received",
)
Answer = SyncResponse | str
"""What a message is answered with: a response, or why it was refused."""


MOST_LINKS = 1_000_000
WRITERS_ROWS = 100
"""As in server/api/reception.py: a longer page is read after the commit."""
GONE = frozenset({"isi_hilang", "dimusnahkan"})
"""Why a change has no content: its phone lost it and said so, or the office destroyed it."""


class Fsync(Exception):  # noqa: N818 - it is no error of the program
    """The disk would not say that the commit is durable."""


@dataclass(frozen=True)
class Joined:
    """A device that may speak, and whose it is."""

    device: DeviceId
    person: PersonId
    key: Key


@dataclass
class Told:
    """What this office has told others, or done itself. It goes with the folder: restored, it knows less."""

    outcomes: dict[ChangeId, Outcome] = field(default_factory=dict)
    tips: dict[LinkHash, bool] = field(default_factory=dict)
    blobs: dict[DeviceId, dict[BlobId, bool]] = field(default_factory=dict)
    conflicts: dict[RecordId, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Upload:
    """What of an upload is durable."""

    device: DeviceId
    blob: BlobId
    size_bytes: int
    data: bytes


class Office(OwnChain):
    """One office. `number` tells this run of it apart from any other that went on from the same folder."""

    def __init__(
        self, seed: int, ring: Ring, people: dict[DeviceId, Joined], rules: Rules, counts: Counter[str]
    ) -> None:
        super().__init__(ring, rules)
        self._seed = seed
        self.people = people
        self.revoked: dict[DeviceId, int] = {}
        self.told = Told()
        self.files: dict[BlobId, bytes] = {}
        self.questions: dict[int, Question] = {}
        """What hand-over files ask, by the event that wrote them."""
        self.uploads: dict[str, Upload] = {}
        """Uploads under way, by device and blob."""
        self.counts = counts
        self.fuse = Fuse(counts)
        self.set_number(0)
        self.store = self.new_store()

    # what differs between kinds of stores

    def new_store(self) -> OfficeStore:
        """Return an empty store."""
        store = MemoryStoreOfOffice(self._tag)
        store.fuse = self.fuse
        return store

    def transaction(self) -> AbstractContextManager[object]:
        """Return a transaction, or a savepoint in one, of the store."""
        return self.store.transaction()  # type: ignore[attr-defined]

    def copy(self, number: int) -> "Office":
        """Return what a copy of this office's folder would be as an office."""
        other = copied(self)
        other.told = copied(self.told)
        other.counts = self.counts
        other.fuse = Fuse(self.counts)
        other.read_keys()
        other.set_number(number)
        other.store = other.copy_store(self)
        return other

    def copy_store(self, other: "Office") -> OfficeStore:
        """Return a copy of another office's store, for this run."""
        store: MemoryStoreOfOffice = copied(other.store)  # type: ignore[assignment]
        store.fuse = self.fuse
        store._make_tag = self._tag
        return store

    def set_number(self, number: int) -> None:
        """Begin a run: tags and salts come from its number from now on."""
        self.number, self._made = number, 0

    def random_bytes(self, size: int) -> bytes:
        """Return bytes of which each run of an office has its own."""
        self._made += 1
        about = f"{self._seed}/{self.number}/{self._made}".encode()
        return blake2b(about, digest_size=size).digest()

    def _tag(self) -> bytes:
        return self.random_bytes(8)

    # transactions

    def write(self, works: Sequence[Callable[[OfficeStore], T]], *, fails: bool = False) -> list[T | Full]:
        """Run all in one transaction, and return their results when it is durable; `fails`: the fsync does.

        What a full disk refused is undone alone. Raises Crash and Fsync: then nothing was stored.
        """
        results: list[T | Full] = []
        with self.transaction():
            for work in works:
                try:
                    with self.transaction():
                        results.append(work(self.store))
                except Full as full:
                    results.append(full)
            try:
                self.fuse.end()
            except Full:
                raise Crash from None  # no space for the commit itself: nothing of it is there
            if fails:
                self.counts["office_fsync"] += 1
                raise Fsync
        return results

    # phones

    def remember(self, change: ChangeId, outcome: Outcome) -> None:
        """Note an outcome that is told, or that is the office's own."""
        self.told.outcomes[change] = outcome
        if isinstance(outcome, Conflict):
            self.told.conflicts.update(dict.fromkeys(outcome.ids, True))

    def receive(
        self, messages: Sequence[tuple[DeviceId, bytes]], now_ms: int, *, fails: bool = False
    ) -> list[Answer]:
        """Answer messages that came at one moment. Raises Crash and Fsync: then nobody is answered."""
        checked = [self._check(device, body) for device, body in messages]
        runs = [one for one in checked if not isinstance(one, str) and one[1].entries]
        done = iter(self._taken(runs, now_ms, fails=fails) if runs else [])
        answers: list[Answer] = []
        for one in checked:
            if isinstance(one, str):
                answers.append(one)
                continue
            request, run = one
            answer = next(done) if run.entries else self._pull(self.store, request, [], now_ms)
            if isinstance(answer, Full):
                answers.append("penyimpanan_penuh")
            elif isinstance(answer, Malformed):
                answers.append(answer.problem)
            else:
                if run.entries and answer.more:
                    answer = self._pull(self.store, request, answer.results, now_ms)
                answers.append(self.sent(answer))
        return answers

    def _check(self, device: DeviceId, body: bytes) -> tuple[SyncRequest, Run] | str:
        try:
            request = decode(body, SyncRequest)
        except msgspec.DecodeError:
            return "pesan_tidak_terbaca"
        if request.device != device:
            return "perangkat_berbeda"
        run = check(request, self.caller(self.store, device))
        return run.problem if isinstance(run, Malformed) else (request, run)

    def _taken(
        self, runs: Sequence[tuple[SyncRequest, Run]], now_ms: int, *, fails: bool
    ) -> Sequence[SyncResponse | Malformed | Full]:
        """Take in together what came together; where the disk has no room for it, one after the other."""
        [done] = self.write([lambda store: self._together(store, runs, now_ms)], fails=fails)
        if not isinstance(done, Full):
            return done
        alone = [self._pushing(request, run, now_ms) for request, run in runs]
        return self.write(alone, fails=fails)

    def _together(
        self, store: OfficeStore, runs: Sequence[tuple[SyncRequest, Run]], now_ms: int
    ) -> list[SyncResponse | Malformed]:
        """Take in runs and answer them in the same transaction, as the office does where several wait."""
        callers = self.callers(store)
        given = [(run, callers(request.device)) for request, run in runs]
        taken = push_all(store, given, callers=callers, rules=self.rules, now_ms=now_ms)
        asked = [
            (request, results, callers(request.device))
            for (request, _), results in zip(runs, taken, strict=True)
            if isinstance(results, list)
        ]
        tips = store.tips(self.device)
        answers = iter(
            pull_all(
                store,
                asked,
                office_head=tips[0].hash if tips else NO_LINK,
                now_ms=now_ms,
                most_rows=min(WRITERS_ROWS, server.PAGE_ROWS),
            )
        )
        return [results if isinstance(results, Malformed) else next(answers) for results in taken]

    def _pushing(
        self, request: SyncRequest, run: Run, now_ms: int
    ) -> Callable[[OfficeStore], SyncResponse | Malformed]:
        """Take in a run and answer it in the same transaction, as the office does where one waits alone."""

        def work(store: OfficeStore) -> SyncResponse | Malformed:
            callers = self.callers(store)
            caller = callers(request.device)
            results = push(store, run, caller=caller, callers=callers, rules=self.rules, now_ms=now_ms)
            if isinstance(results, Malformed):
                return results
            return self._pull(store, request, results, now_ms, min(WRITERS_ROWS, server.PAGE_ROWS))

        return work

    def _pull(
        self,
        store: OfficeStore,
        request: SyncRequest,
        results: list[Result],
        now_ms: int,
        most_rows: int | None = None,
    ) -> SyncResponse:
        tips = store.tips(self.device)
        return pull(
            store,
            request,
            results,
            caller=self.caller(store, request.device),
            office_head=tips[0].hash if tips else NO_LINK,
            now_ms=now_ms,
            most_rows=most_rows,
        )

    def sent(self, response: SyncResponse) -> SyncResponse:
        """Note what is told, once it is durable. Raises Violation if it is not there."""
        self._has(response.results)
        for result in response.results:
            self.remember(result.change, result.outcome)
        self.told.tips.update((tip.hash, True) for tip in response.known)
        return decode(encode(response), SyncResponse)

    def _has(self, results: Sequence[Result]) -> None:
        """Nobody is told of what is not there, committed. Raises Violation."""
        names = [result.change for result in results]
        contents, changes = self.store.contents(names), self.store.changes(names)
        for result in results:
            there = changes.get(result.change)
            is_gone = isinstance(result.outcome, Rejected) and result.outcome.problem in GONE
            is_there = is_gone or result.change in contents
            # what was held when it was answered may have got free within the same commit: that is news
            is_so = there is not None and (
                there.outcome == result.outcome or isinstance(result.outcome, Held)
            )
            if not is_there or not is_so:
                raise Violation("an answer tells of what is not there", type(result.outcome).__name__)

    def caller(self, store: OfficeStore, device: DeviceId) -> Caller:
        """Say who stands behind a device, as server/office.py does."""
        if device == self.device:
            return Caller(
                device=device,
                person=self.person,
                parts=frozenset(),
                verify=self.ring.keys[-1].verify,
                office=True,
            )
        enrolled = self.people[device]
        return Caller(
            device=device,
            person=enrolled.person,
            parts=self.parts_of(store, device),
            verify=enrolled.key.verify,
        )

    def parts_of(self, store: OfficeStore, device: DeviceId) -> frozenset[Part]:
        """Return what a device may hold now: nothing once it is revoked or its person has left."""
        person = self.people[device].person
        record = store.records([RecordId(person)]).get(RecordId(person))
        if record is None or not record.fields.get("aktif", True) or device in self.revoked:
            return frozenset()
        return parts_of_person(person, record.fields)

    def callers(self, store: OfficeStore) -> Callers:
        """Say who stands behind each device, as one transaction sees it."""
        known: dict[DeviceId, Caller] = {}

        def caller(device: DeviceId) -> Caller:
            if device not in known:
                known[device] = self.caller(store, device)
            return known[device]

        return caller

    def is_destroyed(self, blob: BlobId) -> bool:
        """Say whether a blob was destroyed, and may not come back."""
        return blob in self.store.destroyed_blobs  # type: ignore[attr-defined]

    def state(self) -> OfficeState:
        """Return all that this office holds."""
        return office_state(self.store)

    def record(self, name: RecordId) -> Record | None:
        """Return a record as it stands."""
        return self.store.records([name]).get(name)

    # what is destroyed

    def destroy(self, author: PersonId, visit: RecordId, now_ms: int) -> Destroyed | None:
        """Destroy a visit with all that was said of it, as server/destruction.py does."""
        record = self.record(visit)
        if record is None or not record.fields.get("versions"):
            return None
        body = self._body(self._said_of([visit]), [visit])
        self.carry_out(author, body, now_ms)
        return body

    def destroy_besides(self, author: PersonId, body: Destroyed, now_ms: int) -> list[Destroyed]:
        """Destroy what more this history says of the visits that a body of another destroyed."""
        return self._destroy_more(author, set(self._said_of(body.records)) - body.changes.keys(), now_ms)

    def destroy_late(self, author: PersonId, now_ms: int) -> list[Destroyed]:
        """Destroy what was said of emptied visits since: it was refused, and is kept until then."""
        emptied = [one.id for one in self.state().records.values() if DESTROYED.problem in one.fields]
        return self._destroy_more(author, self._said_of(emptied), now_ms)

    def _destroy_more(self, author: PersonId, names: Collection[ChangeId], now_ms: int) -> list[Destroyed]:
        if not names:
            return []
        body = self._body(sorted(names), [])
        self.carry_out(author, body, now_ms)
        return [body]

    def _said_of(self, visits: Sequence[RecordId]) -> list[ChangeId]:
        """Return the versions of these visits that are kept, whatever became of them."""
        wanted = set(visits)
        return [name for name, raw in self.state().contents.items() if _visit_of(raw) in wanted]

    def _body(self, names: Sequence[ChangeId], records: list[RecordId]) -> Destroyed:
        contents, there = self.store.contents(names), self.store.changes(names)
        stubs = {
            name: stub(read(contents[name])) if isinstance(there[name].outcome, Applied | Conflict) else b""
            for name in names
        }
        refs = self.state().refs
        blobs = {ref.blob for ref in refs if ref.change in stubs}
        others = {ref.blob for ref in refs if ref.change not in stubs}
        return Destroyed(changes=stubs, blobs=sorted(blobs - others), records=records, basis="BA 1")

    def carry_out(self, author: PersonId, body: Destroyed, now_ms: int) -> None:
        """Destroy what a body names: at first, and again after a restore."""
        self.act(author, body, now_ms)
        for blob in body.blobs:
            self.files.pop(blob, None)

    def has_destroyed(self, body: Destroyed) -> bool:
        """Say whether all that a body names is destroyed here already."""
        there = self.store.changes(body.changes)
        changes = all(name in there and there[name].outcome == DESTROYED for name in body.changes)
        return changes and all(self.is_destroyed(blob) for blob in body.blobs)

    def as_here(self, body: Destroyed) -> Destroyed:
        """Return a body for another history: with the stubs of what had taken effect in it."""
        there = self.store.changes(body.changes)
        stubs = {
            name: kept if name in there and isinstance(there[name].outcome, Applied | Conflict) else b""
            for name, kept in body.changes.items()
        }
        return msgspec.structs.replace(body, changes=stubs)

    # backups

    def note_backups(self, copies: Sequence["Office"]) -> None:
        """Work out for each device up to where every copy that may yet be restored holds all, blobs too."""
        for device in self.people:
            safe: Tip | None = None
            for entry in self.store.entries(device, 0, MOST_LINKS):
                is_next = entry.link.counter <= (safe.counter if safe else 0) + 1
                if not is_next or not all(copy.has_all_of(entry) for copy in copies):
                    break  # also at a gap: a phone that is put back may hold again what it declared lost
                safe = Tip(counter=entry.link.counter, hash=entry.hash)
            self._note_backup(device, safe)

    def has_all_of(self, entry: Entry) -> bool:
        """Say whether this office holds a link, known, with its content and the blobs that it names."""
        tip = Tip(counter=entry.link.counter, hash=entry.hash)
        there = self.store.entries_at(entry.link.device, [tip]).get(entry.hash)
        if there is None or not there.known or there.content is None:
            return False
        return all(self.holds(blob, entry.link.device) for blob in blobs_in(read(there.content).body))

    def forget_backups(self) -> None:
        """Know nothing of backups any more: a restored office may say more than its media hold."""
        for device in self.people:
            self._note_backup(device, None)

    def _note_backup(self, device: DeviceId, safe: Tip | None) -> None:
        backups: dict[DeviceId, Tip] = self.store.backups  # type: ignore[attr-defined]
        backups.pop(device, None)
        if safe is not None:
            backups[device] = safe

    # blobs

    def holds(self, blob: BlobId, device: DeviceId) -> bool:
        """Say whether a blob came from a device and rests here."""
        return blob in self.told.blobs.get(device, {}) and blob in self.files

    def finish(self, name: str, now_ms: int) -> bool:
        """Verify an upload that is whole and make it a blob; one that is not what was announced goes."""
        upload = self.uploads[name]
        if self.is_destroyed(upload.blob):
            del self.uploads[name]
            return False
        if sha256(upload.data).hexdigest() != upload.blob:
            del self.uploads[name]
            return False
        self.files[upload.blob] = upload.data
        size, device = len(upload.data), upload.device

        def work(store: Any) -> None:
            return store.blob_received(upload.blob, size, device, now_ms)

        if isinstance(self.write([work])[0], Full):
            raise Full
        del self.uploads[name]
        self.told.blobs.setdefault(device, {})[upload.blob] = True
        return True


def _visit_of(raw: bytes) -> RecordId | None:
    body = read(raw).body
    return body.visit if isinstance(body, Submit | SealedSubmit) else None


class MemoryStoreOfOffice(fused(MemoryOffice, WRITES)):
    """The reference store, with a fuse."""

    fuse: Fuse
