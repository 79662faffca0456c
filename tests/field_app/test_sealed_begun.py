"""Which draft a visit to a sealed case goes on with, whose case it is about, and which cases are listed."""

from pathlib import Path
from typing import Any

import pytest

from field_app.views import DraftView, Refused
from schemas.ids import PersonId, RecordId
from schemas.sealed_notes import Assignment, Reasons
from tests.field_app.conftest import SetTime
from tests.field_app.sealed_field import KASUS, KODE, TUGAS_SEALED, SealedField
from tests.field_app.test_sealed_visits import CASE, SEALED_TASK, came_back

OTHER_CASE, OTHER_TASK = RecordId("8" * 32), RecordId("9" * 32)
OTHER_KODE = "KS-2026-BCDFGH"


@pytest.fixture
def field(tmp_path: Path, time: SetTime) -> SealedField:
    made = SealedField(tmp_path, time)
    made.ready()
    return made


def know(field: SealedField, **other: Any) -> None:
    """Pull two cases, and a task for each."""
    field.pull(
        {
            KASUS: ("kasus", CASE),
            TUGAS_SEALED: ("tugas", SEALED_TASK),
            OTHER_CASE: ("kasus", {**CASE, "kode": OTHER_KODE, **other}),
            OTHER_TASK: ("tugas", {**SEALED_TASK, "kasus": OTHER_CASE, "kode": OTHER_KODE}),
        }
    )


def sent(field: SealedField, draft: DraftView, form: str = "ktk") -> tuple[RecordId, RecordId | None]:
    """Finalise; return the case and the task that it names outside."""
    field.visits.save(draft.id, form, "hasil_kunjungan", "terisi_sebagian")
    field.finish(draft.id)
    submit = field.last_submit()
    return submit.kasus, submit.tugas


def test_a_visit_is_about_the_case_that_was_chosen_or_that_its_task_names(field: SealedField) -> None:
    know(field)
    assert sent(field, field.begin("ktk", kasus=OTHER_CASE)) == (OTHER_CASE, None)
    assert sent(field, field.begin("ktk", kasus=OTHER_CASE, tugas=TUGAS_SEALED)) == (KASUS, TUGAS_SEALED)


def test_a_visit_that_is_begun_from_the_list_of_cases_is_the_one_that_a_task_asks_for(
    field: SealedField,
) -> None:
    know(field)
    about = field.note(Assignment(forms=["uep"], text="Temui di balai desa"), "tugas", TUGAS_SEALED)
    task = {**SEALED_TASK, "due": "2026-11-30", "notes": {"tugas": [[about.key, about.data]]}}
    field.pull({TUGAS_SEALED: ("tugas", task)})
    assert sent(field, field.begin("ktk", kasus=KASUS)) == (KASUS, None), "another form is asked for"
    draft = field.begin("uep", kasus=KASUS)
    assert [(card.tugas, card.due) for card in field.visits.home().drafts] == [(TUGAS_SEALED, "2026-11-30")]
    assert field.begin("uep", kasus=KASUS).id == field.begin("uep", tugas=TUGAS_SEALED).id == draft.id
    assert sent(field, draft, "uep") == (KASUS, TUGAS_SEALED)
    assert sent(field, field.begin("uep", kasus=KASUS), "uep") == (KASUS, None), "it was recorded for"


def test_reasons_that_were_sealed_anew_are_what_a_begun_correction_asks(field: SealedField) -> None:
    done = came_back(field)
    correction = field.visits.start_correction(done.visit)
    assert isinstance(correction, DraftView) and "ktk.alasan_hasil" in correction.returned
    row = dict(field.bench.records.of_kind("kunjungan")[done.visit])
    reasons = Reasons(form="ktk", reasons={"ktk.hasil_kunjungan": "Apa hasilnya?"}, note="Keliru tadi")
    note = field.note(reasons, "alasan", done.visit, 1)
    field.pull({done.visit: ("kunjungan", {**row, "notes": {"alasan": [[note.key, note.data]]}})})
    now = field.visits.draft(correction.id)
    assert (now.returned, now.note) == (reasons.reasons, "Keliru tadi")
    missing = [(one.form, one.field) for one in field.visits.review(correction.id).missing]
    assert missing == [("ktk", "hasil_kunjungan")]


def test_a_task_that_is_not_here_begins_nothing(field: SealedField) -> None:
    know(field)
    refused = field.visits.start("ktk", KASUS, RecordId("e" * 32))
    assert refused == Refused(say="lapangan.tugas_tidak_ada")
    assert field.visits.home().drafts == ()


def test_the_same_form_of_the_same_task_or_case_goes_on_where_it_was(field: SealedField) -> None:
    know(field)
    ways: list[tuple[str, RecordId | None, RecordId | None]] = [
        ("ktk", None, TUGAS_SEALED), ("ktk", None, OTHER_TASK), ("uep", None, OTHER_TASK),
    ]  # fmt: skip
    begun = [field.begin(*way).id for way in ways]
    assert len(set(begun)) == 3
    assert [field.begin(*way).id for way in ways] == begun
    # without a task, whatever of that case is begun goes on, for one or without
    assert field.begin("uep", kasus=OTHER_CASE).id == begun[2]
    assert field.begin("uep", kasus=KASUS).id not in begun


