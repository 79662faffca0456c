"""Visits as use cases, on a real vault, with rows as the office would have sent them."""

from pathlib import Path
from typing import Any

import pytest

from field_app import visits as visits_module
from field_app.drafts import Drafts
from field_app.finalise import mark_of
from field_app.rehearsal import drawn_photo, drawn_signature
from field_app.views import DraftView, Refused, Saved
from schemas.ids import DeviceId
from sync.change import Patch, Submit
from sync.scope import HOLIDAYS
from tests.field_app.conftest import FORMS
from tests.field_app.field import (
    DESA,
    DEVICE,
    EWARONG,
    FIELDS,
    NIK,
    PERSON,
    PLACE,
    SMALL,
    TEXT,
    TUGAS,
    WARGA,
    Field,
    answers,
)

NUMBER = f"P017-2026-0001-{mark_of(DEVICE)}"


def test_a_task_begins_a_draft_with_what_device_and_office_know_and_nothing_else(field: Field) -> None:
    view = field.start()
    assert (view.nama, view.title) == ("Warga Uji", "Kunjungan KPM BPNT")
    assert answers(view) == {
        "tanggal_kunjungan": "2026-11-21", "jam_mulai": "17:30", "petugas_id": PERSON, "kunjungan_ke": 1,
        "versi_pemberitahuan": "2026-11", "status_kpm": "sukses_spm",
    }  # fmt: skip
    assert view.last["bpnt_kpm"]["nik"] == NIK and "layanan" not in view.last["bpnt_kpm"]


def test_a_complaint_is_due_after_the_days_off_that_the_office_told_of(field: Field) -> None:
    started = field.visits.start("pengaduan", None, None)
    assert isinstance(started, DraftView)
    field.visits.save(started.id, "pengaduan", "tanggal_diterima", "2026-12-22")
    field.visits.save(started.id, "pengaduan", "jenis_pengaduan", "informasi")
    assert answers(field.visits.draft(started.id), "pengaduan")["batas"] == "2026-12-29"
    off = {"2026": {"2026-12-24": "Cuti bersama Natal", "2026-12-25": "Hari Raya Natal"}}
    field.pull({HOLIDAYS: ("referensi", off)})
    assert answers(field.visits.draft(started.id), "pengaduan")["batas"] == "2026-12-31"


def test_starting_twice_comes_back_to_the_same_draft(field: Field) -> None:
    first = field.start()
    again = field.visits.start("bpnt_kpm", None, TUGAS)
    assert isinstance(again, DraftView) and again.id == first.id
    assert len(field.visits.home().drafts) == 1 and field.visits.home().today == ()


def test_a_saved_answer_outlives_the_process(field: Field) -> None:
    view = field.start()
    assert isinstance(field.visits.save(view.id, "bpnt_kpm", "nama_responden", "Bu Uji"), Saved)
    field.visits.remember_page(view.id, "bpnt_kpm", 4)
    field.die()
    again = field.visits.draft(view.id)
    assert answers(again).get("nama_responden") == "Bu Uji"
    assert again.page == 4


def test_the_field_that_was_answered_last_is_known_also_after_the_process_died(field: Field) -> None:
    view = field.start()
    assert view.at is None, "what the phone filled in by itself is no place where she was"
    for name in ("nama_responden", "catatan", "nama_responden"):
        field.time.wall_ms += 1000
        field.visits.save(view.id, "bpnt_kpm", name, f"isi {name}")
    field.die()
    assert field.visits.draft(view.id).at == ("bpnt_kpm", "nama_responden")


def test_a_nik_of_15_digits_is_refused_but_stays_as_it_was_typed(field: Field) -> None:
    view = field.start()
    refused = field.visits.save(view.id, "bpnt_kpm", "nik", NIK[:15])
    assert refused == Refused(say="aturan.bukan_16_angka")
    field.die()
    assert answers(field.visits.draft(view.id))["nik"] == NIK[:15]
    done = field.visits.finalise(view.id)
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "terisi_sebagian")
    done = field.visits.finalise(view.id)
    assert isinstance(done, Refused) and done.say == "lapangan.perbaiki_dulu"
    assert done.review and [item.field for item in done.review.blocked] == ["nik"]
    assert isinstance(field.visits.save(view.id, "bpnt_kpm", "nik", " 3314 9901 0190 0001 "), Saved)
    assert answers(field.visits.draft(view.id))["nik"] == NIK


