"""Lost phones, and orders to wipe. Rule: a report takes the phone's rights in the same transaction; a wipe
takes two people of two roles; all of it is in the office's chain, and none of it names a person of the data.

The 3 × 24 hours run from the moment of knowing (UU 27/2022, ps. 46). A lost phone is never given its rights
back: found again, it joins anew.
"""

from collections.abc import Callable

from schemas.base import Data, decode, encode
from schemas.device_word import ORDER_BYTES
from schemas.ids import DeviceId, PersonId, RecordId
from server import device_store, lost_store, trail_store
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.lost_store import LOST, ORDERED, Lost, Wipe
from server.services.incident_clock import Deadline, deadline
from server.services.looks import note_looks
from server.services.lost_facts import Facts, facts_of
from server.services.people import Actor
from server.store import SqlOfficeStore
from sync.change import Accessed, Patch
from sync.store import Record

OUTCOMES = ("ditemukan", "dihapus", "tidak_kembali")
MOST_STORY = 1_000
"""Characters in a story, a reason or a note."""
LETTERS = "surat_pemberitahuan"
"""What letters to those concerned are looked at for, in the office's chain."""


class LostPhone(Data, frozen=True, kw_only=True):
    """One report as it stands now; `clock` is done when both those concerned and the authority were told."""

    lost: Lost
    facts: Facts
    clock: Deadline
    wipes: tuple[Wipe, ...]


class NotDone(Data, frozen=True, kw_only=True):
    """Why nothing was done: a key under `kantor.hilang.masalah`."""

    why: str


