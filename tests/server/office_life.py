"""A random life of an office: what people and phones do to it in any order, on a clock that only this turns.

Rule: everything goes in by the ways that the program has; nothing is written into a table by hand.
"""

import random
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.ids import BlobId, ChangeId, PersonId, RecordId
from server.services.deciding import came_after
from server.services.holidays import as_seen
from server.services.matching import PairPage
from server.services.people import Denied
from server.services.review import Open
from server.services.signs import examine, examine_some
from server.services.visits import APPROVED
from server.settings import SETTINGS
from server.store import SqlOfficeStore
from sync.change import Advance, Patch, Resolve
from sync.store import Fields
from sync.visits import LEAVE
from tests.server.life_town import NAMES, PLACES, Town
from tests.server.web_office import DESA, ELSEWHERE, shut

DAY_MS = 86_400_000
LIVING = ("warga", "ewarong")
DUE = ("2026-11-01", "2027-01-31", "")
FAR = "jauh_dari_rumah"
EVENTS = {"bpnt_masalah": ("tangani", "ajukan", "kembalikan"), "kis": ("mulai_cek", "gangguan", "cek_ulang")}


class Life(Town):
    """An office under way."""

    def go(self, steps: int) -> None:
        """Let so many things happen, and time pass between them."""
        for step in self.rng.choices(
            [each for each, _ in self._steps], [often for _, often in self._steps], k=steps
        ):
            self.now_ms += self.rng.choice((1_000, 3_600_000, DAY_MS, 9 * DAY_MS))
            step()

    @property
    def _steps(self) -> list[tuple[Callable[[], None], int]]:
        return [
            (self.somebody, 6), (self.shop, 1), (self.rewrite, 12), (self.visit, 8), (self.mend, 4),
            (self.decide, 12), (self.hand, 3), (self.task, 3), (self.move_task, 5), (self.merge, 2),
            (self.split, 2), (self.tell_apart, 5), (self.confirm, 1), (self.case, 3), (self.advance, 4),
            (self.choose, 3), (self.letter, 1), (self.destroy, 4), (self.late, 2), (self.arrive, 2),
            (self.area, 1), (self.limit, 1), (self.days_off, 2), (self.follow, 5),
        ]  # fmt: skip

    def somebody(self) -> None:
        """Somebody is written down for the first time."""
        self.say(Patch(record=self.fresh(), kind="warga", base={}, new={"rumah": None, **self.person()}))

    def shop(self) -> None:
        """An e-warong is."""
        fields = {
            "nama_ewarong": self.rng.choice(NAMES),
            "kode_desa": self.rng.choice(PLACES),
            "layanan": ["bpnt"],
        }
        self.say(Patch(record=self.fresh(), kind="ewarong", base={}, new=fields))

    def rewrite(self) -> None:
        """Something is written otherwise, by somebody who may have seen it as it was before."""
        known = self.any("warga")
        if known is None:
            return
        names = self.rng.sample(("nama", "kode_desa", "layanan", "nik", "tanggal_lahir", "rumah"), 2)
        new = {name: self.person()[name] for name in names}
        seen = known.fields if self.rng.random() < 0.7 else self.person()
        self.say(Patch(record=known.id, kind="warga", base={name: seen.get(name) for name in names}, new=new))

    def visit(self) -> None:
        """A visit comes in."""
        known, phone = self.any(*LIVING), self.phone()
        tugas = self.any("tugas", state=("baru", "dikirim")) if self.rng.random() < 0.6 else None
        if tugas is not None and not tugas.fields.get("sasaran"):
            return
        subject = RecordId(tugas.fields["sasaran"]) if tugas else known.id if known else self.office.warga
        self.send(phone, warga=subject, tugas=tugas.id if tugas else None)

    def mend(self) -> None:
        """A visit comes in once more, after what its author may have seen of it last."""
        visit = self.any("kunjungan")
        if visit is None:
            return
        version = self.rng.choice(visit.fields["versions"][-2:])
        # what comes from another than who was there opens nothing again
        phone = self.phone() if self.rng.random() < 0.4 else self.phones[PersonId(visit.fields["petugas"])]
        subject = RecordId(visit.fields.get("subjek") or self.office.warga)
        self.send(phone, visit=visit.id, follows=ChangeId(bytes.fromhex(version["change"])), warga=subject)

    def arrive(self) -> None:
        """A photo comes that was only named."""
        if self.unsent:
            phone, data = self.unsent.pop()
            if not self.deps.engine.read(
                lambda tx: SqlOfficeStore.reading(tx).is_destroyed(BlobId(sha256(data).hexdigest()))
            ):
                phone.send_blob(data)

    def decide(self) -> None:
        """Somebody opens a visit and decides on it, or takes a decision back."""
        late = [each for each in self.records("kunjungan") if came_after(each.fields) == APPROVED]
        visit = self.rng.choice(late) if late and self.rng.random() < 0.3 else self.any("kunjungan")
        if visit is None or visit.head is None:
            return
        person = self.office.person(self.rng.choice(("kabid", "verifikator")))
        if not isinstance(self.site.reviews.open(person, visit.id), Open):
            return
        decision = self.rng.choice(("setujui", "tolak", "kembalikan", "tahan", LEAVE))
        reasons = {"bpnt_kpm.nama": "Lain"} if decision == "kembalikan" else {}
        self.site.reviews.decide(person, visit.id, visit.head.hex(), decision, reasons, "Sebab")

    def hand(self) -> None:
        """A visit is handed to a colleague."""
        visit = self.any("kunjungan")
        if visit is not None:
            whom = self.office.people["verifikator"]
            self.site.reviews.hand(self.office.person("kabid"), visit.id, whom, "Tolong")

    def task(self) -> None:
        """Work is given out."""
        subject, case = self.any("warga"), self.any("kasus")
        if subject is None:
            return
        fields = {
            **({"kasus": case.id} if case is not None and self.rng.random() < 0.3 else {}),
            "petugas": self.rng.choice(list(self.phones)), "sasaran": subject.id, "form": "bpnt_kpm",
            "state": "baru",
            "kode_desa": subject.fields.get("kode_desa"), "jatuh_tempo": self.rng.choice(DUE),
        }  # fmt: skip
        self.act(Patch(record=self.fresh(), kind="tugas", base={}, new=fields))

    def move_task(self) -> None:
        """Work goes to another, another day, or is called off."""
        tugas = self.any("tugas")
        if tugas is None:
            return
        name, value = self.rng.choice(
            [
                ("petugas", self.rng.choice(list(self.phones))),
                ("jatuh_tempo", "2026-12-05"),
                ("state", self.rng.choice(("batal", "selesai", "baru", "dikirim"))),
                ("kode_desa", ELSEWHERE),
            ]
        )
        self.say(Patch(record=tugas.id, kind="tugas", base={name: tugas.fields.get(name)}, new={name: value}))

    def _pair(self) -> tuple[RecordId, RecordId, str] | None:
        self.site.indexing.catch_up()
        found = self.site.matching.pairs(self.office.person("petugas"))
        if isinstance(found, Denied) or not found.rows:
            return None
        row = self.rng.choice(found.rows)
        one, other = self.rng.sample((row.one.id, row.other.id), 2)
        shown = self.site.matching.compare(self.office.person("petugas"), one, other)
        return (one, other, shown.seen) if isinstance(shown, PairPage) else None

    def merge(self) -> None:
        """Two records turn out to be one person."""
        if (pair := self._pair()) is not None:
            self.site.matching.merge(self.office.person("petugas"), *pair)

    def split(self) -> None:
        """Two records turn out to be two again."""
        merged = [each for each in self.records("warga") if each.fields.get("digabung_ke")]
        if merged:
            gone = self.rng.choice(merged)
            keep = RecordId(gone.fields["digabung_ke"])
            self.site.matching.split(self.office.person("petugas"), keep, gone.id)

    def tell_apart(self) -> None:
        """Two records are said to be two people."""
        if (pair := self._pair()) is not None:
            self.site.matching.tell_apart(self.office.person("petugas"), *pair)

    def confirm(self) -> None:
        """Somebody whom a phone made is nobody of the list."""
        if (subject := self.any("warga")) is not None:
            self.site.indexing.catch_up()
            self.site.matching.confirm_new(self.office.person("petugas"), subject.id)

    def case(self) -> None:
        """A case begins, mostly about somebody."""
        subject = self.any("warga")
        flow = self.rng.choice(("bpnt_masalah", "kis", "pengaduan"))
        service = {"bpnt_masalah": "bpnt", "kis": "kis", "pengaduan": "umum"}[flow]
        fields: Fields = {"workflow": flow, "service": service, "kode_desa": self.rng.choice(PLACES)}
        if subject is not None and self.rng.random() < 0.8:
            fields["subjek"] = subject.id
        self.say(Patch(record=self.fresh(), kind="kasus", base={}, new=fields))

    def advance(self) -> None:
        """A case goes a step, or is about another."""
        case, subject = self.any("kasus"), self.any("warga")
        if case is None or subject is None:
            return
        if self.rng.random() < 0.3:
            base = {"subjek": case.fields.get("subjek")}
            self.say(Patch(record=case.id, kind="kasus", base=base, new={"subjek": subject.id}))
            return
        event = self.rng.choice(EVENTS.get(case.fields["workflow"], ("teruskan",)))
        answers = {
            "tindakan_pendamping": "Ada",
            "alasan": "Kurang",
            "tujuan": "X",
            "tanggal_teruskan": "2026-11-20",
        }
        self.say(Advance(kasus=case.id, follows=case.head, event=event, answers=answers))

    def choose(self) -> None:
        """Somebody settles a conflict."""
        conflict = self.any("konflik", state=("menunggu",))
        if conflict is not None and conflict.head is not None:
            fields: Fields = conflict.fields.get("fields") or {}
            values = {name: each.get("mine") for name, each in fields.items() if self.rng.random() < 0.6}
            self.act(Resolve(conflict=conflict.id, follows=conflict.head, values=values))

    def letter(self) -> None:
        """A letter is given out, or one is called off."""
        letter, subject = self.any("surat", state=("terbit",)), self.any("warga")
        if letter is not None and self.rng.random() < 0.5:
            self.act(Patch(record=letter.id, kind="surat", base={"state": "terbit"}, new={"state": "batal"}))
        elif subject is not None:
            number = len(self.records("surat")) + 1
            fields = {
                "tahun": 2026, "urut": number, "nomor": f"{number}/UJI", "jenis": "rekomendasi_pos",
                "tanggal": "2026-11-20", "subjek": subject.id, "kode_desa": DESA, "layanan": "bpnt",
                "state": "terbit", "at_ms": self.now_ms, "berkas": "0" * 64, "ukuran": 9,
            }  # fmt: skip
            self.act(Patch(record=self.fresh(), kind="surat", base={}, new=fields))

    def destroy(self) -> None:
        """What is over and done with is destroyed: a visit, a case or a person, with all that is theirs."""
        # what phones said of a double stays parked at the other, also when they are two again
        split = [each.fields for each in self.records("pasangan") if not each.fields["hasil"]]
        doubles = {fields[side] for fields in split for side in ("satu", "dua")}
        petugas, kabid = self.office.person("petugas"), self.office.person("kabid")
        desk = self.site.destroying
        kind = self.rng.choice(("kunjungan", "kasus", "warga", "warga"))
        found = [each for each in self.records(kind) if each.id not in doubles]
        for target in self.rng.sample(found, min(3, len(found))):
            if desk.propose(petugas, target.id, "BA 1") is None:
                assert desk.approve(kabid, target.id) is None
                return

    def late(self) -> None:
        """Whoever has not heard of a destruction says more, and that goes too."""
        gone = self.deps.engine.read(
            lambda tx: [
                name for (name,) in tx.query("SELECT id FROM records WHERE kind = 'warga' ORDER BY seq")
            ]
        )
        body = Patch(
            record=self.rng.choice(gone), kind="warga", base={}, new={"nama": self.rng.choice(NAMES)}
        )
        self.phone().push(body)
        self.deps.destruction.destroy_late()

    def area(self) -> None:
        """Somebody works elsewhere."""
        name = RecordId(self.office.people["kedua"])
        areas: list[str] = self.office.fields(name)["wilayah"]
        now = self.rng.choice(([DESA], [DESA, ELSEWHERE]))
        self.act(Patch(record=name, kind="petugas", base={"wilayah": areas}, new={"wilayah": now}))

    def limit(self) -> None:
        """The office says otherwise how far is far."""
        seen = self.site.settings.now().value(SETTINGS[FAR])
        self.site.settings.change(
            self.office.person("kabid"), FAR, self.rng.choice((500, 2_000, 5_000)), seen
        )

    def days_off(self) -> None:
        """The office says which days of a year are off, and deadlines move."""
        year = self.rng.choice((2026, 2027))
        days = {date(year, 1, 1) + timedelta(days=self.rng.randrange(365)): "Libur" for _ in range(20)}
        seen = as_seen(self.site.holidays.now().of(year))
        self.site.holidays.change(self.office.person("kabid"), year, days, seen)

    def follow(self) -> None:
        """What follows the records or the log goes on a little."""
        match self.rng.randrange(5):
            case 0:
                self.site.indexing.catch_up(1)
            case 1:
                self.figures.catch_up(1)
            case 2:
                self.site.trail.catch_up()
            case 3:
                examine_some(self.deps.engine, self.site.words.wilayah)
            case _:
                self.site.likenesses.catch_up()

    def settle(self) -> None:
        """Let all that follows come to now."""
        self.site.indexing.catch_up()
        self.figures.catch_up()
        self.site.trail.catch_up()
        examine(self.deps.engine, self.site.words.wilayah)
        assert self.site.likenesses.catch_up(60) is False


Lived = TypeVar("Lived", bound=Life)


@contextmanager
def life(folder: Path, seed: int, kind: type[Lived] = Life) -> Generator[Lived]:  # type: ignore[assignment]
    """Begin a life, in which chance is of this seed, and end it."""
    made = kind(folder, seed)
    chance = random.Random(seed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("server.compose.now_ms", lambda: made.now_ms)
        patched.setattr(secrets, "token_hex", lambda size=32: chance.randbytes(size).hex())
        patched.setattr(secrets, "token_bytes", chance.randbytes)
        key = Ed25519PrivateKey.from_private_bytes
        patched.setattr(Ed25519PrivateKey, "generate", lambda: key(chance.randbytes(32)))
        made.begin()
        for _ in range(4):
            made.somebody()
        try:
            yield made
        finally:
            shut(made.office)
