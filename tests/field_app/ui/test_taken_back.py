"""What the office takes back while she works on it, by touch on the real phone: a return, a tugas."""

import gc

import pytest

from field_app.phone import Phone
from schemas.ids import PersonId, RecordId
from sync.change import Decide, Patch
from tests.field_app.conftest import SetTime
from tests.field_app.test_phone_and_office import (
    TUGAS,
    WARGA,
    enrolled,  # noqa: F401 - a phone with one task
    record_visit,
    start_visit,
)
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.returning import correction, head_of, rows, send_back, sent_visit
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture

REASON, ANOTHER = "Nama desa keliru.", "Siapa yang ditemui?"
NOT_ASKED, WITHDRAWN = "Perbaikan tidak diminta lagi", "Tugas ditarik kantor"


def take_back(office: Running, phone: Phone, visit: RecordId) -> None:  # noqa: F811
    """As the office's page does: held, with the tugas waiting for the office again."""
    held = Decide(visit=visit, follows=head_of(office, visit), decision="tahan", reasons={}, note="Keliru")
    again = Patch(record=TUGAS, kind="tugas", base={"state": "dikembalikan"}, new={"state": "dikirim"})
    office.deps.office.act(office.deps.office.person, held)
    office.deps.office.act(office.deps.office.person, again)
    assert phone.worker.run_once() is None


def give_to(office: Running, phone: Phone, whom: PersonId) -> None:  # noqa: F811
    was = {"petugas": phone.visits._bench.owner.person}
    body = Patch(record=TUGAS, kind="tugas", base=was, new={"petugas": whom})
    office.deps.office.act(office.deps.office.person, body)
    assert phone.worker.run_once() is None


@pytest.mark.parametrize("scale", [1.0, 1.6], ids=["usual", "large"])
def test_a_return_that_is_taken_back_keeps_what_was_mended_and_comes_again_with_its_new_reason(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
    scale: float,
) -> None:
    done = sent_visit(enrolled)
    send_back(office, enrolled, done.visit, **{"bpnt_kpm.alamat": REASON})
    enrolled.visits.save(correction(enrolled, done.visit).id, "bpnt_kpm", "catatan", "Istri kepala keluarga")
    driver.open(enrolled, now_ms=time.now_ms, scale=scale)
    assert driver.sees("Perlu diperbaiki") and not driver.sees(NOT_ASKED)

    take_back(office, enrolled, done.visit)
    driver.screen.heard()
    driver.settle()
    assert driver.sees(NOT_ASKED) and not driver.sees("Perlu diperbaiki")
    driver.tap(next(row for row in rows(driver) if row.item["chip"][0] == NOT_ASKED))
    assert driver.shell.name == "task" and driver.sees("Kantor menarik permintaan perbaikan ini.")
    driver.shell.back()
    driver.settle()
    driver.screen.open(enrolled.visits.home().sent[0])
    driver.settle()
    assert driver.sees("Ditahan") and driver.sees("Keliru")
    driver.shell.back()
    driver.settle()

    send_back(office, enrolled, done.visit, **{"bpnt_kpm.catatan": ANOTHER})
    driver.screen.heard()
    driver.settle()
    driver.tap(rows(driver)[0])
    assert driver.shell.name == "repair"
    assert driver.sees(ANOTHER) and not driver.sees(REASON)


def test_a_draft_whose_tugas_another_phone_did_says_so_before_it_goes_on(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
) -> None:
    start_visit(enrolled)
    arrived = Patch(record=TUGAS, kind="tugas", base={"state": "baru"}, new={"state": "dikirim"})
    office.deps.office.act(office.deps.office.person, arrived)
    assert enrolled.worker.run_once() is None
    driver.open(enrolled, now_ms=time.now_ms)
    assert driver.sees("Sudah dikunjungi")
    driver.tap(rows(driver)[0])
    assert driver.shell.name == "task" and driver.sees("Tanyakan dulu sebelum datang")
    driver.press("Lanjutkan draf")
    assert driver.shell.name == "form"


