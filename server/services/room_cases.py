"""Sealed cases as the room shows them. Rule: outside stand a code, a service, a state, an officer and days.

What is inside is worded only for somebody who has the case open.
"""

import base64
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.form_cells import label_at
from schemas.ids import ChangeId, RecordId
from schemas.sealed import SEALED_SERVICES, Shot
from schemas.workflow import Workflow, Workflows
from server import device_store, page_store
from server.access import Person
from server.engine import Engine, Reader
from server.parsing.pool import Parsers
from server.queries import sealed_of_code
from server.services.answers import PageOfAnswers, Reading, pages
from server.services.cases import steps_open, tone_of
from server.services.deciding import RETURNED, came_after, fits, is_passed_over, waits
from server.services.room_layers import Layers, Shown, by_field, form_of
from server.services.room_opening import OpenCase, Openings
from server.services.room_reading import CaseFacts, Fact, load_case
from server.services.room_story import Teller, reasons_of
from server.services.room_views import Outside, OutsideList, Picture, RoomCase, RoomVisit
from server.services.visit_page import Words
from server.services.visits import names, who_left
from server.shelves import stages_under_way
from server.store import SqlOfficeStore
from sync.change import SealedSubmit
from sync.losses import is_destroyed
from sync.neutral import is_sealed
from sync.sealed_case import name_of
from sync.store import Record
from sync.versions import authors
from sync.visits import LEAVE

MOST = 500
"""Cases listed at once."""
SAFE_FIELDS = ("aman_dihubungi", "aman_dikunjungi", "laporan_3x24", "usia_saat_kejadian")
"""What is read before anything else: how to reach somebody without endangering them."""
PICTURES = ("image/jpeg", "image/png")


Phones = Mapping[str, Collection[bytes]]
"""The names of the keys of those phones of each person that were not revoked."""


class Known(Data, frozen=True, kw_only=True):
    """Those whom a case concerns: their names, those of its authors who work here no more, and phones."""

    names: Mapping[str, str]
    left: Mapping[str, str]
    phones: Phones


