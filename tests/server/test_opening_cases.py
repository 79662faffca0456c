"""What the approval of a visit opens: a case for a health card, for findings at a shop, for a complaint."""

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.ids import ChangeId, RecordId
from schemas.reopening import REOPEN
from server import subject_index
from server.engine import Reader, Writer
from server.queries import records_of_kind
from server.services.opening_cases import cases_joined
from server.services.review import Decided, Open
from server.services.visits import counted_change
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.change import Advance, FormAnswers, Patch, Submit
from sync.store import Record
from tests.server.room_office import log_in
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, serving, shut

MET = {"hasil_kunjungan": "terisi_lengkap"}


class Desk:
    """An office with somebody to visit and a shop, and who decides there."""

    def __init__(self, office: Office) -> None:
        self.office, self.site = office, build_site(office.deps)
        self.shop = RecordId(secrets.token_hex(16))
        new = {"nama_ewarong": "e-warong Uji", "kode_desa": DESA, "layanan": ["bpnt"]}
        self.act(Patch(record=self.shop, kind="ewarong", base={}, new=new))

    def act(self, body: Any) -> None:
        self.office.deps.office.act(self.office.deps.office.person, body)

    def sent(self, form: str, answers: dict[str, Any], subject: RecordId | None) -> RecordId:
        visit = RecordId(secrets.token_hex(16))
        self.submit(visit, form, answers, subject, None)
        return visit

    def corrected(self, visit: RecordId, form: str, answers: dict[str, Any]) -> None:
        def newest(tx: Reader) -> ChangeId | None:
            return counted_change(SqlOfficeStore.reading(tx).records([visit])[visit])

        self.submit(visit, form, answers, self.office.warga, self.office.deps.engine.read(newest))

    def submit(
        self,
        visit: RecordId,
        form: str,
        answers: dict[str, Any],
        subject: RecordId | None,
        follows: ChangeId | None,
    ) -> None:
        forms = {form: FormAnswers(version=1, answers=answers)}
        self.office.phone.push(
            Submit(
                visit=visit,
                follows=follows,
                subject=subject,
                form=form,
                forms=forms,
                evidence=[],
                place=None,
                tugas=None,
            )
        )

    def decided(self, visit: RecordId, decision: str, who: str = "kabid") -> RecordId | None:
        person = self.office.person(who)
        found = self.site.reviews.open(person, visit)
        assert isinstance(found, Open)
        done = self.site.reviews.decide(person, visit, found.page.seen, decision, {}, "Diperiksa")
        assert isinstance(done, Decided), done
        return done.case

    def approved(self, form: str, answers: dict[str, Any], subject: RecordId | None) -> RecordId | None:
        return self.decided(self.sent(form, answers, subject), "setujui")

    def cases(self) -> list[Record]:
        return self.office.deps.engine.read(lambda tx: records_of_kind(tx, "kasus"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_at(tmp_path)
    yield Desk(office)
    shut(office)


def test_a_visit_about_a_card_opens_the_case_of_its_reactivation(desk: Desk) -> None:
    case = desk.approved("kis", MET, desk.office.warga)
    [found] = desk.cases()
    fields = found.fields
    assert case == found.id and (fields["workflow"], fields["state"]) == ("kis", "berkas_diterima")
    assert (fields["service"], fields["subjek"], fields["kode_desa"]) == ("kis", desk.office.warga, DESA)


def test_a_shop_with_findings_has_a_case_and_one_without_has_none(desk: Desk) -> None:
    assert desk.approved("ewarong", {**MET, "larangan": ["tidak_ada"]}, desk.shop) is None
    assert desk.approved("ewarong", MET, desk.shop) is None
    assert desk.approved("ewarong", {**MET, "larangan": ["memotong"]}, desk.shop) is not None
    [found] = desk.cases()
    assert (found.fields["workflow"], found.fields["subjek"]) == ("ewarong_temuan", desk.shop)


def test_a_complaint_has_a_case_also_without_anybody_it_is_about(desk: Desk) -> None:
    assert desk.approved("pengaduan", {"kanal": "telepon", "layanan": "bpnt"}, None) is not None
    [found] = desk.cases()
    assert (found.fields["workflow"], found.fields["service"]) == ("pengaduan", "pengaduan")


@pytest.mark.parametrize("result", ["tidak_ada", "menolak"])
def test_where_nobody_was_asked_about_a_card_there_is_no_case(desk: Desk, result: str) -> None:
    assert desk.approved("kis", {"hasil_kunjungan": result}, desk.office.warga) is None
    assert desk.cases() == []


def test_a_card_whose_case_is_under_way_gets_no_second_one(desk: Desk) -> None:
    first = desk.approved("kis", MET, desk.office.warga)
    assert desk.approved("kis", MET, desk.office.warga) == first and len(desk.cases()) == 1
    assert desk.approved("kis", MET, desk.office.add_warga("Painem", DESA)) not in (None, first)
    assert len(desk.cases()) == 2


def test_a_visit_that_joined_a_case_is_not_destroyed_before_it_ends(desk: Desk) -> None:
    office, petugas = desk.office, desk.office.person("petugas")
    first, joined, other = (desk.sent("kis", MET, desk.office.warga) for _ in range(3))
    case = desk.decided(first, "setujui")
    assert case is not None and desk.decided(joined, "setujui") == case
    desk.decided(other, "tolak")

    def refusals() -> list[str]:
        found = [desk.site.destroying.propose(petugas, each, "BA 4/2026") for each in (first, joined, other)]
        return [each.why if each else "" for each in found]

    assert refusals() == ["belum_selesai", "belum_selesai", ""]
    head = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([case])[case]).head
    assert head is not None
    end = Advance(kasus=case, follows=head, event="gugurkan", answers={"alasan": "Keliru"})
    office.deps.office.act(office.people["kabid"], end)
    assert refusals() == ["", "", "sudah"]


def test_what_a_visit_joined_is_found_without_reading_the_cases_of_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, kis = desk.office, ("kis", MET)
    case = desk.approved(*kis, office.warga)
    joined = desk.sent(*kis, office.warga)
    assert desk.decided(joined, "setujui") == case
    others = {desk.approved(*kis, office.add_warga(f"Warga {number}", DESA)) for number in range(3)}
    given, loaded = SqlOfficeStore.records, list[RecordId]()

    def told(store: SqlOfficeStore, ids: Iterable[RecordId]) -> dict[RecordId, Record]:
        names = list(ids)
        loaded.extend(names)
        return given(store, names)

    def found(tx: Reader) -> list[tuple[RecordId, RecordId]]:
        visits = given(SqlOfficeStore.reading(tx), [joined]).values()
        return [(visit, each.id) for visit, each in cases_joined(tx, visits, office.deps.workflows).items()]

    monkeypatch.setattr(SqlOfficeStore, "records", told)
    assert office.deps.engine.read(found) == [(joined, case)]
    assert case in loaded and others.isdisjoint(loaded)

    def of_before(tx: Writer) -> None:
        tx.execute("DELETE FROM speaks_of")
        tx.execute("INSERT INTO filling (kabupaten, after) VALUES (:kabupaten, '')")

    office.deps.engine.write(of_before).result()
    assert office.deps.engine.read(found) == [(joined, case)], "what is not kept yet is looked for"


def test_whoever_calls_off_a_case_that_another_visit_joined_reads_so_and_what_that_visit_lacks_is_told(
    desk: Desk,
) -> None:
    office, engine = desk.office, desk.office.deps.engine
    first, joined = (desk.sent("kis", MET, office.warga) for _ in range(2))
    case = desk.decided(first, "setujui")
    assert case is not None and desk.decided(joined, "setujui") == case
    lacks, warns = "sudah digugurkan", "lalu tanpa kasus."

    def advance(event: str) -> None:
        found = engine.read(lambda tx: SqlOfficeStore.reading(tx).records([case])[case])
        assert found.head is not None
        kabid = office.person("kabid")
        done = desk.site.cases.advance(kabid, case, found.head.hex(), event, {"alasan": "Keliru dibuka"})
        assert isinstance(done, Decided)
        engine.write(lambda tx: subject_index.catch_up(tx, office.deps.office.device, 100)).result()

    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "kabid")

        def says(visit: RecordId) -> bool:
            return lacks in client.get(f"/kunjungan/{visit}").text

        assert warns in client.get(f"/kasus/{case}").text and not says(joined)
        desk.decided(first, "tahan")
        advance("gugurkan")
        page = client.get(f"/kasus/{case}").text
        assert "masih disetujui" in page and f'href="/kunjungan/{joined}"' in page
        assert says(joined) and not says(first)
        advance(REOPEN)
        assert not says(joined), "it stands again"
        advance("gugurkan")
        assert says(joined)
        desk.decided(joined, "tahan")
        assert desk.decided(joined, "setujui") not in (None, case) and not says(joined)
        assert "masih disetujui" not in client.get(f"/kasus/{case}").text


def test_a_card_keeps_its_case_when_its_holder_moves(desk: Desk) -> None:
    warga, deps = desk.office.warga, desk.office.deps
    first = desk.approved("kis", MET, warga)
    desk.act(Patch(record=warga, kind="warga", base={"kode_desa": DESA}, new={"kode_desa": ELSEWHERE}))
    deps.engine.write(lambda tx: subject_index.catch_up(tx, deps.office.device, 100)).result()
    assert desk.office.fields(warga)["kode_desa"] == ELSEWHERE
    assert desk.approved("kis", MET, warga) == first and len(desk.cases()) == 1


def test_a_decision_taken_back_and_made_again_opens_nothing_twice(desk: Desk) -> None:
    visit = desk.sent("ewarong", {**MET, "larangan": ["memotong"]}, desk.shop)
    first = desk.decided(visit, "setujui")
    desk.decided(visit, "tahan")
    before = desk.cases()
    assert desk.decided(visit, "setujui", "verifikator") == first
    assert desk.cases() == before and len(before) == 1
