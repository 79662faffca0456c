"""A random life of one phone and its office: what she does, what the office does, and syncs between them.

Rule: everything goes in by the ways that the program has; nothing is written into a table by hand.
"""

import random
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from field_app.rehearsal import drawn_photo
from field_app.views import DraftView, Finalised, PhotoView, Refused
from schemas.format import local_date
from schemas.ids import BlobId, ChangeId, RecordId
from sync.change import Decide, Destroyed, Patch, Resolve, Submit, read
from sync.memory import MemoryOffice
from sync.store import Record
from tests.contract.people import Writer, record_id
from tests.field_app.conftest import SetTime
from tests.field_app.field import DESA, DEVICE, PERSON, PLACE, SMALL, Field
from tests.field_app.near_office import NearOffice
from tests.field_app.test_worker import AWAY, Sending

OTHER = "b" * 32
DAYS = (-30, -3, -1, 0, 0, 1, 1, 5, 30)
WORDS = ("Dukuh Satu", "Dukuh Dua", "Dukuh Tiga")


class Version:
    """One finalised version, as the chain tells it: its place, and what it said of somebody before."""

    def __init__(self, counter: int, change: ChangeId, body: Submit, patch: ChangeId | None) -> None:
        self.counter, self.change, self.body, self.patch = counter, change, body, patch

    @property
    def blobs(self) -> list[BlobId]:
        """Its photos."""
        return [shot.blob for shot in self.body.evidence]


def _place(version: Version) -> int:
    return version.counter


