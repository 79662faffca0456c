"""Plaintext about a sealed case: refused on every path, from phones and from the office itself."""

import pytest

from schemas.ids import RecordId
from schemas.wire import Conflict, Rejected
from sync.change import Accessed, Advance, Body, Decide, FormAnswers, Patch, Resolve, Submit
from tests.contract.people import record_id
from tests.sync.regency import KEDEN, Phone, Regency, held_on, outcome_of, visit
from tests.sync.sealed_things import (
    CASE,
    TASK,
    VISIT,
    advance,
    case,
    fields_of,
    head_of,
    task,
    worked,
    worker,
)

SAID = "Sutarmi dipukul"
HEX = bytes(32)


def refused(outcome: object) -> bool:
    return isinstance(outcome, Rejected) and outcome.problem == "harus_tersegel" and SAID not in outcome.field


def stands(town: Regency) -> dict[RecordId, object]:
    """Everything that the office holds of records and shows of them."""
    return {**town.office.record_table, **{name: row.body for name, row in town.office.table.items()}}


def about_case(kind: str, number: int, base: dict | None = None, **new: object) -> Patch:
    return Patch(record=record_id(number), kind=kind, base=base or {}, new=new)


def submit_of(**about: object) -> Submit:
    said = {
        "visit": record_id(80), "follows": None, "subject": None, "form": "bpnt_kpm", "evidence": [],
        "forms": {"bpnt_kpm": FormAnswers(version=1, answers={"catatan": SAID})}, "place": None,
        "tugas": None,
    }  # fmt: skip
    return Submit(**said | about)


PLAIN: dict[str, Body] = {
    "langkah": Advance(kasus=record_id(CASE), follows=None, event="tangani", answers={"alasan": SAID}),
    "keputusan": Decide(visit=record_id(VISIT), follows=HEX, decision="tolak", reasons={"x": SAID}, note=""),
    "keputusan tanpa kata": Decide(
        visit=record_id(VISIT), follows=HEX, decision="setujui", reasons={}, note=""
    ),
    "melihat kasus": Accessed(subject=record_id(CASE), purpose=SAID),
    "melihat kunjungan": Accessed(subject=record_id(VISIT), purpose=SAID),
    "melihat tugas": Accessed(subject=record_id(TASK), purpose=SAID),
    "kunjungan ke kasus": submit_of(subject=record_id(CASE)),
    "versi kunjungan tersegel": submit_of(visit=record_id(VISIT)),
    "kunjungan untuk tugas tersegel": submit_of(tugas=record_id(TASK)),
    "formulir tertutup": visit(80, form="tertutup"),
    "isian kasus": about_case("kasus", CASE, nama_korban=SAID),
    "yang dilihat di kasus": about_case("kasus", CASE, {"nama_korban": SAID}, petugas=None),
    "kata sebagai petugas": about_case("kasus", CASE, petugas=SAID),
    "kata sebagai tenggat": about_case("kasus", CASE, due=SAID),
    "catatan kasus": about_case("kasus", CASE, notes={"catatan": SAID}),
    "desa kasus": about_case("kasus", CASE, kode_desa=KEDEN),
    "kasus yang dibuka segelnya": about_case("kasus", CASE, service="bpnt"),
    "isian tugas": about_case("tugas", TASK, alamat=SAID),
    "sasaran tugas": about_case("tugas", TASK, sasaran=record_id(1)),
    "kata sebagai status": about_case("tugas", TASK, state=SAID),
    "tugas dipindah ke kasus lain": about_case("tugas", TASK, kasus=record_id(63)),
    "kode lain": about_case("kasus", CASE, kode="KS-2026-ZZZZZZ"),
    "isian kunjungan": about_case("kunjungan", VISIT, catatan=SAID),
    "isian kunjungan tanpa isi": about_case("kunjungan", VISIT, {"catatan": SAID}, state="disetujui"),
    "kasus sebagai warga": about_case("warga", CASE, nama=SAID),
    "kasus baru dengan isi": about_case(
        "kasus", 81, workflow="ktkpm", service="ktkpm", kode="KS-2026-BCDFGH", kronologi=SAID
    ),
    "kasus baru dengan nama sebagai id": Patch(
        record=RecordId("sutarmi"), kind="kasus", base={}, new=dict(case().new)
    ),
    "kasus baru tentang seseorang": case(81, subjek=record_id(1)),
    "kasus baru dengan kode terbaca": case(81, kode="KS-2026-SUTARMI"),
    "kasus baru dengan angka lain": case(81, kode="KS-٢٠٢٦-BCDFGH"),
    "kasus baru dengan layanan lain": case(81, service="bpnt"),
    "kasus baru dengan alur lain": case(81, workflow="bpnt_masalah"),
    "tugas baru dengan isi": about_case("tugas", 82, kasus=record_id(CASE), alasan=SAID),
    "tugas baru ke kasus": about_case("tugas", 82, sasaran=record_id(CASE)),
    "tugas baru untuk formulir tertutup": about_case("tugas", 82, form="tertutup"),
    "catatan lain tentang kasus": about_case("surat", 83, kasus=record_id(CASE), isi=SAID),
}  # fmt: skip


