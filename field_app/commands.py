"""The phone without a window: joining, syncing, playing a visit, saying how things stand. Rule: one line a
step.

The same use cases as the window. Lines hold no personal data: numbers of visits, words of status,
beginnings of hashes.
"""

import random
from collections.abc import Callable
from pathlib import Path

from field_app.enrol import Enrolled
from field_app.keys import Locked, PinGone, advise
from field_app.phone import Phone
from field_app.records import text_of
from field_app.rehearsal import Rehearsal
from field_app.views import Card, Finalised, Refused, Waiting, Welcomed
from schemas.format import local_date, span
from sync.change import Place

OK, FAILED = 0, 1
ASK_EVERY_S = 0.5
ALL = 1_000_000_000
Put = Callable[[str], None]


class Commands:
    """Runs one command and returns its exit code; `put` prints a line."""

    def __init__(self, phone: Phone, put: Put, now_ms: Callable[[], int]) -> None:
        self._phone = phone
        self._put = put
        self._now_ms = now_ms

    def enrol(
        self, address: str, code: str, pin: str, patience_s: int, pause: Callable[[float], None]
    ) -> int:
        """Join an office with a one-use code: print the words, and wait until somebody compared them."""
        advice = advise(pin)
        if advice.block:
            return self._refused(Refused(say=advice.block))
        asked: Waiting | Welcomed | Refused = self._phone.join(address, code)
        if isinstance(asked, Waiting):
            self._say("kata", kata=" ".join(asked.words))
        left_s = float(patience_s)
        while isinstance(asked, Waiting):
            asked = self._phone.ask_joined()
            if isinstance(asked, Waiting):
                if left_s <= 0:
                    self._say("belum_diterima")
                    return FAILED
                pause(ASK_EVERY_S)
                left_s -= ASK_EVERY_S
        done = self._phone.finish(pin) if isinstance(asked, Welcomed) else asked
        if not isinstance(done, Enrolled):
            return self._refused(done)
        self._say(
            "terdaftar",
            kantor=done.office,
            peran=", ".join(self._phone.text(f"peran.{role}") for role in done.roles),
            kode=done.person_code,
        )
        self._say("kode_pembuka", kode=done.rescue_code)
        if done.for_development:
            self._say("pengembangan")
        return OK

    def sync(self, pin: str) -> int:
        """Send and fetch now."""
        if not self._unlock(pin):
            return FAILED
        known = self._received()
        failure = self._phone.worker.run_once()
        status = self._phone.worker.status()
        for blob in self._received():
            if blob not in known:
                self._say("terima", sidik=blob[:16])
        if failure is None:
            home = self._phone.visits.home()
            tasks = len(home.overdue) + len(home.today) + len(home.upcoming)
            self._say("tersinkron", tugas=tasks, warga=self._phone.visits.count_subjects())
        else:
            self._say("gagal", sebab=self._phone.text(failure.say))
        if status.data_pending or status.photos_pending:
            self._say("belum_terkirim", data=status.data_pending, foto=status.photos_pending)
        return OK if failure is None else FAILED

    def record(self, pin: str, *, twice: bool = False) -> int:
        """Play one visit from a draft that was begun or the first open task; nothing is sent.

        `twice`: and another, of which one photo is that of the first, taken from a screen.
        """
        if not self._unlock(pin):
            return FAILED
        played = self._record(b"")
        if isinstance(played, Rehearsal) and twice:
            played = self._record(played.scene)
        return OK if isinstance(played, Rehearsal) else played

    def _record(self, shown: bytes) -> Rehearsal | int:
        visits = self._phone.visits
        home = visits.home()
        ready = [
            card
            for card in (*home.drafts, *home.overdue, *home.today, *home.upcoming)
            if card.tugas
            and card.form in self._phone.forms.ids()
            and self._phone.forms.get(card.form).startable
        ]
        if not ready:
            self._say("tanpa_tugas")
            return FAILED
        card = ready[0]
        started = visits.start(card.form, card.subjek, card.tugas)
        if isinstance(started, Refused):
            return self._refused(started)
        self._say("mulai", judul=card.title, tanggal=card.due or "-")
        played = self._rehearsal(card, shown)
        played.fill(started.id)
        self._say("jawaban", jumlah=played.answered)
        review = visits.review(started.id)
        self._say(
            "tinjau",
            kurang=len(review.missing),
            salah=len(review.blocked),
            peringatan=len(review.warnings),
        )
        done = visits.finalise(started.id)
        if not isinstance(done, Finalised):
            return self._refused(done)
        self._say("selesai", nomor=done.number, sidik=done.change.hex()[:16])
        return played

    def status(self, pin: str) -> int:
        """Print each finalised visit with where it stands, and why."""
        if not self._unlock(pin):
            return FAILED
        home = self._phone.visits.home(ALL)
        cards = (*home.returned, *home.sent)
        if not cards:
            self._say("tanpa_kunjungan")
        for card in cards:
            self._say("kunjungan", nomor=card.number, keadaan=self._phone.text(f"status.{card.status}"))
            self._reasons(card)
        status = self._phone.worker.status()
        if status.data_pending or status.photos_pending:
            self._say("belum_terkirim", data=status.data_pending, foto=status.photos_pending)
        return OK

    def handover(self, pin: str, folder: Path) -> int:
        """Write a file for the office into a folder."""
        if not self._unlock(pin):
            return FAILED
        done = self._phone.handover.write(folder)
        if isinstance(done, Refused):
            return self._refused(done)
        self._say("serah", berkas=done.path, data=done.data, foto=done.photos)
        return OK

    def answer(self, pin: str, path: Path) -> int:
        """Take the office's answer in."""
        if not self._unlock(pin):
            return FAILED
        done = self._phone.handover.read(path)
        if isinstance(done, Refused):
            return self._refused(done)
        self._say("jawaban_kantor", data=done.data, foto=done.photos, baris=done.rows)
        return OK

    def _received(self) -> list[str]:
        """Return the photos that the office has confirmed."""
        items = self._phone.worker.items()
        return [item.id for item in items if item.kind == "foto" and item.status == "diterima"]

    def _reasons(self, card: Card) -> None:
        if card.visit is None:
            return
        visits = self._phone.visits
        try:
            standing = visits.standing(card.visit)
        except LookupError:  # it is on another phone of hers
            standing = visits.why_returned(card.visit)
        if standing is None:
            return
        for name, why in standing.reasons.items():
            self._say("alasan", isian=name[:40], alasan=why)
        if standing.note:
            self._say("catatan", catatan=standing.note)

    def _rehearsal(self, card: Card, shown: bytes) -> Rehearsal:
        now_ms = self._now_ms()
        subject = self._phone.visits.person(card.subjek) if card.subjek else {}
        region = self._phone.wilayah.get(text_of(subject, "kode_desa"))
        lat, lng = (region.lat, region.lng) if region else (-7.4264, 111.0222)
        rng = random.Random(card.tugas or "")
        place = Place(lat=lat, lng=lng, accuracy_m=8.0, at_ms=now_ms, source="contoh")
        return Rehearsal(
            self._phone.visits,
            self._phone.forms,
            place,
            rng,
            local_date(now_ms).isoformat(),
            lambda what, values: self._say(what, **values),
            shown=shown,
        )

    def _unlock(self, pin: str) -> bool:
        outcome = self._phone.unlock(pin)
        match outcome:
            case None:
                return True
            case Locked():
                said = "tunggu" if outcome.wait_s else "pin_salah"  # as the lock screen says it
                values = {"sisa": outcome.tries_left, "lama": span(outcome.wait_s)}
                self._put(self._phone.text(f"aplikasi.kunci.{said}", **values))
            case PinGone():
                self._say("pin_dihapus")
            case Refused():
                self._refused(outcome)
        return False

    def _refused(self, refused: Refused) -> int:
        self._say("gagal", sebab=self._phone.text(refused.say, **refused.values))
        return FAILED

    def _say(self, key: str, **values: object) -> None:
        self._put(self._phone.text(f"lapangan.perintah.{key}", **values))
