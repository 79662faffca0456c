"""Visits to sealed cases as use cases: what begins them, what closes them, and what leaves the phone."""

import errno
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_app.bench import CLOSED
from field_app.draft_keys import DraftKeyError
from field_app.drawing import drawn_photo, drawn_signature
from field_app.keys import Locked, PinGone
from field_app.second import LOCK_S, ClosedError
from field_app.views import DraftView, Finalised, PhotoView, Refused, Saved, Statement
from schemas.sealed import MEDIA_TYPE, SEALED_FORM, STEP_BYTES
from schemas.sealed_notes import Assignment, Reasons
from schemas.words import unit_words
from sync.change import Patch, SealedSubmit
from tests.field_app.conftest import FORMS, SetTime
from tests.field_app.field import PERSON, PLACE, SMALL, TEXT
from tests.field_app.sealed_field import (
    KASUS,
    KODE,
    PIN,
    TUGAS_SEALED,
    WRONG,
    SealedField,
    unit_key,
)

SEALED_TASK = {
    "service": "ktkpm", "kasus": KASUS, "kode": KODE, "petugas": PERSON, "due": "2026-11-20", "state": "baru",
}  # fmt: skip
CASE = {"workflow": "ktkpm", "service": "ktkpm", "kode": KODE, "petugas": PERSON, "state": "verifikasi"}


@pytest.fixture
def field(tmp_path: Path, time: SetTime) -> SealedField:
    return SealedField(tmp_path, time)


# the unit's keys --------------------------------------------------------------------------------------------


def test_without_a_pinned_identity_and_a_signed_key_nothing_begins_and_it_says_what_to_do(
    field: SealedField,
) -> None:
    field.unlock()
    seen = [field.visits.start("ktk", None, None)]
    field.offer_unit()
    assert field.bench.unit.key("ktkpm") is None, "nobody has compared its words"
    seen.append(field.visits.start("ktk", None, None))
    field.bench.unit.pin(
        Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32).public_key().public_bytes_raw()
    )
    seen.append(field.visits.start("ktk", None, None))
    field.bench.unit.pin(field.identity_bytes)
    forged = unit_key(Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32), field.unit_private)
    field.offer_unit(forged)
    seen.append(field.visits.start("ktk", None, None))
    says = [one.say for one in seen if isinstance(one, Refused)]
    assert says == [
        f"lapangan.unit.{why}" for why in ("belum_ada", "belum_dicocokkan", "berubah", "tanpa_kunci")
    ]
    assert all(say in TEXT for say in says)
    assert field.visits.home().drafts == ()


def test_only_the_identity_whose_words_were_compared_is_pinned(field: SealedField) -> None:
    field.offer_unit()
    shown = field.sealed.unit()
    assert (shown.offered, shown.pinned) == (unit_words(field.identity_bytes), ())
    other = Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32).public_key().public_bytes_raw()
    field.offer_unit(identity=other)  # changed between showing and comparing
    assert field.sealed.pin_unit(shown.offered).pinned == ()
    field.offer_unit()
    assert field.sealed.pin_unit(shown.offered).problem == ""
    field.unlock()
    assert isinstance(field.visits.start("ktk", None, None), DraftView)


def test_a_visit_is_sealed_to_the_newest_key_that_the_identity_signed(field: SealedField) -> None:
    newer = X25519PrivateKey.from_private_bytes(bytes([3]) * 32)
    stranger = X25519PrivateKey.from_private_bytes(bytes([4]) * 32)
    forged = unit_key(Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32), stranger, number=9)
    field.ready()
    old = unit_key(field.identity, field.unit_private)
    field.offer_unit(forged, unit_key(field.identity, newer, number=2), old)
    field.unit_private = newer
    draft = field.begin()
    field.visits.save(draft.id, "ktk", "hasil_kunjungan", "terisi_sebagian")
    field.finish(draft.id)
    assert field.look_inside(field.last_submit()).opening.form == "ktk"


# the second unlock ------------------------------------------------------------------------------------------


