"""Photos of a visit under way: taken, taken again, taken out, put back, refused."""

import random

from field_app.evidence import allowed_place
from field_app.rehearsal import drawn_photo
from field_app.views import PhotoView, Refused, Saved
from tests.field_app.conftest import FORMS
from tests.field_app.field import PLACE, SMALL, Field, answers


def test_a_photo_that_was_taken_out_is_put_back_in_its_order_where_there_is_room(field: Field) -> None:
    draft = field.start().id
    shots = [
        field.visits.add_photo(draft, "bpnt_kpm", "foto_rumah_depan", drawn_photo(field.rng, SMALL), None)
        for _ in range(4)
    ]
    blobs = [shot.blob for shot in shots if isinstance(shot, PhotoView)]
    number = shots[0].number  # type: ignore[union-attr]
    field.visits.drop_photo(draft, "bpnt_kpm", "foto_rumah_depan", number)
    assert answers(field.visits.draft(draft))["foto_rumah_depan"] == blobs[1:]
    assert isinstance(field.visits.restore_photo(draft, "bpnt_kpm", "foto_rumah_depan", number), Saved)
    field.die()
    assert answers(field.visits.draft(draft))["foto_rumah_depan"] == blobs
    field.visits.drop_photo(draft, "bpnt_kpm", "foto_rumah_depan", number)
    field.visits.add_photo(draft, "bpnt_kpm", "foto_rumah_depan", drawn_photo(field.rng, SMALL), None)
    full = field.visits.restore_photo(draft, "bpnt_kpm", "foto_rumah_depan", number)
    assert isinstance(full, Refused) and full.say == "lapangan.foto_penuh"
    wrong = field.visits.restore_photo(draft, "bpnt_kpm", "foto_kk", number)
    assert isinstance(wrong, Refused)


def test_two_photos_of_equal_bytes_are_both_kept(field: Field) -> None:
    view = field.start()
    camera = drawn_photo(random.Random(9), SMALL)
    first = field.visits.add_photo(view.id, "bpnt_kpm", "foto_kk", camera, PLACE)
    second = field.visits.add_photo(view.id, "bpnt_kpm", "foto_kk", camera, PLACE)
    assert isinstance(first, PhotoView) and isinstance(second, PhotoView)
    assert first.blob == second.blob and first.number != second.number
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "terisi_sebagian")
    field.finish(view.id)
    submit = field.bodies()[-1]
    assert submit.forms["bpnt_kpm"].answers["foto_kk"] == [first.blob] * 2
    assert [item.blob for item in submit.evidence] == [first.blob] * 2


def test_a_retake_stands_for_the_first_shot_which_stays_as_evidence(field: Field) -> None:
    view = field.start()
    first = field.visits.add_photo(
        view.id, "bpnt_kpm", "foto_kk", drawn_photo(random.Random(1), SMALL), PLACE
    )
    assert isinstance(first, PhotoView)
    second = field.visits.add_photo(
        view.id, "bpnt_kpm", "foto_kk", drawn_photo(random.Random(2), SMALL), PLACE, replaces=first.number
    )
    assert isinstance(second, PhotoView)
    assert answers(field.visits.draft(view.id))["foto_kk"] == [second.blob]
    field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "terisi_sebagian")
    field.finish(view.id)
    assert [item.blob for item in field.bodies()[-1].evidence] == [first.blob, second.blob]


def test_more_photos_than_the_form_takes_are_refused_with_the_number(field: Field) -> None:
    view = field.start()
    most = FORMS.get("bpnt_kpm").fields["foto_kk"].max_count  # type: ignore[union-attr]
    for number in range(most):
        assert isinstance(
            field.visits.add_photo(
                view.id, "bpnt_kpm", "foto_kk", drawn_photo(random.Random(number), SMALL), None
            ),
            PhotoView,
        )
    full = field.visits.add_photo(view.id, "bpnt_kpm", "foto_kk", drawn_photo(field.rng, SMALL), None)
    assert full == Refused(say="lapangan.foto_penuh", values={"jumlah": str(most)})
    field.visits.save(view.id, "bpnt_kpm", "foto_kk", None)
    assert "foto_kk" not in answers(field.visits.draft(view.id))


def test_photos_have_a_place_only_where_the_visits_form_asks_for_one(field: Field) -> None:
    view = field.start()
    field.visits.save(view.id, "bpnt_kpm", "kks_kondisi", "rusak")
    shot = field.visits.add_photo(view.id, "kks_masalah", "bukti", drawn_photo(field.rng, SMALL), PLACE)
    assert isinstance(shot, PhotoView) and shot.place == PLACE, "an annex goes by the visit's main form"
    assert allowed_place(FORMS.get("ktk"), PLACE) is None
    assert allowed_place(FORMS.get("bpnt_kpm"), None) is None


def test_a_bad_picture_is_refused_and_changes_nothing(field: Field) -> None:
    view = field.start()
    refused = field.visits.add_photo(view.id, "bpnt_kpm", "foto_kk", b"bukan", None)
    assert refused == Refused(say="lapangan.bukan_foto")
    assert field.visits.draft(view.id).photos == ()


def test_a_full_phone_refuses_with_a_sentence_and_keeps_the_draft(field: Field) -> None:
    view = field.start()
    field.visits.save(view.id, "bpnt_kpm", "nama", "Warga")
    with field.vault.read() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    refused = field.visits.add_photo(view.id, "bpnt_kpm", "foto_kk", drawn_photo(field.rng, SMALL), None)
    assert refused == Refused(say="lapangan.penyimpanan_penuh")
    assert answers(field.visits.draft(view.id))["nama"] == "Warga"
