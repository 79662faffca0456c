"""The sealed room without its pages: its parts, two officers, a clock that is only told, a phone."""

import secrets
from pathlib import Path

from schemas.ids import RecordId
from server import sealed_store
from server.access import Person
from server.custody import Custody
from server.engine import Reader
from server.passwords import Passwords
from server.services.room_ceremony import Ceremonies, Done
from server.services.room_custody import Custodian, load_custody
from server.services.room_held import Held, Refusal
from server.services.room_officers import OfficersOfRoom
from server.services.room_opening import Look, Openings
from server.store import SqlOfficeStore
from sync.change import SealedAccess, read
from tests.server.room_office import BUDI, CHEAP_KIB, FIELD, PHRASES, PURPOSE, SITI, Sealer, add_officers
from tests.server.web_office import open_at

SESSION = "sesi siti"


class Parts:
    """The room's parts; `now_ms` stands still until a test moves it."""

    def __init__(self, folder: Path, *, prepared: bool = True) -> None:
        self.office = open_at(folder)
        add_officers(self.office)
        deps = self.office.deps
        self.engine, self.now_ms = deps.engine, deps.now_ms()
        self.held = Held(deps.engine, self._now, secrets.token_bytes)
        self.custodian = Custodian(
            deps.engine,
            deps.office,
            self.held,
            now_ms=self._now,
            randomness=secrets.token_bytes,
            memory_kib=CHEAP_KIB,
        )
        passwords = Passwords(secrets.token_bytes, memory_kib=CHEAP_KIB)
        self.ceremonies = Ceremonies(deps.engine, self.custodian, self.held, passwords)
        self.officers = OfficersOfRoom(deps.engine, self.custodian, self.held, self.ceremonies)
        self.openings = Openings(deps.engine, deps.office, deps.blobs, self.custodian, self.held, deps.forms)
        self.halves = self._ceremony() if prepared else ("", "")
        self.sealer = Sealer(self.office, self.office.people[FIELD])

    def _now(self) -> int:
        return self.now_ms

    def person(self, name: str) -> Person:
        """Return somebody as the office knows them now."""
        return self.office.person(name)

    def custody(self) -> Custody:
        """Return the custody as it is kept."""
        found = self.engine.read(load_custody)
        assert found is not None
        return found

    def type_back(self, name: str, token: str) -> tuple[str, str]:
        """Note both halves and type them back. Returns them."""
        person, halves, done = self.person(name), list[str](), None
        for _ in range(2):
            view = self.ceremonies.look(person, token)
            assert view is not None and view.lines
            halves.append("\n".join(view.lines))
            assert self.ceremonies.noted(person, token) is None
            done = self.ceremonies.type_back(person, token, halves[-1])
        assert isinstance(done, Done), done
        return halves[0], halves[1]

    def case(self) -> RecordId:
        """Make a case with one visit."""
        kasus, _ = self.sealer.case()
        self.sealer.visit(kasus, photos=0)
        return kasus

    def open(self, kasus: RecordId, name: str = SITI, session: str = SESSION, purpose: str = PURPOSE) -> str:
        """Open a case. Returns the cookie's secret."""
        opened = self.openings.open(self.person(name), session, kasus, PHRASES[name], purpose)
        assert isinstance(opened, str), opened
        return opened

    def is_open(self, token: str, kasus: RecordId, name: str = SITI, session: str = SESSION) -> bool:
        """Whether a browser has this case open."""
        return self.openings.current(token, session, self.office.people[name], kasus) is not None

    def looks(self, kasus: RecordId) -> list[Look]:
        """Return how this case was opened, in order."""

        def work(tx: Reader) -> list[Look]:
            changes = sealed_store.about(tx, [kasus])
            raws = SqlOfficeStore.reading(tx).contents(changes)
            bodies = [read(raws[change]).body for change in changes]
            return [body.action for body in bodies if isinstance(body, SealedAccess)]  # type: ignore[misc]

        return self.engine.read(work)

    def _ceremony(self) -> tuple[str, str]:
        token = self.ceremonies.begin(self.person(SITI), PHRASES[SITI], PHRASES[SITI])
        assert isinstance(token, str), token
        assert self.ceremonies.second(self.person(BUDI), token, PHRASES[BUDI], PHRASES[BUDI]) is None
        return self.type_back(BUDI, token)


def why(answer: object) -> str:
    """Return what a refusal says, or what came instead, cut short: it may be a secret."""
    return answer.say if isinstance(answer, Refusal) else f"{answer!r:.40}"
