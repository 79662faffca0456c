"""The form, filled by touch to its end: saved at each answer, conditions, skipping, sealing."""

from typing import Any

import pytest

from field_app.devices import Guide
from field_app.ui.fields.card import FieldCard
from field_app.ui.fields.evidence import Pad, PhotoTile
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_data import NOW_MS, SUBJECT, picture
from field_app.ui.sheets import LocationSheet
from field_app.ui.shell import UndoToast
from field_app.ui.widgets.buttons import Link
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.facts import FindingRow
from field_app.ui.widgets.rows import PickRow
from field_app.ui.widgets.wheel import Wheel
from schemas import form_types as kinds
from tests.field_app.ui.driver import Driver


class FilmCamera:
    """Gives the next drawn picture."""

    def __init__(self) -> None:
        self.shots = 0
        self.guides: list[Guide | None] = []

    def available(self) -> bool:
        return True

    def frame(self, guide: Guide | None = None) -> bytes:
        self.shots += 1
        self.guides.append(guide)
        return picture(self.shots, (800, 600))


def _choose(driver: Driver, name: str, label: str) -> None:
    choice = next(one for one in driver.card(name).editor.choices if one.text == label)
    for _ in range(3):  # on a busy machine a tap may pass for a scroll; a person taps again
        driver.tap(choice)
        if choice.chosen:
            break


def _entry(card: FieldCard) -> Entry:
    return card.editor.entry


def _start(driver: Driver, form: str = "bpnt_kpm", **more: Any) -> SamplePhone:
    driver.open(**more)
    driver.phone.visits.start(form, "w1", None)
    driver.shell.go("form", draft=next(iter(driver.phone.visits.drafts)))
    driver.settle()
    return driver.phone


ANSWERS = {
    "hasil_kunjungan": "Terisi lengkap", "nama_responden": "Sutarmi", "hubungan_responden": "Diri sendiri",
    "persetujuan": "Ya", "nik": SUBJECT["nik"], "no_kk": SUBJECT["no_kk"], "nama": "Sutarmi",
    "ktp_ada": "Ada, asli dilihat", "jenis_kelamin": "Perempuan", "tanggal_lahir": "01071968",
    "alamat": "Dukuh Ngrombo", "rt": "004", "rw": "002", "domisili_sama": "Ya", "keberadaan_kpm": "Ditemukan",
    "penyalur": "BNI", "kks_kondisi": "Baik", "kks_dipegang": "KPM sendiri", "no_kks": SUBJECT["no_kks"],
    "periode": "Okt–Des 2026", "nominal_diterima": "600000", "cara_terima": "Transaksi EDC/ATM",
    "tempat_belanja": "Pasar/warung lain", "potongan": "Tidak", "dipaksa_paket": "Tidak",
    "usul_kelayakan": "Tetap layak",
}  # fmt: skip


def answer(driver: Driver, card: FieldCard) -> None:
    """Fill one card by touch, whatever its kind."""
    field, given = card.field, ANSWERS.get(card.field.name)
    match field:
        case kinds.Pilihan() | kinds.YaTidak() if given:
            _choose(driver, field.name, given)
        case kinds.Gps():
            driver.tap(card.editor.take)
            sheet = driver.shell.sheets()[0]
            assert isinstance(sheet, LocationSheet)
            driver.type(sheet.lines["lintang"], "-7,4263")
            driver.type(sheet.lines["bujur"], "111,0190")
            driver.type(sheet.lines["akurasi_meter"], "10")
            driver.press("Pakai lokasi ini")
        case kinds.Wilayah(required=True):
            driver.tap(card.editor.upper)
            driver.tap(next(w for w in driver.walk() if isinstance(w, PickRow)))
            driver.tap(next(w for w in driver.walk() if isinstance(w, PickRow)))
        case kinds.Foto() if field.name == "foto_rumah_depan":
            driver.tap(card.editor.take)
            driver.press("Jepret")
        case kinds.TandaTangan():
            pad = next(w for w in driver.walk(card) if isinstance(w, Pad))
            for _ in range(3):  # on a busy machine a stroke may pass for a scroll; a person signs again
                driver._bring(pad)
                x, y = pad.to_window(pad.center_x, pad.center_y)
                driver.touch(x - 60, y, (x - 20, y + 20), (x + 20, y - 20), (x + 60, y))
                if pad.strokes:
                    break
            assert pad.strokes, "nothing was signed"
            for _ in range(3):
                driver.tap(card.editor.keep)
                if card.editor.value:
                    break
            assert card.editor.value, "the signature was not kept"
        case kinds.Tanggal() | kinds.Teks() | kinds.Uang() if given:
            driver.type(_entry(card), given)


