"""Karantina: what the office keeps and did not apply. Rule: counts and reasons for whoever keeps the system
going, contents only for whose work it is.

Refused changes stay until they are judged again; those that wait are shown once they have waited for long.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol, get_args

from schemas import format as written
from schemas.base import Data, encode
from schemas.form import Forms
from schemas.ids import ChangeId, DeviceId, RecordId
from schemas.sealed import SEALED_SERVICES
from schemas.wire import PROTOCOL, Held, Outcome, Rejected
from schemas.workflow import Workflows
from server import device_store, quarantine_store
from server.access import Person, Why, may
from server.engine import Engine, Reader, Writer
from server.services.kept_change import (
    SEALED_BODIES,
    Section,
    named,
    privacy_of,
    sections_of,
    title_of,
)
from server.services.people import Denied
from server.services.review import NotThere
from server.services.shelf_rights import ShelfRights
from server.services.visit_page import Words
from server.services.visits import names
from server.shelves import Shelf, conflict_shelf
from server.store import SqlOfficeStore
from sync.again import MENDABLE
from sync.applying import readable
from sync.change import Body, Content, Patch, SealedSubmit, Submit
from sync.neutral import is_sealed
from sync.plaintext import MUST_BE_SEALED
from sync.store import Change, Record

MOST = 200
BATCH = 200
LONG_HELD_MS = 24 * 3_600_000


class Judge(Protocol):
    """The office, judging again what it had refused."""

    def judge_again(self, writer: Writer, names: Sequence[ChangeId]) -> dict[ChangeId, Outcome]:
        """Judge these changes by the present rules; return the outcomes that are others now."""
        ...


class KeptRow(Data, frozen=True, kw_only=True):
    """One change in the list. `readable`: what it says may be seen; `waiting`: how many wait for it."""

    id: str
    title: str
    reason: str
    received: str
    waiting: int
    readable: bool
    mendable: bool


class KeptOfDevice(Data, frozen=True, kw_only=True):
    """The changes of one device, and whose it is."""

    owner: str
    model: str
    rows: tuple[KeptRow, ...]


class KeptList(Data, frozen=True, kw_only=True):
    """What is kept that the reader may know of. `more`: there is more than one page lists."""

    devices: tuple[KeptOfDevice, ...]
    refused: int
    held: int
    mendable: int
    may_judge: bool
    more: bool


class KeptPage(Data, frozen=True, kw_only=True):
    """One change with what it says. `closed` is a text key where its contents are not shown."""

    row: KeptRow
    owner: str
    author: str
    region: str
    advice: str
    sections: tuple[Section, ...]
    closed: str


class _Kept(Data, frozen=True, kw_only=True):
    change: Change
    content: Content | None
    shelf: Shelf
    sealed: bool


class Quarantine:
    """The use cases of the quarantine page. Blocks its thread."""

    def __init__(
        self, engine: Engine, judge: Judge, words: Words, workflows: Workflows, now_ms: Callable[[], int]
    ) -> None:
        self._engine, self._judge, self._words, self._now_ms = engine, judge, words, now_ms
        self._rights = ShelfRights(words.forms)
        self._workflows = workflows

    def count(self, person: Person) -> int:
        """Count what is kept at the office and not applied; 0 for who may not know."""
        if not may(person, "see_quarantine"):
            return 0
        return self._engine.read(self._counted)

    def all(self, person: Person) -> KeptList | Denied:
        """List what is kept, by device; for each what waits for it. At most 200 refused and 200 waiting."""
        if not may(person, "see_quarantine"):
            return Denied(why="role")

        def work(tx: Reader) -> KeptList:
            ids = self._ids(tx)
            kept = self._load(tx, ids)
            shown = [each for each in kept if self._why(person, each, "see_quarantine") is None]
            waiting = quarantine_store.waiting_for(tx, {name for each in shown for name in _names(each)})
            rows = [(each.change.device, self._row(person, each, waiting)) for each in shown]
            return KeptList(
                devices=tuple(self._by_device(tx, rows)),
                refused=sum(isinstance(each.change.outcome, Rejected) for each in shown),
                held=sum(isinstance(each.change.outcome, Held) for each in shown),
                mendable=sum(row.mendable for _, row in rows),
                may_judge=may(person, "judge_again"),
                more=len(ids) >= MOST and self._counted(tx) > len(ids),
            )

        return self._engine.read(work)

    def open(self, person: Person, change: str) -> KeptPage | NotThere | Denied:
        """Show one kept change, as much of it as this person may see."""

        def work(tx: Reader) -> KeptPage | NotThere | Denied:
            kept = self._load(tx, [ChangeId(bytes.fromhex(change))])
            if not kept or not isinstance(kept[0].change.outcome, Rejected | Held):
                return NotThere()
            why = self._why(person, kept[0], "see_quarantine")
            if why is not None:
                return NotThere() if why == "row" else Denied(why=why)
            return self._page(tx, person, kept[0])

        if not _is_change_id(change):
            return NotThere()
        return self._engine.read(work)

    def judge(self) -> int:
        """Judge all that was refused by the present rules; return how many fare otherwise now. Durable."""
        rules = self._rules()  # a form that is published while this goes on has not judged all
        after, mended = 0, 0
        while batch := self._engine.read(lambda tx, at=after: quarantine_store.rejected(tx, at, BATCH)):
            ids = [change for _, change in batch]
            outcomes = self._engine.write(lambda tx, ids=ids: self._judge.judge_again(tx, ids)).result()
            mended += len(outcomes.keys() & set(ids))
            after = batch[-1][0]
        self._engine.write(lambda tx: quarantine_store.keep_judged(tx, rules)).result()
        return mended

    def judge_after_upgrade(self) -> int:
        """Judge again if what was refused has not been judged by these rules yet; return how many changed."""
        return 0 if self._engine.read(quarantine_store.judged_by) == self._rules() else self.judge()

    def _rules(self) -> bytes:
        """Name what can be judged now: the office may have published a form meanwhile."""
        return fingerprint(self._words.forms, self._workflows)

    def _counted(self, tx: Reader) -> int:
        before = self._now_ms() - LONG_HELD_MS
        return quarantine_store.rejected_count(tx) + quarantine_store.held_count(tx, before)

    def _ids(self, tx: Reader) -> list[ChangeId]:
        refused = [change for _, change in quarantine_store.rejected(tx, 0, MOST)]
        return refused + quarantine_store.held(tx, self._now_ms() - LONG_HELD_MS, MOST)

    def _load(self, tx: Reader, ids: Sequence[ChangeId]) -> list[_Kept]:
        store = SqlOfficeStore.reading(tx)
        changes, raws = store.changes(ids), store.contents(ids)
        contents = {name: readable(raws[name]) for name in ids if name in raws}
        subjects = store.records({name for each in contents.values() if each and (name := named(each))})
        return [
            _Kept(
                change=changes[name],
                content=contents.get(name),
                shelf=self._shelf(contents.get(name), subjects),
                sealed=self._is_sealed(contents.get(name), changes[name].outcome),
            )
            for name in ids
            if name in changes
        ]

    def _shelf(self, content: Content | None, subjects: Mapping[RecordId, Record]) -> Shelf:
        """Return where a change belongs: with what it is about, or where it says itself."""
        body = content.body if content else None
        about = subjects.get(name) if content and (name := named(content)) else None
        if about is not None and about.kind != "konflik":
            found = conflict_shelf(about, about)
            form = body.form if isinstance(body, Submit) and not is_sealed(about) else found.form
            return Shelf(desa=found.desa, services=found.services, form=form)
        match body:
            case Patch(new=new):
                services = _texts(new.get("layanan")) or _texts([new.get("service")])
                return Shelf(desa=_text(new.get("kode_desa")), services=tuple(services))
            case Submit(form=form, forms=forms):
                desa = next((_text(g.answers.get("kode_desa")) for g in forms.values()), "")
                return Shelf(desa=desa, form=form)
            case _ if isinstance(body, SEALED_BODIES):
                return Shelf(desa="", services=tuple(sorted(SEALED_SERVICES)))
            case _:
                return Shelf(desa="")

    def _is_sealed(self, content: Content | None, outcome: Outcome) -> bool:
        """Say whether nobody opens a change here: what it says is sealed, or is refused for not being so."""
        if isinstance(outcome, Rejected) and outcome.problem == MUST_BE_SEALED:
            return True
        return content is not None and privacy_of(content, self._words) == "rahasia"

    def _why(self, person: Person, kept: _Kept, action: Any) -> Why | None:
        """Return why not. That something sealed was refused is no secret; what it says is."""
        why = self._rights.why(person, action, kept.shelf)
        if action == "see_quarantine":
            return None if why == "sealed" else why
        return why or ("sealed" if kept.sealed else None)

    def _row(self, person: Person, kept: _Kept, waiting: Mapping[str, int]) -> KeptRow:
        outcome, text = kept.change.outcome, self._words.text
        problem = outcome.problem if isinstance(outcome, Rejected) else ""
        reason = f"masalah.{problem}" if f"masalah.{problem}" in text else f"problem.{problem}"
        return KeptRow(
            id=kept.change.id.hex(),
            title=title_of(kept.content, self._words),
            reason=text(reason if reason in text else "kantor.karantina.menunggu"),
            received=written.date_and_clock(kept.change.received_ms),
            waiting=sum(waiting.get(name, 0) for name in _names(kept)),
            readable=kept.content is not None and self._why(person, kept, "open_quarantine") is None,
            mendable=problem in MENDABLE,
        )

    def _page(self, tx: Reader, person: Person, kept: _Kept) -> KeptPage:
        store, text, content = SqlOfficeStore.reading(tx), self._words.text, kept.content
        device = device_store.device(tx, kept.change.device)
        people = {str(device.person)} if device else set[str]()
        people |= {str(content.author)} if content else set()
        known = names(store, people)
        waiting = quarantine_store.waiting_for(tx, _names(kept))
        row = self._row(person, kept, waiting)
        closed = "" if row.readable else self._closed(person, kept)
        return KeptPage(
            row=row,
            owner=known.get(device.person, "–") if device else text("kantor.konflik.kantor_sendiri"),
            author=known.get(content.author, "–") if content else "–",
            region=self._words.region(kept.shelf.desa) if not closed else "",
            advice=text("kantor.karantina.saran_nilai" if row.mendable else "kantor.karantina.saran_lain"),
            sections=sections_of(content, self._words, known) if content and not closed else (),
            closed=closed,
        )

    def _closed(self, person: Person, kept: _Kept) -> str:
        if kept.content is None:
            return "kantor.karantina.tertutup_rusak"
        sealed = self._why(person, kept, "open_quarantine") == "sealed"
        return "kantor.karantina.tertutup_segel" if sealed else "kantor.karantina.tertutup_peran"

    def _by_device(self, tx: Reader, rows: Sequence[tuple[DeviceId, KeptRow]]) -> Iterable[KeptOfDevice]:
        phones = {phone.id: phone for phone in device_store.devices(tx)}
        owners = names(SqlOfficeStore.reading(tx), {phone.person for phone in phones.values()})
        office = self._words.text("kantor.konflik.kantor_sendiri")
        for device in dict.fromkeys(name for name, _ in rows):
            phone = phones.get(device)
            yield KeptOfDevice(
                owner=owners.get(phone.person, "–") if phone else office,
                model=phone.model if phone else "",
                rows=tuple(row for name, row in rows if name == device),
            )


def fingerprint(forms: Forms, workflows: Workflows) -> bytes:
    """Return 32 bytes that name what this program can judge: its messages, forms and workflows."""
    bodies = [(each.__struct_config__.tag, each.__struct_fields__) for each in get_args(Body)]
    known = [(name, forms.versions(name)) for name in forms.ids()]
    flows = [(name, workflows.get(name).version) for name in workflows.ids()]
    return sha256(encode([PROTOCOL, bodies, known, flows])).digest()


def _names(kept: _Kept) -> list[str]:
    """Return the names by which others may wait for a change."""
    body = kept.content.body if kept.content else None
    own = [kept.change.id.hex()]
    match body:
        case Submit(visit=name) | SealedSubmit(visit=name) | Patch(record=name, kind="kasus" | "tugas"):
            return [*own, name]
        case _:
            return own


def _is_change_id(text: str) -> bool:
    return len(text) == 64 and all(sign in "0123456789abcdef" for sign in text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