@pytest.mark.parametrize("value", [{"x"}, object(), 2**70, float("nan"), b"\xff", ["a", 1], {"skipped": ""}])
def test_no_value_whatever_breaks_saving(field: Field, value: Any) -> None:
    view = field.start()
    assert isinstance(field.visits.save(view.id, "bpnt_kpm", "nama", value), Refused)
    field.visits.draft(view.id)
    field.visits.review(view.id)


def test_a_date_in_the_future_is_blocked_at_the_end(field: Field) -> None:
    view = field.start()
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "tidak_ada")
    field.visits.save(view.id, "bpnt_kpm", "tanggal_kunjungan", "2031-01-01")
    done = field.visits.finalise(view.id)
    assert isinstance(done, Refused) and done.review
    assert [item.say for item in done.review.blocked] == ["aturan.tanggal_di_masa_depan"]


def test_clearing_and_skipping_with_a_reason(field: Field) -> None:
    view = field.start()
    field.visits.save(view.id, "bpnt_kpm", "nama", "Warga")
    field.visits.save(view.id, "bpnt_kpm", "nama", None)
    assert "nama" not in answers(field.visits.draft(view.id))
    assert isinstance(field.visits.skip(view.id, "bpnt_kpm", "lokasi", "  "), Refused)
    assert isinstance(field.visits.skip(view.id, "bpnt_kpm", "lokasi", "GPS mati"), Saved)
    assert answers(field.visits.draft(view.id))["lokasi"] == {"skipped": "GPS mati"}
    assert isinstance(field.visits.skip(view.id, "bpnt_kpm", "hasil_kunjungan", "malas"), Refused)


def test_fields_of_the_office_and_unknown_ones_are_refused(field: Field) -> None:
    view = field.start()
    for name, say in (("status_kpm", "isian_hanya_baca"), ("tidak_ada_ini", "isian_tidak_dikenal")):
        assert field.visits.save(view.id, "bpnt_kpm", name, "x") == Refused(say=f"lapangan.{say}")
    assert field.visits.save(view.id, "sosek", "lantai", "1") == Refused(
        say="lapangan.formulir_tidak_terbuka"
    )


def test_an_answer_opens_another_form_and_closes_it_again(field: Field) -> None:
    view = field.start()
    opened = field.visits.save(view.id, "bpnt_kpm", "isi_sosek", True)
    assert isinstance(opened, Saved) and opened.forms == ("bpnt_kpm", "sosek")
    closed = field.visits.save(view.id, "bpnt_kpm", "isi_sosek", False)
    assert isinstance(closed, Saved) and closed.forms == ("bpnt_kpm",)


def test_a_full_visit_becomes_one_submit_with_all_that_was_answered(field: Field) -> None:
    done = field.visit()
    [patch, submit] = field.bodies()
    assert isinstance(patch, Patch) and isinstance(submit, Submit)
    assert (submit.visit, submit.subject, submit.tugas, submit.follows) == (done.visit, WARGA, TUGAS, None)
    given = submit.forms["bpnt_kpm"].answers
    assert given["nik"] == NIK and given["no_urut_lokal"] == done.number == NUMBER
    assert given["jam_mulai"] == given["jam_selesai"] == "17:30"
    assert submit.place is not None and submit.place.lat == PLACE.lat
    assert {item.field for item in submit.evidence} >= {"foto_rumah_depan", "tanda_tangan"}
    for item in submit.evidence:
        assert item.size_bytes == len(field.visits.photo_bytes(item.blob))
        assert len(item.camera_sha256) == 64
    assert field.finalised == 1


def test_what_she_found_different_becomes_a_patch_with_what_she_saw_as_base(field: Field) -> None:
    view = field.start()
    field.fill(view.id)
    field.visits.save(view.id, "bpnt_kpm", "alamat", "Dukuh Baru")
    field.pull({WARGA: ("warga", FIELDS | {"alamat": "Dukuh Dari Kantor"})})  # meanwhile
    field.finish(view.id)
    patch = field.bodies()[0]
    assert patch.new["alamat"] == "Dukuh Baru" and patch.base["alamat"] == "Dukuh Uji"
    assert {"rt", "rw", "kode_desa"} <= patch.base.keys() - patch.new.keys(), "an address is seen whole"
    assert "nik" not in patch.new and "kode_desa" not in patch.new


