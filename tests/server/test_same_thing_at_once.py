"""Two who work at the same thing at once, as the office sees it: nobody is sent in vain or done twice."""

from datetime import timedelta

import httpx
import pytest

from schemas.format import local_date
from schemas.ids import RecordId
from server.page_store import QueueFilter
from server.services.assigning import Given
from server.services.matching import PairPage
from server.services.people import Denied
from server.services.queue import Asked, QueuePage, QueueRow
from server.services.review import Decided, Open
from sync.change import Patch
from sync.scope import NIK_PREFIXES
from tests.server.room_office import csrf, log_in
from tests.server.test_assigning import Town
from tests.server.test_opening_cases import MET, Desk
from tests.server.test_reviewing import WHOLE
from tests.server.town_desk import own_desk, own_office, own_town, revoke  # noqa: F401 - the fixtures
from tests.server.web_office import DESA, serving


def given(town: Town) -> RecordId:
    """Give the first worker a tugas about the first warga."""
    town.work.give(town.officer, town.order(town.first), town.warga[:1])
    [task] = town.work.tasks(town.officer, town.first)
    return task.id


def visited(town: Town, tugas: RecordId) -> RecordId:
    """Let the first worker's visit for a tugas arrive."""
    return town.office.add_visit(warga=town.warga[0], tugas=tugas, photos=())[0]


# a tugas that was given to somebody else while a visit of it was on its way ---------------------------------


def test_a_rejected_visit_leaves_the_tugas_to_whom_it_was_given_meanwhile(town: Town, desk: Desk) -> None:
    tugas = given(town)
    town.work.move(town.officer, [tugas], town.second)
    visit = visited(town, tugas)
    desk.decided(visit, "tolak")
    assert (town.fields(tugas)["state"], town.fields(tugas)["petugas"]) == ("baru", town.second)
    assert [each.id for each in town.work.tasks(town.officer, town.second)] == [tugas]


def test_an_approved_visit_closes_the_tugas_and_taken_back_leaves_it_to_be_done(
    town: Town, desk: Desk
) -> None:
    tugas = given(town)
    town.work.move(town.officer, [tugas], town.second)
    visit = visited(town, tugas)
    desk.decided(visit, "setujui")
    assert town.fields(tugas)["state"] == "selesai", "the family was met"
    desk.decided(visit, "tahan")
    assert town.fields(tugas)["state"] == "baru", "its worker has sent nothing that could wait"


def test_of_two_visits_for_one_tugas_the_rejected_one_leaves_it_to_the_other(town: Town, desk: Desk) -> None:
    tugas = given(town)
    one, other = visited(town, tugas), visited(town, tugas)
    desk.decided(one, "tolak")
    assert town.fields(tugas)["state"] == "dikirim"
    desk.decided(other, "tolak")
    assert town.fields(tugas)["state"] == "selesai", "nobody is left who would do it"


def test_a_tugas_that_was_moved_after_its_visit_came_is_to_be_done_when_that_is_rejected(
    town: Town, desk: Desk
) -> None:
    tugas = given(town)
    visit = visited(town, tugas)
    town.work.move(town.officer, [tugas], town.second)
    assert town.fields(tugas)["state"] == "dikirim", "nobody is asked to go there yet"
    desk.decided(visit, "tolak")
    assert town.fields(tugas)["state"] == "baru"


def test_whoever_reviews_is_told_who_would_go_there_in_vain(town: Town) -> None:
    tugas, says = given(town), "Pendamping Dua memegang tugasnya"
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        visit = visited(town, tugas)
        town.work.move(town.officer, [tugas], town.second)
        assert says not in client.get(f"/kunjungan/{visit}").text, "no phone asks for it"
        town.change(tugas, "tugas", state="baru")
        assert says in client.get(f"/kunjungan/{visit}").text


