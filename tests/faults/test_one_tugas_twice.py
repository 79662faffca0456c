"""One tugas, two who do it: a worker with two phones, or two workers. Real phones, a real server, its pages.

Rule: both visits are there, whoever still has a draft is told, and the tugas is closed once. So with what
somebody sends who left and came back.
"""

import re

import httpx

from field_app.phone import Phone
from field_app.views import DraftView
from field_app.wanted import ARRIVED
from schemas.ids import RecordId
from sync.change import Patch
from tests.faults.conftest import Make
from tests.faults.test_at_the_same_moment import officer
from tests.faults.world import World, answer, finish, start, sync, visited, words


def decide(browser: httpx.Client, visit: RecordId, decision: str) -> str:
    """Decide a visit on its page, and return what the page said before."""
    page = browser.get(f"/kunjungan/{visit}").text
    form = {name: re.findall(rf'name="{name}" value="([0-9a-f]+)"', page)[0] for name in ("csrf", "dilihat")}
    form |= {"keputusan": decision, "catatan": "Diperiksa"}
    assert browser.post(f"/kunjungan/{visit}/keputusan", data=form).status_code == 303
    return page


def begun(phone: Phone) -> str:
    """Begin the visit of the first task and fill it in; return the draft."""
    draft = start(phone, World.beat(0))
    answer(phone, draft.id, hasil_kunjungan="terisi_sebagian")
    return draft.id


def hints(phone: Phone) -> list[str]:
    return [card.hint for card in phone.visits.home().drafts]


def test_two_phones_of_one_worker_with_a_draft_of_one_tugas_close_it_once(regency: Make) -> None:
    world, tugas = regency(), World.beat(0).tugas
    one, other = world.phone(), world.phone(name="hp-lama")
    for phone in (one, other):
        sync(phone)
    drafts = begun(one), begun(other)
    first = finish(one, drafts[0])
    sync(one)
    sync(other)
    assert hints(other) == [ARRIVED], "she need not go there again"
    second = finish(other, drafts[1])
    sync(other)
    assert [world.record(each.visit)["state"] for each in (first, second)] == ["diterima"] * 2
    browser = officer(world, 1)
    assert "Bandingkan dengan kunjungan lain ini" in decide(browser, first.visit, "tolak")
    assert world.record(tugas)["state"] == "dikirim", "the other one waits"
    decide(browser, second.visit, "setujui")
    assert world.record(tugas)["state"] == "selesai"
    for phone, word in ((one, "ditolak"), (other, "disetujui")):
        sync(phone)
        assert words(phone) == [word] and phone.visits.home().today == phone.visits.home().overdue == ()
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_tugas_that_went_to_a_colleague_is_closed_for_both_by_the_visit_that_was_on_its_way(
    regency: Make,
) -> None:
    world, tugas, colleague = regency(2), World.beat(0).tugas, World.beat(1).person
    author, other = world.phone(0), world.phone(1)
    for phone in (author, other):
        sync(phone)
    done = finish(author, begun(author))
    was = {"petugas": World.beat(0).person}
    world.act(Patch(record=tugas, kind="tugas", base=was, new={"petugas": colleague}))
    sync(other)
    draft = begun(other)
    sync(author)
    assert "Petugas 1 memegang tugasnya" in decide(officer(world, 1), done.visit, "setujui")
    assert world.record(tugas)["state"] == "selesai"
    sync(other)
    assert hints(other) == [ARRIVED]
    late = finish(other, draft)
    sync(other)
    assert words(other) == ["diterima"] and world.record(late.visit)["petugas"] == colleague
    assert world.record(tugas)["state"] == "selesai"
    assert (world.lacks(), world.faults()) == ([], [])


def on_duty(world: World, *, is_on: bool) -> None:
    """Let the first worker leave, or come back."""
    person = RecordId(World.beat(0).person)
    world.act(Patch(record=person, kind="petugas", base={"aktif": not is_on}, new={"aktif": is_on}))


def test_a_correction_of_somebody_who_left_and_came_back_waits_and_is_not_called_returned(
    regency: Make,
) -> None:
    """Begun before, sent while she was out: the office is told that it came, and she is not asked again."""
    world = regency()
    phone, done = visited(world)
    browser = officer(world, 1)
    decide(browser, done.visit, "kembalikan")
    sync(phone)
    draft = phone.visits.start_correction(done.visit)
    assert isinstance(draft, DraftView)
    on_duty(world, is_on=False)
    finish(phone, draft.id)
    sync(phone)
    assert done.visit in browser.get("/antrean").text
    on_duty(world, is_on=True)
    sync(phone)
    assert words(phone) == ["diterima"] and phone.visits.home().returned == ()
    assert "Perbaikan yang diminta sudah datang" in decide(browser, done.visit, "setujui")
    sync(phone)
    assert words(phone) == ["disetujui"] and world.faults() == []
