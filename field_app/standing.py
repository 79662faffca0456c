"""Where a finalised visit stands. Rule: never a better word than what the office has confirmed.

| word | when |
|---|---|
| menunggu_kirim | the office's last answer did not cover its link |
| terkirim | the link is there, but not yet a receipt for every blob, or the change is held |
| diterima | the change was taken and every blob has a receipt |
| konflik | a conflict of it is open at the office |
| dikembalikan, disetujui, ditolak, ditahan | the office's word on this very version |
"""

from collections.abc import Mapping
from typing import Any

from field_app.blobs import DITERIMA, Blobs
from field_app.drafts import Draft, Drafts
from field_app.records import Fields, Records
from field_app.store import Store
from schemas.base import Data
from schemas.ids import ChangeId, RecordId
from schemas.problem import TEXTS
from schemas.wire import Conflict, Held, Outcome, Rejected

DECIDED = frozenset({"dikembalikan", "disetujui", "ditolak", "ditahan"})


class Standing(Data, frozen=True, kw_only=True):
    """A status word, with the office's reasons by field or blob, its note, and a text key of a problem."""

    status: str
    reasons: dict[str, str] = {}
    note: str = ""
    problem: str = ""


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
        decided = decision_on(version.change, self._row(version.visit))
        if decided is not None:
            return decided
        changes = [change for change in (version.patch, version.change) if change is not None]
        outcomes = self._store.outcomes(changes)
        if self._store.counter_of(version.change) > self._store.acknowledged().counter:
            return Standing(status="menunggu_kirim")
        for outcome in outcomes.values():
            if isinstance(outcome, Rejected):
                return Standing(status="ditolak", problem=f"{TEXTS}.{outcome.problem}")
        if any(self._is_open(outcome) for outcome in outcomes.values()):
            return Standing(status="konflik")
        names = self._drafts.blobs_of(version.id)
        stored = self._blobs.of(names)
        received = all(name in stored and stored[name].state == DITERIMA for name in names)
        settled = len(outcomes) == len(changes)
        held = any(isinstance(outcome, Held) for outcome in outcomes.values())
        return Standing(status="diterima" if received and settled and not held else "terkirim")

    def _is_open(self, outcome: Outcome) -> bool:
        if not isinstance(outcome, Conflict):
            return False
        rows = [self._records.get(name) for name in outcome.ids]
        return any(row is None or row.fields.get("state") != "selesai" for row in rows)

    def _row(self, visit: RecordId) -> Fields | None:
        found = self._records.get(visit)
        return found.fields if found and found.kind == "kunjungan" else None


def decision_on(change: ChangeId, row: Fields | None) -> Standing | None:
    """Return the office's word on a version, None while it has none, or when it was about an older
    version.
    """
    if row is None or row.get("state") not in DECIDED:
        return None
    versions: list[Mapping[str, Any]] = row.get("versions") or []
    if not versions or versions[-1].get("change") != change.hex():
        return None
    reasons = {str(name): str(why) for name, why in dict(row.get("reasons") or {}).items()}
    return Standing(status=row["state"], reasons=reasons, note=str(row.get("note") or ""))
