"""A sealed case decided, moved on and given out as tasks in the room."""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import ChangeId, RecordId
from schemas.sealed_notes import Assignment, Reasons
from schemas.workflow import load_workflows
from server import device_store, sealed_store
from server.services import room_work
from server.services.step_answers import answers_said
from sync.change import Patch, SealedAdvance, SealedDecide
from sync.scope import UNIT_KEYS
from tests.server.room_case_site import Site, case_site, decide, move, page_of, seen  # noqa: F401 - the fixture `site`
from tests.server.room_office import (
    BUDI,
    FIELD,
    NIK,
    PHRASES,
    SECRET,
    SITI,
    STORY,
    Sealer,
    csrf,
    open_case,
    send,
)


def test_a_return_is_sealed_to_the_phone_that_sent_the_visit(site: Site) -> None:
    client, kasus, visit, _ = site.opened()
    reason = {"alasan.ktk.hasil_verifikasi": "Periksa lagi hasilnya"}
    assert decide(client, kasus, visit, "kembalikan").status_code == 422, "a return says why"
    answer = decide(client, kasus, visit, "kembalikan", catatan="Temui lagi di balai desa", **reason)
    assert answer.status_code == 303
    fields = site.office.fields(visit)
    assert fields["state"] == "dikembalikan"
    plain = site.sealer.reads(fields["notes"]["alasan"], "alasan", visit, 1)
    said = decode(plain, Reasons)
    assert said == Reasons(
        form="ktk", reasons={"ktk.hasil_verifikasi": "Periksa lagi hasilnya"}, note="Temui lagi di balai desa"
    )
    page = client.get(page_of(kasus)).text
    assert "Temui lagi di balai desa" in page, "who wrote it still reads it"
    client.post(page_of(kasus), data={"csrf": csrf(client.get(page_of(kasus))), "langkah": "tutup"})
    open_case(client, kasus)
    assert "Temui lagi di balai desa" in client.get(page_of(kasus)).text


def test_a_further_version_stands_beside_what_it_changed_and_what_was_asked(site: Site) -> None:
    client, kasus, visit, change = site.opened()
    decide(client, kasus, visit, "kembalikan", catatan="Temui lagi")
    site.sealer.visit(
        kasus, visit=visit, follows=change, number=2, answers={"hasil_verifikasi": "kurang_berkas"}
    )
    page = client.get(page_of(kasus)).text
    assert "Ada yang datang sesudah ruang dibuka" in page and "Kurang berkas" not in page
    open_case(client, kasus)
    page = client.get(page_of(kasus)).text
    assert "Kurang berkas" in page and '<span class="was">' in page


@pytest.mark.parametrize("decision", ["kembalikan", "tolak"])
def test_what_a_lost_phone_still_brings_to_a_decided_visit_waits_to_be_decided(
    site: Site, decision: str
) -> None:
    sealer = Sealer(site.office, site.office.people[FIELD])
    kasus, kode = sealer.case()
    visit, change = sealer.visit(kasus)
    client = site.screen(SITI)
    open_case(client, kasus)
    assert decide(client, kasus, visit, decision, catatan="Temui lagi").status_code == 303
    assert kode not in client.get("/antrean").text
    lost, now = sealer.phone.device, site.office.deps.now_ms()
    site.office.deps.engine.write(lambda tx: device_store.revoke(tx, lost, now)).result()
    sealer.visit(kasus, visit=visit, follows=change, number=2)
    assert kode in client.get("/antrean").text
    open_case(client, kasus)
    page = client.get(page_of(kasus)).text
    assert "dari HP yang sudah dicabut" in page and 'name="keputusan" value="setujui"' in page
    assert decide(client, kasus, visit, "setujui").status_code == 303
    assert site.office.fields(visit)["state"] == "disetujui" and kode not in client.get("/antrean").text