@pytest.fixture
def phone(town: Regency) -> Phone:
    phone, _ = worked(town)
    town.act(task(phone))
    town.act(case(63))
    town.warga(1)
    return phone


@pytest.mark.parametrize("name", PLAIN)
def test_the_offices_own_plaintext_is_refused(town: Regency, phone: Phone, name: str) -> None:
    before = stands(town)
    assert refused(town.act(PLAIN[name]))
    assert stands(town) == before


@pytest.mark.parametrize("name", PLAIN)
def test_a_phones_plaintext_takes_no_effect_and_parks_nothing(town: Regency, phone: Phone, name: str) -> None:
    entry = phone.do(PLAIN[name])
    before = stands(town)
    town.sync(phone)
    outcome = outcome_of(town, entry)
    assert isinstance(outcome, Rejected)
    assert outcome.problem in ("harus_tersegel", "hanya_kantor")
    assert stands(town) == before
    assert SAID.encode() not in held_on(phone)


def test_what_was_open_is_not_sealed_by_a_word(town: Regency, phone: Phone) -> None:
    new = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": KEDEN}
    town.act(Patch(record=record_id(40), kind="kasus", base={}, new=new))
    tugas = town.tugas(41, phone, record_id(1))
    assert refused(town.act(about_case("kasus", 40, {"service": "bpnt"}, service="ktkpm")))
    assert refused(town.act(about_case("kasus", 40, {"workflow": "bpnt_masalah"}, workflow="ktkpm")))
    assert refused(town.act(Patch(record=tugas, kind="tugas", base={}, new={"kasus": record_id(CASE)})))


def test_a_choice_seals_nothing_that_was_open(town: Regency, phone: Phone) -> None:
    new = {"workflow": "bpnt_masalah", "service": "bpnt", "kode_desa": KEDEN}
    town.act(Patch(record=record_id(40), kind="kasus", base={}, new=new))
    parked = town.act(about_case("kasus", 40, {"service": "lain"}, service="kis"))
    assert isinstance(parked, Conflict)
    head = town.office.record_table[parked.ids[0]].head
    assert head is not None
    assert refused(town.act(Resolve(conflict=parked.ids[0], follows=head, values={"service": "ktkpm"})))
    assert not isinstance(
        town.act(Resolve(conflict=parked.ids[0], follows=head, values={"service": "kis"})), Rejected
    )


def test_a_conflict_about_a_sealed_case_is_resolved_without_words(town: Regency, phone: Phone) -> None:
    head = head_of(town, CASE)
    advance(town, head)
    parked = advance(town, head)
    assert isinstance(parked, Conflict)
    conflict = town.office.record_table[parked.ids[0]]
    assert conflict.head is not None
    said = Resolve(conflict=conflict.id, follows=conflict.head, values={"event": SAID})
    assert refused(town.act(said))
    stale = Resolve(conflict=conflict.id, follows=head or HEX, values={"event": "tangani"})
    further = town.act(stale)
    assert isinstance(further, Conflict), "a stale choice is itself parked"
    assert refused(town.act(Resolve(conflict=further.ids[0], follows=head or HEX, values={"event": SAID})))
    assert refused(town.act(Accessed(subject=further.ids[0], purpose=SAID)))
    closed = town.act(Resolve(conflict=conflict.id, follows=conflict.head, values={}))
    assert not isinstance(closed, Rejected)


def test_neutral_values_in_dispute_are_parked_like_others(town: Regency, phone: Phone) -> None:
    other = worker(town, 11)
    first = about_case("tugas", TASK, {"petugas": phone.writer.person}, petugas=other.writer.person)
    second = about_case("tugas", TASK, {"petugas": phone.writer.person}, petugas=None)
    town.act(first)
    parked = town.act(second)
    assert isinstance(parked, Conflict)
    assert fields_of(town, parked.ids[0])["fields"].keys() == {"petugas"}


def test_an_unknown_workflow_of_a_sealed_service_is_told_as_such(town: Regency) -> None:
    outcome = town.act(case(81, workflow="belum_ada"))
    assert outcome == Rejected(problem="alur_tidak_dikenal", field="workflow")


def test_a_field_that_may_itself_say_something_is_not_repeated(town: Regency, phone: Phone) -> None:
    outcome = town.act(Patch(record=record_id(CASE), kind="kasus", base={}, new={SAID: 1}))
    assert outcome == Rejected(problem="harus_tersegel", field="kasus")
