"""Jejak audit: who did what, and when, in plain sentences. Rule: it tells acts, never what was answered.

Of sealed things it knows what stands outside of them. Who may see no case sees only acts that tell of none,
and no purposes, which people write as they like.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.form import Forms
from schemas.ids import PersonId, RecordId
from schemas.reopening import reopening_event
from schemas.text import Text
from schemas.wire import Conflict, Held, Outcome, Rejected
from schemas.workflow import Workflows
from server import queries, trail_store
from server.access import Person, Thing, may, refused
from server.engine import Engine, Reader
from server.services.people import Denied
from server.services.visits import names
from server.store import SqlOfficeStore
from server.trail import KINDS, OPEN_KINDS, TRAIL, Kind, trace
from server.trail_store import Place, Row, Wanted
from sync.applying import readable
from sync.change import (
    Accessed,
    Advance,
    Body,
    Content,
    Decide,
    Destroyed,
    Enrolled,
    Gap,
    Patch,
    SealedAccess,
    SealedAdvance,
    SealedDecide,
    SealedSubmit,
    Submit,
)
from sync.store import Record

ROWS_PER_PAGE = 50
SHORTEST_ID = 6
"""So many digits of an id must be given at least."""
TEXTS = "kantor.jejak"
_outcome = msgspec.msgpack.Decoder(Outcome)


class Asked(Data, frozen=True, kw_only=True):
    """What somebody typed: a person, a kind, a code or the beginning of an id, a span of time (UTC ms)."""

    author: str = ""
    kind: str = ""
    code: str = ""
    first_ms: int = 0
    before_ms: int = 2**62


class Line(Data, frozen=True, kw_only=True):
    """One act in words. `code` is what its thing is called by; `outcome` is empty where it was applied.

    `visit` is the one that it is about; in a search only where the page of that opens for who asked.
    """

    when: str
    author: str
    sentence: str
    purpose: str
    code: str
    place: str
    outcome: str
    kind: str
    change: str
    visit: RecordId | Literal[""]


class Lines(Data, frozen=True, kw_only=True):
    """A page of the trail; `behind` is where the next begins, if there is one."""

    lines: tuple[Line, ...]
    behind: Place | None


class Trail:
    """Searches the trail, which it first lets come to the newest change. Blocks its thread."""

    def __init__(
        self, engine: Engine, office: PersonId, text: Text, workflows: Workflows, forms: Forms
    ) -> None:
        self._engine, self._office, self._text, self._forms = engine, office, text, forms
        steps = [reopening_event(), *(event for flow in workflows.all() for event in flow.events)]
        self._steps = {event.code: event.label for event in steps}

    def catch_up(self) -> None:
        """Let the trail come to the newest change."""
        trail_store.let_catch_up(self._engine)

    def search(self, person: Person, asked: Asked, behind: Place) -> Lines | Denied:
        """Return one page, the newest first."""
        if not may(person, "see_trail"):
            return Denied(why="role")
        self.catch_up()
        cases = may(person, "see_case_trail")

        def work(tx: Reader) -> Lines:
            rows = trail_store.page(tx, self.wanted(tx, person, asked), behind, ROWS_PER_PAGE + 1)
            shown = rows[:ROWS_PER_PAGE]
            more = len(rows) > ROWS_PER_PAGE
            last = Place(at_ms=shown[-1].at_ms, seq=shown[-1].seq) if more else None
            lines = self.lines(tx, shown, purposes=cases)
            return Lines(lines=tuple(self._linked(tx, person, lines)), behind=last)

        return self._engine.read(work)

    def wanted(self, tx: Reader, person: Person, asked: Asked) -> Wanted:
        """Return what to look for, within what this person may see."""
        return Wanted(
            author=asked.author,
            kind=next((kind for kind in KINDS if kind == asked.kind), None),
            about=_named(tx, asked.code) if asked.code.strip() else None,
            first_ms=asked.first_ms,
            before_ms=asked.before_ms,
            open_only=not may(person, "see_case_trail"),
        )

    def kinds(self, person: Person) -> tuple[Kind, ...]:
        """Return the kinds of acts that this person may see."""
        return tuple(kind for kind in KINDS if kind in OPEN_KINDS or may(person, "see_case_trail"))

    def people(self) -> list[tuple[str, str]]:
        """Return everybody who may have done something: id and name, by name; the office itself first."""
        found = self._engine.read(queries.petugas)
        named = sorted((str(one.fields.get("nama") or one.id[:8]), str(one.id)) for one in found)
        return [(self._office, self._say("kantor_sendiri")), *((name, nama) for nama, name in named)]

    def lines(self, tx: Reader, rows: Iterable[Row], *, purposes: bool) -> list[Line]:
        """Put rows into words."""
        kept = [(row, readable(row.raw) if row.raw else None) for row in rows]
        things = {name for row, _ in kept for name in trace(row.raw).about}
        authors = {RecordId(content.author) for _, content in kept if content}
        store = SqlOfficeStore.reading(tx)
        found = store.records(things | authors)
        people = names(store, [name for name, record in found.items() if record.kind == "petugas"])
        people[self._office] = self._say("kantor_sendiri")
        codes = {name: str(record.fields.get("kode") or "") for name, record in found.items()}
        return [self._line(row, content, people, codes, purposes) for row, content in kept]

    def _linked(self, tx: Reader, person: Person, lines: list[Line]) -> list[Line]:
        """Leave only the links that open for this person."""
        visits = {line.visit for line in lines if line.visit}
        found = SqlOfficeStore.reading(tx).records(visits)
        open_to = {name for name, visit in found.items() if self._opens(person, visit)}
        return [line if line.visit in open_to else replace(line, visit="") for line in lines]

    def _opens(self, person: Person, visit: Record) -> bool:
        fields, form = visit.fields, str(visit.fields.get("form") or "")
        thing = Thing(
            author=PersonId(str(fields.get("petugas") or "")),
            region=str(fields.get("kode_desa") or ""),
            service=self._forms.get(form).service if form in self._forms.ids() else "",
        )
        return refused(person, "see_visits", thing) is None

    def _line(
        self,
        row: Row,
        content: Content | None,
        people: dict[str, str],
        codes: dict[RecordId, str],
        full: bool,
    ) -> Line:
        about = trace(row.raw).about
        first = about[0] if about and about[0] != TRAIL else None
        body = content.body if content else None
        visit = isinstance(body, Submit | Decide)
        return Line(
            when=f"{written.short_date(written.local_date(row.at_ms))}, {written.clock(row.at_ms)}",
            author=self._name(content, people),
            sentence=self._sentence(content, row.kind, people),
            purpose=_purpose(body) if full else "",
            code=(codes.get(first) or first) if first else "",
            place=self._say("tempat", perangkat=row.device[:8], nomor=written.number(row.counter)),
            outcome=self._became(_outcome.decode(row.outcome)),
            kind=row.kind,
            change=row.change.hex(),
            visit=first if visit and first else "",
        )

    def _sentence(self, content: Content | None, kind: str, people: dict[str, str]) -> str:
        if content is None:
            return self._say("kalimat.musnah_isi")
        nama = self._name(content, people)
        key, values = _said(content.body, kind, people)
        if "langkah" in values:
            values["langkah"] = self._steps.get(str(values["langkah"]), values["langkah"])
        return self._say(f"kalimat.{key}", nama=nama, **values)

    def _name(self, content: Content | None, people: dict[str, str]) -> str:
        if content is None:
            return "–"
        return people.get(content.author) or self._say("orang_lain", id=content.author[:8])

    def _became(self, outcome: Outcome) -> str:
        match outcome:
            case Rejected():
                return self._say("hasil.ditolak")
            case Held():
                return self._say("hasil.menunggu")
            case Conflict():
                return self._say("hasil.parkir")
            case _:
                return ""

    def _say(self, key: str, **values: object) -> str:
        return self._text(f"{TEXTS}.{key}", **values)


def _named(tx: Reader, typed: str) -> tuple[RecordId, ...]:
    """Return what somebody means by a code or by the beginning of an id; nothing where it is neither."""
    code = typed.strip()
    found = trail_store.called(tx, code)
    start = code.lower()
    if len(start) >= SHORTEST_ID and set(start) <= set("0123456789abcdef"):
        found += trail_store.beginning_with(tx, start)
    return (*found, *trail_store.visits_of(tx, found))


def _purpose(body: Body | None) -> str:
    """Return what somebody wanted a look or a list for; empty for all else."""
    match body:
        case Accessed(purpose=purpose):
            return purpose
        case Patch(kind="ekspor", new=new):
            return str(new.get("keperluan") or "")
        case _:
            return ""


def _said(body: Body, kind: str, people: dict[str, str]) -> tuple[str, dict[str, object]]:
    """Return the key of the sentence about an act, and its values."""
    match body:
        case SealedSubmit():
            return "tersegel", {}
        case Submit(follows=follows):
            return ("kunjungan" if follows is None else "perbaikan"), {}
        case Decide(decision=decision) | SealedDecide(decision=decision):
            return f"putus_{decision}", {}
        case Patch(kind="petugas" | "warga" | "kasus" | "tugas" | "ewarong" as what, base=base, new=new):
            return f"data_{what}", {"jumlah": len(new.keys() | base.keys())}
        case Patch(kind="ekspor" | "kunci_data" as what):
            return f"data_{what}", {}
        case Advance(event=event) | SealedAdvance(event=event):
            return "langkah", {"langkah": event}
        case SealedAccess(action=action):
            return f"ruang_{action}", {}
        case Enrolled(device=device, person=person) if device == person:  # the office itself
            return "kunci_kantor", {}
        case Enrolled(person=person):
            return "perangkat", {"pemilik": people.get(person) or person[:8]}
        case Destroyed(basis=basis):
            return "musnah", {"ba": basis}
        case Gap(first=first, last=last):
            return "celah", {"dari": first, "sampai": last}
        case _:
            return kind, {}