class PhoneLife:
    """A phone under way. `heard` is what the office held when it was last heard, by hand from its tables."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng, self.time = random.Random(seed), SetTime()
        self.field = Field(folder, self.time)
        self.office = NearOffice()
        self.near = Sending(self.field, self.time, metered=True, office=self.office)
        self.made, self.is_put_back = 0, False
        # not all in one life: what an office destroyed it destroys again after a restore, by a list that one
        # in memory has not, and what a phone lost after it was received comes back with no restore
        self.restores, self.destroys, self.loses = (seed % 3 == each for each in range(3))
        self.copies, self.spoiled = list[tuple[MemoryOffice, Writer]](), set[ChangeId]()
        self.again: dict[ChangeId, str] = {}
        self.versions: list[Version] = []
        self.heard: dict[RecordId, Record] = {}
        self.received: set[BlobId] = set()
        self.outcomes: dict[ChangeId, Any] = {}
        self.reached = 0
        self.pictures = [drawn_photo(random.Random(number), SMALL) for number in range(3)]
        for _ in range(3):
            self.person()
        self.sync()

    def close(self) -> None:
        """End it."""
        self.near.worker.close()
        self.field.vault.close()

    def go(self, steps: int, look: Callable[["PhoneLife"], None]) -> None:
        """Let so many things happen, and look after each."""
        known = self._steps
        for step in self.rng.choices([one for one, _ in known], [often for _, often in known], k=steps):
            self.time.pass_s(self.rng.choice((1, 60, 3_600, 3_600, 20_000)))
            self.office.now = self.time.now_ms()
            step()
            look(self)

    @property
    def _steps(self) -> list[tuple[Callable[[], None], int]]:
        return [
            (self.person, 1), (self.task, 7), (self.move_task, 4), (self.rewrite, 7), (self.begin, 12),
            (self.begin_new, 1), (self.write, 10), (self.photo, 8), (self.finish, 12), (self.discard, 2),
            (self.restore, 2), (self.correct, 4), (self.decide, 9), (self.choose, 3), (self.destroy, 1),
            (self.sync, 14), (self.reopen, 1), (self.copy, 1), (self.put_back, 1),
            (self.lose, 3), (self.record_again, 2),
        ]  # fmt: skip

    # the office

    def held(self, *kinds: str) -> list[Record]:
        """Return what the office holds of these kinds now, but for what was destroyed."""
        found = self.office.office.record_table.values()
        return [each for each in found if each.kind in kinds and not each.fields.get("dihapus")]

    def any(self, *kinds: str) -> Record | None:
        """Return something that the office holds."""
        found = self.held(*kinds)
        return self.rng.choice(found) if found else None

    def _fresh(self) -> RecordId:
        self.made += 1
        return record_id(self.made)

    def person(self) -> None:
        """The office knows of somebody."""
        new = {"nama": f"Warga {'ABCDEFGHIJ'[self.made % 10]}", "kode_desa": DESA, "layanan": ["bpnt"],
               "alamat": self.rng.choice(WORDS)}  # fmt: skip
        self.office.act(Patch(record=self._fresh(), kind="warga", base={}, new=new))

    def task(self) -> None:
        """She is asked to go to somebody."""
        subject = self.any("warga")
        if subject is not None:
            due = local_date(self.time.now_ms()) + timedelta(days=self.rng.choice(DAYS))
            new = {
                "petugas": self.rng.choice((PERSON, PERSON, PERSON, OTHER)), "sasaran": subject.id,
                "sasaran_kind": "warga", "form": "bpnt_kpm", "state": "baru", "kode_desa": DESA,
                "jatuh_tempo": self.rng.choice((due.isoformat(), due.isoformat(), "")),
            }  # fmt: skip
            self.office.act(Patch(record=self._fresh(), kind="tugas", base={}, new=new))

    def move_task(self) -> None:
        """A task goes to another or comes back, is called off, or is due another day."""
        task = self.any("tugas")
        if task is not None:
            day = (local_date(self.time.now_ms()) + timedelta(days=self.rng.choice(DAYS))).isoformat()
            name, value = self.rng.choice(
                (
                    ("petugas", PERSON),
                    ("petugas", OTHER),
                    ("petugas", OTHER),
                    ("state", "batal"),
                    ("jatuh_tempo", day),
                )
            )
            base = {name: task.fields.get(name)}
            self.office.act(Patch(record=task.id, kind="tugas", base=base, new={name: value}))

    def rewrite(self) -> None:
        """The office writes something about somebody otherwise."""
        subject = self.any("warga")
        if subject is not None:
            self._rewrite(subject)

    def _rewrite(self, subject: Record) -> None:
        base, new = {"alamat": subject.fields.get("alamat")}, {"alamat": self.rng.choice(WORDS)}
        self.office.act(Patch(record=subject.id, kind="warga", base=base, new=new))

    def decide(self) -> None:
        """The office decides on a visit, or decides otherwise."""
        visit = self.any("kunjungan")
        if visit is not None and visit.head is not None:
            decision = self.rng.choice(("setujui", "tolak", "kembalikan", "kembalikan", "tahan"))
            reasons = {"bpnt_kpm.alamat": "Lain"} if decision == "kembalikan" else {}
            self.office.act(
                Decide(visit=visit.id, follows=visit.head, decision=decision, reasons=reasons, note="")
            )

    def choose(self) -> None:
        """The office settles a conflict."""
        conflict = self.any("konflik")
        if conflict is not None and conflict.head is not None:
            self.office.act(Resolve(conflict=conflict.id, follows=conflict.head, values={}))

    def destroy(self) -> None:
        """The office destroys a visit with its photos."""
        visit = self.any("kunjungan")
        if visit is not None and self.destroys:
            changes = {
                ChangeId(bytes.fromhex(each["change"])): b"" for each in visit.fields.get("versions") or []
            }
            blobs = [blob for each in self.versions if each.change in changes for blob in each.blobs]
            self.office.act(Destroyed(changes=changes, blobs=blobs, records=[visit.id], basis="BA 1"))

    def copy(self) -> None:
        """The office is copied."""
        self.copies.append(deepcopy((self.office.office, self.office.desk)))

    def put_back(self) -> None:
        """The office comes back from a copy, and goes on otherwise."""
        if self.copies and self.restores:
            self.office.office, self.office.desk = deepcopy(self.rng.choice(self.copies))
            self.office.desk.rng.seed(self.rng.random())
            self.is_put_back = True

    # she

    def reopen(self) -> None:
        """She closes the app and opens it again."""
        self.near.reopen()

    def _draft(self) -> str | None:
        found = self.field.bench.drafts.open()
        return self.rng.choice(found).id if found else None

    def begin(self) -> None:
        """She begins a visit of a task, or to somebody."""
        home = self.field.visits.home()
        tasks = [card.tugas for card in (*home.overdue, *home.today, *home.upcoming) if card.tugas]
        known = [each.id for each in self.held("warga") if self.field.bench.records.get(each.id)]
        if tasks and self.rng.random() < 0.8:
            self.field.visits.start("bpnt_kpm", None, self.rng.choice(tasks))
        elif known:
            self.field.visits.start("bpnt_kpm", self.rng.choice(known), None)

    def begin_new(self) -> None:
        """She visits somebody who is in no list."""
        self.field.visits.start_new("bpnt_kpm", f"Baru {'KLMNO'[self.made % 5]}", DESA)

    def write(self) -> None:
        """She writes something down."""
        draft = self._draft()
        if draft is not None:
            self.field.visits.save(draft, "bpnt_kpm", "alamat", self.rng.choice(WORDS))

    def photo(self) -> None:
        """She takes a photo."""
        draft = self._draft()
        if draft is not None:
            field = self.rng.choice(("foto_rumah_depan", "foto_kk"))
            taken = self.field.visits.add_photo(
                draft, "bpnt_kpm", field, self.rng.choice(self.pictures), PLACE
            )
            assert isinstance(taken, PhotoView | Refused)

    def finish(self) -> None:
        """She finishes a visit, about somebody of whom the office writes something otherwise meanwhile."""
        draft = self._draft()
        if draft is not None:
            if self.rng.random() < 0.7:
                self.field.visits.save(draft, "bpnt_kpm", "alamat", self.rng.choice(WORDS))
            done = self.field.visits.finalise(draft)
            if isinstance(done, Finalised):
                self._read_chain()
                about = self.office.office.record_table.get(self.versions[-1].body.subject or RecordId(""))
                if about is not None and not about.fields.get("dihapus") and self.rng.random() < 0.6:
                    self._rewrite(about)

    def _read_chain(self) -> None:
        known, patch = {each.change for each in self.versions}, None
        for entry in self.field.store.entries(DEVICE, 0, 10_000):
            body = read(entry.content).body if entry.content else None
            if isinstance(body, Submit) and entry.link.change not in known:
                before = patch if patch is not None and patch[0] == entry.link.counter - 1 else None
                self.versions.append(
                    Version(entry.link.counter, entry.link.change, body, before[1] if before else None)
                )
            patch = (entry.link.counter, entry.link.change) if isinstance(body, Patch) else None

    def lose(self) -> None:
        """The card of her phone gives a visit back no more that was not sent yet."""
        waiting = [each.change for each in self.versions if each.counter > self.reached]
        if waiting and self.loses:
            lost = self.rng.choice(waiting)
            self.spoiled.add(lost)
            with self.field.vault.write() as connection:
                connection.execute("DELETE FROM contents WHERE change = ?", (lost,))

    def record_again(self) -> None:
        """She records a visit again that was lost."""
        found = [each.visit for each in self.field.visits.losses() if each.again]
        if found:
            visit = self.rng.choice(found)
            begun = self.field.visits.record_again(visit)
            if isinstance(begun, DraftView):
                self.again[
                    max((each for each in self.lost() if each.body.visit == visit), key=_place).change
                ] = begun.id

    def lost(self) -> list[Version]:
        """The versions that were declared lost."""
        return [
            each for each in self.versions if each.change in self.spoiled and each.counter <= self.reached
        ]

    def is_recorded_again(self, version: Version) -> bool:
        """Whether a lost version has a visit in its place, begun or finished, that she did not put away."""
        away = {one.card.draft for one in self.field.visits.put_away()}
        return version.change in self.again and self.again[version.change] not in away

    def discard(self) -> None:
        """She puts a draft away."""
        if (draft := self._draft()) is not None:
            self.field.visits.discard(draft)

    def restore(self) -> None:
        """She brings one back."""
        found = self.field.visits.put_away()
        if found and (draft := self.rng.choice(found).card.draft):
            self.field.visits.restore(draft)

    def correct(self) -> None:
        """She mends what came back."""
        found = [card.visit for card in self.field.visits.home().returned if card.visit]
        if found:
            begun = self.field.visits.start_correction(self.rng.choice(found))
            assert isinstance(begun, DraftView | Refused)

    def sync(self) -> None:
        """They talk; photos may have to wait for Wi-Fi, or the line is cut while they are sent."""
        # receipts of what came back with a copy are believed once they are heard anew, photo by photo
        self.near.wifi_only = self.rng.random() < 0.4 and not self.is_put_back
        self.office.cut = [AWAY] if self.rng.random() < 0.2 and not self.is_put_back else []
        self.is_put_back = False
        failed = self.near.worker.run_once()
        assert failed is None or (failed == AWAY and not self.office.cut), failed
        office = self.office.office
        self.heard = dict(office.record_table)
        self.outcomes = {name: each.outcome for name, each in office.change_table.items()}
        self.received = {blob for blob, device in office.received if device == DEVICE}
        self.reached = self.field.store.head().counter

    def today(self) -> date:
        """Which day it is."""
        return local_date(self.time.now_ms())