class LostPhones:
    """The use cases. Each blocks its thread; `randomness(n)` gives n random bytes."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._now_ms, self._randomness = engine, office, now_ms, randomness

    def report(self, by: Person, device: DeviceId, known_ms: int, story: str) -> str | NotDone:
        """Report a phone lost, take its rights at once, and return the report's id.

        `known_ms` is when the office came to know, which may have been before now and not after.
        """
        now = self._now_ms()
        if not may(by, "report_lost"):
            return NotDone(why="bukan_wewenang")
        if known_ms > now or not 0 < len(story.strip()) <= MOST_STORY:
            return NotDone(why="waktu" if known_ms > now else "cerita")

        def work(tx: Writer) -> str | NotDone:
            if device_store.device(tx, device) is None:
                return NotDone(why="perangkat")
            if any(each.device == device and each.closed_ms is None for each in lost_store.lost_phones(tx)):
                return NotDone(why="sudah_dilaporkan")
            name = self._randomness(16).hex()
            lost = Lost(
                id=name,
                device=device,
                known_ms=known_ms,
                reported_by=by.id,
                story=story.strip(),
                facts=encode(facts_of(tx, device)),
            )
            lost_store.add_lost(tx, lost)
            device_store.revoke(tx, device, now)
            self._record(tx, by.id, LOST, name, perangkat=device, diketahui_ms=known_ms, state="dilaporkan")
            return name

        trail_store.let_catch_up(self._engine)  # it tells what her phone could hold before
        return self._engine.write(work).result()

    def facts(self, device: DeviceId) -> Facts:
        """Say what a phone has, as a report of now would."""
        trail_store.let_catch_up(self._engine)
        return self._engine.read(lambda tx: facts_of(tx, device))

    def order(self, by: Person, device: DeviceId, reason: str) -> str | NotDone:
        """Order a phone to be wiped; it hears nothing until somebody else approves. Return its id."""
        if not may(by, "order_wipes"):
            return NotDone(why="bukan_wewenang")
        if not 0 < len(reason.strip()) <= MOST_STORY:
            return NotDone(why="alasan")
        now = self._now_ms()

        def work(tx: Writer) -> str | NotDone:
            if device_store.device(tx, device) is None:
                return NotDone(why="perangkat")
            if any(wipe.is_open for wipe in lost_store.wipes(tx, device)):
                return NotDone(why="sudah_diperintahkan")
            name = self._randomness(ORDER_BYTES).hex()
            wipe = Wipe(id=name, device=device, reason=reason.strip(), ordered_by=by.id, ordered_ms=now)
            lost_store.add_wipe(tx, wipe)
            self._record(tx, by.id, ORDERED, name, perangkat=device, alasan=wipe.reason, state="diminta")
            return name

        return self._engine.write(work).result()

    def approve(self, by: Person, name: str) -> NotDone | None:
        """Approve an order that somebody else gave. The phone's sessions end, so that it asks anew."""
        if not may(by, "approve_wipes"):
            return NotDone(why="bukan_wewenang")
        now = self._now_ms()

        def work(tx: Writer) -> NotDone | None:
            wipe = lost_store.wipe(tx, name)
            if wipe is None or not wipe.is_open or wipe.approved_ms is not None:
                return NotDone(why="perintah")
            if wipe.ordered_by == by.id:
                return NotDone(why="orang_yang_sama")
            lost_store.approve_wipe(tx, name, by.id, now)
            device_store.revoke(tx, wipe.device, now)
            self._record(tx, by.id, ORDERED, name, was="diminta", state="disetujui")
            return None

        return self._engine.write(work).result()

    def withdraw(self, by: Person, name: str) -> NotDone | None:
        """Take an order back that the phone has not been told of: whatever it was told it carries out."""
        if not (may(by, "order_wipes") or may(by, "approve_wipes")):
            return NotDone(why="bukan_wewenang")
        now = self._now_ms()

        def work(tx: Writer) -> NotDone | None:
            wipe = lost_store.wipe(tx, name)
            if wipe is None or not wipe.is_open or wipe.told_ms is not None or wipe.handed_ms is not None:
                return NotDone(why="perintah")
            lost_store.withdraw_wipe(tx, name, now)
            was = "disetujui" if wipe.approved_ms else "diminta"
            self._record(tx, by.id, ORDERED, name, was=was, state="ditarik")
            return None

        return self._engine.write(work).result()

    def told(self, by: Person, name: str, whom: str) -> NotDone | None:
        """Note that the letters to those concerned (`warga`) or to the authority (`lembaga`) went out."""
        if not may(by, "close_lost") or whom not in ("warga", "lembaga"):
            return NotDone(why="bukan_wewenang")
        now = self._now_ms()

        def work(tx: Writer) -> NotDone | None:
            lost = lost_store.lost_phone(tx, name)
            if lost is None or lost.closed_ms is not None:
                return NotDone(why="laporan")
            note = lost_store.note_subjects_told if whom == "warga" else lost_store.note_authority_told
            note(tx, name, now)
            self._record(tx, by.id, LOST, name, None, **{f"diberitahu_{whom}_ms": now})
            return None

        return self._engine.write(work).result()

    def close(self, by: Person, name: str, outcome: str, note: str = "") -> NotDone | None:
        """Close a report, when those concerned and the authority were told.

        A phone that was found again may have been in no stranger's hands: a note says why nobody was told.
        """
        if not may(by, "close_lost"):
            return NotDone(why="bukan_wewenang")
        now, note = self._now_ms(), note.strip()

        def work(tx: Writer) -> NotDone | None:
            lost = lost_store.lost_phone(tx, name)
            if lost is None or lost.closed_ms is not None or outcome not in OUTCOMES:
                return NotDone(why="laporan")
            if len(note) > MOST_STORY:
                return NotDone(why="alasan")
            told = lost.subjects_told_ms is not None and lost.authority_told_ms is not None
            if not told and not (outcome == "ditemukan" and note):
                return NotDone(why="belum_diberitahu")
            lost_store.close_lost(tx, name, by.id, outcome, note, now)
            more = {"catatan": note} if note else {}
            self._record(tx, by.id, LOST, name, was="dilaporkan", state="ditutup", hasil=outcome, **more)
            return None

        return self._engine.write(work).result()

    def concerned(self, by: Person, name: str) -> list[Record] | NotDone:
        """Return the records of those whose data was on a lost phone, for letters to them; on record."""
        if not may(by, "print_notices"):
            return NotDone(why="bukan_wewenang")

        def work(tx: Writer) -> list[Record] | NotDone:
            lost = lost_store.lost_phone(tx, name)
            if lost is None:
                return NotDone(why="laporan")
            note_looks(tx, self._office, by.id, Accessed(subject=RecordId(name), purpose=LETTERS))
            who = decode(lost.facts, Facts).who
            known = SqlOfficeStore.reading(tx).records(who)
            return [known[each] for each in who if each in known]

        return self._engine.write(work).result()

    def all(self) -> list[LostPhone]:
        """Return all reports, open ones first, and among them the most urgent."""
        now = self._now_ms()
        found = self._engine.read(lambda tx: [_seen(tx, each, now) for each in lost_store.lost_phones(tx)])
        return sorted(found, key=lambda each: (each.lost.closed_ms is not None, each.clock.until_ms))

    def one(self, name: str) -> LostPhone | None:
        """Return one report."""
        now = self._now_ms()

        def look(tx: Reader) -> LostPhone | None:
            lost = lost_store.lost_phone(tx, name)
            return _seen(tx, lost, now) if lost else None

        return self._engine.read(look)

    def waiting_wipes(self) -> list[Wipe]:
        """Return the orders that nobody approved yet, the newest first."""
        found = self._engine.read(lost_store.all_wipes)
        return [wipe for wipe in found if wipe.is_open and wipe.approved_ms is None]

    def wipes(self, device: DeviceId) -> list[Wipe]:
        """Return the orders to wipe one phone, the newest first."""
        return self._engine.read(lambda tx: lost_store.wipes(tx, device))

    def _record(
        self, tx: Writer, by: PersonId, kind: str, name: str, was: str | None = None, **new: object
    ) -> None:
        base = {"state": was} if "state" in new else {}
        self._office.act_in(tx, by, [Patch(record=RecordId(name), kind=kind, base=base, new=dict(new))])


def _seen(tx: Reader, lost: Lost, now_ms: int) -> LostPhone:
    told = (lost.subjects_told_ms, lost.authority_told_ms)
    done = max(each for each in told if each is not None) if None not in told else None
    return LostPhone(
        lost=lost,
        facts=decode(lost.facts, Facts),
        clock=deadline(lost.known_ms, now_ms, done),
        wipes=tuple(lost_store.wipes(tx, lost.device)),
    )
