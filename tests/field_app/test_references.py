"""What a field may refer to: officers by name and code, subjects by search; and a visit on an officer."""

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from field_app.rehearsal import Rehearsal
from field_app.views import DraftView, Finalised, Refused, SyncStatus
from field_app.visits import Visits
from schemas.ids import RecordId
from sync.change import Submit
from tests.field_app.conftest import FORMS, SetTime
from tests.field_app.field import DESA, EWARONG, PLACE, SMALL, Field

RETNO, BAGUS, GONE, KABID = (RecordId(letter * 32) for letter in "5678")
OFFICERS = {
    RETNO: {"nama": "Retno Uji", "kode": "P001", "peran": ["pendamping"], "aktif": True},
    BAGUS: {"nama": "Bagus Uji", "kode": "V002", "peran": ["verifikator", "pendamping"], "aktif": True},
    GONE: {"nama": "Pindah Uji", "kode": "P003", "peran": ["pendamping"], "aktif": False},
    KABID: {"nama": "Kabid Uji", "kode": "K001", "peran": ["kabid"], "aktif": True},
}


@pytest.fixture
def field(tmp_path: Path, time: SetTime) -> Iterator[Field]:
    made = Field(tmp_path, time)
    made.pull({name: ("petugas", fields) for name, fields in OFFICERS.items()})
    made.pull({EWARONG: ("ewarong", {"nama_ewarong": "Warung Uji", "kode_desa": DESA, "layanan": ["bpnt"]})})
    yield made
    made.vault.close()


def tell_nobody(_what: str, _values: dict[str, str]) -> None:
    """The rehearsal's steps are not printed here."""


def names(field: Field, to: str, text: str = "") -> list[str]:
    return [one.nama for one in field.visits.references(to, text)]


def test_officers_are_offered_by_name_and_only_while_they_work_there(field: Field) -> None:
    assert names(field, "petugas") == ["Bagus Uji", "Kabid Uji", "Retno Uji"]
    assert names(field, "pendamping") == ["Bagus Uji", "Retno Uji"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("retno", ["Retno Uji"]), ("v00", ["Bagus Uji"]), ("UJI", ["Bagus Uji", "Retno Uji"]), ("tak ada", [])],
)
def test_officers_are_found_by_name_or_code(field: Field, text: str, found: list[str]) -> None:
    assert names(field, "pendamping", text) == found


def test_subjects_are_offered_by_kind(field: Field) -> None:
    assert names(field, "ewarong", "warung") == ["Warung Uji"]
    assert names(field, "warga", "warung") == []


def test_one_kind_is_found_however_many_of_another_come_before_it(field: Field) -> None:
    many = {
        RecordId(f"{n:032x}"): ("warga", {"nama": f"Warung {n:02}", "kode_desa": DESA}) for n in range(60)
    }
    field.pull(many)
    assert names(field, "ewarong", "war") == ["Warung Uji"]
    assert [hit.id for hit in field.visits.search("warung", kind="ewarong")] == [EWARONG]
    assert {hit.kind for hit in field.visits.search("warung")} == {"warga"}, "fifty of sixty come first"


def test_a_form_for_people_does_not_begin_with_an_ewarong(field: Field) -> None:
    assert field.visits.start("bpnt_kpm", EWARONG, None) == Refused(say="lapangan.sasaran_lain")
    assert not isinstance(field.visits.start("ewarong", EWARONG, None), Refused)


def test_of_the_last_visit_to_an_ewarong_the_shop_is_shown_again_and_not_that_visit(field: Field) -> None:
    first = field.visits.start("ewarong", EWARONG, None)
    assert isinstance(first, DraftView)
    field.fill(first.id)
    field.finish(first.id)
    again = field.visits.start("ewarong", EWARONG, None)
    assert isinstance(again, DraftView)
    last = again.last["ewarong"]
    assert "jenis" in last
    assert [name for name in last if FORMS.get("ewarong").fields[name].is_of_visit] == []


def test_a_picked_officer_is_shown_by_name(field: Field) -> None:
    assert field.visits.person(RETNO)["nama"] == "Retno Uji"


def test_a_visit_on_a_pendamping_is_filled_to_its_end(field: Field) -> None:
    owner = msgspec.structs.replace(field.bench.owner, roles=["verifikator"])
    field.bench.owner = owner
    visits = Visits(field.bench, SyncStatus, field.count)
    started = visits.start("pendamping", None, None)
    assert not isinstance(started, Refused), started
    visits.save(started.id, "pendamping", "wilayah_dampingan", "33.14.01")
    Rehearsal(visits, FORMS, PLACE, random.Random(1), "2026-11-21", tell_nobody, SMALL).fill(started.id)
    review = visits.review(started.id)
    assert [(one.field, one.column) for one in (*review.missing, *review.blocked)] == []
    assert isinstance(visits.finalise(started.id), Finalised)
    body = field.bodies()[-1]
    assert isinstance(body, Submit)
    assert body.forms["pendamping"].answers["nama_pendamping"] in (RETNO, BAGUS)
    assert "sosialisasi[0].foto" in [item.field for item in body.evidence]
