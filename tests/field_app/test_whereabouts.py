"""Where she was is known when the phone is opened again; of a sealed draft only behind the second unlock."""

from pathlib import Path

import pytest

from field_app.second import ClosedError
from field_app.views import Finalised, Saved
from field_app.whereabouts import Whereabouts
from tests.field_app.conftest import SetTime
from tests.field_app.field import Field
from tests.field_app.sealed_field import SealedField

NAMA, CATATAN = ("bpnt_kpm", "nama_responden"), ("bpnt_kpm", "catatan")


def test_the_draft_in_hand_and_its_field_outlive_the_process(field: Field) -> None:
    draft = field.start().id
    field.visits.stand_at(draft, "form")
    field.visits.save(draft, *NAMA, "Bu Uji")
    field.visits.stand_on(draft, *CATATAN)
    field.die()
    assert field.visits.stood() == Whereabouts(draft=draft, spot=CATATAN, screen="form")
    assert field.visits.draft(draft).at == CATATAN, "the field that was touched last, not the answered one"


def test_the_review_of_a_draft_is_come_back_to_and_its_field_is_kept(field: Field) -> None:
    draft = field.start().id
    field.visits.stand_on(draft, *NAMA)
    field.visits.stand_at(draft, "review")
    assert field.visits.stood() == Whereabouts(draft=draft, spot=NAMA, screen="review")


def test_a_draft_that_was_left_is_not_come_back_to_but_opens_at_its_field(field: Field) -> None:
    draft = field.start().id
    field.visits.stand_at(draft, "form")
    field.visits.stand_on(draft, *NAMA)
    field.visits.stand_at("", "")
    assert field.visits.stood() is None
    assert field.visits.draft(draft).at == NAMA


def test_a_draft_that_was_put_away_or_finalised_is_not_come_back_to(field: Field) -> None:
    draft = field.start().id
    field.visits.stand_at(draft, "form")
    field.visits.discard(draft)
    assert field.visits.stood() is None
    field.visits.restore(draft)
    assert field.visits.stood() is not None
    assert isinstance(field.visits.save(draft, "bpnt_kpm", "hasil_kunjungan", "terisi_sebagian"), Saved)
    assert isinstance(field.visits.finalise(draft), Finalised)
    assert field.visits.stood() is None


def test_of_a_sealed_draft_the_field_is_known_only_behind_the_second_unlock(
    tmp_path: Path, time: SetTime
) -> None:
    field = SealedField(tmp_path, time)
    field.ready()
    draft = field.begin().id
    field.visits.stand_at(draft, "form")
    field.visits.stand_on(draft, "ktk", "jenis_kekerasan")
    assert field.visits.draft(draft).at == ("ktk", "jenis_kekerasan")
    field.die()
    was = field.visits.stood()
    assert was == Whereabouts(draft=draft, spot=None, screen="form")
    with pytest.raises(ClosedError):
        field.visits.stand_on(draft, "ktk", "nama")
    field.unlock()
    assert field.visits.draft(draft).at == ("ktk", "jenis_kekerasan")
    field.vault.close()
