"""Visits in memory with invented people, through the real forms and checks.

Rule: it answers as the use cases do, and keeps nothing. All NIKs begin 331499, a kecamatan that does
not exist.
"""

import hashlib
from typing import Any

from msgspec.structs import replace

from field_app.rows import cells_of
from field_app.sent import MOST_SENT
from field_app.task_map import TaskMap
from field_app.ui.sample_data import CARDS, NOW_MS, SUBJECT
from field_app.ui.sample_drafts import ASKED_AGAIN, SampleDraft, filled_draft, put_away_view
from field_app.ui.sample_finished import CONFLICTS, LOST, STANDINGS
from field_app.ui.sample_map import sample_map
from field_app.views import (
    ConflictView,
    DraftView,
    Finalised,
    Hit,
    Home,
    Listed,
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
from field_app.whereabouts import Whereabouts
from schemas.check import check, opened_forms
from schemas.form import Form, Forms
from schemas.form_cells import Cell, answer_at, blobs_of, cell_of, of_column
from schemas.form_values import check_value
from schemas.format import local_date
from schemas.wilayah import Wilayah
from sync.change import FormAnswers


class SampleVisits:
    """Use cases over dictionaries."""

    def __init__(self, forms: Forms, wilayah: Wilayah, empty: bool = False) -> None:
        self._forms, self._wilayah, self._empty = forms, wilayah, empty
        self.drafts: dict[str, SampleDraft] = {}
        self.blobs: dict[str, bytes] = {}
        self.saves: list[tuple[str, str, Any]] = []
        self.finalised: list[str] = []
        self.unit_problem = "lapangan.unit.belum_dicocokkan"
        self.stands: tuple[str, str] = ("", "")
        self.status = SyncStatus(data_pending=3, photos_pending=7, last_ms=NOW_MS - 20 * 60_000)

    def home(self, most: int = MOST_SENT) -> Home:
        """All groups, or none."""
        cards = dict.fromkeys(CARDS, ()) if self._empty else CARDS
        return Home(sync=self.status, **cards)

    def on_map(self) -> TaskMap:
        """The cards of the first screen, near the middle of their desa; one that nobody knows a place of."""
        return sample_map(self._wilayah, self._empty)

    def search(
        self, text: str, limit: int = 50, kode_desa: str | None = None, kind: str | None = None
    ) -> tuple[Hit, ...]:
        """By name or ending."""
        people = (
            ("w1", "warga", "Sutarmi", "Desa Banaran", "Dukuh Ngrombo RT 004 RW 002", "0002", True),
            ("w2", "warga", "Sutarno", "Desa Jati", "Dukuh Krajan RT 001 RW 001", "4471", False),
            ("w3", "warga", "Sugeng Raharjo", "Desa Banaran", "Dukuh Tegal RT 007 RW 003", "0915", True),
            ("e1", "ewarong", "e-warong Sumber Rejeki", "Desa Jati", "Jalan Pasar 12", "", False),
        )
        names = ("id", "kind", "nama", "desa", "alamat", "nik_akhir", "has_task")
        wanted = text.strip().lower()
        region = self._wilayah.get(kode_desa) if kode_desa else None
        hits = [Hit(**dict(zip(names, person, strict=True))) for person in people]
        hits = [hit for hit in hits if region is None or hit.desa == f"Desa {region.nama}"]
        hits = [hit for hit in hits if kind in (None, hit.kind)]
        return tuple(
            hit
            for hit in hits
            if (wanted or region) and (wanted in hit.nama.lower() or hit.nik_akhir.endswith(wanted))
        )

    def desa(self) -> tuple[Reference, ...]:
        """Two desa."""
        found = [self._wilayah.find(nama)[0] for nama in ("Banaran", "Jati")]
        return tuple(
            Reference(id=one.kode, nama=one.nama, under=self._wilayah.get(one.parent).nama) for one in found
        )

    def references(self, to: str, text: str = "", limit: int = 50) -> tuple[Reference, ...]:
        """Officers by name, the rest by search."""
        if to not in ("petugas", "pendamping"):
            hits = self.search(text or "e")
            return tuple(Reference(id=h.id, nama=h.nama, under=h.desa) for h in hits if h.kind == to)
        officers = (("p1", "Retno Wulandari", "P01"), ("p2", "Bagus Prakoso", "P02"))
        names = ("id", "nama", "under")
        found = [Reference(**dict(zip(names, one, strict=True))) for one in officers]
        return tuple(one for one in found if text.strip().lower() in one.nama.lower())

    def person(self, subject: str) -> dict[str, Any]:
        """What is known of someone."""
        names = {
            "e1": "e-warong Sumber Rejeki",
            "e2": "e-warong Barokah",
            "p1": "Retno Wulandari",
            "p2": "Bagus Prakoso",
        }
        return {"nama": names[subject]} if subject in names else SUBJECT

    def task(self, tugas: str) -> TaskView:
        """One task."""
        card = next(card for cards in CARDS.values() for card in cards if card.tugas == tugas)
        returned = card.status == "dikembalikan"
        return TaskView(
            card=card, why="Kunjungan triwulan ke-4: pastikan bantuan diterima dan dibelanjakan sendiri.",
            subject=SUBJECT, due=card.due, last_visit=NOW_MS - 92 * 86_400_000,
            reasons={"bpnt_kpm.foto_rumah_depan": "Foto terlalu gelap, muka rumah tidak terlihat."} if
            returned else {},
            note="",
        )  # fmt: skip

    def visit(self, visit: str) -> VisitView:
        """One finished visit."""
        return STANDINGS[visit]

    def why_returned(self, visit: str) -> None:
        """Every visit is on this phone."""

    def conflicts(self) -> tuple[ConflictView, ...]:
        """One of each kind, and two that were decided."""
        return () if self._empty else CONFLICTS

    def losses(self) -> tuple[Lost, ...]:
        """The one that never arrived, where the status says so."""
        return (LOST,) if self.status.lost else ()

    def record_again(self, visit: str) -> DraftView:
        """What is left of it."""
        filled_draft(self, "du")
        return self.draft("du")

    def startable(self, subject: str | None = None) -> tuple[Startable, ...]:
        """All forms that are not annexes; the first is asked for about whoever was found."""
        forms = [form for form in self._forms.all() if not form.annex]
        return tuple(
            Startable(
                form=form.id, title=form.title, service=form.service, subject=form.subject,
                startable=not self._refused(form), say=self._refused(form),
                asked=subject is not None and form is forms[0],
            )
            for form in sorted(forms, key=self._refused)
        )  # fmt: skip

    def _refused(self, form: Form) -> str:
        return self.unit_problem if form.privacy == "rahasia" else ""

    def start(self, form: str, subject: str | None, tugas: str | None) -> DraftView | Refused:
        """A new draft."""
        if refused := self._refused(self._forms.get(form)):
            return Refused(say=refused)
        key = f"d{len(self.drafts) + 10}"
        self.drafts[key] = SampleDraft(form=form, answers={form: {}})
        return self.draft(key)

    def start_new(self, form: str, nama: str, kode_desa: str) -> DraftView | Refused:
        """A new draft with a name and a desa."""
        key = f"d{len(self.drafts) + 10}"
        said = {"nama": nama, "kode_desa": kode_desa}
        region = self._wilayah.get(kode_desa)
        self.drafts[key] = SampleDraft(
            form=form, nama=nama, desa=f"Desa {region.nama}", kode_desa=kode_desa, answers={form: said}
        )
        return self.draft(key)

    def start_correction(self, visit: str) -> DraftView | Refused:
        """The next version of a returned visit; of a sealed one without its answers."""
        if visit == "ks":
            if refused := self._refused(self._forms.get("ktk")):
                return Refused(say=refused)
            self.drafts.setdefault(
                "dks", SampleDraft(form="ktk", nama="KS-2026-DFKPRL", desa="", returned=ASKED_AGAIN)
            )
            return self.draft("dks")
        draft = filled_draft(self, "dk")
        draft.returned = {
            "bpnt_kpm.nominal_diterima": "Jumlah tidak cocok dengan struk. Tanyakan lagi.",
            draft.photos[0].blob: "Foto terlalu gelap, muka rumah tidak terlihat.",
        }
        draft.note = "Selain dua hal ini sudah baik. Terima kasih."
        return self.draft("dk")

    def draft(self, id: str) -> DraftView:  # noqa: A002 - the use case's own name
        """One draft as it is."""
        draft = self.drafts[id]
        form = self._forms.get(draft.form)
        ids = [draft.form, *opened_forms(self._forms, form, draft.answers.get(draft.form, {}))]
        return DraftView(
            id=id, form=draft.form, title=form.title, nama=draft.nama, desa=draft.desa,
            forms={
                one: FormAnswers(version=self._forms.get(one).version, answers=dict(draft.answers.get(one,
                {})))
                for one in ids
            },
            last=draft.last, returned=draft.returned, note=draft.note, page=draft.page,
            photos=self._photos(draft), subject=SUBJECT, findings={one: self._findings(draft, one) for one
            in ids}, sealed=form.privacy == "rahasia", at=draft.at,
            kode_desa=draft.kode_desa,
        )  # fmt: skip

    def _photos(self, draft: SampleDraft) -> tuple[PhotoView, ...]:
        cells: dict[int, Cell] = {}
        for form, answers in draft.answers.items():
            ours = [photo for photo in draft.photos if photo.form == form]
            cells |= cells_of(self._forms.get(form).fields, answers, ours)
        return tuple(
            replace(photo, field=cells[photo.number].name) if photo.number in cells else photo
            for photo in draft.photos
        )

    def _findings(self, draft: SampleDraft, form: str) -> tuple[Listed, ...]:
        found = check(self._forms.get(form), draft.answers.get(form, {}), local_date(NOW_MS))
        return tuple(
            Listed(form=form, field=one.field, kind=one.kind, say=one.say, row=one.row, column=one.column)
            for one in found
        )

    def save(self, draft: str, form: str, field: str, value: Any) -> Saved | Refused:
        """Keep one answer, and say when it cannot be so."""
        self.saves.append((form, field, value))
        self.drafts[draft].at = (form, field)
        answers = self.drafts[draft].answers.setdefault(form, {})
        if value is None:
            answers.pop(field, None)
        else:
            answers[field] = value
        wrong = check_value(self._forms.get(form).fields[field], value)
        if wrong:
            return Refused(say=wrong)
        view = self.draft(draft)
        return Saved(findings=view.findings[form], forms=tuple(view.forms))

    def skip(self, draft: str, form: str, field: str, reason: str) -> Saved | Refused:
        """Keep a reason."""
        return self.save(draft, form, field, {"skipped": reason})

    def remember_page(self, draft: str, form: str, page: int) -> None:
        """Keep the place."""
        self.drafts[draft].page = page

    def stand_at(self, draft: str, screen: str) -> None:
        """Keep which draft is in hand."""
        self.stands = (draft, screen)

    def stand_on(self, draft: str, form: str, field: str) -> None:
        """Keep the field."""
        self.drafts[draft].at = (form, field)

    def stood(self) -> Whereabouts | None:
        """As kept, if it is still written."""
        draft, screen = self.stands
        if not screen or draft in self.finalised or self.drafts[draft].gone:
            return None
        return Whereabouts(draft=draft, spot=self.drafts[draft].at, screen=screen)

    def put_away(self) -> tuple[PutAway, ...]:
        """What was put away, and not brought back."""
        gone = [(key, draft) for key, draft in self.drafts.items() if draft.gone]
        return tuple(put_away_view(key, draft, self._forms.get(draft.form).title) for key, draft in gone)

    def discard(self, id: str) -> None:  # noqa: A002
        """Put away."""
        self.drafts[id].gone = True

    def restore(self, id: str) -> None:  # noqa: A002
        """Bring back."""
        self.drafts[id].gone = False

    def add_photo(
        self, draft: str, form: str, field: str, camera: bytes, fix: Any, *, replaces: int | None = None
    ) -> PhotoView | Refused:
        """Keep a picture."""
        if camera[:2] != b"\xff\xd8":
            return Refused(say="aplikasi.kamera.tidak_terbaca")
        blob = hashlib.sha256(camera).hexdigest()
        self.blobs[blob] = camera
        kept = self.drafts[draft]
        if replaces is not None:
            self.drop_photo(draft, form, field, replaces)
        view = PhotoView(
            number=len(kept.photos) + 1, blob=blob, form=form, field=of_column(field), thumbnail=camera,
            taken_ms=NOW_MS, place=fix,
            blurry=False, dark=False, superseded=False, warnings=(),
        )  # fmt: skip
        kept.photos.append(view)
        answers = kept.answers.setdefault(form, {})
        self._put(answers, field, [*blobs_of(answer_at(answers, field)), blob])
        return replace(view, field=field)

    def _put(self, answers: dict[str, Any], field: str, blobs: list[str]) -> None:
        cell = cell_of(field)
        place, name = answers, field
        if cell is not None:
            answers[cell.table] = [dict(row) for row in answers[cell.table]]
            place, name = answers[cell.table][cell.row or 0], cell.column
        if blobs:
            place[name] = blobs
        else:
            place.pop(name, None)

    def drop_photo(self, draft: str, form: str, field: str, number: int) -> Saved | Refused:
        """Keep it as an earlier version only."""
        kept = self.drafts[draft]
        gone = next(one for one in kept.photos if one.number == number)
        kept.photos = [replace(one, superseded=True) if one is gone else one for one in kept.photos]
        answers = kept.answers.setdefault(form, {})
        self._put(answers, field, [blob for blob in blobs_of(answer_at(answers, field)) if blob != gone.blob])
        return Saved(findings=self._findings(kept, form), forms=tuple(kept.answers))

    def restore_photo(self, draft: str, form: str, field: str, number: int) -> Saved | Refused:
        """Let it stand again."""
        kept = self.drafts[draft]
        back = next(one for one in kept.photos if one.number == number)
        kept.photos = [replace(one, superseded=False) if one is back else one for one in kept.photos]
        answers = kept.answers.setdefault(form, {})
        self._put(answers, field, [*blobs_of(answer_at(answers, field)), back.blob])
        return Saved(findings=self._findings(kept, form), forms=tuple(kept.answers))

    def sign(self, draft: str, form: str, field: str, png: bytes) -> str:
        """Keep a signature."""
        blob = hashlib.sha256(png).hexdigest()
        self.blobs[blob] = png
        self.save(draft, form, field, blob)
        return blob

    def photo_bytes(self, blob: str) -> bytes:
        """A kept picture."""
        return self.blobs.get(blob, b"")

    def review(self, draft: str) -> Review:
        """What is missing."""
        view = self.draft(draft)
        found = [one for form in view.forms for one in view.findings[form]]
        some = {
            kind: tuple(one for one in found if one.kind == kind)
            for kind in ("missing", "blocked", "warning")
        }
        return Review(
            missing=some["missing"], blocked=some["blocked"], warnings=some["warning"],
            photos=len(view.photos),
            forms=tuple(view.forms),
        )  # fmt: skip

    def finalise(self, draft: str) -> Finalised | Refused:
        """Seal."""
        review = self.review(draft)
        if review.blocked:
            return Refused(say="aplikasi.tinjau.halang", review=review)
        self.finalised.append(draft)
        return Finalised(visit="a" * 32, number="RW-2026-0042", change=b"\x01" * 32)
