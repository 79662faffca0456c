"""Where the office is, as its page prints it and as people type it."""

import pytest

from schemas.addresses import MAX_SIGNS, OfficeAddress, address_message, read_address, signed_address
from schemas.joining import invitation

CODE = invitation(bytes(range(5)), b"authority").typed()
SIGNATURE = bytes(range(64))
SIGNED = OfficeAddress(address="https://10.1.2.3:8314", signature=SIGNATURE)


def test_what_is_printed_is_read_with_its_signature() -> None:
    assert read_address(SIGNED.printed()) == SIGNED
    assert len(SIGNED.printed()) < MAX_SIGNS


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://10.1.2.3:8314", "https://10.1.2.3:8314"),
        ("  HTTPS://Dinsos.Sragen.example/ ", "https://dinsos.sragen.example"),
        ("10.1.2.3:8314", "https://10.1.2.3:8314"),
        ("http://10.1.2.3:8314", "http://10.1.2.3:8314"),
        ("https://[fd00::2]:8314", "https://[fd00::2]:8314"),
        (f"https://10.1.2.3:8314 {CODE}", "https://10.1.2.3:8314"),
        ("https://" + "a" * 63 + ".test", "https://" + "a" * 63 + ".test"),
    ],
)
def test_what_is_typed_is_taken_for_an_address_that_nobody_signed(typed: str, address: str) -> None:
    assert read_address(typed) == OfficeAddress(address=address)
    assert read_address(typed).is_tls == address.startswith("https")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "ftp://10.1.2.3", "https://", "https://a/b", "https://a:x", "https://ana@kantor", "a b",
        "https://a..b", "https://-a.test", "https://" + "a" * 64, "https://ſ.test", "httpſ://a", "https://10.1.٣",
        "https://10.1.2.3 kode", f"{SIGNED.printed()} lagi", SIGNED.printed()[:-4],
        "https://" + "a" * MAX_SIGNS,
    ],
)  # fmt: skip
def test_anything_else_is_no_address(text: str) -> None:
    assert read_address(text) is None


def test_typed_without_a_port_it_has_that_of_before_and_else_none_is_put_in() -> None:
    for typed, before, address in (
        ("10.1.2.9", "https://10.1.2.3:8314", "https://10.1.2.9:8314"),
        ("10.1.2.9:443", "https://10.1.2.3:8314", "https://10.1.2.9:443"),
        ("10.1.2.9", "https://dinsos.example", "https://10.1.2.9"),
        (f"https://10.1.2.9 {CODE}", "https://10.1.2.3:8314", "https://10.1.2.9"),
    ):
        assert read_address(typed, as_before=before) == OfficeAddress(address=address)


def test_what_is_signed_is_the_address_and_nothing_that_stands_for_something_else() -> None:
    said: list[bytes] = []

    def sign(message: bytes) -> bytes:
        said.append(message)
        return SIGNATURE

    assert signed_address(SIGNED.address, sign) == SIGNED
    assert said == [address_message(SIGNED.address)] == [b"sambang address v1\0https://10.1.2.3:8314"]
