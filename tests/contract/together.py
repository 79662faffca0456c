"""What phones send at once, invented from a seed: for comparing a group with its members one after another.

Rule: everything that the office meets is in it. Runs that go on, come again, leave a gap, fill it or declare
it, go on as a branch; changes that merge, park, wait, are freed or cannot be read; the same record, visit,
photo and even change from several phones, and several runs of one.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas.ids import BlobId, ChangeId, DeviceId, PersonId, RecordId
from schemas.wire import Declared
from sync.chain import START, Tip, head_message
from sync.change import Body, Decide, Evidence, FormAnswers, Gap, Patch, Submit, change_id
from sync.intake import Malformed, Run, read_run
from sync.scope import Caller, desa_part, mine
from sync.store import Entry
from tests.contract.people import Writer, record_id

DESA = ("33.14.01.2001", "33.14.01.2002")
WARGA, VISITS, PHOTOS = 6, 5, 3


@dataclass
class Town:
    """Phones with their chains, of which `sent` holds what was ever made."""

    rng: random.Random
    desk: Writer = field(default_factory=lambda: Writer(1, office=True))
    phones: list[Writer] = field(default_factory=list)
    sent: dict[DeviceId, list[list[Entry]]] = field(default_factory=dict)
    kept_back: list[tuple[Writer, list[Entry]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for seed in (11, 12, 13, 14):
            phone = Writer(seed)
            desa = desa_part(DESA[seed % 2], "bpnt")
            phone.parts = frozenset({desa, mine(phone.person)}) if seed != 14 else frozenset()
            self.phones.append(phone)

    def caller(self, device: DeviceId) -> Caller:
        """Say who stands behind a device; the last one was revoked."""
        everyone = (self.desk, *self.phones)
        return next(writer.caller() for writer in everyone if writer.device == device)

    def begin(self) -> tuple[Run, Caller]:
        """Return what the office itself has done before."""
        bodies: list[Body] = [
            Patch(
                record=record_id(number),
                kind="warga",
                base={},
                new={"nama": f"Warga {number}", "kode_desa": DESA[number % 2], "layanan": ["bpnt"]},
            )
            for number in range(1, WARGA)
        ]
        bodies.append(
            Patch(
                record=record_id(90),
                kind="tugas",
                base={},
                new={
                    "petugas": self.phones[0].person,
                    "sasaran": record_id(1),
                    "form": "bpnt_kpm",
                    "state": "baru",
                },
            )
        )
        return self.run_of(self.desk, [self.desk.write(body) for body in bodies]), self.desk.caller()

    def group(self) -> list[tuple[Run, Caller]]:
        """Return what several phones send at one moment."""
        group: list[tuple[Run, Caller]] = []
        while len(group) < 6:
            writer = self.rng.choice(self.phones)
            run = self.rng.choice(self.ways())(writer)
            if run is not None:
                group.append((run, writer.caller()))
        return group

    def ways(self) -> Sequence[Callable[[Writer], Run | None]]:
        """Return how a run can come about, the usual ones more often."""
        seldom = (self.again, self.leaves_a_gap, self.fills_it, self.declares, self.branches, self.twice)
        return (*[self.goes_on] * 6, *seldom, self.lacks_a_content, self.loses_a_content, self.of_the_office)

    def goes_on(self, writer: Writer) -> Run:
        """Push some new changes."""
        return self.run_of(writer, [self.write(writer) for _ in range(self.rng.randint(1, 3))])

    def again(self, writer: Writer) -> Run | None:
        """Push what was pushed before, perhaps with more."""
        before = self.sent.get(writer.device)
        return self.run_of(writer, self.rng.choice(before), new=False) if before else None

    def leaves_a_gap(self, writer: Writer) -> Run:
        """Keep some changes back, and push what comes after them."""
        self.kept_back.append((writer, [self.write(writer)]))
        return self.goes_on(writer)

    def fills_it(self, writer: Writer) -> Run | None:
        """Push what was kept back."""
        mine = [one for one in self.kept_back if one[0] is writer]
        if not mine:
            return None
        self.kept_back.remove(mine[0])
        return self.run_of(writer, mine[0][1])

    def declares(self, writer: Writer) -> Run:
        """Lose a change, and say so."""
        lost = self.write(writer)
        return self.says_lost(writer, lost, [])

    def loses_a_content(self, writer: Writer) -> Run:
        """Say so of a content whose link is still there, and perhaps find it again."""
        lost = self.write(writer)
        self.kept_back.append((writer, [lost]))
        return self.says_lost(writer, lost, [bared(lost)])

    def says_lost(self, writer: Writer, lost: Entry, left: list[Entry]) -> Run:
        """Go on behind a lost change, of which perhaps the link is left, and declare it."""
        place = lost.link.counter
        entries = [*left, self.write(writer), writer.write(Gap(first=place, last=place))]
        link, content = entries[-1].raw_link, entries[-1].content or b""
        signature = writer.key.sign(head_message(entries[-1].hash))
        return self.run_of(writer, entries, Declared(link=link, content=content, signature=signature))

    def branches(self, writer: Writer) -> Run:
        """Go on from an older place, as a phone that was restored."""
        before = [entry for run in self.sent.get(writer.device, []) for entry in run]
        if before:
            older = self.rng.choice(before)
            writer.tip = Tip(counter=older.link.counter, hash=older.hash)
        else:
            writer.tip = START
        return self.goes_on(writer)

    def twice(self, writer: Writer) -> Run | None:
        """Name a change that this or another phone pushed already."""
        everything = [entry for runs in self.sent.values() for run in runs for entry in run if entry.content]
        if not everything:
            return None
        named = self.rng.choice(everything)
        return self.run_of(writer, [writer.entry(named.link.change, named.content or b"")])

    def lacks_a_content(self, writer: Writer) -> Run:
        """Push a link whose content never came: the whole message is refused, or the office has it."""
        entry = self.write(writer)
        self.kept_back.append((writer, [entry]))
        return self.run_of(writer, [bared(entry)], new=False)

    def of_the_office(self, writer: Writer) -> Run:
        """Try what only the office may, or what nobody can read."""
        if self.rng.random() < 0.5:
            return self.run_of(writer, [writer.write(decision(writer.rng, self.visit()))])
        raw = self.rng.randbytes(20)
        return self.run_of(writer, [writer.entry(change_id(raw), raw)])

    def run_of(
        self, writer: Writer, entries: list[Entry], gap: Declared | None = None, *, new: bool = True
    ) -> Run:
        """Sign entries and read them as the office does."""
        if new:
            self.sent.setdefault(writer.device, []).append(entries)
        signature = writer.key.sign(head_message(entries[-1].hash))
        contents = [entry.content for entry in entries if entry.content is not None]
        run = read_run([entry.raw_link for entry in entries], contents, signature, gap, writer.caller())
        assert not isinstance(run, Malformed), run
        return run

    def write(self, writer: Writer) -> Entry:
        """Make one change of some kind, by its owner or, seldom, by somebody else."""
        author = PersonId("f" * 32) if self.rng.random() < 0.05 else None
        return writer.write(self.patch() if self.rng.random() < 0.5 else self.submit(), author)

    def patch(self) -> Patch:
        """Change a warga, who may be new, elsewhere, deleted, or changed by others meanwhile."""
        fields = {
            "pekerjaan": self.rng.choice(("tani", "buruh", "dagang")),
            "layanan": self.rng.choice((["bpnt"], ["bpnt", "pkh"], ["kis"])),
            "kode_desa": self.rng.choice(DESA),
            "bank": self.rng.choice(("bni", "bri")),
            "no_rekening": str(self.rng.randrange(3)),
            "dihapus": True,
        }
        names = self.rng.sample(list(fields)[:-1], self.rng.randint(1, 3))
        names += ["dihapus"] if self.rng.random() < 0.05 else []
        base = {"pekerjaan": "tani", "layanan": ["bpnt"]} if self.rng.random() < 0.5 else {}
        return Patch(
            record=record_id(self.rng.randint(1, WARGA + 1)),
            kind=self.rng.choice(("warga",) * 8 + ("ewarong",)),
            base={name: value for name, value in base.items() if name in names},
            new={name: fields[name] for name in names},
        )

    def visit(self) -> RecordId:
        """Name one of a few visits."""
        return record_id(100 + self.rng.randrange(VISITS))

    def submit(self) -> Submit:
        """Add a version to a visit, which may follow one that has not come, or will never."""
        known = [entry.link.change for runs in self.sent.values() for run in runs for entry in run]
        follows = self.rng.choice(known) if known and self.rng.random() < 0.4 else None
        if self.rng.random() < 0.1 and self.kept_back:
            follows = self.rng.choice(self.kept_back)[1][0].link.change
        photos = self.rng.sample(range(PHOTOS), self.rng.randrange(PHOTOS))
        form = "tertutup" if self.rng.random() < 0.05 else "bpnt_kpm"
        return Submit(
            visit=self.visit(),
            follows=follows,
            subject=record_id(self.rng.randint(1, WARGA)),
            form=form,
            forms={form: FormAnswers(version=1, answers={"penyalur": "bni"})},
            evidence=[
                Evidence(
                    blob=BlobId(f"{number:064x}"),
                    form=form,
                    field="foto_rumah_depan",
                    size_bytes=10,
                    media_type="image/jpeg",
                    camera_sha256="0" * 64,
                    taken_ms=0,
                )
                for number in photos
            ],
            place=None,
            tugas=record_id(90) if self.rng.random() < 0.3 else None,
        )


def bared(entry: Entry) -> Entry:
    """Return a link without its content."""
    return Entry(link=entry.link, hash=entry.hash, raw_link=entry.raw_link, content=None)


def decision(rng: random.Random, visit: RecordId) -> Decide:
    """Decide a visit, which no phone may."""
    follows = ChangeId(rng.randbytes(32))
    return Decide(visit=visit, follows=follows, decision="setujui", reasons={}, note="")
