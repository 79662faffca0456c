"""A visit as use cases, without any window. Rule: what she did is committed before the use case returns.

She starts from a task, from a search or from a returned visit; each answer, photo and page is kept as it
happens, so a dead phone loses nothing and she comes back to the same field. Expected trouble is `Refused`
with a sentence, and what she typed is kept all the same. LookupError means a draft or blob that is not
there.
"""

from collections.abc import Callable
from typing import Any, Literal

from field_app import evidence
from field_app.begin import begin, begin_new, correct, fitting_last, may_start, record_again
from field_app.bench import Bench, Spot, guarded
from field_app.draft_keys import DraftKeyError
from field_app.finalise import place_answer
from field_app.finish import findings_in, finish, mended_in, review_of
from field_app.finished import conflicts, losses, visit_view
from field_app.home import desa_here, find, home, references, task
from field_app.put_away import bring_back, put_away, those_put_away
from field_app.records import Fields, text_of
from field_app.sealed_begin import begin_sealed, correct_sealed, made_elsewhere, made_here
from field_app.search import count_subjects
from field_app.second import ClosedError
from field_app.sent import MOST_SENT
from field_app.sheets import tidy
from field_app.standing import Standing
from field_app.statement import SIGNATURE
from field_app.task_map import TaskMap, task_map
from field_app.views import (
    ConflictView,
    DraftView,
    Finalised,
    Hit,
    Home,
    Lost,
    PhotoView,
    PutAway,
    Reference,
    Refused,
    Review,
    Saved,
    Startable,
    SyncStatus,
    TaskView,
    VisitView,
)
from field_app.wanted import as_asked_now, tasks_about, why_returned
from field_app.whereabouts import Whereabouts, spot_in, stand_at, stand_on, stood
from schemas.form import Berkas, Foto, Tabel, TandaTangan
from schemas.form_values import check_value
from schemas.ids import BlobId, RecordId
from schemas.sealed import SEALED_FORM
from sync.change import FormAnswers, Place

NEWER_VERSION = "lapangan.formulir_lebih_baru"


