"""A sealed visit with its corrections in the room: what stands of each, and what does not any more."""

import re
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from schemas.ids import ChangeId, RecordId
from server import device_store
from server.services.room_reading import load_case
from tests.server.room_case_site import Site, case_site, decide, page_of  # noqa: F401 - the fixture `site`
from tests.server.room_office import FIELD, NIK, SITI, Sealer, csrf, open_case

BEHIND = "Berkas versi terbaru belum sampai"
LACKS, DOUBLE = "Versi sebelumnya tidak terbaca", "tahun yang sama"


def correct(
    site: Site, kasus: RecordId, visit: RecordId, follows: ChangeId, photos: int = 0, **more: Any
) -> ChangeId:
    """Send a correction as a phone does: it has no other answer than what was asked again."""
    kept: dict[str, Any] = {"number": 2, "photos": photos, "whole": False, **more}
    return site.sealer.visit(kasus, visit=visit, follows=follows, **kept)[1]


def returned(site: Site, *asked: str, **more: Any) -> tuple[httpx.Client, RecordId, RecordId, ChangeId]:
    """Return a screen with a case whose visit came back with these questions."""
    opened = client, kasus, visit, _ = site.opened(**more)
    reasons = {f"alasan.{name}": "Tanyakan lagi" for name in asked}
    assert decide(client, kasus, visit, "kembalikan", **reasons).status_code == 303
    return opened


def reopened(client: httpx.Client, kasus: RecordId) -> str:
    open_case(client, kasus)
    return client.get(page_of(kasus)).text


def shots(kasus: RecordId, page: str) -> list[str]:
    """Return the addresses of the pictures on a page."""
    return re.findall(rf'href="(/ruang/kasus/{kasus}/foto/[0-9a-f]+/\d)"', page)


def struck(page: str) -> list[str]:
    """Return what was answered before, of all that is another now."""
    return re.findall(r'<span class="was">.*?</span>([^<]*)</span>', page)


def test_documents_are_out_of_the_room_once_they_are_said_no_to(site: Site) -> None:
    asked = "ktk.setuju_dokumen"
    client, kasus, visit, change = returned(site, asked, form=3, answers={"setuju_dokumen": True})
    before = shots(kasus, client.get(page_of(kasus)).text)
    assert len(before) == 2
    correct(site, kasus, visit, change, form=3, answers={"setuju_dokumen": False})
    page = reopened(client, kasus)
    assert "data:image" not in page and "/unduh/" not in page
    for shot in before:
        assert client.get(shot).status_code == client.get(f"{shot}/isi").status_code == 404
        sent = {"csrf": csrf(client.get(page_of(kasus))), "keperluan": "Melengkapi berkas"}
        assert client.post(shot.replace("/foto/", "/unduh/"), data=sent).status_code == 404


@pytest.mark.parametrize("without", [True, False])
def test_a_nik_that_is_not_asked_any_more_makes_no_double(site: Site, without: bool) -> None:
    nik, page = {"nik": f"33149945058500{without:02}"}, ""
    for _ in range(2):
        client, kasus, visit, change = returned(site, "ktk.tanpa_nik", answers={"tanpa_nik": False, **nik})
        correct(site, kasus, visit, change, answers={"tanpa_nik": without})
        page = reopened(client, kasus)
    assert (DOUBLE in page) != without


@pytest.mark.parametrize("asked", ["ktk.nama", "ktk.tanggal_kunjungan", "ktk.persetujuan"])
def test_the_device_says_of_a_correction_nothing_about_the_first_visit_unless_it_was_asked(
    site: Site, asked: str
) -> None:
    first = {
        "jam_mulai": "09:00",
        "jam_selesai": "09:45",
        "persetujuan": True,
        "versi_pemberitahuan": "2026-11",
    }
    client, kasus, visit, change = returned(site, asked, answers={**first, "tanggal_kunjungan": "2026-11-20"})
    again = {
        "tanggal_kunjungan": "2026-11-23", "jam_mulai": "13:00", "jam_selesai": "13:05",
        "versi_pemberitahuan": "2027-01",
    }  # fmt: skip
    if asked == "ktk.persetujuan":
        again["persetujuan"] = True  # type: ignore[assignment]
    correct(site, kasus, visit, change, answers=again)
    was = {
        "ktk.nama": ["Korban Uji"],
        "ktk.tanggal_kunjungan": ["Jumat, 20 November 2026"],
        "ktk.persetujuan": ["2026-11"],
    }
    assert struck(reopened(client, kasus)) == was[asked]


