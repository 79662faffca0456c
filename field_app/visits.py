"""A visit as use cases, without any window. Rule: what she did is committed before the use case returns.

She starts from a task, from a search or from a returned visit; each answer, photo and page is kept as it
happens, so a dead phone loses nothing and she comes back to the same field. Expected trouble is `Refused`
with a sentence, and what she typed is kept all the same. LookupError means a draft or blob that is not
there.
"""

from collections.abc import Callable
from typing import Any

from field_app import evidence
from field_app.begin import begin, correct, may_start, record_again
from field_app.bench import Bench, Spot, guarded
from field_app.drafts import Draft
from field_app.finalise import (
    end_time,
    named_photos,
    number_of,
    patch_of,
    place_answer,
    submit_of,
)
from field_app.finished import conflicts, losses, visit_view
from field_app.home import find, home, newest_versions, references, task
from field_app.records import Fields
from field_app.search import count_subjects
from field_app.sheets import Sheet, findings, tidy
from field_app.standing import Standing
from field_app.views import (
    ConflictView,
    DraftView,
    Finalised,
    Hit,
    Home,
    Listed,
    Lost,
    PhotoView,
    Reference,
    Refused,
    Review,
    Saved,
    Startable,
    SyncStatus,
    TaskView,
    VisitView,
)
from schemas.form import Berkas, Foto, Tabel, TandaTangan
from schemas.form_values import check_value
from schemas.format import local_date
from schemas.ids import BlobId, RecordId
from schemas.wire import MAX_CONTENT_BYTES
from sync.change import FormAnswers, Place


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

    def home(self) -> Home:
        """Return the first screen's groups."""
        return home(self._bench, self._sync_status())

    def search(self, text: str, limit: int = 50, kode_desa: str | None = None) -> tuple[Hit, ...]:
        """Find warga and e-warong by name or by the last digits (three or more) of a NIK."""
        return find(self._bench, text, limit, kode_desa)

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
        newest = newest_versions(self._bench).get(visit)
        if newest is None:
            raise LookupError("no such visit")
        return self._bench.standings.of(newest)

    def startable(self) -> tuple[Startable, ...]:
        """Return all forms but annexes, each with whether a visit may begin with it."""
        return tuple(
            Startable(
                form=form.id,
                title=form.title,
                subject=form.subject,
                startable=(refused := may_start(self._bench, form)) is None,
                say=refused.say if refused else "",
            )
            for form in self._bench.forms.all()
            if not form.annex
        )

    def start(self, form: str, subject: RecordId | None, tugas: RecordId | None) -> DraftView | Refused:
        """Begin a visit, or come back to the draft of the same task or subject."""
        begun = guarded(lambda: begin(self._bench, form, subject, tugas))
        return begun if isinstance(begun, Refused) else self.draft(begun)

    def start_correction(self, visit: RecordId) -> DraftView | Refused:
        """Begin the next version of a returned visit, with its answers and photos carried over."""
        begun = guarded(lambda: correct(self._bench, visit))
        return begun if isinstance(begun, Refused) else self.draft(begun)

    def visit(self, visit: RecordId) -> VisitView:
        """Return a finalised visit with where it stands and why. Raises LookupError."""
        return visit_view(self._bench, visit)

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
        """Return a draft as she left it."""
        known = self._bench.known(draft)
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
            last=known.seen.last,
            returned=known.seen.returned,
            note=known.seen.note,
            page=known.page,
            photos=self._bench.shown_all(draft, sheets),
            subject=known.seen.fields,
            findings=self._findings(sheets),
        )

    def discard(self, draft: str) -> None:
        """Put a draft away; `restore` brings it back, nothing is deleted."""
        self._bench.drafts.discard(draft, self._bench.time.now_ms())

    def restore(self, draft: str) -> None:
        """Bring a draft back that was put away."""
        self._bench.drafts.discard(draft, None)

    def remember_page(self, draft: str, form: str, page: int) -> None:
        """Remember where she was: the page of a form, counted over all forms of the visit."""
        self._bench.drafts.touch(draft, self._bench.time.now_ms(), page)

    def save(self, draft: str, form: str, field: str, value: Any) -> Saved | Refused:
        """Keep one answer, None to clear it. One of wrong shape is refused, but stays as it was typed."""
        spot = self._bench.writable(draft, form, field)
        if isinstance(spot, Refused):
            return spot
        if isinstance(spot.field, (Foto, Berkas, TandaTangan)) and not isinstance(value, dict):
            if value is None:
                return evidence.drop_photo(self._bench, draft, form, field, None)
            return Refused(say="lapangan.lewat_kamera")
        return guarded(lambda: self._save(spot, value))

    def skip(self, draft: str, form: str, field: str, reason: str) -> Saved | Refused:
        """Keep why a question is not answered."""
        spot = self._bench.writable(draft, form, field)
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
        return evidence.add_photo(
            self._bench,
            draft,
            form,
            field,
            camera,
            fix,
            replaces=replaces,
            direction_deg=direction_deg,
        )

    def drop_photo(self, draft: str, form: str, field: str, number: int) -> Saved | Refused:
        """Take a shot out of the answer; it stays as an earlier version."""
        return evidence.drop_photo(self._bench, draft, form, field, number)

    def sign(self, draft: str, form: str, field: str, png: bytes) -> BlobId | Refused:
        """Keep a drawn signature; an earlier one stays as an earlier version."""
        return evidence.sign(self._bench, draft, form, field, png)

    def photo_bytes(self, blob: BlobId) -> bytes:
        """Return the bytes of a photo or signature."""
        return self._bench.blobs.read(blob)

    def review(self, draft: str) -> Review:
        """Say what a visit still lacks."""
        known = self._bench.known(draft)
        return self._review(known, self._bench.read(known))

    def finalise(self, draft: str) -> Finalised | Refused:
        """Finish a visit: what is missing stays missing, what is blocked must be mended first."""
        done = guarded(lambda: self._finish(draft))
        if isinstance(done, Finalised):
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

    def _findings(self, sheets: dict[str, Sheet]) -> dict[str, tuple[Listed, ...]]:
        return findings(sheets, self._bench.today(), self._bench.kecamatan())

    def _review(self, draft: Draft, sheets: dict[str, Sheet]) -> Review:
        listed = [item for items in self._findings(sheets).values() for item in items]
        return Review(
            missing=tuple(item for item in listed if item.kind == "missing"),
            blocked=tuple(item for item in listed if item.kind == "blocked"),
            warnings=tuple(item for item in listed if item.kind == "warning"),
            photos=len(named_photos(sheets, self._bench.drafts.photos(draft.id))),
            forms=tuple(sheets),
        )

    def _finish(self, draft: str) -> Finalised | Refused:
        bench = self._bench
        with bench.vault.write():
            known = bench.known(draft)
            if known.change is not None:
                return Refused(say="lapangan.sudah_selesai")
            if self._is_empty(known):
                return Refused(say="lapangan.kunjungan_kosong")
            now_ms = bench.time.now_ms()
            ordinal = self._next_ordinal(now_ms)
            owner = bench.owner
            number = known.number or number_of(owner.person_code, now_ms, ordinal, owner.device)
            closing = {"jam_selesai": end_time(known.started_ms, known.touched_ms), "no_urut_lokal": number}
            given = bench.drafts.answers(draft).get(known.form, {})
            fields = bench.forms.get(known.form).fields
            # looked at before anything is kept: a refusal leaves the draft as it was
            sheets = bench.read(known)
            main = sheets[known.form]
            added = {name: value for name, value in closing.items() if name in fields and name not in given}
            sheets[known.form] = Sheet(form=main.form, answers=main.answers | added)
            review = self._review(known, sheets)
            if review.blocked:
                return Refused(say="lapangan.perbaiki_dulu", review=review)
            photos = bench.drafts.photos(draft)
            change, raw = bench.pen.sealed(submit_of(known, sheets, photos), now_ms)
            if len(raw) > MAX_CONTENT_BYTES:
                return Refused(say="lapangan.kunjungan_terlalu_besar")
            for name, value in added.items():
                bench.drafts.put_answer(draft, known.form, name, value, refused=False, now_ms=now_ms)
            patch = patch_of(known, sheets[known.form])
            patch_id = bench.pen.write(patch, now_ms) if patch else None
            bench.store.append(change, raw)
            named = [photo.number for photo in named_photos(sheets, photos)]
            bench.drafts.name_photos(draft, named)
            bench.drafts.finalise(draft, number=number, change=change, patch=patch_id, finalised_ms=now_ms)
            if not known.number:
                bench.store.put(_counter_name(now_ms), ordinal)
            return Finalised(visit=known.visit, number=number, change=change)

    def _is_empty(self, draft: Draft) -> bool:
        """Say whether she answered nothing herself."""
        fields = self._bench.forms.get(draft.form).fields
        return not any(
            name not in fields or fields[name].filled_by == "lapangan"
            for answers in self._bench.drafts.answers(draft.id).values()
            for name in answers
        )

    def _next_ordinal(self, now_ms: int) -> int:
        """Return the next running number of the year on this phone."""
        return self._bench.store.get(_counter_name(now_ms), int, 0) + 1


def _counter_name(now_ms: int) -> str:
    return f"urut/{local_date(now_ms).year}"