class Visits:
    """See the module. `sync_status` is shown on the first screen; `finalised` is told when a visit is
    done.
    """

    def __init__(
        self, bench: Bench, sync_status: Callable[[], SyncStatus], finalised: Callable[[], None]
    ) -> None:
        self._bench = bench
        self._sync_status = sync_status
        self._finalised = finalised

    def home(self, most: int = MOST_SENT) -> Home:
        """Return the first screen's groups, with up to `most` visits that nothing has to be done for."""
        return home(self._bench, self._sync_status(), most)

    def on_map(self) -> TaskMap:
        """Return where the work is."""
        return task_map(self._bench)

    def search(
        self, text: str, limit: int = 50, kode_desa: str | None = None, kind: str | None = None
    ) -> tuple[Hit, ...]:
        """Find warga and e-warong, or one kind, by name or by the last digits (3 or more) of a NIK."""
        return find(self._bench, text, limit, kode_desa, kind)

    def references(self, to: str, text: str = "", limit: int = 50) -> tuple[Reference, ...]:
        """Find what a field of kind rujukan may refer to (its `to`): officers, subjects or cases."""
        return references(self._bench, to, text, limit)

    def task(self, tugas: RecordId) -> TaskView:
        """Return one task. Raises LookupError."""
        return task(self._bench, tugas)

    def person(self, subject: RecordId) -> Fields:
        """Return what this person may see of a warga or e-warong. Raises LookupError."""
        record = self._bench.records.get(subject)
        if record is None:
            raise LookupError("no such record")
        return record.fields

    def count_subjects(self) -> int:
        """Return how many warga and e-warong can be found on this phone."""
        with self._bench.vault.read() as connection:
            return count_subjects(connection)

    def standing(self, visit: RecordId) -> Standing:
        """Return where the newest version of a visit stands. Raises LookupError."""
        newest = self._bench.history.newest_of(visit)
        if newest is None:
            raise LookupError("no such visit")
        return self._bench.standings.of(newest)

    def startable(self, subject: RecordId | None = None) -> tuple[Startable, ...]:
        """Return all forms but annexes, each with whether a visit may begin with it: first what the office
        asked for about a subject, then those that may, last those that this app is too old for.
        """
        asked = tasks_about(self._bench, subject) if subject else {}
        beyond = {one.form: one for one in self._bench.published.beyond}
        known = [
            Startable(
                form=form.id,
                title=form.title,
                service=form.service,
                subject=form.subject,
                startable=(refused := may_start(self._bench, form)) is None,
                say=refused.say if refused else "",
                note=NEWER_VERSION if form.id in beyond else "",
                asked=form.id in asked,
            )
            for form in self._bench.forms.all()
            if not form.annex
        ]
        unread = beyond.keys() - set(self._bench.forms.ids())
        too_new = [
            Startable(
                form=name,
                title=beyond[name].title,
                service="",
                subject="none",
                startable=False,
                say="lapangan.formulir_tidak_dikenal",
                note=NEWER_VERSION,
            )
            for name in sorted(unread)
        ]
        return (*sorted(known, key=lambda one: (not one.startable, not one.asked)), *too_new)

    def start(self, form: str, subject: RecordId | None, tugas: RecordId | None) -> DraftView | Refused:
        """Begin a visit, or come back to the draft of the same task or subject. A sealed one begins only
        behind the second unlock; its subject is a kasus, None for a new one.
        """
        begun = guarded(lambda: self._begin(form, subject, tugas))
        return begun if isinstance(begun, Refused) else self.draft(begun)

    def start_new(self, form: str, nama: str, kode_desa: str) -> DraftView | Refused:
        """Begin a visit to somebody who is not in the list, with the name and desa that she wrote."""
        begun = guarded(lambda: begin_new(self._bench, form, nama, kode_desa))
        return begun if isinstance(begun, Refused) else self.draft(begun)

    def desa(self) -> tuple[Reference, ...]:
        """Return the desa of whom can be found here, by name, each under its kecamatan."""
        return desa_here(self._bench)

    def _begin(self, form: str, subject: RecordId | None, tugas: RecordId | None) -> str | Refused:
        bench = self._bench
        if form in bench.forms.ids() and bench.forms.get(form).privacy == "rahasia":
            return begin_sealed(bench, bench.forms.get(form), subject, tugas)
        return begin(bench, form, subject, tugas)

    def start_correction(self, visit: RecordId) -> DraftView | Refused:
        """Begin the next version of a returned visit, with its answers and photos carried over; a sealed one
        without, for they are not on this phone.
        """
        begun = guarded(lambda: self._correct(visit))
        return begun if isinstance(begun, Refused) else self.draft(begun)

    def _correct(self, visit: RecordId) -> str | Refused:
        newest = self._bench.history.newest_of(visit)
        if newest is not None and newest.form == SEALED_FORM:
            return correct_sealed(self._bench, made_here(self._bench, newest))
        record = self._bench.records.get(visit) if newest is None else None
        if record is not None and text_of(record.fields, "form") == SEALED_FORM:
            return correct_sealed(self._bench, made_elsewhere(self._bench, visit, record.fields))
        return correct(self._bench, visit)

    def visit(self, visit: RecordId) -> VisitView:
        """Return a finalised visit with where it stands and why. Raises LookupError."""
        return visit_view(self._bench, visit)

    def why_returned(self, visit: RecordId) -> Standing | None:
        """Return why a visit came back that is not on this phone, None where nothing says so."""
        return why_returned(self._bench, visit)

    def conflicts(self) -> tuple[ConflictView, ...]:
        """Return what she wrote that waits for the office's choice, and then what was chosen."""
        return tuple(conflicts(self._bench))

    def losses(self) -> tuple[Lost, ...]:
        """Return the visits that never arrived and can no longer be sent."""
        return losses(self._bench.drafts)

    def record_again(self, visit: RecordId) -> DraftView | Refused:
        """Begin a lost visit anew, with the answers and photos that are still here."""
        begun = guarded(lambda: record_again(self._bench, visit))
        return begun if isinstance(begun, Refused) else self.draft(begun)

    def draft(self, draft: str) -> DraftView:
        """Return a draft as she left it. Raises ClosedError for a sealed one while the second unlock is
        closed.
        """
        known = as_asked_now(self._bench, self._bench.known(draft))
        sheets = self._bench.read(known)
        return DraftView(
            id=known.id,
            form=known.form,
            title=sheets[known.form].form.title,
            nama=known.seen.nama,
            desa=self._bench.desa(known.seen.kode_desa),
            forms={
                name: FormAnswers(version=sheet.form.version, answers=sheet.answers)
                for name, sheet in sheets.items()
            },
            last=fitting_last(self._bench, known.seen.last, sheets),
            returned=known.seen.returned,
            note=known.seen.note,
            page=known.page,
            photos=self._bench.shown_all(draft, sheets),
            subject=known.seen.fields,
            findings=findings_in(self._bench, sheets),
            sealed=self._bench.sealed.holds(draft),
            at=spot_in(self._bench, known),
            mended=mended_in(self._bench, known, sheets),
            kode_desa=known.seen.kode_desa,
        )

    def discard(self, draft: str) -> Refused | None:
        """Put a draft away; for thirty days `restore` brings it back (put_away.py)."""
        return put_away(self._bench, draft)

    def restore(self, draft: str) -> Refused | None:
        """Bring a draft back that was put away. Raises LookupError for one that is gone."""
        return bring_back(self._bench, draft)

    def put_away(self) -> tuple[PutAway, ...]:
        """Return the drafts that can be brought back, the last put away first."""
        return those_put_away(self._bench)

    def remember_page(self, draft: str, form: str, page: int) -> Refused | None:
        """Remember where she was: the page of a form, counted over all forms of the visit."""
        shelf, now_ms = self._bench.shelf(draft), self._bench.time.now_ms()
        return guarded(lambda: shelf.touch(draft, now_ms, page))

    def stand_at(self, draft: str, screen: Literal["", "form", "review"]) -> None:
        """Remember which draft is in hand; with an empty `screen`, that none is any more."""
        stand_at(self._bench, draft, screen)

    def stand_on(self, draft: str, form: str, field: str) -> None:
        """Remember which field of it she touched. Raises ClosedError as `draft` does."""
        stand_on(self._bench, draft, form, field)

    def stood(self) -> Whereabouts | None:
        """Return where she was when the phone was last open, None when that was in no draft."""
        return stood(self._bench)

    def save(self, draft: str, form: str, field: str, value: Any) -> Saved | Refused:
        """Keep one answer, None to clear it. One of wrong shape is refused, but stays as it was typed."""
        spot = guarded(lambda: self._bench.writable(draft, form, field))
        if isinstance(spot, Refused):
            return spot
        if isinstance(spot.field, (Foto, Berkas, TandaTangan)) and not isinstance(value, dict):
            if value is None:
                return evidence.drop_photo(self._bench, draft, form, field, None)
            return Refused(say="lapangan.lewat_kamera")
        return guarded(lambda: self._save(spot, value))

    def skip(self, draft: str, form: str, field: str, reason: str) -> Saved | Refused:
        """Keep why a question is not answered."""
        spot = guarded(lambda: self._bench.writable(draft, form, field))
        if isinstance(spot, Refused):
            return spot
        value = {"skipped": reason.strip()}
        wrong = check_value(spot.field, value)
        return Refused(say=wrong) if wrong else guarded(lambda: self._bench.put(spot, value, refused=False))

    def add_photo(
        self,
        draft: str,
        form: str,
        field: str,
        camera: bytes,
        fix: Place | None,
        *,
        replaces: int | None = None,
        direction_deg: float | None = None,
    ) -> PhotoView | Refused:
        """Make evidence of a picture for a field, or for a row as it stands now (`syarat_lain[1].berkas`).

        `replaces`: the number of a shot that becomes an earlier version.
        """
        return guarded(
            lambda: evidence.add_photo(
                self._bench,
                draft,
                form,
                field,
                camera,
                fix,
                replaces=replaces,
                direction_deg=direction_deg,
            )
        )

    def drop_photo(self, draft: str, form: str, field: str, number: int) -> Saved | Refused:
        """Take a shot out of the answer; it stays as an earlier version."""
        return guarded(lambda: evidence.drop_photo(self._bench, draft, form, field, number))

    def restore_photo(self, draft: str, form: str, field: str, number: int) -> Saved | Refused:
        """Put a shot back into the answer from which it was taken out."""
        return guarded(lambda: evidence.restore_photo(self._bench, draft, form, field, number))

    def sign(self, draft: str, form: str, field: str, png: bytes) -> BlobId | Refused:
        """Keep a drawn signature; an earlier one stays as an earlier version. One under a statement is made
        where that is read out (sealed.py).
        """
        if field == SIGNATURE:
            return Refused(say="lapangan.tersegel.bacakan_dulu")
        return guarded(lambda: evidence.sign(self._bench, draft, form, field, png))

    def photo_bytes(self, blob: BlobId) -> bytes:
        """Return the bytes of a photo or signature. Raises LookupError, which a sealed one also is while the
        second unlock is closed.
        """
        try:
            return self._bench.drafts.photo_bytes(blob)
        except LookupError:
            return self._sealed_bytes(blob)

    def _sealed_bytes(self, blob: BlobId) -> bytes:
        try:
            return self._bench.sealed.photo_bytes(blob)
        except (ClosedError, DraftKeyError) as error:
            raise LookupError("not to be seen now") from error

    def review(self, draft: str) -> Review:
        """Say what a visit still lacks. Raises ClosedError as `draft` does."""
        known = as_asked_now(self._bench, self._bench.known(draft))
        return review_of(self._bench, known, self._bench.read(known))

    def finalise(self, draft: str) -> Finalised | Refused:
        """Finish a visit: what is missing stays missing, what is blocked must be mended first."""
        done = guarded(lambda: finish(self._bench, draft))
        if isinstance(done, Finalised):
            self._bench.sealed.erase()
            self._finalised()
        return done

    def _save(self, spot: Spot, value: Any) -> Saved | Refused:
        if isinstance(value, Place):
            value = place_answer(value)
        value = tidy(spot.field, value)
        wrong = check_value(spot.field, value)
        try:
            if isinstance(spot.field, Tabel):
                saved = evidence.save_rows(self._bench, spot, spot.field, value, refused=wrong is not None)
                if isinstance(saved, Refused):
                    return saved
            else:
                saved = self._bench.put(spot, value, refused=wrong is not None)
        except (TypeError, ValueError, OverflowError):
            # what cannot even be written down as it is, is kept as its text
            saved = self._bench.put(spot, str(value)[:2000], refused=True)
            wrong = wrong or "aturan.bentuk_salah"
        return Refused(say=wrong) if wrong else saved