def test_nothing_of_a_sealed_draft_is_shown_or_kept_while_the_second_unlock_is_closed(
    field: SealedField,
) -> None:
    field.ready()
    draft = field.begin()
    photo = field.visits.add_photo(draft.id, "ktk", "fc_ktp", drawn_photo(random.Random(1), SMALL), None)
    assert isinstance(photo, PhotoView)
    field.sealed.lock()
    closed = Refused(say=CLOSED)
    assert field.visits.start("ktk", None, None) == closed
    assert field.visits.save(draft.id, "ktk", "nama", "Penanda") == closed
    assert field.visits.skip(draft.id, "ktk", "nama", "Penanda") == closed
    assert (
        field.visits.add_photo(draft.id, "ktk", "fc_kk", drawn_photo(random.Random(2), SMALL), None) == closed
    )
    assert field.visits.drop_photo(draft.id, "ktk", "fc_ktp", photo.number) == closed
    assert field.visits.finalise(draft.id) == closed
    assert field.sealed.statement(draft.id) == field.sealed.sign_statement(draft.id, b"") == closed
    for look in (field.visits.draft, field.visits.review):
        with pytest.raises(ClosedError):
            look(draft.id)
    with pytest.raises(LookupError):
        field.visits.photo_bytes(photo.blob)
    assert field.unlock() is None
    assert field.visits.draft(draft.id).forms["ktk"].answers["fc_ktp"] == [photo.blob]
    assert field.visits.photo_bytes(photo.blob)[:2] == b"\xff\xd8"


def test_it_closes_after_a_minute_without_a_touch_and_keeps_what_was_typed_just_before(
    field: SealedField, time: SetTime
) -> None:
    field.ready()
    draft = field.begin()
    time.pass_s(LOCK_S - 1)
    field.sealed.touch()
    time.pass_s(LOCK_S - 1)
    assert field.sealed.left_s() == 1
    time.pass_s(1)
    assert field.sealed.left_s() == 0
    field.sealed.touch()  # too late: the minute is over
    assert field.sealed.left_s() == 0
    assert isinstance(field.visits.save(draft.id, "ktk", "aman_dihubungi", "lewat kader"), Saved)
    time.pass_s(6)
    assert field.visits.save(draft.id, "ktk", "aman_dihubungi", "lain") == Refused(say=CLOSED)
    field.unlock()
    assert field.visits.draft(draft.id).forms["ktk"].answers["aman_dihubungi"] == "lewat kader"


def test_wrong_pins_are_counted_and_the_tenth_ends_the_pin(field: SealedField, time: SetTime) -> None:
    field.ready()
    field.begin()
    field.sealed.lock()
    assert field.unlock(WRONG) == Locked(tries_left=9, wait_s=0)
    for _ in range(8):
        time.pass_s(3600)
        field.unlock(WRONG)
    time.pass_s(3600)
    assert field.unlock(WRONG) == PinGone() == field.unlock(PIN)
    assert field.sealed.left_s() == 0


def test_a_draft_opens_with_its_own_key_file_and_without_it_says_so(
    field: SealedField, tmp_path: Path
) -> None:
    field.ready()
    first, second = field.begin("ktk"), field.begin("pm")
    one, other = (tmp_path / f"draf-{draft.id}.kunci" for draft in (first, second))
    swapped = one.read_bytes()
    one.write_bytes(other.read_bytes())
    assert field.visits.save(first.id, "ktk", "nama", "x") == Refused(
        say="lapangan.tersegel.kunci_draf_hilang"
    )
    one.write_bytes(swapped)
    assert isinstance(field.visits.save(first.id, "ktk", "nama", "x"), Saved)
    one.unlink()
    with pytest.raises(DraftKeyError):
        field.visits.draft(first.id)
    assert field.visits.draft(second.id).form == "pm"


@pytest.mark.parametrize(
    ("number", "say"),
    [(errno.ENOSPC, "lapangan.penyimpanan_penuh"), (errno.EACCES, "lapangan.folder_tidak_bisa_ditulis")],
)
def test_a_key_file_that_cannot_be_written_begins_nothing_and_leaves_nothing(
    field: SealedField, monkeypatch: pytest.MonkeyPatch, number: int, say: str
) -> None:
    field.ready()

    def full(*_: object) -> None:
        raise OSError(number, "no room")

    with monkeypatch.context() as patched:
        patched.setattr("field_app.draft_keys.write_whole", full)
        assert field.visits.start("ktk", None, None) == Refused(say=say)
    assert field.visits.home().drafts == ()
    assert field.bench.sealed.erase()
    assert isinstance(field.visits.start("ktk", None, None), DraftView)


# what is shown of it ----------------------------------------------------------------------------------------


