"""Finished visits, conflicts and losses in the real window, as a finger meets them."""

import pytest
from msgspec.structs import replace

from field_app.standing import Standing
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_data import CARDS, NOW_MS
from field_app.ui.sample_finished import LOST, STANDINGS
from field_app.views import SyncStatus
from schemas.ids import RecordId
from tests.field_app.ui.driver import Driver


def show(driver: Driver, visit: str) -> None:
    status = STANDINGS[visit].status
    driver.open(SamplePhone())
    driver.shell.go("task", card=replace(CARDS["sent"][1], visit=visit, status=status))
    driver.settle()


def test_a_conflict_shows_both_values_in_words_and_as_one(driver: Driver) -> None:
    show(driver, "k3")
    texts = driver.texts()
    assert texts.count("Menunggu keputusan kantor") == 2, "the visit's word, and one conflict of two fields"
    for words in ("Penyalur", "PT Pos", "BNI", "Nomor KKS", "6032 9899 0001 4839", "…4855"):
        assert words in texts, words
    assert "Kantor memakai catatan Anda" in texts
    assert any("Diputuskan Bagus Prakoso" in text for text in texts)


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("nilai", "diubah pihak lain"),
        ("wilayah", "di luar wilayah tugas"),
        ("dihapus", "dihapus atau digabung"),
        ("mundur", "menyusul keadaan"),
    ],
)
def test_every_kind_of_conflict_says_why_it_waits(driver: Driver, reason: str, says: str) -> None:
    driver.open(SamplePhone())
    driver.shell.go("conflicts")
    driver.settle()
    assert driver.sees(says), reason
    assert driver.sees("Tidak ditampilkan di HP ini")


def test_photos_that_left_the_phone_are_said_to_be_at_the_office(driver: Driver) -> None:
    show(driver, "k4")
    assert driver.texts().count("Foto tersimpan di kantor") == 2


def test_refused_work_says_why_and_what_waits_and_can_be_asked_about_again(driver: Driver) -> None:
    show(driver, "k5")
    assert driver.sees("Perbarui aplikasi") and driver.sees("Ikut menunggu: Kasiyem")
    driver.press("Tanyakan lagi ke kantor")
    assert driver.phone.worker.asked_again == ["k5"]


def test_what_waits_names_what_it_waits_for(driver: Driver) -> None:
    show(driver, "k6")
    assert driver.sees("Menunggu sampainya: Paiman")


def test_a_visit_that_never_arrived_is_recorded_again_from_where_it_is_told(driver: Driver) -> None:
    driver.open(SamplePhone())
    driver.phone.visits.status = SyncStatus(last_ms=NOW_MS, lost=1)
    driver.shell.only("home")
    driver.settle()
    assert driver.sees("1 kunjungan tidak sampai"), "the bar never says that all was sent"
    driver.shell.go("sync")
    driver.settle()
    words = " ".join(driver.texts())
    assert LOST.number in words and "19-11-2026" in words and "Paiman" in words
    driver.press("Catat ulang: Paiman")
    assert driver.shell.name == "form"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (SyncStatus(), "sudah ada di kantor"),
        (SyncStatus(lost=1), "hilang sebelum sampai"),
        (SyncStatus(photos_lost=1), "hilang sebelum sampai"),
        (SyncStatus(lost=1, photos_pending=1), "kirim semuanya"),
    ],
    ids=["all there", "a visit lost", "a photo lost", "some to send"],
)
def test_who_is_told_that_her_work_ended_is_not_told_that_all_arrived_where_some_is_lost(
    driver: Driver, status: SyncStatus, says: str
) -> None:
    driver.open(SamplePhone())
    driver.phone.visits.status = replace(status, ended=True, last_ms=NOW_MS)
    driver.shell.only("home")
    driver.settle()
    assert driver.sees("Kantor mengakhiri tugas") and driver.sees(says)


def test_a_destroyed_visit_says_so(driver: Driver) -> None:
    show(driver, "k8")
    assert driver.sees("dimusnahkan kantor sesuai berita acara")


def test_the_bar_counts_what_is_left_while_it_sends(driver: Driver) -> None:
    driver.open(SamplePhone())
    driver.phone.visits.status = SyncStatus(data_pending=1, photos_pending=5, state="jalan", done=1, total=4)
    driver.shell.go("sync")
    driver.settle()
    assert driver.sees("25%") and driver.sees("1 data, 5 foto belum terkirim")


def test_all_that_was_refused_can_be_asked_about_from_the_list(driver: Driver) -> None:
    driver.open(SamplePhone())
    driver.phone.visits.status = SyncStatus(data_pending=1, last_ms=NOW_MS, conflicts=2)
    driver.shell.go("sync")
    driver.settle()
    driver.press("Tanyakan lagi ke kantor")
    assert len(driver.phone.worker.asked_again) == 1
    assert driver.sees("2 catatan menunggu keputusan kantor")


def test_an_app_that_comes_to_the_front_again_syncs_and_a_locked_one_does_not(driver: Driver) -> None:
    driver.open(SamplePhone())
    driver.app.on_resume()
    assert driver.phone.worker.asked == 1
    driver.phone.lock()
    driver.app.on_resume()
    assert driver.phone.worker.asked == 1


def test_a_visit_on_another_phone_says_why_it_came_back(driver: Driver) -> None:
    driver.open()
    why = Standing(
        status="dikembalikan", reasons={"bpnt_kpm.alamat": "Nama desa keliru"}, note="Datangi lagi"
    )
    driver.phone.visits.why_returned = lambda _visit: why  # type: ignore[method-assign]
    card = replace(CARDS["today"][0], tugas=None, visit=RecordId("k9"), hint="pernah_kembali")
    driver.shell.go("task", card=card)
    driver.settle()
    for words in ("Alasan dikembalikan", "Nama desa keliru", "Datangi lagi"):
        assert driver.sees(words), words
