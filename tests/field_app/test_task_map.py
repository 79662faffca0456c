"""Where the work is, on a real vault."""

import pytest

from schemas.ids import RecordId
from tests.field_app.conftest import WILAYAH
from tests.field_app.field import DESA, EWARONG, FIELDS, PLACE, TASK, TUGAS, WARGA, Field

TUGAS_2, KASUS = RecordId("4" * 32), RecordId("5" * 32)


def test_a_house_that_nobody_recorded_stands_in_the_middle_of_its_desa_and_says_so(field: Field) -> None:
    field.pull({WARGA: ("warga", FIELDS), TUGAS: ("tugas", TASK | {"jatuh_tempo": "2026-01-02"})})
    (pin,) = field.visits.on_map().pins
    desa = WILAYAH.get(DESA)
    assert desa is not None
    assert (pin.lat, pin.lng, pin.exact) == (desa.lat, desa.lng, False)
    assert (pin.card.tugas, pin.status) == (TUGAS, "terlambat")


def test_the_point_that_the_office_knows_is_used(field: Field) -> None:
    shop = {"nama_ewarong": "Uji", "kode_desa": DESA, "titik": {"lat": -7.4, "lng": 110.9}}
    task = TASK | {"sasaran": EWARONG, "sasaran_kind": "ewarong", "form": "ewarong"}
    field.pull({EWARONG: ("ewarong", shop), TUGAS: ("tugas", task)})
    (pin,) = field.visits.on_map().pins
    assert (pin.lat, pin.lng, pin.exact, pin.status) == (-7.4, 110.9, True, "tugas")


def test_where_the_last_visit_stood_is_remembered_for_the_next(field: Field) -> None:
    field.visit()
    field.pull({TUGAS_2: ("tugas", TASK)})
    (pin,) = field.visits.on_map().pins
    assert (pin.card.tugas, pin.exact) == (TUGAS_2, True)
    assert (pin.lat, pin.lng) == pytest.approx((PLACE.lat, PLACE.lng), abs=0.01)


def test_a_draft_keeps_its_pin(field: Field) -> None:
    started = field.start()
    (pin,) = field.visits.on_map().pins
    assert (pin.card.draft, pin.status) == (started.id, "draf")


@pytest.mark.parametrize("titik", [None, "x", {"lat": 0, "lng": 0}, {"lat": "7"}, {"lat": 900.0, "lng": 1.0}])
def test_a_broken_point_is_none(field: Field, titik: object) -> None:
    field.pull({WARGA: ("warga", FIELDS | {"titik": titik}), TUGAS: ("tugas", TASK)})
    (pin,) = field.visits.on_map().pins
    assert not pin.exact


def test_what_has_no_place_is_listed_and_not_lost(field: Field) -> None:
    without = {key: value for key, value in TASK.items() if key != "kode_desa"}
    field.pull({TUGAS: ("tugas", without | {"sasaran": "9" * 32})})
    view = field.visits.on_map()
    assert view.pins == () and [card.tugas for card in view.nowhere] == [TUGAS]


def test_a_sealed_case_stands_nowhere_on_the_map(field: Field) -> None:
    sealed = {"petugas": TASK["petugas"], "kasus": KASUS, "kode": "KS-2026-KTRMBW", "state": "baru"}
    field.pull({TUGAS: ("tugas", sealed | {"kode_desa": DESA})})
    view = field.visits.on_map()
    assert (view.pins, view.nowhere) == ((), ())
    assert field.visits.home().upcoming, "the task itself is there"