def test_a_visit_that_is_mended_in_the_next_year_is_still_a_double_of_its_own(site: Site) -> None:
    nik = {"nik": "3314994606850003", "tanggal_kunjungan": "2026-12-30"}
    site.opened(answers=nik)
    client, kasus, visit, change = returned(site, "ktk.nama", answers=nik)
    correct(site, kasus, visit, change, answers={"nama": "Nama Benar", "tanggal_kunjungan": "2027-01-03"})
    assert DOUBLE in reopened(client, kasus)


def test_of_several_pages_only_the_one_asked_again_is_replaced(site: Site) -> None:
    client, kasus, visit, change = site.opened(photos=3, shot_of=("fc_ktp",) * 3)
    page = client.get(page_of(kasus)).text
    blurred = re.findall(r'name="alasan\.([0-9a-f]{64})"', page)[1]
    gone = shots(kasus, page)[1]
    assert decide(client, kasus, visit, "kembalikan", **{f"alasan.{blurred}": "Buram"}).status_code == 303
    anew = correct(site, kasus, visit, change, photos=1)
    page = reopened(client, kasus)
    stand = shots(kasus, page)
    assert len(stand) == 3 and gone not in stand and f"{page_of(kasus)}/foto/{anew.hex()}/0" in stand
    assert "3 foto" in page and page.count("Buram") == 2, "the reason stands at its field and in the story"
    assert "FC KTP" in page.partition('id="j-riwayat"')[2]
    assert [client.get(shot).status_code for shot in (*stand, gone)] == [200, 200, 200, 404]


def test_a_field_that_was_asked_again_as_a_whole_has_its_new_pages_alone(site: Site) -> None:
    client, kasus, visit, change = returned(
        site, "ktk.fc_ktp", photos=3, shot_of=("fc_ktp", "fc_ktp", "fc_kk")
    )
    correct(site, kasus, visit, change, photos=1)
    assert len(shots(kasus, reopened(client, kasus))) == 2


def test_of_two_corrections_neither_is_lost_and_both_are_told_of(site: Site) -> None:
    client, kasus, visit, change = returned(site, "ktk.nama", "ktk.nik")
    assert "Dua versi sejajar" not in client.get(page_of(kasus)).text
    correct(site, kasus, visit, change, answers={"nama": "Nama Pertama", "nik": "3314994707850004"})
    correct(site, kasus, visit, change, answers={"nama": "Nama Kedua"})
    page = reopened(client, kasus)
    assert "Nama Kedua" in page and "3314994707850004" in page and NIK not in page
    assert "Dua versi sejajar" in page


def test_versions_stand_in_the_order_of_their_visit_and_not_of_their_arrival(site: Site) -> None:
    kasus, _ = site.sealer.case()
    visit, first = site.sealer.visit(kasus, photos=0)
    second = correct(site, kasus, visit, first)
    facts = site.office.deps.engine.read(lambda tx: load_case(tx, kasus))
    assert facts is not None
    [record] = facts.visits
    assert [fact.change for fact in facts.versions(visit)] == [first, second]
    late = replace(record, fields={**record.fields, "versions": record.fields["versions"][::-1]})
    found = replace(facts, visits=(late,)).versions(visit)
    assert [fact.change for fact in found] == [second, first]


def test_what_was_asked_of_a_version_is_not_asked_of_another(site: Site) -> None:
    client, kasus, visit, first = returned(site, "ktk.nama")
    second = correct(site, kasus, visit, first, answers={"nama": "Nama Benar"})
    assert "Nama Benar" in reopened(client, kasus)
    assert decide(client, kasus, visit, "kembalikan", **{"alasan.ktk.nik": "Apa"}).status_code == 303
    correct(site, kasus, visit, first, answers={"nama": "Nama Sejajar"})
    assert NIK not in struck(reopened(client, kasus)), "who made this was not asked for it"
    correct(site, kasus, visit, second, number=3, answers={"nama": "Nama Akhir"})
    assert NIK in struck(reopened(client, kasus))


def test_an_answer_to_a_return_that_was_taken_back_and_made_anew_takes_nothing_away(site: Site) -> None:
    shot_of = ("fc_ktp", "fc_kk")
    client, kasus, visit, change = returned(site, "ktk.nama", "ktk.fc_ktp", shot_of=shot_of)
    assert decide(client, kasus, visit, "tahan", catatan="Bukan itu").status_code == 303
    anew = {f"alasan.ktk.{name}": "Tanyakan lagi" for name in ("nik", "fc_kk")}
    assert decide(client, kasus, visit, "kembalikan", **anew).status_code == 303
    correct(site, kasus, visit, change, photos=1, answers={"nama": "Nama Benar"})
    page = reopened(client, kasus)
    assert struck(page) == ["Korban Uji", "1 foto"] and NIK in page and "Nama Benar" in page
    assert len(shots(kasus, page)) == 3, "neither paper is gone; what the new one replaces cannot be known"


