"""What a letter is filled with: of a person, a visit, a region or a list. Rule: who may is asked first.

It is asked of the very thing the letter is about; a sealed case or visit gives nothing. Numbers of persons
are whole in `values` and `pairs` only, which no page shows; pages show `about`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.form_types import Pilihan
from schemas.form_values import day_of
from schemas.identity import mask_nik
from schemas.ids import BlobId, RecordId
from schemas.letters import Kind
from schemas.reopening import standing
from server import letter_store
from server.access import Person, Thing, refused, scope
from server.engine import Reader
from server.parsing.letter import Grid
from server.services.finding import survivors
from server.services.letter_list import LineWrong, list_table
from server.services.opening_cases import PROBLEM_FORM
from server.services.people import Denied
from server.services.review import NotThere
from server.services.visit_page import Words, label_of, name_of
from server.services.visits import STATES, Visit, load_visit
from server.store import SqlOfficeStore
from sync.neutral import is_sealed
from sync.store import Fields, Record

MOST_PHOTOS = 8
MOST_TYPED = 1000
LONG_TYPED = 20_000
MUST = ("masalah", "permohonan", "jawaban", "alasan")
"""What a letter that asks for it says nothing without."""
REFUSED, OBJECTED = ("ditolak", "mandiri"), "keberatan"
"""How a case stands that was refused, and how while an objection to that is looked into."""
DOCUMENTS = frozenset({"kk", "ktp", "kks", "kis", "paspor"})
"""Parts of names of fields whose photo shows a document of a person: not chosen unless somebody does."""
CODE = re.compile(r"[A-Za-z0-9-]{3,20}")


class Asked(Data, frozen=True, kw_only=True):
    """What a letter is asked for: its kind, and what it is about; only what the kind needs is read."""

    kind: str
    case: str = ""
    visit: str = ""
    region: str = ""

    def fields(self) -> dict[str, str]:
        """Return it as the address and the form have it."""
        return {"jenis": self.kind, "kasus": self.case, "kunjungan": self.visit, "wilayah": self.region}


class Lacking(Data, frozen=True, kw_only=True):
    """Something typed is missing or cannot be used: a key under `surat.kurang`, and for a list its line."""

    why: str
    line: int = 0


class Facts(Data, frozen=True, kw_only=True):
    """All that a letter is filled with. `prefill` is proposed for what is typed; `photos` may be chosen."""

    thing: Thing
    subject: RecordId | None = None
    visit: RecordId | None = None
    case: RecordId | None = None
    values: dict[str, str] = {}
    pairs: tuple[tuple[str, str], ...] = ()
    about: tuple[tuple[str, str], ...] = ()
    prefill: dict[str, str] = {}
    photos: tuple[tuple[BlobId, str, bool], ...] = ()
    table: Grid | None = None


class LetterFacts:
    """Reads them. `today` is the office's day."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def read(
        self,
        tx: Reader,
        person: Person,
        kind: Kind,
        asked: Asked,
        typed: Mapping[str, str] | None,
        today: date,
    ) -> Facts | Lacking | NotThere | Denied:
        """Return what this letter is filled with; without `typed`, what its page begins with."""
        match kind.tentang:
            case "warga":
                found = self._person(tx, asked, kind)
            case "kunjungan":
                found = self._visit(tx, asked)
            case "wilayah":
                found = self._region(asked, today)
            case "kosong" | "daftar":
                thing = Thing(author=None, region="", service=kind.layanan)
                found = Facts(thing=thing, prefill={"kode_kasus": ""})
        if not isinstance(found, Facts):
            return found
        why = refused(person, "make_letters", found.thing)
        if why is not None:
            return NotThere() if why == "row" else Denied(why=why)
        return found if typed is None else self._with(tx, person, kind, asked, found, typed, today)

    def _person(self, tx: Reader, asked: Asked, kind: Kind) -> Facts | NotThere:
        store, region, subject, visit, case = SqlOfficeStore.reading(tx), "", None, asked.visit, None
        why = ""
        if asked.case:
            record = store.records([RecordId(asked.case)]).get(RecordId(asked.case))
            if record is None or record.kind != "kasus":
                return NotThere()
            fields, case = record.fields, record.id
            service = _text(fields, "service")
            if is_sealed(record):
                # nothing of it is read; whoever may know that it is there is told that it is closed
                return Facts(thing=Thing(author=None, region="", service=service, privacy="rahasia"))
            if service != kind.layanan:
                return NotThere()
            region, subject = _text(fields, "kode_desa"), _text(fields, "subjek")
            visit, why = _text(fields, "kunjungan"), _why(fields)
        found = load_visit(tx, RecordId(visit)) if visit else None
        if case is None:
            if found is None or found.subject is None:
                return NotThere()
            region, subject = _text(found.record.fields, "kode_desa"), found.subject.id
        warga = store.records([RecordId(subject)]).get(RecordId(subject)) if subject else None
        if warga is None or warga.kind != "warga":
            return NotThere()
        thing = Thing(author=None, region=region, service=kind.layanan)
        values = self._of_person(_living(tx, warga).fields, _answers(found), region)
        return Facts(
            thing=thing,
            subject=warga.id,
            visit=found.record.id if found else None,
            case=case,
            values=values,
            pairs=self._pairs(values, "nama", "nik", "no_kks", "alamat", "desa", "kecamatan"),
            about=self._pairs(values, "nama", "nik_akhir", "alamat", "desa", "kecamatan"),
            prefill={**self._problem(found), "jawaban": "", "alasan": why},
        )

    def _visit(self, tx: Reader, asked: Asked) -> Facts | NotThere:
        found = load_visit(tx, RecordId(asked.visit)) if asked.visit else None
        if found is None:
            return NotThere()
        words, fields, newest = self._words, found.record.fields, found.counted
        region, form = _text(fields, "kode_desa"), words.forms.get(newest.submit.form)
        day = written.local_date(newest.content.clock.wall_ms)
        given = newest.submit.forms[newest.submit.form].answers.get("tanggal_kunjungan")
        day = (day_of(given) if isinstance(given, str) else None) or day
        living = _living(tx, found.subject) if found.subject else None
        values = self._of_person(living.fields if living else {}, _answers(found), region) | {
            "nama": name_of(replace(found, subject=living)) or "–",
            "layanan": words.text(f"layanan.{form.service}"),
            "petugas": found.names.get(_text(fields, "petugas"), "–"),
            "hari_kunjungan": written.DAYS[day.weekday()],
            "tanggal_kunjungan": written.short_date(day),
            "tanggal_kunjungan_terbilang": written.terbilang(day.day),
            "bulan_kunjungan": written.MONTHS[day.month - 1],
            "tahun_kunjungan_terbilang": written.terbilang(day.year),
            "keadaan": words.text(f"status.{fields['state']}"),
        }
        return Facts(
            thing=Thing(author=None, region=region, service=form.service, privacy=form.privacy),
            subject=found.subject.id if found.subject else None,
            visit=found.record.id,
            values=values,
            pairs=self._pairs(values, "nama", "nik_akhir", "alamat", "desa", "kecamatan"),
            about=self._pairs(values, "nama", "nik_akhir", "alamat", "desa", "kecamatan", "petugas"),
            prefill={"keterangan": ""},
            photos=tuple(
                (item.blob, label_of(item, newest, words.forms), DOCUMENTS.isdisjoint(item.field.split("_")))
                for item in newest.photos
                if item.blob in newest.held and item.media_type == "image/jpeg"
            ),
        )

    def _region(self, asked: Asked, today: date) -> Facts | NotThere:
        if self._words.wilayah.get(asked.region) is None:
            return NotThere()
        name = region_name(self._words, asked.region)
        return Facts(
            thing=Thing(author=None, region=asked.region, service=""),
            values={"wilayah": name},
            about=((self._words.text("surat.isi.wilayah"), name),),
            prefill={"dari": today.replace(day=1).isoformat(), "sampai": today.isoformat()},
        )

    def _with(
        self,
        tx: Reader,
        person: Person,
        kind: Kind,
        asked: Asked,
        found: Facts,
        typed: Mapping[str, str],
        today: date,
    ) -> Facts | Lacking:
        """Add what was typed."""
        given = {name: typed.get(name, "").strip() for name in kind.isian}
        for name, value in given.items():
            if len(value) > (LONG_TYPED if name == "daftar" else MOST_TYPED):
                return Lacking(why="panjang")
        if lack := next((name for name in MUST if given.get(name) == ""), ""):
            return Lacking(why=lack)
        more: dict[str, str] = dict(given)
        if "jumlah" in given:
            money = given["jumlah"].replace(".", "").removeprefix("Rp").strip()
            if money and not (money.isascii() and money.isdigit() and len(money) < 13):
                return Lacking(why="jumlah")
            more["jumlah"] = written.rupiah(int(money)) if money else "–"
            more["jumlah_terbilang"] = f"{written.terbilang(int(money))} rupiah" if money else "–"
        if "kode_kasus" in given:
            if given["kode_kasus"] and not CODE.fullmatch(given["kode_kasus"]):
                return Lacking(why="kode_kasus")
            more["kode_kasus"] = given["kode_kasus"].upper() or "." * 30
        if kind.tentang == "daftar":
            return self._list(found, more)
        if kind.tentang == "wilayah":
            return self._recap(tx, person, asked, found, given, today)
        return _added(found, more)

    def _list(self, found: Facts, more: dict[str, str]) -> Facts | Lacking:
        made = list_table(more.pop("daftar"), self._words.text)
        if isinstance(made, LineWrong):
            return Lacking(why="daftar" if made.line else "daftar_kosong", line=made.line)
        for name in ("nomor_sk", "tanggal_sk"):
            more[name] = more[name] or "." * 30
        more |= {"jumlah_orang": written.number(made.people), "jumlah_bantuan": written.rupiah(made.amount)}
        more["jumlah_orang_terbilang"] = written.terbilang(made.people)
        more["jumlah_bantuan_terbilang"] = written.terbilang(made.amount)
        return _added(found, more, made.table)

    def _recap(
        self, tx: Reader, person: Person, asked: Asked, found: Facts, given: dict[str, str], today: date
    ) -> Facts | Lacking:
        first, last = day_of(given["dari"]), day_of(given["sampai"])
        if first is None or last is None or not first <= last <= today:
            return Lacking(why="masa")
        ends = (written.moment_ms(first, 0, 0), written.moment_ms(last + timedelta(days=1), 0, 0))
        mine = scope(person, "make_letters")
        forms = [self._words.forms.get(name) for name in self._words.forms.ids()]
        served = [
            form.id for form in forms if mine and (mine.services is None or form.service in mine.services)
        ]
        counts = letter_store.visit_counts(tx, asked.region, *ends, served)
        more = {"dari": written.long_date(first), "sampai": written.long_date(last)}
        total = sum(count for *_, count in counts)
        more |= {"jumlah_kunjungan": written.number(total)}
        more["jumlah_kunjungan_terbilang"] = written.terbilang(total)
        return _added(found, more, self._recap_table(asked.region, counts))

    def _recap_table(self, region: str, counts: Sequence[tuple[str, str, int]]) -> Grid:
        """Count by what lies just below the region: a kecamatan's desa; of a desa, itself."""
        text, wilayah = self._words.text, self._words.wilayah
        parts = wilayah.inner(region) if wilayah.get(region) else ()
        names = {part.kode: part.nama for part in parts} or {region: region}
        sums = {kode: dict.fromkeys(STATES, 0) for kode in names}
        for desa, state, count in counts:
            kode = next((each for each in names if desa == each or desa.startswith(f"{each}.")), None)
            if kode and state in STATES:
                sums[kode][state] += count
        rows = [
            (names[kode], *map(written.number, by.values()), written.number(sum(by.values())))
            for kode, by in sums.items()
        ]
        totals = [sum(by[state] for by in sums.values()) for state in STATES]
        rows.append((text("surat.isi.jumlah"), *map(written.number, totals), written.number(sum(totals))))
        heads = (text("surat.isi.wilayah"), *(text(f"status.{each}") for each in STATES))
        return Grid(
            head=(*heads, text("surat.isi.jumlah")),
            widths=(2.4, *(1.2 for _ in STATES), 1.0),
            rows=tuple(rows),
            right=tuple(range(1, len(STATES) + 2)),
        )

    def _of_person(self, fields: Fields, answers: Mapping[str, Any], region: str) -> dict[str, str]:
        """Return what is known of a person: the office's record first, then what the visit said."""

        def said(name: str) -> str:
            value = fields.get(name) or answers.get(name)
            return value.strip() if isinstance(value, str) else ""

        desa = self._words.wilayah.get(region) if region else None
        above = self._words.wilayah.get(desa.parent) if desa else None
        place = [said("alamat"), *(f"{name.upper()} {said(name)}" for name in ("rt", "rw") if said(name))]
        return {
            "nama": said("nama") or "–",
            "nik": said("nik") or "–",
            "nik_akhir": mask_nik(said("nik")) if said("nik") else "–",
            "no_kks": said("no_kks") or "–",
            "alamat": ", ".join(filter(None, place)) or "–",
            "desa": desa.nama if desa else "–",
            "kecamatan": above.nama if above else "–",
        }

    def _pairs(self, values: Mapping[str, str], *names: str) -> tuple[tuple[str, str], ...]:
        return tuple((self._words.text(f"surat.isi.{name}"), values[name]) for name in names)

    def _problem(self, found: Visit | None) -> dict[str, str]:
        """Propose the problem as the visit told it, in words."""
        given = found.counted.submit.forms.get(PROBLEM_FORM) if found else None
        told: list[str] = []
        if given is not None:
            asked = self._words.forms.get(PROBLEM_FORM, given.version).fields.get("jenis_masalah")
            kind = given.answers.get("jenis_masalah")
            options = asked.options if isinstance(asked, Pilihan) else ()
            told = [option.label for option in options if option.code == kind]
            told += [value for value in [given.answers.get("uraian_masalah")] if isinstance(value, str)]
        return {"masalah": ". ".join(filter(None, told)), "permohonan": "", "jumlah": ""}


def region_name(words: Words, kode: str) -> str:
    """Name a region as a letter does; a kabupaten's own name says already what it is."""
    found = words.wilayah.get(kode)
    return found.nama if found and found.level == "kabupaten" else words.region(kode)


def _added(found: Facts, more: dict[str, str], table: Grid | None = None) -> Facts:
    return replace(found, values=found.values | more, table=table)


def _living(tx: Reader, subject: Record) -> Record:
    """Return the record that one lives on in, by which a letter is written: it has the right NIK."""
    return survivors(tx, [subject.id])[subject.id]


def _answers(found: Visit | None) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for form in found.counted.submit.forms.values() if found else ():
        merged |= {name: value for name, value in form.answers.items() if name not in merged}
    return merged


def _why(fields: Fields) -> str:
    """Return why a case stands refused, nothing for one that does not. An objection that was withdrawn says
    nothing of it: then the refusal before it counts.
    """
    if fields.get("state") not in REFUSED:
        return ""
    for step in reversed(standing(fields.get("history", ()))):
        if step["to"] in REFUSED:
            said = step.get("answers", {}).get("alasan")
            if isinstance(said, str):
                return said
            if step["from"] != OBJECTED:
                return ""
    return ""


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
