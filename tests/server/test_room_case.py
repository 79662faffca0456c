"""A sealed case in the room: opened with a purpose, read and decided there, and nowhere else."""

import dataclasses
import io
import re
from datetime import date
from hashlib import sha256
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops

from schemas.ids import ChangeId
from server.compose import unlock
from server.queries import sealed_of_code
from server.services import room_cases
from server.services.room_opening import OPEN_MS
from server.verify import verify
from server.web.building import build_site
from sync.change import SealedAccess, SealedAdvance, SealedSubmit
from sync.rules import DomainRules
from sync.sealed_case import name_of
from tests.server.asked import listening
from tests.server.conftest import Silent
from tests.server.room_case_site import Site, case_site, decide, move, page_of, seen  # noqa: F401 - the fixture `site`
from tests.server.room_office import (
    BUDI,
    FIELD,
    NIK,
    PHRASES,
    PURPOSE,
    SECRET,
    SITI,
    STORY,
    csrf,
    log_in,
    open_case,
    send,
    serving_cheaply,
)


def test_a_case_opens_with_passphrase_and_purpose_and_shows_the_safe_contact_first(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    page = client.get(page_of(kasus))
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    text = page.text
    assert 0 < text.index(SECRET) < text.index(STORY) and NIK in text and "Etalase" in text
    assert text.count("data:image/jpeg;base64,") == 2
    assert PURPOSE in text, "who looked and why stands in the room's own history"


def test_outside_stand_a_code_a_service_a_state_an_officer_and_days(site: Site) -> None:
    kasus, kode = site.sealer.case()
    visit, _ = site.sealer.visit(kasus)
    client = site.screen(SITI)
    listed, door = client.get("/ruang").text, client.get(page_of(kasus)).text
    assert kode in listed and kode in door
    assert 'href="/ruang"' in client.get("/").text.partition("<main")[2], (
        "a count on the first page leads there"
    )
    for text in (listed, door, client.get("/antrean").text, client.get("/kasus").text, client.get("/").text):
        assert not re.search(f"{SECRET}|{STORY}|{NIK}|Korban Uji|data:image", text)
    assert client.get(f"/kunjungan/{visit}").status_code in (403, 404)
    way = client.get(f"/ruang/kunjungan/{visit}").headers["location"]
    assert way == f"{page_of(kasus)}?kunjungan={visit}"
    assert f"/ruang/kasus/{kasus}" in client.get("/kasus").text


def test_a_case_that_ended_is_found_by_its_code_and_stands_in_the_list_while_something_came_late(
    site: Site,
) -> None:
    client, kasus, _, _ = site.opened()
    kode, head = site.office.fields(kasus)["kode"], seen(client.get(page_of(kasus)), "maju")
    assert move(client, kasus, "mundur", tanggal_mundur="2026-11-20").status_code == 303
    assert kode not in client.get("/ruang").text
    assert '<form method="post" action="/ruang" role="search"' in client.get("/ruang").text, "in no address"
    found = send(client, "/ruang", kode=f" {kode.lower()} ")
    assert found.status_code == 303 and found.headers["location"] == page_of(kasus)
    assert "Kode kasus itu tidak ada" in send(client, "/ruang", kode="KS-2026-XXXXXX").text
    stranger = send(site.screen("petugas"), "/ruang", kode=kode)
    assert stranger.status_code == 200 and page_of(kasus) not in stranger.text, "they learn nothing"
    note = site.bodies(kasus)[-1].note
    late = SealedAdvance(kasus=kasus, follows=ChangeId(bytes.fromhex(head)), event="ke_kecamatan", note=note)
    site.office.deps.office.act(site.office.people[BUDI], late)
    page = client.get("/ruang").text
    assert kode in page and "1 datang terlambat" in page


def test_a_code_is_looked_for_among_sealed_cases_alone(site: Site) -> None:
    kasus, kode = site.sealer.case()
    with listening() as asked:
        found = site.office.deps.engine.read(lambda tx: sealed_of_code(tx, kode))
    assert found == [kasus]
    assert not [each for each in asked for table in ("records", "kasus") if each.reads_all_of(table)]
    assert not any("kind = " in each.sql for each in asked), "all cases are read"


def test_what_the_list_leaves_out_is_counted_beside_cases_that_ended(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, kasus, _, _ = site.opened()
    site.sealer.case()
    cases = build_site(site.office.deps).room.cases
    under_way = cases.count()
    monkeypatch.setattr(room_cases, "MOST", under_way - 1)
    assert move(client, kasus, "mundur", tanggal_mundur="2026-11-20").status_code == 303
    found = cases.all(date(2026, 11, 27), [kasus])
    assert (len(found.shown), found.total) == (under_way, under_way)
    monkeypatch.setattr(room_cases, "MOST", under_way - 2)
    found = cases.all(date(2026, 11, 27), [kasus])
    assert (len(found.shown), found.total) == (under_way - 1, under_way)


def test_a_closed_case_gives_nothing_away(site: Site) -> None:
    kasus, _ = site.sealer.case()
    _, change = site.sealer.visit(kasus)
    client = site.screen(SITI)
    assert client.get(f"{page_of(kasus)}/foto/{change.hex()}/0").status_code == 404
    token = csrf(client.get("/ruang/kunci"))
    for form in ({"langkah": "putus"}, {"langkah": "maju"}, {"langkah": "tugas"}, {"langkah": "cetak"}):
        answer = client.post(page_of(kasus), data={"csrf": token, **form})
        assert answer.status_code == 409 and STORY not in answer.text
    assert [type(body) for body in site.bodies(kasus)] == [SealedSubmit]


def test_without_a_purpose_or_with_another_passphrase_nothing_opens_or_is_recorded(site: Site) -> None:
    kasus, _ = site.sealer.case()
    client = site.screen(SITI)
    assert open_case(client, kasus, SITI, "lihat").status_code == 422
    assert open_case(client, kasus, BUDI).status_code == 422
    assert site.bodies(kasus) == [] and "sambang_ruang" not in client.cookies


@pytest.mark.parametrize("name", ["petugas", "kabid", "verifikator", "admin", "pengawas"])
def test_whoever_is_not_named_gets_nothing(site: Site, name: str) -> None:
    kasus, kode = site.sealer.case()
    client = site.screen(name)
    assert client.get(page_of(kasus)).status_code == 403
    form = {"csrf": csrf(client.get("/")), "langkah": "buka", "frasa": PHRASES[SITI], "keperluan": PURPOSE}
    assert client.post(page_of(kasus), data=form).status_code == 403
    assert kode not in client.get("/ruang").text
    assert 'href="/ruang"' not in client.get("/").text.partition("<main")[2]
    assert site.bodies(kasus) == []


def test_an_opening_is_of_one_browser_one_login_and_one_case(site: Site) -> None:
    client, kasus, _, change = site.opened()
    other, _ = site.sealer.case()
    assert STORY not in client.get(page_of(other)).text
    stolen = {"sambang_ruang": client.cookies["sambang_ruang"]}
    colleague, anew = site.screen(BUDI), site.screen(SITI)
    for screen in (colleague, anew):
        screen.cookies.set("sambang_ruang", stolen["sambang_ruang"], path="/ruang")
        assert STORY not in screen.get(page_of(kasus)).text
        assert screen.get(f"{page_of(kasus)}/foto/{change.hex()}/0").status_code == 404
    del client.cookies["sambang_ruang"]
    assert STORY not in client.get(page_of(kasus)).text


def test_any_process_serves_an_open_case_and_none_without_the_cookie(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    cookies = {cookie.name: cookie.value or "" for cookie in client.cookies.jar}
    with serving_cheaply(site.office) as address:
        with httpx.Client(base_url=address, cookies=cookies, timeout=20) as second:
            assert STORY in second.get(page_of(kasus)).text
        del cookies["sambang_ruang"]
        with httpx.Client(base_url=address, cookies=cookies, timeout=20) as third:
            assert STORY not in third.get(page_of(kasus)).text


def test_a_copy_of_the_database_says_nothing_of_what_lies_inside(site: Site) -> None:
    client, kasus, visit, _ = site.opened()
    assert decide(client, kasus, visit, "kembalikan", catatan="Alasan rahasia kembali").status_code == 303
    everything = site.everything()
    assert kasus.encode() in everything, "the copy is one"
    for marker in (SECRET, STORY, NIK, "Korban Uji", PURPOSE, "Alasan rahasia", PHRASES[SITI], "fc_ktp"):
        assert marker.encode() not in everything, marker
    assert client.cookies["sambang_ruang"].encode() not in everything
    assert bytes.fromhex(client.cookies["sambang_ruang"]) not in everything


@pytest.mark.parametrize("way", ["tutup", "keluar"])
def test_the_room_closes_by_its_button_and_by_logging_out(site: Site, way: str) -> None:
    client, kasus, _, _ = site.opened()
    kept = client.cookies["sambang_ruang"]
    if way == "tutup":
        assert send(client, page_of(kasus), langkah="tutup").headers["location"] == "/ruang"
    else:
        client.post("/keluar", data={"csrf": csrf(client.get("/"))})
        log_in(client, SITI)
    client.cookies.set("sambang_ruang", kept, path="/ruang")
    assert STORY not in client.get(page_of(kasus)).text
    named = sha256(b"room\0" + kept.encode()).digest()
    sql = "SELECT count(*) FROM room_held WHERE kabupaten = :kabupaten AND token_hash = :named"
    assert site.office.deps.engine.read(lambda tx: tx.query(sql, {"named": named})) == [(0,)]


def test_the_room_closes_after_ten_minutes_by_the_offices_clock(site: Site) -> None:
    office, shift = site.office, [0]
    real = office.deps
    office.deps = dataclasses.replace(real, now_ms=lambda: real.now_ms() + shift[0])
    try:
        with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
            kasus, _ = site.sealer.case()
            site.sealer.visit(kasus)
            log_in(client, SITI)
            open_case(client, kasus)
            page = client.get(page_of(kasus))
            seconds, target = page.headers["refresh"].split("; url=")
            assert STORY in page.text and 570 <= int(seconds) <= 601 and target == page_of(kasus)
            shift[0] = OPEN_MS - 5_000
            assert STORY in client.get(page_of(kasus)).text
            shift[0] = OPEN_MS + 1_000
            assert STORY not in client.get(page_of(kasus)).text
    finally:
        office.deps = real


def test_every_look_is_a_change_whose_purpose_only_the_unit_reads(site: Site) -> None:
    client, kasus, _, change = site.opened()
    looks = [body for body in site.bodies(kasus) if isinstance(body, SealedAccess)]
    assert [look.action for look in looks] == ["buka"]
    assert looks[0].note.key == name_of(site.sealer.keys().newest.public_key)
    short = send(client, page_of(kasus), langkah="cetak", keperluan="lihat")
    assert short.status_code == 422
    printed = send(client, page_of(kasus), langkah="cetak", keperluan="Lampiran SK untuk Bupati")
    assert printed.status_code == 200 and "Dicetak oleh Siti Uji" in printed.text and STORY in printed.text
    token = csrf(client.get(page_of(kasus)))
    path = f"{page_of(kasus)}/unduh/{change.hex()}/0"
    assert client.post(path, data={"csrf": token, "keperluan": ""}).status_code == 422
    taken = client.post(path, data={"csrf": token, "keperluan": "Melengkapi berkas BPPKAD"})
    assert taken.headers["content-disposition"].startswith('attachment; filename="KS-2026-')
    looks = [body for body in site.bodies(kasus) if isinstance(body, SealedAccess)]
    assert [look.action for look in looks] == ["buka", "cetak", "unduh"]


def test_pictures_carry_the_name_of_who_looks_and_are_never_kept(site: Site) -> None:
    client, kasus, _, change = site.opened()
    page = client.get(f"{page_of(kasus)}/foto/{change.hex()}/0")
    assert "FC KTP" in page.text and page.headers["cache-control"] == "no-store"
    path = f"{page_of(kasus)}/foto/{change.hex()}/0/isi"
    assert client.get(path, headers={"sec-fetch-dest": "document"}).status_code == 404
    answer = client.get(path)
    assert answer.headers["content-type"] == "image/jpeg" and answer.headers["cache-control"] == "no-store"
    stamped = Image.open(io.BytesIO(answer.content)).convert("RGB")
    colleague = site.shared(kasus)
    theirs = Image.open(io.BytesIO(colleague.get(path).content)).convert("RGB")
    assert stamped.size == theirs.size
    assert ImageChops.difference(stamped, theirs).getbbox() is not None, "each has another name on it"
    for number in ("7", "7/isi"):
        assert client.get(f"{page_of(kasus)}/foto/{change.hex()}/{number}").status_code == 404
    stamp = client.get("/ruang/cap.svg")
    assert "Siti Uji SI" in stamp.text and stamp.headers["cache-control"] == "no-store"
    assert not build_site(site.office.deps).likenesses.catch_up(60), "they are passed over"
    for table in ("thumbnails", "likenesses", "likeness_bands"):
        [(kept,)] = site.office.deps.engine.read(
            lambda tx, table=table: tx.query(f"SELECT count(*) FROM {table} WHERE kabupaten = :kabupaten")
        )
        assert kept == 0


ODD: tuple[dict[str, Any], ...] = (
    {"rencana_uep": "satu"}, {"rencana_uep": [1]}, {"nik": 5}, {"tanggal_kunjungan": []},
    {"jenis_kekerasan": 7}, {"aman_dikunjungi": {"a": 1}}, {"hasil_verifikasi": None}, {"bidang_asing": "x"},
)  # fmt: skip


@pytest.mark.parametrize("answers", ODD)
def test_answers_of_odd_shapes_shut_nobody_out(site: Site, answers: dict[str, Any]) -> None:
    client, kasus, _, _ = site.opened(answers=answers, photos=0)
    page = client.get(page_of(kasus))
    assert page.status_code == 200 and 'name="keputusan"' in page.text


def test_both_halves_open_in_need_and_sound_an_alarm_until_each_has_seen_it(site: Site) -> None:
    kasus, kode = site.sealer.case()
    site.sealer.visit(kasus)
    client = site.screen("petugas")
    form = {"kode": kode, "keperluan": "Kedua petugas sakit, korban meminta"}
    first, second = site.halves
    swapped = send(client, "/ruang/darurat", **form, kertas_1=second, kertas_2=first)
    assert swapped.status_code == 422 and "Kertas 1" in swapped.text
    unknown = send(
        client, "/ruang/darurat", **{**form, "kode": "KS-2026-XXXXXX"}, kertas_1=first, kertas_2=second
    )
    assert unknown.status_code == 422
    assert site.bodies(kasus) and not any(isinstance(body, SealedAccess) for body in site.bodies(kasus))
    opened = send(client, "/ruang/darurat", **form, kertas_1=first, kertas_2=second)
    assert opened.headers["location"] == page_of(kasus)
    assert STORY in client.get(page_of(kasus)).text
    assert [body.action for body in site.bodies(kasus) if isinstance(body, SealedAccess)] == ["darurat"]
    said = f"Kasus {kode} dibuka darurat oleh Petugas Uji"
    kabid, pengawas = site.screen("kabid"), site.screen("pengawas")
    assert said in kabid.get("/perangkat").text
    for watcher in (kabid, pengawas):
        assert said in watcher.get("/").text
        page = watcher.get("/ruang/alarm")
        alarm = re.search(rf'{re.escape(said)}.*?name="alarm" value="([0-9a-f]+)"', page.text, re.S)
        assert alarm
        watcher.post("/ruang/alarm", data={"csrf": csrf(page), "alarm": alarm[1]})
        assert said not in watcher.get("/").text
        if watcher is kabid:
            assert said in pengawas.get("/").text, "each marks for themselves"
    assert site.screen("verifikator").get("/ruang/alarm").status_code == 403
    assert STORY not in pengawas.get("/ruang/alarm").text


def test_verify_follows_the_chain_through_a_day_in_the_room(site: Site) -> None:
    client, kasus, visit, _ = site.opened()
    decide(client, kasus, visit, "tahan", catatan="Menunggu keterangan desa")
    task = {"langkah": "tugas", "petugas": site.office.people[FIELD], "form": "ktk"}
    send(client, page_of(kasus), **task, isi_tugas="Temui lagi di balai desa")
    deps = site.office.deps
    opened = unlock(site.data, None)
    assert isinstance(opened, tuple)
    rules = DomainRules(deps.forms, deps.workflows)
    assert verify(site.data, opened[1], opened[0], lambda _: rules, deps.text, Silent()).faults == []


def test_what_is_destroyed_leaves_no_seal_behind(site: Site) -> None:
    _, another, _, _ = site.opened()
    kasus, kode = site.sealer.case()
    visit, change = site.sealer.visit(kasus)
    other, kept = site.sealer.visit(kasus)
    client = site.screen(BUDI)
    send(client, "/ruang/kunci", langkah="putar", frasa=PHRASES[BUDI])
    open_case(client, kasus, BUDI)
    engine, destruction = site.office.deps.engine, site.office.deps.destruction
    seals = "SELECT change FROM room_reseals WHERE kabupaten = :kabupaten AND change IN :changes"
    tokens = "SELECT 1 FROM room_doubles WHERE kabupaten = :kabupaten AND kasus = :kasus"
    both = {"changes": [change, kept]}
    assert len(engine.read(lambda tx: tx.query(seals, both))) == 2
    destruction.destroy(site.office.people["kabid"], [change], [visit], "BA 1")
    assert engine.read(lambda tx: tx.query(seals, both)) == [(kept,)]
    page = client.get(page_of(kasus))
    assert page.status_code == 200 and STORY in page.text and visit not in page.text and other in page.text
    assert engine.read(lambda tx: tx.query(tokens, {"kasus": kasus})) != []
    destruction.destroy(site.office.people["kabid"], [kept], [kasus, other], "BA 2")
    assert engine.read(lambda tx: tx.query(tokens, {"kasus": kasus})) == []
    assert engine.read(lambda tx: tx.query(tokens, {"kasus": another})) != []
    assert client.get(page_of(kasus)).status_code == 404
    assert client.get(f"/ruang/kunjungan/{visit}").status_code == 404
    assert kode not in client.get("/ruang").text