def test_a_visit_that_found_nobody_needs_only_its_own_block(field: Field) -> None:
    view = field.start()
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "tidak_ada")
    review = field.visits.review(view.id)
    blocks = {FORMS.get("bpnt_kpm").fields[item.field].block for item in review.missing}
    assert review.missing and blocks == {"kunjungan"}
    field.finish(view.id)
    assert [type(body) for body in field.bodies()] == [Submit]


def test_blanks_are_listed_and_do_not_keep_a_visit_from_being_finished(field: Field) -> None:
    view = field.start()
    assert field.visits.finalise(view.id) == Refused(say="lapangan.kunjungan_kosong")
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "terisi_sebagian")
    assert len(field.visits.review(view.id).missing) > 10
    field.finish(view.id)


def test_a_hidden_field_and_its_photos_stay_out(field: Field) -> None:
    view = field.start()
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "terisi_sebagian")
    field.visits.save(view.id, "bpnt_kpm", "potongan", True)
    field.visits.add_photo(view.id, "bpnt_kpm", "potongan_bukti", drawn_photo(field.rng, SMALL), PLACE)
    field.visits.save(view.id, "bpnt_kpm", "potongan_jumlah", 5000)
    field.visits.save(view.id, "bpnt_kpm", "potongan", False)
    field.finish(view.id)
    submit = field.bodies()[-1]
    assert submit.evidence == [] and "potongan_jumlah" not in submit.forms["bpnt_kpm"].answers
    assert field.bench.blobs.unsent() == []


def test_what_is_finished_never_changes(field: Field) -> None:
    done = field.visit()
    draft = field.bench.history.latest(0, 9)[0].id
    for refused in (
        field.visits.save(draft, "bpnt_kpm", "nama", "Lain"),
        field.visits.skip(draft, "bpnt_kpm", "lokasi", "Lain"),
        field.visits.add_photo(draft, "bpnt_kpm", "foto_kk", drawn_photo(field.rng, SMALL), None),
        field.visits.sign(draft, "bpnt_kpm", "tanda_tangan", drawn_signature(field.rng)),
        field.visits.finalise(draft),
    ):
        assert refused == Refused(say="lapangan.sudah_selesai")
    field.visits.discard(draft)
    assert field.visits.home().sent[0].number == done.number


def test_dying_in_the_middle_of_finalising_leaves_a_whole_draft(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = field.start()
    field.fill(view.id)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Drafts, "finalise", die)
        with pytest.raises(KeyboardInterrupt):
            field.visits.finalise(view.id)
    field.die()
    assert field.bodies() == [] and field.bench.blobs.unsent() == []
    assert "no_urut_lokal" not in answers(field.visits.draft(view.id))
    assert field.finish(view.id).number == NUMBER


def test_the_last_visits_answers_are_shown_to_confirm_but_not_its_evidence_or_result(field: Field) -> None:
    field.visit()
    again = field.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(again, DraftView)
    last = again.last["bpnt_kpm"]
    assert last["kks_kondisi"] == "baik" and last["nama"] == "Warga Uji"
    of_the_visit = {name for name, item in FORMS.get("bpnt_kpm").fields.items() if item.block == "kunjungan"}
    assert of_the_visit.isdisjoint(last)
    assert "kks_kondisi" not in answers(again)


def test_numbers_go_on_from_one_visit_to_the_next(field: Field) -> None:
    assert field.visit().number == NUMBER
    second = field.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(second, DraftView) and answers(second)["kunjungan_ke"] == 2
    field.visits.save(second.id, "bpnt_kpm", "hasil_kunjungan", "tidak_ada")
    assert field.finish(second.id).number == f"P017-2026-0002-{mark_of(DEVICE)}"


def test_a_phone_enrolled_anew_repeats_no_number_even_before_its_first_sync(
    field: Field, tmp_path: Path
) -> None:
    numbers = {field.visit().number}
    (tmp_path / "baru").mkdir()
    anew = Field(tmp_path / "baru", field.time, DeviceId("e" * 32))
    numbers.add(anew.visit().number)
    anew.vault.close()
    assert len(numbers) == 2 and {number[:14] for number in numbers} == {"P017-2026-0001"}


def test_marks_of_devices_are_spread_and_easily_read() -> None:
    marks = {mark_of(DeviceId(f"{number:032x}")) for number in range(2000)}
    assert len(marks) > 1985
    assert all(len(mark) == 4 and set(mark) <= set("ABCDEFGHJKLMNPQRSTUVWXYZ") for mark in marks)


