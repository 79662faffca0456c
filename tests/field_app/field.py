"""A phone's use cases on a real vault, with rows as the office would have sent them."""

import random
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from field_app.bench import Bench
from field_app.blobs import DITERIMA
from field_app.capture import Quality
from field_app.devices.desktop import FileKeystore
from field_app.draft_keys import DraftKeys
from field_app.keys import Keys
from field_app.owner import Owner
from field_app.published import PublishedForms
from field_app.records import Records
from field_app.rehearsal import Rehearsal
from field_app.sealed_drafts import SealedDrafts
from field_app.second import Second
from field_app.sheets import Sheets
from field_app.store import Store
from field_app.unit import Unit
from field_app.vault import open_vault
from field_app.views import DraftView, Finalised, SyncStatus
from field_app.visits import Visits
from schemas.base import encode
from schemas.derive import load_parameters
from schemas.ids import NO_LINK, DeviceId, Part, PersonId, RecordId, Regency
from schemas.text import load_text
from schemas.wire import Applied, Cursor, Outcome, Row
from sync.chain import Tip
from sync.change import Place, read
from sync.store import Answered
from tests.field_app.conftest import FORMS, KEY, LIGHT, WILAYAH, SetTime

PERSON, DEVICE = PersonId("a" * 32), DeviceId("d" * 32)
WARGA, TUGAS, EWARONG = RecordId("1" * 32), RecordId("2" * 32), RecordId("3" * 32)
DESA = "33.14.01.2001"
NIK = "3314990101900001"
PLACE = Place(lat=-7.42, lng=111.02, accuracy_m=8.0, at_ms=1_795_257_000_000)
MINE = Part(f"mine/{PERSON}")
FIELDS = {
    "nama": "Warga Uji", "nik": NIK, "no_kk": "3314990101900002", "kode_desa": DESA, "layanan": ["bpnt"],
    "alamat": "Dukuh Uji", "rt": "001", "rw": "002", "penyalur": "bni", "status_kpm": "sukses_spm",
}  # fmt: skip
TASK = {
    "petugas": PERSON, "sasaran": WARGA, "sasaran_kind": "warga", "form": "bpnt_kpm", "state": "baru",
    "jatuh_tempo": "2026-11-21", "alasan": "Daftar November", "kode_desa": DESA,
}  # fmt: skip
TEXT = load_text()
SMALL = (640, 480)


class Field:
    """A phone's use cases on a vault that can be killed and opened again."""

    roles = ["pendamping"]

    def __init__(self, folder: Path, time: SetTime, device: DeviceId = DEVICE) -> None:
        self.device = device
        self.keys = Keys(folder, FileKeystore(folder / "rahasia"), time, cost=LIGHT)
        self.path, self.time = folder / "vault.db", time
        self.rng = random.Random(3)
        self.finalised = 0
        self.seq = 0
        self.open()

    def open(self, path: Path | None = None) -> None:
        self.vault = open_vault(path or self.path, KEY)
        self.second = Second(self.keys, self.time)
        self.store = Store(self.vault, self.device, lambda message: bytes(64))
        owner = Owner(
            address="http://kantor", regency=Regency("33.14"), office_name="Dinas", device=self.device,
            office_device=DeviceId("0" * 32), office_key=bytes(32), private_key=bytes(32),
            person=PERSON, person_name="Petugas", person_code="P017", roles=self.roles,
        )  # fmt: skip
        unit = Unit(self.store, Records(self.store), owner.regency)
        published = PublishedForms(FORMS, unit, owner.regency, TEXT)
        published.take(self.store)
        self.bench = Bench(
            vault=self.vault, store=self.store, owner=owner, forms=FORMS,
            sheets=Sheets(FORMS, WILAYAH, load_parameters()), wilayah=WILAYAH, time=self.time,
            randomness=self.rng.randbytes, quality=lambda: Quality(longest=640), words=TEXT,
            sealed=SealedDrafts(
                self.vault, DraftKeys(self.path.parent, self.rng.randbytes), self.second, self.rng.randbytes
            ),
            unit=unit, published=published,
        )  # fmt: skip
        self.visits = Visits(self.bench, SyncStatus, self.count)

    def count(self) -> None:
        self.finalised += 1

    def die(self) -> None:
        """Leave the files as a dead process leaves them, and open those."""
        dead = self.path.with_name("dead.db")
        for ending in ("", "-wal"):
            source = self.path.with_name(self.path.name + ending)
            if source.exists():
                dead.with_name(dead.name + ending).write_bytes(source.read_bytes())
        self.vault.close()
        self.path = dead
        self.open(dead)

    def pull(self, rows: dict[RecordId, tuple[str, dict[str, Any]]], **more: Any) -> None:
        sent = []
        for name, (kind, fields) in rows.items():
            self.seq += 1
            sent.append(Row(part=MINE, id=name, seq=self.seq, kind=kind, body=encode(fields)))
        page = Answered(
            rows=sent, cursor=Cursor(seq=self.seq), parts=[MINE], acknowledged=self.store.acknowledged(),
            office_head=NO_LINK, server_ms=self.time.now_ms(),
        )  # fmt: skip
        self.store.store_page(replace(page, **more))

    def start(self) -> DraftView:
        self.pull({WARGA: ("warga", FIELDS), TUGAS: ("tugas", TASK)})
        started = self.visits.start("bpnt_kpm", None, TUGAS)
        assert isinstance(started, DraftView), started
        return started

    def fill(self, draft: str) -> DraftView:
        played = Rehearsal(self.visits, FORMS, PLACE, random.Random(1), "2026-11-21", lambda *_: None, SMALL)
        return played.fill(draft)

    def finish(self, draft: str) -> Finalised:
        done = self.visits.finalise(draft)
        assert isinstance(done, Finalised), done
        return done

    def visit(self) -> Finalised:
        started = self.start()
        self.fill(started.id)
        return self.finish(started.id)

    def bodies(self) -> list[Any]:
        return [read(entry.content or b"").body for entry in self.store.entries(DEVICE, 0, 100)]

    def status(self) -> list[str]:
        home = self.visits.home()
        return [card.status for card in (*home.returned, *home.sent)]

    def acknowledge(self, outcome: Outcome | None = None, **more: Any) -> None:
        """Answer as an office that holds the whole chain, with this outcome for every change."""
        entries = self.store.entries(DEVICE, 0, 100)
        tip = Tip(counter=entries[-1].link.counter, hash=entries[-1].hash)
        outcomes = {entry.link.change: outcome or Applied(seq=1) for entry in entries}
        self.pull({}, acknowledged=tip, outcomes=outcomes, **more)

    def receive_photos(self) -> None:
        for blob in self.bench.blobs.unsent():
            self.bench.blobs.progress(blob.id, state=DITERIMA, sent_bytes=blob.size_bytes, upload_url="")

    def decided(self, done: Finalised, state: str, **more: Any) -> None:
        row = {"form": "bpnt_kpm", "petugas": PERSON, "state": state, "reasons": {}, "note": ""}
        versions = [{"change": done.change.hex(), "follows": None}]
        self.pull({done.visit: ("kunjungan", row | {"versions": versions} | more)})


def answers(view: DraftView, form: str = "bpnt_kpm") -> dict[str, Any]:
    return view.forms[form].answers