def test_a_visit_is_filled_to_its_end_by_touch_and_sealed(driver: Driver) -> None:
    phone = _start(driver, camera=FilmCamera())
    draft = phone.visits.drafts["d10"]
    while driver.shell.name == "form":
        before = driver.screen.at
        for name in driver.screen.step.fields:
            answer(driver, driver.card(name))
        driver.tap(driver.screen.ids.next)
        assert driver.shell.name != "form" or driver.screen.at == before + 1
    assert driver.shell.name == "review"
    answers = draft.answers["bpnt_kpm"]
    assert answers["nik"] == SUBJECT["nik"] and answers["nominal_diterima"] == 600000
    assert answers["tanggal_lahir"] == "1968-07-01" and answers["persetujuan"] is True
    assert answers["lokasi"]["lat"] == pytest.approx(-7.4263) and answers["lokasi"]["at"] == NOW_MS
    assert (
        len(answers["foto_rumah_depan"]) == 1
        and phone.visits.blobs[answers["tanda_tangan"]][:4] == b"\x89PNG"
    )
    review = phone.visits.review("d10")
    assert [(one.field, one.say) for one in (*review.missing, *review.blocked)] == []
    assert driver.sees("Semua isian wajib sudah terisi")
    driver.press("Selesaikan")
    assert phone.visits.finalised == ["d10"]
    assert driver.shell.name == "done" and driver.sees("RW-2026-0042")
    driver.press("Kirim sekarang")
    assert phone.worker.asked == 1 and driver.shell.name == "sync"
    assert driver.shell.back() and driver.shell.name == "home"


def test_a_choice_is_saved_at_the_tap_and_says_so(driver: Driver) -> None:
    phone = _start(driver)
    assert not driver.sees("Tersimpan")
    _choose(driver, "hasil_kunjungan", "Terisi lengkap")
    assert ("bpnt_kpm", "hasil_kunjungan", "terisi_lengkap") in phone.visits.saves
    assert driver.sees("Tersimpan")


def test_text_is_saved_after_a_pause_without_leaving_the_field(driver: Driver) -> None:
    phone = _start(driver)
    entry = _entry(driver.turn_to("alamat"))
    driver.tap(entry)
    entry.insert_text("Dukuh Tegal")
    assert phone.visits.saves == []
    driver.wait_for(lambda: ("bpnt_kpm", "alamat", "Dukuh Tegal") in phone.visits.saves, 5)
    assert entry.focus


def test_text_is_saved_when_the_page_is_turned(driver: Driver) -> None:
    phone = _start(driver)
    entry = _entry(driver.turn_to("alamat"))
    entry.insert_text("Dukuh Krajan")
    driver.tap(driver.screen.ids.next)
    assert ("bpnt_kpm", "alamat", "Dukuh Krajan") in phone.visits.saves


def test_a_condition_brings_fields_and_what_stands_above_stays(driver: Driver) -> None:
    _start(driver)
    card = driver.turn_to("keberadaan_kpm")
    shown = [c.field.name for c in driver.screen._shown_cards()]
    assert "tanggal_meninggal" not in shown
    driver._bring(card)
    top = card.to_window(card.x, card.top)[1]
    _choose(driver, "keberadaan_kpm", "Meninggal")
    assert "tanggal_meninggal" in [c.field.name for c in driver.screen._shown_cards()]
    driver._bring(card.editor.choices[1])
    assert abs(card.to_window(card.x, card.top)[1] - top) < 240
    _choose(driver, "keberadaan_kpm", "Ditemukan")
    assert "tanggal_meninggal" not in [c.field.name for c in driver.screen._shown_cards()]


