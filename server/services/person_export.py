"""All that is held on one person, for that person. Rule: nothing in it tells of sealed cases.

Others who occur in it are covered: members of the family, who answered, numbers that are not theirs. Their
own numbers stand in full. That it was made, by whom and why, is a change in the chain before it is given out.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from schemas import format as written
from schemas.base import Data
from schemas.form_cells import rows_of
from schemas.form_types import Field, Tabel
from schemas.form_values import day_of
from schemas.ids import ChangeId, PersonId, RecordId
from schemas.letters import letter_kinds
from schemas.sealed import SEALED_SERVICES
from server import protection_store
from server.access import Person
from server.engine import Engine, Reader
from server.letter_store import LETTER, letters_about
from server.services.answers import Reading, show
from server.services.belongings import OWN_SHELF, REQUEST, members, named
from server.services.conflict_view import label_of_field, value_words
from server.services.finding import survivors
from server.services.looks import note_looks
from server.services.people import Actor
from server.services.requests import MOST_TEXT, NotDone, Requests
from server.services.visit_page import Words, label_of
from server.services.visits import Version, load_versions, names
from server.store import SqlOfficeStore
from server.task_store import due_of
from sync.applying import readable
from sync.change import Accessed, Content, Decide, Patch
from sync.losses import is_destroyed
from sync.neutral import is_sealed
from sync.records import MERGED
from sync.store import Record

OTHERS = frozenset(
    {"nama_responden", "nama_ahli_waris", "nik_pasangan_ganda", "potongan_oleh", "petugas_cek", "pelapor"}
)
"""Answers that name somebody else."""
FAMILY, KEPT_OF_OTHERS = "anggota", ("hubungan",)
"""The table whose rows are persons, and what of a row that is not the subject's own stays readable."""
OWN_NUMBERS = ("nik", "no_kk", "no_hp", "no_kks", "no_rekening", "no_kis")
NUMBER = re.compile(r"\d(?:[ .-]?\d){8,}")
"""Nine digits or more name somebody: a telephone, a card, an account, a NIK."""
EPOCH = (1980, 1, 1, 0, 0, 0)


class Entry(Data, frozen=True, kw_only=True):
    """One thing that is held: what and when, with its values by label."""

    title: str
    lines: tuple[tuple[str, str], ...]


class Part(Data, frozen=True, kw_only=True):
    """Things of one sort."""

    title: str
    entries: tuple[Entry, ...]


class Dossier(Data, frozen=True, kw_only=True):
    """All that is held on one person, in words."""

    title: str
    made: str
    office: str
    parts: tuple[Part, ...]

    def as_json(self) -> bytes:
        """Write it for a program."""
        parts = {
            part.title: [{"judul": each.title, "isi": dict(each.lines)} for each in part.entries]
            for part in self.parts
        }
        whole = {"judul": self.title, "dibuat": self.made, "kantor": self.office, "bagian": parts}
        return json.dumps(whole, ensure_ascii=False, indent=1).encode()


class PersonExports:
    """Gathers and records. Blocks its thread."""

    def __init__(self, engine: Engine, office: Actor, requests: Requests, words: Words) -> None:
        self._engine, self._office, self._requests, self._words = engine, office, requests, words

    def make(
        self, person: Person, warga: RecordId, purpose: str, office: str, now_ms: int
    ) -> Dossier | NotDone:
        """Record who wants it and why, and gather all, for who serves all of it; `purpose` is not empty.

        Whoever was merged into another is told of as the one that they live on in.
        """
        if not 0 < len(purpose.strip()) <= MOST_TEXT:
            return NotDone(why="tujuan")
        record = self._engine.read(lambda tx: survivors(tx, [warga])).get(warga)
        if (
            record is None
            or record.kind != "warga"
            or not self._requests.may(person, "export_person", record)
        ):
            return NotDone(why="warga")
        theirs = self._engine.read(lambda tx: _open_members(tx, record.id))
        shelved = [each for each in theirs if each.kind in OWN_SHELF and not is_destroyed(each)]
        if not all(self._requests.may(person, "export_person", each) for each in shelved):
            return NotDone(why="bukan_semua")
        said = self._words.text("kantor.permintaan.catatan_ekspor", tujuan=purpose.strip())
        looked = Accessed(subject=record.id, purpose=said)
        self._engine.write(lambda tx: note_looks(tx, self._office, person.id, looked)).result()
        parts = self._engine.read(lambda tx: tuple(_Gathering(tx, record, self._words).parts()))
        return Dossier(
            title=self._words.text("kantor.permintaan.berkas.judul"),
            made=written.date_and_clock(now_ms),
            office=office,
            parts=tuple(part for part in parts if part.entries),
        )