def test_lists_say_code_service_and_day_and_nothing_else(field: SealedField) -> None:
    field.ready()
    field.pull({KASUS: ("kasus", CASE), TUGAS_SEALED: ("tugas", SEALED_TASK)})
    (card,) = field.visits.home().overdue
    assert (card.nama, card.title, card.desa, card.form) == (KODE, "Kasus tertutup KTKPM", "", SEALED_FORM)
    assert card.due == "2026-11-20"
    draft = field.begin("ktk", tugas=TUGAS_SEALED)
    field.visits.save(draft.id, "ktk", "nama", "Penanda Nama")
    home = field.visits.home()
    assert home.overdue == ()
    (card,) = home.drafts
    assert (card.nama, card.title, card.form, card.draft) == (
        KODE,
        "Kasus tertutup KTKPM",
        SEALED_FORM,
        draft.id,
    )
    field.finish(draft.id)
    (card,) = field.visits.home().sent
    assert (card.nama, card.title, card.number, card.status) == (
        KODE, "Kasus tertutup KTKPM", KODE, "menunggu_kirim",
    )  # fmt: skip
    assert field.visits.search("Penanda") == ()


def test_a_new_case_has_a_neutral_code_made_here_and_says_nothing_else_outside(field: SealedField) -> None:
    field.ready()
    draft = field.begin("pm")
    kode = draft.forms["pm"].answers["kode_kasus"]
    assert draft.nama == kode
    field.visits.save(draft.id, "pm", "hasil_kunjungan", "terisi_sebagian")
    field.finish(draft.id)
    patch, submit = field.bodies()
    assert isinstance(patch, Patch) and isinstance(submit, SealedSubmit)
    assert kode.startswith("KS-2026-") and len(kode) == 14
    assert (patch.kind, patch.record, patch.base) == ("kasus", submit.kasus, {})
    assert patch.new == {"workflow": "ktkpm", "service": "ktkpm", "petugas": PERSON, "kode": kode}
    assert [case.kode for case in field.sealed.cases()] == [kode]
    again = field.begin("uep", kasus=submit.kasus)
    field.visits.save(again.id, "uep", "hasil_kunjungan", "terisi_sebagian")
    field.finish(again.id)
    assert [type(body) for body in field.bodies()] == [Patch, SealedSubmit, SealedSubmit]


def test_a_form_about_a_case_that_exists_asks_which(field: SealedField) -> None:
    field.ready()
    assert field.visits.start("uep", None, None) == Refused(say="lapangan.tersegel.pilih_kasus")
    assert field.visits.start("uep", KASUS, None) == Refused(say="lapangan.tersegel.kasus_tidak_ada")
    field.pull({KASUS: ("kasus", CASE)})
    assert isinstance(field.visits.start("uep", KASUS, None), DraftView)


def test_taking_back_a_consent_is_a_sealed_visit_of_its_own(field: SealedField) -> None:
    field.ready()
    field.pull({KASUS: ("kasus", CASE)})
    draft = field.begin("cabut_setuju", kasus=KASUS)
    field.visits.save(draft.id, "cabut_setuju", "tujuan_ditarik", ["desa", "usulan"])
    field.finish(draft.id)
    inside = field.look_inside(field.last_submit())
    assert inside.answers.answers["cabut_setuju"]["tujuan_ditarik"] == ["desa", "usulan"]


# what leaves the phone --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["ktk", "pm"])
def test_all_that_was_answered_and_photographed_lies_in_one_container_that_only_the_unit_opens(
    field: SealedField, form: str
) -> None:
    field.ready()
    draft = field.begin(form)
    for name in FORMS.get(form).pages[3].fields:
        field.visits.save(draft.id, form, name, True)
    field.play(draft.id)
    seen = field.visits.draft(draft.id)
    shots = {photo.blob: field.visits.photo_bytes(photo.blob) for photo in seen.photos}
    assert field.visits.review(draft.id).blocked == ()
    done = field.finish(draft.id)
    submit = field.last_submit()
    inside = field.look_inside(submit)
    assert (inside.opening.form, inside.opening.number, inside.opening.follows) == (form, 1, None)
    assert inside.opening.forms == {form: 3}
    answers = inside.answers.answers[form]
    given = seen.forms[form].answers
    assert {name: answers[name] for name in given if name in answers} == {
        name: value for name, value in given.items() if name in answers
    }
    assert len(answers) > 30 and answers["no_urut_lokal"] == done.number
    assert {shot.blob: data for shot, data in zip(inside.answers.shots, inside.shots, strict=True)} == shots
    assert len(shots) >= 3
    (container,) = field.bench.blobs.unsent()
    assert (container.id, container.media_type) == (submit.blob, MEDIA_TYPE)
    assert container.size_bytes == submit.size_bytes and submit.size_bytes % STEP_BYTES == 0
    for version in FORMS.versions(form):
        assert all(f.block != "gps" for f in FORMS.get(form, version).fields.values())


