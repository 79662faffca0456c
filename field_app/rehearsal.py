"""A visit played without a person: for the demo, for trying out, for measuring. Rule: through the use
cases alone.

Answers follow from the form's own definition and a seed; pictures and signature are drawn here. Nothing in
it is, or looks like, a real home or a real person's handwriting.
"""

import random
from collections.abc import Callable
from typing import Any

from field_app.drawing import drawn_photo, drawn_signature, from_screen
from field_app.views import DraftView, PhotoView, Refused
from field_app.visits import Visits
from schemas.check import visible_fields
from schemas.form import (
    Angka,
    Berkas,
    Bulan,
    Field,
    Form,
    Forms,
    Foto,
    Gps,
    Jam,
    Multi,
    Pilihan,
    Rujukan,
    Tabel,
    TandaTangan,
    Tanggal,
    Teks,
    TeksPanjang,
    Turunan,
    Uang,
    YaTidak,
)
from schemas.form import Wilayah as WilayahField
from schemas.form_cells import field_at, photo_cells
from schemas.form_values import check_value
from schemas.papers import is_scene
from sync.change import Place

MOST_ROUNDS = 6
NIK_OF_NOBODY = "331499" + "010180"
"""A kecamatan that does not exist, and a date."""
CALM: dict[str, Any] = {
    "hasil_kunjungan": "terisi_lengkap",
    "keberadaan_kpm": "ditemukan",
    "kks_kondisi": "baik",
    "kks_dipegang": "kpm",
    "hubungan_responden": "diri_sendiri",
    "usul_kelayakan": "tetap_layak",
    "tempat_belanja": "pasar_warung",
    "cara_terima": "edc_atm",
    "nominal_diterima": 600_000,
    "persetujuan": True,
    "domisili_sama": True,
    "ktp_ada": "asli",
    "periode": "Okt–Des 2026",
    "catatan": "Rumah mudah ditemukan, keluarga ramah.",
}
"""What an ordinary visit answers; every other yes-or-no is no."""

Step = Callable[[str, dict[str, str]], None]


class Rehearsal:
    """Plays one visit. `place` is where it happens; `tell(what, values)` hears of each photo and
    signature. `scene` is the first photo that was taken of a place; given `shown`, a screen with that photo
    on it is photographed instead.
    """

    def __init__(
        self,
        visits: Visits,
        forms: Forms,
        place: Place,
        rng: random.Random,
        today: str,
        tell: Step,
        size: tuple[int, int] = (2400, 1800),
        shown: bytes = b"",
    ) -> None:
        self._visits = visits
        self._forms = forms
        self._place = place
        self._rng = rng
        self._today = today
        self._tell = tell
        self._size = size
        self._shown = shown
        self.scene = b""
        self.answered = 0

    def fill(self, draft: str) -> DraftView:
        """Answer every field that is asked, until nothing is left that can be answered."""
        view = self._visits.draft(draft)
        for _ in range(MOST_ROUNDS):
            before = self.answered
            for name in list(view.forms):
                self._fill_form(view, name)
            view = self._visits.draft(draft)
            if self.answered == before:
                break
        return view

    def _fill_form(self, view: DraftView, name: str) -> None:
        form = self._forms.get(name, view.forms[name].version)
        answers = dict(view.forms[name].answers)
        for field_name in list(form.fields):
            field = form.fields[field_name]
            if field_name not in visible_fields(form, answers) or answers.get(field_name) is not None:
                continue
            if field.filled_by != "lapangan" or field.read_only or isinstance(field, Turunan):
                continue
            value = self._answer(view, form, field)
            if value is not None:
                answers[field_name] = value
                self.answered += 1

    def _answer(self, view: DraftView, form: Form, field: Field) -> Any:
        """Give one answer through the use case that it belongs to; None where there is nothing to say."""
        match field:
            case Foto() | Berkas():
                return self._photograph(view, form, field)
            case TandaTangan():
                signed = self._visits.sign(view.id, form.id, field.name, drawn_signature(self._rng))
                if isinstance(signed, Refused):
                    return None
                self._tell("tanda_tangan", {"sidik": signed[:16]})
                return signed
            case _:
                value = view.last.get(form.id, {}).get(field.name)
                value = self._value(view, field) if value is None else value
                if value is None or isinstance(
                    self._visits.save(view.id, form.id, field.name, value), Refused
                ):
                    return None
                for cell, _blobs in photo_cells(form.fields, {field.name: value}):
                    if column := field_at(form.fields, cell.name):
                        self._photograph(view, form, column, cell.name)
                return value

    def _photograph(self, view: DraftView, form: Form, field: Field, place: str = "") -> list[str] | None:
        is_first = is_scene(field) and not self.scene
        is_copy = is_first and bool(self._shown)
        picture = from_screen(self._shown) if is_copy else drawn_photo(self._rng, self._size)
        shot = self._visits.add_photo(view.id, form.id, place or field.name, picture, self._place)
        if not isinstance(shot, PhotoView):
            return None
        if is_first:
            self.scene = picture
        if is_copy:
            self._tell("foto_layar", {})
        size = len(self._visits.photo_bytes(shot.blob)) // 1024
        self._tell(
            "foto",
            {
                "isian": field.short,
                "sidik": shot.blob[:16],
                "kilobita": str(size),
                "kamera": shot.camera_sha256[:16],
            },
        )
        return [shot.blob]

    def _value(self, view: DraftView, field: Field) -> Any:  # noqa: C901 - one line for each kind of field
        if field.name in CALM and check_value(field, CALM[field.name]) is None:
            return CALM[field.name]
        match field:
            case YaTidak():
                return False
            case Pilihan():
                return field.options[0].code
            case Multi():
                return [field.options[0].code]
            case Teks(digits=int(count)):
                return (NIK_OF_NOBODY + "".join(self._rng.choices("123456789", k=count)))[:count]
            case Teks() | TeksPanjang():
                return (view.nama or field.short) if field.name.startswith("nama") else self._words(field)
            case Angka():
                return max(int(field.min), min(int(field.max), 2))
            case Uang():
                return 10_000 * self._rng.randint(1, 20)
            case Tanggal():
                return self._today
            case Bulan():
                return self._today[:7]
            case Jam():
                return "09:00"
            case WilayahField():
                kode = str(view.subject.get("kode_desa") or "")
                return (kode if field.level == "desa" else kode[:8]) or None
            case Gps():
                return self._place
            case Tabel():
                return [
                    {
                        column.name: value
                        for column in field.columns
                        if not isinstance(column, (Turunan, Foto, Berkas))
                        and (value := self._value(view, column)) is not None
                    }
                ]
            case Rujukan():
                found = [one.id for one in self._visits.references(field.to, limit=200)]
                return self._rng.choice(found) if found else None
            case _:
                return None

    def _words(self, field: Field) -> str | None:
        return "Sesuai keterangan keluarga" if field.required else None
