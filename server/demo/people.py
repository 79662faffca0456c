"""The demo's accounts, one for each role. Rule: said aloud in the README, so never fit for real use."""

from random import Random

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.wilayah import Wilayah
from sync.change import Patch

KECAMATAN = "33.14.01"
"""Where the demo's pendamping works: Kalijambe, 14 desa."""


class DemoPerson(Data, frozen=True, kw_only=True):
    """Someone of the demo: with an account unless `username` is empty."""

    id: PersonId
    username: str
    nama: str
    kode: str
    peran: list[str]
    wilayah: list[str]

    def patch(self) -> Patch:
        """Return the change that makes this person known."""
        fields = {
            "nama": self.nama,
            "kode": self.kode,
            "peran": self.peran,
            "wilayah": self.wilayah,
            "layanan": ["bpnt", "kis"],
            "aktif": True,
        }
        return Patch(record=RecordId(self.id), kind="petugas", base={}, new=fields)


def people(rng: Random, wilayah: Wilayah) -> list[DemoPerson]:
    """Return one person for each role; the pendamping's area is one kecamatan, the verifikator's all."""
    every = [desa.kode for kecamatan in wilayah.kecamatan() for desa in wilayah.desa(kecamatan.kode)]
    own = [desa.kode for desa in wilayah.desa(KECAMATAN)]
    rows: tuple[tuple[str, str, str, list[str]], ...] = (
        ("pendamping", "Rini Demo", "P01", own),
        ("verifikator", "Bagus Demo", "V01", every),
        ("petugas", "Wulan Demo", "K01", every),
        ("kabid", "Hendro Demo", "K02", every),
        ("pengawas", "Indah Demo", "I01", every),
        ("admin", "Tono Demo", "A01", []),
    )
    return [
        DemoPerson(
            id=PersonId(rng.randbytes(16).hex()),
            username=role,
            nama=nama,
            kode=kode,
            peran=[role],
            wilayah=area,
        )
        for role, nama, kode, area in rows
    ]