def test_two_tasks_of_one_case_are_two_visits(field: SealedField) -> None:
    know(field)
    second = RecordId("5" * 32)
    field.pull({second: ("tugas", SEALED_TASK)})
    assert field.begin("ktk", tugas=TUGAS_SEALED).id != field.begin("ktk", tugas=second).id


def test_a_task_brings_the_code_of_a_case_that_has_not_come_yet(field: SealedField) -> None:
    field.pull({TUGAS_SEALED: ("tugas", SEALED_TASK)})
    assert field.begin("ktk", tugas=TUGAS_SEALED).nama == KODE


def test_two_new_cases_are_two(field: SealedField) -> None:
    first, second = field.begin("ktk"), field.begin("ktk")
    assert first.id != second.id and first.nama != second.nama


def test_a_correction_is_no_draft_of_a_further_visit_to_its_case(field: SealedField) -> None:
    done = came_back(field)
    kasus = field.last_submit().kasus
    field.pull({kasus: ("kasus", {**CASE, "kode": done.number})})
    correction = field.visits.start_correction(done.visit)
    assert isinstance(correction, DraftView)
    further = field.begin("ktk", kasus=kasus)
    assert further.id != correction.id and further.note == ""
    again = field.visits.start_correction(done.visit)
    assert isinstance(again, DraftView) and again.id == correction.id


def test_a_draft_of_another_visit_is_no_correction(field: SealedField) -> None:
    done = came_back(field)
    other = field.begin("pm")
    correction = field.visits.start_correction(done.visit)
    assert isinstance(correction, DraftView) and correction.id != other.id and correction.note


def test_what_was_not_returned_is_not_corrected(field: SealedField) -> None:
    done = came_back(field)
    name = field.last_submit().visit
    row = dict(field.bench.records.of_kind("kunjungan")[name])
    field.pull({name: ("kunjungan", {**row, "state": "disetujui"})})
    assert field.visits.start_correction(done.visit) == Refused(say="lapangan.tidak_dikembalikan")


def test_reasons_about_a_form_that_this_phone_does_not_know_are_not_readable(field: SealedField) -> None:
    done = came_back(field)
    row = dict(field.bench.records.of_kind("kunjungan")[done.visit])
    note = field.note(Reasons(form="kelak", reasons={}, note="Ulangi"), "alasan", done.visit, 1)
    field.pull({done.visit: ("kunjungan", {**row, "notes": {"alasan": [[note.key, note.data]]}})})
    refused = field.visits.start_correction(done.visit)
    assert refused == Refused(say="lapangan.tersegel.alasan_tidak_terbaca")


def test_only_this_officers_own_cases_that_have_a_code_are_listed_by_it(field: SealedField) -> None:
    know(field, petugas=PersonId("e" * 32))
    assert [(case.id, case.kode, case.state) for case in field.sealed.cases()] == [
        (KASUS, KODE, "Dinsos verifikasi")
    ]
    field.pull({KASUS: ("kasus", {**CASE, "kode": ""})})
    assert field.sealed.cases() == ()


def test_a_visit_that_is_not_sealed_names_no_case(field: SealedField) -> None:
    field.visit()
    assert field.visits.home().sent and field.sealed.cases() == ()


# what is being written --------------------------------------------------------------------------------------


def drafts(field: SealedField) -> list[str | None]:
    return [card.draft for card in field.visits.home().drafts]


def test_what_is_put_away_is_that_draft_alone_and_comes_back(field: SealedField) -> None:
    first, second = field.begin("ktk").id, field.begin("pm").id
    assert field.visits.discard(first) is None
    assert (drafts(field), [away.card.draft for away in field.visits.put_away()]) == ([second], [first])
    assert field.visits.restore(first) is None
    assert set(drafts(field)) == {first, second} and field.visits.put_away() == ()


def test_what_was_touched_last_stands_first_at_the_page_where_she_was(
    field: SealedField, time: SetTime
) -> None:
    first = field.begin("ktk").id
    time.pass_s(1)
    second = field.begin("pm").id
    assert drafts(field) == [second, first]
    time.pass_s(1)
    assert field.visits.remember_page(first, "ktk", 2) is None
    assert drafts(field) == [first, second]
    time.pass_s(1)
    field.visits.save(first, "ktk", "hasil_kunjungan", "terisi_sebagian")
    assert (field.visits.draft(first).page, field.visits.draft(second).page) == (2, 0)


def test_which_field_was_touched_last_is_known_of_each_draft(field: SealedField) -> None:
    first, second = field.begin("ktk").id, field.begin("pm").id
    for draft, form, name in ((first, "ktk", "nama"), (second, "pm", "nama"), (first, "ktk", "nik")):
        field.visits.stand_on(draft, form, name)
    assert field.bench.sealed.spot(first) == ("ktk", "nik")
    assert field.bench.sealed.spot(second) == ("pm", "nama")
