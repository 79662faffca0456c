"""Visits for other systems: covered as lists that go out are, only by a key for visits, nothing sealed."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from schemas.format import local_date
from server import device_store
from server.engine import Reader
from server.page_store import DAY_MS
from server.services.data_api import KunjunganPage
from server.services.data_visits import VisitPresenter
from server.services.visits import load_newest, load_visit
from server.store import SqlOfficeStore
from sync.change import Decide, Destroyed, FormAnswers, Submit
from sync.store import Record
from tests.server.room_office import FIELD, Sealer, add_officers, hold_ceremony, serving_cheaply
from tests.server.test_data_api import NIK, Town, town  # noqa: F401 - the fixture
from tests.server.web_office import DESA, ELSEWHERE, open_at, shut

# ruff: noqa: F811 - a test asks for the fixture by its name


def read(town: Town, **more: Any) -> dict[str, Any]:
    return town.everything(town.key(visits=True, **more), "kunjungan")["data"]


def test_a_visit_is_told_as_a_covered_list_would(town: Town) -> None:
    problem = FormAnswers(version=1, answers={"jenis_masalah": "lainnya", "uraian_masalah": "Di ATM BNI"})
    visit, change = town.office.add_visit(more={"kks_masalah": problem}, answers={"kks_kondisi": "baik"})
    key = town.key(visits=True)
    answer = town.ask(key, "kunjungan")
    page = msgspec.json.decode(answer.content, type=KunjunganPage)
    found = next(each for each in page.data if each.id == visit)
    assert (found.formulir, found.layanan, found.keadaan, found.kode_desa) == (
        "bpnt_kpm", "bpnt", "diterima", DESA,
    )  # fmt: skip
    assert (found.versi, found.bukti, found.subjek) == (1, 3, town.office.warga)
    told = found.isian["bpnt_kpm"]
    assert (told["kks_kondisi"], told["nama"]) == ("Baik", "S.") and ";" in str(told["edukasi"])
    assert told["tanggal_kunjungan"] == "2026-11-20" and told["foto_rumah_depan"] == 1
    assert found.isian["kks_masalah"] == {"jenis_masalah": "Lainnya"}
    for secret in (NIK, NIK[-4:], "6032989900014821", "Sutarmi", "Ngrombo", "110.78", "Di ATM BNI"):
        assert secret not in answer.text, secret
    town.office.deps.office.act(
        town.office.people["verifikator"],
        Decide(visit=visit, follows=change, decision="setujui", reasons={}, note="Nama: Sutarmi"),
    )
    fresh = town.everything(key, "kunjungan", after=page.lanjut)["data"]
    assert list(fresh) == [visit] and fresh[visit]["keadaan"] == "disetujui" and fresh[visit]["diputuskan"]
    assert "Sutarmi" not in str(fresh)


@pytest.mark.parametrize(("decision", "counts"), [("setujui", 0), ("tolak", 1)])
def test_the_version_that_is_named_is_the_one_whose_answers_are_told(
    tmp_path: Path, decision: Any, counts: int
) -> None:
    office = open_at(tmp_path)
    visit, first = office.add_visit(photos=("foto_rumah_depan",), answers={"kks_kondisi": "baik"})
    decide = Decide(visit=visit, follows=first, decision=decision, reasons={}, note="Diperiksa")
    office.deps.office.act(office.people["verifikator"], decide)
    office.deps.engine.write(lambda tx: device_store.revoke(tx, office.phone.device, 0)).result()
    office.add_visit(visit=visit, follows=first, photos=(), answers={"kks_kondisi": "rusak"})
    presenter = VisitPresenter(office.deps.forms, office.deps.text)

    def look(tx: Reader) -> tuple[Record, Submit]:
        record = SqlOfficeStore.reading(tx).records([visit])[visit]
        [version] = load_newest(tx, [record])
        return record, version.submit

    record, body = office.deps.engine.read(look)
    shut(office)
    versions = record.fields["versions"]
    # the second came three days after the decision
    versions[1]["received_ms"] = record.fields["decided_ms"] + 3 * DAY_MS
    told = presenter.show(record, body, presenter.forms_of(("bpnt",)), named=False)
    assert told is not None and told.versi == counts + 1
    assert told.diterima == local_date(versions[counts]["received_ms"]).isoformat()
    assert told.isian["bpnt_kpm"]["kks_kondisi"] == ("Baik", "Rusak")[counts]


def test_a_hidden_answer_is_not_told(town: Town) -> None:
    visit, _ = town.office.add_visit(answers={"kks_kondisi": "tertelan_atm", "kks_dipegang": "kpm"})
    told = read(town)[visit]["isian"]
    assert "kks_dipegang" not in told["bpnt_kpm"] and "kks_kondisi" in told["bpnt_kpm"]


def test_a_key_for_names_adds_the_ending_of_a_nik_and_no_name(town: Town) -> None:
    visit, _ = town.office.add_visit()
    covered, named = read(town)[visit]["isian"], read(town, named=True)[visit]["isian"]
    assert "nik" not in covered["bpnt_kpm"] and str(named["bpnt_kpm"]["nik"]).endswith("0001")
    assert named["bpnt_kpm"]["nama"] == "S."


def test_only_a_key_for_visits_reads_them(town: Town) -> None:
    refused = town.ask(town.key(), "kunjungan")
    assert refused.status_code == 403 and refused.json()["code"] == "kunci_data_tanpa_kunjungan"
    town.key(visits=True, system="Satu Data Kunjungan")
    said = [each.what for each in town.site.handouts.all() if "Satu Data Kunjungan" in each.what]
    assert said == ["Data dan kunjungan lewat API untuk Satu Data Kunjungan"]


def test_a_key_reaches_the_visits_of_its_services_and_desa(town: Town) -> None:
    here, _ = town.office.add_visit()
    there, _ = town.office.add_visit(warga=town.office.add_warga("Orang Sana", ELSEWHERE))
    near = read(town, area="33.14.01")
    assert here in near and there not in near
    assert {here, there} <= read(town).keys()
    assert not {here, there} & read(town, services=("kis",)).keys()


def test_pages_of_any_size_come_to_the_same_and_a_foreign_cursor_is_refused(town: Town) -> None:
    for _ in range(3):
        town.office.add_visit()
    key = town.key(visits=True)
    whole = town.everything(key, "kunjungan")
    assert len(whole["data"]) > 3
    assert town.everything(key, "kunjungan", size=1)["data"] == whole["data"]
    seq, _, tag = str(whole["lanjut"]).partition("-")
    assert town.ask(key, "kunjungan", sesudah=f"{seq}-{'0' * len(tag)}").status_code == 409


def test_a_destroyed_visit_is_told_as_gone_and_never_again(town: Town) -> None:
    visit, _ = town.office.add_visit()
    key = town.key(visits=True)
    before = town.everything(key, "kunjungan")
    assert visit in before["data"]
    office = town.office.deps.office
    office.act(
        office.person,
        Destroyed(changes={}, blobs=[], records=[visit], basis="BA 2"),
    )
    after = town.everything(key, "kunjungan", after=str(before["lanjut"]))
    assert after["hilang"] == {visit} and after["data"] == {}
    again = town.everything(key, "kunjungan")
    assert visit not in again["data"] and again["hilang"] == set()


def test_nothing_is_told_of_a_visit_with_a_secret_form_beside_others(town: Town) -> None:
    deps, (visit, _) = town.office.deps, town.office.add_visit()
    found = deps.engine.read(lambda tx: load_visit(tx, visit))
    assert found is not None
    plain = found.newest.submit
    mixed = replace(plain, forms={**plain.forms, "ktk": FormAnswers(version=1, answers={})})
    presenter = VisitPresenter(deps.forms, deps.text)
    told = presenter.forms_of(("bpnt", "ktkpm"))
    assert presenter.show(found.record, plain, told, named=False) is not None
    assert presenter.show(found.record, mixed, told, named=False) is None


def test_a_sealed_visit_is_told_to_nobody(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    add_officers(office)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as client:
        hold_ceremony(client)
        sealer = Sealer(office, office.people[FIELD])
        sealed, _ = sealer.visit(sealer.case()[0])
        town, (plain, _) = Town(office, address), office.add_visit()
        key = town.key(visits=True, services=("bpnt", "kis", "pengaduan"))
        before = town.everything(key, "kunjungan")
        assert plain in before["data"] and sealed not in before["data"]
        deps = office.deps
        deps.office.act(deps.office.person, Destroyed(changes={}, blobs=[], records=[sealed], basis="BA 3"))
        assert town.everything(key, "kunjungan", after=before["lanjut"])["hilang"] == set()
        town.client.close()
    shut(office)