def test_a_visit_whose_tugas_went_to_another_is_not_approved_unseen_with_the_rest(
    town: Town, desk: Desk
) -> None:
    tugas, kabid = given(town), town.person("kabid")
    known = Patch(record=NIK_PREFIXES, kind="referensi", base={}, new={"kecamatan_nik": ["331499"]})
    town.office.deps.office.act(town.officer.id, known)
    sent = [
        town.office.add_visit(warga=whom, tugas=named, photos=("foto_rumah_depan",), answers=WHOLE)[0]
        for whom, named in ((town.warga[0], tugas), (town.warga[1], None))
    ]
    both = desk.site.together.begin(kabid, "", "")
    assert both is not None and both.visits.keys() == set(sent)
    town.work.move(town.officer, [tugas], town.second)
    town.change(tugas, "tugas", state="baru")
    left = desk.site.together.begin(kabid, "", "")
    assert left is not None and left.visits.keys() == {sent[1]}


# one thing that two visits ask for --------------------------------------------------------------------------


def merged(town: Town, desk: Desk, keep: RecordId, gone: RecordId) -> None:
    """Let the office find that two records are one person."""
    seen = desk.site.matching.compare(town.officer, keep, gone)
    assert isinstance(seen, PairPage)
    assert isinstance(desk.site.matching.merge(town.officer, keep, gone, seen.seen), Decided)


def test_visits_to_two_records_of_one_person_stand_beside_each_other(town: Town, desk: Desk) -> None:
    (keep, gone, further), says = town.warga, "dua_kunjungan"
    visits = [town.office.add_visit(warga=each, photos=())[0] for each in town.warga]
    kabid = town.person("kabid")

    def twice() -> set[RecordId]:
        page = desk.site.queue.page(kabid, Asked(wanted=QueueFilter(sign=says)))
        assert isinstance(page, QueuePage)
        odd = {row.id for row in page.rows if desk.site.words.flag(says) in row.flags}
        assert odd == {row.id for row in page.rows}
        return odd

    assert twice() == set()
    merged(town, desk, keep, gone)
    assert twice() == set(visits[:2])
    merged(town, desk, further, keep)
    assert twice() == set(visits), "also where one of two was merged before"
    for visit in visits:
        found = desk.site.reviews.open(kabid, visit)
        assert isinstance(found, Open)
        meant = desk.site.reviews.meant(kabid, found.visit).shown
        assert {each.visit for each in meant} == set(visits) - {visit}
    assert isinstance(desk.site.matching.split(town.officer, further, keep), Decided)
    assert twice() == set(visits[:2])


def test_a_card_of_who_was_merged_has_one_case_whichever_record_was_visited(town: Town, desk: Desk) -> None:
    keep, gone, other = town.warga
    first = desk.approved("kis", MET, gone)
    on_its_way = desk.sent("kis", MET, gone)
    merged(town, desk, keep, gone)
    assert desk.approved("kis", MET, keep) == first
    assert desk.decided(on_its_way, "setujui") == first
    assert desk.approved("kis", MET, other) != first and len(desk.cases()) == 2


def test_a_case_about_the_one_that_stays_is_found_by_a_visit_to_the_other(town: Town, desk: Desk) -> None:
    keep, gone, _ = town.warga
    on_its_way = desk.sent("kis", MET, gone)
    first = desk.approved("kis", MET, keep)
    merged(town, desk, keep, gone)
    assert desk.decided(on_its_way, "setujui") == first and len(desk.cases()) == 1


def test_one_problem_that_two_visits_report_has_one_case_while_it_is_under_way(
    town: Town, desk: Desk
) -> None:
    whom, lost = town.warga[0], {**MET, "jenis_masalah": "kks_hilang"}
    first = desk.approved("kks_masalah", lost, whom)
    assert desk.approved("kks_masalah", lost, whom) == first
    assert desk.approved("kks_masalah", {**MET, "jenis_masalah": "saldo_0"}, whom) != first
    assert desk.approved("kks_masalah", lost, town.warga[1]) != first
    assert len(desk.cases()) == 3
    unlisted = {**MET, "jenis_masalah": "lainnya"}
    one, other = (desk.approved("kks_masalah", unlisted, whom) for _ in range(2))
    assert one != other, "two that the list does not name may be two"
    town.end("bpnt_masalah", "selesai")
    assert desk.approved("kks_masalah", lost, whom) != first, "it was lost again"


