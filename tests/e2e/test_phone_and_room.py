"""A victim's statement from a real phone into the room and back: neither end is told what the other knows."""

import re

import httpx
import pytest

from field_app.phone import Phone
from field_app.views import Card, DraftView, Finalised, PhotoView, Saved
from schemas.ids import RecordId
from server.accounts import Accounts
from server.passwords import Passwords
from sync.change import Patch
from tests.faults.conftest import Make, nursery, regency  # noqa: F401 - fixtures
from tests.faults.world import PIN, World, picture, sync, words
from tests.field_app.conftest import SetTime
from tests.server.room_office import (
    BUDI,
    CHEAP_KIB,
    add_officers,
    csrf,
    hold_ceremony,
    open_case,
    serving_cheaply,
)
from tests.server.web_office import Office

MARK, REASON = "Penanda Rahasia", "Tanyakan lagi dengan tenang"


@pytest.fixture
def world(regency: Make) -> World:  # noqa: F811 - the fixture above
    return regency()


def recorded(world: World) -> tuple[object, Finalised]:
    phone = world.phones[-1]
    draft = phone.visits.start("ktk", None, None)
    assert isinstance(draft, DraftView), draft
    for name, value in (
        ("hasil_kunjungan", "terisi_sebagian"),
        ("nama", MARK),
        ("aman_dihubungi", "lewat kader"),
    ):
        assert isinstance(phone.visits.save(draft.id, "ktk", name, value), Saved)
    assert isinstance(phone.visits.add_photo(draft.id, "ktk", "fc_ktp", picture(1), None), PhotoView)
    done = phone.visits.finalise(draft.id)
    assert isinstance(done, Finalised), done
    return phone, done


def every(phone: Phone) -> list[Card]:
    """Every card of the first screen, whichever list it is in."""
    home = phone.visits.home()
    return [*home.overdue, *home.today, *home.upcoming]


@pytest.mark.parametrize("mends", ["the same", "another"])
def test_a_statement_is_sealed_on_the_phone_read_in_the_room_and_returned_to_that_phone(
    world: World, mends: str
) -> None:
    with world.hand() as deps:
        office = Office.__new__(Office)
        office.deps, office.people = deps, {}
        office.accounts = Accounts(
            deps.engine, Passwords(deps.randomness, memory_kib=CHEAP_KIB),
            now_ms=deps.now_ms, randomness=deps.randomness,
        )  # fmt: skip
        add_officers(office)
        with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as client:
            hold_ceremony(client)
            hung = re.findall(r"<strong>(\w+)</strong></li>", client.get("/ruang/kunci/tanda").text)
            was = {"peran": ["pendamping"], "layanan": ["bpnt"]}
            now = {"peran": ["pendamping", "verifikator"], "layanan": ["bpnt", "ktkpm"]}
            world.act(Patch(record=RecordId(world.beats[0].person), kind="petugas", base=was, new=now))
            time = SetTime()
            phone = world.phone(time=time)
            sync(phone)
            assert len(hung) == 8 and list(phone.sealed.unit().offered) == hung
            assert phone.sealed.pin_unit(phone.sealed.unit().offered).problem == ""
            assert phone.sealed.unlock(PIN) is None
            _, done = recorded(world)
            sync(phone)
            other = world.phone(0, "hp-baru", time)
            assert words(phone) == ["diterima"] and world.lacks() == []

            kasus = RecordId(world.record(done.visit)["kasus"])
            assert open_case(client, kasus, BUDI).status_code == 303
            page = client.get(f"/ruang/kasus/{kasus}")
            assert MARK in page.text and "data:image/jpeg" in page.text
            assert "Sabtu, 21 November 2026" in page.text
            seen = re.search(r'value="putus">.*?name="dilihat" value="([0-9a-f]+)"', page.text, re.S)
            assert seen
            form = {
                "csrf": csrf(page), "langkah": "putus", "kunjungan": done.visit, "dilihat": seen[1],
                "keputusan": "kembalikan", "catatan": REASON, "alasan.ktk.nama": "Tulis sesuai KTP",
            }  # fmt: skip
            answer = client.post(f"/ruang/kasus/{kasus}", data=form)
            assert answer.status_code == 303, answer.text
            time.pass_s(2 * 86_400)
            assert phone.sealed.unlock(PIN) is None
            sync(phone)
            said = phone.sealed.reasons(done.visit)
            assert (said.note, said.reasons) == (REASON, {"ktk.nama": "Tulis sesuai KTP"})  # type: ignore[union-attr]
            if mends == "another":  # as when the first one was lost
                phone = other
                sync(phone)
                assert phone.sealed.pin_unit(phone.sealed.unit().offered).problem == ""
                assert phone.sealed.unlock(PIN) is None
            [card] = phone.visits.home().returned
            assert (card.nama, card.status, card.visit) == (done.number, "dikembalikan", done.visit)
            assert phone.sealed.reasons(done.visit) == said
            again = phone.visits.start_correction(done.visit)
            assert isinstance(again, DraftView)
            assert phone.visits.home().returned[0].draft == again.id
            assert isinstance(phone.visits.save(again.id, "ktk", "nama", "Nama Sesuai KTP"), Saved)
            assert isinstance(phone.visits.finalise(again.id), Finalised)
            assert phone.visits.home().returned == ()
            sync(phone)
            assert open_case(client, kasus, BUDI).status_code == 303
            page = client.get(f"/ruang/kasus/{kasus}")
            assert "Nama Sesuai KTP" in page.text and f"{MARK}</span>" in page.text, "the old name is struck"
            assert "lewat kader" in page.text and "data:image/jpeg" in page.text, "and all else is there"
            assert page.text.count('class="was"') == 1 and "Sabtu, 21 November 2026" in page.text

            task = {
                "langkah": "tugas",
                "petugas": world.beats[0].person,
                "form": "ktk",
                "isi_tugas": "Temui di balai desa",
                "tenggat": "2026-11-21",
            }
            sent = client.post(
                f"/ruang/kasus/{kasus}", data={"csrf": csrf(client.get(f"/ruang/kasus/{kasus}")), **task}
            )
            assert sent.status_code == 303, sent.text
            sync(phone)
            [card] = [card for card in every(phone) if card.tugas and card.nama == done.number]
            assert phone.sealed.assignment(card.tugas).text == "Temui di balai desa"  # type: ignore[union-attr]
        assert world.faults() == []
