"""A phone in memory with invented people: for pictures of the screens, and for tests of the screens alone.

Rule: it answers as the use cases do, through the same forms and checks, and keeps nothing. All NIKs begin
331499,
a kecamatan that does not exist.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from field_app.forgetting import Keeping
from field_app.ui.sample_data import NOW_MS
from field_app.ui.sample_drafts import filled_draft
from field_app.ui.sample_sealed import SampleSealed
from field_app.ui.sample_visits import SampleVisits
from field_app.views import AnswerRead, HandedOver, PhoneUser, Refused, SyncItem, SyncStatus, Waiting
from schemas.form import load_forms
from schemas.text import Text, load_text
from schemas.wilayah import load_wilayah

__all__ = ["SamplePhone", "SampleSettings", "SampleWorker", "filled_draft"]


@dataclass
class SampleSettings:
    """As the vault keeps them."""

    text_scale: float = 1.0
    dark: bool = False
    wifi_only: bool = True
    keeping: Keeping = field(default_factory=lambda: Keeping(most_bytes=512 * 1024 * 1024, keep_days=30))
    lock_minutes: int = 5
    lock_when_left: bool = True


class SampleWorker:
    """Says what it is told."""

    def __init__(self, visits: SampleVisits) -> None:
        self._visits = visits
        self.listener: Any = None
        self.asked = 0
        self.asked_again: list[str | None] = []

    def ask_again(self, visit: str | None = None) -> None:
        """Remember about what it was asked."""
        self.asked_again.append(visit)

    def sync_soon(self) -> None:
        """Remember that it was asked."""
        self.asked += 1

    def sync_now(self) -> None:
        """Remember that it was asked."""
        self.asked += 1

    def status(self) -> SyncStatus:
        """As set."""
        return self._visits.status

    def items(self) -> tuple[SyncItem, ...]:
        """One of each state."""
        if not (self._visits.status.data_pending or self._visits.status.photos_pending):
            return ()
        rows = (
            ("data", "Kunjungan Marsih · Desa Jati", "menunggu_kirim", 0, ""),
            ("data", "Kunjungan Kasiyem · Desa Banaran", "terkirim", 0, ""),
            ("data", "Slamet · RW-2026-0037-KSTP", "tidak_diterima", 100, "masalah.form_tidak_dikenal"),
            ("data", "Paiman · RW-2026-0040-KSTP", "terkirim", 100, "lapangan.menunggu_lain"),
            ("foto", "Foto rumah tampak depan · Marsih", "menunggu_kirim", 62, ""),
            ("foto", "Foto KK · Marsih", "menunggu_kirim", 0, ""),
            ("foto", "Foto rumah tampak depan · Kasiyem", "diterima", 0, ""),
        )
        return tuple(
            SyncItem(
                id=str(n), kind=kind, title=title, status=status, percent=percent, problem=problem,
                again=status == "tidak_diterima", visit=f"k{n}",
                waits_for="Slamet · RW-2026-0037-KSTP" if problem == "lapangan.menunggu_lain" else "",
                handed_ms=NOW_MS - 86_400_000 if status == "menunggu_kirim" and not percent else None,
            )
            for n, (kind, title, status, percent, problem) in enumerate(rows)
        )  # fmt: skip


class SampleHandover:
    """Has written one file, and knows what to answer."""

    def __init__(self, visits: SampleVisits) -> None:
        self._visits = visits

    def last(self) -> HandedOver | None:
        """One of yesterday; none where nothing waits."""
        if not self._visits.status.data_pending:
            return None
        path = Path("/media/retno/FLASHDISK/sambang-8f3a21c4-0003.smb")
        return HandedOver(path=path, written_ms=NOW_MS - 86_400_000, data=2, photos=5)

    def write(self, folder: Path, progress: Any) -> HandedOver:
        """Write nothing, and say so as if."""
        progress(1.0)
        path = folder / "sambang-8f3a21c4-0004.smb"
        return HandedOver(path=path, written_ms=NOW_MS, data=2, photos=5)

    def read(self, path: Path, progress: Any) -> AnswerRead:
        """As the office answers."""
        progress(1.0)
        return AnswerRead(data=2, photos=5, rows=12)


class SampleNewAddress:
    """An office that moved to 10.1.2.9."""

    present, looks = "https://10.1.2.3:8314", False
    refused: Refused | None = None

    def go(self, text: str) -> Refused | None:
        """It is nowhere else."""
        if "10.1.2.9" in text:
            self.present = text.split()[0]
        else:
            where = {"alamat": text.split()[0]}
            self.refused = Refused(say="lapangan.pindah.tidak_menjawab", values=where)
        return None


class SamplePhone:
    """All of it."""

    def __init__(self, state: str = "terbuka", empty: bool = False, text: Text | None = None) -> None:
        self.forms = load_forms()
        self.wilayah = load_wilayah()
        self.text = text or load_text()
        self.visits = SampleVisits(self.forms, self.wilayah, empty)
        self.worker = SampleWorker(self.visits)
        self.handover = SampleHandover(self.visits)
        self.sealed = SampleSealed(self.visits, self.forms, self.text)
        self.new_address = SampleNewAddress()
        self.settings = SampleSettings()
        self._state = state
        self.tries_left = 10
        self.waits: Waiting | None = None
        self.lets_in: Any = None
        self.chosen = ""
        self.people: tuple[PhoneUser, ...] = (PhoneUser(id="", number=1, sign="", ready=True),)
        self.pin = "246810"
        self.shuffled_pin = self.kept_sealed = False

    def state(self) -> str:
        """baru, terkunci or terbuka."""
        return self._state

    def users(self) -> tuple[PhoneUser, ...]:
        """One of two chose no sign."""
        return self.people

    def choose(self, user: str) -> None:
        """Turn to another's vault."""
        ready = next(one.ready for one in self.people if one.id == user)
        self.chosen = user
        self._state = "terkunci" if ready else "baru"

    def add_user(self, sign: str) -> Refused | None:
        """Begin with an empty folder."""
        self._state = "baru"
        self.people = (*self.people, PhoneUser(id="petugas-9", number=9, sign=sign, ready=False))
        return None

    def join(self, address: str, code: str) -> Any:
        """Any code but one that is used."""
        if "TERPAKAI" in code:
            return Refused(say="lapangan.alamat_salah")
        self.waits = Waiting(address=address, words=("kursi", "layang", "pisang", "sungai"))
        return self.waits

    def waiting(self) -> Any:
        """Whether it waits for the office."""
        return self.waits

    def ask_joined(self) -> Any:
        """As the office says: `lets_in`."""
        return self.lets_in or self.waits

    def give_up(self) -> None:
        """Wait no more."""
        self.waits = None

    def finish(self, pin: str) -> Any:
        """Set a PIN."""
        self._state = "terbuka"
        return SampleEnrolled()

    def unlock(self, pin: str) -> Any:
        """The PIN is 246810 until it is changed."""
        if pin == self.pin:
            self._state = "terbuka"
            return None
        self.tries_left -= 1
        return _Wrong(self.tries_left, 0)

    def tries(self) -> Any:
        """How many are left."""
        return _Wrong(self.tries_left, 0)

    def rescue(self, code: str, pin: str, lose_sealed: bool = False) -> str | Refused:
        """Open by the office's code."""
        if refused := self.check_code(code, lose_sealed):
            return refused
        self._state = "terbuka"
        return "M9XD-41TZ"

    def check_code(self, code: str, lose_sealed: bool = False) -> Refused | None:
        """The office's code is K7Q2; R7Q2 opens no sealed drafts."""
        if code not in ("K7Q2", "R7Q2"):
            return Refused(say="lapangan.kode_salah")
        if code == "R7Q2" and not lose_sealed:
            return Refused(say="lapangan.tersegel.tidak_ikut_terbuka", values={"jumlah": "2"})
        return None

    def used_bytes(self) -> int:
        """A few hundred photos."""
        return 143 * 1024 * 1024

    def change_pin(self, pin: str, fresh: str) -> Any:
        """The old one must be right."""
        if wrong := self.check_pin(pin):
            return wrong
        self.pin = fresh
        return None

    def check_pin(self, pin: str) -> Any:
        """One try."""
        if pin == self.pin:
            return None
        self.tries_left -= 1
        return _Wrong(self.tries_left, 0)

    def wipe_due(self) -> bool:
        """No order ever comes."""
        return False

    def left_sealed(self) -> bool:
        """As after a wipe, where a test says so."""
        return self.kept_sealed

    def lock(self) -> None:
        """Close."""
        self._state = "terkunci"


@dataclass
class SampleEnrolled:
    """As field_app.enrol.Enrolled."""

    office: str = "Dinas Sosial Kabupaten Sragen"
    person_name: str = "Retno Wulandari"
    person_code: str = "RW"
    roles: tuple[str, ...] = ("pendamping",)
    rescue_code: str = "K7Q2-M9XD-41TZ-8RHB"
    for_development: bool = True


@dataclass
class _Wrong:
    tries_left: int
    wait_s: int