def test_what_was_approved_in_the_room_may_be_left_to_stand(site: Site) -> None:
    sealer = Sealer(site.office, site.office.people[FIELD])
    kasus, _ = sealer.case()
    visit, change = sealer.visit(kasus)
    client, leave = site.screen(SITI), "Biarkan seperti yang disetujui"
    open_case(client, kasus)
    assert decide(client, kasus, visit, "setujui").status_code == 303
    assert leave not in client.get(page_of(kasus)).text
    assert decide(client, kasus, visit, "biarkan").status_code == 409, "nothing came since"
    lost, now = sealer.phone.device, site.office.deps.now_ms()
    site.office.deps.engine.write(lambda tx: device_store.revoke(tx, lost, now)).result()
    sealer.visit(kasus, visit=visit, follows=change, number=2)
    open_case(client, kasus)
    assert leave in client.get(page_of(kasus)).text
    assert decide(client, kasus, visit, "biarkan").status_code == 303
    page = client.get(page_of(kasus)).text
    assert leave not in page and "yang berlaku versi sebelumnya" in page and "Keputusan dibiarkan" in page
    assert site.office.fields(visit)["state"] == "disetujui"


def test_a_decision_is_taken_back_by_whoever_made_it_or_by_the_kabid(site: Site) -> None:
    client, kasus, visit, _ = site.opened(BUDI)
    assert decide(client, kasus, visit, "tolak", catatan="Salah tekan").status_code == 303
    head, other = seen(client.get(page_of(kasus)), "putus"), site.screen(SITI)
    open_case(other, kasus)
    assert "Tarik keputusan ini" not in other.get(page_of(kasus)).text, "it is another's"
    assert decide(other, kasus, visit, "tahan", dilihat=head, catatan="Bukan saya").status_code == 409
    assert decide(client, kasus, visit, "setujui", dilihat=head).status_code == 409, "nor is it written over"
    assert "Tarik keputusan ini" in client.get(page_of(kasus)).text
    assert decide(client, kasus, visit, "tahan").status_code == 422, "why is said"
    assert decide(client, kasus, visit, "tahan", catatan="Keliru menekan").status_code == 303
    assert site.office.fields(visit)["state"] == "ditahan"
    assert decide(other, kasus, visit, "setujui").status_code == 303
    assert decide(client, kasus, visit, "tahan", catatan="Periksa lagi").status_code == 303, "the kabid may"


def test_nobody_decides_their_own_visit_in_the_room_either(site: Site) -> None:
    own = Sealer(site.office, site.office.people[SITI])
    kasus, _ = own.case()
    visit, change = own.visit(kasus)
    client = site.screen(SITI)
    open_case(client, kasus)
    page = client.get(page_of(kasus))
    assert "Ini kunjungan Anda sendiri" in page.text and 'name="keputusan"' not in page.text
    answer = decide(client, kasus, visit, "setujui", dilihat=change.hex())
    assert answer.status_code == 403
    assert site.office.fields(visit)["state"] == "diterima"
    assert not any(isinstance(body, SealedDecide) for body in site.bodies(visit))


def test_a_decision_after_another_is_not_taken(site: Site) -> None:
    client, kasus, visit, change = site.opened()
    colleague = site.shared(kasus)
    old = {"csrf": csrf(colleague.get(page_of(kasus))), "langkah": "putus", "kunjungan": visit}
    assert decide(client, kasus, visit, "setujui").status_code == 303
    late = {**old, "keputusan": "tolak", "catatan": "terlambat", "dilihat": change.hex()}
    answer = colleague.post(page_of(kasus), data=late)
    assert answer.status_code == 409 and "sudah berubah" in answer.text
    assert site.office.fields(visit)["state"] == "disetujui"


def test_it_is_said_where_a_phone_was_replaced_that_alone_could_read_and_how_the_new_one_may(
    site: Site,
) -> None:
    whom = site.office.add_person("ganti", "Ganti Hape", "GH", ("pendamping", "verifikator"), (), ("ktkpm",))
    sealer, says = Sealer(site.office, whom), "HP yang menerimanya sudah diganti atau dicabut"
    kasus, _ = sealer.case()
    visit, _ = sealer.visit(kasus)
    client = site.screen(SITI)
    open_case(client, kasus)
    task = {"langkah": "tugas", "petugas": whom, "form": "ktk", "isi_tugas": "Temui di balai desa"}
    assert send(client, page_of(kasus), **task).status_code == 303
    assert decide(client, kasus, visit, "kembalikan", catatan="Temui lagi").status_code == 303
    assert says not in client.get(page_of(kasus)).text
    new, now, lost = Sealer(site.office, whom), site.office.deps.now_ms(), sealer.phone.device
    assert says not in client.get(page_of(kasus)).text, "the old one still reads"
    site.office.deps.engine.write(lambda tx: device_store.revoke(tx, lost, now)).result()
    assert client.get(page_of(kasus)).text.count(says) == 2
    assert decide(client, kasus, visit, "tahan", catatan="HP baru").status_code == 303
    assert decide(client, kasus, visit, "kembalikan", catatan="Temui lagi").status_code == 303
    assert client.get(page_of(kasus)).text.count(says) == 1, "the task still is of the old one"
    fields = site.office.fields(visit)
    assert decode(new.reads(fields["notes"]["alasan"], "alasan", visit, 1), Reasons).note == "Temui lagi"


