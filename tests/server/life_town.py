"""An office for a random life, and what is at hand there. Rule: nothing happens here by itself."""

import io
import random
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image

from schemas.ids import BlobId, RecordId
from server.services.figures import Figures
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.change import Body, Evidence, FormAnswers
from sync.store import Fields, Record
from tests.server.web_office import DESA, ELSEWHERE, Phone, open_at, picture

BEGUN_MS = 1_790_000_000_000
NAMES = ("Sutarmi", "Sutarmi Wati", "Sutarmo", "Parjo Karto", "Endang Hartono", "Eandn Thartono", "Slamet")
NUMBERS = ("3314990101800001", "3314990101800001", "1800", "")
BIRTHS = ("1980-01-01", "1980-01-01", "")
SERVICES = (["bpnt"], ["kis"], ["bpnt", "kis"])
PLACES = (DESA, DESA, ELSEWHERE)
PHOTOS = ("foto_rumah_depan", "foto_rumah_dalam", "foto_kk")


class Town:
    """An office under way. `now_ms` is its clock, UTC milliseconds."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.rng = folder, random.Random(seed)
        self.now_ms: int = BEGUN_MS
        # the last two are copies of the first
        self.drawn = [
            *(_drawn(f"{seed} {number}", 80) for number in range(3)),
            *(_drawn(f"{seed} 0", each) for each in (60, 70)),
        ]
        self.unsent: list[tuple[Phone, bytes]] = []

    def begin(self) -> None:
        """Open the office, with two phones."""
        self.office = open_at(self.folder)
        self.deps = self.office.deps
        self.office.add_person("kedua", "Pendamping Dua", "U80", ("pendamping",), (DESA, ELSEWHERE))
        self.office.add_person("semua", "Kabid Semua", "U81", ("kabid",), services=())
        first, second = self.office.people["pendamping"], self.office.people["kedua"]
        self.phones = {first: self.office.phone, second: Phone(self.deps, second)}
        self.site = build_site(self.deps)
        self.figures = Figures(self.deps.engine, self.deps.forms, self.deps.now_ms)

    def records(self, *kinds: str) -> list[Record]:
        """Return what there is of these kinds, by id, but for what was destroyed."""
        found = self.deps.engine.read(
            lambda tx: SqlOfficeStore.reading(tx).records(
                name
                for kind in kinds
                for (name,) in tx.query(
                    "SELECT id FROM records WHERE kind = :kind ORDER BY seq", {"kind": kind}
                )
            )
        )
        return [each for _, each in sorted(found.items()) if not each.fields.get("dihapus")]

    def any(self, *kinds: str, **like: Any) -> Record | None:
        """Return some record of these kinds whose fields are like this."""
        fit = [each for each in self.records(*kinds) if all(each.fields.get(k) in v for k, v in like.items())]
        return self.rng.choice(fit) if fit else None

    def phone(self) -> Phone:
        """Return some phone."""
        return self.rng.choice(list(self.phones.values()))

    def act(self, body: Body) -> None:
        """Let the office say something, whatever becomes of it."""
        self.deps.office.act(self.office.people["kabid"], body)

    def say(self, body: Body) -> None:
        """Let the office or a phone say something, whatever becomes of it."""
        whose = self.rng.choice((None, *self.phones.values()))
        if whose is None:
            self.act(body)
        else:
            whose.push(body)

    def person(self) -> Fields:
        """Make up what is said of somebody."""
        return {
            "nama": self.rng.choice(NAMES),
            "kode_desa": self.rng.choice(PLACES),
            "layanan": self.rng.choice(SERVICES),
            "nik": self.rng.choice(NUMBERS),
            "no_kk": self.rng.choice(NUMBERS),
            "tanggal_lahir": self.rng.choice(BIRTHS),
            "rumah": {"lat": -7.44, "lng": self.rng.choice((110.78, 110.9))},
        }

    def send(self, phone: Phone, **about: Any) -> None:
        """Let a phone send a visit with photos: some are of other visits too, and some come later."""
        evidence = [self.photo(phone, field) for field in self.rng.sample(PHOTOS, self.rng.randrange(3))]
        answers = {"kode_desa": self.rng.choice(PLACES), "nama": self.rng.choice(NAMES)}
        more = {
            "kks_masalah": {"jenis_masalah": self.rng.choice(("saldo_0", "lupa_pin"))},
            "skm": {"layanan": "bpnt", "u1": self.rng.choice("1234")},
            "kis": {"cabang": "baru", "hasil_kunjungan": "terisi_lengkap"},
        }
        chosen = self.rng.sample(sorted(more), self.rng.randrange(3))
        forms = {name: FormAnswers(version=1, answers=dict(more[name])) for name in chosen}
        self.office.add_visit(phone=phone, photos=(), evidence=evidence, answers=answers, more=forms, **about)

    def photo(self, phone: Phone, field: str) -> Evidence:
        """Take a photo, or use one once more."""
        at = self.rng.randrange(len(self.drawn))
        data, camera = self.drawn[at], f"{at // 2:064x}"
        if self.rng.random() < 0.7:
            phone.send_blob(data)
        else:
            self.unsent.append((phone, data))
        return Evidence(
            blob=BlobId(sha256(data).hexdigest()), form="bpnt_kpm", field=field, size_bytes=len(data),
            media_type="image/jpeg", camera_sha256=camera, taken_ms=self.now_ms,
        )  # fmt: skip

    def fresh(self) -> RecordId:
        """Return an id that nothing has."""
        return RecordId(secrets.token_hex(16))


def _drawn(title: str, quality: int) -> bytes:
    """Draw a house, small."""
    out = io.BytesIO()
    Image.open(io.BytesIO(picture(title, 0))).save(out, "JPEG", quality=quality)
    return out.getvalue()