def test_what_is_on_the_screen_does_not_move_when_a_field_comes(driver: Driver) -> None:
    _start(driver)
    driver.turn_to("usul_kelayakan")
    choice = next(c for c in driver.card("usul_kelayakan").editor.choices if c.code == "tidak_layak")
    driver._bring(choice)
    before = choice.to_window(choice.x, choice.y)[1]
    driver.touch(*choice.to_window(*choice.center))
    driver.settle()
    assert "alasan_tidak_layak" in [c.field.name for c in driver.screen._shown_cards()]
    assert choice.to_window(choice.x, choice.y)[1] == pytest.approx(before, abs=1.5)


@pytest.mark.parametrize(
    ("form", "result", "block"),
    [("bpnt_kpm", "Responden menolak", "kunjungan"), ("ewarong", "Pengelola menolak", "kunjungan_usaha")],
    ids=["home", "shop"],
)
def test_a_result_that_lifts_the_rest_leaves_only_the_visit_itself(
    driver: Driver, form: str, result: str, block: str
) -> None:
    _start(driver, form)
    pages = len(driver.screen.steps)
    _choose(driver, "hasil_kunjungan", result)
    assert 3 <= len(driver.screen.steps) < pages
    blocks = {step.definition.fields[name].block for step in driver.screen.steps for name in step.fields}
    assert blocks == {block}


def test_a_required_answer_is_skipped_with_a_reason(driver: Driver) -> None:
    phone = _start(driver)
    card = driver.turn_to("alamat")
    driver._bring(card)
    question = card.question
    driver.touch(*card.to_window(question.right - 20, question.top - 10))
    driver.press("Lewati isian ini")
    assert driver.sees("Tulis alasannya dulu")
    driver.press("Responden tidak tahu")
    driver.press("Lewati isian ini")
    assert ("bpnt_kpm", "alamat", {"skipped": "Responden tidak tahu"}) in phone.visits.saves
    assert driver.sees("Dilewati: Responden tidak tahu")


def test_a_short_number_says_how_to_mend_it_and_is_kept_as_typed(driver: Driver) -> None:
    phone = _start(driver)
    card = driver.turn_to("nik")
    driver.type(_entry(card), "331499410768000")
    assert driver.sees("Harus 16 angka.") and _entry(card).text == "3314 9941 0768 000"
    assert phone.visits.drafts["d10"].answers["bpnt_kpm"]["nik"] == "331499410768000"
    driver.type(_entry(card), SUBJECT["nik"])
    assert not driver.sees("Harus 16 angka.")


def test_a_warning_does_not_stop(driver: Driver) -> None:
    _start(driver)
    driver.turn_to("kks_dipegang")
    _choose(driver, "kks_dipegang", "e-warong/agen")
    assert driver.sees("Kartu dipegang orang di luar keluarga")
    at = driver.screen.at
    driver.tap(driver.screen.ids.next)
    assert driver.screen.at == at + 1


def test_a_table_row_is_added_in_one_tap_and_sums_itself_up(driver: Driver) -> None:
    phone = _start(driver)
    phone.visits.save("d10", "bpnt_kpm", "tempat_belanja", "pasar_warung")
    driver.screen.enter()
    driver.settle()
    table = driver.turn_to("belanja").editor
    driver.tap(table.more)
    driver.type(table.editors["nama"].entry, "Telur")
    driver.tap(next(c for c in table.editors["kelompok"].choices if c.text == "Protein hewani"))
    driver.type(table.editors["harga"].entry, "72500")
    rows = phone.visits.drafts["d10"].answers["bpnt_kpm"]["belanja"]
    assert rows == [{"nama": "Telur", "kelompok": "protein_hewani", "harga": 72500}]
    driver.tap(table.cards[0].head)
    assert driver.sees("Protein hewani · Rp72.500")


