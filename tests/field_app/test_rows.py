"""Photos in the rows of tables: they stay with their row, and go as evidence with it."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from field_app.rehearsal import drawn_photo
from field_app.views import Finalised, PhotoView, Refused, Saved
from sync.change import Submit
from tests.field_app.conftest import SetTime
from tests.field_app.field import DESA, PLACE, SMALL, WARGA, Field

FORM, TABLE = "kis", "syarat_lain"


@pytest.fixture
def field(tmp_path: Path, time: SetTime) -> Iterator[Field]:
    made = Field(tmp_path, time)
    made.pull({WARGA: ("warga", {"nama": "Warga Uji", "kode_desa": DESA, "layanan": ["kis"]})})
    yield made
    made.vault.close()


def begin(field: Field, rows: int) -> str:
    """A KIS visit with rows that have a kind and no paper yet."""
    view = field.visits.start(FORM, WARGA, None)
    assert not isinstance(view, Refused)
    kinds = ("surat_sakit", "sktm", "surat_desa")
    saved = field.visits.save(view.id, FORM, TABLE, [{"jenis": kinds[row]} for row in range(rows)])
    assert isinstance(saved, Saved)
    return view.id


def shoot(field: Field, draft: str, row: int, replaces: int | None = None, seed: int = 0) -> PhotoView:
    field.time.pass_s(1)
    picture = drawn_photo(Random(seed), SMALL)
    name = f"{TABLE}[{row}].berkas"
    shot = field.visits.add_photo(draft, FORM, name, picture, PLACE, replaces=replaces)
    assert isinstance(shot, PhotoView)
    return shot


def rows_of(field: Field, draft: str) -> list[dict[str, object]]:
    return field.visits.draft(draft).forms[FORM].answers[TABLE]


def standing(field: Field, draft: str) -> dict[str, str]:
    return {p.blob: p.field for p in field.visits.draft(draft).photos if not p.superseded}


def submit(field: Field, draft: str) -> Submit:
    done = field.visits.finalise(draft)
    assert isinstance(done, Finalised)
    body = field.bodies()[-1]
    assert isinstance(body, Submit)
    return body


def test_a_photo_of_a_row_stands_in_that_row(field: Field) -> None:
    draft = begin(field, 2)
    shot = shoot(field, draft, 1)
    assert shot.field == "syarat_lain[1].berkas"
    assert rows_of(field, draft) == [{"jenis": "surat_sakit"}, {"jenis": "sktm", "berkas": [shot.blob]}]
    assert standing(field, draft) == {shot.blob: "syarat_lain[1].berkas"}


def test_deleting_a_row_before_it_moves_the_photo_with_its_row(field: Field) -> None:
    draft = begin(field, 3)
    kept, gone = shoot(field, draft, 2, seed=1), shoot(field, draft, 0, seed=2)
    rows = rows_of(field, draft)
    field.visits.save(draft, FORM, TABLE, rows[1:])
    assert standing(field, draft) == {kept.blob: "syarat_lain[1].berkas"}
    field.visits.save(draft, FORM, TABLE, rows)
    assert standing(field, draft) == {kept.blob: "syarat_lain[2].berkas", gone.blob: "syarat_lain[0].berkas"}


def test_a_dead_process_keeps_the_photo_in_its_row(field: Field) -> None:
    draft = begin(field, 2)
    shot = shoot(field, draft, 1)
    field.die()
    assert standing(field, draft) == {shot.blob: "syarat_lain[1].berkas"}
    assert field.visits.photo_bytes(shot.blob)[:2] == b"\xff\xd8"


def test_the_submit_names_each_photo_with_its_row_and_earlier_versions_with_their_column(
    field: Field,
) -> None:
    draft = begin(field, 2)
    first = shoot(field, draft, 0, seed=1)
    second = shoot(field, draft, 1, seed=2)
    again = shoot(field, draft, 0, replaces=first.number, seed=3)
    assert rows_of(field, draft)[0]["berkas"] == [again.blob]
    assert field.visits.review(draft).photos == 3
    body = submit(field, draft)
    named = {item.blob: item.field for item in body.evidence}
    assert named == {
        first.blob: "syarat_lain.berkas",
        second.blob: "syarat_lain[1].berkas",
        again.blob: "syarat_lain[0].berkas",
    }
    assert body.forms[FORM].answers[TABLE][1]["berkas"] == [second.blob]


def test_a_visit_that_lost_all_its_rows_sends_none_of_their_photos(field: Field) -> None:
    draft = begin(field, 1)
    shoot(field, draft, 0)
    field.visits.save(draft, FORM, TABLE, None)
    assert field.visits.review(draft).photos == 0
    field.visits.save(draft, FORM, "catatan", "Tanpa berkas.")
    assert submit(field, draft).evidence == []


def test_photos_of_rows_wait_to_be_sent_like_all_others(field: Field) -> None:
    draft = begin(field, 1)
    shot = shoot(field, draft, 0)
    assert field.bench.blobs.unsent() == []
    submit(field, draft)
    assert [blob.id for blob in field.bench.blobs.unsent()] == [shot.blob]
    version = field.bench.history.latest(0, 9)[0]
    assert field.bench.drafts.blobs_of(version.id) == [shot.blob]


def test_a_missing_paper_is_told_with_its_row(field: Field) -> None:
    draft = begin(field, 2)
    shoot(field, draft, 0)
    missing = [item for item in field.visits.review(draft).missing if item.field == TABLE]
    assert [(item.row, item.column) for item in missing] == [(1, "berkas")]


def test_dropping_a_photo_of_a_row_leaves_the_row(field: Field) -> None:
    draft = begin(field, 1)
    first, second = shoot(field, draft, 0, seed=1), shoot(field, draft, 0, seed=2)
    done = field.visits.drop_photo(draft, FORM, "syarat_lain[0].berkas", first.number)
    assert isinstance(done, Saved)
    assert rows_of(field, draft) == [{"jenis": "surat_sakit", "berkas": [second.blob]}]
    field.visits.drop_photo(draft, FORM, "syarat_lain[0].berkas", second.number)
    assert rows_of(field, draft) == [{"jenis": "surat_sakit"}]


def test_two_shots_of_equal_bytes_in_one_row_are_two(field: Field) -> None:
    draft = begin(field, 1)
    name, picture = "syarat_lain[0].berkas", drawn_photo(Random(1), SMALL)
    shots = [field.visits.add_photo(draft, FORM, name, picture, PLACE) for _ in range(2)]
    one, two = (shot for shot in shots if isinstance(shot, PhotoView))
    assert one.blob == two.blob and rows_of(field, draft)[0]["berkas"] == [one.blob] * 2
    field.visits.drop_photo(draft, FORM, name, one.number)
    assert rows_of(field, draft)[0]["berkas"] == [two.blob]
    assert [p.number for p in field.visits.draft(draft).photos if not p.superseded] == [two.number]


@pytest.mark.parametrize(
    ("name", "say"),
    [
        ("syarat_lain[7].berkas", "lapangan.baris_tidak_ada"),
        ("syarat_lain.berkas", "lapangan.baris_tidak_ada"),
        ("syarat_lain[0].tidak_ada", "lapangan.isian_tidak_dikenal"),
        ("syarat_lain[0].jenis", "lapangan.bukan_isian_foto"),
        ("tidak_ada[0].berkas", "lapangan.isian_tidak_dikenal"),
    ],
)
def test_a_photo_for_a_place_that_is_not_there_is_refused(field: Field, name: str, say: str) -> None:
    draft = begin(field, 1)
    refused = field.visits.add_photo(draft, FORM, name, drawn_photo(Random(1), SMALL), PLACE)
    assert isinstance(refused, Refused) and refused.say == say
    assert field.visits.draft(draft).photos == ()


def test_a_row_cannot_name_bytes_that_were_never_taken(field: Field) -> None:
    draft = begin(field, 1)
    refused = field.visits.save(draft, FORM, TABLE, [{"jenis": "sktm", "berkas": ["a" * 64]}])
    assert isinstance(refused, Refused) and refused.say == "lapangan.lewat_kamera"
    assert rows_of(field, draft) == [{"jenis": "surat_sakit"}]


def test_a_correction_takes_the_photos_of_rows_along(field: Field) -> None:
    draft = begin(field, 2)
    shot = shoot(field, draft, 1)
    done = field.visits.finalise(draft)
    assert isinstance(done, Finalised)
    version = {"change": done.change.hex(), "follows": None}
    row = {"form": FORM, "state": "dikembalikan", "versions": [version], "reasons": {shot.blob: "Buram."}}
    field.pull({done.visit: ("kunjungan", row)})
    view = field.visits.start_correction(done.visit)
    assert not isinstance(view, Refused)
    assert standing(field, view.id) == {shot.blob: "syarat_lain[1].berkas"}
    again = shoot(field, view.id, 1, replaces=view.photos[0].number, seed=9)
    assert {item.blob for item in submit(field, view.id).evidence} == {shot.blob, again.blob}