def test_what_was_finalised_is_sent_again_without_being_read(field: SealedField) -> None:
    field.ready()
    draft = field.begin()
    field.play(draft.id)
    field.finish(draft.id)
    field.sealed.lock()
    assert field.status() == ["menunggu_kirim"]
    field.acknowledge()
    assert field.status() == ["terkirim"]
    field.receive_photos()
    assert field.status() == ["diterima"]
    field.acknowledge(wanted=[field.last_submit().blob])
    (again,) = field.bench.blobs.unsent()
    assert field.look_inside(field.last_submit()).opening.visit
    assert again.state == "lokal"


def test_photos_of_a_sealed_visit_carry_no_place(field: SealedField) -> None:
    field.ready()
    draft = field.begin()
    shot = field.visits.add_photo(draft.id, "ktk", "fc_ktp", drawn_photo(random.Random(1), SMALL), PLACE)
    assert isinstance(shot, PhotoView) and shot.place is None
    assert b"GPS" not in field.visits.photo_bytes(shot.blob)[:2000]


def test_too_many_photos_for_one_container_are_refused_and_the_draft_stays(field: SealedField) -> None:
    field.ready()
    draft = field.begin()
    field.visits.save(draft.id, "ktk", "hasil_kunjungan", "terisi_sebagian")
    shot = field.visits.add_photo(draft.id, "ktk", "fc_ktp", drawn_photo(random.Random(1), SMALL), None)
    assert isinstance(shot, PhotoView)
    known = next(photo for photo in field.bench.sealed.photos(draft.id))
    for _ in range(3):
        field.bench.sealed.keep_photo(draft.id, known, bytes(9 * 1024 * 1024), b"")
    assert field.visits.finalise(draft.id) == Refused(say="lapangan.tersegel.terlalu_besar")
    assert field.bodies() == [] and field.visits.draft(draft.id).photos


# a visit that came back, and tasks --------------------------------------------------------------------------


def came_back(field: SealedField, private: bytes = bytes(32), state: str = "dikembalikan") -> Finalised:
    field.ready()
    draft = field.begin()
    field.visits.save(draft.id, "ktk", "hasil_kunjungan", "terisi_sebagian")
    field.visits.save(draft.id, "ktk", "alasan_hasil", "Jawaban Lama")
    done = field.finish(draft.id)
    reasons = Reasons(form="ktk", reasons={"ktk.alasan_hasil": "Tulis lebih jelas"}, note="Terima kasih")
    note = field.note(reasons, "alasan", done.visit, 1, private)
    submit = field.last_submit()
    row = {
        "form": SEALED_FORM, "state": state, "petugas": PERSON, "kasus": submit.kasus,
        "versions": [{"change": done.change.hex(), "number": 1}], "notes": {"alasan": [[note.key,
        note.data]]}, }  # fmt: skip
    field.acknowledge()
    field.pull({done.visit: ("kunjungan", row)})
    return done


