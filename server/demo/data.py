"""The demo regency: 2,000 warga over all 208 desa, 60 e-warong, tasks. Rule: all from one seed."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random

from schemas.ids import PersonId, RecordId, uuid7
from schemas.wilayah import Region, Wilayah
from server.demo import names
from server.demo.people import KECAMATAN
from sync.change import Patch

WARGA = 2_000
EWARONG = 60
STATUS = ("omspan", "si", "sukses_spm", "tidak_transaksi", "gagal_omspan")
WHY = (
    "Monev triwulan",
    "Saldo nol pada daftar bayar terakhir",
    "Data identitas tidak padan",
    "Kartu dilaporkan rusak",
    "Belum bertransaksi",
)
DUE_IN_DAYS = (-3, -1, 0, 0, 0, 1, 2, 3, 5, 7, 10, 14)
"""When the pendamping's tasks fall due, seen from today: some late, some today, some later."""
SERVICE = "bpnt"


class Maker:
    """Makes the demo's changes in order; the same seed and day make the same."""

    def __init__(self, rng: Random, wilayah: Wilayah, today: date, now_ms: int) -> None:
        self._rng = rng
        self._words = names.load_words()
        self._desa = [d for kecamatan in wilayah.kecamatan() for d in wilayah.desa(kecamatan.kode)]
        self._today = today
        self._now_ms = now_ms
        self._period = f"{_month(today.month)} {today.year}"

    def warga(self, count: int = WARGA) -> Iterator[Patch]:
        """Yield that many warga, spread evenly over all desa."""
        for serial, desa in enumerate(islice(cycle(self._desa), count)):
            yield self._patch("warga", self._person(serial, desa))

    def ewarong(self, count: int = EWARONG) -> Iterator[Patch]:
        """Yield that many e-warong in desa by chance."""
        for desa in self._rng.choices(self._desa, k=count):
            owner = names.full_name(self._rng, self._words, self._rng.choice("LP"))
            yield self._patch(
                "ewarong",
                {
                    "nama_ewarong": f"e-warong {owner}",
                    "pemilik": owner,
                    "jenis": "agen_bank",
                    "kode_desa": desa.kode,
                    "alamat": self._rng.choice(self._words.dukuh),
                    "titik": self._near(desa),
                    "layanan": [SERVICE],
                },
            )

    def tugas(self, warga: list[Patch], pendamping: PersonId) -> Iterator[Patch]:
        """Yield the pendamping's tasks, among them late ones and today's."""
        own = [patch for patch in warga if patch.new["kode_desa"].startswith(KECAMATAN + ".")]
        for days, patch in zip(DUE_IN_DAYS, self._rng.sample(own, len(DUE_IN_DAYS)), strict=True):
            yield self._patch(
                "tugas",
                {
                    "petugas": pendamping,
                    "sasaran": patch.record,
                    "sasaran_kind": "warga",
                    "form": "bpnt_kpm",
                    "jatuh_tempo": (self._today + timedelta(days=days)).isoformat(),
                    "alasan": self._rng.choice(WHY),
                    "state": "baru",
                    "kode_desa": patch.new["kode_desa"],
                },
            )

    def _person(self, serial: int, desa: Region) -> dict[str, object]:
        rng = self._rng
        sex = rng.choice("LPP")
        born = names.birth_date(rng, self._today)
        return {
            "nik": names.nik(born, sex, serial),
            "no_kk": names.family_card(rng, serial),
            "nama": names.full_name(rng, self._words, sex),
            "jenis_kelamin": {"L": "laki_laki", "P": "perempuan"}[sex],
            "tempat_lahir": "Sragen",
            "tanggal_lahir": born.isoformat(),
            "alamat": rng.choice(self._words.dukuh),
            "rt": f"{rng.randint(1, 24):03d}",
            "rw": f"{rng.randint(1, 8):03d}",
            "kode_desa": desa.kode,
            "no_hp": names.phone_number(rng) if rng.random() < 0.6 else "",
            "pekerjaan": rng.choice(self._words.pekerjaan),
            "layanan": [SERVICE],
            "status_kpm": rng.choice(STATUS),
            "penyalur": rng.choice(("bni", "bni", "pt_pos")),
            "no_kks": names.card_number(rng),
            "periode": self._period,
            "desil": rng.randint(1, 5),
            "rumah": self._near(desa),
        }

    def _patch(self, kind: str, fields: dict[str, object]) -> Patch:
        return Patch(record=self._id(), kind=kind, base={}, new=fields)

    def _id(self) -> RecordId:
        return uuid7(self._now_ms, self._rng.randbytes(10))

    def _near(self, desa: Region) -> dict[str, float]:
        """Return a point within about 300 m of the middle of a desa."""
        return {
            "lat": round(desa.lat + self._rng.uniform(-0.0027, 0.0027), 6),
            "lng": round(desa.lng + self._rng.uniform(-0.0027, 0.0027), 6),
        }


def _month(number: int) -> str:
    first = (number - 1) // 3 * 3
    return ("Jan-Mar", "Apr-Jun", "Jul-Sep", "Okt-Des")[first // 3]
