"""Other systems are told nothing new of whoever objects, and all that was held once that holds no longer."""

import secrets

from schemas.ids import RecordId
from server.services.objections import held_and_freed
from sync.change import Decide, Patch
from tests.server.test_data_api import Town, town  # noqa: F401 - the fixture
from tests.server.web_office import DESA

# ruff: noqa: F811 - a test asks for the fixture by its name


def objects(town: Town, warga: RecordId) -> RecordId:
    now = town.office.deps.now_ms()
    made = town.site.requests.open(
        town.person("petugas"), warga, "keberatan", "sendiri", "Jangan dibagikan", now
    )
    assert isinstance(made, str)
    return RecordId(made)


def answer(town: Town, request: RecordId, outcome: str = "ditolak") -> None:
    assert town.site.requests.close(town.person("kabid"), request, outcome, "Sudah dijelaskan") is None


def add_case(town: Town, warga: RecordId) -> RecordId:
    case = RecordId(secrets.token_hex(16))
    new = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": warga, "kode_desa": DESA}
    office = town.office.deps.office
    office.act(office.person, Patch(record=case, kind="kasus", base={}, new=new))
    town.site.indexing.catch_up()
    return case


def test_nothing_is_told_of_whoever_objects_and_all_of_it_after_the_answer(town: Town) -> None:
    key, warga, other = town.key(visits=True), town.add_warga(), town.add_warga()
    kinds = ("warga", "kasus", "kunjungan")
    case, (visit, change) = add_case(town, warga), town.office.add_visit(warga=warga)
    before = {kind: town.everything(key, kind) for kind in kinds}
    assert [name in before[kind]["data"] for kind, name in zip(kinds, (warga, case, visit), strict=True)] == [
        True, True, True,
    ]  # fmt: skip
    request = objects(town, warga)
    town.patch(warga, {"nama": "Sutarmi Binti"}, {"nama": "Wagiyem"})
    later = add_case(town, warga)
    verdict = Decide(visit=visit, follows=change, decision="setujui", reasons={}, note="")
    town.office.deps.office.act(town.office.people["verifikator"], verdict)
    whole = {kind: town.everything(key, kind)["data"] for kind in kinds}
    assert not {warga, case, later, visit} & {name for found in whole.values() for name in found}
    assert other in whole["warga"]
    held = {kind: town.everything(key, kind, after=before[kind]["lanjut"], size=1) for kind in kinds}
    assert [(each["data"], each["hilang"]) for each in held.values()] == [({}, set())] * 3
    answer(town, request)
    told = {kind: town.everything(key, kind, after=held[kind]["lanjut"], size=1)["data"] for kind in kinds}
    assert told["warga"][warga]["nama"] == "W." and set(told["warga"]) == {warga}
    assert set(told["kasus"]) == {case, later}
    assert set(told["kunjungan"]) == {visit} and told["kunjungan"][visit]["keadaan"] == "disetujui"


def test_who_objects_again_stays_held_and_no_key_is_told_more_than_it_reaches(town: Town) -> None:
    key, kis, warga = town.key(services=("bpnt",)), town.key(services=("kis",), visits=True), town.add_warga()
    add_case(town, warga)
    town.office.add_visit(warga=warga)
    request = objects(town, warga)
    ends = [(each, kind, town.everything(each, kind)["lanjut"]) for each, kind in (
        (key, "warga"), (kis, "warga"), (kis, "kasus"), (kis, "kunjungan"),
    )]  # fmt: skip
    answer(town, request)
    again = objects(town, warga)
    assert town.everything(key, after=ends[0][2])["data"] == {}
    answer(town, again)
    told = [town.everything(each, kind, after=end)["data"] for each, kind, end in ends]
    assert [list(found) for found in told] == [[warga], [], [], []]


def test_an_answer_frees_whoever_was_merged_meanwhile_too(town: Town) -> None:
    key, warga, other = town.key(), town.add_warga(), town.add_warga()
    request = objects(town, other)
    town.patch(other, {"digabung_ke": None}, {"digabung_ke": warga})
    town.site.indexing.catch_up()
    held = town.everything(key)
    assert not {warga, other} & held["data"].keys()
    answer(town, request)
    assert warga in town.everything(key, after=held["lanjut"])["data"]


def test_whoever_was_granted_is_told_only_after_they_withdraw(town: Town) -> None:
    key, warga = town.key(visits=True), town.add_warga()
    case, (visit, _) = add_case(town, warga), town.office.add_visit(warga=warga)
    request = objects(town, warga)
    kinds = ("warga", "kasus", "kunjungan")
    asked = {kind: town.everything(key, kind) for kind in kinds}
    answer(town, request, "dipenuhi")
    assert warga not in town.office.deps.engine.read(lambda tx: held_and_freed(tx, 0, 2**62)[1])
    whole = {kind: town.everything(key, kind)["data"] for kind in kinds}
    assert not {warga, case, visit} & {name for found in whole.values() for name in found}
    held = {kind: town.everything(key, kind, after=asked[kind]["lanjut"]) for kind in kinds}
    assert [(each["data"], each["hilang"]) for each in held.values()] == [({}, set())] * 3
    assert town.site.requests.withdraw(town.person("petugas"), request, "Lewat telepon, 3 Maret") is None
    told = {kind: town.everything(key, kind, after=held[kind]["lanjut"], size=1)["data"] for kind in kinds}
    assert [set(each) for each in told.values()] == [{warga}, {case}, {visit}]


def test_the_description_says_when_nothing_is_told_of_whoever_objects(town: Town) -> None:
    said = town.client.get("/api/v1/openapi.json").json()["info"]["description"]
    assert "belum dijawab" in said and "keberatannya dipenuhi dan belum ditarik" in said
