"""The second unlock and sealed cases in memory: for pictures and tests of their screens.

Rule: nobody here exists, and nothing is sealed.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from field_app.ui.sample_drafts import ASKED_AGAIN, SampleDraft
from field_app.ui.sample_visits import SampleVisits
from field_app.views import Card, CaseView, Statement, UnitView
from schemas.form import Forms
from schemas.ids import RecordId
from schemas.sealed import SEALED_FORM
from schemas.sealed_notes import Assignment, Reasons
from schemas.text import Text
from schemas.words import unit_words

PIN = "246810"
KODE = "KS-2026-KTRMBW"
IDENTITY, OTHER = bytes(32), bytes([1]) * 32


@dataclass
class Wrong:
    """As field_app.keys.Locked."""

    tries_left: int
    wait_s: int


class SampleSealed:
    """As field_app.sealed.Sealed answers; `open_s` are the seconds that it stays open."""

    def __init__(self, visits: SampleVisits, forms: Forms, text: Text) -> None:
        self._visits, self._forms, self._text = visits, forms, text
        self.open_s = 0
        self.tries_left = 10
        self.touches = 0
        self.pinned: tuple[str, ...] = ()
        self.offered = unit_words(IDENTITY)

    def unlock(self, pin: str) -> Any:
        """The PIN is that of the phone."""
        if pin == PIN:
            self.open_s = 60
            return None
        self.tries_left -= 1
        return Wrong(self.tries_left, 0)

    def lock(self) -> None:
        """Close."""
        self.open_s = 0

    def touch(self) -> None:
        """Count, and begin the minute anew."""
        self.touches += 1
        if self.open_s:
            self.open_s = 60

    def left_s(self) -> int:
        """As set."""
        return self.open_s

    def is_sealed(self, draft: str) -> bool:
        """By its form."""
        kept = self._visits.drafts.get(draft)
        return kept is not None and self._forms.get(kept.form).privacy == "rahasia"

    def begins_case(self, form: str) -> bool:
        """KTK and PM."""
        return form in ("ktk", "pm")

    def reasons(self, visit: str) -> Reasons:
        """Of two fields."""
        return Reasons(form="ktk", reasons=ASKED_AGAIN, note="Selain dua hal ini sudah baik.")

    def assignment(self, tugas: str) -> Assignment:
        """To meet somebody."""
        return Assignment(forms=["ktk"], text="Temui di balai desa, Selasa pagi. Jangan datang ke rumah.")

    def statement(self, draft: str) -> Statement:
        """One that is whole, or one that lacks a name."""
        say = self._text
        field = self._forms.get("ktk").fields["nama"]
        return Statement(
            title=say("tersegel.pernyataan.judul_ktk"),
            paragraphs=(
                say("tersegel.pernyataan.pembuka", kode=KODE),
                say("tersegel.pernyataan.diri", nama="Warga Uji", lahir="1 Juli 1990", alamat="Dukuh Uji"),
                say("tersegel.pernyataan.ktk", jenis="Fisik", pemohon="Warga Uji", hubungan="Diri sendiri"),
                say("tersegel.pernyataan.setuju", daftar=say("tersegel.pernyataan.setuju_verifikasi")),
                say("tersegel.pernyataan.tidak_setuju", daftar=say("tersegel.pernyataan.setuju_desa")),
                say("tersegel.pernyataan.penutup"),
            ),
            missing=() if self._visits.drafts[draft].answers["ktk"].get("nama") else (field.short,),
        )

    def sign_statement(self, draft: str, png: bytes) -> str:
        """Keep it."""
        blob = hashlib.sha256(png).hexdigest()
        self._visits.blobs[blob] = png
        self._visits.save(draft, "ktk", "tanda_tangan_pernyataan", blob)
        return blob

    def cases(self) -> tuple[CaseView, ...]:
        """Two."""
        return (
            CaseView(id=RecordId("c1"), kode=KODE, state="Dinsos verifikasi"),
            CaseView(id=RecordId("c2"), kode="KS-2026-PLWZDF", state=""),
        )

    def unit(self) -> UnitView:
        """As compared."""
        problem = "" if self.pinned == self.offered else "berubah" if self.pinned else "belum_dicocokkan"
        return UnitView(
            problem=f"lapangan.unit.{problem}" if problem else "", offered=self.offered, pinned=self.pinned
        )

    def pin_unit(self, words: tuple[str, ...]) -> UnitView:
        """Believe them."""
        self.pinned = words
        return self.unit()


def sealed_draft(visits: SampleVisits, key: str, page: int = 0) -> SampleDraft:
    """A KTK visit that was begun."""
    answers: dict[str, Any] = {
        "kode_kasus": KODE,
        "aman_dihubungi": "Jangan telepon. Lewat kader, Selasa pagi.",
        "aman_dikunjungi": "tidak",
        "persetujuan": True,
        "setuju_verifikasi": True,
        "setuju_dokumen": False,
        "hasil_kunjungan": "terisi_sebagian",
        "nama": "Warga Uji",
    }
    draft = SampleDraft(form="ktk", nama=KODE, desa="", answers={"ktk": answers}, page=page)
    visits.drafts[key] = draft
    return draft


def sealed_cards() -> dict[str, tuple[Card, ...]]:
    """What the home list shows of sealed cases."""

    def card(kode: str, status: str, due: str | None = None, **more: Any) -> Card:
        title = "Kasus tertutup KTKPM"
        return Card(nama=kode, desa="", form=SEALED_FORM, title=title, due=due, status=status, **more)

    return {
        "returned": (card("KS-2026-DFKPRL", "dikembalikan", visit=RecordId("ks")),),
        "overdue": (),
        "today": (card(KODE, "tugas", "2026-11-21", tugas=RecordId("ts")),),
        "upcoming": (),
        "drafts": (card("KS-2026-PLWZDF", "draf", draft="ds"),),
        "sent": (card("KS-2026-MNBVCX", "menunggu_kirim", visit=RecordId("k2"), number="KS-2026-MNBVCX"),),
    }
