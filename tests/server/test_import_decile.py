"""Welfare deciles that lists say: kept as numbers, and said anew by a newer list alone."""

from pathlib import Path

from schemas.wilayah import load_wilayah
from server.queries import records_of_kind
from server.services.importing import Importing
from server.tables.job import Job
from tests.server.lists import HEADS, NIK, person, workbook
from tests.server.web_office import Office, open_at, shut


def taken(office: Office, decile: object) -> Job:
    """Take in a list that says the decile of one person."""
    deps = office.deps
    importing = Importing(
        deps.engine,
        deps.office,
        deps.parsers,
        deps.forms,
        load_wilayah(),
        now_ms=deps.now_ms,
        randomness=deps.randomness,
    )
    data = workbook([[*person(11), decile]], heads=[*HEADS, "Desil DTSEN"])
    job = importing.take(office.people["petugas"], "dtsen.xlsx", data)
    assert isinstance(job, Job) and job.matched[-1] == "desil"
    assert importing.check(job.id, "kis", job.matched) == ()
    importing.wait()
    importing.apply(job.id, office.people["petugas"])
    importing.wait()
    found = importing.job(job.id)
    importing.close()
    assert found is not None
    return found


def decile_of(office: Office) -> object:
    found = office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    return next(each.fields.get("desil") for each in found if each.fields.get("nik") == NIK.format(11))


def test_a_newer_list_says_another_decile_and_the_same_again_changes_nothing(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    assert taken(office, "Desil 3").counts["baru"] == 1 and decile_of(office) == 3
    assert taken(office, 3).counts["sama"] == 1
    assert taken(office, 5).counts["berubah"] == 1 and decile_of(office) == 5
    shut(office)