def test_reasons_open_behind_the_second_unlock_and_the_next_version_asks_only_what_came_back(
    field: SealedField,
) -> None:
    done = came_back(field)
    (card,) = field.visits.home().returned
    assert (card.nama, card.status) == (done.number, "dikembalikan")
    assert field.visits.visit(done.visit).reasons == {}
    field.sealed.lock()
    assert field.sealed.reasons(done.visit) == Refused(say=CLOSED)
    assert field.visits.start_correction(done.visit) == Refused(say=CLOSED)
    field.unlock()
    told = field.sealed.reasons(done.visit)
    assert isinstance(told, Reasons) and told.reasons == {"ktk.alasan_hasil": "Tulis lebih jelas"}
    draft = field.visits.start_correction(done.visit)
    assert isinstance(draft, DraftView)
    assert (draft.returned, draft.note) == (told.reasons, "Terima kasih")
    assert "alasan_hasil" not in draft.forms["ktk"].answers, "the phone has no answer of before"
    again = field.visits.start_correction(done.visit)
    assert isinstance(again, DraftView) and again.id == draft.id
    lacking = [(one.form, one.field) for one in field.visits.review(draft.id).missing]
    assert lacking == [("ktk", "alasan_hasil")], "nothing else of it is asked again"
    assert field.visits.finalise(draft.id) == Refused(say="lapangan.perbaikan_kosong")
    field.visits.save(draft.id, "ktk", "alasan_hasil", "Jawaban Baru")
    assert field.visits.review(draft.id).missing == ()
    field.finish(draft.id)
    submit = field.last_submit()
    assert (submit.visit, submit.follows, submit.number) == (done.visit, done.change, 2)
    inside = field.look_inside(submit)
    assert inside.opening.follows == done.change
    assert inside.answers.answers == {
        "ktk": {
            "alasan_hasil": "Jawaban Baru",
            "kode_kasus": done.number,
            "versi_pemberitahuan": field.bench.notice,
        }
    }, "day, hours and number are those of the visit"


def test_a_version_after_one_made_elsewhere_counts_on_from_it(field: SealedField) -> None:
    done = came_back(field)
    record = field.bench.records.get(done.visit)
    assert record is not None
    (first,) = record.fields["versions"]
    note = field.note(Reasons(form="ktk", reasons={}, note="Lagi"), "alasan", done.visit, 2)
    row = {
        **record.fields,
        "versions": [{"change": "ab" * 32, "number": 1}, {**first, "number": 2}],
        "notes": {"alasan": [[note.key, note.data]]},
    }
    field.pull({done.visit: ("kunjungan", row)})
    draft = field.visits.start_correction(done.visit)
    assert isinstance(draft, DraftView)
    field.visits.save(draft.id, "ktk", "alasan_hasil", "Jawaban Baru")
    field.finish(draft.id)
    assert field.last_submit().number == 3


def test_reasons_are_read_also_where_a_later_version_reopened_nothing(field: SealedField) -> None:
    """Whoever made it was off duty as it came; the office's word on the one before stands."""
    done = came_back(field)
    record = field.bench.records.get(done.visit)
    assert record is not None
    later = {"change": "ab" * 32, "number": 2}
    field.pull(
        {done.visit: ("kunjungan", {**record.fields, "versions": [*record.fields["versions"], later]})}
    )
    told = field.sealed.reasons(done.visit)
    assert isinstance(told, Reasons) and told.note == "Terima kasih"


@pytest.mark.parametrize("state", ["ditolak", "ditahan", "disetujui"])
def test_the_offices_word_on_a_visit_that_did_not_come_back_is_told_of_and_opens_too(
    field: SealedField, state: str
) -> None:
    done = came_back(field, state=state)
    view = field.visits.visit(done.visit)
    assert (view.status, view.told, view.note) == (state, True, "")
    said = field.sealed.reasons(done.visit)
    assert isinstance(said, Reasons) and said.note == "Terima kasih"
    row = {"form": SEALED_FORM, "state": state, "versions": [{"change": done.change.hex(), "number": 1}]}
    field.pull({done.visit: ("kunjungan", {**row, "notes": {}})})
    assert not field.visits.visit(done.visit).told, "where nothing was said nothing is to be read"


def test_reasons_sealed_to_another_device_open_nothing_here_and_it_says_so(field: SealedField) -> None:
    done = came_back(field, private=bytes([5]) * 32)
    unread = Refused(say="lapangan.tersegel.alasan_tidak_terbaca")
    assert field.sealed.reasons(done.visit) == field.visits.start_correction(done.visit) == unread


def test_what_a_task_is_about_opens_behind_the_second_unlock(field: SealedField) -> None:
    field.ready()
    about = Assignment(forms=["ktk"], text="Temui di balai desa")
    note = field.note(about, "tugas", TUGAS_SEALED)
    moved = field.note(about, "tugas", KASUS)
    task = {**SEALED_TASK, "notes": {"tugas": [[moved.key, moved.data], [note.key, note.data]]}}
    field.pull({TUGAS_SEALED: ("tugas", task)})
    assert field.sealed.assignment(TUGAS_SEALED) == about
    field.sealed.lock()
    assert field.sealed.assignment(TUGAS_SEALED) == Refused(say=CLOSED)
    shown = field.visits.task(TUGAS_SEALED)
    assert (shown.why, shown.subject, shown.card.nama) == ("", {}, KODE)