def test_it_is_told_also_where_only_somebody_else_who_wrote_a_version_could_read_it_and_whom_to_ask(
    site: Site,
) -> None:
    add = site.office.add_person
    first, second = (
        Sealer(site.office, add(f"tulis{one}", "Penulis Uji", f"P{one}", ("verifikator",), (), ("ktkpm",)))
        for one in "12"
    )
    kasus, _ = first.case()
    visit, change = first.visit(kasus)
    second.visit(kasus, visit=visit, follows=change, number=2)
    client, other = site.screen(BUDI), site.screen(SITI)
    open_case(client, kasus, BUDI)
    assert decide(client, kasus, visit, "kembalikan", catatan="Temui lagi").status_code == 303
    lost, now = first.phone.device, site.office.deps.now_ms()
    site.office.deps.engine.write(lambda tx: device_store.revoke(tx, lost, now)).result()
    assert "sudah diganti atau dicabut. Tarik keputusan ini" in client.get(page_of(kasus)).text
    open_case(other, kasus)
    assert "sudah diganti atau dicabut. Minta pemutusnya" in other.get(page_of(kasus)).text


def test_where_a_visit_came_back_it_is_said_at_giving_the_case_away(site: Site) -> None:
    client, kasus, visit, _ = site.opened()
    says = "Ada kunjungan yang dikembalikan"
    assert says not in client.get(page_of(kasus)).text
    assert decide(client, kasus, visit, "kembalikan", catatan="Temui lagi").status_code == 303
    assert says in client.get(page_of(kasus)).text