class RoomCases:
    """Lists and shows sealed cases. Blocks its thread."""

    def __init__(
        self, engine: Engine, openings: Openings, parsers: Parsers, words: Words, workflows: Workflows
    ) -> None:
        self._engine, self._openings, self._parsers = engine, openings, parsers
        self._words, self._workflows = words, workflows
        self._teller = Teller(words, workflows)

    def all(self, today: date, also: Collection[RecordId] = ()) -> OutsideList:
        """List the sealed cases under way, at most `MOST`, and these others before them; count them all."""

        def work(tx: Reader) -> OutsideList:
            places = page_store.case_places(tx, self._stages())
            store = SqlOfficeStore.reading(tx)
            ids = page_store.cases_at(tx, places, MOST)
            found = store.records([*ids, *also])
            more = [name for name in also if name not in ids and name in found]
            ids = [
                *(name for name in more if is_sealed(found[name]) and not is_destroyed(found[name])),
                *ids,
            ]
            known = names(store, {str(each.fields.get("petugas") or "") for each in found.values()} - {""})
            shown = tuple(self._outside(found[name], known, today) for name in ids)
            under_way, ended = sum(count for count, _ in places.values()), sum(each.final for each in shown)
            return OutsideList(shown=shown, total=under_way + ended)

        return self._engine.read(work)

    def count(self) -> int:
        """Count the sealed cases under way."""
        places = self._engine.read(lambda tx: page_store.case_places(tx, self._stages()))
        return sum(count for count, _ in places.values())

    def by_code(self, kode: str) -> RecordId | None:
        """Find a sealed case by its code, also one that has ended; for the day on which glass is broken."""
        return next(iter(self._engine.read(lambda tx: sealed_of_code(tx, kode))), None)

    def case_of(self, visit: RecordId) -> RecordId | None:
        """Return the case that a sealed visit belongs to."""
        record = self._engine.read(lambda tx: SqlOfficeStore.reading(tx).records([visit])).get(visit)
        kasus = record.fields.get("kasus") if record is not None and is_sealed(record) else None
        return RecordId(kasus) if kasus else None

    def one(self, kasus: RecordId, today: date) -> Outside | None:
        """Show one case from outside; None when there is no such."""

        def work(tx: Reader) -> Outside | None:
            facts = load_case(tx, kasus)
            if facts is None:
                return None
            store = SqlOfficeStore.reading(tx)
            person = str(facts.record.fields.get("petugas") or "")
            return self._outside(facts.record, names(store, {person} - {""}), today)

        return self._engine.read(work)

    def inside(
        self, person: Person, opened: OpenCase, chosen: RecordId | None, stamp: str, today: date
    ) -> RoomCase | None:
        """Show an open case with one of its visits, the newest unless another is chosen.

        `stamp` is written across every picture.
        """
        facts = self._engine.read(lambda tx: load_case(tx, opened.kasus))
        if facts is None:
            return None
        known = self._people(facts)
        named = known.names
        visits = sorted(facts.visits, key=_received)
        record = next((each for each in visits if each.id == chosen), visits[-1] if visits else None)
        layers = self._openings.layers(opened, facts, record.id) if record else None
        timeline = self._teller.timeline(facts, opened, named, layers.places if layers else {})
        return RoomCase(
            outside=self._outside(facts.record, named, today),
            seen=facts.record.head.hex() if facts.record.head else "",
            visit=self._visit(person, facts, opened, record, layers, stamp, known) if record else None,
            visits=tuple(self._teller.visit(each, named) for each in reversed(visits) if each is not record),
            tugas=tuple(
                replace(task, blind=task.open and is_blind(each, "tugas", known.phones))
                for each in facts.tugas
                for task in [self._teller.task(each, facts, opened, named)]
            ),
            steps=steps_open(self._workflow(facts.record), facts.record.fields, person),
            timeline=timeline,
            doubles=self._doubles(opened),
            newer=any(
                fact.change not in opened.keys
                for fact in facts.facts
                if isinstance(fact.content.body, SealedSubmit)
            ),
            returned=any(each.fields["state"] == RETURNED for each in visits),
        )

    def picture(self, opened: OpenCase, change: ChangeId, number: int, stamp: str) -> bytes | None:
        """Return one picture as JPEG with the stamp burned in; None for what is not there or is none."""
        layers, one = self._shown(opened, change, number)
        if layers is None or one is None or one.shot.media_type not in PICTURES:
            return None
        return self._parsers.stamp(one.data, stamp)

    def label_of(self, opened: OpenCase, change: ChangeId, number: int) -> str | None:
        """Name one picture; None for what is not there."""
        layers, one = self._shown(opened, change, number)
        return self._label(layers.forms, one.shot) if layers and one else None

    def _shown(self, opened: OpenCase, change: ChangeId, number: int) -> tuple[Layers | None, Shown | None]:
        """Return a shot with its visit, where it counts: not one that was replaced or refused since."""
        facts = self._engine.read(lambda tx: load_case(tx, opened.kasus))
        bodies = (fact.content.body for fact in facts.facts if fact.change == change) if facts else ()
        visit = next((body.visit for body in bodies if isinstance(body, SealedSubmit)), None)
        layers = self._openings.layers(opened, facts, visit) if facts and visit else None
        stand = layers.shots if layers else ()
        return layers, next((one for one in stand if (one.change, one.number) == (change, number)), None)

    def _label(self, forms: Mapping[str, int], shot: Shot) -> str:
        """Name a shot by the field that it answers."""
        form = form_of(self._words.forms, shot.form, forms)
        return label_at(form.fields, shot.field, str, short=True) if form else shot.field

    def _visit(
        self,
        person: Person,
        facts: CaseFacts,
        opened: OpenCase,
        record: Record,
        layers: Layers | None,
        stamp: str,
        known: Known,
    ) -> RoomVisit:
        versions = facts.versions(record.id)
        newest = versions[-1] if versions else None
        shown = self._pages(layers, reasons_of(facts, opened, record.id), newest, known.names)
        safe = tuple(a for page in shown for a in page.answers if a.key.partition(".")[2] in SAFE_FIELDS)
        why = self._why_not(person, record, layers)
        form = form_of(self._words.forms, layers.newest.opening.form, layers.forms) if layers else None
        unreadable = ""
        if layers is None:
            unreadable = "baru" if newest and newest.change not in opened.keys else "belum"
        return RoomVisit(
            id=record.id,
            title=form.title if form else self._words.text("ruang.kasus.tertutup"),
            state=str(record.fields["state"]),
            version=len(versions),
            seen=record.head.hex() if record.head else "",
            safe=safe,
            pages=tuple(shown),
            pictures=self._pictures(layers, stamp) if layers else (),
            several_forms=layers is not None and len(layers.answers) > 1,
            unreadable=unreadable,
            lacks=layers is not None and layers.lacks,
            behind=layers is not None and layers.behind,
            flags=tuple(self._words.flag(flag) for flag in record.fields.get("flags", ())),
            decide=not why,
            why=why,
            reopen=bool(why) and self._may_say(person, "tahan", record, layers),
            leave=bool(why) and self._may_say(person, LEAVE, record, layers),
            came_after=came_after(record.fields),
            passed_over=is_passed_over(record.fields),
            blind=record.fields["state"] == RETURNED and is_blind(record, "alasan", known.phones),
            left=known.left.get(newest.content.author, "") if newest else "",
        )

    def _pages(
        self,
        layers: Layers | None,
        reasons: Mapping[str, str],
        newest: Fact | None,
        named: Mapping[str, str],
    ) -> list[PageOfAnswers]:
        if layers is None or newest is None:
            return []
        reading = Reading(
            text=self._words.text,
            name_of=lambda name: named.get(name, ""),
            region_of=self._words.region,
            opened=True,
        )
        found: list[PageOfAnswers] = []
        asked = by_field(reasons, layers.places)
        for name, answers in layers.answers.items():
            form = form_of(self._words.forms, name, layers.forms)
            if form is not None:
                earlier = layers.before.get(name, {}) if layers.before is not None else None
                day = written.local_date(newest.received_ms)
                found += pages(form, answers, earlier, asked, reading, day, self._words.kecamatan)
        return found

    def _pictures(self, layers: Layers, stamp: str) -> tuple[Picture, ...]:
        found: list[Picture] = []
        for one in layers.shots:
            shot = one.shot
            small = self._parsers.thumbnail(one.data) if shot.media_type in PICTURES else None
            stamped = self._parsers.stamp(small, stamp) if small else None
            thumb = f"data:image/jpeg;base64,{base64.b64encode(stamped).decode()}" if stamped else ""
            found.append(
                Picture(
                    change=one.change.hex(),
                    number=one.number,
                    key=shot.blob,
                    label=self._label(layers.forms, shot),
                    taken=written.date_and_clock(shot.taken_ms),
                    thumb=thumb,
                    is_picture=stamped is not None,
                )
            )
        return tuple(found)

    def _why_not(self, person: Person, record: Record, layers: Layers | None) -> str:
        """Return the text key of why a visit is not decided here and now; empty when it may be."""
        state = record.fields["state"]
        if not waits(record.fields):
            is_asked = state == RETURNED
            return "kantor.tinjau.menunggu_perbaikan" if is_asked else "kantor.tinjau.sudah_selesai"
        if person.id in authors(record.fields):
            return "kantor.tinjau.milik_sendiri"
        return "" if layers is not None else "ruang.kasus.belum_dibaca"

    def _may_say(self, person: Person, word: str, record: Record, layers: Layers | None) -> bool:
        """Say whether this word on a visit that was decided may be said here and now."""
        own = person.id in authors(record.fields)
        return layers is not None and not own and fits(word, record.fields, person)

    def _stages(self) -> set[str]:
        """Return every stage of a sealed service at which a case is still under way."""
        found = stages_under_way(self._workflows).items()
        return {stage for stage, (workflow, _) in found if workflow.service in SEALED_SERVICES}

    def _outside(self, record: Record, known: Mapping[str, str], today: date) -> Outside:
        fields, workflow = record.fields, self._workflow(record)
        due = date.fromisoformat(fields["due"]) if fields.get("due") else None
        state = workflow.states[fields["state"]]
        return Outside(
            id=record.id,
            kode=str(fields.get("kode") or record.id[:8]),
            service=workflow.service,
            state=state.label,
            final=state.final,
            tone=tone_of(workflow, fields["state"]),
            officer=known.get(str(fields.get("petugas") or ""), ""),
            since=written.long_date(written.local_date(fields["since_ms"])),
            due=written.long_date(due) if due else "",
            days=(due - today).days if due else None,
        )

    def _doubles(self, opened: OpenCase) -> tuple[tuple[RecordId, str], ...]:
        found = self._engine.read(lambda tx: SqlOfficeStore.reading(tx).records(opened.doubles))
        return tuple(
            (name, str(found[name].fields.get("kode") or "")) for name in opened.doubles if name in found
        )

    def _people(self, facts: CaseFacts) -> Known:
        """Return who did something about a case, or has to."""
        writers = {fact.content.author for fact in facts.facts}
        people = writers | {
            str(each.fields.get("petugas") or "") for each in (facts.record, *facts.visits, *facts.tugas)
        }
        people |= {str(step["by"]) for step in facts.record.fields.get("history", ())}

        def work(tx: Reader) -> Known:
            store, phones = SqlOfficeStore.reading(tx), defaultdict[str, set[bytes]](set)
            for phone in device_store.devices(tx):
                if phone.handover_key and phone.revoked_ms is None:
                    phones[phone.person].add(name_of(phone.handover_key))
            left = {str(each): who_left(store, each) for each in writers}
            return Known(names=names(store, people - {""}), left=left, phones=phones)

        return self._engine.read(work)

    def _workflow(self, record: Record) -> Workflow:
        return self._workflows.get(record.fields["workflow"], record.fields["workflow_version"])


def is_blind(record: Record, note: str, phones: Phones) -> bool:
    """Say whether a note was sealed to no phone that the petugas of a visit or a tugas has by now; nobody
    else's phone is given it, also where they wrote a version.
    """
    keys = {bytes(key) for key, _ in record.fields.get("notes", {}).get(note, ())}
    return bool(keys) and keys.isdisjoint(phones.get(str(record.fields.get("petugas")), ()))


def _received(visit: Record) -> int:
    return int(visit.fields["versions"][-1]["received_ms"])
