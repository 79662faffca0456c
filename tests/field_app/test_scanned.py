"""What a scanned code is taken for, and what is refused."""

import pytest

from field_app.scanned import MOST_SIGNS, PURPOSES, address_in, invitation_in, opening_in, person_in
from field_app.views import Refused
from field_app.wraps import written_code
from schemas.addresses import signed_address
from schemas.ids import RecordId
from schemas.joining import invitation
from schemas.printed import printed_code, read_printed
from schemas.text import load_text

CODE = invitation(bytes(range(5)), b"authority").typed()
ADDRESS = "https://10.1.2.3:8443"
WARGA = RecordId("0194e6a09c3b7d518e2f4a6b8c0d1e2f")
NIK = "3314994107680002"

HOSTILE = {
    "huge": f"{ADDRESS} {CODE}" + " " * MOST_SIGNS,
    "control characters": f"{ADDRESS}\x1b[2J {CODE}",
    "a line of its own": f"{ADDRESS}\n{CODE}",
    "unseen letters": f"{ADDRESS} \u202e{CODE}",
    "another scheme": f"javascript:alert(1) {CODE}",
    "a file": f"file:///data/hp {CODE}",
    "a payment": "00020101021126650014ID.CO.QRIS.WWW",
    "a network": "WIFI:T:WPA;S:kantor;P:rahasia;;",
    "nothing": "",
}


def test_the_offices_code_fills_address_and_code() -> None:
    assert invitation_in(f"{ADDRESS} {CODE}") == f"{ADDRESS} {CODE}"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_anything_else_is_refused_by_a_sentence(purpose: str, text: str) -> None:
    refused = PURPOSES[purpose](text)
    assert isinstance(refused, Refused)
    said = load_text()(refused.say)
    assert said and not any(part in said for part in text.split() if len(part) > 3)


def test_an_address_of_the_office_is_taken_with_what_stands_beside_it() -> None:
    signed = signed_address(ADDRESS, lambda _message: bytes(64)).printed()
    for text in (ADDRESS, signed, f"{ADDRESS} {CODE}"):
        assert address_in(f" {text} ") == text
    for text in (f"{ADDRESS} KODE", f"{ADDRESS}/masuk", "10.1.2.3:8443"):
        assert address_in(text) == Refused(say="aplikasi.pindai.bukan_alamat"), "nobody prints it so"


def test_whom_a_paper_is_about_is_known_by_the_offices_code_or_a_long_number() -> None:
    printed = printed_code("warga", WARGA)
    assert person_in(printed) == printed and person_in(printed.lower()) == printed.lower()
    assert person_in(f"KKS|{NIK}|Bu Uji") == NIK
    assert isinstance(person_in("Bu Uji"), Refused)
    assert isinstance(person_in("33149941076800021"), Refused), "17 digits are no number of ours"
    assert isinstance(person_in(f"{NIK}\x00"), Refused)


def test_a_printed_code_names_a_row_and_nothing_else() -> None:
    assert read_printed(printed_code("tugas", WARGA)) == ("tugas", WARGA)
    for other in ("SAMBANG:WARGA:123", "SAMBANG:KASUS:" + WARGA, printed_code("warga", WARGA) + "0", NIK):
        assert read_printed(other) is None


def test_a_code_that_opens_a_vault_is_taken_as_it_is_written() -> None:
    code = written_code(bytes(range(10)))
    assert opening_in(f" {code} ") == code
    assert isinstance(opening_in(CODE), Refused), "that of an enrolment is another"
    assert isinstance(opening_in("ABCD"), Refused)
    assert isinstance(opening_in(code.replace("-", "\n", 1)), Refused), "a line of its own"
    assert isinstance(opening_in(code + " " * MOST_SIGNS), Refused), "huge"


def test_a_code_for_one_thing_is_refused_for_another() -> None:
    printed = printed_code("warga", WARGA)
    assert isinstance(invitation_in(printed), Refused)
    assert isinstance(person_in(f"{ADDRESS} {CODE}"), Refused)
