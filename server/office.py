"""The office as a device: its own chain, and the word it has for every other. Rule: what it does is a change.

Decisions, imports, enrolments and grants go through the same core as what phones send, in the office's chain,
whose head is signed in each transaction.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash, Part, PersonId
from schemas.problem import Problem
from schemas.wire import PROTOCOL, Outcome, Result, SyncRequest, SyncResponse
from server import device_store
from server.access import is_active
from server.engine import Engine, Reader, Writer
from server.hearing import note_push
from server.keys import Keys
from server.projections import petugas_record
from server.restore_store import note_heads
from server.store import SqlOfficeStore
from sync.again import judge_again
from sync.applying import Callers, Job, apply_jobs
from sync.chain import START, Verifier, head_message, next_link, seal_link
from sync.change import SALT_BYTES, Body, Clock, Content, Enrolled, seal
from sync.intake import Malformed, Run
from sync.rules import Rules
from sync.scope import Caller, parts_of_person
from sync.server import check, pull, push
from sync.store import Entry, Record, Signed


class Office:
    """Makes the office's own changes, and receives those of phones.

    `now_ms` gives UTC milliseconds, `elapsed_ms` milliseconds since `boot`, `randomness(n)` n random bytes.
    `restored`: this office came from a backup once, so phones may name links of its chain that are not here.
    """

    def __init__(
        self,
        engine: Engine,
        keys: Keys,
        rules: Rules,
        *,
        now_ms: Callable[[], int],
        elapsed_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
        boot: str,
        restored: bool = False,
    ) -> None:
        self._engine, self._rules = engine, rules
        self._now_ms, self._elapsed_ms, self._randomness = now_ms, elapsed_ms, randomness
        self._boot, self._restored = boot, restored
        self._private = keys.private_key()
        self.device = keys.device
        self.person = PersonId(str(keys.device))
        self.public_key = keys.public_bytes()

    def act(self, author: PersonId, body: Body) -> Outcome:
        """Make one change, apply it, and return what became of it once it is durable."""
        return self.act_all(author, [body])[0]

    def act_all(self, author: PersonId, bodies: Sequence[Body]) -> list[Outcome]:
        """Make several changes in one transaction; blocks until they are durable."""
        return self.start(author, bodies).result()

    def start(self, author: PersonId, bodies: Sequence[Body]) -> "Future[list[Outcome]]":
        """Queue several changes for one transaction."""
        return self._engine.write(lambda writer: self.act_in(writer, author, bodies))

    def act_in(self, writer: Writer, author: PersonId, bodies: Sequence[Body]) -> list[Outcome]:
        """Make changes within a transaction that is already under way."""
        store = SqlOfficeStore.writing(writer)
        now = self._now_ms()
        clock = Clock(wall_ms=now, elapsed_ms=self._elapsed_ms(), boot=self._boot, server_ms=now)
        tip = next(iter(store.tips(self.device)), START)
        entries: list[Entry] = []
        contents: list[bytes] = []
        for body in bodies:
            salt = self._randomness(SALT_BYTES)
            change, raw = seal(Content(salt=salt, author=author, clock=clock, body=body))
            link = next_link(tip, self.device, change, tip.hash)
            name, raw_link = seal_link(link)
            entries.append(Entry(link=link, hash=name, raw_link=raw_link, content=raw))
            contents.append(raw)
            tip = type(tip)(counter=link.counter, hash=name)
        if not entries:
            return []
        store.add_links(entries)
        signature = self._private.sign(head_message(tip.hash))
        head = Signed(device=self.device, counter=tip.counter, head=tip.hash, signature=signature)
        store.add_signature(head)
        jobs = [
            Job(change=e.link.change, device=self.device, counter=e.link.counter, content=raw, late=False)
            for e, raw in zip(entries, contents, strict=True)
        ]
        outcomes = apply_jobs(store, jobs, self.callers(writer), self._rules, now)
        return [outcomes[entry.link.change] for entry in entries]

    def found(self) -> None:
        """Begin the chain with the office's own key, unless it has begun."""
        enrolled = Enrolled(device=self.device, person=self.person, public_key=self.public_key)

        def work(writer: Writer) -> None:
            if not SqlOfficeStore.writing(writer).tips(self.device):
                self.act_in(writer, self.person, [enrolled])

        self._engine.write(work).result()

    def head(self, store: SqlOfficeStore) -> LinkHash:
        """Return the newest link of the office's chain."""
        tips = store.tips(self.device)
        return tips[0].hash if tips else NO_LINK

    def check(self, reader: Reader, request: SyncRequest) -> Run | Problem:
        """Read what a phone that is logged in as `request.device` pushes; nothing is stored."""
        return _checked(request, self._caller(reader, request.device))

    def look(self, reader: Reader, request: SyncRequest) -> Run | SyncResponse | Problem:
        """Read what a phone pushes; where that is nothing, answer it at once."""
        caller = self._caller(reader, request.device)
        run = _checked(request, caller)
        if isinstance(run, Problem) or run.entries:
            return run
        return self._answer(SqlOfficeStore.reading(reader), request, [], caller)

    def push(
        self, writer: Writer, device: DeviceId, run: Run, protocol: int = PROTOCOL
    ) -> list[Result] | Problem:
        """Take in what was checked, and say what became of each change."""
        return self._take_in(writer, device, run, self.callers(writer), protocol)

    def receive(
        self, writer: Writer, request: SyncRequest, run: Run, most_rows: int
    ) -> SyncResponse | Problem:
        """Take in what was checked and answer it, with at most so many rows, in one transaction."""
        callers = self.callers(writer)
        results = self._take_in(writer, request.device, run, callers, request.protocol)
        if isinstance(results, Problem):
            return results
        store = SqlOfficeStore.writing(writer)
        return self._answer(store, request, results, callers(request.device), most_rows)

    def pull(self, reader: Reader, request: SyncRequest, results: list[Result]) -> SyncResponse:
        """Answer with what the phone may see beyond its cursor."""
        caller = self._caller(reader, request.device)
        return self._answer(SqlOfficeStore.reading(reader), request, results, caller)

    def _take_in(
        self, writer: Writer, device: DeviceId, run: Run, callers: Callers, protocol: int
    ) -> list[Result] | Problem:
        results = push(
            SqlOfficeStore.writing(writer),
            run,
            caller=callers(device),
            callers=callers,
            rules=self._rules,
            now_ms=self._now_ms(),
        )
        if isinstance(results, Malformed):
            return Problem(code=results.problem)
        if self._restored:
            note_heads(writer, run.entries, self._now_ms())
        note_push(writer, device, protocol, run, self.device, self._now_ms())
        return results

    def _answer(
        self,
        store: SqlOfficeStore,
        request: SyncRequest,
        results: list[Result],
        caller: Caller,
        most_rows: int | None = None,
    ) -> SyncResponse:
        return pull(
            store,
            request,
            results,
            caller=caller,
            office_head=self.head(store),
            now_ms=self._now_ms(),
            most_rows=most_rows,
        )

    def judge_again(self, writer: Writer, names: Sequence[ChangeId]) -> dict[ChangeId, Outcome]:
        """Judge refused changes by the present rules; return the outcomes that are others now."""
        store = SqlOfficeStore.writing(writer)
        return judge_again(store, names, self.callers(writer), self._rules, self._now_ms())

    def callers(self, reader: Reader) -> Callers:
        """Say who stands behind each device, as this transaction sees it."""
        known: dict[DeviceId, Caller] = {}

        def caller(name: DeviceId) -> Caller:
            if name not in known:
                known[name] = self._caller(reader, name)
            return known[name]

        return caller

    def _caller(self, reader: Reader, name: DeviceId) -> Caller:
        if name == self.device:
            return Caller(
                device=name,
                person=self.person,
                parts=frozenset(),
                verify=verifier(self.public_key),
                office=True,
            )
        found = device_store.device(reader, name)
        if found is None:
            raise LookupError("a device that nobody enrolled")
        person = petugas(reader, found.person)
        # A device that was revoked, or whose owner left, still hands over its work; it is shown nothing.
        parts: frozenset[Part] = frozenset()
        if person is not None and found.revoked_ms is None:
            parts = parts_of_person(found.person, person.fields)
        return Caller(device=name, person=found.person, parts=parts, verify=verifier(found.public_key))


def _checked(request: SyncRequest, caller: Caller) -> Run | Problem:
    run = check(request, caller)
    return Problem(code=run.problem) if isinstance(run, Malformed) else run


def petugas(reader: Reader, person: PersonId) -> Record | None:
    """Return the record of a person who is active."""
    found = petugas_record(reader, person)
    return found if found is not None and is_active(found) else None


@lru_cache(maxsize=2048)
def verifier(public_key: bytes) -> Verifier:
    """Return what checks signatures by one Ed25519 key (32 bytes). Raises ValueError for an unusable key.

    Kept for the phones of a regency: reading a key takes as long as checking a signature with it.
    """
    key = Ed25519PublicKey.from_public_bytes(public_key)

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify
