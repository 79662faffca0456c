"""A random life of an office that also takes lists in, sets targets, publishes forms and answers its phones.

Rule: what a phone was told, and what lists said, is noted here as it happens, and never read from the office.
"""

import secrets
from collections import defaultdict
from collections.abc import Callable
from copy import copy
from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest

from schemas.base import decode, encode
from schemas.format import local_date
from schemas.ids import ChangeId, DeviceId, Part, RecordId
from schemas.wire import PROTOCOL, Cursor, Outcome, Result, Row, SyncRequest, SyncResponse
from server import sealed_store, table_store
from server.engine import Reader, Writer
from server.parsing.messages import Cell
from server.relisting import relist
from server.services.form_publishing import next_text
from server.services.import_fates import TAKEN
from server.tables.job import Job, RowFate
from server.targets import Aim
from sync import scope
from sync.change import Clock, Content, FormAnswers, Patch, Submit, seal
from sync.client import caught_up
from sync.scope import reduced
from tests.server.lists import HEADS, NIK, workbook
from tests.server.office_life import Life
from tests.server.sealed_office import KODE, SealedCase
from tests.server.web_office import DESA, Phone

GARBAGE = b"\xc1 tidak terbaca"
LISTED = (*HEADS, "Desil")
LIVES_IN = (("Jetis Karangpung", "Kalijambe"), ("Banaran", "Kalijambe"))
REGIONS = ("33.14", "33.14.01", "33.14.02", DESA)
FORM = "pengaduan"
Rows = dict[tuple[Part, RecordId], Row]
_cells = msgspec.msgpack.Decoder(list[list[Cell]])


class Heard:
    """What one phone was told: its rows, and what became of each of its changes."""

    def __init__(self) -> None:
        self.cursor, self.parts = Cursor(), list[Part]()
        self.rows: Rows = {}
        self.outcomes: dict[ChangeId, Outcome] = {}

    def take(self, answer: SyncResponse) -> None:
        """Take an answer in, as docs/protocol.md says."""
        told = {row.id: row for row in answer.rows if row.part.startswith("mine/")}
        for row in answer.rows:
            body = row.body or encode(reduced(decode(told[row.id].body, dict)))  # type: ignore[type-arg]
            self.rows[row.part, row.id] = msgspec.structs.replace(row, body=body)
        for gone in answer.removed:
            self.rows.pop((gone.part, gone.id), None)
        parts = self.parts if answer.parts is None else answer.parts
        self.cursor = caught_up(answer, self.parts, parts)
        self.parts = parts
        self.rows = {key: row for key, row in self.rows.items() if key[0] in parts}
        self.outcomes |= {result.change: result.outcome for result in answer.news}

    @property
    def digest(self) -> bytes:
        """The digest over all rows."""
        sums = 0
        for (part, name), row in self.rows.items():
            said = f"{part}\0{name}\0{row.seq}\0".encode() + row.body
            sums ^= int.from_bytes(sha256(said).digest()[:16])
        return sums.to_bytes(16)


class FullerLife(Life):
    """An office under way, with all that stands beside its records. `said`: what lists said of whom."""

    def begin(self) -> None:
        super().begin()
        self.heard = defaultdict[DeviceId, Heard](Heard)
        self.said: dict[RecordId, dict[str, object]] = {}
        self.behind: list[tuple[Phone, bytes]] = []
        self.cases = [SealedCase(self.office)]
        self.phones[self.cases[0].author] = self.cases[0].phone
        self.before_upgrade = pytest.MonkeyPatch()
        self.before_upgrade.setattr(scope, "HIDDEN", scope.HIDDEN - {"desil"})
        push = self.deps.office.push

        def noted(tx: Writer, request: SyncRequest, run: object) -> list[Result]:
            results = push(tx, request, run)  # type: ignore[arg-type]
            assert isinstance(results, list)
            self.heard[request.device].outcomes |= {each.change: each.outcome for each in results}
            return results

        self.deps.office.push = noted  # type: ignore[method-assign]

    @property
    def _steps(self) -> list[tuple[Callable[[], None], int]]:
        return [
            *super()._steps, (self.list_in, 6), (self.list_on, 5), (self.target, 4), (self.publish, 1),
            (self.unknown, 3), (self.early, 2), (self.at_last, 2), (self.garbage, 1), (self.listen, 6),
            (self.decile, 3), (self.judge, 2), (self.sealed_case, 2), (self.sealed_visit, 2),
            (self.sealed_work, 4), (self.sealed_task, 2), (self.sealed_end, 1),
        ]  # fmt: skip

    # lists

    def list_in(self) -> None:
        """A list comes, and is checked or not."""
        rows = [self._row(number) for number in self.rng.sample(range(1, 9), self.rng.randrange(1, 6))]
        job = self.site.importing.take(
            self.office.people["petugas"], "danom.xlsx", workbook(rows, heads=LISTED)
        )
        assert isinstance(job, Job), job
        if self.rng.random() < 0.8:
            self._check(job)

    def _row(self, number: int) -> list[object]:
        desa, kecamatan = self.rng.choice(LIVES_IN)
        values = {
            "No": number, "NIK": self.rng.choice((NIK.format(number), "3314990101800001", "")),
            "No. KK": self.rng.choice(("3314990101100001", "3314990101800001")),
            "Nama Penerima": self.rng.choice(("Sutarmi", "Parjo Karto", f"Slamet {'BCDFGHJKLM'[number]}")),
            "Alamat": self.rng.choice(("Dukuh Satu", "Dukuh Dua", "")), "RT": "3", "RW": "001",
            "Desa/Kelurahan": desa, "Kecamatan": kecamatan, "Bank": "BNI", "Ket.": "SUKSES SPM",
            "Desil": self.rng.randrange(1, 11),
        }  # fmt: skip
        return [values[head] for head in LISTED]

    def _check(self, job: Job) -> None:
        self.site.importing.check(job.id, self.rng.choice(("bpnt", "kis")), job.matched)
        self.site.importing.wait()

    def list_on(self) -> None:
        """A list that waits is checked, applied or dropped."""
        found = [
            each
            for each in self.deps.engine.read(table_store.jobs)
            if each.state in ("dicocokkan", "diperiksa")
        ]
        if not found:
            return
        job = self.rng.choice(found)
        if job.state == "dicocokkan":
            self._check(job)
        elif self.rng.random() < 0.2:
            self.site.importing.drop(job.id)
        else:
            self._apply(job)

    def _apply(self, job: Job) -> None:
        rows, checked = self._rows_of(job)
        assert self.site.importing.apply(job.id, self.office.people["petugas"])
        self.site.importing.wait()
        _, fates = self._rows_of(job)
        assert len(fates) == len(checked)
        reader = self.site.importing._steps._reader(job)
        for row, before, after in zip(rows, checked, fates, strict=True):
            entry = reader.read(row)
            if after.fate in (*TAKEN, "sama") and before.fate in TAKEN:
                assert entry is not None
                self.said[after.record] = {**self.said.get(after.record, {}), **entry.fields}

    def _rows_of(self, job: Job) -> tuple[list[list[Cell]], list[RowFate]]:
        def look(tx: Reader) -> tuple[bytes, list[RowFate]]:
            return table_store.piece(tx, job.id, job.sheet, 0) or b"\x90", table_store.fates(
                tx, job.id, job.sheet, 0
            )

        cells, fates = self.deps.engine.read(look)
        return _cells.decode(cells), fates

    def decile(self) -> None:
        """The office learns how poor somebody is."""
        if (known := self.any("warga")) is not None:
            base = {"desil": known.fields.get("desil")}
            new = {"desil": self.rng.randrange(1, 11)}
            self.act(Patch(record=known.id, kind="warga", base=base, new=new))

    def destroy(self) -> None:
        """What is destroyed is gone from lists too."""
        before = {each.id: each.fields.get("nik") for each in self.records("warga")}
        super().destroy()
        gone = before.keys() - {each.id for each in self.records("warga")}
        for name in gone:
            self.said.pop(name, None)
        self.gone_from_lists({str(before[name]) for name in gone if before[name]}, gone)

    def gone_from_lists(self, numbers: set[str], names: set[RecordId]) -> None:
        """See that no list says anything of whom was destroyed just now."""
        for job in self.deps.engine.read(table_store.jobs):
            for sheet in range(len(job.sheets)):
                rows = _cells.decode(
                    self.deps.engine.read(lambda tx, at=sheet, one=job: table_store.piece(tx, one.id, at, 0))
                    or b"\x90"
                )
                fates = self.deps.engine.read(
                    lambda tx, at=sheet, one=job: table_store.fates(tx, one.id, at, 0)
                )
                for number, row in enumerate(rows):
                    assert not numbers & {str(cell) for cell in row}
                    if number < len(fates) and fates[number].record in names:
                        assert not row, (job.state, row)

    # targets

    def target(self) -> None:
        """A kabid sets a target, another one, or takes it back."""
        start = local_date(self.now_ms) - timedelta(days=self.rng.choice((0, 20, 60)))
        service = self.rng.choice(("bpnt", "kis", "kis", "kis"))
        aim = self.rng.choice(
            [
                *(each.aim for each in self.site.targeting.now().words[-3:]),
                Aim(
                    service=service,
                    form=self.rng.choice(("", {"bpnt": "bpnt_kpm", "kis": "kis"}[service])),
                    start=start,
                    end=start + timedelta(days=self.rng.choice((0, 30, 90))),
                ),
            ]
        )
        numbers = {
            region: self.rng.randrange(1, 30) for region in self.rng.sample(REGIONS, self.rng.randrange(4))
        }
        before = self.site.targeting.now().newest(aim)
        self.site.targeting.set(
            self.office.person("semua"), aim, numbers, before.at_ms if before is not None else 0
        )

    # forms, and what is refused

    def _newest(self) -> int:
        return max(self.deps.forms.versions(FORM))

    def publish(self) -> None:
        """The next version of a form is published."""
        newest = self._newest()
        text = next_text(self.deps.forms.text_of(FORM, newest), newest)
        self.site.publishing.publish(self.office.person("kabid"), text, "")

    def unknown(self) -> None:
        """A phone sends a visit of a version that the office knows, or does not know yet."""
        self.phone().push(self._complaint(self._newest() + self.rng.choice((0, 1, 1, 2))))

    def _complaint(self, version: int) -> Submit:
        subject = self.any("warga")
        return Submit(
            visit=self.fresh(), follows=None, subject=subject.id if subject else None, form=FORM,
            forms={FORM: FormAnswers(version=version, answers={"kode_desa": DESA})}, evidence=[], place=None,
            tugas=None,
        )  # fmt: skip

    def early(self) -> None:
        """A phone sends the second version of a visit before the first, which comes later or never."""
        person, phone = self.rng.choice(list(self.phones.items()))
        clock = Clock(wall_ms=self.now_ms, elapsed_ms=1, boot="uji", server_ms=self.now_ms)
        first = self._complaint(1)
        salt = secrets.token_bytes(16)
        change, raw = seal(Content(salt=salt, author=person, clock=clock, body=first))
        self.behind.append((phone, raw))
        phone.push(msgspec.structs.replace(first, follows=change))

    def at_last(self) -> None:
        """What others waited for comes."""
        if self.behind:
            phone, raw = self.behind.pop()
            phone.push_raw(raw)

    def garbage(self) -> None:
        """A phone sends what nobody can read."""
        self.phone().push_raw(GARBAGE + secrets.token_bytes(4))

    def judge(self) -> None:
        """Somebody has it judged again."""
        self.site.quarantine.judge_after_upgrade()

    # sealed cases

    def sealed_case(self) -> None:
        """A sealed case is opened and visited."""
        case = copy(self.cases[0])
        case.kasus, case.visit = self.fresh(), self.fresh()
        code = f"KS-2026-{''.join(self.rng.choices('BCDFGHJKLM', k=6))}"
        new = {"workflow": "ktkpm", "service": "ktkpm", "kode": code}
        case.opened = case.phone.push(Patch(record=case.kasus, kind="kasus", base={}, new=new))
        case.submitted = case.submit()
        self.cases.append(case)

    def sealed_visit(self) -> None:
        """A sealed visit comes once more."""
        case = self.rng.choice(self.cases)
        case.submitted = case.submit(case.submitted, 2)

    def sealed_work(self) -> None:
        """An officer opens a case, writes of it, decides on its visit, or takes a step."""
        case = self.rng.choice(self.cases)
        case.act(self.rng.choice(case.bodies()))

    def sealed_task(self) -> None:
        """Somebody is sent to a sealed case, or not any more."""
        case, tugas = (
            self.rng.choice(self.cases),
            self.any("tugas", kasus=[each.kasus for each in self.cases]),
        )
        if tugas is not None and self.rng.random() < 0.4:
            base = {"state": tugas.fields.get("state")}
            self.act(Patch(record=tugas.id, kind="tugas", base=base, new={"state": "batal"}))
        else:
            new = {"kasus": case.kasus, "petugas": case.author, "kode": KODE, "state": "baru"}
            self.act(Patch(record=self.fresh(), kind="tugas", base={}, new=new))

    def sealed_end(self) -> None:
        """A sealed case is destroyed with all that is said of it."""
        if len(self.cases) > 1:
            case = self.cases.pop()
            tasks = [each.id for each in self.records("tugas") if each.fields.get("kasus") == case.kasus]
            gone = [case.kasus, case.visit, *tasks]
            gone += [each.id for each in self.records("konflik") if each.fields["record"] in gone]
            changes = self.deps.engine.read(lambda tx: sealed_store.about(tx, gone))
            self.deps.destruction.destroy(self.office.people["kabid"], changes, gone, "BA 2")

    # phones

    def listen(self) -> None:
        """A phone asks what there is for it."""
        self.hear(self.phone().device)

    def hear(self, device: DeviceId) -> None:
        """Let a phone ask until nothing is left to say."""
        heard, office = self.heard[device], self.deps.office
        while True:
            request = SyncRequest(protocol=PROTOCOL, device=device, cursor=heard.cursor)
            answer = self.deps.engine.read(lambda tx, one=request: office.look(tx, one))
            assert isinstance(answer, SyncResponse)
            heard.take(answer)
            if not answer.more and not heard.cursor.catching:
                assert heard.digest == answer.digest
                return

    def upgrade(self) -> None:
        """A program comes that shows less; it is cut off while it makes its rows anew, and goes on."""
        self.before_upgrade.undo()
        self.deps.engine.write(
            lambda tx: tx.execute("INSERT INTO relisting (kabupaten, after) VALUES (:kabupaten, '')")
        ).result()
        relist(self.deps.engine, piece=3)

    def go(self, steps: int) -> None:
        super().go(steps // 2)
        self.upgrade()
        super().go(steps - steps // 2)

    def settle(self) -> None:
        super().settle()
        self.site.quarantine.judge()
        super().settle()
        for phone in self.phones.values():
            self.hear(phone.device)
