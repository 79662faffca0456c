"""Where a finalised visit stands. Rule: never a better word than what the office has confirmed.

| word | when |
|---|---|
| dimusnahkan | the office destroyed it, and nothing of it is left here |
| hilang | it could not be read any more before it arrived, and that was declared |
| menunggu_kirim | the office's last answer did not cover its link |
| terkirim | the link is there, but not yet a receipt for every blob, or the change is held |
| diterima | the change was taken and every blob has a receipt |
| konflik | a conflict of it is open at the office |
| tidak_diterima | the office keeps it, but could not take it in: `problem` says why and what to do |
| dikembalikan, disetujui, ditolak, ditahan | the office's word on this very version |
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from field_app.blobs import DITERIMA, LOST, Blobs
from field_app.drafts import Draft, Drafts
from field_app.records import Fields, Records
from field_app.store import Store
from schemas.base import Data
from schemas.ids import ChangeId, RecordId
from schemas.problem import TEXTS
from schemas.wire import Applied, Conflict, Held, Outcome, Rejected
from sync.losses import DESTROYED

DECIDED = frozenset({"dikembalikan", "disetujui", "ditolak", "ditahan"})
WAITS = "lapangan.menunggu_lain"
CHANGES_LOST = "lapangan.perubahan_hilang"
SUBJECT_GONE = "lapangan.sasaran_dimusnahkan"
CURABLE = frozenset({"isi_tidak_terbaca", "form_tidak_dikenal", "form_utama_kurang", "alur_tidak_dikenal"})
"""Refusals of an office that was older than this app: once it is newer, it may judge otherwise."""


class Standing(Data, frozen=True, kw_only=True):
    """A status word, with the office's reasons by field or blob, its note, and a text key of a problem.

    `conflicts` are those still open that any version of the visit raised, `chosen` how many of them the
    office has ended; `waits` what a held change waits for (a record or change, as hex); `lost_photos` how
    many photos of it can never be sent. `again`: asking the office once more may help.
    """

    status: str
    reasons: dict[str, str] = {}
    note: str = ""
    problem: str = ""
    conflicts: tuple[RecordId, ...] = ()
    chosen: int = 0
    waits: str = ""
    lost_photos: int = 0
    again: bool = False


class Standings:
    """Works out the standing of visits from what was pulled and received."""

    def __init__(self, store: Store, drafts: Drafts, blobs: Blobs, records: Records) -> None:
        self._store = store
        self._drafts = drafts
        self._blobs = blobs
        self._records = records

    def of(self, version: Draft) -> Standing:
        """Return where one finalised version stands. Raises LookupError for a draft."""
        if version.change is None:
            raise LookupError("not finalised")
        raised = self._drafts.changes_of(version.visit)
        told = self._store.outcomes(raised)
        changes = [change for change in (version.patch, version.change) if change is not None]
        outcomes = {change: told[change] for change in changes if change in told}
        place = self._store.place_of(version.change)
        arrived = place is not None and place <= self._store.acknowledged().counter
        gone = self._gone(version.change, outcomes.get(version.change), arrived=arrived)
        if gone is not None:
            return gone
        conflicts = self._conflicts(told[change] for change in raised if change in told)
        open_still = tuple(name for name in conflicts if self._is_open(name))
        names = self._drafts.blobs_of(version.id)
        stored = self._blobs.of(names)
        lost = sum(1 for name in names if name not in stored or stored[name].gone == LOST)
        sent = Standing(
            status="terkirim",
            conflicts=open_still,
            chosen=len(conflicts) - len(open_still),
            lost_photos=lost,
        )
        decided = decision_on(version.change, self._row(version.visit))
        if decided is not None:
            return replace(sent, status=decided.status, reasons=decided.reasons, note=decided.note)
        if not arrived:
            return replace(sent, status="menunggu_kirim")
        about = outcomes.get(version.patch) if version.patch is not None else None
        is_about_nobody = isinstance(about, Rejected) and about.problem == DESTROYED
        judged = [each for name, each in outcomes.items() if not (is_about_nobody and name == version.patch)]
        refused = next((each for each in judged if isinstance(each, Rejected)), None)
        if refused is not None:
            why, again = f"{TEXTS}.{refused.problem}", refused.problem in CURABLE
            return replace(sent, status="tidak_diterima", problem=why, again=again, chosen=0)
        if open_still:
            return replace(sent, status="konflik")
        held = next((each for each in outcomes.values() if isinstance(each, Held)), None)
        if held is not None:
            return replace(sent, problem=WAITS, waits=held.waiting)
        if version.patch is not None and version.patch not in outcomes and self._why_lost(version.patch):
            return replace(sent, problem=CHANGES_LOST)
        if is_about_nobody:  # the visit came after it, and stands by itself until somebody decides on it
            sent = replace(sent, problem=SUBJECT_GONE)
        received = all(name in stored and stored[name].state == DITERIMA for name in names)
        settled = len(outcomes) == len(changes)
        return replace(sent, status="diterima") if received and settled else sent

    def _gone(self, change: ChangeId, outcome: Outcome | None, *, arrived: bool) -> Standing | None:
        """Return how a version stands that is not there any more: destroyed, or lost before it arrived."""
        if isinstance(outcome, Rejected) and outcome.problem == DESTROYED:
            return Standing(status="dimusnahkan", problem=f"{TEXTS}.{DESTROYED}")
        if arrived and isinstance(outcome, Applied | Conflict):
            return None
        why = self._why_lost(change)
        return Standing(status="hilang", problem=f"lapangan.kunjungan_{why}") if why else None

    def _why_lost(self, change: ChangeId) -> str:
        """Return how a change was declared lost, hilang or tidak_kembali; empty for one that was not."""
        why = self._store.gone([change]).get(change, "")
        return why if why in ("hilang", "tidak_kembali") else ""

    def _conflicts(self, outcomes: Iterable[Outcome]) -> tuple[RecordId, ...]:
        """Return the conflicts among the outcomes of all versions of a visit."""
        raised = [name for each in outcomes if isinstance(each, Conflict) for name in each.ids]
        return tuple(dict.fromkeys(raised))

    def _is_open(self, conflict: RecordId) -> bool:
        """Say whether nobody has resolved it. One that the office has not shown yet counts as open: a later
        clean sync does not make it forgotten.
        """
        row = self._records.get(conflict)
        return row is None or row.fields.get("state") != "selesai"

    def _row(self, visit: RecordId) -> Fields | None:
        found = self._records.get(visit)
        return found.fields if found and found.kind == "kunjungan" else None


def decision_on(change: ChangeId, row: Fields | None) -> Standing | None:
    """Return the office's word on a version, None while it has none, or when it was about an older
    version: also one that opened nothing when it came, as its worker was not on duty then.
    """
    if row is None or row.get("state") not in DECIDED:
        return None
    versions: list[Mapping[str, Any]] = row.get("versions") or []
    if not versions or versions[-1].get("change") != change.hex():
        return None
    if 0 < (row.get("decided_ms") or 0) < (versions[-1].get("received_ms") or 0):
        return None
    reasons = {str(name): str(why) for name, why in dict(row.get("reasons") or {}).items()}
    return Standing(status=row["state"], reasons=reasons, note=str(row.get("note") or ""))


def passed_over_ms(change: ChangeId, row: Fields) -> int:
    """Return when the office let its word stand though this version, or one after it, came later than that;
    0 where it did not. Nobody is told: it is no word on the version.
    """
    versions: list[Mapping[str, Any]] = row.get("versions") or []
    if change.hex() not in {version.get("change") for version in versions}:
        return 0
    left_ms = row.get("left_ms") or 0
    return left_ms if left_ms >= (versions[-1].get("received_ms") or 0) else 0