# a correction from a phone that counts no more --------------------------------------------------------------


def test_a_correction_that_a_revoked_phone_still_brings_waits_to_be_decided(town: Town, desk: Desk) -> None:
    office, tugas = town.office, given(town)
    visit, first = office.add_visit(warga=town.warga[0], tugas=tugas, photos=())
    desk.decided(visit, "kembalikan")
    revoke(office)
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        assert visit not in client.get("/antrean").text
        assert "Menunggu perbaikan dari petugas lapangan" in client.get(f"/kunjungan/{visit}").text
        office.add_visit(visit=visit, follows=first, warga=town.warga[0], tugas=tugas, photos=())
        assert town.fields(visit)["state"] == "dikembalikan", "it opens nothing by itself"
        assert visit in client.get("/antrean").text
        page = client.get(f"/kunjungan/{visit}").text
        assert "Perbaikan yang diminta sudah datang" in page and "Dari perangkat yang dicabut" in page
        assert "Menunggu perbaikan dari petugas lapangan" not in page
    desk.decided(visit, "setujui", "verifikator")
    assert (town.fields(visit)["state"], town.fields(tugas)["state"]) == ("disetujui", "selesai")
    assert [each.id for each in waiting(desk)] == []


def waiting(desk: Desk) -> list[QueueRow]:
    page = desk.site.queue.page(desk.office.person("kabid"), Asked(wanted=QueueFilter()))
    assert isinstance(page, QueuePage)
    return list(page.rows)


def test_a_correction_that_was_decided_waits_no_more_until_another_comes(town: Town, desk: Desk) -> None:
    office = town.office
    visit, first = office.add_visit(warga=town.warga[0], photos=())
    desk.decided(visit, "kembalikan")
    assert waiting(desk) == []
    revoke(office)
    office.add_visit(visit=visit, follows=first, warga=town.warga[0], photos=())
    assert [each.id for each in waiting(desk)] == [visit]
    desk.decided(visit, "kembalikan")
    assert waiting(desk) == []


# a visit that came after another that was paid later --------------------------------------------------------


def ago(town: Town, days: int) -> str:
    return (local_date(town.office.deps.now_ms()) - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("first", "later", "gone"),
    [("meninggal", "terisi_lengkap", "meninggal"), ("terisi_lengkap", "meninggal", "")],
)
def test_of_two_visits_the_one_paid_last_says_whether_somebody_is_gone(
    town: Town, first: str, later: str, gone: str
) -> None:
    town.visited(hasil_kunjungan=first, tanggal_kunjungan=ago(town, 7))
    town.visited(hasil_kunjungan=later, tanggal_kunjungan=ago(town, 25))
    assert town.listed()["Warga A"].gone == gone


@pytest.mark.parametrize("off_days", [-400, 400])
def test_a_phone_whose_clock_is_wrong_is_believed_by_when_its_visit_came(town: Town, off_days: int) -> None:
    office = town.office
    town.visited(hasil_kunjungan="terisi_lengkap", tanggal_kunjungan=ago(town, 7))
    said = {"hasil_kunjungan": "meninggal", "tanggal_kunjungan": ago(town, 400)}
    wall_ms = office.deps.now_ms() + off_days * 86_400_000
    town.decide(*office.add_visit(warga=town.warga[0], answers=said, photos=(), wall_ms=wall_ms))
    assert town.listed()["Warga A"].gone == "meninggal"


# one family and two services --------------------------------------------------------------------------------