def test_a_case_is_given_to_another_petugas_on_its_page(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    colleague = site.office.add_person("serah", "Rekan Serah", "RS", ("verifikator",), (), ("ktkpm",))
    Sealer(site.office, colleague)
    page = client.get(page_of(kasus))
    assert f'<option value="{colleague}">' in page.text and 'value="serah"' in page.text
    given = {"csrf": csrf(page), "langkah": "serah", "petugas": colleague}
    answer = client.post(page_of(kasus), data=given)
    assert answer.status_code == 303 and answer.headers["location"].endswith("selesai=serah")
    assert "Kasus diserahkan. Petugasnya" in client.get(answer.headers["location"]).text
    assert "Rekan Serah" in client.get("/ruang").text
    assert client.post(page_of(kasus), data=given).status_code == 422, "it is theirs already"


def test_days_and_money_of_a_step_stand_as_people_write_them() -> None:
    steps = {each.code: each for each in load_workflows().get("ktkpm").events}
    letter = {"nomor_surat_kecamatan": "7", "tanggal_surat_kecamatan": "2026-02-12"}
    sent = answers_said(steps["ke_dinsos"], letter)
    assert sent == "Nomor surat kecamatan: 7; Tanggal surat kecamatan: Kamis, 12 Februari 2026"
    paid = answers_said(steps["cairkan"], {"tanggal_cair": "kemarin", "jumlah_cair": 5_000_000})
    assert paid == "Tanggal cair: kemarin; Jumlah cair (Rp): Rp5.000.000"
    found = answers_said(steps["memenuhi"], {"hasil_verifikasi": "memenuhi_syarat", "asing": "x"})
    assert found == "Hasil verifikasi: Memenuhi syarat" and answers_said(None, {"asing": "x"}) == ""


def test_a_step_is_checked_before_it_is_sealed(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    lacking = move(client, kasus, "ke_kecamatan", nomor_surat_desa="470/12")
    assert lacking.status_code == 422 and "belum lengkap" in lacking.text and "470/12" in lacking.text
    wrong = move(client, kasus, "ke_kecamatan", nomor_surat_desa="470/12", tanggal_surat_desa="kemarin")
    assert wrong.status_code == 422
    assert move(client, kasus, "setujui").status_code == 422, "not from here"
    assert not any(isinstance(body, SealedAdvance) for body in site.bodies(kasus))
    right = move(client, kasus, "ke_kecamatan", nomor_surat_desa="470/12/IX", tanggal_surat_desa="2026-11-02")
    assert right.status_code == 303
    assert site.office.fields(kasus)["state"] == "kecamatan"
    assert b"470/12/IX" not in site.everything()
    for screen in (client, site.shared(kasus)):
        assert "470/12/IX" in screen.get(page_of(kasus)).text


def test_a_result_of_verification_needs_a_second_person(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    letter = {"nomor_surat_desa": "1", "tanggal_surat_desa": "2026-11-02"}
    assert move(client, kasus, "ke_kecamatan", **letter).status_code == 303
    letter = {"nomor_surat_kecamatan": "2", "tanggal_surat_kecamatan": "2026-11-03"}
    assert move(client, kasus, "ke_dinsos", **letter).status_code == 303
    result = {"hasil_verifikasi": "memenuhi_syarat", "alasan": "Lengkap", "tanggal_verifikasi": "2026-11-10"}
    assert move(client, kasus, "memenuhi", **result).status_code == 303
    alone = move(client, kasus, "setujui")
    assert alone.status_code == 422 and "orang lain" in alone.text
    assert site.office.fields(kasus)["state"] == "persetujuan"
    colleague = site.shared(kasus)
    assert move(colleague, kasus, "setujui").status_code == 303
    assert site.office.fields(kasus)["state"] == "siap_diusulkan"


def test_a_task_is_readable_on_its_persons_phones_only(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    whom = site.office.people[FIELD]
    form = {"langkah": "tugas", "petugas": whom, "form": "ktk", "tenggat": "2026-12-24"}
    assert send(client, page_of(kasus), **form, isi_tugas="temui").status_code == 422
    stranger = {**form, "petugas": site.office.people["kabid"]}
    assert send(client, page_of(kasus), **stranger, isi_tugas="Temui lewat kader Rini").status_code == 422
    done = send(client, page_of(kasus), **form, isi_tugas="Temui lewat kader Rini di balai desa")
    assert done.status_code == 303
    [tugas] = site.office.deps.engine.read(lambda tx: sealed_store.tugas_of(tx, kasus))
    fields = site.office.fields(tugas)
    assert fields["petugas"] == whom and fields["due"] == "2026-12-24" and fields["state"] == "baru"
    plain = site.sealer.reads(fields["notes"]["tugas"], "tugas", tugas, 0)
    assert decode(plain, Assignment) == Assignment(forms=["ktk"], text="Temui lewat kader Rini di balai desa")
    for screen in (client, site.shared(kasus)):
        assert "Temui lewat kader Rini di balai desa" in screen.get(page_of(kasus)).text
    assert b"di balai desa" not in site.everything()


def test_each_task_of_a_case_is_told_with_its_own_words(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    form = {"langkah": "tugas", "petugas": site.office.people[FIELD], "form": "ktk"}
    words = ("Temui di puskesmas", "Foto ulang kartu keluarga")
    for text in words:
        assert send(client, page_of(kasus), **form, isi_tugas=text).status_code == 303
    page = site.shared(kasus).get(page_of(kasus)).text
    assert [page.count(text) for text in words] == [2, 2], "among the tasks and in the story, each once"


def test_the_same_nik_in_a_year_is_told_inside_the_room_only(site: Site) -> None:
    nik = "3314994202900007"
    first, kode = site.sealer.case()
    site.sealer.visit(first, answers={"nik": nik, "tanggal_kunjungan": "2026-03-01"})
    client = site.screen(SITI)
    open_case(client, first)
    assert "tahun yang sama" not in client.get(page_of(first)).text
    second, _ = site.sealer.case()
    site.sealer.visit(second, answers={"nik": nik, "tanggal_kunjungan": "2026-11-01"})
    third, _ = site.sealer.case()
    site.sealer.visit(third, answers={"nik": nik, "tanggal_kunjungan": "2027-01-05"})
    open_case(client, second)
    page = client.get(page_of(second)).text
    assert f"NIK ini juga ada di kasus {kode} tahun yang sama" in page
    open_case(client, third)
    assert "tahun yang sama" not in client.get(page_of(third)).text
    assert nik.encode() not in site.everything()


@pytest.mark.parametrize("nik", ["", None])
def test_cases_without_a_nik_are_nobodys_doubles(site: Site, nik: str | None) -> None:
    client = site.screen(SITI)
    for _ in range(2):
        kasus, _ = site.sealer.case()
        site.sealer.visit(kasus, answers={"nik": nik})
        open_case(client, kasus)
        assert "tahun yang sama" not in client.get(page_of(kasus)).text


def test_a_container_that_is_late_altered_or_of_another_visit_is_said_and_not_decided(site: Site) -> None:
    client, kasus, visit, change = site.opened(held=False)
    page = client.get(page_of(kasus))
    assert "belum sampai seluruhnya" in page.text and 'name="keputusan"' not in page.text
    answer = decide(client, kasus, visit, "setujui", dilihat=change.hex())
    assert answer.status_code == 409


def test_a_key_that_somebody_slipped_in_for_the_units_is_noticed_before_anything_is_sealed_to_it(
    site: Site,
) -> None:
    kasus, _ = site.sealer.case()
    client = site.screen(SITI)
    office, keys = site.office.deps.office, site.sealer.keys()
    true = [encode(key) for key in keys.keys]
    foreign = encode(replace(keys.newest, number=keys.newest.number + 1, public_key=site.sealer.public))
    fields = {"base": {"keys": true}, "new": {"keys": [*true, foreign]}}
    office.act(office.person, Patch(record=UNIT_KEYS, kind="referensi", **fields))
    try:
        answer = open_case(client, kasus)
        assert answer.status_code == 409 and "tidak utuh" in answer.text
        assert site.bodies(kasus) == []
        assert send(client, "/ruang/kunci", langkah="putar", frasa=PHRASES[SITI]).status_code == 409
    finally:
        fields = {"base": {"keys": [*true, foreign]}, "new": {"keys": true}}
        office.act(office.person, Patch(record=UNIT_KEYS, kind="referensi", **fields))
    assert open_case(client, kasus).status_code == 303


def test_a_phone_with_a_key_that_is_none_holds_up_no_decision(site: Site) -> None:
    spoilt = Sealer(site.office, site.office.people[FIELD])
    site.office.deps.engine.write(
        lambda tx: device_store.put_handover_key(tx, spoilt.phone.device, bytes(32))
    ).result()
    client, kasus, visit, _ = site.opened()
    assert decide(client, kasus, visit, "tahan", catatan="Menunggu keterangan").status_code == 303
    notes = site.office.fields(visit)["notes"]["alasan"]
    assert decode(site.sealer.reads(notes, "alasan", visit, 1), Reasons).note == "Menunggu keterangan"


def mended(site: Site, kasus: RecordId, visit: RecordId, change: ChangeId, **answers: Any) -> ChangeId:
    """Send a correction as a phone does: it has no other answer than what was asked again."""
    _, second = site.sealer.visit(
        kasus, visit=visit, follows=change, number=2, answers=answers, photos=0, whole=False
    )
    return second


def test_what_a_correction_was_not_asked_stands_as_it_was_with_its_photos(site: Site) -> None:
    client, kasus, visit, change = site.opened(photos=3)
    asked = {f"alasan.ktk.{name}": "Tanyakan lagi" for name in ("nama", "nik")}
    assert decide(client, kasus, visit, "kembalikan", **asked).status_code == 303
    mended(site, kasus, visit, change, nama="Nama Benar")
    open_case(client, kasus)
    page = client.get(page_of(kasus))
    assert SECRET in page.text and STORY in page.text
    struck = re.findall(r'<span class="was">.*?</span>([^<]*)</span>', page.text)
    assert struck == [NIK, "Korban Uji"], "what was asked and not answered is blank"
    shots = re.findall(rf'href="(/ruang/kasus/{kasus}/foto/[0-9a-f]+/\d)"', page.text)
    assert len(shots) == 3 and all(client.get(shot).status_code == 200 for shot in shots)


def test_a_correction_without_the_nik_is_found_to_be_a_double_all_the_same(site: Site) -> None:
    def corrected() -> tuple[str, str]:
        """Open a case of one NIK that was corrected; its code, and its page."""
        client, kasus, visit, change = site.opened(answers={"nik": "3314994101850999"})
        asked = {"alasan.ktk.nama": "Sesuai KTP"}
        assert decide(client, kasus, visit, "kembalikan", **asked).status_code == 303
        mended(site, kasus, visit, change, nama="Nama Benar")
        open_case(client, kasus)
        return site.office.fields(kasus)["kode"], client.get(page_of(kasus)).text

    first, _ = corrected()
    assert first in corrected()[1]


@pytest.mark.parametrize("note", ["", "Terima kasih"])
def test_an_approval_is_sealed_to_the_phone_where_something_is_said(site: Site, note: str) -> None:
    client, kasus, visit, _ = site.opened()
    assert decide(client, kasus, visit, "setujui", catatan=note).status_code == 303
    assert bool(site.office.fields(visit)["notes"]) == bool(note)
    assert f"Disetujui oleh {SITI.title()} Uji" in client.get(page_of(kasus)).text


def test_a_task_of_somebody_who_left_is_called_off_by_a_button_and_is_left_with_nobody(site: Site) -> None:
    office = site.office
    made = office.add_person("lepas", "Lepas Uji", "LS", ("verifikator",), services=("ktkpm",))
    Sealer(office, made)
    client, kasus, _, _ = site.opened()
    task = {"langkah": "tugas", "petugas": made, "form": "ktk", "isi_tugas": "Temui di balai desa"}
    assert send(client, page_of(kasus), **task).status_code == 303
    off = Patch(record=RecordId(made), kind="petugas", base={"aktif": True}, new={"aktif": False})
    office.deps.office.act(office.deps.office.person, off)
    assert "1 tugas masih pada Lepas Uji" in client.get("/").text
    found = re.search(r'name="tugas" value="([0-9a-f]+)"', client.get(page_of(kasus)).text)
    assert found
    order = {"langkah": "batal_tugas", "tugas": found[1]}
    assert send(client, page_of(kasus), **order).status_code == 303
    page = client.get(page_of(kasus)).text
    assert 'value="batal_tugas"' not in page and "Batal" in page
    assert "Tugas dibatalkan oleh Siti Uji" in page
    assert "tugas masih pada" not in client.get("/").text
    assert send(client, page_of(kasus), **order).status_code == 409


def test_where_nobody_can_be_given_a_task_it_is_said_whom_to_ask(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, kasus, _, _ = site.opened()
    assert 'name="isi_tugas"' in client.get(page_of(kasus)).text
    monkeypatch.setattr(room_work, "FIELD_ROLES", frozenset[str]())
    page = client.get(page_of(kasus)).text
    assert 'name="isi_tugas"' not in page and "Minta admin memeriksa perannya di Pengguna" in page


def test_of_a_visit_by_somebody_who_left_it_is_said_that_nobody_reads_why_it_came_back(site: Site) -> None:
    made = site.office.add_person("pergi", "Pergi Uji", "PG", ("verifikator",), services=("ktkpm",))
    own = Sealer(site.office, made)
    kasus, _ = own.case()
    own.visit(kasus)
    client = site.screen(SITI)
    open_case(client, kasus)
    assert "tidak bekerja lagi" not in client.get(page_of(kasus)).text
    off = Patch(record=RecordId(made), kind="petugas", base={"aktif": True}, new={"aktif": False})
    site.office.deps.office.act(site.office.deps.office.person, off)
    assert "Pergi Uji tidak bekerja lagi di sini" in client.get(page_of(kasus)).text


def test_what_is_asked_of_a_photo_comes_to_the_phone_by_what_it_answers(site: Site) -> None:
    client, kasus, visit, _ = site.opened()
    page = client.get(page_of(kasus)).text
    photo = re.findall(r'name="alasan\.([0-9a-f]{64})"', page)[1]
    asked = {f"alasan.{photo}": "Buram", "alasan.ktk.pas_foto": "Latar merah"}
    assert decide(client, kasus, visit, "kembalikan", **asked).status_code == 303
    plain = site.sealer.reads(site.office.fields(visit)["notes"]["alasan"], "alasan", visit, 1)
    assert set(decode(plain, Reasons).reasons) == {"ktk.pas_foto"}
    assert sorted(decode(plain, Reasons).reasons["ktk.pas_foto"].split("\n")) == ["Buram", "Latar merah"]
