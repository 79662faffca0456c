"""The own chain of an office of the simulation: what it says, and the keys that sign it.

Rule: as in server/office.py, what it does is a change, signed by the key that is valid at its place.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from schemas.handover import OfficeKey, key_message
from schemas.ids import ChangeId, DeviceId, PersonId
from schemas.office_keys import KeyTurn, OfficeKeys
from schemas.wire import Outcome
from server.chain_keys import ChainKeys
from server.turn_store import Turn
from sync.applying import Callers, Job, apply_jobs
from sync.chain import START, Tip, head_message, next_link, seal_link
from sync.change import Body, Clock, Content, Enrolled, seal
from sync.office_keys import turned_to
from sync.rules import Rules
from sync.store import Entry, OfficeStore, Signed
from tests.simulation.faults import Full, Violation
from tests.simulation.ring import Ring

T = TypeVar("T")


class OwnChain:
    """What an office says itself."""

    store: OfficeStore

    def __init__(self, ring: Ring, rules: Rules) -> None:
        self.device, self.person = ring.device, PersonId(str(ring.device))
        self.ring, self.rules = ring, rules
        self.noted: list[Turn] = []
        self.read_keys()

    # what the office is besides

    def write(self, works: Sequence[Callable[[OfficeStore], T]], *, fails: bool = False) -> list[T | Full]:
        """See `Office`."""
        raise NotImplementedError

    def callers(self, store: OfficeStore) -> Callers:
        """See `Office`."""
        raise NotImplementedError

    def random_bytes(self, size: int) -> bytes:
        """See `Office`."""
        raise NotImplementedError

    def remember(self, change: ChangeId, outcome: Outcome) -> None:
        """See `Office`."""
        raise NotImplementedError

    # its word

    def act(self, author: PersonId, body: Body, now_ms: int) -> Outcome:
        """Make one change of the office's own, in its own chain."""
        change, raw = self._sealed(author, body, now_ms)
        [outcome] = self.write([lambda store: self._act(store, change, raw, now_ms)])
        if isinstance(outcome, Full):
            raise Violation("a full disk that nobody filled")
        self.remember(change, outcome)
        return outcome

    def _sealed(self, author: PersonId, body: Body, now_ms: int) -> tuple[ChangeId, bytes]:
        clock = Clock(wall_ms=now_ms, elapsed_ms=now_ms, boot="office", server_ms=now_ms)
        return seal(Content(salt=self.random_bytes(16), author=author, clock=clock, body=body))

    def _act(self, store: OfficeStore, change: ChangeId, raw: bytes, now_ms: int) -> Outcome:
        tip = next(iter(store.tips(self.device)), START)
        link = next_link(tip, self.device, change, tip.hash)
        name, raw_link = seal_link(link)
        entry = Entry(link=link, hash=name, raw_link=raw_link, content=raw)
        store.add_links([entry])
        signature = self._keys.sign_at(store, tip, head_message(name))  # type: ignore[arg-type]
        head = Signed(device=self.device, counter=link.counter, head=name, signature=signature)
        store.add_signature(head)
        self._note(store, tip, entry)
        job = Job(change=change, device=self.device, counter=link.counter, content=raw, late=False)
        return apply_jobs(store, [job], self.callers(store), self.rules, now_ms)[change]

    # the keys of its chain

    def read_keys(self) -> None:
        """Know the keys that the ring has by now, as an office does that is opened."""
        self._keys = ChainKeys(self.ring, self.turn_at)  # type: ignore[arg-type]

    def begin(self, now_ms: int) -> None:
        """Begin the chain with the first key: see `Office.begin` of server/office.py."""
        self.act(self.person, self._names(self.ring.keys[0].public), now_ms)

    def turn(self, now_ms: int) -> None:
        """See `turn_in` of server/office.py. Raises Crash: then nothing of it is there."""
        [done] = self.write([lambda store: self._turn(store, now_ms)])
        if isinstance(done, Full):
            raise Violation("a full disk that nobody filled")
        for change, outcome in done:
            self.remember(change, outcome)

    def _turn(self, store: OfficeStore, now_ms: int) -> list[tuple[ChangeId, Outcome]]:
        done: list[tuple[ChangeId, Outcome]] = []

        def name(public_key: bytes) -> None:
            change, raw = self._sealed(self.person, self._names(public_key), now_ms)
            done.append((change, self._act(store, change, raw, now_ms)))

        reader: Any = store
        while self._keys.is_behind(reader, tip := store.tips(self.device)[0]):
            name(self._keys.next_key(reader, tip))
        if done:
            name(self._keys.public[-1])
        return done

    def _names(self, public_key: bytes) -> Enrolled:
        return Enrolled(device=self.device, person=self.person, public_key=public_key)

    def _note(self, store: OfficeStore, before: Tip, entry: Entry) -> None:
        """See `note_run` of server/office.py."""
        place = Tip(counter=entry.link.counter, hash=entry.hash)
        new = turned_to(entry.content or b"", self.device) if place.counter > 1 else b""
        if new and new != self._keys.public_at(store, before):  # type: ignore[arg-type]
            self.note_turn(store, Turn(counter=place.counter, link=place.hash, public_key=new))
        self._keys.follows(before, place, new)

    def note_turn(self, store: Any, turn: Turn) -> None:
        """Note where the chain gets another key; what a crash undoes is left out when they are read."""
        self.noted.append(turn)

    def turn_at(self, store: Any, office: DeviceId, place: Tip) -> Turn | None:
        """See `last_turn` of server/turn_store.py."""
        found = [turn for turn in self._there(store) if turn.counter <= place.counter]
        return found[-1] if found else None

    def _there(self, store: Any) -> list[Turn]:
        return [turn for turn in self.noted if turn.link in store.links]

    def office_keys(self) -> OfficeKeys:
        """Return what leads from the first key to the present one."""
        return OfficeKeys(turns=self.turns() if len(self.ring.keys) > 1 else [])

    def turns(self) -> list[KeyTurn]:
        """See `told` of server/turn_store.py."""
        store: Any = self.store
        return [
            KeyTurn(
                link=store.links[turn.link].raw_link,
                content=store.content_table[store.links[turn.link].link.change],
                signature=store.signatures[self.device, turn.link].signature,
            )
            for turn in self._there(store)
        ]

    def office_key(self) -> OfficeKey:
        """Return the key of hand-over files by the present word."""
        public_key = self.ring.exchange_bytes()
        return OfficeKey(public_key=public_key, signature=self.sign(key_message(public_key)))

    def sign(self, message: bytes) -> bytes:
        """Give the office's word."""
        return self._keys.sign(message)