@pytest.mark.parametrize("stage", ["sent", "returned", "begun"])
def test_a_tugas_that_goes_to_somebody_else_takes_nothing_from_who_had_it(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
    stage: str,
) -> None:
    draft = start_visit(enrolled)
    if stage != "begun":
        done = record_visit(enrolled, draft)
        assert enrolled.worker.run_once() is None
        if stage == "returned":
            send_back(office, enrolled, done.visit, **{"bpnt_kpm.alamat": REASON})
    other = office.person(901)
    give_to(office, enrolled, other)
    driver.open(enrolled, now_ms=time.now_ms)
    assert driver.sees(WITHDRAWN) == (stage != "sent") and not driver.sees("Perlu diperbaiki")
    driver.tap(rows(driver)[0])
    assert driver.shell.name == ("repair" if stage == "returned" else "task")
    assert driver.sees("Kantor membatalkan tugas ini") == (stage != "sent")
    if stage == "sent":
        comes_back(driver)
    if stage == "begun":
        driver.press("Lanjutkan draf")
        assert driver.shell.name == "form"


def test_a_tugas_that_goes_while_she_looks_at_the_list_is_told_when_it_is_opened(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
) -> None:
    assert enrolled.worker.run_once() is None
    driver.open(enrolled, now_ms=time.now_ms)
    [row] = rows(driver)
    give_to(office, enrolled, office.person(901))
    row.item["open"]()
    driver.settle()
    assert driver.shell.name == "task" and driver.sees("Kantor membatalkan tugas ini")
    with pytest.raises(AssertionError):
        driver.find("Mulai kunjungan")
    comes_back(driver)


def test_of_a_tugas_that_somebody_else_began_it_is_not_said_that_nobody_was_ever_there(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
) -> None:
    """It came back to whoever had it before, whose visit is not on this phone."""
    back = Patch(record=TUGAS, kind="tugas", base={"state": "baru"}, new={"state": "dikembalikan"})
    office.deps.office.act(office.deps.office.person, back)
    assert enrolled.worker.run_once() is None
    driver.open(enrolled, now_ms=time.now_ms)
    driver.tap(rows(driver)[0])
    assert driver.sees("Kunjungan sebelumnya dikembalikan kantor") and driver.sees("Belum pernah dari HP ini")
    driver.press("Mulai kunjungan")
    assert driver.shell.name == "form"


@pytest.mark.parametrize("scale", [1.0, 1.6], ids=["usual", "large"])
def test_who_is_no_longer_on_duty_is_told_why_nothing_is_shown_and_what_to_do_with_what_is_left(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
    scale: float,
) -> None:
    """Photos that are still here go all the same, and she is told when all of it is there."""
    done = record_visit(enrolled, start_visit(enrolled))
    person = RecordId(enrolled.visits._bench.owner.person)
    off = Patch(record=person, kind="petugas", base={"aktif": True}, new={"aktif": False})
    office.deps.office.act(office.deps.office.person, off)
    network = enrolled.worker._network
    network.metered = lambda: True  # type: ignore[method-assign]
    enrolled.settings.wifi_only = True
    assert enrolled.worker.run_once() is None
    driver.open(enrolled, now_ms=time.now_ms, scale=scale)
    assert driver.sees("Kantor mengakhiri tugas di HP ini") and driver.sees("kirim semuanya, juga fotonya")
    driver.shell.go("sync")
    driver.settle()
    assert driver.sees("kirim semuanya, juga fotonya")
    network.metered = lambda: False  # type: ignore[method-assign]
    assert enrolled.worker.run_once() is None
    driver.screen.heard()
    driver.settle()
    assert driver.sees("Semua yang Anda selesaikan sudah ada di kantor")
    assert enrolled.visits.visit(done.visit).photos


def comes_back(driver: Driver) -> None:
    """To another screen and back, while what was taken away is no more."""
    driver.shell.go("sync")
    driver.settle()
    gc.collect()
    driver.shell.back()
    driver.settle()
    assert driver.shell.name == "task"


def test_whoever_is_found_by_name_is_visited_for_the_tugas_that_is_open(
    driver: Driver,
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    time: SetTime,
) -> None:
    assert enrolled.worker.run_once() is None
    driver.open(enrolled, now_ms=time.now_ms)
    driver.shell.go("search")
    driver.settle()
    driver.type(driver.screen.line, "uji")
    driver.wait_for(lambda: rows(driver))
    driver.tap(rows(driver)[0])
    first = rows(driver)[0].item
    assert (first["name"], first["chip"][0]) == ("Kunjungan KPM BPNT", "Ada tugas")
    driver.tap(rows(driver)[0])
    assert driver.shell.name == "form"
    [card] = enrolled.visits.home().drafts
    assert (card.tugas, card.subjek) == (TUGAS, WARGA)
