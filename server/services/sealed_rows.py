"""Sealed visits and cases as lists show them. Rule: code, service, state, officer and date, and nothing else.

What they hold opens in the sealed room only.
"""

from collections.abc import Iterable, Mapping, Sequence

from schemas import format as written
from schemas.base import Data
from schemas.ids import ChangeId, RecordId
from server import page_store
from server.engine import Reader
from server.services.visit_page import Words
from server.store import SqlOfficeStore
from sync.neutral import is_sealed
from sync.store import Record
from sync.versions import counted_versions


class SealedRow(Data, frozen=True, kw_only=True):
    """What a list says of a sealed visit; `container` says in words whether it has come, whole."""

    kode: str
    title: str
    received: str
    container: str


def sealed_rows(tx: Reader, records: Iterable[Record], words: Words) -> dict[RecordId, SealedRow]:
    """Return what lists say of those of these visits that are sealed."""
    visits = [record for record in records if record.kind == "kunjungan" and is_sealed(record)]
    if not visits:
        return {}
    cases = SqlOfficeStore.reading(tx).records({RecordId(visit.fields["kasus"]) for visit in visits})
    counted = {visit.id: counted_versions(visit)[-1] for visit in visits}
    changes = {visit: ChangeId(bytes.fromhex(each["change"])) for visit, each in counted.items()}
    held = {change for change, _ in page_store.held_blobs(tx, changes.values())}
    return {
        visit.id: SealedRow(
            kode=kode_of(cases.get(RecordId(visit.fields["kasus"])), words),
            title=title_of(str(visit.fields["service"]), words),
            received=written.long_date(written.local_date(counted[visit.id]["received_ms"])),
            container=words.text(
                "kantor.segel.berkas_ada" if changes[visit.id] in held else "kantor.segel.berkas_belum"
            ),
        )
        for visit in visits
    }


def kode_of(kasus: Record | None, words: Words) -> str:
    """Return the neutral code of a sealed case; who made it may have left it out."""
    kode = kasus.fields.get("kode") if kasus else None
    return kode if isinstance(kode, str) else words.text("kantor.segel.tanpa_kode")


def codes_of(tx: Reader, names: Iterable[RecordId]) -> dict[RecordId, str]:
    """Return the codes of those of these records that are sealed cases, or visits of one."""
    store = SqlOfficeStore.reading(tx)
    found = [each for each in store.records(set(names)).values() if is_sealed(each)]
    case_of = {each.id: RecordId(str(each.fields.get("kasus") or each.id)) for each in found}
    cases = store.records(set(case_of.values()))
    codes = {name: cases[case].fields.get("kode") for name, case in case_of.items() if case in cases}
    return {name: code for name, code in codes.items() if isinstance(code, str)}


def title_of(service: str, words: Words) -> str:
    """Return what a list calls a sealed visit or case: its service, and no form."""
    return words.text("kantor.segel.judul", layanan=words.text(f"layanan.{service}"))


def officer_of(kasus: Record, known: Mapping[str, str]) -> str:
    """Return the name of a sealed case's petugas, empty while it has none."""
    return known.get(str(kasus.fields.get("petugas") or ""), "")


def officers(records: Iterable[Record]) -> Sequence[str]:
    """Return the ids of the petugas of those of these cases that are sealed."""
    return [
        str(record.fields["petugas"])
        for record in records
        if is_sealed(record) and record.fields.get("petugas")
    ]
