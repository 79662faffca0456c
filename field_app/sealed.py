"""What screens ask about sealed cases besides the visits themselves.

Rule: without the second unlock, nothing.
"""

from field_app.bench import Bench, guarded
from field_app.keys import Locked, PinGone
from field_app.records import Fields, text_of
from field_app.sealed_begin import NEW_CASE_FORMS
from field_app.sealed_notes import assignment_of, reasons_of
from field_app.second import Second
from field_app.statement import sign_statement, statement_of
from field_app.views import CaseView, Refused, Statement, UnitView
from schemas.ids import BlobId, RecordId
from schemas.sealed_notes import Assignment, Reasons
from schemas.words import unit_words
from schemas.workflow import Workflow

SERVICE = "ktkpm"
CLOSED = "draf/tertutup"
"""The codes of sealed drafts that nothing opens any more, as of the last second unlock, for the office."""


class Sealed:
    """See the module; of one open vault. `workflow` is that of the sealed cases."""

    def __init__(self, bench: Bench, second: Second, workflow: Workflow) -> None:
        self._bench, self._second, self._workflow = bench, second, workflow

    def unlock(self, pin: str) -> Locked | PinGone | Refused | None:
        """Open with the PIN; None when it is open. Wrong tries count with those of the first unlock.

        What does not open then is noted, for the office to be told (custody.py); on a full phone it is noted
        at a later unlock.
        """
        outcome = self._second.unlock(pin)
        if outcome is None:
            guarded(self._note_closed)
        return outcome

    def _note_closed(self) -> None:
        closed, store = self._bench.sealed.closed_for_good(), self._bench.store
        if closed != store.get(CLOSED, list[str], []):
            store.put(CLOSED, closed)

    def lock(self) -> None:
        """Close it now."""
        self._second.lock()

    def touch(self) -> None:
        """Somebody touches the screen: the minute begins anew, unless it was over."""
        if self._second.is_open():
            self._second.touch()

    def left_s(self) -> int:
        """Return how many seconds are left without a touch; 0 when it is closed."""
        return self._second.left_s()

    def is_sealed(self, draft: str) -> bool:
        """Say whether a draft is of a sealed case."""
        return self._bench.sealed.holds(draft)

    def begins_case(self, form: str) -> bool:
        """Say whether a case may begin with this form."""
        return form in NEW_CASE_FORMS

    def reasons(self, visit: RecordId) -> Reasons | Refused:
        """Return why a visit came back."""
        found = guarded(lambda: reasons_of(self._bench, visit))
        return Refused(say="lapangan.tersegel.alasan_tidak_terbaca") if found is None else found

    def assignment(self, tugas: RecordId) -> Assignment | Refused:
        """Return what a task is about."""
        found = guarded(lambda: assignment_of(self._bench, tugas))
        return Refused(say="lapangan.tersegel.tugas_tidak_terbaca") if found is None else found

    def statement(self, draft: str) -> Statement | Refused:
        """Return the statement as it stands now, to be read out before it is signed."""
        return guarded(lambda: statement_of(self._bench, draft))

    def sign_statement(self, draft: str, png: bytes) -> BlobId | Refused:
        """Keep a drawn signature under the statement as it stands now, with its text."""
        return guarded(lambda: sign_statement(self._bench, draft, png))

    def cases(self) -> tuple[CaseView, ...]:
        """Return this officer's own cases, by code; those that only stand in this phone's chain too."""
        bench = self._bench
        found = {
            name: fields
            for name, fields in bench.records.of_kind("kasus").items()
            if text_of(fields, "kode") and fields.get("petugas") == bench.owner.person
        }
        codes = {name: text_of(fields, "kode") for name, fields in found.items()}
        for version in bench.history.sealed():
            if version.subject is not None and version.number.startswith("KS-"):
                codes.setdefault(version.subject, version.number)
        return tuple(
            CaseView(id=name, kode=code, state=self._state(found.get(name, {})))
            for name, code in sorted(codes.items(), key=lambda item: item[1])
        )

    def _state(self, fields: Fields) -> str:
        state = self._workflow.states.get(text_of(fields, "state"))
        return state.label if state else ""

    def unit(self) -> UnitView:
        """Say whether cases can be sealed, with the words of the unit's identity to compare with the
        paper.
        """
        state = self._bench.unit.state(SERVICE)
        return UnitView(
            problem=state.problem,
            offered=unit_words(state.offered) if state.offered else (),
            pinned=unit_words(state.pinned) if state.pinned else (),
        )

    def pin_unit(self, words: tuple[str, ...]) -> UnitView:
        """Believe the identity whose words these are: they were compared with the paper. One that changed
        since the words were shown is not pinned.
        """
        offered = self._bench.unit.offered()
        if offered and unit_words(offered) == words:
            self._bench.unit.pin(offered)
        return self.unit()
