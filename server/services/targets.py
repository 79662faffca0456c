"""Setting targets. Rule: one word says all numbers of an aim, and is a change of the office's chain.

What somebody saw when they set it goes with it: where another was quicker, nothing is written.
"""

import re
from collections.abc import Callable, Mapping

import msgspec

from schemas.base import Data
from schemas.sealed import SEALED_SERVICES
from schemas.wilayah import Wilayah
from server.access import EVERY_SERVICES, Person, Thing, may, refused
from server.engine import Engine, Writer
from server.parsing.messages import Cell, NoSheet
from server.parsing.pool import Parsers
from server.services.chain_record import write_new
from server.services.people import Actor
from server.services.visit_page import Words
from server.tables.target_rows import NUMBER, TargetRows, number_of, read_rows, region_meant
from server.targets import KIND, MOST_DAYS, MOST_VISITS, Aim, Targets, Word, fields_of, targets

YEARS = (2020, 2100)
MOST_SHEETS = 8
SERVICES = ("bpnt", "kis", EVERY_SERVICES)
"""Whose visits are counted: nothing of a sealed service is."""
_LINE = re.compile(rf"(?P<name>.*?)[\s:;,=|]+(?P<number>{NUMBER})\s*")


_rows = msgspec.msgpack.Decoder(list[list[Cell]])


class NotSet(Data, frozen=True, kw_only=True):
    """Why nothing was set: a key under `target.masalah`, and of which line or region."""

    why: str
    line: int = 0
    said: str = ""


class Targeting:
    """The use cases of *Target kunjungan*. Each blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        words: Words,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._words = engine, office, words
        self._now_ms, self._randomness = now_ms, randomness

    @property
    def regency(self) -> str:
        """The code of the whole regency."""
        return self._words.wilayah.kabupaten.kode

    def now(self) -> Targets:
        """Return all that is and was set."""
        return self._engine.read(targets)

    def choices(self, person: Person) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """Return the services that somebody may set a target for, each with its forms and their titles.

        The first of a service is all of its forms, under an empty name; what serves everybody has no such.
        """
        found = sorted(self._words.forms.all(), key=lambda form: form.title)
        return [
            (
                service,
                (
                    *self._all_of(service),
                    *(
                        (form.id, form.title)
                        for form in found
                        if form.service == service and form.privacy != "rahasia" and form.startable
                    ),
                ),
            )
            for service in SERVICES
            if self._may(person, service, "")
        ]

    def set(self, person: Person, aim: Aim, numbers: Mapping[str, int], seen_ms: int) -> NotSet | None:
        """Set all numbers of an aim; none take it back. `seen_ms` is when the word was said that stood on the
        page, 0 before the first.
        """
        refusal = self._refused(person, aim, numbers)
        if refusal is not None:
            return refusal

        def work(tx: Writer) -> NotSet | None:
            known = targets(tx)
            before = known.newest(aim)
            old = dict[str, int](before.numbers if before else {})
            if not (numbers or old or seen_ms):
                return NotSet(why="kosong")
            if old == dict(numbers):
                return None
            if (before.at_ms if before else 0) != seen_ms:
                return NotSet(why="berubah")
            if not all(self._may(person, aim.service, region) for region in old):
                return NotSet(why="peran")
            # a clock that was set back brings no order into the words that is not theirs
            at_ms = max(self._now_ms(), known.words[-1].at_ms + 1 if known.words else 0)
            word = Word(aim=aim, numbers=numbers, by=person.id, at_ms=at_ms)
            write_new(tx, self._office, person.id, KIND, fields_of(word), self._randomness)
            return None

        return self._engine.write(work).result()

    def _refused(self, person: Person, aim: Aim, numbers: Mapping[str, int]) -> NotSet | None:
        if not may(person, "set_targets"):
            return NotSet(why="peran")
        allowed = {(service, form) for service, forms in self.choices(person) for form, _ in forms}
        if (aim.service, aim.form) not in allowed:
            return NotSet(why="untuk")
        first, last = YEARS
        if not (aim.start <= aim.end and first <= aim.start.year and aim.end.year <= last):
            return NotSet(why="masa")
        if (aim.end - aim.start).days >= MOST_DAYS:
            return NotSet(why="masa")
        if any(self._words.wilayah.get(region) is None for region in numbers):
            return NotSet(why="wilayah_lain")
        if not all(0 < number <= MOST_VISITS for number in numbers.values()):
            return NotSet(why="jumlah")
        outside = next((each for each in numbers if not self._may(person, aim.service, each)), None)
        if outside is not None:
            return NotSet(why="di_luar", said=self._words.region(outside))
        return None

    def _all_of(self, service: str) -> tuple[tuple[str, str], ...]:
        if service == EVERY_SERVICES:
            return ()
        name = self._words.text(f"layanan.{service}")
        return (("", self._words.text("target.semua_formulir", layanan=name)),)

    def _may(self, person: Person, service: str, region: str) -> bool:
        thing = Thing(author=None, region=region, service=service)
        return service not in SEALED_SERVICES and refused(person, "set_targets", thing) is None


def read_numbers(wilayah: Wilayah, text: str) -> dict[str, int] | NotSet:
    """Read lines of a region and a number, as typed or copied from a table: "Kec. Plupuh 350", a code also.

    A desa of a name that others have too is told by its kecamatan: "Jati, Masaran 40". Zeros are left out.
    """
    found: dict[str, int] = {}
    for line, written in enumerate(text.splitlines(), 1):
        if not (said := " ".join(written.split())):
            continue
        parsed = _LINE.fullmatch(said)
        number = number_of(parsed["number"], MOST_VISITS) if parsed else None
        if parsed is None or number is None:
            return NotSet(why="baris", line=line, said=said[:60])
        region = region_meant(wilayah, parsed["name"])
        if isinstance(region, str):
            return NotSet(why=region, line=line, said=parsed["name"][:60])
        if region.kode in found:
            return NotSet(why="dua_kali", line=line, said=region.nama)
        found[region.kode] = number
    return {region: number for region, number in found.items() if number}


def read_file(parsers: Parsers, wilayah: Wilayah, data: bytes) -> TargetRows | str:
    """Read the numbers of a workbook's first sheet that heads a place and a number, or of a CSV.

    A key under `impor.berkas` where it cannot be read, `tanpa_kepala` where no sheet has such a head.
    """
    why = "tanpa_kepala"
    for number in range(MOST_SHEETS):
        sheet = parsers.sheet(data, number)
        if isinstance(sheet, NoSheet):
            why = why if number else sheet.why
            if sheet.why == "terlalu_lama":
                return sheet.why
        else:
            rows = [row for piece in sheet.pieces for row in _rows.decode(piece)]
            found = read_rows(wilayah, rows, sheet.before, MOST_VISITS)
            if found is not None:
                return found
        if number + 1 >= len(sheet.names):
            break
    return why
