"""Visits as other systems are told of them: where each stands, and what a covered list would hold of it.

Rule: the columns of covered lists write these answers, so what such a list leaves out is left out here too:
what is sealed, photos, numbers, all that was typed. Of names the first letters stand, whatever a key is for.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Data
from schemas.form import Forms
from schemas.form_conditions import visible_among
from schemas.form_types import Field
from schemas.format import local_date
from schemas.ids import RecordId
from schemas.sealed import SEALED_SERVICES
from schemas.text import Text
from server.engine import Reader
from server.services.answers import Reading
from server.services.export_rows import newest_submits
from server.store import SqlOfficeStore
from server.tables.outgoing import COVERED_NUMBERS, Writing, cell_writer, form_columns
from sync.change import FormAnswers, Submit
from sync.losses import is_destroyed
from sync.store import Record
from sync.versions import counted_versions

Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$", description="Kode tetap di Sambang")]
KodeDesa = Annotated[str, Meta(description="Kode Kemendagri desa atau kelurahan, bertitik")]
State = Literal["diterima", "ditahan", "dikembalikan", "disetujui", "ditolak"]
Value = str | int | float
Answers = dict[str, dict[str, Value]]


class Kunjungan(Data, frozen=True, kw_only=True, omit_defaults=True):
    """Sebuah kunjungan lapangan, menurut versi terbarunya, yang disetujui menurut versi yang disetujui;
    bukan kunjungan kasus tertutup.
    """

    id: Id
    formulir: Annotated[str, Meta(description="Kode formulir utamanya")]
    layanan: str
    keadaan: Annotated[State, Meta(description="Keputusan kantor; `diterima` berarti menunggu ditinjau")]
    kode_desa: KodeDesa
    versi: Annotated[
        int,
        Meta(description="Versi yang isiannya diberikan: 1 kiriman pertama, perbaikan menambah satu"),
    ]
    diterima: Annotated[str, Meta(description="Tanggal versi ini diterima kantor, YYYY-MM-DD")]
    diputuskan: Annotated[str, Meta(description="Tanggal keputusannya, YYYY-MM-DD")] = ""
    subjek: Annotated[str, Meta(description="Kode warga atau e-warong yang dikunjungi")] = ""
    bukti: Annotated[int, Meta(description="Banyaknya foto dan berkas lain; berkasnya tidak ikut")] = 0
    isian: Annotated[
        Answers,
        Meta(
            description="Jawaban tersamar seperti di ekspor, menurut kode formulir lalu kode isian:"
            " pilihan dengan labelnya, tabel dan foto sebagai banyaknya, nama sebagai huruf depan"
        ),
    ] = {}


class VisitPresenter:
    """Says of a visit what other systems are told."""

    def __init__(self, forms: Forms, text: Text) -> None:
        self._forms = forms
        # what an answer refers to stays a code, which another system can look up among what it has
        self._reading = Reading(text=text, name_of=str, region_of=str, opened=False)
        self._writers: dict[tuple[str, int, int], dict[str, Writing]] = {}

    def forms_of(self, services: Iterable[str]) -> frozenset[str]:
        """Return the forms of these services of which other systems are told at all."""
        wanted = set(services) - SEALED_SERVICES
        return frozenset(
            form.id for form in self._forms.all() if form.service in wanted and form.privacy != "rahasia"
        )

    def show(self, record: Record, body: Submit, told: frozenset[str], *, named: bool) -> Kunjungan | None:
        """Return what is told of a visit by the version of it that counts; None of one that is secret."""
        forms = self._forms
        if any(forms.get(name, each.version).privacy == "rahasia" for name, each in body.forms.items()):
            return None
        fields, main = record.fields, forms.get(body.form, body.forms[body.form].version)
        versions = counted_versions(record)
        decided = int(fields.get("decided_ms") or 0)
        answered = {
            name: self._answers(name, filled, named=named)
            for name, filled in sorted(body.forms.items())
            if name in told
        }
        return Kunjungan(
            id=record.id,
            formulir=main.id,
            layanan=main.service,
            keadaan=fields["state"],
            kode_desa=str(fields.get("kode_desa") or ""),
            versi=len(versions),
            diterima=local_date(int(versions[-1].get("received_ms") or 0)).isoformat(),
            diputuskan=local_date(decided).isoformat() if decided else "",
            subjek=str(body.subject or ""),
            bukti=len(body.evidence),
            isian={name: values for name, values in answered.items() if values},
        )

    def _answers(self, name: str, filled: FormAnswers, *, named: bool) -> dict[str, Value]:
        fields = self._forms.get(name, filled.version).fields
        writers = self._writers_of(name, filled.version, fields)
        given = [each for each, value in filled.answers.items() if value is not None and each in writers]
        seen = visible_among(fields, filled.answers, given)
        said = {
            each: writers[each](filled.answers[each]) for each in seen if named or each not in COVERED_NUMBERS
        }
        return {
            each: value.isoformat() if isinstance(value, date) else value
            for each, value in said.items()
            if value is not None
        }

    def _writers_of(self, name: str, version: int, fields: Mapping[str, Field]) -> dict[str, Writing]:
        key = (name, version, len(self._forms.versions(name)))  # a later version may hold more back
        if key not in self._writers:
            columns = form_columns(self._forms, name, self._reading.text)
            self._writers[key] = {
                column.name: cell_writer(fields[column.name], self._reading, whole=False)
                for column in columns
                if column.field is not None and not column.whole and column.name in fields
            }
        return self._writers[key]


def read_visits(
    tx: Reader, names: Iterable[RecordId], presenter: VisitPresenter, told: frozenset[str], *, named: bool
) -> tuple[list[Kunjungan], list[RecordId]]:
    """Return what is told of these visits, none of them sealed, and which of them were destroyed."""
    store = SqlOfficeStore.reading(tx)
    ids = list(names)
    records = store.records(ids)
    gone = [name for name in ids if name in records and is_destroyed(records[name])]
    living = newest_submits(store, [records[name] for name in ids if name in records])
    shown = (presenter.show(record, body, told, named=named) for record, _, body in living)
    return [each for each in shown if each is not None], gone
