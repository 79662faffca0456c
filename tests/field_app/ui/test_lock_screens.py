"""Opening, joining and locking, by touch."""

from field_app.ui.sample import SamplePhone
from field_app.ui.widgets.pin import Key
from field_app.views import PhoneUser, Waiting, Welcomed
from tests.field_app.ui.driver import Driver


def _type_pin(driver: Driver, pin: str) -> None:
    for digit in pin:
        driver.tap(next(w for w in driver.walk() if isinstance(w, Key) and w.text == digit))


def test_a_wrong_pin_says_how_many_tries_are_left(driver: Driver) -> None:
    driver.open(SamplePhone(state="terkunci"))
    _type_pin(driver, "111111")
    assert driver.shell.name == "unlock"
    assert driver.sees("PIN salah. Sisa 9 kali coba.")
    _type_pin(driver, "246810")
    assert driver.shell.name == "home"


def test_a_forgotten_pin_leads_to_the_code_of_the_office(driver: Driver) -> None:
    driver.open(SamplePhone(state="terkunci"))
    driver.press("Lupa PIN?")
    driver.press("Saya punya kode pembuka")
    driver.type(driver.screen.code, "K7Q2")
    driver.press("Lanjut")
    _type_pin(driver, "246810")
    _type_pin(driver, "246810")
    assert driver.sees("M9XD-41TZ")
    driver.press("Mulai bekerja")
    assert driver.shell.name == "home"


def test_joining_asks_the_pin_twice_and_shows_the_code_for_the_office(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"))
    driver.press("Lanjut")
    assert driver.sees("Isi alamat dan kode dulu.")
    driver.type(driver.screen.address, "https://10.0.0.1:8443")
    driver.type(driver.screen.code, "ABCD")
    driver.press("Lanjut")
    assert all(driver.sees(word) for word in ("kursi", "layang", "pisang", "sungai"))
    let_in(driver)
    _type_pin(driver, "111111")
    assert driver.sees("mudah ditebak")
    _type_pin(driver, "246810")
    _type_pin(driver, "246811")
    assert driver.sees("Kedua PIN tidak sama")
    _type_pin(driver, "246810")
    _type_pin(driver, "246810")
    assert driver.sees("K7Q2-M9XD-41TZ-8RHB")


def test_a_refused_code_keeps_what_was_typed_and_says_why(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"))
    driver.type(driver.screen.address, "10.0.0.1")
    driver.type(driver.screen.code, "TERPAKAI")
    driver.press("Lanjut")
    assert driver.sees("Alamat kantor tidak benar")
    assert driver.screen.address.text == "10.0.0.1"


def test_locking_asks_the_pin_again_and_back_does_not_open(driver: Driver) -> None:
    driver.open()
    driver.press("Pengaturan")
    driver.press("Kunci sekarang")
    assert driver.shell.name == "unlock"
    assert not driver.shell.back()
    assert driver.shell.name == "unlock"


def test_the_whole_text_of_the_qr_fills_address_and_code(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"))
    driver.screen.code.insert_text("https://10.0.0.1:8443 K7Q2-M7XD\n")
    assert driver.screen.address.text == "https://10.0.0.1:8443" and driver.screen.code.text == "K7Q2-M7XD"
    driver.screen.code.text, driver.screen.address.text = "", ""
    driver.screen.address.insert_text("http://kantor.test ABCD-EFGH")
    assert driver.screen.address.text == "http://kantor.test" and driver.screen.code.text == "ABCD-EFGH"
    driver.press("Lanjut")
    assert driver.sees("Cocokkan dengan kantor")


def let_in(driver: Driver) -> None:
    driver.phone.lets_in = Welcomed(office="Dinas", person_name="")
    driver.screen._ask()
    driver.settle()
    assert driver.sees("Buat PIN")


def test_a_phone_that_waits_goes_on_where_it_was_and_leaves_when_the_words_differ(driver: Driver) -> None:
    phone = SamplePhone(state="baru")
    phone.join("https://10.0.0.1", "ABCD-EFGH")
    driver.open(phone)
    assert driver.sees("kursi") and driver.sees("Menunggu petugas kantor")
    driver.press("Kata-katanya tidak sama")
    assert phone.waits is None and driver.sees("minta kode baru") and driver.screen.code.text == ""


def test_nobody_answering_is_said_beside_the_words(driver: Driver) -> None:
    phone = SamplePhone(state="baru")
    waiting = phone.join("https://10.0.0.1", "ABCD-EFGH")
    driver.open(phone)
    phone.lets_in = Waiting(address="", words=waiting.words, trouble="lapangan.tanpa_jaringan")
    driver.screen._ask()
    driver.settle()
    assert driver.sees("kursi") and driver.sees("Kantor tidak terjangkau")


def test_several_workers_choose_whose_vault_it_is_and_one_more_can_join(driver: Driver) -> None:
    phone = SamplePhone(state="terkunci")
    phone.people = (*phone.people, PhoneUser(id="petugas-2", number=2, sign="RW", ready=True))
    driver.open(phone)
    assert driver.shell.name == "who" and driver.sees("Petugas 1")
    driver.press("RW")
    assert driver.shell.name == "unlock" and phone.chosen == "petugas-2"
    driver.press("Petugas lain")
    driver.press("Tambah petugas")
    driver.type(driver.screen.sign, "SK")
    driver.press("Lanjut mendaftar")
    assert driver.shell.name == "enrol" and phone.people[-1].sign == "SK"