def test_a_day_is_typed_or_turned_and_spelled_out(driver: Driver) -> None:
    phone = _start(driver)
    card = driver.turn_to("tanggal_lahir")
    driver.type(card.editor.entry, "31022026")
    assert driver.sees("Tanggal ini tidak ada")
    driver.type(card.editor.entry, "01071968")
    assert driver.sees("Senin, 1 Juli 1968")
    driver.tap(card.editor.turn)
    year = next(w for w in driver.walk(card) if isinstance(w, Wheel) and w.label == "tahun")
    driver._bring(year)
    driver.touch(*year.to_window(year.center_x, year.y + year.row / 2))
    assert phone.visits.drafts["d10"].answers["bpnt_kpm"]["tanggal_lahir"] == "1969-07-01"


def test_the_review_leads_to_the_field_that_is_missing(driver: Driver) -> None:
    _start(driver)
    _choose(driver, "hasil_kunjungan", "Terisi lengkap")
    driver.shell.go("review", draft="d10")
    driver.settle()
    row = next(w for w in driver.walk() if isinstance(w, FindingRow) and w.text == "NIK")
    driver.tap(row)
    assert driver.shell.name == "form" and "nik" in driver.screen.step.fields


def test_coming_back_lands_on_the_field_that_was_answered_last(driver: Driver) -> None:
    phone = _start(driver)
    driver.turn_to("hasil_kunjungan")
    _choose(driver, "hasil_kunjungan", "Terisi lengkap")
    driver.press("Lanjut")
    last = driver.screen._shown_cards()[-1].field.name
    page = driver.screen.at
    (key, draft) = next(iter(phone.visits.drafts.items()))
    draft.at = ("bpnt_kpm", last)
    driver.open(phone)  # another process, another window
    driver.shell.go("form", draft=key)
    view = driver.wait_for(lambda: driver.screen.ids.page.scroll_y < 0.5 and driver.screen)
    card = driver.card(last)
    assert view.at == page
    assert view.ids.page.y < card.to_window(card.x, card.top)[1] <= view.ids.page.top + 1


def test_back_goes_page_by_page_then_home(driver: Driver) -> None:
    _start(driver)
    driver.tap(driver.screen.ids.next)
    assert driver.screen.at == 1
    assert driver.shell.back() and driver.screen.at == 0
    assert driver.shell.back() and driver.shell.name == "home"
    assert not driver.shell.back()


def test_a_draft_that_was_put_away_can_be_brought_back(driver: Driver) -> None:
    phone = _start(driver)
    driver.press("Daftar bagian")
    driver.press("Hapus draf ini")
    assert phone.visits.drafts["d10"].gone and driver.shell.name == "home"
    driver.press("Kembalikan draf")
    assert not phone.visits.drafts["d10"].gone and driver.shell.name == "form"


def test_a_secret_form_says_why_it_cannot_be_started(driver: Driver) -> None:
    driver.open()
    driver.press("Kunjungan baru")
    rows = driver.screen.ids.list
    item = next(item for _kind, item in rows._items if item["chip"])
    item["open"]()
    driver.settle()
    assert driver.sees("Kunci unit belum dicocokkan di HP ini.")
    driver.press("Kunci unit")
    assert driver.shell.name == "unit_key"


def test_the_next_shot_stands_for_the_one_that_is_taken_again(driver: Driver) -> None:
    phone = _start(driver, camera=FilmCamera())
    card = driver.turn_to("foto_rumah_depan")
    driver.tap(card.editor.take)
    driver.press("Jepret")
    first = phone.visits.drafts["d10"].photos[0]
    driver.tap(card.editor.grid.children[-1])
    assert driver.shell.name == "photo"
    driver.press("Ulangi foto")
    driver.press("Jepret")
    assert [photo.superseded for photo in phone.visits.drafts["d10"].photos] == [True, False]
    assert phone.visits.drafts["d10"].answers["bpnt_kpm"]["foto_rumah_depan"] != [first.blob]


def test_what_the_phone_answers_at_the_end_is_not_asked_of_her(driver: Driver) -> None:
    _start(driver)
    card = driver.turn_to("jam_selesai")
    assert card.question.state == "Terisi sendiri saat diselesaikan" and card.question.link == ""
    assert driver.card("tanggal_kunjungan").question.state == "Wajib"


