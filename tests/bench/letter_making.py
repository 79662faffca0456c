"""How long a letter takes, from the press of the button to its being kept, and finding one among 5,000."""

from pathlib import Path

from schemas.ids import RecordId
from server.access import Person
from server.engine import Writer
from server.letter_store import LETTER
from server.services.chain_record import write_record
from server.services.letter_facts import Asked
from server.services.letters import Made
from server.web.building import build_site
from tests.bench.figures import Figure, median_ms, scaled
from tests.server.web_office import DESA, open_at, shut

RUNS = 15
LETTERS = 5_000
BUDGET_MS = 500


def measure(folder: Path) -> list[Figure]:
    """Make a recommendation, and minutes with eight photos; then search by name."""
    office = open_at(folder)
    deps, site = office.deps, build_site(office.deps)
    who = Person(id=office.people["kabid"], nama="Kabid", roles=("kabid", "petugas"))
    visit, _ = office.add_visit(photos=tuple(f"foto_rumah_depan_{number}" for number in range(8)))
    photos = office.blobs_of(visit)
    year, tokens = site.letter_numbers.book().year, iter(range(1_000))

    def make(kind: str) -> None:
        typed = {"masalah": "KKS hilang", "permohonan": "Cetak ulang"}
        asked = Asked(kind=kind, visit=visit)
        if not isinstance(site.letters.make(who, asked, typed, photos, str(next(tokens))), Made):
            raise RuntimeError("no letter")

    count = scaled(LETTERS)

    def fill(tx: Writer) -> None:
        for number in range(count):
            fields = {
                "jenis": "rekap", "nomor": f"400.9/{number}/09/{year}", "urut": 0, "tahun": year,
                "tanggal": f"{year}-01-{number % 28 + 1:02}", "subjek": office.warga, "kunjungan": "",
                "kasus": "", "kode_desa": DESA, "layanan": "bpnt", "berkas": "0" * 64, "ukuran": 1,
                "disimpan": False, "templat": 0, "oleh": who.id, "at_ms": number, "state": "terbit",
            }  # fmt: skip
            write_record(tx, deps.office, who.id, LETTER, RecordId(f"{number:032x}"), fields)

    try:
        site.letter_numbers.add_block(who, year, 1, 999)
        one = median_ms(lambda: make("rekomendasi_bni"), RUNS)
        minutes = median_ms(lambda: make("berita_acara"), RUNS)
        deps.engine.write(fill).result()
        first, last = f"{year}-01-01", f"{year}-12-31"
        found = median_ms(lambda: site.letter_shelf.find(who, first, last, "", "sutarmi"), RUNS)
    finally:
        shut(office)
    return [
        Figure(name="a recommendation, numbered, set, kept", value=one, unit="ms", budget=BUDGET_MS),
        Figure(name="minutes with 8 photos", value=minutes, unit="ms", budget=BUDGET_MS),
        Figure(name=f"finding letters by name among {count:,}", value=found, unit="ms", budget=100),
    ]
