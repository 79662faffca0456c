"""Doubles are found, merged without loss and split again, or told apart for good; new people are matched."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.ids import RecordId
from server.engine import NOTHING, Params, SqlRow
from server.engines.sqlite import Transaction
from server.services import indexing
from server.services.match_rows import FreshRow
from server.services.matching import Blocked, PairPage
from server.services.people import Denied
from server.services.profile import Profile
from server.services.review import Decided, NotThere, Stale
from server.store import SqlOfficeStore
from server.subjects import pair_of
from server.verifying.findings import Findings
from server.web.building import build_site
from server.web.site import Site
from sync.change import Patch
from sync.places import place_at
from tests.server.test_subject_index import add, change, found
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, shut

NIK = "3314990202800012"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    yield made
    shut(made)


@pytest.fixture
def site(office: Office) -> Site:
    return build_site(office.deps)


def pairs(site: Site, office: Office, who: str = "petugas") -> list[tuple[set[RecordId], str]]:
    found = site.matching.pairs(office.person(who))
    assert not isinstance(found, Denied)
    return [({row.one.id, row.other.id}, row.why) for row in found.rows]


def fresh(site: Site, office: Office, who: str = "petugas") -> list[FreshRow]:
    found = site.matching.fresh(office.person(who))
    assert not isinstance(found, Denied)
    return list(found.rows)


def page(site: Site, office: Office, one: RecordId, other: RecordId) -> PairPage:
    shown = site.matching.compare(office.person("petugas"), one, other)
    assert isinstance(shown, PairPage)
    return shown


def merge(site: Site, office: Office, keep: RecordId, gone: RecordId) -> Any:
    seen = page(site, office, keep, gone).seen
    return site.matching.merge(office.person("petugas"), keep, gone, seen)


def from_phone(office: Office, nama: str, **fields: Any) -> RecordId:
    name = RecordId(secrets.token_hex(16))
    new = {"nama": nama, "kode_desa": DESA, "layanan": ["bpnt"], **fields}
    office.phone.push(Patch(record=name, kind="warga", base={}, new=new))
    return name


def give_task(office: Office, warga: RecordId) -> RecordId:
    name = RecordId(secrets.token_hex(16))
    whom = office.people["pendamping"]
    new = {"petugas": whom, "sasaran": warga, "form": "bpnt_kpm", "state": "baru", "kode_desa": DESA}
    office.deps.office.act(office.people["petugas"], Patch(record=name, kind="tugas", base={}, new=new))
    return name


def parts_with(office: Office, record: RecordId) -> set[str]:
    rows = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).rows([record]))
    return {str(row.part) for row in rows}


def test_one_nik_and_alike_names_of_one_birth_in_one_desa_are_possible_doubles(
    office: Office, site: Site
) -> None:
    one, same_nik = add(office, "Sarmi", nik=NIK), add(office, "Parjo", nik=NIK, kode_desa=ELSEWHERE)
    born = {"tanggal_lahir": "1980-01-01"}
    named, alike = add(office, "Tukiyem", **born), add(office, "Tukiyem Karto", **born)
    add(office, "Tukiyem", tanggal_lahir="1981-01-01")
    add(office, "Tukiyem", **born, kode_desa=ELSEWHERE)
    add(office, "Slamet", **born)
    assert pairs(site, office) == [({one, same_nik}, "nik"), ({named, alike}, "nama")]


def test_a_pair_shows_only_to_whom_both_may_be_matched(office: Office, site: Site) -> None:
    one, other = add(office, "Sarmi", nik=NIK), add(office, "Parjo", nik=NIK, kode_desa=ELSEWHERE)
    office.add_person("sini", "Sini Uji", "U70", ("petugas",), (DESA,))
    assert pairs(site, office, "sini") == []
    assert site.matching.counts(office.person("sini")).pairs == 0
    assert site.matching.compare(office.person("sini"), one, other) == NotThere()
    assert site.matching.merge(office.person("sini"), one, other, "") == NotThere()
    for action in (site.matching.pairs, site.matching.fresh):
        assert action(office.person("verifikator")) == Denied(why="role")
    assert site.matching.merge(office.person("pengawas"), one, other, "") == Denied(why="role")


def test_who_was_told_apart_is_not_offered_again_also_by_an_index_made_anew(
    office: Office, site: Site
) -> None:
    one, other = add(office, "Sarmi", nik=NIK), add(office, "Parjo", nik=NIK)
    seen = page(site, office, one, other).seen
    assert isinstance(site.matching.tell_apart(office.person("petugas"), one, other, seen), Decided)
    assert pairs(site, office) == []
    change(office, one, {"nama": "Sarmi"}, nama="Sarmi Lagi")
    assert pairs(site, office) == []
    office.deps.engine.write(
        lambda tx: [
            tx.execute(f"DELETE FROM {name}") for name in ("subjects", "subject_words", "subject_end")
        ]
    ).result()
    assert pairs(site, office) == []


def test_a_merge_loses_nothing_and_is_shown_on_the_record_that_stays(office: Office, site: Site) -> None:
    keep = add(office, "Tukiyem", nik=NIK, alamat="Dukuh Satu")
    gone = add(
        office, "Tukijem", nik=NIK, no_hp="081234567890", alamat="Dukuh Dua", rt="001", layanan=["kis"]
    )
    visit, _ = office.add_visit(warga=gone)
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": gone, "kode_desa": DESA}
    case = Patch(record=RecordId("c" * 32), kind="kasus", base={}, new=fields)
    office.deps.office.act(office.people["kabid"], case)
    before = dict(office.fields(gone))
    assert isinstance(merge(site, office, keep, gone), Decided)
    now = office.fields(keep)
    assert now["no_hp"] == "081234567890" and now["layanan"] == ["bpnt", "kis"]
    assert now["alamat"] == "Dukuh Satu" and "rt" not in now  # an address is one thing: no mixture of two
    assert office.fields(gone) == {**before, "digabung_ke": keep}
    profile = site.profiles.open(office.person("petugas"), keep)
    assert isinstance(profile, Profile)
    assert [each.id for each in profile.visits] == [visit] and [each.id for each in profile.cases]
    assert [hit.id for hit in profile.merged] == [gone] and profile.undoable == {gone}
    assert "Dukuh Dua" in str(profile.acts)
    assert pairs(site, office) == []
    assert found(site, office, "tukijem") == ["Tukiyem"]  # by the other name too


def test_phones_learn_of_a_merge_by_their_rows_and_open_tasks_move(office: Office, site: Site) -> None:
    keep, gone = add(office, "Tukiyem", nik=NIK), add(office, "Tukijem", nik=NIK)
    task = give_task(office, gone)
    mine = f"mine/{office.people['pendamping']}"
    assert mine in parts_with(office, gone) and mine not in parts_with(office, keep)
    merge(site, office, keep, gone)
    assert parts_with(office, gone) == set() and mine in parts_with(office, keep)
    assert office.fields(task)["sasaran"] == keep
    # what a phone still says of the one that went is kept, and shown on the one that stays
    office.phone.push(Patch(record=gone, kind="warga", base={"rt": None}, new={"rt": "004"}))
    assert "rt" not in office.fields(gone) and page_blocked(site, office, keep)


def page_blocked(site: Site, office: Office, warga: RecordId) -> bool:
    """Whether a conflict about somebody now stands in the way of merging them."""
    other = add(office, "Lain")
    return isinstance(merge(site, office, warga, other), Blocked)


def test_a_split_brings_back_two_as_they_were_but_for_what_was_changed_since(
    office: Office, site: Site
) -> None:
    keep = add(office, "Tukiyem", nik=NIK)
    more: dict[str, Any] = {"no_hp": "081234567890", "pekerjaan": "petani", "layanan": ["kis"]}
    gone = add(office, "Tukijem", nik=NIK, **more)
    task = give_task(office, gone)
    before = dict(office.fields(gone))
    merge(site, office, keep, gone)
    change(office, keep, {"pekerjaan": "petani"}, pekerjaan="buruh")
    kabid = office.person("kabid")
    assert isinstance(site.matching.split(kabid, keep, gone), Decided)
    assert {**before, "digabung_ke": None} == office.fields(gone)
    now = office.fields(keep)
    assert now["no_hp"] is None and now["layanan"] == ["bpnt"] and now["pekerjaan"] == "buruh"
    assert office.fields(task)["sasaran"] == gone
    assert f"mine/{office.people['pendamping']}" in parts_with(office, gone)
    assert pairs(site, office) == [({keep, gone}, "nik")]
    assert site.matching.split(kabid, keep, gone) == Stale()
    assert isinstance(merge(site, office, gone, keep), Decided)  # and the other way about


def test_nothing_is_merged_that_has_moved_on_since_it_was_read(office: Office, site: Site) -> None:
    one, other = add(office, "Sarmi", nik=NIK), add(office, "Parjo", nik=NIK)
    seen = page(site, office, one, other).seen
    assert seen == page(site, office, other, one).seen
    change(office, other, {"nama": "Parjo"}, nama="Parjo Baru")
    who = office.person("petugas")
    assert site.matching.merge(who, one, other, seen) == Stale()
    assert site.matching.tell_apart(who, one, other, seen) == Stale()
    assert site.matching.compare(who, one, one) == NotThere()
    assert site.matching.compare(who, one, add(office, "Warung", kind="ewarong")) == NotThere()
    merge(site, office, one, other)
    assert site.matching.compare(who, one, other) == NotThere()


def test_an_open_conflict_is_settled_before_a_merge(office: Office, site: Site) -> None:
    one, other = add(office, "Sarmi", nik=NIK), add(office, "Parjo", nik=NIK)
    office.phone.push(Patch(record=other, kind="warga", base={"nama": "Dulu"}, new={"nama": "Lain"}))
    assert page(site, office, one, other).conflicts
    assert merge(site, office, one, other) == Blocked(say="warga.ganda.konflik")
    assert "digabung_ke" not in office.fields(other)


def test_somebody_whom_a_phone_made_waits_with_whom_they_may_be(office: Office, site: Site) -> None:
    listed = add(office, "Tukiyem Kartodimejo", nik=NIK)
    add(office, "Slamet")
    add(office, "Tukiyem Kartodimejo", kode_desa=ELSEWHERE)
    made = from_phone(office, "Tukiyem")
    (row,) = fresh(site, office)
    assert row.hit.id == made and [hit.id for hit in row.likely] == [listed]
    assert site.matching.counts(office.person("petugas")).fresh == 1
    office.add_person("jauh", "Jauh Uji", "U71", ("petugas",), (ELSEWHERE,))
    assert fresh(site, office, "jauh") == []
    assert page(site, office, made, listed).keep == listed
    merge(site, office, listed, made)
    assert fresh(site, office) == []


def test_many_new_people_are_asked_for_with_as_many_statements_as_one(
    office: Office, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()
    plain = Transaction.query

    def told(self: Transaction, sql: str, params: Params = NOTHING) -> list[SqlRow]:
        asked.append(sql)
        return plain(self, sql, params)

    monkeypatch.setattr(Transaction, "query", told)
    listed = [add(office, f"Tukiyem {name}", nik=NIK) for name in ("Karto", "Wiryo")]
    from_phone(office, "Tukiyem Karto")
    site.indexing.catch_up()
    counts = list[int]()
    for names in (("Tukiyem Wiryo", "Slamet"), ()):
        del asked[:]
        rows = fresh(site, office)
        counts.append(len(asked))
        assert all({hit.id for hit in row.likely} & set(listed) for row in rows)
        for name in names:
            from_phone(office, name, nik=NIK)
        site.indexing.catch_up()
    assert len(rows) == 3 and counts[0] == counts[1]


def test_the_new_one_may_also_stay_and_is_then_matched(office: Office, site: Site) -> None:
    listed, made = add(office, "Tukiyem Karto", nik=NIK), from_phone(office, "Tukiyem")
    assert isinstance(merge(site, office, made, listed), Decided)
    assert fresh(site, office) == [] and office.fields(made)["nik"] == NIK


def test_somebody_is_found_new_once_and_by_whoever_may(office: Office, site: Site) -> None:
    made = from_phone(office, "Warsinah")
    assert site.matching.confirm_new(office.person("verifikator"), made) == Denied(why="role")
    assert isinstance(site.matching.confirm_new(office.person("petugas"), made), Decided)
    assert fresh(site, office) == []
    assert site.matching.confirm_new(office.person("petugas"), made) == Stale()
    assert site.matching.confirm_new(office.person("petugas"), RecordId("e" * 32)) == NotThere()
    # a later word of the phone makes nobody new again
    office.phone.push(Patch(record=made, kind="warga", base={"rt": None}, new={"rt": "001"}))
    assert fresh(site, office) == []


def test_what_was_decided_is_offered_no_more_however_far_the_index_was_behind(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST", "LEAST", "MOST"):
        monkeypatch.setattr(indexing, name, 2)
    site = build_site(office.deps)
    keep, gone = add(office, "Sarmi", nik=NIK), add(office, "Parjo", nik=NIK)
    made = from_phone(office, "Warsinah")
    site.indexing.catch_up()
    for number in range(20):  # phones push, and the index waits for a pause
        add(office, f"Warga Ke-{number}")
    assert merge(site, office, keep, gone) == Decided()
    assert pairs(site, office) == []
    for number in range(20):
        add(office, f"Warga Lagi-{number}")
    assert site.matching.confirm_new(office.person("petugas"), made) == Decided()
    assert fresh(site, office) == []


def test_the_office_still_verifies_after_merging_and_splitting(office: Office, site: Site) -> None:
    keep, gone = add(office, "Tukiyem", nik=NIK), add(office, "Tukijem", nik=NIK, rt="001")
    give_task(office, gone)
    merge(site, office, keep, gone)
    site.matching.split(office.person("petugas"), keep, gone)
    merge(site, office, gone, keep)
    findings = office.deps.verify(_Quiet())
    assert isinstance(findings, Findings) and list(findings.faults) == []


class _Quiet:
    """Shows no progress."""

    def step(self, name: str, total: int) -> None:
        """Begin a step."""

    def advance(self, count: int = 1) -> None:
        """Go on."""


def test_somebody_put_under_the_id_of_a_pair_hinders_no_decision(office: Office, site: Site) -> None:
    kept = add(office, "Tukiyem", nik=NIK)
    one, other = add(office, "Sarmi", nik="3314990202800013"), add(office, "Parjo", nik="3314990202800013")
    gone = add(office, "Tukijem", nik=NIK)
    for first, second in (pair_of(kept, gone), pair_of(one, other)):
        place = place_at(f"pasangan\0{first}\0{second}".encode())
        new = {"nama": "Siapa Saja", "kode_desa": DESA, "layanan": ["bpnt"]}
        office.phone.push(Patch(record=place, kind="warga", base={}, new=new))
    seen = page(site, office, one, other).seen
    assert isinstance(site.matching.tell_apart(office.person("petugas"), one, other, seen), Decided)
    change(office, one, {"nama": "Sarmi"}, nama="Sarmi Lagi")
    assert [found for found, _ in pairs(site, office)] == [{kept, gone}]
    assert isinstance(merge(site, office, kept, gone), Decided)
    assert isinstance(site.matching.split(office.person("petugas"), kept, gone), Decided)
    assert [found for found, _ in pairs(site, office)] == [{kept, gone}]