def test_a_good_shot_leads_back_to_the_form_where_it_can_be_taken_again(driver: Driver) -> None:
    phone = _start(driver, camera=FilmCamera())
    driver.tap(driver.turn_to("foto_rumah_depan").editor.take)
    driver.press("Jepret")
    assert driver.shell.name == "form"
    assert driver.sees("Foto tersimpan tanpa lokasi. Untuk mengulang, ketuk fotonya.")
    driver.tap(next(w for w in driver.walk() if isinstance(w, PhotoTile)))
    driver.press("Ulangi foto")
    driver.press("Jepret")
    assert driver.shell.name == "form"
    assert [photo.superseded for photo in phone.visits.drafts["d10"].photos] == [True, False]


def test_a_row_that_was_taken_away_comes_back_to_its_place(driver: Driver) -> None:
    phone = _start(driver)
    phone.visits.save("d10", "bpnt_kpm", "tempat_belanja", "pasar_warung")
    rows = [{"nama": "Beras", "harga": 140000}, {"nama": "Telur", "harga": 72500}]
    phone.visits.save("d10", "bpnt_kpm", "belanja", rows)
    driver.screen.enter()
    driver.settle()
    table = driver.turn_to("belanja").editor
    driver.tap(table.cards[0].head)
    driver.press("Hapus baris ini")
    assert phone.visits.drafts["d10"].answers["bpnt_kpm"]["belanja"] == rows[1:]
    driver.press("Kembalikan baris yang dihapus")
    assert phone.visits.drafts["d10"].answers["bpnt_kpm"]["belanja"] == rows
    assert not driver.sees("Kembalikan baris")


def test_a_photo_that_was_taken_out_is_put_back_by_a_tap(driver: Driver) -> None:
    phone = _start(driver, camera=FilmCamera())
    answer(driver, driver.turn_to("foto_rumah_depan"))
    before = phone.visits.drafts["d10"].answers["bpnt_kpm"]["foto_rumah_depan"]
    driver.tap(next(w for w in driver.walk() if isinstance(w, PhotoTile)))
    driver.press("Keluarkan foto ini")
    assert "foto_rumah_depan" not in phone.visits.drafts["d10"].answers["bpnt_kpm"]
    driver.tap(next(w for w in driver.walk() if isinstance(w, UndoToast)))
    assert phone.visits.drafts["d10"].answers["bpnt_kpm"]["foto_rumah_depan"] == before
    assert any(isinstance(w, PhotoTile) for w in driver.walk()) and not driver.sees("Foto dikeluarkan")


def test_what_can_be_taken_back_goes_with_the_screen_it_was_done_on(driver: Driver) -> None:
    driver.open()
    driver.shell.offer_undo("Foto dikeluarkan.", lambda: None)
    assert driver.sees("Foto dikeluarkan.")
    driver.app.lock()
    driver.settle()
    assert driver.shell.name == "unlock" and not driver.sees("Foto dikeluarkan.")


LAST = {
    "edukasi": (["jaga_pin_kks", "hak_memilih"], "Jaga PIN"),
    "belanja": ([{"nama": "Beras", "harga": 140000}, {"nama": "Telur"}], "2 baris: Beras, Telur"),
    "potongan": (True, "Ya"),
    "alamat": ("Dukuh Lama", "Dukuh Lama"),
}


@pytest.mark.parametrize("name", LAST)
def test_an_answer_of_the_last_visit_is_shown_and_taken_over_only_by_a_tap(driver: Driver, name: str) -> None:
    phone = _start(driver)
    value, words = LAST[name]
    draft = phone.visits.drafts["d10"]
    draft.last = {"bpnt_kpm": {name: value}}
    phone.visits.save("d10", "bpnt_kpm", "tempat_belanja", "pasar_warung")
    driver.shell.only("form", draft="d10")
    driver.settle()
    driver.turn_to(name)
    seen = next(w for w in driver.walk(driver.card(name)) if isinstance(w, Link) and "Masih sama" in w.text)
    assert words in seen.text and name not in draft.answers["bpnt_kpm"]
    driver.tap(seen)
    assert draft.answers["bpnt_kpm"][name] == value
    assert not any(isinstance(w, Link) and "Masih sama" in w.text for w in driver.walk(driver.card(name)))