# consent and statement --------------------------------------------------------------------------------------


def test_a_no_to_a_purpose_takes_its_questions_away_and_says_what_can_still_be_done(
    field: SealedField,
) -> None:
    field.ready()
    draft = field.begin()
    saved = field.visits.save(draft.id, "ktk", "setuju_dokumen", False)
    assert isinstance(saved, Saved)
    (said,) = [found for found in saved.findings if found.field == "setuju_dokumen"]
    assert (said.kind, said.say) == ("warning", "aturan.tanpa_setuju_dokumen") and said.say in TEXT
    assert not [found for found in saved.findings if found.field in ("fc_ktp", "fc_kk", "pas_foto")]


def test_a_statement_is_read_out_whole_before_it_is_signed_and_kept_as_it_was_read(
    field: SealedField,
) -> None:
    field.ready()
    draft = field.begin()
    png = drawn_signature(random.Random(1))
    sign = "tanda_tangan_pernyataan"
    assert field.visits.sign(draft.id, "ktk", sign, png) == Refused(say="lapangan.tersegel.bacakan_dulu")
    refused = field.sealed.sign_statement(draft.id, png)
    assert isinstance(refused, Refused) and refused.say == "lapangan.tersegel.pernyataan_kurang"
    for name, value in (
        ("hasil_kunjungan", "terisi_sebagian"), ("nama", "Warga Uji"), ("jenis_kekerasan", ["fisik"]),
        ("pemohon_nama", "Warga Uji"), ("pemohon_hubungan", "diri_sendiri"), ("setuju_desa", False),
        ("setuju_usulan", True),
    ):  # fmt: skip
        field.visits.save(draft.id, "ktk", name, value)
    shown = field.sealed.statement(draft.id)
    assert isinstance(shown, Statement) and shown.missing == ()
    read = "\n".join(shown.paragraphs)
    assert "Nama saya Warga Uji" in read and "mengalami kekerasan: Fisik" in read
    assert "tidak setuju data saya dipakai untuk: memberi tahu desa" in read
    blob = field.sealed.sign_statement(draft.id, png)
    assert isinstance(blob, str)
    field.visits.save(draft.id, "ktk", "setuju_desa", True)
    blocked = field.visits.finalise(draft.id)
    assert isinstance(blocked, Refused) and blocked.review is not None
    assert [(one.field, one.say) for one in blocked.review.blocked] == [
        (sign, "lapangan.tersegel.pernyataan_berubah")
    ]
    anew = field.sealed.statement(draft.id)
    assert isinstance(anew, Statement) and "tidak setuju" not in "\n".join(anew.paragraphs)
    assert isinstance(field.sealed.sign_statement(draft.id, png), str)
    field.finish(draft.id)
    kept = field.look_inside(field.last_submit()).answers.answers["ktk"]
    assert "Saya setuju data saya dipakai untuk: memasukkan nama" in kept["pernyataan_teks"]


def test_of_a_child_it_is_asked_and_read_out_who_agrees_and_on_what_basis(field: SealedField) -> None:
    field.ready()
    draft = field.begin()
    asked = {"pemberi_persetujuan", "nama_pemberi", "dasar_pemberi"}

    def missing(name: str, value: object) -> set[str]:
        saved = field.visits.save(draft.id, "ktk", name, value)
        assert isinstance(saved, Saved)
        return asked & {found.field for found in saved.findings if found.kind == "missing"}

    assert missing("masih_anak", False) == set()
    assert missing("masih_anak", True) == {"pemberi_persetujuan"}
    assert missing("pemberi_persetujuan", "belum_ada") == set()
    assert missing("pemberi_persetujuan", "wali") == {"nama_pemberi", "dasar_pemberi"}
    assert missing("nama_pemberi", "Wali Uji") == {"dasar_pemberi"}
    assert missing("dasar_pemberi", "penetapan") == set()
    shown = field.sealed.statement(draft.id)
    assert isinstance(shown, Statement)
    said = "Yang menyetujui untuk anak ini: Wali Uji (Wali). Buktinya: Penetapan pengadilan."
    assert said in shown.paragraphs
    field.visits.save(draft.id, "ktk", "masih_anak", False)
    anew = field.sealed.statement(draft.id)
    assert isinstance(anew, Statement) and said not in anew.paragraphs