def test_a_family_is_given_to_one_worker_of_each_service_and_to_no_second_one(town: Town) -> None:
    whom = town.warga[0]
    town.change(whom, "warga", layanan=["bpnt", "kis"])
    card = town.order(town.second, service="kis", form="kis")
    given(town)
    assert town.work.give(town.officer, card, [whom]) == Given(made=1, before=0)
    assert town.work.give(town.officer, card, [whom]) == Given(made=0, before=1), "from another tab"
    [task] = town.work.tasks(town.officer, town.second)
    assert task.form == "kis" and town.listed()["Warga A"].owner == town.first
    for_card = town.work.candidates(town.officer, "kis", DESA, "warga", "semua")
    assert not isinstance(for_card, Denied) and [each.owner for each in for_card] == [town.second]
    town.work.move(town.officer, [task.id], None)
    free = town.work.candidates(town.officer, "kis", DESA, "warga", "belum")
    assert not isinstance(free, Denied) and [each.id for each in free] == [whom]


# one tugas in two tabs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["pindah", "batal"])
def test_a_tugas_that_went_since_a_page_was_opened_is_left_where_it_is_and_that_is_said(
    town: Town, step: str
) -> None:
    tugas, third = given(town), town.office.add_person("tiga", "Pendamping Tiga", "P3", ("pendamping",))
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get(f"/penugasan/petugas/{town.first}")
        town.work.move(town.officer, [tugas], town.second)
        form = {"csrf": csrf(page), f"tugas.{tugas}": "ya", "petugas": third, "langkah": step}
        done = client.post(f"/penugasan/petugas/{town.first}", data=form)
        said = client.get(done.headers["location"]).text
        assert "1 dilewati: sejak halaman dibuka sudah dipindahkan" in said and f"{step}=0" in str(
            done.headers
        )
        assert (town.fields(tugas)["petugas"], town.fields(tugas)["state"]) == (town.second, "baru")
        done = client.post(f"/penugasan/petugas/{town.second}", data=form)
        assert "dilewati" not in client.get(done.headers["location"]).text
    assert (town.fields(tugas)["petugas"] == third) == (step == "pindah")


# others who are sent to whom nobody finds any more ----------------------------------------------------------


@pytest.mark.parametrize(("how", "told"), [("meninggal", True), ("pindah", True), ("tidak_ada", False)])
def test_whoever_reviews_that_somebody_is_gone_is_told_who_else_is_sent_there(
    town: Town, how: str, told: bool
) -> None:
    whom, own = town.warga[0], given(town)
    town.change(whom, "warga", layanan=["bpnt", "kis"])
    said = {"hasil_kunjungan": how}
    visit, _ = town.office.add_visit(warga=whom, tugas=own, answers=said, photos=())
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        says = "Yang masih memegang tugas: Pendamping Dua ("
        assert "masih memegang tugas" not in client.get(f"/kunjungan/{visit}").text, "but for its own"
        town.work.give(town.officer, town.order(town.second, service="kis", form="kis"), [whom])
        assert (says in client.get(f"/kunjungan/{visit}").text) == told


def test_whoever_reviews_that_a_shop_closed_is_told_who_else_is_sent_there(town: Town, desk: Desk) -> None:
    town.work.give(town.officer, town.order(town.second, kind="ewarong", form="ewarong"), [desk.shop])
    visits = [desk.sent("ewarong", {**MET, "masih_aktif": trades}, desk.shop) for trades in (False, True)]
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        pages = [client.get(f"/kunjungan/{visit}").text for visit in visits]
    assert ["masih memegang tugas: Pendamping Dua" in page for page in pages] == [True, False]


def test_whoever_reviews_a_visit_to_one_of_two_merged_is_told_who_is_sent_to_the_other(
    town: Town, desk: Desk
) -> None:
    keep, gone, _ = town.warga
    town.work.give(town.officer, town.order(town.second), [keep])
    visit, _ = town.office.add_visit(warga=gone, answers={"hasil_kunjungan": "meninggal"}, photos=())
    merged(town, desk, keep, gone)
    with serving(town.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        assert "masih memegang tugas: Pendamping Dua" in client.get(f"/kunjungan/{visit}").text