def test_it_is_said_where_an_earlier_version_does_not_open(site: Site) -> None:
    client, kasus, visit, first = site.opened(held=False)
    second = correct(site, kasus, visit, first, answers={"nama": "Nama Benar"})
    page = reopened(client, kasus)
    assert LACKS in page and "Nama Benar" in page
    correct(site, kasus, visit, second, number=3, answers={"nama": "Nama Akhir"})
    page = reopened(client, kasus)
    assert LACKS in page and "Nama Akhir" in page
    other, whole, _, _ = site.opened(SITI)
    assert LACKS not in other.get(page_of(whole)).text


def test_no_two_downloads_of_a_case_have_one_name(site: Site) -> None:
    client, kasus, visit, change = returned(site, "ktk.nama", photos=1)
    correct(site, kasus, visit, change, photos=1, shot_of=("fc_kk",), answers={"nama": "Nama Benar"})
    page = reopened(client, kasus)
    sent = {"csrf": csrf(client.get(page_of(kasus))), "keperluan": "Melengkapi berkas"}
    answers = [client.post(shot.replace("/foto/", "/unduh/"), data=sent) for shot in shots(kasus, page)]
    assert len({answer.headers["content-disposition"] for answer in answers}) == 2


def decided_behind(
    site: Site, decision: str, **note: str
) -> tuple[httpx.Client, RecordId, str, RecordId, ChangeId]:
    """Return a screen with a case that was decided, and whose lost phone named a file that never came."""
    sealer = Sealer(site.office, site.office.people[FIELD])
    kasus, kode = sealer.case()
    visit, change = sealer.visit(kasus)
    client = site.screen(SITI)
    open_case(client, kasus)
    assert decide(client, kasus, visit, decision, **note).status_code == 303
    lost, now = sealer.phone.device, site.office.deps.now_ms()
    site.office.deps.engine.write(lambda tx: device_store.revoke(tx, lost, now)).result()
    _, newest = sealer.visit(kasus, visit=visit, follows=change, number=2, held=False)
    assert NIK not in client.get(page_of(kasus)).text, "the room has to be opened again first"
    page = reopened(client, kasus)
    assert BEHIND in page and NIK in page and LACKS not in page and 'value="setujui"' not in page
    return client, kasus, kode, visit, newest


def test_what_was_approved_is_left_to_stand_though_a_later_file_never_comes(site: Site) -> None:
    client, kasus, kode, visit, newest = decided_behind(site, "setujui")
    late = {"status": "susulan"}
    assert kode in client.get("/antrean", params=late).text
    assert decide(client, kasus, visit, "biarkan", dilihat=newest.hex()).status_code == 303
    assert kode not in client.get("/antrean", params=late).text and NIK in client.get(page_of(kasus)).text


def test_a_decision_is_taken_back_though_a_later_file_never_comes_but_that_file_is_not_approved(
    site: Site,
) -> None:
    client, kasus, _, visit, newest = decided_behind(site, "setujui")
    back = decide(client, kasus, visit, "tahan", dilihat=newest.hex(), catatan="Periksa lagi")
    assert back.status_code == 303 and NIK in client.get(page_of(kasus)).text
    assert decide(client, kasus, visit, "setujui").status_code == 409
    assert decide(client, kasus, visit, "kembalikan", catatan="Kirim lagi").status_code == 303


def test_what_was_rejected_is_rejected_again_though_a_later_file_never_comes(site: Site) -> None:
    client, kasus, kode, visit, _ = decided_behind(site, "tolak", catatan="Bukan korban")
    assert kode in client.get("/antrean").text
    assert decide(client, kasus, visit, "setujui").status_code == 409
    assert decide(client, kasus, visit, "tolak", catatan="Tetap").status_code == 303
    assert kode not in client.get("/antrean").text and NIK in reopened(client, kasus)


def test_why_a_visit_came_back_is_read_anew_also_where_the_first_version_was_lost(site: Site) -> None:
    client, kasus, visit, _ = site.opened(number=2)
    assert decide(client, kasus, visit, "kembalikan", catatan="Temui lagi di balai").status_code == 303
    assert "Temui lagi di balai" in reopened(client, kasus)