def test_a_visit_that_ends_on_the_next_day_can_still_be_finished(field: Field) -> None:
    view = field.start()
    field.time.pass_s(15 * 3600)
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "tidak_ada")
    field.finish(view.id)
    assert field.bodies()[-1].forms["bpnt_kpm"].answers["jam_selesai"] == "23:59"


def test_a_discarded_draft_comes_back_whole(field: Field) -> None:
    view = field.start()
    field.visits.save(view.id, "bpnt_kpm", "nama", "Warga")
    field.visits.discard(view.id)
    assert field.visits.home().drafts == ()
    field.visits.restore(view.id)
    assert field.visits.home().drafts[0].draft == view.id
    assert answers(field.visits.draft(view.id))["nama"] == "Warga"


def test_forms_that_cannot_begin_stand_behind_all_that_can(field: Field) -> None:
    can = [item.startable for item in field.visits.startable()]
    assert True in can and False in can and can == sorted(can, reverse=True)


def test_secret_forms_and_annexes_are_refused_with_a_sentence(field: Field) -> None:
    startable = {item.form: item for item in field.visits.startable()}
    secret = [form for form in FORMS.all() if form.privacy == "rahasia"]
    assert secret and startable["bpnt_kpm"].startable
    for form in secret:
        refused = field.visits.start(form.id, None, None)
        assert isinstance(refused, Refused) and refused.say in TEXT
        assert not startable.get(form.id) or not startable[form.id].startable
    annex = next(form for form in FORMS.all() if form.annex)
    assert field.visits.start(annex.id, WARGA, None) == Refused(say="lapangan.formulir_lampiran")
    assert field.visits.start("tidak_ada", None, None) == Refused(say="lapangan.formulir_tidak_dikenal")
    assert field.visits.start("bpnt_kpm", None, TUGAS) == Refused(say="lapangan.tugas_tidak_ada")


@pytest.mark.parametrize(
    "form", [form.id for form in FORMS.all() if form.startable and form.privacy != "rahasia"]
)
def test_every_form_can_be_played_to_its_end(field: Field, form: str) -> None:
    subject = {"warga": WARGA, "ewarong": EWARONG}.get(FORMS.get(form).subject)
    shop = {"nama_ewarong": "Warung Uji", "kode_desa": DESA, "layanan": ["bpnt"]}
    field.pull({WARGA: ("warga", FIELDS), EWARONG: ("ewarong", shop)})
    field.bench.owner.roles[:] = sorted({role for known in FORMS.all() for role in known.filled_by})
    started = field.visits.start(form, subject, None)
    assert isinstance(started, DraftView), started
    field.fill(started.id)
    review = field.visits.review(started.id)
    assert review.blocked == ()
    field.finish(started.id)
    assert field.bodies()[-1].form == form


def test_somebody_new_is_made_with_the_visit(field: Field) -> None:
    started = field.visits.start("bpnt_kpm", None, None)
    assert isinstance(started, DraftView)
    for name, value in (("hasil_kunjungan", "terisi_sebagian"), ("nama", "Warga Baru"), ("kode_desa", DESA)):
        field.visits.save(started.id, "bpnt_kpm", name, value)
    field.finish(started.id)
    [patch, submit] = field.bodies()
    assert patch.record == submit.subject and patch.base == {}
    assert patch.new == {"nama": "Warga Baru", "kode_desa": DESA, "layanan": ["bpnt"]}


def test_saving_writes_no_more_than_it_must(field: Field) -> None:
    """The budget of 5 ms is measured by the bench; here, that one answer is one transaction."""
    view = field.start()
    commits: list[str] = []
    with field.vault.read() as connection:
        connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        field.visits.save(view.id, "bpnt_kpm", "nama", "Warga")
        connection.set_trace_callback(None)
    assert commits == ["COMMIT"]


def test_every_sentence_that_is_named_exists() -> None:
    folder = Path(visits_module.__file__).parent
    named = {
        part.split('"')[0]
        for path in folder.glob("*.py")
        for part in path.read_text("utf-8").split('"')[1::2]
        if part.startswith("lapangan.") and "{" not in part
    }
    assert len(named) > 20
    assert sorted(name for name in named if name not in TEXT) == []