def packed(dossier: Dossier, page: str) -> bytes:
    """Put it into a ZIP as JSON and as a page to read."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (("data-diri.json", dossier.as_json()), ("data-diri.html", page.encode())):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class _Gathering:
    """One reading of everything about one person."""

    def __init__(self, tx: Reader, warga: Record, words: Words) -> None:
        self._tx, self._words = tx, words
        self._store = SqlOfficeStore.reading(tx)
        own = _open_members(tx, warga.id)
        letters = self._store.records(letters_about(tx, [each.id for each in own])).values()
        self._records = {each.id: each for each in (*own, *letters)}
        self._versions = [
            version
            for each in self._of("kunjungan")
            for version in load_versions(tx, _changes_of(each))
            if _is_open(version, words)
        ]
        found = protection_store.contents_in_effect(tx, set(self._records))
        self._contents = [(name, content) for name, raw in found if (content := readable(raw)) is not None]
        people = {content.author for _, content in self._contents}
        people |= {PersonId(str(each.fields.get("oleh") or "")) for each in letters}
        self._names = names(self._store, {*people, *self._ids_in_answers()} - {""})
        self._own = {
            digits(str(each.fields.get(name) or "")) for each in self._of("warga") for name in OWN_NUMBERS
        }
        self._own |= {digits(str(_answer(v, name) or "")) for v in self._versions for name in OWN_NUMBERS}

    def parts(self) -> Iterator[Part]:
        """Give each sort of thing in turn."""
        title = self._words.text("kantor.permintaan.berkas.identitas")
        # theirs first, then those that live on in it
        yield self._part(
            "identitas",
            [Entry(title=title, lines=self._fields("warga", each.fields)) for each in self._of("warga")],
        )
        yield self._part("perubahan", self._patches())
        yield self._part("kunjungan", [self._visit(version) for version in self._versions])
        yield self._part("keputusan", [self._decision(content) for content in self._bodies(Decide)])
        yield self._part("kasus", [self._case(each) for each in self._of("kasus")])
        yield self._part("surat", [self._letter(each) for each in sorted(self._of(LETTER), key=_made_ms)])
        yield self._part("tugas", [self._task(each) for each in self._of("tugas")])
        yield self._part("konflik", [self._conflict(each) for each in self._of("konflik")])
        yield self._part("dilihat", [self._look(content) for content in self._bodies(Accessed)])
        yield self._part("permintaan", [self._request(each) for each in self._of(REQUEST)])

    def _part(self, name: str, entries: list[Entry]) -> Part:
        return Part(title=self._words.text(f"kantor.permintaan.berkas.{name}"), entries=tuple(entries))

    def _of(self, kind: str) -> list[Record]:
        return [each for each in self._records.values() if each.kind == kind]

    def _bodies(self, kind: type) -> list[Content]:
        """Return the contents of one kind that are about what is theirs, oldest first."""
        found = [
            content
            for _, content in self._contents
            if isinstance(content.body, kind) and not _about(content).isdisjoint(self._records)
        ]
        return sorted(found, key=lambda content: content.clock.server_ms)

    def _patches(self) -> list[Entry]:
        """Return what was set in their own records; what set nothing that may be told is not named at all."""
        found = [self._patch(each, each.body) for each in self._bodies(Patch) if isinstance(each.body, Patch)]
        return [entry for entry in found if entry is not None]

    def _ids_in_answers(self) -> set[str]:
        answers = (filled.answers for v in self._versions for filled in v.submit.forms.values())
        return {
            value
            for each in answers
            for value in each.values()
            if isinstance(value, str) and len(value) == 32
        }

    def _title(self, content: Content, what: str = "") -> str:
        who, when = self._name(content.author), written.date_and_clock(content.clock.server_ms)
        return " · ".join(each for each in (what, who, when) if each)

    def _name(self, person: PersonId | str) -> str:
        return self._names.get(str(person), self._words.text("kantor.konflik.kantor_sendiri"))

    def _line(self, name: str, value: object) -> tuple[str, str]:
        return self._words.text(f"kantor.permintaan.berkas.{name}"), self._clean(str(value or "–"))

    def _clean(self, value: str) -> str:
        """Cover the numbers in a text that are not their own."""
        covered = self._words.text("kantor.permintaan.berkas.ditutup")
        return NUMBER.sub(lambda hit: hit[0] if digits(hit[0]) in self._own else covered, value)

    def _fields(self, kind: str, fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        shown = {name: _open_only(name, value) for name, value in sorted(fields.items()) if name != MERGED}
        return tuple(
            (label_of_field(kind, name, self._words), self._clean(self._value(kind, name, value)))
            for name, value in shown.items()
            if value not in (None, "", [])
        )

    def _value(self, kind: str, name: str, value: Any) -> str:
        if isinstance(value, dict | list) and name != "layanan":
            return json.dumps(value, ensure_ascii=False)
        return value_words(kind, name, value, self._words, opened=True)

    def _patch(self, content: Content, body: Patch) -> Entry | None:
        record = self._records.get(body.record)
        lines = self._fields("warga", body.new) if record is not None and record.kind == "warga" else ()
        return Entry(title=self._title(content), lines=lines) if lines else None

    def _visit(self, version: Version) -> Entry:
        lines: list[tuple[str, str]] = []
        reading = Reading(
            text=self._words.text,
            name_of=lambda name: self._names.get(name, ""),
            region_of=self._words.region,
            opened=True,
        )
        for name, filled in version.submit.forms.items():
            form = self._words.forms.get(name, filled.version)
            for field in form.fields.values():
                if field.name in filled.answers:
                    value = self._answer(field, filled.answers[field.name], reading)
                    lines.append((f"{form.title}: {field.short}", value))
        for item in version.photos:
            label = label_of(item, version, self._words.forms)
            taken, size = written.date_and_clock(item.taken_ms), written.size(item.size_bytes)
            lines.append((label, f"{taken}, {size}, SHA-256 {item.blob}"))
        return Entry(title=self._title(version.content), lines=tuple(lines))

    def _answer(self, field: Field, value: Any, reading: Reading) -> str:
        covered = self._words.text("kantor.permintaan.berkas.ditutup")
        if field.name in OTHERS:
            return covered
        if isinstance(field, Tabel) and (rows := rows_of(value)):
            return "\n".join(self._row(field, row, reading, covered) for row in rows)
        return self._clean(show(field, value, reading))

    def _row(self, field: Tabel, row: Mapping[str, Any], reading: Reading, covered: str) -> str:
        other = field.name == FAMILY and digits(str(row.get("nik") or "")) not in self._own - {""}
        cells: list[str] = []
        for column in field.columns:
            if column.name in row:
                hidden = other and column.name not in KEPT_OF_OTHERS
                said = covered if hidden else self._clean(show(column, row[column.name], reading))
                cells.append(f"{column.short}: {said}")
        return "; ".join(cells)

    def _decision(self, content: Content) -> Entry:
        body = content.body
        assert isinstance(body, Decide)
        word = self._words.text(f"kantor.permintaan.berkas.{body.decision}")
        reasons = [self._clean(reason) for reason in body.reasons.values()]
        return Entry(
            title=self._title(content, word),
            lines=(self._line("catatan", body.note), self._line("alasan", "; ".join(reasons))),
        )

    def _case(self, record: Record) -> Entry:
        fields = record.fields
        history: list[dict[str, Any]] = fields.get("history") or []
        lines = [
            self._line("keadaan", fields.get("state")),
            self._line("sejak", _day(fields.get("since_ms"))),
        ]
        for step in history:
            answers: dict[str, Any] = step.get("answers") or {}
            said = "; ".join(f"{name}: {value}" for name, value in answers.items())
            lines.append((f"{step.get('event')}, {_day(step.get('received_ms'))}", self._clean(said)))
        return Entry(title=str(fields.get("workflow")), lines=tuple(lines))

    def _letter(self, record: Record) -> Entry:
        """Tell of a letter about them; its paper is given by the office when they ask for it."""
        fields, text = record.fields, self._words.text
        kind, day = letter_kinds()[str(fields["jenis"])], day_of(fields.get("tanggal"))
        state = text(f"surat.status.{fields['state']}")
        lines = [
            self._line("tanggal", written.long_date(day) if day else ""),
            self._line("keadaan", f"{state}: {reason}" if (reason := fields.get("batal_alasan")) else state),
            self._line("petugas", self._name(str(fields.get("oleh") or ""))),
        ]
        if kind.penerima:
            lines.append(self._line("penerima", text(f"kantor.penerima.pihak.{kind.penerima}")))
        size = written.size(int(fields["ukuran"]))
        lines.append((text("kantor.permintaan.berkas.berkas"), f"{size}, SHA-256 {fields['berkas']}"))
        title = " · ".join(filter(None, (text(f"surat.jenis.{fields['jenis']}"), str(fields["nomor"]))))
        return Entry(title=title, lines=tuple(lines))

    def _task(self, record: Record) -> Entry:
        fields = record.fields
        who = self._words.text("kantor.permintaan.berkas.petugas")
        worker = str(fields.get("petugas") or "")
        name = names(self._store, [worker]).get(worker, "–")
        day, state = day_of(due_of(fields)), self._line("keadaan", fields.get("state"))
        due = self._line("batas", written.long_date(day) if day else "")
        return Entry(title=str(fields.get("form") or ""), lines=((who, name), due, state))

    def _conflict(self, record: Record) -> Entry:
        cases: dict[str, dict[str, Any]] = record.fields.get("fields") or {}
        lines: list[tuple[str, str]] = [self._line("keadaan", record.fields.get("state"))]
        for name, case in cases.items():
            for side in ("theirs", "mine"):
                value = _open_only(name, case.get(side))
                label = f"{label_of_field('warga', name, self._words)} ({self._line(side, '')[0]})"
                lines.append((label, self._clean(self._value("warga", name, value) if value else "–")))
        return Entry(title=written.date_and_clock(int(record.fields.get("at_ms") or 0)), lines=tuple(lines))

    def _look(self, content: Content) -> Entry:
        assert isinstance(content.body, Accessed)
        return Entry(title=self._title(content), lines=(self._line("tujuan", content.body.purpose),))

    def _request(self, record: Record) -> Entry:
        fields = record.fields
        kind = self._words.text(f"kantor.permintaan.jenis.{fields['jenis']}")
        lines = [self._line("isi", fields["isi"]), self._line("jawaban", fields.get("jawaban"))]
        if withdrawal := fields.get("penarikan"):
            lines.append(self._line("penarikan", withdrawal))
        title = f"{kind}, {written.date_and_clock(int(fields['diterima_ms']))}"
        return Entry(title=title, lines=tuple(lines))


def _made_ms(record: Record) -> int:
    return int(record.fields["at_ms"])


def _open_members(tx: Reader, warga: RecordId) -> list[Record]:
    return [each for each in members(tx, warga) if not is_sealed(each)]


def digits(text: str) -> str:
    """Return the digits of a text."""
    return "".join(sign for sign in text if sign.isdigit())


def _changes_of(visit: Record) -> list[ChangeId]:
    return [ChangeId(bytes.fromhex(version["change"])) for version in visit.fields["versions"]]


def _is_open(version: Version, words: Words) -> bool:
    """Whether no form of a visit is one of sealed cases."""
    filled = version.submit.forms.items()
    return all(words.forms.get(name, each.version).privacy != "rahasia" for name, each in filled)


def _about(content: Content) -> set[RecordId]:
    return {content.body.subject} if isinstance(content.body, Accessed) else named(content.body)


def _open_only(name: str, value: Any) -> Any:
    """Leave out of a person's services those whose cases are sealed."""
    if name == "layanan" and isinstance(value, list):
        return [each for each in value if each not in SEALED_SERVICES]  # pyright: ignore[reportUnknownVariableType]
    return value


def _answer(version: Version, name: str) -> Any:
    return next((f.answers[name] for f in version.submit.forms.values() if name in f.answers), None)


def _day(at_ms: Any) -> str:
    return written.long_date(written.local_date(at_ms)) if isinstance(at_ms, int) and at_ms else "–"
