"""Finding what is to be destroyed or held: somebody by name or number, with what was done about them.

Rule: only what this person may propose or hold is named, numbers are covered, and of what is sealed no more
than its code is said.
"""

import re
from collections.abc import Callable, Iterable

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from schemas.sealed import KODE_PATTERN
from server import subject_store
from server.access import Person, may
from server.engine import Engine, Reader
from server.queries import sealed_of_code
from server.services.belongings import TARGETS
from server.services.destroying import NAMED_FOR, Destroying
from server.services.finding import Finding, hit_of, survivors
from server.services.found_looks import note_found
from server.services.people import Actor
from server.services.sealed_rows import codes_of, kode_of
from server.services.visit_page import Words
from server.store import SqlOfficeStore
from server.subjects import name_of
from sync.neutral import is_sealed
from sync.store import Record

MOST_PEOPLE, MOST_WITH_ALL, MOST_OF_EACH = 20, 5, 20
"""People who are shown; up to how many of them with their visits and cases; and how many of these."""
_ID = re.compile(r"[0-9a-f]{32}")
_KODE = re.compile(KODE_PATTERN)


class Choice(Data, frozen=True, kw_only=True):
    """One thing to choose; `kind` is that of its record, `title` and `about` say which one it is.

    Of what is sealed (`names_nobody`) they name nobody.
    """

    id: RecordId
    kind: str
    title: str
    about: str
    names_nobody: bool = False


class Choices(Data, frozen=True, kw_only=True):
    """What was found; `more`: not all people of that name, or not all that is about them; `behind`: the index
    of names has not come to all that is new.
    """

    shown: tuple[Choice, ...]
    more: bool = False
    behind: bool = False


class ToDestroy:
    """Finds things and says their names. Blocks its thread."""

    def __init__(
        self, engine: Engine, office: Actor, destroying: Destroying, finding: Finding, words: Words
    ) -> None:
        self._engine, self._office, self._destroying = engine, office, destroying
        self._finding, self._words = finding, words

    def may(self, person: Person) -> bool:
        """Whether somebody proposes or holds anything at all."""
        return any(may(person, action) for action in NAMED_FOR)

    def called(self, person: Person) -> str:
        """Return what somebody may do with what is found, as the key of its words; empty for nothing."""
        ways = (may(person, "propose_destruction"), may(person, "hold_data"))
        return {(True, True): "keduanya", (True, False): "usul", (False, True): "tahan"}.get(ways, "")

    def one(self, person: Person, name: RecordId) -> Choice | None:
        """Return a thing by its id, if this person may propose or hold it."""
        found = self._engine.read(lambda tx: self._named(tx, person, [name]))
        self._note(person, found)
        return found[0] if found else None

    def find(self, person: Person, typed: str) -> Choices:
        """Return what somebody means by a name, the end of a NIK, a case's code or a page's address."""
        found = self._find(person, typed)
        self._note(person, found.shown)
        return found

    def _note(self, person: Person, found: Iterable[Choice]) -> None:
        """Note whom somebody is shown, where that is a look at them (found_looks.py)."""
        named = [each.id for each in found if not each.names_nobody]
        note_found(self._engine, self._office, person, named, self._words.text("kantor.pemusnahan.mencari"))

    def _find(self, person: Person, typed: str) -> Choices:
        wanted = " ".join(typed.split())
        if not wanted or not self.may(person):
            return Choices(shown=())
        if ids := _ID.findall(wanted.lower()):
            return self._choices(lambda tx: self._named(tx, person, [RecordId(ids[-1])]))
        if _KODE.match(wanted.upper()):
            return self._choices(lambda tx: self._named(tx, person, sealed_of_code(tx, wanted.upper())))
        sought = self._finding.warga(person, NAMED_FOR, wanted)
        people = sought.ids[:MOST_PEOPLE]

        def work(tx: Reader) -> Choices:
            ids = list(dict.fromkeys(record.id for record in survivors(tx, people).values()))
            more = len(ids) > MOST_WITH_ALL or len(sought.ids) > MOST_PEOPLE
            if len(ids) <= MOST_WITH_ALL:
                found = [_with_all(tx, name) for name in ids]
                ids = [each for some, _ in found for each in some]
                more = more or any(left for _, left in found)
            return Choices(shown=tuple(self._named(tx, person, ids)), more=more, behind=sought.behind)

        return self._engine.read(work)

    def codes(self, targets: Iterable[RecordId]) -> dict[RecordId, str]:
        """Return what the sealed ones among these are called where people speak of them."""
        return self._engine.read(lambda tx: codes_of(tx, targets))

    def _choices(self, find: Callable[[Reader], list[Choice]]) -> Choices:
        return Choices(shown=tuple(self._engine.read(find)))

    def _named(self, tx: Reader, person: Person, ids: Iterable[RecordId]) -> list[Choice]:
        wanted = list(ids)
        known = SqlOfficeStore.reading(tx).records(wanted)
        subjects = {RecordId(str(each.fields.get("subjek") or "")) for each in known.values()}
        about = SqlOfficeStore.reading(tx).records(subjects)
        found = [
            record
            for name in wanted
            if (record := known.get(name)) and self._destroying.may_name(person, record)
        ]
        named = [each for each in about.values() if self._destroying.may_name(person, each)]
        names = {each.id: name_of(each.fields) for each in named}
        return [self._choice(record, names) for record in found if record.kind in TARGETS]

    def _choice(self, record: Record, names: dict[RecordId, str]) -> Choice:
        words, fields = self._words, record.fields
        if is_sealed(record):
            title = kode_of(record, words) if record.kind == "kasus" else ""
            return Choice(id=record.id, kind=record.kind, title=title, about="", names_nobody=True)
        if record.kind == "warga":
            hit = hit_of(record, words)
            about = [hit.nik, hit.born, hit.region]
            return Choice(id=record.id, kind=record.kind, title=hit.name, about=_line(about))
        who = names.get(RecordId(str(fields.get("subjek") or "")), "")
        title, state, at_ms = "", "", fields.get("since_ms")
        if record.kind == "kunjungan":
            form, at_ms = str(fields.get("form") or ""), fields["versions"][-1]["received_ms"]
            title = words.forms.get(form).title if form in words.forms.ids() else ""
            state = words.text(f"status.{fields['state']}")
        else:
            service = f"layanan.{fields.get('service')}"
            title = words.text(service) if service in words.text else ""
        day = written.long_date(written.local_date(int(at_ms))) if at_ms else ""
        region = words.region(str(fields.get("kode_desa") or ""))
        return Choice(
            id=record.id, kind=record.kind, title=_line([title, who]), about=_line([state, day, region])
        )


def _with_all(tx: Reader, name: RecordId) -> tuple[list[RecordId], bool]:
    """Return somebody, then the visits and the cases about them, and whether there are more of these."""
    about = [name, *subject_store.merged_into(tx, name)]
    visits = subject_store.visits_of(tx, about, MOST_OF_EACH + 1)
    cases = subject_store.cases_of(tx, about)
    more = max(len(visits), len(cases)) > MOST_OF_EACH
    return [name, *visits[:MOST_OF_EACH], *cases[:MOST_OF_EACH]], more


def _line(parts: Iterable[str]) -> str:
    return " · ".join(filter(None, parts))
