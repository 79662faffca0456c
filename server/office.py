"""The office as a device: its own chain, and the word it has for every other. Rule: what it does is a change.

Decisions, imports, enrolments and grants go through the same core as what phones send, in the office's chain,
whose head is signed in each transaction, by the key that is valid at its place: server/chain_keys.py.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.base import Data
from schemas.ids import NO_LINK, ChangeId, DeviceId, LinkHash, Part, PersonId
from schemas.office_keys import KeyTurn
from schemas.problem import Problem
from schemas.wire import Outcome, Result, SyncRequest, SyncResponse
from server import device_store
from server.access import is_active
from server.chain_keys import ChainKeys
from server.device_store import Device
from server.engine import Engine, Reader, Writer
from server.hearing import note_pushes
from server.keys import Keys
from server.projections import petugas_records
from server.restore_store import note_heads
from server.store import SqlOfficeStore
from server.turn_store import Turn, add_turn, told
from sync.again import judge_again
from sync.applying import Callers, Job, apply_jobs
from sync.chain import START, Tip, Verifier, head_message, next_link, seal_link
from sync.change import SALT_BYTES, Body, Clock, Content, Enrolled, seal
from sync.intake import Malformed, Run
from sync.office_keys import turned_to
from sync.rules import Rules
from sync.scope import Caller, parts_of_person
from sync.server import check, pull, pull_all, push, push_all
from sync.store import Entry, Record, Signed

REPORT_DOMAIN = b"sambang report v1\0"


class Push(Data, frozen=True, kw_only=True):
    """A request whose run was checked and waits to be taken in."""

    request: SyncRequest
    run: Run


class Office:
    """Makes the office's own changes, and receives those of phones.

    `now_ms` gives UTC milliseconds, `elapsed_ms` milliseconds since `boot`, `randomness(n)` n random bytes.
    `public_keys` are all that its chain ever had, oldest first; `public_key` is the one that counts.
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
        self._keys = ChainKeys(keys)
        self.device = keys.device
        self.person = PersonId(str(keys.device))
        self.public_keys = self._keys.public
        self.public_key = self.public_keys[-1]

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
        if not bodies:
            return []
        self.turn_in(writer)
        return self._append(writer, author, bodies)

    def turn_in(self, writer: Writer) -> None:
        """Have the key before sign the one after, as often as the chain is behind the key file.

        So it is after the keys were changed, and in an office that came back from a copy of before that. At
        last the newest says the same of itself: the end of the chain is signed by no key that has ended.
        """
        if len(self.public_keys) == 1:
            return
        store, turned = SqlOfficeStore.reading(writer), False
        while (tip := next(iter(store.tips(self.device)), None)) and self._keys.is_behind(writer, tip):
            self._append(writer, self.person, [self._enrolled(self._keys.next_key(writer, tip))])
            turned = True
        if turned:
            self._append(writer, self.person, [self._enrolled(self.public_key)])

    def turn(self) -> None:
        """See `turn_in`, at once and durable. Raises UnknownKeyError."""
        if len(self.public_keys) > 1:
            self._engine.write(self.turn_in).result()

    def _append(self, writer: Writer, author: PersonId, bodies: Sequence[Body]) -> list[Outcome]:
        store = SqlOfficeStore.writing(writer)
        now = self._now_ms()
        clock = Clock(wall_ms=now, elapsed_ms=self._elapsed_ms(), boot=self._boot, server_ms=now)
        tip = before = next(iter(store.tips(self.device)), START)
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
        store.add_links(entries)
        signature = self._keys.sign_at(writer, before, head_message(tip.hash))
        head = Signed(device=self.device, counter=tip.counter, head=tip.hash, signature=signature)
        store.add_signature(head)
        self.note_run(writer, before, entries)
        jobs = [
            Job(change=e.link.change, device=self.device, counter=e.link.counter, content=raw, late=False)
            for e, raw in zip(entries, contents, strict=True)
        ]
        outcomes = apply_jobs(store, jobs, self.callers(writer), self._rules, now)
        return [outcomes[entry.link.change] for entry in entries]

    def note_run(self, writer: Writer, before: Tip, entries: Sequence[Entry]) -> None:
        """Note where a run of own links, which follows a link, gives the chain another key."""
        last = entries[-1]
        place = Tip(counter=last.link.counter, hash=last.hash)
        new = turned_to(last.content or b"", self.device) if place.counter > 1 else b""
        if new and new != self._keys.public_at(writer, before):
            add_turn(writer, Turn(counter=place.counter, link=place.hash, public_key=new))
        self._keys.follows(before, place, new)

    def verifier_at(self, reader: Reader, place: Tip) -> Verifier:
        """Return what checks the signature over a run of the office's own that follows this link."""
        return verifier(self._keys.public_at(reader, place))

    def turns(self, reader: Reader) -> list[KeyTurn]:
        """Return what leads from the office's first key to the present one."""
        return told(reader, self.device)

    def sign(self, message: bytes) -> bytes:
        """Give the office's word, which carries a domain of its own, under the present key."""
        return self._keys.sign(message)

    def found(self) -> None:
        """Begin the chain with the office's own key, unless it has begun."""

        def work(writer: Writer) -> None:
            if not SqlOfficeStore.writing(writer).tips(self.device):
                self.act_in(writer, self.person, [self._enrolled(self.public_key)])

        self._engine.write(work).result()

    def _enrolled(self, key: bytes) -> Enrolled:
        return Enrolled(device=self.device, person=self.person, public_key=key)

    def attest(self, digest: bytes) -> bytes:
        """Sign the SHA-256 of a report's sections, under a domain of its own."""
        return self._keys.sign(REPORT_DOMAIN + digest)

    def head(self, store: SqlOfficeStore) -> LinkHash:
        """Return the newest link of the office's chain."""
        tips = store.tips(self.device)
        return tips[0].hash if tips else NO_LINK

    def check(self, reader: Reader, request: SyncRequest) -> Run | Problem:
        """Read what a phone that is logged in as `request.device` pushes; nothing is stored."""
        return _checked(request, self.callers(reader)(request.device))

    def look(self, reader: Reader, request: SyncRequest) -> Run | SyncResponse | Problem:
        """Read what a phone pushes; where that is nothing, answer it at once."""
        return self.look_all(reader, [request])[0]

    def look_all(
        self, reader: Reader, requests: Sequence[SyncRequest], most_rows: int | None = None
    ) -> list[Run | SyncResponse | Problem]:
        """Read what several phones push; answer those that push nothing, with at most so many rows each."""
        callers = self.callers(reader, [request.device for request in requests])
        found = [_checked(request, callers(request.device)) for request in requests]
        quiet = [
            (request, list[Result](), callers(request.device))
            for request, run in zip(requests, found, strict=True)
            if isinstance(run, Run) and not run.entries
        ]
        answers = iter(self._answers(SqlOfficeStore.reading(reader), quiet, most_rows))
        return [next(answers) if isinstance(run, Run) and not run.entries else run for run in found]

    def push(self, writer: Writer, request: SyncRequest, run: Run) -> list[Result] | Problem:
        """Take in what was checked, and say what became of each change."""
        callers = self.callers(writer)
        results = push(
            SqlOfficeStore.writing(writer),
            run,
            caller=callers(request.device),
            callers=callers,
            rules=self._rules,
            now_ms=self._now_ms(),
        )
        if isinstance(results, Malformed):
            return Problem(code=results.problem)
        self._note(writer, [Push(request=request, run=run)])
        return results

    def receive_all(
        self, writer: Writer, pushes: Sequence[Push], most_rows: int
    ) -> list[SyncResponse | Problem]:
        """Take in what was checked and answer it, each with at most so many rows, in one transaction.

        What is stored, and what became of each change, is as if one had come after the other.
        """
        callers = self.callers(writer, [one.request.device for one in pushes])
        given = [(one.run, callers(one.request.device)) for one in pushes]
        store, now = SqlOfficeStore.writing(writer), self._now_ms()
        # One alone asks and writes no less by way of a tray.
        taken = (
            push_all(store, given, callers=callers, rules=self._rules, now_ms=now)
            if len(given) > 1
            else [
                push(store, run, caller=caller, callers=callers, rules=self._rules, now_ms=now)
                for run, caller in given
            ]
        )
        good = [
            (one, results) for one, results in zip(pushes, taken, strict=True) if isinstance(results, list)
        ]
        self._note(writer, [one for one, _ in good])
        asked = [(one.request, results, callers(one.request.device)) for one, results in good]
        answers = iter(self._answers(store, asked, most_rows))
        return [Problem(code=one.problem) if isinstance(one, Malformed) else next(answers) for one in taken]

    def pull(self, reader: Reader, request: SyncRequest, results: list[Result]) -> SyncResponse:
        """Answer with what the phone may see beyond its cursor."""
        caller = self.callers(reader)(request.device)
        return self._answers(SqlOfficeStore.reading(reader), [(request, results, caller)])[0]

    def _note(self, writer: Writer, pushes: Sequence[Push]) -> None:
        """Note what runs that were taken in tell beside their changes."""
        if not pushes:
            return
        if self._restored:
            note_heads(writer, [entry for one in pushes for entry in one.run.entries], self._now_ms())
        note_pushes(writer, [(one.request.protocol, one.run) for one in pushes], self.device, self._now_ms())

    def _answers(
        self,
        store: SqlOfficeStore,
        asked: Sequence[tuple[SyncRequest, list[Result], Caller]],
        most_rows: int | None = None,
    ) -> list[SyncResponse]:
        head, now = (self.head(store), self._now_ms()) if asked else (NO_LINK, 0)
        if len(asked) > 1:
            return pull_all(store, asked, office_head=head, now_ms=now, most_rows=most_rows)
        return [
            pull(
                store,
                request,
                results,
                caller=caller,
                office_head=head,
                now_ms=now,
                most_rows=most_rows,
            )
            for request, results, caller in asked
        ]

    def judge_again(self, writer: Writer, names: Sequence[ChangeId]) -> dict[ChangeId, Outcome]:
        """Judge refused changes by the present rules; return the outcomes that are others now."""
        store = SqlOfficeStore.writing(writer)
        return judge_again(store, names, self.callers(writer), self._rules, self._now_ms())

    def callers(self, reader: Reader, named: Iterable[DeviceId] = ()) -> Callers:
        """Say who stands behind each device, as this transaction sees it; `named` are asked for at once."""
        known = self._callers(reader, set(named))

        def caller(name: DeviceId) -> Caller:
            if name not in known:
                known.update(self._callers(reader, {name}))
            if name not in known:
                raise LookupError("a device that nobody enrolled")
            return known[name]

        return caller

    def _callers(self, reader: Reader, names: set[DeviceId]) -> dict[DeviceId, Caller]:
        found = device_store.devices_named(reader, names - {self.device}) if names else []
        people = active_petugas(reader, {device.person for device in found})
        callers = {device.id: _caller(device, people.get(device.person)) for device in found}
        if self.device in names:
            callers[self.device] = Caller(
                device=self.device,
                person=self.person,
                parts=frozenset(),
                verify=verifier(self.public_key),
                office=True,
            )
        return callers


def _caller(device: Device, person: Record | None) -> Caller:
    # A device that was revoked, or whose owner left, still hands over its work; it is shown nothing.
    parts: frozenset[Part] = frozenset()
    if person is not None and device.revoked_ms is None:
        parts = parts_of_person(device.person, person.fields)
    return Caller(device=device.id, person=device.person, parts=parts, verify=verifier(device.public_key))


def _checked(request: SyncRequest, caller: Caller) -> Run | Problem:
    run = check(request, caller)
    return Problem(code=run.problem) if isinstance(run, Malformed) else run


def petugas(reader: Reader, person: PersonId) -> Record | None:
    """Return the record of a person who is active."""
    return active_petugas(reader, [person]).get(person)


def active_petugas(reader: Reader, people: Iterable[PersonId]) -> dict[PersonId, Record]:
    """Return the records of those people who are active."""
    found = petugas_records(reader, people)
    return {name: record for name, record in found.items() if is_active(record)}


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
